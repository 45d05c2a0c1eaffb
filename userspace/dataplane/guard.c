// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static wall behind the programs: an nftables table that hears only the interface indexes that enforce,
 * `lo`, and (for the host itself) the management interfaces. A device that is deleted and created again loses
 * its programs but gets another index, so it is shut out without anybody running (seen); and one that was given the index of the old has no
 * fb_tc_in, whose mark `pre` asks for and takes off before anything is routed by it. IPsec's transport mode goes through `pre` a second time. It concerns only
 * what the kernel handles; redirected packets never come here. What it forwards must leave by an enforcing device as well: the kernel may know a way that the programs do not
 * see (a rule by mark), and a device without programs asks no token.
 *
 * `pre` hears the same, before the kernel routes: hop limits, MTUs, missing routes and wrong options are answered there, and a host that is closed
 * answers nobody. It comes before defragmentation, whose timeouts are answered as well. `inp` and `forw` are for what it cannot tell: which way a packet
 * goes, and, of a VRF, the device that hears it.
 *
 * Multicast that zones may hear and the host itself may not comes with a mark (bpf/firebreak.bpf.c, fb_tc_in): a group's address in what
 * the kernel calls a broadcast frame. The kernel copies it; a process here that has joined the group does not get it.
 *
 * Everything is one transaction of nftables, which the kernel applies at once: chains are emptied and filled
 * again at a start, and when a device is listed, without a moment in which they are empty, so a rule that
 * somebody slipped in does not survive; the sets are kept. A table that is gone (`nft flush ruleset`, which
 * is how many a firewall script begins) is made anew when the once-a-second check misses the first device.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "base/strbuf.h"
#include "dataplane/handle.h"

#define TABLE	       "inet firebreak_guard"
#define TEXT_OF(value) #value
#define AS_TEXT(macro) TEXT_OF(macro)
#define MARK	       AS_TEXT(FB_MARK_JUDGED)

static int run(struct fb_dataplane *dp, const char *commands, const char *what, struct fb_error *err)
{
	if (nft_run_cmd_from_buffer(dp->nft, commands) == 0)
		return 0;
	const char *said = nft_ctx_get_error_buffer(dp->nft);

	return fb_error_set(err, -EIO, "the guard (nftables table " TABLE "): %s: %.*s", what,
			    said ? (int)strcspn(said, "\n") : 0, said ? said : "");
}

int fb_guard_connect(struct fb_dataplane *dp, struct fb_error *err)
{
	dp->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!dp->nft || nft_ctx_buffer_output(dp->nft) || nft_ctx_buffer_error(dp->nft))
		return fb_error_set(err, -ENOMEM, "the guard: libnftables cannot be started");
	return 0;
}

/* An interface name as nftables takes it. Names that its grammar has no way to write are refused. */
static int add_management(struct fb_strbuf *b, const char *const *names, struct fb_error *err)
{
	for (size_t i = 0; names && names[i]; i++) {
		if (strlen(names[i]) >= IF_NAMESIZE || !names[i][0] || strpbrk(names[i], "\"*\\{}; \t\n"))
			return fb_error_set(err, -EINVAL,
					    "management interface \"%s\": not an interface name", names[i]);
		fb_strbuf_addf(b, "add element " TABLE " management { \"%s\" }\n", names[i]);
	}
	return 0;
}

int fb_guard_open(struct fb_dataplane *dp, const char *const *management, struct fb_error *err)
{
	struct fb_strbuf b fb_autostrbuf = { 0 };
	int r = dp->nft ? 0 : fb_guard_connect(dp, err);

	if (r < 0)
		return r;
	fb_strbuf_add(&b,
		      "add table " TABLE "\n"
		      "add set " TABLE " enforced { type iface_index; }\n"
		      "add set " TABLE " management { type ifname; }\n"
		      "add chain " TABLE " inp { type filter hook input priority -310; policy drop; }\n"
		      "add chain " TABLE " rescue\n"
		      "add chain " TABLE " pre { type filter hook prerouting priority -450; policy drop; }\n"
		      "add chain " TABLE " forw { type filter hook forward priority -310; policy drop; }\n"
		      "flush chain " TABLE " inp\n"
		      "flush chain " TABLE " forw\n"
		      "flush chain " TABLE " rescue\n"
		      "flush chain " TABLE " pre\n"
		      "add rule " TABLE " pre iif lo accept\n"
		      "add rule " TABLE " pre iif @enforced meta mark " MARK " meta mark set 0 accept\n"
		      "add rule " TABLE " pre iif @enforced meta ipsec exists accept\n"
		      "add rule " TABLE " pre iifname @management accept\n"
		      "add rule " TABLE " pre jump rescue\n"
		      "add rule " TABLE " inp iif lo accept\n"
		      "add rule " TABLE
		      " inp meta pkttype broadcast ip daddr 224.0.1.0-239.255.255.255 drop\n"
		      "add rule " TABLE " inp meta pkttype broadcast ip6 daddr { "
		      "ff03::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff } drop\n"
		      "add rule " TABLE " inp iif @enforced accept\n"
		      "add rule " TABLE " inp iifname @management accept\n"
		      "add rule " TABLE " inp jump rescue\n"
		      "add rule " TABLE " forw iif @enforced oif @enforced accept\n"
		      "flush set " TABLE " management\n");
	r = add_management(&b, management, err);
	if (r < 0)
		return r;
	free(dp->guard);
	dp->guard = fb_strbuf_steal(&b);
	return run(dp, dp->guard, "cannot be set up", err);
}

int fb_dataplane_rescue(struct fb_dataplane *dp, const struct fb_rescue *rescue, struct fb_error *err)
{
	struct fb_strbuf rule fb_autostrbuf = { 0 }, b fb_autostrbuf = { 0 };

	if (rescue && rescue->family)
		fb_strbuf_addf(&rule,
			       "add rule " TABLE " rescue iifname \"%s\" %s saddr %s tcp dport %u accept\n",
			       rescue->interface, rescue->family == 4 ? "ip" : "ip6", rescue->prefix,
			       rescue->port);
	if (rescue && rescue->family == 4) /* ports are in the first fragment: inp sees the whole */
		fb_strbuf_addf(&rule,
			       "add rule " TABLE " rescue iifname \"%s\" ip saddr %s ip protocol tcp "
			       "ip frag-off & 0x1fff != 0 accept\n",
			       rescue->interface, rescue->prefix);
	if (rescue && rescue->family == 6) /* of IPv4, ARP is not the guard's */
		fb_strbuf_addf(&rule,
			       "add rule " TABLE " rescue iifname \"%s\" icmpv6 type "
			       "{ nd-neighbor-solicit, nd-neighbor-advert } accept\n",
			       rescue->interface);
	if (rescue && strpbrk(rescue->interface, "\"*\\{}; \t\n"))
		return fb_error_set(err, -EINVAL, "rescue interface \"%s\": not an interface name",
				    rescue->interface);
	if (!strcmp(fb_strbuf_get(&rule), dp->rescue ? dp->rescue : ""))
		return 0;
	fb_strbuf_add(&b, dp->guard ? dp->guard : "");
	fb_strbuf_add(&b, fb_strbuf_get(&rule));
	int r = run(dp, fb_strbuf_get(&b), "the rescue access", err);

	if (r == 0) {
		free(dp->rescue);
		dp->rescue = rule.len ? fb_strbuf_steal(&rule) : NULL;
	}
	return r;
}

/*
 * A name that nftables cannot take closes the host, too, which then hears lo alone. What is enforced, in whatever run directory, has a
 * policy, and rescue is not for then.
 */
int fb_dataplane_close_host(const struct fb_dataplane_options *options, const struct fb_rescue *rescue,
			    struct fb_error *err)
{
	struct fb_dataplane *dp FB_CLEANUP(fb_handle_cleanup) = fb_handle_new(options);
	struct fb_error ignored = { 0 };
	int r;

	fb_load_listen();
	r = fb_guard_connect(dp, err);
	if (r < 0)
		return r;
	/* libnftables 1.0 does not find the first of two that are listed at once */
	if (nft_run_cmd_from_buffer(dp->nft, "list chain " TABLE " inp") == 0 &&
	    nft_run_cmd_from_buffer(dp->nft, "list chain " TABLE " forw") == 0)
		return 0;
	r = fb_guard_open(dp, options->management, err);
	if (r == -EINVAL)
		r = fb_guard_open(dp, NULL, err);
	if (r == 0 && fb_unload_nobody_else(&ignored) == 0)
		fb_dataplane_rescue(dp, rescue, &ignored);
	return r < 0 ? r : 1;
}

int fb_guard_remove_table(struct fb_dataplane *dp, struct fb_error *err)
{
	/* "add" first, so that a table that is not there is no error. */
	return run(dp, "add table " TABLE "\ndelete table " TABLE "\n", "cannot be removed", err);
}

/* Hexadecimal, because nftables takes a decimal number for the name of an interface called like it. */
static void command(struct fb_strbuf *b, const char *verb, __u32 ifindex)
{
	fb_strbuf_addf(b, "%s element " TABLE " enforced { 0x%x }\n", verb, ifindex);
}

int fb_guard_add(struct fb_dataplane *dp, __u32 port, struct fb_error *err)
{
	struct fb_strbuf b fb_autostrbuf = { 0 };

	fb_strbuf_add(&b, dp->guard ? dp->guard : "");
	fb_strbuf_add(&b, dp->rescue ? dp->rescue : "");
	command(&b, "add", port);
	for (size_t i = 0; i < dp->uppers.n; i++)
		if (dp->uppers.v[i].port == port)
			command(&b, "add", dp->uppers.v[i].ifindex);
	return run(dp, fb_strbuf_get(&b), "a device cannot be listed", err);
}

/*
 * Adding what is there is no error, removing what is not is one: add, then remove, in one transaction. A set
 * without its chains is no guard: where all of it is known, all of it is made.
 */
int fb_guard_remove(struct fb_dataplane *dp, __u32 port, struct fb_error *err)
{
	struct fb_strbuf b fb_autostrbuf = { 0 };

	fb_strbuf_add(&b, dp->guard ? dp->guard
				    : "add table " TABLE "\nadd set " TABLE
				      " enforced { type iface_index; }\n");
	fb_strbuf_add(&b, dp->guard && dp->rescue ? dp->rescue : "");
	command(&b, "add", port);
	command(&b, "delete", port);
	for (size_t i = 0; i < dp->uppers.n; i++) {
		if (dp->uppers.v[i].port != port)
			continue;
		command(&b, "add", dp->uppers.v[i].ifindex);
		command(&b, "delete", dp->uppers.v[i].ifindex);
	}
	return run(dp, fb_strbuf_get(&b), "a device cannot be taken off the list", err);
}

struct index_list {
	struct FB_VEC(__u32) all;
};

static bool has(const struct index_list *list, __u32 ifindex)
{
	for (size_t i = 0; i < list->all.n; i++)
		if (list->all.v[i] == ifindex)
			return true;
	return false;
}

/* nftables writes a listed index as the quoted name of its interface, or as a number when it has none. */
static void parse_elements(const char *text, struct index_list *ret)
{
	const char *p = strstr(text, "elements = {"), *end = p ? strchr(p, '}') : NULL;

	for (p = p ? p + strlen("elements = {") : NULL; p && p < end;) {
		char name[IF_NAMESIZE + 1] = "";
		int n = 0;

		p += strspn(p, " \t\n,");
		if (sscanf(p, "\"%16[^\"]\"%n", name, &n) == 1 && n) {
			__u32 ifindex = if_nametoindex(name);

			if (ifindex)
				fb_vec_add(&ret->all, ifindex);
			p += n;
		} else if (p < end) {
			__u32 ifindex = (__u32)strtoul(p, (char **)&p, 10);

			if (!ifindex)
				return;
			fb_vec_add(&ret->all, ifindex);
		}
	}
}

int fb_guard_reconcile(struct fb_dataplane *dp, const __u32 *ports, size_t n_ports, struct fb_error *err)
{
	struct fb_strbuf b fb_autostrbuf = { 0 };
	struct index_list want = { 0 }, is = { 0 };
	int r = run(dp, "list set " TABLE " enforced", "cannot be read", err);

	if (r < 0)
		return r;
	parse_elements(nft_ctx_get_output_buffer(dp->nft), &is);
	for (size_t i = 0; i < n_ports; i++) {
		fb_vec_add(&want.all, ports[i]);
		for (size_t u = 0; u < dp->uppers.n; u++)
			if (dp->uppers.v[u].port == ports[i])
				fb_vec_add(&want.all, dp->uppers.v[u].ifindex);
	}
	for (size_t i = 0; i < is.all.n; i++)
		if (!has(&want, is.all.v[i]))
			command(&b, "delete", is.all.v[i]);
	for (size_t i = 0; i < want.all.n; i++)
		if (!has(&is, want.all.v[i]))
			command(&b, "add", want.all.v[i]);
	if (b.len)
		r = run(dp, fb_strbuf_get(&b), "cannot be brought up to date", err);
	fb_vec_done(&want.all);
	fb_vec_done(&is.all);
	return r;
}

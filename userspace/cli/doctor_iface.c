// SPDX-License-Identifier: GPL-2.0-only
/* One interface, read from the kernel: by netlink and ioctl, which need no root. Only the name of an XDP program does. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/doctor_card.h"
#include "cli/facts.h"

/* As the kernel cuts it off at 15 letters. */
static enum fb_card_program whose(__u32 id)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .prog_id = id };
	fb_autoclose int fd = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	if (fd < 0)
		return FB_CARD_UNKNOWN;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (__u32)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (__u64)(unsigned long)&info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0)
		return FB_CARD_UNKNOWN;
	return strcmp(info.name, "fb_xdp") ? FB_CARD_FOREIGN : FB_CARD_OURS;
}

static const char *mode_name(__u8 mode)
{
	static const char *const names[] = { "balance-rr", "active-backup", "balance-xor", "broadcast",
					     "802.3ad",	   "balance-tlb",   "balance-alb" };

	return mode < FB_ARRAY_SIZE(names) ? names[mode] : "unknown";
}

static void read_card(const struct fb_net_state *state, const struct fb_net_link *link,
		      struct fb_doctor_card *card)
{
	const struct fb_net_link *peer;
	struct fb_error err;

	memcpy(card->name, link->name, sizeof(card->name));
	card->kind = link->kind;
	card->up = link->up;
	card->running = link->running;
	card->mtu = link->mtu;
	card->driver_error = fb_net_driver(link->name, &card->driver, &err);
	card->bond_mode = mode_name(link->bond_mode);
	if (fb_net_attached(link->ifindex, &card->attached, &err) < 0)
		return;
	if (card->attached.xdp_id)
		card->program = whose(card->attached.xdp_id);
	peer = link->kind == FB_LINK_VETH ? fb_net_link_by_index(state, card->attached.peer) : NULL;
	if (peer && fb_net_driver(peer->name, &card->peer_driver, &err) == 0)
		memcpy(card->peer, peer->name, sizeof(card->peer));
}

static void read_members(const struct fb_net_state *state, const struct fb_net_link *bond,
			 struct fb_doctor_card *card)
{
	for (size_t i = 0; i < state->links.n; i++) {
		struct fb_doctor_card member = { 0 };

		if (state->links.v[i].master != bond->ifindex)
			continue;
		read_card(state, &state->links.v[i], &member);
		member.kernel_frags = card->kernel_frags;
		fb_vec_add(&card->members, member);
	}
}

/* A device that has VLAN devices on it is a trunk, also without a policy that says so. */
static bool has_vlan_devices(const struct fb_net_state *state, __u32 ifindex)
{
	for (size_t i = 0; i < state->links.n; i++)
		if (state->links.v[i].kind == FB_LINK_VLAN && state->links.v[i].parent == ifindex)
			return true;
	return false;
}

static void card_done(struct fb_doctor_card *card)
{
	for (size_t i = 0; i < card->members.n; i++)
		fb_net_attached_done(&card->members.v[i].attached);
	fb_vec_done(&card->members);
	fb_net_attached_done(&card->attached);
}

static void look_at(struct fb_findings *list, const struct fb_net_state *state,
		    const struct fb_net_link *link, const struct fb_doctor_port *port)
{
	FB_CLEANUP(card_done) struct fb_doctor_card card = { 0 };
	const struct fb_net_link *far = port->wire ? fb_net_link_by_name(state, port->wire) : NULL;
	struct utsname u = { 0 };
	const char *refusal;

	uname(&u);
	card.kernel_frags = fb_kernel_at_least(u.release, 6, 4);
	refusal = fb_net_port_refusal(state, link, card.refusal, sizeof(card.refusal));
	if (!refusal)
		card.refusal[0] = 0;
	read_card(state, link, &card);
	if (link->kind == FB_LINK_BOND)
		read_members(state, link, &card);
	card.trunk = port->trunk || has_vlan_devices(state, link->ifindex);
	if (port->wire)
		snprintf(card.wire, sizeof(card.wire), "%s", port->wire);
	card.wire_there = far != NULL;
	card.wire_running = far && far->running;
	card.wire_mtu = far ? far->mtu : 0;
	fb_doctor_judge(list, &card);
}

static int sysctl_number(const char *iface, const char *name)
{
	fb_autostrbuf struct fb_strbuf value = { 0 };
	char path[160];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", iface, name);
	fb_facts_file(path, &value);
	return value.len ? atoi(value.s) : 0;
}

/* The kernel takes the larger of "all" and the interface's own. */
static void check_rp_filter(struct fb_findings *list, const char *iface)
{
	int all = sysctl_number("all", "rp_filter"), own = sysctl_number(iface, "rp_filter");
	char what[64], advice[160];

	snprintf(what, sizeof(what), "%s rp_filter", iface);
	if ((all > own ? all : own) != 1) {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "%s",
			       (all > own ? all : own) == 2 ? "loose" : "off");
		return;
	}
	snprintf(advice, sizeof(advice),
		 "fine unless routes differ by direction; then: sysctl -w net.ipv4.conf.%s.rp_filter=2",
		 iface);
	fb_finding_add(list, FB_HEALTH_OK, what, advice, "strict");
}

static void check_iface(struct fb_findings *list, const struct fb_net_state *state,
			const struct fb_doctor_port *port)
{
	const struct fb_net_link *link = fb_net_link_by_name(state, port->name);

	if (!link) {
		fb_finding_add(
			list, FB_HEALTH_FAIL, port->name,
			"an interface of the policy that is missing is not protected, and not listened to",
			"no such interface here");
		return;
	}
	look_at(list, state, link, port);
	check_rp_filter(list, port->name);
}

void fb_doctor_ifaces(struct fb_findings *list, const struct fb_doctor_port *ports, size_t n)
{
	struct fb_netlink *net = NULL;
	struct fb_error err = { 0 };

	if (fb_net_open(&net, &err) < 0) {
		fb_finding_add(list, FB_HEALTH_FAIL, "interfaces", NULL, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		check_iface(list, fb_net_state(net), &ports[i]);
	fb_net_close(net);
}

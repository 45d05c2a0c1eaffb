// SPDX-License-Identifier: GPL-2.0-only
#include "agent/lockout.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/switches.h"
#include "policy/analyse.h"
#include "policy/eval.h"

static int read_end(const json_t *json, const char *name, const char *port_name, int *family,
		    struct fb_ip *ret, __u16 *ret_port, struct fb_error *err)
{
	const char *text = json_string_value(json_object_get(json, name));
	json_int_t port = json_integer_value(json_object_get(json, port_name));

	if (!text || fb_ip_parse(text, strlen(text), family, ret) || port < 1 || port > 65535)
		return fb_error_set(err, -EINVAL, "session: %s must be an address and %s a port", name,
				    port_name);
	*ret_port = (__u16)port;
	return 0;
}

int fb_session_from_json(const json_t *json, struct fb_session *ret, struct fb_error *err)
{
	struct fb_session session = { 0 };
	int other, r;

	*ret = session;
	if (!json || json_is_null(json))
		return 0;
	r = read_end(json, "from", "from_port", &session.family, &session.from, &session.from_port, err);
	if (r == 0)
		r = read_end(json, "to", "to_port", &other, &session.to, &session.to_port, err);
	if (r == 0 && other != session.family)
		return fb_error_set(err, -EINVAL, "session: from and to are of two families");
	if (r == 0)
		*ret = session;
	return r;
}

bool fb_session_parse(const char *text, struct fb_session *ret)
{
	char from[64], to[64];
	unsigned int from_port, to_port;
	int other;

	*ret = (struct fb_session){ 0 };
	if (sscanf(text, "%63s %u %63s %u", from, &from_port, to, &to_port) != 4 || from_port > 65535 ||
	    to_port > 65535)
		return false;
	from[strcspn(from, "%")] = 0; /* "fe80::1%eth0" */
	to[strcspn(to, "%")] = 0;
	ret->from_port = (__u16)from_port;
	ret->to_port = (__u16)to_port;
	return fb_ip_parse(from, strlen(from), &ret->family, &ret->from) == 0 &&
	       fb_ip_parse(to, strlen(to), &other, &ret->to) == 0 && other == ret->family;
}

static bool is_loopback(int family, struct fb_ip ip)
{
	return family == 4 ? ip.lo >> 24 == 127 : ip.hi == 0 && ip.lo == 1;
}

static unsigned int zone_of_device(const struct fb_portset *ports, __u32 device)
{
	for (size_t i = 0; i < ports->v.n; i++)
		if (ports->v.v[i].device == device && device)
			return ports->v.v[i].zone;
	return FB_ZONE_NONE;
}

static void own_addresses(const struct fb_lockout_case *c, struct fb_own *ret)
{
	for (size_t i = 0; i < c->host->addresses.n; i++) {
		const struct fb_host_address *a = &c->host->addresses.v[i];

		fb_vec_add(&ret->v, (struct fb_own_address){ a->family, a->ip, a->prefix_len,
							     zone_of_device(c->ports, a->ifindex) });
	}
}

/* NULL = the session ends at another host, or in another network name space. */
static const struct fb_host_address *own_end(const struct fb_lockout_case *c)
{
	for (size_t i = 0; i < c->host->addresses.n; i++)
		if (c->host->addresses.v[i].family == c->session->family &&
		    !fb_ip_cmp(c->host->addresses.v[i].ip, c->session->to))
			return &c->host->addresses.v[i];
	return NULL;
}

/* On whose wire the other end is; 0 = behind a router, or nowhere. */
static __u32 device_on_link(const struct fb_lockout_case *c)
{
	const struct fb_session *s = c->session;
	unsigned int best = 0;
	__u32 device = 0;

	for (size_t i = 0; i < c->host->addresses.n; i++) {
		const struct fb_host_address *a = &c->host->addresses.v[i];
		struct fb_ip mine, other;

		if (a->family != s->family || a->prefix_len < best || (device && a->prefix_len == best))
			continue;
		mine = fb_ip_last(a->family, a->ip, a->prefix_len);
		other = fb_ip_last(a->family, s->from, a->prefix_len);
		if (!fb_ip_cmp(mine, other)) {
			best = a->prefix_len;
			device = a->ifindex;
		}
	}
	return device;
}

static bool is_management(const struct fb_lockout_case *c, const char *name)
{
	for (size_t i = 0; c->management && c->management[i]; i++)
		if (!strcmp(c->management[i], name))
			return true;
	return false;
}

static const struct fb_zone *owner_of(const struct fb_ruleset *rs, int family, struct fb_ip ip)
{
	for (size_t i = 0; i < rs->zones.n; i++)
		if (fb_ipset_has(&rs->zones.v[i].owned, family, ip))
			return &rs->zones.v[i];
	return NULL;
}

static bool has_quarantined_mac(const struct fb_lockout_case *c, struct fb_ip ip)
{
	for (size_t i = 0; i < c->host->neighbours.n; i++) {
		const struct fb_host_neighbour *n = &c->host->neighbours.v[i];

		if (n->family != c->session->family || fb_ip_cmp(n->ip, ip) || !n->has_mac)
			continue;
		for (size_t k = 0; k < c->switches->macs.n; k++)
			if (!memcmp(c->switches->macs.v[k].mac, n->mac, 6))
				return true;
	}
	return false;
}

/* Before what the policy says (S27). */
static enum fb_reason switched_off(const struct fb_lockout_case *c, unsigned int zone)
{
	const struct fb_session *s = c->session;
	const struct fb_zone *from = fb_ruleset_zone_by_id(&c->candidate->ruleset, zone);

	if (!c->switches)
		return FB_PASSED;
	if (fb_switches_wanted_has(c->switches, s->family, s->from) ||
	    fb_switches_wanted_has(c->switches, s->family, s->to) ||
	    (from && fb_zone_heeds_macs(from) && has_quarantined_mac(c, s->from)))
		return FB_DROP_QUARANTINED;
	return c->switches->cut[zone] >> FB_ZONE_SELF & 1 ? FB_DROP_ISOLATED : FB_PASSED;
}

static enum fb_lockout ask(const struct fb_lockout_case *c, unsigned int zone, struct fb_strbuf *text)
{
	const struct fb_ruleset *rs = &c->candidate->ruleset;
	const struct fb_session *s = c->session;
	struct fb_packet packet = { .zone = zone,
				    .family = s->family,
				    .src = s->from,
				    .dst = s->to,
				    .proto = IPPROTO_TCP,
				    .sport = s->from_port,
				    .dport = s->to_port,
				    .first = true };
	struct fb_own own = { 0 };
	struct fb_answer answer;
	bool kept;

	if (switched_off(c, zone) != FB_PASSED) {
		fb_strbuf_addf(text, "CUT (%s): from zone %s\n", fb_reason_name(switched_off(c, zone)),
			       fb_ruleset_zone_name(rs, zone));
		return FB_LOCKOUT_CUT;
	}
	own_addresses(c, &own);
	answer = fb_eval_at(rs, &own, &packet, &c->when);
	fb_vec_done(&own.v);
	kept = answer.reason == FB_PASSED || answer.reason == FB_WOULD_DROP;
	if (kept)
		fb_strbuf_add(text, "still allowed: ");
	else
		fb_strbuf_addf(text, "CUT (%s): ", fb_reason_name(answer.reason));
	fb_answer_print(rs, &c->candidate->tree.sources, &packet, &answer, text);
	fb_strbuf_addc(text, '\n');
	return kept ? FB_LOCKOUT_KEPT : FB_LOCKOUT_CUT;
}

/* By which zone it comes in, and then what the policy says. */
static enum fb_lockout judge(const struct fb_lockout_case *c, struct fb_strbuf *text, __u32 *ret_device)
{
	const struct fb_ruleset *rs = &c->candidate->ruleset;
	const struct fb_session *s = c->session;
	__u32 device = device_on_link(c);
	const struct fb_host_link *link = device ? fb_host_by_index(c->host, device) : NULL;
	const struct fb_zone *owner = owner_of(rs, s->family, s->from);
	unsigned int zone = zone_of_device(c->ports, device);

	*ret_device = device;
	if (link && is_management(c, link->name)) {
		fb_strbuf_addf(text, "still allowed: by %s, which is for management and in no zone\n",
			       link->name);
		return FB_LOCKOUT_KEPT;
	}
	if (link && zone == FB_ZONE_NONE) {
		fb_strbuf_addf(text, "CUT: it comes in by %s, which is in no zone of this policy\n",
			       link->name);
		return FB_LOCKOUT_CUT;
	}
	if (!link && owner)
		zone = owner->id;
	if (zone == FB_ZONE_NONE) {
		fb_strbuf_add(text, c->management && c->management[0]
					    ? "not tested: its address is of no zone; it may come in by a "
					      "management interface\n"
					    : "CUT: its address is of no zone of this policy\n");
		return c->management && c->management[0] ? FB_LOCKOUT_UNKNOWN : FB_LOCKOUT_CUT;
	}
	return ask(c, zone, text);
}

enum fb_lockout fb_lockout_judge(const struct fb_lockout_case *c, struct fb_strbuf *ret_text,
				 __u32 *ret_device)
{
	const struct fb_session *s = c->session;
	char from[FB_INET_STRLEN], to[FB_INET_STRLEN];
	enum fb_lockout verdict;
	__u32 ignored;

	if (!ret_device)
		ret_device = &ignored;
	*ret_device = 0;
	if (!s->family) {
		fb_strbuf_add(ret_text, "not tested: whether you can still log in; no ssh session was told "
					"(a console, a job)\n");
		return FB_LOCKOUT_UNKNOWN;
	}
	fb_strbuf_addf(ret_text, "your session %s -> %s tcp/%u: ", fb_ip_print(s->family, s->from, from),
		       fb_ip_print(s->family, s->to, to), s->to_port);
	if (is_loopback(s->family, s->from)) {
		fb_strbuf_add(ret_text, "still allowed: it comes from this host itself\n");
		return FB_LOCKOUT_KEPT;
	}
	if (!own_end(c)) {
		fb_strbuf_addf(ret_text, "not tested: %s is no address of this host\n", to);
		return FB_LOCKOUT_UNKNOWN;
	}
	verdict = judge(c, ret_text, ret_device);
	fb_strbuf_addf(ret_text,
		       "not tested: logging in anew (RADIUS, LDAP, DNS), and the way that you took to %s\n",
		       from);
	return verdict;
}

/* ---- before there is a policy ---- */

static bool rescues(const struct fb_rescue *rescue, const struct fb_session *s, const char *device)
{
	unsigned int len = s->family == 4 ? 32 : 128;
	const char *slash = strchrnul(rescue->prefix, '/');
	struct fb_ip first;
	int family;

	if (rescue->family != s->family || rescue->port != s->to_port || strcmp(rescue->interface, device) ||
	    fb_ip_parse(rescue->prefix, (size_t)(slash - rescue->prefix), &family, &first) < 0)
		return false;
	if (*slash)
		len = (unsigned int)strtoul(slash + 1, NULL, 10);
	return !fb_ip_cmp(fb_ip_last(s->family, first, len), fb_ip_last(s->family, s->from, len));
}

static bool is_on_link(const struct fb_host_address *a, const struct fb_session *s)
{
	return !fb_ip_cmp(fb_ip_last(a->family, a->ip, a->prefix_len),
			  fb_ip_last(a->family, s->from, a->prefix_len));
}

int fb_lockout_at_start(const struct fb_lockout_case *c, const struct fb_rescue *rescue, struct fb_error *err)
{
	const struct fb_session *s = c->session;
	const struct fb_host_address *to = own_end(c);
	unsigned int len = s->family == 4 ? 32 : 128;
	const struct fb_host_link *link;
	struct fb_ip rest, first = s->from;
	char from[FB_INET_STRLEN], prefix[FB_INET_STRLEN];
	__u32 device;

	if (!s->family || !to || is_loopback(s->family, s->from))
		return 0;
	device = is_on_link(to, s) ? to->ifindex : device_on_link(c);
	link = fb_host_by_index(c->host, device ? device : to->ifindex);
	if (!link || is_management(c, link->name) || rescues(rescue, s, link->name))
		return 0;
	if (is_on_link(to, s)) {
		len = to->prefix_len;
		rest = fb_ip_last(s->family, (struct fb_ip){ 0 }, len);
		first = (struct fb_ip){ s->from.hi & ~rest.hi, s->from.lo & ~rest.lo };
	}
	return fb_error_set(
		err, -EACCES,
		"no policy is stored, and without one everything drops: this would end your ssh session "
		"from %s. Keep it with --rescue \"%s %s/%u %u\", or give --allow-lockout",
		fb_ip_print(s->family, s->from, from), link->name, fb_ip_print(s->family, first, prefix), len,
		s->to_port);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Does a policy cut the session that it comes by? */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "agent/lockout.h"
#include "agent/switches.h"
#include "base/cleanup.h"

static const char policy[] =
	"zone admin { interface eth1  network 10.99.0.0/24, 10.98.0.0/24 }\n"
	"zone field { interface eth2  network 10.1.0.0/16 }\n"
	"device me in admin { ip 10.99.0.10 }\n"
	"window day { every day 00:00-24:00 }\naccess visit { max 1h }\n"
	"firebreak admin -> self {\n  allow me -> self  tcp/22 id in\n"
	"  allow me -> self  tcp/23 during day\n  allow me -> self  tcp/24 on-request visit\n}\n"
	"firebreak admin -> field { mode observe until 2099-01-01 }\n";

static struct fb_generation *g;
static struct fb_host host;
static struct fb_portset ports;

static void add_link(__u32 ifindex, const char *name, const char *address, unsigned int len)
{
	struct fb_host_link link = { .ifindex = ifindex, .up = true };
	struct fb_host_address a = { .ifindex = ifindex, .prefix_len = len };

	strcpy(link.name, name);
	fb_vec_add(&host.links, link);
	cr_assert_eq(fb_ip_parse(address, strlen(address), &a.family, &a.ip), 0);
	fb_vec_add(&host.addresses, a);
}

static void start(void)
{
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };
	json_t *body = json_pack("{ss s[{ss ss+}]}", "root", "p.fb", "files", "path", "p.fb", "text",
				 "policy \"t\" language 1 version 1 timezone \"UTC\"\n", policy);
	char *text = NULL;

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, NULL, &g, &text), 0, "%s", text);
	free(text);
	add_link(11, "eth1", "10.99.0.1", 24);
	add_link(12, "eth2", "10.1.0.1", 16);
	add_link(13, "eth3", "192.0.2.1", 24);
	fb_ports_resolve(&g->ruleset, &host, &ports);
}

static void stop(void)
{
	fb_generation_free(g);
	fb_host_done(&host);
	fb_ports_done(&ports);
}

static struct fb_session session(const char *from, const char *to, int port)
{
	json_t *json =
		json_pack("{ss si ss si}", "from", from, "from_port", 50122, "to", to, "to_port", port);
	struct fb_session s;
	struct fb_error err = { 0 };

	cr_assert_eq(fb_session_from_json(json, &s, &err), 0, "%s", err.text);
	json_decref(json);
	return s;
}

Test(lockout, tells_a_session_that_stays_from_one_that_is_cut, .init = start, .fini = stop)
{
	static const char *const management[] = { "eth3", NULL };
	static const struct {
		const char *from, *to;
		int port;
		bool management;
		enum fb_lockout wanted;
		const char *says;
	} cases[] = {
		{ "10.99.0.10", "10.99.0.1", 22, false, FB_LOCKOUT_KEPT, "tcp/22: still allowed" },
		{ "10.99.0.10", "10.1.0.1", 22, false, FB_LOCKOUT_CUT, "CUT (no-allow)" },
		{ "10.99.0.11", "10.99.0.1", 22, false, FB_LOCKOUT_CUT, "CUT (no-allow)" },
		{ "10.99.0.10", "10.99.0.1", 2222, false, FB_LOCKOUT_CUT, "CUT (no-allow)" },
		{ "10.98.0.10", "10.99.0.1", 22, false, FB_LOCKOUT_CUT, "CUT (no-allow)" },
		{ "10.1.7.7", "10.1.0.1", 22, false, FB_LOCKOUT_CUT, "CUT (no-allow)" },
		{ "192.0.2.7", "192.0.2.1", 22, false, FB_LOCKOUT_CUT, "eth3, which is in no zone" },
		{ "192.0.2.7", "192.0.2.1", 22, true, FB_LOCKOUT_KEPT, "eth3, which is for management" },
		{ "203.0.113.7", "10.99.0.1", 22, false, FB_LOCKOUT_CUT, "its address is of no zone" },
		{ "203.0.113.7", "10.99.0.1", 22, true, FB_LOCKOUT_UNKNOWN, "may come in by a management" },
		{ "127.0.0.1", "127.0.0.1", 22, false, FB_LOCKOUT_KEPT, "from this host itself" },
		{ "10.99.0.10", "10.99.0.2", 22, false, FB_LOCKOUT_UNKNOWN, "10.99.0.2 is no address" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_session s = session(cases[i].from, cases[i].to, cases[i].port);
		struct fb_lockout_case c = { .session = &s,
					     .candidate = g,
					     .ports = &ports,
					     .host = &host,
					     .management = cases[i].management ? management : NULL,
					     .when.now = 1795386689 };

		cr_assert_eq(fb_lockout_judge(&c, &text, NULL), cases[i].wanted, "case %zu: %s", i, text.s);
		cr_assert(strstr(text.s, cases[i].says), "case %zu: %s", i, text.s);
		cr_assert(strstr(text.s, "not tested") || strstr(text.s, "this host"), "%s", text.s);
	}
}

Test(lockout, names_the_line_that_keeps_the_session, .init = start, .fini = stop)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_session s = session("10.99.0.10", "10.99.0.1", 22);
	struct fb_lockout_case c = { &s, g, &ports, &host, NULL, { .now = 1795386689 }, NULL };
	__u32 device = 0;

	fb_lockout_judge(&c, &text, &device);
	cr_assert(strstr(text.s, "p.fb:8"), "%s", text.s);
	cr_assert(strstr(text.s, "not tested: logging in anew (RADIUS, LDAP, DNS)"), "%s", text.s);
	cr_assert_eq(device, 11);
}

Test(lockout, knows_what_is_open_and_whether_the_clock_is_known, .init = start, .fini = stop)
{
	const struct fb_opening open = { "visit", 1795386700 };
	static const struct {
		int port;
		bool unsynced, opened;
		enum fb_lockout wanted;
	} cases[] = { { 22, true, false, FB_LOCKOUT_KEPT }, { 23, false, false, FB_LOCKOUT_KEPT },
		      { 23, true, false, FB_LOCKOUT_CUT },  { 24, false, false, FB_LOCKOUT_CUT },
		      { 24, false, true, FB_LOCKOUT_KEPT }, { 24, true, true, FB_LOCKOUT_CUT } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_session s = session("10.99.0.10", "10.99.0.1", cases[i].port);
		fb_autostrbuf struct fb_strbuf text = { 0 };
		struct fb_lockout_case c = {
			&s,    g,    &ports,
			&host, NULL, { 1795386689, cases[i].unsynced, &open, cases[i].opened },
			NULL
		};

		cr_assert_eq(fb_lockout_judge(&c, &text, NULL), cases[i].wanted, "case %zu: %s", i, text.s);
	}
}

Test(lockout, says_so_when_there_is_no_session_to_test, .init = start, .fini = stop)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_session s;
	struct fb_error err = { 0 };
	struct fb_lockout_case c = { &s, g, &ports, &host, NULL, { .now = 1795386689 }, NULL };

	cr_assert_eq(fb_session_from_json(NULL, &s, &err), 0);
	cr_assert_eq(fb_lockout_judge(&c, &text, NULL), FB_LOCKOUT_UNKNOWN);
	cr_assert(strstr(text.s, "not tested: whether you can still log in"), "%s", text.s);
}

Test(lockout, a_session_that_is_told_wrongly_is_refused)
{
	static const char *const cases[] = {
		"{}",
		"{\"from\":\"10.0.0.1\",\"from_port\":1,\"to\":\"2001:db8::1\",\"to_port\":22}",
		"{\"from\":\"10.0.0.1\",\"from_port\":0,\"to\":\"10.0.0.2\",\"to_port\":22}",
		"{\"from\":\"10.0.0.1\",\"from_port\":1,\"to\":\"x\",\"to_port\":22}",
		"{\"from\":\"10.0.0.1\",\"from_port\":1,\"to\":\"10.0.0.2\",\"to_port\":70000}",
		"\"10.0.0.1\"",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		json_t *json = json_loads(cases[i], JSON_DECODE_ANY, NULL);
		struct fb_session s = { .family = 9 };
		struct fb_error err = { 0 };

		cr_assert_eq(fb_session_from_json(json, &s, &err), -EINVAL, "%s", cases[i]);
		cr_assert_eq(s.family, 0);
		json_decref(json);
	}
}

Test(lockout, a_quarantine_or_a_cut_of_the_session_is_told_before_the_policy, .init = start, .fini = stop)
{
	struct fb_switches_wanted want = { 0 };
	struct fb_session s = session("10.99.0.10", "10.99.0.1", 22);
	struct fb_lockout_case c = { .session = &s,
				     .candidate = g,
				     .ports = &ports,
				     .host = &host,
				     .when.now = 1795386689,
				     .switches = &want };
	fb_autostrbuf struct fb_strbuf text = { 0 };
	const unsigned int admin = fb_ruleset_zone(&g->ruleset, "admin")->id,
			   field = fb_ruleset_zone(&g->ruleset, "field")->id;

	want.cut[admin] = 1ull << field;
	fb_vec_add(&want.addresses, (struct fb_quarantine_key){ 32 + 32, 4, { 10, 99, 0, 11 } });
	cr_assert_eq(fb_lockout_judge(&c, &text, NULL), FB_LOCKOUT_KEPT, "another pair, another host: %s",
		     text.s);
	want.cut[admin] = 1ull << FB_ZONE_SELF;
	cr_assert_eq(fb_lockout_judge(&c, &text, NULL), FB_LOCKOUT_CUT);
	cr_assert(strstr(text.s, "CUT (isolated)"), "%s", text.s);
	want.cut[admin] = 0;
	fb_vec_add(&want.addresses, (struct fb_quarantine_key){ 32 + 31, 4, { 10, 99, 0, 10 } });
	cr_assert_eq(fb_lockout_judge(&c, &text, NULL), FB_LOCKOUT_CUT);
	cr_assert(strstr(text.s, "CUT (quarantined)"), "%s", text.s);
	fb_switches_wanted_done(&want);
}

Test(lockout, a_first_start_that_would_end_the_session_names_what_holds_it, .init = start, .fini = stop)
{
	static const char *const management[] = { "eth3", NULL };
	static const struct {
		const char *session, *rescue; /* "IF PREFIX PORT" */
		const char *says;	      /* NULL = it holds */
	} cases[] = {
		{ "10.99.0.10 50122 10.99.0.1 22", NULL,
		  "from 10.99.0.10. Keep it with --rescue \"eth1 10.99.0.0/24 22\"," },
		{ "10.99.0.10 50122 10.99.0.1 2222", "eth1 10.99.0.0/24 22",
		  "--rescue \"eth1 10.99.0.0/24 2222\"," },
		{ "10.99.0.10 50122 10.99.0.1 22", "eth1 10.99.0.0/29 22",
		  "--rescue \"eth1 10.99.0.0/24 22\"," },
		{ "10.99.0.10 50122 10.99.0.1 22", "eth2 10.99.0.0/24 22",
		  "--rescue \"eth1 10.99.0.0/24 22\"," },
		{ "10.99.0.10 50122 10.99.0.1 22", "eth1 10.99.0.0/24 22", NULL },
		{ "10.99.0.10 50122 10.99.0.1 22", "eth1 10.99.0.10 22", NULL },
		{ "198.51.100.7 50122 10.1.0.1 22", NULL, "--rescue \"eth2 198.51.100.7/32 22\"," },
		{ "192.0.2.9 50122 192.0.2.1 22", NULL, NULL },	 /* a management interface */
		{ "10.99.0.10 50122 10.99.0.2 22", NULL, NULL }, /* another host's, or name space's */
		{ "127.0.0.1 50122 127.0.0.1 22", NULL, NULL },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_session s;
		const struct fb_lockout_case c = { .session = &s, .host = &host, .management = management };
		struct fb_rescue rescue = { 0 };
		struct fb_error err = { 0 };
		unsigned int port = 0;
		int r;

		if (cases[i].rescue) {
			cr_assert_eq(sscanf(cases[i].rescue, "%15s %63s %u", rescue.interface, rescue.prefix,
					    &port),
				     3);
			rescue.port = (unsigned short)port;
			rescue.family = 4;
		}
		cr_assert(fb_session_parse(cases[i].session, &s));
		r = fb_lockout_at_start(&c, &rescue, &err);
		cr_assert_eq(r, cases[i].says ? -EACCES : 0, "%s: %s", cases[i].session, err.text);
		cr_assert(!cases[i].says || strstr(err.text, cases[i].says), "%s", err.text);
	}
}

Test(lockout, what_is_no_session_is_none)
{
	static const char *const cases[] = { "", "10.99.0.10", "10.99.0.10 1 ::1 22", "x 1 y 2",
					     "10.0.0.1 70000 10.0.0.2 22" };
	struct fb_session s;

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++)
		cr_assert_not(fb_session_parse(cases[i], &s), "%s", cases[i]);
}

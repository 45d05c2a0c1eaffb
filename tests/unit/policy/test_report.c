/* SPDX-License-Identifier: GPL-2.0-only */
/* The register: nothing of the policy is missing in it, and dates are told apart. */
#include "fixture.h"

#include "policy/report.h"

static const char text[] =
	"policy \"t\" language 1 version 7 timezone \"UTC\"\n"
	"zone a { interface eth1 vlan 5  network 10.1.0.0/24  purdue 1  owner \"Alice\" }\n"
	"zone b { interface eth2  network 10.2.0.0/24  members isolated \"private VLAN\" }\n"
	"device a1 in a { ip 10.1.0.1 }\n"
	"firebreak a -> b {\n  default owner \"Bob\" reason \"because\" limit 10 new/s per source\n  allow "
	"a1 -> any  tcp/1 "
	"quota 5 GB/day per line alert log\n"
	"  allow any -> any  tcp/2  until 2026-01-01  owner \"Carol\"\n}\n"
	"firebreak b -> a {\n  mode observe until 2036-01-01\n}\n"
	"never a -> b tcp/3 \"no\"\n"
	"assert a cannot reach b udp/any \"why\"\n";

static json_t *make(struct policy *p)
{
	policy_load(p, text);
	cr_assert_eq(p->errors, 0, "%s", fb_strbuf_get(&p->said));
	return fb_report_register(&p->tree, &p->rs, NOW);
}

static const json_t *at(const json_t *v, const char *name, size_t i)
{
	return json_array_get(json_object_get(v, name), i);
}

static void expect(const json_t *v, const char *name, const char *wanted)
{
	const char *got = json_string_value(json_object_get(v, name));

	cr_assert_str_eq(got ? got : "null", wanted, "%s", name);
}

Test(report, every_zone_with_its_owner_level_and_addresses)
{
	struct policy p;
	json_t *r = make(&p);

	cr_assert_eq(json_array_size(json_object_get(r, "zones")), 2);
	expect(at(r, "zones", 0), "name", "a");
	expect(at(r, "zones", 0), "owner", "Alice");
	expect(at(r, "zones", 0), "purdue", "1");
	expect(at(r, "zones", 0), "addresses", "10.1.0.0/24");
	cr_assert_str_eq(json_string_value(at(at(r, "zones", 0), "interfaces", 0)), "eth1 vlan 5");
	cr_assert_eq(json_integer_value(json_object_get(at(r, "zones", 0), "devices")), 1);
	expect(at(r, "zones", 1), "members_isolated", "private VLAN");
	json_decref(r);
	policy_done(&p);
}

Test(report, every_line_under_its_conduit_with_what_the_block_gives_it)
{
	struct policy p;
	json_t *r = make(&p);
	const json_t *conduit = at(r, "conduits", 0), *first = at(conduit, "lines", 0),
		     *second = at(conduit, "lines", 1);

	cr_assert_eq(json_array_size(json_object_get(r, "conduits")), 1,
		     "observed without lines is no conduit");
	expect(conduit, "name", "a -> b");
	expect(first, "line", "a1 -> any  tcp/1");
	expect(first, "owner", "Bob");
	expect(first, "at", "t.fb:7");
	expect(first, "limits", "limit 10 new/s per source; quota 5 GB/day per line alert; log");
	expect(second, "limits", "limit 10 new/s per source");
	expect(second, "owner", "Carol");
	expect(second, "reason", "because");
	cr_assert(json_is_false(json_object_get(first, "ended")));
	cr_assert(json_is_true(json_object_get(second, "ended")), "its until lies in the past");
	expect(at(r, "observed", 0), "from", "b");
	json_decref(r);
	policy_done(&p);
}

Test(report, guards_assertions_and_what_they_rest_on)
{
	struct policy p;
	json_t *r = make(&p);

	expect(at(r, "guards", 0), "guard", "a -> b  tcp/3");
	expect(at(r, "guards", 0), "reason", "no");
	expect(at(r, "assertions", 0), "assertion", "a cannot reach b udp/any");
	expect(at(r, "assertions", 0), "reason", "why");
	cr_assert_str_eq(json_string_value(at(r, "assumptions", 0)),
			 "hosts of b cannot reach each other: private VLAN");
	json_decref(r);
	policy_done(&p);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Isolation and quarantine as state: what an X is, what a plan comes to, what is kept. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/switches.h"
#include "base/cleanup.h"

#define POLICY                                                                            \
	"zone cam { interface eth1  network 10.20.0.0/16, 2001:db8:20::/48 }\n"           \
	"zone corp { interface eth2  network 172.16.0.0/12 }\n"                           \
	"zone sig { interface eth3  network 10.10.0.0/16 }\n"                             \
	"device cam-1 in cam { ip 10.20.4.12, 2001:db8:20::12  mac 3c:ef:8c:00:04:12 }\n" \
	"device cam-2 in cam { ip 10.20.4.13  mac 3c:ef:8c:00:04:13 }\n"                  \
	"device cam-3 in cam { ip 10.20.9.1 }\n"                                          \
	"group east in cam { cam-1, cam-2 }\n"                                            \
	"group all-cams in cam { 10.20.0.0/20 }\n"

static struct fb_host host;

static struct fb_generation *read_policy(const char *text, const struct fb_slots *slots)
{
	struct fb_bundle b = { 0 };
	struct fb_error err = { 0 };
	struct fb_generation *g = NULL;
	json_t *body = json_pack("{ss s[{ss ss+}]}", "root", "p.fb", "files", "path", "p.fb", "text",
				 "policy \"t\" language 1 version 1 timezone \"UTC\"\n", text);
	char *said = NULL;

	cr_assert_eq(fb_bundle_from_request(body, &b, &err), 0, "%s", err.text);
	json_decref(body);
	cr_assert_eq(fb_generation_new(&b, slots, &g, &said), 0, "%s", said);
	free(said);
	return g;
}

static void add_address(const char *address, unsigned int len)
{
	struct fb_host_address a = { .ifindex = 11, .prefix_len = len };

	cr_assert_eq(fb_ip_parse(address, strlen(address), &a.family, &a.ip), 0);
	fb_vec_add(&host.addresses, a);
}

static void start(void)
{
	struct fb_host_neighbour n = { .ifindex = 11,
				       .family = 4,
				       .ip = { 0, 0x0a140a4d },
				       .has_mac = true,
				       .mac = { 0x3c, 0xef, 0x8c, 0, 4, 0x12 } };

	add_address("10.20.0.1", 16);
	add_address("10.10.0.1", 16);
	fb_vec_add(&host.neighbours, n);
}
TestSuite(switches, .init = start);

/* "10.20.4.12, 2001:db8:20::12 / 3c:ef:8c:00:04:12" */
static char *describe(const struct fb_quarantine *q)
{
	json_t *lists[] = { fb_quarantine_addresses_json(q), fb_quarantine_macs_json(q) };
	struct fb_strbuf out = { 0 };

	for (size_t l = 0; l < 2; l++) {
		fb_strbuf_add(&out, l ? " /" : "");
		for (size_t i = 0; i < json_array_size(lists[l]); i++)
			fb_strbuf_addf(&out, "%s%s", out.len ? " " : "",
				       json_string_value(json_array_get(lists[l], i)));
		json_decref(lists[l]);
	}
	return fb_strbuf_steal(&out);
}

Test(switches, an_x_is_a_device_a_group_an_address_or_a_mac)
{
	static const struct {
		const char *x;
		const char *comes_to; /* or why not */
		int error;
	} cases[] = {
		{ "cam-1", "10.20.4.12 2001:db8:20::12 / 3c:ef:8c:00:04:12", 0 },
		{ "cam-3", "10.20.9.1 /", 0 },
		{ "east", "10.20.4.12/31 2001:db8:20::12 / 3c:ef:8c:00:04:12 3c:ef:8c:00:04:13", 0 },
		{ "10.20.4.13", "10.20.4.13 / 3c:ef:8c:00:04:13", 0 },
		{ "10.20.4.12", "10.20.4.12 /", 0 }, /* cam-1 has another one beside it */
		{ "10.20.4.0/24", "10.20.4.0/24 / 3c:ef:8c:00:04:13", 0 },
		{ "198.51.100.7", "198.51.100.7 /", 0 },
		{ "2001:db8:20::/56", "2001:db8:20::/56 /", 0 },
		{ "3C-EF-8C-00-04-12", "10.20.4.12 10.20.10.77 2001:db8:20::12 / 3c:ef:8c:00:04:12", 0 },
		{ "02:00:00:00:00:07", "/ 02:00:00:00:00:07", 0 },
		/* the gateway's own address is left out of what is around it */
		{ "10.20.0.0/30", "10.20.0.0 10.20.0.2/31 /", 0 },
		{ "10.20.0.1", "is the gateway itself", -EINVAL },
		{ "10.20.4.0/23", "shorter than /24", -EINVAL },
		{ "2001:db8:20::/48", "shorter than /56", -EINVAL },
		{ "10.20.4.1/24", "has bits beyond its length", -EINVAL },
		{ "10.20.4.0/33", "no length of a prefix", -EINVAL },
		{ "10.20.4.0/", "no length of a prefix", -EINVAL },
		{ "all-cams", "more than a /24", -EINVAL },
		{ "cam-11", "did you mean \"cam-1\"", -ENOENT },
		{ "cam", "is a zone", -ENOENT },
		{ "01:00:5e:00:00:01", "is no device's MAC address (a group's)", -EINVAL },
		{ "ff:ff:ff:ff:ff:ff", "is no device's MAC address (a group's)", -EINVAL },
		{ "00:00:00:00:00:00", "is no device's MAC address (all zeros)", -EINVAL },
		{ "::ffff:10.20.4.12", "is an IPv4 address in IPv6 dress: write 10.20.4.12", -EINVAL },
		{ "0.0.0.0", "is no host's address (\"this network\")", -EINVAL },
		{ "127.0.0.1", "is no host's address (loopback)", -EINVAL },
		{ "224.0.0.1", "is no host's address (multicast)", -EINVAL },
		{ "239.1.2.0/24", "is no host's address (multicast)", -EINVAL },
		{ "255.255.255.255", "is no host's address (broadcast)", -EINVAL },
		{ "::", "is no host's address (the unspecified address)", -EINVAL },
		{ "::1", "is no host's address (loopback)", -EINVAL },
		{ "::/64", "is no host's address", -EINVAL },
		{ "ff02::1", "is no host's address (multicast)", -EINVAL },
		{ "fe80::1", "fe80::1 /", 0 },
		{ "240.0.0.1", "240.0.0.1 /", 0 },
		{ "xyzzy-plugh", "no device or group", -ENOENT },
	};
	struct fb_generation *g = read_policy(POLICY, NULL);

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_quarantine q = { 0 };
		struct fb_error err = { 0 };
		fb_autofree char *text = NULL;
		int r = fb_quarantine_resolve(cases[i].x, g, &host, &q, &err);

		cr_assert_eq(r, cases[i].error, "%s: %d %s", cases[i].x, r, err.text);
		if (r < 0) {
			cr_assert(strstr(err.text, cases[i].comes_to), "%s: %s", cases[i].x, err.text);
			continue;
		}
		text = describe(&q);
		cr_assert_str_eq(text[0] == ' ' ? text + 1 : text, cases[i].comes_to, "%s: %s", cases[i].x,
				 text);
		fb_quarantine_done(&q);
	}
	fb_generation_free(g);
}

Test(switches, a_mac_without_an_address_cuts_only_where_there_is_binding_and_says_so)
{
	static const struct {
		const char *x, *policy, *lacks;
	} cases[] = {
		{ "02:00:00:00:00:77", POLICY,
		  "nothing is cut: no zone has binding learn or strict (S45), and no address of "
		  "02:00:00:00:00:77 is "
		  "known; quarantine its address, or isolate its zone" },
		{ "02:00:00:00:00:77",
		  POLICY "zone lab { interface eth4  network 10.4.0.0/16  binding learn }\n",
		  "cut only in lab, with binding (S45), and no address of 02:00:00:00:00:77 is known; "
		  "quarantine its "
		  "address, or isolate its zone" },
		{ "02:00:00:00:00:77", "zone lab { interface eth4  network 10.4.0.0/16  binding strict }\n",
		  "" },
		{ "3c:ef:8c:00:04:12", POLICY, "" },
		{ "cam-3", POLICY, "" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_generation *g = read_policy(cases[i].policy, NULL);
		fb_autostrbuf struct fb_strbuf lacks = { 0 };
		struct fb_quarantine q = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(fb_quarantine_resolve(cases[i].x, g, &host, &q, &err), 0, "%s", err.text);
		fb_quarantine_lacks(&q, g, &lacks);
		cr_assert_str_eq(fb_strbuf_get(&lacks), cases[i].lacks);
		fb_quarantine_done(&q);
		fb_generation_free(g);
	}
}

Test(switches, without_a_policy_addresses_can_be_quarantined_all_the_same)
{
	struct fb_quarantine q = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_quarantine_resolve("10.20.4.12", NULL, &host, &q, &err), 0, "%s", err.text);
	fb_quarantine_done(&q);
	cr_assert_eq(fb_quarantine_resolve("cam-1", NULL, &host, &q, &err), -ENOENT);
}

static void isolate(struct fb_switch_state *state, const struct fb_generation *g, const char *plan)
{
	struct fb_isolation one = { .plan = strdup(plan), .note = { strdup("me"), strdup("why"), 7 } };

	fb_switch_note_plan(&one, &g->ruleset, fb_switch_plan(g, plan));
	fb_vec_add(&state->isolations, one);
}

static bool is_cut(const struct fb_switches_wanted *want, const struct fb_generation *g, const char *a,
		   const char *b)
{
	unsigned int za = fb_ruleset_zone(&g->ruleset, a)->id, zb = fb_ruleset_zone(&g->ruleset, b)->id;
	bool one = want->cut[za] >> zb & 1, other = want->cut[zb] >> za & 1;

	cr_assert_eq(one, other, "a cut is symmetric");
	return one;
}

Test(switches, active_plans_add_up_and_keep_belongs_to_its_own_plan)
{
	struct fb_generation *g = read_policy(POLICY "isolate one { cut cam from any; keep cam with sig }\n"
						     "isolate two { cut sig from cam }\n"
						     "isolate three { cut corp from sig }\n",
					      NULL);
	struct fb_switch_state state = { 0 };
	struct fb_switches_wanted want;

	isolate(&state, g, "one");
	fb_switch_want(&state, g, &want);
	cr_assert(is_cut(&want, g, "cam", "corp") && !is_cut(&want, g, "cam", "sig"));
	fb_switches_wanted_done(&want);
	isolate(&state, g, "two");
	fb_switch_want(&state, g, &want);
	cr_assert(is_cut(&want, g, "cam", "corp") && is_cut(&want, g, "cam", "sig"));
	cr_assert(!is_cut(&want, g, "corp", "sig"));
	fb_switches_wanted_done(&want);
	fb_switch_state_done(&state);
	fb_generation_free(g);
}

Test(switches, a_policy_that_drops_or_lessens_an_active_plan_is_refused)
{
	struct fb_generation *g = read_policy(POLICY "isolate p { cut cam from corp, sig }\n", NULL);
	static const struct {
		const char *policy, *why; /* NULL = allowed */
	} cases[] = {
		{ POLICY, "the policy does not have it" },
		{ POLICY "isolate q { cut cam from corp, sig }\n", "the policy does not have it" },
		{ POLICY "isolate p { cut cam from corp }\n", "no longer cut cam from sig" },
		{ POLICY "isolate p { cut cam from corp, sig; keep sig with cam }\n",
		  "no longer cut cam from sig" },
		{ POLICY "isolate p { cut corp, sig from cam }\n", NULL },
		{ POLICY "isolate p { cut cam from any }\n", NULL },
	};
	struct fb_switch_state state = { 0 };

	isolate(&state, g, "p");
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_generation *next = read_policy(cases[i].policy, &g->bundle.slots);
		struct fb_error err = { 0 };
		int r = fb_switch_allows(&state, next, &err);

		cr_assert_eq(r, cases[i].why ? -EBUSY : 0, "case %zu: %s", i, err.text);
		cr_assert(!cases[i].why || strstr(err.text, cases[i].why), "case %zu: %s", i, err.text);
		fb_generation_free(next);
	}
	fb_switch_state_done(&state);
	fb_generation_free(g);
}

Test(switches, cuts_hold_under_a_policy_that_does_not_know_the_plan)
{
	struct fb_generation *g = read_policy(POLICY "isolate p { cut cam from corp }\n", NULL);
	struct fb_generation *other = read_policy("zone corp { interface eth2  network 172.16.0.0/12 }\n"
						  "zone cam { interface eth1  network 10.20.0.0/16 }\n",
						  &(struct fb_slots){ 0 });
	struct fb_switch_state state = { 0 };
	struct fb_switches_wanted want;

	cr_assert_neq(fb_ruleset_zone(&g->ruleset, "cam")->id, fb_ruleset_zone(&other->ruleset, "cam")->id,
		      "the zones have other ids");
	isolate(&state, g, "p");
	fb_switch_want(&state, other, &want);
	cr_assert(is_cut(&want, other, "cam", "corp"));
	fb_switches_wanted_done(&want);
	fb_switch_want(&state, NULL, &want);
	cr_assert(is_cut(&want, g, "cam", "corp"), "by the ids as they were");
	fb_switches_wanted_done(&want);
	fb_switch_state_done(&state);
	fb_generation_free(g);
	fb_generation_free(other);
}

#define CAM  "zone cam { interface eth1  network 10.20.0.0/16 }\n"
#define CORP "zone corp { interface eth2  network 172.16.0.0/12 }\n"
#define SIG  "zone sig { interface eth3  network 10.10.0.0/16 }\n"
#define NET  "zone net { interface eth9  network any }\n"

Test(switches, a_policy_that_gives_what_is_cut_to_another_zone_must_cut_that_likewise)
{
	static const struct {
		const char *policy, *why; /* NULL = allowed */
	} cases[] = {
		{ CAM CORP
		  "zone lights { interface eth3  network 10.10.0.0/16 }\nisolate p { cut cam from corp }\n",
		  "cuts cam from sig; zones cam and lights" },
		{ CAM CORP
		  "zone lights { interface eth3  network 10.10.0.0/16 }\nisolate p { cut cam from lights }\n",
		  NULL },
		/* only the network, only the interface, a part of the network, another VLAN of the interface */
		{ CAM CORP
		  "zone sig { interface eth4  network 10.99.0.0/16 }\n"
		  "zone new { interface eth5  network 10.10.0.0/16 }\nisolate p { cut cam from sig }\n",
		  "zones cam and new" },
		{ CAM CORP
		  "zone sig { interface eth4  network 10.10.0.0/16 }\n"
		  "zone new { interface eth3  network 10.99.0.0/16 }\nisolate p { cut cam from sig }\n",
		  "zones cam and new" },
		{ CAM CORP SIG
		  "zone new { interface eth5  network 10.10.7.0/24 }\nisolate p { cut cam from sig }\n",
		  "zones cam and new" },
		{ CAM CORP SIG
		  "zone new { interface eth5  network 10.10.7.0/24 }\nisolate p { cut cam from sig, new }\n",
		  NULL },
		{ CAM CORP SIG "zone new { interface eth3 vlan 7  network 10.99.0.0/16 }\n"
			       "isolate p { cut cam from sig }\n",
		  NULL },
		/* two become one */
		{ CORP "zone cam { interface eth1, eth3  network 10.20.0.0/16, 10.10.0.0/16 }\n"
		       "isolate p { cut cam from corp }\n",
		  "zones cam and cam" },
		/* gone for good; but not its interface */
		{ CAM CORP NET "isolate p { cut cam from corp }\n", NULL },
		{ CAM CORP
		  "zone net { interface eth9, eth3  network any }\nisolate p { cut cam from corp }\n",
		  "zones cam and net" },
	};
	struct fb_generation *g = read_policy(CAM CORP SIG "isolate p { cut cam from sig }\n", NULL);
	struct fb_switch_state state = { 0 };

	isolate(&state, g, "p");
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct fb_generation *next = read_policy(cases[i].policy, &g->bundle.slots);
		struct fb_error err = { 0 };
		int r = fb_switch_allows(&state, next, &err);

		cr_assert_eq(r, cases[i].why ? -EBUSY : 0, "case %zu: %s", i, err.text);
		cr_assert(!cases[i].why || strstr(err.text, cases[i].why), "case %zu: %s", i, err.text);
		fb_generation_free(next);
	}
	fb_switch_state_done(&state);
	fb_generation_free(g);
}

Test(switches, what_was_cut_stays_so_over_a_policy_in_which_it_has_no_zone)
{
	struct fb_generation *g = read_policy(CAM SIG "isolate p { cut cam from sig }\n", NULL), *without,
			     *new;
	struct fb_switch_state state = { 0 };
	struct fb_error err = { 0 };

	isolate(&state, g, "p");
	without = read_policy(CAM CORP "isolate p { cut cam from corp }\n", &g->bundle.slots);
	cr_assert_eq(fb_switch_allows(&state, without, &err), 0, "%s", err.text);
	cr_assert(fb_switch_follow(&state, without, &host));
	cr_assert_not(fb_switch_follow(&state, without, &host));
	new = read_policy(CAM CORP "zone lights { interface eth3  network 10.10.0.0/16 }\n"
				   "isolate p { cut cam from corp }\n",
			  &without->bundle.slots);
	cr_assert_eq(fb_switch_allows(&state, new, &err), -EBUSY);
	fb_switch_state_done(&state);
	fb_generation_free(new);
	fb_generation_free(without);
	fb_generation_free(g);
}

Test(switches, a_way_back_cuts_whatever_zone_holds_what_was_cut)
{
	static const char *const back[] = {
		CAM "zone lights { interface eth3  network 10.10.0.0/16 }\n",
		CAM "zone lights { interface eth3  network 10.99.0.0/16 }\n",
		CAM "zone lights { interface eth4  network 10.10.0.0/24 }\n",
		CAM CORP
		"zone lights { interface eth3  network 10.10.0.0/16 }\nisolate p { cut cam from corp }\n",
		"zone cam { interface eth1  network any }\nzone lights { interface eth3  network "
		"10.10.0.0/16 }\n",
	};
	struct fb_generation *g = read_policy(CAM SIG "isolate p { cut cam from sig }\n", NULL);
	struct fb_switch_state state = { 0 };

	isolate(&state, g, "p");
	for (size_t i = 0; i < FB_ARRAY_SIZE(back); i++) {
		struct fb_generation *old = read_policy(back[i], &(struct fb_slots){ 0 });
		struct fb_switches_wanted want;
		struct fb_cuts cuts;

		fb_switch_want(&state, old, &want);
		cr_assert(is_cut(&want, old, "cam", "lights"), "case %zu", i);
		cr_assert_not(is_cut(&want, old, "cam", "cam"), "case %zu", i);
		fb_switch_cuts_in_force(&state.isolations.v[0], old, &cuts);
		cr_assert_eq(cuts.n, i == 3 ? 2 : 1, "case %zu: said", i);
		fb_vec_done(&cuts);
		fb_switches_wanted_done(&want);
		fb_generation_free(old);
	}
	fb_switch_state_done(&state);
	fb_generation_free(g);
}

Test(switches, an_apply_adds_to_a_quarantine_and_takes_nothing_away)
{
	struct fb_generation *g = read_policy(POLICY, NULL), *next;
	struct fb_switch_state state = { 0 };
	struct fb_quarantine q = { 0 };
	struct fb_error err = { 0 };
	fb_autofree char *text = NULL;

	cr_assert_eq(fb_quarantine_resolve("cam-3", g, &host, &q, &err), 0);
	q.note = (struct fb_switch_note){ strdup("me"), strdup("why"), 7 };
	fb_vec_add(&state.quarantines, q);
	cr_assert_not(fb_switch_follow(&state, g, &host));
	next = read_policy("zone cam { interface eth1  network 10.20.0.0/16 }\n"
			   "device cam-3 in cam { ip 10.20.9.2 }\n",
			   &g->bundle.slots);
	cr_assert(fb_switch_follow(&state, next, &host));
	text = describe(&state.quarantines.v[0]);
	cr_assert_str_eq(text, "10.20.9.1 10.20.9.2 /");
	fb_generation_free(next);
	next = read_policy("zone cam { interface eth1  network 10.20.0.0/16 }\n", &g->bundle.slots);
	cr_assert_not(fb_switch_follow(&state, next, &host), "a device that is gone stays where it is");
	fb_generation_free(next);
	fb_generation_free(g);
	fb_switch_state_done(&state);
}

Test(switches, whoever_claims_a_mac_in_quarantine_later_is_not_followed)
{
	struct fb_generation *g = read_policy(POLICY, NULL);
	struct fb_host_neighbour claimed = {
		.ifindex = 12, .family = 4, .ip = { 0, 0xac100035 }, .has_mac = true
	};
	struct fb_switch_state state = { 0 };
	struct fb_quarantine q = { 0 };
	struct fb_error err = { 0 };
	fb_autofree char *text = NULL;

	cr_assert_eq(fb_quarantine_resolve("3c:ef:8c:00:04:12", g, &host, &q, &err), 0);
	q.note = (struct fb_switch_note){ strdup("me"), strdup("why"), 7 };
	fb_vec_add(&state.quarantines, q);
	memcpy(claimed.mac, q.macs.v[0].mac, 6);
	fb_vec_add(&host.neighbours, claimed); /* by one packet, from another zone */
	cr_assert_not(fb_switch_follow(&state, g, &host));
	text = describe(&state.quarantines.v[0]);
	cr_assert_str_eq(text, "10.20.4.12 10.20.10.77 2001:db8:20::12 / 3c:ef:8c:00:04:12",
			 "what it had at the act");
	fb_generation_free(g);
	fb_switch_state_done(&state);
}

static char *file_in(const char *dir)
{
	char *path;

	cr_assert(asprintf(&path, "%s/switches.json", dir) > 0);
	return path;
}

static void put_file(const char *dir, const char *text)
{
	fb_autofree char *path = file_in(dir);
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void remove_file(const char *dir)
{
	fb_autofree char *path = file_in(dir);

	unlink(path);
	rmdir(dir);
}

#define ISOLATION(zones)                                                                               \
	"{\"schema\": \"firebreak.switch-state/1\", \"quarantines\": [], \"isolations\": [{\"plan\": " \
	"\"p\", \"who\": "                                                                             \
	"\"\", \"reason\": \"\", \"since\": 1, \"cuts\": [[\"cam\", 2, \"sig\", 4]]" zones "}]}"

Test(switches, the_file_holds_all_of_it_and_nothing_else_is_taken_for_it)
{
	static const char *const bad[] = {
		ISOLATION(", \"zones\": {\"sig\": {\"interfaces\": [[\"eth3\", -1]]}}"),
		ISOLATION(", \"zones\": {\"sig\": {\"interfaces\": [[\"eth3\"]], \"networks\": []}}"),
		ISOLATION(", \"zones\": {\"sig\": {\"interfaces\": [], \"networks\": "
			  "[\"10.0.0.9-10.0.0.1\"]}}"),
		"",
		"{}",
		"[]",
		"{\"schema\": \"firebreak.switch-state/1\"}",
		"{\"schema\": \"firebreak.switch-state/1\", \"isolations\": [{}], \"quarantines\": []}",
		"{\"schema\": \"firebreak.switch-state/1\", \"isolations\": [], \"quarantines\": [{\"name\": "
		"\"x\", "
		"\"who\": \"\", \"reason\": \"\", \"since\": 1, \"addresses\": [\"10.0.0.0/99\"], \"macs\": "
		"[]}]}",
	};
	struct fb_generation *g = read_policy(POLICY "isolate p { cut cam from any }\n", NULL);
	char dir[] = "/tmp/fb-switches-XXXXXX";
	struct fb_switch_state state = { 0 }, again;
	struct fb_switches_wanted a, b;
	struct fb_quarantine q = { 0 };
	struct fb_error err = { 0 };

	cr_assert(mkdtemp(dir));
	cr_assert_eq(fb_switch_state_read(dir, &again, &err), 0, "never written: nothing is cut");
	cr_assert(again.isolations.n == 0 && again.quarantines.n == 0);
	isolate(&state, g, "p");
	cr_assert_eq(fb_quarantine_resolve("east", g, &host, &q, &err), 0);
	q.note = (struct fb_switch_note){ strdup("me"), strdup("a \"scan\""), 7 };
	fb_vec_add(&state.quarantines, q);
	cr_assert_eq(fb_switch_state_write(dir, &state, &err), 0, "%s", err.text);
	cr_assert_eq(fb_switch_state_read(dir, &again, &err), 0, "%s", err.text);
	fb_switch_want(&state, NULL, &a);
	fb_switch_want(&again, NULL, &b);
	cr_assert(!memcmp(a.cut, b.cut, sizeof(a.cut)));
	cr_assert(a.addresses.n == b.addresses.n && a.macs.n == b.macs.n && a.macs.n == 2);
	cr_assert(!memcmp(a.addresses.v, b.addresses.v, a.addresses.n * sizeof(*a.addresses.v)));
	cr_assert_str_eq(again.quarantines.v[0].note.reason, "a \"scan\"");
	cr_assert_not(fb_switch_follow(&again, g, &host), "zones, interfaces and networks are known");
	fb_switch_state_done(&again);
	put_file(dir, ISOLATION(""));
	cr_assert_eq(fb_switch_state_read(dir, &again, &err), 0, "one without zones: %s", err.text);
	cr_assert(fb_switch_follow(&again, g, &host), "they are added");
	cr_assert_eq(again.isolations.v[0].zones.n, 3);
	fb_switch_state_done(&again);
	for (size_t i = 0; i < FB_ARRAY_SIZE(bad); i++) {
		put_file(dir, bad[i]);
		cr_assert_eq(fb_switch_state_read(dir, &again, &err), -EBADMSG, "case %zu", i);
		cr_assert(strstr(err.text, "put back a copy of it, or move it away"), "what to do: %s",
			  err.text);
	}
	remove_file(dir);
	fb_switches_wanted_done(&a);
	fb_switches_wanted_done(&b);
	fb_switch_state_done(&state);
	fb_generation_free(g);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways through other hosts: what they show, then random policies of a few hosts against a search over single hosts. */
#include "fixture.h"

#include "policy/paths.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define ZONES                                                                   \
	HEAD "zone a { interface eth1  network 10.1.0.0/24 }\n"                 \
	     "zone b { interface eth2  network 10.2.0.0/24 }\n"                 \
	     "zone c { interface eth3  network 10.3.0.0/24 }\n"                 \
	     "zone d { interface eth4  network 10.4.0.0/24 }\n"                 \
	     "device a1 in a { ip 10.1.0.1 }\ndevice b1 in b { ip 10.2.0.1 }\n" \
	     "device b2 in b { ip 10.2.0.2 }\ndevice c1 in c { ip 10.3.0.1 }\n" \
	     "device d1 in d { ip 10.4.0.1 }\n"

/* Zones as "a b c", then the example, for each path. */
static void describe(const struct policy *p, const struct fb_paths *paths, struct fb_strbuf *out)
{
	for (size_t i = 0; i < paths->v.n; i++) {
		const struct fb_path *path = &paths->v.v[i];

		fb_strbuf_addf(out, "[%s", fb_ruleset_zone_name(&p->rs, path->example.v[0].src_zone));
		for (size_t k = 0; k < path->steps.n; k++)
			fb_strbuf_addf(out, " %s*%zu",
				       fb_ruleset_zone_name(&p->rs, path->steps.v[k].dst_zone),
				       path->steps.v[k].lines.n);
		fb_strbuf_add(out, "]\n");
		fb_hops_print(&p->rs, &p->tree.sources, &path->example, out);
	}
	if (paths->more)
		fb_strbuf_add(out, paths->at_limit   ? "more, shorter first\n"
				   : paths->at_steps ? "longer\n"
						     : "more\n");
}

static void expect_paths_with(const char *lines, const char *from, const char *to, struct fb_paths_query q,
			      const char *wanted)
{
	fb_autostrbuf struct fb_strbuf text = { 0 }, got = { 0 };
	struct fb_party a, b;
	struct fb_paths paths;
	struct fb_reach_list edges;
	struct fb_error err = { 0 };
	struct policy p;

	fb_strbuf_addf(&text, "%s%s", ZONES, lines);
	policy_load_clean(&p, fb_strbuf_get(&text));
	cr_assert_eq(fb_party_find(&p.rs, from, &a, &err), 0);
	cr_assert_eq(fb_party_find(&p.rs, to, &b, &err), 0);
	q.from = &a;
	q.to = &b;
	fb_reach_find(&p.rs, NULL, NULL, 0, &edges);
	fb_paths_find(&p.rs, &edges, &q, &paths);
	describe(&p, &paths, &got);
	cr_assert_str_eq(fb_strbuf_get(&got), wanted, "%s -> %s:\n%swanted:\n%s", from, to,
			 fb_strbuf_get(&got), wanted);
	fb_paths_done(&paths);
	fb_reach_done(&edges);
	fb_party_done(&a);
	fb_party_done(&b);
	policy_done(&p);
}

static void expect_paths(const char *lines, const char *from, const char *to, const char *wanted)
{
	expect_paths_with(lines, from, to, (struct fb_paths_query){ 0 }, wanted);
}

Test(paths, a_pivot_of_two_hops_shows_every_step_with_its_line)
{
	expect_paths(
		"firebreak a -> b { allow a1 -> b1  tcp/22 }\nfirebreak b -> c { allow b1 -> c1  tcp/80 }\n",
		"a", "c",
		"[a b*1 c*1]\n"
		"   a1 -> b1  tcp/22  t.fb:11\n"
		"   b1 -> c1  tcp/80  t.fb:12\n");
}

Test(paths, a_shared_zone_is_a_step_of_its_own)
{
	expect_paths(
		"firebreak a -> b { allow a1 -> b1  tcp/22 }\nfirebreak b -> c { allow b2 -> c1  tcp/80 }\n",
		"a1", "c1",
		"[a b*1 c*1]\n"
		"   a1 -> b1  tcp/22  t.fb:11\n"
		"   b1 ~ b2   same zone b (members shared)\n"
		"   b2 -> c1  tcp/80  t.fb:12\n");
}

/* S38: nothing that passes the gateway is needed for it. */
Test(paths, hosts_beside_each_other_are_a_way_unless_members_are_isolated)
{
	expect_paths("", "b1", "b2", "[b]\n   b1 ~ b2  same zone b (members shared)\n");
	expect_paths("", "b", "b2", "[b]\n   b1 ~ b2  same zone b (members shared)\n");
	expect_paths("", "b1", "b", "[b]\n   b1 ~ 10.2.0.0  same zone b (members shared)\n");
	expect_paths("", "b1", "b1", "");
	expect_paths("", "b1", "a1", "");
	expect_paths("zone e { interface eth5  network 10.5.0.0/24  members isolated \"private VLAN\" }\n"
		     "device e1 in e { ip 10.5.0.1 }\ndevice e2 in e { ip 10.5.0.2 }\n",
		     "e1", "e2", "");
}

Test(paths, ways_through_the_same_zones_are_one_and_name_all_lines)
{
	expect_paths("firebreak a -> b { allow a1 -> b1  tcp/22; allow a1 -> b2  tcp/23 }\n"
		     "firebreak b -> c { allow b1 -> c1  tcp/80; allow any -> c1  tcp/81 }\n",
		     "a", "c",
		     "[a b*2 c*2]\n"
		     "   a1 -> b1  tcp/22  t.fb:11\n"
		     "   b1 -> c1  tcp/80  t.fb:12\n");
}

Test(paths, the_shortest_come_first_and_a_bound_is_told)
{
	static const char lines[] = "firebreak a -> b { allow a1 -> b1  tcp/22 }\n"
				    "firebreak b -> c { allow b1 -> c1  tcp/80 }\n"
				    "firebreak c -> d { allow c1 -> d1  tcp/90 }\n"
				    "firebreak a -> d { allow a1 -> d1  tcp/91 }\n";

	expect_paths(lines, "a", "d",
		     "[a d*1]\n   a1 -> d1  tcp/91  t.fb:14\n"
		     "[a b*1 c*1 d*1]\n"
		     "   a1 -> b1  tcp/22  t.fb:11\n"
		     "   b1 -> c1  tcp/80  t.fb:12\n"
		     "   c1 -> d1  tcp/90  t.fb:13\n");
	expect_paths_with(lines, "a", "d", (struct fb_paths_query){ .max_paths = 1 },
			  "[a d*1]\n   a1 -> d1  tcp/91  t.fb:14\nmore, shorter first\n");
	expect_paths_with(lines, "a", "d", (struct fb_paths_query){ .max_steps = 2 },
			  "[a d*1]\n   a1 -> d1  tcp/91  t.fb:14\nlonger\n");
}

Test(paths, of_any_and_of_several_zones_the_others_are_meant_as_in_an_assertion)
{
	expect_paths("", "b2", "b1", "[b]\n   b2 ~ b1  same zone b (members shared)\n");
	expect_paths("", "b", "b1", "[b]\n   10.2.0.0 ~ b1  same zone b (members shared)\n");
	expect_paths("", "any", "b1", "");
	expect_paths("", "b1", "any", "");
	expect_paths("zone-group g { a, b }\n", "g", "b1", "");
	expect_paths("assert any cannot reach b1 transitively\nassert b1 cannot reach any transitively\n"
		     "zone-group g { a, b }\nassert g cannot reach b1 transitively\n",
		     "any", "b1", "");
}

Test(paths, answers_lead_on_only_if_asked_for)
{
	static const char lines[] = "firebreak b -> a { allow b1 -> a1  tcp/554 }\n"
				    "firebreak b -> c { allow b1 -> c1  tcp/80 }\n";

	expect_paths(lines, "a", "c", "");
	expect_paths_with(lines, "a", "c", (struct fb_paths_query){ .replies = true },
			  "[a b*1 c*1]\n"
			  "   a1 <- b1  answers to tcp/554  t.fb:11\n"
			  "   b1 -> c1  tcp/80              t.fb:12\n");
}

#define TWO_FAMILIES                                                        \
	"zone v { interface eth5  network 10.5.0.0/24, 2001:db8:5::/64 }\n" \
	"zone w { interface eth6  network 2001:db8:6::/64 }\n"

Test(paths, a_chain_that_changes_its_family_shows_addresses_of_both)
{
	expect_paths(TWO_FAMILIES "firebreak a -> v { allow a1 -> any tcp/1 }\n"
				  "firebreak v -> w { allow any -> any tcp/2 }\n",
		     "a", "w",
		     "[a v*1 w*1]\n"
		     "   a1 -> 10.5.0.1                  tcp/1  t.fb:13\n"
		     "   10.5.0.1 ~ 2001:db8:5::1        same zone v (members shared)\n"
		     "   2001:db8:5::1 -> 2001:db8:6::1  tcp/2  t.fb:14\n");
	/* one machine that has both is no step within the zone */
	expect_paths(TWO_FAMILIES "device v1 in v { ip 10.5.0.1, 2001:db8:5::1 }\n"
				  "firebreak a -> v { allow a1 -> v1 tcp/1 }\n"
				  "firebreak v -> w { allow v1 -> any tcp/2 }\n",
		     "a", "w",
		     "[a v*1 w*1]\n"
		     "   a1 -> v1             tcp/1  t.fb:14\n"
		     "   v1 -> 2001:db8:6::1  tcp/2  t.fb:15\n");
}

Test(paths, a_group_may_be_heard_by_hosts_that_have_no_address_of_its_family)
{
	expect_paths(TWO_FAMILIES "firebreak a -> w { allow a1 -> 239.2.0.0/16 udp/5 }\n", "a", "w",
		     "[a w*1]\n"
		     "   a1 -> 239.2.0.0  udp/5  t.fb:13\n");
}

Test(paths, the_gateway_is_an_end_and_no_pivot)
{
	static const char lines[] = "firebreak a -> self { allow a1 -> self  tcp/22 }\n"
				    "firebreak self -> c { allow self -> c1  tcp/80 }\n";

	expect_paths(lines, "a", "c", "");
	expect_paths(lines, "a", "self", "[a self*1]\n   a1 -> self  tcp/22  t.fb:11\n");
	expect_paths(lines, "self", "c1", "[self c*1]\n   self into c -> c1  tcp/80  t.fb:12\n");
}

Test(paths, observed_pairs_lead_on)
{
	expect_paths("firebreak a -> b {\n  mode observe until 2036-01-01\n}\n"
		     "firebreak b -> c { allow b1 -> c1  tcp/80 }\n",
		     "a1", "c1",
		     "[a b*1 c*1]\n"
		     "   a1 -> b1  all     the pair is observed\n"
		     "   b1 -> c1  tcp/80  t.fb:14\n");
}

/* ---- against every host ---------------------------------------------------------------------------------------------------- */

enum { N_ZONES = 5, PER_ZONE = 2, HOSTS = N_ZONES * PER_ZONE, FAR = 1000 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void random_policy(struct fb_strbuf *out, bool isolated[N_ZONES], bool may[HOSTS][HOSTS])
{
	memset(may, 0, sizeof(bool) * HOSTS * HOSTS);
	fb_strbuf_add(out, HEAD);
	for (unsigned int z = 0; z < N_ZONES; z++) {
		isolated[z] = pick(2);
		fb_strbuf_addf(out, "zone z%u { interface eth%u  network 10.%u.0.0/24%s }\n", z, z, z,
			       isolated[z] ? "  members isolated \"so\"" : "");
		for (unsigned int h = 0; h < PER_ZONE; h++)
			fb_strbuf_addf(out, "device h%u in z%u { ip 10.%u.0.%u }\n", z * PER_ZONE + h, z, z,
				       h + 1);
	}
	for (unsigned int i = 0, n = pick(9) + 2; i < n; i++) {
		unsigned int s = pick(HOSTS), d = pick(HOSTS);

		if (s / PER_ZONE == d / PER_ZONE)
			continue;
		may[s][d] = true;
		fb_strbuf_addf(out, "firebreak z%u -> z%u { allow h%u -> h%u  tcp/%u }\n", s / PER_ZONE,
			       d / PER_ZONE, s, d, 100 + i);
	}
}

/* Steps through the gateway from x to y, host by host; a shared zone takes none. */
static unsigned int shortest(bool may[HOSTS][HOSTS], const bool isolated[N_ZONES], unsigned int x,
			     unsigned int y)
{
	unsigned int far[HOSTS];
	bool changed = true;

	for (unsigned int h = 0; h < HOSTS; h++)
		far[h] = h == x || (!isolated[x / PER_ZONE] && h / PER_ZONE == x / PER_ZONE) ? 0 : FAR;
	while (changed) {
		changed = false;
		for (unsigned int s = 0; s < HOSTS; s++)
			for (unsigned int d = 0; d < HOSTS; d++) {
				bool call = may[s][d] && far[s] + 1 < far[d];
				bool beside = !isolated[s / PER_ZONE] && s / PER_ZONE == d / PER_ZONE &&
					      far[s] < far[d];

				if (far[s] == FAR || (!call && !beside))
					continue;
				far[d] = call ? far[s] + 1 : far[s];
				changed = true;
			}
	}
	return far[y];
}

static unsigned int host_of(struct fb_ip ip)
{
	return (unsigned int)((ip.lo >> 16 & 255) * PER_ZONE + (ip.lo & 255) - 1);
}

/* Every step is one that the policy (or the segment) has, and begins where the one before ended. */
static void walk(const struct fb_hops *hops, bool may[HOSTS][HOSTS], const bool isolated[N_ZONES],
		 unsigned int x, unsigned int y)
{
	unsigned int at = x;

	for (size_t i = 0; i < hops->n; i++) {
		unsigned int s = host_of(hops->v[i].src), d = host_of(hops->v[i].dst);

		cr_assert_eq(s, at, "seed %u: step %zu begins at h%u, not at h%u", seed, i, s, at);
		if (hops->v[i].shared)
			cr_assert(s / PER_ZONE == d / PER_ZONE && !isolated[s / PER_ZONE], "seed %u", seed);
		else
			cr_assert(hops->v[i].reply ? may[d][s] : may[s][d], "seed %u", seed);
		at = d;
	}
	cr_assert_eq(at, y, "seed %u", seed);
}

static unsigned int compare(const struct policy *p, const struct fb_reach_list *edges, bool may[HOSTS][HOSTS],
			    const bool isolated[N_ZONES], bool replies)
{
	unsigned int found = 0;
	bool both[HOSTS][HOSTS];

	for (unsigned int s = 0; s < HOSTS; s++)
		for (unsigned int d = 0; d < HOSTS; d++)
			both[s][d] = may[s][d] || (replies && may[d][s]);
	for (unsigned int x = 0; x < HOSTS; x++)
		for (unsigned int y = 0; y < HOSTS; y++) {
			struct fb_party a = { .plain = p->rs.devices.v[x].ips },
					b = { .plain = p->rs.devices.v[y].ips };
			struct fb_paths_query q = { .from = &a, .to = &b, .replies = replies };
			unsigned int steps = shortest(both, isolated, x, y);
			struct fb_paths paths;

			if (x / PER_ZONE == y / PER_ZONE)
				continue;
			fb_paths_find(&p->rs, edges, &q, &paths);
			cr_assert_eq(paths.v.n > 0, steps != FAR, "seed %u: h%u -> h%u", seed, x, y);
			cr_assert(!paths.more);
			if (paths.v.n)
				cr_assert_eq(paths.v.v[0].steps.n, steps, "seed %u: h%u -> h%u", seed, x, y);
			for (size_t i = 0; i < paths.v.n; i++)
				walk(&paths.v.v[i].example, may, isolated, x, y);
			found += paths.v.n > 1;
			fb_paths_done(&paths);
		}
	return found;
}

/* There is a path exactly if a search over single hosts finds one, the first is a shortest, and all examples can be walked. */
Test(paths, agree_with_a_search_over_single_hosts_of_random_policies)
{
	unsigned int several = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		fb_autostrbuf struct fb_strbuf text = { 0 };
		bool isolated[N_ZONES], may[HOSTS][HOSTS];
		struct fb_reach_list edges;
		struct policy p;

		seed = i;
		random_policy(&text, isolated, may);
		policy_load(&p, fb_strbuf_get(&text));
		cr_assert_eq(p.errors, 0, "%s", fb_strbuf_get(&p.said));
		fb_reach_find(&p.rs, NULL, NULL, 0, &edges);
		several += compare(&p, &edges, may, isolated, i % 2);
		fb_reach_done(&edges);
		policy_done(&p);
	}
	cr_assert_gt(several, 100, "only %u pairs had several ways", several);
}

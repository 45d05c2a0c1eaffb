/* SPDX-License-Identifier: GPL-2.0-only */
/* The difference of two policies: exactly the packets that one lets pass and the other does not. */
#include "fixture.h"

#include "policy/plan.h"

#define HEAD "policy \"t\" language 1 version 1 timezone \"UTC\"\n"
#define ZONES                                                   \
	HEAD "zone a { interface eth1  network 10.0.0.0/30 }\n" \
	     "zone b { interface eth2  network 10.1.0.0/30 }\n" \
	     "zone c { interface eth3  network 10.2.0.0/30 }\n"

struct two {
	struct fb_slots slots;
	struct policy before, after;
	struct fb_plan plan;
};

static void two_load(struct two *t, const char *before, const char *after)
{
	*t = (struct two){ 0 };
	policy_load_with(&t->before, before, &t->slots);
	policy_load_with(&t->after, after, &t->slots);
	cr_assert(!t->before.errors && !t->after.errors, "%s\n%s\n%s%s", before, after,
		  fb_strbuf_get(&t->before.said), fb_strbuf_get(&t->after.said));
	fb_plan_make(&t->before.rs, &t->after.rs, &t->plan);
	fb_plan_settings(&t->before.tree, &t->before.rs, &t->after.tree, &t->after.rs, &t->plan);
}

static void two_done(struct two *t)
{
	fb_plan_done(&t->plan);
	policy_done(&t->before);
	policy_done(&t->after);
	fb_slots_done(&t->slots);
}

static void expect_services(const struct fb_reach_list *list, size_t i, const char *what)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };

	cr_assert_gt(list->n, i);
	fb_l4set_print(&list->v[i].services, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), what);
}

Test(plan, another_text_that_means_the_same_changes_nothing)
{
	struct two t;

	two_load(&t, ZONES "firebreak a -> b { allow any -> any  tcp/80-90 }\n",
		 ZONES "firebreak a -> b { allow any -> any  tcp/80-85; allow any -> any  tcp/85-90 }\n");
	cr_assert(!fb_plan_changes(&t.plan));
	cr_assert_eq(t.plan.pairs_unchanged, 15);
	cr_assert_eq(t.plan.ids_new, 2);
	cr_assert_eq(t.plan.ids_gone, 1);
	two_done(&t);
}

Test(plan, says_just_the_ports_that_open_and_close)
{
	struct two t;

	two_load(&t, ZONES "firebreak a -> b { allow any -> any  tcp/80-90 }\n",
		 ZONES "firebreak a -> b { allow any -> any  tcp/82-95 }\n");
	cr_assert_eq(t.plan.opens.n, 1);
	cr_assert_eq(t.plan.closes.n, 1);
	expect_services(&t.plan.opens, 0, "tcp/91-95");
	expect_services(&t.plan.closes, 0, "tcp/80-81");
	cr_assert_eq(t.plan.pairs_opened, 1);
	cr_assert_eq(t.plan.pairs_narrowed, 1);
	two_done(&t);
}

Test(plan, a_line_that_lasts_longer_opens)
{
	struct two t;

	two_load(&t, ZONES "firebreak a -> b { allow any -> any  tcp/80  until 2030-01-01 }\n",
		 ZONES "firebreak a -> b { allow any -> any  tcp/80 }\n");
	cr_assert_eq(t.plan.opens.n, 1);
	cr_assert_eq(t.plan.closes.n, 0);
	two_done(&t);
}

Test(plan, a_line_that_gets_a_window_closes_and_one_that_loses_it_opens)
{
	static const char window[] = ZONES "window w { every tue 09:00-12:00 }\n"
					   "firebreak a -> b { allow any -> any  tcp/22  during w }\n";
	static const char longer[] = ZONES "window w { every tue 09:00-13:00 }\n"
					   "firebreak a -> b { allow any -> any  tcp/22  during w }\n";
	static const char renamed[] = ZONES "window v { every tue 09:00-12:00 }\n"
					    "firebreak a -> b { allow any -> any  tcp/22  during v }\n";
	static const char twice[] = ZONES "window w { every tue 09:00-12:00  every mon 08:00-09:00 }\n"
					  "firebreak a -> b { allow any -> any  tcp/22  during w }\n";
	static const char turned[] = ZONES "window w { every mon 08:00-09:00  every tue 09:00-12:00 }\n"
					   "firebreak a -> b { allow any -> any  tcp/22  during w }\n";
	static const char always[] = ZONES "firebreak a -> b { allow any -> any  tcp/22 }\n";
	static const struct {
		const char *before, *after;
		size_t opens, closes;
	} cases[] = { { always, window, 0, 1 },	 { window, always, 1, 0 }, { window, longer, 1, 1 },
		      { window, renamed, 0, 0 }, { window, twice, 1, 1 },  { twice, turned, 0, 0 },
		      { window, window, 0, 0 } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		struct two t;

		two_load(&t, cases[i].before, cases[i].after);
		cr_assert_eq(t.plan.opens.n, cases[i].opens, "case %zu: %zu", i, t.plan.opens.n);
		cr_assert_eq(t.plan.closes.n, cases[i].closes, "case %zu: %zu", i, t.plan.closes.n);
		two_done(&t);
	}
}

Test(plan, a_line_that_must_be_opened_by_request_closes)
{
	static const char always[] = ZONES "firebreak a -> b { allow any -> any  tcp/22 }\n";
	static const char asked[] = ZONES "access v { max 4h }\n"
					  "firebreak a -> b { allow any -> any  tcp/22  on-request v }\n";
	static const char longer[] = ZONES "access v { max 8h }\n"
					   "firebreak a -> b { allow any -> any  tcp/22  on-request v }\n";
	struct two t;

	two_load(&t, always, asked);
	cr_assert_eq(t.plan.opens.n, 0);
	cr_assert_eq(t.plan.closes.n, 1);
	two_done(&t);
	two_load(&t, asked, always);
	cr_assert_eq(t.plan.opens.n, 1);
	cr_assert_eq(t.plan.closes.n, 0);
	two_done(&t);
	two_load(&t, asked, longer);
	cr_assert_eq(t.plan.opens.n, 1);
	two_done(&t);
}

Test(plan, what_opens_for_ever_is_not_hidden_by_what_opens_for_a_time)
{
	struct two t;

	two_load(&t, ZONES,
		 ZONES
		 "window w { every tue 09:00-12:00 }\n"
		 "firebreak a -> b { allow any -> any  tcp/22  during w; allow any -> any  tcp/22-23 }\n");
	cr_assert_eq(t.plan.opens.n, 2);
	expect_services(&t.plan.opens, 0, "tcp/22");
	expect_services(&t.plan.opens, 1, "tcp/22-23");
	two_done(&t);
}

Test(plan, a_new_zone_and_an_observed_pair)
{
	struct two t;

	two_load(&t, ZONES "firebreak a -> b { allow any -> any  tcp/80 }\n",
		 ZONES "zone d { interface eth4  network 10.3.0.0/30 }\n"
		       "firebreak a -> b {\n  mode observe until 2036-01-01\n}\nnever a -> b tcp/80\n"
		       "firebreak d -> a { allow any -> any  tcp/80 }\n");
	cr_assert_eq(t.plan.pairs_opened, 2);
	cr_assert_eq(t.plan.closes.n, 1);
	expect_services(&t.plan.closes, 0, "tcp/80");
	two_done(&t);
}

/* ---- what pairs do not show ------------------------------------------------------------------------------------------- */

static void expect_settings(const char *before, const char *after, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf out = { 0 };
	struct two t;

	two_load(&t, before, after);
	for (size_t i = 0; i < t.plan.settings.n; i++) {
		const struct fb_setting *s = &t.plan.settings.v[i];

		fb_strbuf_addf(&out, "%s => %s\n", s->before ? s->before : "-", s->after ? s->after : "-");
	}
	cr_assert_str_eq(fb_strbuf_get(&out), wanted, "%s\n%s\n%s", before, after, fb_strbuf_get(&out));
	cr_assert_eq(fb_plan_changes(&t.plan), t.plan.opens.n || t.plan.closes.n || *wanted);
	two_done(&t);
}

/* Of one line, which passes the same. */
static void expect_line(const char *before, const char *after, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf old = { 0 }, new = { 0 };

	fb_strbuf_addf(&old, ZONES "firebreak a -> b {\n%s }\n", before);
	fb_strbuf_addf(&new, ZONES "firebreak a -> b {\n%s }\n", after);
	expect_settings(fb_strbuf_get(&old), fb_strbuf_get(&new), wanted);
}

/* Of one statement behind the zones, which changes no pair. */
static void expect_statement(const char *before, const char *after, const char *wanted)
{
	fb_autostrbuf struct fb_strbuf old = { 0 }, new = { 0 };

	fb_strbuf_addf(&old, ZONES "%s\n", before);
	fb_strbuf_addf(&new, ZONES "%s\n", after);
	expect_settings(fb_strbuf_get(&old), fb_strbuf_get(&new), wanted);
}

#define LINE	  "allow any -> any  tcp/22"
#define SHOWN(of) "firebreak a -> b { " LINE of " }"

Test(plan, a_line_with_another_limit_quota_or_log_is_a_change)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "  limit 5 new/s per source", "" },
		{ "  limit 5 new/s per source", "  limit 6 new/s per source" },
		{ "  limit 5 new/s per source", "  limit 5 new/min per source" },
		{ "  limit 5 new/s per source", "  limit 5 new/s per line" },
		{ "", "  quota 5 GB/day per line drop" },
		{ "  quota 4 GB/day per line drop", "  quota 5 GB/day per line drop" },
		{ "  quota 5 GB/day per line drop", "  quota 5 GB/day per line alert" },
		{ "", "  log" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autostrbuf struct fb_strbuf old = { 0 }, new = { 0 }, wanted = { 0 };

		fb_strbuf_addf(&old, LINE "%s", cases[i].before);
		fb_strbuf_addf(&new, LINE "%s", cases[i].after);
		fb_strbuf_addf(&wanted, SHOWN("%s") " => " SHOWN("%s") "\n", cases[i].before, cases[i].after);
		expect_line(fb_strbuf_get(&old), fb_strbuf_get(&new), fb_strbuf_get(&wanted));
	}
}

Test(plan, a_limit_that_moves_to_other_packets_is_a_change)
{
	expect_line("allow any -> any  tcp/80  id web; allow any -> any  tcp/22  id adm  limit 5 new/s per "
		    "source",
		    "allow any -> any  tcp/22  id web; allow any -> any  tcp/80  id adm  limit 5 new/s per "
		    "source",
		    "firebreak a -> b { allow any -> any  tcp/22  limit 5 new/s per source  id adm } => "
		    "firebreak a -> b { allow any -> any  tcp/80  limit 5 new/s per source  id adm }\n");
	expect_line("allow any -> any  tcp/80  id web  owner \"x\"  log; allow any -> any  tcp/22  id adm",
		    "allow any -> any  tcp/80  id web  owner \"y\"  log; allow any -> any  tcp/22  id adm",
		    "");
}

Test(plan, a_line_has_the_settings_that_it_inherits)
{
	expect_line("default limit 5 new/s per source\n" LINE, LINE "  limit 5 new/s per source", "");
	expect_line("default log\n" LINE, LINE, SHOWN("  log") " => " SHOWN("") "\n");
}

Test(plan, a_line_that_came_or_went_is_shown_once)
{
	expect_line(LINE, LINE "; allow any -> any  tcp/80  log", "");
	expect_line(LINE "; allow any -> any  tcp/80  log", LINE, "");
	expect_line(LINE "  log  id old", LINE "  id new", SHOWN("  log  id old") " => -\n");
	expect_line(LINE "  id old", LINE "  log  id new", "- => " SHOWN("  log  id new") "\n");
}

Test(plan, a_block_with_other_settings_is_a_change)
{
	expect_line(LINE, "mid-stream allow\n" LINE, "- => firebreak a -> b { mid-stream allow }\n");
	expect_line("on-deny reject\n" LINE, "on-deny reject\nmid-stream allow\n" LINE,
		    "firebreak a -> b { on-deny reject } => "
		    "firebreak a -> b { on-deny reject; mid-stream allow }\n");
}

Test(plan, a_statement_that_says_something_else_is_a_change)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "zone d { interface eth4  network 10.3.0.0/30 }",
		  "zone d { interface eth5  network 10.3.0.0/30 }" },
		{ "zone d { interface eth4  network 10.3.0.0/30 }",
		  "zone d { interface eth4 vlan 7  network 10.3.0.0/30 }" },
		{ "zone d { interface eth4  network 10.3.0.0/29 }",
		  "zone d { interface eth4  network 10.3.0.0/29  gateway 10.3.0.1 }" },
		{ "zone d { interface eth4  network 10.3.0.0/30 }",
		  "zone d { interface eth4  network 10.3.0.0/30  binding strict }" },
		{ "zone d { interface eth4  network 10.3.0.0/30 }",
		  "zone d { interface eth4  network 10.3.0.0/30  on-deny reject }" },
		{ "zone d { interface eth4  network 10.3.0.0/30 }",
		  "zone d { interface eth4  network 10.3.0.0/30  ethertype 0x88a4 }" },
		{ "device x in a { ip 10.0.0.1  mac 02:00:00:00:00:01 }",
		  "device x in a { ip 10.0.0.1  mac 02:00:00:00:00:02 }" },
		{ "isolate p { cut a from b }", "isolate p { cut a from c }" },
		{ "isolate p { cut a from b }", "isolate p { cut a from b, c; keep a with c }" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autostrbuf struct fb_strbuf wanted = { 0 };

		fb_strbuf_addf(&wanted, "%s => %s\n", cases[i].before, cases[i].after);
		expect_statement(cases[i].before, cases[i].after, fb_strbuf_get(&wanted));
	}
}

Test(plan, a_statement_that_came_or_went_is_a_change)
{
	expect_statement("never a -> b tcp/23", "device x in a { ip 10.0.0.1 }",
			 "- => device x in a { ip 10.0.0.1 }\nnever a -> b tcp/23 => -\n");
	expect_statement("", "service s { tcp/99 }\nwindow w { every tue 09:00-12:00 }", "");
	expect_statement("service s { tcp/99 }", "service s { tcp/98 }",
			 "service s { tcp/99 } => service s { tcp/98 }\n");
}

Test(plan, a_wire_or_guards_that_mean_the_same_are_no_change)
{
	expect_statement("wire eth1 <-> eth2", "wire eth2 <-> eth1", "");
	expect_statement("wire eth1 <-> eth2", "wire eth3 <-> eth2",
			 "wire eth1 <-> eth2 => -\n- => wire eth3 <-> eth2\n");
	expect_statement("never a <-> b", "never b -> a\nnever a -> b", "");
	expect_statement("never a -> b, c tcp/22, tcp/80",
			 "never a -> b tcp/22, tcp/80\nnever a -> c tcp/80\nnever a -> c tcp/22", "");
	expect_statement("never a <-> b", "never b -> a\nnever a -> b tcp/1-65535",
			 "never a <-> b => -\n- => never a -> b tcp/1-65535\n- => never b -> a\n");
}

Test(plan, words_about_a_statement_and_their_order_are_no_change)
{
	expect_statement("device x in a { ip 10.0.0.1, 10.0.0.2  owner \"A\" }\nisolate p { cut a from b }",
			 "# moved\nisolate p \"why\" { cut a from b }  # now\n"
			 "device x in a { ip 10.0.0.2, 10.0.0.1  reason \"R\" }",
			 "");
	expect_line(LINE "  owner \"A\"", "# above\n" LINE "  reason \"R\"", "");
	expect_settings("policy \"t\" language 1 version 1 timezone \"UTC\"\n",
			"policy \"t\" language 1 version 2 timezone \"UTC\"\n", "");
}

/* ---- against every packet --------------------------------------------------------------------------------------------- */

enum { N_ZONES = 3, PER_ZONE = 4, HOSTS = N_ZONES * PER_ZONE, PORTS = 4 };

static unsigned int seed;

static unsigned int pick(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void random_policy(struct fb_strbuf *out)
{
	fb_strbuf_add(out, ZONES);
	for (unsigned int i = 0, n = pick(7); i < n; i++) {
		unsigned int from = pick(N_ZONES), to = (from + 1 + pick(N_ZONES - 1)) % N_ZONES;
		unsigned int lo = 1 + pick(PORTS), hi = lo + pick(PORTS + 1 - lo), x = pick(PER_ZONE),
			     y = pick(PER_ZONE);

		fb_strbuf_addf(out,
			       "firebreak %c -> %c { allow 10.%u.0.%u-10.%u.0.%u -> 10.%u.0.%u-10.%u.0.%u  "
			       "tcp/%u-%u  id l%u }\n",
			       'a' + (int)from, 'a' + (int)to, from, x, from, x + pick(PER_ZONE - x), to, y,
			       to, y + pick(PER_ZONE - y), lo, hi, i);
	}
}

static struct fb_packet packet_of(const struct policy *p, unsigned int s, unsigned int d, unsigned int port)
{
	return (struct fb_packet){ .zone = p->rs.zones.v[s / PER_ZONE].id,
				   .family = 4,
				   .src = { 0, 10u << 24 | s / PER_ZONE << 16 | s % PER_ZONE },
				   .dst = { 0, 10u << 24 | d / PER_ZONE << 16 | d % PER_ZONE },
				   .proto = 6,
				   .sport = 1000,
				   .dport = (__u16)port,
				   .first = true };
}

static unsigned int times_in(const struct fb_reach_list *list, const struct fb_packet *k)
{
	unsigned int n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += fb_ipset_has(&list->v[i].src, 4, k->src) && fb_ipset_has(&list->v[i].dst, 4, k->dst) &&
		     fb_l4set_has(&list->v[i].services, 6, k->sport, k->dport);
	return n;
}

Test(plan, agrees_with_every_packet_of_random_policies)
{
	struct fb_own own = { 0 };

	for (unsigned int i = 0; i < 500; i++) {
		fb_autostrbuf struct fb_strbuf before = { 0 }, after = { 0 };
		struct two t;

		seed = i;
		random_policy(&before);
		random_policy(&after);
		two_load(&t, fb_strbuf_get(&before), fb_strbuf_get(&after));
		for (unsigned int s = 0; s < HOSTS * HOSTS * PORTS; s++) {
			struct fb_packet k =
				packet_of(&t.before, s % HOSTS, s / HOSTS % HOSTS, 1 + s / HOSTS / HOSTS);
			bool was = fb_eval(&t.before.rs, &own, &k, NOW).reason == FB_PASSED;
			bool is = fb_eval(&t.after.rs, &own, &k, NOW).reason == FB_PASSED;

			cr_assert_eq(times_in(&t.plan.opens, &k), is && !was, "seed %u", i);
			cr_assert_eq(times_in(&t.plan.closes, &k), was && !is, "seed %u", i);
		}
		two_done(&t);
	}
}

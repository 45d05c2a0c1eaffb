// SPDX-License-Identifier: GPL-2.0-only
/*
 * `explain` has two halves: the plain box scan (policy/eval.c), and the explain instance of the real program, asked through the library as the agent
 * asks it. On random policies and random packets both say the same verdict, reason, zones and line, and asking moves nothing of the live instance.
 * Usage: oracle_explain [POLICIES [PACKETS [SEED]]]; default 40 policies of 500 packets.
 */
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/timex.h>
#include <time.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/cleanup.h"
#include "dataplane/handle.h"
#include "policy/compile.h"
#include "random.h"
#include "rig.h"

struct fb_self_entries FB_VEC(struct fb_self_entry);

static struct rig rig; /* its network, its ports and the policy; its programs are not loaded */
static struct fb_dataplane *dp;
static struct fb_error err;

/* Whatever day it is: w0 and w1 are open, w2 and w3 shut. */
static struct random_style style = {
	.windows = "window w0 { every day 00:00-24:00 timezone \"UTC\" }\n"
		   "window w1 { every sun-sat 00:00-12:00 every day 12:00-24:00 timezone \"UTC\" }\n"
		   "window w2 { on 2020-03-17 00:00-24:00 timezone \"UTC\" }\n"
		   "window w3 { on 2089-03-17 12:00-23:00 timezone \"UTC\" }\n",
	.limits = true,
};

static void must(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, err.text);
	exit(1);
}

static void open_all(void)
{
	static const struct fb_dataplane_options options = { .run_dir = "/run", .flow_buckets = 64 };
	struct timex t = { 0 };
	bool adopted;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL)) {
		perror("a /run of its own (needs root)");
		exit(1);
	}
	rig_network(&rig);
	must(fb_dataplane_open(&options, &dp, &adopted, &err), "open");
	adjtimex(&t);
	fb_dataplane_set_clock(dp, t.tai, true, 1);
	for (int i = 0; i < RANDOM_ZONES; i++) {
		enum fb_xdp_mode mode;

		must(fb_dataplane_attach(dp, rig.port[i].ifname, rig.port[i].ifindex, &mode, &err), "attach");
	}
}

static void add_self(const struct fb_own_address *a, struct fb_ip ip, enum fb_self_kind kind,
		     struct fb_self_entries *all)
{
	struct fb_self_entry e = { .key = { .family = (__u8)a->family, .hi = ip.hi, .lo = ip.lo },
				   .value = { .kind = (__u8)kind, .zone = (__u8)a->zone } };

	if (a->family == 6 && (ip.hi >> 54) == 0x3fa) /* a link-local address is one zone's */
		e.key.zone = e.value.zone;
	fb_vec_add(all, e);
}

/* What the agent would tell of this host. */
static void tables(const struct fb_own *own)
{
	struct fb_self_entries self = { 0 };
	struct fb_egress_entry ways[RANDOM_ZONES];

	for (size_t i = 0; i < own->v.n; i++) {
		const struct fb_own_address *a = &own->v.v[i];
		struct fb_ip last = { 0, a->ip.lo | ((1ull << (32 - (a->len & 31))) - 1) };

		add_self(a, a->ip, FB_SELF_ADDRESS, &self);
		if (a->family == 4)
			add_self(a, last, FB_SELF_BROADCAST, &self);
	}
	for (int i = 0; i < RANDOM_ZONES; i++)
		ways[i] = (struct fb_egress_entry){
			.ifindex = rig.port[i].ifindex,
			.egress = { .port = rig.port[i].ifindex,
				    .vid = (__u16)rig.port[i].vlan,
				    .zone = (__u8)rig_zone(&rig, rig.port[i].zone),
				    .mac = { 2, 0, 0, 0, 0, 0xfe } },
		};
	must(fb_dataplane_set_self(dp, self.v, self.n, &err), "own addresses");
	must(fb_dataplane_set_egress(dp, ways, RANDOM_ZONES, &err), "ways out");
	fb_vec_done(&self);
}

/* False and the reason on stderr: the text is wrong. */
static bool put_in_force(const char *text, const struct fb_when *when)
{
	struct fb_diags diags = { 0 };
	struct fb_check_options options = { .now = when->now,
					    .slots = &rig.slots,
					    .local_to_unix = fb_clock_local_to_unix };
	struct fb_host_port ports[RIG_PORTS];
	struct fb_image_stats stats;
	unsigned int errors;
	size_t size;

	fb_ruleset_done(&rig.rs);
	fb_tree_done(&rig.tree);
	memset(&rig.rs, 0, sizeof(rig.rs));
	memset(&rig.tree, 0, sizeof(rig.tree));
	errors = fb_parse(&rig.tree, "random.fb", text, strlen(text), NULL, &diags);
	errors += fb_check(&rig.tree, &options, &diags, &rig.rs);
	if (errors) {
		fb_autostrbuf struct fb_strbuf out = { 0 };

		fb_diags_print(&diags, &rig.tree.sources, &out);
		fprintf(stderr, "%s", fb_strbuf_get(&out));
	}
	fb_diags_done(&diags);
	if (errors)
		return false;

	struct fb_compile_input in = { .ruleset = &rig.rs,
				       .ports = ports,
				       .n_ports = rig_host_ports(&rig, ports),
				       .generation = ++rig.generation,
				       .applied = when->now,
				       .when = *when };
	void *image = fb_dataplane_spare_image(dp, &size);

	must(fb_compile(&in, image, size, &stats, &err), "compile");
	must(fb_dataplane_switch_image(dp, &err), "switch");
	return true;
}

static const char *name(enum fb_reason reason)
{
	return reason == FB_WOULD_DROP ? "would-drop" : rig_reason_name(reason);
}

static bool is_limited(const struct fb_answer *want)
{
	const struct fb_cap *cap = want->line < 0 ? NULL : &rig.rs.lines.v[want->line].cap;

	return want->reason == FB_PASSED && cap && (cap->kind || cap->quota);
}

static bool agree(const struct fb_answer *want, const struct fb_explain *said)
{
	bool passes = want->reason == FB_PASSED || want->reason == FB_WOULD_DROP;
	bool has_line = want->line >= 0 && (want->reason == FB_PASSED || want->reason == FB_DROP_NEVER);

	return said->reason == (passes ? FB_PASSED : want->reason) &&
	       (passes ? said->observed : 0) == (want->reason == FB_WOULD_DROP) &&
	       said->src_zone == want->src_zone && said->dst_zone == want->dst_zone &&
	       (!has_line || said->rule_slot == rig.rs.lines.v[want->line].slot) &&
	       (said->limit != 0) == is_limited(want) && said->generation == rig.generation;
}

static void tell(const struct random_trial *t, const struct fb_answer *want, const struct fb_explain *said)
{
	printf("# from %s %s -> %s proto %u %u -> %u: the scan says %s (%u -> %u, line %d, slot %u, %s), the "
	       "program "
	       "%s%s (%u -> %u, slot %u, limit %u)\n",
	       t->zone, t->src, t->dst, t->packet.proto, t->packet.sport, t->packet.dport, name(want->reason),
	       want->src_zone, want->dst_zone, want->line,
	       want->line < 0 ? 0 : rig.rs.lines.v[want->line].slot,
	       is_limited(want) ? "limited" : "no limit", name(said->reason),
	       said->observed ? ", observed" : "", said->src_zone, said->dst_zone, said->rule_slot,
	       said->limit);
}

static unsigned int by_reason[FB_REASON_COUNT], limited, total;

/* Returns how many answers differed. */
static unsigned int one_policy(const struct fb_when *when, unsigned int packets)
{
	struct fb_own own = random_own_addresses(&rig.rs);
	unsigned int wrong = 0;

	tables(&own);
	for (unsigned int k = 0; k < packets; k++) {
		struct random_trial t;
		struct fb_answer want;
		struct fb_explain said;
		__u32 ifindex = 0;

		random_trial(&rig.rs, false, &t);
		want = fb_eval_at(&rig.rs, &own, &t.packet, when);
		for (int i = 0; i < RANDOM_ZONES; i++)
			if (!strcmp(rig.port[i].zone, t.zone))
				ifindex = rig.port[i].ifindex;
		must(fb_dataplane_explain(dp, ifindex, t.frame.b, t.frame.len, &said, &err), "explain");
		total++;
		by_reason[want.reason]++;
		limited += is_limited(&want);
		if (agree(&want, &said))
			continue;
		if (wrong++ < 10)
			tell(&t, &want, &said);
	}
	fb_vec_done(&own.v);
	return wrong;
}

/* Bytes of the live instance's map that are not as they were made: zero. */
static size_t touched(enum fb_map_id id)
{
	const __u8 *p = dp->live.mem[id];
	size_t n = 0;

	for (size_t i = 0; i < dp->live.bytes[id]; i++)
		n += p[i] != 0;
	return n;
}

static int report(bool good, int number, const char *claim)
{
	printf("%sok %d - %s\n", good ? "" : "not ", number, claim);
	return !good;
}

int main(int argc, char **argv)
{
	unsigned int policies = argc > 1 ? (unsigned int)atoi(argv[1]) : 40,
		     packets = argc > 2 ? (unsigned int)atoi(argv[2]) : 500;
	static const enum fb_map_id counting[] = { FB_MAP_PAIR_COUNTERS, FB_MAP_RULE_COUNTERS, FB_MAP_METERS,
						   FB_MAP_BUCKETS };
	unsigned int wrong = 0, failed = 0;
	time_t now = time(NULL);
	const struct fb_opening opened = { "opened", now + 86400 };

	random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : (__u64)now * 2654435761u | 1;
	style.year = 1899 + (unsigned int)gmtime(&now)->tm_year;
	printf("# seed %llu\n", (unsigned long long)random_state);
	open_all();
	for (unsigned int i = 0; i < policies; i++) {
		const struct fb_when when = { .now = time(NULL), .openings = &opened, .n_openings = 1 };
		__u64 seed = random_state;
		char *text = random_policy(&style);

		if (!put_in_force(text, &when)) {
			printf("# policy %u (seed %llu) is not accepted\n%s\n", i, (unsigned long long)seed,
			       text);
			return 1;
		}
		unsigned int before = wrong;

		wrong += one_policy(&when, packets);
		if (wrong && !before)
			printf("%s\n", text);
		free(text);
	}
	printf("# %u packets over %u policies, %u under a limit:", total, policies, limited);
	for (int i = 0; i < FB_REASON_COUNT; i++)
		if (by_reason[i])
			printf(" %s %u", name((enum fb_reason)i), by_reason[i]);
	printf("\n");
	failed += report(!wrong, 1, "explain_offline_and_live_agree_on_random_packets");
	failed += report(limited && by_reason[FB_PASSED] && by_reason[FB_DROP_NEVER] &&
				 by_reason[FB_DROP_NO_ALLOW] && by_reason[FB_DROP_WINDOW_CLOSED] &&
				 by_reason[FB_DROP_EXPIRED] && by_reason[FB_WOULD_DROP],
			 2, "each_kind_of_answer_was_among_them");
	wrong = 0;
	for (size_t i = 0; i < FB_ARRAY_SIZE(counting); i++)
		wrong += touched(counting[i]) != 0;
	failed += report(!wrong, 3, "asking_moves_no_counter_no_meter_and_no_flow");
	printf("%u passed, %u failed\n", 3 - failed, failed);
	fb_dataplane_close(dp);
	return failed != 0;
}

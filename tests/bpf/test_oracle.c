// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real programs against the plain box scan (policy/eval.c), which shares no code with the compiler or with BPF: random policies, random packets
 * drawn from their corners. Usage: oracle_xdp [POLICIES [PACKETS [SEED]]]; default 100 policies of 2,000 packets.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/eval.h"
#include "random.h"
#include "rig.h"

/* The rig's clock says Sunday, 17 March 2030, 17:46:40 UTC: w0 and w1 are open, w2 and w3 shut. */
static const struct random_style style = {
	.year = 2029,
	.windows = "window w0 { every sun 12:00-20:00 timezone \"UTC\" }\n"
		   "window w1 { every day 17:00-18:00 every day 18:00-18:30 timezone \"UTC\" }\n"
		   "window w2 { every mon-sat 00:00-24:00 timezone \"UTC\" }\n"
		   "window w3 { on 2030-03-17 17:47-23:00 timezone \"UTC\" }\n",
};

/* True if the program did what the scan says: action, and exactly that counter by one. */
static bool agree(struct rig *rig, const struct random_trial *t, const struct fb_answer *want)
{
	bool passes = want->reason == FB_PASSED || want->reason == FB_WOULD_DROP;
	unsigned int reason = passes ? FB_PASSED : want->reason;
	__u64 before = rig_pair_packets(rig, want->src_zone, want->dst_zone, reason);
	__u64 would = rig_pair_packets(rig, want->src_zone, want->dst_zone, FB_WOULD_DROP);
	int action = rig_run(rig, t->zone, &t->frame, t->made_here);
	bool dropped = action == (t->made_here ? TC_ACT_SHOT : XDP_DROP);

	return dropped != passes &&
	       rig_pair_packets(rig, want->src_zone, want->dst_zone, reason) == before + 1 &&
	       rig_pair_packets(rig, want->src_zone, want->dst_zone, FB_WOULD_DROP) ==
		       would + (want->reason == FB_WOULD_DROP);
}

static void explain(struct rig *rig, const struct random_trial *t, const struct fb_answer *want,
		    const char *text)
{
	rig_flush_flows(rig);
	struct rig_result r = t->made_here ? rig_tc_out(rig, t->zone, &t->frame)
					   : rig_xdp(rig, t->zone, &t->frame);

	printf("# %s%s %s -> %s proto %u %u -> %u: scan says %s (%u -> %u, line %d), program %s (%u -> %u)\n",
	       t->made_here ? "self into " : "from ", t->zone, t->src, t->dst, t->packet.proto,
	       t->packet.sport, t->packet.dport,
	       want->reason == FB_WOULD_DROP ? "would-drop" : rig_reason_name(want->reason), want->src_zone,
	       want->dst_zone, want->line, rig_reason_name(r.reason), r.src_zone, r.dst_zone);
	if (text)
		printf("%s\n", text);
}

int main(int argc, char **argv)
{
	unsigned int policies = argc > 1 ? (unsigned int)atoi(argv[1]) : 100,
		     packets = argc > 2 ? (unsigned int)atoi(argv[2]) : 2000;
	unsigned int wrong = 0, total = 0, by_reason[FB_REASON_COUNT] = { 0 };
	struct rig rig;

	random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : (__u64)time(NULL) * 2654435761u | 1;
	printf("# seed %llu\n", (unsigned long long)random_state);
	rig_open(&rig, 4);
	rig_clock(&rig, 1000, 1900000000);
	for (unsigned int i = 0; i < policies; i++) {
		__u64 seed = random_state;
		char *text = random_policy(&style);

		if (!rig_policy(&rig, text)) {
			printf("# policy %u (seed %llu) is not accepted\n%s\n", i, (unsigned long long)seed,
			       text);
			return 1;
		}
		struct fb_own own = random_own_addresses(&rig.rs);

		for (unsigned int k = 0; k < packets; k++) {
			struct random_trial t;

			random_trial(&rig.rs, true, &t);
			struct fb_answer want =
				fb_eval(&rig.rs, &own, &t.packet, (__s64)rig.runtime->fake_unix);

			rig_flush_flows(&rig);
			total++;
			by_reason[want.reason]++;
			if (agree(&rig, &t, &want))
				continue;
			if (wrong++ < 20)
				explain(&rig, &t, &want, wrong == 1 ? text : NULL);
		}
		fb_vec_done(&own.v);
		free(text);
	}
	printf("# %u packets over %u policies:", total, policies);
	for (int i = 0; i < FB_REASON_COUNT; i++)
		if (by_reason[i])
			printf(" %s %u",
			       i == FB_WOULD_DROP ? "would-drop" : rig_reason_name((enum fb_reason)i),
			       by_reason[i]);
	printf("\n%sok 1 - the_program_and_the_box_scan_agree\n%d passed, %d failed\n", wrong ? "not " : "",
	       !wrong, !!wrong);
	rig_close(&rig);
	return wrong != 0;
}

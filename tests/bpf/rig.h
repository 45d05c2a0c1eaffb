/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real object under BPF_PROG_TEST_RUN, in a network namespace of its own with veth ports, real routes and neighbours, maps of its own and a
 * clock that the test moves. Nothing is pinned or attached: ending the process ends everything.
 *
 *   cam  v-cam  10.20.0.1/16  2001:db8:20::1/48        sig  v-sig  10.10.0.1/16  2001:db8:10::1/48
 *   vid  v-vid  vlan 30, 10.30.0.1/26                  net  v-net  203.0.113.1/24, default route
 *   cab  v-cab  and  back  v-back  without addresses, for policies with a wire
 *
 * A port is in the policy if its zone is. cam's answers to RIG_VIRTUAL_MAC too.
 */
#ifndef FB_TESTS_RIG_H
#define FB_TESTS_RIG_H

#include <firebreak_abi.h>
#include <stdbool.h>

#include "base/vec.h"
#include "frame.h"
#include "policy/compile.h"

enum { RIG_PORTS = 6, RIG_EVENTS = 8 /* of a class, in a tick */ };
#define RIG_MAC		"02:00:00:00:00:fe" /* of every port */
#define RIG_HOST_MAC	"02:00:00:00:01:01"
#define RIG_VIRTUAL_MAC "00:00:5e:00:01:07"

struct rig_port {
	const char *zone, *ifname;
	int vlan;
	__u32 ifindex;
};

struct rig {
	struct bpf_object *object;
	int xdp, sweep, tc_in, tc_out;
	int images[2], live;
	void *image[2];
	__u32 generation;
	struct fb_runtime *runtime;
	struct fb_switches *switches;
	struct fb_frag *frags;
	char *scratch;
	struct fb_pair_counter *pairs;
	struct fb_rule_counter *rules;
	__u64 *busy;
	struct fb_flow_tags *tags;
	struct fb_nexthop *nexthops;
	struct fb_flow *flows;
	size_t n_buckets;
	unsigned int pieces; /* that a card would cut what the gateway sends into; 0 = it is a packet */
	unsigned int cpus;
	struct rig_port port[RIG_PORTS];
	struct fb_tree tree;
	struct fb_ruleset rs;
	struct fb_slots slots;
	struct fb_pair_counter *before;
	struct ring_buffer *events;
	struct FB_VEC(struct fb_event) heard;
};

struct rig_result {
	int action;	       /* XDP_*, TC_ACT_* */
	enum fb_reason reason; /* of the one counter that moved */
	unsigned int src_zone, dst_zone;
	unsigned int counters; /* how many pair counters moved, would-drop apart */
	bool would_drop;
	__u8 out[2048];
	size_t out_len;
};

/* Loads; exits with a message if the machine cannot. n_buckets: power of two. */
void rig_open(struct rig *rig, size_t n_buckets);
void rig_close(struct rig *rig);
/* Compiles and switches; false and the diagnostics on stderr if the text is wrong. */
bool rig_policy(struct rig *rig, const char *text);
/* The policy's ports as the host has them; how many. And what the agent would keep in step with the host. */
size_t rig_host_ports(const struct rig *rig, struct fb_host_port *ret);
void rig_host_tables(struct rig *rig);
/* The text about zones that every policy of the rig begins with. */
extern const char rig_zones[];
void rig_clock(struct rig *rig, __u64 boot_seconds, __u64 unix_seconds);
void rig_flush_flows(struct rig *rig);
struct rig_result rig_xdp(struct rig *rig, const char *zone, const struct frame *f);
/* As if made by the gateway and leaving into zone. */
struct rig_result rig_tc_out(struct rig *rig, const char *zone, const struct frame *f);
/* Looks through the next part of the flow table for idle buckets, as the agent does. */
void rig_sweep(const struct rig *rig);
/* The same without looking at all counters: the action only. made_here: at the way out into zone. */
int rig_run(struct rig *rig, const char *zone, const struct frame *f, bool made_here);
__u64 rig_pair_packets(const struct rig *rig, unsigned int src, unsigned int dst, unsigned int reason);
unsigned int rig_zone(const struct rig *rig, const char *name);
/* Records of the image in force, to be changed where the text has no words for it. */
struct fb_image_rule *rig_rule(const struct rig *rig, const char *id);
struct fb_image_zone *rig_zone_record(const struct rig *rig, const char *name);
struct fb_image_pair *rig_pair(const struct rig *rig, const char *src, const char *dst);
struct fb_image_port *rig_port(const struct rig *rig, const char *zone);
/* Marks the zone's port as a member of an 802.3ad bond, as the agent does. */
void rig_lacp(const struct rig *rig, const char *zone);
/* Makes a wire of the two ports in the image in force. */
void rig_wire(const struct rig *rig, const char *a, const char *b);
__u64 rig_rule_packets(const struct rig *rig, const char *id);
size_t rig_flow_count(const struct rig *rig);
/* A new tick with all its events to spare; forgets what was heard. */
void rig_events_begin(struct rig *rig);
/* Reads the ring buffer into rig->heard; returns how many there are since the beginning. */
size_t rig_events(struct rig *rig);
struct fb_event_meter *rig_event_meter(const struct rig *rig, unsigned int cpu);
const char *rig_reason_name(enum fb_reason reason);

#endif

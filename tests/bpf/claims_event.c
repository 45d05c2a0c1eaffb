// SPDX-License-Identifier: GPL-2.0-only
/* Events: which packets are told of, what is said, and that a flood is not. */
#include "claims.h"

#define TELNET .src = "10.20.0.5", .dst = "10.10.0.5", .sport = 4001, .dport = 23
#define CLOSED .src = "10.20.0.5", .dst = "10.30.0.10", .sport = 4002, .dport = 23

static struct frame built(const struct frame_spec *spec)
{
	struct frame_spec s = *spec;
	struct frame f;

	if (!s.dmac)
		s.dmac = RIG_MAC;
	frame_build(&f, &s);
	return f;
}

static const struct fb_event *only_event(enum fb_event_kind kind)
{
	static const struct fb_event none;
	size_t n = rig_events(&rig);

	CHECK(n == 1, "%zu events", n);
	if (n != 1)
		return &none;
	CHECK(rig.heard.v[0].kind == kind, "event of kind %u", rig.heard.v[0].kind);
	return &rig.heard.v[0];
}

static void a_drop_is_told_with_zones_reason_addresses_and_macs(void)
{
	static const __u8 mac[6] = { 2, 0, 0, 0, 0, 1 };

	use_policy("");
	rig_events_begin(&rig);
	expect("cam", SPEC(CLOSED, .tcp = SYN), FB_DROP_NO_ALLOW);
	const struct fb_event *e = only_event(FB_EVENT_DROP);

	CHECK(e->reason == FB_DROP_NO_ALLOW, "%s", rig_reason_name(e->reason));
	CHECK(e->src_zone == rig_zone(&rig, "cam") && e->dst_zone == rig_zone(&rig, "vid"), "zones %u %u",
	      e->src_zone, e->dst_zone);
	CHECK(e->s_lo == 0x0a140005 && e->d_lo == 0x0a1e000a && e->family == 4, "addresses");
	CHECK(e->sport == 4002 && e->dport == 23 && e->proto == 6 && e->tcp == SYN, "ports");
	CHECK(memcmp(e->smac, mac, 6) == 0, "source MAC");
	CHECK(e->ifindex == rig.port[0].ifindex && e->bytes && e->mono_ns == rig.runtime->fake_mono_ns,
	      "where and when");
}

static void a_never_names_its_line(void)
{
	use_policy("");
	rig_events_begin(&rig);
	expect("cam", SPEC(TELNET, .tcp = SYN), FB_DROP_NEVER);
	const struct fb_event *e = only_event(FB_EVENT_DROP);

	CHECK(e->reason == FB_DROP_NEVER && e->rule, "%s by %u", rig_reason_name(e->reason), e->rule);
}

static void what_passes_by_a_plain_line_is_not_told(void)
{
	use_policy("");
	rig_events_begin(&rig);
	handshake();
	CHECK(rig_events(&rig) == 0, "%zu events", rig.heard.n);
}

static void an_observed_flow_is_told_once(void)
{
	use_policy("");
	rig_events_begin(&rig);
	for (int i = 0; i < 3; i++)
		expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 8080),
		       FB_PASSED);
	const struct fb_event *e = only_event(FB_EVENT_WOULD_DROP);

	CHECK(e->reason == FB_PASSED && e->dport == 8080, "%u to %u", e->reason, e->dport);
}

/* Until a line of the policy can say it, the flag is set in the image. */
static void log_every_line(void)
{
	struct fb_image_header *h = rig.image[rig.live];
	struct fb_image_rule *rules = (struct fb_image_rule *)((__u32 *)rig.image[rig.live] + h->rule_w);

	for (__u32 i = 1; i < h->n_rules; i++)
		rules[i].flags |= FB_RULE_F_LOG;
}

static void a_line_with_log_tells_each_new_flow_once(void)
{
	use_policy("");
	log_every_line();
	rig_events_begin(&rig);
	handshake();
	const struct fb_event *e = only_event(FB_EVENT_FLOW);

	CHECK(e->reason == FB_PASSED && e->dport == 554 && e->rule, "port %u, line %u", e->dport, e->rule);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	CHECK(rig_events(&rig) == 1, "%zu events", rig.heard.n);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED);
	CHECK(rig_events(&rig) == 2, "%zu events", rig.heard.n);
}

static void what_the_gateway_sends_and_may_not_is_told(void)
{
	use_policy("");
	rig_events_begin(&rig);
	expect_out("cam", SPEC(.src = "10.20.0.1", .dst = "10.20.0.5", .sport = 5, .dport = 99),
		   FB_DROP_NO_ALLOW);
	const struct fb_event *e = only_event(FB_EVENT_DROP);

	CHECK(e->src_zone == FB_ZONE_SELF && e->dst_zone == rig_zone(&rig, "cam"), "zones %u %u", e->src_zone,
	      e->dst_zone);
}

static void a_flood_tells_so_many_a_tick_and_counts_the_rest(void)
{
	struct frame f = built(SPEC(CLOSED, .tcp = SYN));
	struct fb_event_meter *m = rig_event_meter(&rig, 0);

	use_policy("");
	rig_events_begin(&rig);
	__u64 emitted = m->emitted, lost = m->lost;

	for (int i = 0; i < 1000; i++)
		rig_run(&rig, "cam", &f, false);
	CHECK(rig_events(&rig) == RIG_EVENTS, "%zu events", rig.heard.n);
	CHECK(m->emitted - emitted == RIG_EVENTS && m->lost - lost == 1000 - RIG_EVENTS,
	      "%llu told, %llu not", (unsigned long long)(m->emitted - emitted),
	      (unsigned long long)(m->lost - lost));
	rig_events_begin(&rig);
	rig_run(&rig, "cam", &f, false);
	CHECK(only_event(FB_EVENT_DROP)->suppressed == 1000 - RIG_EVENTS, "%u suppressed",
	      rig.heard.v[0].suppressed);
}

static void a_flood_of_drops_does_not_drown_a_never_nor_an_observed_flow(void)
{
	struct frame f = built(SPEC(CLOSED, .tcp = SYN));

	use_policy("");
	rig_events_begin(&rig);
	for (int i = 0; i < 100; i++)
		rig_run(&rig, "cam", &f, false);
	expect("cam", SPEC(TELNET, .tcp = SYN), FB_DROP_NEVER);
	expect("sig", SPEC(.src = "10.10.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 8080), FB_PASSED);
	CHECK(rig_events(&rig) == RIG_EVENTS + 2, "%zu events", rig.heard.n);
}

static void a_full_ring_buffer_counts_what_it_has_no_room_for(void)
{
	struct frame f = built(SPEC(CLOSED, .tcp = SYN));
	struct fb_event_meter *m = rig_event_meter(&rig, 0);
	__u64 emitted, lost, sent = 0;

	use_policy("");
	rig_events_begin(&rig);
	emitted = m->emitted;
	lost = m->lost;
	while (m->lost == lost && sent < 100000) {
		rig.runtime->fake_mono_ns += 1ull << FB_TICK_SHIFT;
		for (int i = 0; i < RIG_EVENTS; i++, sent++)
			rig_run(&rig, "cam", &f, false);
	}
	CHECK(m->lost - lost > 0 && m->emitted - emitted + m->lost - lost == sent, "%llu of %llu lost",
	      (unsigned long long)(m->lost - lost), (unsigned long long)sent);
	CHECK(rig_events(&rig) == m->emitted - emitted, "%zu heard", rig.heard.n);
}

void claims_event(void)
{
	RUN_CASE(a_drop_is_told_with_zones_reason_addresses_and_macs);
	RUN_CASE(a_never_names_its_line);
	RUN_CASE(what_passes_by_a_plain_line_is_not_told);
	RUN_CASE(an_observed_flow_is_told_once);
	RUN_CASE(a_line_with_log_tells_each_new_flow_once);
	RUN_CASE(what_the_gateway_sends_and_may_not_is_told);
	RUN_CASE(a_flood_tells_so_many_a_tick_and_counts_the_rest);
	RUN_CASE(a_flood_of_drops_does_not_drown_a_never_nor_an_observed_flow);
	RUN_CASE(a_full_ring_buffer_counts_what_it_has_no_room_for);
	rig_clock(&rig, 1000, 1900000000);
}

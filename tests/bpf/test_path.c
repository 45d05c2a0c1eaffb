// SPDX-License-Identifier: GPL-2.0-only
/* The path of a packet through the real programs: every stage, every reason that this version can give, the bytes after forwarding. */
#include <sched.h>
#include <stdio.h>

#include "claims.h"

struct cases cases;
struct rig rig;

const char policy_text[] =
	"device nvr in vid { ip 10.30.0.10 }\n"
	"firebreak cam -> vid { allow any -> nvr tcp/554, udp/9000-9100  id stream }\n"
	"firebreak vid -> cam { allow nvr -> any tcp/80, icmp/echo-request  id fetch }\n"
	"firebreak cam -> net { allow 2001:db8:20::/64 -> any tcp/443  id six\n allow 10.20.7.0/24 -> any "
	"tcp/8443  until 2035-01-01  id dated\n"
	" allow 10.20.0.0/24 -> any sctp/2905, ip/47 id others }\n"
	"firebreak sig -> cam { allow 2001:db8:10::/64 -> any udp/53, icmpv6/echo-request }\n"
	"firebreak cam -> self { allow any -> self udp/123, icmp/echo-request, icmpv6/echo-request  id "
	"clock\n allow any -> self udp/67 source-port 68 }\n"
	"firebreak self -> cam { allow self -> any udp/514  id syslog }\n"
	"firebreak sig -> vid { mode observe until 2034-01-01\n allow 10.10.0.0/16 -> nvr tcp/443 id watched "
	"}\n"
	"never cam -> sig\n"
	"never sig -> vid tcp/23\n";

void use_policy(const char *more)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s", rig_zones, policy_text, more);
	if (!rig_policy(&rig, text))
		cases.broken++;
	rig_flush_flows(&rig);
}

struct rig_result expect(const char *zone, const struct frame_spec *spec, enum fb_reason reason)
{
	struct frame_spec s = *spec;
	struct frame f;

	if (!s.dmac)
		s.dmac = RIG_MAC;
	frame_build(&f, &s);
	struct rig_result r = rig_xdp(&rig, zone, &f);

	CHECK(r.reason == reason, "%s -> %s: expected %s, got %s", s.src ? s.src : "-", s.dst ? s.dst : "-",
	      rig_reason_name(reason), rig_reason_name(r.reason));
	CHECK(r.counters == 1, "%u counters moved", r.counters);
	CHECK((r.action == XDP_DROP) == (reason != FB_PASSED), "action %d", r.action);
	return r;
}

struct rig_result expect_out(const char *zone, const struct frame_spec *spec, enum fb_reason reason)
{
	struct frame f;

	frame_build(&f, spec);
	struct rig_result r = rig_tc_out(&rig, zone, &f);

	CHECK(r.reason == reason, "%s -> %s: expected %s, got %s", spec->src, spec->dst,
	      rig_reason_name(reason), rig_reason_name(r.reason));
	CHECK(r.counters == 1, "%u counters moved", r.counters);
	CHECK((r.action == TC_ACT_SHOT) == (reason != FB_PASSED), "action %d", r.action);
	return r;
}

void handshake(void)
{
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

/* The meters of events are each CPU's own: another CPU would tell of drops anew. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		perror("sched_setaffinity");
}

int main(void)
{
	stay_on_one_cpu();
	rig_open(&rig, 2);
	claims_flow();
	claims_zone();
	claims_rename();
	claims_tcp();
	claims_icmp();
	claims_forward();
	claims_switch();
	claims_sweep();
	claims_frag();
	claims_limit();
	claims_event();
	claims_pair();
	claims_plain();
	claims_reject();
	claims_time();
	claims_binding();
	claims_wire();
	claims_bond();
	claims_group();
	rig_close(&rig);
	return CASES_END();
}

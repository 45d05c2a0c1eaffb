// SPDX-License-Identifier: GPL-2.0-only
/* Bindings (S45): who may speak in a zone, what ARP and neighbour discovery may claim, and the inventory of who was seen. */
#include "claims.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define CAMERA	  "02:00:00:00:00:01" /* 10.20.0.5 and 2001:db8:20::5 */
#define NEIGHBOUR "02:00:00:00:00:06" /* 10.20.0.6 and 2001:db8:20::6 */
#define STRANGER  "02:00:00:00:00:99"
#define NTP	  .dst = "10.20.0.1", .sport = 5, .dport = 123

static void forget_devices(void)
{
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_devices"));
	struct fb_device_key key;

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		bpf_map_delete_elem(fd, &key);
}

static const char cameras[] = "device five in cam { ip 10.20.0.5, 2001:db8:20::5  mac " CAMERA " }\n"
			      "device six in cam { ip 10.20.0.6, 2001:db8:20::6  mac " NEIGHBOUR " }\n";

/* The rig's policy with binding in the camera zone. */
static void bind_zone(const char *mode, const char *devices)
{
	const char *end = strstr(rig_zones + strlen("zone cam"), " }\n");
	char text[8192];

	snprintf(text, sizeof(text), "%.*s  binding %s%s%s%s", (int)(end - rig_zones), rig_zones, mode, end,
		 policy_text, devices);
	if (!rig_policy(&rig, text))
		cases.broken++;
}

static void bind_cameras(const char *mode)
{
	rig_flush_flows(&rig);
	bind_zone(mode, cameras);
	forget_devices();
	rig_events_begin(&rig);
}

/* Nothing, or one event: binding, with this detail. */
static void told(enum fb_binding_verdict detail)
{
	size_t n = rig_events(&rig);

	CHECK(n == (detail ? 1 : 0), "%zu events", n);
	if (n)
		CHECK(rig.heard.v[0].kind == FB_EVENT_BINDING && rig.heard.v[0].detail == detail,
		      "kind %u detail %u", rig.heard.v[0].kind, rig.heard.v[0].detail);
	rig_events_begin(&rig);
}

static void says(const char *mac, const char *address, enum fb_reason reason, enum fb_binding_verdict detail)
{
	expect("cam", SPEC(.smac = mac, .src = address, NTP), reason);
	told(detail);
	rig_flush_flows(&rig);
}

static void arp(const char *smac, int op, const char *spa, enum fb_reason reason,
		enum fb_binding_verdict detail)
{
	struct frame f;

	frame_arp(&f, "ff:ff:ff:ff:ff:ff", smac, op, spa, "10.20.0.1");
	struct rig_result r = rig_xdp(&rig, "cam", &f);

	CHECK(r.counters == 1 && r.reason == reason, "%s for ARP from %s", rig_reason_name(r.reason), spa);
	told(detail);
}

static void nd(const char *smac, const char *src, int type, const char *target, enum fb_reason reason,
	       enum fb_binding_verdict detail)
{
	struct frame f;

	frame_nd(&f, "33:33:ff:00:00:01", smac, src, "ff02::1:ff00:1", type, target);
	struct rig_result r = rig_xdp(&rig, "cam", &f);

	CHECK(r.counters == 1 && r.reason == reason, "%s for ND from %s", rig_reason_name(r.reason), src);
	told(detail);
}

static void a_declared_device_speaks_in_a_strict_zone(void)
{
	bind_cameras("strict");
	says(CAMERA, "10.20.0.5", FB_PASSED, FB_BINDING_OK);
	says(NEIGHBOUR, "10.20.0.6", FB_PASSED, FB_BINDING_OK);
	arp(CAMERA, 1, "10.20.0.5", FB_PASSED, FB_BINDING_OK);
	nd(CAMERA, "2001:db8:20::5", 135, "2001:db8:20::1", FB_PASSED, FB_BINDING_OK);
	nd(CAMERA, "2001:db8:20::5", 136, "2001:db8:20::5", FB_PASSED, FB_BINDING_OK);
	handshake();
}

static void a_camera_with_its_neighbours_address_is_a_foreign_address(void)
{
	bind_cameras("strict");
	says(CAMERA, "10.20.0.6", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
	says(CAMERA, "10.20.0.77", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
}

static void a_strange_mac_with_a_declared_address_is_a_foreign_mac(void)
{
	bind_cameras("strict");
	says(STRANGER, "10.20.0.5", FB_DROP_BINDING, FB_BINDING_FOREIGN_MAC);
}

static void a_mac_that_nobody_declared_is_unknown(void)
{
	bind_cameras("strict");
	says(STRANGER, "10.20.0.77", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
}

static void a_forged_arp_reply_is_a_claim_and_goes_nowhere(void)
{
	bind_cameras("strict");
	arp(CAMERA, 2, "10.20.0.1", FB_DROP_BINDING, FB_BINDING_CLAIM);
	arp(CAMERA, 2, "10.10.0.5", FB_DROP_BINDING, FB_BINDING_CLAIM);
	arp(CAMERA, 2, "10.20.0.6", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
	arp(STRANGER, 2, "10.20.0.6", FB_DROP_BINDING, FB_BINDING_FOREIGN_MAC);
	arp(STRANGER, 1, "10.20.0.88", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
}

static void a_claim_of_the_gateways_address_is_told_in_a_zone_without_binding_too(void)
{
	use_policy("");
	rig_events_begin(&rig);
	arp(STRANGER, 2, "10.20.0.1", FB_DROP_BINDING, FB_BINDING_CLAIM);
	arp(STRANGER, 2, "10.20.0.6", FB_PASSED, FB_BINDING_OK);
}

static void arp_that_speaks_of_another_mac_than_its_own_is_foreign(void)
{
	struct frame f;

	bind_cameras("strict");
	frame_arp(&f, "ff:ff:ff:ff:ff:ff", NEIGHBOUR, 2, "10.20.0.6", "10.20.0.1");
	f.b[11] = 0x01; /* the frame comes from the camera */
	CHECK(rig_xdp(&rig, "cam", &f).reason == FB_DROP_BINDING, "passed");
	told(FB_BINDING_FOREIGN_MAC);
}

static void neighbour_discovery_claims_are_held_against_the_binding(void)
{
	bind_cameras("strict");
	nd(CAMERA, "2001:db8:20::6", 135, "2001:db8:20::1", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
	nd(CAMERA, "2001:db8:20::5", 136, "2001:db8:20::6", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
	nd(CAMERA, "2001:db8:20::5", 136, "2001:db8:20::1", FB_DROP_BINDING, FB_BINDING_CLAIM);
	nd(STRANGER, "2001:db8:20::6", 136, "2001:db8:20::6", FB_DROP_BINDING, FB_BINDING_FOREIGN_MAC);
	nd(STRANGER, "fe80::99", 135, "2001:db8:20::1", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
}

/* A solicitation of a neighbour (135) or router (133) with a source link-layer address option. */
static void solicit_with_option(int type, const char *option_mac, enum fb_reason reason,
				enum fb_binding_verdict detail)
{
	size_t header = type == 135 ? 24 : 8;
	struct frame_spec s = { .dmac = RIG_MAC,
				.smac = CAMERA,
				.src = "2001:db8:20::5",
				.dst = "2001:db8:20::1",
				.proto = 58,
				.icmp_type = (__u8)type,
				.ttl = 255,
				.payload = header };
	unsigned int b[6];
	struct frame f;
	__u8 *option;

	frame_build(&f, &s);
	sscanf(option_mac, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5);
	option = f.b + 54 + header;
	if (type == 135)
		inet_pton(AF_INET6, "2001:db8:20::1", f.b + 62);
	option[0] = option[1] = 1;
	for (int i = 0; i < 6; i++)
		option[2 + i] = (__u8)b[i];
	struct rig_result r = rig_xdp(&rig, "cam", &f);

	CHECK(r.reason == reason, "%s", rig_reason_name(r.reason));
	told(detail);
}

static void a_link_layer_option_may_name_only_the_senders_mac(void)
{
	bind_cameras("strict");
	solicit_with_option(135, CAMERA, FB_PASSED, FB_BINDING_OK);
	solicit_with_option(135, NEIGHBOUR, FB_DROP_BINDING, FB_BINDING_FOREIGN_MAC);
	solicit_with_option(133, CAMERA, FB_PASSED, FB_BINDING_OK);
	solicit_with_option(133, NEIGHBOUR, FB_DROP_BINDING, FB_BINDING_FOREIGN_MAC);
	bind_cameras("learn");
	solicit_with_option(133, NEIGHBOUR, FB_PASSED, FB_BINDING_FOREIGN_MAC);
}

static void link_local_and_unspecified_sources_go_by_the_mac(void)
{
	bind_cameras("strict");
	nd(CAMERA, "fe80::1", 135, "2001:db8:20::1", FB_PASSED, FB_BINDING_OK);
	nd(CAMERA, "::", 135, "2001:db8:20::5", FB_PASSED, FB_BINDING_OK);
	nd(STRANGER, "::", 135, "2001:db8:20::5", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
	arp(CAMERA, 1, "0.0.0.0", FB_PASSED, FB_BINDING_OK);
	arp(STRANGER, 1, "0.0.0.0", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
}

static void learn_reports_and_drops_nothing(void)
{
	bind_cameras("learn");
	says(CAMERA, "10.20.0.6", FB_PASSED, FB_BINDING_FOREIGN_IP);
	says(STRANGER, "10.20.0.5", FB_PASSED, FB_BINDING_FOREIGN_MAC);
	says(STRANGER, "10.20.0.77", FB_PASSED, FB_BINDING_UNKNOWN);
	arp(STRANGER, 2, "10.20.0.6", FB_PASSED, FB_BINDING_FOREIGN_MAC);
	nd(CAMERA, "2001:db8:20::5", 136, "2001:db8:20::6", FB_PASSED, FB_BINDING_FOREIGN_IP);
	arp(CAMERA, 2, "10.20.0.1", FB_DROP_BINDING, FB_BINDING_CLAIM);
}

static void a_live_flow_does_not_carry_a_foreign_mac(void)
{
	bind_cameras("strict");
	handshake();
	expect("cam", SPEC(.smac = STRANGER, RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_BINDING);
	told(FB_BINDING_FOREIGN_MAC);
	expect("cam", SPEC(.smac = NEIGHBOUR, RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_BINDING);
	told(FB_BINDING_FOREIGN_IP);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101), FB_PASSED);
	told(FB_BINDING_OK);
}

static void a_device_that_the_next_policy_does_not_declare_ends_with_its_next_packet(void)
{
	bind_cameras("strict");
	handshake();
	bind_zone("strict", ""); /* and nobody is declared */
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_BINDING);
}

static void a_spoofed_source_is_spoof_and_not_binding(void)
{
	bind_cameras("strict");
	expect("cam", SPEC(.smac = STRANGER, .src = "10.10.0.5", NTP), FB_DROP_SPOOF);
	CHECK(rig_events(&rig) == 1 && rig.heard.v[0].kind == FB_EVENT_DROP, "%zu events", rig.heard.n);
}

static void binding_goes_before_quarantine_and_the_verdict(void)
{
	struct fb_quarantine_key key = { .prefixlen = 64, .family = 4, .address = { 10, 20, 0, 6 } };
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine"));
	__u32 value = 1;

	bind_cameras("strict");
	bpf_map_update_elem(fd, &key, &value, 0);
	rig.switches->quarantines = 1;
	says(CAMERA, "10.20.0.6", FB_DROP_BINDING, FB_BINDING_FOREIGN_IP);
	expect("cam", SPEC(.smac = NEIGHBOUR, .src = "10.20.0.6", NTP), FB_DROP_QUARANTINED);
	bpf_map_delete_elem(fd, &key);
	rig.switches->quarantines = 0;
	expect("cam", SPEC(.smac = STRANGER, .src = "10.20.0.6", .dst = "10.10.0.5", .tcp = SYN),
	       FB_DROP_BINDING);
}

static void another_zone_is_not_asked(void)
{
	bind_cameras("strict");
	expect("sig",
	       SPEC(.smac = STRANGER, .src = "10.10.0.5", .dst = "10.30.0.10", .sport = 7, .dport = 8080),
	       FB_PASSED);
}

static struct fb_device_seen seen(const char *mac, const char *address)
{
	int fd = bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_devices")), family;
	struct fb_device_key key = { .zone = (__u8)rig_zone(&rig, "cam") };
	struct fb_device_seen value = { 0 };
	unsigned int b[6];
	struct fb_ip ip;

	sscanf(mac, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5);
	for (int i = 0; i < 6; i++)
		key.mac[i] = (__u8)b[i];
	fb_ip_parse(address, strlen(address), &family, &ip);
	key.hi = ip.hi;
	key.lo = ip.lo;
	key.family = (__u8)family;
	bpf_map_lookup_elem(fd, &key, &value);
	return value;
}

static void the_inventory_holds_who_was_seen_where_and_when(void)
{
	bind_cameras("strict");
	__u32 tick = (__u32)(rig.runtime->fake_mono_ns >> FB_TICK_SHIFT);

	says(CAMERA, "10.20.0.5", FB_PASSED, FB_BINDING_OK);
	arp(STRANGER, 1, "10.20.0.77", FB_DROP_BINDING, FB_BINDING_UNKNOWN);
	struct fb_device_seen camera = seen(CAMERA, "10.20.0.5"), stranger = seen(STRANGER, "10.20.0.77");

	CHECK(camera.first == tick && camera.last == tick && camera.verdict == FB_BINDING_OK, "%u %u",
	      camera.first, camera.last);
	CHECK(camera.ifindex == rig.port[0].ifindex, "on %u", camera.ifindex);
	CHECK(stranger.last == tick + 1 && stranger.verdict == FB_BINDING_UNKNOWN, "%u %u", stranger.last,
	      stranger.verdict);
	arp(CAMERA, 1, "10.20.0.5", FB_PASSED, FB_BINDING_OK);
	camera = seen(CAMERA, "10.20.0.5");
	CHECK(camera.first == tick && camera.last == tick + 2, "%u %u", camera.first, camera.last);
}

static void arp_is_written_down_in_a_zone_without_binding_too(void)
{
	use_policy("");
	forget_devices();
	rig_events_begin(&rig);
	arp(STRANGER, 1, "10.20.0.77", FB_PASSED, FB_BINDING_OK);
	CHECK(seen(STRANGER, "10.20.0.77").last, "not seen");
}

/* Without an address the MAC alone decides. */
static void a_listed_ethertype_needs_a_declared_mac_in_a_strict_zone(void)
{
	bind_cameras("strict");
	rig_zone_record(&rig, "cam")->ethertype[0] = 0x88cc;
	expect("cam", SPEC(.smac = CAMERA, .ethertype = 0x88cc, .payload = 46), FB_PASSED);
	expect("cam", SPEC(.smac = STRANGER, .ethertype = 0x88cc, .payload = 46), FB_DROP_BINDING);
	bind_cameras("learn");
	rig_zone_record(&rig, "cam")->ethertype[0] = 0x88cc;
	expect("cam", SPEC(.smac = STRANGER, .ethertype = 0x88cc, .payload = 46), FB_PASSED);
}

void claims_binding(void)
{
	RUN_CASE(a_listed_ethertype_needs_a_declared_mac_in_a_strict_zone);
	RUN_CASE(a_declared_device_speaks_in_a_strict_zone);
	RUN_CASE(a_camera_with_its_neighbours_address_is_a_foreign_address);
	RUN_CASE(a_strange_mac_with_a_declared_address_is_a_foreign_mac);
	RUN_CASE(a_mac_that_nobody_declared_is_unknown);
	RUN_CASE(a_forged_arp_reply_is_a_claim_and_goes_nowhere);
	RUN_CASE(a_claim_of_the_gateways_address_is_told_in_a_zone_without_binding_too);
	RUN_CASE(arp_that_speaks_of_another_mac_than_its_own_is_foreign);
	RUN_CASE(neighbour_discovery_claims_are_held_against_the_binding);
	RUN_CASE(a_link_layer_option_may_name_only_the_senders_mac);
	RUN_CASE(link_local_and_unspecified_sources_go_by_the_mac);
	RUN_CASE(learn_reports_and_drops_nothing);
	RUN_CASE(a_live_flow_does_not_carry_a_foreign_mac);
	RUN_CASE(a_device_that_the_next_policy_does_not_declare_ends_with_its_next_packet);
	RUN_CASE(a_spoofed_source_is_spoof_and_not_binding);
	RUN_CASE(binding_goes_before_quarantine_and_the_verdict);
	RUN_CASE(another_zone_is_not_asked);
	RUN_CASE(the_inventory_holds_who_was_seen_where_and_when);
	RUN_CASE(arp_is_written_down_in_a_zone_without_binding_too);
	rig_clock(&rig, 1000, 1900000000);
}

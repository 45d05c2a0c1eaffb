// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the evasion table by BPF_PROG_TEST_RUN on the real object: replay POLICY [BUCKETS] < FRAMES, where FRAMES is what `table.py --frames` prints
 * and BUCKETS the size of the flow table.
 * Each step moves exactly one counter, of the expected reason; what passes goes where it is expected to, and its bytes are those expected.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "rig.h"

struct cases cases;
static struct rig rig;
static __u64 now = 1000;
/* After a wait, one packet to each zone goes the kernel's way, so that the neighbour is confirmed (bpf/lib/forward.h). */
static bool probe_due[FB_ZONES_MAX];

enum { BUCKETS = 4096, LINE = 16384 };

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of text; "-" is none. */
static size_t read_hex(const char *text, __u8 *b, size_t size)
{
	size_t n = 0;

	for (; n < size && hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0; text += 2)
		b[n++] = (__u8)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	return n;
}

static const struct rig_port *port_of(const char *zone)
{
	for (int i = 0; i < RIG_PORTS; i++)
		if (strcmp(rig.port[i].zone, zone) == 0)
			return &rig.port[i];
	return NULL;
}

/* A tag behind the addresses, as a trunk's frames have it. */
static void push_tag(__u8 *b, size_t *len, int vlan)
{
	memmove(b + 16, b + 12, *len - 12);
	b[12] = 0x81;
	b[13] = 0;
	b[14] = (__u8)(vlan >> 8);
	b[15] = (__u8)vlan;
	*len += 4;
}

static void check_bytes(const struct rig_result *r, const __u8 *want, size_t len, const char *where)
{
	size_t i = 0;

	CHECK(r->out_len == len, "%s: %zu bytes leave, expected %zu", where, r->out_len, len);
	while (i < len && i < r->out_len && r->out[i] == want[i])
		i++;
	CHECK(i == len, "%s: byte %zu is %02x, expected %02x", where, i, r->out[i], want[i < len ? i : 0]);
}

/* At the kernel's door, as if XDP had not been there: tc ingress. */
static void run_at_the_door(const struct frame *f, const char *reason)
{
	struct __sk_buff skb = { .ifindex = rig.port[0].ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->b, .data_size_in = (__u32)f->len, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb), .repeat = 1);
	__u64 before = rig_pair_packets(&rig, FB_ZONE_NONE, FB_ZONE_NONE, FB_DROP_UNDECIDED), after;

	CHECK(strcmp(reason, "undecided") == 0, "expected %s, but nothing else can come of it", reason);
	CHECK(!bpf_prog_test_run_opts(rig.tc_in, &opts), "%m");
	CHECK(opts.retval == TC_ACT_SHOT, "action %d", (int)opts.retval);
	after = rig_pair_packets(&rig, FB_ZONE_NONE, FB_ZONE_NONE, FB_DROP_UNDECIDED);
	CHECK(after == before + 1, "undecided moved by %lld", (long long)(after - before));
}

static void run_step(char *text)
{
	char *save = NULL, *at = strtok_r(text, " ", &save), *reason = strtok_r(NULL, " ", &save),
	     *to = strtok_r(NULL, " ", &save), *action = strtok_r(NULL, " ", &save),
	     *hex = strtok_r(NULL, " ", &save), *hex_out = strtok_r(NULL, " \n", &save);
	const struct rig_port *out_port = to ? port_of(*to == '-' ? at : to) : NULL; /* an answer goes back */
	bool trunk = at && strcmp(at, "trunk") == 0;
	static __u8 want[sizeof(((struct frame *)NULL)->b)];
	struct frame f = { 0 };
	size_t want_len;

	if (!hex_out) {
		CHECK(0, "a step of six words is expected");
		return;
	}
	f.len = read_hex(hex, f.b, sizeof(f.b) - 4);
	want_len = read_hex(hex_out, want, sizeof(want) - 4);
	if (strcmp(at, "door") == 0) {
		run_at_the_door(&f, reason);
		return;
	}
	at = trunk ? "vid" : at;
	if (!trunk && port_of(at)->vlan)
		push_tag(f.b, &f.len, port_of(at)->vlan);
	struct rig_result r = rig_xdp(&rig, at, &f);

	CHECK(r.counters == 1, "%u counters moved", r.counters);
	CHECK(strcmp(rig_reason_name(r.reason), reason) == 0, "at %s: expected %s, got %s", at, reason,
	      rig_reason_name(r.reason));
	CHECK(!r.would_drop, "would-drop moved");
	if (strcmp(reason, "passed") == 0)
		CHECK(r.dst_zone == rig_zone(&rig, to), "goes to zone %u", r.dst_zone);
	if (r.action == XDP_PASS && strcmp(action, "redirect") == 0 && probe_due[r.dst_zone]) {
		probe_due[r.dst_zone] = false;
		return;
	}
	CHECK(r.action == (strcmp(action, "drop") == 0	 ? XDP_DROP
			   : strcmp(action, "pass") == 0 ? XDP_PASS
							 : XDP_REDIRECT),
	      "action %d, expected to %s", r.action, action);
	if (!want_len || r.action != XDP_REDIRECT)
		return;
	if (out_port && out_port->vlan)
		push_tag(want, &want_len, out_port->vlan);
	check_bytes(&r, want, want_len, *to == '-' ? at : to);
}

static int quarantine_map(void)
{
	return bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine"));
}

static int quarantine_mac_map(void)
{
	return bpf_map__fd(bpf_object__find_map_by_name(rig.object, "fb_quarantine_mac"));
}

/* A MAC address into the quarantine or out of it; false if the text is none. */
static bool quarantine_mac(const char *text, bool on)
{
	struct fb_mac_key key = { 0 };
	__u32 value = 1;
	char end;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &key.mac[0], &key.mac[1], &key.mac[2],
		   &key.mac[3], &key.mac[4], &key.mac[5], &end) != 6)
		return false;
	if (on)
		CHECK(!bpf_map_update_elem(quarantine_mac_map(), &key, &value, 0), "%m");
	else
		bpf_map_delete_elem(quarantine_mac_map(), &key);
	rig.switches->quarantined_macs = on;
	return true;
}

/* PREFIX of either family, or a MAC address, into the quarantine or out of it. */
static void quarantine(const char *prefix, bool on)
{
	struct fb_quarantine_key key = { 0 };
	char address[64] = { 0 };
	__u32 value = 1, length = 0;

	if (quarantine_mac(prefix, on))
		return;
	if (sscanf(prefix, "%63[^/]/%u", address, &length) != 2) {
		CHECK(0, "\"%s\" is no prefix", prefix);
		return;
	}
	key.family = strchr(address, ':') ? 6 : 4;
	key.prefixlen = 32 + length;
	inet_pton(key.family == 6 ? AF_INET6 : AF_INET, address, key.address);
	if (on)
		CHECK(!bpf_map_update_elem(quarantine_map(), &key, &value, 0), "%m");
	else
		bpf_map_delete_elem(quarantine_map(), &key);
	rig.switches->quarantines = on;
}

static void release_all(void)
{
	struct fb_quarantine_key key;
	struct fb_mac_key mac;

	memset(rig.switches, 0, sizeof(*rig.switches));
	while (!bpf_map_get_next_key(quarantine_map(), NULL, &key))
		bpf_map_delete_elem(quarantine_map(), &key);
	while (!bpf_map_get_next_key(quarantine_mac_map(), NULL, &mac))
		bpf_map_delete_elem(quarantine_mac_map(), &mac);
}

/* cut ZONE ZONE, join ZONE ZONE, quarantine PREFIX | MAC, release PREFIX | MAC */
static void turn_switch(char *text)
{
	char *save = NULL, *what = strtok_r(text, " \n", &save), *one = strtok_r(NULL, " \n", &save),
	     *two = strtok_r(NULL, " \n", &save);

	if (what && one && (strcmp(what, "quarantine") == 0 || strcmp(what, "release") == 0)) {
		quarantine(one, *what == 'q');
		return;
	}
	if (!what || !two || (strcmp(what, "cut") && strcmp(what, "join"))) {
		CHECK(0, "no such switch");
		return;
	}
	unsigned int a = rig_zone(&rig, one), b = rig_zone(&rig, two);

	rig.switches->cut[a] = *what == 'c' ? 1ull << b : 0;
	rig.switches->cut[b] = *what == 'c' ? 1ull << a : 0;
}

static void finish(const char *name)
{
	if (!*name)
		return;
	cases.broken ? cases.failed++ : cases.passed++;
	printf("%sok %u - %s\n", cases.broken ? "not " : "", cases.passed + cases.failed, name);
}

static char *read_policy(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (!n) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	static char line[LINE], name[256];

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: replay POLICY [BUCKETS] < FRAMES\n");
		return 2;
	}
	rig_open(&rig, argc == 3 ? strtoull(argv[2], NULL, 10) : BUCKETS);
	if (!rig_policy(&rig, read_policy(argv[1])))
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, "case ", 5) == 0) {
			finish(name);
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 5, "\n"), line + 5);
			cases.broken = 0;
			rig_flush_flows(&rig);
			release_all();
		} else if (strncmp(line, "wait ", 5) == 0) {
			rig_clock(&rig, now += strtoull(line + 5, NULL, 10), 1900000000);
			memset(probe_due, 1, sizeof(probe_due));
		} else if (strncmp(line, "switch ", 7) == 0) {
			turn_switch(line + 7);
		} else if (strncmp(line, "step ", 5) == 0) {
			run_step(line + 5);
		}
	}
	finish(name);
	rig_close(&rig);
	return CASES_END();
}

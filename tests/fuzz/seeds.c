// SPDX-License-Identifier: GPL-2.0-only
/* Writes what fuzzing begins with into FOLDER/packet and FOLDER/state: frames of every kind, and files as the agent writes them. */
#include <stdio.h>
#include <string.h>

#include "agent/bundle.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "frame.h"

static const char *folder;

static void put(const char *kind, unsigned int n, const void *data, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%u", folder, kind, n);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static const __u8 hop_by_hop[] = { 60, 0, 5, 2, 0, 0, 1, 0, 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 7 };
static const __u8 record_route[] = { 7, 7, 4, 0, 0, 0, 0, 0 };

static const struct frame_spec frames[] = {
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .sport = 4000, .dport = 22, .tcp = 2, .scale = 8 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .sport = 4000, .dport = 22, .tcp = 16, .payload = 20 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .sport = 4000, .dport = 53, .vlan = 7, .payload = 4 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .sport = 4000, .dport = 53, .vlan = 7, .vlan2 = 8 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .proto = 1, .icmp_type = 8, .icmp_id = 9 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .proto = 1, .icmp_type = 3, .icmp_code = 4, .payload = 28 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .dport = 9, .frag = 0x2000, .payload = 24 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .dport = 9, .frag = 0x0004, .payload = 24 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .dport = 9, .options = record_route, .options_len = 8 },
	{ .src = "10.0.0.1", .dst = "10.1.0.1", .proto = 132, .payload = 12 },
	{ .src = "2001:db8::1", .dst = "2001:db8:1::1", .dport = 22, .tcp = 2, .scale = 3 },
	{ .src = "2001:db8::1", .dst = "2001:db8:1::1", .proto = 58, .icmp_type = 128, .payload = 8 },
	{ .src = "2001:db8::1", .dst = "2001:db8:1::1", .proto = 58, .icmp_type = 2, .payload = 48 },
	{ .src = "2001:db8::1",
	  .dst = "2001:db8:1::1",
	  .dport = 22,
	  .tcp = 2,
	  .options = hop_by_hop,
	  .options_len = sizeof(hop_by_hop) },
	{ .ethertype = 0x88cc, .payload = 40 },
};

/* The first byte: what state.c takes it for. */
static const char *const states[] = {
	"\1{\"root\":\"a.fb\",\"catalogue\":\"\",\"reason\":\"r\",\"who\":\"w\",\"files\":[{\"path\":\"a."
	"fb\",\"text\":\"zone a { interface eth1 network any }\\n\"}]}",
	"\2run-dir /run/x\nflows 100000\nmanagement eth8\nrescue eth0 10.99.0.0/24 22\ngeneric yes\nmetrics "
	"[::1]:9456\n",
	"\3{\"schema\":\"firebreak.switches/"
	"1\",\"isolations\":[{\"plan\":\"p\",\"who\":\"w\",\"reason\":\"r\",\"since\":1,\"cuts\":[]}],"
	"\"quarantines\":[]}",
	"\4{\"schema\":\"firebreak.accesses/1\",\"boot\":\"x\",\"accesses\":[]}",
	"\5generation 7\nprevious 6\ndeadline 123456789\nboot 0f0e0d0c-0000-0000-0000-000000000000\n",
	"\6"
	"7\n",
	"\7{\"schema\":\"firebreak.devices/"
	"1\",\"devices\":[{\"zone\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"ip\":\"10.0.0.1\",\"first\":1,"
	"\"last\":2}]}",
	"\10{\"hash\":\"00\",\"n\":1,\"prev\":\"\",\"what\":\"apply\"}\n",
};

static void put_bundle(unsigned int n)
{
	json_t *body = json_loads(states[0] + 1, 0, NULL);
	struct fb_bundle bundle = { 0 };
	struct fb_error err = { 0 };
	fb_autostrbuf struct fb_strbuf seed = { 0 };
	fb_autofree char *text = NULL;

	if (!body || fb_bundle_from_request(body, &bundle, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	text = fb_bundle_encode(&bundle, NULL);
	fb_strbuf_addn(&seed, "", 1);
	fb_strbuf_add(&seed, text);
	put("state", n, seed.s, seed.len);
	fb_bundle_done(&bundle);
	json_decref(body);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	for (unsigned int i = 0; i < FB_ARRAY_SIZE(frames); i++) {
		struct frame f;

		frame_build(&f, &frames[i]);
		put("packet", i, f.b, f.len);
	}
	for (unsigned int i = 0; i < FB_ARRAY_SIZE(states); i++)
		put("state", i, states[i], strlen(states[i]));
	put_bundle(FB_ARRAY_SIZE(states));
	return 0;
}

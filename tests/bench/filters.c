// SPDX-License-Identifier: GPL-2.0-only
#include "filters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct reader {
	const char *path;
	unsigned int line;
	const char *at; /* what is still to be read of the line */
};

/* What stands there, up to the next tab. */
static _Noreturn void refuse(const struct reader *r, const char *why)
{
	const char *at = r->at + strspn(r->at, " \t");
	int len = (int)strcspn(at, "\t\r\n");

	if (!len)
		fprintf(stderr, "bench_rules: %s:%u: the line ends too early, %s\n", r->path, r->line, why);
	else
		fprintf(stderr, "bench_rules: %s:%u: \"%.*s\"%s: %s\n", r->path, r->line, len < 40 ? len : 40,
			at, len < 40 ? "" : "...", why);
	exit(1);
}

/* n bytes were understood; a blank or the end must follow. 0: none were. */
static void advance(struct reader *r, int n, const char *why)
{
	if (!n || !strchr(" \t\r\n", r->at[n])) /* which finds the final zero as well */
		refuse(r, why);
	r->at += n;
}

static struct side read_side(struct reader *r, const char *why)
{
	char addr[16], len[3];
	struct side s = { 0 };
	struct in_addr in;
	int n = 0;

	if (sscanf(r->at, " %15[0-9.]/%2[0-9]%n", addr, len, &n) == 2)
		s.len = (unsigned int)atoi(len);
	if (!n || s.len > 32 || inet_pton(AF_INET, addr, &in) != 1)
		refuse(r, why);
	advance(r, n, why);
	s.addr = ntohl(in.s_addr);
	return s;
}

static void read_ports(struct reader *r, unsigned int ret[2])
{
	static const char why[] = "a range of ports is \"LOW : HIGH\", 0 to 65535";
	const struct reader begin = *r;
	char low[6], high[6];
	int n = 0;

	sscanf(r->at, " %5[0-9] : %5[0-9]%n", low, high, &n);
	advance(r, n, why);
	ret[0] = (unsigned int)atoi(low);
	ret[1] = (unsigned int)atoi(high);
	if (ret[0] > 65535 || ret[1] > 65535)
		refuse(&begin, why);
	if (ret[0] > ret[1])
		refuse(&begin, "the range of ports runs backwards");
}

static unsigned int read_proto(struct reader *r)
{
	static const char why[] = "a protocol is 0xNN/0xFF, or 0x00/0x00 for any";
	const struct reader begin = *r;
	char proto[3], mask[3];
	int n = 0;

	sscanf(r->at, " 0x%2[0-9a-fA-F]/0x%2[0-9a-fA-F]%n", proto, mask, &n);
	advance(r, n, why);

	unsigned long bits = strtoul(mask, NULL, 16);

	if (bits && bits != 255)
		refuse(&begin, why);
	return bits ? (unsigned int)strtoul(proto, NULL, 16) : PROTO_ANY;
}

static struct rule read_filter(struct reader *r)
{
	static const char why[] = "a filter begins with @ and the source, an IPv4 prefix";
	struct rule rule;
	int n = 0;

	if (*r->at != '@')
		refuse(r, why);
	r->at++;
	rule.src = read_side(r, why);
	rule.dst = read_side(r, "the destination is an IPv4 prefix");
	read_ports(r, rule.sport);
	read_ports(r, rule.dport);
	rule.proto = read_proto(r);
	sscanf(r->at, " 0x%*4[0-9a-fA-F]/0x%*4[0-9a-fA-F]%n", &n);
	r->at += n;
	if (r->at[strspn(r->at, " \t\r\n")])
		refuse(r, "nothing but TCP flags, 0xNNNN/0xNNNN, may follow the protocol");
	return rule;
}

void filters_read(const char *path, struct rules *ret)
{
	fb_autofclose FILE *in = fopen(path, "re");
	fb_autofree char *line = NULL;
	struct reader r = { .path = path };
	size_t size = 0;

	while (in && getline(&line, &size, in) >= 0) {
		r.line++;
		r.at = line + strspn(line, " \t");
		if (!strchr("#\r\n", *r.at))
			fb_vec_add(ret, read_filter(&r));
	}
	if (!in || ferror(in))
		fprintf(stderr, "bench_rules: %s: %m\n", path);
	else if (!ret->n)
		fprintf(stderr, "bench_rules: %s: there is no filter in it\n", path);
	else
		return;
	exit(1);
}

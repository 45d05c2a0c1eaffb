// SPDX-License-Identifier: GPL-2.0-only
/* end FLOW: as `flows` prints it ("tcp 10.20.4.12:40000 10.30.0.10:554"), or with ports as words of their own. */
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

#include "base/inet.h"
#include "cli/act.h"
#include "cli/live.h"
#include "cli/output.h"
#include "cli/verbs.h"

enum { WORDS_MAX = 5, NO_PORT = 65536 };

/* The words of all arguments; a whole row of `flows` in quotes is one argument, and its other columns are left out. */
static size_t split(const struct fb_call *call, char *words[WORDS_MAX])
{
	size_t n = 0;

	for (unsigned int i = 0; i < call->n_args; i++)
		for (char *word = strtok(call->args[i], " \t"); word && n < WORDS_MAX;
		     word = strtok(NULL, " \t"))
			words[n++] = word;
	return n;
}

static bool read_proto(const char *word, unsigned int *ret)
{
	static const struct {
		const char *name;
		unsigned int number;
	} names[] = { { "tcp", IPPROTO_TCP },
		      { "udp", IPPROTO_UDP },
		      { "icmp", IPPROTO_ICMP },
		      { "icmpv6", IPPROTO_ICMPV6 },
		      { "sctp", IPPROTO_SCTP } };
	char *rest;

	for (size_t i = 0; i < FB_ARRAY_SIZE(names); i++)
		if (!strcmp(word, names[i].name)) {
			*ret = names[i].number;
			return true;
		}
	if (!strncmp(word, "ip/", 3))
		word += 3;
	*ret = (unsigned int)strtoul(word, &rest, 10);
	return isdigit((unsigned char)*word) && !*rest && *ret < 256;
}

static bool read_port(const char *word, unsigned int *ret)
{
	char *rest;

	*ret = (unsigned int)strtoul(word, &rest, 10);
	return isdigit((unsigned char)*word) && !*rest && *ret < 65536;
}

/* "10.20.4.12:554", "[2001:db8::1]:554", "10.20.4.12", "2001:db8::1": the address stays in word, its end cut off. */
static bool read_endpoint(char *word, char **ret_address, unsigned int *ret_port)
{
	char *end = word[0] == '[' ? strchr(word, ']') : strchr(word, ':');
	struct fb_ip ip;
	int family;

	*ret_address = word;
	*ret_port = NO_PORT;
	if (word[0] == '[' && end) {
		*ret_address = word + 1;
		*end++ = 0;
	} else if (end && strchr(end + 1, ':')) { /* an IPv6 address without a port */
		end = NULL;
	}
	if (end && *end == ':') {
		*end = 0;
		if (!read_port(end + 1, ret_port))
			return false;
	}
	return fb_ip_parse(*ret_address, strlen(*ret_address), &family, &ip) == 0;
}

/* NULL = it is no flow. */
static json_t *read_flow(char **words, size_t n)
{
	/* a row goes on with the zones: "cctv", "->" */
	bool apart = n >= 5 && read_port(words[2], &(unsigned int){ 0 }) &&
		     read_port(words[4], &(unsigned int){ 0 });
	unsigned int proto, sport, dport;
	char *src, *dst;

	if (n < 3 || !read_proto(words[0], &proto) || !read_endpoint(words[1], &src, &sport) ||
	    !read_endpoint(words[apart ? 3 : 2], &dst, &dport))
		return NULL;
	if (apart) {
		read_port(words[2], &sport);
		read_port(words[4], &dport);
	}
	if (sport == NO_PORT || dport == NO_PORT) {
		if (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP)
			return NULL;
		sport = dport = 0;
	}
	return json_pack("{si ss si ss si}", "proto", (int)proto, "src", src, "sport", (int)sport, "dst", dst,
			 "dport", (int)dport);
}

int fb_cmd_end(const struct fb_call *call)
{
	FB_CLEANUP(json_decrefp) json_t *answer = NULL;
	char *words[WORDS_MAX] = { 0 };
	size_t n = split(call, words);
	json_t *flow = read_flow(words, n);
	int r;

	if (!flow) {
		fb_complain("a flow is written as \"firebreak flows\" prints it: end tcp 10.20.4.12:40000 "
			    "10.30.0.10:554");
		return FB_EXIT_USAGE;
	}
	r = fb_act_post(call, "/v1/end", flow, &answer);
	if (r || call->json)
		return r ? r : fb_json_put(FB_STEAL(answer));
	printf("%lld flow%s ended\n", fb_field_int(answer, "ended"),
	       fb_field_int(answer, "ended") == 1 ? "" : "s");
	return FB_EXIT_OK;
}

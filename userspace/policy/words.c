// SPDX-License-Identifier: GPL-2.0-only
/* Names of numbers, from the IANA registries "ICMP Parameters", "ICMPv6 Parameters" and "Protocol Numbers". */
#include <string.h>

#include "policy/parse.h"

#define ICMP_TYPES(X)                   \
	X("echo-reply", 0)              \
	X("destination-unreachable", 3) \
	X("source-quench", 4)           \
	X("redirect", 5)                \
	X("echo-request", 8)            \
	X("router-advertisement", 9)    \
	X("router-solicitation", 10)    \
	X("time-exceeded", 11)          \
	X("parameter-problem", 12)      \
	X("timestamp-request", 13)      \
	X("timestamp-reply", 14)        \
	X("address-mask-request", 17)   \
	X("address-mask-reply", 18)

#define ICMPV6_TYPES(X)                   \
	X("destination-unreachable", 1)   \
	X("packet-too-big", 2)            \
	X("time-exceeded", 3)             \
	X("parameter-problem", 4)         \
	X("echo-request", 128)            \
	X("echo-reply", 129)              \
	X("mld-query", 130)               \
	X("mld-report", 131)              \
	X("mld-done", 132)                \
	X("router-solicitation", 133)     \
	X("router-advertisement", 134)    \
	X("neighbour-solicitation", 135)  \
	X("neighbour-advertisement", 136) \
	X("redirect", 137)                \
	X("mld2-report", 143)

#define IP_PROTOCOLS(X)  \
	X("icmp", 1)     \
	X("igmp", 2)     \
	X("ipip", 4)     \
	X("tcp", 6)      \
	X("egp", 8)      \
	X("igp", 9)      \
	X("udp", 17)     \
	X("dccp", 33)    \
	X("ipv6", 41)    \
	X("rsvp", 46)    \
	X("gre", 47)     \
	X("esp", 50)     \
	X("ah", 51)      \
	X("icmpv6", 58)  \
	X("eigrp", 88)   \
	X("ospf", 89)    \
	X("etherip", 97) \
	X("pim", 103)    \
	X("ipcomp", 108) \
	X("vrrp", 112)   \
	X("l2tp", 115)   \
	X("isis", 124)   \
	X("sctp", 132)   \
	X("udplite", 136)

#define NAME(name, number)   name,
#define NUMBER(name, number) number,

static const char *const icmp_names[] = { ICMP_TYPES(NAME) };
static const unsigned char icmp_numbers[] = { ICMP_TYPES(NUMBER) };
static const char *const icmpv6_names[] = { ICMPV6_TYPES(NAME) };
static const unsigned char icmpv6_numbers[] = { ICMPV6_TYPES(NUMBER) };
static const char *const protocol_names[] = { IP_PROTOCOLS(NAME) };
static const unsigned char protocol_numbers[] = { IP_PROTOCOLS(NUMBER) };

static int fb_number_by_name(const char *name, const char *const *names, const unsigned char *numbers,
			     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return numbers[i];
	return -1;
}

int fb_icmp_type_by_name(int family, const char *name)
{
	return family == 4
		       ? fb_number_by_name(name, icmp_names, icmp_numbers, FB_ARRAY_SIZE(icmp_names))
		       : fb_number_by_name(name, icmpv6_names, icmpv6_numbers, FB_ARRAY_SIZE(icmpv6_names));
}

int fb_ip_protocol_by_name(const char *name)
{
	return fb_number_by_name(name, protocol_names, protocol_numbers, FB_ARRAY_SIZE(protocol_names));
}

const char *const *fb_icmp_type_names(int family, size_t *ret_n)
{
	*ret_n = family == 4 ? FB_ARRAY_SIZE(icmp_names) : FB_ARRAY_SIZE(icmpv6_names);
	return family == 4 ? icmp_names : icmpv6_names;
}

const char *const *fb_ip_protocol_names(size_t *ret_n)
{
	*ret_n = FB_ARRAY_SIZE(protocol_names);
	return protocol_names;
}

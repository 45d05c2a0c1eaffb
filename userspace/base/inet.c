// SPDX-License-Identifier: GPL-2.0-only
#include "base/inet.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int fb_ip_cmp(struct fb_ip a, struct fb_ip b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

struct fb_ip fb_ip_add(struct fb_ip a, __u64 n)
{
	struct fb_ip r = { .hi = a.hi, .lo = a.lo + n };

	if (r.lo < a.lo)
		r.hi++;
	return r;
}

struct fb_ip fb_ip_dec(struct fb_ip a)
{
	struct fb_ip r = { .hi = a.lo ? a.hi : a.hi - 1, .lo = a.lo - 1 };

	return r;
}

struct fb_ip fb_ip_max(int family)
{
	return family == 4 ? (struct fb_ip){ 0, 0xffffffffu } : (struct fb_ip){ ~0ull, ~0ull };
}

struct fb_ip fb_ip_last(int family, struct fb_ip prefix, unsigned int len)
{
	unsigned int host = (family == 4 ? 32 : 128) - len;

	if (host >= 64) {
		prefix.lo = ~0ull;
		prefix.hi |= host == 128 ? ~0ull : (1ull << (host - 64)) - 1;
	} else if (host) {
		prefix.lo |= (1ull << host) - 1;
	}
	return prefix;
}

unsigned int fb_range_head(int family, struct fb_range r)
{
	unsigned int bits = family == 4 ? 32 : 128;
	unsigned int zeros = r.first.lo	  ? (unsigned int)__builtin_ctzll(r.first.lo)
			     : r.first.hi ? 64 + (unsigned int)__builtin_ctzll(r.first.hi)
					  : 128;
	unsigned int host = zeros < bits ? zeros : bits;

	while (host && fb_ip_cmp(fb_ip_last(family, r.first, bits - host), r.last) > 0)
		host--;
	return bits - host;
}

bool fb_range_prefix(int family, struct fb_range r, unsigned int *ret_len)
{
	unsigned int len = fb_range_head(family, r);

	if (fb_ip_cmp(fb_ip_last(family, r.first, len), r.last) != 0)
		return false;
	*ret_len = len;
	return true;
}

struct fb_ip fb_ip_from_bytes(int family, const void *bytes)
{
	struct fb_ip ip = { 0, 0 };

	if (family == 4) {
		__u32 v;

		memcpy(&v, bytes, 4);
		ip.lo = ntohl(v);
	} else {
		memcpy(&ip, bytes, 16);
		ip.hi = be64toh(ip.hi);
		ip.lo = be64toh(ip.lo);
	}
	return ip;
}

void fb_ip_to_bytes(int family, struct fb_ip ip, void *bytes)
{
	if (family == 4) {
		__u32 v = htonl((__u32)ip.lo);

		memcpy(bytes, &v, 4);
	} else {
		ip.hi = htobe64(ip.hi);
		ip.lo = htobe64(ip.lo);
		memcpy(bytes, &ip, 16);
	}
}

int fb_ip_parse(const char *s, size_t n, int *ret_family, struct fb_ip *ret)
{
	char buf[FB_INET_STRLEN];
	unsigned char bytes[16];
	int family = memchr(s, ':', n) ? 6 : 4;

	if (n == 0 || n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, n);
	buf[n] = 0;
	if (strlen(buf) != n || inet_pton(family == 4 ? AF_INET : AF_INET6, buf, bytes) != 1)
		return -EINVAL;
	*ret_family = family;
	*ret = fb_ip_from_bytes(family, bytes);
	return 0;
}

int fb_mac_parse(const char *s, size_t n, __u8 ret[6])
{
	char digits[13] = { 0 };
	size_t k = 0;

	if (n != 17 && n != 14)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		bool sep = n == 17 ? i % 3 == 2 : i % 5 == 4;

		if (sep) {
			if (n == 17 ? (s[i] != s[2] || (s[i] != ':' && s[i] != '-')) : s[i] != '.')
				return -EINVAL;
			continue;
		}
		if (!isxdigit((unsigned char)s[i]) || k == 12)
			return -EINVAL;
		digits[k++] = s[i];
	}
	if (k != 12)
		return -EINVAL;
	for (int i = 0; i < 6; i++)
		sscanf(digits + 2 * i, "%2hhx", &ret[i]);
	return 0;
}

char *fb_ip_print(int family, struct fb_ip ip, char *buf)
{
	unsigned char bytes[16];

	fb_ip_to_bytes(family, ip, bytes);
	inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, buf, FB_INET_STRLEN);
	return buf;
}

char *fb_mac_print(const __u8 mac[6], char *buf)
{
	snprintf(buf, FB_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

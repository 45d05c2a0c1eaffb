/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses as numbers. An IPv4 address is its 32-bit value in `lo` with hi 0; an IPv6 address is two 64-bit
 * halves; both in host order, so that comparing is ordering. The family is always carried beside it.
 */
#ifndef FB_BASE_INET_H
#define FB_BASE_INET_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct fb_ip {
	__u64 hi, lo;
};
struct fb_range { /* both ends included */
	struct fb_ip first, last;
};

enum { FB_INET_STRLEN = 48, FB_MAC_STRLEN = 18 };

int fb_ip_cmp(struct fb_ip a, struct fb_ip b);
struct fb_ip fb_ip_add(struct fb_ip a, __u64 n);
struct fb_ip fb_ip_dec(struct fb_ip a);
struct fb_ip fb_ip_max(int family); /* the highest address of the family (4 or 6) */
/* The last address of prefix/len. */
struct fb_ip fb_ip_last(int family, struct fb_ip prefix, unsigned int len);
/* True if r is exactly one prefix; *ret_len is its length. */
bool fb_range_prefix(int family, struct fb_range r, unsigned int *ret_len);
/* The largest prefix that begins at r.first and does not go beyond r.last: its length. */
unsigned int fb_range_head(int family, struct fb_range r);

/* Text to number. n bytes, no NUL needed. Returns 0, or -EINVAL. Strict: no leading zeros, no blanks, no zone index. */
int fb_ip_parse(const char *s, size_t n, int *ret_family, struct fb_ip *ret);
/* aa:bb:cc:dd:ee:ff, aa-bb-.., aabb.ccdd.eeff. */
int fb_mac_parse(const char *s, size_t n, __u8 ret[6]);
/* buf holds FB_INET_STRLEN (FB_MAC_STRLEN) bytes; returns buf. IPv6 as in RFC 5952. */
char *fb_ip_print(int family, struct fb_ip ip, char *buf);
char *fb_mac_print(const __u8 mac[6], char *buf);
/* Network-order bytes (4 or 16) from and to numbers. */
struct fb_ip fb_ip_from_bytes(int family, const void *bytes);
void fb_ip_to_bytes(int family, struct fb_ip ip, void *bytes);

#endif

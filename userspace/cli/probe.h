/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what people name (a device, an address, self; a service) to packets that can be judged. A question has as many packets
 * as it has families and items: ping is two, web is three.
 */
#ifndef FB_CLI_PROBE_H
#define FB_CLI_PROBE_H

#include "cli/load.h"

struct fb_endpoint {
	const char *name; /* as typed */
	bool self;
	const struct fb_device *device; /* NULL = an address */
	struct {
		int family;
		struct fb_ip ip;
	} v[2]; /* at most one a family */
	unsigned int n;
};

struct fb_probe {
	struct fb_packet packet;
	char service[48]; /* "tcp/22" */
	bool range;	  /* one of the many packets of a named service's item */
};
struct fb_probes {
	struct FB_VEC(struct fb_probe) v;
};

/* A device, an address or "self". -EINVAL with a sentence that says what else was meant. */
int fb_endpoint_find(const struct fb_ruleset *rs, const char *name, struct fb_endpoint *ret,
		     struct fb_error *err);
/* "cam-0412 (10.20.4.12)"; only the address if that is what was typed. */
void fb_endpoint_print(const struct fb_endpoint *e, int family, struct fb_ip ip, struct fb_strbuf *out);

/*
 * All packets that begin `service` from one to the other. zone NULL = the one that owns the source; for what the gateway sends to a group, a broadcast or a link-local address each in turn. own gets made-up gateway
 * addresses where it has none and one is needed; each is told in assumed. A range that is asked for by itself is refused: it is not one connection.
 */
int fb_probes_make(const struct fb_policy *policy, const struct fb_endpoint *from,
		   const struct fb_endpoint *to, const char *service, const struct fb_zone *zone,
		   struct fb_own *own, struct fb_strbuf *assumed, struct fb_probes *ret,
		   struct fb_error *err);

/* The zone that owns an address (S2); NULL = none. */
const struct fb_zone *fb_zone_of_ip(const struct fb_ruleset *rs, int family, struct fb_ip ip);

#endif

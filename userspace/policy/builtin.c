// SPDX-License-Identifier: GPL-2.0-only
#include "policy/builtin.h"

#include <netinet/in.h>

bool fb_builtin_is(const struct fb_ruleset *rs, const struct fb_packet *k, const struct fb_answer *answer)
{
	enum { MLD_REPORT = 131, MLD_DONE, RS, RA, NS, NA, MLD2_REPORT = 143 };
	unsigned int type = k->dport >> 8;

	if (k->proto != IPPROTO_ICMPV6)
		return false;
	if (k->zone == FB_ZONE_SELF)
		return k->out_zone && !fb_answer_into_wire(rs, k, answer) &&
		       (type == MLD_REPORT || type == MLD_DONE || (type >= RS && type <= NA) ||
			type == MLD2_REPORT);
	return k->zone && answer->reason != FB_DROP_SPOOF && answer->reason != FB_DROP_BINDING &&
	       (type == NS || type == NA || (type == RS && !k->wire_zone));
}

void fb_builtin_judge(const struct fb_packet *k, struct fb_answer *answer)
{
	bool group = k->dst.hi >> 56 == 0xff;

	answer->line = -1;
	answer->copies = 0;
	answer->reason = FB_PASSED;
	if (k->zone == FB_ZONE_SELF)
		return;
	if (k->wire_zone) {
		if (answer->dst_zone != k->wire_zone)
			answer->reason = FB_DROP_ROUTE_MISMATCH;
	} else if (group) {
		answer->dst_zone = FB_ZONE_SELF;
	} else if (answer->dst_zone != FB_ZONE_SELF) {
		answer->dst_zone = FB_ZONE_NONE;
		answer->reason = FB_DROP_SCOPE;
	}
}

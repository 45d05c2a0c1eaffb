// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a frame, through the parser of the data plane compiled natively. The frame ends where its memory ends, so what is read behind
 * it is found; the verifier proves the same for BPF, but not that the offsets left behind are right.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "pkt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fb_autofree __u8 *frame = malloc(size ? size : 1);
	struct fb_pkt pkt = { 0 };

	memcpy(frame, data, size);
	if (fb_parse(&pkt, frame, frame + size, (__u32)size) != FB_NEXT || !pkt.family)
		return 0;
	if (pkt.l3 + pkt.ip_len > size || pkt.l4 < pkt.l3 + 20u || pkt.l4 + pkt.left > size)
		abort(); /* forwarding and limits believe these */
	if ((pkt.flags & FB_PKT_LATER) && (pkt.sport || pkt.dport || pkt.cport))
		abort(); /* a later fragment has no ports */
	if (fb_has_ports(pkt.proto) && !(pkt.flags & FB_PKT_LATER) && pkt.cport != pkt.dport)
		abort();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One interface as `doctor` sees it: plain data, read from the kernel by doctor_iface.c and judged by doctor_judge.c and
 * doctor_offloads.c, which a test can give anything. (Not for files that use the policy tree, whose names and those of net/net.h exclude each other.)
 */
#ifndef FB_CLI_DOCTOR_CARD_H
#define FB_CLI_DOCTOR_CARD_H

#include "cli/doctor.h"
#include "net/net.h"

enum fb_card_program { FB_CARD_NONE, FB_CARD_OURS, FB_CARD_FOREIGN, FB_CARD_UNKNOWN };

struct fb_doctor_card {
	char name[IF_NAMESIZE];
	char refusal[256]; /* why it can be no policy interface, "" = it can */
	enum fb_link_kind kind;
	bool up, running;
	__u32 mtu;
	int driver_error; /* its driver could not be asked */
	struct fb_net_driver driver;
	char peer[IF_NAMESIZE]; /* veth: the other end, "" = in another namespace */
	struct fb_net_driver peer_driver;
	enum fb_card_program program;
	struct fb_net_attached attached;
	const char *bond_mode;			      /* bonds */
	struct FB_VEC(struct fb_doctor_card) members; /* of a bond; these have none */
	bool trunk;				      /* the policy has zones on its tags, or might have */
	bool kernel_frags; /* the kernel is 6.4 or later: more drivers take frames of several buffers */
	/* The other end of its wire. */
	char wire[IF_NAMESIZE];
	bool wire_there, wire_running;
	__u32 wire_mtu;
};

void fb_doctor_judge(struct fb_findings *list, const struct fb_doctor_card *card);
/* Driver and offloads, for judge. */
void fb_doctor_offloads(struct fb_findings *list, const struct fb_doctor_card *card);

/* Is this filter one of the two that firebreak attaches? */
bool fb_doctor_filter_is_ours(const struct fb_net_filter *filter);

#endif

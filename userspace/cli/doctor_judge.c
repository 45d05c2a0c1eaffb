// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with an interface, why it matters, and the command that mends it. Pure. */
#include <stdio.h>
#include <string.h>

#include "cli/doctor_card.h"

static void judge_link(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64], advice[128];

	snprintf(what, sizeof(what), "%s link", card->name);
	if (!card->up) {
		snprintf(advice, sizeof(advice), "ip link set dev %s up", card->name);
		fb_finding_add(list, FB_HEALTH_WARN, what, advice, "down: nothing passes on it");
	} else if (!card->running) {
		snprintf(advice, sizeof(advice), "the cable and the other end: ethtool %s", card->name);
		fb_finding_add(list, FB_HEALTH_WARN, what, advice, "no carrier: nothing passes on it");
	}
}

static void judge_wire(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64], advice[128];

	if (!card->wire[0])
		return;
	snprintf(what, sizeof(what), "%s wire", card->name);
	if (!card->wire_there) {
		fb_finding_add(list, FB_HEALTH_FAIL, what, "plug it in, or correct the name in the policy",
			       "its other end, %s, does not exist: both are closed", card->wire);
	} else if (card->mtu != card->wire_mtu) {
		snprintf(advice, sizeof(advice), "ip link set dev %s mtu %u",
			 card->mtu > card->wire_mtu ? card->name : card->wire,
			 card->mtu > card->wire_mtu ? card->wire_mtu : card->mtu);
		fb_finding_add(list, FB_HEALTH_FAIL, what, advice,
			       "MTU %u here and %u on %s: large frames would be lost without a word, and "
			       "apply refuses it",
			       card->mtu, card->wire_mtu, card->wire);
	} else if (card->running != card->wire_running) {
		snprintf(advice, sizeof(advice), "the cable of %s: ethtool %s",
			 card->running ? card->wire : card->name, card->running ? card->wire : card->name);
		fb_finding_add(list, FB_HEALTH_WARN, what, advice,
			       "only one end has carrier: the host behind %s believes that it is connected",
			       card->running ? card->name : card->wire);
	} else {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "with %s, MTU %u", card->wire, card->mtu);
	}
}

static void judge_program(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64], advice[128];

	list->ours += card->program == FB_CARD_OURS;
	list->unknown += card->program == FB_CARD_UNKNOWN;
	snprintf(what, sizeof(what), "%s XDP", card->name);
	snprintf(advice, sizeof(advice), "ip link set dev %s xdp%s off, or by the tool that attached it",
		 card->name, card->attached.xdp_generic ? "generic" : "");
	if (card->program == FB_CARD_FOREIGN)
		fb_finding_add(list, FB_HEALTH_FAIL, what, advice,
			       "program %u of somebody else runs there, and the agent takes nobody's place",
			       card->attached.xdp_id);
	else if (card->program == FB_CARD_UNKNOWN)
		fb_finding_add(list, FB_HEALTH_WARN, what, "run doctor as root to see whose it is",
			       "program %u runs there", card->attached.xdp_id);
	else if (card->program == FB_CARD_OURS && card->attached.xdp_generic)
		fb_finding_add(list, FB_HEALTH_WARN, what, "use a card whose driver has native XDP",
			       "generic: slow, and it can be lost to other software of the kernel");
	else if (card->program == FB_CARD_OURS)
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "firebreak, native");
}

bool fb_doctor_filter_is_ours(const struct fb_net_filter *filter)
{
	const char *name = filter->egress ? "fb_tc_out:" : "fb_tc_in:";

	return filter->priority == 1 && filter->handle == 1 && !strcmp(filter->kind, "bpf") &&
	       !strncmp(filter->name, name, strlen(name));
}

static void judge_foreign(struct fb_findings *list, const struct fb_doctor_card *card,
			  const struct fb_net_filter *f)
{
	const char *way = f->egress ? "egress" : "ingress";
	char what[64], advice[128];

	snprintf(what, sizeof(what), "%s tc %s", card->name, way);
	snprintf(advice, sizeof(advice), "tc filter del dev %s %s pref %u", card->name, way, f->priority);
	if (f->priority <= 1)
		fb_finding_add(list, FB_HEALTH_FAIL, what, advice,
			       "a %s filter %s%sof somebody else at priority %u decides before firebreak's",
			       f->kind, f->name, f->name[0] ? " " : "", f->priority);
	else
		fb_finding_add(list, FB_HEALTH_WARN, what, advice,
			       "a %s filter %s%sof somebody else at priority %u changes or drops what "
			       "firebreak lets "
			       "through",
			       f->kind, f->name, f->name[0] ? " " : "", f->priority);
}

/* The kernel's way is fenced by both filters; without one of them packets that the kernel forwards are not judged. */
static void judge_filters(struct fb_findings *list, const struct fb_doctor_card *card)
{
	bool in = false, out = false;
	char what[64];

	for (size_t i = 0; i < card->attached.filters.n; i++) {
		const struct fb_net_filter *f = &card->attached.filters.v[i];

		if (!fb_doctor_filter_is_ours(f))
			judge_foreign(list, card, f);
		else if (f->egress)
			out = true;
		else
			in = true;
	}
	if (card->program != FB_CARD_OURS)
		return;
	snprintf(what, sizeof(what), "%s tc", card->name);
	if (in && out)
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "both filters of firebreak are there");
	else
		fb_finding_add(list, FB_HEALTH_FAIL, what,
			       "a live agent puts it back within a second: systemctl restart firebreakd",
			       "%s missing: what the kernel itself forwards and sends is not judged",
			       !card->attached.clsact ? "qdisc clsact is"
			       : in		      ? "the egress filter is"
			       : out		      ? "the ingress filter is"
						      : "both filters are");
}

/* A member carries the bond's program and shows none: whatever it shows is somebody else's, and the bond cannot be attached. */
static void judge_member(struct fb_findings *list, const struct fb_doctor_card *bond,
			 const struct fb_doctor_card *member)
{
	struct fb_doctor_card m = *member;

	m.trunk = bond->trunk;
	if (!m.up || !m.running)
		judge_link(list, &m);
	judge_program(list, &m);
	fb_doctor_offloads(list, &m);
}

static void judge_bond(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64], advice[128];

	snprintf(what, sizeof(what), "%s bond", card->name);
	if (card->members.n < 2) {
		snprintf(advice, sizeof(advice), "ip link set dev CARD master %s", card->name);
		fb_finding_add(list, FB_HEALTH_WARN, what, advice,
			       "mode %s, with %s: nothing takes over when a cable goes", card->bond_mode,
			       card->members.n ? "one member" : "no members");
	} else {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "mode %s, %zu members", card->bond_mode,
			       card->members.n);
	}
	for (size_t i = 0; i < card->members.n; i++)
		judge_member(list, card, &card->members.v[i]);
}

void fb_doctor_judge(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64];

	if (card->refusal[0]) {
		snprintf(what, sizeof(what), "%s kind", card->name);
		fb_finding_add(list, FB_HEALTH_FAIL, what,
			       card->kind == FB_LINK_BRIDGE ? "for each PORT of it: ip link set PORT "
							      "nomaster; in the policy: interface PORT"
							    : "name in the policy what the sentence says",
			       "%s", card->refusal);
		return;
	}
	judge_link(list, card);
	if (card->kind == FB_LINK_BOND)
		judge_bond(list, card);
	else
		fb_doctor_offloads(list, card);
	judge_wire(list, card);
	judge_program(list, card);
	judge_filters(list, card);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The driver of an interface: native XDP, and what it does to frames before XDP sees them. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor_card.h"

/* Drivers with native XDP and redirect in 6.1. Others get a warning, not a refusal: the agent tries, and it knows. */
static const char *const native[] = {
	"veth",	   "virtio_net", "ixgbe",   "ixgbevf", "i40e",	    "ice",     "igb",	  "igc",
	"mlx4_en", "mlx5_core",	 "bnxt_en", "ena",     "nfp",	    "qede",    "sfc",	  "thunder_nicvf",
	"dpaa2",   "mvneta",	 "mvpp2",   "stmmac",  "hv_netvsc", "tun",     "vmxnet3", "fec",
	"cpsw",	   "gve",	 "mana",    "tsnep",   "atlantic",  "st_gmac",
};
/* Those that run XDP on frames of several buffers: in 6.1, and from 6.4. */
static const char *const frags[] = { "veth", "mvneta", "mlx5_core", "bnxt_en" };
static const char *const frags_later[] = { "ice", "i40e", "virtio_net" };

/* A page without headroom and tail: what a frame in one buffer may have. */
enum { MTU_OF_ONE_BUFFER = 3498 };

static bool is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static void judge_driver(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64];

	snprintf(what, sizeof(what), "%s driver", card->name);
	if (card->driver_error)
		fb_finding_add(list, FB_HEALTH_WARN, what,
			       "only Ethernet devices with native XDP can be zone interfaces",
			       "none told: %s", strerror(-card->driver_error));
	else if (is_in(native, FB_ARRAY_SIZE(native), card->driver.name))
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "%s: native XDP", card->driver.name);
	else
		fb_finding_add(
			list, FB_HEALTH_WARN, what,
			"use another card (virtio_net, ixgbe, i40e, ice, igb, igc, mlx5_core have it); "
			"without "
			"native XDP the agent refuses the interface, or is started with --generic (slow)",
			"%s: not known to have native XDP", card->driver.name);
}

/* One offload that must be off here. */
static int judge_one(struct fb_findings *list, const struct fb_doctor_card *card,
		     const struct fb_net_offload *offload, const char *name, const char *why)
{
	char what[64], advice[160];

	if (!offload->known || !offload->on)
		return 0;
	snprintf(what, sizeof(what), "%s offloads", card->name);
	if (offload->fixed)
		snprintf(advice, sizeof(advice), "its driver cannot switch %s off: use another card", name);
	else
		snprintf(advice, sizeof(advice), "ethtool -K %s %s off (an apply does it as well)",
			 card->name, name);
	fb_finding_add(list, offload->fixed ? FB_HEALTH_FAIL : FB_HEALTH_WARN, what, advice, "%s", why);
	return 1;
}

static void judge_receiver(struct fb_findings *list, const struct fb_doctor_card *card)
{
	const struct fb_net_driver *d = &card->driver;
	char what[64];
	int found = 0;

	if (card->driver_error)
		return;
	found += judge_one(list, card, &d->lro, "lro", "lro joins packets before they can be judged");
	found += judge_one(list, card, &d->gro_hw, "rx-gro-hw",
			   "rx-gro-hw joins packets in the card, before they can be judged");
	if (card->trunk)
		found += judge_one(
			list, card, &d->rxvlan, "rxvlan",
			"rxvlan hides VLAN tags from XDP: frames would be judged in the untagged zone");
	snprintf(what, sizeof(what), "%s offloads", card->name);
	if (!found)
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "nothing in the way");
}

/* Of a veth the sender's offloads count: the other end's. */
static void judge_veth(struct fb_findings *list, const struct fb_doctor_card *card)
{
	const struct fb_net_driver *d = &card->peer_driver;
	char what[64], advice[160], fix[48] = "";

	snprintf(what, sizeof(what), "%s other end", card->name);
	if (!card->peer[0]) {
		fb_finding_add(
			list, FB_HEALTH_WARN, what,
			"there, unless it runs XDP too: ethtool -K PEER tx off gro on txvlan off (or frames "
			"vanish, and checksums are wrong)",
			"in another namespace: its offloads cannot be seen from here");
		return;
	}
	if (d->tx_checksum.on)
		strcat(fix, " tx off");
	if (d->gro.known && !d->gro.on)
		strcat(fix, " gro on");
	if (d->txvlan.on)
		strcat(fix, " txvlan off");
	if (!fix[0]) {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "%s: as it must be", card->peer);
		return;
	}
	snprintf(advice, sizeof(advice), "ethtool -K %s%s", card->peer, fix);
	fb_finding_add(list, FB_HEALTH_WARN, what, advice, "%s:%s%s%s", card->peer,
		       d->tx_checksum.on ? " tx leaves checksums half made, and TCP dies once redirected;"
					 : "",
		       d->gro.known && !d->gro.on ? " without gro what is redirected to it is lost;" : "",
		       d->txvlan.on ? " txvlan hides tags from XDP;" : "");
}

static void judge_mtu(struct fb_findings *list, const struct fb_doctor_card *card)
{
	char what[64], advice[160];
	const char *driver = card->driver.name;
	bool takes = is_in(frags, FB_ARRAY_SIZE(frags), driver) ||
		     (card->kernel_frags && is_in(frags_later, FB_ARRAY_SIZE(frags_later), driver));

	if (card->mtu <= MTU_OF_ONE_BUFFER || card->driver_error || card->kind == FB_LINK_BOND)
		return;
	snprintf(what, sizeof(what), "%s jumbo frames", card->name);
	snprintf(advice, sizeof(advice),
		 "ip link set dev %s mtu 1500, if apply refuses it (%u is the most in one buffer)",
		 card->name, MTU_OF_ONE_BUFFER);
	if (takes)
		fb_finding_add(list, FB_HEALTH_OK, what, NULL,
			       "MTU %u: frames of several buffers pass by the kernel's way, at its speed",
			       card->mtu);
	else
		fb_finding_add(list, FB_HEALTH_WARN, what, advice,
			       "MTU %u, and %s is not known to run XDP on frames of several buffers",
			       card->mtu, driver);
}

void fb_doctor_offloads(struct fb_findings *list, const struct fb_doctor_card *card)
{
	judge_driver(list, card);
	if (!card->driver_error && !strcmp(card->driver.name, "veth"))
		judge_veth(list, card);
	else
		judge_receiver(list, card);
	judge_mtu(list, card);
}

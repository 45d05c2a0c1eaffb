// SPDX-License-Identifier: GPL-2.0-only
/* One interface: its driver, what it hides from XDP, what the kernel would do behind our back. Asked by ioctl, which needs no root. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cli/doctor.h"
#include "cli/facts.h"

/* Drivers with native XDP and redirect in 6.1. Others get a warning, not a refusal: the agent tries, and it knows. */
static const char *const native[] = {
	"veth",	   "virtio_net", "ixgbe",   "ixgbevf", "i40e",	    "ice",  "igb",     "igc",
	"mlx4_en", "mlx5_core",	 "bnxt_en", "ena",     "nfp",	    "qede", "sfc",     "thunder_nicvf",
	"dpaa2",   "mvneta",	 "mvpp2",   "stmmac",  "hv_netvsc", "tun",  "vmxnet3", "fec",
	"cpsw",	   "gve",	 "mana",    "tsnep",   "atlantic",  "bond", "st_gmac",
};

static int ethtool(const char *iface, void *command)
{
	fb_autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_data = command };

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

/* A switch of the device; negative = not told. */
static int flag(const char *iface, __u32 command, __u32 mask)
{
	struct ethtool_value value = { .cmd = command };
	int r = ethtool(iface, &value);

	return r < 0 ? r : (value.data & mask) != 0;
}

static void check_veth(struct fb_findings *list, const char *iface, const char *what)
{
	char advice[256];
	int gro = flag(iface, ETHTOOL_GGRO, ~0u);

	snprintf(advice, sizeof(advice),
		 "the other end, unless it runs XDP too, needs: ethtool -K PEER tx off gro on txvlan off (or "
		 "frames "
		 "vanish, and checksums are wrong)");
	fb_finding_add(list, FB_HEALTH_WARN, what, advice,
		       "veth%s: native XDP, and its other end cannot be seen from here",
		       gro == 0 ? ", gro off" : "");
}

/* True if it is a veth: of those the sender's offloads count, not the receiver's. */
static bool check_driver(struct fb_findings *list, const char *iface)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	char what[64];
	int r = ethtool(iface, &info);

	snprintf(what, sizeof(what), "%s driver", iface);
	info.driver[sizeof(info.driver) - 1] = 0;
	if (r < 0) {
		fb_finding_add(list, FB_HEALTH_WARN, what,
			       "only Ethernet devices with native XDP can be zone interfaces",
			       "none told: %s", strerror(-r));
		return false;
	}
	if (!strcmp(info.driver, "veth")) {
		check_veth(list, iface, what);
		return true;
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(native); i++)
		if (!strcmp(native[i], info.driver)) {
			fb_finding_add(list, FB_HEALTH_OK, what, NULL, "%s: native XDP", info.driver);
			return false;
		}
	fb_finding_add(list, FB_HEALTH_WARN, what,
		       "the agent refuses an interface without native XDP, unless its configuration says "
		       "generic (slow)",
		       "%s: not known to have native XDP", info.driver);
	return false;
}

static void check_offloads(struct fb_findings *list, const char *iface)
{
	char what[64], advice[128];
	int lro = flag(iface, ETHTOOL_GFLAGS, ETH_FLAG_LRO),
	    vlan = flag(iface, ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN);

	snprintf(what, sizeof(what), "%s offloads", iface);
	if (lro > 0) {
		snprintf(advice, sizeof(advice), "ethtool -K %s lro off", iface);
		fb_finding_add(list, FB_HEALTH_FAIL, what, advice,
			       "lro joins packets before they can be judged");
	} else if (vlan > 0) {
		snprintf(advice, sizeof(advice),
			 "the agent switches it off; by hand: ethtool -K %s rxvlan off", iface);
		fb_finding_add(list, FB_HEALTH_WARN, what, advice, "rxvlan hides VLAN tags from XDP");
	} else if (lro < 0) {
		fb_finding_add(list, FB_HEALTH_WARN, what, NULL, "not told: %s", strerror(-lro));
	} else {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "nothing in the way");
	}
}

static int sysctl_number(const char *iface, const char *name)
{
	fb_autostrbuf struct fb_strbuf value = { 0 };
	char path[160];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", iface, name);
	fb_facts_file(path, &value);
	return value.len ? atoi(value.s) : 0;
}

/* The kernel takes the larger of "all" and the interface's own. */
static void check_rp_filter(struct fb_findings *list, const char *iface)
{
	int all = sysctl_number("all", "rp_filter"), own = sysctl_number(iface, "rp_filter");
	char what[64], advice[160];

	snprintf(what, sizeof(what), "%s rp_filter", iface);
	if ((all > own ? all : own) != 1) {
		fb_finding_add(list, FB_HEALTH_OK, what, NULL, "%s",
			       (all > own ? all : own) == 2 ? "loose" : "off");
		return;
	}
	snprintf(advice, sizeof(advice),
		 "fine unless routes differ by direction; then: sysctl -w net.ipv4.conf.%s.rp_filter=2",
		 iface);
	fb_finding_add(list, FB_HEALTH_OK, what, advice, "strict");
}

void fb_doctor_iface(struct fb_findings *list, const char *iface)
{
	if (!if_nametoindex(iface)) {
		fb_finding_add(
			list, FB_HEALTH_FAIL, iface,
			"an interface of the policy that is missing is not protected, and not listened to",
			"no such interface here");
		return;
	}
	if (!check_driver(list, iface))
		check_offloads(list, iface);
	check_rp_filter(list, iface);
}

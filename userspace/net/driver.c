// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver and its offloads, by the ethtool ioctl: names of features are found by their strings, which are
 * the same for all drivers.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "net/net.h"

static int call(int fd, const char *ifname, void *command)
{
	struct ifreq ifr = { .ifr_data = command };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

/* *ret is the caller's to free, also when there are none. */
static int read_names(int fd, const char *ifname, struct ethtool_gstrings **ret)
{
	struct {
		struct ethtool_sset_info info;
		__u32 n;
	} count = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES } };
	int r = call(fd, ifname, &count);

	if (r < 0)
		return r;
	if (!count.info.sset_mask)
		count.n = 0;
	struct ethtool_gstrings *s = calloc(1, sizeof(*s) + (size_t)count.n * ETH_GSTRING_LEN);

	if (!s)
		abort();
	s->cmd = ETHTOOL_GSTRINGS;
	s->string_set = ETH_SS_FEATURES;
	s->len = count.n;
	r = call(fd, ifname, s);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

static int feature_index(const struct ethtool_gstrings *s, const char *name)
{
	for (__u32 i = 0; i < s->len; i++)
		if (strncmp((const char *)s->data + (size_t)i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN) == 0)
			return (int)i;
	return -1;
}

static void get_feature(const struct ethtool_gstrings *s, const struct ethtool_gfeatures *f, const char *name,
			struct fb_net_offload *ret)
{
	int i = feature_index(s, name);

	if (i < 0 || (__u32)i / 32 >= f->size)
		return;
	const struct ethtool_get_features_block *block = &f->features[i / 32];
	__u32 bit = 1u << (i % 32);

	ret->known = true;
	ret->on = block->active & bit;
	ret->fixed = !(block->available & bit) || (block->never_changed & bit);
}

static int read_features(int fd, const char *ifname, const struct ethtool_gstrings *s,
			 struct ethtool_gfeatures **ret)
{
	__u32 blocks = (s->len + 31) / 32;
	struct ethtool_gfeatures *f = calloc(1, sizeof(*f) + blocks * sizeof(f->features[0]));

	if (!f)
		abort();
	f->cmd = ETHTOOL_GFEATURES;
	f->size = blocks;
	int r = call(fd, ifname, f);

	if (r < 0) {
		free(f);
		return r;
	}
	*ret = f;
	return 0;
}

static int open_socket(const char *ifname, struct fb_error *err)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(ifname) >= IF_NAMESIZE)
		fb_error_set(err, -ENODEV, "%s: too long for an interface name", ifname);
	else if (fd < 0)
		fb_error_set(err, -errno, "%s: no socket to ask its driver: %s", ifname, strerror(errno));
	else
		return fd;
	fb_cleanup_close(&fd);
	return err->code;
}

int fb_net_driver(const char *ifname, struct fb_net_driver *ret, struct fb_error *err)
{
	fb_autoclose int fd = open_socket(ifname, err);
	fb_autofree struct ethtool_gstrings *names = NULL;
	fb_autofree struct ethtool_gfeatures *features = NULL;
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct fb_net_driver d = { 0 };
	int r;

	if (fd < 0)
		return fd;
	r = read_names(fd, ifname, &names);
	if (r == 0)
		r = read_features(fd, ifname, names, &features);
	if (r < 0)
		return fb_error_set(err, r, "%s: its driver cannot be asked: %s", ifname, strerror(-r));
	if (call(fd, ifname, &info) == 0)
		snprintf(d.name, sizeof(d.name), "%.*s", (int)sizeof(info.driver) - 1, info.driver);
	get_feature(names, features, "rx-vlan-hw-parse", &d.rxvlan);
	get_feature(names, features, "tx-vlan-hw-insert", &d.txvlan);
	get_feature(names, features, "rx-lro", &d.lro);
	get_feature(names, features, "rx-gro-hw", &d.gro_hw);
	get_feature(names, features, "rx-gro", &d.gro);
	get_feature(names, features, "tx-checksum-ip-generic", &d.tx_checksum);
	if (!d.tx_checksum.on)
		get_feature(names, features, "tx-checksum-ipv4", &d.tx_checksum);
	*ret = d;
	return 0;
}

/* One feature as it is now. */
static int look_at(int fd, const char *ifname, const struct ethtool_gstrings *names, const char *name,
		   struct fb_net_offload *ret)
{
	fb_autofree struct ethtool_gfeatures *features = NULL;
	int r = read_features(fd, ifname, names, &features);

	if (r == 0)
		get_feature(names, features, name, ret);
	return r;
}

static int switch_off(int fd, const char *ifname, const struct ethtool_gstrings *names, const char *name)
{
	int i = feature_index(names, name);
	fb_autofree struct ethtool_sfeatures *set =
		calloc(1, sizeof(*set) + (names->len + 31) / 32 * sizeof(set->features[0]));

	if (!set)
		abort();
	set->cmd = ETHTOOL_SFEATURES;
	set->size = (names->len + 31) / 32;
	set->features[i / 32].valid = 1u << (i % 32);
	return call(fd, ifname, set);
}

static const char *feature_name(const char *offload)
{
	static const char *const known[][2] = { { "rxvlan", "rx-vlan-hw-parse" },
						{ "lro", "rx-lro" },
						{ "gro-hw", "rx-gro-hw" } };

	for (size_t i = 0; i < FB_ARRAY_SIZE(known); i++)
		if (strcmp(offload, known[i][0]) == 0)
			return known[i][1];
	return NULL;
}

int fb_net_offload_off(const char *ifname, const char *offload, struct fb_error *err)
{
	fb_autoclose int fd = open_socket(ifname, err);
	fb_autofree struct ethtool_gstrings *names = NULL;
	const char *name = feature_name(offload);
	struct fb_net_offload now = { 0 };
	int r;

	if (fd < 0)
		return fd;
	if (!name)
		return fb_error_set(err, -EINVAL, "%s: no offload that this switches off", offload);
	r = read_names(fd, ifname, &names);
	if (r == 0)
		r = look_at(fd, ifname, names, name, &now);
	if (r < 0)
		return fb_error_set(err, r, "%s: its driver cannot be asked: %s", ifname, strerror(-r));
	if (!now.on)
		return 0;
	if (now.fixed)
		return fb_error_set(err, -EOPNOTSUPP, "%s: its driver cannot switch %s off; use another card",
				    ifname, offload);
	r = switch_off(fd, ifname, names, name);
	if (r == 0)
		r = look_at(fd, ifname, names, name, &now);
	if (r < 0 || now.on)
		return fb_error_set(err, r < 0 ? r : -EOPNOTSUPP,
				    "%s: %s stays on: %s (`ethtool -K %s %s off`)", ifname, offload,
				    r < 0 ? strerror(-r) : "its driver insists", ifname, offload);
	return 0;
}

int fb_net_promiscuous(const char *ifname, struct fb_error *err)
{
	fb_autoclose int fd = open_socket(ifname, err);
	struct ifreq ifr = { 0 };

	if (fd < 0)
		return fd;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == 0) {
		if (ifr.ifr_flags & IFF_PROMISC)
			return 0;
		ifr.ifr_flags |= IFF_PROMISC;
		if (ioctl(fd, SIOCSIFFLAGS, &ifr) == 0)
			return 0;
	}
	return fb_error_set(err, -errno, "%s: cannot be made promiscuous: %m (`ip link set %s promisc on`)",
			    ifname, ifname);
}

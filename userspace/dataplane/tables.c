// SPDX-License-Identifier: GPL-2.0-only
/*
 * The small tables that follow the host: the gateway's addresses and the ways out. Each is replaced by its
 * differences, additions first, so that what stays is never absent; only when both contents together do not
 * fit do the removals come first.
 */
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

static const void *entry_key(const struct fb_table_content *c, size_t i)
{
	return (const char *)c->entries + i * c->stride;
}

static bool has_key(const struct fb_table_content *c, const void *key)
{
	for (size_t i = 0; i < c->n; i++)
		if (memcmp(entry_key(c, i), key, c->key_size) == 0)
			return true;
	return false;
}

/* Collects first and deletes after: deleting while walking starts the walk again. */
static int delete_others(int fd, const struct fb_table_content *c, size_t max)
{
	fb_autofree char *stale = calloc(max, c->key_size);
	const void *last = NULL;
	char key[64];
	size_t n = 0;
	int r = 0;

	if (!stale)
		abort();
	for (size_t seen = 0; seen < max && bpf_map_get_next_key(fd, last, key) == 0; seen++, last = key)
		if (!has_key(c, key))
			memcpy(stale + n++ * c->key_size, key, c->key_size);
	for (size_t i = 0; i < n && (r == 0 || r == -ENOENT); i++)
		r = bpf_map_delete_elem(fd, stale + i * c->key_size);
	return r == -ENOENT ? 0 : r;
}

static int put_all(int fd, const struct fb_table_content *c)
{
	int r = 0;

	for (size_t i = 0; i < c->n && r == 0; i++)
		r = bpf_map_update_elem(fd, entry_key(c, i), (const char *)entry_key(c, i) + c->value_offset,
					BPF_ANY);
	return r;
}

static const struct {
	size_t max;
	const char *what;
} tables[FB_MAP_COUNT] = {
	[FB_MAP_SELF] = { 4096, "the gateway's addresses" },
	[FB_MAP_EGRESS] = { 1024, "ways out" },
	[FB_MAP_QUARANTINE] = { FB_QUARANTINES_MAX, "quarantined addresses" },
	[FB_MAP_QUARANTINE_MAC] = { FB_QUARANTINES_MAX, "quarantined MAC addresses" },
};

static int check_room(enum fb_map_id id, size_t n, struct fb_error *err)
{
	return n <= tables[id].max ? 0
				   : fb_error_set(err, -E2BIG, "%zu %s: the table holds %zu", n,
						  tables[id].what, tables[id].max);
}

int fb_table_replace(struct fb_dataplane *dp, enum fb_map_id id, const struct fb_table_content *content,
		     struct fb_error *err)
{
	int r = check_room(id, content->n, err);

	if (r < 0)
		return r;
	fb_contents_keep(dp, id, content);
	return fb_table_write(dp, id, err);
}

int fb_table_write(struct fb_dataplane *dp, enum fb_map_id id, struct fb_error *err)
{
	const struct fb_table_content *c = &dp->kept[id];
	const size_t max = tables[id].max;
	const int fd = dp->live.fd[id];
	int r = put_all(fd, c);

	if (r == -E2BIG) {
		r = delete_others(fd, c, max);
		if (r == 0)
			r = put_all(fd, c);
	}
	if (r == 0)
		r = delete_others(fd, c, max);
	return r < 0 ? fb_error_set(err, r, "the table of %s cannot be written: %s", tables[id].what,
				    strerror(-r))
		     : 0;
}

/* A bit too many costs a search, a bit too few would make an address of ours somebody's. */
void fb_self_filter(const struct fb_self_entry *entries, size_t n, __u32 *ret)
{
	memset(ret, 0, FB_SELF_FILTER_BITS / 8);
	for (size_t i = 0; i < n; i++) {
		__u32 bit = fb_self_bit(entries[i].key.hi, entries[i].key.lo);

		ret[bit / 32] |= 1u << bit % 32;
	}
}

int fb_dataplane_set_self(struct fb_dataplane *dp, const struct fb_self_entry *entries, size_t n,
			  struct fb_error *err)
{
	const struct fb_table_content c = { entries, n, sizeof(*entries), sizeof(entries->key),
					    offsetof(struct fb_self_entry, value) };

	struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];
	__u32 filter[FB_SELF_FILTER_BITS / 32];
	int r = check_room(FB_MAP_SELF, n, err);

	/* before the filter, which would look like an edit if its entries are refused */
	if (r < 0)
		return r;
	fb_self_filter(entries, n, filter);
	for (size_t i = 0; i < FB_ARRAY_SIZE(filter); i++)
		__atomic_or_fetch(&rt->self_filter[i], filter[i], __ATOMIC_SEQ_CST);
	r = fb_table_replace(dp, FB_MAP_SELF, &c, err);
	for (size_t i = 0; r == 0 && i < FB_ARRAY_SIZE(filter); i++)
		__atomic_store_n(&rt->self_filter[i], filter[i], __ATOMIC_SEQ_CST);
	return r;
}

int fb_dataplane_set_egress(struct fb_dataplane *dp, const struct fb_egress_entry *entries, size_t n,
			    struct fb_error *err)
{
	const struct fb_table_content c = { entries, n, sizeof(*entries), sizeof(entries->ifindex),
					    offsetof(struct fb_egress_entry, egress) };
	fb_autofree __u32 *ports = NULL;
	int r = fb_table_replace(dp, FB_MAP_EGRESS, &c, err), n_ports;

	if (r < 0)
		return r;
	dp->uppers.n = 0;
	for (size_t i = 0; i < n; i++)
		if (entries[i].ifindex != entries[i].egress.port)
			fb_vec_add(&dp->uppers,
				   (struct fb_upper){ entries[i].ifindex, entries[i].egress.port });
	n_ports = fb_dataplane_attached(dp, &ports, err);
	if (n_ports < 0)
		return n_ports;
	/*
	 * A port whose filters are missing is not listened to, nor what is behind it, until it is attached
	 * again.
	 */
	for (int i = n_ports - 1; i >= 0; i--) {
		char name[IF_NAMESIZE] = "?";
		struct fb_error why;

		if (fb_tc_check(dp, if_indextoname(ports[i], name) ? name : "?", ports[i], &why) < 0)
			ports[i] = ports[--n_ports];
	}
	return fb_guard_reconcile(dp, ports, (size_t)n_ports, err);
}

void fb_dataplane_bump_routes(struct fb_dataplane *dp)
{
	struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];

	__atomic_add_fetch(&rt->route_epoch, 1, __ATOMIC_SEQ_CST);
}

void fb_dataplane_set_clock(struct fb_dataplane *dp, int tai_offset, bool known, __u32 floor)
{
	struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];

	__atomic_store_n(&rt->tai_offset, tai_offset, __ATOMIC_RELAXED);
	__atomic_store_n(&rt->clock_floor, floor, __ATOMIC_RELAXED);
	if (known)
		__atomic_store_n(&rt->clock_synced, 1, __ATOMIC_RELEASE);
}

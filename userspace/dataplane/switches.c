// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's switches: the words and tables that bpf/lib/switch.h reads before every verdict, and the end of single
 * flows.
 *
 * A change has two steps: what is added is cut and quarantined first, what is released comes last, after all that can
 * fail. The matrix is written a word at a time, and a pair that is cut before and after is so in every word between.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "dataplane/handle.h"

static void write_cuts(struct fb_switches *live, const __u64 *cut, bool keep)
{
	for (unsigned int zone = 0; zone < FB_ZONES_MAX; zone++) {
		__u64 word = cut[zone];

		if (keep)
			word |= __atomic_load_n(&live->cut[zone], __ATOMIC_RELAXED);
		__atomic_store_n(&live->cut[zone], word, __ATOMIC_RELAXED);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * The programs ask a table only while its number is not 0. It counts what is in the table for sure: up before an entry
 * comes, so that none is in it unasked, and down when the stale ones are gone.
 */
static int write_table(struct fb_dataplane *dp, enum fb_map_id id, __u32 *count,
		       const struct fb_table_content *content, struct fb_error *err)
{
	const __u32 n = (__u32)content->n;
	int r;

	if (n > __atomic_load_n(count, __ATOMIC_RELAXED))
		__atomic_store_n(count, n, __ATOMIC_SEQ_CST);
	r = fb_table_replace(dp, id, content, err);
	if (r == 0)
		__atomic_store_n(count, n, __ATOMIC_SEQ_CST);
	return r;
}

/* Both tables' values are a word that nobody reads. */
struct address_entry {
	struct fb_quarantine_key key;
	__u32 value;
};
struct mac_entry {
	struct fb_mac_key key;
	__u32 value;
};

static int write_addresses(struct fb_dataplane *dp, const struct fb_switches_wanted *want,
			   struct fb_error *err)
{
	struct fb_switches *live = dp->live.mem[FB_MAP_SWITCHES];
	struct FB_VEC(struct address_entry) entries = { 0 };

	for (size_t i = 0; i < want->addresses.n; i++)
		fb_vec_add(&entries, (struct address_entry){ want->addresses.v[i], 1 });

	const struct fb_table_content content = { entries.v, entries.n, sizeof(*entries.v),
						  sizeof(entries.v->key),
						  offsetof(struct address_entry, value) };
	int r = write_table(dp, FB_MAP_QUARANTINE, &live->quarantines, &content, err);

	fb_vec_done(&entries);
	return r;
}

static int write_macs(struct fb_dataplane *dp, const struct fb_switches_wanted *want, struct fb_error *err)
{
	struct fb_switches *live = dp->live.mem[FB_MAP_SWITCHES];
	struct FB_VEC(struct mac_entry) entries = { 0 };

	for (size_t i = 0; i < want->macs.n; i++)
		fb_vec_add(&entries, (struct mac_entry){ want->macs.v[i], 1 });

	const struct fb_table_content content = { entries.v, entries.n, sizeof(*entries.v),
						  sizeof(entries.v->key), offsetof(struct mac_entry, value) };
	int r = write_table(dp, FB_MAP_QUARANTINE_MAC, &live->quarantined_macs, &content, err);

	fb_vec_done(&entries);
	return r;
}

/* What is to be cut is cut first; what is to be open again waits until all that can fail is done. */
int fb_dataplane_set_switches(struct fb_dataplane *dp, const struct fb_switches_wanted *want,
			      struct fb_error *err)
{
	struct fb_switches *live = dp->live.mem[FB_MAP_SWITCHES];
	int r;

	if (want->addresses.n > FB_QUARANTINES_MAX || want->macs.n > FB_QUARANTINES_MAX)
		return fb_error_set(
			err, -E2BIG,
			"%zu addresses and %zu MAC addresses in quarantine: there is room for %d of each",
			want->addresses.n, want->macs.n, FB_QUARANTINES_MAX);
	write_cuts(live, want->cut, true);
	r = write_addresses(dp, want, err);
	if (r == 0)
		r = write_macs(dp, want, err);
	if (r == 0)
		write_cuts(live, want->cut, false);
	if (r == 0)
		memcpy(dp->cut, want->cut, sizeof(dp->cut));
	return r;
}

void fb_switches_write(struct fb_switches *live, const struct fb_switches *want)
{
	__atomic_store_n(&live->quarantines, want->quarantines, __ATOMIC_SEQ_CST);
	__atomic_store_n(&live->quarantined_macs, want->quarantined_macs, __ATOMIC_SEQ_CST);
	write_cuts(live, want->cut, false);
}

void fb_dataplane_get_cuts(const struct fb_dataplane *dp, __u64 *ret)
{
	const struct fb_switches *live = dp->live.mem[FB_MAP_SWITCHES];

	for (unsigned int zone = 0; zone < FB_ZONES_MAX; zone++)
		ret[zone] = __atomic_load_n(&live->cut[zone], __ATOMIC_RELAXED);
}

struct ending {
	bool (*match)(const struct fb_snapshot_flow *, void *);
	void *arg;
	struct fb_flow *flows;
	int ended;
};

/* As a program frees a way (bpf/lib/flow.h): no state and no time, if it is still of the same owner. Packets of the flow may move its time meanwhile. */
static bool end_one(const struct fb_snapshot_flow *flow, const struct fb_flow_place *place, void *arg)
{
	struct ending *ending = arg;
	__u64 *way = &ending->flows[place->at].way, word = place->word;

	if (!ending->match(flow, ending->arg))
		return true;
	while ((word ^ place->word) >> FB_WAY_OWNER_SHIFT == 0)
		if (__atomic_compare_exchange_n(way, &word, word >> 32 << 32, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST)) {
			ending->ended++;
			break;
		}
	return true;
}

/* The table is mapped for writing for as long as this takes: see maps.c. */
int fb_dataplane_end_flows(struct fb_dataplane *dp, bool (*match)(const struct fb_snapshot_flow *, void *),
			   void *arg, struct fb_error *err)
{
	const size_t bytes = dp->live.bytes[FB_MAP_FLOWS];
	struct ending ending = { .match = match, .arg = arg };
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, dp->live.fd[FB_MAP_FLOWS], 0);

	if (mem == MAP_FAILED)
		return fb_error_set(err, -errno, "the table of flows cannot be written: %s", strerror(errno));
	ending.flows = mem;
	fb_flow_walk(dp, 0, end_one, &ending);
	munmap(mem, bytes);
	return ending.ended;
}

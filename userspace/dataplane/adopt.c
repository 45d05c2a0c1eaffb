// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a tree of pins to descriptors and mappings. Nothing is taken on trust: a map of another type or size
 * would be read as what it is not, so each is compared with what this version expects; the sizes that were
 * chosen at load are taken from the maps themselves.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/handle.h"

static const enum bpf_map_type map_types[FB_MAP_COUNT] = {
	[FB_MAP_IMAGES] = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	[FB_MAP_RUNTIME] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_SELF] = BPF_MAP_TYPE_HASH,
	[FB_MAP_EGRESS] = BPF_MAP_TYPE_HASH,
	[FB_MAP_DEV] = BPF_MAP_TYPE_DEVMAP_HASH,
	[FB_MAP_NEXTHOPS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_REDIRECT_ERRS] = BPF_MAP_TYPE_PERCPU_ARRAY,
	[FB_MAP_SWITCHES] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_QUARANTINE] = BPF_MAP_TYPE_LPM_TRIE,
	[FB_MAP_QUARANTINE_MAC] = BPF_MAP_TYPE_HASH,
	[FB_MAP_DEVICES] = BPF_MAP_TYPE_LRU_HASH,
	[FB_MAP_EVENTS] = BPF_MAP_TYPE_RINGBUF,
	[FB_MAP_GEOMETRY] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_BUSY] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_TAGS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_FLOWS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_PAIR_COUNTERS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_RULE_COUNTERS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_EXPLAIN_OUT] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_SCRATCH] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_METERS] = BPF_MAP_TYPE_ARRAY,
	[FB_MAP_FRAGS] = BPF_MAP_TYPE_ARRAY,
};

#define UNLOAD	      "; run `firebreakd --unload` (enforcement ends until the next start)"
#define OTHER_VERSION "it was pinned by another version" UNLOAD

/*
 * Nobody is told to end the enforcement because of what this process lacks: files, memory, a privilege. What is pinned is then as good
 * as before.
 */
static int cannot_open(const char *path, int r, struct fb_error *err)
{
	switch (-r) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EPERM:
	case EACCES:
		return fb_error_set(err, r, "%s: cannot be opened: %s; what is enforced stays so", path,
				    strerror(-r));
	case ENOENT:
		return fb_error_set(err, r, "%s: somebody removed this pin" UNLOAD, path);
	default:
		return fb_error_set(err, r, "%s: cannot be opened: %s; %s", path, strerror(-r),
				    OTHER_VERSION);
	}
}

static int open_map(const char *path, struct bpf_map_info *ret_info, struct fb_error *err)
{
	fb_autoclose int fd = bpf_obj_get(path);
	__u32 len = sizeof(*ret_info);

	if (fd < 0)
		return cannot_open(path, fd, err);
	memset(ret_info, 0, sizeof(*ret_info));
	int r = bpf_obj_get_info_by_fd(fd, ret_info, &len);

	if (r < 0)
		return fb_error_set(err, r, "%s: is not a BPF map: %s", path, strerror(-r));
	return FB_STEAL_FD(fd);
}

static int map_memory(struct fb_maps *maps, int id, bool explain, const char *path, struct fb_error *err)
{
	/* The explain instance's own table is filled by the agent before each run. */
	int prot = fb_map_specs[id].prot | (explain ? PROT_WRITE : 0);
	void *mem;

	if (!fb_map_specs[id].prot)
		return 0;
	mem = mmap(NULL, maps->bytes[id], prot, MAP_SHARED, maps->fd[id], 0);
	if (mem == MAP_FAILED)
		return fb_error_set(err, -errno, "%s: cannot be mapped: %s", path, strerror(errno));
	maps->mem[id] = mem;
	return 0;
}

static int adopt_map(struct fb_dataplane *dp, struct fb_maps *maps, int id, bool explain,
		     const struct fb_sizes *sizes, struct fb_error *err)
{
	fb_autofree char *path =
		fb_path("%s/%s/%s", fb_place(dp), explain ? "explain" : "maps", fb_map_specs[id].name);
	size_t want = fb_map_value_size(id, sizes);
	struct bpf_map_info info;

	maps->fd[id] = open_map(path, &info, err);
	if (maps->fd[id] < 0)
		return maps->fd[id];
	if (info.type != map_types[id] || info.key_size != fb_map_specs[id].key_size ||
	    info.value_size != want)
		return fb_error_set(
			err, -EPROTO,
			"%s: is of type %u with keys of %u and values of %u bytes, not %u, %u and %zu; %s",
			path, info.type, info.key_size, info.value_size, map_types[id],
			fb_map_specs[id].key_size, want, OTHER_VERSION);
	maps->bytes[id] = want;
	return map_memory(maps, id, explain, path, err);
}

/* The number of buckets is what the pinned table has. */
static int find_buckets(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree char *path = fb_path("%s/maps/%s", fb_place(dp), fb_map_specs[FB_MAP_TAGS].name);
	struct bpf_map_info info;
	fb_autoclose int fd = open_map(path, &info, err);

	if (fd < 0)
		return fd;
	dp->sizes.buckets = info.value_size / (__u32)sizeof(struct fb_flow_tags);
	if (!dp->sizes.buckets || (dp->sizes.buckets & (dp->sizes.buckets - 1)))
		return fb_error_set(err, -EPROTO, "%s: %u bytes are no flow table; %s", path, info.value_size,
				    OTHER_VERSION);
	return 0;
}

/*
 * The live image is the one whose id the outer map holds: an agent that was killed while it filled the spare
 * one touches no other.
 */
static int adopt_images(struct fb_dataplane *dp, struct fb_error *err)
{
	__u32 zero = 0, live_id = 0;

	for (int i = 0; i < 2; i++) {
		fb_autofree char *path = fb_path("%s/maps/image-%c", fb_place(dp), 'a' + i);
		struct bpf_map_info info;

		dp->image_fd[i] = open_map(path, &info, err);
		if (dp->image_fd[i] < 0)
			return dp->image_fd[i];
		if (info.type != BPF_MAP_TYPE_ARRAY || (i && info.value_size != dp->sizes.image) ||
		    (info.value_size != FB_IMAGE_BYTES_SMALL && info.value_size != FB_IMAGE_BYTES_LARGE))
			return fb_error_set(err, -EPROTO, "%s: %u bytes are no policy image; %s", path,
					    info.value_size, OTHER_VERSION);
		dp->sizes.image = info.value_size;
		dp->image_id[i] = info.id;
		dp->image[i] =
			mmap(NULL, dp->sizes.image, PROT_READ | PROT_WRITE, MAP_SHARED, dp->image_fd[i], 0);
		if (dp->image[i] == MAP_FAILED) {
			dp->image[i] = NULL;
			return fb_error_set(err, -errno, "%s: cannot be mapped: %s", path, strerror(errno));
		}
	}
	int r = bpf_map_lookup_elem(dp->live.fd[FB_MAP_IMAGES], &zero, &live_id);

	if (r < 0 && r != -ENOENT)
		return fb_error_set(err, r, "%s/maps/fb_images: cannot be read: %s", dp->dir, strerror(-r));
	dp->image_live = r < 0 ? -1 : live_id == dp->image_id[0] ? 0 : live_id == dp->image_id[1] ? 1 : -1;
	if (r == 0 && dp->image_live < 0)
		return fb_error_set(err, -EPROTO,
				    "%s/maps/fb_images: names map %u, which is neither of the two images; %s",
				    dp->dir, live_id, OTHER_VERSION);
	return 0;
}

int fb_prog_info(int fd, __u32 *ret_id, char name[16], struct fb_error *err)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int r = bpf_obj_get_info_by_fd(fd, &info, &len);

	if (r < 0)
		return fb_error_set(err, r, "a BPF program cannot be asked for its id: %s", strerror(-r));
	*ret_id = info.id;
	if (name)
		snprintf(name, 16, "%s", info.name);
	return 0;
}

int fb_adopt_programs(struct fb_dataplane *dp, struct fb_error *err)
{
	for (int i = 0; i < FB_PROG_COUNT; i++) {
		fb_autofree char *path = fb_path("%s/progs/%s", fb_place(dp), fb_prog_names[i]);
		fb_autoclose int old = dp->prog[i];

		dp->prog[i] = bpf_obj_get(path);
		if (dp->prog[i] < 0)
			return cannot_open(path, dp->prog[i], err);
		if (fb_prog_info(dp->prog[i], &dp->prog_id[i], NULL, err) < 0)
			return fb_error_prefix(err, "%s", path);
	}
	for (int i = 0; i < 2; i++) {
		fb_autofree char *path = fb_path("%s/progs/%s", fb_place(dp), fb_stage_pins[i]);
		fb_autoclose int old = dp->stages_fd[i];

		dp->stages_fd[i] = bpf_obj_get(path);
		if (dp->stages_fd[i] < 0)
			return cannot_open(path, dp->stages_fd[i], err);
	}
	return 0;
}

int fb_adopt_maps(struct fb_dataplane *dp, struct fb_error *err)
{
	const struct fb_sizes small = { .buckets = FB_EXPLAIN_BUCKETS, .cpus = 1 };
	int r = find_buckets(dp, err);

	for (int i = 0; r == 0 && i < FB_MAP_COUNT; i++) {
		r = adopt_map(dp, &dp->live, i, false, &dp->sizes, err);
		if (r == 0 && !fb_map_specs[i].shared)
			r = adopt_map(dp, &dp->explain, i, true, &small, err);
	}
	if (r == 0)
		r = adopt_images(dp, err);
	if (r < 0)
		return r;

	const struct fb_flow_geometry *g = dp->live.mem[FB_MAP_GEOMETRY];

	if (g->abi != FB_ABI_VERSION || g->bucket_mask != dp->sizes.buckets - 1)
		return fb_error_set(
			err, -EPROTO,
			"%s/maps/fb_geometry: ABI %u, %u buckets, where %u and %u were expected; %s", dp->dir,
			g->abi, g->bucket_mask + 1, FB_ABI_VERSION, dp->sizes.buckets, OTHER_VERSION);
	dp->geometry = *g;
	return 0;
}

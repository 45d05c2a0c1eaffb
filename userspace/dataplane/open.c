// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of the handle. Loading ends in the pins, and everything is then opened from the pins, so a first
 * start and an adoption are one path.
 */
#include "dataplane/dataplane.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <bpf/libbpf.h>
#include <nftables/libnftables.h>

#include "dataplane/handle.h"

/* 256 K flows on 1 GiB of memory, 1 M at most unless asked for: 136 bytes each, 3 % of the memory. */
static unsigned int default_buckets(void)
{
	unsigned long long mib =
		(unsigned long long)sysconf(_SC_PHYS_PAGES) * (unsigned long long)sysconf(_SC_PAGESIZE) >> 20;
	unsigned int buckets = 1024;

	while (buckets < (1u << 20) / FB_FLOW_WAYS && (buckets * 2ull * FB_FLOW_WAYS) / 256 <= mib)
		buckets *= 2;
	return buckets;
}

static int choose_sizes(const struct fb_dataplane_options *options, struct fb_sizes *ret,
			struct fb_error *err)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return fb_error_set(err, cpus, "the number of CPUs is not known: %s", strerror(-cpus));
	ret->cpus = 1;
	while (ret->cpus < (unsigned int)cpus)
		ret->cpus *= 2;
	ret->buckets = options->flow_buckets ? options->flow_buckets : default_buckets();
	if ((ret->buckets & (ret->buckets - 1)) || ret->buckets > 1u << 20)
		return fb_error_set(err, -EINVAL,
				    "%u flow buckets: must be a power of two up to %u (8 flows each)",
				    ret->buckets, 1u << 20);
	ret->image = options->large_image ? FB_IMAGE_BYTES_LARGE : FB_IMAGE_BYTES_SMALL;
	return 0;
}

struct fb_dataplane *fb_handle_new(const struct fb_dataplane_options *options)
{
	struct fb_dataplane *dp = calloc(1, sizeof(*dp));

	if (!dp)
		abort();
	dp->mount = fb_path("%s/bpf", options->run_dir);
	dp->dir = fb_path("%s/v%u", dp->mount, FB_ABI_VERSION);
	dp->owner = options->owner;
	dp->generic = options->generic;
	dp->image_live = -1;
	dp->held = -1;
	for (int i = 0; i < FB_MAP_COUNT; i++)
		dp->live.fd[i] = dp->explain.fd[i] = -1;
	for (int i = 0; i < FB_PROG_COUNT; i++)
		dp->prog[i] = -1;
	dp->image_fd[0] = dp->image_fd[1] = dp->stages_fd[0] = dp->stages_fd[1] = -1;
	return dp;
}

static void maps_done(struct fb_maps *maps)
{
	for (int i = 0; i < FB_MAP_COUNT; i++) {
		if (maps->mem[i])
			munmap(maps->mem[i], maps->bytes[i]);
		fb_cleanup_close(&maps->fd[i]);
	}
}

void fb_dataplane_close(struct fb_dataplane *dp)
{
	struct fb_error ignored;

	if (!dp)
		return;
	if (dp->fresh) /* never enforced: another version does, and goes on */
		fb_place_remove(dp->fresh, &ignored);
	maps_done(&dp->live);
	maps_done(&dp->explain);
	for (int i = 0; i < 2; i++) {
		if (dp->image[i])
			munmap(dp->image[i], dp->sizes.image);
		fb_cleanup_close(&dp->image_fd[i]);
		fb_cleanup_close(&dp->stages_fd[i]);
	}
	for (int i = 0; i < FB_PROG_COUNT; i++)
		fb_cleanup_close(&dp->prog[i]);
	fb_cleanup_close(&dp->held);
	if (dp->nft)
		nft_ctx_free(dp->nft);
	fb_vec_done(&dp->uppers);
	fb_vec_done(&dp->image_sums);
	for (int i = 0; i < FB_MAP_COUNT; i++)
		free((void *)dp->kept[i].entries);
	free(dp->guard);
	free(dp->rescue);
	fb_before_free(dp->before);
	free(dp->mount);
	free(dp->dir);
	free(dp->fresh);
	free(dp);
}

int fb_handle_complete(struct fb_dataplane *dp, struct fb_error *err)
{
	if (rename(dp->fresh, dp->dir) < 0)
		return fb_error_set(err, -errno, "%s: cannot be renamed: %s", dp->fresh, strerror(errno));
	free(FB_STEAL(dp->fresh));
	return 0;
}

/* What follows another version keeps its shape, as what is adopted does. */
static int inherit(struct fb_dataplane *dp, struct fb_flow_geometry *ret, struct fb_error *err)
{
	const struct fb_before *before = dp->before;
	int r;

	if (before && before->alike)
		dp->sizes.buckets = before->geometry.bucket_mask + 1;
	if (before && before->image == FB_IMAGE_BYTES_LARGE)
		dp->sizes.image = FB_IMAGE_BYTES_LARGE;
	r = fb_load_geometry(&dp->sizes, ret, err);
	if (r == 0 && before && before->alike)
		memcpy(ret->secret, before->geometry.secret, sizeof(ret->secret));
	return r;
}

/*
 * Builds the tree beside its place and renames it: a start that is interrupted leaves nothing that looks
 * whole. Beside another version it is whole when it may enforce, see fb_dataplane_succeed().
 */
static int load_fresh(struct fb_dataplane *dp, const struct fb_dataplane_options *options,
		      struct fb_error *err)
{
	struct fb_flow_geometry geometry = { 0 };
	int r = inherit(dp, &geometry, err);

	dp->fresh = fb_path("%s-new", dp->dir);
	if (r == 0)
		r = fb_place_remove(dp->fresh, err);
	if (r == 0)
		r = fb_load_pin(dp->fresh, &dp->sizes, &geometry, options, err);
	if (r == 0 && !dp->before)
		r = fb_handle_complete(dp, err);
	return r;
}

/* The pinned programs may be of another build of the same ABI, or not all there: an array of stages whose pin was removed is empty. */
static int replace_programs(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree char *link = fb_path("%s/object", dp->dir);
	char pinned[64] = "", own[17];
	ssize_t n = readlink(link, pinned, sizeof(pinned) - 1);

	fb_load_object_name(own);
	if (n > 0 && strcmp(pinned, own) == 0 && !fb_pins_lack_programs(dp))
		return 0;
	return fb_load_replace(dp, err);
}

int fb_dataplane_open(const struct fb_dataplane_options *options, struct fb_dataplane **ret,
		      bool *ret_adopted, struct fb_error *err)
{
	struct fb_dataplane *dp FB_CLEANUP(fb_handle_cleanup) = fb_handle_new(options);
	struct stat st;
	bool adopted;
	int r;

	fb_load_listen();
	r = choose_sizes(options, &dp->sizes, err);
	if (r == 0)
		r = fb_place_mount(dp->mount, options->owner, err);
	if (r == 0)
		dp->held = open(dp->mount, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (r == 0)
		r = fb_before_find(dp, err);
	if (r < 0)
		return r;
	adopted = stat(dp->dir, &st) == 0;
	if (!adopted)
		r = load_fresh(dp, options, err);
	if (r == 0)
		r = fb_adopt_maps(dp, err);
	if (r == 0 && adopted)
		r = replace_programs(dp, err);
	if (r == 0)
		r = fb_adopt_programs(dp, err);
	if (r == 0)
		r = fb_guard_open(dp, options->management, err);
	if (r < 0)
		return r;

	struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];

	rt->xdp_prog_id = dp->prog_id[FB_PROG_XDP];
	fb_contents_keep_image(dp);
	dp->image_clean[0] = dp->image_clean[1] = !adopted;
	*ret = FB_STEAL(dp);
	*ret_adopted = adopted;
	return 0;
}

bool fb_dataplane_was_emptied(const struct fb_dataplane *dp)
{
	return dp->emptied;
}

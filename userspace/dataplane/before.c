// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of another ABI version: is there one, and can it be followed? Of what it pins only this is read, which every version must keep:
 *   links/xdp-<ifindex>                   XDP links that can be given another program
 *   maps/fb_geometry                      ABI and layout of the flows, then mask and secret of its table
 *   maps/fb_images, image-a, image-b      which image is in force: magic, ABI and generation are its first words
 *   maps/fb_tags, fb_flows, fb_meters     if the layout is ours
 *   maps/fb_pair_counters, fb_rule_counters, fb_redirect_errs   if the sizes are ours
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

void fb_before_free(struct fb_before *before)
{
	if (before)
		free(before->dir);
	free(before);
}

static void before_cleanup(struct fb_before **before)
{
	fb_before_free(*before);
}

int fb_before_map(const struct fb_before *before, const char *name, struct bpf_map_info *ret_info,
		  struct fb_error *err)
{
	fb_autofree char *path = fb_path("%s/maps/%s", before->dir, name);
	fb_autoclose int fd = bpf_obj_get(path);
	__u32 len = sizeof(*ret_info);

	if (fd < 0)
		return fb_error_set(err, fd, "%s: cannot be opened: %s", path, strerror(-fd));
	memset(ret_info, 0, sizeof(*ret_info));
	int r = bpf_obj_get_info_by_fd(fd, ret_info, &len);

	if (r < 0)
		return fb_error_set(err, r, "%s: is not a BPF map: %s", path, strerror(-r));
	return FB_STEAL_FD(fd);
}

/* Flows of the same layout in maps of other sizes are no flows of the same layout. */
static bool sizes_fit(const struct fb_before *before, const struct fb_flow_geometry *g)
{
	const struct fb_sizes sizes = { .buckets = g->bucket_mask + 1 };
	static const enum fb_map_id ids[] = { FB_MAP_TAGS, FB_MAP_FLOWS, FB_MAP_METERS };

	if (!sizes.buckets || (sizes.buckets & g->bucket_mask))
		return false;
	for (size_t i = 0; i < FB_ARRAY_SIZE(ids); i++) {
		struct bpf_map_info info;
		struct fb_error ignored;
		fb_autoclose int fd = fb_before_map(before, fb_map_specs[ids[i]].name, &info, &ignored);

		if (fd < 0 || info.type != BPF_MAP_TYPE_ARRAY ||
		    info.value_size != fb_map_value_size(ids[i], &sizes))
			return false;
	}
	return true;
}

static int read_geometry(struct fb_before *before, struct fb_error *err)
{
	struct bpf_map_info info;
	fb_autoclose int fd = fb_before_map(before, fb_map_specs[FB_MAP_GEOMETRY].name, &info, err);
	fb_autofree struct fb_flow_geometry *g = NULL;
	const __u32 zero = 0;

	if (fd < 0)
		return fd;
	g = calloc(1, info.value_size + sizeof(*g));
	if (!g)
		abort();
	int r = info.type == BPF_MAP_TYPE_ARRAY ? bpf_map_lookup_elem(fd, &zero, g) : -EPROTO;

	if (r < 0)
		return fb_error_set(err, r, "%s/maps/fb_geometry: cannot be read: %s", before->dir,
				    strerror(-r));
	if (g->abi != before->abi)
		return fb_error_set(err, -EPROTO, "%s/maps/fb_geometry: is of ABI %u", before->dir, g->abi);
	before->layout = g->layout;
	before->alike = g->layout == FB_FLOW_LAYOUT && info.value_size == sizeof(*g) && sizes_fit(before, g);
	before->geometry = *g;
	return 0;
}

static int read_header(struct fb_before *before, int fd, const struct bpf_map_info *info,
		       struct fb_error *err)
{
	const size_t page = 4096;
	const struct fb_image_header *header =
		info->value_size < page ? MAP_FAILED : mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);

	if (header == MAP_FAILED)
		return fb_error_set(err, -EPROTO, "%s: map %u is no policy image", before->dir, info->id);
	bool whole = header->magic == FB_IMAGE_MAGIC && header->abi == before->abi;

	before->generation = header->generation;
	munmap((void *)header, page);
	return whole ? 0
		     : fb_error_set(err, -EPROTO, "%s: the image in force is not of ABI %u", before->dir,
				    before->abi);
}

/* The generation of the image in force: numbers go on from there. */
static int read_generation(struct fb_before *before, struct fb_error *err)
{
	struct bpf_map_info info;
	fb_autoclose int images = fb_before_map(before, fb_map_specs[FB_MAP_IMAGES].name, &info, err);
	__u32 zero = 0, live = 0;

	if (images < 0)
		return images;
	int r = info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS ? bpf_map_lookup_elem(images, &zero, &live) : -EPROTO;

	if (r < 0 && r != -ENOENT)
		return fb_error_set(err, r, "%s/maps/fb_images: cannot be read: %s", before->dir,
				    strerror(-r));
	for (int i = 0; i < 2; i++) {
		fb_autoclose int fd = fb_before_map(before, i ? "image-b" : "image-a", &info, err);

		if (fd < 0)
			return fd;
		before->image = info.value_size;
		if (r == 0 && info.id == live)
			return read_header(before, fd, &info, err);
	}
	return r == -ENOENT
		       ? 0
		       : fb_error_set(err, -EPROTO,
				      "%s/maps/fb_images: names map %u, which is neither of the two images",
				      before->dir, live);
}

static int refuse(const char *dir, const struct fb_error *why, struct fb_error *err)
{
	return fb_error_set(
		err, -EEXIST,
		"%s: another version of firebreak (ABI %s) is pinned here that this one (ABI %u) cannot "
		"follow: %s; run `firebreakd --unload` (enforcement ends until the next start)",
		dir, strrchr(dir, '/') + 2, FB_ABI_VERSION, why->text);
}

static int follow(struct fb_dataplane *dp, const char *name, struct fb_error *err)
{
	struct fb_before *before FB_CLEANUP(before_cleanup) = calloc(1, sizeof(*before));
	struct fb_error why = { 0 };
	int used = 0, r = 0;

	if (!before)
		abort();
	before->dir = fb_path("%s/%s", dp->mount, name);
	if (sscanf(name, "v%u%n", &before->abi, &used) != 1 || name[used])
		r = fb_error_set(&why, -EPROTO, "\"%s\" is no version's name", name);
	else if (dp->before)
		r = fb_error_set(&why, -EPROTO, "%s is there as well", dp->before->dir);
	if (r == 0)
		r = read_geometry(before, &why);
	if (r == 0)
		r = read_generation(before, &why);
	if (r < 0)
		return refuse(before->dir, &why, err);
	dp->before = FB_STEAL(before);
	return 0;
}

/* A tree that was being built has no links yet, one that was being removed no living ones any more. */
static int clear_away(const char *dir, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_living(dir, &ports, err);

	if (n > 0)
		return fb_error_set(err, -EEXIST,
				    "%s: is not whole and holds the link of device %u; run `firebreakd "
				    "--unload` (enforcement ends until the next start)",
				    dir, ports[0]);
	return n < 0 ? n : fb_place_remove(dir, err);
}

/* What cannot be looked into counts as a pin. */
static int is_pin(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path, (void)st, (void)at;
	return type != FTW_D && type != FTW_SL;
}

static int visit(struct fb_dataplane *dp, const char *name, struct fb_error *err)
{
	fb_autofree char *dir = fb_path("%s/%s", dp->mount, name);

	if (name[0] != 'v')
		return 0;
	if (strchr(name, '-'))
		return clear_away(dir, err);
	if (nftw(dir, is_pin, 4, FTW_PHYS) == 0) {
		dp->emptied = true;
		return fb_place_remove(dir, err);
	}
	return strcmp(dir, dp->dir) == 0 ? 0 : follow(dp, name, err);
}

/* A program loses its stages with the tree that they are pinned in: what runs on a device says whose tree is in use, too. */
int fb_before_moved(const struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree char *path = fb_path("%s/progs/%s", dp->dir, fb_prog_names[FB_PROG_XDP]);
	fb_autofree __u32 *ports = NULL;
	fb_autoclose int fd = bpf_obj_get(path);
	int n = fb_link_living(dp->dir, &ports, err), running;
	__u32 id = 0;

	if (n < 0 || fd < 0 || fb_prog_info(fd, &id, NULL, err) < 0)
		return n;
	running = fb_link_running(dp->before->dir, id, err);
	return running < 0 ? running : n + running;
}

/*
 * Two whole trees, and none of the links is ours: it was filled and nothing more, by now with what was in force then,
 * so that it is begun anew.
 */
static int drop_unused(struct fb_dataplane *dp, struct fb_error *err)
{
	struct stat st;
	int n = stat(dp->dir, &st) < 0 ? 1 : fb_before_moved(dp, err);

	return n < 0 ? n : n == 0 ? fb_place_retire(dp->dir, err) : 0;
}

int fb_before_find(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree struct dirent **names = NULL;
	int n = scandir(dp->mount, &names, NULL, alphasort), r = 0;

	if (n < 0)
		return fb_error_set(err, -errno, "%s: %s", dp->mount, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = visit(dp, names[i]->d_name, err);
		free(names[i]);
	}
	return r == 0 && dp->before ? drop_unused(dp, err) : r;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the object inside of this program to a tree of pins. The object is opened twice: once live, once as
 * the explain instance, which shares what a verdict is made from and has a small table and counters of its
 * own. Everything that will ever be loaded is loaded here: without CAP_PERFMON the verifier refuses any
 * parser, and the agent gives that up.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/direct.h"
#include "dataplane/handle.h"
#include "firebreak.skel.h"

static void skeleton_cleanup(struct firebreak_bpf **skel)
{
	firebreak_bpf__destroy(*skel);
}
#define fb_autoskel FB_CLEANUP(skeleton_cleanup)

static char said[320];

/*
 * Keeps the end of what was said: the verifier's last lines tell why, and one message can be its whole log.
 */
static int hear(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	fb_autofree char *line = NULL;

	if (level != LIBBPF_WARN || vasprintf(&line, fmt, ap) < 0)
		return 0;
	size_t len = strlen(line), old = strlen(said), room = sizeof(said) - 1;

	if (len >= room) {
		memcpy(said, line + len - room, room + 1);
		return 0;
	}
	if (old + len > room) {
		memmove(said, said + (old + len - room), room - len + 1);
		old = room - len;
	}
	memcpy(said + old, line, len + 1);
	return 0;
}

void fb_load_listen(void)
{
	said[0] = 0;
	libbpf_set_print(hear);
}

const char *fb_load_said(void)
{
	for (char *c = said; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return said;
}

/* FNV-1a over the object: a name, not a proof. */
void fb_load_object_name(char *buf)
{
	uint64_t h = 0xcbf29ce484222325ull;
	size_t n = 0;
	const unsigned char *bytes = firebreak_bpf__elf_bytes(&n);

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 0x100000001b3ull;
	snprintf(buf, 17, "%016llx", (unsigned long long)h);
}

static int set_sizes(struct bpf_object *obj, const struct fb_sizes *sizes, const struct fb_maps *reuse,
		     bool explain, int image_fd, struct fb_error *err)
{
	for (int i = 0; i < FB_MAP_COUNT; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, fb_map_specs[i].name);
		int r = 0;

		if (!map)
			return fb_error_set(err, -ENOENT, "the BPF object has no map %s",
					    fb_map_specs[i].name);
		if (reuse && reuse->fd[i] >= 0)
			r = bpf_map__reuse_fd(map, reuse->fd[i]);
		else if (i == FB_MAP_IMAGES)
			r = bpf_map__set_inner_map_fd(map, image_fd);
		else if (fb_map_value_size(i, sizes))
			r = bpf_map__set_value_size(map, (__u32)fb_map_value_size(i, sizes));
		if (r < 0)
			return fb_error_set(err, r, "map %s%s cannot be set up: %s", fb_map_specs[i].name,
					    explain ? " of the explain instance" : "", strerror(-r));
	}
	return 0;
}

static void set_constants(struct firebreak_bpf *skel, const struct fb_sizes *sizes, size_t image,
			  bool explain, bool fake_clock)
{
	skel->rodata->fb_cfg.bucket_mask = sizes->buckets - 1;
	skel->rodata->fb_cfg.image_mask = (__u32)(image / sizeof(__u32)) - 1;
	skel->rodata->fb_cfg.cpu_mask = sizes->cpus - 1;
	skel->rodata->fb_cfg.explain = explain;
	skel->rodata->fb_cfg.fake_clock = fake_clock;
	skel->rodata->fb_cfg.jiffies_shift = fb_tick_shift();
	skel->rodata->fb_cfg.events_per_tick = FB_EVENTS_PER_TICK;
}

static int load(struct firebreak_bpf *skel, const char *what, struct fb_error *err)
{
	fb_load_listen();
	int r = bpf_object__load(skel->obj);

	if (r < 0)
		return fb_error_set(
			err, r, "the kernel refuses the %s BPF programs: %s%s: %s", what, strerror(-r),
			r == -EPERM ? " (loading needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)" : "",
			fb_load_said());
	return 0;
}

/* Puts the stages into their array: a stage that is not there drops what comes to it. */
static int set_stages(struct firebreak_bpf *skel, const char *what, struct fb_error *err)
{
	int stages = bpf_map__fd(skel->maps.fb_stages);

	for (__u32 i = 0; i < FB_STAGES; i++) {
		const char *name = fb_prog_names[fb_stage_progs[i]];
		struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj, name);
		int fd = prog ? bpf_program__fd(prog) : -ENOENT;

		if (!fb_stage_progs[i])
			continue;
		int r = fd < 0 ? fd : bpf_map_update_elem(stages, &i, &fd, BPF_ANY);

		if (r < 0)
			return fb_error_set(err, r, "stage %s of the %s programs cannot be set: %s", name,
					    what, strerror(-r));
	}
	return 0;
}

static struct firebreak_bpf *open_object(struct fb_error *err)
{
	int r = fb_direct_register();
	struct firebreak_bpf *skel = r < 0 ? NULL : firebreak_bpf__open();

	if (!skel)
		fb_error_set(err, -errno, "the BPF object cannot be opened: %s", strerror(errno));
	return skel;
}

static int load_live(const struct fb_sizes *sizes, const struct fb_maps *reuse, bool fake_clock, int image_fd,
		     struct firebreak_bpf **ret, struct fb_error *err)
{
	struct firebreak_bpf *skel fb_autoskel = open_object(err);

	if (!skel)
		return err->code;
	set_constants(skel, sizes, sizes->image, false, fake_clock);
	int r = set_sizes(skel->obj, sizes, reuse, false, image_fd, err);

	if (r == 0)
		r = load(skel, "live", err);
	if (r == 0)
		r = set_stages(skel, "live", err);
	if (r < 0)
		return r;
	*ret = FB_STEAL(skel);
	return 0;
}

/* maps: the shared ones of the live instance, and this one's own where they exist already. */
static int load_explain(const struct fb_maps *maps, size_t image, bool fake_clock, struct firebreak_bpf **ret,
			struct fb_error *err)
{
	const struct fb_sizes sizes = { .buckets = FB_EXPLAIN_BUCKETS, .cpus = 1, .image = image };
	struct firebreak_bpf *skel fb_autoskel = open_object(err);
	struct bpf_program *prog;

	if (!skel)
		return err->code;
	set_constants(skel, &sizes, image, true, fake_clock);
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, bpf_program__type(prog) == BPF_PROG_TYPE_XDP);
	int r = set_sizes(skel->obj, &sizes, maps, true, -1, err);

	if (r == 0)
		r = load(skel, "explain", err);
	if (r == 0)
		r = set_stages(skel, "explain", err);
	if (r < 0)
		return r;
	*ret = FB_STEAL(skel);
	return 0;
}

static int map_fd(struct firebreak_bpf *skel, int id)
{
	return bpf_object__find_map_fd_by_name(skel->obj, fb_map_specs[id].name);
}

/* The shared maps of one instance as the ones to reuse in the other. */
static void share_maps(struct firebreak_bpf *live, struct fb_maps *ret)
{
	for (int i = 0; i < FB_MAP_COUNT; i++)
		ret->fd[i] = fb_map_specs[i].shared ? map_fd(live, i) : -1;
}

/*
 * The hash secret and the shape lie in the table, not in rodata: a later program finds the flows of this one.
 */
static int init_geometry(struct firebreak_bpf *live, struct firebreak_bpf *explain,
			 const struct fb_flow_geometry *geometry, struct fb_error *err)
{
	struct fb_flow_geometry g = *geometry;
	const __u32 zero = 0;
	int r;

	r = bpf_map_update_elem(map_fd(live, FB_MAP_GEOMETRY), &zero, &g, BPF_ANY);
	g.bucket_mask = FB_EXPLAIN_BUCKETS - 1;
	if (r == 0)
		r = bpf_map_update_elem(map_fd(explain, FB_MAP_GEOMETRY), &zero, &g, BPF_ANY);
	return r < 0 ? fb_error_set(err, r, "the flow table's geometry cannot be written: %s", strerror(-r))
		     : 0;
}

/* Programs go to <dir>/<where>: "progs" at first; a directory beside it when they replace others. */
static int pin_programs(struct firebreak_bpf *live, struct firebreak_bpf *explain, const char *dir,
			const char *where, uid_t owner, struct fb_error *err)
{
	fb_autofree char *progs = fb_path("%s/%s", dir, where);
	int r = fb_place_mkdir(progs, owner, err);

	for (int i = 0; r == 0 && i < FB_PROG_COUNT; i++) {
		const char *name = fb_prog_names[i == FB_PROG_EXPLAIN ? FB_PROG_XDP : i];
		struct bpf_object *obj = i == FB_PROG_EXPLAIN ? explain->obj : live->obj;
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);
		fb_autofree char *path = fb_path("%s/%s", progs, fb_prog_names[i]);

		if (!prog)
			return fb_error_set(err, -ENOENT, "the BPF object has no program %s", name);
		r = fb_place_pin(bpf_program__fd(prog), path, owner, err);
	}
	for (int i = 0; r == 0 && i < 2; i++) {
		fb_autofree char *path = fb_path("%s/%s", progs, fb_stage_pins[i]);

		r = fb_place_pin(bpf_map__fd(i ? explain->maps.fb_stages : live->maps.fb_stages), path, owner,
				 err);
	}
	return r;
}

static int pin_maps(struct firebreak_bpf *live, struct firebreak_bpf *explain, const int image_fd[2],
		    const char *dir, uid_t owner, struct fb_error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < FB_MAP_COUNT; i++) {
		fb_autofree char *path = fb_path("%s/maps/%s", dir, fb_map_specs[i].name);
		fb_autofree char *own = fb_path("%s/explain/%s", dir, fb_map_specs[i].name);

		r = fb_place_pin(map_fd(live, i), path, owner, err);
		if (r == 0 && !fb_map_specs[i].shared)
			r = fb_place_pin(map_fd(explain, i), own, owner, err);
	}
	for (int i = 0; r == 0 && i < 2; i++) {
		fb_autofree char *path = fb_path("%s/maps/image-%c", dir, 'a' + i);

		r = fb_place_pin(image_fd[i], path, owner, err);
	}
	return r;
}

/*
 * The counter of failed redirects watches the whole system and filters by program id
 * (fb_runtime.xdp_prog_id).
 */
static int pin_tracepoint(struct firebreak_bpf *live, const char *dir, const char *name, uid_t owner,
			  struct fb_error *err)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(live->obj, fb_prog_names[FB_PROG_REDIRECT_ERR]);
	fb_autofree char *path = fb_path("%s/links/%s", dir, name);
	fb_autoclose int fd = bpf_raw_tracepoint_open("xdp_redirect_err", bpf_program__fd(prog));

	if (fd < 0)
		return fb_error_set(err, fd,
				    "tracepoint xdp_redirect_err cannot be watched: %s (needs CAP_PERFMON)",
				    strerror(-fd));
	return fb_place_pin(fd, path, owner, err);
}

static int make_image(size_t bytes, const char *name, struct fb_error *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), (__u32)bytes, 1, &opts);

	if (fd < 0)
		fb_error_set(err, fd, "a policy image of %zu MiB cannot be created: %s", bytes >> 20,
			     strerror(-fd));
	return fd;
}

static int mark_object(const char *dir, struct fb_error *err)
{
	fb_autofree char *link = fb_path("%s/object", dir);
	char name[17];

	fb_load_object_name(name);
	if ((unlink(link) < 0 && errno != ENOENT) || symlink(name, link) < 0)
		return fb_error_set(err, -errno, "%s: cannot be written: %s", link, strerror(errno));
	return 0;
}

int fb_load_geometry(const struct fb_sizes *sizes, struct fb_flow_geometry *ret, struct fb_error *err)
{
	struct fb_flow_geometry g = { .abi = FB_ABI_VERSION,
				      .layout = FB_FLOW_LAYOUT,
				      .bucket_mask = sizes->buckets - 1 };

	if (getrandom(g.secret, sizeof(g.secret), 0) != sizeof(g.secret))
		return fb_error_set(err, -EIO, "no random secret for the flow table: %s", strerror(errno));
	*ret = g;
	return 0;
}

int fb_load_pin(const char *dir, const struct fb_sizes *sizes, const struct fb_flow_geometry *geometry,
		const struct fb_dataplane_options *options, struct fb_error *err)
{
	static const char *const folders[] = { "", "/maps", "/explain", "/links" };
	struct firebreak_bpf *live fb_autoskel = NULL, *explain fb_autoskel = NULL;
	fb_autoclose int image_a = make_image(sizes->image, "fb_image_a", err);
	fb_autoclose int image_b = image_a < 0 ? -1 : make_image(sizes->image, "fb_image_b", err);
	struct fb_maps shared;
	int r;

	if (image_b < 0)
		return err->code;
	r = load_live(sizes, NULL, options->fake_clock, image_a, &live, err);
	if (r < 0)
		return r;
	share_maps(live, &shared);
	r = load_explain(&shared, sizes->image, options->fake_clock, &explain, err);
	if (r == 0)
		r = init_geometry(live, explain, geometry, err);
	for (size_t i = 0; r == 0 && i < FB_ARRAY_SIZE(folders); i++) {
		fb_autofree char *path = fb_path("%s%s", dir, folders[i]);

		r = fb_place_mkdir(path, options->owner, err);
	}
	if (r == 0)
		r = pin_maps(live, explain, (int[]){ image_a, image_b }, dir, options->owner, err);
	if (r == 0)
		r = pin_programs(live, explain, dir, "progs", options->owner, err);
	if (r == 0)
		r = pin_tracepoint(live, dir, "redirect-err", options->owner, err);
	return r == 0 ? mark_object(dir, err) : r;
}

/*
 * Ports run the old programs until each is attached anew, and an array of stages without a pin is emptied: the old ones stay pinned beside the new ones,
 * until the next replacement.
 */
static int swap_stages(const char *dir, struct fb_error *err)
{
	for (int i = 0; i < 2; i++) {
		fb_autofree char *from = fb_path("%s/progs-new/%s", dir, fb_stage_pins[i]),
				 *to = fb_path("%s/progs/%s", dir, fb_stage_pins[i]),
				 *old = fb_path("%s/progs/%s-old", dir, fb_stage_pins[i]);

		if ((rename(to, old) < 0 && errno != ENOENT) || rename(from, to) < 0)
			return fb_error_set(err, -errno, "%s: cannot be replaced: %s", to, strerror(errno));
	}
	return 0;
}

static int swap_pins(const char *dir, struct fb_error *err)
{
	fb_autofree char *fresh = fb_path("%s/progs-new", dir),
			 *fresh_link = fb_path("%s/links/redirect-err-new", dir),
			 *link = fb_path("%s/links/redirect-err", dir);

	for (int i = 0; i < FB_PROG_COUNT; i++) {
		fb_autofree char *from = fb_path("%s/%s", fresh, fb_prog_names[i]),
				 *to = fb_path("%s/progs/%s", dir, fb_prog_names[i]);

		if (rename(from, to) < 0)
			return fb_error_set(err, -errno, "%s: cannot be replaced: %s", to, strerror(errno));
	}
	if (rename(fresh_link, link) < 0)
		return fb_error_set(err, -errno, "%s: cannot be replaced: %s", link, strerror(errno));
	int r = swap_stages(dir, err);

	return r == 0 ? fb_place_remove(fresh, err) : r;
}

/*
 * Another object of the same ABI: new programs over the same maps. The links still run the old programs until
 * fb_dataplane_attach() finds that out, port by port; both work on the same tables. A crash in between leaves
 * the old name, and the next start does all of it again.
 */
int fb_load_replace(struct fb_dataplane *dp, struct fb_error *err)
{
	struct firebreak_bpf *live fb_autoskel = NULL, *explain fb_autoskel = NULL;
	fb_autofree char *fresh = fb_path("%s/progs-new", dp->dir),
			 *fresh_link = fb_path("%s/links/redirect-err-new", dp->dir);
	const struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];
	bool fake_clock = rt->fake_mono_ns || rt->fake_unix;
	struct fb_maps maps = dp->explain;
	int r = fb_place_remove(fresh, err);

	if (r < 0)
		return r;
	unlink(fresh_link);
	for (int i = 0; i < FB_MAP_COUNT; i++)
		if (fb_map_specs[i].shared)
			maps.fd[i] = dp->live.fd[i];
	r = load_live(&dp->sizes, &dp->live, fake_clock, -1, &live, err);
	if (r == 0)
		r = load_explain(&maps, dp->sizes.image, fake_clock, &explain, err);
	if (r == 0)
		r = pin_programs(live, explain, dp->dir, "progs-new", dp->owner, err);
	if (r == 0)
		r = pin_tracepoint(live, dp->dir, "redirect-err-new", dp->owner, err);
	if (r == 0)
		r = swap_pins(dp->dir, err);
	return r == 0 ? mark_object(dp->dir, err) : r;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What somebody edited in our maps is put back, once a second (contents.c knows what they are to hold). */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

static bool mend_switches(struct fb_dataplane *dp)
{
	struct fb_switches *live = dp->live.mem[FB_MAP_SWITCHES], want = { 0 };

	memcpy(want.cut, dp->cut, sizeof(want.cut));
	want.quarantines = (__u32)dp->kept[FB_MAP_QUARANTINE].n;
	want.quarantined_macs = (__u32)dp->kept[FB_MAP_QUARANTINE_MAC].n;
	if (!dp->kept[FB_MAP_QUARANTINE_MAC].entries || !memcmp(live, &want, sizeof(want)))
		return false;
	fb_switches_write(live, &want);
	return true;
}

static bool mend_runtime(struct fb_dataplane *dp)
{
	const struct fb_table_content *self = &dp->kept[FB_MAP_SELF];
	struct fb_runtime *rt = dp->live.mem[FB_MAP_RUNTIME];
	__u32 filter[FB_SELF_FILTER_BITS / 32];

	fb_self_filter(self->entries, self->n, filter);
	if (!self->entries ||
	    (rt->xdp_prog_id == dp->prog_id[FB_PROG_XDP] && !memcmp(rt->self_filter, filter, sizeof(filter))))
		return false;
	rt->xdp_prog_id = dp->prog_id[FB_PROG_XDP];
	memcpy(rt->self_filter, filter, sizeof(filter));
	return true;
}

static bool mend_geometry(struct fb_dataplane *dp)
{
	const __u32 zero = 0;

	if (!memcmp(dp->live.mem[FB_MAP_GEOMETRY], &dp->geometry, sizeof(dp->geometry)))
		return false;
	return bpf_map_update_elem(dp->live.fd[FB_MAP_GEOMETRY], &zero, &dp->geometry, BPF_ANY) == 0;
}

static bool mend_stages(struct fb_dataplane *dp)
{
	bool mended = false;

	for (__u32 stage = 0; stage < FB_STAGES; stage++) {
		const enum fb_prog_id prog = fb_stage_progs[stage];
		__u32 id = 0;

		if (!prog ||
		    (bpf_map_lookup_elem(dp->stages_fd[0], &stage, &id) == 0 && id == dp->prog_id[prog]))
			continue;
		mended |= bpf_map_update_elem(dp->stages_fd[0], &stage, &dp->prog[prog], BPF_ANY) == 0;
	}
	return mended;
}

static bool mend_images(struct fb_dataplane *dp)
{
	const __u32 zero = 0;
	__u32 id = 0;
	int r = bpf_map_lookup_elem(dp->live.fd[FB_MAP_IMAGES], &zero, &id);

	if (dp->image_live < 0 ? r == -ENOENT : r == 0 && id == dp->image_id[dp->image_live])
		return false;
	if (dp->image_live < 0)
		bpf_map_delete_elem(dp->live.fd[FB_MAP_IMAGES], &zero);
	else
		fb_image_wait(dp);
	return true;
}

static void note(char **names, const char *name)
{
	char *longer = *names ? fb_path("%s, %s", *names, name) : fb_path("%s", name);

	free(*names);
	*names = longer;
}

char *fb_dataplane_keep_contents(struct fb_dataplane *dp, bool *ret_image)
{
	static const struct {
		enum fb_map_id id;
		bool (*mend)(struct fb_dataplane *dp);
	} others[] = { { FB_MAP_SWITCHES, mend_switches },
		       { FB_MAP_RUNTIME, mend_runtime },
		       { FB_MAP_GEOMETRY, mend_geometry },
		       { FB_MAP_IMAGES, mend_images } };
	char *names = NULL;

	for (int id = 0; id < FB_MAP_COUNT; id++) {
		struct fb_error ignored;

		if (!dp->kept[id].entries || fb_contents_are_kept(dp, id))
			continue;
		fb_table_write(dp, id, &ignored);
		note(&names, fb_map_specs[id].name);
	}
	for (size_t i = 0; i < FB_ARRAY_SIZE(others); i++)
		if (others[i].mend(dp))
			note(&names, fb_map_specs[others[i].id].name);
	if (mend_stages(dp))
		note(&names, fb_stage_pins[0]);
	*ret_image = fb_contents_edited_image(dp);
	return names;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one ABI version to the next (or back) without a packet that nobody judges. Both trees are there, and each device runs one of two whole programs with one
 * policy at any moment:
 *   1. ours is filled as v<abi>-new: image, tables, switches by the agent, then all ports as targets of redirects, and the flows (carry.c)
 *   2. it is called v<abi>
 *   3. link by link: our program in place of the other, its pin into our tree; then the filters
 *   4. no program of the other runs any more: what changed meanwhile is merged (merge.c), the counters are added
 *   5. the other tree is called v<other>-old, and removed
 * Who is killed before 2 leaves what the next start removes; until 3 moves the first link, what it drops and makes anew; after that, what it goes on with at 3, of either version:
 * whose tree has which link says how far it came. The guard lists the same devices all the time.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

unsigned int fb_dataplane_predecessor(const struct fb_dataplane *dp)
{
	return dp->before ? dp->before->abi : 0;
}

/* A packet from a port that runs our program may go to one that does not yet: that is fenced as well. */
static int add_targets(struct fb_dataplane *dp, const __u32 *ports, int n, struct fb_error *err)
{
	for (int i = 0; i < n; i++) {
		int r = bpf_map_update_elem(dp->live.fd[FB_MAP_DEV], &ports[i], &ports[i], BPF_ANY);
		char name[IF_NAMESIZE];

		if (r < 0 && if_indextoname(ports[i], name))
			return fb_error_set(err, r, "device %u cannot be made a target of redirects: %s",
					    ports[i], strerror(-r));
	}
	return 0;
}

/* Whether flows of the other table are found where they are, in ours. */
static bool is_alike(const struct fb_dataplane *dp)
{
	const struct fb_flow_geometry *own = dp->live.mem[FB_MAP_GEOMETRY], *g = &dp->before->geometry;

	return dp->before->alike && own->bucket_mask == g->bucket_mask &&
	       memcmp(own->secret, g->secret, sizeof(g->secret)) == 0;
}

/* Steps 1 and 2. A tree that has links already is whole, and programs use its flows. */
static int complete(struct fb_dataplane *dp, struct fb_carry *carry, struct fb_error *err)
{
	int r = is_alike(dp) ? fb_carry_open(dp, carry, err) : 0;

	if (r < 0)
		return r;
	if (!dp->fresh) {
		if (carry->to)
			fb_carry_unlock(carry);
		return 0;
	}
	if (carry->to) {
		r = fb_carry_meters(dp, err);
		fb_carry_flows(carry);
	}
	return r < 0 ? r : fb_handle_complete(dp, err);
}

/* Step 3. Links first, because in between the two directions of a flow may be seen by different programs. */
static int move(struct fb_dataplane *dp, const __u32 *ports, int n, struct fb_error *err)
{
	int r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		r = fb_link_move(dp, dp->before->dir, ports[i], err);
		if (r < 0 && fb_link_alive(dp->before->dir, ports[i], err) == 0)
			r = 0; /* its device went in this moment */
	}
	for (int i = 0; i < n && r == 0; i++) {
		char name[IF_NAMESIZE];
		struct fb_error ignored;

		/* one that cannot be replaced goes on as it is, and is reported as what it is */
		if (if_indextoname(ports[i], name))
			fb_tc_ensure(dp, name, ports[i], &ignored);
	}
	return r;
}

/* As long as nothing has moved, as if this had not begun. */
static int retreat(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	struct fb_error ignored;

	if (dp->fresh)
		return err->code;
	if (fb_link_living(dp->dir, &ports, &ignored) != 0)
		return fb_error_prefix(err, "both versions enforce, and the next start goes on");
	fb_place_retire(dp->dir, &ignored);
	return err->code;
}

static __u64 count_flows(const struct fb_dataplane *dp)
{
	struct fb_flow_totals totals;
	__u64 n = 0;

	fb_dataplane_flow_totals(dp, &totals);
	for (int state = 0; state < FB_FLOW_STATES; state++)
		n += totals.by_state[state];
	return n;
}

/* Step 4. */
static int take_over(struct fb_dataplane *dp, struct fb_carry *carry, struct fb_succession *ret,
		     struct fb_error *err)
{
	int r;

	fb_image_wait(dp);
	if (carry->to) {
		ret->lost = fb_carry_merge(carry);
		ret->flows = count_flows(dp);
	} else {
		ret->anew = true;
		ret->lost = fb_carry_count(dp);
	}
	r = fb_carry_counters(dp, err);
	ret->uncounted = r > 0;
	return r < 0 ? r : 0;
}

/* Step 5. What is left of its links is of devices that are gone. */
static int retire(struct fb_dataplane *dp, struct fb_error *err)
{
	fb_autofree __u32 *ports = NULL;
	int n = fb_link_pinned(dp->before->dir, &ports, err), r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		fb_autofree char *pin = fb_path("%s/links/xdp-%u", dp->before->dir, ports[i]);

		/* its number may be another's by now */
		if (fb_link_alive(dp->dir, ports[i], err) != 1)
			r = fb_guard_remove(dp, ports[i], err);
		if (r == 0)
			r = fb_link_unpin(pin, err);
	}
	if (n < 0 || r < 0)
		return n < 0 ? n : r;
	r = fb_place_retire(dp->before->dir, err);
	if (r == 0) {
		fb_before_free(dp->before);
		dp->before = NULL;
	}
	return r;
}

static void carry_cleanup(struct fb_carry *carry)
{
	fb_carry_done(carry);
}

int fb_dataplane_succeed(struct fb_dataplane *dp, struct fb_succession *ret, struct fb_error *err)
{
	struct fb_succession s = { .abi = dp->before->abi, .layout = dp->before->layout };
	FB_CLEANUP(carry_cleanup) struct fb_carry carry = { 0 };
	fb_autofree __u32 *all = NULL, *ports = NULL;
	int n_all = fb_dataplane_attached(dp, &all, err), n, r;

	if (n_all < 0)
		return n_all;
	n = fb_link_living(dp->before->dir, &ports, err);
	r = n < 0 ? n : add_targets(dp, all, n_all, err);
	if (r == 0)
		r = complete(dp, &carry, err);
	if (r == 0)
		r = move(dp, ports, n, err);
	if (r == 0)
		r = take_over(dp, &carry, &s, err);
	if (r == 0)
		r = retire(dp, err);
	if (r < 0)
		return retreat(dp, err);
	*ret = s;
	return 0;
}

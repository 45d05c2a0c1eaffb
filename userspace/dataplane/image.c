// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two images: one in force, one spare. The switch is one update of the outer map, which the kernel
 * finishes only when no CPU reads the old one any more (9 to 17 ms seen); so the image that becomes spare may
 * be written at once.
 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane/handle.h"

static int spare_index(const struct fb_dataplane *dp)
{
	return dp->image_live == 0 ? 1 : 0;
}

void *fb_dataplane_spare_image(struct fb_dataplane *dp, size_t *ret_size)
{
	int i = spare_index(dp);
	struct fb_image_header *header = dp->image[i];

	if (!dp->image_clean[i]) {
		/*
		 * A whole image says how much of it is used; one that somebody died over may be dirty
		 * anywhere.
		 */
		size_t used = header->magic == FB_IMAGE_MAGIC ? header->n_words * sizeof(__u32)
							      : dp->sizes.image;

		/* From here a crash leaves an image that is cleared as a whole. */
		__atomic_store_n(&header->magic, 0, __ATOMIC_SEQ_CST);
		memset(header, 0, used < sizeof(*header) || used > dp->sizes.image ? dp->sizes.image : used);
	}
	dp->image_clean[i] = false;
	*ret_size = dp->sizes.image;
	return header;
}

int fb_dataplane_switch_image(struct fb_dataplane *dp, struct fb_error *err)
{
	int i = spare_index(dp);
	const struct fb_image_header *header = dp->image[i];
	const __u32 zero = 0;

	if (header->magic != FB_IMAGE_MAGIC || header->abi != FB_ABI_VERSION)
		return fb_error_set(err, -EINVAL, "the spare image is no policy image: magic %08x, ABI %u",
				    header->magic, header->abi);
	if (header->generation <= fb_dataplane_generation(dp))
		return fb_error_set(err, -EINVAL, "generation %u is not after %u, which is in force",
				    header->generation, fb_dataplane_generation(dp));
	int r = bpf_map_update_elem(dp->live.fd[FB_MAP_IMAGES], &zero, &dp->image_fd[i], BPF_ANY);

	if (r < 0)
		return fb_error_set(err, r, "generation %u cannot be put in force: %s", header->generation,
				    strerror(-r));
	dp->image_live = i;
	fb_contents_keep_image(dp);
	return 0;
}

/* The switch to what is in force already: the kernel waits as for any other. */
void fb_image_wait(const struct fb_dataplane *dp)
{
	const __u32 zero = 0;

	if (dp->image_live >= 0)
		bpf_map_update_elem(dp->live.fd[FB_MAP_IMAGES], &zero, &dp->image_fd[dp->image_live],
				    BPF_ANY);
}

int fb_dataplane_drop_image(struct fb_dataplane *dp, struct fb_error *err)
{
	const __u32 zero = 0;
	int r = dp->image_live < 0 ? 0 : bpf_map_delete_elem(dp->live.fd[FB_MAP_IMAGES], &zero);

	if (r < 0)
		return fb_error_set(err, r, "the policy cannot be taken out of force: %s", strerror(-r));
	dp->image_live = -1;
	fb_contents_keep_image(dp);
	return 0;
}

const void *fb_dataplane_image(const struct fb_dataplane *dp)
{
	return dp->image_live < 0 ? NULL : dp->image[dp->image_live];
}

__u32 fb_dataplane_generation(const struct fb_dataplane *dp)
{
	const struct fb_image_header *header = fb_dataplane_image(dp);
	__u32 own = header ? header->generation : 0, before = dp->before ? dp->before->generation : 0;

	return own > before ? own : before;
}

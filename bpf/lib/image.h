/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into the policy image: one element of 16 or 64 MiB, read by masked word index, so that a corrupt image gives a wrong answer and never an
 * access outside of it. The mask is the last operation (see fb_at in config.h: 6.1 loses the bound otherwise). Natively the includer defines
 * FB_IMAGE_MASK, words - 1.
 */
#ifndef FB_LIB_IMAGE_H
#define FB_LIB_IMAGE_H

#include <firebreak_abi.h>
#include <linux/types.h>

#ifndef FB_IMAGE_MASK
#include "config.h"
#define FB_IMAGE_MASK fb_cfg.image_mask
#endif
#ifndef FB_INLINE
#define FB_INLINE static inline __attribute__((always_inline))
#endif

#define FB_HDR_WORD(field) ((__u32)(__builtin_offsetof(struct fb_image_header, field) / 4))

/*
 * The mask as a parameter: code that reads many words loads the constant once. 6.1 follows a constant through registers and stack as well as
 * one that is loaded at each use.
 */
FB_INLINE __u32 fb_image_get(const void *img, __u32 mask, __u32 index)
{
	asm volatile("" : "+r"(index));
	return *(const __u32 *)((const char *)img + ((__u64)(index & mask) << 2));
}

FB_INLINE __u32 fb_image_word(const void *img, __u32 index)
{
	return fb_image_get(img, FB_IMAGE_MASK, index);
}

/* Bytes and halves count from the word at index. */
FB_INLINE __u32 fb_image_byte(const void *img, __u32 mask, __u32 index, __u32 i)
{
	return fb_image_get(img, mask, index + (i >> 2)) >> ((i & 3) * 8) & 0xff;
}

FB_INLINE __u32 fb_image_half(const void *img, __u32 mask, __u32 index, __u32 i)
{
	return fb_image_get(img, mask, index + (i >> 1)) >> ((i & 1) * 16) & 0xffff;
}

/* The 64 bytes that the word at index lies in. */
FB_INLINE const void *fb_image_line(const void *img, __u32 mask, __u32 index)
{
	__u32 line = index >> 4;

	asm volatile("" : "+r"(line));
	return (const char *)img + ((__u64)(line & (mask >> 4)) << 6);
}

#endif

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

/* A word of the header: a constant offset, so that no mask is needed. */
#define FB_HDR(img, field) (((const __u32 *)(img))[FB_HDR_WORD(field)])

/* A word by index. */
FB_INLINE __u32 fb_image_word(const void *img, __u32 index)
{
	asm volatile("" : "+r"(index));
	return *(const __u32 *)((const char *)img + ((__u64)(index & FB_IMAGE_MASK) << 2));
}

/*
 * By offset in bytes, for code that follows many links: no shift, and the limit (FB_IMAGE_LIMIT, taken once) as a parameter, because the constant behind
 * it would be loaded at each use. 6.1 follows a constant through registers and stack as well. size is what may be read there: 4, 16 or 64.
 */
#define FB_IMAGE_LIMIT (FB_IMAGE_MASK << 2)

FB_INLINE const void *fb_image_at(const void *img, __u32 limit, __u32 offset, __u32 size)
{
	limit &= ~(size - 1);
	asm volatile("" : "+r"(offset));
	return (const char *)img + (offset & limit);
}

FB_INLINE __u32 fb_image_get(const void *img, __u32 limit, __u32 offset)
{
	return *(const __u32 *)fb_image_at(img, limit, offset, 4);
}

/* The i-th half, byte of an array. Offsets of sections are multiples of 4: what is or-ed to the limit lets the bits below through. */
FB_INLINE __u32 fb_image_half(const void *img, __u32 limit, __u32 offset, __u32 i)
{
	return *(const __u16 *)fb_image_at(img, limit | 2, offset + i * 2, 2);
}

FB_INLINE __u32 fb_image_byte(const void *img, __u32 limit, __u32 offset, __u32 i)
{
	return *(const __u8 *)fb_image_at(img, limit | 3, offset + i, 1);
}

#endif

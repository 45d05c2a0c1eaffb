/* placeholder until the classifier lands */
#pragma once
#include "config.h"
#define FB_HDR_WORD(f) ((__u32)(__builtin_offsetof(struct fb_image_header, f) / 4))
FB_INLINE __u32 fb_image_word(const void *img, __u32 i){ return *(__u32*)fb_at((void*)img,i,fb_cfg.image_mask,2);}
FB_INLINE __u32 fb_atom4(const void*img,__u32 a){return fb_image_word(img,a);}
FB_INLINE __u32 fb_atom6(const void*img,__u64 h,__u64 l){return fb_image_word(img,h+l);}
FB_INLINE __u8 fb_atom_zone(const void*img,__u32 a){return fb_image_word(img,a);}
FB_INLINE __u32 fb_classify(const void*img,__u32 s,__u32 d,int f,__u8 p,__u16 sp,__u16 dp){return fb_image_word(img,s+d+f+p+sp+dp);}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a program's reference to an array of one element the address of that element (BPF_PSEUDO_MAP_VALUE; include/uapi/linux/bpf.h), as libbpf does for global
 * variables. A lookup costs eleven instructions and a store that is loaded again before the address is known, a dozen times a packet; and it can fail, so that
 * every use needs a test. libbpf's own way, a data section, cannot be given a size when it is loaded (libbpf 1.1).
 */
#ifndef FB_DATAPLANE_DIRECT_H
#define FB_DATAPLANE_DIRECT_H

/* Before an object is opened, once in a process. 0, or a negative errno of libbpf's. */
int fb_direct_register(void);

#endif

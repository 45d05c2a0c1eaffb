// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/direct.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"

static bool is_one_element(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.max_entries == 1;
}

/* libbpf has put the descriptors in; the kernel has not seen the program. cookie: flags to load it with. */
static int make_direct(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	size_t n = bpf_program__insn_cnt(prog);
	fb_autofree struct bpf_insn *insns = malloc(n * sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), n * sizeof(*insns));
	for (size_t i = 0; i + 1 < n; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD && is_one_element(insns[i].imm))
			insns[i].src_reg = BPF_PSEUDO_MAP_VALUE;
		i++;
	}
	opts->prog_flags |= (__u32)cookie;
	return bpf_program__set_insns(prog, insns, n);
}

int fb_direct_register(void)
{
	static const struct {
		const char *section;
		enum bpf_prog_type type;
		enum bpf_attach_type attach;
		long flags;
	} kinds[] = {
		{ "xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS },
		{ "tc", BPF_PROG_TYPE_SCHED_CLS, 0, 0 },
		{ "raw_tp+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0 },
	};
	static bool done;

	for (size_t i = 0; !done && i < FB_ARRAY_SIZE(kinds); i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = kinds[i].flags,
			    .prog_prepare_load_fn = make_direct);
		int r = libbpf_register_prog_handler(kinds[i].section, kinds[i].type, kinds[i].attach, &opts);

		if (r < 0)
			return r;
	}
	done = true;
	return 0;
}

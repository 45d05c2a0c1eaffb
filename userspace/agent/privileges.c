// SPDX-License-Identifier: GPL-2.0-only
#include "agent/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * Any packet parser needs CAP_PERFMON to load, so the capabilities alone forbid a new program; the filter
 * forbids PROG_LOAD by number as well, and what a process like this never does.
 */
static const int forbidden[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
};

static void filter_cleanup(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static int drop_syscalls(void)
{
	FB_CLEANUP(filter_cleanup) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < FB_ARRAY_SIZE(forbidden) && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(bpf), 1,
				     SCMP_A0(SCMP_CMP_EQ, BPF_PROG_LOAD));
	return r == 0 ? seccomp_load(filter) : r;
}

int fb_privileges_drop(struct fb_error *err)
{
	int r;

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_BPF,
			  CAP_NET_ADMIN, -1) < 0 ||
	    capng_apply(CAPNG_SELECT_BOTH) < 0)
		return fb_error_set(err, -EPERM, "the capabilities cannot be given away");
	r = drop_syscalls();
	return r < 0 ? fb_error_set(err, r, "the system call filter cannot be set: %s", strerror(-r)) : 0;
}

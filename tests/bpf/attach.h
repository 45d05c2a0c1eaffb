/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load, pin, attach, adopt, guard, on the running kernel. Needs root. Every test has a network and a mount
 * namespace of its own, with the veth pair ga - gb, so that whatever it leaves ends with its process.
 */
#ifndef FB_TEST_BPF_ATTACH_H
#define FB_TEST_BPF_ATTACH_H

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "dataplane/dataplane.h"

static char run_dir[] = "/run/fb-test";
static struct fb_dataplane_options options = { .run_dir = run_dir, .flow_buckets = 1024 };
static struct fb_error err;

__attribute__((format(printf, 1, 2))) static int sh(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static void setup(void)
{
	cr_assert(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "needs root");
	cr_assert(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	cr_assert(mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0);
	cr_assert(mkdir(run_dir, 0755) == 0);
	cr_assert(sh("ip link set lo up; ip link add ga type veth peer name gb && ip link set ga up && ip "
		     "link set gb up") == 0);
}
TestSuite(attach, .init = setup, .timeout = 300);

static struct fb_dataplane *open_dp(bool want_adopted)
{
	struct fb_dataplane *dp = NULL;
	bool adopted = !want_adopted;

	cr_assert(fb_dataplane_open(&options, &dp, &adopted, &err) == 0, "%s", err.text);
	cr_assert(adopted == want_adopted);
	return dp;
}

static enum fb_xdp_mode attach(struct fb_dataplane *dp, const char *name)
{
	enum fb_xdp_mode mode = FB_XDP_NONE;

	cr_assert(fb_dataplane_attach(dp, name, if_nametoindex(name), &mode, &err) == 0, "%s", err.text);
	return mode;
}

static void fill(struct fb_dataplane *dp, __u32 generation)
{
	size_t size = 0;
	struct fb_image_header *header = fb_dataplane_spare_image(dp, &size);
	const __u32 *words = (const __u32 *)header;

	cr_assert(size == FB_IMAGE_BYTES_SMALL);
	for (size_t i = 0; i < size / 4; i++)
		cr_assert(words[i] == 0, "word %zu of the spare image is %u", i, words[i]);
	header->abi = FB_ABI_VERSION;
	header->generation = generation;
	header->n_words = 4096;
	((__u32 *)header)[4095] = generation;
	header->magic = FB_IMAGE_MAGIC;
}

#endif

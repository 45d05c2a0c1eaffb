// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include "cli/doctor.h"
#include "cli/facts.h"

enum { KERNEL_MAJOR = 6, KERNEL_MINOR = 1 };

bool fb_kernel_at_least(const char *release, unsigned int major, unsigned int minor)
{
	unsigned int a, b;

	return sscanf(release, "%u.%u", &a, &b) == 2 && (a > major || (a == major && b >= minor));
}

static void check_kernel(struct fb_findings *list)
{
	struct utsname u;

	if (uname(&u) < 0)
		return;
	if (fb_kernel_at_least(u.release, KERNEL_MAJOR, KERNEL_MINOR))
		fb_finding_add(list, FB_HEALTH_OK, "kernel", NULL, "%s", u.release);
	else
		fb_finding_add(list, FB_HEALTH_FAIL, "kernel",
			       "install Linux 6.1 or later (Debian 12 has it)", "%s is too old", u.release);
	if (strcmp(u.machine, "x86_64") != 0)
		fb_finding_add(list, FB_HEALTH_FAIL, "machine", "this version runs on x86-64 only", "%s",
			       u.machine);
}

static void check_btf(struct fb_findings *list)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		fb_finding_add(list, FB_HEALTH_OK, "kernel types", NULL, "/sys/kernel/btf/vmlinux");
	else
		fb_finding_add(list, FB_HEALTH_FAIL, "kernel types",
			       "use a kernel with CONFIG_DEBUG_INFO_BTF", "/sys/kernel/btf/vmlinux: %s",
			       strerror(errno));
}

static void check_jit(struct fb_findings *list)
{
	static const char path[] = "/proc/sys/net/core/bpf_jit_enable";
	fb_autostrbuf struct fb_strbuf value = { 0 };

	fb_facts_file(path, &value);
	if (!value.len && !access(path, F_OK))
		fb_finding_add(list, FB_HEALTH_WARN, "bpf jit", "run doctor as root to see it",
			       "cannot be read: %s", strerror(EACCES));
	else if (!value.len)
		fb_finding_add(list, FB_HEALTH_WARN, "bpf jit",
			       "only the host's own network namespace tells; run doctor there",
			       "not told here");
	else if (value.s[0] == '0')
		fb_finding_add(list, FB_HEALTH_FAIL, "bpf jit",
			       "sysctl -w net.core.bpf_jit_enable=1 (interpreted, it is ten times slower)",
			       "off");
	else
		fb_finding_add(list, FB_HEALTH_OK, "bpf jit", NULL, "on");
}

static bool has_line(const char *path, const char *word)
{
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_facts_file(path, &text);
	for (const char *p = fb_strbuf_get(&text); (p = strstr(p, word)); p += strlen(word)) {
		char before = p == text.s ? '\n' : p[-1], after = p[strlen(word)];

		if (strchr("\n\t ", before) &&
		    strchr("\n\t ", after)) /* strchr finds the NUL at the end as well */
			return true;
	}
	return false;
}

static void check_bpffs(struct fb_findings *list)
{
	if (has_line("/proc/filesystems", "bpf"))
		fb_finding_add(list, FB_HEALTH_OK, "bpf file system", NULL, "known to the kernel");
	else
		fb_finding_add(list, FB_HEALTH_FAIL, "bpf file system",
			       "use a kernel with CONFIG_BPF_SYSCALL", "unknown to the kernel");
}

static bool in_path(const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin" };
	char path[128];

	for (size_t i = 0; i < FB_ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static void check_nft(struct fb_findings *list)
{
	if (in_path("nft"))
		fb_finding_add(list, FB_HEALTH_OK, "nftables", NULL, "nft is here");
	else
		fb_finding_add(list, FB_HEALTH_FAIL, "nftables",
			       "apt install nftables: the guard before and behind the agent needs it",
			       "nft is missing");
}

/* S66: what the kernel translates is not what is on the wire. */
static void check_nat(struct fb_findings *list)
{
	static const char *const modules[] = { "nft_chain_nat", "iptable_nat", "nft_masq", "xt_MASQUERADE" };
	fb_autostrbuf struct fb_strbuf text = { 0 };

	fb_facts_file("/proc/modules", &text);
	for (size_t i = 0; i < FB_ARRAY_SIZE(modules); i++) {
		size_t n = strlen(modules[i]);

		for (const char *p = fb_strbuf_get(&text); p; p = strchr(p, '\n')) {
			p += *p == '\n';
			if (!strncmp(p, modules[i], n) && p[n] == ' ') {
				fb_finding_add(list, FB_HEALTH_WARN, "nat",
					       "transit traffic must not be translated here: move NAT to "
					       "another box, or see that no rule does it",
					       "module %s is loaded", modules[i]);
				return;
			}
		}
	}
	fb_finding_add(list, FB_HEALTH_OK, "nat", NULL, "none loaded");
}

static void check_forwarding(struct fb_findings *list)
{
	static const struct {
		const char *what, *path, *advice;
	} families[] = {
		{ "ip forwarding", "/proc/sys/net/ipv4/ip_forward",
		  "sysctl -w net.ipv4.ip_forward=1, else nothing passes this gateway" },
		{ "ipv6 forwarding", "/proc/sys/net/ipv6/conf/all/forwarding",
		  "sysctl -w net.ipv6.conf.all.forwarding=1, if the policy has IPv6 networks" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(families); i++) {
		fb_autostrbuf struct fb_strbuf value = { 0 };

		fb_facts_file(families[i].path, &value);
		if (value.len && value.s[0] != '0')
			fb_finding_add(list, FB_HEALTH_OK, families[i].what, NULL, "on");
		else
			fb_finding_add(list, FB_HEALTH_WARN, families[i].what, families[i].advice, "%s",
				       value.len ? "off" : "unknown");
	}
}

static void check_clock(struct fb_findings *list)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	if (state < 0 || state == TIME_ERROR || t.status & STA_UNSYNC)
		fb_finding_add(list, FB_HEALTH_WARN, "clock",
			       "run an NTP client; until then windows and accesses stay shut",
			       "not synchronised");
	else
		fb_finding_add(list, FB_HEALTH_OK, "clock", NULL, "synchronised");
}

void fb_doctor_host(struct fb_findings *list)
{
	if (geteuid() == 0)
		fb_finding_add(list, FB_HEALTH_OK, "privilege", NULL, "root");
	else
		fb_finding_add(list, FB_HEALTH_WARN, "privilege",
			       "some findings need root: sudo firebreak doctor", "uid %u", geteuid());
	check_kernel(list);
	check_btf(list);
	check_jit(list);
	check_bpffs(list);
	check_nft(list);
	check_nat(list);
	check_forwarding(list);
	check_clock(list);
}

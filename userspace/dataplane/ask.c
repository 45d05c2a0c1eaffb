// SPDX-License-Identifier: GPL-2.0-only
/*
 * One question by netlink. Of one device, where there is such a question: libbpf's about XDP and libnftables' about an element have the kernel list all of the
 * host's devices, which once a second for each port took an eighth of a core where there are 600.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "dataplane/handle.h"

const struct rtattr *fb_ask_attr(const struct rtattr *a, int len, unsigned short type)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

/* Returns 1 at the end of the answer. */
static int take_messages(const char *buf, ssize_t n, void (*take)(const struct nlmsghdr *h, void *arg),
			 void *arg)
{
	int left = (int)n;

	for (const struct nlmsghdr *h = (const void *)buf; NLMSG_OK(h, (unsigned int)left);
	     h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(h))->error ?: 1;
		if (take)
			take(h, arg);
	}
	return 0;
}

int fb_ask(int protocol, const struct nlmsghdr *request, void (*take)(const struct nlmsghdr *h, void *arg),
	   void *arg)
{
	fb_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	fb_autofree char *buf = malloc(1 << 16);
	int r = 0;

	if (!buf)
		abort();
	if (fd < 0 || send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (r == 0) {
		ssize_t n = recv(fd, buf, 1 << 16, 0);

		if (n < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		r = take_messages(buf, n, take, arg);
	}
	return r < 0 ? r : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Where the servers listen: a Unix socket, and TCP on loopback. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "ctl/server.h"

enum { BACKLOG = 64 };

/* A socket that somebody listens on answers a connect; what a killed agent left refuses it. */
static bool is_alive(const struct sockaddr_un *address)
{
	fb_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 &&
	       (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);
}

int fb_ctl_listen_unix(const char *path, mode_t mode, gid_t group, struct fb_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	fb_autoclose int fd = -1;
	mode_t old;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return fb_error_set(err, -ENAMETOOLONG, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	if (is_alive(&address))
		return fb_error_set(err, -EADDRINUSE,
				    "%s: another process listens there; is an agent running already?", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	old = umask(0177); /* nobody else gets in between bind and chmod */
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(old);
	if (r < 0 || (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0) || chmod(path, mode) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	return FB_STEAL_FD(fd);
}

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t size;
};

static bool parse(const char *text, struct endpoint *ret)
{
	bool v6 = text[0] == '[';
	const char *host = text + v6, *end = v6 ? strstr(text, "]:") : strchr(text, ':');
	char name[64], *rest;
	unsigned long port;

	if (!end || (size_t)(end - host) >= sizeof(name))
		return false;
	memcpy(name, host, (size_t)(end - host));
	name[end - host] = 0;
	end += 1 + v6;
	port = strtoul(end, &rest, 10);
	if (*end < '0' || *end > '9' || *rest || port > 65535)
		return false;
	*ret = (struct endpoint){ 0 };
	if (v6) {
		ret->address.v6 =
			(struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port) };
		ret->size = sizeof(ret->address.v6);
		return inet_pton(AF_INET6, name, &ret->address.v6.sin6_addr) == 1 &&
		       IN6_IS_ADDR_LOOPBACK(&ret->address.v6.sin6_addr);
	}
	ret->address.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	ret->size = sizeof(ret->address.v4);
	return inet_pton(AF_INET, name, &ret->address.v4.sin_addr) == 1 &&
	       ntohl(ret->address.v4.sin_addr.s_addr) >> 24 == 127;
}

int fb_ctl_check_loopback(const char *address, struct fb_error *err)
{
	struct endpoint at;

	return parse(address, &at) ? 0
				   : fb_error_set(err, -EINVAL,
						  "%s: write 127.0.0.1:PORT or [::1]:PORT; nothing but "
						  "loopback is listened on",
						  address);
}

int fb_ctl_listen_loopback(const char *address, struct fb_error *err)
{
	struct endpoint at;
	fb_autoclose int fd = -1;
	int one = 1, r = fb_ctl_check_loopback(address, err);

	if (r < 0)
		return r;
	parse(address, &at);
	fd = socket(at.address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, &at.address.any, at.size) < 0 || listen(fd, BACKLOG) < 0)
		return fb_error_set(err, -errno, "%s: %s", address, strerror(errno));
	return FB_STEAL_FD(fd);
}

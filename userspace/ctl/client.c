// SPDX-License-Identifier: GPL-2.0-only
/*
 * The little of HTTP/1.1 that talking to our own server takes: "Connection: close", so an answer ends with
 * Content-Length or with the connection; the server never sends chunks.
 */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "ctl/protocol.h"

enum { SILENCE_SECONDS = 30, HEAD_MAX = 64 << 10 };

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static int connect_to(const char *path, struct fb_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = SILENCE_SECONDS };
	fb_autoclose int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return fb_error_set(err, -ENAMETOOLONG, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	do
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	return FB_STEAL_FD(fd);
}

/* EAGAIN is how a socket with a time-out says that the time is out. */
static int failed(const char *path, int error, struct fb_error *err)
{
	if (error == EAGAIN)
		error = ETIMEDOUT;
	return fb_error_set(err, -error, "%s: %s", path, strerror(error));
}

/*
 * A server may answer and close before it has read a body that is too large: what it said is still to be
 * read.
 */
static int send_all(int fd, const char *path, const char *data, size_t len, struct fb_error *err)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0)
			return failed(path, errno, err);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

struct answer {
	struct fb_strbuf text;
	size_t head; /* bytes up to and with the empty line; 0 = not there yet */
	long status;
	size_t body; /* SIZE_MAX = until the connection ends */
};

static int parse_head(struct answer *a)
{
	char *end = strstr(a->text.s, "\r\n\r\n");

	if (!end)
		return a->text.len > HEAD_MAX ? -EPROTO : 0;
	if (sscanf(a->text.s, "HTTP/1.%*1[01] %3ld", &a->status) != 1 || a->status < 100)
		return -EPROTO;
	a->head = (size_t)(end + 4 - a->text.s);
	a->body = SIZE_MAX;
	for (const char *line = strstr(a->text.s, "\r\n") + 2; line < end + 2;
	     line = strstr(line, "\r\n") + 2)
		if (!strncasecmp(line, "content-length:", 15)) {
			char *rest;

			a->body = strtoull(line + 15, &rest, 10);
			if (*rest != '\r')
				return -EPROTO;
		}
	if (a->status == 100) { /* "go on": the real head follows */
		struct fb_strbuf rest = { 0 };

		fb_strbuf_addn(&rest, a->text.s + a->head, a->text.len - a->head);
		fb_strbuf_done(&a->text);
		*a = (struct answer){ .text = rest };
		return rest.len ? parse_head(a) : 0;
	}
	return 0;
}

/* Until there is something to read. A signal does not begin the wait anew. */
static int await(int fd, const char *path, struct fb_error *err)
{
	const long long end = now_ms() + SILENCE_SECONDS * 1000ll;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int r;

	do {
		long long left = end - now_ms();

		r = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : failed(path, r ? errno : ETIMEDOUT, err);
}

static int receive(int fd, const char *path, struct answer *a, struct fb_error *err)
{
	char buf[65536];

	while (!a->head || a->text.len - a->head < a->body) {
		int r = await(fd, path, err);
		ssize_t n;

		if (r < 0)
			return r;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(path, errno, err);
		if (n == 0)
			break;
		fb_strbuf_addn(&a->text, buf, (size_t)n);
		if (!a->head && parse_head(a) < 0)
			return fb_error_set(err, -EPROTO, "%s: what answers does not speak HTTP", path);
		if (a->text.len > 4ul * FB_CTL_BODY_MAX)
			return fb_error_set(err, -EPROTO, "%s: an answer without end", path);
	}
	if (!a->head || (a->body != SIZE_MAX && a->text.len - a->head < a->body))
		return fb_error_set(err, -EPROTO, "%s: the connection ended in the middle of the answer",
				    path);
	return 0;
}

static void answer_done(struct answer *a)
{
	fb_strbuf_done(&a->text);
}

int fb_ctl_request(const char *socket, const char *method, const char *path, const char *body,
		   long *ret_status, char **ret_body, struct fb_error *err)
{
	FB_CLEANUP(answer_done) struct answer answer = { 0 };
	fb_autostrbuf struct fb_strbuf head = { 0 };
	fb_autoclose int fd = connect_to(socket, err);
	size_t len;
	int r;

	if (fd < 0)
		return fd;
	fb_strbuf_addf(&head, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, path);
	if (body)
		fb_strbuf_addf(&head, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			       strlen(body));
	fb_strbuf_add(&head, "\r\n");
	r = send_all(fd, socket, head.s, head.len, err);
	if (r == 0 && body)
		r = send_all(fd, socket, body, strlen(body), err);
	if (r == 0)
		r = receive(fd, socket, &answer, err);
	if (r < 0)
		return r;
	len = answer.body == SIZE_MAX ? answer.text.len - answer.head : answer.body;
	*ret_body = strndup(answer.text.s + answer.head, len);
	if (!*ret_body)
		abort();
	*ret_status = answer.status;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes on the control socket, in pieces that a zero byte parts: the server stays, and serves the next one who asks. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "ctl/server.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/fb-fuzz-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct fb_ctl_server *server;

static void look(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const char *limit = fb_ctl_query(request, "limit");

	fb_ctl_answer_json(answer, FB_CTL_OK, json_pack("{ss}", "limit", limit ? "given" : "none"));
}

static void change(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	json_t *body = json_loadb(request->body, request->body_len, 0, NULL);

	if (strlen(request->body) > request->body_len)
		abort();
	if (!body)
		fb_ctl_answer_error(answer, FB_CTL_BAD_REQUEST, "\"%s\" is no JSON", request->body);
	else
		fb_ctl_answer_json(answer, FB_CTL_OK, json_pack("{so}", "body", body));
}

static const struct fb_ctl_route routes[] = {
	{ "GET", "/v1/status", look },
	{ "POST", "/v1/apply", change, .needs = FB_CTL_ADMIN },
	{ "POST", "/v1/isolate", change, .needs = FB_CTL_OPERATOR },
};

static void clean(void)
{
	fb_ctl_server_free(server);
	unlink(address.sun_path);
	rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct fb_ctl_server_options options = { .routes = routes,
						       .n_routes = FB_ARRAY_SIZE(routes),
						       .body_max = 1 << 20,
						       .groups = { (gid_t)-1, (gid_t)-1, (gid_t)-1 } };
	struct fb_error err = { 0 };
	int fd;

	if (!mkdtemp(dir))
		abort();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", dir);
	fd = fb_ctl_listen_unix(address.sun_path, 0600, (gid_t)-1, &err);
	if (fd < 0 || fb_ctl_server_new(fd, &options, &server, &err) < 0)
		abort();
	atexit(clean);
	return 0;
}

static int arrive(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	return fd;
}

static void serve(int fd)
{
	char sink[4096];

	for (int i = 0; i < 3; i++)
		fb_ctl_server_run(server);
	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

/* Not every time: it costs as much as the case itself. */
static void still_serves(void)
{
	static const char ask[] = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
	fb_autoclose int fd = arrive();
	char answer[256] = "";

	(void)!write(fd, ask, sizeof(ask) - 1);
	for (int i = 0; i < 10 && recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT) <= 0; i++)
		fb_ctl_server_run(server);
	if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned int cases;
	int fd = arrive();

	while (size) {
		const uint8_t *zero = memchr(data, 0, size);
		size_t n = zero ? (size_t)(zero - data) : size;

		if (n && send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break; /* the server has had enough */
		serve(fd);
		n += zero != NULL;
		data += n;
		size -= n;
	}
	close(fd);
	for (int i = 0; i < 3; i++)
		fb_ctl_server_run(server);
	if (++cases % 64 == 0)
		still_serves();
	return 0;
}

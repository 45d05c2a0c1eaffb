// SPDX-License-Identifier: GPL-2.0-only
/* The client against nobody, and against what is no server. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ctl/client.h"
#include "ctl/server.h"

Test(client, says_that_nobody_answers)
{
	struct fb_error err = { 0 };
	char *answer = NULL, much[200];
	long status;

	cr_assert_eq(fb_ctl_request("/nonexistent/sock", "GET", "/", NULL, &status, &answer, &err), -ENOENT);
	memset(much, 'x', sizeof(much));
	much[199] = 0;
	cr_assert_eq(fb_ctl_request(much, "GET", "/", NULL, &status, &answer, &err), -ENAMETOOLONG);
	cr_assert_null(answer);
}

/* A server that says text to whoever comes. */
static int ask_impostor(const char *text, char **ret_answer)
{
	struct fb_error err = { 0 };
	long status = 0;
	char folder[] = "/tmp/fb-ctl-XXXXXX", path[64];
	pid_t child;
	int fd, r;

	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	fd = fb_ctl_listen_unix(path, 0600, (gid_t)-1, &err);
	child = fork();
	if (child == 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char buf[1000];

		poll(&p, 1, -1);
		int c = accept(fd, NULL, NULL);

		if (recv(c, buf, sizeof(buf), 0) > 0 && write(c, text, strlen(text)) > 0)
			close(c);
		_exit(0);
	}
	close(fd);
	r = fb_ctl_request(path, "GET", "/", NULL, &status, ret_answer, &err);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	rmdir(folder);
	return r < 0 ? r : (int)status;
}

Test(client, believes_only_whole_answers)
{
	static const struct {
		const char *text;
		int wanted;
		const char *body;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi" },
		{ "HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end" },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 409 No\r\ncontent-length: 0\r\n\r\n", 409, "" },
		{ "HTTP/1.1 100 Continue\r\n\r\n", -EPROTO, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", -EPROTO, NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhi", -EPROTO, NULL },
		{ "HTTP/1.1 200 OK\r\n", -EPROTO, NULL },
		{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", -EPROTO, NULL },
		{ "HTTP/1.1 xyz\r\n\r\n", -EPROTO, NULL },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		fb_autofree char *answer = NULL;
		int r = ask_impostor(cases[i].text, &answer);

		cr_assert_eq(r, cases[i].wanted, "%s: %d", cases[i].text, r);
		if (cases[i].body)
			cr_assert_str_eq(answer, cases[i].body);
	}
}

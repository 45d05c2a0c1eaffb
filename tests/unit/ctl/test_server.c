// SPDX-License-Identifier: GPL-2.0-only
/*
 * Server and client against each other, the server in a process of its own; and the server against what is
 * no client.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "ctl/client.h"
#include "ctl/server.h"

enum { BODY_MAX = 1 << 20, OPERATORS = 65533 };

static char folder[] = "/tmp/fb-ctl-XXXXXX";
static char path[64];
static pid_t child;

static void echo(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	fb_ctl_answer_json(answer, FB_CTL_OK,
			   json_pack("{ss ss si sb}", "schema", "test/1", "body", request->body, "uid",
				     (int)request->peer.uid, "admin", request->peer.role == FB_CTL_ADMIN));
}

static void query(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const char *limit = fb_ctl_query(request, "limit");

	fb_ctl_answer_text(answer, FB_CTL_OK, "text/plain", strdup(limit ? limit : "none"));
}

static void forget(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
}

static void large(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	char *text = malloc(5000001);

	memset(text, 'x', 5000000);
	text[5000000] = 0;
	fb_ctl_answer_text(answer, FB_CTL_OK, "text/plain", text);
}

static void slow(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer)
{
	const struct timespec a_while = { .tv_nsec = 300000000 };

	nanosleep(&a_while, NULL);
	fb_ctl_answer_text(answer, FB_CTL_OK, "text/plain", strdup("at last"));
}

static const struct fb_ctl_route routes[] = {
	{ "POST", "/echo", echo },
	{ "GET", "/query", query },
	{ "GET", "/forget", forget },
	{ "GET", "/large", large },
	{ "GET", "/slow", slow },
	{ "POST", "/change", echo, .needs = FB_CTL_ADMIN },
	{ "POST", "/switch", echo, .needs = FB_CTL_OPERATOR },
};

static void serve(int fd)
{
	struct fb_ctl_server_options options = {
		routes, FB_ARRAY_SIZE(routes), NULL, BODY_MAX, { (gid_t)-1, OPERATORS, (gid_t)-1 }
	};
	struct fb_ctl_server *server;
	struct fb_error err = { 0 };

	if (fb_ctl_server_new(fd, &options, &server, &err) < 0)
		_exit(1);
	for (int wait = 0;;) {
		struct pollfd p = { .fd = fb_ctl_server_fd(server), .events = POLLIN };

		poll(&p, 1, wait);
		wait = fb_ctl_server_run(server);
	}
}

static void start(void)
{
	struct fb_error err = { 0 };
	int fd;

	cr_assert(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/sock", folder);
	fd = fb_ctl_listen_unix(path, 0666, (gid_t)-1, &err);
	cr_assert_geq(fd, 0, "%s", err.text);
	child = fork();
	if (child == 0)
		serve(fd);
	close(fd);
}

static void stop(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	rmdir(folder);
}

static char *ask(const char *method, const char *what, const char *body, long wanted)
{
	struct fb_error err = { 0 };
	char *answer = NULL;
	long status = 0;
	int r = fb_ctl_request(path, method, what, body, &status, &answer, &err);

	cr_assert_eq(r, 0, "%s %s: %s", method, what, err.text);
	cr_assert_eq(status, wanted, "%s %s: %ld %s", method, what, status, answer);
	return answer;
}

static bool says(char *answer, const char *text)
{
	bool found = strstr(answer, text) != NULL;

	if (!found)
		fprintf(stderr, "%s\n", answer);
	free(answer);
	return found;
}

Test(server, answers_a_request_with_a_body, .init = start, .fini = stop)
{
	cr_assert(says(ask("POST", "/echo", "hello", 200), "\"body\":\"hello\""));
	cr_assert(says(ask("POST", "/echo", "", 200), "\"body\":\"\""));
	cr_assert(says(ask("GET", "/query?limit=7", NULL, 200), "7"));
	cr_assert(says(ask("GET", "/query", NULL, 200), "none"));
}

Test(server, errors_are_json_with_a_schema, .init = start, .fini = stop)
{
	cr_assert(says(ask("GET", "/nope", NULL, 404),
		       "{\"schema\":\"firebreak.error/1\",\"error\":\"there is no /nope\"}"));
	cr_assert(says(ask("GET", "/echo", NULL, 405), "/echo takes POST"));
	cr_assert(says(ask("POST", "/query", "x", 405), "/query takes GET"));
	cr_assert(says(ask("GET", "/forget", NULL, 500), "firebreak.error/1"));
}

Test(server, caps_bodies_whose_length_is_told, .init = start, .fini = stop)
{
	static const struct {
		const char *path;
		size_t max;
	} cases[] = { { "/echo", FB_CTL_SMALL_BODY }, { "/change", BODY_MAX } };
	static char body[BODY_MAX + 2];

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		memset(body, 'x', cases[i].max);
		body[cases[i].max] = 0;
		free(ask("POST", cases[i].path, body, 200));
		memset(body, 'x', cases[i].max + 1);
		body[cases[i].max + 1] = 0;
		cr_assert(says(ask("POST", cases[i].path, body, 413), "more than"), "%s", cases[i].path);
	}
}

Test(server, sends_large_answers_whole, .init = start, .fini = stop)
{
	char *answer = ask("GET", "/large", NULL, 200);

	cr_assert_eq(strlen(answer), 5000000);
	free(answer);
}

static int connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Sends text and returns the answer's status; 0 = the connection was closed without one. */
static int raw(const char *text, size_t len)
{
	fb_autoclose int fd = connect_raw();
	char buf[4096] = "";
	int status = 0;

	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		text += n;
		len -= (size_t)n;
	}
	if (recv(fd, buf, sizeof(buf) - 1, 0) > 0)
		sscanf(buf, "HTTP/1.1 %d", &status);
	return status;
}

Test(server, caps_chunked_bodies_too, .init = start, .fini = stop)
{
	static char text[400000];
	size_t n = (size_t)snprintf(text, sizeof(text),
				    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");

	for (size_t sent = 0; sent <= FB_CTL_SMALL_BODY; sent += 100) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "64\r\n");
		memset(text + n, 'x', 100);
		n += 100;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
	}
	n += (size_t)snprintf(text + n, sizeof(text) - n, "0\r\n\r\n");
	cr_assert_eq(raw(text, n), 413);
	cr_assert_eq(raw("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
			 "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
			 73),
		     200);
}

Test(server, refuses_what_is_no_http, .init = start, .fini = stop)
{
	static const char *const cases[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"\x16\x03\x01",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases) - 1; i++) {
		int status = raw(cases[i], strlen(cases[i]));

		cr_assert(status == 0 || status >= 400, "case %zu: %d", i, status);
	}
	free(ask("GET", "/query", NULL, 200)); /* and goes on */
}

Test(server, a_head_without_end_is_refused, .init = start, .fini = stop)
{
	static char text[200000];
	size_t n = (size_t)snprintf(text, sizeof(text), "GET /query HTTP/1.1\r\nX: ");

	memset(text + n, 'a', sizeof(text) - n);
	cr_assert(raw(text, sizeof(text)) != 200);
	free(ask("GET", "/query", NULL, 200));
}

Test(server, a_silent_client_keeps_nobody_waiting, .init = start, .fini = stop)
{
	int idle[20];

	for (size_t i = 0; i < FB_ARRAY_SIZE(idle); i++) {
		idle[i] = connect_raw();
		cr_assert_gt(send(idle[i], "POST /echo HTT", 14, 0), 0);
	}
	free(ask("GET", "/query", NULL, 200));
	for (size_t i = 0; i < FB_ARRAY_SIZE(idle); i++)
		close(idle[i]);
}

/* Who asks what, and is let. */
static long as(gid_t group, const char *what)
{
	int status = 0;
	pid_t other = fork();

	if (other == 0) {
		struct fb_error err = { 0 };
		char *answer = NULL;
		long code = 0;

		if (setgid(group) < 0 || setuid(65534) < 0 ||
		    fb_ctl_request(path, "POST", what, "x", &code, &answer, &err) < 0)
			_exit(1);
		if (code == 403 && !strstr(answer, "needs the role"))
			_exit(2);
		_exit((int)(code / 4)); /* 50 = 200, 100 = 400..403 */
	}
	cr_assert_eq(waitpid(other, &status, 0), other);
	return WEXITSTATUS(status) * 4l;
}

Test(server, a_role_may_what_is_its_own_and_what_those_below_may, .init = start, .fini = stop)
{
	static const struct {
		gid_t group;
		const char *what;
		long wanted;
	} cases[] = {
		{ 65534, "/echo", 200 },     { 65534, "/switch", 400 },	    { 65534, "/change", 400 },
		{ OPERATORS, "/echo", 200 }, { OPERATORS, "/switch", 200 }, { OPERATORS, "/change", 400 },
	};

	if (geteuid() != 0)
		cr_skip_test("needs root, to be somebody else");
	cr_assert(says(ask("POST", "/change", "x", 200), "\"admin\":true"));
	free(ask("POST", "/switch", "x", 200));
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		long status = as(cases[i].group, cases[i].what);

		cr_assert_eq(status, cases[i].wanted, "%u %s: %ld", cases[i].group, cases[i].what, status);
	}
}

/* As nobody: connects `n` times, says this on each connection, and stays until it is killed. */
static pid_t crowd_that_says(int n, const char *text)
{
	int ready[2];
	pid_t pid;
	char c;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		for (int i = 0; i < n; i++)
			if (send(connect_raw(), text, strlen(text), MSG_NOSIGNAL) < 0)
				break;
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static pid_t crowd_of(int n)
{
	return crowd_that_says(n, "GET /");
}

Test(server, an_admin_waits_for_one_answer_and_not_for_those_of_a_crowd, .init = start, .fini = stop)
{
	struct timespec before, after;
	pid_t crowd;

	if (geteuid() != 0)
		cr_skip_test("needs root, to be somebody else");
	crowd = crowd_that_says(30, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	clock_gettime(CLOCK_MONOTONIC, &before);
	free(ask("POST", "/change", "x", 200));
	clock_gettime(CLOCK_MONOTONIC, &after);
	kill(crowd, SIGKILL);
	waitpid(crowd, NULL, 0);
	cr_assert_leq(after.tv_sec - before.tv_sec, 3, "they take 9 s");
}

Test(server, a_crowd_of_idle_viewers_keeps_no_admin_out, .init = start, .fini = stop)
{
	struct timespec before, after;
	pid_t crowd;

	if (geteuid() != 0)
		cr_skip_test("needs root, to be somebody else");
	crowd = crowd_of(200);
	clock_gettime(CLOCK_MONOTONIC, &before);
	free(ask("POST", "/change", "x", 200));
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_assert_leq(after.tv_sec - before.tv_sec, 5, "the crowd stays for 30 s");
	kill(crowd, SIGKILL);
	waitpid(crowd, NULL, 0);
}

Test(server, a_viewer_who_asks_is_heard_in_a_crowd_that_does_not, .init = start, .fini = stop)
{
	pid_t crowd, viewer;
	int status = 0;

	if (geteuid() != 0)
		cr_skip_test("needs root, to be somebody else");
	crowd = crowd_of(200);
	viewer = fork();
	if (viewer == 0) {
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		free(ask("GET", "/query", NULL, 200));
		_exit(0);
	}
	cr_assert_eq(waitpid(viewer, &status, 0), viewer);
	cr_assert_eq(status, 0);
	kill(crowd, SIGKILL);
	waitpid(crowd, NULL, 0);
}

/* ---- listening ---- */

Test(listen, a_socket_that_a_killed_server_left_is_replaced, .init = start, .fini = stop)
{
	struct fb_error err = { 0 };
	int fd = fb_ctl_listen_unix(path, 0600, (gid_t)-1, &err);

	cr_assert_eq(fd, -EADDRINUSE, "while it lives");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	fd = fb_ctl_listen_unix(path, 0600, (gid_t)-1, &err);
	cr_assert_geq(fd, 0, "%s", err.text);
	close(fd);
	child = fork(); /* for stop() */
	if (child == 0)
		_exit(0);
}

Test(listen, only_loopback_addresses)
{
	static const char *const refused[] = {
		"0.0.0.0:9456", "192.0.2.1:1", "[::]:9456",   "[fe80::1]:1",	 "localhost:9456", "9456",
		"127.0.0.1",	"127.0.0.1:",  "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1",   "",
		"[::1",		"[::1]"
	};
	struct fb_error err = { 0 };
	int fd;

	for (size_t i = 0; i < FB_ARRAY_SIZE(refused); i++)
		cr_assert_eq(fb_ctl_listen_loopback(refused[i], &err), -EINVAL, "%s", refused[i]);
	fd = fb_ctl_listen_loopback("127.0.0.1:0", &err);
	cr_assert_geq(fd, 0, "%s", err.text);
	close(fd);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/*
 * A client that is slow or silent costs one of the connections for so long. Bodies come from local
 * programs.
 */
enum { CONNECTIONS = 64, SILENCE_SECONDS = 30, IDLE_MS = 1000 };
/*
 * At its limit the library does not even accept, so nobody could tell who waits there: the limit must not be
 * reached. Of each role with those below it, so many at most; the last places are for what ends a moment later.
 */
static const unsigned int crowd[FB_CTL_ROLES] = { 32, 44, 56 };

/* A client that is connected. */
struct client {
	struct client *next; /* newer */
	struct fb_ctl_peer peer;
	int fd;
	bool leaving; /* told to go */
	struct MHD_Connection
		*waiting; /* its request is whole, and is suspended until it is its turn; NULL = none */
	bool turn;
};

struct fb_ctl_server {
	struct MHD_Daemon *daemon;
	struct fb_ctl_server_options options;
	struct client *clients; /* oldest first */
	int fd;
};

/* One request on its way in. */
struct pending {
	const struct fb_ctl_route *route; /* NULL = answered already with `answer` */
	struct fb_strbuf body;
	struct fb_ctl_answer answer;
	char allow[32];
};

static void pending_free(struct pending *p)
{
	fb_strbuf_done(&p->body);
	free(p->answer.body);
	free(p);
}

static bool in_group(int fd, gid_t group)
{
	gid_t groups[256];
	socklen_t size = sizeof(groups);

	if (group == (gid_t)-1 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

const char *fb_ctl_role_name(enum fb_ctl_role role)
{
	static const char *const names[FB_CTL_ROLES] = { "viewer", "operator", "admin" };

	return names[role];
}

static struct fb_ctl_peer peer_on(const struct fb_ctl_server *server, int fd)
{
	struct fb_ctl_peer peer = { .uid = (uid_t)-1 };
	struct ucred cred = { 0 };
	socklen_t size = sizeof(cred), domain_size = sizeof(int);
	int domain = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) < 0 || domain != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return peer;
	peer.uid = cred.uid;
	peer.pid = cred.pid;
	for (int role = FB_CTL_ADMIN; role > FB_CTL_VIEWER && peer.role == FB_CTL_VIEWER; role--) {
		gid_t group = server->options.groups[role];

		if (group != (gid_t)-1 && (cred.gid == group || in_group(fd, group)))
			peer.role = role;
	}
	if (cred.uid == 0)
		peer.role = FB_CTL_ADMIN;
	return peer;
}

/* ---- who is connected ---- */

static struct client *client_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/*
 * Of those of this role or below: the lowest role, and of that the oldest. Who asks is answered at once, so the oldest has most
 * likely nothing to ask; half a request is no better than none.
 */
static struct client *most_expendable(const struct fb_ctl_server *server, enum fb_ctl_role role)
{
	struct client *worst = NULL;

	for (struct client *c = server->clients; c; c = c->next)
		if (!c->leaving && c->peer.role <= role && (!worst || c->peer.role < worst->peer.role))
			worst = c;
	return worst;
}

static void make_room(const struct fb_ctl_server *server)
{
	for (int role = FB_CTL_VIEWER; role < FB_CTL_ROLES; role++) {
		unsigned int n = 0;

		for (const struct client *c = server->clients; c; c = c->next)
			n += (int)c->peer.role <= role && !c->leaving;
		for (; n > crowd[role]; n--) {
			struct client *c = most_expendable(server, role);

			c->leaving = true;
			shutdown(c->fd, SHUT_RDWR); /* the library sees an end, and closes */
		}
	}
}

static void arrive(struct fb_ctl_server *server, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *c = calloc(1, sizeof(*c)), **end = &server->clients;

	if (!c)
		abort();
	c->fd = info->connect_fd;
	c->peer = peer_on(server, c->fd);
	while (*end)
		end = &(*end)->next;
	*end = *context = c;
	make_room(server);
}

static void leave(struct fb_ctl_server *server, struct client *c)
{
	for (struct client **p = &server->clients; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	free(c);
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		arrive(user, connection, context);
	} else if (*context) {
		leave(user, *context);
		*context = NULL;
	}
}

/* ---- answers ---- */

void fb_ctl_answer_text(struct fb_ctl_answer *answer, unsigned int status, const char *content_type,
			char *text)
{
	free(answer->body);
	*answer = (struct fb_ctl_answer){ status, content_type, text, strlen(text) };
}

void fb_ctl_answer_json(struct fb_ctl_answer *answer, unsigned int status, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (!text) {
		fb_ctl_answer_error(answer, MHD_HTTP_INTERNAL_SERVER_ERROR,
				    "the answer cannot be written as JSON");
		return;
	}
	fb_ctl_answer_text(answer, status, "application/json", text);
}

bool fb_ctl_answer_error(struct fb_ctl_answer *answer, unsigned int status, const char *fmt, ...)
{
	fb_autofree char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();

	json_t *error = json_string(text);

	if (!error) /* it quotes bytes that are no UTF-8 */
		error = json_string("an error that cannot be written as JSON");
	fb_ctl_answer_json(answer, status,
			   json_pack("{ss so}", "schema", "firebreak.error/1", "error", error));
	return false;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct pending *p)
{
	struct fb_ctl_answer *a = &p->answer;
	struct MHD_Response *response;
	enum MHD_Result r;

	if (!a->body)
		fb_ctl_answer_error(a, MHD_HTTP_INTERNAL_SERVER_ERROR, "no answer");
	response = MHD_create_response_from_buffer(a->len, a->body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	a->body = NULL; /* the response's now */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->content_type);
	if (p->allow[0])
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, p->allow);
	r = MHD_queue_response(connection, a->status, response);
	MHD_destroy_response(response);
	return r;
}

const char *fb_ctl_query(const struct fb_ctl_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- requests ---- */

/* HEAD is a GET whose body the library leaves out. */
static void find_route(const struct fb_ctl_server *server, const char *method, const char *path,
		       struct pending *p)
{
	size_t used = 0;

	if (!strcmp(method, "HEAD"))
		method = "GET";
	for (size_t i = 0; i < server->options.n_routes; i++) {
		const struct fb_ctl_route *route = &server->options.routes[i];

		if (strcmp(route->path, path))
			continue;
		if (!strcmp(route->method, method)) {
			p->route = route;
			p->allow[0] = 0;
			return;
		}
		used += (size_t)snprintf(p->allow + used, sizeof(p->allow) - used, "%s%s", used ? ", " : "",
					 route->method);
	}
	if (used)
		fb_ctl_answer_error(&p->answer, MHD_HTTP_METHOD_NOT_ALLOWED, "%s takes %s", path, p->allow);
	else
		fb_ctl_answer_error(&p->answer, MHD_HTTP_NOT_FOUND, "there is no %s", path);
}

/* Only an admin's routes take what costs memory. */
static size_t body_max(const struct fb_ctl_server *server, const struct fb_ctl_route *route)
{
	return route->needs < FB_CTL_ADMIN && server->options.body_max > FB_CTL_SMALL_BODY
		       ? FB_CTL_SMALL_BODY
		       : server->options.body_max;
}

static struct pending *begin(const struct fb_ctl_server *server, struct MHD_Connection *connection,
			     const char *path, const char *method)
{
	const char *length =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	enum fb_ctl_role role = client_of(connection)->peer.role;
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	find_route(server, method, path, p);
	if (p->route && p->route->needs > role) {
		fb_ctl_answer_error(&p->answer, MHD_HTTP_FORBIDDEN,
				    "%s %s needs the role %s, and yours is %s", method, path,
				    fb_ctl_role_name(p->route->needs), fb_ctl_role_name(role));
		p->route = NULL;
	}
	if (p->route && length && strtoull(length, NULL, 10) > body_max(server, p->route)) {
		fb_ctl_answer_error(&p->answer, MHD_HTTP_CONTENT_TOO_LARGE, "more than %zu bytes",
				    body_max(server, p->route));
		p->route = NULL;
	}
	return p;
}

static void add_body(const struct fb_ctl_server *server, struct pending *p, const char *data, size_t len)
{
	if (!p->route)
		return;
	if (p->body.len + len > body_max(server, p->route)) { /* chunks do not tell their length before */
		fb_strbuf_done(&p->body);
		fb_ctl_answer_error(&p->answer, MHD_HTTP_CONTENT_TOO_LARGE, "more than %zu bytes",
				    body_max(server, p->route));
		p->route = NULL;
		return;
	}
	fb_strbuf_addn(&p->body, data, len);
}

static void handle(const struct fb_ctl_server *server, struct MHD_Connection *connection, const char *path,
		   struct pending *p)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct fb_ctl_request request = {
		.path = path,
		.body = fb_strbuf_get(&p->body),
		.body_len = p->body.len,
		.accept = accept ? accept : "",
		.peer = client_of(connection)->peer,
		.connection = connection,
	};

	p->route->handle(server->options.user, &request, &p->answer);
}

/* Closed, not only its sending half. TCP does not tell the one from the other: then it is answered. */
static bool is_gone(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

/* Called when the head is there (*context NULL), for each piece of the body, and at its end (*size 0). */
static enum MHD_Result on_access(void *user, struct MHD_Connection *connection, const char *path,
				 const char *method, const char *version, const char *data, size_t *size,
				 void **context)
{
	const struct fb_ctl_server *server = user;
	struct client *client = client_of(connection);
	struct pending *p = *context;

	if (!p) {
		p = *context = begin(server, connection, path, method);
		/* an answer now tells the library to leave the body unread and to close */
		return p->route ? MHD_YES : send_answer(connection, p);
	}
	if (*size) {
		add_body(server, p, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (p->route && !client->turn) {
		client->waiting = connection;
		MHD_suspend_connection(connection);
		return MHD_YES;
	}
	client->turn = false;
	if (client->leaving || is_gone(client->fd)) /* nobody hears it */
		return MHD_NO;
	if (p->route)
		handle(server, connection, path, p);
	return send_answer(connection, p);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **context,
			 enum MHD_RequestTerminationCode code)
{
	if (*context)
		pending_free(*context);
	*context = NULL;
}

/* ---- the server ---- */

int fb_ctl_server_new(int listen_fd, const struct fb_ctl_server_options *options, struct fb_ctl_server **ret,
		      struct fb_error *err)
{
	struct fb_ctl_server *server = calloc(1, sizeof(*server));
	const union MHD_DaemonInfo *info;

	if (!server)
		abort();
	server->options = *options;
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access,
					  server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
					  MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
					  MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
					  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENCE_SECONDS,
					  MHD_OPTION_END);
	info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		close(listen_fd);
		free(server);
		return fb_error_set(err, -EIO, "the HTTP server does not start");
	}
	server->fd = info->epoll_fd;
	*ret = server;
	return 0;
}

static void resume(struct client *c)
{
	c->turn = true;
	MHD_resume_connection(c->waiting);
	c->waiting = NULL;
}

/* Of those that wait: the highest role, and of that the one that is connected for longest. */
static struct client *next_to_answer(const struct fb_ctl_server *server)
{
	struct client *best = NULL;

	for (struct client *c = server->clients; c; c = c->next)
		if (c->waiting && (!best || c->peer.role > best->peer.role))
			best = c;
	return best;
}

void fb_ctl_server_free(struct fb_ctl_server *server)
{
	if (!server)
		return;
	for (struct client *c = server->clients; c; c = c->next)
		if (c->waiting) {
			c->leaving = true;
			resume(c);
		}
	MHD_stop_daemon(server->daemon);
	free(server);
}

int fb_ctl_server_fd(const struct fb_ctl_server *server)
{
	return server->fd;
}

int fb_ctl_server_run(struct fb_ctl_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout;
	struct client *next;

	/*
	 * An answer may take some ten milliseconds (100,000 flows that are counted), and as many may wait as are connected. So all requests are taken in, one is
	 * answered, and the caller's loop has its turn.
	 */
	MHD_run(server->daemon); /* accepts */
	MHD_run(server->daemon); /* reads what these sent with it */
	next = next_to_answer(server);
	if (next) {
		resume(next);
		MHD_run(server->daemon);
	}
	if (next_to_answer(server))
		return 0;
	/*
	 * At its limit of connections the library does not listen, and listens again not when one ends but
	 * in the run after that, for which it does not ask.
	 */
	if (MHD_get_timeout(server->daemon, &timeout) != MHD_YES || timeout > IDLE_MS)
		return IDLE_MS;
	return (int)timeout;
}

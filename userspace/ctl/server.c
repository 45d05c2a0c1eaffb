// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/server.h"

#include <errno.h>
#include <microhttpd.h>
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

struct fb_ctl_server {
	struct MHD_Daemon *daemon;
	struct fb_ctl_server_options options;
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

static struct fb_ctl_peer peer_of(const struct fb_ctl_server *server, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct fb_ctl_peer peer = { .uid = (uid_t)-1 };
	struct ucred cred = { 0 };
	socklen_t size = sizeof(cred), domain_size = sizeof(int);
	int domain = 0;

	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) < 0 ||
	    domain != AF_UNIX || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return peer;
	peer.uid = cred.uid;
	peer.pid = cred.pid;
	peer.admin = cred.uid == 0 || cred.gid == server->options.admin_group ||
		     in_group(info->connect_fd, server->options.admin_group);
	return peer;
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

static struct pending *begin(const struct fb_ctl_server *server, struct MHD_Connection *connection,
			     const char *path, const char *method)
{
	const char *length =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	find_route(server, method, path, p);
	if (p->route && p->route->admin && !peer_of(server, connection).admin) {
		p->route = NULL;
		fb_ctl_answer_error(&p->answer, MHD_HTTP_FORBIDDEN,
				    "only root and administrators may ask for %s %s", method, path);
	}
	if (p->route && length && strtoull(length, NULL, 10) > server->options.body_max) {
		p->route = NULL;
		fb_ctl_answer_error(&p->answer, MHD_HTTP_CONTENT_TOO_LARGE, "more than %zu bytes",
				    server->options.body_max);
	}
	return p;
}

static void add_body(const struct fb_ctl_server *server, struct pending *p, const char *data, size_t len)
{
	if (!p->route)
		return;
	if (p->body.len + len > server->options.body_max) { /* chunks do not tell their length before */
		fb_strbuf_done(&p->body);
		p->route = NULL;
		fb_ctl_answer_error(&p->answer, MHD_HTTP_CONTENT_TOO_LARGE, "more than %zu bytes",
				    server->options.body_max);
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
		.peer = peer_of(server, connection),
		.connection = connection,
	};

	p->route->handle(server->options.user, &request, &p->answer);
}

/* Called when the head is there (*context NULL), for each piece of the body, and at its end (*size 0). */
static enum MHD_Result on_access(void *user, struct MHD_Connection *connection, const char *path,
				 const char *method, const char *version, const char *data, size_t *size,
				 void **context)
{
	const struct fb_ctl_server *server = user;
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
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_access, server,
					  MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
					  on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
					  (unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
					  (unsigned int)SILENCE_SECONDS, MHD_OPTION_END);
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

void fb_ctl_server_free(struct fb_ctl_server *server)
{
	if (!server)
		return;
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

	MHD_run(server->daemon);
	/*
	 * At its limit of connections the library does not listen, and listens again not when one ends but
	 * in the run after that, for which it does not ask.
	 */
	if (MHD_get_timeout(server->daemon, &timeout) != MHD_YES || timeout > IDLE_MS)
		return IDLE_MS;
	return (int)timeout;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP/1.1 server on a listening socket, run by the caller's event loop: no threads. The only user of
 * libmicrohttpd.
 *
 * Requests reach a handler whole: body read, path and method known. All else is answered here with a
 * firebreak.error/1: 404 (no such path), 405 (another method, with Allow), 413 (body over the cap), 403
 * (the peer's role does not suffice).
 *
 * Connections are limited, and a crowd of a lower role does not keep out a higher one: some of them are
 * for admins only, and one more of the others closes the oldest one of the lowest role. Nor do its questions:
 * whoever has the higher role is answered next.
 */
#ifndef FB_CTL_SERVER_H
#define FB_CTL_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct fb_ctl_server;

/* Who may do what; each may also do what those before it may. The table is in firebreak(8). */
enum fb_ctl_role {
	FB_CTL_VIEWER,	 /* looks and asks: whoever can connect */
	FB_CTL_OPERATOR, /* opens, closes, isolates, quarantines, releases, ends */
	FB_CTL_ADMIN,	 /* applies, confirms, rolls back; root always is one */
	FB_CTL_ROLES,
};
const char *fb_ctl_role_name(enum fb_ctl_role role);

struct fb_ctl_peer { /* of a Unix socket; uid -1 = not known (TCP) */
	uid_t uid;
	pid_t pid;
	enum fb_ctl_role role;
};

struct fb_ctl_request {
	const char *path; /* without the query */
	const char *body; /* NUL-terminated, never NULL */
	size_t body_len;
	const char *accept; /* the header, "" = none */
	struct fb_ctl_peer peer;
	void *connection; /* for fb_ctl_query */
};

/* What a handler leaves: exactly one of the fb_ctl_answer_* below, or nothing, which is a 500. */
struct fb_ctl_answer {
	unsigned int status;
	const char *content_type; /* static */
	char *body;
	size_t len;
};

enum fb_ctl_status {
	FB_CTL_OK = 200,
	FB_CTL_BAD_REQUEST = 400, /* not what protocol.h says */
	FB_CTL_NOT_FOUND = 404,
	FB_CTL_CONFLICT = 409,	    /* right, but not as things are on this host */
	FB_CTL_UNPROCESSABLE = 422, /* understood, and wrong */
};

struct fb_ctl_route {
	const char *method, *path;
	void (*handle)(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer);
	enum fb_ctl_role needs; /* what changes something is only for peers that may */
};

struct fb_ctl_server_options {
	const struct fb_ctl_route *routes; /* borrowed */
	size_t n_routes;
	void *user;
	size_t body_max;	    /* for routes that need an admin; others take FB_CTL_SMALL_BODY at most */
	gid_t groups[FB_CTL_ROLES]; /* who has the role, beside root; -1 = nobody */
};

enum { FB_CTL_SMALL_BODY = 256 << 10 };

/* Listens on listen_fd, which it takes. */
int fb_ctl_server_new(int listen_fd, const struct fb_ctl_server_options *options, struct fb_ctl_server **ret,
		      struct fb_error *err);
void fb_ctl_server_free(struct fb_ctl_server *server);
/* Readable when there is something to run. Borrowed. */
int fb_ctl_server_fd(const struct fb_ctl_server *server);
/*
 * Takes in what is ready, without blocking, and answers one request, of the highest role that waits; returns in how many milliseconds it must be called again at the
 * latest, or when readable.
 */
int fb_ctl_server_run(struct fb_ctl_server *server);

/*
 * A socket of its own at path, with this mode (and group, if not -1); one that a dead process left is
 * replaced.
 */
int fb_ctl_listen_unix(const char *path, mode_t mode, gid_t group, struct fb_error *err);
/* "127.0.0.1:9456", "[::1]:9456"; only loopback addresses: -EINVAL otherwise. */
int fb_ctl_check_loopback(const char *address, struct fb_error *err);
int fb_ctl_listen_loopback(const char *address, struct fb_error *err);

/* The query's value, NULL = not there; borrowed. */
const char *fb_ctl_query(const struct fb_ctl_request *request, const char *name);
/* Takes object. */
void fb_ctl_answer_json(struct fb_ctl_answer *answer, unsigned int status, json_t *object);
/* Takes text. */
void fb_ctl_answer_text(struct fb_ctl_answer *answer, unsigned int status, const char *content_type,
			char *text);
/* A firebreak.error/1. Always false, so that a bool function can return it. */
bool fb_ctl_answer_error(struct fb_ctl_answer *answer, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif

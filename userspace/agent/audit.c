// SPDX-License-Identifier: GPL-2.0-only
#include "agent/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/store.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* Where a chain is: after line `seq`, whose sum is `hash`. */
struct link {
	__u64 seq;
	char hash[65];
	__u32 generation;
};

struct fb_audit {
	char *state_dir, *path;
	int fd;
	struct link last;
};

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

static char *log_path(const char *state_dir)
{
	char *path;

	if (asprintf(&path, "%s/audit.log", state_dir) < 0)
		abort();
	return path;
}

static json_t *text(const char *s)
{
	json_t *t = json_string(s ? s : "");

	return t ? t : json_string("?"); /* no UTF-8 */
}

/* The sum of the object as it is without its sum, keys sorted. */
static void seal(json_t *line, char hex[65])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	fb_autofree char *bare = NULL;

	json_object_del(line, "hash");
	bare = json_dumps(line, JSON_SORT_KEYS | JSON_COMPACT);
	if (!bare)
		abort();
	crypto_hash_sha256(hash, (const unsigned char *)bare, strlen(bare));
	sodium_bin2hex(hex, 65, hash, sizeof(hash));
	json_object_set_new(line, "hash", json_string(hex));
}

static const char *member(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

/* ---- the head ---- */

static int write_head(const struct fb_audit *audit, const struct link *link, struct fb_error *err)
{
	char buf[128];
	int n = snprintf(buf, sizeof(buf), "%llu %s\n", (unsigned long long)link->seq, link->hash);

	return fb_store_write_file(audit->state_dir, "audit.head", buf, (size_t)n, err);
}

/* Not there = no line yet. */
static int read_head(const char *state_dir, struct link *ret, struct fb_error *err)
{
	fb_autofree char *buf = NULL;
	unsigned long long seq;
	size_t len;
	int r = fb_store_read_file(state_dir, "audit.head", &buf, &len, err);

	*ret = (struct link){ .hash = ZEROS };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (sscanf(buf, "%llu %64s", &seq, ret->hash) != 2 || strlen(ret->hash) != 64)
		return fb_error_set(err, -EBADMSG, "%s/audit.head: holds no number and sum", state_dir);
	ret->seq = seq;
	return 0;
}

/* ---- the chain ---- */

struct walk {
	struct link last, head;
	bool head_met;
	size_t whole; /* bytes of whole lines */
	bool torn;    /* the last line has no end */
	__u64 lines;
	char why[256]; /* of the first line that is wrong */
};

__attribute__((format(printf, 2, 3))) static void complain(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	if (w->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
}

static void step(struct walk *w, const char *buf, size_t len)
{
	json_error_t ignored;
	FB_CLEANUP(json_cleanup) json_t *line = json_loadb(buf, len, JSON_REJECT_DUPLICATES, &ignored);
	unsigned long long number = ++w->lines, seq;
	char hex[65], said[65];

	if (!json_is_object(line)) {
		complain(w, "line %llu is damaged: it is no JSON object", number);
		return;
	}
	seq = (unsigned long long)json_integer_value(json_object_get(line, "seq"));
	snprintf(said, sizeof(said), "%s", member(line, "hash"));
	seal(line, hex);
	if (strcmp(hex, said))
		complain(w, "line %llu was changed: its sum is not the one that it names", number);
	else if (number == 1 && (seq != 1 || strcmp(member(line, "prev"), ZEROS)))
		complain(w, "the log begins with change %llu: what was before it was removed", seq);
	else if (seq != w->last.seq + 1 || strcmp(member(line, "prev"), w->last.hash))
		complain(w,
			 "line %llu (change %llu) does not follow change %llu: lines were removed or moved",
			 number, seq, (unsigned long long)w->last.seq);
	w->last.seq = seq;
	strcpy(w->last.hash, hex);
	w->last.generation = (__u32)json_integer_value(json_object_get(line, "after"));
	w->head_met |= seq == w->head.seq && !strcmp(hex, w->head.hash);
}

static int walk(const char *state_dir, struct walk *w, struct fb_error *err)
{
	fb_autofree char *path = log_path(state_dir), *line = NULL;
	fb_autofclose FILE *f = fopen(path, "re");
	size_t size = 0;
	ssize_t n;

	w->last = (struct link){ .hash = ZEROS };
	if (!f && errno != ENOENT)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	while (f && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] != '\n') {
			w->torn = true;
			break;
		}
		w->whole += (size_t)n;
		step(w, line, (size_t)n - 1);
	}
	return f && ferror(f) ? fb_error_set(err, -EIO, "%s: cannot be read", path) : 0;
}

static void judge_end(struct walk *w)
{
	if (w->torn)
		complain(w, "the last line has no end");
	if (w->last.seq < w->head.seq)
		complain(w, "the log ends with change %llu, but there were %llu: its end was cut off",
			 (unsigned long long)w->last.seq, (unsigned long long)w->head.seq);
	else if (w->head.seq && !w->head_met)
		complain(w, "change %llu is not the one that was written", (unsigned long long)w->head.seq);
	else if (w->last.seq > w->head.seq)
		complain(w, "the log goes on after change %llu, which was the last",
			 (unsigned long long)w->head.seq);
}

int fb_audit_verify(const char *state_dir, struct fb_audit_verdict *ret, struct fb_error *err)
{
	struct walk w = { 0 };
	int r = read_head(state_dir, &w.head, err);

	if (r == -EBADMSG)
		complain(&w, "%s", err->text);
	else if (r < 0)
		return r;
	r = walk(state_dir, &w, err);
	if (r < 0)
		return r;
	judge_end(&w);
	*ret = (struct fb_audit_verdict){ .lines = w.lines, .good = !w.why[0] };
	snprintf(ret->why, sizeof(ret->why), "%s", w.why);
	snprintf(ret->head, sizeof(ret->head), "%s", w.last.hash);
	return 0;
}

/* ---- writing ---- */

static int cut_torn(int fd, const char *path, const struct walk *w, struct fb_error *err)
{
	if (!w->torn)
		return 0;
	if (ftruncate(fd, (off_t)w->whole) < 0)
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	fb_log(FB_LOG_WARNING, "audit log: a line that a crash had cut in two was removed");
	return 0;
}

/*
 * A crash between the line and the head leaves one line that is whole and chained, whose change may have
 * happened: it counts. One in the middle of the line leaves a piece, whose change has not: it goes.
 */
static int repair(struct fb_audit *audit, const struct walk *w, struct fb_error *err)
{
	bool one_ahead = !w->why[0] && w->last.seq == w->head.seq + 1;

	audit->last = w->last;
	if (w->head.seq > w->last.seq) /* numbers are not used again, so that the gap stays visible */
		audit->last = w->head;
	if (cut_torn(audit->fd, audit->path, w, err) < 0)
		return err->code;
	return one_ahead ? write_head(audit, &audit->last, err) : 0;
}

static int open_log(const char *path, struct fb_error *err)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	return fd < 0 ? fb_error_set(err, -errno, "%s: %s", path, strerror(errno)) : fd;
}

int fb_audit_open(const char *state_dir, struct fb_audit **ret, struct fb_error *err)
{
	struct fb_audit *audit = calloc(1, sizeof(*audit));
	struct fb_audit_verdict verdict = { 0 };
	struct walk w = { 0 };
	int r;

	if (!audit || !(audit->state_dir = strdup(state_dir)))
		abort();
	audit->path = log_path(state_dir);
	audit->fd = open_log(audit->path, err);
	r = audit->fd < 0 ? audit->fd : read_head(state_dir, &w.head, err);
	if (r == 0 || r == -EBADMSG)
		r = walk(state_dir, &w, err);
	if (r == 0)
		r = repair(audit, &w, err);
	if (r == 0)
		r = fb_audit_verify(state_dir, &verdict, err);
	if (r < 0) {
		fb_audit_close(audit);
		return r;
	}
	if (!verdict.good)
		fb_log(FB_LOG_ERROR, "the audit log is not what was written: %s", verdict.why);
	*ret = audit;
	return 0;
}

void fb_audit_close(struct fb_audit *audit)
{
	if (!audit)
		return;
	if (audit->fd >= 0)
		close(audit->fd);
	free(audit->state_dir);
	free(audit->path);
	free(audit);
}

__u32 fb_audit_generation(const struct fb_audit *audit)
{
	return audit ? audit->last.generation : 0;
}

/*
 * Lines for a file that somebody removed or replaced are lost. They go on in what is at the path now, as after a restart: the chain shows the gap,
 * and to refuse would leave nobody able to isolate anything.
 */
static int follow_path(struct fb_audit *audit, struct fb_error *err)
{
	struct stat ours, there = { 0 };
	struct walk w = { 0 };
	int r;

	if (fstat(audit->fd, &ours) < 0 || (lstat(audit->path, &there) < 0 && errno != ENOENT))
		return fb_error_set(err, -errno, "%s: %s", audit->path, strerror(errno));
	if (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		return 0;
	fb_autoclose int fd = open_log(audit->path, err);

	r = fd < 0 ? fd : walk(audit->state_dir, &w, err);
	if (r == 0)
		r = cut_torn(fd, audit->path, &w, err);
	if (r < 0)
		return r;
	close(audit->fd);
	audit->fd = FB_STEAL_FD(fd);
	fb_log(FB_LOG_ERROR,
	       "%s was removed or replaced by somebody: what is there now goes on after change %llu",
	       audit->path, (unsigned long long)audit->last.seq);
	return 0;
}

static int append(const struct fb_audit *audit, const char *buf, size_t len, struct fb_error *err)
{
	ssize_t n;
	int r;

	do
		n = write(audit->fd, buf, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len && fdatasync(audit->fd) == 0)
		return 0;
	r = n >= 0 && n < (ssize_t)len ? -ENOSPC : -errno;
	return fb_error_set(err, r, "%s: %s", audit->path, strerror(-r));
}

int fb_audit_add(struct fb_audit *audit, const struct fb_audit_entry *e, struct fb_error *err)
{
	fb_autofree char *buf = NULL;
	struct link next;
	struct stat before;
	json_t *line;
	int r;

	if (!audit)
		return 0;
	r = follow_path(audit, err);
	if (r < 0)
		return r;
	next = (struct link){ .seq = audit->last.seq + 1, .generation = e->after };
	line = json_pack("{sI sI ss so so so sI sI sI ss}", "seq", (json_int_t)next.seq, "at",
			 (json_int_t)fb_clock_now(), "what", e->what, "object", text(e->object), "who",
			 text(e->who ? e->who : "firebreakd"), "reason", text(e->reason), "uid",
			 (json_int_t)e->uid, "before", (json_int_t)e->before, "after", (json_int_t)e->after,
			 "prev", audit->last.hash);
	if (e->seconds)
		json_object_set_new(line, "seconds", json_integer((json_int_t)e->seconds));
	seal(line, next.hash);
	buf = json_dumps(line, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(line);
	if (!buf || !(buf = realloc(buf, strlen(buf) + 2)))
		abort();
	strcat(buf, "\n");
	if (fstat(audit->fd, &before) < 0)
		return fb_error_set(err, -errno, "%s: %s", audit->path, strerror(errno));
	r = append(audit, buf, strlen(buf), err);
	if (r == 0)
		r = write_head(audit, &next, err);
	if (r < 0) {
		struct fb_error ignored = { 0 };

		/* both as they were: a head that was renamed before it failed would call the log cut */
		if (ftruncate(audit->fd, before.st_size) < 0)
			fb_log(FB_LOG_ERROR, "%s: a line without its change stays: %s", audit->path,
			       strerror(errno));
		else
			write_head(audit, &audit->last, &ignored);
		return r;
	}
	audit->last = next;
	return 0;
}

/* ---- reading ---- */

int fb_audit_list(const char *state_dir, size_t limit, json_t **ret, struct fb_error *err)
{
	fb_autofree char *path = log_path(state_dir), *line = NULL;
	fb_autofclose FILE *f = fopen(path, "re");
	json_t *list = json_array();
	size_t size = 0;
	ssize_t n;

	if (!f && errno != ENOENT) {
		json_decref(list);
		return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
	}
	while (f && (n = getline(&line, &size, f)) > 0) {
		json_t *entry = json_loadb(line, (size_t)n, 0, NULL);

		if (entry)
			json_array_append_new(list, entry);
		if (json_array_size(list) > limit)
			json_array_remove(list, 0);
	}
	*ret = list;
	return 0;
}

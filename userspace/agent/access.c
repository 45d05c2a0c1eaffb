// SPDX-License-Identifier: GPL-2.0-only
#include "agent/access.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "agent/confirm.h"
#include "agent/store.h"
#include "base/cleanup.h"
#include "base/strbuf.h"

#define NAME   "accesses.json"
#define SCHEMA "firebreak.access-state/1"

/* The two clocks are read one after the other, and one of them in whole seconds: less than this is no step. */
enum { STEP_SECONDS = 2 };

static void done(struct fb_open_access *one)
{
	free(one->access);
	free(one->who);
	free(one->reason);
	free(one->lines);
}

void fb_open_accesses_done(struct fb_open_accesses *open)
{
	for (size_t i = 0; i < open->v.n; i++)
		done(&open->v.v[i]);
	fb_vec_done(&open->v);
}

int fb_open_accesses_find(const struct fb_open_accesses *open, const char *access)
{
	for (size_t i = 0; i < open->v.n; i++)
		if (!strcmp(open->v.v[i].access, access))
			return (int)i;
	return -1;
}

void fb_open_accesses_remove(struct fb_open_accesses *open, size_t i)
{
	done(&open->v.v[i]);
	memmove(&open->v.v[i], &open->v.v[i + 1], (open->v.n - i - 1) * sizeof(*open->v.v));
	open->v.n--;
}

size_t fb_open_accesses_shorten(struct fb_open_accesses *open, __s64 now, __u64 boot_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < open->v.n; i++) {
		struct fb_open_access *a = &open->v.v[i];
		__s64 left = a->ends > boot_ns ? (__s64)((a->ends - boot_ns) / 1000000000) + 1 : 0;

		if (!a->ends || a->until - now <= left + STEP_SECONDS)
			continue;
		a->until = now + left;
		n++;
	}
	return n;
}

/* ---- policies ---- */

int fb_access_find(const struct fb_ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->accesses.n; i++)
		if (!strcmp(rs->accesses.v[i].name, name))
			return (int)i;
	return -1;
}

char *fb_access_lines(const struct fb_ruleset *rs, unsigned int access)
{
	struct fb_strbuf out = { 0 };

	for (size_t i = 0; i < rs->lines.n; i++) {
		const struct fb_line *line = &rs->lines.v[i];

		if (line->access == access + 1)
			fb_strbuf_addf(&out, "%s %s %s %lld %s\n", line->id, line->pairs, line->text,
				       (long long)line->deadline,
				       line->window ? rs->windows.v[line->window - 1].name : "-");
	}
	return fb_strbuf_steal(&out);
}

bool fb_open_access_holds(const struct fb_open_access *open, const struct fb_ruleset *rs)
{
	int access = fb_access_find(rs, open->access);
	fb_autofree char *lines = access < 0 ? NULL : fb_access_lines(rs, (unsigned int)access);

	return lines && !strcmp(lines, open->lines);
}

void fb_open_accesses_for(const struct fb_open_accesses *open, const struct fb_ruleset *rs,
			  struct fb_openings *ret)
{
	*ret = (struct fb_openings){ 0 };
	for (size_t i = 0; i < open->v.n; i++)
		if (fb_open_access_holds(&open->v.v[i], rs))
			fb_vec_add(ret, (struct fb_opening){ open->v.v[i].access, open->v.v[i].until });
}

/* ---- the file ---- */

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

int fb_open_accesses_write(const char *state_dir, const struct fb_open_accesses *open, struct fb_error *err)
{
	json_t *list = json_array();
	FB_CLEANUP(json_cleanup) json_t *whole = NULL;
	fb_autofree char *text = NULL;
	struct fb_moment now = { 0 };
	int r = fb_moment_now(&now, err);

	for (size_t i = 0; i < open->v.n; i++) {
		const struct fb_open_access *a = &open->v.v[i];

		json_array_append_new(list, json_pack("{ss ss ss ss sI sI sI}", "access", a->access, "who",
						      a->who, "reason", a->reason, "lines", a->lines, "since",
						      (json_int_t)a->since, "until", (json_int_t)a->until,
						      "ends", (json_int_t)a->ends));
	}
	whole = json_pack("{ss ss so}", "schema", SCHEMA, "boot", now.boot_id, "open", list);
	text = json_dumps(whole, JSON_INDENT(1));
	if (!text)
		abort();
	return r < 0 ? r : fb_store_write_file(state_dir, NAME, text, strlen(text), err);
}

static char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? strdup(s) : NULL;
}

static bool read_one(const json_t *json, struct fb_open_access *ret)
{
	*ret = (struct fb_open_access){
		.access = text_of(json, "access"),
		.who = text_of(json, "who"),
		.reason = text_of(json, "reason"),
		.lines = text_of(json, "lines"),
		.since = json_integer_value(json_object_get(json, "since")),
		.until = json_integer_value(json_object_get(json, "until")),
		.ends = (__u64)json_integer_value(json_object_get(json, "ends")),
	};
	return ret->access && ret->who && ret->reason && ret->lines && ret->until > 0;
}

int fb_open_accesses_read(const char *state_dir, struct fb_open_accesses *ret, struct fb_error *err)
{
	FB_CLEANUP(json_cleanup) json_t *json = NULL;
	struct fb_open_accesses open = { 0 };
	fb_autofree char *text = NULL;
	struct fb_moment now = { 0 };
	const char *boot;
	const json_t *list;
	size_t len;
	int r = fb_store_read_file(state_dir, NAME, &text, &len, err);

	*ret = open;
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = fb_moment_now(&now, err);
	if (r < 0)
		return r;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	boot = json_string_value(json_object_get(json, "boot"));
	list = json_object_get(json, "open");
	if (!boot || !json_is_array(list))
		return fb_error_set(err, -EBADMSG, "%s/" NAME ": is not what this program wrote", state_dir);
	for (size_t i = 0; !strcmp(boot, now.boot_id) && i < json_array_size(list); i++)
		if (!read_one(json_array_get(list, i), fb_vec_add(&open.v, (struct fb_open_access){ 0 }))) {
			fb_open_accesses_done(&open);
			return fb_error_set(err, -EBADMSG, "%s/" NAME ": is not what this program wrote",
					    state_dir);
		}
	*ret = open;
	return 0;
}

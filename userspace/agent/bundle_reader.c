// SPDX-License-Identifier: GPL-2.0-only
/*
 * Includes among the files of a bundle. Paths are compared as texts, the way the reader that made the
 * bundle wrote them: the including file's folder joined to the pattern, or the catalogue's.
 */
#include <fnmatch.h>
#include <string.h>

#include "agent/bundle.h"
#include "base/strbuf.h"

typedef void fb_add(void *arg, const char *path, const char *text, size_t len);

static int by_path(const void *a, const void *b)
{
	return strcmp((*(const struct fb_bundle_file *const *)a)->path,
		      (*(const struct fb_bundle_file *const *)b)->path);
}

/* The last components of path, as many as pattern has. */
static const char *tail_of(const char *path, const char *pattern)
{
	const char *p = path + strlen(path);
	size_t slashes = 0;

	for (const char *s = pattern; *s; s++)
		slashes += *s == '/';
	for (; p > path; p--)
		if (p[-1] == '/' && slashes-- == 0)
			break;
	return p;
}

static int match(const struct fb_bundle *bundle, const char *pattern, bool tail, fb_add *add, void *arg)
{
	const struct fb_bundle_file **found = calloc(bundle->files.n + 1, sizeof(*found));
	size_t n = 0;

	if (!found)
		abort();
	for (size_t i = 0; i < bundle->files.n; i++) {
		const struct fb_bundle_file *f = &bundle->files.v[i];

		if (!fnmatch(pattern, tail ? tail_of(f->path, pattern) : f->path, FNM_PATHNAME | FNM_PERIOD))
			found[n++] = f;
	}
	qsort(found, n, sizeof(*found), by_path);
	for (size_t i = 0; i < n; i++)
		add(arg, found[i]->path, found[i]->text, found[i]->len);
	free(found);
	return (int)n;
}

/* A folder's own name is no pattern. */
static void add_escaped(struct fb_strbuf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr("*?[\\", s[i]))
			fb_strbuf_addc(out, '\\');
		fb_strbuf_addc(out, s[i]);
	}
}

static int include(void *user, const char *from, const char *pattern, fb_add *add, void *arg,
		   const char **ret_why)
{
	const struct fb_bundle *bundle = user;
	const char *slash = strrchr(from, '/');
	fb_autostrbuf struct fb_strbuf near = { 0 }, far = { 0 };
	int n;

	*ret_why = "";
	if (pattern[0] != '/' && slash)
		add_escaped(&near, from, (size_t)(slash + 1 - from));
	fb_strbuf_add(&near, pattern);
	n = match(bundle, near.s, false, add, arg);
	if (n || pattern[0] == '/')
		return n;
	if (!*bundle->catalogue) /* a bundle that does not say where: by the end of the path */
		return match(bundle, pattern, true, add, arg);
	add_escaped(&far, bundle->catalogue, strlen(bundle->catalogue));
	fb_strbuf_addf(&far, "/%s", pattern);
	return match(bundle, far.s, false, add, arg);
}

struct fb_reader fb_bundle_reader(const struct fb_bundle *bundle)
{
	return (struct fb_reader){ .include = include, .user = (void *)bundle };
}

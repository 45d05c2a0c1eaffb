// SPDX-License-Identifier: GPL-2.0-only
/* The audit log: what is done to its file is found. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/audit.h"
#include "base/cleanup.h"
#include "base/io.h"

static char folder[] = "/tmp/fb-audit-XXXXXX";
static struct fb_audit *audit;

static void reopen(void)
{
	struct fb_error err = { 0 };

	fb_audit_close(audit);
	cr_assert_eq(fb_audit_open(folder, &audit, &err), 0, "%s", err.text);
}

static int add(const char *reason)
{
	static __u32 generation;
	struct fb_error err = { 0 };
	struct fb_audit_entry e = { .what = "apply",
				    .who = "jpatel",
				    .reason = reason,
				    .before = generation,
				    .after = generation + 1 };
	int r = fb_audit_add(audit, &e, &err);

	if (r == 0)
		generation++;
	return r;
}

static void start(void)
{
	char reason[32];

	cr_assert(mkdtemp(folder));
	reopen();
	for (int i = 1; i <= 5; i++) {
		snprintf(reason, sizeof(reason), "CHG-%d \"größer\"", i);
		cr_assert_eq(add(reason), 0);
	}
}

static void stop(void)
{
	char command[64];

	fb_audit_close(audit);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

static char *path_of(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static char *get(const char *name)
{
	struct fb_error err = { 0 };
	char *text = NULL;
	size_t len;

	cr_assert_eq(fb_io_read(path_of(name), 1 << 20, &text, &len, &err), 0, "%s", err.text);
	return text;
}

static void put(const char *name, const char *text, size_t len)
{
	struct fb_error err = { 0 };

	cr_assert_eq(fb_io_write(path_of(name), text, len, 0600, &err), 0, "%s", err.text);
}

static struct fb_audit_verdict verify(void)
{
	struct fb_audit_verdict v = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_audit_verify(folder, &v, &err), 0, "%s", err.text);
	return v;
}

static bool finds(const char *what)
{
	struct fb_audit_verdict v = verify();

	if (v.good || !strstr(v.why, what))
		fprintf(stderr, "found: %s\n", v.good ? "nothing" : v.why);
	return !v.good && strstr(v.why, what);
}

/* Where line n (from 1) begins. */
static char *line(char *text, int n)
{
	while (--n)
		text = strchr(text, '\n') + 1;
	return text;
}

Test(audit, what_was_written_verifies, .init = start, .fini = stop)
{
	struct fb_audit_verdict v = verify();

	cr_assert(v.good, "%s", v.why);
	cr_assert_eq(v.lines, 5);
	reopen();
	cr_assert_eq(fb_audit_generation(audit), 5);
	cr_assert_eq(add("another process goes on"), 0);
	v = verify();
	cr_assert(v.good, "%s", v.why);
	cr_assert_eq(v.lines, 6);
}

Test(audit, an_empty_log_is_good)
{
	struct fb_audit_verdict v;

	cr_assert(mkdtemp(folder));
	v = verify();
	cr_assert(v.good, "%s", v.why);
	cr_assert_eq(v.lines, 0);
	reopen();
	stop();
}

Test(audit, finds_every_byte_that_was_changed, .init = start, .fini = stop)
{
	fb_autofree char *text = get("audit.log");
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		put("audit.log", text, len);
		cr_assert(!verify().good, "byte %zu", i);
		text[i] ^= 1;
	}
	put("audit.log", text, len);
	cr_assert(verify().good);
}

Test(audit, finds_a_line_that_was_removed, .init = start, .fini = stop)
{
	for (int n = 1; n <= 5; n++) {
		fb_autofree char *text = get("audit.log"), *copy = strdup(text);
		char *from = line(copy, n), *to = line(copy, n + 1);

		memmove(from, to, strlen(to) + 1);
		put("audit.log", copy, strlen(copy));
		cr_assert(finds(n == 1	 ? "was removed"
				: n == 5 ? "cut off"
					 : "removed or moved"),
			  "line %d", n);
		put("audit.log", text, strlen(text));
	}
}

Test(audit, finds_lines_that_changed_places, .init = start, .fini = stop)
{
	fb_autofree char *text = get("audit.log"), *other = calloc(1, strlen(text) + 1);
	char *two = line(text, 2), *three = line(text, 3), *four = line(text, 4);

	strncat(other, text, (size_t)(two - text));
	strncat(other, three, (size_t)(four - three));
	strncat(other, two, (size_t)(three - two));
	strcat(other, four);
	cr_assert_eq(strlen(other), strlen(text));
	put("audit.log", other, strlen(other));
	cr_assert(finds("line 2 (change 3) does not follow change 1"));
}

Test(audit, finds_a_log_that_was_cut_or_emptied_or_removed, .init = start, .fini = stop)
{
	fb_autofree char *text = get("audit.log");

	put("audit.log", text, (size_t)(line(text, 4) - text));
	cr_assert(finds("the log ends with change 3, but there were 5"));
	put("audit.log", "", 0);
	cr_assert(finds("ends with change 0"));
	unlink(path_of("audit.log"));
	cr_assert(finds("ends with change 0"));
	reopen();
	cr_assert_eq(add("after the fact"), 0);
	cr_assert(finds("begins with change 6"), "a new log does not hide that the old one is gone");
}

Test(audit, finds_a_head_that_is_gone_or_of_another_log, .init = start, .fini = stop)
{
	fb_autofree char *head = get("audit.head");

	unlink(path_of("audit.head"));
	cr_assert(finds("goes on after change 0"));
	head[3] ^= 1;
	put("audit.head", head, strlen(head));
	cr_assert(finds("is not the one that was written"));
	put("audit.head", "nonsense\n", 9);
	cr_assert(finds("holds no number and sum"));
}

Test(audit, a_crash_between_line_and_head_is_repaired, .init = start, .fini = stop)
{
	fb_autofree char *head = get("audit.head"), *log = NULL;

	cr_assert_eq(add("the head of this one is lost"), 0);
	put("audit.head", head, strlen(head));
	cr_assert(finds("goes on after change 5"));
	reopen();
	cr_assert(verify().good, "one line, whole and chained");
	cr_assert_eq(verify().lines, 6);
	log = get("audit.log");
	put("audit.log", log, strlen(log) - 20);
	put("audit.head", head, strlen(head));
	reopen();
	cr_assert(verify().good, "half a line, whose change never was");
	cr_assert_eq(verify().lines, 5);
	cr_assert_eq(add("and it goes on"), 0);
	cr_assert(verify().good);
}

Test(audit, what_cannot_be_written_leaves_the_log_as_it_was, .init = start, .fini = stop)
{
	fb_autofree char *before = get("audit.log"), *after = NULL;
	struct rlimit limit = { strlen(before) + 40, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_lt(add("does not fit"), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	after = get("audit.log");
	cr_assert_str_eq(before, after);
	cr_assert(verify().good);
	cr_assert_eq(add("fits"), 0);
	cr_assert(verify().good);
}

Test(audit, goes_on_in_what_is_there_when_its_file_was_removed_or_replaced, .init = start, .fini = stop)
{
	fb_autofree char *text = get("audit.log"), *after = NULL;

	unlink(path_of("audit.log"));
	cr_assert_eq(add("nowhere but here"), 0);
	cr_assert(finds("begins with change 6"), "the gap shows");
	after = get("audit.log");
	cr_assert(strstr(after, "nowhere but here"));

	/* an older copy, put back by halves */
	unlink(path_of("audit.log"));
	put("audit.log", text, strlen(text) - 20);
	cr_assert_eq(add("behind the copy"), 0);
	cr_assert(finds("line 5 (change 7) does not follow change 4"));
	cr_assert_eq(add("and goes on"), 0);
	cr_assert_eq(verify().lines, 6);

	unlink(path_of("audit.log"));
	cr_assert_eq(symlink("/dev/null", path_of("audit.log")), 0);
	cr_assert_lt(add("into nothing"), 0, "what cannot be logged is not done");
}

Test(audit, lists_the_last_changes, .init = start, .fini = stop)
{
	struct fb_error err = { 0 };
	json_t *list = NULL;

	cr_assert_eq(fb_audit_list(folder, 2, &list, &err), 0);
	cr_assert_eq(json_array_size(list), 2);
	cr_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 1), "reason")),
			 "CHG-5 \"größer\"");
	cr_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "who")), "jpatel");
	json_decref(list);
}

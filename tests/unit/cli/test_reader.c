// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/reader.h"

static char top[64];

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f, "%s", path);
	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	strcpy(top, "/tmp/firebreak-reader-XXXXXX");
	cr_assert(mkdtemp(top));
	cr_assert_eq(chdir(top), 0);
	mkdir("town", 0755);
	mkdir("town/zones", 0755);
	mkdir("odd[1]", 0755);
	mkdir("catalogue", 0755);
	put("town/policy.fb", "root");
	put("town/guards.fb", "guards");
	put("town/zones/b.fb", "b");
	put("town/zones/a.fb", "a");
	put("town/zones/Z.fb", "Z");
	put("town/zones/.hidden.fb", "hidden");
	put("town/zones/a.fb~", "backup");
	put("odd[1]/x.fb", "x");
	put("odd[1]/y.fb", "y");
	put("catalogue/services.fb", "services");
	put("catalogue/guards.fb", "not these");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	return remove(path);
}

static void teardown(void)
{
	cr_assert_eq(chdir("/"), 0);
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(cli_reader, .init = setup, .fini = teardown);

static void collect(void *arg, const char *path, const char *text, size_t len)
{
	fb_strbuf_addf(arg, "%s=%.*s ", path, (int)len, text);
}

/* "path=text path=text " of what an include gives, or "!why". */
static const char *included(struct fb_files *files, const char *from, const char *pattern)
{
	static struct fb_strbuf out;
	struct fb_reader reader = fb_files_reader(files);
	const char *why = NULL;

	fb_strbuf_done(&out);
	out = (struct fb_strbuf){ 0 };

	int n = reader.include(reader.user, from, pattern, collect, &out, &why);

	if (n < 0) {
		fb_strbuf_done(&out);
		out = (struct fb_strbuf){ 0 };
		fb_strbuf_addf(&out, "!%s", why);
	}
	return fb_strbuf_get(&out);
}

Test(cli_reader, include_is_relative_to_the_including_file)
{
	struct fb_files files = { .catalogue = "catalogue" };

	cr_assert_str_eq(included(&files, "town/policy.fb", "guards.fb"), "town/guards.fb=guards ");
	cr_assert_str_eq(included(&files, "town/zones/a.fb", "../guards.fb"),
			 "town/zones/../guards.fb=guards ");
}

Test(cli_reader, include_falls_back_to_the_catalogue)
{
	struct fb_files files = { .catalogue = "catalogue" };

	cr_assert_str_eq(included(&files, "town/policy.fb", "services.fb"),
			 "catalogue/services.fb=services ");
	cr_assert_str_eq(included(&files, "policy.fb", "serv*.fb"), "catalogue/services.fb=services ");
}

Test(cli_reader, a_glob_is_sorted_by_byte_and_skips_hidden_files)
{
	struct fb_files files = { 0 };

	setenv("LC_ALL", "C.UTF-8", 1);
	cr_assert_str_eq(included(&files, "town/policy.fb", "zones/*.fb"),
			 "town/zones/Z.fb=Z town/zones/a.fb=a town/zones/b.fb=b ");
}

Test(cli_reader, no_match_is_no_file)
{
	struct fb_files files = { .catalogue = "catalogue" };

	cr_assert_str_eq(included(&files, "town/policy.fb", "nothing.fb"), "");
	cr_assert_str_eq(included(&files, "town/policy.fb", "no/such/*.fb"), "");
	cr_assert_str_eq(included(&files, "town/policy.fb", "/no/such/file.fb"), "");
}

Test(cli_reader, the_folder_of_a_file_is_no_pattern)
{
	struct fb_files files = { 0 };

	cr_assert_str_eq(included(&files, "odd[1]/x.fb", "?.fb"), "odd[1]/x.fb=x odd[1]/y.fb=y ");
}

Test(cli_reader, a_folder_is_not_a_file)
{
	struct fb_files files = { 0 };
	const char *said = included(&files, "town/policy.fb", "zones");

	cr_assert(strstr(said, "!town/zones: a folder"), "%s", said);
}

Test(cli_reader, an_included_pipe_is_not_waited_for)
{
	struct fb_files files = { 0 };

	cr_assert_eq(mkfifo("town/pipe.fb", 0600), 0);
	cr_assert_str_eq(included(&files, "town/policy.fb", "pipe.fb"), "!town/pipe.fb: not a regular file");
	fb_files_done(&files);
}

Test(cli_reader, a_path_is_read_once)
{
	struct fb_files files = { 0 };
	struct fb_error err = { 0 };
	size_t first, again;

	cr_assert_eq(fb_files_read(&files, "town/policy.fb", &first, &err), 0);
	put("town/policy.fb", "changed meanwhile");
	cr_assert_eq(fb_files_read(&files, "town/policy.fb", &again, &err), 0);
	cr_assert_eq(first, again);
	cr_assert_str_eq(files.v.v[again].text, "root");
}

Test(cli_reader, a_missing_file_is_named)
{
	struct fb_files files = { 0 };
	struct fb_error err = { 0 };
	size_t index;

	cr_assert_eq(fb_files_read(&files, "gone.fb", &index, &err), -ENOENT);
	cr_assert_str_eq(err.text, "gone.fb: No such file or directory");
}

Test(cli_reader, a_bundle_needs_no_disk)
{
	struct fb_files files = { .bundle = true, .catalogue = "/usr/share/firebreak/services" };

	fb_files_add(&files, "/etc/firebreak/policy.fb", "root", 4);
	fb_files_add(&files, "/etc/firebreak/zones/b.fb", "b", 1);
	fb_files_add(&files, "/etc/firebreak/zones/a.fb", "a", 1);
	fb_files_add(&files, "/usr/share/firebreak/services/common.fb", "common", 6);
	cr_assert_str_eq(included(&files, "/etc/firebreak/policy.fb", "zones/*.fb"),
			 "/etc/firebreak/zones/a.fb=a /etc/firebreak/zones/b.fb=b ");
	cr_assert_str_eq(included(&files, "/etc/firebreak/policy.fb", "common.fb"),
			 "/usr/share/firebreak/services/common.fb=common ");
	cr_assert_str_eq(included(&files, "/etc/firebreak/policy.fb", "*.fb"),
			 "/etc/firebreak/policy.fb=root ");
	cr_assert_str_eq(included(&files, "/etc/firebreak/policy.fb", "gone.fb"), "");
	files.catalogue = NULL; /* one that does not say where its catalogue was */
	cr_assert_str_eq(included(&files, "/etc/firebreak/policy.fb", "common.fb"),
			 "/usr/share/firebreak/services/common.fb=common ");
}

Test(cli_reader, only_roots_own_files_are_trusted)
{
	static const struct {
		uid_t uid;
		mode_t mode;
		const char *says; /* NULL = trusted */
	} cases[] = {
		{ 0, S_IFREG | 0644, NULL },
		{ 0, S_IFREG | 0600, NULL },
		{ 0, S_IFREG | 0664, "p.fb can be written by others than root (mode 0664): chmod go-w p.fb" },
		{ 0, S_IFREG | 0646, "p.fb can be written by others than root (mode 0646): chmod go-w p.fb" },
		{ 4242, S_IFREG | 0644,
		  "p.fb belongs to 4242 (mode 0644), who could change what is enforced: chown root p.fb" },
		{ 0, S_IFIFO | 0600, "p.fb is not a regular file; a policy that is enforced must be one" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_read_file file = { .path = (char *)"p.fb",
					     .uid = cases[i].uid,
					     .mode = cases[i].mode };
		struct fb_error err = { 0 };
		int r = fb_files_trusted(&file, &err);

		cr_assert_eq(r, cases[i].says ? -EPERM : 0);
		if (cases[i].says)
			cr_assert_str_eq(err.text, cases[i].says);
	}
}

Test(cli_reader, the_catalogue_can_be_named)
{
	setenv("FIREBREAK_CATALOGUE", "/elsewhere", 1);
	cr_assert_str_eq(fb_catalogue(), "/elsewhere");
	setenv("FIREBREAK_CATALOGUE", "", 1);
	cr_assert_str_eq(fb_catalogue(), FB_SOURCE_ROOT "/policies/services");
}

/* Reading it would wait for ever, without a word. */
Test(cli_reader, a_pipe_that_nobody_writes_to_is_an_error_and_one_that_somebody_does_is_read)
{
	struct fb_files files = { 0 };
	struct fb_error err = { 0 };
	size_t index;

	cr_assert_eq(mkfifo("pipe", 0600), 0);
	cr_assert_eq(fb_files_read(&files, "pipe", &index, &err), -EPIPE);
	cr_assert_str_eq(err.text, "pipe: a pipe that nobody writes to");

	pid_t writer = fork();

	if (!writer) {
		usleep(300000); /* late, and in two pieces */
		int fd = open("pipe", O_WRONLY);

		usleep(300000);
		if (write(fd, "pol", 3) == 3)
			usleep(300000);
		_exit(write(fd, "icy", 3) != 3);
	}
	cr_assert_eq(fb_files_read(&files, "pipe", &index, &err), 0, "%s", err.text);
	cr_assert_str_eq(files.v.v[index].text, "policy");
	waitpid(writer, NULL, 0);
	fb_files_done(&files);
}

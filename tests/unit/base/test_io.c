// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"

static char folder[] = "/tmp/fb-io-XXXXXX";
static char path[64], tmp[64];

static void make_folder(void)
{
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(tmp, sizeof(tmp), "%s/file.tmp", folder);
}

static void remove_folder(void)
{
	unlink(path);
	unlink(tmp);
	rmdir(folder);
}

static void expect_content(const char *wanted)
{
	struct fb_error err = { 0 };
	fb_autofree char *text = NULL;
	size_t len = 0;

	cr_assert_eq(fb_io_read(path, 1000, &text, &len, &err), 0, "%s", err.text);
	cr_assert_str_eq(text, wanted);
	cr_assert_eq(len, strlen(wanted));
}

Test(io, writes_a_file_whole_and_reads_it_back, .init = make_folder, .fini = remove_folder)
{
	struct fb_error err = { 0 };
	struct stat st;

	cr_assert_eq(fb_io_write(path, "one", 3, 0640, &err), 0, "%s", err.text);
	expect_content("one");
	cr_assert_eq(fb_io_write(path, "", 0, 0640, &err), 0, "%s", err.text);
	expect_content("");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777 & ~0640u, 0);
	cr_assert_neq(access(tmp, F_OK), 0, "no file is left beside it");
}

Test(io, replaces_what_a_killed_writer_left, .init = make_folder, .fini = remove_folder)
{
	struct fb_error err = { 0 };
	FILE *f = fopen(tmp, "w");

	cr_assert(f);
	fputs("half a fi", f);
	fclose(f);
	cr_assert_eq(fb_io_write(path, "whole", 5, 0640, &err), 0, "%s", err.text);
	expect_content("whole");
	cr_assert_neq(access(tmp, F_OK), 0);
}

Test(io, a_write_that_runs_out_of_room_leaves_the_old_text, .init = make_folder, .fini = remove_folder)
{
	struct rlimit small = { .rlim_cur = 100, .rlim_max = 100 };
	struct fb_error err = { 0 };
	char large[1000];

	memset(large, 'x', sizeof(large));
	cr_assert_eq(fb_io_write(path, "old", 3, 0640, &err), 0);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_assert_eq(fb_io_write(path, large, sizeof(large), 0640, &err), -EFBIG);
	cr_assert(strstr(err.text, path), "the error names the file: %s", err.text);
	expect_content("old");
	cr_assert_neq(access(tmp, F_OK), 0, "no part of it is left");
}

Test(io, says_which_file_cannot_be_read_or_written)
{
	struct fb_error err = { 0 };
	char *text = NULL;
	size_t len;

	cr_assert_eq(fb_io_read("/nonexistent/file", 10, &text, &len, &err), -ENOENT);
	cr_assert_str_eq(err.text, "/nonexistent/file: No such file or directory");
	cr_assert_eq(fb_io_write("/nonexistent/file", "x", 1, 0600, &err), -ENOENT);
}

Test(io, refuses_a_file_that_is_longer_than_asked_for, .init = make_folder, .fini = remove_folder)
{
	struct fb_error err = { 0 };
	char *text = NULL;
	size_t len;

	cr_assert_eq(fb_io_write(path, "12345", 5, 0600, &err), 0);
	cr_assert_eq(fb_io_read(path, 4, &text, &len, &err), -EFBIG);
	cr_assert_eq(fb_io_read(path, 5, &text, &len, &err), 0);
	free(text);
}

Test(io, makes_folders_and_those_above_them, .init = make_folder, .fini = remove_folder)
{
	struct fb_error err = { 0 };
	char deep[96];
	struct stat st;

	snprintf(deep, sizeof(deep), "%s/a/b", folder);
	cr_assert_eq(fb_io_mkdir(deep, 0700, &err), 0, "%s", err.text);
	cr_assert_eq(fb_io_mkdir(deep, 0700, &err), 0, "again: %s", err.text);
	cr_assert(stat(deep, &st) == 0 && S_ISDIR(st.st_mode));
	rmdir(deep);
	*strrchr(deep, '/') = 0;
	rmdir(deep);
	cr_assert_eq(fb_io_write(path, "x", 1, 0600, &err), 0);
	cr_assert_eq(fb_io_mkdir(path, 0700, &err), -ENOTDIR);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The state directory decides what is in force after a start: nobody else may write it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/store.h"
#include "base/cleanup.h"

static char folder[] = "/tmp/fb-store-XXXXXX";

static char *path_of(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s%s%s", folder, *name ? "/" : "", name);
	return path;
}

static void start(void)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };
	struct fb_error err = { 0 };
	json_t *body = json_pack("{ss s[{ss ss}]}", "root", "a.fb", "files", "path", "a.fb", "text",
				 "zone a { interface eth1  network any }\n");

	cr_assert(mkdtemp(folder));
	cr_assert_eq(fb_store_open(folder, &err), 0, "%s", err.text);
	cr_assert_eq(fb_bundle_from_request(body, &bundle, &err), 0, "%s", err.text);
	json_decref(body);
	bundle.generation = 1;
	cr_assert_eq(fb_store_write(folder, &bundle, NULL, &err), 0, "%s", err.text);
	cr_assert_eq(fb_store_commit(folder, 1, &err), 0, "%s", err.text);
}

static void stop(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(store, .init = start, .fini = stop);

Test(store, a_number_that_leaves_no_room_is_none_of_ours)
{
	static const char *const strays[] = { "generations/4294967295.json", "generations/4294967294.json",
					      "generations/2147483648.json" };
	fb_autofree __u32 *numbers = NULL;

	for (size_t i = 0; i < FB_ARRAY_SIZE(strays); i++) {
		fb_autofclose FILE *f = fopen(path_of(strays[i]), "w");

		cr_assert(f);
	}
	cr_assert_eq(fb_store_last(folder), 1);
	cr_assert_eq(fb_store_list(folder, &numbers), 1);
}

static int load(__u32 pinned, struct fb_error *err)
{
	FB_CLEANUP(fb_bundle_done) struct fb_bundle bundle = { 0 };

	return fb_store_load(folder, pinned, &bundle, err);
}

Test(store, loads_what_only_its_owner_can_write)
{
	struct fb_error err = { 0 };

	cr_assert_eq(load(0, &err), 1, "%s", err.text);
	cr_assert_eq(load(1, &err), 1, "%s", err.text);
}

Test(store, refuses_a_policy_that_others_could_have_written)
{
	static const char *const names[] = { "", "generations", "current", "generations/1.json" };
	static const mode_t modes[] = { 0777, 0770 };

	for (size_t i = 0; i < FB_ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < FB_ARRAY_SIZE(modes); k++) {
			struct fb_error err = { 0 };
			struct stat st;

			cr_assert_eq(stat(path_of(names[i]), &st), 0);
			cr_assert_eq(chmod(path_of(names[i]), modes[k]), 0);
			cr_assert_eq(load(0, &err), -EPERM, "\"%s\" with mode %o", names[i], modes[k]);
			cr_assert(strstr(err.text, path_of(names[i])) && strstr(err.text, "chmod go-w"), "%s",
				  err.text);
			cr_assert_eq(chmod(path_of(names[i]), st.st_mode & 07777), 0);
			cr_assert_eq(load(0, &err), 1, "%s", err.text);
		}
}

Test(store, refuses_a_policy_that_belongs_to_somebody_else)
{
	struct fb_error err = { 0 };

	if (geteuid() != 0)
		cr_skip_test("only root can give a file away");
	cr_assert_eq(chown(path_of("generations/1.json"), 65534, 65534), 0);
	cr_assert_eq(load(0, &err), -EPERM);
	cr_assert(strstr(err.text, "chown root"), "%s", err.text);
}

/* Generation 1 as `start` stored it, rebuilt until it was generation 4; 5 is another policy. */
Test(store, finds_a_generation_by_each_number_that_it_had)
{
	static const struct {
		__u32 asked, found; /* 0 = nothing */
	} cases[] = { { 1, 4 }, { 2, 4 }, { 4, 4 }, { 5, 5 }, { 6, 0 }, { 7, 8 }, { 8, 8 }, { 9, 0 } };
	struct fb_bundle bundle = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(fb_store_read(folder, 1, &bundle, &err), 0, "%s", err.text);
	cr_assert_eq(bundle.first, 1, "a version before did not write it");
	bundle.generation = 4;
	cr_assert_eq(fb_store_write(folder, &bundle, NULL, &err), 0, "%s", err.text);
	fb_store_forget(folder, 1);
	bundle.generation = bundle.first = 5;
	cr_assert_eq(fb_store_write(folder, &bundle, NULL, &err), 0, "%s", err.text);
	bundle.generation = 8;
	bundle.first = 7;
	cr_assert_eq(fb_store_write(folder, &bundle, NULL, &err), 0, "%s", err.text);
	fb_bundle_done(&bundle);
	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		int r = fb_store_find(folder, cases[i].asked, &bundle, &err);

		cr_assert_eq(r, cases[i].found ? 0 : -ENOENT, "%u: %d", cases[i].asked, r);
		if (r < 0)
			continue;
		cr_assert_eq(bundle.generation, cases[i].found, "%u", cases[i].asked);
		fb_bundle_done(&bundle);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/config.h"
#include "base/cleanup.h"
#include "base/strbuf.h"

Test(config, reads_names_and_values)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	struct fb_error err = { 0 };

	fb_config_init(&c);
	cr_assert_eq(fb_config_parse(&c, "f",
				     "# a comment\n"
				     "\n"
				     "  run-dir   /run/x   # behind\n"
				     "flows 100000\n"
				     "management eth8\n"
				     "management eth9\n"
				     "generic yes\n"
				     "large-image\n"
				     "no-drop-privileges no\n"
				     "metrics [::1]:9456",
				     &err),
		     0, "%s", err.text);
	cr_assert_str_eq(c.run_dir, "/run/x");
	cr_assert_str_eq(c.state_dir, "/var/lib/firebreak");
	cr_assert_eq(c.flow_buckets, 16384, "the next power of two, eight flows a bucket");
	cr_assert_eq(c.management.n, 2);
	cr_assert_str_eq(c.management.v[1], "eth9");
	cr_assert(c.generic && c.large_image && !c.keep_privileges);
	cr_assert_str_eq(c.metrics, "[::1]:9456");
}

Test(config, names_the_line_that_is_wrong)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "\nflos 7\n", "f:2: flos: there is no such setting" },
		{ "flows\n", "f:1: flows: write \"flows N\"" },
		{ "flows 12x\n", "f:1: flows: 12x: must be a number of flows from 1024 to 8388608" },
		{ "flows -1\n", "f:1: flows: -1: must be a number of flows from 1024 to 8388608" },
		{ "run-dir run\n", "f:1: run-dir: run: must be an absolute path" },
		{ "generic maybe\n", "f:1: generic: maybe: must be yes or no" },
		{ "management a-name-that-is-too-long\n",
		  "f:1: management: a-name-that-is-too-long: is no interface name" },
		{ "unload\n", "f:1: unload: there is no such setting" },
		{ "config /etc/other\n", "f:1: config: there is no such setting" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
		struct fb_error err = { 0 };

		fb_config_init(&c);
		cr_assert_eq(fb_config_parse(&c, "f", cases[i].text, &err), -EINVAL, "%s", cases[i].text);
		cr_assert_str_eq(err.text, cases[i].wanted);
	}
}

Test(config, lines_behind_a_wrong_one_count_for_the_guard)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	struct fb_error err = { 0 };

	fb_config_init(&c);
	cr_assert_eq(fb_config_parse(&c, "f",
				     "flwos 7\nmanagement eth8\nalso wrong\nrescue eth0 10.0.0.0/8 22\n",
				     &err),
		     -EINVAL);
	cr_assert_str_eq(err.text, "f:1: flwos: there is no such setting", "%s", err.text);
	cr_assert_eq(c.management.n, 1);
	cr_assert_eq(c.rescue.port, 22);
}

static int load(struct fb_agent_config *c, struct fb_error *err, const char *a, const char *b, const char *d)
{
	char *argv[] = { (char *)"firebreakd", (char *)a, (char *)b, (char *)d, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	return fb_config_load(argc, argv, c, err);
}

Test(config, the_command_line_wins_over_the_file)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	struct fb_error err = { 0 };
	char path[] = "/tmp/fb-conf-XXXXXX", option[64];
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, "metrics off\nstate-dir /a\nmanagement eth7\n", 41), 41);
	close(fd);
	snprintf(option, sizeof(option), "--config=%s", path);
	cr_assert_eq(load(&c, &err, "--state-dir=/b", option, "--management=eth8"), 0, "%s", err.text);
	unlink(path);
	cr_assert_null(c.metrics);
	cr_assert_str_eq(c.state_dir, "/b");
	cr_assert_eq(c.management.n, 2, "each one counts once");
	cr_assert_null(c.management.v[2]);
}

Test(config, a_file_that_was_asked_for_must_be_there)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(load(&c, &err, "--config=/nonexistent", "--management=eth8", NULL), -ENOENT);
	cr_assert_str_eq(err.text, "/nonexistent: No such file or directory");
	cr_assert(c.file_wrong, "the host is closed");
	cr_assert_eq(c.management.n, 1, "but for what is known");
	cr_assert_null(c.management.v[1]);
}

Test(config, a_wrong_option_is_not_the_files_fault_and_help_reads_none)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config wrong = { 0 }, help = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(load(&wrong, &err, "--config=/nonexistent", "--flos=1", NULL), -EINVAL);
	cr_assert(!wrong.file_wrong);
	cr_assert_eq(load(&help, &err, "--config=/nonexistent", "--help", NULL), 0);
}

Test(config, refuses_what_it_does_not_know)
{
	static const char *const cases[][2] = {
		{ "--flos=1", "--flos=1: there is no such option; see --help" },
		{ "stray", "stray: takes options only; see --help" },
		{ "--flows", "--flows: needs a value" },
		{ "--metrics", "--metrics: needs a value" },
		{ "--metrics=0.0.0.0:9000", "--metrics: 0.0.0.0:9000: write 127.0.0.1:PORT or [::1]:PORT; "
					    "nothing but loopback is listened "
					    "on" },
		{ "--metrics=9000", "--metrics: 9000: write 127.0.0.1:PORT or [::1]:PORT; nothing but "
				    "loopback is listened on" },
		{ "--flows=0", "--flows: 0: must be a number of flows from 1024 to 8388608" },
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(load(&c, &err, cases[i][0], NULL, NULL), -EINVAL, "%s", cases[i][0]);
		cr_assert_str_eq(err.text, cases[i][1]);
	}
}

Test(config, reads_the_rescue_access)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	struct fb_error err = { 0 };

	cr_assert_eq(load(&c, &err, "--rescue=eth0 10.99.0.0/24 22", NULL, NULL), 0, "%s", err.text);
	cr_assert_str_eq(c.rescue.interface, "eth0");
	cr_assert_str_eq(c.rescue.prefix, "10.99.0.0/24");
	cr_assert_eq(c.rescue.port, 22);
	cr_assert_eq(c.rescue.family, 4);
}

Test(config, says_what_is_wrong_with_a_rescue_access)
{
	static const char *const cases[] = {
		"--rescue=eth0 10.99.0.0/24",
		"--rescue=eth0 10.99.0.0/24 0",
		"--rescue=eth0 10.99.0.0/24 70000",
		"--rescue=eth0 10.99.0.0/24 22 x",
		"--rescue=eth0 10.99.0.1/24 22",
		"--rescue=eth0 10.99.0.0/33 22",
		"--rescue=eth0 10.99.0.0/ 22",
		"--rescue=eth0 10.99.0.0/2x 22",
		"--rescue=eth0 any 22",
		"--rescue=a-name-that-is-too-long 10.0.0.0/8 22",
	};

	for (size_t i = 0; i < FB_ARRAY_SIZE(cases); i++) {
		FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
		struct fb_error err = { 0 };

		cr_assert_eq(load(&c, &err, cases[i], NULL, NULL), -EINVAL, "%s", cases[i]);
		cr_assert_eq(c.rescue.family, 0);
	}
}

/* As somebody would use it: each setting without its #. */
Test(config, every_line_of_the_example_is_a_setting)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config c = { 0 };
	fb_autofclose FILE *f = fopen(FB_SOURCE_ROOT "/userspace/agent/firebreakd.conf", "re");
	fb_autostrbuf struct fb_strbuf text = { 0 };
	struct fb_error err = { 0 };
	char line[256];

	cr_assert(f);
	while (fgets(line, sizeof(line), f))
		fb_strbuf_add(&text, line[0] == '#' && line[1] != ' ' ? line + 1 : line);
	fb_config_init(&c);
	cr_assert_eq(fb_config_parse(&c, "example", fb_strbuf_get(&text), &err), 0, "%s", err.text);
	cr_assert_str_eq(c.rescue.interface, "eth0");
	cr_assert_str_eq(c.groups[2], "firebreak-admin");
}

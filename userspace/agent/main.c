// SPDX-License-Identifier: GPL-2.0-only
/*
 * firebreakd: loads the data plane, keeps it in step with policy and host, answers questions. See
 * firebreakd(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/agent.h"
#include "agent/loop.h"
#include "agent/privileges.h"
#include "agent/store.h"
#include "base/io.h"
#include "base/log.h"
#include "base/session.h"

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_HOST = 3 };

/* Whoever is in a group reaches the socket, whatever the umask of this start or of the one that made the folder; the pins have modes of their own. */
static int let_in(const char *dir, struct fb_error *err)
{
	struct stat st;

	if (stat(dir, &st) == 0 &&
	    ((st.st_mode & 0055) == 0055 || chmod(dir, (st.st_mode & 07777) | 0055) == 0))
		return 0;
	return fb_error_set(err, -errno, "%s: cannot be opened to others: %s", dir, strerror(errno));
}

/* Two agents, or one and an unload, would undo each other's work. Held until the process ends. */
static int lock(const struct fb_agent_config *config, struct fb_error *err)
{
	fb_autofree char *path = NULL;
	int r = fb_io_mkdir(config->run_dir, 0755, err), fd;

	if (r == 0)
		r = let_in(config->run_dir, err);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/lock", config->run_dir) < 0)
		abort();
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (fd >= 0 && errno == EWOULDBLOCK)
		return fb_error_set(err, -EBUSY, "an agent is running with %s; stop it first",
				    config->run_dir);
	return fb_error_set(err, -errno, "%s: %s", path, strerror(errno));
}

static int unload(const struct fb_agent_config *config)
{
	struct fb_dataplane_options options = { .run_dir = config->run_dir };
	struct fb_error err = { 0 };
	int r = lock(config, &err);

	/* what cannot be adopted must go as well: the refusal to adopt it names this as the way out */
	if (r == 0)
		r = fb_dataplane_unload_all(&options, &err);
	if (r < 0)
		fb_log(FB_LOG_ERROR, "not unloaded: %s", err.text);
	else
		fb_log(FB_LOG_WARNING, "unloaded: nothing is enforced on this host any more");
	return r < 0 ? EXIT_HOST : EXIT_OK;
}

static int ready(struct fb_agent *agent, struct fb_error *err)
{
	return agent->config->keep_privileges ? 0 : fb_privileges_drop(err);
}

static bool is_pinned(const struct fb_agent_config *config)
{
	fb_autofree char *pattern = NULL;
	glob_t found = { 0 };
	bool pinned;

	if (asprintf(&pattern, "%s/bpf/v*", config->run_dir) < 0)
		abort();
	pinned = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	return pinned;
}

/*
 * The very first start closes this host: with it goes the session that it is typed in, before any policy can let that in.
 * Where something is stored or pinned, this start changes nothing for a session that lives.
 */
static int spare_session(const struct fb_agent_config *config, struct fb_error *err)
{
	struct fb_host host = { 0 };
	struct fb_watch *watch = NULL;
	struct fb_session session;
	const struct fb_lockout_case c = { .session = &session,
					   .host = &host,
					   .management = (const char *const *)config->management.v };
	char text[160];
	__u32 current;
	int r;

	if (config->allow_lockout || !fb_session_find(text, sizeof(text)) ||
	    !fb_session_parse(text, &session) || is_pinned(config) ||
	    fb_store_current(config->state_dir, &current, err) < 0 || current)
		return 0;
	/* what cannot be told is no reason to leave the host open */
	if (fb_watch_open(&host, &watch, err) < 0)
		return 0;
	r = fb_lockout_at_start(&c, &config->rescue, err);
	fb_watch_close(watch);
	fb_host_done(&host);
	return r;
}

/*
 * First of all, before anything that can fail or takes time: the kernel of a host that was just started forwards whatever its routes say
 * until there is a guard, and if this start fails there would be none.
 */
static int close_host(const struct fb_agent_config *config)
{
	struct fb_dataplane_options options = {
		.run_dir = config->run_dir,
		.management = (const char *const *)config->management.v,
	};
	struct fb_error err = { 0 };
	int r = fb_dataplane_close_host(&options, &config->rescue, &err);

	if (r < 0)
		fb_log(FB_LOG_ERROR, "the host is not closed: %s", err.text);
	if (r > 0)
		fb_log(FB_LOG_NOTICE, "there was no guard: the host is closed until a policy is in force");
	return r < 0 ? EXIT_HOST : EXIT_OK;
}

static int serve(const struct fb_agent_config *config)
{
	struct fb_error err = { 0 };
	struct fb_agent agent = { 0 };
	int r = lock(config, &err);

	if (r == 0)
		r = fb_agent_open(&agent, config, &err);
	if (r == 0)
		r = fb_agent_boot(&agent, &err);
	if (r == 0)
		r = fb_loop_run(&agent, ready, &err);
	if (r < 0)
		fb_log(FB_LOG_ERROR, "%s", err.text);
	fb_agent_close(&agent);
	return r < 0 ? EXIT_HOST : EXIT_OK;
}

int main(int argc, char **argv)
{
	FB_CLEANUP(fb_config_done) struct fb_agent_config config = { 0 };
	struct fb_error err = { 0 };

	if (fb_config_load(argc, argv, &config, &err) < 0) {
		fb_log(FB_LOG_ERROR, "%s", err.text);
		if (config.file_wrong && !config.unload)
			close_host(&config);
		return EXIT_USAGE;
	}
	if (config.help) {
		fb_autofree char *usage = fb_config_usage();

		fputs(usage, stdout);
		return EXIT_OK;
	}
	if (config.version) {
		printf("firebreakd %s, data plane ABI %u, policy language %u\n", FB_VERSION, FB_ABI_VERSION,
		       FB_LANGUAGE_VERSION);
		return EXIT_OK;
	}
	if (!config.unload && !config.guard && spare_session(&config, &err) < 0) {
		fb_log(FB_LOG_ERROR, "%s", err.text);
		return EXIT_USAGE;
	}
	if (!config.unload && close_host(&config) != EXIT_OK)
		return EXIT_HOST;
	if (config.guard)
		return EXIT_OK;
	if (sodium_init() < 0) {
		fb_log(FB_LOG_ERROR, "libsodium does not start");
		return EXIT_HOST;
	}
	return config.unload ? unload(&config) : serve(&config);
}

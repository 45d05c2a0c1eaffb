// SPDX-License-Identifier: GPL-2.0-only
#include "agent/loop.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "agent/api.h"
#include "agent/events.h"
#include "agent/inventory.h"
#include "base/log.h"
#include "ctl/protocol.h"

/*
 * Route changes come in bursts of thousands (a routing daemon, neighbours that age). Each bump makes every
 * flow ask for its next hop again, so there is at most one in this time; the first of a burst counts at
 * once, the last after it.
 */
enum { BUMP_USEC = 50000, SECOND_USEC = 1000000, RETRY_SECONDS = 60, INVENTORY_SECONDS = 10 };

struct server {
	struct fb_ctl_server *http;
	sd_event_source *timer;
};

struct loop {
	struct fb_agent *agent;
	sd_event *event;
	sd_event_source *second, *bump;
	struct server control, metrics;
	uint64_t bumped; /* when, CLOCK_MONOTONIC */
	unsigned int seconds;
	bool unswept;
};

/* ---- the host ---- */

static int on_bump(sd_event_source *source, uint64_t usec, void *user)
{
	struct loop *loop = user;

	fb_dataplane_bump_routes(loop->agent->dp);
	sd_event_now(loop->event, CLOCK_MONOTONIC, &loop->bumped);
	return 0;
}

static void bump(struct loop *loop)
{
	uint64_t now = 0;

	sd_event_now(loop->event, CLOCK_MONOTONIC, &now);
	if (now - loop->bumped >= BUMP_USEC) {
		on_bump(NULL, now, loop);
		return;
	}
	sd_event_source_set_time(loop->bump, loop->bumped + BUMP_USEC);
	sd_event_source_set_enabled(loop->bump, SD_EVENT_ONESHOT);
}

static int on_netlink(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct loop *loop = user;
	unsigned int changed = 0;
	struct fb_error err = { 0 };

	if (fb_watch_dispatch(loop->agent->watch, &changed, &err) < 0) {
		fb_log(FB_LOG_ERROR, "the host's state cannot be followed: %s", err.text);
		return 0;
	}
	/* tables first: what resolves its next hop anew must find the new addresses */
	if (changed & FB_WATCH_HOST)
		fb_agent_reconcile(loop->agent);
	if (changed & FB_WATCH_ROUTES)
		bump(loop);
	if (changed & FB_WATCH_FILTERS)
		fb_agent_check(loop->agent);
	return 0;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct loop *loop = user;

	fb_agent_events_read(loop->agent);
	return 0;
}

/* ---- time ---- */

/* Lookups are slower without it, and no more: said once. */
static void sweep(struct loop *loop)
{
	struct fb_error err = { 0 };
	bool failed = fb_dataplane_sweep(loop->agent->dp, &err) < 0;

	if (failed && !loop->unswept)
		fb_log(FB_LOG_WARNING, "%s", err.text);
	loop->unswept = failed;
}

static int on_second(sd_event_source *source, uint64_t usec, void *user)
{
	struct loop *loop = user;

	loop->seconds++;
	fb_agent_follow_clock(loop->agent);
	fb_agent_tend_schedule(loop->agent);
	fb_agent_check(loop->agent);
	fb_agent_tend(loop->agent);
	fb_agent_events_write(loop->agent);
	sweep(loop);
	if (loop->seconds % INVENTORY_SECONDS == 0)
		fb_agent_inventory_read(loop->agent);
	if (loop->seconds % FB_RATES_STEP == 1) /* at once, then every so often */
		fb_agent_rates_note(loop->agent);
	/* A compile that failed is not worth a try each second. */
	if (!loop->agent->trouble[0] || loop->seconds % RETRY_SECONDS == 0)
		fb_agent_reconcile(loop->agent);
	sd_event_source_set_time_relative(source, fb_agent_tend_in(loop->agent));
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* An edge of a window or access, or somebody set the clock: read() says which, and both mean the same. */
static int on_edge(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct loop *loop = user;
	struct fb_error ignored = { 0 };
	uint64_t times;

	if (read(fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return 0;
	fb_agent_follow_clock(loop->agent);
	fb_agent_follow_schedule(loop->agent, &ignored);
	return 0;
}

/* ---- the servers ---- */

static void run_server(struct server *server)
{
	int wait = fb_ctl_server_run(server->http);

	sd_event_source_set_time_relative(server->timer, (uint64_t)wait * 1000);
	sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int on_http(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	run_server(user);
	return 0;
}

static int on_http_timer(sd_event_source *source, uint64_t usec, void *user)
{
	run_server(user);
	return 0;
}

static int add_server(struct loop *loop, struct server *server, int fd,
		      const struct fb_ctl_server_options *options, struct fb_error *err)
{
	int r = fb_ctl_server_new(fd, options, &server->http, err);

	if (r < 0)
		return r;
	/* 1 us: the default accuracy, a quarter of a second, would be added to every piece of a body */
	r = sd_event_add_time_relative(loop->event, &server->timer, CLOCK_MONOTONIC, 0, 1, on_http_timer,
				       server);
	if (r >= 0)
		r = sd_event_add_io(loop->event, NULL, fb_ctl_server_fd(server->http), EPOLLIN, on_http,
				    server);
	return r < 0 ? fb_error_set(err, r, "the event loop: %s", strerror(-r)) : 0;
}

static gid_t group_named(const char *name)
{
	const struct group *group = getgrnam(name);

	return group ? group->gr_gid : (gid_t)-1;
}

/* The socket is the viewers'; operators and admins are in their group, too. */
static int add_control(struct loop *loop, struct fb_error *err)
{
	char *const *groups = loop->agent->config->groups;
	struct fb_ctl_server_options options = {
		.routes = fb_api_routes,
		.n_routes = fb_api_n_routes,
		.user = loop->agent,
		.body_max = FB_CTL_BODY_MAX,
		.groups = { (gid_t)-1, group_named(groups[1]), group_named(groups[2]) },
	};
	char *path;
	int fd;

	if (asprintf(&path, "%s/control.sock", loop->agent->config->run_dir) < 0)
		abort();
	fd = fb_ctl_listen_unix(path, 0660, group_named(groups[0]), err);
	free(path);
	return fd < 0 ? fd : add_server(loop, &loop->control, fd, &options, err);
}

/* Nobody to ask is a pity, and no reason not to enforce. */
static void add_metrics(struct loop *loop)
{
	struct fb_ctl_server_options options = {
		.routes = fb_api_metrics_routes,
		.n_routes = FB_ARRAY_SIZE(fb_api_metrics_routes),
		.user = loop->agent,
		.groups = { (gid_t)-1, (gid_t)-1, (gid_t)-1 },
	};
	const char *address = loop->agent->config->metrics;
	struct fb_error err = { 0 };
	int fd;

	if (!address)
		return;
	fd = fb_ctl_listen_loopback(address, &err);
	if (fd < 0 || add_server(loop, &loop->metrics, fd, &options, &err) < 0)
		fb_log(FB_LOG_WARNING, "no metrics: %s", err.text);
}

/* ---- the loop ---- */

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	fb_log(FB_LOG_NOTICE, "%s: exit; enforcement goes on without the agent",
	       info->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int set_up(struct loop *loop, struct fb_error *err)
{
	int r = fb_agent_events_open(loop->agent, err);
	sigset_t signals;

	if (r < 0)
		return r;
	fb_agent_inventory_open(loop->agent);
	r = sd_event_default(&loop->event);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGHUP, SIG_IGN); /* nothing to read again: a policy comes by an apply */
	signal(SIGPIPE, SIG_IGN);
	if (r >= 0)
		r = sd_event_add_signal(loop->event, NULL, SIGTERM, on_signal, loop);
	if (r >= 0)
		r = sd_event_add_signal(loop->event, NULL, SIGINT, on_signal, loop);
	if (r >= 0)
		r = sd_event_add_io(loop->event, NULL, fb_watch_fd(loop->agent->watch), EPOLLIN, on_netlink,
				    loop);
	if (r >= 0)
		r = sd_event_add_io(loop->event, NULL, fb_dataplane_events_fd(loop->agent->reader), EPOLLIN,
				    on_events, loop);
	if (r >= 0)
		r = sd_event_add_time_relative(loop->event, &loop->second, CLOCK_MONOTONIC, SECOND_USEC, 0,
					       on_second, loop);
	if (r >= 0)
		r = sd_event_add_time_relative(loop->event, &loop->bump, CLOCK_MONOTONIC, 0, 1, on_bump,
					       loop);
	if (r >= 0)
		r = sd_event_add_io(loop->event, NULL, loop->agent->edge_fd, EPOLLIN, on_edge, loop);
	if (r >= 0)
		r = sd_event_set_watchdog(loop->event, true);
	if (r < 0)
		return fb_error_set(err, r, "the event loop: %s", strerror(-r));
	fb_agent_follow_clock(loop->agent);
	r = add_control(loop, err);
	if (r == 0)
		add_metrics(loop);
	return r;
}

static void tear_down(struct loop *loop)
{
	struct server *servers[] = { &loop->control, &loop->metrics };

	for (size_t i = 0; i < FB_ARRAY_SIZE(servers); i++) {
		sd_event_source_unref(servers[i]->timer);
		fb_ctl_server_free(servers[i]->http);
	}
	fb_agent_events_close(loop->agent);
	fb_agent_inventory_close(loop->agent);
	sd_event_source_unref(loop->second);
	sd_event_source_unref(loop->bump);
	sd_event_unref(loop->event);
}

int fb_loop_run(struct fb_agent *agent, int (*ready)(struct fb_agent *agent, struct fb_error *err),
		struct fb_error *err)
{
	struct loop loop = { .agent = agent };
	int r = set_up(&loop, err);

	if (r == 0)
		r = ready(agent, err);
	if (r == 0) {
		sd_notify(0, "READY=1");
		r = sd_event_loop(loop.event);
		if (r < 0)
			fb_error_set(err, r, "the event loop: %s", strerror(-r));
		sd_notify(0, "STOPPING=1");
	}
	tear_down(&loop);
	return r < 0 ? r : 0;
}

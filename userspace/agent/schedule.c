// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows and accesses, kept in step with the clock. An image holds deadlines only: what is open shuts by itself, with or
 * without the agent; what is to open needs a new image, and that is made here, at each edge, after each step of the clock
 * and when the clock is known or lost.
 */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/log.h"

enum { WARN_SECONDS = 600 };

void fb_agent_when(const struct fb_agent *agent, const struct fb_ruleset *rs, struct fb_openings *openings,
		   struct fb_when *ret)
{
	fb_open_accesses_for(&agent->accesses, rs, openings);
	*ret = (struct fb_when){ .now = fb_agent_now(agent),
				 .unsynced = !agent->clock_synchronised,
				 .openings = openings->v,
				 .n_openings = openings->n };
}

/* Does the image in force have the deadlines that the schedule wants? Lines are found by their slots. */
static bool agrees(const struct fb_agent *agent, const struct fb_schedule *schedule)
{
	const struct fb_image_header *header = fb_dataplane_image(agent->dp);
	const struct fb_ruleset *rs = &agent->generation->ruleset;
	const struct fb_image_rule *rules = (const void *)((const __u32 *)header + header->rule_w);
	fb_autofree const struct fb_line **by_slot = calloc(FB_RULE_SLOTS, sizeof(*by_slot));

	if (!by_slot)
		abort();
	for (size_t i = 0; i < rs->lines.n; i++)
		if (rs->lines.v[i].slot < FB_RULE_SLOTS && (rs->lines.v[i].window || rs->lines.v[i].access))
			by_slot[rs->lines.v[i].slot] = &rs->lines.v[i];
	for (__u32 i = 1; i <= header->n_rules; i++) { /* 0 is none */
		const struct fb_line *line =
			rules[i].slot && rules[i].slot < FB_RULE_SLOTS ? by_slot[rules[i].slot] : NULL;
		struct fb_closing closing;

		if (!line)
			continue;
		closing = fb_schedule_line(schedule, line);
		/* a window that shut by itself since is as good as one that was shut by us */
		if (rules[i].deadline != (__u32)closing.deadline &&
		    (closing.deadline || rules[i].deadline > (__u32)schedule->now))
			return false;
	}
	return true;
}

/* Rung at the edge, and by every step of the clock. */
static void arm(const struct fb_agent *agent, __s64 edge)
{
	const struct itimerspec at = { .it_value.tv_sec = edge };

	if (agent->edge_fd >= 0)
		timerfd_settime(agent->edge_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

/* Has the clock been set back since they were opened? Without a clock that is known they are shut anyway. */
static bool shorten(struct fb_agent *agent)
{
	struct fb_error ignored = { 0 };
	struct fb_moment moment;
	size_t n;

	if (!agent->accesses.v.n || !agent->clock_synchronised || fb_moment_now(&moment, &ignored) < 0)
		return false;
	n = fb_open_accesses_shorten(&agent->accesses, fb_agent_now(agent), moment.ns);
	if (n)
		fb_log(FB_LOG_NOTICE, "the clock was set back: %zu access%s shut no later than was asked for",
		       n, n == 1 ? "" : "es");
	return n != 0;
}

/* Nobody's act, and part of the history all the same; a log that cannot be written keeps nothing open. */
static void note_shut(struct fb_agent *agent, const char *access, const char *why)
{
	const struct fb_change change = { .what = "shut", .uid = -1 };
	struct fb_error err = { 0 };

	fb_log(FB_LOG_NOTICE, "access %s is shut: %s", access, why);
	if (fb_agent_audit_act(agent, &change, access, why, &err) < 0)
		fb_log(FB_LOG_WARNING, "that access %s is shut is not in the audit log: %s", access,
		       err.text);
}

/* Those that are over, or of lines that are no more; and those that are over soon. */
static void tidy(struct fb_agent *agent)
{
	__s64 now = fb_agent_now(agent);
	bool changed = shorten(agent);

	if (changed) /* the image has the later deadline */
		agent->edge = 0;

	for (size_t i = agent->accesses.v.n; i-- > 0;) {
		struct fb_open_access *a = &agent->accesses.v.v[i];
		bool holds = fb_open_access_holds(a, &agent->generation->ruleset);

		if (a->until > now && holds) {
			if (!a->warned && a->until - now <= WARN_SECONDS &&
			    a->until - a->since > WARN_SECONDS) {
				fb_log(FB_LOG_WARNING,
				       "access %s shuts in %lld min: \"firebreak open %s\" extends it",
				       a->access, (long long)(a->until - now + 30) / 60, a->access);
				a->warned = true;
			}
			continue;
		}
		note_shut(agent, a->access, holds ? "its time is over" : "its lines have changed");
		fb_open_accesses_remove(&agent->accesses, i);
		changed = true;
	}
	if (changed) {
		struct fb_error err = { 0 };

		fb_agent_write_accesses(agent, &err);
	}
}

int fb_agent_follow_schedule(struct fb_agent *agent, struct fb_error *err)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	struct fb_schedule schedule;
	struct fb_openings openings;
	struct fb_when when;
	__s64 edge;

	if (!rs || !fb_dataplane_image(agent->dp) || (!rs->windows.n && !rs->accesses.n))
		return 0;
	tidy(agent);
	fb_agent_when(agent, rs, &openings, &when);
	fb_schedule_at(rs, &when, &schedule);
	agent->stale = !agrees(agent, &schedule);
	edge = fb_schedule_next(rs, &when);
	fb_schedule_done(&schedule);
	fb_vec_done(&openings);
	if (agent->stale)
		fb_agent_reconcile(agent);
	agent->edge = edge;
	agent->looked = when.now;
	agent->edge_synchronised = agent->clock_synchronised;
	arm(agent, edge);
	return agent->stale ? fb_error_set(err, -EIO, "%s", agent->trouble) : 0;
}

/* Once a second: the edge may have passed unheard, the clock may be known now, or have been set back. */
void fb_agent_tend_schedule(struct fb_agent *agent)
{
	struct fb_error ignored = { 0 };

	if (agent->generation)
		tidy(agent);
	if (agent->stale || fb_agent_now(agent) >= agent->edge || fb_agent_now(agent) < agent->looked ||
	    agent->edge_synchronised != agent->clock_synchronised)
		fb_agent_follow_schedule(agent, &ignored);
}

int fb_agent_schedule_open(struct fb_agent *agent, struct fb_error *err)
{
	agent->edge_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (agent->edge_fd < 0)
		return fb_error_set(err, -errno, "a timer: %s", strerror(errno));
	if (fb_open_accesses_read(agent->config->state_dir, &agent->accesses, err) < 0) {
		fb_log(FB_LOG_ERROR, "what was opened counts as shut: %s", err->text);
		err->text[0] = 0;
		err->code = 0;
	}
	return 0;
}

/* ---- acts ---- */

static int no_access(const struct fb_ruleset *rs, const char *name, struct fb_error *err)
{
	struct FB_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; rs && i < rs->accesses.n; i++)
		fb_vec_add(&names, rs->accesses.v[i].name);
	near = fb_suggest(name, names.v, names.n);
	fb_vec_done(&names);
	if (near)
		return fb_error_set(err, -ENOENT, "no access \"%s\": did you mean \"%s\"?", name, near);
	return fb_error_set(err, -ENOENT,
			    "the policy in force has no access \"%s\"; \"firebreak open\" lists its accesses",
			    name);
}

static int may_open(const struct fb_agent *agent, const char *name, __s64 seconds, struct fb_error *err)
{
	const struct fb_ruleset *rs = agent->generation ? &agent->generation->ruleset : NULL;
	int access = rs ? fb_access_find(rs, name) : -1;
	char max[FB_CLOCK_STRLEN], asked[FB_CLOCK_STRLEN];
	struct fb_openings openings;
	struct fb_when when;
	bool may;

	if (access < 0)
		return no_access(rs, name, err);
	if (rs->accesses.v[access].max && seconds > rs->accesses.v[access].max)
		return fb_error_set(err, -EINVAL, "access %s may be open for %s at most, not %s", name,
				    fb_clock_print_span(rs->accesses.v[access].max, max),
				    fb_clock_print_span(seconds, asked));
	if (!agent->clock_synchronised)
		return fb_error_set(
			err, -EAGAIN,
			"the clock is not synchronised: accesses stay shut until the kernel says that it is");
	if (fb_agent_clock_early(agent))
		return fb_error_set(err, -EAGAIN,
				    "the clock is earlier than the policy was applied: accesses stay shut "
				    "until it is applied again");
	fb_agent_when(agent, rs, &openings, &when);
	may = fb_schedule_may_open(rs, &when, (unsigned int)access);
	fb_vec_done(&openings);
	return may ? 0
		   : fb_error_set(err, -EINVAL,
				  "access %s cannot be opened now: every line of it is outside of its "
				  "window, or over",
				  name);
}

/* The file and the image, which follows whatever becomes of the file: what is shut is shut. */
static int settle(struct fb_agent *agent, struct fb_error *err)
{
	struct fb_error late = { 0 };
	int r = fb_agent_write_accesses(agent, err),
	    r2 = fb_agent_follow_schedule(agent, r < 0 ? &late : err);

	return r < 0 ? r : r2;
}

int fb_agent_open_access(struct fb_agent *agent, const struct fb_change *change, const char *name,
			 __s64 seconds, const char *reason, struct fb_error *err)
{
	struct fb_open_access one = { 0 };
	struct fb_moment moment = { 0 };
	__s64 now = fb_agent_now(agent);
	int r = may_open(agent, name, seconds, err), at;

	if (r == 0)
		tidy(agent); /* a time that was over before a moment is not extended */
	if (r == 0)
		r = fb_moment_now(&moment, err);
	if (r == 0)
		r = fb_agent_audit_act(agent, change, name, reason, err);
	if (r < 0)
		return r;
	one = (struct fb_open_access){
		.access = strdup(name),
		.who = strdup(change->who),
		.reason = strdup(reason),
		.lines = fb_access_lines(&agent->generation->ruleset,
					 (unsigned int)fb_access_find(&agent->generation->ruleset, name)),
		.since = now,
		.until = now + seconds,
		.ends = moment.ns + (__u64)seconds * 1000000000,
	};
	if (!one.access || !one.who || !one.reason || !one.lines)
		abort();
	at = fb_open_accesses_find(&agent->accesses, name);
	if (at >= 0)
		fb_open_accesses_remove(&agent->accesses, (size_t)at);
	fb_vec_add(&agent->accesses.v, one);
	r = settle(agent, err);
	if (r < 0) { /* what was open before is shut, too: the safe side */
		struct fb_error ignored = { 0 };

		fb_open_accesses_remove(&agent->accesses, agent->accesses.v.n - 1);
		settle(agent, &ignored);
		fb_agent_audit_failed(agent, change, name, err);
		return r;
	}
	fb_log(FB_LOG_NOTICE, "access %s is open for %lld s: %s, %s", name, (long long)seconds, change->who,
	       reason);
	return 0;
}

int fb_agent_close_access(struct fb_agent *agent, const struct fb_change *change, const char *name,
			  const char *reason, struct fb_error *err)
{
	int at = fb_open_accesses_find(&agent->accesses, name), r;

	if (at < 0)
		return fb_error_set(err, -ENOENT,
				    "access \"%s\" is not open; \"firebreak open\" lists what is", name);
	r = fb_agent_audit_act(agent, change, name, reason, err);
	if (r < 0)
		return r;
	fb_open_accesses_remove(&agent->accesses, (size_t)at);
	r = settle(agent, err);
	if (agent->stale) {
		fb_agent_audit_failed(agent, change, name, err);
		return r;
	}
	/* that it is not on disk is said in the log and by the status: it is shut all the same */
	fb_log(FB_LOG_NOTICE, "access %s is shut by %s", name, change->who);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Would a change shut its operator out? The ssh session that the change comes by, as the CLI tells it, is held
 * against the policy as it would be: a new login from the same place to the same port. What that does not tell is
 * named, so that nobody takes it for more. Pure.
 */
#ifndef FB_AGENT_LOCKOUT_H
#define FB_AGENT_LOCKOUT_H

#include <jansson.h>

#include "agent/generation.h"
#include "agent/ports.h"
#include "base/strbuf.h"
#include "policy/schedule.h"

struct fb_session {
	int family; /* 4 or 6; 0 = not by ssh, or not known */
	struct fb_ip from, to;
	__u16 from_port, to_port;
};

/* {"from": "10.99.0.10", "from_port": 50122, "to": "10.99.0.1", "to_port": 22}; NULL = no session. */
int fb_session_from_json(const json_t *json, struct fb_session *ret, struct fb_error *err);

enum fb_lockout {
	FB_LOCKOUT_UNKNOWN, /* nothing could be tested */
	FB_LOCKOUT_KEPT,
	FB_LOCKOUT_CUT,
};

struct fb_lockout_case {
	const struct fb_session *session;
	const struct fb_generation *candidate;
	const struct fb_portset *ports; /* the candidate's */
	const struct fb_host *host;
	const char *const *management; /* names of interfaces beside the policy, NULL-terminated or NULL */
	struct fb_when when;	       /* with what an apply leaves open, and whether the clock is known */
	/* What is cut and quarantined beside the policy; NULL = nothing. */
	const struct fb_switches_wanted *switches;
};
/*
 * *ret_text gets one line on what was tested and what came of it, and one on what was not. *ret_device (may be NULL): the
 * device by which the session comes in, 0 = not known.
 */
enum fb_lockout fb_lockout_judge(const struct fb_lockout_case *c, struct fb_strbuf *ret_text,
				 __u32 *ret_device);

/* "10.99.0.10 50122 10.99.0.1 22", as SSH_CONNECTION has it. False: it is no session. */
bool fb_session_parse(const char *text, struct fb_session *ret);
/*
 * Before there is any policy: the guard lets only management interfaces and the rescue access in. Of the case session,
 * host and management count. -EACCES: the session would end, and the text says what would hold it.
 */
int fb_lockout_at_start(const struct fb_lockout_case *c, const struct fb_rescue *rescue,
			struct fb_error *err);

#endif

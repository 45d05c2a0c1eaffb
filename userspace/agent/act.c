// SPDX-License-Identifier: GPL-2.0-only
/* Lines of the audit log: each act's is written before it takes place, and one more where it then failed. */
#include "agent/agent.h"
#include "base/log.h"

static int add(struct fb_agent *agent, const struct fb_change *change, const char *what, const char *object,
	       const char *reason, __u32 after, struct fb_error *err)
{
	const struct fb_audit_entry entry = {
		.what = what,
		.object = object,
		.who = change->who,
		.uid = change->uid,
		.reason = reason,
		.seconds = change->seconds,
		.before = fb_dataplane_generation(agent->dp),
		.after = after,
	};

	return fb_audit_add(agent->audit, &entry, err);
}

int fb_agent_audit(struct fb_agent *agent, const struct fb_change *change, const char *reason, __u32 after,
		   struct fb_error *err)
{
	return add(agent, change, change->what, NULL, reason, after, err);
}

int fb_agent_audit_act(struct fb_agent *agent, const struct fb_change *change, const char *object,
		       const char *reason, struct fb_error *err)
{
	return add(agent, change, change->what, object, reason, fb_dataplane_generation(agent->dp), err);
}

void fb_agent_audit_failed(struct fb_agent *agent, const struct fb_change *change, const char *object,
			   const struct fb_error *why)
{
	struct fb_error err = { 0 };
	char what[32];

	snprintf(what, sizeof(what), "%s-failed", change->what);
	if (add(agent, change, what, object, why->text, fb_dataplane_generation(agent->dp), &err) < 0)
		fb_log(FB_LOG_WARNING, "%s", err.text);
}

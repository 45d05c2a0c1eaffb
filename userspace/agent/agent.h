/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent's state, and the acts that change what is enforced. One thread: whoever is called runs alone.
 *
 *   boot       adopts what the data plane enforces, or puts the stored generation in force
 *   apply      a new policy: everything that can fail is done before the switch, and undone if it fails
 *   reconcile  the host changed: attaches what appeared, follows MACs and indexes with an image of the same policy
 *   check      once a second: is every device still enforcing
 */
#ifndef FB_AGENT_AGENT_H
#define FB_AGENT_AGENT_H

#include "agent/access.h"
#include "agent/audit.h"
#include "agent/config.h"
#include "agent/confirm.h"
#include "agent/generation.h"
#include "agent/host.h"
#include "agent/lockout.h"
#include "agent/ports.h"
#include "agent/rates.h"
#include "agent/switches.h"
#include "agent/watch.h"
#include "dataplane/dataplane.h"

enum { FB_AGENT_WHY = sizeof(((struct fb_error *)0)->text) }; /* room for any error's text */

/* A device that the data plane was attached to. */
struct fb_protected {
	char name[IF_NAMESIZE];
	__u32 ifindex;
	enum fb_xdp_mode mode;
	bool enforcing;
	char why[FB_AGENT_WHY];
};

/* unwritten.c: what is in force and not on disk. */
struct fb_unwritten {
	bool switches, accesses, current;
	__u32 number;		/* that `current` is to name */
	char why[FB_AGENT_WHY]; /* "" = nothing is owed */
};

struct fb_agent {
	const struct fb_agent_config *config;
	struct fb_dataplane *dp;
	struct fb_host host;
	struct fb_watch *watch;
	struct fb_audit *audit;
	struct fb_generation *generation; /* NULL = no policy, or none that could be read */
	struct fb_portset ports;	  /* as the image in force has them */
	struct fb_trial trial;		  /* of the generation in force; .generation 0 = it is none */
	struct fb_generation *good;   /* while a trial runs: the one before; NULL = none, or on disk only */
	struct fb_moment adopt_until; /* live TCP is taken up until then; .ns 0 = it is not */
	bool unkept;		      /* what is in force is not on disk yet; tried every second */
	struct fb_unwritten unwritten;
	struct fb_switch_state switches;
	struct fb_open_accesses accesses;
	int edge_fd;		/* rings at the next edge of a window or access, and when the clock is set */
	__s64 edge;		/* when that is; 0 = not known */
	bool edge_synchronised; /* what was known of the clock when that was found */
	__s64 looked;		/* and what it showed */
	bool stale;		/* the image has not the deadlines that hold now */
	struct FB_VEC(struct fb_protected) devices;
	struct fb_self_entries self; /* as last written to the data plane */
	struct fb_egress_entries egress;
	bool tables_known;	       /* the data plane holds just these two */
	char unreadable[FB_AGENT_WHY]; /* why the stored generation is not in force, "" = nothing wrong */
	char trouble[FB_AGENT_WHY];    /* why the host cannot be followed, "" = it is */
	struct fb_events *events;      /* what the data plane told (agent/events.h) */
	struct fb_dataplane_events *reader; /* where it tells it */
	__s64 events_saved;
	bool events_unwritten;		/* events.log takes nothing at present, and this was said */
	struct fb_inventory *inventory; /* who was seen (agent/inventory.h) */
	bool inventory_loaded;
	__s64 inventory_saved;
	struct fb_rates rates;
	__u64 apply_failures;
	__s64 started;
	bool clock_synchronised;
	bool early_said;     /* that it is too early */
	__s64 clock_floor;   /* the latest time that is known to be past, 0 = not read yet */
	__s64 clock_written; /* when it was last written to disk */
};

/* ---- boot.c ---- */
int fb_agent_open(struct fb_agent *agent, const struct fb_agent_config *config, struct fb_error *err);
/*
 * Puts the last good generation in force, or keeps what is; says in the log what came of it. Fails only where another ABI version goes on enforcing because this
 * one cannot take its place.
 */
int fb_agent_boot(struct fb_agent *agent, struct fb_error *err);
void fb_agent_close(struct fb_agent *agent);

/* ---- succeed.c ---- */
/* Takes the place of another ABI version, if one enforces: image, tables and switches are ready. */
int fb_agent_succeed(struct fb_agent *agent, struct fb_error *err);
/* Attaches every device that the agent has; what cannot be is said. */
void fb_agent_attach_devices(struct fb_agent *agent);

/* ---- clock.c ---- */
/* Tells the data plane what its deadlines are measured by (S53): the kernel's own word, kept by the time daemon. */
void fb_agent_follow_clock(struct fb_agent *agent);
/* What deadlines are measured by: the clock if the kernel vouches for it, else not earlier than what is known to be past. */
__s64 fb_agent_now(const struct fb_agent *agent);
/* It is known, and earlier than the policy was applied: what has a date stays shut. */
bool fb_agent_clock_early(const struct fb_agent *agent);

/* What somebody wants, and what they may be let. */
struct fb_change {
	const char *what;     /* for the audit log: "apply", "rollback" */
	const char *who;      /* NULL = the agent itself */
	__s64 uid;	      /* -1 likewise */
	unsigned int confirm; /* seconds in which it must be confirmed, 0 = it need not be */
	unsigned int adopt;   /* seconds in which live TCP is taken up, 0 = it is not */
	__s64 seconds;	      /* for which an access is opened */
	struct fb_session session;
	bool allow_lockout;
};

/* ---- apply.c ---- */
/*
 * bundle is taken. 0: in force; *ret_text holds the lints and what the host lacks. -EINVAL: the policy is
 * wrong, *ret_text says where. -EACCES: it would cut the session that it comes by. Any other error: it cannot
 * be put in force, err says why. On failure nothing has changed. *ret_text (lints, what the host lacks) and *ret_session (what was
 * tested of the session and what not) are the caller's to free, always.
 */
int fb_agent_apply(struct fb_agent *agent, const struct fb_change *change, struct fb_bundle *bundle,
		   char **ret_text, char **ret_session, struct fb_error *err);
/*
 * Fills *ret with what rolls back to `generation`, 0 = to what was in force before. -ENOENT: it is not stored,
 * or there was none.
 */
int fb_agent_rollback_bundle(const struct fb_agent *agent, __u32 generation, struct fb_bundle *ret,
			     struct fb_error *err);

/* ---- act.c ---- */
/* Of the change, before it takes place; after = the generation that will be in force. */
int fb_agent_audit(struct fb_agent *agent, const struct fb_change *change, const char *reason, __u32 after,
		   struct fb_error *err);
/* What is done to an object (a plan, an access), before it takes place; the generation stays. */
int fb_agent_audit_act(struct fb_agent *agent, const struct fb_change *change, const char *object,
		       const char *reason, struct fb_error *err);
/* The log has the act already; that it failed is one line more. object may be NULL. */
void fb_agent_audit_failed(struct fb_agent *agent, const struct fb_change *change, const char *object,
			   const struct fb_error *why);

/* ---- trial.c ---- */
/* Writes down what is in force: as good, or as on trial. */
int fb_agent_keep(struct fb_agent *agent, struct fb_error *err);
/* The policy on trial is good, or gone. */
void fb_agent_end_trial(struct fb_agent *agent);
int fb_agent_confirm(struct fb_agent *agent, const struct fb_change *change, struct fb_error *err);
/* The deadline is change->confirm seconds from now. */
int fb_agent_extend(struct fb_agent *agent, const struct fb_change *change, struct fb_error *err);
/* Ends the trial: back to what was before. */
int fb_agent_revert(struct fb_agent *agent, const struct fb_change *change, const char *why,
		    struct fb_error *err);
/* Once a second: is a trial over; is something still to be written down. */
void fb_agent_tend(struct fb_agent *agent);
/* Microseconds until it has to be called again: one second, or until a deadline that comes before. */
__u64 fb_agent_tend_in(const struct fb_agent *agent);
/* No policy: everything is dropped, nothing is attached, the rescue access is open. */
int fb_agent_close_down(struct fb_agent *agent, struct fb_error *err);
/* The rescue access is open while no policy is in force, and only then. */
void fb_agent_rescue(struct fb_agent *agent);
/* The bundle becomes the next generation: who went back to it, from which, and why. */
void fb_agent_mark_return(struct fb_bundle *bundle, __u32 from, const char *who, const char *why);

/* ---- force.c: the steps that boot, apply and reconcile share ---- */
__u32 fb_agent_next_generation(const struct fb_agent *agent);
int fb_agent_compile(struct fb_agent *agent, const struct fb_generation *generation,
		     const struct fb_portset *ports, __u32 number, bool on_trial, struct fb_error *err);
/* Own addresses and ways out, as this policy sees them on this host. Writes only what changed. */
int fb_agent_tables(struct fb_agent *agent, const struct fb_portset *ports, struct fb_error *err);
/* Counters of zone ids and rule slots that mean something else than before. */
void fb_agent_clear_counters(struct fb_agent *agent, const struct fb_slots *before,
			     const struct fb_slots *after);

/* ---- switch_acts.c ---- */
/* Cuts and quarantines as they were written down, in force before anything is attached. */
int fb_agent_switches_open(struct fb_agent *agent, struct fb_error *err);
/* Before a policy comes in force: what is cut by the one before or by this one is cut. */
int fb_agent_switches_cover(struct fb_agent *agent, const struct fb_generation *next, struct fb_error *err);
/* After it came in force: what this one says. */
void fb_agent_switches_settle(struct fb_agent *agent);
/*
 * 0 = done, 1 = it was so already. -ENOENT, -EINVAL: there is no such plan or X; -EACCES: it would cut the session that
 * it comes by. On failure nothing has changed. *ret_text gets what was tested of the session and what not.
 * Without a reason it is a rehearsal: only *ret_text comes of it.
 */
int fb_agent_isolate(struct fb_agent *agent, const struct fb_change *change, const char *plan,
		     const char *reason, struct fb_strbuf *ret_text, struct fb_error *err);
int fb_agent_quarantine(struct fb_agent *agent, const struct fb_change *change, const char *x,
			const char *reason, struct fb_strbuf *ret_text, struct fb_error *err);
/* A plan or an X; -ENOENT: it is neither active nor in quarantine. */
int fb_agent_unswitch(struct fb_agent *agent, const struct fb_change *change, const char *x,
		      const char *reason, struct fb_error *err);

/* ---- unwritten.c ---- */
/* Write what is in force. A failure is an error of the caller's act, and tried again every second all the same. */
int fb_agent_write_switches(struct fb_agent *agent, struct fb_error *err);
int fb_agent_write_accesses(struct fb_agent *agent, struct fb_error *err);
/* `current` names this one again (0 = none), now or as soon as the disk lets it. */
void fb_agent_restore_current(struct fb_agent *agent, __u32 number);
/* Once a second. */
void fb_agent_tend_unwritten(struct fb_agent *agent);

/* ---- schedule.c ---- */
int fb_agent_schedule_open(struct fb_agent *agent, struct fb_error *err);
/* What fb_compile needs to know of the time; openings is the caller's to release, after ret. */
void fb_agent_when(const struct fb_agent *agent, const struct fb_ruleset *rs, struct fb_openings *openings,
		   struct fb_when *ret);
/* Makes the image what the clock and the openings say, and sets the timer for the next edge. */
int fb_agent_follow_schedule(struct fb_agent *agent, struct fb_error *err);
/* Once a second. */
void fb_agent_tend_schedule(struct fb_agent *agent);
/* seconds from now, again to extend. -EINVAL, -ENOENT, -EAGAIN: not this one, not so long, not now. */
int fb_agent_open_access(struct fb_agent *agent, const struct fb_change *change, const char *name,
			 __s64 seconds, const char *reason, struct fb_error *err);
int fb_agent_close_access(struct fb_agent *agent, const struct fb_change *change, const char *name,
			  const char *reason, struct fb_error *err);

/* ---- devices.c ---- */
/* NULL = not attached. */
struct fb_protected *fb_agent_device(const struct fb_agent *agent, __u32 ifindex);
/* Attaches if need be; *ret_new: it was not before. */
int fb_agent_protect(struct fb_agent *agent, const struct fb_portset *ports, const struct fb_port *port,
		     bool *ret_new, struct fb_error *err);
/* Members that bonds have gained become fit for XDP; one that cannot is taken out, so that its frames drop. */
void fb_agent_take_members(struct fb_agent *agent, struct fb_portset *ports);
int fb_agent_release(struct fb_agent *agent, __u32 ifindex, struct fb_error *err);
/* Detaches devices that ports does not name. */
void fb_agent_release_others(struct fb_agent *agent, const struct fb_portset *ports);
/* Once a second: reaps, asks each device whether it enforces, attaches again where not. */
void fb_agent_check(struct fb_agent *agent);

/* ---- reconcile.c ---- */
/*
 * Makes image, tables and devices what the policy wants on the host as it is now. Nothing to do costs
 * nothing.
 */
void fb_agent_reconcile(struct fb_agent *agent);

enum fb_agent_state { FB_AGENT_CLOSED, FB_AGENT_DEGRADED, FB_AGENT_ENFORCING };
enum fb_agent_state fb_agent_state(const struct fb_agent *agent);
/* What is wrong, beside interfaces that do not enforce; "" = nothing. */
const char *fb_agent_why(const struct fb_agent *agent);
/*
 * The zone's name as the policy in force has it; "self", "-", "zone-7" if there is none. buf holds 16
 * bytes.
 */
const char *fb_agent_zone_name(const struct fb_agent *agent, unsigned int id, char *buf);

#endif

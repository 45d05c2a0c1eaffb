/* SPDX-License-Identifier: GPL-2.0-only */
/* The agent's side of ctl/protocol.h: what each path answers. */
#ifndef FB_AGENT_API_H
#define FB_AGENT_API_H

#include "agent/agent.h"
#include "ctl/server.h"

/* user of all of them is the struct fb_agent. */
extern const struct fb_ctl_route fb_api_routes[];
extern const size_t fb_api_n_routes;
/* What the loopback listener serves. */
extern const struct fb_ctl_route fb_api_metrics_routes[1];

typedef void fb_api_handler(void *user, const struct fb_ctl_request *request, struct fb_ctl_answer *answer);
/* ---- api_status.c ---- */
fb_api_handler fb_api_status, fb_api_zones;
/* ---- api_devices.c ---- */
fb_api_handler fb_api_devices;
/* ---- api_counters.c ---- */
fb_api_handler fb_api_rules, fb_api_drops;
/* ---- api_flows.c ---- */
fb_api_handler fb_api_flows;
/* ---- api_events.c ---- */
fb_api_handler fb_api_events;
/* ---- api_change.c ---- */
fb_api_handler fb_api_apply, fb_api_rollback, fb_api_confirm;
/* ---- api_history.c ---- */
fb_api_handler fb_api_bundle, fb_api_history;
/* ---- api_explain.c ---- */
fb_api_handler fb_api_explain;
/* ---- api_audit.c ---- */
fb_api_handler fb_api_audit, fb_api_audit_verify;
/* ---- gather.c ---- */
fb_api_handler fb_api_metrics;

/* ---- api_switches.c ---- */
fb_api_handler fb_api_switches, fb_api_isolate, fb_api_quarantine, fb_api_release;
/* ---- api_access.c ---- */
fb_api_handler fb_api_accesses, fb_api_open, fb_api_close;
/* ---- api_end.c ---- */
fb_api_handler fb_api_end;

/* ---- shared ---- */
/* [{plan, active, text, who, reason, since, cuts}], active ones that the policy does not have among them. */
json_t *fb_api_plans(const struct fb_agent *agent);
/* [{access, max, open, may_open, until, since, who, reason, lines}] */
json_t *fb_api_accesses_list(const struct fb_agent *agent);
/* [{name, who, reason, since, addresses, macs}] */
json_t *fb_api_quarantines(const struct fb_agent *agent);
/* A member that a body may have, besides who, reason, session and allow_lockout, which all may. */
struct fb_api_member {
	const char *name; /* NULL ends the list */
	json_type type;	  /* JSON_TRUE = a boolean */
};
/*
 * The request's object; no body is an empty one. What it has is of these names and types: who reads a member finds it right or not there.
 * NULL: answered with what is wrong; so is false below.
 */
json_t *fb_api_read_body(const struct fb_ctl_request *request, const struct fb_api_member *takes,
			 struct fb_ctl_answer *answer);
/* A number of the query, which may not be there: *ret stays as it is. */
bool fb_api_query_number(const struct fb_ctl_request *request, const char *name, __u64 max, __u64 *ret,
			 struct fb_ctl_answer *answer);
/* The members of a change that are not the policy's: confirm, session, allow_lockout. */
bool fb_api_read_change(const json_t *body, const struct fb_ctl_peer *peer, struct fb_change *ret,
			struct fb_ctl_answer *answer);
/* who and reason of a request that brings no policy; *ret_who is the caller's to free. */
bool fb_api_read_words(const json_t *body, const struct fb_ctl_peer *peer, char **ret_who,
		       const char **ret_reason, struct fb_ctl_answer *answer);
/* "tcp", "47"; buf holds 8 bytes. */
const char *fb_api_proto_name(unsigned int proto, char *buf);
/* host= of a question: an address, or a device or group of the policy in force. Added to *ret. */
bool fb_api_read_host(const struct fb_agent *agent, const char *host, struct fb_ipset *ret,
		      struct fb_ctl_answer *answer);
/* A flow as /v1/flows has it. by_slot: fb_api_lines_by_slot(). */
json_t *fb_api_flow(const struct fb_agent *agent, const struct fb_snapshot_flow *flow,
		    const struct fb_line *const *by_slot);
/* [FB_RULE_SLOTS], to be freed. */
const struct fb_line **fb_api_lines_by_slot(const struct fb_agent *agent);
/*
 * Who did it, for the record: whom the socket knows the peer as; what the request says beside it ("who", NULL = nothing)
 * is a claim and stays one: "jpatel (as root)". The caller frees it.
 */
char *fb_api_who(const struct fb_ctl_peer *peer, const char *claimed);
/* {generation, previous, left, until} of the policy on trial, or null. */
json_t *fb_api_trial(const struct fb_agent *agent);
/* Texts end up in logs and terminals: one line without control characters, at most 1024 bytes. */
bool fb_api_is_line(const char *s);
json_t *fb_api_interfaces(const struct fb_agent *agent);
/* [{src, dst, reason, packets, bytes}], would-drop among them, the most packets first. */
json_t *fb_api_drop_list(const struct fb_agent *agent);
/* {"seconds": 60, "packets": {"no-allow": 214, ...}}: those of the last minute, as a rate; null = not known yet. */
json_t *fb_api_drop_rates(const struct fb_agent *agent);
/* A text that may hold bytes that are no UTF-8. */
json_t *fb_api_text(const char *s);
json_t *fb_api_count(__u64 n);
/* "northport.fb:21", "" = nowhere; the caller frees it. */
char *fb_api_at(const struct fb_agent *agent, struct fb_at at);
/* The line whose counters are in this slot, NULL = none. */
const struct fb_line *fb_api_line(const struct fb_agent *agent, __u32 slot);
/* Unix seconds of a tick that the data plane wrote; 0 = never. */
__s64 fb_api_tick_to_unix(const struct fb_agent *agent, __u64 tick);
const char *
fb_api_reason_name(unsigned int reason); /* "passed", "no-allow", ..., "would-drop"; NULL = no such reason */
/*
 * Zone ids that can have counters: none, self, and the policy's. *ret holds FB_ZONES_MAX; returns how many.
 */
size_t fb_api_zone_ids(const struct fb_agent *agent, unsigned int *ret);

#endif

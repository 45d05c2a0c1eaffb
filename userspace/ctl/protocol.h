/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control API: HTTP/1.1 and JSON on <run_dir>/control.sock. Every answer is an object with "schema". `curl --unix-socket` works.
 *
 * GET  /v1/status    firebreak.status/1     state ("enforcing" | "closed" (no policy: all dropped) | "degraded" (an interface is not
 *                    enforcing, or why says what else)), generation, policy {name, version, applied, applied_by, reason} or null, interfaces
 *                    [{device, vlan, ifindex, zone, enforcing, mode, why}], flows {new, replied, established, closing, capacity},
 *                    observed [{src, dst, until, would_drop_packets}], agent {version, pid, started, uptime},
 *                    kernel, clock_synchronised, clock_early (it is, and earlier than the apply: what has a date is shut), maps_bytes, drops [{src, dst, reason, packets, bytes}] (totals), next
 *                    [{at, what}] (deadlines, soonest first), open [{name, kind ("access" | "window"), until, by, reason}] (now; a window has null
 *                    for by and reason, an access all that /v1/accesses says, too), guard (bool), isolated [as plans of /v1/switches], quarantined [likewise], confirm (as of apply)
 * GET  /v1/zones     firebreak.zones/1      zones [{name, id, interfaces, networks, owner, purdue, passed_packets, passed_bytes,
 *                    dropped_packets, dropped_bytes, enforcing}] (counters by source zone)
 * GET  /v1/rules     firebreak.rules/1      rules [{id, slot, kind, pairs, text, at, owner, reason, until, during, on_request, packets, bytes, flows, last_hit}];
 *                    query ?used=SECONDS: only those that a packet used within the last so many
 * GET  /v1/drops     firebreak.drops/1      drops [{src, dst, reason, packets, bytes}], passed [{src, dst, packets, bytes}], redirect_errors (passed, and no driver took them)
 * GET  /v1/flows     firebreak.flows/1      flows [{src, sport, dst, dport, proto, state, src_zone, dst_zone, rule, observed, stale, idle, age,
 *                    until}], total, shown, next; query ?limit=N (default 1000, and 1000 at most in one answer: if next is not
 *                    null, the others are had by &from=NEXT, and total is null there) &host=ADDRESS|DEVICE|GROUP &zone=NAME &state=NAME
 *                    &total=no (any N of them: not all are looked at, and total is null)
 * GET  /v1/devices   firebreak.devices/1    devices [{name (null = nobody's), zone, device, mac, ip, state (the kernel's, "seen", "silent"), declared,
 *                    verdict ("ok", "unknown-device", "foreign-mac", "foreign-address"), first, last (unix seconds or null)}]
 * GET  /v1/events    firebreak.events/1     events [{seq, kind ("drop", "would-drop", "flow", "quota", "binding"), reason, detail, src_zone, dst_zone, src, dst,
 *                    src_name, dst_name, service, mac, device, family, proto, sport, dport, rule, at, text, alarm, count, first, last}] latest first,
 *                    total, next (the seq to ask since), emitted, lost; query ?kind=&host=ADDRESS|DEVICE|GROUP&src=ZONE&dst=ZONE&since=SEQ&limit=N
 * GET  /v1/bundle    firebreak.bundle/1     the policy in force: {root, files: [{path, text}], language, host: {...}, generation, applied, previous,
 *                    rollback_of}; query ?generation=N: one that is stored; =previous: what a rollback goes to
 * GET  /v1/history   firebreak.history/1    generations [{generation, first (its number when it was applied), state ("in force" | "on trial" | ""), applied, who,
 *                    reason, previous, rollback_of, why ("" unless it cannot be read)}] newest first, stored (how many there are), confirm (as below); query ?limit=N
 * POST /v1/apply     body {root, files: [{path, text}], reason, who, catalogue?, confirm?: seconds, session?: {from, from_port, to, to_port},
 *                    allow_lockout?: bool, adopt?: seconds}  ->  firebreak.apply/1 {generation, warnings: text, interfaces, session: text (what was tested of
 *                    it), confirm: {generation, previous, left (seconds), until} or null}
 *                    422 with {diagnostics: text} when the policy is wrong; 409 with {error, session} when it cannot be put in force (an interface
 *                    that cannot be protected, the session that would be cut ...). Nothing has changed then.
 * POST /v1/rollback  body {generation? (else what was before, or, of a policy on trial, the last good one), reason, who, confirm?, session?,
 *                    allow_lockout?}  ->  as apply
 * POST /v1/confirm   body {who, extend?: seconds}  ->  as apply; 409 when no policy is on trial
 * GET  /v1/audit     firebreak.audit/1      entries [{seq, at, what, object, who, uid, reason, before, after, prev, hash, seconds (of an open)}], oldest first; query ?limit=N
 * GET  /v1/audit/verify  firebreak.audit-verify/1  good, lines, why (what is wrong with which line, "" if good), head (the last line's sum)
 * GET  /v1/accesses  firebreak.accesses/1   clock_synchronised, accesses [{access, max (seconds, 0 = none), open, may_open, until, since, who, reason, lines}]
 * POST /v1/open      body {name, seconds, reason, who}  ->  as GET /v1/accesses
 * POST /v1/close     body {name, who, reason?}  ->  as GET /v1/accesses
 * GET  /v1/switches  firebreak.switches/1   plans [{plan, active, text, who, reason, since, cuts: [[zone, zone]]}], quarantines [{name, who, reason, since,
 *                    addresses, macs}]
 * POST /v1/isolate   body {name, reason, who, rehearse?: bool, session?, allow_lockout?}  ->  firebreak.isolate/1 {plan, rehearsal, already, session, plans,
 *                    flows (those that are cut, 1000 at most), flows_total, lines [{id, pairs, text, at, whole}]}
 * POST /v1/quarantine  body {name, reason, who, session?, allow_lockout?}  ->  firebreak.quarantine/1 {name, already, session, quarantines}
 * POST /v1/release   body {name (a plan, or what was quarantined), who, reason?}  ->  firebreak.release/1 {name, plans, quarantines}
 * POST /v1/end       body {proto (number), src, sport, dst, dport, who, reason?}  ->  firebreak.end/1 {ended, flows}; 409 when there is no such flow
 * POST /v1/explain   body {from, to, proto, sport, dport, tcp_flags, zone?}  ->  firebreak.explain/1 {reason, rule (id), src_zone, dst_zone, flow_state,
 *                    observed, generation}: the answer of the real program
 * GET  /metrics      Prometheus text (also on the loopback listener)
 *
 * A POST that changes something has no members but these and, everywhere, who, reason, session and allow_lockout; one of another name or type
 * (seconds are whole numbers, not texts) is a 400, and nothing is done.
 *
 * Errors: {"schema": "firebreak.error/1", "error": "...", "diagnostics": "..."?} with 4xx or 5xx. Bodies are capped: FB_CTL_BODY_MAX for what
 * admins send, FB_CTL_SMALL_BODY for all else. A 403 names the role that is needed.
 */
#ifndef FB_CTL_PROTOCOL_H
#define FB_CTL_PROTOCOL_H

#define FB_CTL_BODY_MAX (64u << 20)
/* Seconds that may be asked for: confirm and extend, adopt. */
enum { FB_CONFIRM_MIN = 5, FB_CONFIRM_MAX = 86400, FB_ADOPT_MIN = 5, FB_ADOPT_MAX = 600 };
#define FB_CTL_SOCKET "/run/firebreak/control.sock"

#endif

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody removed the pin of a map: enforcement goes on, an agent refuses to adopt the rest and names `firebreakd --unload`, and that
# is a way out; that of another run directory leaves the guard alone. A damaged policy on disk is no such thing: what is enforced stays, and the status says so.
#
#   desk 172.16.5.20 --- corp0 [gateway + agent] video0 --- recorder 10.30.0.10
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
apply "$policy"
reached() { on corp ping -c 1 -W $((2 * PATIENCE)) -q "$RECORDER" >/dev/null; }
claim "the desk reaches the recorder" reached

agent_kill
truncate -s 100 "$LAB_DIR/state/generations/1.json"
agent_start
claim "with a damaged policy on disk it still does" reached
deny "and the signals are still closed to it" on corp ping -c 1 -W 1 -q "$SIGNAL"
claim "the status says that something is in force" grep -q 'DEGRADED *generation 1 stays in force' <<<"$(firebreak status || true)"

agent_kill
claim "an unload of another run directory says whose the host is" \
	grep -q 'enforces by another run directory' <<<"$(on gw "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN-other" --unload 2>&1 || true)"
claim "and leaves the guard" on gw nft list table inet firebreak_guard >/dev/null
rm -rf "$LAB_RUN-other"
rm "$LAB_RUN"/bpf/v*/maps/fb_self
claim "without a map's pin it still does" reached
daemon() { on gw "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" "$@" 2>&1; }
claim "the agent refuses to start and names the way out" grep -q 'run .firebreakd --unload' <<<"$(daemon || true)"
claim "which is one" daemon --unload
deny "no guard is left" on gw nft list table inet firebreak_guard
agent_start
apply "$policy"
claim "the desk reaches the recorder again" reached

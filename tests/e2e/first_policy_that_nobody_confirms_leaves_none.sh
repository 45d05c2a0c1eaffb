#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The very first policy ever locks its operator out. Before it there was none: everything was dropped but the rescue access, by which he came.
# In ten seconds that is so again; also when the agent is killed in between, and when the host is started again.
#
#   jump-1 10.30.0.130 (ssh) --- jump0 10.30.0.129 [gateway, sshd, firebreakd --rescue "jump0 10.30.0.128/28 22"] video0 --- recorder 10.30.0.10
# time limit: 120 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
operator_up
status=0
SSH_CONNECTION="10.30.0.130 50122 10.30.0.129 22" on gw "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" \
	--metrics off 2>"$LAB_DIR/refusal" || status=$?
same "a first start that would end the session that it is typed in is refused" 2 "$status"
claim "and names what would hold it" grep -q -- '--rescue "jump0 10.30.0.128/28 22"' "$LAB_DIR/refusal"
claim "the operator is in still" operator true
rescued() { agent_start --rescue "jump0 10.30.0.128/28 22"; }
rescued
deaf=$(town_policy deaf.fb <<-'END'
	firebreak jump -> self  { allow jump-1 -> self tcp/443 }
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
pings() { on corp ping -c1 -W1 "$RECORDER"; }
on_trial() { firebreak status -j | jq -e '.confirm.previous == 0 and .confirm.left > 0'; }
attached() { on gw ip -j link | jq '[.[] | select(.xdp)] | length'; }
lock_out() {
	operator "$FB_BUILD/firebreak" apply "$deaf" --allow-lockout --confirm=10s >"$LAB_DIR/said" 2>&1 &
	cut=$!
	wait_until 5 on_trial
}
closed() { [ "$(firebreak status -j | jq -r .state)" = closed ]; }
as_before() {
	claim "no policy is in force" closed
	claim "the operator gets in by the rescue access" operator true
	deny "nothing is forwarded" pings
	same "no program is attached" 0 "$(attached)"
}

as_before
claim "nobody claims that nothing was dropped" grep -q "what the guard drops is not counted" <<<"$(firebreak drops 2>&1)"
claim "on one screen neither" grep -q "drops/min *all drops: no policy is in force" <<<"$(firebreak status)"
lock_out
claim "the first policy is on trial, and enforces" pings
deny "the rescue access is shut" operator true
claim "in ten seconds the operator is back" wait_until 15 operator true
as_before

lock_out
agent_kill
deny "a dead agent lets nobody in" operator true
rescued
claim "the trial goes on" on_trial
claim "and ends, agent killed or not" wait_until 15 operator true
as_before
agent_kill
rescued
claim "a restart finds no policy" closed
claim "and lets the rescue access in" operator true

lock_out
agent_kill
# A reboot takes the pins away, and the boot id is another one.
on gw "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN" --unload 2>/dev/null
sed -i 's/[0-9a-f]\{8\}-[0-9a-f]\{4\}-/00000000-0000-/' "$LAB_DIR/state/confirm"
rescued
claim "after a reboot there is no policy" closed
claim "at once" operator true
kill "$cut" 2>/dev/null || true

claim "a policy that is confirmed stays" firebreak apply "$deaf"
deny "the rescue access is shut for good" operator true
agent_kill
rescued
deny "also after a restart" operator true
claim "and the policy holds" pings

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Over real ssh somebody applies a policy that does not let him in. The agent refuses it, and names the session; told to go on, the policy is on
# trial for ten seconds, and he is back. Also when the agent is killed inside of the window and started again inside of it, or after it.
# Without any trial options an apply over ssh is on trial; a second session confirms it.
#
#   jump-1 10.30.0.130 (ssh) --- jump0 10.30.0.129 [gateway, sshd, firebreak]
# time limit: 150 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
operator_up
agent_start
open=$(town_policy open.fb <<-'END'
	firebreak jump -> self { allow jump-1 -> self tcp/22 id ssh-in }
END
)
deaf=$(town_policy deaf.fb <<-'END'
	firebreak jump -> self { allow jump-1 -> self tcp/443 id web-in }
END
)
apply "$open"
claim "the operator gets in" operator true

# ---- the guard
status=0
operator "$FB_BUILD/firebreak" apply "$deaf" >"$LAB_DIR/said" 2>&1 || status=$?
same "a policy that would cut the session is refused" 5 "$status"
claim "with what was tested" grep -q "your session 10.30.0.130 -> 10.30.0.129 tcp/22: CUT (no-allow)" "$LAB_DIR/said"
claim "what was not" grep -q "not tested: logging in anew (RADIUS, LDAP, DNS)" "$LAB_DIR/said"
claim "and the way on" grep -q -- "--allow-lockout" "$LAB_DIR/said"
same "nothing has changed" 1 "$(generation)"

# ---- on trial
in_force() { firebreak history -j | jq -r '.generations[] | select(.state != "") | "\(.state) \(.rollback_of)"'; }
lock_out() { # returns when the new policy is in force; the session that brought it is cut
	operator "$FB_BUILD/firebreak" apply "$deaf" --allow-lockout --confirm=10s --reason "'$1'" >"$LAB_DIR/said" 2>&1 &
	cut=$!
	wait_until 5 on_trial || fail "the policy is not on trial"
	start=$(now_ms)
}
on_trial() { firebreak status -j | jq -e '.confirm.left > 0'; }
no_trial() { firebreak status -j | jq -e '.confirm == null'; }
back() { operator true; }
lock_out "no way in"
claim "the policy is on trial" on_trial
deny "nobody gets in any more" operator true
claim "the trial ends" wait_until 15 no_trial
took=$(($(now_ms) - start))
claim "after ten seconds and not before (after $took ms)" test "$took" -ge 9000
claim "and not much later" test "$took" -le $((10000 + 1500 * PATIENCE))
claim "and the operator is back" wait_until 5 back
same "the policy of the first generation is in force" "in force 1" "$(in_force)"
claim "the log says why" grep -q "generation 2 was not confirmed in time: back to the last good policy" "$LAB_DIR/log/agent.log"
kill "$cut" 2>/dev/null || true

# ---- the agent is killed inside of the window
lock_out "killed in between"
agent_kill
deny "a dead agent lets nobody in" operator true
agent_start
claim "the trial goes on" on_trial
deny "nobody gets in meanwhile" operator true
claim "and ends, agent killed or not" wait_until 15 no_trial
took=$(($(now_ms) - start))
claim "in the same ten seconds (after $took ms)" test "$took" -le $((10000 + 1500 * PATIENCE))
claim "and the operator is back" wait_until 5 back
kill "$cut" 2>/dev/null || true

lock_out "killed until after the window"
agent_kill
while [ $(($(now_ms) - start)) -lt 10500 ]; do sleep 0.1; done
agent_start
claim "started after the window, the agent goes back at once" operator true
same "no trial is left" null "$(firebreak status -j | jq .confirm)"
kill "$cut" 2>/dev/null || true

# ---- what is right
claim "over ssh an apply is on trial" operator "$FB_BUILD/firebreak" apply "$open" >"$LAB_DIR/said" 2>&1
claim "for two minutes" grep -q "on trial for 2 min" "$LAB_DIR/said"
claim "the session stays" grep -q "your session 10.30.0.130 -> 10.30.0.129 tcp/22: still allowed" "$LAB_DIR/said"
number=$(generation)
operator "$FB_BUILD/firebreak" confirm --extend 5min >/dev/null
at_least "there can be more time" 290 "$(firebreak status -j | jq .confirm.left)"
claim "a second session confirms" operator "$FB_BUILD/firebreak" confirm
same "it is in force for good" "in force 0" "$(in_force)"
agent_kill
agent_start
same "also after a restart" "$number" "$(generation)"
deny "there is nothing more to confirm" firebreak confirm
claim "all of it is in the audit log" firebreak audit verify
same "refused, tried and taken back alike" "apply apply revert apply revert apply revert apply extend confirm" \
	"$(firebreak audit -j | jq -r '[.entries[] | select(.what != "start") | .what] | join(" ")')"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two applies at once leave one of the two policies, whole; an apply during a trial goes back to what was good before both; another admin may
# confirm, and the audit log names him.
#
#   two admins --- control.sock [gateway + agent]
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start --viewers games --operators news --admins mail
numbered() { town_policy "$1.fb" <<<"firebreak video -> corp { allow nvr-1 -> ntp-1 tcp/$1 id line-$1 }"; }
in_force() { firebreak rules -j | jq -r '[.rules[].id | select(startswith("line-"))] | join(" ")'; }
for n in 1001 1002 1003 1004; do numbered "$n" >"$LAB_DIR/path-$n"; done
apply "$(<"$LAB_DIR/path-1001")" >/dev/null

first=$(generation)
apply "$(<"$LAB_DIR/path-1002")" >"$LAB_DIR/one" 2>&1 &
one=$!
apply "$(<"$LAB_DIR/path-1003")" >"$LAB_DIR/two" 2>&1 &
two=$!
claim "of two applies at once, one is done" wait "$one"
claim "and so is the other" wait "$two"
claim "one of the two policies is in force, and nothing of the other" grep -qxE 'line-1002|line-1003' <<<"$(in_force)"
same "each had a generation of its own" $((first + 2)) "$(generation)"
good=$(in_force)

apply --confirm=60s "$(<"$LAB_DIR/path-1001")" >/dev/null
apply --confirm=60s "$(<"$LAB_DIR/path-1004")" >/dev/null
same "the later one is on trial" line-1004 "$(in_force)"
firebreak rollback --no-confirm >/dev/null
same "without it the last good policy is back, not the other trial" "$good" "$(in_force)"

apply --confirm=60s "$(<"$LAB_DIR/path-1004")" >/dev/null
user() { # GROUPS COMMAND...
	local groups=$1
	shift
	FIREBREAK_SOCKET=$LAB_RUN/control.sock SSH_CONNECTION='' on gw setpriv --reuid nobody --regid nogroup --groups "$groups" --inh-caps=-all "$@"
}
deny "an operator does not confirm" user games,news "$FB_BUILD/firebreak" confirm 2>/dev/null
claim "another admin does" user games,mail "$FB_BUILD/firebreak" confirm
same "and the audit log names him" "confirm nobody" "$(firebreak audit -j | jq -r '.entries[-1] | "\(.what) \(.who)"')"
same "nothing is on trial any more" null "$(firebreak status -j | jq .confirm)"
same "it stays" line-1004 "$(in_force)"
claim "the audit log is whole" firebreak audit verify

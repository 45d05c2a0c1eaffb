#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The agent is stopped. A verb that has several questions for it waits for the first one, half a minute, says once that the agent does not answer, and ends; also on a
# terminal, where a signal comes now and then to say that there is still work going on. What needs no agent is done all the same.
#
#   camera --- cctv0 [gateway, agent stopped] video0 --- nvr-1
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak cctv -> video { allow cam-0412 -> nvr-1 tcp/554 }
END
)
apply "$policy"
export FIREBREAK_SOCKET=$LAB_RUN/control.sock
# NAME COMMAND...: what it says, its exit status and how many tenths of a second it takes
timed() {
	local name=$1 start status=0
	start=$(now_ms)
	shift
	on gw "$@" >"$LAB_DIR/$name" 2>&1 </dev/null || status=$?
	echo "$status" $((($(now_ms) - start) / 100)) >"$LAB_DIR/$name.end"
}
kill -STOP "$(lab_pid agent)"
timed plan "$FB_BUILD/firebreak" plan "$policy" &
timed doctor "$FB_BUILD/firebreak" doctor -j "$policy" &
timed check "$FB_BUILD/firebreak" check "$policy" &
timed terminal script -qec "'$FB_BUILD/firebreak' status" /dev/null &
wait %1 %2 %3 %4
kill -CONT "$(lab_pid agent)"
for name in plan doctor check terminal; do
	read -r status tenths <"$LAB_DIR/$name.end"
	say "$name: status $status after $tenths tenths of a second"
	at_least "$name: it waits half a minute for the agent" 300 "$tenths"
	at_least "$name: and not twice" 0 $((400 - tenths))
	same "$name: which is said once" 1 "$(grep -c "does not answer: \"systemctl" "$LAB_DIR/$name")"
	case $name in plan | terminal) same "$name: it fails for that" 3 "$status" ;; esac
done
same "a policy is judged without an agent" 0 "$(cut -d' ' -f1 "$LAB_DIR/check.end")"
claim "an agent that goes on is asked as before" firebreak status

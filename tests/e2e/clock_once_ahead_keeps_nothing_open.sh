#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A clock that is two hours ahead for some seconds, and then right again, leaves no access and no window open for longer than was asked
# for: not one that is opened after it, nor during it, nor through a new agent. A policy that was applied by it is named as the reason why
# lines with a date are shut. The agent's clock is a false one (tests/support/fakeclock.c), the data plane's the host's.
#
#   jump host 10.30.0.130, control --- [gateway] traffic0 --- signal 10.10.1.1
# time limit: 150 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
# ahead SECONDS; at once as a whole, for the agent may read it any time
ahead() {
	echo "$1 1" >"$LAB_DIR/clock.new"
	mv "$LAB_DIR/clock.new" "$LAB_DIR/clock"
}
ahead 0
cat >"$LAB_DIR/agent" <<END
#!/bin/bash
exec env LD_PRELOAD="$FB_BUILD/tests/support/fakeclock.so" FAKECLOCK="$LAB_DIR/clock" \
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" "$AGENT" "\$@"
END
chmod +x "$LAB_DIR/agent"
AGENT=$LAB_DIR/agent
agent_start

policy=$(
	town_policy clock.fb <<-END
		access visit { max 1h }
		window night { every day $(date -u -d '+110 minutes' +%H:%M)-$(date -u -d '+200 minutes' +%H:%M) timezone "UTC" }
		firebreak jump -> traffic { allow jump-1 -> signals icmp/echo-request on-request visit id visit-line }
		firebreak jump -> traffic { allow jump-1 -> signals tcp/9099 until 2099-01-01 id dated-line }
		firebreak control -> traffic { allow utc-1 -> signals icmp/echo-request during night id night-line }
	END
)
apply "$policy" >/dev/null
comes_in() { on "$1" ping -c1 -W1 10.10.1.1 >/dev/null; }
is_out() { ! comes_in "$1"; }
is_open() { firebreak status -j | jq -e --arg name "$1" 'any(.open[]; .name == $name)' >/dev/null; }
is_shut() { ! is_open "$1"; }
known_time() { # ahead|right: what the agent has on disk
	local apart=$(($(cat "$LAB_DIR/state/clock") - $(date +%s)))
	[ "$1" = "$([ "$apart" -gt 3600 ] && echo ahead || echo right)" ]
}
clock_is_known() { firebreak status -j | jq -e .clock_synchronised >/dev/null; }
claim "the clock is known" wait_until 5 clock_is_known
claim "and on disk" wait_until 5 known_time right
deny "the window is shut" comes_in control

ahead 7200
claim "a clock that is ahead opens the window" wait_until 5 is_open night
claim "and is on disk" wait_until 5 known_time ahead
ahead 0
claim "once it is right the window is shut" wait_until 5 is_shut night
claim "for packets, too" wait_until 5 is_out control
claim "and what is on disk is right" wait_until 5 known_time right

ahead 7200
claim "again ahead" wait_until 5 is_open night
firebreak open visit --for 8s --reason "CHG-1" >/dev/null
claim "an access is opened by it" comes_in jump
ahead 0
claim "which is shut when it was to be" wait_until 12 is_out jump
claim "and says so" is_shut visit

firebreak open visit --for 5s --reason "CHG-2" >/dev/null
claim "one that is opened afterwards is open" comes_in jump
agent_kill
claim "and shuts in time, without the agent" wait_until 10 is_out jump
agent_start
claim "the clock is known" wait_until 5 clock_is_known
deny "nor does a new agent open it" comes_in jump

ahead 7200
claim "again ahead" wait_until 5 is_open night
firebreak open visit --for 5s --reason "CHG-3" >/dev/null
agent_kill
ahead 0
agent_start
claim "an agent that starts with the right clock shuts the access" wait_until 10 is_out jump
claim "and the window" wait_until 5 is_out control

ahead 7200
claim "again ahead" wait_until 5 is_open night
apply "$policy" >/dev/null
ahead 0
is_early() { firebreak status -j | jq -e .clock_early >/dev/null; }
claim "a policy that was applied by a clock that was ahead" wait_until 5 is_early
claim "is said by the status" grep -q 'clock  *EARLIER than the policy was applied' <(firebreak status)
claim "and by the log" wait_until 5 grep -q 'earlier than the policy was applied' "$LAB_DIR/log/agent.log"
expired=$(firebreak explain jump-1 10.10.1.1 tcp/9099)
claim "explain says that what has a date is shut, and why" grep -q 'DROP *expired' <<<"$expired"
claim "and what mends it" grep -q 'earlier than the policy was applied; apply it again' <<<"$expired"
claim "and the program agrees" grep -q 'live program agrees' <<<"$expired"
deny "and opens no access" firebreak open visit --for 1h --reason "CHG-4"
apply "$policy" >/dev/null
deny "applied again it is not early" is_early
firebreak open visit --for 1h --reason "CHG-5" >/dev/null
claim "and opens them" comes_in jump

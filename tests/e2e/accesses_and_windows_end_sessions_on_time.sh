#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An access that was opened for some seconds lets an ssh session in, and ends it when the time is over: with the agent, and with the
# agent dead. It is refused where the policy forbids it, survives a new agent, can be extended and shut; without a synchronised clock it is shut.
# A window ends a session at its last instant.
#
#   jump host 10.30.0.130 (ssh) --- jump0 [gateway] traffic0 --- signal 10.10.1.1 (sshd)
# time limit: 240 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
# shellcheck source=tests/support/strace.sh
. "$FB_TOP/tests/support/strace.sh"

# The kernel's word on its clock, which a time daemon gives elsewhere; put back at the end.
clock_is() { # known|unknown
	python3 - "$1" <<-'END'
	import ctypes, sys
	class timex(ctypes.Structure):
	    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
	                ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 256)]
	libc, t = ctypes.CDLL(None), timex()
	libc.adjtimex(ctypes.byref(t))
	t.modes = 0x0010 | 0x0004 | 0x0008  # status, maxerror, esterror
	t.status = t.status & ~0x0040 if sys.argv[1] == "known" else t.status | 0x0040
	t.maxerror = t.esterror = 1000 if sys.argv[1] == "known" else 16000000
	sys.exit(libc.adjtimex(ctypes.byref(t)) < 0)
	END
}
clock_was=$(python3 -c 'import ctypes; b = ctypes.create_string_buffer(512); l = ctypes.CDLL(None); l.adjtimex(b); print("unknown" if ctypes.c_int.from_buffer(b, 40).value & 0x40 else "known")')
at_exit clock_is "$clock_was"
clock_is known

clock_is_known() { firebreak status -j | jq -e .clock_synchronised >/dev/null; }
lab_new
northport_up
sshd_up traffic signal "signal"
agent_start
window_policy() { # FROM TO: the window of the second access, in UTC
	town_policy "$1-$2.fb" <<-END
	window shift { every day $1-$2 timezone "UTC" }
	access visit { max 1h }
	access later { max 1h }
	access night { max 1h }
	window elsewhere { every day $(date -u -d '+6 hours' +%H:%M)-$(date -u -d '+7 hours' +%H:%M) timezone "UTC" }
	firebreak jump -> traffic {
	  allow jump-1 -> signals tcp/22 on-request visit id visit-line
	  allow jump-1 -> signals tcp/2222 on-request later id later-line
	  allow jump-1 -> signals tcp/2223 on-request night during elsewhere id night-line
	}
	firebreak control -> traffic { allow utc-1 -> signals tcp/22 during shift id shift-line }
	END
}
policy=$(window_policy "$(date -u -d '+6 hours' +%H:%M)" "$(date -u -d '+7 hours' +%H:%M)")
apply "$policy"
claim "the clock is known" wait_until 5 clock_is_known
deny "a shut access lets nobody in" ssh_from jump "$SIGNAL" 2>/dev/null
at_least "which the drops say" 1 "$(dropped jump traffic window-closed)"

refused() { # WORDS COMMAND...
	local words=$1 status=0
	shift
	"$@" >"$LAB_DIR/refusal" 2>&1 || status=$?
	same "refused: $words" 5 "$status"
	claim "in these words" grep -q "$words" "$LAB_DIR/refusal"
}
refused "at most, not 2h" firebreak open visit --for 2h --reason x
refused "no access \"visits\"" firebreak open visits --for 1h --reason x
refused "outside of its window" firebreak open night --for 1h --reason x
deny "without a reason it is not opened" firebreak open visit --for 1h 2>/dev/null
deny "nor without a time" firebreak open visit --reason x 2>/dev/null

# session NAME HOST: an ssh session in which words come back
session() {
	mkfifo "$LAB_DIR/words-$1"
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn "$2" "$1" bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.10.1.1 <"$0/words-$1"' "$LAB_DIR" "$1"
	exec 9>"$LAB_DIR/words-$1"
	echo first >&9
	claim "$1: a session lives" wait_until 10 grep -q first "$LAB_DIR/log/$1.log"
}
is_over() { # NAME SRC: what is said in it is dropped as window-closed and not answered
	local before
	before=$(dropped "$2" traffic window-closed)
	echo second >&9
	more_dropped() { [ "$(dropped "$2" traffic window-closed)" -gt "$3" ]; }
	claim "$1: its next segments are dropped: window-closed" wait_until 10 more_dropped x "$2" "$before"
	same "$1: nothing is answered" 0 "$(grep -c second "$LAB_DIR/log/$1.log" || true)"
	exec 9>&-
}
shut() { [ "$(firebreak open -j | jq --arg a "$1" '.accesses[] | select(.access == $a) | .open')" = false ]; }
open_again() { ! shut "$1"; }

told=$(generation)
firebreak open visit --for 20s --reason "CHG-7" >/dev/null
claim "an access that opens gives the policy another number" test "$(generation)" -gt "$told"
claim "and it is still found by the one that people were told" firebreak rollback -n "$told"
same "the history has both" "$(generation) $told" "$(firebreak history -j | jq -r '.generations[0] | "\(.generation) \(.first)"')"
firebreak status >"$LAB_DIR/status"
claim "status has it" grep -q 'OPEN        visit until .* opened by root "CHG-7"' "$LAB_DIR/status"
same "for programs, too" "visit access root CHG-7" "$(firebreak status -j | jq -r '.open[] | "\(.name) \(.kind) \(.by) \(.reason)"')"
session visited jump
agent_kill
agent_start
deny "a new agent does not shut it" shut visit
firebreak open visit --for 5s --reason "CHG-7, almost done" >/dev/null
claim "from now on, not on top" wait_until 8 shut visit
is_over visited jump

firebreak open visit --for 8s --reason "CHG-8" >/dev/null
session orphan jump
agent_kill
echo again >&9
claim "without the agent the session goes on" wait_until 5 grep -q again "$LAB_DIR/log/orphan.log"
sleep 9
echo second >&9
sleep 1.5
same "and ends when its time is over" 0 "$(grep -c second "$LAB_DIR/log/orphan.log" || true)"
exec 9>&-
deny "nobody else comes in" ssh_from jump "$SIGNAL" 2>/dev/null
agent_start

firebreak open visit --for 1h --reason "CHG-9" >/dev/null
claim "the clock is known" wait_until 5 clock_is_known
session shut-by-hand jump
claim "status counts what goes on by it" grep -qE 'OPEN +visit until .*, 1 flow, opened by root "CHG-9"' <(firebreak status)
claim "explain knows that it is open, and so does the program" grep -q 'live program agrees' <(firebreak explain jump-1 "$SIGNAL" tcp/22 --expect allow)
other=$(sed 's/tcp.2223/tcp\/2224/' "$policy" | policy_file other.fb)
claim "a plan that keeps its line ends nothing of it" grep -q '^0 of [1-9][0-9]* live flows end' <(firebreak plan "$other" 2>/dev/null || true)
same "flows shows just that" 22 "$(firebreak flows --access visit -j | jq -r '[.flows[].dport] | join(" ")')"
same "another access has none" 0 "$(firebreak flows --access later -j | jq .total)"
status=0
firebreak flows --access visits 2>/dev/null || status=$?
same "flows of an access that is none are a usage error" 2 "$status"
firebreak history --access visit >"$LAB_DIR/visits" 2>/dev/null
claim "its history says who opened it and why" grep -qE ' open +60 min +root +CHG-9$' "$LAB_DIR/visits"
claim "each time" grep -qE ' open +5 s +root +CHG-7, almost done$' "$LAB_DIR/visits"
claim "and when its time was over, and for how long it was open" grep -qE ' shut +[0-9]+ s +firebreakd +its time is over$' "$LAB_DIR/visits"
claim "without the agent, too" grep -qE ' shut +8 s +firebreakd +its time is over$' "$LAB_DIR/visits"
claim "and what came by it" grep -qE '^jump -> traffic +.* [1-9][0-9]* +[1-9][0-9]* +[0-9.]+ k?B ' "$LAB_DIR/visits"
firebreak close visit >/dev/null
is_over shut-by-hand jump

firebreak open visit --for 1h --reason "CHG-10" >/dev/null
session lost-clock jump
clock_is unknown
claim "an unknown clock shuts it" wait_until 5 shut visit
is_over lost-clock jump
refused "clock is not synchronised" firebreak open later --for 1h --reason x
clock_is known
claim "a known one opens it again" wait_until 5 open_again visit
same "for new sessions" signal "$(ssh_from jump "$SIGNAL")"

# A window that ends within a minute or so.
from=$(date -u -d '-1 hour' +%H:%M) to=$(date -u -d '+75 seconds' +%H:%M)
apply "$(window_policy "$from" "$to")" >/dev/null
deny "an apply that keeps the lines does not shut the access" shut visit
window_is_told() { firebreak status -j | jq -e --argjson to "$(date -u -d "$to" +%s)" 'any(.open[]; .kind == "window" and .name == "shift" and .until == $to and .by == null)' >/dev/null; }
claim "status has the open window, and until when" window_is_told
session in-the-window control
say "   the window ends at $to"
after() { [ "$(date -u +%H%M)" -ge "${to/:/}" ]; }
claim "the minute comes" wait_until 80 after
is_over in-the-window control

# the only line, which is the last one too
town_policy only.fb >"$LAB_DIR/only" <<-'END'
	access visit { max 1h }
	firebreak jump -> traffic { allow jump-1 -> signals tcp/22 on-request visit }
END
apply "$(cat "$LAB_DIR/only")" >/dev/null
firebreak close visit >/dev/null 2>&1 || true
deny "the only line of a policy is shut" ssh_from jump "$SIGNAL" 2>/dev/null
firebreak open visit --for 1h --reason "CHG-11" >/dev/null
same "opens" signal "$(ssh_from jump "$SIGNAL")"
firebreak close visit >/dev/null
deny "and shuts" ssh_from jump "$SIGNAL" 2>/dev/null
firebreak open visit --for 1h --reason "CHG-12" >/dev/null
under --inject=rename:error=EIO:when=2 firebreak close visit || true
deny "it shuts although that cannot be written down" ssh_from jump "$SIGNAL" 2>/dev/null
is_written() { grep -q 'which accesses are open written down now' "$LAB_DIR/log/agent.log"; }
claim "which it is a second later" wait_until 5 is_written
agent_kill
agent_start
claim "the clock is known" wait_until 5 clock_is_known
deny "and an agent that starts again does not open it" ssh_from jump "$SIGNAL" 2>/dev/null
firebreak open visit --for 1h --reason "CHG-13" >/dev/null
deny "an extension that cannot be written down is refused" under --inject=rename:error=EIO:when=2 firebreak open visit --for 2s --reason "CHG-14"
deny "and shuts what was open" ssh_from jump "$SIGNAL" 2>/dev/null
same "the audit log says that it failed" "open-failed visit" "$(firebreak audit -j | jq -r '.entries[-1] | "\(.what) \(.object)"')"

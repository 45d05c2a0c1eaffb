#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every system call that the agent makes in an apply fails once, and the agent is killed once before each of them that changes something: the policy
# in force is the old one or the new one, never something between, as the answer says; and the next apply works. Also with a trial.
#
#   desk 172.16.5.20 (ping) --- corp0 [gateway; strace on the agent] video0 --- recorder 10.30.0.10
#                                                                    control0 --- centre 10.30.0.84
# time limit: 600 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
# shellcheck source=tests/support/strace.sh
. "$FB_TOP/tests/support/strace.sh"

lab_new
northport_up
agent_start
a=$(town_policy a.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
b=$(sed 's/version 1/version 2/; s/^firebreak .*/firebreak corp -> control { allow desk -> utc-1 icmp\/echo-request }/' "$a" | policy_file b.fb)
apply "$a"

version() { firebreak status -j | jq -r .policy.version; }
passes() { on corp ping -c1 -W1 "$1" >/dev/null; }
blocked() { ! on corp ping -c1 -W0.1 "$1" >/dev/null; }
# whole WHAT: all of one policy is in force and nothing of the other
whole() {
	local version
	version=$(version)
	case $version in
	1) { passes "$RECORDER" && blocked "$UTC"; } || fail "$1: not all of policy 1" ;;
	2) { passes "$UTC" && blocked "$RECORDER"; } || fail "$1: not all of policy 2" ;;
	*) fail "$1: policy \"$version\" is in force" ;;
	esac
}
# What ended the agent (a kill, an event loop whose wait failed) may not be through with it yet.
settled() { lab_gone agent || agent_answers; }
revive() {
	wait_until 10 settled || fail "the agent neither answers nor is it gone"
	if lab_gone agent; then agent_start; fi
}

now=1 number=0 failed=0
turn() { if [ "$now" = 1 ]; then file=$b next=2; else file=$a next=1; fi; }
# attempt WHAT STRACE-OPTION [APPLY-OPTION]
attempt() {
	local what=$1 option=$2 status=0
	shift 2
	turn
	under "$option" firebreak apply "$file" "$@" || status=$?
	revive
	whole "$what"
	number=$((number + 1))
	case $status in
	0) [ "$(version)" = "$next" ] || fail "$what: it said that the new policy is in force" ;;
	5) [ "$(version)" = "$now" ] || fail "$what: it said that the old policy is in force" ;;
	esac
	if [ "$status" != 0 ] || [ $# -gt 0 ]; then
		failed=$((failed + 1))
		firebreak apply "$file" --no-confirm >"$LAB_DIR/said" 2>&1 || {
			cat "$LAB_DIR/said"
			fail "$what: the apply after it does not work"
		}
		[ "$(version)" = "$next" ] || fail "$what: the apply after it is not in force"
	fi
	now=$next
}
# calls [APPLY-OPTION]: what an apply calls, and how often: "NAME TIMES" a line
calls() {
	turn
	under --trace=all firebreak apply "$file" --no-confirm
	now=$next
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$LAB_DIR/trace" | sort | uniq -c | awk '{print $2, $1}'
}
changes='write fsync fdatasync rename unlink openat ftruncate bpf sendmsg sendto'

calls >"$LAB_DIR/calls"
total=$(awk '{n += $2} END {print n}' "$LAB_DIR/calls")
at_least "an apply is so many system calls" 100 "$total"
while read -r call times <&3; do
	for ((i = 1; i <= times; i++)); do attempt "$call $i fails" "--inject=$call:error=EIO:when=$i"; done
done 3<"$LAB_DIR/calls"
claim "each of $number failed once: old or new, as it was said, and the next apply worked ($failed were refused)" test "$number" -ge "$total"
at_least "and many of them mattered" 20 "$failed"

number=0
for call in $changes; do
	times=$(awk -v call="$call" '$1 == call {print $2}' "$LAB_DIR/calls")
	for ((i = 1; i <= ${times:-0}; i++)); do attempt "killed before $call $i" "--inject=$call:signal=KILL:when=$i"; done
done
claim "the agent was killed before each of $number calls that change something: old or new, and the next apply worked" test "$number" -ge 25

number=0
for call in write fsync fdatasync rename bpf; do
	times=$(awk -v call="$call" '$1 == call {print $2}' "$LAB_DIR/calls")
	for ((i = 1; i <= ${times:-0}; i++)); do
		attempt "$call $i fails, on trial" "--inject=$call:error=ENOSPC:when=$i" --confirm=60s
		attempt "killed before $call $i, on trial" "--inject=$call:signal=KILL:when=$i" --confirm=60s
	done
done
claim "also with a trial, $number times" test "$number" -ge 20
claim "the audit log has all of it, whole" firebreak audit verify
same "no trial is left behind" null "$(firebreak status -j | jq .confirm)"

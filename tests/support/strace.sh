# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The agent under strace, which makes its system calls fail. To be sourced after e2e.sh.
command -v strace >/dev/null || skip_test "strace is not installed"

tracer_of() { sed -n 's/^TracerPid:\t//p' "/proc/$1/status" 2>/dev/null || true; } # nothing: it is dead
traced() { [ "$(tracer_of "$1")" -gt 0 ] || ! kill -0 "$1" 2>/dev/null; } # the tick of a second may have come first
not_traced() { [ "$(tracer_of "$1")" = 0 ] || ! kill -0 "$1" 2>/dev/null; }
# under STRACE-OPTION COMMAND...: while strace is on the agent; 0 and more is the command's status
under() {
	local option=$1 pid tracer status=0
	shift
	pid=$(lab_pid agent)
	strace -f -o "$LAB_DIR/trace" "$option" -p "$pid" 2>/dev/null &
	tracer=$!
	wait_until 10 traced "$pid" || fail "strace cannot follow the agent"
	"$@" >"$LAB_DIR/said" 2>&1 || status=$?
	kill -TERM "$tracer" 2>/dev/null || true
	wait "$tracer" 2>/dev/null || true
	wait_until 5 not_traced "$pid" || fail "strace does not leave the agent"
	return "$status"
}

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script here needs: where things are, how to speak, how to wait on a state, how to clean up.
# Source it from a script that has `set -euo pipefail`.

FB_TOP=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
FB_BUILD=${FB_BUILD:-$FB_TOP/build}
PATH=$PATH:/usr/sbin:/sbin
export FB_TOP FB_BUILD PATH LC_ALL=C.UTF-8

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' RED='' GREEN='' YELLOW='' PLAIN=''
fi
# shellcheck disable=SC2034 # used by those who source this
readonly BOLD DIM RED GREEN YELLOW PLAIN

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || {
		printf '%s: this needs root (namespaces, BPF): sudo %s\n' "${0##*/}" "$0" >&2
		exit 3
	}
}

# at_exit COMMAND...: run at the end, last one first, also when interrupted.
at_exit_stack=()
at_exit() {
	at_exit_stack+=("$(printf '%q ' "$@")")
	trap at_exit_run EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}
at_exit_run() {
	local status=$? i
	export EXIT_STATUS=$status
	trap - EXIT
	trap '' INT TERM HUP # once is enough: a second Ctrl-C must not leave half of it behind
	set +e
	for ((i = ${#at_exit_stack[@]} - 1; i >= 0; i--)); do eval "${at_exit_stack[i]}"; done
	exit "$status"
}

# now_ms, since boot: no wall clock, which tests may turn
now_ms() {
	local up
	read -r up _ </proc/uptime
	up=${up/./}
	echo "${up}0"
}

# wait_until SECONDS COMMAND...: until the command says yes; 1 if it never did. An emulated machine is given more time (PATIENCE).
PATIENCE=${FB_PATIENCE:-1}
wait_until() {
	local end=$(($(now_ms) + $1 * PATIENCE * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now_ms)" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# with_progress WHAT COMMAND...: a line on stderr while it runs; what it printed only if it fails.
with_progress() {
	local what=$1 start=$SECONDS log status=0
	shift
	log=$(mktemp)
	printf '  %s ...' "$what" >&2
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" = 0 ]; then
		printf ' done (%d s)\n' $((SECONDS - start)) >&2
	else
		printf ' failed\n' >&2
		tail -n 60 "$log" >&2
	fi
	rm -f "$log"
	return "$status"
}

# The one build directory. Meson configures itself anew when it must.
build_all() {
	if [ ! -f "$FB_BUILD/build.ninja" ]; then
		with_progress "configuring ${FB_BUILD#"$FB_TOP"/}" meson setup "$FB_BUILD" "$FB_TOP" || return 1
	fi
	with_progress "building ${FB_BUILD#"$FB_TOP"/}" ninja -C "$FB_BUILD"
}

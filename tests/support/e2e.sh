# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What an end-to-end test is made of. A test is a script in tests/e2e whose name is its claim:
#
#   #!/bin/bash
#   # SPDX ...
#   # One sentence more about the claim, and its topology in ASCII. "# time limit: N s" if 90 is not enough.
#   . "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
#   lab_new ...
#
# It stops at the first claim that does not hold; whatever it started goes with it. Exit status 77 = skipped.
set -euo pipefail
# shellcheck source=tests/support/common.sh
. "${BASH_SOURCE[0]%/*}/common.sh"
# shellcheck source=tests/support/lab.sh
. "$FB_TOP/tests/support/lab.sh"
# shellcheck source=tests/support/town.sh
. "$FB_TOP/tests/support/town.sh"
need_root

# Logs of what ran, if the test fails; before the lab goes.
lab_last_words() {
	local log
	case $EXIT_STATUS in 0 | 77) return ;; esac
	if agent_answers >/dev/null 2>&1; then
		firebreak status || true
		firebreak drops || true
	fi
	for log in "$LAB_DIR"/log/*; do
		[ -s "$log" ] || continue
		printf -- '---- %s (its last lines)\n' "${log##*/}"
		tail -n 25 "$log"
	done
}
trap 'status=$?; trap - ERR; printf "line %s: %s (status %s)\n" "$LINENO" "$BASH_COMMAND" "$status" >&2' ERR
set -E

fail() {
	trap - ERR
	printf 'FAILED: %s\n' "$*"
	exit 1
}
skip_test() {
	trap - ERR
	say "$*"
	exit 77
}
# claim SENTENCE COMMAND...: it succeeds. deny SENTENCE COMMAND...: it does not.
claim() {
	local sentence=$1
	shift
	"$@" || fail "$sentence   [$*]"
	say "ok $sentence"
}
deny() {
	local sentence=$1
	shift
	if "$@" >/dev/null; then fail "$sentence   [$*]"; fi
	say "ok $sentence"
}
# same SENTENCE EXPECTED FOUND
same() {
	[ "$2" = "$3" ] || fail "$1: expected \"$2\", found \"$3\""
	say "ok $1"
}
# at_least SENTENCE NUMBER FOUND
at_least() {
	[ "$3" -ge "$2" ] || fail "$1: expected at least $2, found $3"
	say "ok $1"
}

# ---- what the gateway says

# dropped SRC DST REASON, passed SRC DST, rule_packets ID: packets so far
dropped() { firebreak drops -j | jq --arg s "$1" --arg d "$2" --arg r "$3" '[.drops[] | select(.src == $s and .dst == $d and .reason == $r) | .packets] | add // 0'; }
dropped_from() { firebreak drops -j | jq --arg s "$1" --arg r "$2" '[.drops[] | select(.src == $s and .reason == $r) | .packets] | add // 0'; }
passed() { firebreak drops -j | jq --arg s "$1" --arg d "$2" '[.passed[] | select(.src == $s and .dst == $d) | .packets] | add // 0'; }
rule_packets() { firebreak rules -j | jq --arg id "$1" '[.rules[] | select(.id == $id) | .packets] | add // 0'; }
generation() { firebreak status -j | jq .generation; }
enforcing() { firebreak status -j | jq -e --arg device "$1" 'any(.interfaces[]; .device == $device and .enforcing)' >/dev/null; }
equals() { # EXPECTED COMMAND...: for wait_until
	local expected=$1
	shift
	[ "$("$@")" = "$expected" ]
}

# town_policy NAME < FIREBREAKS: a policy with the town's zones and devices (northport_up's networks) and these lines; prints its path.
town_policy() {
	{
		cat <<-'END'
		policy "Test town" language 1 version 1 timezone "Europe/London"

		zone traffic  { interface traffic0  network 10.10.0.0/16, 2001:db8:10::/48 }
		zone cctv     { interface cctv0     network 10.20.0.0/16 }
		zone video    { interface video0    network 10.30.0.0/26 }
		zone control  { interface control0  network 10.30.0.64/26 }
		zone jump     { interface jump0     network 10.30.0.128/28 }
		zone corp     { interface corp0     network 172.16.0.0/12 }
		zone internet { interface inet0     network any }

		device nvr-1    in video   { ip 10.30.0.10 }
		device utc-1    in control { ip 10.30.0.84 }
		device jump-1   in jump    { ip 10.30.0.130 }
		device cam-0412 in cctv    { ip 10.20.4.12 }
		device dns-1    in corp    { ip 172.16.0.53 }
		device ntp-1    in corp    { ip 172.16.0.123 }
		device desk     in corp    { ip 172.16.5.20 }
		group  cameras  in cctv    { 10.20.0.0/20 }
		group  signals  in traffic { 10.10.1.0/24 }

		END
		cat
	} | policy_file "$1"
}

# ---- what passes on a cable

# watch HOST IF FILTER: what comes in there from now on, a line a packet in log/watch-HOST.log. watched HOST PATTERN counts.
watch() {
	: >"$LAB_DIR/log/watch-$1.log"
	lab_spawn "$1" "watch-$1" tcpdump --immediate-mode -nnl -Q in -i "$2" "$3"
	wait_until 10 grep -q 'listening on' "$LAB_DIR/log/watch-$1.log"
}
watched() { grep -E '^[0-9]{2}:[0-9]{2}:' "$LAB_DIR/log/watch-$1.log" | grep -cE "$2" || true; }
seen() { [ "$(watched "$1" "$2")" -gt 0 ]; }


# frames HOST < PYTHON: scapy on that host's cable, every byte ours. GW_MAC is the gateway's address there.
frames() {
	local host=$1 gw_if=${1}0
	GW_MAC=$(on gw ip -j link show "$gw_if" | jq -r '.[0].address') OWN_MAC=$(on "$host" ip -j link show eth0 | jq -r '.[0].address') \
		on "$host" /usr/bin/python3 -c '
import os, sys
from scapy.all import *
conf.verb = 0
GW, OWN = os.environ["GW_MAC"], os.environ["OWN_MAC"]
exec(sys.stdin.read())'
}

# ---- streams of datagrams

# count_start HOST PORT..., send_start HOST RATE SECONDS SOURCE DEST PORT...; then sent PORT, received PORT, highest PORT once they are stopped
count_start() {
	local host=$1
	shift
	lab_spawn "$host" count "$FB_BUILD/tests/support/blast" count "$@"
	wait_until 10 grep -q ready "$LAB_DIR/log/count.log"
}
send_start() {
	local host=$1
	shift
	lab_spawn "$host" send "$FB_BUILD/tests/support/blast" send "$@"
}
sent() { awk -v port="$1" '$1 == port && $2 == "sent" {n += $3} END {print n + 0}' "$LAB_DIR/log/send.log"; }
received() { sed -n "s/^$1 received \([0-9]*\) .*/\1/p" "$LAB_DIR/log/count.log" | tail -n 1; }
highest() { sed -n "s/^$1 received [0-9]* highest \([0-9]*\) .*/\1/p" "$LAB_DIR/log/count.log" | tail -n 1; }
# The sender first, then what is on its way, then the counter.
streams_stop() {
	lab_stop send
	lab_stop count
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The evasion suite: every row of the table on the real object by BPF_PROG_TEST_RUN, then on the wire, with native XDP on veths and the agent.
# Ends with "N passed, N failed".
#
#   hosts' ends, in one namespace that says nothing of itself    h-cam --- v-cam \
#                                                                h-sig --- v-sig  [gateway]
#                                                                h-vid --- v-vid /
#                                                                h-net --- v-net
#                                     a wire through the gateway: h-cab --- v-cab, v-back --- h-back
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
passed=0 failed=0 ended=
# The count is the last line, whatever ended this; before it, why, if it was not the rows.
lab_last_words() {
	if [ ! "$ended" ]; then
		tail -n 25 "$LAB_DIR"/log/*
		say "$passed passed, $((failed + 1)) failed"
	fi
}

# counted LOG STATUS: adds the last line's count
counted() {
	local line ok=0 bad=0
	line=$(tail -n 1 "$1")
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}; fi
	if [ "$2" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
	if [ "$ok" = 0 ] && [ "$bad" = 0 ]; then bad=1; fi
	passed=$((passed + ok)) failed=$((failed + bad))
}
# shown LOG: what is not ok, and why; the suite's log has the rest of it in $FB_BUILD/test-output
shown() { awk '/^not ok/ {print; for (i = 0; i < n; i++) print line[i]} /^ok|^not ok/ {n = 0} /^#/ {line[n++] = $0}' "$1"; }

# shellcheck source=tests/evasion/mistakes.sh
. "$FB_TOP/tests/evasion/mistakes.sh"

lab_new
lab_gateway
lab_ns hosts
on hosts sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
cable() { # ZONE ADDRESS...
	local zone=$1
	shift
	lab_link hosts "h-$zone" "v-$zone" 02:00:00:00:01:01
	on hosts ip link set "h-$zone" arp off
	on gw ip link set "v-$zone" address 02:00:00:00:00:fe
	lab_address gw "v-$zone" "$@"
}
cable cam 10.20.0.1/16 2001:db8:20::1/48 fe80::fe/64
cable sig 10.10.0.1/16 2001:db8:10::1/48 fe80::fe/64
cable vid 10.30.0.1/26
cable net 203.0.113.1/24 2001:db8:ff::1/64
for zone in cab back; do
	cable "$zone"
	on gw sysctl -qw "net.ipv6.conf.v-$zone.disable_ipv6=1"
done
# The addresses that a VRRP daemon holds, and where and how it puts them.
on gw sysctl -qw net.ipv4.conf.v-cam.arp_ignore=1 net.ipv4.conf.default.arp_ignore=1
on gw ip link add link v-cam name vrrp7 address 00:00:5e:00:01:07 type macvlan mode private
on gw sysctl -qw net.ipv6.conf.vrrp7.addr_gen_mode=1
on gw ip link set vrrp7 up
lab_address gw vrrp7 10.20.0.254/32 2001:db8:20::fffe/128
neighbour() { on gw ip neigh replace "$1" lladdr 02:00:00:00:01:01 dev "$2" nud permanent; }
for pair in "10.20.0.5 v-cam" "2001:db8:20::5 v-cam" "10.10.0.5 v-sig" "2001:db8:10::5 v-sig" "10.30.0.10 v-vid" "203.0.113.9 v-net" "2001:db8:ff::9 v-net"; do
	# shellcheck disable=SC2086
	neighbour $pair
done
on gw ip route add default via 203.0.113.9
on gw ip -6 route add default via 2001:db8:ff::9
# The kernel would copy what the policy does not allow to every side: rows/group.py
all=(v-cam v-sig v-vid v-net)
routes() { # SOURCE GROUP IN
	local dev
	printf '%s %s %s ' "$1" "$2" "$3"
	for dev in "${all[@]}"; do [ "$dev" = "$3" ] || printf '%s ' "$dev"; done
	printf ', '
}
# shellcheck disable=SC2046
lab_spawn gw mroute "$FB_TOP/tests/support/mroute.py" $(for group in 239.20.9.9 239.21.9.9 239.30.9.9 224.0.1.9; do
	routes 10.20.0.5 "$group" v-cam && routes 10.20.1.5 "$group" v-cam && routes 10.10.0.5 "$group" v-sig && routes 203.0.113.9 "$group" v-net
done) 10.30.0.10 239.20.9.9 v-vid v-cam v-sig v-net
wait_until 10 grep -q ready "$LAB_DIR/log/mroute.log"
agent_start
# No VLAN devices on every kernel: the recorder's zone is untagged here.
policy=$(sed 's/v-vid vlan 30/v-vid/' "$here/policy.fb" | policy_file evasion.fb)
mistake "the program is attached before the rules are in" attached_before_the_rules_are_in "$policy"

replay() { # BUCKETS: rows that ask for so many, 0 = all others
	local status=0 log=$LAB_DIR/replay-$1
	"$here/table.py" --frames "$1" >"$LAB_DIR/frames"
	"$FB_BUILD/tests/evasion/replay" "$here/policy.fb" "$([ "$1" = 0 ] && echo 4096 || echo "$1")" <"$LAB_DIR/frames" >"$log" || status=$?
	counted "$log" "$status"
	shown "$log"
	say "BPF_PROG_TEST_RUN$([ "$1" = 0 ] || echo ", a flow table of $1"): $(tail -n 1 "$log")"
}
replay 0
replay 1

status=0
on hosts "$here/wire.py" "$LAB_RUN/control.sock" >"$LAB_DIR/wire" || status=$?
counted "$LAB_DIR/wire" "$status"
shown "$LAB_DIR/wire"
tail -n 2 "$LAB_DIR/wire" | head -n 1
say "veth, native XDP: $(tail -n 1 "$LAB_DIR/wire")"

before=$passed
mistake "silent generic mode" silent_generic_mode
mistake "an offline trace disagrees with the data path" offline_trace_disagrees
mistake "maps are kept only if somebody asks for it" maps_kept_only_if_asked_to
mistake "the filter is absent while the agent restarts" absent_while_the_agent_restarts
mistake "counters are lost on reload" counters_lost_on_reload "$policy"
say "mistakes that are no frame: $((passed - before + 1)) right"
holds "a tag beside the frame does not get past the kernel's door" tag_beside_the_frame
ended=1
say "$passed passed, $failed failed"
[ "$failed" = 0 ] || exit 1

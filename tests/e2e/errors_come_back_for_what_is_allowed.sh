#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ICMP errors follow the flow that they speak about: traceroute sees the gateway, a closed port is refused at once, a path that becomes narrow
# behind the gateway is found by path MTU discovery. About flows that are not allowed nobody says anything.
#
#   recorder 10.30.0.10 --- video0 [gateway 10.30.0.1] corp0 (mtu 1000) --- office 172.16.0.123
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=172.16.0.123
lab_new
northport_up
agent_start
policy=$(town_policy errors.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> any udp/33434-33534, udp/5001, icmp/echo-request, tcp/5201 id probe }
END
)
apply "$policy"
hops() { on video traceroute -n -q 1 -w 2 -m 3 "$OFFICE" | awk 'NR > 1 {print $2}' | paste -sd ' '; }
same "traceroute sees the gateway and the office" "10.30.0.1 $OFFICE" "$(hops)"
unreachable() { on video traceroute -n -q 1 -w 1 -m 2 -p 40000 "$OFFICE" | awk 'NR > 1 {print $2}' | paste -sd ' '; }
same "about ports that are not allowed nobody answers" "* *" "$(unreachable)"

# The way to the office becomes narrow: the gateway's end only, as when a tunnel begins there.
on gw ip link set corp0 mtu 1000
fits() { on video ping -c 1 -W 2 -M "do" -s "$1" "$OFFICE" 2>&1; }
too_big() { grep -qE 'mtu ?= ?1000' <<<"$(fits 1400 || true)"; }
claim "a packet that is too large is answered with the size that fits" wait_until 5 too_big
claim "what fits goes through" eval 'fits 900 >/dev/null'
# What ping learnt is forgotten first: tracepath finds hops and sizes by itself.
on video ip route flush cache
path() { on video tracepath -n -m 3 -p 33434 "$OFFICE" | awk '/Resume:/ {print $3, $5}'; }
same "tracepath finds the narrow size and both hops" "1000 2" "$(path)"
lab_spawn corp server iperf3 -s
serves() { on corp ss -Hlnt "sport = :5201" | grep -q .; }
claim "the server listens" wait_until 10 serves
rate=$(on video iperf3 -J -t 1 -c "$OFFICE" | jq '.end.sum_received.bits_per_second / 1e6 | floor')
at_least "TCP finds the size by itself and flows (Mbit/s)" 20 "$rate"

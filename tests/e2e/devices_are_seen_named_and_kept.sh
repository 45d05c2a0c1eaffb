#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who speaks on a policy interface stands in the inventory: zone, MAC, maker, since when; declared or not; also after the agent has
# started again.
#
#   camera 10.20.4.12, undeclared 10.20.4.77 --- cctv0 [gateway + agent]
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak cctv -> self { allow any -> self icmp/echo-request }
	firebreak corp -> cctv { allow any -> any icmp/echo-request }
END
)
apply "$policy"
on cctv ping -c 1 -W $((2 * PATIENCE)) -q 10.20.0.1 >/dev/null
frames cctv <<-'END'
	mac = "00:00:de:ad:be:ef"
	sendp(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=mac, psrc="10.20.4.77", pdst="10.20.0.1"), iface="eth0")
END

devices() { firebreak devices -j | jq -e "$@" >/dev/null; }
claim "the camera is there by its name, with MAC, maker and zone" devices \
	'any(.devices[]; .name == "cam-0412" and .ip == "10.20.4.12" and .mac == "3c:ef:8c:00:04:12" and .zone == "cctv"
		and (.vendor | contains("Dahua")) and .declared and .first > 0 and .last >= .first and .device == "cctv0")'
claim "what is declared and silent is there too" devices 'any(.devices[]; .name == "jump-1" and .state == "silent" and .first == null)'
same "whom nobody declared is told apart" "10.20.4.77 00:00:de:ad:be:ef cctv unknown-device" \
	"$(firebreak devices --unknown -j | jq -r '.devices[] | select(.ip == "10.20.4.77") | "\(.ip) \(.mac) \(.zone) \(.verdict)"')"
on corp ping -c 1 -W 1 -q 10.20.4.99 >/dev/null || true
asked() { on gw ip neigh show dev cctv0 | grep -q '^10\.20\.4\.99 .*FAILED'; }
claim "the gateway has asked in vain for an address that nobody has" wait_until 10 asked
deny "which makes nobody of it who was seen" devices 'any(.devices[]; .ip == "10.20.4.99")'
gauge() { metrics | sed -n "s/^firebreak_devices{zone=\"cctv\",state=\"$1\"} //p"; }
same "the metrics count them: declared, undeclared" "1 1" "$(gauge declared) $(gauge undeclared)"
first=$(firebreak devices -j | jq '[.devices[] | select(.ip == "10.20.4.12" and .first)][0].first')
lab_stop agent
agent_start
same "it was first seen when it was, after a restart" "$first" "$(firebreak devices -j | jq '[.devices[] | select(.ip == "10.20.4.12" and .first)][0].first')"

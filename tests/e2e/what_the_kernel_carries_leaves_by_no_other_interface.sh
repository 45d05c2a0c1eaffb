#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel may know a way that XDP does not see: here a rule by mark sends what a camera may say to the office out of a management interface, which is in no zone and has no
# program. What XDP leaves to the kernel (a packet with options) is stopped there, with the agent dead too.
#
#   camera 10.20.4.12 --- cctv0 [gateway] corp0 --- desk 172.16.5.20
#                                         mgmt0 --- 192.0.2.2, where the mark leads
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
lab_network mgmt 192.0.2.1/24 192.0.2.2/24
agent_start
policy=$(town_policy steered.fb <<-'END'
	firebreak cctv -> corp { allow cam-0412 -> desk udp/5001 id said }
END
)
apply "$policy"
on cctv ping -c 1 -W 1 -q 10.20.0.1 >/dev/null || true # the neighbour is known
on gw ping -c 1 -W 1 -q "$DESK" >/dev/null || true
on gw ip neigh replace 192.0.2.2 lladdr "$(on mgmt cat /sys/class/net/eth0/address)" dev mgmt0
say_it() { # with an option that makes it the kernel's
	frames cctv <<-'END'
		sendp(Ether(src=OWN, dst=GW) / IP(src="10.20.4.12", dst="172.16.5.20", options=IPOption_NOP() * 4) / UDP(sport=5001, dport=5001) / b"where to?", iface="eth0", count=3)
	END
}
watch corp eth0 "udp port 5001"
say_it
arrives() { [ "$(watched corp .)" = 3 ]; }
claim "by the kernel's way it gets to the desk" wait_until 5 arrives

on gw nft -f - <<-'END'
	add table ip steer
	add chain ip steer pre { type filter hook prerouting priority mangle; }
	add rule ip steer pre udp dport 5001 meta mark set 7
END
on gw ip route add default via 192.0.2.2 table 100
on gw ip rule add fwmark 7 lookup 100
watch mgmt eth0 "udp port 5001"
for agent in alive dead; do
	[ "$agent" = alive ] || agent_kill
	say_it
	sleep 1
	same "with the agent $agent: nothing came to the desk" 3 "$(watched corp .)"
	same "with the agent $agent: and nothing left by the management interface" 0 "$(watched mgmt .)"
done
on gw ip rule del fwmark 7
say_it
arrives_again() { [ "$(watched corp .)" = 6 ]; }
claim "without the rule it gets to the desk again" wait_until 5 arrives_again

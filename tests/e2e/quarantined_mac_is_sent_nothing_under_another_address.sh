#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A camera that took an address which nobody declared is quarantined by its name, so with its MAC address: nothing goes to it under that address,
# neither by XDP nor by the kernel, which hears of every neighbour once in ten seconds. An honest camera that takes the address over gets it all.
#
# time limit: 120 s
#
#   camera 10.20.4.12 --------------------- cctv0 [gateway, binding learn] video0 --- recorder 10.30.0.10
#   camera 10.20.4.13, also 10.20.4.99 ---/
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

TAKEN=10.20.4.99
HONEST_MAC=3c:ef:8c:00:04:12 MAC=3c:ef:8c:00:04:13
lab_new
northport_up
on cctv sysctl -qw net.ipv4.conf.all.arp_ignore=1
on gw sysctl -qw net.ipv4.neigh.cctv0.base_reachable_time_ms=5000 # and then its kernel asks anew
on cctv ip address del 10.20.4.13/16 dev eth0
on cctv ip link add other0 link eth0 address $MAC type macvlan mode bridge
on cctv ip link set other0 up
on cctv ip address add $TAKEN/32 dev other0
agent_start
policy=$(town_policy town.fb <<-END
	device cam-0413 in cctv { ip 10.20.4.13  mac $MAC }
	firebreak video -> cctv { allow nvr-1 -> cameras udp/5001 id stream }
END
)
sed -i "s|network 10.20.0.0/16 }|network 10.20.0.0/16  binding learn }|; s|ip 10.20.4.12 }|ip 10.20.4.12  mac $HONEST_MAC }|" "$policy"
apply "$policy" >/dev/null
count_start cctv 5001 # no answers: its kernel would ask for the gateway by the other MAC address
send_start video 20 100 "$RECORDER" $TAKEN 5001

watch cctv eth0 "udp port 5001 and ether dst $MAC"
claim "what the recorder sends to the address gets to whoever took it" wait_until 3 seen cctv .
firebreak quarantine cam-0413 --reason "took an address" >/dev/null 2>&1
lab_stop watch-cctv
watch cctv eth0 "ether dst $MAC"
# not before the kernel was given one, too
kernel_has_heard() { [ "$(dropped - cctv quarantined)" -ge 1 ]; }
claim "the kernel's way out refuses it" wait_until 30 kernel_has_heard
at_least "and XDP, much more often" 50 "$(dropped video cctv quarantined)"
same "nothing was sent to that MAC address, ARP neither" 0 "$(watched cctv .)"

on cctv ip address del $TAKEN/32 dev other0
on cctv ip address add $TAKEN/32 dev eth0
lab_stop watch-cctv
watch cctv eth0 "udp port 5001 and dst $TAKEN and ether dst $HONEST_MAC"
claim "who takes the address over gets what is sent to it" wait_until 60 seen cctv .

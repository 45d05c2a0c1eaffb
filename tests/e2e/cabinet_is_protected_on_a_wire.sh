#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A cabinet on the street is protected without renumbering: the gateway is put into its cable. Both sides keep their addresses, of one network; nothing is routed.
#
#   cabinet  10.40.1.2/16 --- cab0 [ gateway, wire cab0 <-> back0 ] back0 --- centre 10.40.9.9/16
#            2001:db8:40:1::2/32               |                              2001:db8:40:9::9/32
#                                            mgmt0 10.99.0.1/24
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
for host in cabinet centre; do lab_ns "$host"; done
lab_link cabinet eth0 cab0 02:00:00:00:40:02
lab_link centre eth0 back0 02:00:00:00:40:09
lab_network mgmt 10.99.0.1/24 10.99.0.2/24
lab_address cabinet eth0 10.40.1.2/16 2001:db8:40:1::2/32
lab_address centre eth0 10.40.9.9/16 2001:db8:40:9::9/32
mkdir "$LAB_DIR/www"
head -c 5000000 /dev/zero >"$LAB_DIR/www/plan.bin"
lab_spawn cabinet http /usr/bin/python3 -m http.server 80 -b :: -d "$LAB_DIR/www"
lab_spawn centre http-back /usr/bin/python3 -m http.server 80 -b :: -d "$LAB_DIR/www"
agent_start
wire_policy() { # the end that is refused is in the words of the policy
	policy_file wire.fb <<-END
		policy "Cabinet" language 1 version $1
		include "services.fb"
		zone cabinet { interface cab0   network 10.40.1.0/24, 2001:db8:40:1::/64 }
		zone back    { interface back0  network 10.40.0.0/16, 2001:db8:40::/48 }
		zone mgmt    { interface mgmt0  network 10.99.0.0/24 }
		wire cab0 <-> back0
		firebreak back -> cabinet { allow 10.40.9.9, 2001:db8:40:9::9 -> any http, icmp/echo-request, icmpv6/echo-request }
	END
}
policy=$(wire_policy 1)
refused() {
	! firebreak apply "$policy" >"$LAB_DIR/refusal" 2>&1 || return 1
	grep -q "$1" "$LAB_DIR/refusal" || { cat "$LAB_DIR/refusal"; return 1; }
}

claim "ends with IPv6 addresses are refused, with the command that helps" refused 'net.ipv6.conf.*disable_ipv6=1'
on gw sysctl -qw net.ipv6.conf.cab0.disable_ipv6=1 net.ipv6.conf.back0.disable_ipv6=1
on gw ip link set cab0 mtu 1400
claim "unequal MTUs are refused" wait_until 10 refused 'ip link set back0 mtu 1400'
on gw ip link set cab0 mtu 1500
on gw ip address add 10.40.1.1/16 dev cab0
claim "an address is refused" wait_until 10 refused 'ip address flush dev cab0'
on gw ip address flush dev cab0
claim "as a cable it is accepted" wait_until 10 apply "$policy"
claim "both ends take frames for any MAC" test "$(on gw ip -d link show | grep -c 'promiscuity [1-9]')" = 2

ping_cabinet() { on centre ping -c 3 -i 0.2 -W 2 -q "$1"; }
claim "the centre pings the cabinet" ping_cabinet 10.40.1.2
claim "and by IPv6" ping_cabinet 2001:db8:40:1::2
same "with the cabinet's own MAC, not the gateway's" 02:00:00:00:40:02 "$(on centre ip -j neigh show 10.40.1.2 | jq -r '.[0].lladdr')"
same "and no hop between them" 64 "$(on centre ping -c 1 -W 2 10.40.1.2 | sed -n 's/.*ttl=\([0-9]*\).*/\1/p')"
fetch() { [ "$(on "$1" curl -s --max-time $((10 * PATIENCE)) -o /dev/null -w '%{size_download}' "http://$2/plan.bin")" = 5000000 ]; }
claim "5 MB arrive by TCP" fetch centre 10.40.1.2
claim "also by IPv6" fetch centre "[2001:db8:40:1::2]"
deny "the cabinet reaches nothing by itself" on cabinet curl -s --max-time 2 http://10.40.9.9/
at_least "no line allows it" 1 "$(dropped cabinet back no-allow)"

# One end becomes smaller: what is larger is lost there, and everybody who asks is told.
state() { [ "$(firebreak status -j | jq -r .state)" = "$1" ]; }
says() { { "${@:2}" 2>&1 || true; } | tr -s ' \n' ' ' >"$LAB_DIR/said"; grep -Eq "$1" "$LAB_DIR/said"; }
on gw ip link set cab0 mtu 1400
claim "an end that becomes smaller degrades the state" wait_until 10 state degraded
deny "a frame as large as the other end's is lost" on centre ping -c 3 -i 0.2 -W 1 -q -M "do" -s 1472 10.40.1.2
claim "the status says why, what helps, and what was lost" says 'TROUBLE .*ip link set back0 mtu 1400.* lost +3 packets' firebreak status
claim "so do the drops" says 'of what passed, 3 packets were lost' firebreak drops
claim "the doctor fails" says 'fail agent degraded, generation 1: .*ip link set back0 mtu 1400' firebreak doctor
claim "smaller ones go on" ping_cabinet 10.40.1.2
on gw ip link set cab0 mtu 1500
claim "and all is well when the ends are equal again" wait_until 10 state enforcing
claim "for large ones, too" on centre ping -c 3 -i 0.2 -W 2 -q -M "do" -s 1472 10.40.1.2

# Forged: the cabinet says that it is the centre. And what is not the other end's.
binding=$(dropped_from cabinet binding)
arp_mac() { on centre ip -j neigh show 10.40.9.7 | jq -r '.[0].lladdr // "none"'; }
OWN=02:00:00:00:40:02 on cabinet /usr/bin/python3 - <<'END'
import os
from scapy.all import *
conf.verb = 0
own = os.environ["OWN"]
sendp([Ether(src=own, dst="ff:ff:ff:ff:ff:ff") / ARP(op=op, hwsrc=own, psrc="10.40.9.7", hwdst="02:00:00:00:40:09", pdst="10.40.9.9") for op in (1, 2)], iface="eth0")
sendp([Ether(src=own, dst="02:00:00:00:40:09") / IP(src="10.40.1.2", dst=to) / TCP(sport=4000, dport=22) for to in ("10.99.0.1", "10.99.0.2")], iface="eth0")
END
at_least "forged ARP is dropped" $((binding + 2)) "$(dropped_from cabinet binding)"
same "and the centre learned nothing" none "$(arp_mac)"
at_least "addresses of a foreign zone, and the gateway's, are a route-mismatch" 2 "$(dropped_from cabinet route-mismatch)"

on gw ip address add 10.40.1.1/16 dev cab0
deny "an address that is put there later does not answer" on cabinet ping -c 2 -i 0.2 -W 1 -q 10.40.1.1
claim "and the cable goes on" ping_cabinet 10.40.1.2
agent_kill
claim "also without the agent" fetch centre 10.40.1.2
deny "which lets nothing else through" on cabinet curl -s --max-time 2 http://10.40.9.9/

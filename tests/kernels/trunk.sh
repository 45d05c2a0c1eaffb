#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# policies/examples/northport-trunk.fb on VLAN devices: five zones on two trunks, three networks on cables of their own. Runs in the
# guest, because the developers' kernel may have no 8021q; anywhere else it says so and is skipped.
#
#   traffic   vlan 110 \                     / vlan 30  video
#                       eth1 [ gateway ] eth2 - vlan 31  control       eth3 corp
#   cctv      vlan 120 /                     \ vlan 32  jump          eth0 internet
#
# A switch's namespace stands at the end of each trunk and gives each VLAN its cable: a bridge for each, tags on the trunk side only.
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

# The access end of a VLAN: host HOST's eth0, untagged, through the switch's bridge.
access() { # SWITCH HOST VLAN "HOST-ADDRESSES" GATEWAY... [MAC]
	local switch=$1 host=$2 vlan=$3 hosts=$4 gateways=$5 mac=${6:-} gateway
	lab_ns "$host"
	on "$switch" ip link add link trunk name "trunk.$vlan" type vlan id "$vlan"
	on "$switch" ip link add "br$vlan" type bridge forward_delay 0
	on "$switch" ip link add "p-$host" type veth peer name eth0 netns "$(ns "$host")" ${mac:+address "$mac"}
	on "$switch" ip link set "trunk.$vlan" master "br$vlan"
	on "$switch" ip link set "p-$host" master "br$vlan"
	lab_host_end "$host" eth0
	lab_host_end "$switch" "p-$host"
	on "$host" ip link set eth0 up
	on "$switch" ip link set "trunk.$vlan" up
	on "$switch" ip link set "p-$host" up
	on "$switch" ip link set "br$vlan" up
	# shellcheck disable=SC2086
	lab_address "$host" eth0 $hosts
	for gateway in $gateways; do
		if [[ $gateway == *:* ]]; then on "$host" ip -6 route add default via "$gateway"; else on "$host" ip route add default via "$gateway"; fi
	done
}
# The gateway's VLAN device: where its addresses, routes and neighbours live. XDP sits on the trunk itself.
gateway_vlan() { # TRUNK VLAN ADDRESS...
	local trunk=$1 vlan=$2
	shift 2
	on gw ip link add link "$trunk" name "$trunk.$vlan" type vlan id "$vlan"
	on gw ip link set "$trunk.$vlan" up
	lab_address gw "$trunk.$vlan" "$@"
}

lab_new
lab_gateway
for switch in field server; do lab_ns "$switch"; done
lab_link field trunk eth1
if ! on gw ip link add link eth1 name probe type vlan id 9 2>/dev/null; then skip_test "this kernel has no 8021q"; fi
on gw ip link delete probe
lab_link server trunk eth2
gateway_vlan eth1 110 10.10.0.1/16 2001:db8:10::1/48
gateway_vlan eth1 120 10.20.0.1/16
gateway_vlan eth2 30 10.30.0.1/26
gateway_vlan eth2 31 10.30.0.65/26
gateway_vlan eth2 32 10.30.0.129/28
access field traffic 110 "10.10.1.1/16 10.10.1.2/16 10.10.1.3/16 2001:db8:10::101/48" "10.10.0.1 2001:db8:10::1"
access field cctv 120 "10.20.4.12/16" 10.20.0.1 3c:ef:8c:00:04:12
access server video 30 10.30.0.10/26 10.30.0.1
access server control 31 10.30.0.84/26 10.30.0.65
access server jump 32 10.30.0.130/28 10.30.0.129
lab_ns corp
lab_link corp eth0 eth3
lab_address gw eth3 172.16.0.1/12
lab_address corp eth0 172.16.5.20/12 172.16.0.53/12 172.16.0.123/12
on corp ip route add default via 172.16.0.1
lab_ns inet
lab_link inet eth0 eth0
lab_address gw eth0 198.51.100.1/24
lab_address inet eth0 198.51.100.20/24 198.51.100.66/24
on inet ip route add default via 198.51.100.1

signal_up
web_up
sshd_up gw gateway "gateway"
dns_up
claim "the trunk carries: without firebreak the camera reaches a signal" on cctv ping -c 1 -W 5 -q "$SIGNAL"
agent_start
# A cable first, a trunk by the next policy: a card that hides tags from XDP must be told not to then, too.
cable=$(policy_file cable.fb <<-'END'
	policy "Cable" language 1 version 1
	zone field { interface eth1  network 192.0.2.0/24 }
END
)
apply "$cable"
policy=$(policy_copy "$FB_TOP/policies/examples/northport-trunk.fb")
apply "$policy"
claim "a cable that becomes a trunk shows its tags" grep -q 'rx-vlan-offload: off' <<<"$(on gw ethtool -k eth1)"
claim "every zone's interface enforces" test "$(firebreak status -j | jq '[.interfaces[] | select(.enforcing | not)] | length')" = 0
same "the centre polls a signal, from one trunk to the other" '"sig-j01"' "$(centre_polls)"
same "the jump host logs in to it, over TCP" "traffic signal controller sig-j01" "$(ssh_from jump "$SIGNAL")"
same "the office sees the recorder, from a cable to a trunk" 200 "$(browse corp "https://$RECORDER/")"
same "the jump host logs in to the gateway" gateway "$(ssh_from jump 10.30.0.129)"
same "the gateway asks its DNS" 192.0.2.7 "$(resolve_from gw)"
deny "the camera reaches no signal, on the same trunk" on cctv ping -c 2 -i 0.2 -W 1 -q "$SIGNAL"
at_least "which is never" 2 "$(dropped cctv traffic never)"

# Raw frames on the field trunk, as from a switch port that lets tags through.
watch traffic eth0 "udp port 161"
GW_MAC=$(on gw ip -j link show eth1 | jq -r '.[0].address') on field /usr/bin/python3 - <<'END'
import os
from scapy.all import *
conf.verb = 0
eth = Ether(src="3c:ef:8c:00:04:12", dst=os.environ["GW_MAC"])
udp = UDP(sport=40000, dport=161) / b"tagged"
packets = [eth / tags / IP(src=source, dst="10.10.1.1") / udp
           for source in ("10.20.4.12", "10.30.0.84", "10.10.1.2")
           for tags in (Dot1Q(vlan=120), Dot1Q(vlan=110), Dot1Q(vlan=30), Dot1Q(vlan=120) / Dot1Q(vlan=110), Dot1AD(vlan=110) / Dot1Q(vlan=120))]
packets += [eth / IP(src=source, dst="10.10.1.1") / udp for source in ("10.20.4.12", "10.30.0.84", "10.10.1.2")]
sendp(packets, iface="trunk")
END
same "the centre still polls" '"sig-j01"' "$(centre_polls)"
claim "the watch sees what arrives" wait_until 10 equals 1 watched traffic '10\.30\.0\.84\.[0-9]+ > 10\.10\.1\.1\.161'
same "no frame with another zone's tag, two tags or none arrived" 0 "$(watched traffic '\.40000 > ')"
same "its own tag and address: never" 3 "$(dropped cctv traffic never)"
at_least "another zone's address: spoof" 3 "$(($(dropped_from cctv spoof) + $(dropped_from traffic spoof)))"

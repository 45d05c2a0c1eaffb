#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An attacker on the camera's cable sends to a signal with every source address that might help: his own, the centre's (which may
# talk to signals), the gateway's, a signal's, one of no network, loopback, multicast. None arrives; each is counted.
#
#   raw frames at 10.20.4.12 --- cctv0 [gateway] traffic0 --- signal 10.10.1.1
#                                    control0 --- utc-1 10.30.0.84, whose address is forged
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
signal_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak control -> traffic { allow utc-1 -> signals udp/161, tcp/22 }
	never cctv <-> traffic
END
)
apply "$policy"
watch traffic eth0 "ip or ip6"
claim "the centre reads the signal" centre_polls
frames cctv <<'END'
own = ["10.20.4.12"]
forged = ["10.30.0.84", "10.20.0.1", "10.10.0.1", "10.10.1.2", "203.0.113.9", "172.16.0.53", "127.0.0.1", "224.0.0.5", "0.0.0.0", "255.255.255.255"]
packets = []
for source in own + forged:
    for l4 in (UDP(sport=40000, dport=161) / b"\x30forged", TCP(sport=40000, dport=22, flags="S"), TCP(sport=40000, dport=22, flags="A"), ICMP() / b"forged"):
        packets.append(Ether(src=OWN, dst=GW) / IP(src=source, dst="10.10.1.1") / l4)
# IPv6: the signals have an address, the cameras have none, so every source is forged
for source in ("2001:db8:10::5", "2001:db8:99::1", "::1", "fe80::1", "ff02::1"):
    packets.append(Ether(src=OWN, dst=GW) / IPv6(src=source, dst="2001:db8:10::101") / UDP(sport=40000, dport=161) / b"forged")
sendp(packets, iface="eth0")
END
claim "the centre still reads the signal" centre_polls
# The centre's second poll came after the forged packets and has been seen, so they would have been seen too.
claim "the watch sees what does arrive" wait_until 5 equals 2 watched traffic 'IP 10\.30\.0\.84\.[0-9]+ > 10\.10\.1\.1\.161: .*GetRequest'
same "nothing of it arrived" 0 "$(watched traffic 'forged|IP6 .* > 2001:db8:10::101\.161|40000 > |echo request|10\.20\.')"
same "its own address is stopped by never, four times" 4 "$(dropped cctv traffic never)"
at_least "all forged addresses are counted as spoof or scope" 40 "$(($(dropped_from cctv spoof) + $(dropped_from cctv scope)))"

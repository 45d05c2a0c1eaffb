#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An attacker on the camera's cable writes 802.1Q tags into his frames: another zone's number, priority tags, two tags, QinQ. The gateway
# takes no tag for a zone that is not on that cable, and a priority tag is no tag.
#
#   raw tagged frames at 10.20.4.12 --- cctv0 [gateway] traffic0 --- signal 10.10.1.1
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
signal_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak control -> traffic { allow utc-1 -> signals udp/161 }
	never cctv <-> traffic
END
)
apply "$policy"
watch traffic eth0 "ip or vlan"
claim "the centre reads the signal" centre_polls
frames cctv <<'END'
packets = []
for source in ("10.20.4.12", "10.30.0.84", "10.10.1.2"):
    inner = IP(src=source, dst="10.10.1.1") / UDP(sport=40000, dport=161) / b"tagged"
    eth = Ether(src=OWN, dst=GW)
    for tags in (Dot1Q(vlan=110), Dot1Q(vlan=120), Dot1Q(vlan=1), Dot1Q(vlan=4095), Dot1Q(vlan=0, prio=5), Dot1Q(vlan=110) / Dot1Q(vlan=120),
                 Dot1Q(vlan=0) / Dot1Q(vlan=0), Dot1AD(vlan=110) / Dot1Q(vlan=110), Dot1AD(vlan=110)):
        packets.append(eth / tags / inner)
sendp(packets, iface="eth0")
END
claim "the centre still reads the signal" centre_polls
claim "the watch sees what does arrive" wait_until 5 equals 2 watched traffic 'GetRequest'
same "nothing that was tagged arrived" 0 "$(watched traffic '\.40000 > |802\.1Q|vlan')"
same "a priority tag is no tag: its own address is stopped by never" 1 "$(dropped cctv traffic never)"
same "a priority tag is no tag: forged addresses are spoof" 2 "$(dropped_from cctv spoof)"

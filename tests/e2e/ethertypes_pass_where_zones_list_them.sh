#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# PROFINET and LLDP are neither IP nor ARP. They reach the gateway's own programs from a zone that lists them, and from no other; they cross a wire whose zones both
# list them, unchanged, and no other; nothing routes them; and the gateway sends them only into a zone that lists them.
#
#   plant  10.60.0.2 --- plant0 [              gateway              ] office0 --- office 10.61.0.2
#   plc   10.40.1.2 ---- cab0   [ wire cab0 <-> back0, both PROFINET ] back0 ---- centre 10.40.9.9
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
lab_network plant 10.60.0.1/24 10.60.0.2/24 02:00:00:00:60:02
lab_network office 10.61.0.1/24 10.61.0.2/24 02:00:00:00:61:02
for host in plc centre; do lab_ns "$host"; done
lab_link plc eth0 cab0 02:00:00:00:40:02
lab_link centre eth0 back0 02:00:00:00:40:09
lab_address plc eth0 10.40.1.2/16
lab_address centre eth0 10.40.9.9/16
on gw sysctl -qw net.ipv6.conf.cab0.disable_ipv6=1 net.ipv6.conf.back0.disable_ipv6=1
agent_start
policy=$(policy_file plant.fb <<-'END'
	policy "Plant" language 1
	zone plant   { interface plant0   network 10.60.0.0/24  ethertype 0x88cc, 0x8892 }
	zone office  { interface office0  network 10.61.0.0/24 }
	zone cabinet { interface cab0     network 10.40.1.0/24  ethertype 0x8892, 0x88cc }
	zone back    { interface back0    network 10.40.0.0/16  ethertype 0x8892 }
	wire cab0 <-> back0
	firebreak plant -> office { allow any -> any tcp/80 }
END
)
apply "$policy"

# Who listens for such frames is a program on the gateway (an LLDP daemon, an engineering tool), by a packet socket behind XDP and the guard.
listen() { # HOST IF: in log/watch-HOST.log
	watch "$1" "$2" 'ether proto 0x8892 or ether proto 0x88cc'
}
# say_frames HOST IF: three DCP requests of PROFINET, and three LLDP frames
say_frames() {
	IF=$2 on "$1" /usr/bin/python3 - <<'END'
import os
from scapy.all import *
from scapy.contrib.lldp import *
from scapy.contrib.pnio import ProfinetIO
from scapy.contrib.pnio_dcp import ProfinetDCP
conf.verb = 0
port = os.environ["IF"]
own = get_if_hwaddr(port)
dcp = Ether(src=own, dst="01:0e:cf:00:00:00") / ProfinetIO(frameID=0xfefe) / ProfinetDCP(service_id=5, service_type=0, option=255, sub_option=255)
lldp = Ether(src=own, dst="01:80:c2:00:00:0e") / LLDPDUChassisID(subtype=4, id=own) / LLDPDUPortID(subtype=7, id=b"1") / LLDPDUTimeToLive(ttl=120) / LLDPDUEndOfLLDPDU()
assert dcp.type == 0x8892 and lldp.type == 0x88cc
sendp([dcp] * 3 + [lldp] * 3, iface=port)
END
}
frames_in() { watched "$1" "$2"; }
not_l2() { dropped_from "$1" l2-protocol; }

listen gw plant0
say_frames plant eth0
claim "PROFINET reaches the gateway's program from a zone that lists it" wait_until 5 equals 3 frames_in gw '0x8892'
claim "and LLDP" wait_until 5 equals 3 frames_in gw 'LLDP'
same "nothing of it was dropped" 0 "$(not_l2 plant)"
at_least "all six are counted as passed" 6 "$(passed plant self)"
lab_stop watch-gw

listen gw office0
listen plant eth0
say_frames office eth0
claim "from a zone that lists nothing all drop, as l2-protocol" wait_until 5 equals 6 not_l2 office
same "and reach nobody on the gateway" 0 "$(frames_in gw .)"
same "nor the zone beside it, for nothing routes them" 0 "$(frames_in plant .)"
lab_stop watch-gw
lab_stop watch-plant

listen centre eth0
say_frames plc eth0
claim "PROFINET crosses a wire whose zones both list it" wait_until 5 equals 3 frames_in centre '0x8892'
same "LLDP, which one of them lists, does not" "3 0" "$(not_l2 cabinet) $(frames_in centre LLDP)"
lab_stop watch-centre
listen plc eth0
say_frames centre eth0
claim "and back" wait_until 5 equals 3 frames_in plc '0x8892'
same "LLDP does not cross that way either" "3 0" "$(not_l2 back) $(frames_in plc LLDP)"
lab_stop watch-plc

listen plant eth0
listen office eth0
say_frames gw plant0
claim "the gateway says it into the zone that lists it" wait_until 5 equals 6 frames_in plant .
deny "and cannot into another" say_frames gw office0 2>"$LAB_DIR/log/refused.log"
at_least "because of its ethertype" 1 "$(dropped self office l2-protocol)"
same "which saw nothing" 0 "$(frames_in office .)"

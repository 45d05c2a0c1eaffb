#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real hosts send what is larger than a frame: fragments of an allowed packet arrive and are assembled, those of another do not, whichever of them comes first;
# what the gateway itself has to cut is cut; TCP in pieces keeps its window.
#
#   recorder 10.30.0.10 --- video0 [gateway 10.30.0.1] corp0 --- office 172.16.0.123
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=172.16.0.123
lab_new
northport_up
agent_start
policy=$(town_policy fragments.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> any udp/5001, icmp/echo-request, tcp/5201 id probe }
	firebreak self -> video { allow self -> any icmp/echo-request id own }
END
)
apply "$policy"
large() { on video ping -c 3 -i 0.2 -W 2 -s "$1" "$OFFICE" | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }
same "pings of three fragments and their answers arrive" 3 "$(large 4000)"
same "also the largest there are, of forty-five" 3 "$(large 65000)"

# Datagrams of 6000 bytes: to the allowed port all arrive whole, to the next one none.
receive() { # PORT
	lab_spawn corp "udp$1" python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE: a slow reader is not what is tested
s.bind(('', $1))
n = 0
while True:
    data, _ = s.recvfrom(65536)
    n += len(data) in (1400, 6000) and data == data[:1] * len(data)
    open('$LAB_DIR/got$1', 'w').write(str(n))
"
}
listening() { [ "$(on corp ss -Hlnu "sport = :5001 or sport = :5002" | wc -l)" = 2 ]; }
receive 5001
receive 5002
claim "both receivers listen" wait_until 10 listening
send() { # PORT N BYTES
	on video python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: never forbid to cut
for n in range($2):
    s.sendto(bytes([n % 256]) * $3, ('$OFFICE', $1))
    time.sleep(0.002)
"
}
got() { cat "$LAB_DIR/got$1" 2>/dev/null || echo 0; }
arrived() { [ "$(got 5001)" = 200 ]; }
send 5001 200 6000
claim "200 datagrams of 6000 bytes arrive whole" wait_until 10 arrived
send 5002 200 6000
same "of 200 to a port that is not allowed none arrives" 0 "$(got 5002)"

# What is already cut may be cut again, by the gateway: corp0 becomes narrow and the sender does not forbid it. (One way only: a veth whose end is
# narrow refuses what is larger.)
on gw ip link set corp0 mtu 1000
send 5001 50 1400
arrived_cut() { [ "$(got 5001)" = 250 ]; }
claim "50 packets that the gateway must cut arrive" wait_until 10 arrived_cut
send 5001 50 6000
arrived_again() { [ "$(got 5001)" = 300 ]; }
claim "and 50 whose fragments it must cut again" wait_until 10 arrived_again
on gw ip link set corp0 mtu 1500

own() { on gw ping -c 3 -i 0.2 -W 2 -s 4000 10.30.0.10 | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }
same "the gateway's own fragments leave, and their answers come in" 3 "$(own)"

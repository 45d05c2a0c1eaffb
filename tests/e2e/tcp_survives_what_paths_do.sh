#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real TCP over ways that change: one that is narrow in one direction only, one that is narrow and says nothing (a path MTU black hole) until the sender finds out by itself,
# a connection that both ends lose without a word, and a host whose MAC address changes without a word.
# time limit: 300 s
#
#   recorder 10.30.0.10 --- video0 [gateway 10.30.0.1] corp0 --- office 172.16.0.123
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=172.16.0.123
lab_new
northport_up
agent_start
policy=$(town_policy paths.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> any tcp/5201, tcp/5202, udp/5001 id probe }
END
)
apply "$policy"
lab_spawn corp server iperf3 -s
serves() { on corp ss -Hlnt "sport = :5201" | grep -q .; }
claim "the server listens" wait_until 10 serves
kbytes() { on video timeout 40 iperf3 -J -t "$1" "${@:2}" -c "$OFFICE" | jq '.end.sum_received.bytes / 1000 | floor'; }

# Asymmetric: what goes to the office must be small, what comes back may be large.
on gw ip link set corp0 mtu 1000
at_least "TCP flows over a way that is narrow in its direction (kB)" 200 "$(kbytes 1)"
on gw ip link set corp0 mtu 1500
on video ip route flush cache
on gw ip link set video0 mtu 1200
on video ip link set eth0 mtu 1200
at_least "and between ends of different sizes (kB)" 200 "$(kbytes 1)"
at_least "also when the data comes from there (kB)" 200 "$(kbytes 1 -R)"
on gw ip link set video0 mtu 1500
on video ip link set eth0 mtu 1500
on corp ip route flush cache

# A black hole: the gateway's answers do not reach the sender, which then probes by itself (RFC 4821).
on video ip route flush cache
on video sysctl -qw net.ipv4.tcp_mtu_probing=1 net.ipv4.tcp_base_mss=512
on video nft -f - <<-'END'
	table ip hole { chain in { type filter hook input priority 0; icmp type destination-unreachable drop; }
	}
END
on gw ip link set corp0 mtu 1000
at_least "TCP gets through a path MTU black hole by itself (kB)" 20 "$(kbytes 8)"
on gw ip link set corp0 mtu 1500
on video nft delete table ip hole
on video sysctl -qw net.ipv4.tcp_mtu_probing=0
on video ip route flush cache
at_least "and is as before when the way is wide again (kB)" 2000 "$(kbytes 1)"

# Power cuts: TCP_REPAIR makes close() silent, so both ends lose a connection of which the gateway knows, and the recorder comes back with the same port.
lab_spawn corp cut python3 -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 5202))
s.listen(5)
while True:
    c, _ = s.accept()
    c.send(c.recv(100))
    c.setsockopt(socket.IPPROTO_TCP, 19, 1)
    c.close()'
serves_too() { on corp ss -Hlnt "sport = :5202" | grep -q .; }
claim "the server that loses connections listens" wait_until 10 serves_too
said() { # three connections from one port, each lost by both ends
	on video timeout 60 python3 -c '
import socket, time
for word in (b"first", b"second", b"third"):
    c = socket.socket()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    c.bind(("10.30.0.10", 49152))
    c.settimeout(8)
    c.connect(("'"$OFFICE"'", 5202))
    c.send(word)
    print(c.recv(100).decode(), end=" ")
    c.setsockopt(socket.IPPROTO_TCP, 19, 1)
    c.close()
    time.sleep(1)'
}
same "who comes back with the port of a connection that both ends lost is heard" "first second third " "$(said)"

# The office gets another network card and says nothing.
lab_spawn corp count "$FB_BUILD/tests/support/blast" count 5001
lab_spawn video stream "$FB_BUILD/tests/support/blast" send 100 170 10.30.0.10 "$OFFICE" 5001
frames() { on corp cat /sys/class/net/eth0/statistics/rx_packets; }
datagrams() { on corp nstat -asz UdpInDatagrams 2>/dev/null | awk '/UdpInDatagrams/ { print $2 }'; }
flows_on() {
	local before
	before=$(datagrams)
	sleep 0.5
	[ "$(datagrams)" -gt $((before + 20)) ]
}
claim "the stream flows" wait_until 10 flows_on
on corp ip link set eth0 address 02:00:00:00:77:77
stops() { ! flows_on; }
claim "it goes to the old address" wait_until 10 stops
claim "and finds the new one, though the gateway forwards past its kernel" wait_until 90 flows_on

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `on-deny reject` answers the people of that zone (S31): curl and nc hear "refused" and "prohibited" at once instead of waiting, over
# IPv4 and from cards that leave their checksums to others. Every other zone still hears nothing, and the counters say the same for both.
#
#   desk 172.16.5.20 --- corp0 [on-deny reject] gateway [on-deny drop] cctv0 --- camera 10.20.4.12
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy reject.fb <<-'END'
	firebreak corp -> cctv { allow desk -> cam-0412 tcp/554 id view }
	never corp -> control
END
)
sed -i 's/^\(zone corp .*\) }$/\1  on-deny reject }/' "$policy"
apply "$policy"

# ask HOST ADDRESS PORT: what curl says, and in how many milliseconds ("status ms")
ask() {
	local start=${EPOCHREALTIME/./} status=0
	on "$1" curl -s -o /dev/null --connect-timeout 2 "http://$2:$3/" || status=$?
	echo "$status $(((${EPOCHREALTIME/./} - start) / 1000))"
}
refused() { # HOST ADDRESS PORT: at once
	local status ms
	read -r status ms < <(ask "$@")
	[ "$status" = 7 ] && [ "$ms" -lt 1000 ]
}
silent() {
	local status ms
	read -r status ms < <(ask "$@")
	[ "$status" = 28 ] && [ "$ms" -ge 2000 ]
}
before=$(dropped corp cctv no-allow)
claim "a closed port of an allowed host is refused at once" refused corp "$CAMERA" 80
at_least "and counted as what it is" $((before + 1)) "$(dropped corp cctv no-allow)"
claim "what never allows is refused at once" refused corp "$UTC" 80
at_least "and counted as what it is" 1 "$(dropped corp control never)"
claim "the gateway itself is refused at once" refused corp 172.16.0.1 80
claim "the other side hears nothing" silent cctv 172.16.5.20 80
at_least "and is counted the same" 1 "$(dropped cctv corp no-allow)"

# A card that leaves checksums to others: the answer's is whole all the same.
on corp ethtool -K eth0 tx on >/dev/null
claim "a host with checksum offload is refused at once" refused corp "$CAMERA" 81
on corp ethtool -K eth0 tx off >/dev/null

# UDP: the socket hears of it as "no route to host" (EHOSTUNREACH is what Linux makes of code 13).
udp() { on corp python3 - "$CAMERA" "$1" <<-'END'
	import socket, sys, time
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(2)
	s.connect((sys.argv[1], 9))
	s.send(b"x" * int(sys.argv[2]))
	try:
	    s.recv(1)
	except TimeoutError:
	    print("silence")
	except OSError as e:
	    print(e.strerror)
	END
}
same "a datagram is answered" "No route to host" "$(udp 7)"
same "and a long one" "No route to host" "$(udp 1400)"
prohibited() { grep -q 'Packet filtered' <<<"$(on corp ping -c 1 -W 2 "$CAMERA" 2>&1 || true)"; }
claim "ping says why" prohibited

# A connection that a new policy ends is reset at the caller's next packet.
camera_up
lab_spawn corp talk python3 -c '
import socket, time
s = socket.create_connection(("'"$CAMERA"'", 554), 5)
print("open", flush=True)
try:
    while True:
        s.send(b"OPTIONS * RTSP/1.0\r\n\r\n")
        time.sleep(0.1)
except OSError as e:
    print(e.strerror, flush=True)'
opened() { lab_log talk | grep -q open; }
claim "the desk is connected" wait_until 10 opened
grep -v '^.*id view' "$policy" | policy_file closed.fb >"$LAB_DIR/closed"
apply "$(<"$LAB_DIR/closed")"
was_reset() { lab_log talk | grep -q 'Connection reset'; }
claim "a connection that the new policy ends is reset" wait_until 5 was_reset

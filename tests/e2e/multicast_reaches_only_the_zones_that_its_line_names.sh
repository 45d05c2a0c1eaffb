#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A camera streams to a group. The kernel's multicast routing would copy it into every network here; a copy leaves only into the zones on the right of the line
# that allows it. Not from another source, not another group, not in another frame, not to a listener on the gateway, and not across a cut.
#
#   cam-0412 10.20.4.12, 2001:db8:20::12 --- cctv0 [ gateway: mroute ] video0 --- recorder 10.30.0.10   allowed: joins
#                                                                     control0 -- centre 10.30.0.84     allowed
#                                                                     corp0 ----- office 172.16.5.20    not allowed: joins as well
# time limit: 240 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

CAM=10.20.4.12 CAM6=2001:db8:20::12 GROUP=239.20.1.1 GROUP6=ff05::20:1 OTHER=239.20.9.9 LATE=239.20.1.2 LATER=239.20.1.3
lab_new
northport_up
lab_address gw cctv0 2001:db8:20::1/48
lab_address cctv eth0 "$CAM6/48"
lab_address gw video0 2001:db8:30::1/64
lab_address video eth0 2001:db8:30::10/64
agent_start
town=$(town_policy town.fb </dev/null)
stream=$({
	sed 's|^\(zone cctv .*10.20.0.0/16\)|\1, 2001:db8:20::/48|; s|^\(zone video .*10.30.0.0/26\)|\1, 2001:db8:30::/64|' "$town"
	cat <<-'END'
		group encoder in cctv { cam-0412, 2001:db8:20::12 }
		firebreak cctv -> video, control {
			allow encoder -> 239.20.1.0/24, ff05::20:0/112  udp/5004-5010  id stream
		}
		firebreak video -> self { allow any -> self  ip/igmp  id membership }
		isolate no-video { cut cctv from video }
	END
} | policy_file stream.fb)
apply "$stream"

# route: the kernel is told to copy everything of the two cameras everywhere.
lab_spawn gw mroute "$FB_TOP/tests/support/mroute.py" "$CAM" "$GROUP" cctv0 video0 control0 corp0 , "$CAM" "$OTHER" cctv0 video0 control0 corp0 , \
	10.20.4.13 "$GROUP" cctv0 video0 corp0 , 172.16.5.20 "$GROUP" corp0 video0 , "$CAM6" "$GROUP6" cctv0 video0 corp0 , \
	after:"$LAB_DIR/go1" , "$CAM" "$LATE" cctv0 video0 , after:"$LAB_DIR/go2" , "$CAM" "$LATER" cctv0 video0
claim "the kernel routes multicast" wait_until 10 grep -q ready "$LAB_DIR/log/mroute.log"

# listen HOST NAME ADDRESS-OR-INTERFACE GROUP PORT: joins and counts into the file NAME.
listen() {
	echo 0 >"$LAB_DIR/$2"
	lab_spawn "$1" "$2" python3 -c "
import socket, sys
name, where, group, port = sys.argv[1:]
six = ':' in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((group, int(port)))
if six:
    import struct
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack('=I', socket.if_nametoindex(where)))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(where))
print('ready', flush=True)
n = 0
while True:
    s.recvfrom(65536)
    n += 1
    open(name, 'w').write(str(n))
" "$LAB_DIR/$2" "$3" "$4" "$5"
	wait_until 10 grep -q ready "$LAB_DIR/log/$2.log"
}
heard() { cat "$LAB_DIR/$1"; }
# send HOST SOURCE GROUP PORT N [BYTES [TTL]]
send() {
	on "$1" python3 -c "
import socket, sys, time
source, group, port, n, size, ttl = sys.argv[1:]
six = ':' in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, int(port)))
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, int(ttl))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex('eth0'))
else:
    s.setsockopt(socket.IPPROTO_IP, 10, 0)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
for _ in range(int(n)):
    s.sendto(b'v' * int(size), (group, int(port)))
    time.sleep(0.002)
" "$2" "$3" "$4" "$5" "${6:-1200}" "${7:-8}"
}

before=$(rule_packets membership)
listen video recorder 10.30.0.10 "$GROUP" 5004
listen control centre 10.30.0.84 "$GROUP" 5004
listen corp office 172.16.5.20 "$GROUP" 5004
listen gw own 10.20.0.1 "$GROUP" 5004
joined() { [ "$(rule_packets membership)" -gt "$before" ]; }
claim "the recorder's membership report reaches the gateway by its line" wait_until 10 joined
at_least "the office's does not" 1 "$(dropped corp self no-allow)"
watch corp eth0 "net 239.0.0.0/8 or net ff05::/16"

send cctv "$CAM" "$GROUP" 5004 100
claim "100 packets of the stream reach the recorder, by real multicast routing" wait_until 10 equals 100 heard recorder
claim "and the centre, which the line names too" wait_until 10 equals 100 heard centre
same "none reaches the office, which joined and has a route" 0 "$(heard office)"
same "none reaches a listener on the gateway: self is not on the right of the line" 0 "$(heard own)"
same "nothing of it is on the office's cable" 0 "$(watched corp '239\.20\.')"
same "every packet counts for its line" 100 "$(rule_packets stream)"
same "every copy counts where it leaves" "100 100" "$(passed cctv video) $(passed cctv control)"
same "and every copy that may not leave is a route-mismatch" 100 "$(dropped cctv corp route-mismatch)"
packets=$(on gw cat /proc/net/ip_mr_cache | awk '/^010114EF 0C04140A/ {print $4}')
same "the kernel copied each packet three times" 100 "$packets"

send cctv 10.20.4.13 "$GROUP" 5004 10
same "another camera's stream to the same group is dropped on its way in" 10 "$(dropped cctv - no-allow)"
send cctv "$CAM" "$OTHER" 5004 10
same "and the camera's to another group" 20 "$(dropped cctv - no-allow)"
send cctv "$CAM" "$GROUP" 6000 10
same "and to another port" 30 "$(dropped cctv - no-allow)"
send corp 172.16.5.20 "$GROUP" 5004 10
same "and the office's own to that group" 10 "$(dropped corp - no-allow)"
send cctv "$CAM" "$GROUP" 5004 10 1200 1
same "a stream whose hop limit is used up is dropped as such" 10 "$(dropped cctv - ttl)"
frames cctv <<-END
	p = IP(src="$CAM", dst="$GROUP", ttl=8) / UDP(sport=5004, dport=5004) / b"v"
	sendp([Ether(src=OWN, dst=mac) / p for mac in (GW, "ff:ff:ff:ff:ff:ff", "01:00:5e:14:01:02", "33:33:ef:14:01:01")], iface="eth0")
END
same "and what is not in the group's own frame" 4 "$(dropped cctv - l2-address)"
same "of all that the recorder heard nothing" 100 "$(heard recorder)"

send cctv "$CAM" "$GROUP" 5004 20 4000
claim "datagrams of three fragments arrive whole" wait_until 10 equals 120 heard recorder
same "in the office not even a piece" 0 "$(watched corp '239\.20\.')"

listen video recorder6 eth0 "$GROUP6" 5004
listen corp office6 eth0 "$GROUP6" 5004
send cctv "$CAM6" "$GROUP6" 5004 50
claim "IPv6 the same: 50 packets reach the recorder" wait_until 10 equals 50 heard recorder6
same "and none the office" "0 0" "$(heard office6) $(watched corp 'ff05')"

explained() {
	firebreak explain "$CAM" "$GROUP" udp/5004 -j | jq -e '.ok and (.answers[0] | .verdict == "ALLOW" and .copies == ["video", "control"] and .line.id == "stream" and .live_agrees)' >/dev/null
}
claim "explain says by which line and whereto, and the program agrees" explained
refused() {
	firebreak explain "$CAM" "$OTHER" udp/5004 -j | jq -e '.ok and (.answers[0] | .reason == "no-allow" and .live_agrees)' >/dev/null
}
claim "and of another group that no line allows it" refused

firebreak isolate no-video --reason "test" >/dev/null
centre=$(heard centre)
send cctv "$CAM" "$GROUP" 5004 10
claim "isolation cuts the copies into one zone" wait_until 10 equals "$((centre + 10))" heard centre
same "which are counted as isolated" 10 "$(dropped cctv video isolated)"
same "and do not arrive" 120 "$(heard recorder)"
firebreak release no-video >/dev/null
send cctv "$CAM" "$GROUP" 5004 10
claim "and release lets them through again" wait_until 10 equals 130 heard recorder

# What waits in the kernel for its route was judged by one policy; after an apply it is not let out by the next one.
listen video late 10.30.0.10 "$LATE" 5004
listen video later 10.30.0.10 "$LATER" 5004
send cctv "$CAM" "$LATE" 5004 3
same "without a route nothing is copied" 0 "$(heard late)"
touch "$LAB_DIR/go1"
claim "what waited for its route is copied then" wait_until 10 equals 3 heard late
send cctv "$CAM" "$LATER" 5004 3

# A policy without the centre, and with the gateway itself, holds with the next packet of the live stream.
narrow=$(sed 's/firebreak cctv -> video, control {/firebreak cctv -> video, self {/' "$stream" | policy_file narrow.fb)
mismatched=$(dropped cctv video route-mismatch)
apply "$narrow"
touch "$LAB_DIR/go2"
stale() { [ "$(dropped cctv video route-mismatch)" -eq $((mismatched + 3)) ]; }
claim "three copies that waited across an apply are a route-mismatch" wait_until 10 stale
send cctv "$CAM" "$LATER" 5004 3
claim "and those judged anew are copied" wait_until 10 equals 3 heard later
centre=$(heard centre)
send cctv "$CAM" "$GROUP" 5004 30
claim "after an apply the recorder goes on hearing" wait_until 10 equals 160 heard recorder
same "the centre, which the line no longer names, hears nothing" "$centre" "$(heard centre)"
claim "and the gateway's own listener does, once self is on the right" wait_until 10 equals 30 heard own

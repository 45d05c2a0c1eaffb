#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bond as a port, untagged and as a trunk: real TCP both ways in active-backup and in 802.3ad, a member cut in the middle of a stream, members that leave
# and join, and everything that is refused. Runs in the guest, because the developers' kernel may have no bonding; anywhere else it says so and is skipped.
#
#   plant 10.50.0.2 ----------- \           / m0 \
#                         [switch: VLAN 30]       bond0 [ gateway ] corp0 --- desk 172.16.5.20
#   video 10.60.0.2 - VLAN 30 - /           \ m1 /
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
if ! on gw ip link add probe type bond 2>/dev/null; then skip_test "this kernel has no bonding"; fi
on gw ip link delete probe
lab_ns switch
on switch ip link add br0 type bridge forward_delay 0 vlan_filtering 1
on switch ip link set br0 up
for n in 0 1; do
	lab_link switch "s$n" "m$n"
	on gw ip link set "m$n" down
done
access() { # HOST VLAN ADDRESS GATEWAY
	lab_ns "$1"
	on switch ip link add "p-$1" type veth peer name eth0 netns "$(ns "$1")"
	on switch ip link set "p-$1" master br0
	lab_host_end "$1" eth0
	lab_host_end switch "p-$1"
	on switch bridge vlan add dev "p-$1" vid "$2" pvid untagged
	on switch ip link set "p-$1" up
	on "$1" ip link set eth0 up
	lab_address "$1" eth0 "$3"
	on "$1" ip route add default via "$4"
}
access plant 1 10.50.0.2/24 10.50.0.1
access video 30 10.60.0.2/24 10.60.0.1
lab_network corp 172.16.0.1/12 172.16.5.20/12

# A switch that knows of the bond, as 802.3ad wants it, or one that does not.
switch_end() { # MODE
	local port
	on switch ip link delete far 2>/dev/null || true
	case $1 in
	active-backup)
		for port in s0 s1; do on switch ip link set "$port" master br0; done
		for port in s0 s1; do on switch bridge vlan add dev "$port" vid 30; done
		;;
	*)
		on switch ip link add far type bond mode "$1" miimon 100
		for port in s0 s1; do
			on switch ip link set "$port" nomaster
			on switch ip link set "$port" down
			on switch ip link set "$port" master far
		done
		on switch ip link set far master br0
		on switch bridge vlan add dev far vid 30
		on switch ip link set far up
		;;
	esac
	for port in s0 s1; do on switch ip link set "$port" up; done
}
gateway_end() { # OPTIONS...
	on gw ip link add bond0 type bond miimon 100 mode "$@"
	for n in 0 1; do on gw ip link set "m$n" master bond0; done
	on gw ip link add link bond0 name bond0.30 type vlan id 30
	on gw ip link set bond0 up
	on gw ip link set bond0.30 up
	lab_address gw bond0 10.50.0.1/24
	lab_address gw bond0.30 10.60.0.1/24
}
mkdir "$LAB_DIR/www"
head -c 1000000 /dev/zero >"$LAB_DIR/www/plan.bin"
head -c 6000000 /dev/zero >"$LAB_DIR/www/film.bin"
for host in plant video corp; do
	lab_spawn "$host" "http-$host" /usr/bin/python3 -m http.server 80 -d "$LAB_DIR/www"
done
fetch() { # FROM ADDRESS FILE BYTES [CURL'S OPTIONS]
	[ "$(on "$1" curl -s --max-time $((15 * PATIENCE)) "${@:5}" -o /dev/null -w '%{size_download}' "http://$2/$3")" = "$4" ]
}
carries() { # WHAT
	claim "$1: 1 MB from the plant to the desk" fetch corp 10.50.0.2 plan.bin 1000000
	claim "$1: 1 MB from the desk to the plant" fetch plant 172.16.5.20 plan.bin 1000000
	claim "$1: 1 MB from the plant to its VLAN, in and out of the bond" fetch plant 10.60.0.2 plan.bin 1000000
	claim "$1: 1 MB from the VLAN to the desk" fetch corp 10.60.0.2 plan.bin 1000000
	claim "$1: the gateway itself answers" on plant ping -c 2 -i 0.2 -W 2 -q 10.50.0.1
}
active() { on gw cat /proc/net/bonding/bond0 | sed -n 's/^Currently Active Slave: //p'; }
policy() { # NAME [LINES]
	{
		cat <<-'END'
		policy "Bond" language 1 version 1
		include "services.fb"
		zone plant { interface bond0          network 10.50.0.0/24 }
		zone video { interface bond0 vlan 30  network 10.60.0.0/24 }
		zone corp  { interface corp0          network 172.16.0.0/12 }
		firebreak corp -> plant  { allow any -> any http }
		firebreak corp -> video  { allow any -> any http }
		firebreak plant -> corp  { allow any -> any http }
		firebreak plant -> video { allow any -> any http }
		firebreak plant -> self  { allow any -> any icmp/echo-request }
		END
		[ $# -lt 2 ] || printf '%s\n' "$2"
	} | policy_file "$1"
}
refused() { # SENTENCE PATTERN POLICY
	local status=0
	apply "$3" >"$LAB_DIR/said" 2>&1 || status=$?
	deny "$1: refused" test "$status" = 0
	claim "$1: with the reason ($(head -c 200 "$LAB_DIR/said" | tr '\n' ' '))" grep -qE "$2" "$LAB_DIR/said"
}

switch_end active-backup
gateway_end active-backup
agent_start
good=$(policy bond.fb)
apply "$good"
claim "the bond enforces" enforcing bond0
carries active-backup
deny "what no line allows passes on no member" on video curl -s --max-time 2 http://10.50.0.2/
at_least "and is counted" 1 "$(dropped video plant no-allow)"

# The active member's cable is pulled while 6 MB are on their way, and the agent is dead.
agent_kill
before=$(active)
fetch corp 10.50.0.2 film.bin 6000000 --limit-rate 800K &
stream=$!
moved() { [ "$(active)" != "$before" ]; }
sleep 3
on switch ip link set "s${before#m}" down
claim "the other member takes over" wait_until 10 moved
claim "and the stream ends whole, with the agent dead" wait "$stream"
same "on the other member" "$([ "$before" = m0 ] && echo m1 || echo m0)" "$(active)"
on switch ip link set "s${before#m}" up
agent_start

# A member leaves: closed as any device that no zone has. It joins again: taken up without a word from anybody.
on gw ip link set m0 nomaster
lab_address gw m0 10.50.0.9/24
on gw ip link set m0 up
on plant ip neigh replace 10.50.0.9 lladdr "$(on gw ip -j link show m0 | jq -r '.[0].address')" dev eth0 nud permanent
on gw ip neigh replace 10.50.0.2 lladdr "$(on plant ip -j link show eth0 | jq -r '.[0].address')" dev m0 nud permanent
deny "a member that left is not listened to" on plant ping -c 2 -i 0.2 -W 1 -q 10.50.0.9
claim "the bond goes on with the other" fetch corp 10.50.0.2 plan.bin 1000000
on gw ip address flush dev m0
on gw ip link set m0 down
on gw ip link set m0 master bond0
on gw ip link set bond0 type bond active_slave m0
claim "a member that joined carries" wait_until 10 fetch corp 10.50.0.2 plan.bin 1000000
same "the one that joined" m0 "$(active)"
on gw ip link add d0 type dummy
deny "what cannot be protected does not become a member" on gw ip link set d0 master bond0

# Refused, each with what to do; the policy in force goes on.
on gw ip link add alb0 type bond mode balance-alb
on gw ip link add hash0 type bond mode balance-xor xmit_hash_policy vlan+srcmac
on gw ip link add slow0 type bond mode active-backup
on gw ip link set d0 master slow0
refused "a mode that changes frames" 'alb0 is a bond of mode balance-alb' "$(policy more.fb 'zone more { interface alb0  network 192.0.2.0/24 }')"
refused "a hash that XDP cannot follow" 'hash vlan\+srcmac.*xmit_hash_policy' "$(policy more.fb 'zone more { interface hash0  network 192.0.2.0/24 }')"
refused "a member by itself" 'm1 is a member of the bond bond0: name bond0' "$(policy more.fb 'zone more { interface m1  network 192.0.2.0/24 }')"
refused "members without native XDP" 'slow0: a member of this bond has no native XDP.*members: d0' "$(policy more.fb 'zone more { interface slow0  network 192.0.2.0/24 }')"
on gw ip link add hash1 type bond mode active-backup
lab_ns far
lab_link far eth0 wire0
refused "the end of a wire" 'is a bond, and the end of a wire is one cable' "$(policy more.fb 'zone w1 { interface hash1  network 192.0.2.0/25 }
zone w2 { interface wire0  network 192.0.2.128/25 }
wire hash1 <-> wire0')"
claim "the policy in force goes on" fetch corp 10.50.0.2 plan.bin 1000000

# Created again, as a bond that agrees with its switch: LACP passes, though no line says so.
on gw ip link delete bond0
switch_end 802.3ad
gateway_end 802.3ad lacp_rate fast
claim "802.3ad: enforced when it is there again" wait_until 20 enforcing bond0
bonding() { on gw cat /proc/net/bonding/bond0; }
heard() { bonding | grep -q 'Partner Mac Address: [0-9a-f:]*[1-9a-f]'; }
one_link() { [ "$(bonding | sed -n 's/^\tAggregator ID: //p')" = "$(bonding | sed -n 's/^Aggregator ID: //p' | sort -u)" ] && [ "$(bonding | sed -n 's/^\tNumber of ports: //p')" = 2 ]; }
claim "802.3ad: the switch is heard" wait_until 30 heard
claim "802.3ad: both members are one link" wait_until 30 one_link
claim "802.3ad: and carries" wait_until 10 fetch corp 10.50.0.2 plan.bin 1000000
carries 802.3ad

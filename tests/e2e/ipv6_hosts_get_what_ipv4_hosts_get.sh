#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two networks that speak IPv6 only: real neighbour discovery, TCP, ping in pieces, traceroute, a path that becomes narrow, and a host whose MAC address changes
# without a word. What no line allows is dropped there as well.
# time limit: 180 s
#
#   plant 2001:db8:a::5 --- plant0 [gateway ...::1] office0 --- office 2001:db8:b::5 (iperf3)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=2001:db8:b::5 PLANT=2001:db8:a::5
lab_new
lab_gateway
lab_network plant 2001:db8:a::1/64 $PLANT/64
lab_network office 2001:db8:b::1/64 $OFFICE/64
agent_start
policy=$(policy_file six.fb <<-'END'
	policy "six" language 1
	zone plant  { interface plant0   network 2001:db8:a::/64 }
	zone office { interface office0  network 2001:db8:b::/64 }
	firebreak plant -> office {
		allow any -> any tcp/5201 id stream
		allow any -> any udp/33434-33534 id trace
		allow any -> any icmpv6/echo-request id ping
	}
END
)
apply "$policy"
pings() { on plant ping -6 -c 3 -i 0.2 -W 2 "$@" "$OFFICE" | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }
answers() { [ "$(pings)" = 3 ]; }
claim "neighbours are found and pings answered" wait_until 10 answers
same "pings of three fragments and their answers arrive" 3 "$(pings -s 4000)"
same "also the largest there are" 3 "$(pings -s 65000)"
same "traceroute sees the gateway and the office" "2001:db8:a::1 $OFFICE" "$(on plant traceroute -6 -n -q 1 -w 2 -m 3 "$OFFICE" | awk 'NR > 1 {print $2}' | paste -sd ' ')"

lab_spawn office server iperf3 -6 -s
serves() { on office ss -Hlnt "sport = :5201" | grep -q .; }
claim "the server listens" wait_until 10 serves
kbytes() { on plant timeout 40 iperf3 -6 -J -t "$1" "${@:2}" -c "$OFFICE" | jq '.end.sum_received.bytes / 1000 | floor'; }
at_least "TCP flows (kB)" 2000 "$(kbytes 1)"
at_least "and back (kB)" 2000 "$(kbytes 1 -R)"

on gw ip link set office0 mtu 1300
too_big() { grep -qE 'mtu ?= ?1300' <<<"$(on plant ping -6 -c 1 -W 2 -M "do" -s 1400 "$OFFICE" 2>&1 || true)"; }
claim "a packet that is too large is answered with the size that fits" wait_until 5 too_big
on plant ip -6 route flush cache
at_least "TCP finds the narrow size by itself (kB)" 200 "$(kbytes 1)"
on plant ip -6 route flush cache
same "so does tracepath" "1300" "$(on plant tracepath -6 -n -m 3 -p 33434 "$OFFICE" | awk '/Resume:/ {print $3}')"
on gw ip link set office0 mtu 1500
on plant ip -6 route flush cache

began=$(now_ms)
on office ip link set eth0 address 02:00:00:00:66:66
on office ip -6 address add $OFFICE/64 dev eth0 nodad 2>/dev/null || true
on office ip -6 route replace default via 2001:db8:b::1
claim "a host whose MAC address changes is found again" wait_until 90 answers
say "   after $((($(now_ms) - began) / 1000)) s"

watch office eth0 "ip6 and src $PLANT and not icmp6"
deny "another port" on plant timeout 3 bash -c "exec 3<>/dev/tcp/$OFFICE/22"
deny "an initiator on the other side" on office ping -6 -c 1 -W 1 -q "$PLANT"
at_least "both are no-allow" 2 $(($(dropped plant office no-allow) + $(dropped office plant no-allow)))
same "and nothing arrived" 0 "$(watched office '\.22:')"

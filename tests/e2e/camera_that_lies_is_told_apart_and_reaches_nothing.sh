#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In a zone with binding strict, a camera that takes its neighbour's address, a stranger with a camera's address, a stranger with
# its own, and a forged ARP reply are four different events, and nothing of them arrives anywhere. What is declared goes on, and learn only tells.
#
#   cam-0412 10.20.4.12 (and whoever else is on that cable) --- cctv0 [gateway + agent] video0 --- nvr-1
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
bound() { # MODE NAME
	local policy
	policy=$(town_policy "$2" <<-'END'
		device cam-0413 in cctv { ip 10.20.4.13  mac 3c:ef:8c:00:04:13 }
		firebreak cctv -> video { allow any -> nvr-1 udp/5001 }
	END
	)
	sed -i -e "s|^zone cctv .*|zone cctv { interface cctv0  network 10.20.0.0/16  binding $1 }|" \
		-e 's|^device cam-0412 .*|device cam-0412 in cctv { ip 10.20.4.12  mac 3c:ef:8c:00:04:12 }|' "$policy"
	echo "$policy"
}
apply "$(bound strict strict.fb)"

# lie MAC ADDRESS COUNT: datagrams to the recorder
lie() {
	frames cctv <<-END
		sendp(Ether(src="$1", dst=GW) / IP(src="$2", dst="10.30.0.10") / UDP(sport=5001, dport=5001) / (b"x" * 20), iface="eth0", count=$3)
	END
}
claims_to_be() { # MAC ADDRESS
	frames cctv <<-END
		sendp(Ether(src="$1", dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc="$1", psrc="$2", hwdst=GW, pdst="10.20.0.1"), iface="eth0")
	END
}
told() { # DETAIL ADDRESS: that many were told
	firebreak events -j -k binding | jq --arg d "$1" --arg a "$2" '[.events[] | select(.detail == $d and .src == $a) | .count] | add // 0'
}
watch video eth0 "udp port 5001"
lie 3c:ef:8c:00:04:12 10.20.4.12 3
declared_arrives() { [ "$(watched video .)" = 3 ]; }
claim "the declared camera reaches the recorder" wait_until 5 declared_arrives

lie 3c:ef:8c:00:04:12 10.20.4.13 2
lie 00:00:de:ad:be:ef 10.20.4.12 2
lie 00:00:de:ad:be:ef 10.20.4.77 2
claims_to_be 3c:ef:8c:00:04:12 10.20.0.1
claims_to_be 3c:ef:8c:00:04:12 10.20.4.13
dropped_all() { [ "$(dropped cctv self binding)" -ge 2 ] && [ "$(dropped_from cctv binding)" = 8 ]; }
claim "eight lies are eight drops of binding" wait_until 5 dropped_all
same "the neighbour's address is a foreign address" 3 "$(told foreign-address 10.20.4.13)"
same "the stranger with the camera's address is a foreign MAC" 2 "$(told foreign-mac 10.20.4.12)"
same "the stranger with an address of its own is unknown" 2 "$(told unknown-device 10.20.4.77)"
same "the forged ARP reply is a forged claim" 1 "$(told forged-claim 10.20.0.1)"
same "they are alarms, all of them" true "$(firebreak events -j -k binding | jq 'all(.events[]; .alarm)')"
same "nothing of it reached the recorder" 3 "$(watched video .)"
same "and the gateway believes none of it" "" "$(on gw ip neigh show 10.20.4.13 | grep -i 3c:ef:8c:00:04:12 || true)"
claim "why says how the stranger would be declared" bash -c 'grep -q "firebreak device add NAME --in cctv --mac 00:00:de:ad:be:ef --ip 10.20.4.77"' < <(COLUMNS=400 firebreak why 10.20.4.77)
claim "and that a replaced device is replaced" bash -c 'grep -q "firebreak device replace cam-0412 --mac 00:00:de:ad:be:ef"' < <(firebreak why cam-0412)
same "the inventory has the stranger" 00:00:de:ad:be:ef "$(firebreak devices --unknown -j | jq -r '.devices[] | select(.ip == "10.20.4.77") | .mac')"

claim "explain agrees with the program about the camera" bash -c 'grep -q "live program agrees"' < <(firebreak explain cam-0412 nvr-1 udp/5001 --expect allow)
claim "and about the stranger: binding" bash -c 'tr "\n" " " | grep -q "DROP *binding.*live program agrees"' < <(firebreak explain 10.20.4.77 nvr-1 udp/5001 --expect deny)

# a live flow of the camera does not carry the stranger either
lie 3c:ef:8c:00:04:12 10.20.4.12 1
lie 00:00:de:ad:be:ef 10.20.4.12 5
stays_four() { [ "$(watched video .)" = 4 ]; }
claim "the stranger cannot use the camera's flow" wait_until 5 stays_four
sleep 1
same "not with one packet" 4 "$(watched video .)"

apply "$(bound learn learn.fb)"
lie 00:00:de:ad:be:ef 10.20.4.77 2
learnt() { [ "$(watched video .)" = 6 ]; }
claim "learn lets pass" wait_until 5 learnt
at_least "and tells" 1 "$(firebreak events -j -k binding | jq '[.events[] | select(.reason == "passed" and .detail == "unknown-device") | .count] | add // 0')"

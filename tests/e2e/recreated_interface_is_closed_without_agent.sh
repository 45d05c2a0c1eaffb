#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The agent is dead, and a zone's interface disappears and comes again (a driver reload, a USB adapter): its program is gone with the
# old one. Nothing from it reaches the gateway or another zone until an agent has taken it back.
#
#   camera 10.20.4.12 --- cctv0, deleted and made anew [gateway] video0 --- recorder 10.30.0.10 (nginx)
#                                                               traffic0 --- signals (sshd)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
sshd_up gw gateway "gateway"
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak cctv -> video { allow cameras -> nvr-1 tcp/443 }
	firebreak cctv -> self  { allow cameras -> self tcp/22 }
	firebreak jump -> self  { allow jump-1 -> self tcp/22 }
	never cctv <-> traffic
END
)
apply "$policy"
same "the camera may browse the recorder" 200 "$(browse cctv "https://$RECORDER/")"
same "and log in to the gateway" gateway "$(ssh_from cctv 10.20.0.1)"
agent_kill
claim "the agent is dead" lab_gone agent
on gw ip link delete cctv0
lab_link cctv eth0 cctv0 3c:ef:8c:00:04:12
lab_address gw cctv0 10.20.0.1/16
lab_address cctv eth0 10.20.4.12/16 10.20.4.13/16
on cctv ip route add default via 10.20.0.1

watch traffic eth0 "ip src net 10.20.0.0/16"
watch video eth0 "ip src net 10.20.0.0/16"
deny "nothing from the new interface reaches the gateway: no ssh" ssh_from cctv 10.20.0.1
deny "no ping" on cctv ping -c 3 -i 0.2 -W 1 -q 10.20.0.1
same "nor the signals" "" "$(scan_signals)"
deny "nor another zone, although the policy would allow it" browse cctv "https://$RECORDER/"
same "no packet of it was seen there" "0 0" "$(watched traffic .) $(watched video .)"
same "the other interfaces go on as before" gateway "$(ssh_from jump 10.30.0.129)"

# Whoever makes a device may give it the index that the guard lists: of both, so that the way from one to the other is listed as well.
back() { # ZONE GATEWAY HOST...
	local zone=$1 gw=$2 index
	shift 2
	index=$(on gw ip -j link show "${zone}0" | jq ".[0].ifindex")
	on gw ip link delete "${zone}0"
	lab_link "$zone" eth0 "${zone}0" "" "$index"
	lab_address gw "${zone}0" "$gw"
	lab_address "$zone" eth0 "$@"
	on "$zone" ip route add default via "${gw%/*}"
}
agent_start
wait_until 15 enforcing cctv0
agent_kill
back cctv 10.20.0.1/16 10.20.4.12/16 10.20.4.13/16
back traffic 10.10.0.1/16 10.10.1.1/16
claim "the guard lists the index of the new device" on gw nft get element inet firebreak_guard enforced "{ \"cctv0\" }"
deny "one with the index of the old one is shut out as well: no ping" on cctv ping -c 3 -i 0.2 -W 1 -q 10.20.0.1
same "nor the signals, which are behind such a device too" "" "$(scan_signals)"
same "nor do they get anywhere" "" "$(on traffic nc -w 1 10.20.4.12 22 </dev/null || true)"

agent_start
claim "a new agent takes the interface back under enforcement" wait_until 15 enforcing cctv0
same "what the policy allows works again" 200 "$(browse cctv "https://$RECORDER/")"
same "to the gateway too" gateway "$(ssh_from cctv 10.20.0.1)"
same "and the signals are still not found" "" "$(scan_signals)"
at_least "but counted" 1 "$(dropped cctv traffic never)"

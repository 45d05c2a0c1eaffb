#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kill -9 of the agent under traffic: what is allowed loses no packet, what is denied leaks none, a scan still finds nothing, and the
# counters go on: the agent that comes next adopts what is pinned and reports every packet, to the last one.
#
#   recorder 10.30.0.10 (sender) --- video0 [gateway, agent killed] corp0 --- desk 172.16.5.20 (counter)
#   camera 10.20.4.12 (nmap)     --- cctv0                     traffic0 --- signals 10.10.1.1-3
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001 id stream }
	never cctv <-> traffic
END
)
apply "$policy"
before=$(generation)
count_start corp 5001 5002
send_start video 20000 60 "$RECORDER" "$DESK" 5001 5002
busy() { [ "$(rule_packets stream)" -gt 10000 ]; }
claim "the stream passes" wait_until 10 busy
agent_kill
claim "the agent is dead" lab_gone agent
same "the dead agent's gateway still hides the signals" "" "$(scan_signals)"
agent_start
same "a new agent adopts the generation in force" "$before" "$(generation)"
claim "and enforces on every interface" test "$(firebreak status -j | jq '[.interfaces[] | select(.enforcing)] | length')" = 7
agent_kill
agent_start
streams_stop
same "allowed: every packet that was sent arrived" "$(sent 5001)" "$(received 5001)"
same "denied: none arrived" 0 "$(received 5002)"
same "the line counted every packet, also of the time without an agent" "$(sent 5001)" "$(rule_packets stream)"
same "so did the drops" "$(sent 5002)" "$(dropped video corp no-allow)"
at_least "and the scan's" 15 "$(dropped cctv traffic never)"
same "the metrics say the same" "$(sent 5002)" \
	"$(metrics | sed -n 's/^firebreak_dropped_packets_total{.*src_zone="video".*reason="no-allow".*} //p' | head -n 1)"

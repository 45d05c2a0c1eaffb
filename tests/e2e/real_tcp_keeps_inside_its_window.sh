#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bulk TCP, both ways, many connections, through the gateway and to the gateway itself (whose answers leave as large GSO packets by the tc
# program): the window check drops nothing of it, and it is fast.
#
#   recorder 10.30.0.10 (iperf3 client) --- video0 [gateway, iperf3 server] corp0 --- office 172.16.0.123 (iperf3 server)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy bulk.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> any tcp/5201 id bulk }
	firebreak video -> self { allow nvr-1 -> self tcp/5201 id to-self }
END
)
apply "$policy"
lab_spawn corp office-server iperf3 -s
lab_spawn gw gateway-server iperf3 -s
serves() { on "$1" ss -Hlnt "sport = :5201" | grep -q .; }
claim "the servers listen" wait_until 10 eval 'serves corp && serves gw'

# A server that has not quite ended the test before refuses the next.
measured() { rate=$(on video iperf3 -J -t 2 "$@" | jq -e '.end.sum_received.bits_per_second / 1e6 | floor' 2>/dev/null); }
# bulk SENTENCE MINIMUM(Mbit/s) ARGUMENTS...: the rate that arrived
bulk() {
	local sentence=$1 least=$2 rate=0
	shift 2
	wait_until 20 measured "$@" || fail "$sentence: iperf3 has no result"
	at_least "$sentence (Mbit/s)" "$least" "$rate"
}
bulk "recorder -> office, four connections" 200 -c 172.16.0.123 -P 4
bulk "office -> recorder, four connections" 200 -c 172.16.0.123 -P 4 -R
bulk "recorder -> gateway" 200 -c 10.30.0.1
bulk "gateway -> recorder" 200 -c 10.30.0.1 -R
bulk "small windows too" 20 -c 172.16.0.123 -w 8K
same "the window check dropped nothing between the two" 0 "$(($(dropped video corp tcp-window) + $(dropped corp video tcp-window)))"
same "nor to and from the gateway" 0 "$(($(dropped video self tcp-window) + $(dropped self video tcp-window)))"
same "nor did the state check" 0 "$(($(dropped video corp tcp-state) + $(dropped corp video tcp-state) + $(dropped video self tcp-state) + $(dropped self video tcp-state)))"

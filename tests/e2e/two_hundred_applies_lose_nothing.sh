#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 200 applies that alternate two policies, under 100,000 packets a second: what both allow loses no packet, what both deny passes none.
# time limit: 240 s
#
#   recorder 10.30.0.10 (sender) --- video0 [gateway] corp0 --- desk 172.16.5.20 (counter)
#   udp/5001: both allow    udp/5002: both deny    udp/5003: only one allows
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
one=$(town_policy one.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001, udp/5003 id both }
END
)
two=$(town_policy two.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001 }
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 }
	never video -> corp udp/5002-5003
END
)
apply "$one" >/dev/null
first=$(generation)
count_start corp 5001 5002 5003
send_start video 100000 200 "$RECORDER" "$DESK" 5001 5002 5001 5003
busy() { [ "$(passed video corp)" -gt 10000 ]; }
claim "the stream passes" wait_until 10 busy
started=$(now_ms)
for ((i = 0; i < 100; i++)); do
	apply "$two" >/dev/null
	apply "$one" >/dev/null
done
took=$(($(now_ms) - started))
claim "the stream outlasted the applies" lab_running send
streams_stop
same "200 generations" $((first + 200)) "$(generation)"
rate=$((($(sent 5002) + $(sent 5003)) * 2 * 1000 / (took + 1)))
say "   ($took ms, $(($(sent 5002) * 4)) packets, about $rate a second)"
at_least "some tens of thousands a second" 50000 "$rate"
same "what both allow: every packet arrived" "$(sent 5001)" "$(received 5001)"
same "what both deny: none" 0 "$(received 5002)"
at_least "what one allows: some" 1 "$(received 5003)"

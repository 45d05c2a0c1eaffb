#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A policy of 20,000 lines whose port ranges all differ needs more than the image has room for. It is refused within seconds, with the size of what did not
# fit and what costs most; what runs goes on, packet after packet, and the next policy works. `check` says the same without an agent.
#
#   desk 172.16.5.20 (ping) --- corp0 [gateway] video0 --- recorder 10.30.0.10
# time limit: 120 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
old=$(town_policy old.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
apply "$old"
passes() { on corp ping -c1 -W1 "$RECORDER" >/dev/null; }
claim "the old policy holds" passes
before=$(generation)

# lines N: as many whose sources, destinations and ports are each their own
lines() {
	awk -v n="$1" 'BEGIN {
		srand(7)
		print "firebreak corp -> internet {"
		for (i = 0; i < n; i++) {
			port = 1 + int(rand() * 60000)
			printf "  allow 172.%d.%d.%d/26 -> %d.%d.0.0/16 tcp/%d-%d id r%d\n", 16 + int(rand() * 16), int(rand() * 256),
				int(rand() * 4) * 64, 11 + int(rand() * 100), int(rand() * 256), port, port + int(rand() * 500), i
		}
		print "}"
	}'
}
large=$(lines 20000 | town_policy large.fb)
on corp ping -i 0.05 -c 200 -W1 "$RECORDER" >"$LAB_DIR/pings" &
start=$(now_ms) status=0
firebreak apply "$large" >"$LAB_DIR/said" 2>&1 || status=$?
took=$(($(now_ms) - start))
cat "$LAB_DIR/said"
same "the agent refuses it" 5 "$status"
claim "and says what does not fit" grep -Eq 'does not fit into an image of 16 MiB: section ".*" needs [0-9]+ KiB' "$LAB_DIR/said"
claim "and what makes it large" grep -q "its services fall into [0-9]* classes: use fewer different port ranges" "$LAB_DIR/said"
claim "within seconds ($took ms)" test "$took" -lt $((15000 * PATIENCE))
same "the old policy is in force" "$before" "$(generation)"
wait
same "and no packet was lost meanwhile" 200 "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$LAB_DIR/pings")"
apply "$(lines 200 | town_policy small.fb)"
claim "the next policy works" test "$(generation)" -gt "$before"

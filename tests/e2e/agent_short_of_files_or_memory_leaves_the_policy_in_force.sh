#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An agent that is started with too few files or too little memory ends and says what it lacks. What is in force stays, and nobody is told to unload it,
# which would open the gateway; with enough of both the next one adopts the same generation.
#
#   desk 172.16.5.20 (ping) --- corp0 [gateway, agent starved] video0 --- recorder 10.30.0.10
#   camera 10.20.4.12 (ping) --- cctv0
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
apply "$policy"
before=$(generation)
agent_kill
allowed() { on corp ping -c1 -W1 "$RECORDER" >/dev/null; }
denied() { on cctv ping -c1 -W1 "$RECORDER" >/dev/null; }

# starved LIMIT VALUE WORDS
starved() {
	local status=0 said=$LAB_DIR/said
	(
		ulimit "$1" "$2"
		on gw timeout 20 "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" --metrics off
	) >"$said" 2>&1 || status=$?
	same "ulimit $1 $2: the agent ends, status" 3 "$status"
	claim "and says what it lacks" grep -q "$3" "$said"
	deny "but not to unload" grep -q -e --unload "$said"
	claim "what was allowed passes" allowed
	deny "what was not does not" denied
}
for files in 12 24 48; do starved -n "$files" "Too many open files"; done
starved -v 60000 "Cannot allocate memory"
agent_start
same "an agent with enough of both adopts what is in force" "$before" "$(generation)"

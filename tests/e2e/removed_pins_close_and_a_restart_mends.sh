#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody removes the pins under an agent that runs: the gateway closes and says so, an apply is refused and names what mends it, and that
# mends it. Of a tree without any pins a restart alone makes a new one.
#
#   recorder 10.30.0.10 (nginx) --- video0 [gateway + agent, pins removed] corp0 --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 }
END
)
apply "$policy"
same "the desk may browse" 200 "$(browse corp "https://$RECORDER/")"
rm -rf "$LAB_RUN"/bpf/v*/*
not_enforcing() { ! enforcing corp0; }
claim "the status says that nothing enforces" wait_until 10 not_enforcing
deny "nothing passes" browse corp "http://$RECORDER/"
apply "$policy" >"$LAB_DIR/said" 2>&1 || true
cat "$LAB_DIR/said" >&2
claim "a refused apply says what mends it" grep -q 'remove the rest (.*) and restart firebreakd' "$LAB_DIR/said"
agent_kill
agent_start
claim "a restart finds a tree without pins, and says so" grep -q 'somebody removed all pins below' "$LAB_DIR/log/agent.log"
claim "that mends it, too" wait_until 10 enforcing corp0
same "the desk may browse again" 200 "$(browse corp "https://$RECORDER/")"
rm -rf "$LAB_RUN"/bpf/v*/{explain,links,progs}
claim "some pins are removed: the status says that nothing enforces" wait_until 10 not_enforcing
rm -rf "$LAB_RUN"/bpf/v*
deny "the rest of the pins is not what keeps it closed" browse corp "http://$RECORDER/"
agent_kill
agent_start
claim "that mends it" wait_until 10 enforcing corp0
same "the desk may browse again" 200 "$(browse corp "https://$RECORDER/")"
deny "and nothing else" browse corp "http://$RECORDER/"

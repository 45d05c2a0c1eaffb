#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody removes pins. One under an agent that runs is put back, an array of stages with what is in it; of one that was removed while no agent ran the next makes
# a new one. Without the folders of the pins the gateway closes and says so, an apply is refused and names what mends it, and that
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
pins() { (cd "$LAB_RUN"/bpf/v* && find . -type f | sort); }
pins >"$LAB_DIR/pins"
all_pinned() { [ "$(pins)" = "$(cat "$LAB_DIR/pins")" ]; }
rm "$LAB_RUN"/bpf/v*/{progs/stages,progs/explain-stages,progs/fb_xdp_judge,maps/fb_egress,maps/image-a,explain/fb_flows}
same "a new connection of the desk passes while the stages have no pin" 200 "$(browse corp "https://$RECORDER/")"
claim "pins that are removed under an agent are put back" wait_until 10 all_pinned
claim "and that is said" grep -q '6 pins were removed by somebody and put back' "$LAB_DIR/log/agent.log"
agent_kill
rm "$LAB_RUN"/bpf/v*/progs/{stages,explain-stages,fb_xdp_reject}
agent_start
claim "programs and stages that are removed while no agent runs are pinned anew" wait_until 10 all_pinned
same "a new connection of the desk passes" 200 "$(browse corp "https://$RECORDER/")"
claim "explain runs through its stages" grep -q "live program agrees" <(firebreak explain desk nvr-1 tcp/443 --expect allow)
# an agent that looks meanwhile puts some back
remove() { wait_until 5 rm -rf "$@"; }
remove "$LAB_RUN"/bpf/v*/*
not_enforcing() { ! enforcing corp0; }
claim "the status says that nothing enforces" wait_until 10 not_enforcing
same "and that the guard is there, as it is" true "$(firebreak status -j | jq .guard)"
unlisted() { ! on gw nft list set inet firebreak_guard enforced | grep -q elements; }
claim "which hears no interface" wait_until 10 unlisted
deny "nothing passes" browse corp "http://$RECORDER/"
apply "$policy" >"$LAB_DIR/said" 2>&1 || true
cat "$LAB_DIR/said" >&2
claim "a refused apply says what mends it" grep -q 'remove the rest (.*) and restart firebreakd' "$LAB_DIR/said"
agent_kill
agent_start
claim "a restart finds a tree without pins, and says so" grep -q 'somebody removed all pins below' "$LAB_DIR/log/agent.log"
claim "that mends it, too" wait_until 10 enforcing corp0
same "the desk may browse again" 200 "$(browse corp "https://$RECORDER/")"
remove "$LAB_RUN"/bpf/v*/{explain,links,progs}
claim "some pins are removed: the status says that nothing enforces" wait_until 10 not_enforcing
remove "$LAB_RUN"/bpf/v*
deny "the rest of the pins is not what keeps it closed" browse corp "http://$RECORDER/"
agent_kill
agent_start
claim "that mends it" wait_until 10 enforcing corp0
same "the desk may browse again" 200 "$(browse corp "https://$RECORDER/")"
deny "and nothing else" browse corp "http://$RECORDER/"

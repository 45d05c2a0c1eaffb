#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A policy with ten different mistakes: ten diagnostics with file, line, column and caret, exit status 1, from `check` and from `apply`;
# the policy in force is untouched.
#
#   recorder 10.30.0.10 (nginx) --- video0 [gateway] corp0 --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 id web }
END
)
apply "$policy"
same "the desk may browse" 200 "$(browse corp "https://$RECORDER/")"
before=$(generation)
wrong=$(town_policy wrong.fb <<-'END'
	device nvr-2 in video { ip 10.30.0.999 }
	device pump in cctv { ip 10.30.0.11 }
	group lamps in traffic { 10.10.3.7/24 }
	firebreak corp -> vidoe { allow desk -> nvr-1 tcp/80 }
	firebreak corp -> control { allow desk -> utc-1 }
	firebreak corp -> jump { allow desk -> jump-1 tcp/90-80 }
	firebreak corp -> cctv { allow dsk -> cam-0412 tcp/554 }
	firebreak corp -> traffic { allow desk -> signals tcp/70000 }
	firebreak control -> cctv { allow utc-1 -> cam-0412 tcp/80 until 2026-02-30 }
	never jump -> nowhere
END
)
for verb in check apply; do
	status=0
	firebreak "$verb" "$wrong" >"$LAB_DIR/said" 2>&1 || status=$?
	same "$verb: exit status 1" 1 "$status"
	if [ "$(grep -cE '^[^ ]*wrong\.fb:[0-9]+:[0-9]+: error: ' "$LAB_DIR/said")" != 10 ]; then cat "$LAB_DIR/said"; fi
	same "$verb: ten diagnostics, each with its place" 10 "$(grep -cE '^[^ ]*wrong\.fb:[0-9]+:[0-9]+: error: ' "$LAB_DIR/said")"
	same "$verb: one for each line" 10 "$(grep -oE 'wrong\.fb:[0-9]+' "$LAB_DIR/said" | sort -u | wc -l)"
	at_least "$verb: with a caret each" 10 "$(grep -cE '^ *\^' "$LAB_DIR/said")"
done
claim "a word that was nearly right is suggested" grep -qi 'did you mean.*video' "$LAB_DIR/said"
same "the generation in force is untouched" "$before" "$(generation)"
same "and so is the traffic" 200 "$(browse corp "https://$RECORDER/")"

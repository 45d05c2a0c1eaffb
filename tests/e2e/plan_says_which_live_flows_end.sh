#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A desk holds a connection to the recorder. The plan of a policy without its line says that it ends, the plan of one that keeps the line
# says that none does; nothing changes by asking. Then the evidence: a snapshot holds this flow and its hashes are right, the report names the
# line that nothing used, and so does `rules --unused 90d`.
#
#   recorder 10.30.0.10 (nginx) --- video0 [gateway] corp0 --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
agent_start
now=$(town_policy now.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 id web }
	firebreak corp -> control { allow desk -> utc-1 tcp/443 id idle }
END
)
without=$(town_policy without.fb <<-'END'
	firebreak corp -> control { allow desk -> utc-1 tcp/443 id idle }
END
)
wider=$(town_policy wider.fb <<-'END'
	firebreak corp -> video { allow any -> nvr-1 tcp/443 id web }
END
)
apply "$now"
lab_spawn corp held bash -c "exec 3<>/dev/tcp/${RECORDER%%:*}/443; sleep 60"
flow_lives() { [ "$(firebreak flows -j | jq '[.flows[] | select(.dport == 443 and .state == "established")] | length')" = 1 ]; }
claim "the desk's connection lives" wait_until 10 flow_lives
before=$(generation)

plan() { # FILE
	local status=0
	firebreak plan "$1" >"$LAB_DIR/plan" 2>&1 || status=$?
	same "there are changes" 4 "$status"
}
plan "$without"
claim "the flow ends with its line, and is counted" grep -qx '1 of 1 live flows end' "$LAB_DIR/plan"
claim "it stands at what closes" grep -qE '^closes +corp -> video .*was .*now\.fb:[0-9]+ +1 live flow ends$' "$LAB_DIR/plan"
plan "$wider"
claim "the flow stays where its line stays" grep -qx '0 of 1 live flows end' "$LAB_DIR/plan"
same "the JSON form says the same" '{"live":1,"end":1,"at_least":false}' "$(firebreak plan -j "$without" | jq -c .flows || true)"
same "asking has changed nothing" "$before" "$(generation)"

same "the line that nothing used" idle "$(firebreak rules --unused 90d -j 2>/dev/null | jq -r '.rules[].id')"
firebreak report --iec62443 >"$LAB_DIR/report"
claim "the report names it among the unused" grep -qE '^\| desk -> utc-1  tcp/443 \|.*\| idle \|' "$LAB_DIR/report"
claim "and whose it is" grep -q "^The gateway is $(on gw uname -n): generation $before, applied .* by root; enforcing; agent " "$LAB_DIR/report"
claim "and the change that put it in force" grep -qE "^\| $before \|" "$LAB_DIR/report"

firebreak snapshot -o "$LAB_DIR/evidence.json" >"$LAB_DIR/said"
claim "nothing is missing" grep -qE ' ([0-9]+) of \1 parts' "$LAB_DIR/said"
same "only its owner may read the snapshot" 600 "$(stat -c %a "$LAB_DIR/evidence.json")"
same "it holds the flow" 443 "$(jq '.parts.flows.flows[] | select(.dport == 443) | .dport' "$LAB_DIR/evidence.json")"
same "it holds the policy in force" "$before" "$(jq .parts.generation.generation "$LAB_DIR/evidence.json")"
same "every part has its hash" "$(jq -c '.parts | keys' "$LAB_DIR/evidence.json")" "$(jq -c '.sha256 | keys' "$LAB_DIR/evidence.json")"
for part in generation rules flows; do
	same "the hash of $part is that of its compact JSON" "$(jq -r ".sha256.$part" "$LAB_DIR/evidence.json")" \
		"$(jq -cjS ".parts.$part" "$LAB_DIR/evidence.json" | sha256sum | cut -d' ' -f1)"
done
deny "a file that exists is not overwritten" firebreak snapshot -o "$LAB_DIR/evidence.json"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Generations are stored with all their files. A rollback puts one in force again, however the files in their folder look by now; once more goes one
# further back. It revives no line whose time is over, is on trial if told so, and cannot go to what this version would not accept, which the history
# marks.
#
#   desk 172.16.5.20 (ping) --- corp0 [gateway] video0 --- recorder 10.30.0.10
#                                               control0 --- centre 10.30.0.84
# time limit: 120 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
passes() { on corp ping -c1 -W1 "$1" >/dev/null; }
blocked() { ! on corp ping -c1 -W0.2 "$1" >/dev/null; }
version() { firebreak status -j | jq -r .policy.version; }
as() { firebreak history -j | jq -r '.generations[] | select(.state == "in force") | .rollback_of'; }

file=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
apply "$file" --reason "the first"
sed -i "s/version 1/version 2/; s/-> nvr-1 icmp/-> utc-1 icmp/; s/corp -> video/corp -> control/" "$file"
apply "$file" --reason "the second"
sed -i "s/version 2/version 3/; s/^firebreak .*/never corp <-> video, control/" "$file"
apply "$file" --reason "the third"
claim "the third is in force" blocked "$UTC"
rm "$file" "$LAB_DIR"/policy/services.fb

firebreak rollback --dry-run >"$LAB_DIR/said" || status=$?
same "what it would change is a plan" 4 "${status:-0}"
claim "which names the generation" grep -q "^back to generation 2:" "$LAB_DIR/said"
same "and changes nothing" 3 "$(version)"
claim "a rollback needs no file" firebreak rollback --reason "CHG-7"
same "it is the second again" "2 2" "$(version) $(as)"
claim "which holds" passes "$UTC"
claim "the history says who, what and why" grep -q "back to generation 2: CHG-7" <(firebreak history)
claim "once more" firebreak rollback
same "is the first" "1 1" "$(version) $(as)"
claim "which holds" passes "$RECORDER"
claim "and not the second" blocked "$UTC"
deny "there is nothing before the first" firebreak rollback
claim "a generation can be named" firebreak rollback 3 --confirm=5s
same "the third, on trial" "3 on trial" "$(version) $(firebreak history -j | jq -r '.generations[0].state')"
firebreak_says() { [ "$(version)" = "$1" ]; }
claim "which nobody confirms" wait_until 10 firebreak_says 1
status=0
firebreak rollback 99 2>"$LAB_DIR/said" || status=$?
same "one that is not stored is refused" 5 "$status"
claim "with where to look" grep -q 'generation 99 is not stored; "firebreak history" lists those that are' "$LAB_DIR/said"

# ---- a line whose time is over
file=$(town_policy dated.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request until 2020-01-01 }
END
)
apply "$file"
dated=$(generation)
claim "a line whose time is over is shut" blocked "$RECORDER"
firebreak rollback 2 >/dev/null
firebreak rollback "$dated" >/dev/null
claim "and no rollback revives it" blocked "$RECORDER"

# ---- what this version does not accept
python3 - "$LAB_DIR/state/generations/1.json" <<-'END'
	import hashlib, json, sys
	bundle = json.load(open(sys.argv[1]))
	del bundle["sha256"]
	bundle["language"] = 9
	text = json.dumps(bundle, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
	bundle["sha256"] = hashlib.sha256(text.encode()).hexdigest()
	json.dump(bundle, open(sys.argv[1], "w"))
END
claim "the history marks what is not accepted any more" grep -q "NOT ACCEPTED any more.*language 9" <(firebreak history)
status=0
firebreak rollback 1 >/dev/null 2>&1 || status=$?
same "and no rollback goes there" 5 "$status"
claim "what is in force is accepted by this version" firebreak check --stored

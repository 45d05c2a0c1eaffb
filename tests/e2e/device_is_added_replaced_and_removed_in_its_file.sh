#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `device` edits the one file in which the device stands, and applies: a camera is added and can be named, another is replaced and
# its old MAC is in the history, one goes. What the policy still needs is not removed, and a policy that is not the one in
# force is not touched.
#
#   camera 10.20.4.12 --- cctv0 [gateway + agent]
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy_file cameras.fb >/dev/null <<-'END'
	# the cameras of the town; keep this line
	device cam-0499 in cctv { ip 10.20.4.99  mac 3c:ef:8c:00:04:99 }   # spare
	device cam-0498 in cctv { ip 10.20.4.98 }
END
policy=$(town_policy town.fb <<-'END'
	include "cameras.fb"
	firebreak cctv -> video { allow cam-0412, cam-0498 -> nvr-1 tcp/554 }
END
)
apply "$policy"
cameras=${policy%/*}/cameras.fb

claim "a camera is added" firebreak device add cam-0413 --in cctv --ip 10.20.4.13 --mac 3c-ef-8c-00-04-13 >/dev/null
claim "into the file of the cameras" grep -q '^device cam-0413 in cctv { ip 10.20.4.13  mac 3c:ef:8c:00:04:13 }' "$cameras"
same "it is in force" 2 "$(generation)"
claim "and can be named" firebreak explain cam-0413 nvr-1 tcp/554 --expect deny >/dev/null
claim "one is replaced" firebreak device replace cam-0499 --mac 00:00:de:ad:be:ef --reason "ticket 88" >/dev/null
same "nothing else in the line changed" "device cam-0499 in cctv { ip 10.20.4.99  mac 00:00:de:ad:be:ef }   # spare" "$(grep cam-0499 "$cameras")"
claim "the comment stayed" grep -q 'keep this line' "$cameras"
claim "the old MAC is in the history" bash -c 'grep -q "3c:ef:8c:00:04:99; ticket 88"' < <(firebreak history)
status=0
firebreak device remove cam-0413 --dry-run >"$LAB_DIR/said" || status=$?
same "a dry run finds the change" 4 "$status"
claim "and shows it" grep -q '^  gone  device cam-0413 in cctv { ip 10.20.4.13  mac 3c:ef:8c:00:04:13 }$' "$LAB_DIR/said"
same "it is not in force" 3 "$(generation)"

text=$(cat "$cameras")
status=0
firebreak device remove cam-0498 >/dev/null 2>&1 || status=$?
same "what a line needs is not removed: the policy would be wrong" 1 "$status"
same "and the file is as it was" "$text" "$(cat "$cameras")"
claim "what nobody needs is removed" firebreak device remove cam-0413 >/dev/null
deny "it is gone" grep -q cam-0413 "$cameras"
echo '# somebody is at work here' >>"$cameras"
status=0
firebreak device replace cam-0499 --mac 00:00:de:ad:be:01 >/dev/null 2>&1 || status=$?
same "a policy that is not the one in force is not touched" 1 "$status"
deny "its file is as it was" grep -q 00:00:de:ad:be:01 "$cameras"
for words in "add x" "replace cam-0499" "paint cam-0499" "add y --in cctv --ip 10.20.4.14 --mac nonsense"; do
	status=0
	# shellcheck disable=SC2086
	firebreak device $words >/dev/null 2>&1 || status=$?
	same "\"$words\" is a usage error" 2 "$status"
done

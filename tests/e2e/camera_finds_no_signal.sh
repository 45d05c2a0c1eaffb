#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From a camera's cable, nmap finds every signal controller while the gateway only routes, and nothing at all once the policy is in
# force; the drops are counted as `never`.
#
#   camera 10.20.4.12 --- cctv0 [gateway] traffic0 --- signals 10.10.1.1-3 (sshd)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
found=$(scan_signals)
claim "without firebreak the camera finds ssh on the signals" grep -q 22/open <<<"$found"

agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak control -> traffic { allow utc-1 -> signals tcp/22 }
	never cctv <-> traffic
END
)
apply "$policy"
same "with firebreak nmap finds nothing" "" "$(scan_signals)"
at_least "the scan is counted, by its pair and reason" 15 "$(dropped cctv traffic never)"
same "nothing from cctv has passed" 0 "$(passed cctv traffic)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The recorder pulls a camera's RTSP stream through the gateway and decodes it; the camera cannot open anything to the recorder.
#
#   camera 10.20.4.12 --- cctv0 [gateway] video0 --- recorder nvr-1 10.30.0.10
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
camera_up
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak video -> cctv { allow nvr-1 -> cameras tcp/554 id streams }
END
)
apply "$policy"
same "45 frames arrive and decode" 45 "$(recorder_watch 45)"
at_least "the line that allowed it counts its packets" 100 "$(rule_packets streams)"
deny "the camera cannot reach the recorder's web page" browse cctv "https://$RECORDER/"
at_least "which is counted as no-allow" 1 "$(dropped cctv video no-allow)"

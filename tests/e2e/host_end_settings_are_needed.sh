#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Why lab_host_end() sets what it sets: with a veth's defaults at the hosts, TCP through the gateway dies. If this fails, the function
# can go.
#
#   recorder 10.30.0.10 (nginx), its end --- video0 [gateway, XDP redirect] corp0 --- its end, desk 172.16.5.20
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
fetch() { [ "$(on corp curl -sk --max-time 4 -o /dev/null -w '%{size_download}' "https://$RECORDER/evidence.bin")" = 20000000 ]; }
claim "as lab_host_end sets them, 20 MB arrive" fetch
on corp ethtool -K eth0 gro off >/dev/null
deny "without NAPI on the receiver (gro off) they do not" fetch
lab_host_end corp eth0
claim "set again, they arrive" fetch
on video ethtool -K eth0 tx on >/dev/null
deny "with checksums left to the card (tx on) they do not" fetch
lab_host_end video eth0
claim "set again, they arrive" fetch

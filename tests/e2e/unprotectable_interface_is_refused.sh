#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An interface that cannot be protected is refused with its name and the reason; the policy in force goes on.
#
#   [gateway: br0, ifb0, tun0, corp0.7] corp0 --- desk 172.16.5.20
#                                         video0 --- nvr-1 10.30.0.10 (nginx)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
on gw ip link add br0 type bridge
on gw ip link add ifb0 type ifb
on gw ip tuntap add tun0 mode tun
on gw ip address add 192.0.2.1/24 dev br0
on gw ip link set br0 up
agent_start
good=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 }
END
)
apply "$good"
before=$(generation)
refused() { # SENTENCE DEVICE PATTERN
	local status=0 policy
	policy=$(town_policy more.fb <<<"zone more { interface $2  network 192.0.2.0/24 }")
	apply "$policy" >"$LAB_DIR/said" 2>&1 || status=$?
	deny "$1: refused" test "$status" = 0
	claim "$1: the message names it" grep -q "$2" "$LAB_DIR/said"
	claim "$1: and says why" grep -qiE "$3" "$LAB_DIR/said"
	same "$1: nothing has changed" "$before" "$(generation)"
}
refused "a bridge" br0 bridge
refused "a driver without native XDP" ifb0 'no native XDP'
refused "a VLAN device" corp0.7 'vlan 7'
refused "a tunnel device" tun0 'tun'
same "the traffic goes on" 200 "$(browse corp "https://$RECORDER/")"
claim "the bridge was not touched" test -z "$(on gw ip -j link show br0 | jq -r '.[0].xdp // empty')"

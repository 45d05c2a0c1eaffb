#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `nft flush ruleset`, with which many a firewall script begins, takes the guard's table away. The agent misses it within a second
# or two and makes it anew, all of it: a device that is created again later is not heard, as ever.
#
#   camera 10.20.4.12 --- cctv0 [gateway + agent] corp0, deleted and made anew without an agent --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> self { allow any -> any icmp/echo-request }
END
)
apply "$policy"
claim "the desk reaches the gateway" on corp ping -c 1 -W $((2 * PATIENCE)) -q 172.16.0.1
guard() { on gw nft -s list table inet firebreak_guard; }
before=$(guard)
on gw nft flush ruleset
claim "the guard comes back" wait_until 10 guard
claim "with every device" wait_until 10 equals "$before" guard
claim "and the agent says that all is well" wait_until 5 enforcing corp0
claim "the desk still reaches the gateway" on corp ping -c 1 -W $((2 * PATIENCE)) -q 172.16.0.1
# the table is gone when a device goes, which is when something is taken out of it
on gw sh -c 'nft flush ruleset; ip link delete inet0'
claim "it is whole also then" wait_until 10 sh -c "nsenter --net=/run/netns/$(ns gw) nft list table inet firebreak_guard | grep -q 'policy drop'"
claim "and the others are listed" wait_until 10 enforcing corp0
agent_kill
on gw ip link delete corp0
lab_link corp eth0 corp0
lab_address gw corp0 172.16.0.1/12
lab_address corp eth0 172.16.5.20/12
deny "a device made anew is not heard" on corp ping -c 2 -W 1 -q 172.16.0.1

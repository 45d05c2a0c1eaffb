#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The same while the agent lives: it takes the interface back by itself, without an apply, and says so in its status.
#
#   recorder 10.30.0.10 (nginx) --- video0 [gateway + agent] corp0, deleted and made anew --- desk 172.16.5.20
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
on gw ip link delete corp0
not_enforcing() { ! enforcing corp0; }
claim "the status says that the interface is not there" wait_until 10 not_enforcing
lab_link corp eth0 corp0
lab_address gw corp0 172.16.0.1/12
lab_address corp eth0 172.16.5.20/12
on corp ip route add default via 172.16.0.1
claim "the agent takes it back" wait_until 10 enforcing corp0
same "the desk may browse again" 200 "$(browse corp "https://$RECORDER/")"
deny "and nothing else" browse corp "http://$RECORDER/"

# The kernel takes the filters of a device that changes its namespace, and leaves XDP.
lab_ns away
on gw ip link set corp0 netns "$(ns away)"
on away ip link set corp0 netns "$(ns gw)"
on gw ip link set corp0 up
filters() { local hook; for hook in ingress egress; do on gw tc filter show dev corp0 "$hook" | grep -q fb_tc_ || return 1; done; }
claim "of one that went to another namespace and came back the filters are put back" wait_until 2 filters
claim "and it enforces" wait_until 10 enforcing corp0

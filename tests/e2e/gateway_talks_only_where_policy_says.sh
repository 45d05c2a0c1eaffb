#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The gateway's own services and questions: ssh to it and from it, its DNS and its NTP work where a line allows it, and nowhere else.
#
#   jump-1 10.30.0.130 --- jump0   [gateway, sshd] corp0 --- dns-1 172.16.0.53, ntp-1 172.16.0.123
#   camera 10.20.4.12  --- cctv0                   inet0 --- 198.51.100.20 (a DNS server that nobody allowed)
#   signal 10.10.1.1 (sshd) --- traffic0          video0 --- nvr-1 10.30.0.10 (sshd)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up gw gateway "gateway"
sshd_up traffic signal "signal"
sshd_up video recorder "recorder"
dns_up
dns_up inet 198.51.100.20
ntp_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak jump -> self    { allow jump-1 -> self tcp/22 }
	firebreak self -> traffic { allow self -> signals tcp/22 }
	firebreak self -> corp    {
	  allow self -> dns-1 udp/53, tcp/53
	  allow self -> ntp-1 udp/123
	}
END
)
deny "without a policy in force there is no DNS" equals 192.0.2.7 resolve_from gw
apply "$policy"
same "ssh from the jump host to the gateway" gateway "$(ssh_from jump 10.30.0.129)"
deny "not from the office" ssh_from corp 172.16.0.1
deny "not from a camera" ssh_from cctv 10.20.0.1
deny "not from the jump host to the gateway's address in another zone" ssh_from jump 172.16.0.1
deny "nor anything else on the gateway" browse jump http://10.30.0.129:9456/metrics
same "ssh from the gateway to a signal" signal "$(ssh_from gw "$SIGNAL")"
deny "not to the recorder" ssh_from gw "$RECORDER"
same "the gateway's DNS" 192.0.2.7 "$(resolve_from gw)"
same "also over TCP" 192.0.2.7 "$(on gw dig +tcp +short +timeout=2 +tries=1 "@$DNS_SERVER" www.town.example A)"
deny "not to another server" equals 192.0.2.7 resolve_from gw 198.51.100.20
claim "the gateway's NTP" ask_time_from gw
deny "not to a host that only serves DNS" on gw chronyd -Q -t 2 -u root "server $DNS_SERVER iburst maxsamples 1" "pidfile $LAB_DIR/no.pid"
deny "and no ping" on gw ping -c 1 -W 1 -q "$DNS_SERVER"
at_least "what the gateway may not say is counted as its own" 1 "$(dropped self video no-allow)"
at_least "and what may not be said to it" 1 "$(dropped cctv self no-allow)"

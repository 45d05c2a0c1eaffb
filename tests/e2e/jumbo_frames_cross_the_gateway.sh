#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Networks with an MTU of 9000: frames that lie in several buffers are judged like others and reach the other side (by the kernel's way: redirecting them
# loses them on 6.1 and on many cards).
#
#   recorder 10.30.0.10 (nginx) --- video0 [gateway] corp0 --- desk 172.16.5.20      every end: mtu 9000
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
for zone in video corp; do
	on gw ip link set "${zone}0" mtu 9000
	on "$zone" ip link set eth0 mtu 9000
done
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443, icmp/echo-request }
END
)
apply "$policy"
claim "every interface enforces, also with an MTU of 9000" test "$(firebreak status -j | jq '[.interfaces[] | select(.enforcing | not)] | length')" = 0
large() { on corp ping -c 3 -i 0.2 -W 2 -q -M "do" -s "$1" "$RECORDER"; }
claim "a ping of 3,000 bytes crosses" large 3000
claim "a ping of 8,900 bytes crosses" large 8900
fetch() { [ "$(on corp curl -sk --max-time $((20 * PATIENCE)) -o /dev/null -w '%{size_download}' "https://$RECORDER/evidence.bin")" = 20000000 ]; }
watch corp eth0 "tcp and src port 443 and greater 4500"
claim "20 MB arrive by TCP" fetch
claim "in frames larger than a page" wait_until 10 test "$(watched corp 'length (5|6|7|8)[0-9][0-9][0-9]')" -gt 10
same "and none was lost to a driver" 0 "$(metrics | awk '/^firebreak_redirect_errors/ {n = $2} END {print n + 0}')"
deny "what no line allows is dropped at any size" on corp ping -c 2 -i 0.2 -W 1 -q -M "do" -s 8000 10.30.0.11
at_least "and counted" 1 "$(dropped corp video no-allow)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A table of 1024 flows, filled with established ones. What does not fit drops as table-full, is counted to the packet and told as an alarm; every old flow goes on,
# with the agent alive and dead; and once an old one has ended, a new one finds room.
# time limit: 180 s
#
#   camera 10.20.4.12 --- cctv0 [gateway] video0 --- nvr-1 10.30.0.10, which answers datagrams and a stream
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start --flows 1024
policy=$(town_policy full.fb <<-'END'
	firebreak cctv -> video { allow cam-0412 -> nvr-1 tcp/554, udp/9000  id stream }
END
)
apply "$policy"
same "the table is as small as it was asked to be" 1024 "$(metrics | awk '$1 == "firebreak_flows_capacity" { print $2 }')"

lab_spawn video answers /usr/bin/python3 "$FB_TOP/tests/support/echo.py" 9000 554
wait_until 10 grep -q ready "$LAB_DIR/log/answers.log"
mkfifo "$LAB_DIR/ask"
lab_spawn cctv fill sh -c "exec /usr/bin/python3 '$FB_TOP/tests/support/fill.py' 10.20.4.12 10.30.0.10 9000 554 <'$LAB_DIR/ask'"
exec 3>"$LAB_DIR/ask"
told() { [ "$(grep -c "^$1" "$LAB_DIR/log/fill.log")" = "$2" ]; }
of() { awk -v name="$1" '$1 == name { value = $2 } END { print value }' "$LAB_DIR/log/fill.log"; }
asked=0
ask() { # COMMAND: its answer is there when this ends
	asked=$((asked + 1))
	echo "$1" >&3
	wait_until 60 told "done" "$asked"
}

ask fill
full=$(dropped cctv video table-full)
at_least "more than nine of ten ways hold an established flow" 922 "$(of established)"
at_least "the rest found no room" 100 "$(of refused)"
same "each of those is counted as table-full" "$(of refused)" "$full"
same "and as nothing else" "$full" "$(firebreak drops -j | jq '[.drops[] | select(.src == "cctv" and .dst == "video") | .packets] | add')"

ask old
same "every old datagram flow is answered" "$(of established)" "$(of answered)"
same "the old stream goes on" yes "$(of stream)"
ask connect
same "a new connection does not come about" no "$(of connected)"
at_least "its packets are table-full too" $((full + 1)) "$(dropped cctv video table-full)"

alarm() { firebreak events -j | jq -e 'any(.events[]; .kind == "drop" and .reason == "table-full" and .alarm and .src_zone == "cctv" and .dst_zone == "video" and .src == "10.20.4.12")' >/dev/null; }
claim "it is an alarm in the events" wait_until 5 alarm
in_words() { lab_log agent | grep -q 'table-full: 10.20.4.12 (.*, cctv) to 10.30.0.10 (video)'; }
claim "and a sentence for people" wait_until 5 in_words
logged() { jq -es 'any(.[]; .event.reason == "table-full" and .event.kind == "alert")' "$LAB_DIR/state/events.log" >/dev/null; }
claim "an alert in the log" wait_until 5 logged
counted() { metrics | awk '/^firebreak_dropped_packets_total\{/ && /src_zone="cctv"/ && /dst_zone="video"/ && /reason="table-full"/ { print $2 }'; }
same "and a number in the metrics" "$(dropped cctv video table-full)" "$(counted)"

agent_kill
ask old
same "without the agent: every old datagram flow is answered" "$(of established)" "$(of answered)"
same "without the agent: the old stream goes on" yes "$(of stream)"
ask connect
same "without the agent: a new connection does not come about" no "$(of connected)"
agent_start
generation_before=$(generation)
ask close
reconnected() {
	ask reconnect
	[ "$(of connected)" = yes ]
}
claim "the closed stream's place can be had again, when its time is up" wait_until 60 reconnected
same "by the policy that was in force" "$generation_before" "$(generation)"

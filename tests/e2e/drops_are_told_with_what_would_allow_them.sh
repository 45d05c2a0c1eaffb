#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is dropped is told with its reason, line and ends; `why` names the line that would allow it, and none where a never stands; a scan is one row.
# What observe mode lets through becomes candidate lines, also after the agent has started again. A flood is counted, not told.
#
#   camera 10.20.4.12, stranger 10.20.4.13 --- cctv0 [gateway + agent] video0 --- nvr-1
#                                                        corp0 --- desk, jump0 --- jump-1
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak cctv -> video { allow cam-0412 -> nvr-1 tcp/554, udp/5005 }
	firebreak corp -> jump { mode observe until 2099-01-01
	  allow desk -> jump-1 tcp/22 }
	never cctv -> traffic
	assert cctv cannot reach traffic transitively
END
)
apply "$policy"
rates_are_known() { firebreak status -j | jq -e '.drops_per_minute != null' >/dev/null; }
claim "the agent counts drops a minute" wait_until 10 rates_are_known

udp() { on "$1" /usr/bin/python3 -c 'import socket,sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 40000))
for i in range(int(sys.argv[4])): s.sendto(b"x" * 10, (sys.argv[2], int(sys.argv[3])))' "$2" "$3" "$4" "${5:-1}"; }

udp cctv "$CAMERA" 10.30.0.10 9999 2
udp cctv "$CAMERA" "$SIGNAL" 23
udp corp 172.16.5.20 10.30.0.130 3389 3
udp corp 172.16.5.20 10.30.0.130 161

events() { firebreak events -j | jq -e "$@" >/dev/null; }
claim "a drop is told with zones, reason, names and service" wait_until 5 events \
	'any(.events[]; .kind == "drop" and .reason == "no-allow" and .src_zone == "cctv" and .dst_zone == "video"
		and .src_name == "cam-0412" and .dst_name == "nvr-1" and .service == "udp/9999" and .count == 2
		and .mac != "00:00:00:00:00:00" and .device == "cctv0")'
claim "a never is an alarm that names its line" events \
	'any(.events[]; .reason == "never" and .alarm and (.text | contains("cctv -> traffic")))'
named() { firebreak events -H "$1" -j | jq -e "$2" >/dev/null; }
claim "events are asked for by a device's name" named cam-0412 '(.events | length > 0) and all(.events[]; .src_name == "cam-0412")'
claim "and by a group's" named cameras 'any(.events[]; .src_name == "cam-0412")'
status=0
said=$(firebreak events -H cam-0413 2>&1) || status=$?
same "a name that is none is a usage error" 2 "$status"
claim "which says what may be meant" grep -q 'did you mean "cam-0412"' <<<"$said"
claim "they have seconds" grep -qE '^20[0-9-]+ [0-9]{2}:[0-9]{2}:[0-9]{2} ' <<<"$(firebreak events)"
claim "one line of them names its schema" grep -q '"schema":"firebreak.event/1"' <<<"$(FIREBREAK_SOCKET=$LAB_RUN/control.sock on gw timeout 2 "$FB_BUILD/firebreak" events -f -j || true)"
claim "flows are asked for by name, too" firebreak flows -H nvr-1 >/dev/null
status=0
firebreak flows -z ccttv 2>/dev/null || status=$?
same "a zone that is none is a usage error" 2 "$status"
screen() { firebreak status | grep -qE "$1"; }
claim "status says how many a minute, and who is behind it, alarms first" wait_until 5 screen \
	'^  drops/min +.*never [1-9].* <- never: cam-0412 -> 10\.10\.1\.1 udp/23$'
claim "what was observed, and for how long nothing of it was new" screen '^  OBSERVED +corp -> jump +.* left, 4 would-drop, none for [0-9]+ s'
claim "and what is proved" screen '^  assertions +1 holds'
logged() { jq -es "$1" "$LAB_DIR/state/events.log" >/dev/null; }
claim "one JSON line of it is in the log" wait_until 5 logged \
	'any(.[]; .event.reason == "no-allow" and .source.ip == "10.20.4.12" and .destination.port == 9999
		and .observer.ingress.zone == "cctv" and .firebreak.count >= 1)'

why=$(firebreak why cam-0412)
claim "why names the line that would allow it" grep -q \
	'this line would allow it:  firebreak cctv -> video { allow cam-0412 -> nvr-1  udp/9999 }' <<<"$why"
claim "and nothing for what a never forbids" grep -q 'no line could allow this, nothing to suggest' <<<"$why"
same "no suggestion leads to the signals" 0 "$(firebreak why cam-0412 -j | jq '[.drops[] | select(.reason == "never" and .would_allow)] | length')"
same "drops by source name the camera first" cam-0412 "$(firebreak drops --by source -j | jq -r '.groups[0].key')"
status=0
firebreak drops --by colour 2>/dev/null || status=$?
same "a wrong key is a usage error" 2 "$status"

suggested=$(firebreak suggest corp jump)
claim "suggest has a line for what was observed" grep -qE '^  allow desk -> jump-1  udp/3389  # seen 1 time' <<<"$suggested"
claim "cleartext is only a comment" grep -qE '^  # allow desk -> jump-1  udp/161  # cleartext' <<<"$suggested"
printf '%s\n' "$suggested" >"$LAB_DIR/policy/suggested.fb"
claim "and it is the text of a policy" firebreak fmt "$LAB_DIR/policy/suggested.fb" >/dev/null

lab_stop agent
agent_start
remembers() { firebreak suggest corp jump | grep -q 'udp/3389  # seen 1 time'; }
claim "what was observed outlives the agent" remembers
claim "so does what was dropped" grep -q 'this line would allow it:  firebreak cctv -> video { allow cam-0412 -> nvr-1  udp/9999 }' <<<"$(firebreak why cam-0412)"
same "and by whom" cam-0412 "$(firebreak drops --by source -j | jq -r '.groups[0].key')"

# a scan, with the drop of before
for port in {7001..7040}; do udp cctv "$CAMERA" 10.30.0.10 "$port"; done
scanned() { firebreak why cam-0412 2>"$LAB_DIR/said" | tee "$LAB_DIR/why" | grep -q 'cam-0412 (.*) to nvr-1 (.*), 41 ports; seen 42 times'; }
claim "a scan of ports is one row of why" wait_until 5 scanned
claim "with one question instead of its lines" grep -q 'ask what one of them needs:  firebreak explain cam-0412 nvr-1 udp/7040$' "$LAB_DIR/why"
deny "and no line" grep -q 'would allow it' "$LAB_DIR/why"
claim "and a word on how to see them all" grep -q -- '--all has all 42 of them' "$LAB_DIR/said"
question=$(sed -n 's/.*firebreak explain //p' "$LAB_DIR/why")
# shellcheck disable=SC2086
claim "the question has an answer" firebreak explain $question
same "all of them are there with --all" 41 "$(firebreak why --all cam-0412 | grep -c 'this line would allow it')"
same "and in JSON" 41 "$(firebreak why -j cam-0412 | jq '[.drops[] | select(.would_allow)] | length')"

# an answer to nothing that lives: the camera may call udp/5005
on video /usr/bin/python3 -c 'import socket,sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.30.0.10", 5005))
for port in 50001, 5004: s.sendto(b"x", (sys.argv[1], port))' "$CAMERA"
answered() { firebreak why cam-0412 | grep -q 'looks like an answer to cam-0412 -> nvr-1 udp/5005, a connection that is gone; no line is needed'; }
claim "what looks like an answer gets no line" wait_until 5 answered
deny "for its caller's port" grep -q 'udp/50001 }' <<<"$(firebreak why cam-0412)"
claim "a call to a lower port does" grep -q 'allow nvr-1 -> cam-0412  udp/5004 }' <<<"$(firebreak why cam-0412)"

# a flood: every packet is counted, few are told
before=$(dropped cctv video no-allow)
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
pid=$(lab_pid agent)
cpu=$(ticks "$pid")
start=$(date +%s%N)
send_start cctv 50000 5 "$CAMERA" 10.30.0.10 9998
flooded() { [ "$(dropped cctv video no-allow)" -gt $((before + 150000)) ]; }
claim "a flood is dropped" wait_until 20 flooded
elapsed=$((($(date +%s%N) - start) / 10000000))
cpu=$(($(ticks "$pid") - cpu))
lab_stop send
say "the agent used $cpu of $elapsed hundredths of a second during the flood"
at_least "the agent is not busy with it: less than a tenth of a core" 1 $((elapsed / 10 - cpu))
at_least "what was not told is counted" 100000 "$(metrics | awk '$1 == "firebreak_events_lost_total" {print $2}')"
at_least "and what was told" 100 "$(metrics | awk '$1 == "firebreak_events_emitted_total" {print $2}')"

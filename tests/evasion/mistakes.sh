# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Mistakes that others shipped and that are no single frame (those are rows/mistakes.py), each a function named after it. run.sh sources this: the lab stands,
# and the agent runs.
here=$FB_TOP/tests/evasion

# right STATUS NAME [WHY]: counts and says it
right() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		say "not ok - $2"
		[ -z "${3:-}" ] || say "# $3"
	fi
}
holds() { # NAME COMMAND...: what it prints is why
	local name=$1 said status=0
	shift
	said=$("$@" 2>&1) || status=$?
	right "$status" "$name" "$said"
}

mistake() { holds "mistake: $1" "${@:2}"; }

stream_start() {
	: >"$LAB_DIR/log/stream.log"
	lab_spawn hosts stream "$here/stream.py"
	wait_until 15 grep -q ready "$LAB_DIR/log/stream.log"
}
stream_stop() { lab_stop stream; }
streamed() { awk -v what="$1" -v column="$2" '$1 == what {print $column}' "$LAB_DIR/log/stream.log"; } # allowed|denied 2 sent, 3 arrived
counters() { firebreak drops -j | jq -S '[(.drops[] | {key: "\(.src) \(.dst) \(.reason)", value: .packets}), (.passed[] | {key: "\(.src) \(.dst) passed", value: .packets})] | from_entries'; }

# Denied traffic while the program is attached and the rules come in: nothing of it gets through, neither before nor between.
attached_before_the_rules_are_in() { # POLICY
	stream_start
	sleep 0.3
	apply "$1" >"$LAB_DIR/log/apply.log" 2>&1 || { cat "$LAB_DIR/log/apply.log" && return 1; }
	wait_until 5 carries
	stream_stop
	[ "$(streamed denied 3)" = 0 ] || { echo "$(streamed denied 3) denied packets arrived" && return 1; }
	[ "$(streamed allowed 3)" -gt 0 ] || { echo "nothing arrived after the policy was in force" && return 1; }
	[ "$(streamed allowed 3)" -lt "$(streamed allowed 2)" ] || { echo "what was sent without a policy arrived" && return 1; }
}
carries() { [ "$(passed cam vid)" -gt 100 ]; }

silent_generic_mode() {
	local zone mode
	for zone in cam sig vid net cab back; do
		mode=$(on gw ip -j link show "v-$zone" | jq '.[0].xdp.mode')
		[ "$mode" = 1 ] || { echo "v-$zone: XDP mode $mode, 1 is native" && return 1; }
	done
}

# A reload, to a policy that says the same and one line more.
counters_lost_on_reload() { # POLICY
	local before after
	before=$(counters)
	{ cat "$1" && echo 'firebreak sig -> vid { allow any -> nvr tcp/9443 }'; } | policy_file reload.fb >/dev/null
	apply "$LAB_DIR/policy/reload.fb" || return 1
	after=$(counters)
	jq -ne --argjson before "$before" --argjson after "$after" '[$before | to_entries[] | select(.value > ($after[.key] // 0))] | if . == [] then true else error(tostring) end'
}

# The agent is killed and comes again under traffic; then it is stopped as an operator stops it. Nothing denied passes, nothing allowed is lost, flows live
# on, and the counters are right to the packet.
absent_while_the_agent_restarts() {
	local denied allowed
	denied=$(dropped cam sig never) allowed=$(passed cam vid)
	stream_start
	agent_kill
	sleep 0.5
	agent_start
	lab_stop agent
	sleep 0.5
	agent_start
	stream_stop
	[ "$(streamed denied 3)" = 0 ] || { echo "$(streamed denied 3) denied packets arrived" && return 1; }
	[ "$(streamed allowed 2)" = "$(streamed allowed 3)" ] || { echo "of $(streamed allowed 2) allowed packets $(streamed allowed 3) arrived" && return 1; }
	denied=$(($(dropped cam sig never) - denied)) allowed=$(($(passed cam vid) - allowed))
	[ "$denied $allowed" = "$(streamed denied 2) $(streamed allowed 2)" ] ||
		{ echo "counted $denied denied and $allowed allowed of $(streamed denied 2) and $(streamed allowed 2)" && return 1; }
}

# What stays when the agent goes, without being asked to keep it: a connection made before is known after, and its middle passes.
maps_kept_only_if_asked_to() {
	local before
	before=$(counters)
	on hosts "$here/stream.py" open || return 1
	lab_stop agent
	agent_start
	on hosts "$here/stream.py" go-on || return 1
	jq -ne --argjson before "$before" --argjson after "$(counters)" '[$before | to_entries[] | select(.value > ($after[.key] // 0))] | if . == [] then true else error(tostring) end'
}

# Every row that is one plain packet, which the wire has just shown, asked of explain: the policy's answer is the row's, and the live program's is the policy's.
offline_trace_disagrees() {
	local zone from to service reason said wrong=0 n=0
	while read -r zone from to service reason; do
		said=$(firebreak explain -j -z "$zone" "$from" "$to" "$service" 2>&1) || { echo "$zone $from $to $service: $said" && wrong=1; }
		said=$(jq -r '.answers[0] | .reason // "passed"' <<<"$said" 2>/dev/null) || said='?'
		[ "$said" = "$reason" ] || { echo "explain -z $zone $from $to $service: $said; on the wire: $reason" && wrong=1; }
		n=$((n + 1))
	done < <("$here/table.py" --connections)
	[ "$n" -gt 100 ] || { echo "only $n connections were asked" && wrong=1; }
	return "$wrong"
}

# Not a mistake of others but a trap of veths: a tag that lies beside the frame is not seen by XDP. The tc program behind it does.
tag_beside_the_frame() {
	local before after answers
	answers=$(on hosts "$here/stream.py" hidden)
	[ "$answers" = 2 ] || { echo "without a tag: $answers packets came out, of an answer and a packet" && return 1; }
	before=$(dropped_anywhere l2-protocol)
	on hosts ethtool -K h-cam txvlan on >/dev/null
	on hosts tc qdisc add dev h-cam clsact
	on hosts tc filter add dev h-cam egress bpf direct-action object-file "$FB_BUILD/tests/evasion/hide_tag.bpf.o" section tc
	answers=$(on hosts "$here/stream.py" hidden)
	after=$(dropped_anywhere l2-protocol)
	on hosts tc qdisc del dev h-cam clsact
	on hosts ethtool -K h-cam txvlan off >/dev/null
	[ "$answers $((after - before))" = "0 2" ] || { echo "with a tag: $answers came out, $((after - before)) dropped as l2-protocol" && return 1; }
}
dropped_anywhere() { firebreak drops -j | jq --arg r "$1" '[.drops[] | select(.reason == $r) | .packets] | add // 0'; }

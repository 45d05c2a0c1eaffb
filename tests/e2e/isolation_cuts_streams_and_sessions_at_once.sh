#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An isolation plan cuts what runs: from one packet to the next a stream of numbered datagrams stops and an ssh session is dead, less than
# 100 ms after the command was typed. What the plan keeps goes on, the agent may be killed meanwhile, and a release lets new ones through.
#
#   recorder 10.30.0.10 (sender) --- video0  [gateway] corp0    --- desk 172.16.5.20 (counter)
#   camera 10.20.4.12 (ssh)       --- cctv0            traffic0 --- signal 10.10.1.1 (sshd, sender)
#                                                      control0 --- 10.30.0.84 (counter)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001 id cut-stream }
	firebreak traffic -> control { allow signals -> utc-1 udp/5002 id kept-stream }
	firebreak cctv -> traffic { allow cameras -> signals tcp/22 id session }
	isolate city-cut "OT from IT" {
	  cut corp, cctv from any
	  keep corp with self
	}
	isolate nothing-yet { cut internet from cctv }
END
)
apply "$policy"
without=$(grep -v '^isolate nothing-yet' "$policy" | policy_file without.fb)
dropping=$(sed 's/^isolate city-cut/isolate city-cut-2/' "$policy" | policy_file dropping.fb)
lessening=$(sed 's/cut corp, cctv from any/cut corp from any/' "$policy" | policy_file lessening.fb)
renaming=$(sed -E 's/cut corp, cctv from any/cut corp from any/; s/(zone|in|firebreak|from) cctv/\1 lenses/g' "$policy" | policy_file renaming.fb)

# The best of five, since others use this machine: the cut is in force when the command returns.
best=100000
for _ in 1 2 3 4 5; do
	began=$(date +%s%N)
	firebreak isolate nothing-yet --reason "how long" >/dev/null 2>&1
	took=$((($(date +%s%N) - began) / 1000000))
	best=$((took < best ? took : best))
	firebreak release nothing-yet >/dev/null 2>&1
done
claim "isolate needs less than 100 ms from the command to its return ($best)" test "$best" -lt 100

mkfifo "$LAB_DIR/words"
ssh_from cctv "$SIGNAL" >/dev/null
# shellcheck disable=SC2016 # expanded by the inner shell
lab_spawn cctv session bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.10.1.1 <"$0/words"' "$LAB_DIR"
exec 9>"$LAB_DIR/words"
echo first >&9
claim "the ssh session lives" wait_until 10 grep -q first "$LAB_DIR/log/session.log"
count_start corp 5001
send_start video 5000 80 "$RECORDER" "$DESK" 5001
lab_spawn control kept-count "$FB_BUILD/tests/support/blast" count 5002
claim "the other counter counts" wait_until 10 grep -q ready "$LAB_DIR/log/kept-count.log"
lab_spawn traffic kept-send "$FB_BUILD/tests/support/blast" send 1000 80 "$SIGNAL" "$UTC" 5002
streams_pass() { [ "$(rule_packets cut-stream)" -gt 5000 ] && [ "$(rule_packets kept-stream)" -gt 500 ]; }
claim "the streams pass" wait_until 10 streams_pass

firebreak isolate --rehearse city-cut >"$LAB_DIR/rehearsal"
claim "a rehearsal names the line of the stream" grep -q 'nvr-1 -> desk' "$LAB_DIR/rehearsal"
claim "and the live flow" grep -q "udp $RECORDER:.* $DESK:5001 " "$LAB_DIR/rehearsal"
claim "and the session" grep -q "tcp $CAMERA:.* $SIGNAL:22 " "$LAB_DIR/rehearsal"
deny "and not what it keeps" grep -q "$UTC" "$LAB_DIR/rehearsal"
same "and cuts nothing" 0 "$(dropped video corp isolated)"
deny "without a reason nothing is cut" firebreak isolate city-cut 2>/dev/null
same "really not" 0 "$(dropped video corp isolated)"

began=$(date +%s%N)
firebreak isolate city-cut --reason "exercise 7" >"$LAB_DIR/isolation"
took=$((($(date +%s%N) - began) / 1000000))
watch corp eth0 "udp port 5001"
say "   from the command to its return, beside all that traffic: $took ms"
claim "explain says so, and the program agrees" grep -q 'live program agrees' <(firebreak explain nvr-1 desk udp/5001 --expect deny 2>/dev/null)
claim "it names the plan" grep -q 'until: firebreak release city-cut' <(firebreak explain nvr-1 desk udp/5001 2>/dev/null)
stream_is_cut() { [ "$(dropped video corp isolated)" -gt 3000 ]; }
claim "the isolated stream meets the cut" wait_until 10 stream_is_cut
same "and not one datagram has come since the command returned" 0 "$(watched corp .)"

before=$(dropped cctv traffic isolated)
watch traffic eth0 "ip src $CAMERA"
echo second >&9
session_is_cut() { [ "$(dropped cctv traffic isolated)" -ge $((before + 2)) ]; }
claim "the session's next segments meet the cut" wait_until 15 session_is_cut
same "nothing of them arrived" 0 "$(watched traffic .)"
same "and nothing was answered" 0 "$(grep -c second "$LAB_DIR/log/session.log" || true)"
firebreak status >"$LAB_DIR/status" 2>/dev/null
claim "status has it" grep -q "ISOLATED    city-cut" "$LAB_DIR/status"
same "every command says so first" "ISOLATED  city-cut" "$(firebreak zones 2>&1 >/dev/null | cut -c 1-18)"
metrics >"$LAB_DIR/metrics"
claim "the metrics have it" grep -q '^firebreak_isolation_active{plan="city-cut"} 1' "$LAB_DIR/metrics"
claim "and the plan that is ready" grep -q '^firebreak_isolation_active{plan="nothing-yet"} 0' "$LAB_DIR/metrics"
same "the audit log has it" "isolate city-cut exercise 7" "$(firebreak audit -j 2>/dev/null | jq -r '.entries[-1] | "\(.what) \(.object) \(.reason)"')"

status=0
apply "$dropping" 2>"$LAB_DIR/refusal" >/dev/null || status=$?
same "a policy that drops the plan is refused" 5 "$status"
claim "by name" grep -q "city-cut is active and the policy does not have it" "$LAB_DIR/refusal"
status=0
apply "$lessening" 2>"$LAB_DIR/refusal" >/dev/null || status=$?
same "so is one that cuts less by it" 5 "$status"
claim "which says what" grep -q "no longer cut" "$LAB_DIR/refusal"
status=0
apply "$renaming" 2>"$LAB_DIR/refusal" >/dev/null || status=$?
same "that cuts less is refused, too" 5 "$status"
claim "by what the zone holds" grep -q "lenses of the policy have interfaces or networks" "$LAB_DIR/refusal"
apply "$without" >/dev/null
same "another policy leaves it alone" city-cut "$(firebreak status -j 2>/dev/null | jq -r '.isolated[].plan')"
firebreak rollback --no-confirm >/dev/null
same "a rollback too" city-cut "$(firebreak status -j 2>/dev/null | jq -r '.isolated[].plan')"
agent_kill
agent_start
same "and a new agent" city-cut "$(firebreak status -j 2>/dev/null | jq -r '.isolated[].plan')"

streams_stop
lab_stop kept-send
lab_stop kept-count
at_least "some thousand datagrams had arrived" 5000 "$(received 5001)"
same "they are the first ones: after the first that was cut none arrived" "$(highest 5001)" "$(received 5001)"
same "every one either arrived or was cut" "$(sent 5001)" "$(($(received 5001) + $(dropped video corp isolated)))"
same "what the plan keeps lost nothing" "$(sed -n 's/^5002 sent //p' "$LAB_DIR/log/kept-send.log")" \
	"$(sed -n 's/^5002 received \([0-9]*\) .*/\1/p' "$LAB_DIR/log/kept-count.log")"

# a reboot: all that the kernel has is gone, the disk is not
agent_kill
on gw "$FB_BUILD/firebreakd" --unload --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" 2>/dev/null
agent_start
same "it holds after the kernel forgot everything" city-cut "$(firebreak status -j 2>/dev/null | jq -r '.isolated[].plan')"
deny "nobody comes in" ssh_from cctv "$SIGNAL" -o ConnectTimeout=3 2>/dev/null
at_least "which the drops say" 1 "$(dropped cctv traffic isolated)"

firebreak release city-cut
same "nothing is said any more" "" "$(firebreak zones 2>&1 >/dev/null)"
same "new sessions pass" "signal" "$(ssh_from cctv "$SIGNAL")"
before=$(rule_packets cut-stream)
on video "$FB_BUILD/tests/support/blast" send 100 1 "$RECORDER" "$DESK" 5001 >/dev/null
at_least "so do datagrams" 90 "$(($(rule_packets cut-stream) - before))"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A camera in quarantine is cut off everything, ARP included, from one packet to the next, whichever way it is named; the camera beside it
# is not. It stays so when the agent is killed and started, under another policy, and until it is released. One flow can be ended as well.
#
# time limit: 240 s
#
#   camera 10.20.4.12 (sender) --- cctv0 [gateway] video0 --- recorder 10.30.0.10 (counter)
#   camera 10.20.4.13 (sender) --/
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OTHER=10.20.4.13
MAC=3c:ef:8c:00:04:12
lab_new
northport_up
# the other camera has a MAC address of its own
on cctv ip address del $OTHER/16 dev eth0
on cctv ip link add other0 link eth0 address 3c:ef:8c:00:04:13 type macvlan mode bridge
on cctv ip link set other0 up
on cctv ip address add $OTHER/32 dev other0
on cctv ip route add 10.30.0.0/26 via 10.20.0.1 dev other0 onlink src $OTHER table 13
on cctv ip rule add from $OTHER lookup 13
sshd_up traffic signal "signal"
agent_start
policy=$(town_policy town.fb <<-END
	device cam-mac in cctv { ip $OTHER  mac 3c:ef:8c:00:04:13 }
	firebreak cctv -> video { allow cameras -> nvr-1 udp/5001 id stream }
	firebreak cctv -> traffic { allow cameras -> signals tcp/22 id session }
END
)
apply "$policy"
count_start video 5001
send_start cctv 2000 80 "$CAMERA" "$RECORDER" 5001
lab_spawn cctv other-send "$FB_BUILD/tests/support/blast" send 500 80 "$OTHER" "$RECORDER" 5001
arrives() { # ADDRESS: datagrams of it, now
	lab_stop watch-video
	watch video eth0 "udp port 5001 and src $1"
	wait_until 3 seen video .
}
arrives_not() {
	lab_stop watch-video
	watch video eth0 "udp port 5001 and src $1"
	sleep 0.5
	! seen video .
}
who_has_gateway() { # as the camera asks: is there an answer?
	frames cctv <<-END | grep -q answered
	reply = srp1(Ether(src=OWN, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=OWN, psrc="$CAMERA", pdst="10.20.0.1"), iface="eth0", timeout=1)
	print("answered" if reply else "silence")
	END
}
from_the_camera() { SSH_CONNECTION="$CAMERA 50122 10.20.0.1 22" FIREBREAK_SOCKET=$LAB_RUN/control.sock on gw "$FB_BUILD/firebreak" "$@"; }
claim "the camera's stream passes" arrives "$CAMERA"
claim "the other one's too" arrives "$OTHER"
claim "the gateway answers the camera's ARP" who_has_gateway

for x in cam-0412 "$CAMERA" "$MAC"; do
	firebreak quarantine "$x" --reason "scan" >/dev/null
	claim "$x: nothing of the camera arrives" arrives_not "$CAMERA"
	claim "$x: the camera beside it goes on" arrives "$OTHER"
	deny "$x: it cannot even ask for the gateway's MAC address" who_has_gateway
	same "$x: status has it" "$x" "$(firebreak status -j 2>/dev/null | jq -r '.quarantined[].name')"
	same "$x: every command says so first" "QUARANTINED  $x" "$(firebreak zones 2>&1 >/dev/null | cut -d ' ' -f 1-3)"
	firebreak release "$x" >/dev/null
	claim "$x: released, it passes again" arrives "$CAMERA"
done
at_least "the drops say why" 1000 "$(dropped_from cctv quarantined)"

unknown=$(firebreak quarantine 02:00:00:00:00:77 --reason "seen on a switch" 2>/dev/null)
claim "a MAC address that nothing is cut by is told so" grep -q '^!!  02:00:00:00:00:77: nothing is cut: ' <<<"$unknown"
firebreak release 02:00:00:00:00:77 >/dev/null

firebreak quarantine cameras --reason "too much" 2>"$LAB_DIR/refusal" && fail "a group of 4,096 addresses was quarantined"
claim "a group that is more than a /24 is refused" grep -q "more than a /24" "$LAB_DIR/refusal"
firebreak quarantine 10.20.0.0/23 --reason "too much" 2>"$LAB_DIR/refusal" && fail "a /23 was quarantined"
claim "so is a prefix" grep -q "shorter than /24" "$LAB_DIR/refusal"
firebreak quarantine cam-412 --reason "typo" 2>"$LAB_DIR/refusal" && fail "an unknown name was quarantined"
claim "a name that is almost one is told" grep -q 'did you mean "cam-0412"' "$LAB_DIR/refusal"
firebreak quarantine 10.20.0.1 --reason "oneself" 2>"$LAB_DIR/refusal" && fail "the gateway was quarantined"
claim "the gateway is not quarantined" grep -q "is the gateway itself" "$LAB_DIR/refusal"
# the operator sits in the network that would be cut
from_the_camera quarantine cam-0412 --reason "oneself" 2>"$LAB_DIR/refusal" && fail "the operator was cut off"
claim "the operator's own session is not cut" grep -q "CUT (quarantined)" "$LAB_DIR/refusal"
same "nothing of all this took place" 0 "$(firebreak status -j | jq '.quarantined | length')"

firebreak quarantine 10.20.4.0/28 --reason "a corner" >/dev/null
claim "a prefix: nothing of the camera arrives" arrives_not "$CAMERA"
agent_kill
agent_start
claim "nor under a new agent" arrives_not "$CAMERA"
renamed=$(sed 's/^device cam-0412.*//' "$policy" | policy_file renamed.fb)
apply "$renamed" >/dev/null
claim "nor under another policy" arrives_not "$CAMERA"
# a reboot: all that the kernel has is gone, the disk is not
agent_kill
on gw "$FB_BUILD/firebreakd" --unload --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" 2>/dev/null
agent_start
claim "nor after the kernel forgot everything" arrives_not "$CAMERA"
firebreak release 10.20.4.0/28 >/dev/null
claim "released, it passes" arrives "$CAMERA"

mkfifo "$LAB_DIR/words"
ssh_from cctv "$SIGNAL" >/dev/null
# shellcheck disable=SC2016 # expanded by the inner shell
lab_spawn cctv session bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.10.1.1 <"$0/words"' "$LAB_DIR"
exec 9>"$LAB_DIR/words"
echo first >&9
claim "an ssh session lives" wait_until 10 grep -q first "$LAB_DIR/log/session.log"
row=$(firebreak flows --state established | grep "^tcp .*$SIGNAL:22 ")
claim "it is ended by the row that flows prints" firebreak end "$row"
echo second >&9
session_is_ended() { [ "$(dropped cctv traffic tcp-state)" -ge 1 ]; }
claim "its next segments are of no connection" wait_until 10 session_is_ended
same "nothing was answered" 0 "$(grep -c second "$LAB_DIR/log/session.log" || true)"
deny "it cannot be ended twice" firebreak end "$row" 2>/dev/null
ends() { firebreak audit -j | jq -r '.entries[] | select(.what == "end") | .object'; }
same "what was ended is in the audit log, and nothing else" "$(sed -E 's/^tcp +([^ ]+) +([^ ]+) .*/tcp \1 -> \2/' <<<"$row")" "$(ends)"
status=0
firebreak end tcp "$CAMERA" "$SIGNAL" 2>/dev/null || status=$?
same "tcp without ports is a usage error" 2 "$status"
same "a new one passes" "signal" "$(ssh_from cctv "$SIGNAL")"

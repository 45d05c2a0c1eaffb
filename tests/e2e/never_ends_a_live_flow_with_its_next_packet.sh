#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An earlier policy allowed the camera's network to talk to the signals, and flows live. A new policy says never. From the packet that
# follows the apply nothing of them passes, in neither direction: an ssh session is dead, a stream of datagrams stops.
#
#   camera 10.20.4.12 (sender, ssh) --- cctv0 [gateway] traffic0 --- signal 10.10.1.1 (counter, sshd)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
agent_start
before=$(town_policy before.fb <<-'END'
	firebreak cctv -> traffic { allow cameras -> signals tcp/22, udp/5001 id careless }
END
)
after=$(town_policy after.fb <<-'END'
	never cctv <-> traffic
END
)
apply "$before"
# A session in which what is said here is heard there (the signal's command is cat, its answer comes back).
mkfifo "$LAB_DIR/words"
ssh_from cctv "$SIGNAL" >/dev/null
# shellcheck disable=SC2016 # expanded by the inner shell
lab_spawn cctv session bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.10.1.1 <"$0/words"' "$LAB_DIR"
exec 9>"$LAB_DIR/words"
echo first >&9
claim "the ssh session lives" wait_until 10 grep -q first "$LAB_DIR/log/session.log"
count_start traffic 5001
send_start cctv 5000 60 "$CAMERA" "$SIGNAL" 5001
stream_passes() { [ "$(rule_packets careless)" -gt 5000 ]; }
claim "the stream passes" wait_until 10 stream_passes

apply "$after"
stream_is_stopped() { [ "$(dropped cctv traffic never)" -gt 5000 ]; }
claim "the stream is stopped by never" wait_until 10 stream_is_stopped
streams_stop
at_least "some thousand packets had arrived" 5000 "$(received 5001)"
same "they are the first ones: after the first drop not one arrived" "$(highest 5001)" "$(received 5001)"
same "every packet either arrived or was dropped by never" "$(sent 5001)" "$(($(received 5001) + $(dropped cctv traffic never)))"

watch traffic eth0 "ip src $CAMERA"
drops=$(dropped cctv traffic never)
echo second >&9
session_is_dropped() { [ "$(dropped cctv traffic never)" -ge $((drops + 2)) ]; }
claim "the ssh session's next segments, sent again and again, are dropped by never" wait_until 15 session_is_dropped
same "nothing of it arrived" 0 "$(watched traffic .)"
same "and nothing was answered" 0 "$(grep -c second "$LAB_DIR/log/session.log" || true)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An ssh session runs through the gateway before there is a firewall. The first apply, with --adopt, takes it up in the middle; without, it ends,
# since nothing is known about it. What the policy denies is not taken up, and after its time nothing is: not by a restart of the agent either.
#
#   desk 172.16.5.20 (ssh, frames) --- corp0 [gateway] video0 --- recorder 10.30.0.10 (sshd)
# time limit: 120 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up video recorder recorder
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/22 id in }
END
)
mkfifo "$LAB_DIR/words"
# session NAME: what is written to descriptor 9 is heard by the recorder and comes back into log/NAME.log
session() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	lab_spawn corp "$1" bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o BindAddress=172.16.5.20 \
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.30.0.10 <"$0/words"' "$LAB_DIR"
	exec 9>"$LAB_DIR/words"
	says "$1" "before"
}
echoed() { grep -q "$2" "$LAB_DIR/log/$1.log"; }
says() { # NAME WORD
	echo "$2" >&9
	wait_until "${3:-10}" echoed "$1" "$2"
}
# in_the_middle PORT: an acknowledgement of a connection to it that nobody saw begin; true if it comes out
in_the_middle() {
	frames corp <<-END
	sendp(Ether(src=OWN, dst=GW)/IP(src="172.16.5.20", dst="10.30.0.10")/TCP(sport=$((40000 + RANDOM % 9999)), dport=$1, flags="A", seq=7, ack=9), iface="eth0")
	END
}
dropped_so() { [ "$(dropped corp video "$1")" -gt "$2" ]; }

claim "a session runs before there is a firewall" session first
agent_start
apply "$policy" --adopt 20s
start=$(now_ms)
claim "the first apply takes it up" says first after
before=$(dropped corp video no-allow)
in_the_middle 23
claim "what the policy denies is not taken up" wait_until 5 dropped_so no-allow "$before"
before=$(dropped corp video tcp-state)
in_the_middle 22
in_the_middle 22
same "what it allows is" "$before" "$(dropped corp video tcp-state)"
ended() { grep -q "taken up without its handshake any more" "$LAB_DIR/log/agent.log"; }
claim "for its time" wait_until 30 ended
at_least "and not shorter (ms)" 19000 $(($(now_ms) - start))
before=$(dropped corp video tcp-state)
in_the_middle 22
claim "then a connection in the middle is dropped" wait_until 5 dropped_so tcp-state "$before"
claim "and the session that was taken up goes on" says first later

apply "$policy" --adopt 10min
agent_kill
agent_start
before=$(dropped corp video tcp-state)
in_the_middle 22
claim "a restart of the agent ends it as well" wait_until 5 dropped_so tcp-state "$before"
claim "and nothing else" says first "still there"
exec 9>&-

# ---- without
agent_kill
on gw "$FB_BUILD/firebreakd" --run-dir "$LAB_RUN" --unload 2>/dev/null
rm -r "$LAB_DIR/state"
mkdir "$LAB_DIR/state"
claim "another session, without a firewall" session second
agent_start
apply "$policy"
deny "without --adopt it is not taken up" says second after 3
claim "because of its state" dropped_so tcp-state 0
same "a new one gets in" recorder "$(ssh_from corp "$RECORDER" -o BindAddress=172.16.5.20)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A host that was just started has no programs and no guard, and its kernel forwards whatever its routes say. Whatever keeps the agent from starting
# then, nothing passes, and only the management interface and the rescue access reach the host; with the guard of the early unit the same. A word
# that is wrong on the command line, --help and --unload close nothing, and a guard that is there already stays as it is. A closed host does not
# answer either, as routing would, and nor does it ever on a cable that is in no zone.
#
#   camera 10.20.4.12 --- cctv0 [gateway, no agent] traffic0 --- signal 10.10.1.1
#    jump-1 10.30.0.130 --- jump0 (management)      corp0 (rescue: ssh) --- desk 172.16.5.20
#     spare 10.90.0.10 --- spare0 (in no zone)         video0, of a smaller MTU
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
lab_network spare 10.90.0.1/24 10.90.0.10/24
on gw ip link set video0 mtu 1300
state=$LAB_DIR/state conf=$LAB_DIR/conf
agent_start
apply "$(town_policy town.fb <<<'never cctv -> traffic')" >/dev/null
agent_kill

printf 'management jump0\nrescue corp0 172.16.0.0/12 22\n' >"$conf"
daemon() { on gw timeout 60 "${before[@]}" "$AGENT" --config "$conf" --run-dir "$LAB_RUN" --state-dir "$state" --metrics off "$@"; }
before=()
boot() { # as after one
	daemon --unload >/dev/null 2>&1
	deny "after a boot there is no guard" on gw nft list table inet firebreak_guard 2>/dev/null
}
signal() { on cctv ping -c 1 -W 1 -q -I "$CAMERA" "$SIGNAL" >/dev/null; }
jump() { on jump ping -c 1 -W 1 -q 10.30.0.129 >/dev/null; }
desk() { on corp ping -c 1 -W 1 -q 172.16.0.1 >/dev/null; }
# open to the desk for ssh alone: nothing listens, so that who is heard is refused
ssh_is_heard() { grep -q refused < <(on corp timeout 5 nc -nvw 2 172.16.0.1 22 2>&1 || true); }
answers() { # to a hop limit, an address without a route, a packet that is too large: how many
	on spare ip route flush cache # it remembers the MTU of the last answer
	on spare sh -c "ping -c 1 -W 1 -t 1 $SIGNAL & ping -c 1 -W 1 192.0.2.9 & ping -c 1 -W 1 -M do -s 1400 $RECORDER & wait" | grep -c "^From 10.90.0.1" || true
}
closed() {
	deny "$1: the camera does not reach the signal" signal
	claim "$1: the management interface reaches the host" jump
	deny "$1: the desk does not" desk
	claim "$1: but by the rescue access" ssh_is_heard
	same "$1: routing answers nobody" 0 "$(answers)"
}
fails() { # WHAT STATUS [OPTION...]
	local what=$1 status=0
	daemon "${@:3}" >"$LAB_DIR/log/failed.log" 2>&1 || status=$?
	same "$what: the agent does not start" "$2" "$status"
	closed "$what"
	boot
}

boot
claim "without a guard the camera reaches the signal" signal
same "and who asks for what there is not is told so" 3 "$(answers)"
claim "--help is answered" daemon --help >/dev/null
same "a word that is wrong is said" 2 "$(daemon --no-such-option 2>/dev/null >&2; echo $?)"
claim "neither closes anything" signal

if command -v strace >/dev/null; then
	before=(strace -f -o "$LAB_DIR/trace" "--inject=bpf:error=EINVAL:when=1+")
	fails "the kernel refuses the programs" 3
fi
before=(prlimit --as=200000000)
fails "no memory" 3
before=()
mkdir "$LAB_DIR/ro"
mount -t tmpfs -o ro fb-ro "$LAB_DIR/ro"
fails "a state directory that is read only" 3 --state-dir "$LAB_DIR/ro"
mv "$state/audit.head" "$LAB_DIR/head"
mkdir "$state/audit.head"
fails "an audit log that cannot be read" 3
rmdir "$state/audit.head"
mv "$LAB_DIR/head" "$state/audit.head"
fails "a state directory below a file" 3 --state-dir "$conf/state"
fails "a run directory that cannot be made" 3 --run-dir "$conf/run"
{ echo "flwos 1000"; cat "$conf"; } >"$LAB_DIR/wrong"
fails "a setting that is wrong" 2 --config "$LAB_DIR/wrong"

claim "the early unit's command succeeds" daemon --guard
closed "the early unit"
on gw nft add element inet firebreak_guard management '{ "corp0" }'
claim "and again" daemon --guard
claim "a guard that is there stays as it is" desk
on gw nft 'flush chain inet firebreak_guard pre; delete chain inet firebreak_guard pre'
same "that of a version that did not look before routing answers" 3 "$(answers)"
agent_start --management jump0
closed_to_desk() { ! desk; }
claim "the agent makes it its own" wait_until 10 closed_to_desk
claim "with the policy in force" grep -q 'never' <<<"$(firebreak rules)"
deny "the camera does not reach the signal" signal
same "nor is anybody on a cable in no zone told that there is a way" 0 "$(answers)"

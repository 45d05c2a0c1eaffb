#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The state directory's file system is full. An apply, a trial and a confirmation are refused, each saying why, and nothing has changed, also for
# a restart; with room again the next apply works. Every number of free blocks is tried, from none until the apply has enough, so the disk is
# full at each place where something is written.
#
#   desk 172.16.5.20 (ping) --- corp0 [gateway, state on a small tmpfs] video0 --- recorder 10.30.0.10
# time limit: 180 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
mount -t tmpfs -o size=512k,mode=0755 fb-state "$LAB_DIR/state"
agent_start
old=$(town_policy old.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 icmp/echo-request }
END
)
new=$(sed 's/version 1/version 2/; s/^firebreak .*/never corp <-> video/' "$old" | policy_file new.fb)
apply "$old"
version() { firebreak status -j | jq -r .policy.version; }
passes() { on corp ping -c1 -W1 "$RECORDER" >/dev/null; }
same "the old policy is in force" 1 "$(version)"

block=4096
free_blocks() { stat -f -c %a "$LAB_DIR/state"; }
# fill LEFT: until so many blocks are free
fill() {
	rm -f "$LAB_DIR/state/ballast"
	dd if=/dev/zero of="$LAB_DIR/state/ballast" bs=$block count=$(($(free_blocks) - $1)) status=none
	same "blocks that are free" "$1" "$(free_blocks)" >/dev/null
}
inventory() { (cd "$LAB_DIR/state" && find . -type f ! -name ballast -exec sha256sum {} + | sort -k2); }

# tried OPTION...: with more and more room, until it works
tried() {
	local before number left status
	for ((left = 0; left < 64; left++)); do
		fill "$left"
		before=$(inventory) number=$(generation) status=0
		firebreak apply "$new" "$@" >"$LAB_DIR/said" 2>&1 || status=$?
		[ "$status" != 0 ] || break
		[ "$status" = 5 ] || fail "$left blocks free: status $status"
		grep -q "No space left on device" "$LAB_DIR/said" || fail "$left blocks free: it does not say why"
		[ "$(generation)" = "$number" ] || fail "$left blocks free: another generation is in force"
		passes || fail "$left blocks free: the old policy does not hold"
		[ "$(inventory)" = "$before" ] || fail "$left blocks free: the state directory has changed"
	done
	say "ok with 0 to $((left - 1)) blocks free it is refused, and nothing has changed"
	at_least "it was full at different places" 2 "$left"
}
tried
same "with just enough room it works" 2 "$(version)"
deny "and the new policy holds" passes
rm "$LAB_DIR/state/ballast"
deny "what was answered was on disk" grep -q "cannot be written down" "$LAB_DIR/log/agent.log"
apply "$old"
same "and the next one as well" 1 "$(version)"

tried --confirm=60s
same "the same with a trial" 2 "$(version)"
fill 0
status=0
firebreak confirm >"$LAB_DIR/said" 2>&1 || status=$?
same "what cannot be written is not confirmed" 5 "$status"
claim "and it says so" grep -q "No space left on device" "$LAB_DIR/said"
claim "the trial goes on" test "$(firebreak status -j | jq .confirm.left)" -gt 0
agent_kill
agent_start
claim "also for another agent" test "$(firebreak status -j | jq .confirm.left)" -gt 0
claim "and the way back needs no room" firebreak rollback
same "the old policy is in force" 1 "$(version)"
claim "and holds" passes
rm "$LAB_DIR/state/ballast"
on_disk() { firebreak history -j | jq -e '.generations[] | select(.state == "in force")'; }
claim "with room again it is written down" wait_until 5 on_disk
number=$(generation)
agent_kill
agent_start
same "a restart finds it" "$number" "$(generation)"
claim "the audit log is whole" firebreak audit verify

# events are written when there is room, each as a whole line
rm -f "$LAB_DIR/state/ballast"
apply "$(town_policy events.fb <<<'never cctv -> traffic')" >/dev/null
fill 1
for host in $(seq 40); do on cctv ping -c1 -W0.02 "10.10.1.$host" >/dev/null 2>&1 || true; done
claim "that events are not written is said" wait_until 10 grep -q "events are not written" "$LAB_DIR/log/agent.log"
lines_are_whole() { jq -es "length > 0" "$LAB_DIR/state/events.log" >/dev/null; }
claim "no line is torn" lines_are_whole
rm "$LAB_DIR/state/ballast"
all_told() { [ "$(jq -rs '[.[].destination.ip // "" | select(startswith("10.10.1."))] | unique | length' "$LAB_DIR/state/events.log")" = 40 ]; }
claim "with room again all of them are" wait_until 10 all_told
same "which was said once" "1 1" "$(grep -c "events are not written" "$LAB_DIR/log/agent.log") $(grep -c "events are written again" "$LAB_DIR/log/agent.log")"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A release, a confirmation, a way back that fail in the middle of being written down, and then an agent that is killed and started: what was refused has not
# become true by that, and what was done is not undone.
#
#   centre 10.30.0.84 (ping) --- control0 [gateway; strace on the agent] traffic0 --- signal 10.10.1.1
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
# shellcheck source=tests/support/strace.sh
. "$FB_TOP/tests/support/strace.sh"

lab_new
northport_up
agent_start
good=$(town_policy good.fb <<-'END'
	isolate cut { cut control from traffic }
	firebreak control -> traffic { allow utc-1 -> signals icmp/echo-request }
END
)
tried=$(sed 's/version 1/version 2/' "$good" | policy_file tried.fb)
passes() { on control ping -c1 -W1 "$SIGNAL" >/dev/null; }
version() { firebreak status -j | jq -r .policy.version; }
again() {
	agent_kill
	agent_start
}
said() { grep -q "$1" "$LAB_DIR/log/agent.log"; }
apply "$good" >/dev/null
claim "the centre reaches the signal" passes

firebreak isolate cut --reason test >/dev/null 2>&1
deny "a release that cannot be written down is refused" under --inject=fsync:error=EIO:when=4+ firebreak release cut
deny "nothing passes" passes
same "the state is degraded until it is written down, or was" 1 "$(grep -c 'what is isolated and quarantined cannot be written down' "$LAB_DIR/log/agent.log")"
claim "it is, a second later" wait_until 5 said 'what is isolated and quarantined written down now'
again
deny "after a restart nothing passes" passes
deny "one that fails once is refused, too" under --inject=fsync:error=EIO:when=4 firebreak release cut
deny "nothing passes" passes
same "and the audit log says that it failed" "release-failed cut" "$(firebreak audit -j | jq -r '.entries[-1] | "\(.what) \(.object)"')"
firebreak release cut >/dev/null
claim "released it passes" passes

apply --confirm=30s "$tried" >/dev/null
# the sync of the folder, when `current` has its new name
for when in 1 2 3 4 5 6 7 8; do
	deny "a confirmation whose sync $when fails is refused" under "--inject=fsync:error=EIO:when=$when" firebreak confirm
	if grep -q 'rename(.*current"' "$LAB_DIR/trace"; then break; fi
done
again
same "it is on trial still" 2 "$(version)"
ended() { [ "$(version)" = 1 ]; }
claim "and ends as nobody confirmed it" wait_until 40 ended

apply --confirm=60s "$tried" >/dev/null
back_and_killed() {
	firebreak rollback
	version >"$LAB_DIR/version"
	agent_kill
}
under --inject=rename,unlink,openat:error=EROFS back_and_killed
same "a way back works without a disk" 1 "$(<"$LAB_DIR/version")"
claim "and says that it is not written down" grep -q 'not on disk yet' "$LAB_DIR/said"
agent_start
same "and is not undone by a restart" 1 "$(version)"
sleep 1
same "nor later" 1 "$(version)"

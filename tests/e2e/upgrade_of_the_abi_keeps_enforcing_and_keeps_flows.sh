#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An agent of another ABI version takes the place of the one before, up and down, under traffic: no packet is lost, none that is denied or isolated passes, a live TCP
# session goes on, and the counters have every packet. Flows that are laid out in another way begin anew, and the agent says so. One that cannot take over leaves the
# other as it is; one that is killed leaves what the next start of either version finishes. The guard lists the same devices all the time.
#
#   recorder 10.30.0.10 (sender)  --- video0 [gateway; agents  corp0    --- desk 172.16.5.20 (counter)
#   camera 10.20.4.12 (ssh)       --- cctv0    of three ABIs ] traffic0 --- signal 10.10.1.1 (sshd)
#   jump-1 10.30.0.130 (sender)   --- jump0                    control0 --- centre 10.30.0.84 (counter)
# time limit: 900 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
sshd_up traffic signal "signal"
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001 id stream }
	firebreak jump -> control { allow jump-1 -> utc-1 udp/5003 id cut-stream }
	firebreak cctv -> traffic { allow cameras -> signals tcp/22 id session }
	isolate no-jumps { cut jump from any }
END
)
apply "$policy"
firebreak isolate no-jumps --reason "all through the upgrades" >/dev/null 2>&1
quiet() { "$@" 2>/dev/null; } # every command says first what is isolated

own=$("$FB_BUILD/firebreakd" --version | sed -n 's/.*ABI \([0-9]*\).*/\1/p')
program_of() { if [ "$1" = "$own" ]; then echo "$FB_BUILD/firebreakd"; else echo "$FB_BUILD/tests/support/firebreakd-abi$1"; fi; }
# as ABI: an agent of that version starts where another was killed
as() {
	agent_kill
	: >"$LAB_DIR/log/agent.log"
	AGENT=$(program_of "$1")
	agent_start
}
trees() { (cd "$LAB_RUN/bpf" && echo v*); }
said() { grep -q "$1" "$LAB_DIR/log/agent.log"; }
count_enforcing() { quiet firebreak status -j | jq '[.interfaces[] | select(.enforcing)] | length'; }

mkfifo "$LAB_DIR/words"
# shellcheck disable=SC2016 # expanded by the inner shell
lab_spawn cctv session bash -c 'exec ssh -F none -i "$0/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
	-o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR root@10.10.1.1 <"$0/words"' "$LAB_DIR"
exec 9>"$LAB_DIR/words"
# answers WORD: the session says it back
answers() {
	echo "$1" >&9
	wait_until 20 grep -q "$1" "$LAB_DIR/log/session.log"
}
claim "an ssh session lives" answers before
lab_spawn gw guard nft monitor elements

streams_start() {
	count_start corp 5001 5002
	send_start video 20000 900 "$RECORDER" "$DESK" 5001 5002
	lab_spawn control cut-count "$FB_BUILD/tests/support/blast" count 5003
	lab_spawn jump cut-send "$FB_BUILD/tests/support/blast" send 1000 900 "$JUMP" "$UTC" 5003
}
# last HOST-LOG NUMBER-BEFORE: of blast's last words
last() { sed -n "s/^5003 $2 \([0-9]*\).*/\1/p" "$LAB_DIR/log/$1.log" | tail -n 1; }
nothing_leaked() {
	streams_stop
	lab_stop cut-send
	lab_stop cut-count
	same "$1: of what is denied nothing arrived" 0 "$(received 5002)"
	same "$1: of what is isolated nothing arrived" 0 "$(last cut-count received)"
}
streams_start
busy() { [ "$(quiet rule_packets stream)" -gt 10000 ] && [ "$(quiet dropped jump control isolated)" -gt 500 ]; }
claim "the streams run" wait_until 20 busy

# moves_to ABI: with all that is promised when flows are laid out alike
moves_to() {
	local packets generation
	packets=$(quiet rule_packets stream) generation=$(quiet generation)
	as "$1"
	same "ABI $1: one tree is left" "v$1" "$(trees)"
	claim "ABI $1: it says so" said "ABI $1 enforces in the place of ABI"
	same "ABI $1: every interface enforces" 7 "$(count_enforcing)"
	at_least "ABI $1: the generation grew" $((generation + 1)) "$(quiet generation)"
	at_least "ABI $1: the line's counter did not go back" "$packets" "$(quiet rule_packets stream)"
	same "ABI $1: the isolation is active" no-jumps "$(quiet firebreak status -j | jq -r '.isolated[].plan')"
	claim "ABI $1: the session goes on" answers "after-$1-$packets"
}
moves_to 71
moves_to "$own"
moves_to 71
moves_to "$own"
nothing_leaked "upgraded twice, up and down"
same "every packet that is allowed arrived" "$(sent 5001)" "$(received 5001)"
same "its line counted every one, through four agents" "$(sent 5001)" "$(quiet rule_packets stream)"
same "so did the drops" "$(sent 5002)" "$(quiet dropped video corp no-allow)"
same "and those of the isolation" "$(last cut-send sent)" "$(quiet dropped jump control isolated)"

# Its version refuses the stored policy: what enforces goes on.
streams_start
stored=$LAB_DIR/state/generations/$(quiet generation).json
cp "$stored" "$LAB_DIR/stored"
agent_kill
truncate -s 100 "$stored"
status=0
on gw "$(program_of 71)" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" >"$LAB_DIR/log/refused.log" 2>&1 || status=$?
same "an agent that cannot read the policy ends" 3 "$status"
claim "and says what goes on" grep -q "ABI $own goes on enforcing" "$LAB_DIR/log/refused.log"
same "it has left nothing" "v$own" "$(trees)"
claim "the session goes on" answers refused
cp "$LAB_DIR/stored" "$stored"

# Killed in the middle by whatever version, and gone on with by the same or the other.
next=71 two=0
other() { if [ "$next" = 71 ]; then next=$own; else next=71; fi; }
# interrupted HOW...: an agent of the next version is ended by that
interrupted() {
	agent_kill
	{ setsid nsenter --net="/run/netns/fb-$LAB_ID-gw" -- "$@" "$(program_of "$next")" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" \
		--metrics "127.0.0.1:$METRICS_PORT" >"$LAB_DIR/log/interrupted.log" 2>&1 </dev/null || true; } 2>/dev/null
	# of two whole trees each sees its own half of a session, which waits for the next start; of any others one enforces alone
	case $(trees) in
	"v$own v71") two=$((two + 1)) ;;
	*) answers "meanwhile-$RANDOM$RANDOM" || fail "$*: without an agent the session is dead, with $(trees)" ;;
	esac
	if [ $((RANDOM % 2)) = 0 ]; then other; fi
	as "$next"
	[ "$(trees)" = "v$next" ] || fail "$*: $(trees) are left of an upgrade to v$next"
	[ "$(count_enforcing)" = 7 ] || fail "$*: not every interface enforces"
	answers "word-$RANDOM$RANDOM" || fail "$*: the session is dead"
	other
}
if command -v strace >/dev/null; then
	interrupted strace -f -o /dev/null -e trace=rename --inject=rename:error=EIO:when=1
	same "a failure before the first link leaves one tree" 0 "$two"
	claim "and says what goes on" grep -q 'goes on enforcing' "$LAB_DIR/log/interrupted.log"
	interrupted strace -f -o /dev/null -e trace=rename --inject=rename:error=EIO:when=2
	same "a failure after it leaves two" 1 "$two"
	claim "and says that" grep -q 'both versions enforce, and the next start goes on' "$LAB_DIR/log/interrupted.log"
	for ((i = 1; i <= 10; i++)); do interrupted strace -f -o /dev/null -e trace=rename "--inject=rename:signal=KILL:when=$i"; done
	for ((i = 1; i <= 3; i++)); do interrupted strace -f -o /dev/null -e trace=sched_setaffinity "--inject=sched_setaffinity:signal=KILL:when=$i"; done
	at_least "killed before each rename and while it counted: that left two trees, and the next start finished" 9 "$two"
fi
began=$(now_ms)
as "$next"
took=$(($(now_ms) - began))
other
for ((i = 1; i <= 10; i++)); do interrupted timeout -s KILL "$(awk -v ms="$took" -v r=$RANDOM 'BEGIN {print ms * (0.2 + 0.8 * r / 32768) / 1000}')"; done
claim "killed 10 times at random within the $took ms of a start, and finished: the session lives" answers at-last

as "$own"
packets=$(quiet rule_packets stream)
as 72
same "ABI 72: one tree is left" v72 "$(trees)"
claim "flows that are laid out in another way begin anew, and it says so" said 'flows begin anew.*layout 1, this version has 2.*lost: [0-9]'
same "every interface enforces" 7 "$(count_enforcing)"
at_least "the line's counter did not go back" "$packets" "$(quiet rule_packets stream)"
as "$own"
claim "also on the way back" said 'flows begin anew.*layout 2, this version has 1'
goes_on() { [ "$(quiet rule_packets stream)" -gt $((packets + 10000)) ]; }
claim "the stream goes on" wait_until 20 goes_on
nothing_leaked "killed again and again"
same "the guard never took a device off its list" 0 "$(grep -c 'delete element' "$LAB_DIR/log/guard.log" || true)"

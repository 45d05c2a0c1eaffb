#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# firebreak top says what happens now: a running stream by its pair, its line and its rate, what is dropped by its reason and who is behind
# it, and before all that what is cut. It outlives its agent, fits the terminal as that changes, and gives it back however it ends.
#
#   recorder 10.30.0.10 (sender) --- video0 [gateway, agent, top in a terminal] corp0    --- desk 172.16.5.20 (counter)
#   camera 10.20.4.12 (nmap)     --- cctv0                                      traffic0 --- signals 10.10.1.1-3
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start --viewers games
policy=$(town_policy town.fb <<-'END'
	firebreak video -> corp { allow nvr-1 -> desk udp/5001 id stream }
	never cctv <-> traffic
	isolate city-cut "OT from IT" { cut cctv from any }
END
)
same "without an agent's policy a frame says so" "firebreak: CLOSED  no policy: all is dropped" \
	"$(firebreak top -d 0.5 | head -n 1 | sed 's/  [0-9:]*$//')"
apply "$policy"
count_start corp 5001 5002
send_start video 1000 80 "$RECORDER" "$DESK" 5001 5002
stream_passes() { [ "$(rule_packets stream)" -gt 500 ]; }
claim "the stream passes" wait_until 10 stream_passes

# ---- no terminal: text and JSON

firebreak top -d 2 >"$LAB_DIR/frame"
claim "a frame says that it is enforcing" grep -q '^firebreak: ENFORCING  generation 1  ' "$LAB_DIR/frame"
claim "it has the pair of the stream" grep -qE '^video -> corp +[0-9,]+ +[0-9.]+ [kM]$' "$LAB_DIR/frame"
claim "its line" grep -qE '^nvr-1 -> desk +udp/5001 .* stream$' "$LAB_DIR/frame"
claim "what is denied, why, and who it is" grep -qE '^video -> corp +no-allow +[0-9,]+ .* nvr-1 -> desk udp/5002$' "$LAB_DIR/frame"
deny "and no sequence of a terminal" grep -q $'\e' "$LAB_DIR/frame"
firebreak top -j -d 1 -n 2 --view flows >"$LAB_DIR/json"
same "JSON is one object a frame" "firebreak.top/1 firebreak.top/1" "$(jq -r .schema "$LAB_DIR/json" | paste -sd ' ')"
rate() { tail -n 1 "$LAB_DIR/json" | jq "$1 | round"; }
rate_is_right() { [ "$1" -ge 250 ] && [ "$1" -le 1000 ]; } # each port has 500; others use this machine
pair=$(rate '.pairs[] | select(.src == "video" and .dst == "corp") | .packets_per_second')
claim "the stream's rate is that of its sender ($pair)" rate_is_right "$pair"
line=$(rate '.rules[] | select(.id == "stream") | .packets_per_second')
claim "so is its line's ($line)" rate_is_right "$line"
drops=$(rate '.drops[] | select(.src == "video" and .reason == "no-allow") | .packets_per_minute / 60')
claim "and what is dropped ($drops)" rate_is_right "$drops"
same "the live flow is there" "udp $DESK 5001" "$(tail -n 1 "$LAB_DIR/json" | jq -r '.live[] | select(.rule == "stream") | "\(.proto) \(.dst) \(.dport)"')"
viewer() { FIREBREAK_SOCKET=$LAB_RUN/control.sock SSH_CONNECTION='' on gw setpriv --reuid nobody --regid nogroup --groups games --inh-caps=-all "$@"; }
claim "a viewer may look" grep -q ENFORCING <(viewer "$FB_BUILD/firebreak" top -d 0.5)
for wrong in '-d 0' '-d x' '-n -1' '--view x' '--sort x'; do
	status=0
	# shellcheck disable=SC2086
	firebreak top $wrong 2>"$LAB_DIR/said" >&2 || status=$?
	same "top $wrong is mistyped" 2 "$status"
done

# what each look asks for does not grow with what is there: lines that are in use, some of the flows
same "of the lines only those in use are asked for" stream "$(control 'rules?used=10' | jq -r '[.rules[].id] | join(" ")')"
same "and of the flows any few" "1 null" "$(control 'flows?limit=1&total=no' | jq -r '"\(.shown) \(.total)"')"
same "a span that is none is refused" "used=x: must be a number of seconds up to 86400" "$(control 'rules?used=x' | jq -r .error)"
first=$(control 'flows?limit=0')
same "flows come in pieces: the first says how many there are" true "$(jq '.shown == 0 and .total >= 1' <<<"$first")"
same "and where the next begins, which has them" true \
	"$(control "flows?from=$(jq .next <<<"$first")" | jq '.shown >= 1 and .total == null and .next == null')"
same "the last has none" null "$(control 'flows?from=4294967295' | jq .next)"
same "a place that is none is a mistake" "from=-1: must be a number up to 4294967295" "$(control 'flows?from=-1' | jq -r .error)"
same "so is another total" "total=yes: may only be no" "$(control 'flows?total=yes' | jq -r .error)"

# ---- a terminal

terminal() { tmux -S "$LAB_DIR/tmux" -f /dev/null "$@"; }
at_exit terminal kill-server 2>/dev/null
screen() { terminal capture-pane -p -t top; }
shows() { screen | grep -qE -- "$1"; }
hides() { ! screen | grep -qE -- "$1"; }
first_line() { terminal capture-pane -p -e -t top | head -n 1; }
press() { terminal send-keys -t top "$@"; }
top_pid() { pgrep -x firebreak -P "$(pgrep -P "$(terminal display-message -p -t top '#{pane_pid}')")"; }
# given_back STATUS: top has ended with it, and the terminal is what it was
given_back() {
	shows "^ended $1\$" && [ "$(terminal display-message -p -t top '#{alternate_on} #{cursor_flag}')" = "0 1" ] &&
		[ "$(cat "$LAB_DIR/before")" = "$(cat "$LAB_DIR/after")" ]
}
cat >"$LAB_DIR/run" <<-END
	#!/bin/bash
	clear
	stty -g >$LAB_DIR/before
	FIREBREAK_SOCKET=$LAB_RUN/control.sock SSH_CONNECTION= $FB_BUILD/firebreak top "\$@"
	status=\$?
	stty -g >$LAB_DIR/after
	echo "ended \$status"
END
chmod +x "$LAB_DIR/run"
on gw tmux -S "$LAB_DIR/tmux" -f /dev/null new-session -d -s top -x 100 -y 30 env PS1='ready ' bash --noprofile --norc -i
claim "there is a terminal" wait_until 10 shows '^ready'
press "$LAB_DIR/run -d 1" Enter
claim "the screen has the stream" wait_until 10 shows '^video -> corp +[0-9,]+ +[0-9.]+ [kM]'
claim "and the drops" shows '^video -> corp +no-allow .* nvr-1 -> desk udp/5002'
claim "in a colour" grep -q $'\e\\[32mfirebreak: ENFORCING' <(first_line)
scan_signals >/dev/null
claim "a scan shows within a look or two, and who scans" wait_until 10 shows '^cctv -> traffic +never .* cam-0412 -> 10\.10\.1\.'
press 2
claim "key 2: the lines" wait_until 5 shows '^nvr-1 -> desk +udp/5001 .* stream$'
claim "alone" hides 'REASON'
press 4
claim "key 4: live flows" wait_until 5 shows "^udp +$RECORDER:.* +$DESK:5001 "
press '?'
claim "key ?: the keys" wait_until 5 shows '^p +pause'
press 0
claim "key 0: all again" wait_until 5 shows 'REASON'
press s
claim "key s: another order" wait_until 5 shows '^all by packets'
press p
claim "key p: it rests" wait_until 5 shows '^firebreak: ENFORCING .* PAUSED'
press p
claim "and goes on" wait_until 5 hides PAUSED
terminal resize-window -t top -x 60 -y 20
fits() { [ "$(screen | wc -l)" -le 20 ] && shows '^all by packets +q quit .* \? help$' && shows '^video -> corp +no-allow'; }
claim "it fits 60 columns and 20 lines when the terminal becomes that" wait_until 5 fits
terminal resize-window -t top -x 130 -y 40
claim "and takes more when there is more" wait_until 5 shows '4 flows  \? help$'

firebreak isolate city-cut --reason "exercise 9" >/dev/null 2>&1
cut_is_first() { first_line | grep -q $'^\e\\[31mISOLATED  city-cut .*exercise 9'; }
claim "what is cut is the first line, and red" wait_until 10 cut_is_first
firebreak release city-cut >/dev/null 2>&1
claim "and is gone when released" wait_until 10 hides ISOLATED

agent_kill
claim "a dead agent is said on the screen" wait_until 10 shows '^NO AGENT since [0-9:]+: no agent answers'
claim "which keeps what it knew" shows '^video -> corp +no-allow'
agent_start --viewers games
claim "and when one is back it goes on" wait_until 15 hides 'NO AGENT'
claim "with the stream, that never stopped" wait_until 10 shows '^video -> corp +[0-9,]+ +[0-9.]+ [kM]'
kill -STOP "$(lab_pid agent)"
claim "an agent that hangs is said, too" wait_until 15 shows '^NO AGENT since [0-9:]+: it has not answered'
press 3
claim "and does not hold up a key" wait_until 3 shows '^drops by '
kill -CONT "$(lab_pid agent)"
claim "and it goes on" wait_until 15 hides 'NO AGENT'
press 0

press q
claim "q ends it, and the terminal is as it was" wait_until 5 given_back 0
for signal in TERM INT SEGV; do
	press "$LAB_DIR/run -d 1" Enter
	claim "again" wait_until 10 shows '^video -> corp +[0-9,]+ +[0-9.]+ [kM]'
	kill -"$signal" "$(top_pid)"
	claim "after SIG$signal the terminal is as it was" wait_until 5 given_back "$((128 + $(kill -l "$signal")))"
done
press "NO_COLOR=1 $LAB_DIR/run -d 1" Enter
claim "with NO_COLOR" wait_until 10 shows '^video -> corp +[0-9,]+ +[0-9.]+ [kM]'
deny "nothing has a colour" grep -q $'\e\\[3[0-9]m' <(terminal capture-pane -p -e -t top)
press C-z
claim "Ctrl-Z stops it and gives the terminal back" wait_until 5 shows 'Stopped'
press 'fg' Enter
claim "fg takes it again" wait_until 10 shows '^video -> corp +[0-9,]+ +[0-9.]+ [kM]'
press q
claim "and q ends it" wait_until 5 shows 'ready'
agent_kill
press "$LAB_DIR/run" Enter
claim "without an agent from the start it fails as every verb" wait_until 5 given_back 3

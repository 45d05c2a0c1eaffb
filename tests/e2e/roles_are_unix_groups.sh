#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whoever is in a group may do what its role may: look, cut and open, apply. A viewer can neither change anything, nor send what costs memory, nor keep
# an admin out with a crowd of connections that ask nothing.
#
#   users of the groups games (viewers), news (operators), mail (admins) --- control.sock [gateway + agent]
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
umask 0027 # as in the unit
agent_start --viewers games --operators news --admins mail
umask 0022
policy=$(town_policy town.fb <<-'END'
	never cctv <-> traffic
END
)
# user GROUPS COMMAND...: somebody without any privilege, in these groups
user() {
	local groups=$1
	shift
	FIREBREAK_SOCKET=$LAB_RUN/control.sock SSH_CONNECTION='' on gw setpriv --reuid nobody --regid nogroup --groups "$groups" --inh-caps=-all "$@"
}
status_of() { # GROUPS METHOD PATH [BODY-FILE]
	user "$1" curl -sS --max-time 20 --unix-socket "$LAB_RUN/control.sock" -o "$LAB_DIR/answer" -w '%{http_code}' -X "$2" \
		${4:+--data-binary "@$4"} -H Expect: "http://localhost$3" 2>/dev/null || true
}
: >"$LAB_DIR/answer"
chmod 666 "$LAB_DIR/answer"

deny "who is in no group may not even ask" user nogroup "$FB_BUILD/firebreak" status
same "the pins stay root's" "1700 0" "$(stat -c '%a %u' "$LAB_RUN/bpf")"
claim "a viewer looks" user games "$FB_BUILD/firebreak" status
claim "also at what was changed" user games "$FB_BUILD/firebreak" audit
status=0
user games "$FB_BUILD/firebreak" apply "$policy" >"$LAB_DIR/said" 2>&1 || status=$?
same "a viewer does not apply" 3 "$status"
claim "and is told which role it takes" grep -q "POST /v1/apply needs the role admin, and yours is viewer" "$LAB_DIR/said"
same "nor confirm" 403 "$(status_of games POST /v1/confirm)"
same "nor roll back" 403 "$(status_of games POST /v1/rollback)"
same "neither does an operator" 403 "$(status_of games,news POST /v1/rollback)"
claim "an admin applies" user games,mail "$FB_BUILD/firebreak" apply "$policy"
same "and is named" nobody "$(firebreak history -j | jq -r '.generations[0].who')"

head -c 1000000 /dev/zero | tr '\0' ' ' >"$LAB_DIR/large"
chmod 644 "$LAB_DIR/large"
# the answer may be lost: the agent closes while the rest is still being sent
claim "a large body of a viewer is not read" grep -qxE '413|000' <(status_of games POST /v1/explain "$LAB_DIR/large")
memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(lab_pid agent)/status"; }
before=$(memory)
# 300 viewers, each with half a megabyte on its way, who never finish
user games timeout 60 python3 - "$LAB_RUN/control.sock" >"$LAB_DIR/crowd" <<'END' &
import socket, sys, time
idle = []
for i in range(300):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(1)
    idle.append(s)
    try:
        s.connect(sys.argv[1])
        s.send(b"POST /v1/explain HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b" " * 100000)
    except OSError:
        pass
print("here", flush=True)
time.sleep(50)
END
crowd=$!
claim "a crowd of idle viewers is connected" wait_until 40 grep -q here "$LAB_DIR/crowd"
start=$(now_ms)
claim "an admin gets in" user games,mail "$FB_BUILD/firebreak" apply "$policy"
claim "so does an operator" user games,news "$FB_BUILD/firebreak" status
claim "and a viewer who asks" user games "$FB_BUILD/firebreak" status
took=$(($(now_ms) - start))
claim "none of them waited (after $took ms)" test "$took" -lt $((5000 * PATIENCE))
claim "the crowd cost little memory ($(($(memory) - before)) KiB)" test $(($(memory) - before)) -lt 32768
trap - ERR # the crowd ends by a signal
kill "$crowd" 2>/dev/null || true

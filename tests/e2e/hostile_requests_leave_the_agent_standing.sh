#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whoever may apply may still not bring the agent down, nor keep it: a claimed name that would be cut in the middle of a character, JSON
# without end, paths that climb, a trial or a rehearsal asked for in a way that reads as none; a policy of many megabytes is read as fast as it comes, and a crowd that asks nothing is forgotten
# when it goes.
#
#   curl --unix-socket control.sock --- [gateway + agent]
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
agent_start
pid=$(lab_pid agent)

post() { # BODY-FILE [PATH]: the status
	on gw curl -sS --max-time $((10 * PATIENCE)) --unix-socket "$LAB_RUN/control.sock" -o "$LAB_DIR/answer" -w '%{http_code}' \
		-H Expect: --data-binary "@$1" "http://localhost/v1/${2:-apply}"
}
body() { # ROOT WHO < TEXT
	jq -Rs --arg root "$1" --arg who "$2" '{root: $root, who: $who, reason: "test", files: [{path: $root, text: .}]}' >"$LAB_DIR/body"
}
policy='policy "hostile" language 1 version 1 timezone "UTC"'

body /p.fb "$(printf 'a%.0s' {1..63})é" <<<"$policy"
same "a name that does not fit is cut between characters" 200 "$(post "$LAB_DIR/body")"
claim "and is in the log so" grep -q "applied by a\{63\} (as root)" "$LAB_DIR/log/agent.log"
body ../../etc/passwd root <<<"$policy"
same "a path is only a name" 200 "$(post "$LAB_DIR/body")"
body /p.fb root <<<"$policy"$'\ninclude "/etc/passwd"'
same "and includes come from the request alone" 422 "$(post "$LAB_DIR/body")"
in_force=$(generation)
for value in '"60"' 60.5 '[60]' true null; do
	body /p.fb root <<<"$policy"
	jq --argjson value "$value" '.confirm = $value' "$LAB_DIR/body" >"$LAB_DIR/typed"
	same "a trial of $value seconds is none: refused" 400 "$(post "$LAB_DIR/typed")"
done
jq '.confrim = 60' "$LAB_DIR/body" >"$LAB_DIR/typed"
same "a member with a wrong name is refused" 400 "$(post "$LAB_DIR/typed")"
same "and nothing was applied" "$in_force" "$(generation)"
jq '.confirm = 60' "$LAB_DIR/body" >"$LAB_DIR/typed"
same "a trial of 60 seconds is one" 200 "$(post "$LAB_DIR/typed")"
echo '{"extend": "60"}' >"$LAB_DIR/typed"
same "to extend it by a text is refused" 400 "$(post "$LAB_DIR/typed" confirm)"
claim "and does not confirm it" jq -e .confirm.left <<<"$(firebreak status -j)" >/dev/null
echo '{"generation": "1"}' >"$LAB_DIR/typed"
same "a generation that is a text is none" 400 "$(post "$LAB_DIR/typed" rollback)"
echo '{"name": "cut", "rehearse": "true", "reason": "x"}' >"$LAB_DIR/typed"
same "a rehearsal that is a text is no rehearsal" 400 "$(post "$LAB_DIR/typed" isolate)"
claim "which names the member" grep -q 'rehearse must be true or false' "$LAB_DIR/answer"
for query in audit?limit=5zzz audit?limit=0 audit?limit=-1 history?limit=5zzz bundle?generation=1x; do
	claim "$query is refused" grep -q must <<<"$(control "$query" | jq -r .error)"
done
printf '[%.0s' {1..100000} >"$LAB_DIR/deep"
same "JSON without end is refused" 400 "$(post "$LAB_DIR/deep")"
body /p.fb root < <(printf '%s\n' "$policy"; head -c 8000000 /dev/zero | tr '\0' '#' | fold -w 79)
start=$(now_ms)
same "8 MB are a policy like another" 200 "$(post "$LAB_DIR/body")"
took=$(($(now_ms) - start))
claim "and take no minute ($took ms)" test "$took" -lt $((5000 * PATIENCE))
# more than either server takes; they end with the script
on gw timeout 20 python3 - "$LAB_RUN/control.sock" "$METRICS_PORT" <<'END'
import socket, sys
idle = []
for family, address in [(socket.AF_UNIX, sys.argv[1])] * 80 + [(socket.AF_INET, ("127.0.0.1", int(sys.argv[2])))] * 80:
    s = socket.socket(family)
    s.settimeout(0.1)
    idle.append(s)
    try:
        s.connect(address)
        s.send(b"GET /")
    except OSError:
        pass
END
claim "after a crowd the agent answers" wait_until 5 firebreak status
claim "and so do its metrics" wait_until 5 metrics
same "it is the same agent" "$pid" "$(lab_pid agent)"

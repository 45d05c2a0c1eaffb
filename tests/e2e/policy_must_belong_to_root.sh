#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A policy file that is not root's, or that others may write, is refused (whoever can write it would be the firewall's administrator).
#
#   [gateway + agent], no traffic
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<<'firebreak corp -> video { allow desk -> nvr-1 tcp/443 }')
apply "$policy"
before=$(generation)
refused() { # SENTENCE
	local status=0
	apply "$policy" >"$LAB_DIR/said" 2>&1 || status=$?
	deny "$1" test "$status" = 0
	claim "the message names the file" grep -q town.fb "$LAB_DIR/said"
	same "nothing has changed" "$before" "$(generation)"
}
chown nobody "$policy"
refused "a file of nobody is refused"
chown root "$policy"
chmod 666 "$policy"
refused "a file that everybody may write is refused"
chmod 664 "$policy"
chown root:nogroup "$policy"
refused "a file that a group may write is refused"
chmod 644 "$policy"
echo "include \"part.fb\"" >>"$policy"
echo "never cctv <-> traffic" >"$LAB_DIR/policy/part.fb"
chown nobody "$LAB_DIR/policy/part.fb"
status=0
apply "$policy" >"$LAB_DIR/said" 2>&1 || status=$?
deny "an included file of nobody is refused" test "$status" = 0
claim "the message names it" grep -q part.fb "$LAB_DIR/said"
chown root "$LAB_DIR/policy/part.fb"
chmod 644 "$LAB_DIR/policy/part.fb"
apply "$policy"
same "root's own files are taken" $((before + 1)) "$(generation)"

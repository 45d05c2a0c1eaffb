#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: every BPF test program, the town on a trunk, a bond (or one command). Results: /run/out/{results,sums,finished}, logs beside them.
set -uo pipefail
# shellcheck source=tests/support/common.sh
. "${BASH_SOURCE[0]%/*}/../support/common.sh"
out=/run/out
export FB_PATIENCE=6 # emulation
FB_BUILD=$(<"$out/build")
if [ -e "$out/command" ]; then
	(cd "$FB_TOP" && timeout 600 bash "$out/command") >"$out/log" 2>&1 </dev/null
	echo $? >"$out/finished"
	exit
fi
mkdir -p "$out/log"

# report NAME LIMIT COMMAND...
report() {
	local name=$1 limit=$2 start=$SECONDS status=0 log count
	shift 2
	log=$out/log/$name.log
	timeout -k 10 "$limit" "$@" >"/tmp/$name.log" 2>&1 </dev/null || status=$?
	cp "/tmp/$name.log" "$log"
	count=$("$FB_TOP/tests/support/tally.py" --log "$log" "$status")
	echo "sum $count" >>"$out/sums"
	if [ "$status" = 0 ]; then
		echo "ok   $(uname -r): $name ($count, $((SECONDS - start)) s)"
	else
		echo "FAIL $(uname -r): $name ($count, status $status)"
		tail -n 80 "$log" | sed 's/^/    /'
	fi >>"$out/results"
}

while IFS=$'\t' read -r name command; do
	[ -n "$name" ] || continue
	report "$name" 600 bash -c "cd '$FB_BUILD' && $command"
done <"$out/programs"
report trunk 700 "$FB_TOP/tests/kernels/trunk.sh"
report bond 900 "$FB_TOP/tests/kernels/bond.sh"
touch "$out/finished"

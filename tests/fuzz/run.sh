#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Any bytes as a policy, as JSON, as a frame, on the control socket and in the agent's state directory: libFuzzer with ASan and UBSan.
#
#   tests/fuzz/run.sh [TARGET...]
#
# Each target runs FB_FUZZ_SECONDS (10), from what the golden tests and seeds.c give it and from the seed FB_FUZZ_SEED (1). FB_FUZZ_CORPUS is a folder
# that keeps what was found, for long runs. An input that crashes is left in the build directory and named; run the target with it to see it again.
set -euo pipefail
# shellcheck source=tests/support/common.sh
. "${BASH_SOURCE[0]%/*}/../support/common.sh"
build=$FB_BUILD-fuzz
seconds=${FB_FUZZ_SECONDS:-10}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(policy json packet control state)

if [ ! -f "$build/build.ninja" ]; then
	# pointer-overflow: clang 14 counts NULL + 0, the end of an empty vector
	# fuzzer-no-link: counters in what is linked, a main() only in the targets
	CC=clang with_progress "configuring ${build#"$FB_TOP"/}" meson setup "$build" "$FB_TOP" -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false -Doptimization=1 -Dc_args="-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined -fno-sanitize=pointer-overflow"
fi
programs=(tests/fuzz/fuzz_seeds)
for target in "${targets[@]}"; do programs+=("tests/fuzz/fuzz_$target"); done
with_progress "building ${build#"$FB_TOP"/}" ninja -C "$build" "${programs[@]}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$work"/{policy,json,packet,control,state}
"$build/tests/fuzz/fuzz_seeds" "$work"
# a small policy teaches more than a large one
find "$FB_TOP/tests/golden" "$FB_TOP/policies" -name '*.fb' -size -8k -exec cp {} "$work/policy" \;
for file in "$FB_TOP"/tests/golden/accept/*.fb; do
	"$FB_BUILD/firebreak" export "$file" >"$work/json/$(basename "$file" .fb)" 2>/dev/null || true
done
printf 'GET /v1/status?limit=3 HTTP/1.1\r\nHost: x\r\n\r\n' >"$work/control/get"
printf 'POST /v1/apply HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n{"a"\0:1}\r\n' >"$work/control/post"
printf 'POST /v1/isolate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n' >"$work/control/chunks"
# the words of the language
cat "$work"/policy/* | grep -aoE '[a-z][a-z0-9-]{1,20}' | sort -u | sed 's/.*/"&"/' >"$work/words"

passed=0 failed=0
for target in "${targets[@]}"; do
	corpus=("$work/$target")
	if [ -n "${FB_FUZZ_CORPUS:-}" ]; then
		mkdir -p "$FB_FUZZ_CORPUS/$target"
		corpus=("$FB_FUZZ_CORPUS/$target" "$work/$target")
	fi
	words=()
	case $target in policy | json) words=("-dict=$work/words") ;; esac
	status=0
	# Leaks end with the process: the arenas' rules are tested elsewhere, and looking for them needs ptrace, which containers refuse.
	ASAN_OPTIONS=detect_leaks=${FB_FUZZ_LEAKS:-0} "$build/tests/fuzz/fuzz_$target" "${words[@]}" -seed="${FB_FUZZ_SEED:-1}" -max_total_time="$seconds" \
		-timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -artifact_prefix="$build/$target-" "${corpus[@]}" >"$build/$target.log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
	if [ "$status" = 0 ]; then
		passed=$((passed + 1))
		printf 'ok   %s (%s inputs in %s s)\n' "$target" "${runs:-?}" "$seconds"
	else
		failed=$((failed + 1))
		printf '%sFAIL %s%s after %s inputs; the end of %s:\n' "$RED" "$target" "$PLAIN" "${runs:-?}" "$build/$target.log"
		grep -vE '^(#[0-9]+\s+(NEW|REDUCE|pulse)|\s*NEW_FUNC)' "$build/$target.log" | tail -n 40 | sed 's/^/    /'
	fi
done
say "$passed passed, $failed failed"
[ "$failed" = 0 ]

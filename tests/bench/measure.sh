# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What scripts/bench measures, row after row. Values go to values.tsv (name, median, quarter, three quarters, unit, note), rates to rates.tsv
# (name, round, Mpps, share); report.py makes of them what people read. Needs lab.sh, gateways.sh.

# Every row that there can be.
ROWS=(agent.rss maps.memory scrape.10k machine.miss established.v4.1 established.v4.1k established.v4.500k established.v6.1 established.tcp.1 newflow.v4
	deny.10 deny.1k deny.10k deny.100k deny.v6.10k forward.firebreak forward.bare_fib forward.kernel forward.nft_3 forward.nft_linear_1k
	forward.nft_sets_10k forward.iptables_3 newflow.firebreak newflow.nft drop.firebreak drop.bare_xdp drop.nft drop.xdp_filter
	compile.10k compile.nft_10k image.10k compile.100k compile.nft_100k image.100k switch.lost switch.mixed)
is_row() { # BEGINNING
	local name
	for name in "${ROWS[@]}"; do
		if [[ $name == "$1"* ]]; then return 0; fi
	done
	return 1
}
# wants NAME...: is one of these, or a part of it, asked for?
wants() {
	local name
	for name in "$@"; do
		if [[ -z $ONLY || $name == "$ONLY"* || $ONLY == "$name"* ]]; then return 0; fi
	done
	return 1
}
# step WHAT COMMAND...: with a line of progress
step() {
	local what=$1
	shift
	with_progress "$what" "$@"
}
value() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "${3:-$2}" "${4:-$2}" "$5" "${6:-}" >>"$OUT/values.tsv"; }
# median < NUMBERS: median, quarter, three quarters
median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 3) / 4)]}'; }
# seconds COMMAND...: its time, in TOOK
seconds() {
	local start=$EPOCHREALTIME
	"$@" >/dev/null || return 1
	TOOK=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.4f", b - a}')
}

missing() { echo "$1 is missing: the policy was refused" >>"$OUT/notes"; }

# make_set NAME N [OPTION]: a set of N lines; what the generator says of it is told at once, or with the table
make_set() {
	if ! "$BENCH/bench_rules" ${3:+"$3"} "$2" "$OUT" "$1" ${RULES:+"$RULES"} 2>"$OUT/said"; then
		cat "$OUT/said" >&2
		return 1
	fi
	cat "$OUT/said" >>"$OUT/notes"
	policy_copy "$OUT/$1.fb" >/dev/null
}
make_rules() {
	local n skip
	for n in 10 1000 10000 100000; do
		# 100,000 lines take nftables' part of the generator a quarter of a minute
		skip=""
		if [ "$QUICK" ] && [ "$n" = 100000 ]; then skip=-s; fi
		make_set "r$n" "$n" "$skip" || return 1
	done
	make_set v6.10000 10000 -6
}
use_rules() { apply "$LAB_DIR/policy/${2:-r}$1.fb" >/dev/null; }

# ---- (1) ns a packet

cost() { # NAME=WHAT
	local samples=151
	if [ "$QUICK" ]; then samples=21; fi
	on gw "$BENCH/bench_cost" -s $samples "$LAB_RUN"/bpf/v[0-9]* in0 out0 "$1" >>"$OUT/costs.tsv"
}
measure_costs() {
	local n name a b c
	: >"$OUT/costs.tsv"
	read -r a b c < <("$BENCH/bench_miss")
	value machine.miss "$a" "$b" "$c" ns "a line that is in no cache"
	if wants established newflow.v4; then
		if use_rules 10000; then
			for name in established.v4.1=1 established.v4.1k=1000 established.v4.500k=500000 established.v6.1=1 established.tcp.1=1 newflow.v4=200000; do
				if wants "${name%=*}"; then step "${name%=*}" cost "$name"; fi
			done
		else
			missing "established and newflow.v4"
		fi
	fi
	for n in 10 1000 10000 100000; do
		name=deny.${n/%000/k}
		wants "$name" || continue
		use_rules "$n" || { missing "$name"; continue; }
		step "$name" cost "$name=$OUT/r$n.hdr"
	done
	if wants deny.v6.10k; then
		if use_rules 10000 v6.; then step deny.v6.10k cost "deny.v6.10k=$OUT/v6.10000.hdr"; else missing deny.v6.10k; fi
	fi
	awk -F'\t' -v OFS='\t' '{print $1, $2, $3, $4, "ns", "best " $7 ", empty " $6 ", right " $5 * 100 " %" ($1 ~ /^deny/ ? ", " $8 " headers" : "")}' "$OUT/costs.tsv" >>"$OUT/values.tsv"
}

# ---- (2) Mpps

rates() {
	local rounds=9 ms=400 specs=() flows=1000 new=20000
	if [ "$QUICK" ]; then rounds=3 ms=120; fi
	row() { # NAME MODE GATEWAY WHAT [XDP]
		wants "$1" || return 0
		specs+=("$1,$2,$(ns "$([ "$3" = fb ] && echo gw || echo "gw-$3")"),g-$3,s-$3,$4${5:+,$5}")
	}
	use_rules 10000
	nft_stateful | on gw-nft3 nft -f - || return 1
	nft_linear 1000 | on gw-linear nft -f - || return 1
	on gw-sets nft -f "$OUT/r10000.nft" || return 1
	row forward.firebreak forward fb $flows
	row forward.bare_fib forward fib $flows fib
	row forward.kernel forward kernel $flows
	row forward.nft_3 forward nft3 $flows
	row forward.nft_linear_1k forward linear $flows
	row forward.nft_sets_10k forward sets $flows
	if iptables_stateful; then row forward.iptables_3 forward ipt $flows; fi
	row newflow.firebreak new fb $new
	row newflow.nft new nft3 $new
	row drop.firebreak drop fb "$OUT/r10000.denied"
	row drop.bare_xdp drop drop "$OUT/r10000.denied" drop
	row drop.nft drop sets "$OUT/r10000.denied"
	if xdp_filter_up; then row drop.xdp_filter drop xf "$OUT/r10000.denied"; fi
	"$BENCH/bench_rate" -r $rounds -t $ms "$(ns gen)" "$(ns sink)" "${specs[@]}" >>"$OUT/rates.tsv"
}
measure_rates() {
	use_rules 10000 || { missing "all about packets a second"; return 0; }
	# only what the policy denies may measure how fast it drops
	on gw "$BENCH/bench_cost" -s 1 -w "$OUT/r10000.denied" "$LAB_RUN"/bpf/v[0-9]* in0 out0 "deny=$OUT/r10000.hdr" >/dev/null
	step "forwarding and dropping, all gateways in turn" rates
	local end
	for end in gen/g-fb sink/s-fb; do on "${end%/*}" ip link set "${end#*/}" xdp off; done
}

# ---- (3) policies

compile_one() { # N NAME RUNS
	local n=$1 name=$2 runs=$3 i
	: >"$OUT/own" && : >"$OUT/nft"
	use_rules "$n" || { missing "compile.$name"; return 0; }
	for ((i = 0; i < runs; i++)); do
		use_rules 10 # so that the next one is a change
		seconds use_rules "$n"
		echo "$TOOK" >>"$OUT/own"
		[ -s "$OUT/r$n.nft" ] || continue
		seconds on gw-load nft -f "$OUT/r$n.nft"
		echo "$TOOK" >>"$OUT/nft"
		on gw-load nft flush ruleset
	done
	read -r a b c < <(median <"$OUT/own")
	value "compile.$name" "$a" "$b" "$c" s
	if [ -s "$OUT/nft" ]; then
		read -r a b c < <(median <"$OUT/nft")
		value "compile.nft_$name" "$a" "$b" "$c" s "nft -f of the same lines as sets"
	fi
	value "image.$name" "$(firebreak check -s -j "$LAB_DIR/policy/r$n.fb" |
		jq '.files[0].image.used / 1048576 * 100 | round / 100')" '' '' MiB
}
measure_compile() {
	local runs=5
	if [ "$QUICK" ]; then runs=2; fi
	lab_ns gw-load
	if wants compile.10k compile.nft_10k image.10k; then step "compile.10k" compile_one 10000 10k $runs; fi
	if wants compile.100k compile.nft_100k image.100k; then step "compile.100k" compile_one 100000 100k $(((runs + 1) / 2)); fi
}

# Two policies that differ, in turn, under a stream: udp/5001 both allow, udp/5002 none. Without the lines of the set, which may allow that.
measure_switches() { step "switches under load" switches; }
switches() {
	local n=1000 i lost
	if [ "$QUICK" ]; then n=20; fi
	sed '/ id r[0-9]*$/d; s|^firebreak a -> b {|&\n  allow 10.0.0.2 -> 198.18.0.2 udp/5001, udp/5003|' "$OUT/r10.fb" | policy_file one.fb >/dev/null
	sed '/ id r[0-9]*$/d; s|^firebreak a -> b {|never a -> b udp/5002\n&\n  allow 10.0.0.2 -> 198.18.0.2 udp/5001|' "$OUT/r10.fb" | policy_file two.fb >/dev/null
	apply "$LAB_DIR/policy/one.fb" >/dev/null || return 1
	lab_spawn sink count "$FB_BUILD/tests/support/blast" count 5001 5002 5003
	wait_until 10 grep -q ready "$LAB_DIR/log/count.log"
	lab_spawn gen send "$FB_BUILD/tests/support/blast" send 60000 600 10.0.0.2 198.18.0.2 5001 5002 5001 5003
	for ((i = 0; i < n; i += 2)); do
		apply "$LAB_DIR/policy/two.fb" >/dev/null || return 1
		apply "$LAB_DIR/policy/one.fb" >/dev/null || return 1
	done
	lab_stop send
	lab_stop count
	lost=$(($(awk '$1 == 5001 && $2 == "sent" {n += $3} END {print n + 0}' "$LAB_DIR/log/send.log") - $(sed -n 's/^5001 received \([0-9]*\) .*/\1/p' "$LAB_DIR/log/count.log")))
	value switch.lost "$lost" '' '' packets "$n switches"
	value switch.mixed "$(sed -n 's/^5002 received \([0-9]*\) .*/\1/p' "$LAB_DIR/log/count.log")" '' '' packets "$n switches"
}

# ---- the agent

measure_agent() {
	local i a b c bytes=0 map
	use_rules 10000 || { missing "all about the agent"; return 0; }
	for ((i = 0; i < 15; i++)); do
		on gw curl -sS -o /dev/null -w '%{time_total}\n' "http://127.0.0.1:$METRICS_PORT/metrics" | awk '{print $1 * 1000}'
	done >"$OUT/scrapes"
	read -r a b c < <(median <"$OUT/scrapes")
	value scrape.10k "$a" "$b" "$c" ms
	value agent.rss "$(awk '/^RssAnon/ {printf "%.1f", $2 / 1024}' "/proc/$(lab_pid agent)/status")" '' '' MiB
	for map in "$LAB_RUN"/bpf/v[0-9]*/maps/*; do
		bytes=$((bytes + $(bpftool -j map show pinned "$map" | jq '.bytes_memlock // 0')))
	done
	value maps.memory "$((bytes / 1048576))" '' '' MiB "1,048,576 flows, two images of 64 MiB"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 500,000 established flows, then packets of 5,000,000 different allowed tuples with sources that answer nothing, SYNs and datagrams, as fast as the generator can: no established
# flow is lost, connections that begin in the middle of it complete, every packet is counted, memory stays what it was; the same with the agent dead, and when the servers
# answer the spoofed. Beside it, for comparison, nftables with connection tracking as it comes.
# time limit: 900 s
#
#   gen  g-NAME ---- in0 [gw-NAME] out0 ---- s-NAME  sink        NAME: fb (firebreak), nft3 (nftables)
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"
# shellcheck source=tests/bench/gateways.sh
. "$FB_TOP/tests/bench/gateways.sh"

FLOWS=${FB_FLOOD_FLOWS:-500000} TUPLES=${FB_FLOOD_TUPLES:-5000000}
wants() { true; }
lab_new
lab_ns gen
lab_ns sink
gateway_add fb
gateway_add nft3
agent_start --flows 1048576
policy=$(policy_file flood.fb <<-'END'
	policy "flood" language 1
	zone a { interface in0  network 10.0.0.0/8 }
	zone b { interface out0  network 198.18.0.0/15 }
	firebreak a -> b { allow 10.1.0.0/16 -> 198.19.0.0/16 udp/5001, tcp/5001, tcp/22  id flood }
END
)
apply "$policy"

flood() { # NAME [answered]: into $LAB_DIR/flood.NAME
	local gw=gw-$1
	if [ "$1" = fb ]; then gw=gw; fi
	"$FB_BUILD/tests/bench/bench_flood" "$(ns "$gw")" "g-$1" "s-$1" "$FLOWS" "$TUPLES" "$(ns gen)" "$(ns sink)" ${2:+"$2"} >"$LAB_DIR/flood.$1"
}
of() { awk -v name="$2" '$1 == name { print $2 }' "$LAB_DIR/flood.$1"; }
# All that came in has left or was dropped: what in0 and out0 took, against what was counted.
# shellcheck disable=SC2016 # awk's fields, not the shell's
taken() { on gw awk '/in0:|out0:/ { sub(":", " "); n += $3 } END { print n }' /proc/net/dev; }
# Not what the gateway itself sends: that came in nowhere.
counted() { firebreak drops -j | jq '[(.passed + .drops)[] | select(.src != "self").packets] | add // 0'; }
# Both at one time, as CAME and COUNTED: the networks' own packets (MLD, router solicitations) may come in between.
count() {
	CAME=''
	until [ "$CAME" = "$(taken)" ]; do
		CAME=$(taken)
		COUNTED=$(counted)
	done
}
begin() { count && before_came=$CAME before_counted=$COUNTED; }
every_packet() { count && same "$1: every packet is counted" $((CAME - before_came)) $((COUNTED - before_counted)); }
anonymous() { awk '/RssAnon/ { print $2 }' "/proc/$(lab_pid agent)/status"; }
# What the kernel holds for the tables, by its own count.
tables() { cat /proc/"$(lab_pid agent)"/fdinfo/* 2>/dev/null | awk '/^map_type:/ { map = 1 } /^memlock:/ && map { sum += $2; map = 0 } END { print sum }'; }

check() { # WHEN
	# Of 500,000 flows in a million ways one in ten times one finds both of its buckets full (bpf/lib/flow.h): that is what they are for, and no loss.
	at_least "$1: all flows were established, but for one in 100,000" $((FLOWS - FLOWS / 100000)) "$(of fb established)"
	same "$1: after the flood all of them are alive" "$(of fb established)" "$(of fb alive)"
	at_least "$1: hundreds of connections were tried during the flood" $((TUPLES / 16384)) "$(of fb new_tried)"
	same "$1: every one of them completed" "$(of fb new_tried)" "$(of fb new_completed)"
}
begin
memory=$(anonymous)
held=$(tables)
at_least "the tables' memory is known" $((64 << 20)) "$held"
flood fb
say "# $(of fb flood_mpps) Mpps of $(of fb flood_tuples) tuples, $(of fb new_completed) of $(of fb new_tried) new connections completed"
check "with the agent"
every_packet "with the agent"
begin
at_least "with the agent: its memory grew by less than 2 MiB" "$(anonymous)" $((memory + 2048))
same "with the agent: the tables hold what they held" "$held" "$(tables)"

agent_kill
flood fb
say "# $(of fb flood_mpps) Mpps of $(of fb flood_tuples) tuples, $(of fb new_completed) of $(of fb new_tried) new connections completed"
check "without the agent"
agent_start --flows 1048576
every_packet "without the agent"
same "without the agent: the tables hold what they held" "$held" "$(tables)"

begin
flood fb answered
say "# $(of fb flood_mpps) Mpps of $(of fb flood_tuples) tuples and their answers, $(of fb new_completed) of $(of fb new_tried) new connections completed"
check "answered"
every_packet "answered"

nft_stateful | sed 's/udp dport 5001 accept/meta l4proto { tcp, udp } th dport { 22, 5001 } accept/' | on gw-nft3 nft -f -
flood nft3
say "# nftables with connection tracking as it comes ($(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null || echo ?) entries): $(of nft3 established) of $FLOWS established," \
	"$(of nft3 alive) alive after the flood at $(of nft3 flood_mpps) Mpps, $(of nft3 new_completed) of $(of nft3 new_tried) new connections completed"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `firebreak doctor` finds what keeps an interface from being protected, and each command that it gives makes its finding go.
#
#   [gateway: v0 --- p0 (its other end, here too), wire cab0 <-> back0, corp0] corp0 --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
lab_network corp 172.16.0.1/12 172.16.5.20/12
for host in cabinet centre; do lab_ns "$host"; done
lab_link cabinet eth0 cab0
lab_link centre eth0 back0
on gw sysctl -qw net.ipv6.conf.cab0.disable_ipv6=1 net.ipv6.conf.back0.disable_ipv6=1
on gw ip link add v0 type veth peer name p0
on gw ip link set v0 up
on gw ip link set p0 up
on gw ethtool -K p0 tx off gro on txvlan off >/dev/null
policy=$(policy_file doctor.fb <<-'END'
	policy "Doctor" language 1 version 1
	zone plant { interface v0     network 10.50.0.0/24 }
	zone corp  { interface corp0  network 172.16.0.0/12 }
	zone cab   { interface cab0   network 10.40.1.0/24 }
	zone back  { interface back0  network 10.40.0.0/16 }
	wire cab0 <-> back0
END
)
findings() { firebreak doctor -j "$policy" || true; }
# says HEALTH WHAT PATTERN ADVICE
says() {
	findings | jq -e --arg h "$1" --arg w "$2" --arg s "$3" --arg a "$4" \
		'any(.findings[]; .health == $h and .what == $w and (.state | test($s)) and (.advice | contains($a)))' >/dev/null
}
advice() { findings | jq -r --arg w "$1" '[.findings[] | select(.what == $w and .health != "ok") | .advice][0]'; }
follow() { # WHAT: does what doctor says
	local command
	command=$(advice "$1")
	# shellcheck disable=SC2086
	on gw $command >/dev/null
}
quiet() { ! findings | jq -e --arg w "$1" 'any(.findings[]; .what == $w and .health != "ok")' >/dev/null; }
mended() { # SENTENCE HEALTH WHAT PATTERN ADVICE
	claim "$1" says "${@:2}"
	follow "$3"
	claim "$1: mended by \"$5\"" quiet "$3"
}

claim "without an agent nothing of firebreak is looked for" quiet "corp0 tc"
claim "nor does anybody claim that something is enforced" says warn agent "no agent .*, and nothing is enforced on these interfaces" "firebreak apply"
firebreak status 2>"$LAB_DIR/said" && fail "an agent answered"
claim "status says where to ask that" grep -q 'no agent answers on .*: firebreak doctor$' "$LAB_DIR/said"
on gw ethtool -K p0 tx on gro off txvlan on >/dev/null
mended "the other end of a veth is named with its switches" warn "v0 other end" "TCP dies.*lost.*tags" "ethtool -K p0 tx off gro on txvlan off"
on gw ip link set back0 mtu 1400
mended "unequal MTUs of a wire" fail "cab0 wire" "MTU 1500 here and 1400 on back0" "ip link set dev cab0 mtu 1400"
on centre ip link set eth0 down
claim "an end without carrier" says warn "cab0 wire" "the host behind cab0" "ethtool back0"
on centre ip link set eth0 up
claim "which comes again" wait_until 10 quiet "cab0 wire"
on gw ip link set v0 down
mended "a link that is down" warn "v0 link" down "ip link set dev v0 up"
on gw ip link set v0 mtu 9000
claim "jumbo frames, and by which way they pass" says ok "v0 jumbo frames" "MTU 9000.*the kernel's way" ""
on gw ip link set v0 mtu 1500

# Somebody else's program; any will do, and this suite has one for tc.
on gw tc qdisc add dev v0 clsact
on gw tc filter add dev v0 ingress pref 1 bpf direct-action object-file "$FB_BUILD/tests/evasion/hide_tag.bpf.o" section tc
mended "a filter that decides before" fail "v0 tc ingress" "bpf filter hide_tag.* of somebody else at priority 1" "tc filter del dev v0 ingress pref 1"
on gw tc qdisc del dev v0 clsact

agent_start
claim "the policy is accepted then" wait_until 10 apply "$policy"
claim "the program is known as firebreak's" says ok "v0 XDP" "firebreak, native" ""
claim "and its fence is there" says ok "v0 tc" "both filters" ""
agent_kill
claim "without an agent what goes on is told" says warn agent "4 interfaces go on enforcing without it" "systemctl status firebreakd"
on gw tc filter add dev v0 egress pref 9 bpf direct-action object-file "$FB_BUILD/tests/evasion/hide_tag.bpf.o" section tc
mended "a filter behind it" warn "v0 tc egress" "priority 9 changes or drops" "tc filter del dev v0 egress pref 9"
on gw tc qdisc del dev v0 clsact
claim "a deleted clsact fails" says fail "v0 tc" "qdisc clsact is missing" "systemctl restart firebreakd"
agent_start
claim "and a live agent puts it back" wait_until 10 quiet "v0 tc"

# An address on a bridge, looked at from a mount name space whose /sys is the host's: what apply refuses, init leaves out.
on gw ip link add br0 type bridge
on gw ip address add 10.60.0.1/24 dev br0
on gw ip link set p0 master br0
init=$(firebreak init)
claim "init leaves a bridge out, and says what to name" grep -q '^# left out: br0 is a bridge: .*(p0)$' <<<"$init"
deny "and makes no zone of it" grep -q '^zone .* interface br0 ' <<<"$init"
bridged=$(sed 's/interface v0 /interface br0 /' "$policy" | policy_file bridged.fb)
says_ports() { { firebreak doctor -j "$bridged" || true; } | jq -e 'any(.findings[]; .what == "br0 kind" and (.advice | contains("ip link set PORT nomaster; in the policy: interface PORT")))' >/dev/null; }
claim "doctor says how to take its ports" says_ports

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The gateways of scripts/bench: one in each of several namespaces, side by side, all between the same generator and the same sink.
#
#   gen  g-NAME ---- in0 [gw-NAME] out0 ---- s-NAME  sink       10.0.0.0/24, 0.0.0.0/1 ... 198.18.0.0/24, 128.0.0.0/1
#
# Neighbours are permanent: the far ends drop everything, ARP included. Needs lab.sh.

gateway_add() { # NAME
	local gw=gw-$1 gen=g-$1 sink=s-$1 end
	if [ "$1" = fb ]; then gw=gw; fi
	lab_ns "$gw"
	on "$gw" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
	on "$gw" ip link add in0 address 02:00:00:00:00:0a type veth peer name "$gen" netns "$(ns gen)" address 02:00:00:00:00:02
	on "$gw" ip link add out0 address 02:00:00:00:00:0b type veth peer name "$sink" netns "$(ns sink)" address 02:00:00:00:00:02
	lab_host_end gen "$gen"
	lab_host_end sink "$sink"
	# Without an XDP program of its own a gateway needs NAPI on this end to be heard at all.
	for end in in0 out0; do [ "$1" = fb ] || on "$gw" ethtool -K "$end" gro on >/dev/null; done
	on gen ip link set "$gen" up
	on sink ip link set "$sink" up
	on "$gw" ip -batch - <<-END
	link set in0 up
	link set out0 up
	address add 10.0.0.1/24 dev in0
	address add 198.18.0.1/24 dev out0
	neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev in0 nud permanent
	neighbour add 198.18.0.2 lladdr 02:00:00:00:00:02 dev out0 nud permanent
	route add 0.0.0.0/1 via 10.0.0.2
	route add 128.0.0.0/1 via 198.18.0.2
	END
	on "$gw" ip -6 -batch - <<-END
	address add 2001:db8:a:1::1/64 dev in0 nodad
	address add 2001:db8:b:1::1/64 dev out0 nodad
	neighbour add 2001:db8:a:1::2 lladdr 02:00:00:00:00:02 dev in0 nud permanent
	neighbour add 2001:db8:b:1::2 lladdr 02:00:00:00:00:02 dev out0 nud permanent
	route add 2001:db8:a::/48 via 2001:db8:a:1::2
	route add 2001:db8:b::/48 via 2001:db8:b:1::2
	END
}

# The same question that firebreak answers: is this one of our connections, and if not, does a line allow it?
nft_stateful() {
	cat <<-END
	table ip bench { chain forward { type filter hook forward priority 0; policy drop;
	ct state established,related accept
	ct state invalid drop
	ip saddr 10.1.0.0/16 ip daddr 198.19.0.0/16 udp dport 5001 accept
	}
	}
	END
}
# Lines between the same two networks that differ in their ports: every packet walks all, the last one is its own. Stateless: with a state line in front it would be nft_3.
nft_linear() { # N
	local i
	echo "table ip bench { chain forward { type filter hook forward priority 0; policy drop;"
	for ((i = 1; i < $1; i++)); do echo "ip saddr 10.1.0.0/16 ip daddr 198.19.0.0/16 udp dport $((i + 6000)) accept"; done
	echo "ip saddr 10.1.0.0/16 ip daddr 198.19.0.0/16 udp dport 5001 accept"
	printf "}\n}\n"
}
iptables_stateful() {
	local ipt=iptables-legacy
	on gw-ipt $ipt -w 2 -nL >/dev/null 2>&1 || ipt=iptables-nft
	on gw-ipt $ipt -w 2 -P FORWARD DROP && on gw-ipt $ipt -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT &&
		on gw-ipt $ipt -A FORWARD -m conntrack --ctstate INVALID -j DROP &&
		on gw-ipt $ipt -A FORWARD -s 10.1.0.0/16 -d 198.19.0.0/16 -p udp --dport 5001 -j ACCEPT &&
		echo "iptables is $ipt $(on gw-ipt $ipt --version | awk '{print $2}')" >>"$OUT/notes"
}
# xdp-filter pins what it loads: in a mount namespace of its own, so that nothing is left and nothing collides.
xdp_filter_up() {
	command -v xdp-filter >/dev/null || return 1
	# shellcheck disable=SC2016
	lab_spawn gw-xf xdp-filter unshare -m sh -c \
		'mount -t bpf bpf /sys/fs/bpf && xdp-filter load -m native -p deny in0 && echo ready && exec sleep infinity'
	wait_until 10 grep -q ready "$LAB_DIR/log/xdp-filter.log"
}

gateways_up() {
	local name
	GATEWAYS=(fb)
	if wants forward newflow.firebreak newflow.nft drop; then GATEWAYS+=(fib drop kernel nft3 linear sets ipt xf); fi
	lab_ns gen
	lab_ns sink
	for name in "${GATEWAYS[@]}"; do gateway_add "$name"; done
	# only for the streams of the switch rows
	on gen ip address add 10.0.0.2/24 dev g-fb
	on gen ip route add default via 10.0.0.1
	on gen ip neighbour replace 10.0.0.1 lladdr 02:00:00:00:00:0a dev g-fb nud permanent
	on sink ip address add 198.18.0.2/24 dev s-fb
	on sink ip route add default via 198.18.0.1
	on sink ip neighbour replace 198.18.0.1 lladdr 02:00:00:00:00:0b dev s-fb nud permanent
}

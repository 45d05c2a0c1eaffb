#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A real DHCP client and server, and a real host's router discovery, across a wire: nothing of either crosses until lines name it, then all of it does, with the agent
# alive and dead. What else hosts say from link-local addresses stays on its side, also beside those lines.
#
#   cabinet  eth0 --- cab0 [ gateway, wire cab0 <-> back0 ] back0 --- eth0  centre 10.40.9.9/16, dnsmasq
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
lab_gateway
for host in cabinet centre; do lab_ns "$host"; done
lab_link cabinet eth0 cab0 02:00:00:00:40:02
lab_link centre eth0 back0 02:00:00:00:40:09
lab_address centre eth0 10.40.9.9/16 2001:db8:40:9::9/48
on gw sysctl -qw net.ipv6.conf.cab0.disable_ipv6=1 net.ipv6.conf.back0.disable_ipv6=1
agent_start
wire_policy() { # NAME, lines on stdin
	{
		cat <<-'END'
		policy "Cabinet" language 1 timezone "UTC"
		include "services.fb"
		zone cabinet { interface cab0   network 10.40.1.0/24, 2001:db8:40:1::/64 }
		zone back    { interface back0  network 10.40.0.0/16, 2001:db8:40::/48 }
		wire cab0 <-> back0
		END
		cat
	} | policy_file "$1"
}
closed=$(wire_policy closed.fb <<-'END'
	firebreak cabinet -> back { allow any -> any all }
	firebreak back -> cabinet { allow any -> any all }
END
)
open=$(wire_policy open.fb <<-'END'
	firebreak cabinet -> back { allow any -> any dhcp-request, icmpv6/router-solicitation }
	firebreak back -> cabinet { allow any -> any dhcp-reply, icmpv6/router-advertisement, ping }
END
)
guarded=$(wire_policy guarded.fb <<-'END'
	firebreak cabinet -> back {
	  mode observe until 2099-12-31
	}
	never cabinet -> back dhcp-request
END
)

# ---- DHCP
lab_spawn centre dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --no-ping --bind-interfaces --interface=eth0 --log-dhcp \
	--log-facility=- --leasefile-ro --dhcp-range=10.40.1.50,10.40.1.60,255.255.0.0,1h --dhcp-option=3,10.40.9.9
wait_until 10 grep -q 'DHCP, IP range' "$LAB_DIR/log/dnsmasq.log"
cat >"$LAB_DIR/bound" <<'END'
#!/bin/sh
[ "$1" != bound ] || ip address replace "$ip/16" dev "$interface"
END
chmod +x "$LAB_DIR/bound"
lease() { on cabinet timeout 30 busybox udhcpc -i eth0 -f -q -n -t 3 -T 1 -s "$LAB_DIR/bound" >"$LAB_DIR/log/udhcpc.log" 2>&1; }
heard() { grep -c "$1" "$LAB_DIR/log/dnsmasq.log" || true; }
address() { on cabinet ip -j address show eth0 | jq -r '[.[0].addr_info[] | select(.family == "inet") | .local][0] // "none"'; }

apply "$closed"
deny "lines that say all are no lines for DHCP" lease
same "the server heard nothing" 0 "$(heard DHCPDISCOVER)"
at_least "no line allows it" 1 "$(dropped cabinet back no-allow)"
apply "$guarded"
deny "nor is an observed pair, under a guard" lease
same "the server heard nothing of that" 0 "$(heard DHCPDISCOVER)"
at_least "the guard forbids it" 1 "$(dropped cabinet back never)"
apply "$open"
claim "with lines for both directions a lease is made" lease
got=$(address)
claim "of the server's range, in the cabinet's zone" grep -qE '^10\.40\.1\.(5[0-9]|60)$' <<<"$got"
same "the server gave it" "$got" "$(sed -n 's/.*DHCPACK([^)]*) \([0-9.]*\) .*/\1/p' "$LAB_DIR/log/dnsmasq.log" | tail -n 1)"
claim "and the centre reaches the cabinet by it" on centre ping -c 2 -i 0.2 -W 2 -q "$got"
before=$(heard DHCPACK)
agent_kill
claim "without the agent the lease is had again" lease
at_least "from the server" $((before + 1)) "$(heard DHCPACK)"
agent_start

# ---- router discovery
lab_stop dnsmasq
on cabinet sysctl -qw net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.eth0.router_solicitation_interval=1 net.ipv6.conf.eth0.router_solicitations=30
advertise() { # answers each solicitation, as a router of the network does
	lab_spawn centre router /usr/bin/python3 -c '
from scapy.all import *
conf.verb = 0
link = next(a for a, _, dev in in6_getifaddr() if dev == "eth0" and a.startswith("fe80"))
def answer(packet):
    print("solicited", flush=True)
    sendp(Ether(dst="33:33:00:00:00:01", src=get_if_hwaddr("eth0")) / IPv6(src=link, dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=600) /
          ICMPv6NDOptPrefixInfo(prefix="2001:db8:40:1::", prefixlen=64, L=0, A=1) / ICMPv6NDOptSrcLLAddr(lladdr=get_if_hwaddr("eth0")), iface="eth0")
sniff(iface="eth0", filter="icmp6 and ip6[40] == 133", prn=answer, started_callback=lambda: print("ready", flush=True), store=False)'
	wait_until 20 grep -q ready "$LAB_DIR/log/router.log"
}
solicit() { # the host's own, when its link comes up
	on cabinet ip link set eth0 down
	on cabinet ip link set eth0 up
}
configured() { on cabinet ip -6 address show dev eth0 scope global | grep -q 2001:db8:40:1:; }
routed() { on cabinet ip -6 route show default | grep -q 'via fe80::.* proto ra'; }

advertise
apply "$closed"
before=$(dropped cabinet back no-allow)
solicit
asked() { [ "$(dropped cabinet back no-allow)" -gt "$before" ]; }
claim "lines that say all are none for router discovery" wait_until 10 asked
deny "no router answers" configured
same "for none was asked" 0 "$(grep -c solicited "$LAB_DIR/log/router.log" || true)"
apply "$open"
solicit
claim "with lines the host finds its router" wait_until 15 routed
claim "and makes itself an address" wait_until 10 configured
host=$(on cabinet ip -j -6 address show dev eth0 | jq -r '[.[].addr_info[]? | select(.scope == "global") | .local][0]')
claim "by which the centre reaches it" on centre ping -c 2 -i 0.2 -W 2 -q "$host"

# ---- what no line can name
link_of() { on "$1" ip -j -6 address show dev eth0 | jq -r '[.[].addr_info[]? | select(.scope == "link") | .local][0]'; }
before=$(dropped back cabinet scope)
deny "link-local addresses do not speak across, though ping is allowed" on centre ping -c 2 -i 0.2 -W 1 -q "$(link_of cabinet)%eth0"
claim "though they know each other's MAC, for neighbour discovery crosses" sh -c "nsenter --net=/run/netns/$(ns centre) ip -6 neigh show $(link_of cabinet) | grep -q 02:00:00:00:40:02"
at_least "that is scope" $((before + 2)) "$(dropped back cabinet scope)"

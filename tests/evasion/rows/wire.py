# SPDX-License-Identifier: GPL-2.0-only
"""A wire (S60-S62): cab and back are its ends, back's network is around cab's. What crosses is unchanged; the gateway and all other zones are not on it."""
from frames import *

FOREIGN = "02:00:00:00:09:09"


def out(packet, src=PLC_MAC, dst=FAR_MAC):
    return ether(dst, src) / packet


def back(packet, src=FAR_MAC, dst=PLC_MAC):
    return ether(dst, src) / packet


def https(flags="S", seq=100, ack=0, size=0, **k):
    return out(IP(src=PLC, dst=CENTRE) / tcp(flags, seq, ack, 443, **k) / (b"e" * size))


def https_back(flags="SA", seq=900, ack=101, size=0, **k):
    return back(IP(src=CENTRE, dst=PLC) / TCP(sport=443, dport=port(), flags=flags, seq=seq, ack=ack, **k) / (b"e" * size))


def connected():
    return [Step("cab", https(window=8192), "-> back"), Step("back", https_back(window=8192), "-> cab"), Step("cab", https("A", 101, 901, window=8192), "-> back")]


def goes_on():
    return [Step("back", https_back("A", 901, 101), "-> cab"), Step("cab", https("A", 101, 901), "-> back")]


def voice(src=PLC, dst=CENTRE, size=8, **k):
    return IP(src=src, dst=dst, **k) / udp() / (b"e" * size)


def voice6(src=PLC6, dst=CENTRE6, **k):
    return IPv6(src=src, dst=dst, **k) / udp() / b"evasion!"


# ---- what crosses, and unchanged
Row("wire: a connection", "cab", https("PA", 101, 901, 5), "-> back", after=connected(), then=goes_on())
Row("wire: the other side calls", "back", back(IP(src=CENTRE, dst=PLC) / tcp(dport=80)), "-> cab")
Row("wire: IPv6", "cab", out(voice6()), "-> back")
Row("wire: a ping", "cab", out(IP(src=PLC, dst=CENTRE) / ICMP(id=port())), "-> back",
    then=[Step("back", back(IP(src=CENTRE, dst=PLC) / ICMP(type=0, id=port())), "-> cab")])
for what, frame in {
        "hop limit 1": lambda: out(voice(ttl=1)), "hop limit 0": lambda: out(voice(ttl=0)), "IPv6 hop limit 1": lambda: out(voice6(hlim=1)),
        "IPv4 options": lambda: out(voice(options=b"\1\1\1\1")), "hop-by-hop options": lambda: out(IPv6(src=PLC6, dst=CENTRE6, nh=0) /
                                                                                              Raw(b"\x11\0\1\4\0\0\0\0" + bytes(udp()) + b"e" * 8)),
        "a priority tag": lambda: ether(FAR_MAC, PLC_MAC) / Dot1Q(vlan=0, prio=5) / voice(), "any MAC": lambda: out(voice(), dst="02:99:00:00:00:01"),
        "the gateway's MAC": lambda: out(voice(), dst=GW), "the largest frame": lambda: out(voice(size=1472)), "padding": lambda: wire(out(voice())) + b"\0" * 20}.items():
    Row(f"wire: {what} is nothing to a wire", "cab", frame(), "-> back")
Row("wire: fragments in order", "cab", out(IP(src=PLC, dst=CENTRE, proto=17, frag=2, id=port()) / Raw(b"e" * 32)), "-> back",
    after=[Step("cab", out(IP(src=PLC, dst=CENTRE, proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=48)) + b"e" * 8)), "-> back")])
Row("wire: an error about a live connection", "back", back(IP(src=CENTRE, dst=PLC) / ICMP(type=3, code=4, nexthopmtu=1400) / IP(src=PLC, dst=CENTRE) /
                                                           TCP(sport=port(), dport=443, seq=100)), "-> cab", after=connected())

# ---- the policy is asked as anywhere else
for what, at, frame, reason in (
        ("another service", "cab", lambda: out(IP(src=PLC, dst=CENTRE) / tcp(dport=22)), "no-allow"),
        ("the service of the other direction", "cab", lambda: out(IP(src=PLC, dst=CENTRE) / tcp(dport=80)), "no-allow"),
        ("a caller that no line names", "back", lambda: back(IP(src="10.40.9.8", dst=PLC) / tcp(dport=80)), "no-allow"),
        ("what never forbids", "back", lambda: back(IP(src=CENTRE, dst=PLC) / tcp(dport=23)), "never"),
        ("a segment without a connection", "cab", lambda: https("A", 101, 901), "tcp-state"),
        ("an answer without a question", "back", lambda: https_back(), "no-allow"),
        ("a ping's answer without a ping", "cab", lambda: out(IP(src=PLC, dst=CENTRE) / ICMP(type=0, id=port())), "no-allow"),
        ("an error about nothing", "back", lambda: back(IP(src=CENTRE, dst=PLC) / ICMP(type=3, code=1) / voice()), "icmp-unrelated"),
        ("a later fragment without a first", "cab", lambda: out(IP(src=PLC, dst=CENTRE, proto=17, frag=2, id=port()) / Raw(b"e" * 16)), "fragment"),
        ("a protocol that nobody knows", "cab", lambda: out(IP(src=PLC, dst=CENTRE, proto=253) / Raw(b"e" * 16)), "no-allow"),
        ("a routing header", "cab", lambda: out(IPv6(src=PLC6, dst=CENTRE6, nh=43) / Raw(b"\x11\0\0\0\0\0\0\0" + bytes(udp()))), "ext-header"),
        ("a cut header", "cab", lambda: cut(https(), 40), "malformed"),
        ("a total length beyond the frame", "cab", lambda: patch(out(voice()), 16, [5, 0]), "malformed"),
        ("a group MAC as the sender", "cab", lambda: out(voice(), src="03:00:00:00:00:01"), "malformed")):
    Row(f"wire: {what} does not cross", at, frame(), reason)
Row("wire: a segment outside of the window does not cross", "back", https_back("PA", 901 + 0x20000000, 101, 5), "tcp-window", after=connected(), then=goes_on())
Row("wire: a reset outside of the window does not cross", "back", https_back("R", 901 + 0x20000000, 0), "tcp-window", after=connected(), then=goes_on())

# ---- to the other end, or nowhere
for what, to in {"the signals": SIG, "the cameras": CAM, "the recorder": NVR, "the gateway on the cameras' side": GW_CAM, "the gateway on the world's side": GW_NET,
                 "the virtual address": VIRTUAL}.items():
    Row(f"wire: {what} is not on it", "cab", out(IP(src=PLC, dst=to) / tcp(dport=443)), "route-mismatch")
    Row(f"wire: {what} is not on it, by the gateway's MAC", "cab", out(IP(src=PLC, dst=to) / tcp(dport=443), dst=GW), "route-mismatch")
    Row(f"wire: {what} is not on it, from the other end", "back", back(IP(src=CENTRE, dst=to) / tcp(dport=443)), "route-mismatch")
Row("wire: the world is not on it, though a line allows it", "cab", out(IP(src=PLC, dst=WORLD) / tcp(dport=443)), "route-mismatch")
Row("wire: its own side is not at the other end", "cab", out(voice(dst="10.40.1.9")), "route-mismatch")
Row("wire: its own side is not at the other end, from the other end", "back", back(voice(CENTRE, "10.40.9.8")), "route-mismatch")
Row("wire: another zone does not reach it", "net", ip(WORLD, CENTRE) / tcp(dport=443), "no-allow")
Row("wire: another zone does not reach its other end", "cam", ip(CAM, PLC) / tcp(dport=443), "no-allow")
for what, to in {"loopback": "127.0.0.1", "0/8": "0.1.2.3", "240/4": "240.0.0.1"}.items():
    Row(f"wire: to {what}", "cab", out(voice(dst=to)), "no-zone")

# ---- who it is from
for what, source in {"the other end's host": CENTRE, "a signal": SIG, "the recorder": NVR, "the world's": WORLD, "the gateway": GW_CAM, "the virtual address": VIRTUAL,
                     "loopback": "127.0.0.1", "a group": "224.0.0.1", "limited broadcast": "255.255.255.255", "0/8": "0.0.1.2"}.items():
    Row(f"wire: from {what}, at the cabinet's end", "cab", out(voice(source)), "spoof")
    Row(f"wire: from {what}, at the cabinet's end, with a foreign MAC", "cab", out(voice(source), src=FOREIGN), "spoof")
for what, source in {"the cabinet": PLC, "a signal": SIG, "the gateway": GW_CAM}.items():
    Row(f"wire: from {what}, at the other end", "back", back(IP(src=source, dst=PLC) / tcp(dport=80)), "spoof")
Row("wire: IPv6 from the other end's host", "cab", out(voice6(CENTRE6)), "spoof")
Row("wire: the cabinet's connection from the other end", "back", https("PA", 101, 901, 5), "spoof", after=connected(), then=goes_on())
Row("wire: the cabinet's connection from another zone", "cam", ether() / IP(src=PLC, dst=CENTRE) / tcp("PA", 101, 901, 443), "spoof", after=connected(), then=goes_on())
for what, packet in {"a packet": voice, "a denied one": lambda: IP(src=PLC, dst=CENTRE) / tcp(dport=22), "IPv6": voice6,
                     "a ping": lambda: IP(src=PLC, dst=CENTRE) / ICMP(id=port())}.items():
    Row(f"wire: {what} with a foreign MAC", "cab", out(packet(), src=FOREIGN), "binding")
Row("wire: the declared MAC with another address of its zone", "cab", out(voice("10.40.1.9")), "binding")
Row("wire: a live connection's segment with a foreign MAC", "cab", out(https("PA", 101, 901, 5).payload, src=FOREIGN), "binding", after=connected(), then=goes_on())

# ---- tags, and unicast under group MACs
for vid in (1, 10, 30, 4095):
    Row(f"wire: tag {vid} on an untagged end", "cab", ether(FAR_MAC, PLC_MAC) / Dot1Q(vlan=vid) / voice(), "no-zone")
Row("wire: two tags", "cab", ether(FAR_MAC, PLC_MAC) / Dot1Q(vlan=0) / Dot1Q(vlan=0) / voice(), "no-zone")
Row("wire: QinQ", "cab", ether(FAR_MAC, PLC_MAC) / Dot1AD(vlan=0) / voice(), "no-zone")
for what, to in {"broadcast": ALL, "an IPv4 group MAC": "01:00:5e:00:00:01", "an IPv6 group MAC": "33:33:00:00:00:01"}.items():
    Row(f"wire: a unicast packet under {what}", "cab", out(voice(), dst=to), "l2-address")
Row("wire: a directed broadcast of the other side", "back", back(voice(CENTRE, "10.40.1.255"), dst=ALL), "l2-address")
Row("wire: a group address across", "cab", out(voice(dst="239.1.2.3"), dst="01:00:5e:01:02:03"), "no-allow")
for what, to, group in (("mDNS", "224.0.0.251", "01:00:5e:00:00:fb"), ("VRRP's group", "224.0.0.18", "01:00:5e:00:00:12"), ("limited broadcast", "255.255.255.255", ALL)):
    Row(f"wire: {what} stays on its side", "cab", out(voice(dst=to), dst=group), "scope")

# ---- link-local addresses: only what a line names of discovery and DHCP
LINK, LINK_FAR = "fe80::5", "fe80::9"
Row("wire: between link-local addresses", "cab", out(voice6(LINK, LINK_FAR)), "scope")
Row("wire: a ping between link-local addresses", "cab", out(IPv6(src=LINK, dst=LINK_FAR) / ICMPv6EchoRequest(id=port())), "scope")
Row("wire: a ping of all nodes", "cab", out(IPv6(src=LINK, dst="ff02::1") / ICMPv6EchoRequest(id=port()), dst="33:33:00:00:00:01"), "scope")
Row("wire: from a link-local address to a global one", "cab", out(voice6(LINK, CENTRE6)), "scope")
Row("wire: IPv4 link-local addresses", "cab", out(voice("169.254.1.1", "169.254.1.2")), "scope")
SOLICIT = dict(dst="33:33:00:00:00:02")
ADVERT = dict(dst="33:33:00:00:00:01")
Row("wire: a router solicitation that a line allows", "cab", out(IPv6(src=LINK, dst="ff02::2", hlim=255) / ICMPv6ND_RS(), **SOLICIT), "-> back")
Row("wire: a router solicitation the other way", "back", back(IPv6(src=LINK_FAR, dst="ff02::2", hlim=255) / ICMPv6ND_RS(), **SOLICIT), "no-allow")
Row("wire: a router advertisement that a line allows", "back", back(IPv6(src=LINK_FAR, dst="ff02::1", hlim=255) / ICMPv6ND_RA(), **ADVERT), "-> cab")
Row("wire: a router advertisement to one host", "back", back(IPv6(src=LINK_FAR, dst=LINK, hlim=255) / ICMPv6ND_RA()), "-> cab")
Row("wire: a router advertisement from the cabinet", "cab", out(IPv6(src=LINK, dst="ff02::1", hlim=255) / ICMPv6ND_RA(), **ADVERT), "no-allow")
Row("wire: a router advertisement that was forwarded", "back", back(IPv6(src=LINK_FAR, dst="ff02::1", hlim=254) / ICMPv6ND_RA(), **ADVERT), "malformed")
Row("wire: a router solicitation with a foreign MAC", "cab", out(IPv6(src=LINK, dst="ff02::2", hlim=255) / ICMPv6ND_RS(), src=FOREIGN, **SOLICIT), "binding")
Row("wire: a redirect, which no line names", "back", back(IPv6(src=LINK_FAR, dst=PLC6, hlim=255) / ICMPv6ND_Redirect(tgt=LINK_FAR, dst=CENTRE6)), "no-allow")
DISCOVER = IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / (b"\1\1\6\0" + b"\0" * 240)
Row("wire: a DHCP request that a line allows", "cab", out(DISCOVER, dst=ALL), "-> back")
Row("wire: a DHCP request with a foreign MAC", "cab", out(DISCOVER, dst=ALL, src=FOREIGN), "binding")
Row("wire: a DHCP request the other way", "back", back(DISCOVER, dst=ALL), "no-allow")
Row("wire: a DHCP answer that a line allows", "back", back(IP(src=CENTRE, dst="255.255.255.255") / UDP(sport=67, dport=68) / (b"\2\1\6\0" + b"\0" * 240), dst=ALL), "-> cab")
Row("wire: a DHCP answer to the address that it gives", "back", back(IP(src=CENTRE, dst="10.40.1.50") / UDP(sport=67, dport=68) / b"evasion"), "-> cab")
Row("wire: a DHCP server in the cabinet", "cab", out(IP(src=PLC, dst="255.255.255.255") / UDP(sport=67, dport=68) / (b"\2\1\6\0" + b"\0" * 240), dst=ALL), "no-allow")
Row("wire: from nowhere to a DHCP port from another", "cab", out(IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=69, dport=67), dst=ALL), "scope")


# ---- ARP and neighbour discovery: the truth crosses
def arp(op=1, sender=PLC, target=CENTRE, src=PLC_MAC, hw=None, dst=ALL):
    return ether(dst, src) / ARP(op=op, hwsrc=hw or src, psrc=sender, pdst=target)


def nd(message, src=PLC6, dst=CENTRE6, at=PLC_MAC, to=FAR_MAC, hlim=255, **k):
    return ether(to, at) / IPv6(src=src, dst=dst, hlim=hlim, **k) / message


Row("wire: ARP asks for the other side", "cab", arp(), "-> back")
Row("wire: ARP answers the other side", "back", arp(2, CENTRE, PLC, FAR_MAC, dst=PLC_MAC), "-> cab")
Row("wire: ARP announces its own", "cab", arp(target=PLC), "-> back")
Row("wire: ARP asks for its own side", "cab", arp(target="10.40.1.9"), "route-mismatch")
Row("wire: ARP asks for another zone", "cab", arp(target=SIG), "route-mismatch")
Row("wire: ARP asks for the gateway", "cab", arp(target=GW_CAM), "no-allow")
for what, sender in {"the other side's host": CENTRE, "another zone's": SIG, "the gateway": GW_CAM, "the virtual address": VIRTUAL, "loopback": "127.0.0.1"}.items():
    for op, kind in ((1, "a request"), (2, "an answer")):
        Row(f"wire: ARP, {kind} claims {what}", "cab", arp(op, sender), "binding")
for what, k in {"a foreign MAC": dict(src=FOREIGN), "a frame of the declared MAC that names another": dict(hw=FOREIGN), "a foreign frame that names the declared MAC":
                dict(src=FOREIGN, hw=PLC_MAC), "an address that nobody has": dict(sender="10.40.1.9")}.items():
    Row(f"wire: ARP with {what}", "cab", arp(**k), "binding")
Row("wire: ARP claims the cabinet from the other side", "back", arp(2, PLC, "10.40.1.9", FAR_MAC), "binding")
Row("wire: a probe for the other side's address", "cab", arp(sender="0.0.0.0"), "route-mismatch")
Row("wire: ARP with an unknown operation", "cab", arp(9), "malformed")
Row("wire: a solicitation asks for the other side", "cab", nd(ICMPv6ND_NS(tgt=CENTRE6), dst="ff02::1:ff00:9", to="33:33:ff:00:00:09"), "-> back")
Row("wire: an advertisement of its own", "cab", nd(ICMPv6ND_NA(tgt=PLC6)), "-> back")
Row("wire: an advertisement whose target lies behind the packet", "cab", nd(ICMPv6ND_NA(tgt=PLC6), plen=20), "malformed")
Row("wire: an advertisement with its MAC", "cab", nd(ICMPv6ND_NA(tgt=PLC6) / ICMPv6NDOptDstLLAddr(lladdr=PLC_MAC)), "-> back")
Row("wire: an advertisement whose MAC lies behind the packet", "cab", nd(ICMPv6ND_NA(tgt=PLC6) / ICMPv6NDOptDstLLAddr(lladdr=PLC_MAC), plen=28), "binding")
Row("wire: an advertisement from the other side", "back", nd(ICMPv6ND_NA(tgt=CENTRE6), CENTRE6, PLC6, FAR_MAC, PLC_MAC), "-> cab")
Row("wire: duplicate address detection by link-local", "cab", nd(ICMPv6ND_NS(tgt=LINK), "::", "ff02::1:ff00:5", to="33:33:ff:00:00:05"), "-> back")
for what, address in {"the other side's": CENTRE6, "the gateway's": GW_CAM6, "another zone's": SIG6}.items():
    Row(f"wire: duplicate address detection of {what} address", "cab", nd(ICMPv6ND_NS(tgt=address), "::", "ff02::1:ff00:5", to="33:33:ff:00:00:05"), "binding")
Row("wire: a solicitation for its own side", "cab", nd(ICMPv6ND_NS(tgt="2001:db8:40:1::9"), dst="ff02::1:ff00:9", to="33:33:ff:00:00:09"), "route-mismatch")
Row("wire: a solicitation for the gateway", "cab", nd(ICMPv6ND_NS(tgt=GW_CAM6), dst="ff02::1:ff00:1", to="33:33:ff:00:00:01"), "route-mismatch")
Row("wire: a solicitation that was forwarded", "cab", nd(ICMPv6ND_NS(tgt=CENTRE6), hlim=254), "malformed")
Row("wire: a solicitation in the other side's name", "cab", nd(ICMPv6ND_NS(tgt=CENTRE6), CENTRE6), "spoof")
Row("wire: an advertisement claims the other side's host", "cab", nd(ICMPv6ND_NA(tgt=CENTRE6)), "binding")
Row("wire: an advertisement claims the gateway", "cab", nd(ICMPv6ND_NA(tgt=GW_CAM6)), "binding")
Row("wire: an advertisement with a foreign MAC", "cab", nd(ICMPv6ND_NA(tgt=PLC6), at=FOREIGN), "binding")
Row("wire: an advertisement that names a foreign MAC", "cab", nd(ICMPv6ND_NA(tgt=PLC6) / ICMPv6NDOptDstLLAddr(lladdr=FOREIGN)), "binding")
Row("wire: an advertisement to another zone", "cab", nd(ICMPv6ND_NA(tgt=PLC6), dst=SIG6), "route-mismatch")

# ---- the operator's switches
CUT, HELD = [Switch("cut", "cab", "back")], [Switch("quarantine", PLC + "/32"), ]
for what, at, frame, before in (("a new connection", "cab", lambda: https(), list), ("a live one", "cab", lambda: https("PA", 101, 901, 5), connected),
                                ("a live one, the other way", "back", lambda: https_back("PA", 901, 101, 5), connected)):
    Row(f"wire: cut: {what}", at, frame(), "isolated", after=before() + CUT)
    Row(f"wire: quarantined: {what}", at, frame(), "quarantined", after=before() + HELD)
Row("wire: cut: ARP", "cab", arp(), "isolated", after=CUT)
Row("wire: cut: neighbour discovery", "cab", nd(ICMPv6ND_NA(tgt=PLC6)), "isolated", after=CUT)
Row("wire: cut: DHCP", "cab", out(DISCOVER, dst=ALL), "isolated", after=CUT)
Row("wire: cut: another pair goes on", "cam", rtsp(), "-> vid", after=CUT)
Row("wire: quarantined: an error about the connection of another", "back", back(IP(src="10.40.9.66", dst=PLC) / ICMP(type=3, code=1) / IP(src=PLC, dst=CENTRE) /
                                                                                TCP(sport=port(), dport=443, seq=100)), "quarantined",
    after=connected() + [Switch("quarantine", "10.40.9.66/32")], then=goes_on())
HELD_MAC = [Switch("quarantine", PLC_MAC)]
for what, at, frame, reason, before in (
        ("what it sends", "cab", lambda: https(), "quarantined", list), ("its live connection", "cab", lambda: https("PA", 101, 901, 5), "quarantined", connected),
        ("to its live connection", "back", lambda: https_back("PA", 901, 101, 5), "quarantined", connected),
        ("a new connection to it", "back", lambda: back(IP(src=CENTRE, dst=PLC) / tcp(dport=80)), "quarantined", list),
        ("its ARP", "cab", lambda: arp(), "quarantined", list), ("an ARP answer to it", "back", lambda: arp(2, CENTRE, PLC, FAR_MAC, dst=PLC_MAC), "quarantined", list),
        ("its neighbour discovery", "cab", lambda: nd(ICMPv6ND_NA(tgt=PLC6)), "quarantined", list),
        ("an ethertype from it", "cab", lambda: raw(0x88B8, b"e" * 46, FAR_MAC, PLC_MAC), "quarantined", list),
        ("an ethertype to it", "back", lambda: raw(0x88B8, b"e" * 46, PLC_MAC, FAR_MAC), "quarantined", list),
        ("who asks all for it", "back", lambda: arp(1, CENTRE, PLC, FAR_MAC), "-> cab", list)):
    Row(f"wire: quarantined MAC: {what}", at, frame(), reason, after=before() + HELD_MAC)
Row("wire: quarantined: its ARP", "cab", arp(), "quarantined", after=HELD)
Row("wire: quarantined: who asks for it", "back", arp(1, CENTRE, PLC, FAR_MAC), "quarantined", after=HELD)

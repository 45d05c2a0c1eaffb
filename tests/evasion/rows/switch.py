# SPDX-License-Identifier: GPL-2.0-only
"""Isolation (S28) and quarantine (S29): with the next packet, before every verdict of the policy, behind hygiene (S27)."""
from frames import *

CUT = [Switch("cut", "cam", "vid")]
HELD = [Switch("quarantine", CAM + "/32")]


def errors(src=NVR, dst=CAM, mac=HOST):
    return ether(src=mac) / IP(src=src, dst=dst) / ICMP(type=3, code=1) / ip() / TCP(sport=port(), dport=554, seq=100)


for name, at, frame, reason, before in (
        ("a new connection", "cam", lambda: rtsp(), "isolated", list),
        ("the other way", "vid", lambda: ip(NVR, CAM) / tcp(dport=80), "isolated", list),
        ("what no line allows", "cam", lambda: rtsp(dport=23), "isolated", list),
        ("a live connection", "cam", lambda: rtsp("PA", 101, 901, 5), "isolated", opened),
        ("a live connection, the other way", "vid", lambda: rtsp_back("PA", 901, 101, 5), "isolated", opened),
        ("a reset of a live connection", "vid", lambda: rtsp_back("R", 901, 0), "isolated", opened),
        ("a segment without a connection", "cam", lambda: rtsp("A", 101, 901), "isolated", list),
        ("an error about a live connection", "vid", lambda: errors(), "isolated", opened),
        ("a ping", "vid", lambda: ip(NVR, CAM) / ICMP(id=port()), "isolated", list),
        ("a first fragment", "cam", lambda: ip(flags="MF", id=port()) / udp(len=48) / (b"e" * 8), "isolated", list),
        ("options", "cam", lambda: IP(src=CAM, dst=NVR, options=b"\1\1\1\1") / tcp(), "isolated", list),
        ("hop limit 1", "cam", lambda: ip(ttl=1) / tcp(), "isolated", list),
        ("a priority tag", "cam", lambda: ether() / Dot1Q(vlan=0) / rtsp(), "isolated", list),
        ("a spoofed source is still that", "cam", lambda: ip(SIG) / tcp(), "spoof", list),
        ("a cut frame is still that", "cam", lambda: cut(rtsp(), 50), "malformed", list),
        ("a foreign MAC is still that", "cam", lambda: ether("02:99:00:00:00:01") / rtsp(), "l2-address", list),
        ("a tag is still that", "cam", lambda: ether() / Dot1Q(vlan=30) / rtsp(), "no-zone", list),
        ("another pair goes on", "cam", lambda: ip(CAM, WORLD) / tcp(dport=443), "-> net", list),
        ("the gateway goes on", "cam", lambda: ip(CAM, GW_CAM) / udp(123), "-> self", list)):
    Row(f"isolated: {name}", at, frame(), reason, after=before() + CUT)
Row("isolated: the rest of a packet that was half sent", "cam", ip(proto=17, frag=2, id=port()) / Raw(b"e" * 32), "isolated",
    after=[Step("cam", ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=48)) + b"e" * 8), "-> vid")] + CUT)
Row("isolated: never is behind it", "cam", ip(CAM, SIG) / udp(161), "isolated", after=[Switch("cut", "cam", "sig")])
Row("isolated: a connection does not outlive it", "cam", rtsp("PA", 101, 901, 5), "tcp-state",
    after=opened() + CUT + [Step("cam", rtsp("A", 101, 901), "isolated"), Switch("join", "cam", "vid")])
Row("isolated from the gateway: a request", "cam", ip(CAM, GW_CAM) / udp(123), "isolated", after=[Switch("cut", "cam", "self")])
Row("isolated from the gateway: a request to a link-local address", "cam", ip6("fe80::5", GW_LOCAL) / udp(123), "isolated", after=[Switch("cut", "cam", "self")])
Row("isolated from the gateway: DHCP", "cam", ether(ALL) / ip("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67), "isolated",
    after=[Switch("cut", "cam", "self")])
Row("isolated from the gateway: ARP goes on", "cam", ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM), "-> self", after=[Switch("cut", "cam", "self")])
Row("isolated from the gateway: ND goes on", "cam", ether() / IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6), "-> self",
    after=[Switch("cut", "cam", "self")])
Row("isolated from the gateway: others go on", "cam", rtsp(), "-> vid", after=[Switch("cut", "cam", "self")])

for name, at, frame, reason, before in (
        ("a new connection", "cam", lambda: rtsp(), "quarantined", list),
        ("to it", "vid", lambda: ip(NVR, CAM) / tcp(dport=80), "quarantined", list),
        ("what no line allows", "cam", lambda: rtsp(dport=23), "quarantined", list),
        ("what never forbids", "cam", lambda: ip(CAM, SIG) / udp(161), "quarantined", list),
        ("a live connection", "cam", lambda: rtsp("PA", 101, 901, 5), "quarantined", opened),
        ("a live connection, to it", "vid", lambda: rtsp_back("PA", 901, 101, 5), "quarantined", opened),
        ("an error about its live connection", "vid", lambda: errors(), "quarantined", opened),
        ("the gateway", "cam", lambda: ip(CAM, GW_CAM) / udp(123), "quarantined", list),
        ("the gateway's address on another side", "cam", lambda: ip(CAM, GW_SIG) / udp(123), "quarantined", list),
        ("broadcast", "cam", lambda: ether(ALL) / ip(CAM, "255.255.255.255") / udp(123), "quarantined", list),
        ("its ARP", "cam", lambda: ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM), "quarantined", list),
        ("an ARP answer of it", "cam", lambda: ether() / ARP(op=2, hwsrc=HOST, psrc=CAM, hwdst=GW, pdst=GW_CAM), "quarantined", list),
        ("somebody who asks for it", "cam", lambda: ether(ALL) / ARP(op=1, hwsrc=HOST, psrc="10.20.0.6", pdst=CAM), "quarantined", list),
        ("a first fragment", "cam", lambda: ip(flags="MF", id=port()) / udp(len=48) / (b"e" * 8), "quarantined", list),
        ("options", "cam", lambda: IP(src=CAM, dst=NVR, options=b"\1\1\1\1") / tcp(), "quarantined", list),
        ("hop limit 1", "cam", lambda: ip(ttl=1) / tcp(), "quarantined", list),
        ("from another zone in its name", "net", lambda: ip(CAM, NVR) / tcp(dport=443), "spoof", list),
        ("a spoofed source", "cam", lambda: ip(SIG) / tcp(), "spoof", list),
        ("a cut frame", "cam", lambda: cut(rtsp(), 50), "malformed", list),
        ("another camera goes on", "cam", lambda: ip("10.20.0.6") / tcp(), "-> vid", list),
        ("another zone goes on", "net", lambda: ip(WORLD) / tcp(dport=443), "-> vid", list)):
    Row(f"quarantined: {name}", at, frame(), reason, after=before() + HELD)
Row("quarantined: the rest of a packet that was half sent", "cam", ip(proto=17, frag=2, id=port()) / Raw(b"e" * 32), "quarantined",
    after=[Step("cam", ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=48)) + b"e" * 8), "-> vid")] + HELD)
for what, message in (("unreachable", ICMP(type=3, code=1)), ("too big", ICMP(type=3, code=4, nexthopmtu=600)), ("time exceeded", ICMP(type=11))):
    Row(f"quarantined: {what}, about the connection of another", "vid", ether(src=ROUTER_MAC) / IP(src=ROUTER, dst=CAM) / message / ip() /
        TCP(sport=port(), dport=554, seq=100), "quarantined", after=opened() + [Switch("quarantine", ROUTER + "/32")], then=alive())
Row("quarantined: what it sends about nothing is quarantined, too", "vid", errors(ROUTER, mac=ROUTER_MAC), "quarantined", after=[Switch("quarantine", ROUTER + "/32")])
Row("quarantined: a prefix", "cam", ip("10.20.0.77") / tcp(), "quarantined", after=[Switch("quarantine", "10.20.0.0/24")])
Row("quarantined: beside the prefix", "cam", ip("10.20.1.77") / tcp(), "-> vid", after=[Switch("quarantine", "10.20.0.0/24")])
Row("quarantined: IPv6", "sig", dns6(), "quarantined", after=[Switch("quarantine", SIG6 + "/128")])
Row("quarantined: IPv6, to it", "sig", dns6(), "quarantined", after=[Switch("quarantine", CAM6 + "/128")])
Row("quarantined: an IPv6 prefix", "sig", dns6(), "quarantined", after=[Switch("quarantine", "2001:db8:10::/56")])
Row("quarantined: its neighbour discovery", "cam", ether() / IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6), "quarantined",
    after=[Switch("quarantine", CAM6 + "/128")])
Row("quarantined and isolated is quarantined", "cam", rtsp(), "quarantined", after=CUT + HELD)
Row("quarantined: the mapped address of the other family is another", "cam", rtsp(), "-> vid", after=[Switch("quarantine", "::ffff:10.20.0.5/128")])
for what, message in (("an advertisement", ICMPv6ND_NA(tgt=CAM6)), ("a solicitation", ICMPv6ND_NS(tgt=CAM6))):
    Row(f"quarantined: {what} about it from a link-local address", "cam", ether() / IPv6(src="fe80::5", dst=GW_LOCAL, hlim=255) / message, "quarantined",
        after=[Switch("quarantine", CAM6 + "/128")])

# ---- the recorder's MAC address, in zones with binding: of those where it is, only vid
HELD = [Switch("quarantine", HOST)]
for name, at, frame, reason, before in (
        ("a new connection to it", "cam", lambda: rtsp(), "quarantined", list),
        ("a live connection, to it", "cam", lambda: rtsp("PA", 101, 901, 5), "quarantined", opened),
        ("a live connection, from it", "vid", lambda: rtsp_back("PA", 901, 101, 5), "quarantined", opened),
        ("a new connection from it", "vid", lambda: ip(NVR, CAM) / tcp(dport=80), "quarantined", list),
        ("an error from it", "vid", lambda: errors(), "quarantined", opened),
        ("an error to it", "cam", lambda: IP(src=CAM, dst=NVR) / ICMP(type=3, code=1) / ip(NVR, CAM) / TCP(sport=554, dport=port(), seq=900), "quarantined", opened),
        ("options, to it", "cam", lambda: IP(src=CAM, dst=NVR, options=b"\1\1\1\1") / tcp(), "quarantined", list),
        ("a first fragment to it", "cam", lambda: ip(flags="MF", id=port()) / udp(len=48) / (b"e" * 8), "quarantined", list),
        ("what no line allows is that", "cam", lambda: rtsp(dport=23), "no-allow", list),
        ("its ARP", "vid", lambda: ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=NVR, pdst=GW_VID), "quarantined", list),
        ("its ARP in the name of another is a foreign one", "vid", lambda: ether() / ARP(op=2, hwsrc=HOST, psrc=ROUTER, pdst=GW_VID), "binding", list),
        ("a zone without binding goes on", "cam", lambda: ip(CAM, WORLD) / tcp(dport=443), "-> net", list)):
    Row(f"quarantined MAC: {name}", at, frame(), reason, after=before() + HELD)
Row("quarantined MAC: the rest of a packet that was half sent", "cam", ip(proto=17, frag=2, id=port()) / Raw(b"e" * 32), "quarantined",
    after=[Step("cam", ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=48)) + b"e" * 8), "-> vid")] + HELD)
Row("quarantined MAC: a connection outlives it, since its addresses were not cut", "cam", rtsp("A", 101, 901), "quarantined", after=opened() + HELD,
    then=[Switch("release", HOST)] + alive())

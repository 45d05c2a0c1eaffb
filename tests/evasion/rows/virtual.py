# SPDX-License-Identifier: GPL-2.0-only
"""A virtual address (S22) and its MAC address: the gateway's on the cameras' side, and on no other."""
from frames import *


def virtual(packet, to=VIRTUAL_MAC, src=HOST):
    return ether(to, src) / packet


# ---- the MAC address
for what, to in {"the gateway's own MAC": GW, "the virtual MAC": VIRTUAL_MAC}.items():
    Row(f"virtual: a request to the virtual address, sent to {what}", "cam", virtual(ip(CAM, VIRTUAL) / udp(123), to), "-> self")
    Row(f"virtual: a request to the virtual IPv6 address, sent to {what}", "cam", virtual(ip6(CAM6, VIRTUAL6) / udp(123), to), "-> self")
    Row(f"virtual: a request to the gateway's own address, sent to {what}", "cam", virtual(ip(CAM, GW_CAM) / udp(123), to), "-> self")
    Row(f"virtual: a ping of the virtual address, sent to {what}", "cam", virtual(ip(CAM, VIRTUAL) / ICMP(id=port()), to), "-> self")
    Row(f"virtual: a packet to route, sent to {what}", "cam", virtual(rtsp(), to), "-> vid")
    Row(f"virtual: an IPv6 packet to route, sent to {what}", "cam", virtual(ip6(CAM6, WORLD6) / tcp(dport=443), to), "-> net")
    Row(f"virtual: what no line allows, sent to {what}", "cam", virtual(ip(CAM, VIRTUAL) / tcp(dport=22), to), "no-allow")
    Row(f"virtual: what never forbids, sent to {what}", "cam", virtual(ip(CAM, SIG) / udp(161), to), "never")
    Row(f"virtual: a spoofed source, sent to {what}", "cam", virtual(ip(SIG, VIRTUAL) / udp(123), to), "spoof")
    Row(f"virtual: a cut header, sent to {what}", "cam", cut(virtual(ip(CAM, VIRTUAL) / udp(123), to), 40), "malformed")
    Row(f"virtual: a later fragment without a first, sent to {what}", "cam", virtual(ip(CAM, VIRTUAL, proto=17, frag=2, id=port()) / Raw(b"e" * 16), to), "fragment")
Row("virtual: a live connection goes on by the virtual MAC", "cam", virtual(rtsp("PA", 101, 901, 5)), "-> vid", after=opened(), then=alive())
Row("virtual: a fragmented packet by the virtual MAC", "cam", virtual(ip(proto=17, frag=2, id=port()) / Raw(b"e" * 32)), "-> vid",
    after=[Step("cam", virtual(ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=48)) + b"e" * 8)), "-> vid")])
Row("virtual: a priority tag before the virtual MAC's packet", "cam", ether(VIRTUAL_MAC) / Dot1Q(vlan=0) / rtsp(), "-> vid")
for what, to in {"another virtual router's MAC": "00:00:5e:00:01:08", "the IPv6 MAC of that virtual router": "00:00:5e:00:02:07", "a MAC of zeros": "00:00:00:00:00:00",
                 "a half of the virtual MAC": "00:00:5e:00:00:00", "the virtual MAC but for its first half": "02:00:00:00:01:07",
                 "the group MAC of VRRP": "01:00:5e:00:00:12"}.items():
    Row(f"virtual: a packet to route, sent to {what}", "cam", virtual(rtsp(), to), "l2-address")
    Row(f"virtual: a request to the virtual address, sent to {what}", "cam", virtual(ip(CAM, VIRTUAL) / udp(123), to), "l2-address")
    Row(f"virtual: a live connection, sent to {what}", "cam", virtual(rtsp("PA", 101, 901, 5), to), "l2-address", after=opened(), then=alive())
for at, frame in (("sig", dns6), ("net", lambda: ip(WORLD) / tcp(dport=443))):
    Row(f"virtual: the virtual MAC is nobody's on {at}", at, virtual(frame()), "l2-address")
    Row(f"virtual: a MAC of zeros is nobody's on {at}, which has no virtual one", at, virtual(frame(), "00:00:00:00:00:00"), "l2-address")

# ---- the address: self, whoever holds it
for what, src in {"a camera's MAC": HOST, "the virtual MAC": VIRTUAL_MAC}.items():
    Row(f"virtual: from the virtual address with {what}", "cam", virtual(ip(VIRTUAL) / tcp(), GW, src), "spoof")
    Row(f"virtual: from the virtual address to the gateway with {what}", "cam", virtual(ip(VIRTUAL, GW_CAM) / udp(123), GW, src), "spoof")
    Row(f"virtual: from the virtual IPv6 address with {what}", "cam", virtual(ip6(VIRTUAL6, WORLD6) / tcp(dport=443), GW, src), "spoof")
    Row(f"virtual: ARP claims the virtual address with {what}", "cam", ether(ALL, src) / ARP(op=1, hwsrc=src, psrc=VIRTUAL, pdst=GW_CAM), "binding")
    Row(f"virtual: an announcement of the virtual address with {what}", "cam", ether(ALL, src) / ARP(op=1, hwsrc=src, psrc=VIRTUAL, pdst=VIRTUAL), "binding")
    Row(f"virtual: an ARP answer for the virtual address with {what}", "cam", ether(GW, src) / ARP(op=2, hwsrc=src, psrc=VIRTUAL, hwdst=GW, pdst=GW_CAM), "binding")
    Row(f"virtual: an advertisement of the virtual address with {what}", "cam",
        ether(GW, src) / IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NA(tgt=VIRTUAL6), "binding")
    Row(f"virtual: VRRP in the virtual address's name with {what}", "cam",
        ether("01:00:5e:00:00:12", src) / IP(src=VIRTUAL, dst="224.0.0.18", ttl=255, proto=112) / Raw(b"\x31\7" + b"\0" * 14), "spoof")
    Row(f"virtual: VRRP of a neighbour with {what}", "cam",
        ether("01:00:5e:00:00:12", src) / IP(src="10.20.0.2", dst="224.0.0.18", ttl=255, proto=112) / Raw(b"\x31\7" + b"\0" * 14), "no-allow")
Row("virtual: from the virtual address, in the world", "net", ip(VIRTUAL) / tcp(dport=443), "spoof")
Row("virtual: from the virtual address, among the signals", "sig", ip(VIRTUAL) / udp(53), "spoof")
Row("virtual: the world claims the virtual address", "net", ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=VIRTUAL, pdst=GW_NET), "binding")
Row("virtual: ARP asks for the virtual address", "cam", ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=VIRTUAL), "-> self")
Row("virtual: ARP asks for the virtual address among the signals", "sig", ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=SIG, pdst=VIRTUAL), "no-allow")
Row("virtual: a solicitation asks for the virtual address", "cam", ether("33:33:ff:00:ff:fe") / IPv6(src=CAM6, dst="ff02::1:ff00:fffe", hlim=255) / ICMPv6ND_NS(tgt=VIRTUAL6),
    "-> self")
for at, packet in (("sig", lambda: ip(SIG, VIRTUAL)), ("vid", lambda: ip(NVR, VIRTUAL)), ("net", lambda: ip(WORLD, VIRTUAL))):
    Row(f"virtual: the virtual address is not reached from {at}", at, packet() / udp(123), "no-allow")

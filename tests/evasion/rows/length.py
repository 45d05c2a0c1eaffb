# SPDX-License-Identifier: GPL-2.0-only
"""Frames that end too early, at every byte."""
from frames import *


def every_cut(name, at, frame, reason="malformed", first=14, last=None, then=()):
    frame = wire(frame)
    last = len(frame) if last is None else last
    steps = [Step(at, frame[:n], reason) for n in range(first, last - 1)]
    Row(name, at, frame[:last - 1], reason, after=steps, then=then)


every_cut("TCP, cut at every length", "cam", rtsp(size=9))
every_cut("TCP with options, cut at every length", "cam", ip() / tcp(options=[("MSS", 1460), ("WScale", 7), ("SAckOK", b"")]))
every_cut("UDP, cut at every length", "cam", media())
every_cut("ping, cut at every length", "sig", IP(src=SIG, dst=CAM) / ICMP(id=port()) / b"evasion")
every_cut("SCTP, cut at every length", "cam", ip(CAM, WORLD, proto=132) / Raw(struct.pack("!HHII", port(), 2905, 0, 0) + b"\1\0\0\x14" + b"\0" * 16))
every_cut("GRE, cut at every length", "cam", ip(CAM, WORLD) / GRE() / b"evasion")
every_cut("UDP over IPv6, cut at every length", "sig", dns6())
every_cut("TCP over IPv6, cut at every length", "sig", ip6() / tcp(dport=8080) / b"evasion")
every_cut("ping over IPv6, cut at every length", "sig", ip6() / ICMPv6EchoRequest(id=port()) / b"evasion")
every_cut("destination options, cut at every length", "sig", ip6() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / udp(53) / b"evasion")
every_cut("hop-by-hop options, cut at every length", "sig", ip6() / IPv6ExtHdrHopByHop() / udp(53) / b"evasion")
every_cut("IPv4 behind a priority tag, cut at every length", "cam", ether() / Dot1Q(vlan=0) / media())
every_cut("IPv6 behind a priority tag, cut at every length", "sig", ether() / Dot1Q(vlan=0) / dns6())
every_cut("ARP, cut at every length", "cam", ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM))
every_cut("neighbour solicitation, cut at every length", "cam",
          ether() / IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6))
every_cut("neighbour advertisement, cut at every length", "cam",
          ether() / IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NA(tgt=CAM6))
every_cut("a request to the gateway, cut at every length", "cam", ip(CAM, GW_CAM) / udp(123) / b"evasion")


# ---- and the same with a length that agrees with what is there: only the layer above can see that something is missing
for name, at, header, l4, whole in (
        ("TCP", "cam", lambda: ip(proto=6), tcp, 20), ("UDP", "cam", lambda: ip(proto=17), udp, 8),
        ("ping", "sig", lambda: IP(src=SIG, dst=CAM, proto=1), lambda: ICMP(id=port()), 8)):
    Row(f"{name}: a packet that says that it is too short for its header", at, header() / Raw(bytes(l4())[:whole - 1]), "malformed",
        after=[Step(at, header() / Raw(bytes(l4())[:n]), "malformed") for n in range(whole - 1)])
for name, number, l4, whole in (("TCP", 6, lambda: tcp(dport=8080), 20), ("UDP", 17, lambda: udp(53), 8),
                                ("ping", 58, lambda: ICMPv6EchoRequest(id=port()), 8)):
    Row(f"{name} over IPv6: a packet that says that it is too short for its header", "sig", ip6(nh=number) / Raw(bytes(l4())[:whole - 1]), "malformed",
        after=[Step("sig", ip6(nh=number) / Raw(bytes(l4())[:n]), "malformed") for n in range(whole - 1)])

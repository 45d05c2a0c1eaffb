# SPDX-License-Identifier: GPL-2.0-only
"""Answers to what is denied (S31): from sig to vid and from the world to the cameras, and nowhere else."""
from frames import *


def back(packet, l4):
    """From who was asked to who asked, in the smallest frame that the question's size allows."""
    if isinstance(packet, IPv6):
        head = IPv6(src=packet.dst, dst=packet.src, hlim=64)
    else:
        head = IP(src=packet.dst, dst=packet.src, ttl=64, id=0, flags="DF")
    frame = bytes(Ether(src=GW, dst=HOST) / head / l4)
    return frame + b"\0" * max(0, min(60, len(wire(packet))) - len(frame))


def reset(packet):
    """RFC 9293, 3.10.7.1."""
    t = packet[TCP]
    if t.flags.A:
        return back(packet, TCP(sport=t.dport, dport=t.sport, flags="R", seq=t.ack, window=0))
    return back(packet, TCP(sport=t.dport, dport=t.sport, flags="RA", ack=t.seq + t.flags.S + t.flags.F + len(t.payload), window=0))


def prohibited(packet):
    """RFC 1812, 4.3.2.3 and RFC 4443, 3.1: with as much of it as fits into 576 or 1280 bytes."""
    if isinstance(packet, IPv6):
        return back(packet, ICMPv6DestUnreach(code=1) / Raw(bytes(packet)[:1232]))
    return back(packet, ICMP(type=3, code=13) / Raw(bytes(packet)[:548]))


def ask(l4, **k):
    return ip(SIG, NVR, **k) / l4


def ask6(l4, **k):
    return ip6(WORLD6, CAM6, **k) / l4


for what, l4 in {"a SYN": lambda: tcp(), "a SYN with data": lambda: tcp() / (b"e" * 30), "a SYN with options": lambda: tcp(options=[("MSS", 1460)]),
                 "an ACK": lambda: tcp("A", 100, 777), "data": lambda: tcp("PA", 100, 777) / (b"e" * 30), "a FIN": lambda: tcp("F"),
                 "a SYN-ACK": lambda: tcp("SA", 100, 777), "no flag at all": lambda: tcp(0)}.items():
    packet = ask(l4())
    Row(f"rejected: {what} is reset", "sig", packet, "no-allow", answer=reset(packet))
for what, l4 in {"a SYN": lambda: tcp(), "an ACK": lambda: tcp("A", 100, 777), "a SYN with data": lambda: tcp() / (b"e" * 31)}.items():
    packet = ask6(l4())
    Row(f"rejected: {what} over IPv6 is reset", "net", packet, "no-allow", answer=reset(packet))
for what, l4 in {"UDP": lambda: udp(53) / (b"e" * 9), "a large datagram": lambda: udp(53) / (b"e" * 1400), "ping": lambda: ICMP(id=port()) / b"evasion",
                 "GRE": lambda: GRE() / b"evasion"}.items():
    packet = ask(l4())
    Row(f"rejected: {what} is told", "sig", packet, "no-allow", answer=prohibited(packet))
for what, l4 in {"UDP": lambda: udp(53) / (b"e" * 9), "a large datagram": lambda: udp(53) / (b"e" * 1400), "ping": lambda: ICMPv6EchoRequest(id=port())}.items():
    packet = ask6(l4())
    Row(f"rejected: {what} over IPv6 is told", "net", packet, "no-allow", answer=prohibited(packet))
packet = ask(tcp(dport=23))
Row("rejected: what never forbids", "sig", packet, "never", answer=reset(packet))

# ---- and what is denied in silence there
for what, frame, reason in (
        ("a reset", lambda: ask(tcp("R")), "no-allow"), ("a reset with ACK", lambda: ask(tcp("RA", 100, 777)), "no-allow"),
        ("a first fragment", lambda: ask(udp(53, len=40) / (b"e" * 16), flags="MF", id=port()), "no-allow"),
        ("a later fragment", lambda: ip(SIG, NVR, frag=3, id=port()) / Raw(b"e" * 16), "fragment"),
        ("an error", lambda: ask(ICMP(type=3) / rtsp()), "icmp-unrelated"), ("source quench", lambda: ask(ICMP(type=4) / rtsp()), "icmp-unrelated"),
        ("a spoofed source", lambda: ip(CAM) / tcp(dport=22), "spoof"), ("loopback", lambda: ip("127.0.0.1") / tcp(), "spoof"),
        ("a link-local source", lambda: ip("169.254.1.1") / tcp(), "scope"), ("nobody", lambda: ip("0.0.0.0") / tcp(), "scope"),
        ("a group MAC", lambda: ether("01:00:5e:00:00:05") / ask(tcp()), "l2-address"), ("broadcast", lambda: ether(ALL) / ask(tcp()), "l2-address"),
        ("the recorders' broadcast", lambda: ip(SIG, "10.30.0.63") / udp(53), "scope"), ("a tag", lambda: ether() / Dot1Q(vlan=30) / ask(tcp()), "no-zone"),
        ("a header that is cut", lambda: cut(ask(tcp()), 50), "malformed"), ("a segment of four words", lambda: patch(ask(tcp()), 46, [0x40]), "malformed")):
    Row(f"not answered: {what}", "sig", frame(), reason)
Row("not answered: an error over IPv6", "net", ask6(ICMPv6PacketTooBig() / dns6()), "icmp-unrelated")
Row("not answered: a redirect", "net", ask6(Raw(b"\x89\0\0\0" + b"\0" * 36), nh=58), "no-allow")
Row("not answered: another pair", "cam", rtsp(dport=23), "no-allow")

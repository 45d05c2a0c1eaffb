# SPDX-License-Identifier: GPL-2.0-only
"""Limits and quotas (S40, S41), and connections that began elsewhere (S32). Each row that spends has a sender of its own."""
from frames import *

_sender = [0]


def sender():
    """A camera that no other row speaks for."""
    _sender[0] += 1
    return f"10.20.9.{_sender[0]}"


def query(src, n=0, dport=7000, size=8):
    return IP(src=src, dst=WORLD) / UDP(sport=4000 + n, dport=dport) / (b"e" * size)


def answer(dst, n=0, sport=7000):
    return IP(src=WORLD, dst=dst) / UDP(sport=sport, dport=4000 + n) / b"evasion!"


def to_sender(dst, sport):
    """Senders have no neighbour entry: the kernel asks for it, and nobody answers. (It says so seconds later: for the rig only.)"""
    return Step("net", answer(dst, 0, sport), "-> cam by the kernel", arrives=False)


def spent(src, dport=7000):
    """Five new flows, which is all that is allowed at once."""
    return [Step("cam", query(src, n, dport), "-> net") for n in range(5)]


c = sender()
Row("limit: the sixth new flow", "cam", query(c, 5), "rate", after=spent(c))
c = CAM  # it has a neighbour entry, so that the answer leaves
Row("limit: a flow that was let in goes on", "cam", query(c, 0), "-> net", after=spent(c) + [Step("cam", query(c, 5), "rate")],
    then=[Step("net", answer(c, 0), "-> cam"), Step("cam", query(c, 6), "rate")])
c = sender()
Row("limit: another sender has its own", "cam", query(sender(), 0), "-> net", after=spent(c) + [Step("cam", query(c, 5), "rate")])
c = sender()
Row("limit: another source port is another flow", "cam", IP(src=c, dst=WORLD) / UDP(sport=60000, dport=7000) / b"evasion!", "rate", after=spent(c))
c = sender()
Row("limit: another receiver is another flow", "cam", IP(src=c, dst="198.51.100.7") / UDP(sport=4000, dport=7000) / b"evasion!", "rate", after=spent(c))
c = sender()
Row("limit: a fragment does not go around it", "cam", IP(src=c, dst=WORLD, flags="MF", id=port()) / UDP(sport=4009, dport=7000, len=40) / (b"e" * 16), "rate",
    after=spent(c), then=[Step("cam", IP(src=c, dst=WORLD, proto=17, frag=3, id=port()) / Raw(b"e" * 16), "fragment")])
c = sender()
Row("limit: options do not go around it", "cam", IP(src=c, dst=WORLD, options=b"\1\1\1\1") / UDP(sport=4009, dport=7000) / b"evasion!", "rate", after=spent(c))
c = sender()
Row("limit: a priority tag does not go around it", "cam", ether() / Dot1Q(vlan=0) / query(c, 9), "rate", after=spent(c))
c = sender()
Row("limit: what is forged in somebody's name spends nothing of his", "cam", query(c, 4), "-> net",
    after=[Step("net", IP(src=c, dst=NVR) / UDP(sport=n, dport=443) / b"evasion!", "spoof") for n in range(20)] + spent(c)[:4])
c = sender()
Row("limit: what is denied spends nothing", "cam", query(c, 4), "-> net", after=[Step("cam", query(c, n, 7999), "no-allow") for n in range(20)] + spent(c)[:4])
c = sender()
Row("limit: another line is another limit", "cam", IP(src=c, dst=WORLD) / UDP(sport=4000, dport=443) / b"evasion!", "-> net",
    after=spent(c) + [Step("cam", query(c, 5), "rate")])
def unreachable(c, dport):
    """What the world says about the sender's query."""
    return IP(src=WORLD, dst=c) / ICMP(type=3, code=3) / Raw(bytes(query(c, 0, dport))[:28])


Row("limit of packets: errors do not go around it", "net", unreachable(CAM, 7001), "rate",
    after=[Step("cam", query(CAM, 0, 7001), "-> net")] + [Step("net", unreachable(CAM, 7001), "-> cam") for _ in range(4)],
    then=[Step("cam", query(CAM, 0, 7001), "rate")], lab=False)
c = sender()
Row("limit of packets: the sixth", "cam", query(c, 0, 7001), "rate", after=[Step("cam", query(c, 0, 7001), "-> net") for _ in range(5)], lab=False)
c = sender()
Row("limit of packets: other ports are the same sender", "cam", query(c, 5, 7001), "rate", after=spent(c, 7001), lab=False)
c = sender()
Row("limit of packets: answers count too", "cam", query(c, 0, 7001), "rate",
    after=[Step("cam", query(c, 0, 7001), "-> net"), to_sender(c, 7001), Step("cam", query(c, 0, 7001), "-> net"),
           to_sender(c, 7001), Step("cam", query(c, 0, 7001), "-> net"), Step("net", answer(c, 0, 7001), "rate")], lab=False)
c = sender()
FULL = 1000  # of 1,000,000 bytes: frames, whole
Row("quota: the packet after a megabyte", "cam", query(c, 0, 7002, 958), "quota",
    after=[Step("cam", query(c, 0, 7002, 958), "-> net") for _ in range(FULL)], then=[Step("cam", query(c, 1, 7002), "quota"), Step("net", answer(c, 0, 7002), "quota")],
    lab=False)
c = sender()
Row("quota: another sender has its own", "cam", query(sender(), 0, 7002, 958), "-> net", after=[Step("cam", query(c, 0, 7002, 958), "-> net") for _ in range(10)])

# ---- mid-stream: where the pair says so, an allowed segment makes a flow; nothing that begins or ends one does
middle = lambda flags="A", dport=9443, **k: ip(SIG, WORLD) / tcp(flags, 5000, 7000 if "A" in flags else 0, dport, **k)  # noqa: E731
back = lambda flags="A": ip(WORLD, SIG) / TCP(sport=9443, dport=port(), flags=flags, seq=7000, ack=5000)  # noqa: E731
for flags in ("A", "PA", "FA", "AU", "PAU"):
    Row(f"mid-stream: {flags} makes a flow", "sig", middle(flags), "-> net", then=[Step("net", back(), "-> sig")])
for flags in ("SA", "R", "RA", "F", "P", "SF", "SFA", "SRA", "FSRPAU", "U", "FP"):
    Row(f"mid-stream: {flags} makes none", "sig", middle(flags), "tcp-state")
Row("mid-stream: to a denied port", "sig", middle(dport=9444), "no-allow")
Row("mid-stream: an answer is nobody's middle", "net", back(), "no-allow")
Row("mid-stream: from a spoofed source", "cam", middle(), "spoof")
Row("mid-stream: another pair", "cam", ip(CAM, WORLD) / tcp("A", 5000, 7000, 443), "tcp-state")

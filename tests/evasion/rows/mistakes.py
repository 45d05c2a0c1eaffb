# SPDX-License-Identifier: GPL-2.0-only
"""What other products got wrong, one row or more a mistake, named after it. Those that are no frame are claims of mistakes.sh."""
from frames import *

INNER = bytes(ip() / TCP(sport=9, dport=554, flags="S"))

# A cache of verdicts asked by the tuple alone: another zone forges the tuple and is let through.
for zone in ("sig", "net", "vid"):
    Row(f"mistake: cache key without the ingress zone: the camera's tuple from {zone}", zone, rtsp("PA", 101, 901, size=5), "spoof", after=opened(), then=alive())
Row("mistake: cache key without the ingress zone: UDP", "net", media(), "spoof", after=[Step("cam", media(), "-> vid")])
Row("mistake: cache key without the ingress zone: the answer's tuple", "net", rtsp_back("PA", 901, 101, 5), "spoof", after=opened(), then=alive())

# More connections than the table has room for: eight ways here, all of them established. What does not fit is not "left to the kernel".
def full():
    first = []
    for n in range(8):
        syn, back, ack = rtsp(), rtsp_back(), rtsp("A", 101, 901)
        syn[TCP].sport = back[TCP].dport = ack[TCP].sport = 2000 + n
        first += [Step("cam", syn, "-> vid"), Step("vid", back, "-> cam"), Step("cam", ack, "-> vid")]
    return first


def still_there():
    steps = []
    for n in range(8):
        segment = rtsp("PA", 101, 901, size=7)
        segment[TCP].sport = 2000 + n
        steps.append(Step("cam", segment, "-> vid"))
    return steps


def half_open(n, reason):
    steps = []
    for i in range(n):
        syn = rtsp()
        syn[TCP].sport = 3000 + i
        steps.append(Step("cam", syn, reason))
    return steps


Row("mistake: a full flow table falls through to the kernel", "cam", rtsp(), "table-full", after=full(), then=still_there(), buckets=1)
Row("mistake: a full flow table falls through to the kernel: UDP", "cam", media(), "table-full", after=full(), then=still_there(), buckets=1)
Row("mistake: live flows are evicted under a SYN flood", "cam", rtsp(), "table-full", after=full() + half_open(200, "table-full"), then=still_there(),
    buckets=1)
Row("mistake: live flows are evicted under a SYN flood: half-open ones make room", "cam", rtsp(), "-> vid",
    after=full()[:15] + half_open(3, "-> vid") + [Wait(2)] + half_open(50, "-> vid"), then=still_there()[:5], buckets=1)

# What cannot be parsed is let through, whatever the policy says.
for what, frame in {
        "an IPv4 header that is cut": lambda: cut(rtsp(), 30), "a TCP header that is cut": lambda: cut(rtsp(), 45), "an IPv4 header of four words":
        lambda: patch(rtsp(), 14, [0x44]), "a total length of nothing": lambda: patch(rtsp(), 16, [0, 0]), "a TCP header of no words":
        lambda: patch(rtsp(), 46, [0])}.items():
    Row(f"mistake: a parse failure accepts: {what}", "cam", frame(), "malformed")
Row("mistake: a parse failure accepts: nine extension headers", "sig", ip6(nh=60) / Raw(b"\x3c\0\1\4\0\0\0\0" * 8 + b"\x11\0\1\4\0\0\0\0" + bytes(udp(53))), "ext-header")
Row("mistake: a parse failure accepts: an IPv6 header that is cut", "sig", cut(dns6(), 50), "malformed")

# Only TCP and UDP over untagged IP are looked at; the rest goes by.
for what, frame, reason in (
        ("not IP", raw(0x88B5, INNER), "l2-protocol"), ("MPLS", raw(0x8847, b"\0\1\1\x40" + INNER), "l2-protocol"), ("a VLAN tag", ether() / Dot1Q(vlan=30) / rtsp(), "no-zone"),
        ("two VLAN tags", ether() / Dot1Q(vlan=0) / Dot1Q(vlan=30) / rtsp(), "no-zone"), ("IP in IP", ip(proto=4) / Raw(INNER), "no-allow"),
        ("GRE", ip(proto=47) / Raw(INNER), "no-allow"), ("SCTP", ip(proto=132) / Raw(struct.pack("!HHII", port(), 554, 0, 0)), "no-allow"),
        ("a protocol that nobody knows", ip(proto=253) / Raw(INNER), "no-allow"), ("IPv6 with destination options", IPv6(src=CAM6, dst=SIG6, nh=60) /
                                                                                  Raw(b"\x11\0\1\4\0\0\0\0" + bytes(udp(53))), "never"),
        ("IPv6 with AH", IPv6(src=CAM6, dst=SIG6, nh=51) / Raw(b"\x11\4" + b"\0" * 22 + bytes(udp(53))), "never"),
        ("an IPv6 fragment", IPv6(src=CAM6, dst=SIG6) / IPv6ExtHdrFragment(m=1, id=port()) / Raw(bytes(udp(53)) + b"e" * 8), "never")):
    Row(f"mistake: what is not plain TCP or UDP goes by: {what}", "cam", frame, reason)

Row("mistake: ports are read from later fragments", "cam", ip(proto=6, frag=185, id=port()) / Raw(bytes(tcp())), "fragment")
Row("mistake: ports are read from later fragments: behind an allowed first", "cam", ip(proto=17, frag=2, id=port()) / Raw(bytes(udp(22)) + b"e" * 8), "-> vid",
    after=[Step("cam", ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(9000, len=32)) + b"e" * 8), "-> vid")])
Row("mistake: ports are read from later fragments: behind a denied first", "cam", ip(proto=17, frag=2, id=port()) / Raw(bytes(udp(9000)) + b"e" * 8), "fragment",
    after=[Step("cam", ip(proto=17, flags="MF", id=port()) / Raw(bytes(udp(22, len=32)) + b"e" * 8), "no-allow")])

OPTIONS = IP(src=CAM, dst=NVR, options=bytes(TCP(sport=9, dport=554))[:8])
Row("mistake: IP options shift the ports: what is denied looks allowed", "cam", OPTIONS / tcp(dport=23), "no-allow")
Row("mistake: IP options shift the ports: what is allowed looks denied", "cam", IP(src=CAM, dst=NVR, options=b"\1\1\1\1" + b"\0\x17\0\x17") / tcp(),
    "-> vid by the kernel", arrives=None)

Row("mistake: the walk over extension headers never advances", "sig", ip6(nh=60) / Raw(b"\x3c\0\1\4\0\0\0\0" * 150), "ext-header")
Row("mistake: the walk over extension headers never advances: AH of length 0", "sig", ip6(nh=51) / Raw(b"\x33\0\0\0\0\0\0\0" * 150), "ext-header")
Row("mistake: the walk over extension headers never advances: hop-by-hop", "sig", ip6(nh=0) / Raw(b"\0" * 1200), "ext-header")

ERROR = IP(src=NVR, dst=CAM) / ICMP(type=3, code=4, nexthopmtu=1400) / IP(src=CAM, dst=NVR, ttl=63) / TCP(sport=port(), dport=554, seq=100)
Row("mistake: the packet inside of an ICMP error is rewritten", "vid", ERROR, "-> cam", after=[Step("cam", rtsp(), "-> vid")])
ERROR6 = IPv6(src=CAM6, dst=SIG6) / ICMPv6PacketTooBig(mtu=1280) / IPv6(src=SIG6, dst=CAM6, hlim=63) / UDP(sport=port(), dport=53) / b"evasion!"
Row("mistake: the packet inside of an ICMP error is rewritten: IPv6", "cam", ERROR6, "-> sig", after=[Step("sig", dns6(), "-> cam")])

for what, at, frame, to in (
        ("TCP", "cam", rtsp(), "vid"), ("UDP", "cam", media(), "vid"), ("GRE", "cam", ip(CAM, WORLD) / GRE() / b"evasion", "net"),
        ("SCTP", "cam", ip(CAM, WORLD, proto=132) / Raw(struct.pack("!HHII", port(), 2905, 0, 0)), "net"),
        ("ICMP", "vid", ip(NVR, CAM) / ICMP(id=port()), "cam"), ("UDP over IPv6", "sig", dns6(), "cam"), ("TCP over IPv6", "sig", ip6() / tcp(dport=8080), "cam"),
        ("ICMPv6", "sig", ip6() / ICMPv6EchoRequest(id=port()), "cam"), ("a fragment", "cam", ip(flags="MF", id=port()) / udp(len=48) / (b"e" * 8), "vid"),
        ("a priority tag", "cam", ether() / Dot1Q(vlan=0) / rtsp(), "vid")):
    Row(f"mistake: the TTL is not decremented: {what}", at, frame, "-> " + to)

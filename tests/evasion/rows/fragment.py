# SPDX-License-Identifier: GPL-2.0-only
"""Fragments (RFC 1858, 3128, 5722, 6946, 6980, 7112, 8200): in order and behind an allowed first, or not at all."""
from frames import *

FIRST_8 = bytes(tcp())[:8]


def piece(offset, more, data, proto=17, src=CAM, dst=NVR, **k):
    return IP(src=src, dst=dst, proto=proto, id=port(), frag=offset, flags="MF" if more else 0, **k) / Raw(data)


def piece6(offset, more, data, nh=17, src=SIG6, dst=CAM6, **k):
    return ip6(src, dst, **k) / IPv6ExtHdrFragment(nh=nh, offset=offset, m=int(more), id=port()) / Raw(data)


# ---- later fragments of which no first was seen
for offset in (1, 2, 3, 64, 185, 4096, 8189, 8191):
    for more in (True, False):
        last = "" if more else ", the last"
        Row(f"a UDP fragment at {offset * 8} without a first{last}", "cam", piece(offset, more, b"e" * 16), "fragment")
        Row(f"an IPv6 fragment at {offset * 8} without a first{last}", "sig", piece6(offset, more, b"e" * 16), "fragment")
for what, proto in {"TCP": 6, "ICMP": 1, "GRE": 47, "SCTP": 132, "another protocol": 253, "IP in IP": 4, "protocol 0": 0}.items():
    Row(f"a later fragment of {what} without a first", "cam", piece(185, False, b"e" * 16, proto), "fragment")
    Row(f"a later fragment of {what} over IPv6 without a first", "sig", piece6(185, False, b"e" * 16, proto), "fragment")
Row("a later fragment that looks like an allowed UDP header", "cam", piece(1, False, bytes(udp())), "fragment")
Row("a later fragment that looks like an allowed SYN", "cam", piece(185, False, bytes(tcp()), 6), "fragment")
Row("a later fragment that would overwrite the flags of a SYN (RFC 3128)", "cam", piece(1, False, b"\x50\x02\x20\0\0\0\0\0", 6), "fragment")
Row("a later IPv6 fragment that looks like an allowed UDP header", "sig", piece6(1, False, bytes(udp(53))), "fragment")
Row("a fragment that ends beyond 65535 bytes", "cam", piece(8191, False, b"e" * 1400), "fragment")
Row("an IPv6 fragment that ends beyond 65535 bytes", "sig", piece6(8191, False, b"e" * 1200), "fragment")
Row("a later fragment of one byte", "cam", piece(2, False, b"e"), "fragment")
Row("a later fragment of a flow that is alive", "cam", piece(3, False, b"e" * 40, 6), "fragment", after=opened(), then=alive())
Row("a later fragment of ping", "sig", piece(3, False, b"e" * 40, 1, SIG, CAM), "fragment")
Row("a later fragment behind a priority tag", "cam", ether() / Dot1Q(vlan=0) / piece(3, False, b"e" * 16), "fragment")
Row("a later fragment with options", "cam", piece(3, False, b"e" * 16, options=b"\1\1\1\1"), "fragment")
Row("a later IPv6 fragment behind destination options", "sig",
    ip6(nh=60) / Raw(b"\x2c\0\1\4\0\0\0\0" + bytes([17, 0]) + struct.pack("!HI", 185 << 3, port()) + b"e" * 16), "fragment")
Row("a later fragment for the gateway", "cam", piece(3, False, b"e" * 16, dst=GW_CAM), "fragment")

# ---- later fragments with a source that is spoofed: that is what they are dropped as
for offset, more in ((1, True), (2, False), (185, True), (4096, False)):
    Row(f"a later fragment at {offset * 8} from a spoofed source{'' if more else ', the last'}", "cam", piece(offset, more, b"e" * 16, src=SIG), "spoof")
    Row(f"a later IPv6 fragment at {offset * 8} from a spoofed source{'' if more else ', the last'}", "sig", piece6(offset, more, b"e" * 16, src=CAM6), "spoof")
for what, source in {"the gateway": GW_CAM, "the gateway on another side": GW_SIG, "loopback": "127.0.0.1", "a group": "224.0.0.5", "broadcast": "255.255.255.255"}.items():
    Row(f"a later fragment from the address of {what}", "cam", piece(185, False, b"e" * 16, src=source), "spoof")
Row("a later fragment from the internet with a camera's address", "net", piece(185, False, b"e" * 16, src=CAM), "spoof")
Row("a later fragment for the gateway from a spoofed source", "cam", piece(3, False, b"e" * 16, src=SIG, dst=GW_CAM), "spoof")
Row("a later fragment across a wire from a spoofed source", "cab", piece(3, False, b"e" * 16, src=CAM, dst=NVR), "spoof")

# ---- extension headers that are cut off
for what, number in {"hop-by-hop": 0, "routing": 43, "fragment": 44, "AH": 51, "destination options": 60}.items():
    Row(f"a cut extension header: {what}, nothing of it", "sig", ip6(nh=number), "malformed")
    Row(f"a cut extension header: {what}, four bytes of it", "sig", ip6(nh=number) / Raw(b"\x11\0\0\0"), "malformed")
    Row(f"a cut extension header: {what} behind another", "sig", ip6(nh=60) / Raw(bytes([number, 0, 1, 4, 0, 0, 0, 0]) + b"\x11\0\0\0"), "malformed")
for what, number in {"hop-by-hop": 0, "destination options": 60}.items():
    Row(f"a cut extension header: {what} longer than the frame", "sig", ip6(nh=number) / Raw(b"\x11\4\1\4\0\0\0\0" + b"\0" * 8), "malformed")

# ---- first fragments without the ports (RFC 1858)
for size in (0, 1, 4):
    Row(f"a first TCP fragment of {size} bytes", "cam", piece(0, True, FIRST_8[:size], 6), "fragment")

# ---- neighbour discovery in fragments (RFC 6980)
RS = bytes(IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_RS())[40:]
NS = bytes(IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6))[40:]
NA = bytes(IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NA(tgt=GW_CAM6))[40:]
RA = bytes(IPv6(src="fe80::5", dst="ff02::1", hlim=255) / ICMPv6ND_RA())[40:]
for what, message, kind in (("a solicitation", NS, 135), ("an advertisement that claims the gateway's address", NA, 136), ("a router advertisement", RA, 134)):
    Row(f"the rest of {what} in a fragment", "cam", piece6(1, False, message[8:], 58, CAM6, GW_CAM6, hlim=255), "fragment")

# ---- broken fragment headers
Row("a fragment header that is cut off", "sig", ip6(nh=44) / Raw(b"\x11\0\0\0"), "malformed")
Row("a fragment header behind nine others", "sig", ip6(nh=60) / Raw(bytes([60, 0, 1, 4, 0, 0, 0, 0]) * 8 + bytes([44, 0, 1, 4, 0, 0, 0, 0]) +
                                                                  bytes([17, 0]) + struct.pack("!HI", 1, port()) + b"e" * 16), "ext-header")

# ---- in order: the first is judged, the others begin where the one before ended
WHOLE = 48  # bytes of UDP, header included


def part(start, end, more=None, dport=9000, l4=None, **k):
    """Bytes start..end of a datagram of 48 bytes to the recorder."""
    data = bytes(ip() / (udp(dport) / (b"e" * (WHOLE - 8)) if l4 is None else l4))[20:]
    return piece(start // 8, end < len(data) if more is None else more, data[start:end], **k)


def part6(start, end, more=None, dport=53, before=b"", nh=17, **k):
    data = before + bytes(ip6() / udp(dport) / (b"e" * (WHOLE - 8 - len(before))))[40:]
    return piece6(start // 8, end < len(data) if more is None else more, data[start:end], nh, **k)


FIRST = lambda: [Step("cam", part(0, 16), "-> vid")]  # noqa: E731
FIRST6 = lambda: [Step("sig", part6(0, 16), "-> cam")]  # noqa: E731
REST = lambda: [Step("cam", part(16, 48), "-> vid")]  # noqa: E731
REST6 = lambda: [Step("sig", part6(16, 48), "-> cam")]  # noqa: E731
Row("two fragments in order", "cam", part(16, 48), "-> vid", after=FIRST())
Row("six fragments in order", "cam", part(40, 48), "-> vid", after=[Step("cam", part(n, n + 8), "-> vid") for n in range(0, 40, 8)])
Row("two IPv6 fragments in order", "sig", part6(16, 48), "-> cam", after=FIRST6())
Row("six IPv6 fragments in order", "sig", part6(40, 48), "-> cam", after=[Step("sig", part6(n, n + 8), "-> cam") for n in range(0, 40, 8)])
UP_TO_65120 = lambda: [Step("cam", piece(0, True, bytes(udp(9000, len=65515)) + b"e" * 1472), "-> vid")] + [  # noqa: E731
    Step("cam", piece(at * 185, True, b"e" * 1480), "-> vid") for at in range(1, 44)]
Row("a full datagram of 65535 bytes in order", "cam", piece(8140, False, b"e" * 395), "-> vid", after=UP_TO_65120())
for size in (396, 400, 415, 416, 1000):
    Row(f"a last fragment of {size} bytes behind 65120: longer than any packet", "cam", piece(8140, False, b"e" * size), "fragment", after=UP_TO_65120())
UP_TO_65120_6 = lambda: [Step("sig", piece6(0, True, bytes(udp(53, len=65515)) + b"e" * 1424), "-> cam")] + [  # noqa: E731
    Step("sig", piece6(at * 179, True, b"e" * 1432), "-> cam") for at in range(1, 45)] + [Step("sig", piece6(8055, True, b"e" * 680), "-> cam")]
Row("IPv6 fragments in order up to 65535", "sig", piece6(8140, False, b"e" * 415), "-> cam", after=UP_TO_65120_6())
for size in (416, 1000):
    Row(f"a last IPv6 fragment of {size} bytes behind 65120: longer than any packet", "sig", piece6(8140, False, b"e" * size), "fragment", after=UP_TO_65120_6())
for what, frame in {
        "an overlap of eight bytes": lambda: part(8, 48), "an overlap of the whole first": lambda: part(0, 48, True),
        "the first again": lambda: part(0, 16), "a longer first": lambda: part(0, 24), "a gap of eight bytes": lambda: part(24, 48),
        "the last of nothing": lambda: part(40, 48), "another identification": lambda: IP(src=CAM, dst=NVR, proto=17, id=port() + 1, frag=2) / Raw(b"e" * 32),
        "another protocol": lambda: part(16, 48, proto=6), "another receiver": lambda: part(16, 48, dst="10.30.0.11"),
        "another sender": lambda: part(16, 48, src="10.20.0.6"), "no byte": lambda: part(16, 16, False),
        "a size that is no multiple of eight": lambda: part(16, 29, True), "an end beyond 65535": lambda: piece(8191, False, b"e" * 32)}.items():
    Row(f"behind the first: {what}", "cam", frame(), "fragment", after=FIRST(), then=REST())
for what, frame in {
        "an overlap of eight bytes": lambda: part6(8, 48), "an overlap of the whole first": lambda: part6(0, 48, True), "the first again": lambda: part6(0, 16),
        "a gap of eight bytes": lambda: part6(24, 48), "another identification": lambda: ip6() / IPv6ExtHdrFragment(nh=17, offset=2, id=port() + 1) / Raw(b"e" * 32),
        "another sender": lambda: part6(16, 48, src="2001:db8:10::6"), "another receiver": lambda: part6(16, 48, dst="2001:db8:20::6"),
        "no byte": lambda: part6(16, 16, False), "a size that is no multiple of eight": lambda: part6(16, 29, True)}.items():
    Row(f"behind the first, IPv6: {what}", "sig", frame(), "fragment", after=FIRST6(), then=REST6())
for zone in ("sig", "net"):
    Row(f"behind the first: the rest from {zone}", zone, part(16, 48), "spoof", after=FIRST(), then=REST())
for zone in ("cam", "net"):
    Row(f"behind the first, IPv6: the rest from {zone}", zone, part6(16, 48), "spoof", after=FIRST6(), then=REST6())
Row("behind the first: the rest to a foreign MAC", "cam", ether("02:99:00:00:00:01") / part(16, 48), "l2-address", after=FIRST(), then=REST())
Row("behind the first: the rest to a group MAC", "cam", ether(ALL) / part(16, 48), "l2-address", after=FIRST(), then=REST())
Row("behind the first: the rest from a group MAC", "cam", ether(src="03:00:00:00:00:01") / part(16, 48), "malformed", after=FIRST(), then=REST())
Row("behind the first: the rest with a tag", "cam", ether() / Dot1Q(vlan=30) / part(16, 48), "no-zone", after=FIRST(), then=REST())
Row("behind the first: the rest with a priority tag", "cam", ether() / Dot1Q(vlan=0) / part(16, 48), "-> vid", after=FIRST())
Row("behind the first: the rest with hop limit 1", "cam", part(16, 48, ttl=1), "-> vid by the kernel", after=FIRST(), arrives=False)
Row("behind the first: the rest, cut short", "cam", cut(part(16, 48), 50), "malformed", after=FIRST(), then=REST())
Row("behind the first: a whole packet of the same identification is one of its own", "cam", part(0, 48, False), "-> vid", after=FIRST(), then=REST())
Row("behind the last: one more", "cam", part(48, 56, False, l4=udp() / (b"e" * 80)), "fragment", after=FIRST() + REST())
Row("behind the last: the last again", "cam", part(16, 48), "fragment", after=FIRST() + REST())
Row("behind the last: a new first of the same identification", "cam", part(0, 16), "-> vid", after=FIRST() + REST(), then=REST())
Row("behind the last, IPv6: the last again", "sig", part6(16, 48), "fragment", after=FIRST6() + REST6())
Row("the rest before the first", "cam", part(16, 48), "fragment", then=FIRST() + REST())
Row("in reverse order", "cam", part(16, 24, True), "fragment", after=[Step("cam", part(24, 48), "fragment")], then=FIRST() + [Step("cam", part(24, 48), "fragment")])
Row("the rest after five seconds and more", "cam", part(16, 48), "fragment", after=FIRST() + [Wait(7)])
Row("the rest after three seconds", "cam", part(16, 48), "-> vid", after=FIRST() + [Wait(3)])

# ---- a first fragment is judged as a packet, and what follows a denied one has no first
for what, frame, reason in (
        ("to a denied port", lambda: part(0, 16, dport=22), "no-allow"), ("from a spoofed source", lambda: part(0, 16, src=SIG), "spoof"),
        ("to a foreign MAC", lambda: ether("02:99:00:00:00:01") / part(0, 16), "l2-address"), ("to a signal", lambda: part(0, 16, dst=SIG), "never"),
        ("with a tag", lambda: ether() / Dot1Q(vlan=30) / part(0, 16), "no-zone"),
        ("of a TCP segment without a connection", lambda: piece(0, True, bytes(tcp("A"))[:20] + b"e" * 4, 6), "tcp-state"),
        ("of an answer without a request", lambda: piece(0, True, b"\0\0\0\0" + struct.pack("!HH", port(), 1) + b"e" * 8, 1), "no-allow"),
        ("of an error", lambda: piece(0, True, b"\3\1\0\0\0\0\0\0" + bytes(rtsp_back())[:32], 1), "fragment")):
    Row(f"a first fragment {what}", "cam", frame(), reason, then=[Step("cam", part(16, 48), "fragment")])
Row("a first IPv6 fragment to a denied port", "sig", part6(0, 16, dport=54), "no-allow", then=[Step("sig", part6(16, 48), "fragment")])
Row("a first IPv6 fragment from a spoofed source", "sig", part6(0, 16, src=CAM6), "spoof", then=[Step("sig", part6(16, 48), "fragment")])
SEGMENT = lambda **k: bytes(ip() / tcp(**k) / (b"e" * 40))[20:]  # noqa: E731
Row("a SYN in two fragments", "cam", piece(3, False, SEGMENT()[24:], 6), "-> vid", after=[Step("cam", piece(0, True, SEGMENT()[:24], 6), "-> vid")])
for size in (8, 16):
    Row(f"a first TCP fragment of {size} bytes (RFC 1858)", "cam", piece(0, True, SEGMENT()[:size], 6), "fragment",
        then=[Step("cam", piece(size // 8, False, SEGMENT()[size:], 6), "fragment")])
Row("a first TCP fragment whose options are in the second", "cam", piece(0, True, SEGMENT(options=[("Timestamp", (1, 2))])[:24], 6), "fragment")
Row("a first UDP fragment of a header only", "cam", part(0, 8), "-> vid", then=[Step("cam", part(8, 48), "-> vid")])
Row("a first SCTP fragment of eight bytes", "cam", piece(0, True, struct.pack("!HHI", port(), 2905, 0), 132, dst=WORLD), "fragment")
Row("the flags of a SYN in a second fragment (RFC 3128)", "cam", piece(1, True, SEGMENT()[8:], 6), "fragment",
    after=[Step("cam", piece(0, True, SEGMENT()[:24], 6), "-> vid")])
Row("a first fragment whose UDP length is that of the whole", "cam", part(0, 24), "-> vid")
Row("a first fragment whose UDP length is less than a header", "cam", patch(part(0, 24), 38, b"\0\4"), "fragment")
Row("a first fragment with options", "cam", part(0, 16, options=b"\1\1\1\1"), "-> vid by the kernel", arrives=None,
    then=[Step("cam", part(16, 48), "-> vid")])
Row("a ping in two fragments", "vid", piece(2, False, b"e" * 16, 1, NVR, CAM), "-> cam",
    after=[Step("vid", piece(0, True, b"\x08\0\0\0" + struct.pack("!HH", port(), 1) + b"e" * 8, 1, NVR, CAM), "-> cam")])
Row("a request to the gateway in two fragments", "cam", part(16, 48, dst=GW_CAM), "-> self",
    after=[Step("cam", part(0, 16, dport=123, dst=GW_CAM), "-> self")])

# ---- IPv6: atomic fragments are whole packets (RFC 6946); the first holds all headers (RFC 7112)
Row("an atomic fragment", "sig", piece6(0, False, bytes(ip6() / udp(53) / b"evasion!")[40:]), "-> cam")
Row("an atomic fragment to a denied port", "sig", piece6(0, False, bytes(ip6() / udp(54) / b"evasion!")[40:]), "no-allow")
Row("an atomic fragment from a spoofed source", "sig", piece6(0, False, bytes(ip6() / udp(53) / b"evasion!")[40:], src=CAM6), "spoof")
Row("an atomic fragment does not begin anything", "sig", part6(16, 48), "fragment",
    after=[Step("sig", piece6(0, False, bytes(ip6() / udp(53) / b"evasion!")[40:]), "-> cam")])
Row("an atomic fragment beside a first of the same identification (RFC 6946)", "sig", piece6(0, False, bytes(ip6() / udp(53) / b"evasion!")[40:]), "-> cam",
    after=FIRST6(), then=REST6())
Row("an atomic fragment in an atomic fragment", "sig", ip6(nh=44) / Raw(struct.pack("!BBHI", 44, 0, 0, port()) + struct.pack("!BBHI", 17, 0, 0, port()) +
                                                                      bytes(ip6() / udp(53))[40:]), "fragment")
Row("a fragment in a fragment", "sig", ip6(nh=44) / Raw(struct.pack("!BBHI", 44, 0, 1, port()) + struct.pack("!BBHI", 17, 0, 1, port()) +
                                                       bytes(ip6() / udp(53))[40:] + b"e" * 8), "fragment")
Row("destination options before the fragment header", "sig", ip6(nh=60) / Raw(b"\x2c\0\1\4\0\0\0\0" + struct.pack("!BBHI", 17, 0, 1, port()) +
                                                                             bytes(ip6() / udp(53, len=48))[40:] + b"e" * 8), "-> cam")
Row("destination options behind the fragment header", "sig", part6(0, 24, before=b"\x11\0\1\4\0\0\0\0", nh=60), "-> cam",
    then=[Step("sig", part6(24, 48, before=b"\x11\0\1\4\0\0\0\0", nh=60), "-> cam")])
Row("destination options behind the fragment header, and the ports in the next", "sig", part6(0, 8, before=b"\x11\0\1\4\0\0\0\0", nh=60), "fragment",
    then=[Step("sig", part6(8, 48, before=b"\x11\0\1\4\0\0\0\0", nh=60), "fragment")])
Row("destination options that go on in the next fragment", "sig", part6(0, 16, before=b"\x11\3\1\x1c" + b"\0" * 28, nh=60), "malformed")
Row("a routing header behind the fragment header", "sig", part6(0, 24, before=b"\x11\0\0\0\0\0\0\0", nh=43), "ext-header")
Row("hop-by-hop options behind the fragment header", "sig", part6(0, 24, before=b"\x11\0\1\4\0\0\0\0", nh=0), "ext-header")
Row("another next header in the second fragment is nobody's business (RFC 8200)", "sig", part6(16, 48, nh=6), "-> cam", after=FIRST6())
for what, message in (("a solicitation", NS), ("an advertisement", NA), ("a router solicitation", RS + b"\0" * 16)):
    Row(f"{what} in an atomic fragment", "cam", piece6(0, False, message, 58, CAM6, GW_CAM6, hlim=255), "malformed")
    Row(f"{what} in pieces", "cam", piece6(0, True, message[:24], 58, CAM6, GW_CAM6, hlim=255), "fragment")
Row("a router advertisement in pieces", "cam", piece6(0, True, RA + b"\0" * 8, 58, CAM6, GW_CAM6, hlim=255), "fragment")

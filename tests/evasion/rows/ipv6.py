# SPDX-License-Identifier: GPL-2.0-only
"""The IPv6 header and its extension headers."""
from itertools import permutations

from frames import *

BY_KERNEL = "-> cam by the kernel"
HOP, ROUTING, FRAGMENT, AUTH, DEST, MOBILITY, HIP, SHIM = 0, 43, 44, 51, 60, 135, 139, 140
NAME = {HOP: "hop-by-hop", ROUTING: "routing", FRAGMENT: "fragment", AUTH: "AH", DEST: "destination", MOBILITY: "mobility", HIP: "HIP",
        SHIM: "shim6"}


def extension(kind, nh, size=8, body=None):
    """One header of this size. PadN fills it where options belong, or Pad1; AH counts in words."""
    length = size // 4 - 2 if kind == AUTH else size // 8 - 1
    if body is None:
        body = bytes([1, size - 4]) + b"\0" * (size - 4) if kind in (HOP, DEST) and size < 256 else b"\0" * (size - 2)
    return bytes([nh, length]) + body


def chain(kinds, last=17, l4=None, sizes=None, **k):
    """From a signal to a camera: these headers, then an allowed UDP (or l4)."""
    l4 = bytes(ip6() / (udp(53) if l4 is None else l4))[40:] if not isinstance(l4, bytes) else l4
    out = b""
    for i, kind in enumerate(kinds):
        out += extension(kind, kinds[i + 1] if i + 1 < len(kinds) else last, sizes[i] if sizes else 16 if kind == AUTH else 8)
    return ip6(nh=kinds[0] if kinds else last, **k) / Raw(out + l4)


# ---- every header alone, and every order of three
for kind in (DEST, AUTH):
    Row(f"behind a {NAME[kind]} header the ports are found", "sig", chain([kind]), "-> cam")
    Row(f"behind a {NAME[kind]} header a denied port is denied", "sig", chain([kind], l4=udp(54)), "no-allow")
    Row(f"a {NAME[kind]} header and a spoofed source", "sig", chain([kind], src=CAM6), "spoof")
Row("behind a hop-by-hop header the ports are found", "sig", chain([HOP]), BY_KERNEL, arrives=None)
Row("behind a hop-by-hop header a denied port is denied", "sig", chain([HOP], l4=udp(54)), "no-allow")
for order in permutations((HOP, DEST, AUTH)):
    fits = order[0] == HOP
    Row("order: " + ", ".join(NAME[k] for k in order), "sig", chain(list(order)), BY_KERNEL if fits else "ext-header", arrives=None if fits else True)
    Row("order, to a denied port: " + ", ".join(NAME[k] for k in order), "sig", chain(list(order), l4=udp(54)), "no-allow" if fits else "ext-header")
for order in ((DEST, AUTH, DEST), (AUTH, DEST, AUTH), (AUTH, AUTH, DEST)):
    Row("order: " + ", ".join(NAME[k] for k in order), "sig", chain(list(order)), "-> cam")
# To a host that does not speak them these are the protocol, and no line names it.
for kind in (MOBILITY, HIP, SHIM):
    Row(f"a {NAME[kind]} header before an allowed port is a protocol", "sig", chain([kind]), "no-allow")
    Row(f"a {NAME[kind]} header behind another is a protocol", "sig", chain([DEST, kind, DEST]), "no-allow")
    Row(f"a {NAME[kind]} header that is nothing else", "sig", chain([kind], last=59, l4=b""), "no-allow")
    Row(f"a {NAME[kind]} header and a spoofed source", "sig", chain([kind], src=CAM6), "spoof")
for before in ([], [HOP], [DEST], [AUTH], [HOP, DEST]):
    Row("routing header" + "".join(f" behind {NAME[k]}" for k in before), "sig", chain(before + [ROUTING]), "ext-header")
for kind in range(6):
    Row(f"routing header of type {kind}", "sig", ip6() / IPv6ExtHdrRouting(type=kind, segleft=1, addresses=[SIG6]) / udp(53), "ext-header")
Row("routing header of type 0, used up", "sig", ip6() / IPv6ExtHdrRouting(type=0, segleft=0, addresses=[SIG6]) / udp(53), "ext-header")
Row("routing header of type 253", "sig", ip6() / IPv6ExtHdrRouting(type=253, segleft=0) / udp(53), "ext-header")
Row("routing header to the gateway and on", "cam", IPv6(src=CAM6, dst=GW_CAM6) / IPv6ExtHdrRouting(type=0, segleft=1, addresses=[SIG6]) / udp(123),
    "ext-header")
Row("two hop-by-hop headers", "sig", chain([HOP, HOP]), "ext-header")
Row("hop-by-hop behind seven others", "sig", chain([DEST] * 7 + [HOP]), "ext-header")

# ---- how many, how long
for n in range(2, 9):
    Row(f"{n} headers", "sig", chain([DEST] * n), "-> cam")
    Row(f"{n} headers to a denied port", "sig", chain([DEST] * n, l4=udp(54)), "no-allow")
for n in (9, 10, 20, 100):
    Row(f"{n} headers", "sig", chain([DEST] * n), "ext-header")
Row("eight headers, the first hop-by-hop", "sig", chain([HOP] + [DEST] * 7), BY_KERNEL, arrives=None)
Row("nine headers, the first hop-by-hop", "sig", chain([HOP] + [DEST] * 8), "ext-header")
Row("eight headers and an unknown one", "sig", chain([DEST] * 8, last=253), "no-allow")
for size in (16, 64, 256, 1024):
    Row(f"a header of {size} bytes", "sig", chain([DEST], sizes=[size]), "-> cam")
    Row(f"a header of {size} bytes to a denied port", "sig", chain([DEST], l4=udp(54), sizes=[size]), "no-allow")
Row("AH of a size that is no multiple of eight", "sig", chain([AUTH], sizes=[12]), "-> cam")
Row("AH of a size that is no multiple of eight, to a denied port", "sig", chain([AUTH], l4=udp(54), sizes=[12]), "no-allow")
for length in (2, 3, 10, 127, 200):
    for kind in (DEST, HOP, AUTH):
        units = length if kind != AUTH else length * 2 + 4
        if kind == AUTH and units > 255:
            continue
        Row(f"{NAME[kind]} header of length {length}, longer than the packet", "sig", patch(chain([kind]), 55, [units]), "malformed")
Row("a header that ends with the packet, and no ports", "sig", patch(chain([DEST], l4=b"\0" * 8), 55, [1]), "malformed")
Row("headers that only point at themselves", "sig", ip6(nh=0) / Raw(b"\0" * 800), "ext-header")
Row("destination headers that only point at themselves", "sig", ip6(nh=DEST) / Raw(bytes([DEST, 0, 0, 0, 0, 0, 0, 0]) * 100), "ext-header")
Row("AH shorter than itself before an allowed port", "sig", ip6(nh=AUTH) / Raw(bytes([17, 0, 0, 0, 0, 0, 0, 0]) + bytes(udp(53))), "ext-header")
Row("AH shorter than itself before a denied port", "sig", ip6(nh=AUTH) / Raw(bytes([17, 0, 0, 0, 0, 0, 0, 0]) + bytes(udp(54))), "ext-header")
Row("AH shorter than itself behind another header", "sig", ip6(nh=DEST) / Raw(bytes([AUTH, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0]) + bytes(udp(53))), "ext-header")
Row("AH of the smallest length, again and again", "sig", ip6(nh=AUTH) / Raw(bytes([AUTH, 0, 0, 0, 0, 0, 0, 0]) * 100), "ext-header")
Row("an allowed UDP header where the second extension header is", "sig",
    ip6(nh=DEST) / Raw(extension(DEST, DEST, 8, bytes(udp(53))[:6]) + extension(DEST, 17, 8, b"\0\0\0\0\0\0") + bytes(udp(54) / b"evasion!")), "no-allow")

# ---- what may be inside
PROTOCOLS = {
    1: ("ICMP of IPv4", "malformed"), 2: ("IGMP", "no-allow"), 4: ("IPv4", "no-allow"), 41: ("IPv6", "no-allow"), 47: ("GRE", "no-allow"),
    50: ("ESP", "no-allow"), 59: ("nothing", "no-allow"), 88: ("EIGRP", "no-allow"), 89: ("OSPF", "no-allow"), 103: ("PIM", "no-allow"),
    115: ("L2TP", "no-allow"), 132: ("SCTP", "no-allow"), 136: ("UDP-Lite", "no-allow"), 143: ("Ethernet", "no-allow"),
    253: ("an experiment", "no-allow"), 254: ("another experiment", "no-allow"), 255: ("reserved", "no-allow"),
}
for number, (what, reason) in PROTOCOLS.items():
    inner = bytes(ip6() / udp(53) / b"evasion")
    Row(f"next header {number}, {what}", "sig", ip6(nh=number) / Raw(inner), reason)
    Row(f"next header {number}, {what}, behind destination options", "sig", chain([DEST], last=number, l4=inner), reason)
Row("no next header, and an allowed UDP behind it", "sig", ip6(nh=59) / Raw(bytes(udp(53))), "no-allow")
Row("no next header, and no byte behind it", "sig", ip6(nh=59), "no-allow")
Row("no next header behind hop-by-hop", "sig", chain([HOP], last=59), "no-allow")

# ---- lengths and versions that lie
for version in (0, 1, 4, 5, 7, 15):
    Row(f"version {version} under the ethertype of IPv6", "sig", patch(dns6(), 14, [version << 4]), "malformed")
Row("IPv4 under the ethertype of IPv6", "sig", raw(0x86DD, bytes(IP(src=SIG, dst=CAM) / UDP(sport=9, dport=53) / (b"e" * 40))), "malformed")
Row("IPv6 under the ethertype of IPv4", "sig", raw(0x0800, bytes(dns6())), "malformed")
for length in (0, 1, 7, 8, 15):
    Row(f"payload length {length} of 16", "sig", patch(dns6(), 18, struct.pack("!H", length)), "malformed")
for length in (17, 24, 1500, 65495, 65535):
    Row(f"payload length {length} in a frame for 16", "sig", patch(dns6(), 18, struct.pack("!H", length)), "malformed")
Row("more behind an IPv6 packet than its length says", "sig", wire(dns6()) + b"\0" * 9, "-> cam")
JUMBO = extension(HOP, 17, 8, bytes([194, 4, 0, 1, 0, 8]))
Row("a jumbo payload", "sig", patch(ip6(nh=0) / Raw(JUMBO + bytes(udp(53)) + b"e" * 64), 18, [0, 0]), "malformed")
Row("a jumbo option with a payload length", "sig", ip6(nh=0) / Raw(JUMBO + bytes(ip6() / udp(53))[40:]), BY_KERNEL, arrives=None)
Row("a home address option is no source", "sig",
    ip6(nh=DEST) / Raw(extension(DEST, 17, 24, bytes([1, 2, 0, 0, 201, 16]) + bytes.fromhex("20010db8002000000000000000000006")) + bytes(udp(54))), "no-allow")
Row("router alert does not open what is denied", "sig", ip6(nh=0) / Raw(extension(HOP, 17, 8, bytes([5, 2, 0, 0, 1, 0])) + bytes(udp(54))), "no-allow")
Row("traffic class and flow label are carried on", "sig", dns6(tc=0xFF, fl=0xFFFFF), "-> cam")
Row("IPv6 hop limit 255", "sig", dns6(hlim=255), "-> cam")
Row("IPv6 hop limit 2", "sig", dns6(hlim=2), "-> cam")
Row("IPv6 hop limit 1 is answered, not forwarded", "sig", dns6(hlim=1), BY_KERNEL, arrives=False)
Row("IPv6 hop limit 0 is not forwarded", "sig", dns6(hlim=0), BY_KERNEL, arrives=False)
Row("IPv6 hop limit 1 on what is denied gets no answer", "sig", ip6(hlim=1) / udp(54), "no-allow")
Row("no UDP checksum over IPv6 is the receiver's business", "sig", patch(dns6(), 60, b"\0\0"), "-> cam")
for length in (0, 7, 17, 65535):
    Row(f"UDP length {length} of 16 over IPv6", "sig", patch(dns6(), 58, struct.pack("!H", length)), "malformed")
for words in (0, 4, 6, 15):
    Row(f"TCP header of {words} words in a segment of five over IPv6", "sig", patch(ip6() / tcp(dport=8080), 66, [words << 4]), "malformed")

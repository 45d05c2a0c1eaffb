# SPDX-License-Identifier: GPL-2.0-only
"""The IPv4 header: options, lengths, versions, protocols."""
from frames import *

BY_KERNEL = "-> vid by the kernel"


def with_options(options, l4=None, **k):
    """RTSP behind these bytes of options, as they are."""
    frame = bytearray(bytes(ether() / ip(**k) / (tcp() if l4 is None else l4)))
    options = bytes(options)
    assert len(options) % 4 == 0
    frame[34:34] = options
    frame[14] = 0x40 | (20 + len(options)) // 4
    frame[16:18] = struct.pack("!H", len(frame) - 14)
    frame[24:26] = b"\0\0"
    total = sum(struct.unpack(f"!{10 + len(options) // 2}H", frame[14:34 + len(options)]))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    frame[24:26] = struct.pack("!H", ~total & 0xFFFF)
    return bytes(frame)


# ---- options: the ports are behind them, and the kernel carries what it likes of them
HOP_SIG = bytes([10, 10, 0, 5])
OPTIONS = {
    "end of list": [0, 0, 0, 0], "no operation": [1, 1, 1, 1], "record route": [7, 7, 4, 0, 0, 0, 0, 0],
    "timestamp": [68, 8, 5, 0, 0, 0, 0, 0], "router alert": [148, 4, 0, 0], "security": [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "extended security": [133, 4, 0, 0], "CIPSO": [134, 8, 0, 0, 0, 1, 0, 0], "stream identifier": [136, 4, 0, 0],
    "MTU probe": [11, 4, 5, 220], "traceroute": [82, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "quick start": [25, 8, 0, 0, 0, 0, 0, 0],
    "experimental": [222, 4, 0, 0], "unknown": [255, 4, 0, 0], "unknown, and to be copied": [200, 4, 0, 0],
    "record route whose pointer is 0": [7, 7, 0, 0, 0, 0, 0, 0], "record route whose pointer is behind its end": [7, 7, 255, 0, 0, 0, 0, 0],
    "timestamp that overflows": [68, 8, 255, 0xF1, 0, 0, 0, 0], "forty bytes of nothing": [0] * 40, "forty bytes of no operation": [1] * 40,
    "what looks like a source route behind the end of the list": [0, 131, 7, 4, *HOP_SIG], "what looks like a source route in another option": [7, 8, 9, *HOP_SIG, 131],
}
for what, options in OPTIONS.items():
    Row(f"option: {what}", "cam", with_options(options), BY_KERNEL, arrives=None)
    Row(f"option: {what}, on the way to a denied port", "cam", with_options(options, tcp(dport=22)), "no-allow")
# Lists that cannot be walked to their end.
BROKEN = {"no room for its length": [1, 1, 1, 7], "length 0": [7, 0, 0, 0], "length 1": [7, 1, 0, 0], "length beyond the header": [7, 39, 4, 0],
          "length 0 before a source route": [7, 0, 131, 7, 4, *HOP_SIG, 0, 0, 0], "length beyond the header behind the longest list": [1] * 38 + [7, 3]}
for what, options in BROKEN.items():
    Row(f"option: {what}", "cam", with_options(options), "malformed")
    Row(f"option: {what}, to the gateway", "cam", with_options(options, udp(123), dst=GW_CAM), "malformed")
# An allowed receiver would relay to whom nobody was asked about.
ROUTES = {"loose source route": [131, 7, 4, *HOP_SIG, 0], "strict source route": [137, 7, 4, *HOP_SIG, 0], "used up source route": [131, 7, 8, *HOP_SIG, 0],
          "source route of no length": [131, 0, 4, *HOP_SIG, 0], "two source routes": [131, 7, 4, *HOP_SIG, 137, 7, 4, *HOP_SIG, 0, 0],
          "source route behind another option": [148, 4, 0, 0, 131, 7, 4, *HOP_SIG, 0], "source route behind as much as fits": [1] * 33 + [137, 7, 4, *HOP_SIG],
          "source route that is the last byte": [1, 1, 1, 131]}
for what, options in ROUTES.items():
    Row(f"option: {what}", "cam", with_options(options), "ext-header")
    Row(f"option: {what}, to the gateway", "cam", with_options(options, udp(123), dst=GW_CAM), "ext-header")
    Row(f"option: {what}, across a wire", "cab", ether(FAR_MAC, PLC_MAC, type=0x800) / Raw(with_options(options, udp(9000), src=PLC, dst=CENTRE)[14:]), "ext-header")
Row("options and a spoofed source", "cam", with_options([1, 1, 1, 1], src=SIG), "spoof")
# Where a parser that does not step over options would look for ports, there are allowed ones.
for words in range(1, 11):
    bait = (bytes(TCP(sport=222 << 8 | words * 4, dport=554, flags="S")) * 2)[:words * 4]  # one option, of a kind that is for experiments
    Row(f"{words * 4} bytes of options that look like an allowed TCP header", "cam", with_options(bait, tcp(dport=23)), "no-allow")
    Row(f"an allowed port behind {words * 4} bytes of options", "cam", with_options(b"\1" * words * 4), BY_KERNEL, arrives=None)

# ---- lengths and versions that lie
for words in range(5):
    Row(f"header of {words} words", "cam", patch(rtsp(), 14, [0x40 | words]), "malformed")
for words in (6, 7, 11, 15):
    Row(f"header of {words} words in a packet of ten", "cam", patch(rtsp(), 14, [0x40 | words]), "malformed")
Row("header longer than the frame", "cam", cut(patch(rtsp(), 14, [0x4F]), 34), "malformed")
Row("header longer than the packet", "cam", patch(with_options(b"\1" * 20), 16, [0, 36]), "malformed")
for version in (0, 1, 2, 3, 5, 6, 7, 8, 15):
    Row(f"version {version} under the ethertype of IPv4", "cam", patch(rtsp(), 14, [version << 4 | 5]), "malformed")
for total in (0, 1, 19, 20, 21, 27, 28, 39):
    Row(f"total length {total} of 40", "cam", patch(rtsp(), 16, struct.pack("!H", total)), "malformed")
for total in (41, 42, 64, 1500, 32767, 65535):
    Row(f"total length {total} in a frame for 40", "cam", patch(rtsp(), 16, struct.pack("!H", total)), "malformed")
Row("total length 0 in a large frame", "cam", patch(rtsp(size=1400), 16, [0, 0]), "malformed")
Row("padding behind the packet goes with it", "cam", wire(rtsp()) + b"\0" * 6, "-> vid")
Row("more behind the packet than its length says", "cam", wire(media()) + bytes(ip(CAM, SIG) / udp(161)), "-> vid")
Row("a frame full of more behind the packet", "cam", wire(media()) + b"e" * 1400, "-> vid", then=[Step("cam", wire(media()) + b"e" * 1400, "-> vid")])
Row("a hundred bytes behind a segment of a connection", "cam", wire(rtsp("A", 101, 901)) + b"e" * 100, "-> vid", after=opened(), then=alive())
Row("more behind the packet than its length says crosses a wire as it is", "cab",
    wire(ether(FAR_MAC, PLC_MAC) / ip(PLC, CENTRE) / udp(9000)) + b"e" * 100, "-> back")
Row("a full frame", "cam", ip() / udp() / (b"e" * 1472), "-> vid")

# ---- the rest of the header
Row("the reserved flag is carried on", "cam", ip(flags="evil") / tcp(), "-> vid")
Row("don't fragment is carried on", "cam", ip(flags="DF") / tcp(), "-> vid")
Row("reserved and don't fragment", "cam", ip(flags="DF+evil") / tcp(), "-> vid")
Row("every bit of the type of service", "cam", ip(tos=0xFF) / tcp(), "-> vid")
Row("hop limit 255", "cam", ip(ttl=255) / tcp(), "-> vid")
Row("hop limit 2", "cam", ip(ttl=2) / tcp(), "-> vid")
Row("hop limit 1 is answered, not forwarded", "cam", ip(ttl=1) / tcp(), BY_KERNEL, arrives=False)
Row("hop limit 0 is not forwarded", "cam", ip(ttl=0) / tcp(), BY_KERNEL, arrives=False)
Row("hop limit 1 on what is denied gets no answer", "cam", ip(ttl=1) / tcp(dport=23), "no-allow")
Row("hop limit 0 on what is denied gets no answer", "cam", ip(ttl=0) / tcp(dport=23), "no-allow")
Row("hop limit 1 on what is forged gets no answer", "cam", ip(SIG, ttl=1) / tcp(), "spoof")
for total in (0x0000, 0x1234, 0xFEFF, 0xFFFE, 0xFFFF):
    Row(f"a header checksum of {total:04x} that is wrong", "cam", patch(rtsp(), 24, struct.pack("!H", total)), "malformed")
for words in (1, 2, 9, 10):
    optioned, end = with_options(b"\1" * words * 4), 34 + words * 4
    Row(f"a wrong header checksum, with {words} words of options", "cam", patch(optioned, 24, b"\xBA\xD0"), "malformed")
    Row(f"a header checksum that is wrong for the last of {words} words of options", "cam", patch(optioned, end - 1, [0]), "malformed")
    Row(f"a wrong header checksum, with {words} words of options, to the gateway", "cam", patch(with_options(b"\1" * words * 4, udp(123), dst=GW_CAM), 24, b"\xBA\xD0"), "malformed")
    Row(f"a wrong header checksum, with {words} words of options, across a wire", "cab",
        patch(ether(FAR_MAC, PLC_MAC, type=0x800) / Raw(with_options(b"\1" * words * 4, udp(9000), src=PLC, dst=CENTRE)[14:]), 24, b"\xBA\xD0"), "malformed")
Row("a wrong TCP checksum is the receiver's business", "cam", patch(rtsp(), 50, b"\xBA\xD0"), "-> vid")
Row("a wrong UDP checksum is the receiver's business", "cam", patch(media(), 40, b"\xBA\xD0"), "-> vid")
Row("no UDP checksum", "cam", patch(media(), 40, b"\0\0"), "-> vid")

# ---- protocols: by name only. Each carries what would be allowed.
INNER = bytes(ip() / TCP(sport=9, dport=554, flags="S"))
PROTOCOLS = {
    0: "hop-by-hop", 2: "IGMP", 3: "GGP", 4: "IP in IP", 5: "stream", 8: "EGP", 9: "IGP", 12: "PUP", 27: "RDP", 33: "DCCP", 41: "IPv6 in IP",
    43: "a routing header", 44: "a fragment header", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 59: "no next header", 60: "destination options",
    88: "EIGRP", 89: "OSPF", 94: "IP in IP, old", 97: "Ethernet in IP", 103: "PIM", 108: "IPComp", 112: "VRRP", 115: "L2TP", 132: "SCTP",
    136: "UDP-Lite", 137: "MPLS in IP", 143: "Ethernet", 253: "an experiment", 254: "another experiment", 255: "reserved",
}
for number, what in PROTOCOLS.items():
    Row(f"protocol {number}, {what}", "cam", ip(proto=number) / Raw(INNER), "no-allow")
Row("protocol 58, ICMPv6, in IPv4", "cam", ip(proto=58) / Raw(b"\x80\0\0\0\0\1\0\1"), "malformed")
Row("GRE where it is allowed", "cam", ip(CAM, WORLD) / GRE() / ip(CAM, SIG) / udp(161), "-> net")
Row("GRE from a spoofed source", "cam", ip(SIG, WORLD) / GRE() / ip(CAM, SIG) / udp(161), "spoof")
Row("a protocol without a byte of its own", "cam", ip(CAM, WORLD, proto=47), "-> net")
Row("ESP to the world", "cam", ip(CAM, WORLD) / ESP(spi=9, seq=1) / Raw(INNER), "no-allow")
Row("AH around an allowed UDP", "cam", ip() / AH(nh=17, spi=9) / udp(), "no-allow")
for size in range(0, 12):
    Row(f"SCTP of {size} bytes", "cam", ip(CAM, WORLD, proto=132) / Raw((struct.pack("!HH", port(), 2905) + b"\0" * 8)[:size]), "malformed")
Row("SCTP where it is allowed", "cam", ip(CAM, WORLD, proto=132) / Raw(struct.pack("!HHII", port(), 2905, 0, 0) + b"\1\0\0\x14" + b"\0" * 16), "-> net")
Row("SCTP to another port", "cam", ip(CAM, WORLD, proto=132) / Raw(struct.pack("!HHII", port(), 2906, 0, 0)), "no-allow")

# ---- UDP and TCP lengths
for length in range(8):
    Row(f"UDP length {length}", "cam", patch(media(), 38, struct.pack("!H", length)), "malformed")
for length in (17, 24, 1480, 65535):
    Row(f"UDP length {length} of 16", "cam", patch(media(), 38, struct.pack("!H", length)), "malformed")
Row("UDP shorter than its packet", "cam", patch(media(), 38, struct.pack("!H", 12)), "-> vid")
Row("UDP of a header only", "cam", media(0), "-> vid")
for words in range(5):
    Row(f"TCP header of {words} words", "cam", patch(rtsp(size=40), 46, [words << 4]), "malformed")
for words in (6, 8, 15):
    Row(f"TCP header of {words} words in a segment of five", "cam", patch(rtsp(), 46, [words << 4]), "malformed")
Row("TCP header of 15 words, and as many bytes", "cam", patch(rtsp(size=40), 46, [0xF0]), "-> vid")

# SPDX-License-Identifier: GPL-2.0-only
"""Ping, other messages, and errors that quote what was never sent."""
from frames import *


def icmp(kind, code=0, data=b"\0" * 4, src=NVR, dst=CAM):
    """A message of any type: the checksum is right."""
    return IP(src=src, dst=dst, proto=1) / Raw(summed(bytes([kind, code, 0, 0]) + data))


def icmp6(kind, code=0, data=b"\0" * 4, src=CAM6, dst=SIG6, **k):
    body = bytes([kind, code, 0, 0]) + data
    head = bytes(IPv6(src=src, dst=dst))[8:40] + struct.pack("!II", len(body), 58)
    return IPv6(src=src, dst=dst, nh=58, **k) / Raw(summed(body, head))


def summed(body, head=b""):
    data = head + body + b"\0" * (len(body) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:]


def quote(packet, size=28):
    """What an error carries: four bytes of its own, then the packet's beginning."""
    return b"\0\0\0\0" + bytes(packet)[:size]


# ---- ping
ping = lambda kind=8, src=NVR, dst=CAM, n=None: IP(src=src, dst=dst) / ICMP(type=kind, id=n or port(), seq=1) / b"evasion"  # noqa: E731
PINGED = lambda: [Step("vid", ping(), "-> cam")]  # noqa: E731
Row("ping: a request and its answer", "cam", ping(0, CAM, NVR), "-> vid", after=PINGED())
Row("ping: an answer without a request", "cam", ping(0, CAM, NVR), "no-allow")
Row("ping: an answer without a request, where requests are allowed", "sig", ping(0, SIG, CAM), "no-allow")
Row("ping: an answer to another request", "cam", ping(0, CAM, NVR, 1), "no-allow", after=PINGED())
Row("ping: a request instead of the answer", "cam", ping(8, CAM, NVR), "no-allow", after=PINGED())
Row("ping: the asker answers itself", "vid", ping(0), "no-allow", after=PINGED())
Row("ping: the answer comes from the third zone", "sig", ping(0, CAM, NVR), "spoof", after=PINGED())
Row("ping: the answer of another camera", "cam", ping(0, "10.20.0.6", NVR), "no-allow", after=PINGED())
Row("ping: a request whose identifier is the number that answers stand under, and its answer", "cam", ping(0, CAM, NVR, 8), "-> vid",
    after=[Step("vid", ping(n=8), "-> cam")])
Row("ping: a request instead of the answer, of that identifier", "cam", ping(8, CAM, NVR, 8), "icmp-unrelated", after=[Step("vid", ping(n=8), "-> cam")])
ping6 = lambda message, src=SIG6, dst=CAM6: IPv6(src=src, dst=dst) / message(id=port(), seq=1) / b"evasion"  # noqa: E731
PINGED6 = lambda: [Step("sig", ping6(ICMPv6EchoRequest), "-> cam")]  # noqa: E731
Row("ping6: a request and its answer", "cam", ping6(ICMPv6EchoReply, CAM6, SIG6), "-> sig", after=PINGED6())
Row("ping6: an answer without a request", "sig", ping6(ICMPv6EchoReply), "no-allow")
Row("ping6: a request instead of the answer", "cam", ping6(ICMPv6EchoRequest, CAM6, SIG6), "never", after=PINGED6())
Row("ping6: the asker answers itself", "sig", ping6(ICMPv6EchoReply), "no-allow", after=PINGED6())
Row("ping: to the gateway's address on another side", "cam", ping(8, CAM, GW_SIG), "no-allow")
Row("ping: broadcast", "cam", ping(8, CAM, "10.30.0.63"), "scope")
Row("ping: from the broadcast address (smurf)", "cam", ping(8, "10.20.255.255", GW_CAM), "spoof")

# ---- the other query that anybody may send: a signal asks a camera for its time
stamp = lambda kind=13, src=SIG, dst=CAM, n=None: IP(src=src, dst=dst) / ICMP(type=kind, id=n or port(), seq=1)  # noqa: E731
STAMPED = lambda: [Step("sig", stamp(), "-> cam")]  # noqa: E731
Row("timestamp: a request and its answer", "cam", stamp(14, CAM, SIG), "-> sig", after=STAMPED())
Row("timestamp: an answer without a request", "cam", stamp(14, CAM, SIG), "never")
Row("timestamp: an answer to another request", "cam", stamp(14, CAM, SIG, 1), "never", after=STAMPED())
Row("timestamp: an answer where requests are allowed", "sig", stamp(14), "no-allow")
Row("timestamp: the asker answers itself", "sig", stamp(14), "no-allow", after=STAMPED())
Row("timestamp: a request instead of the answer", "cam", stamp(13, CAM, SIG), "never", after=STAMPED())
Row("timestamp: the answer of another camera", "cam", stamp(14, "10.20.0.6", SIG), "never", after=STAMPED())
Row("timestamp: the answer comes from the third zone", "vid", stamp(14, CAM, SIG), "spoof", after=STAMPED())
for kind in (0, 8, 16, 18):
    Row(f"timestamp: ICMP type {kind} instead of the answer", "cam", stamp(kind, CAM, SIG), "never", after=STAMPED())
Row("timestamp: an answer to a ping", "cam", stamp(14, CAM, SIG), "never", after=[Step("sig", ping(8, SIG, CAM), "-> cam")])
Row("timestamp: an error about a request", "cam", icmp(3, 1, quote(stamp()), CAM, SIG), "-> sig", after=STAMPED())
Row("timestamp: an error about another request", "cam", icmp(3, 1, quote(stamp(n=1)), CAM, SIG), "icmp-unrelated", after=STAMPED())
Row("timestamp: an error about a ping of that identifier", "cam", icmp(3, 1, quote(ping(8, SIG, CAM)), CAM, SIG), "icmp-unrelated", after=STAMPED())

# ---- every other type, without a flow
ERRORS4, ERRORS6 = (3, 4, 5, 11, 12), range(0, 128)
for kind in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 31, 37, 40, 41, 42, 43, 253, 255):
    Row(f"ICMP type {kind} without a flow", "vid", icmp(kind), "icmp-unrelated" if kind in ERRORS4 else "no-allow")
for kind in (0, 1, 2, 3, 4, 5, 100, 101, 127, 130, 131, 132, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 151, 155, 160, 200, 255):
    Row(f"ICMPv6 type {kind} without a flow", "sig", icmp6(kind, src=SIG6, dst=CAM6), "icmp-unrelated" if kind in ERRORS6 else "no-allow")

# ---- errors, the camera's SYN being on its way: who may say so, and what it must quote
SENT = lambda: [Step("cam", rtsp(), "-> vid")]  # noqa: E731
for code in range(16):
    Row(f"unreachable, code {code}, about a live flow", "vid", icmp(3, code, quote(rtsp())), "-> cam", after=SENT())
for kind in (11, 12):
    Row(f"ICMP type {kind} about a live flow", "vid", icmp(kind, 0, quote(rtsp())), "-> cam", after=SENT())
Row("an error by a router on the far side", "vid", ether(src=ROUTER_MAC) / icmp(11, 0, quote(rtsp()), ROUTER), "-> cam", after=SENT())
Row("an error that quotes a whole packet", "vid", icmp(3, 1, quote(rtsp(size=500), 540)), "-> cam", after=SENT())
Row("source quench about a live flow", "vid", icmp(4, 0, quote(rtsp())), "icmp-unrelated", after=SENT())
for code in range(4):
    Row(f"redirect, code {code}, about a live flow", "vid", icmp(5, code, bytes([10, 30, 0, 66]) + bytes(rtsp())[:28]), "icmp-unrelated", after=SENT())
Row("an error about no flow", "vid", icmp(3, 1, quote(rtsp())), "icmp-unrelated")
for what, packet in {
        "another source port": lambda: ip() / TCP(sport=port() + 1000, dport=554), "another destination port": lambda: rtsp(dport=555),
        "another protocol": lambda: ip() / udp(554), "another host of ours": lambda: ip("10.20.0.6") / tcp(),
        "another host of theirs": lambda: ip(CAM, "10.30.0.11") / tcp(), "a signal as the source": lambda: ip(SIG) / tcp(),
        "a signal as the destination": lambda: ip(CAM, SIG) / tcp(), "the answer": rtsp_back, "the gateway as the source": lambda: ip(GW_CAM) / tcp(),
        "itself": lambda: ip(NVR, CAM) / ICMP(type=3), "a version of 6": lambda: patch(rtsp(), 14, [0x65])[14:],
        "a version of 0": lambda: patch(rtsp(), 14, [0x05])[14:], "a header of four words": lambda: patch(rtsp(), 14, [0x44])[14:],
        "a header of six words": lambda: patch(rtsp(), 14, [0x46])[14:], "a header of 15 words": lambda: patch(rtsp(), 14, [0x4F])[14:],
        "a later fragment": lambda: ip(frag=1) / tcp(), "the last fragment": lambda: ip(frag=185) / tcp(), "nothing but zeros": lambda: b"\0" * 28,
        "the source as its destination": lambda: ip(CAM, CAM) / tcp(), "an IPv6 packet": dns6}.items():
    Row(f"an error that quotes {what}", "vid", icmp(3, 1, quote(packet())), "icmp-unrelated", after=SENT())
Row("an error about the first fragment of a live flow", "vid", icmp(3, 4, quote(ip(flags="MF") / tcp())), "-> cam", after=SENT())
Row("an error of which the quote is cut at every length", "vid", icmp(3, 1, quote(rtsp(), 27)), "icmp-unrelated",
    after=SENT() + [Step("vid", icmp(3, 1, quote(rtsp(), n)), "icmp-unrelated") for n in range(27)])
OPTIONED = lambda words: IP(src=CAM, dst=NVR, options=b"\1" * words * 4) / TCP(sport=port(), dport=554)  # noqa: E731
for words in (1, 2, 9, 10):
    Row(f"an error that quotes {words} words of options", "vid", icmp(3, 4, quote(OPTIONED(words), 28 + words * 4)), "-> cam", after=SENT())
    Row(f"an error that quotes {words} words of options and not the ports", "vid", icmp(3, 4, quote(OPTIONED(words), 27 + words * 4)), "icmp-unrelated", after=SENT())
Row("an error that quotes options, where an allowed port lies in them", "vid",
    icmp(3, 4, quote(IP(src=CAM, dst=NVR, options=bytes(TCP(sport=port(), dport=554))[:8]) / TCP(sport=port() + 1000, dport=554), 36)), "icmp-unrelated", after=SENT())


def short(error, length):
    """The error's own packet ends after so many bytes of its quote; the rest lies behind it in the frame."""
    if IPv6 in error:
        error.plen = 8 + length
    else:
        error.len = 28 + length
    return error


Row("an error of which the quote lies behind the packet from every byte on", "vid", short(icmp(3, 1, quote(rtsp())), 27), "icmp-unrelated",
    after=SENT() + [Step("vid", short(icmp(3, 1, quote(rtsp())), n), "icmp-unrelated") for n in range(27)])
Row("an error about an error about a live flow", "vid", icmp(3, 1, quote(icmp(3, 1, quote(rtsp())), 56)), "icmp-unrelated", after=SENT())
Row("an error about an error that the camera sent", "vid", icmp(3, 1, quote(icmp(3, 1, quote(rtsp_back()), CAM, NVR), 56)), "icmp-unrelated", after=SENT())
Row("an error to somebody else", "vid", icmp(3, 1, quote(rtsp()), NVR, "10.20.0.6"), "icmp-unrelated", after=SENT())
Row("an error to the gateway about another's flow", "vid", icmp(3, 1, quote(rtsp()), NVR, GW_VID), "icmp-unrelated", after=SENT())
Row("an error from the third zone", "sig", icmp(3, 1, quote(rtsp()), SIG), "icmp-unrelated", after=SENT())
Row("an error from the third zone in the recorder's name", "sig", icmp(3, 1, quote(rtsp())), "spoof", after=SENT())
Row("an error from the world", "net", icmp(3, 1, quote(rtsp()), WORLD), "icmp-unrelated", after=SENT())
Row("an error from the world in the gateway's name", "net", icmp(11, 0, quote(rtsp()), GW_VID), "spoof", after=SENT())
Row("an error in the gateway's name", "vid", icmp(11, 0, quote(rtsp()), GW_VID), "spoof", after=SENT())
Row("an error from the sender's own side", "cam", icmp(3, 1, quote(rtsp()), "10.20.0.6", CAM), "icmp-unrelated", after=SENT())
Row("an error of the camera about what it sent itself", "cam", icmp(3, 1, quote(rtsp()), CAM, NVR), "icmp-unrelated", after=SENT())
Row("an error of the camera about what the recorder sent", "cam", icmp(3, 3, quote(rtsp_back()), CAM, NVR), "-> vid", after=SENT())
Row("an error about a ping that was sent", "cam", icmp(3, 1, quote(ping()), CAM, NVR), "-> vid", after=PINGED())
Row("an error about another ping", "cam", icmp(3, 1, quote(ping(n=1)), CAM, NVR), "icmp-unrelated", after=PINGED())
Row("an error about an answer that was not sent", "vid", icmp(3, 1, quote(ping(0, CAM, NVR, 1))), "icmp-unrelated", after=PINGED())
Row("an error does not keep a flow alive", "vid", icmp(3, 1, quote(rtsp())), "icmp-unrelated",
    after=SENT() + [Wait(20), Step("vid", icmp(3, 1, quote(rtsp())), "-> cam"), Wait(20)])
Row("an error does not end a connection", "vid", icmp(3, 3, quote(rtsp())), "-> cam", after=opened(), then=alive())
Row("an error with options", "vid", IP(src=NVR, dst=CAM, proto=1, options=b"\1\1\1\1") / Raw(summed(b"\3\1\0\0" + quote(rtsp()))),
    "-> cam by the kernel", after=SENT(), arrives=None)

# ---- the same over IPv6: a signal asked a camera
ASKED = lambda: [Step("sig", dns6(), "-> cam")]  # noqa: E731
for kind in (1, 2, 3, 4):
    Row(f"ICMPv6 type {kind} about a live flow", "cam", icmp6(kind, 0, quote(dns6(), 56)), "-> sig", after=ASKED())
    Row(f"ICMPv6 type {kind} about no flow", "cam", icmp6(kind, 0, quote(dns6(), 56)), "icmp-unrelated")
    Row(f"ICMPv6 type {kind} about a live flow, from the asker's side", "sig", icmp6(kind, 0, quote(dns6(), 56), "2001:db8:10::9", SIG6), "icmp-unrelated",
        after=ASKED())
for kind in (0, 5, 100, 101, 126, 127):
    Row(f"ICMPv6 type {kind}, an error that nobody knows, about a live flow", "cam", icmp6(kind, 0, quote(dns6(), 56)), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 redirect about a live flow", "cam", icmp6(137, 0, quote(dns6(), 56)), "never", after=ASKED())
Row("an ICMPv6 error to somebody else", "cam", icmp6(1, 0, quote(dns6(), 56), CAM6, "2001:db8:10::6"), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error that quotes another port", "cam", icmp6(1, 0, quote(ip6() / udp(54), 56)), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error that quotes another protocol", "cam", icmp6(1, 0, quote(ip6() / tcp(dport=53), 56)), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error that quotes IPv4", "cam", icmp6(1, 0, quote(rtsp(), 40)), "icmp-unrelated", after=ASKED())
AH6 = lambda after=17, words=4: bytes([after, words]) + b"\0\0\0\0\0\1\0\0\0\2" + b"i" * (words * 4 - 4)  # noqa: E731
OPTIONS6 = lambda after=17: bytes([after, 0, 1, 4, 0, 0, 0, 0])  # noqa: E731
behind = lambda first, headers, dport=53: IPv6(src=SIG6, dst=CAM6, nh=first) / Raw(headers + bytes(udp(dport)))  # noqa: E731
STEPPED = {"AH": (51, AH6()), "destination options": (60, OPTIONS6()), "hop-by-hop options": (0, OPTIONS6()), "all of them": (0, OPTIONS6(60) + OPTIONS6(51) + AH6()),
           "a first fragment behind options": (60, OPTIONS6(44) + b"\x11\0\0\1\0\0\0\7"), "eight headers": (60, OPTIONS6(60) * 7 + OPTIONS6())}
for what, (first, headers) in STEPPED.items():
    Row(f"an ICMPv6 error that quotes {what}", "cam", icmp6(2, 0, quote(behind(first, headers), 200)), "-> sig", after=ASKED())
    Row(f"an ICMPv6 error that quotes {what} before another port", "cam", icmp6(2, 0, quote(behind(first, headers, 54), 200)), "icmp-unrelated", after=ASKED())
    Row(f"an ICMPv6 error that quotes {what} and not the ports", "cam", icmp6(2, 0, quote(behind(first, headers), 47 + len(headers))), "icmp-unrelated", after=ASKED())
REFUSED = {"a routing header": (43, b"\x11\0\2\0\0\0\0\0"), "an AH that is too short": (51, b"\x11\0" + b"\0" * 6), "nine headers": (60, OPTIONS6(60) * 8 + OPTIONS6()),
           "hop-by-hop options in second place": (60, OPTIONS6(0) + OPTIONS6()), "a later fragment behind options": (60, OPTIONS6(44) + b"\x11\0\0\x09\0\0\0\7"),
           "options that are longer than the quote": (60, b"\x11\x7f" + b"\0" * 6)}
for what, (first, headers) in REFUSED.items():
    Row(f"an ICMPv6 error that quotes {what}", "cam", icmp6(2, 0, quote(behind(first, headers), 200)), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error of which the quote lies behind the packet from every byte on", "cam", short(icmp6(2, 0, quote(dns6(), 56)), 47), "icmp-unrelated",
    after=ASKED() + [Step("cam", short(icmp6(2, 0, quote(dns6(), 56)), n), "icmp-unrelated") for n in range(47)])
Row("an ICMPv6 error of which the quoted extension header lies behind the packet", "cam", short(icmp6(2, 0, quote(behind(51, AH6()), 72)), 60), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error that quotes a fragment", "cam", icmp6(1, 0, quote(ip6() / IPv6ExtHdrFragment(offset=9) / udp(53), 64)), "icmp-unrelated", after=ASKED())
PIECE6 = lambda n=0, dport=53, nh=17: ip6() / IPv6ExtHdrFragment(nh=nh, offset=n, m=1, id=port()) / udp(dport) / (b"e" * 32)  # noqa: E731
PIECED = lambda: [Step("sig", PIECE6(), "-> cam")]  # noqa: E731
for kind in (1, 2, 3, 4):
    Row(f"ICMPv6 type {kind} about the first fragment of a live flow", "cam", icmp6(kind, 0, quote(PIECE6(), 96)), "-> sig", after=PIECED())
Row("an ICMPv6 error about a later fragment of a live flow", "cam", icmp6(2, 0, quote(PIECE6(5), 96)), "icmp-unrelated", after=PIECED())
Row("an ICMPv6 error about a first fragment of another port", "cam", icmp6(2, 0, quote(PIECE6(0, 54), 96)), "icmp-unrelated", after=PIECED())
Row("an ICMPv6 error about a fragment of a fragment", "cam", icmp6(2, 0, quote(ip6() / IPv6ExtHdrFragment(nh=44, m=1, id=port()) / bytes(PIECE6())[40:], 96)),
    "icmp-unrelated", after=PIECED())
Row("an ICMPv6 error about a first fragment, of which the quote is cut at every length", "cam", icmp6(2, 0, quote(PIECE6(), 55)), "icmp-unrelated",
    after=PIECED() + [Step("cam", icmp6(2, 0, quote(PIECE6(), n)), "icmp-unrelated") for n in range(55)])
Row("an ICMPv6 error of which the quote is cut at every length", "cam", icmp6(1, 0, quote(dns6(), 47)), "icmp-unrelated",
    after=ASKED() + [Step("cam", icmp6(1, 0, quote(dns6(), n)), "icmp-unrelated") for n in range(47)])
Row("an ICMPv6 error about an error", "cam", icmp6(1, 0, quote(icmp6(1, 0, quote(dns6(), 56)), 104)), "icmp-unrelated", after=ASKED())
Row("an ICMPv6 error in the gateway's name", "cam", icmp6(3, 0, quote(dns6(), 56), GW_CAM6), "spoof", after=ASKED())

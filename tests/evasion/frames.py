# SPDX-License-Identifier: GPL-2.0-only
"""What rows are written with: the hosts, short builders, and Row.

  cam  10.20.0.5  2001:db8:20::5        sig  10.10.0.5  2001:db8:10::5        the gateway is .1 and ::1 in each, fe80::fe on
  vid  10.30.0.10 (the recorder)        net  203.0.113.9 and all the rest     cam, sig and net, and has one MAC address on all
  cab  10.40.1.2  2001:db8:40:1::2      back 10.40.9.9  2001:db8:40:9::9      the two ends of a wire, of which the gateway is no part

On cam the gateway also holds the virtual address .254 and ::fffe, with the MAC address of a virtual router.

Every row has a port number of its own, port(), so that rows do not meet in the flow table: it moves on with every Row().
"""
import logging
import struct

logging.getLogger("scapy").setLevel(logging.CRITICAL)
from scapy.all import (  # noqa: E402
    AH, ARP, ESP, GRE, ICMP, IP, TCP, UDP, Dot1AD, Dot1Q, Ether, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLReport,
    ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr,
    ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, Packet, Raw)

GW, HOST = "02:00:00:00:00:fe", "02:00:00:00:01:01"
ROUTER, ROUTER_MAC = "10.30.0.20", "02:00:00:00:01:20"  # the other device that may speak in vid
ALL = "ff:ff:ff:ff:ff:ff"
CAM, SIG, NVR, WORLD = "10.20.0.5", "10.10.0.5", "10.30.0.10", "203.0.113.9"
CAM6, SIG6, WORLD6 = "2001:db8:20::5", "2001:db8:10::5", "2001:db8:ff::9"
GW_CAM, GW_SIG, GW_VID, GW_NET = "10.20.0.1", "10.10.0.1", "10.30.0.1", "203.0.113.1"
PLC, CENTRE, PLC6, CENTRE6 = "10.40.1.2", "10.40.9.9", "2001:db8:40:1::2", "2001:db8:40:9::9"
VIRTUAL, VIRTUAL6, VIRTUAL_MAC = "10.20.0.254", "2001:db8:20::fffe", "00:00:5e:00:01:07"
PLC_MAC, FAR_MAC = "02:00:00:00:01:40", "02:00:00:00:09:40"  # at the ends of the wire
GW_CAM6, GW_SIG6, GW_LOCAL = "2001:db8:20::1", "2001:db8:10::1", "fe80::fe"
WIRED = ("cab", "back")
ZONES = ("cam", "sig", "vid", "net") + WIRED
# v-vid as it is, with tags: "trunk". Where the kernel has no VLAN devices, vid is untagged and there is no trunk.
# "door" is the kernel's tc ingress, as if XDP had not been there.
PORTS = ZONES + ("trunk", "door")

_rows = []
_port = [20000]


def port():
    return _port[0]


class Step:
    """A frame at a port and what becomes of it: a reason's name, "-> ZONE", "-> ZONE by the kernel", "-> self", or "copies":
    passed to the kernel's multicast routing, which has no route for it in the lab.

    arrives: None if the kernel may drop the frame on its way after XDP has passed it (options that it does not like, a wrong checksum), False if it
    must, and True that what goes to a zone gets there. answer: what comes back out of the same port."""

    def __init__(self, at, frame, expect, out=None, arrives=True, answer=None):
        assert at in PORTS, at
        self.at, self.expect, self.arrives = at, expect, arrives
        self.frame = wire(frame)
        self.reason, self.to, self.kernel = expect, None, False
        if expect == "copies":
            self.reason, self.kernel = "passed", True
        if expect.startswith("-> "):
            words = expect[3:].split(" ", 1)
            self.reason, self.to = "passed", words[0]
            self.kernel = words[0] == "self" or words[1:] == ["by the kernel"]
            assert self.to in ZONES + ("self",) and (len(words) == 1 or self.kernel), expect
        self.out = wire(out) if out is not None else self.forwarded()
        self.answer = answer is not None
        if self.answer:
            self.out = wire(answer)

    def forwarded(self):
        """The bytes as they leave by XDP: as they came on a wire, else our addresses, no tag, a hop less. None if XDP does not send them."""
        if self.at in WIRED:
            return self.frame
        if self.to in ZONES and not self.kernel:
            return self.routed()
        return None

    @staticmethod
    def length(ether, packet):
        """What the packet says of itself."""
        return struct.unpack("!H", packet[2:4])[0] if ether == b"\x08\x00" else 40 + struct.unpack("!H", packet[4:6])[0]

    def routed(self):
        """The frame behind a router, which cuts off what is behind the packet, but for padding."""
        ether, rest = self.frame[12:14], self.frame[14:]
        if ether == b"\x81\x00":
            ether, rest = rest[2:4], rest[4:]
        rest = bytearray(rest[:max(46, self.length(ether, rest))])
        if ether == b"\x08\x00":
            before = struct.unpack("!H", rest[8:10])[0]
            rest[8] -= 1
            after = struct.unpack("!H", rest[8:10])[0]
            # RFC 1624, equation 3
            total = (~struct.unpack("!H", rest[10:12])[0] & 0xFFFF) + (~before & 0xFFFF) + after
            while total >> 16:
                total = (total & 0xFFFF) + (total >> 16)
            rest[10:12] = struct.pack("!H", ~total & 0xFFFF)
        else:
            rest[7] -= 1
        return mac(HOST) + mac(GW) + ether + bytes(rest)


class Wait:
    """So many seconds pass. Only the rig's clock can be told to."""

    def __init__(self, seconds):
        self.seconds = seconds


class Switch:
    """What an operator does: Switch("cut", ZONE, ZONE), Switch("join", ZONE, ZONE), Switch("quarantine", PREFIX or MAC), Switch("release", the same). A row's end undoes it."""

    def __init__(self, what, *names):
        self.words = " ".join((what, *names))


class Row:
    """One case. after: what happened before, all of it allowed or dropped as it says; then: what must hold afterwards.

    lab: False if only the rig can do it (it waits, or turns a switch, or needs tags where the kernel has no VLAN devices). out, arrives, answer: of this step, see Step.
    buckets: a flow table of so many buckets of eight ways (the rig's)."""

    def __init__(self, name, at, frame, expect, after=(), then=(), out=None, lab=True, arrives=True, buckets=0, answer=None):
        self.name, self.lab, self.buckets = name, lab and not buckets, buckets
        self.steps = list(after) + [Step(at, frame, expect, out, arrives, answer)] + list(then)
        self.judged = len(list(after))
        if any(not isinstance(s, Step) or s.at not in ZONES for s in self.steps):
            self.lab = False
        _port[0] += 1
        _rows.append(self)


def rows():
    return _rows


def wire(frame):
    if isinstance(frame, Packet):
        return bytes(frame if isinstance(frame, (Ether,)) else ether() / frame)
    return bytes(frame)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ether(dst=GW, src=HOST, **k):
    return Ether(dst=dst, src=src, **k)


def raw(ethertype, payload, dst=GW, src=HOST):
    """A frame of bytes: what scapy would put in order stays as it is."""
    return mac(dst) + mac(src) + struct.pack("!H", ethertype) + bytes(payload)


def patch(frame, at, data):
    """The frame with other bytes at this place; negative places count from the end. Checksums stay."""
    b = bytearray(wire(frame))
    at = at if at >= 0 else len(b) + at
    b[at:at + len(data)] = data
    return bytes(b)


def cut(frame, length):
    return wire(frame)[:length]


# ---- packets: allowed ones, unless they are changed

def ip(src=CAM, dst=NVR, **k):
    return IP(src=src, dst=dst, **k)


def ip6(src=SIG6, dst=CAM6, **k):
    return IPv6(src=src, dst=dst, **k)


def tcp(flags="S", seq=100, ack=0, dport=554, **k):
    return TCP(sport=port(), dport=dport, flags=flags, seq=seq, ack=ack, **k)


def udp(dport=9000, **k):
    return UDP(sport=port(), dport=dport, **k)


def rtsp(flags="S", seq=100, ack=0, size=0, **k):
    """From the camera to the recorder, which is allowed. And back."""
    return ip() / tcp(flags, seq, ack, **k) / (b"e" * size)


def rtsp_back(flags="SA", seq=900, ack=101, size=0, src=NVR, dst=CAM, **k):
    return IP(src=src, dst=dst) / TCP(sport=554, dport=port(), flags=flags, seq=seq, ack=ack, **k) / (b"e" * size)


def media(size=8, **k):
    return ip(**k) / udp() / (b"e" * size)


def dns6(size=8, **k):
    return ip6(**k) / udp(53) / (b"e" * size)


def opened(window=8192):
    """A connection from the camera to the recorder: 101 and 901 are next, and each end takes `window` bytes."""
    return [Step("cam", rtsp(window=window), "-> vid"), Step("vid", rtsp_back(window=window), "-> cam"),
            Step("cam", rtsp("A", 101, 901, window=window), "-> vid")]


def alive():
    return [Step("vid", rtsp_back("A", 901, 101), "-> cam"), Step("cam", rtsp("A", 101, 901), "-> vid")]

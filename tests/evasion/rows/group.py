# SPDX-License-Identifier: GPL-2.0-only
"""Multicast across zones (S14). cam's 10.20.0.0/24 may send to 239.20.0.0/16 (udp/5004) into vid and net, and all of cam to 239.30.0.0/16 into vid and to the
gateway. Where a row is denied the lab's kernel has a route that would copy it to every side (239.20.9.9 and so on); where it is not, none."""
from frames import *

GROUP, GROUP6, HEARD, HEARD6 = "239.20.1.1", "ff05::20:1", "239.30.1.1", "ff05::30:1"
ROUTED, UNLISTED, HEARD_ROUTED = "239.20.9.9", "239.21.9.9", "239.30.9.9"


def group_mac(group):
    if ":" in group:
        import ipaddress
        return "33:33:" + ":".join(f"{b:02x}" for b in ipaddress.ip_address(group).packed[-4:])
    a, b, c = (int(x) for x in group.split(".")[1:])
    return f"01:00:5e:{a & 127:02x}:{b:02x}:{c:02x}"


def stream(src=CAM, dst=GROUP, dport=5004, dmac=None, **k):
    layer = ip6 if ":" in dst else ip
    return ether(dmac or group_mac(dst)) / layer(src, dst, **k) / udp(dport) / (b"v" * 16)


# ---- what passes
Row("group: a stream is left to the kernel's multicast routing", "cam", stream(), "copies")
Row("group: its next packet too", "cam", stream(), "copies", after=[Step("cam", stream(), "copies")])
Row("group: over IPv6", "cam", stream(CAM6, GROUP6), "copies")
Row("group: for the gateway too", "cam", stream(dst=HEARD), "copies")
Row("group: a membership report to the group is the gateway's", "cam", ether(group_mac(HEARD)) / ip(CAM, HEARD, ttl=1, proto=2) / Raw(b"\x16\0\x09\x94\xef\x1e\x01\x01"), "-> self")
Row("group: an MLD report from a link-local address is the gateway's", "cam",
    ether(group_mac(HEARD6)) / ip6("fe80::5", HEARD6, hlim=1) / ICMPv6MLReport(mladdr=HEARD6), "-> self")

# ---- from whom
Row("group: from a camera that the line does not name", "cam", stream("10.20.1.5", ROUTED), "no-allow")
Row("group: from a signal", "sig", stream(SIG, ROUTED), "no-allow")
Row("group: from the recorder, which may only hear", "vid", stream(NVR, ROUTED), "no-allow")
Row("group: from the world, which a guard forbids", "net", stream(WORLD, ROUTED), "never")
Row("group: with the camera's address, from the signals", "sig", stream(CAM, ROUTED), "spoof")
Row("group: with the camera's address, from the world", "net", stream(CAM, ROUTED), "spoof")
Row("group: with the tuple of a live stream, from the signals", "sig", stream(), "spoof", after=[Step("cam", stream(), "copies")])
Row("group: with the gateway's address", "cam", stream(GW_CAM, ROUTED), "spoof")
Row("group: from the unspecified address", "cam", stream("0.0.0.0", ROUTED), "no-allow")
Row("group: from a link-local address", "cam", stream("169.254.1.1", ROUTED), "no-allow")
Row("group: from itself", "cam", stream(GROUP, GROUP), "spoof")
Row("group: an answer of the group", "vid", ip(GROUP, CAM) / UDP(sport=5004, dport=port()), "spoof", after=[Step("cam", stream(), "copies")])
Row("group: from a link-local address to what vid and the gateway hear", "cam", stream("169.254.1.1", HEARD), "-> self")

# ---- to what
for what, group in {"another group": UNLISTED, "the group below": "239.19.255.255", "the group above": "239.21.0.0", "a group with the same MAC": "239.148.1.1",
                    "another group with the same MAC": "224.20.1.1", "mDNS beyond its link": "224.0.1.9", "SSM": "232.20.1.1", "the last group": "239.255.255.255"}.items():
    Row(f"group: to {what}", "cam", stream(dst=group), "no-allow")
for what, group in {"its node's scope": "ff01::20:1", "another link scope": "ff12::20:1", "a global scope": "ff0e::20:1", "the reserved scope": "ff00::20:1",
                    "the last scope": "ff0f::20:1", "a transient group": "ff15::20:1", "another group": "ff05::21:1"}.items():
    Row(f"group: IPv6 to {what}", "cam", stream(CAM6, group), "no-allow")
Row("group: to another port", "cam", stream(dport=5005, dst=ROUTED), "no-allow")
Row("group: TCP", "cam", ether(group_mac(ROUTED)) / ip(CAM, ROUTED) / TCP(sport=port(), dport=5004, flags="S"), "no-allow")
Row("group: a ping", "cam", ether(group_mac(ROUTED)) / ip(CAM, ROUTED) / ICMP(id=port()), "no-allow")
Row("group: a membership report where only the stream may pass", "cam", ether(group_mac(ROUTED)) / ip(CAM, ROUTED, ttl=1, proto=2) / Raw(b"\x16\0\0\0\xef\x14\x09\x09"), "no-allow")
Row("group: an error to it", "cam", ether(group_mac(GROUP)) / ip(CAM, GROUP) / ICMP(type=3, code=3) / ip(GROUP, CAM) / UDP(sport=5004, dport=port()), "icmp-unrelated",
    after=[Step("cam", stream(), "copies")])
Row("group: an error about a stream", "vid", ip(NVR, CAM) / ICMP(type=3, code=3) / ip(CAM, GROUP) / UDP(sport=port(), dport=5004), "icmp-unrelated",
    after=[Step("cam", stream(), "copies")])

# ---- in what frame
FRAMES = {"the gateway's own": GW, "broadcast": ALL, "another group's": group_mac("239.20.1.2"), "one with the bit that no group has": "01:00:5e:94:01:01",
          "one of IPv6": "33:33:ef:14:01:01", "a bridge's": "01:80:c2:00:00:00", "somebody else's group prefix": "01:00:5f:14:01:01"}
for what, dmac in FRAMES.items():
    Row(f"group: in a frame to another address, {what}", "cam", stream(dmac=dmac), "l2-address")
    Row(f"group: a live stream in a frame to another address, {what}", "cam", stream(dmac=dmac), "l2-address", after=[Step("cam", stream(), "copies")])
Row("group: IPv6 in a frame of another group", "cam", stream(CAM6, GROUP6, dmac="33:33:00:20:00:02"), "l2-address")
Row("group: IPv6 in a frame of IPv4", "cam", stream(CAM6, GROUP6, dmac="01:00:5e:20:00:01"), "l2-address")
Row("group: a unicast packet in the group's frame", "cam", ether(group_mac(GROUP)) / media(), "l2-address")
Row("group: in a frame to a foreign host", "cam", stream(dmac="02:99:00:00:00:01"), "l2-address")
Row("group: behind a tag", "cam", ether(group_mac(GROUP)) / Dot1Q(vlan=30) / ip(CAM, GROUP) / udp(5004), "no-zone")

# ---- how far
Row("group: a used-up hop limit", "cam", stream(ttl=1), "ttl")
Row("group: no hop limit at all", "cam", stream(ttl=0), "ttl")
Row("group: a used-up hop limit of a live stream", "cam", stream(ttl=1), "ttl", after=[Step("cam", stream(), "copies")])
Row("group: IPv6 with a used-up hop limit", "cam", stream(CAM6, GROUP6, hlim=1), "ttl")
Row("group: a used-up hop limit gets to the gateway, which hears it", "cam", stream(dst=HEARD, ttl=1), "-> self")

# ---- in pieces


def piece(offset, more, data, dst=GROUP):
    return ether(group_mac(dst)) / IP(src=CAM, dst=dst, proto=17, id=port(), frag=offset, flags="MF" if more else 0) / Raw(data)


def first(dst=GROUP, dport=5004):
    return piece(0, True, bytes(udp(dport, len=48)) + b"v" * 24, dst)


Row("group: a later piece without a first", "cam", piece(4, False, b"v" * 16, ROUTED), "fragment")
Row("group: the pieces of a stream", "cam", piece(4, False, b"v" * 16), "copies", after=[Step("cam", first(), "copies")])
Row("group: a piece that overlaps", "cam", piece(2, False, b"v" * 16), "fragment", after=[Step("cam", first(), "copies")])
Row("group: a piece behind a gap", "cam", piece(5, False, b"v" * 16), "fragment", after=[Step("cam", first(), "copies")])
Row("group: a piece of another group", "cam", piece(4, False, b"v" * 16, ROUTED), "fragment", after=[Step("cam", first(), "copies")])
Row("group: a piece behind a denied first", "cam", piece(4, False, b"v" * 16, ROUTED), "fragment", after=[Step("cam", first(ROUTED, 5005), "no-allow")])
Row("group: a piece in another frame", "cam", bytes.fromhex(group_mac("239.20.1.2").replace(":", "")) + wire(piece(4, False, b"v" * 16))[6:], "l2-address",
    after=[Step("cam", first(), "copies")])

# ---- switches
Row("group: one of two zones is cut, and the other goes on", "cam", stream(), "copies", after=[Switch("cut", "cam", "net")])
Row("group: quarantined", "cam", stream(), "quarantined", after=[Step("cam", stream(), "copies"), Switch("quarantine", CAM + "/32")])
Row("group: the group itself quarantined", "cam", stream(), "quarantined", after=[Step("cam", stream(), "copies"), Switch("quarantine", GROUP + "/32")])

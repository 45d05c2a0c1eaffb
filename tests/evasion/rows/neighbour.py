# SPDX-License-Identifier: GPL-2.0-only
"""ARP and neighbour discovery: who claims what."""
from frames import *


def arp(op=1, sender=CAM, target=GW_CAM, dst=ALL, hw=HOST, **k):
    return ether(dst) / ARP(op=op, hwsrc=hw, psrc=sender, pdst=target, **k)


def nd(message, src=CAM6, dst=GW_CAM6, hlim=255, to=GW, **k):
    return ether(to) / IPv6(src=src, dst=dst, hlim=hlim, **k) / message


Row("ARP: a camera asks for the gateway", "cam", arp(), "-> self")
Row("ARP: a camera answers the gateway", "cam", arp(2, dst=GW), "-> self")
Row("ARP: a probe", "cam", arp(sender="0.0.0.0", target="10.20.0.9"), "-> self")
Row("ARP: an announcement of its own", "cam", arp(target=CAM), "-> self")
Row("ARP: a priority tag is no tag", "cam", ether(ALL) / Dot1Q(vlan=0) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM), "-> self")
Row("ARP: with a tag", "cam", ether(ALL) / Dot1Q(vlan=30) / ARP(op=1, hwsrc=HOST, psrc=NVR, pdst=GW_VID), "no-zone")
CLAIMS = {
    "the gateway's address": GW_CAM, "the gateway's address on another side": GW_SIG, "a signal's address": SIG, "the recorder's address": NVR,
    "the world's address": WORLD, "loopback": "127.0.0.1", "a group address": "224.0.0.1", "limited broadcast": "255.255.255.255",
    "240/4": "240.0.0.1", "0/8": "0.0.0.1", "its own directed broadcast": "10.20.255.255",
}
for what, address in CLAIMS.items():
    Row(f"ARP: a request claims {what}", "cam", arp(sender=address), "binding")
    Row(f"ARP: an answer claims {what}", "cam", arp(2, sender=address, dst=GW), "binding")
    Row(f"ARP: an announcement claims {what}", "cam", arp(sender=address, target=address), "binding")
Row("ARP: an answer that nobody asked for claims the gateway's address, to all", "cam", arp(2, sender=GW_CAM, target=GW_CAM, hwdst=ALL), "binding")
Row("ARP: an answer from nobody", "cam", arp(2, sender="0.0.0.0", dst=GW), "binding")
Row("ARP: the world claims a camera's address", "net", arp(sender=CAM, target=GW_NET), "binding")
Row("ARP: the world claims the gateway's address towards the cameras", "net", arp(2, sender=GW_CAM, target=GW_NET), "binding")
for what, address in {"the signals' side": GW_SIG, "the recorders' side": GW_VID, "the world's side": GW_NET}.items():
    Row(f"ARP: asks for the gateway on {what}", "cam", arp(target=address), "no-allow")
for op in (0, 3, 4, 8, 9, 25, 256, 65535):
    Row(f"ARP: operation {op}", "cam", arp(op), "malformed")
for what, k in {"hardware type 0": dict(hwtype=0), "hardware type 6": dict(hwtype=6), "protocol IPv6": dict(ptype=0x86DD), "protocol 0": dict(ptype=0),
                "hardware addresses of 8": dict(hwlen=8), "hardware addresses of 0": dict(hwlen=0), "protocol addresses of 16": dict(plen=16),
                "protocol addresses of 0": dict(plen=0)}.items():
    Row(f"ARP: {what}", "cam", arp(**k), "malformed")
Row("RARP", "cam", ether(ALL, type=0x8035) / ARP(op=3, hwsrc=HOST, psrc="0.0.0.0", pdst="0.0.0.0"), "l2-protocol")

# ---- neighbour discovery
SOLICITED = "ff02::1:ff00:1"
Row("ND: a camera asks for the gateway", "cam", nd(ICMPv6ND_NS(tgt=GW_CAM6), dst=SOLICITED, to="33:33:ff:00:00:01"), "-> self")
Row("ND: a camera asks for the gateway, by link-local", "cam", nd(ICMPv6ND_NS(tgt=GW_LOCAL), "fe80::5", GW_LOCAL), "-> self")
Row("ND: a camera answers", "cam", nd(ICMPv6ND_NA(tgt=CAM6)), "-> self")
Row("ND: duplicate address detection", "cam", nd(ICMPv6ND_NS(tgt=CAM6), "::", "ff02::1:ff00:5", to="33:33:ff:00:00:05"), "-> self")
Row("ND: a router is asked for", "cam", nd(ICMPv6ND_RS(), "fe80::5", "ff02::2", to="33:33:00:00:00:02"), "-> self")
for what, address in {
        "the gateway's address": GW_CAM6, "the gateway's link-local address": GW_LOCAL, "the gateway's address on another side": GW_SIG6,
        "a signal's address": SIG6, "the world's address": WORLD6, "loopback": "::1", "the unspecified address": "::", "a group": "ff02::1",
        "a mapped address": "::ffff:10.20.0.5"}.items():
    Row(f"ND: an advertisement claims {what}", "cam", nd(ICMPv6ND_NA(tgt=address)), "binding")
    Row(f"ND: duplicate address detection claims {what}", "cam", nd(ICMPv6ND_NS(tgt=address), "::", "ff02::1:ff00:1", to="33:33:ff:00:00:01"), "binding")
    Row(f"ND: an advertisement to all claims {what}", "cam", nd(ICMPv6ND_NA(tgt=address, O=1, S=0), dst="ff02::1", to="33:33:00:00:00:01"), "binding")
for hlim in (0, 1, 64, 254):
    for what, message in (("a solicitation", ICMPv6ND_NS(tgt=GW_CAM6)), ("an advertisement", ICMPv6ND_NA(tgt=CAM6)), ("a router solicitation", ICMPv6ND_RS())):
        Row(f"ND: {what} of hop limit {hlim} came from elsewhere", "cam", nd(message, hlim=hlim), "malformed")
for what, message in (("a solicitation", ICMPv6ND_NS(tgt=GW_CAM6)), ("an advertisement", ICMPv6ND_NA(tgt=CAM6))):
    Row(f"ND: {what} whose target lies behind the packet from every byte on", "cam", nd(message, plen=23), "malformed",
        after=[Step("cam", nd(message, plen=n), "malformed") for n in range(8, 23)])
Row("ND: an advertisement from a signal's address", "cam", nd(ICMPv6ND_NA(tgt=SIG6), SIG6), "spoof")
Row("ND: an advertisement from the gateway's address", "cam", nd(ICMPv6ND_NA(tgt=GW_CAM6), GW_CAM6), "spoof")
Row("ND: an advertisement from the gateway's link-local address", "cam", nd(ICMPv6ND_NA(tgt=GW_LOCAL), GW_LOCAL), "spoof")
Row("ND: a solicitation from loopback", "cam", nd(ICMPv6ND_NS(tgt=GW_CAM6), "::1"), "spoof")
Row("ND: a solicitation from a group", "cam", nd(ICMPv6ND_NS(tgt=GW_CAM6), "ff02::1"), "spoof")
Row("ND: a solicitation through the gateway", "cam", nd(ICMPv6ND_NS(tgt=SIG6), dst=SIG6), "scope")
Row("ND: an advertisement through the gateway", "cam", nd(ICMPv6ND_NA(tgt=CAM6), dst=SIG6), "scope")
Row("ND: a router solicitation through the gateway", "sig", nd(ICMPv6ND_RS(), SIG6, CAM6), "scope")
Row("ND: a router advertisement to all", "cam", nd(ICMPv6ND_RA(), "fe80::5", "ff02::1", to="33:33:00:00:00:01"), "no-allow")
Row("ND: a router advertisement to the gateway", "cam", nd(ICMPv6ND_RA(), "fe80::5", GW_LOCAL), "no-allow")
Row("ND: a router advertisement through the gateway", "sig", nd(ICMPv6ND_RA(), SIG6, CAM6), "no-allow")
Row("ND: a redirect to the gateway", "cam", nd(ICMPv6ND_Redirect(tgt="fe80::5", dst=SIG6), "fe80::5", GW_CAM6), "no-allow")
Row("ND: a redirect to all", "cam", nd(ICMPv6ND_Redirect(tgt="fe80::5", dst=SIG6), "fe80::5", "ff02::1", to="33:33:00:00:00:01"), "no-allow")
Row("ND: a redirect in the gateway's name", "cam", nd(ICMPv6ND_Redirect(tgt="fe80::5", dst=SIG6), GW_LOCAL, "ff02::1", to="33:33:00:00:00:01"), "spoof")
Row("ND: a redirect through the gateway", "sig", nd(ICMPv6ND_Redirect(tgt="fe80::5", dst=CAM6), SIG6, CAM6), "no-allow")
for what, first, header in (("hop-by-hop options", 0, b"\x3a\0\1\4\0\0\0\0"), ("destination options", 60, b"\x3a\0\1\4\0\0\0\0")):
    for name, message in (("a solicitation", ICMPv6ND_NS(tgt=GW_CAM6)), ("an advertisement", ICMPv6ND_NA(tgt=GW_CAM6)),
                          ("a router solicitation", ICMPv6ND_RS())):
        inner = bytes(IPv6(src=CAM6, dst=GW_CAM6) / message)[40:]
        Row(f"ND: {name} behind {what}", "cam", nd(Raw(header + inner), nh=first), "malformed")
Row("ND: a multicast listener report", "cam", nd(Raw(b"\x8f\0\0\0\0\0\0\0"), "fe80::5", "ff02::16", 1, "33:33:00:00:00:16", nh=58), "no-allow")
Row("ND: a multicast listener query", "cam", nd(Raw(b"\x82\0\0\0" + b"\0" * 24), "fe80::5", "ff02::1", 1, "33:33:00:00:00:01", nh=58), "no-allow")
REPORT = b"\x8f\0\0\0\0\0\0\1\4\0\0\0" + bytes.fromhex("ff020000000000000000000000000123")
Row("ND: a multicast listener report behind router alert", "cam",
    nd(Raw(b"\x3a\0\5\2\0\0\1\0" + REPORT), "fe80::5", "ff02::16", 1, "33:33:00:00:00:16", nh=0), "no-allow")
Row("IGMP: a membership report", "cam", ether("01:00:5e:00:00:16") / IP(src=CAM, dst="224.0.0.22", ttl=1, proto=2) / Raw(b"\x22\0\0\0\0\0\0\0"), "no-allow")
Row("IGMP: a query", "cam", ether("01:00:5e:00:00:01") / IP(src=CAM, dst="224.0.0.1", ttl=1, proto=2) / Raw(b"\x11\0\0\0\0\0\0\0"), "no-allow")
Row("VRRP in the gateway's name", "cam", ether("01:00:5e:00:00:12") / IP(src=GW_CAM, dst="224.0.0.18", ttl=255, proto=112) / Raw(b"\x31" + b"\0" * 15), "spoof")
Row("VRRP of a camera", "cam", ether("01:00:5e:00:00:12") / IP(src=CAM, dst="224.0.0.18", ttl=255, proto=112) / Raw(b"\x31" + b"\0" * 15), "no-allow")
Row("OSPF of a camera", "cam", ether("01:00:5e:00:00:05") / IP(src=CAM, dst="224.0.0.5", ttl=1, proto=89) / Raw(b"\2\1" + b"\0" * 42), "no-allow")

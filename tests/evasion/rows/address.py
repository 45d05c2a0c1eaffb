# SPDX-License-Identifier: GPL-2.0-only
"""Who a packet says it is from and to."""
from frames import *

Row("a media packet passes", "cam", media(), "-> vid")
Row("a DNS query over IPv6 passes", "sig", dns6(), "-> cam")
Row("the world reaches what it may", "net", ip(WORLD) / tcp(dport=443), "-> vid")
Row("an address of nobody else comes from the zone with network any", "net", ip("8.8.8.8") / tcp(dport=443), "-> vid")

FORGED4 = {
    "another zone's host": SIG, "the receiver's own address": NVR, "a neighbour of the receiver": "10.30.0.11", "the world's": "8.8.8.8",
    "a neighbour of the gateway on the world's side": WORLD, "a documentation address": "192.0.2.1", "a shared address": "100.64.0.1",
    "the gateway's address": GW_CAM, "the gateway's address on another side": GW_SIG, "the gateway's address towards the receiver": GW_VID,
    "the gateway's address towards the world": GW_NET, "its own directed broadcast": "10.20.255.255",
    "another directed broadcast": "10.10.255.255", "loopback": "127.0.0.1", "the end of loopback": "127.255.255.255", "0/8": "0.1.2.3",
    "the gateway's role": "0.0.4.2", "another role": "0.0.2.3", "all systems": "224.0.0.1", "a multicast group": "239.255.255.255",
    "240/4": "240.0.0.1", "the last of 240/4": "255.255.255.254", "limited broadcast": "255.255.255.255",
}
for what, source in FORGED4.items():
    Row(f"from {what}", "cam", ip(source) / udp(), "spoof")
    Row(f"from {what} to the gateway", "cam", ip(source, GW_CAM) / udp(123), "spoof")
for what in ("the receiver's own address", "a neighbour of the receiver", "the gateway's address", "the gateway's address on another side",
             "the gateway's address towards the receiver", "the gateway's address towards the world", "loopback", "0/8", "all systems", "240/4",
             "limited broadcast"):
    Row(f"from the world, as {what}", "net", ip(FORGED4[what]) / tcp(dport=443), "spoof")
Row("from the world, as a camera", "net", ip(CAM) / tcp(dport=443), "spoof")
Row("from the world, as a signal", "net", ip(SIG) / tcp(dport=443), "spoof")

FORGED6 = {
    "loopback": "::1", "a mapped address of its own": "::ffff:10.10.0.5", "a mapped address of the gateway": "::ffff:10.20.0.1",
    "a compatible address": "::10.10.0.5", "the gateway's role": "::402", "the last of ::/64": "::ffff:ffff:ffff:ffff", "NAT64": "64:ff9b::a0a:5", "all nodes": "ff02::1",
    "a site's group": "ff05::2", "a global group": "ff0e::1", "a site-local address": "fec0::1", "a unique local address": "fd00::1",
    "the receiver's own address": CAM6, "a neighbour of the receiver": "2001:db8:20::6", "the gateway's address": GW_SIG6,
    "the gateway's address towards the receiver": GW_CAM6, "its link-local address of the gateway": GW_LOCAL, "6to4 of its own": "2002:a0a:5::1",
    "Teredo": "2001::1", "the discard prefix": "100::1", "the world's": WORLD6, "documentation": "2001:db8:99::1",
    "the first address below its network": "2001:db8:f:ffff:ffff:ffff:ffff:ffff", "the first address above its network": "2001:db8:11::",
}
for what, source in FORGED6.items():
    Row(f"IPv6 from {what}", "sig", ip6(source) / udp(53), "spoof")

for what, source in {"a link-local address": "169.254.1.1", "the unspecified address": "0.0.0.0"}.items():
    Row(f"to route, from {what}", "cam", ip(source) / udp(), "scope")
for what, source in {"a link-local address": "fe80::5", "the unspecified address": "::"}.items():
    Row(f"IPv6 to route, from {what}", "sig", ip6(source) / udp(53), "scope")
Row("from a link-local address, to an address of nobody's", "cam", ip6("fe80::5", "2001:db8:99::1") / udp(443), "scope")
Row("from a link-local address to the gateway's", "cam", ip6("fe80::5", GW_LOCAL) / udp(123), "-> self")
Row("from a link-local address to the gateway's, from the wrong zone", "sig", ip6("fe80::5", GW_LOCAL) / udp(123), "no-allow")
Row("a DHCP request from nowhere", "cam", ether(ALL) / ip("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67), "-> self")
Row("a DHCP request from nowhere, from a zone that may not", "sig", ether(ALL) / ip("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67),
    "no-allow")
Row("from nowhere, to another port", "cam", ether(ALL) / ip("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=69), "no-allow")
Row("from nowhere, from another port", "cam", ether(ALL) / ip("0.0.0.0", "255.255.255.255") / UDP(sport=69, dport=67), "no-allow")

# The cameras may ask the gateway for the time; link-local groups and broadcast are the gateway too (S20).
TO4 = {
    "loopback": ("127.0.0.1", "no-zone"), "the unspecified address": ("0.0.0.0", "no-zone"), "0/8": ("0.1.2.3", "no-zone"),
    "a role": ("0.0.1.0", "no-zone"), "240/4": ("240.0.0.1", "no-zone"), "the last of 240/4": ("255.255.255.254", "no-zone"),
    "a link-local address": ("169.254.1.1", "scope"), "another zone's directed broadcast": ("10.10.255.255", "scope"),
    "the recorders' directed broadcast": ("10.30.0.63", "scope"), "the world's directed broadcast": ("203.0.113.255", "scope"),
    "its own directed broadcast": ("10.20.255.255", "-> self"), "limited broadcast": ("255.255.255.255", "-> self"),
    "all systems": ("224.0.0.1", "-> self"), "mDNS": ("224.0.0.251", "-> self"), "SSDP": ("239.255.255.250", "no-allow"),
    "a global group": ("232.1.1.1", "no-allow"), "a signal": (SIG, "never"), "another camera": ("10.20.0.6", "no-allow"), "itself": (CAM, "spoof"),
    "the gateway, on the signals' side": (GW_SIG, "no-allow"), "the gateway, on the recorders' side": (GW_VID, "no-allow"),
    "the gateway, on the world's side": (GW_NET, "no-allow"), "another host than the recorder": ("10.30.0.11", "no-allow"),
}
for what, (to, reason) in TO4.items():
    Row(f"to {what}", "cam", ip(CAM, to) / udp(123), reason)
    Row(f"to {what}, TCP", "cam", ip(CAM, to) / tcp(dport=554), "no-allow" if reason == "-> self" else reason)
TO6 = {
    "loopback": ("::1", "no-zone"), "the unspecified address": ("::", "no-zone"), "a mapped address of the recorder": ("::ffff:10.30.0.10", "no-zone"),
    "a compatible address of the recorder": ("::10.30.0.10", "no-zone"), "NAT64 of the recorder": ("64:ff9b::a1e:a", "no-allow"),
    "the last of ::/64": ("::ffff:ffff:ffff:ffff", "no-zone"),
    "a role": ("::100", "no-zone"), "another link-local address": ("fe80::77", "scope"), "its interface's nodes": ("ff01::1", "no-allow"),
    "all nodes": ("ff02::1", "-> self"), "all routers": ("ff02::2", "-> self"), "a site's routers": ("ff05::2", "no-allow"),
    "a global group": ("ff0e::1", "no-allow"), "a reserved group": ("ff00::1", "no-allow"), "a signal": (SIG6, "never"),
    "another camera": ("2001:db8:20::6", "no-allow"), "the gateway, on the signals' side": (GW_SIG6, "no-allow"),
}
for what, (to, reason) in TO6.items():
    Row(f"IPv6 to {what}", "cam", ip6(CAM6, to) / udp(123), reason)

# ---- LAND: a packet from its own destination
Row("LAND: the recorder to itself, from the cameras", "cam", ip(NVR, NVR) / TCP(sport=554, dport=554), "spoof")
Row("LAND: the recorder to itself, from its own side", "vid", ip(NVR, NVR) / TCP(sport=554, dport=554), "spoof")
Row("LAND: a camera to itself", "cam", ip(CAM, CAM) / TCP(sport=554, dport=554), "spoof")
Row("LAND: the gateway to itself", "cam", ip(GW_CAM, GW_CAM) / UDP(sport=123, dport=123), "spoof")
Row("LAND: the gateway to itself, from the world", "net", ip(GW_NET, GW_NET) / UDP(sport=123, dport=123), "spoof")
Row("LAND: IPv6, the receiver to itself", "sig", ip6(CAM6, CAM6) / UDP(sport=53, dport=53), "spoof")
Row("LAND: IPv6, a signal to itself", "sig", ip6(SIG6, SIG6) / UDP(sport=53, dport=53), "spoof")
Row("LAND: loopback to loopback", "cam", ip("127.0.0.1", "127.0.0.1") / UDP(sport=123, dport=123), "spoof")

# ---- what is allowed is allowed for that only
for what, frame, reason in (
        ("another port", rtsp(dport=555), "no-allow"), ("ssh", rtsp(dport=22), "no-allow"), ("port 0", rtsp(dport=0), "no-allow"),
        ("the port of UDP by TCP", rtsp(dport=9000), "no-allow"), ("the port of TCP by UDP", ip() / udp(554), "no-allow"),
        ("one below the range", ip() / udp(8999), "no-allow"), ("one above the range", ip() / udp(9101), "no-allow"),
        ("its own port turned round", ip() / TCP(sport=554, dport=port(), flags="S"), "no-allow"),
        ("the last of the range", ip() / udp(9100), "-> vid")):
    Row(f"a camera to the recorder: {what}", "cam", frame, reason)
Row("the recorder's answer without a question", "vid", rtsp_back(), "no-allow")
Row("the world to the gateway", "net", ip(WORLD, GW_NET) / udp(123), "no-allow")
Row("the recorder to the gateway", "vid", ip(NVR, GW_VID) / udp(123), "no-allow")

# ---- lines that are shut
Row("a line whose until has passed", "cam", ip(CAM, WORLD) / tcp(dport=8443), "expired")
Row("a line whose until has passed, without a connection", "cam", ip(CAM, WORLD) / tcp("A", dport=8443), "expired")
Row("a line whose window was long ago", "cam", ip(CAM, WORLD) / tcp(dport=8444), "window-closed")
Row("a line whose access nobody has opened", "cam", ip(CAM, WORLD) / tcp(dport=8445), "window-closed")

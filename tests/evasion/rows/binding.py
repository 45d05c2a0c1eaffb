# SPDX-License-Identifier: GPL-2.0-only
"""Who may speak in a zone with binding strict (S45): vid, where the recorder 10.30.0.10 and a router 10.30.0.20 are declared with their MAC addresses."""
from frames import *

FOREIGN = "02:00:00:00:09:09"


def said(packet, src=FOREIGN, dst=GW):
    return ether(dst, src) / packet


def web():
    return ip(NVR, CAM) / tcp(dport=80)


Row("binding: the recorder with its MAC", "vid", web(), "-> cam")
Row("binding: the router with its MAC, which nothing allows", "vid", said(ip(ROUTER, CAM) / tcp(dport=80), ROUTER_MAC), "no-allow")
for what, src in {"a foreign MAC": FOREIGN, "the router's MAC": ROUTER_MAC, "the gateway's MAC": GW, "a MAC of zeros": "00:00:00:00:00:00",
                  "its MAC but for one bit": "02:00:00:00:01:00"}.items():
    Row(f"binding: the recorder's address with {what}", "vid", said(web(), src), "binding")
    Row(f"binding: the recorder's address with {what}, to the gateway", "vid", said(ip(NVR, GW_VID) / udp(123), src), "binding")
    Row(f"binding: the recorder's segment with {what}", "vid", said(rtsp_back("PA", 901, 101, 5), src), "binding", after=opened(), then=alive())
    Row(f"binding: the recorder's reset with {what}", "vid", said(rtsp_back("R", 901, 0), src), "binding", after=opened(), then=alive())
for what, address in {"the router's address": ROUTER, "an address that nobody has": "10.30.0.11", "the network's address": "10.30.0.0"}.items():
    Row(f"binding: the recorder's MAC with {what}", "vid", ip(address, CAM) / tcp(dport=80), "binding")
Row("binding: an unknown MAC with an unknown address", "vid", said(ip("10.30.0.33", CAM) / tcp(dport=80)), "binding")
for what, frame, reason in (
        ("a denied port", lambda: said(ip(NVR, CAM) / tcp(dport=81)), "binding"), ("what is not for the gateway's MAC", lambda: said(web(), dst="02:99:00:00:00:01"),
                                                                                 "l2-address"),
        ("a cut header", lambda: cut(said(web()), 50), "malformed"), ("a spoofed source", lambda: said(ip(SIG, CAM) / tcp(dport=80)), "spoof"),
        ("the gateway's address", lambda: said(ip(GW_VID, CAM) / tcp(dport=80)), "spoof"), ("loopback", lambda: said(ip("127.0.0.1", CAM) / tcp(dport=80)), "spoof"),
        ("another ethertype", lambda: raw(0x88CC, b"\0" * 46, src=FOREIGN), "l2-protocol"), ("options", lambda: said(IP(src=NVR, dst=CAM, options=b"\1\1\1\1") /
                                                                                                                  tcp(dport=80)), "binding"),
        ("ping", lambda: said(ip(NVR, CAM) / ICMP(id=port())), "binding"), ("hop limit 1", lambda: said(ip(NVR, CAM, ttl=1) / tcp(dport=80)), "binding"),
        ("an error about no flow", lambda: said(ip(NVR, CAM) / ICMP(type=3) / rtsp()), "binding"),
        ("a first fragment", lambda: said(ip(NVR, CAM, flags="MF", id=port()) / udp(80, len=40) / (b"e" * 16)), "binding"),
        ("a link-local source", lambda: said(ip("169.254.7.7", GW_VID) / udp(123)), "binding"), ("nobody", lambda: said(ip("0.0.0.0", "255.255.255.255") /
                                                                                                                     UDP(sport=68, dport=67), dst=ALL), "binding")):
    Row(f"binding: a foreign MAC and {what}", "vid", frame(), reason)
Row("binding: an error about a live flow with a foreign MAC", "vid", said(ip(NVR, CAM) / ICMP(type=3, code=1) / ip() / TCP(sport=port(), dport=554, seq=100)), "binding",
    after=[Step("cam", rtsp(), "-> vid")])
Row("binding: the rest of a fragmented packet with a foreign MAC", "vid", said(ip(NVR, CAM, proto=1, frag=2, id=port()) / Raw(b"e" * 16)), "binding",
    after=[Step("vid", ip(NVR, CAM, proto=1, flags="MF", id=port()) / Raw(b"\x08\0\0\0" + struct.pack("!HH", port(), 1) + b"e" * 8), "-> cam")],
    then=[Step("vid", ip(NVR, CAM, proto=1, frag=2, id=port()) / Raw(b"e" * 16), "-> cam")])


def arp(op=1, sender=NVR, hw=HOST, src=HOST, target=GW_VID, dst=ALL, **k):
    return ether(dst, src) / ARP(op=op, hwsrc=hw, psrc=sender, pdst=target, **k)


Row("binding: ARP of the recorder", "vid", arp(), "-> self")
Row("binding: ARP of the router", "vid", arp(sender=ROUTER, hw=ROUTER_MAC, src=ROUTER_MAC), "-> self")
for op, what in ((1, "a request"), (2, "an answer")):
    Row(f"binding: ARP, {what} from a foreign MAC for the recorder's address", "vid", arp(op, hw=FOREIGN, src=FOREIGN), "binding")
    Row(f"binding: ARP, {what} in a frame of the recorder's that names a foreign MAC", "vid", arp(op, hw=FOREIGN), "binding")
    Row(f"binding: ARP, {what} in a foreign frame that names the recorder's MAC", "vid", arp(op, src=FOREIGN), "binding")
    Row(f"binding: ARP, {what} of the recorder for the router's address", "vid", arp(op, sender=ROUTER), "binding")
    Row(f"binding: ARP, {what} of the recorder for an address that nobody has", "vid", arp(op, sender="10.30.0.11"), "binding")
    Row(f"binding: ARP, {what} of the recorder for the gateway's address", "vid", arp(op, sender=GW_VID), "binding")
    Row(f"binding: ARP, {what} of nobody who is known", "vid", arp(op, sender="10.30.0.33", hw=FOREIGN, src=FOREIGN), "binding")
Row("binding: an ARP probe of a foreign MAC", "vid", arp(sender="0.0.0.0", hw=FOREIGN, src=FOREIGN, target=NVR), "binding")
Row("binding: an ARP announcement of the router's address by the recorder", "vid", arp(sender=ROUTER, target=ROUTER), "binding")

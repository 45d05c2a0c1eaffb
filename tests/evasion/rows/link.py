# SPDX-License-Identifier: GPL-2.0-only
"""Below IP: tags, ethertypes, MAC addresses."""
from frames import *

INSIDE = bytes(ip() / TCP(sport=9, dport=554, flags="S"))  # would be allowed

Row("an allowed SYN passes", "cam", rtsp(), "-> vid")
Row("an allowed SYN passes from a trunk's own VLAN", "trunk", ether() / Dot1Q(vlan=30) / ip(NVR, CAM) / tcp(dport=80), "-> cam")

# ---- tags where none belong
for vid in (1, 20, 30, 110, 4094, 4095):
    Row(f"tag {vid} on an untagged port", "cam", ether() / Dot1Q(vlan=vid) / rtsp(), "no-zone")
    Row(f"tag {vid} on an untagged port, with an address of the zone of VLAN 30", "cam",
        ether() / Dot1Q(vlan=vid) / ip(NVR, CAM) / tcp(dport=80), "no-zone")
for prio in range(8):
    Row(f"a priority tag, priority {prio}, is no tag", "cam", ether() / Dot1Q(vlan=0, prio=prio) / rtsp(), "-> vid")
Row("a priority tag does not open what is denied", "cam", ether() / Dot1Q(vlan=0, prio=7) / rtsp(dport=23), "no-allow")
Row("a priority tag does not hide a spoofed source", "cam", ether() / Dot1Q(vlan=0) / ip(SIG) / tcp(), "spoof")
Row("a priority tag does not hide an ethertype", "cam", ether() / Dot1Q(vlan=0, type=0x8847) / Raw(INSIDE), "l2-protocol")
Row("a priority tag does not hide a foreign MAC", "cam", ether("02:99:00:00:00:01") / Dot1Q(vlan=0) / rtsp(), "l2-address")
for outer, inner in ((0, 0), (0, 30), (20, 30), (30, 30), (30, 20), (30, 0), (4095, 4095)):
    Row(f"two tags, {outer} and {inner}, on an untagged port", "cam", ether() / Dot1Q(vlan=outer) / Dot1Q(vlan=inner) / rtsp(), "no-zone")
    Row(f"two tags, {outer} and {inner}, on a trunk", "trunk",
        ether() / Dot1Q(vlan=outer) / Dot1Q(vlan=inner) / ip(NVR, CAM) / tcp(dport=80), "no-zone")
Row("three tags", "cam", ether() / Dot1Q(vlan=0) / Dot1Q(vlan=0) / Dot1Q(vlan=0) / rtsp(), "no-zone")
Row("QinQ without an inner tag", "cam", ether() / Dot1AD(vlan=30) / rtsp(), "no-zone")
Row("QinQ with VID 0", "cam", ether() / Dot1AD(vlan=0) / rtsp(), "no-zone")
Row("QinQ with an inner tag", "cam", ether() / Dot1AD(vlan=20) / Dot1Q(vlan=30) / rtsp(), "no-zone")
Row("QinQ behind a priority tag", "cam", ether() / Dot1Q(vlan=0) / Dot1AD(vlan=30) / rtsp(), "no-zone")
Row("QinQ on a trunk", "trunk", ether() / Dot1AD(vlan=30) / ip(NVR, CAM) / tcp(dport=80), "no-zone")
Row("QinQ inside of a trunk's own VLAN", "trunk", ether() / Dot1Q(vlan=30) / Dot1AD(vlan=30) / ip(NVR, CAM) / tcp(dport=80), "no-zone")
Row("untagged on a trunk", "trunk", ip(NVR, CAM) / tcp(dport=80), "no-zone")
for vid in (0, 1, 20, 29, 31, 4094, 4095):
    Row(f"tag {vid} on a trunk for VLAN 30", "trunk", ether() / Dot1Q(vlan=vid) / ip(NVR, CAM) / tcp(dport=80), "no-zone")
for size in range(4):
    Row(f"a tag of {size} bytes", "cam", raw(0x8100, b"\0" * size), "malformed")
Row("a tag and nothing behind it", "cam", raw(0x8100, b"\0\0\x08\0"), "malformed")

# ---- ethertypes, each around an allowed packet
NAMES = {
    0x0000: "length 0", 0x0001: "length 1", 0x0026: "LLC", 0x05DC: "the largest length", 0x05FF: "no length and no type",
    0x0600: "XNS", 0x0801: "X.75", 0x0805: "X.25", 0x0842: "Wake-on-LAN", 0x22F0: "AVTP", 0x6003: "DECnet", 0x8035: "RARP", 0x809B: "AppleTalk",
    0x8137: "IPX", 0x86DC: "one below IPv6", 0x86DE: "one above IPv6", 0x8808: "flow control", 0x8809: "LACP", 0x8847: "MPLS",
    0x8848: "MPLS multicast", 0x8863: "PPPoE discovery", 0x8864: "PPPoE session", 0x887B: "HomePlug", 0x888E: "EAPOL", 0x8892: "PROFINET",
    0x88A2: "ATA over Ethernet", 0x88A4: "EtherCAT", 0x88B8: "GOOSE", 0x88BA: "sampled values", 0x88CC: "LLDP", 0x88E1: "HomePlug AV",
    0x88E5: "MACsec", 0x88F7: "PTP", 0x8902: "CFM", 0x8906: "FCoE", 0x8915: "RoCE", 0x892F: "HSR", 0x9000: "loopback test", 0x9100: "old QinQ",
    0x9200: "older QinQ", 0x9300: "oldest QinQ", 0xCAFE: "nobody's", 0xFFFF: "reserved",
}
for number, what in NAMES.items():
    Row(f"ethertype {number:04x}, {what}", "cam", raw(number, INSIDE), "l2-protocol")
Row("IP in LLC and SNAP", "cam", raw(len(INSIDE) + 8, b"\xaa\xaa\x03\0\0\0\x08\0" + INSIDE), "l2-protocol")
Row("IP in LLC without SNAP", "cam", raw(len(INSIDE) + 3, b"\x06\x06\x03" + INSIDE), "l2-protocol")
Row("a spanning tree BPDU", "cam", raw(38, b"\x42\x42\x03" + b"\0" * 35, "01:80:c2:00:00:00"), "l2-protocol")
Row("LLDP to its group address", "cam", raw(0x88CC, b"\x02\x07\x04" + b"\0" * 40, "01:80:c2:00:00:0e"), "l2-protocol")
Row("EAPOL to its group address", "cam", raw(0x888E, b"\x01\x01\0\0" + b"\0" * 42, "01:80:c2:00:00:03"), "l2-protocol")
Row("MPLS with one label over IP", "cam", raw(0x8847, b"\0\x01\x01\x40" + INSIDE), "l2-protocol")
Row("PPPoE session over IP", "cam", raw(0x8864, b"\x11\0\0\x01\0\x2a\0\x21" + INSIDE), "l2-protocol")
Row("an Ethernet header and nothing else", "cam", raw(0x0800, b""), "malformed")
Row("an Ethernet header for IPv6 and nothing else", "cam", raw(0x86DD, b""), "malformed")
Row("an Ethernet header for ARP and nothing else", "cam", raw(0x0806, b""), "malformed")

# ---- MAC addresses
for what, to in {"a foreign MAC": "02:99:00:00:00:01", "the MAC of one bit less": "02:00:00:00:00:fc", "a MAC of zeros": "00:00:00:00:00:00",
                 "the receiver's own MAC": HOST, "broadcast": ALL, "an IPv4 group MAC": "01:00:5e:00:00:01",
                 "an IPv6 group MAC": "33:33:00:00:00:01", "a bridge group MAC": "01:80:c2:00:00:00"}.items():
    Row(f"a packet to route, sent to {what}", "cam", ether(to) / rtsp(), "l2-address")
    Row(f"an IPv6 packet to route, sent to {what}", "sig", ether(to) / dns6(), "l2-address")
    Row(f"a packet for the gateway, sent to {what}", "cam", ether(to) / ip(CAM, GW_CAM) / udp(123), "l2-address")
Row("a denied packet sent to a foreign MAC", "cam", ether("02:99:00:00:00:01") / rtsp(dport=23), "l2-address")
Row("a spoofed packet sent to a foreign MAC", "cam", ether("02:99:00:00:00:01") / ip(SIG) / tcp(), "l2-address")
Row("a group address at the gateway's own MAC", "cam", ip(CAM, "239.1.2.3") / udp(123), "no-allow")
Row("a packet from the broadcast MAC", "cam", ether(src=ALL) / rtsp(), "malformed")
Row("a packet from a group MAC", "cam", ether(src="01:00:5e:00:00:01") / rtsp(), "malformed")
Row("an IPv6 packet from a group MAC", "sig", ether(src="33:33:00:00:00:01") / dns6(), "malformed")
Row("ARP from a group MAC", "cam", ether(ALL, "03:00:00:00:00:01") / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM), "malformed")

# ---- what XDP has not passed, or not seen
for what, frame in {"an allowed SYN": rtsp(), "an allowed media packet": media(), "ARP": ether(ALL) / ARP(op=1, hwsrc=HOST, psrc=CAM, pdst=GW_CAM),
                    "an allowed SYN with a tag": ether() / Dot1Q(vlan=30) / rtsp(), "LLDP": raw(0x88CC, b"\x02\x07\x04" + b"\0" * 40),
                    "IPv6": dns6(), "a request to the gateway": ip(CAM, GW_CAM) / udp(123),
                    "neighbour discovery": IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6)}.items():
    Row(f"at the kernel's door without XDP: {what}", "door", frame, "undecided")

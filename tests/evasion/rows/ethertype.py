# SPDX-License-Identifier: GPL-2.0-only
"""What is neither IP nor ARP (S62). sig lists LLDP and PROFINET, so they reach the gateway there; cab and back both list PROFINET and GOOSE, so these
cross the wire; LLDP is listed by cab alone and PTP by back alone."""
from frames import *

LLDP, PROFINET, GOOSE, PTP = 0x88CC, 0x8892, 0x88B8, 0x88F7
LLDP_GROUP, DCP_GROUP, GOOSE_GROUP, PTP_GROUP = "01:80:c2:00:00:0e", "01:0e:cf:00:00:00", "01:0c:cd:01:00:01", "01:1b:19:00:00:00"
CHASSIS = b"\x02\x07\x04" + mac(HOST) + b"\x04\x02\x07\x31\x06\x02\0\x78\0\0" + b"\0" * 26
IDENTIFY = b"\xfe\xfe\x05\0\0\0\0\x01\0\x01\0\x04\xff\xff\0\0" + b"\0" * 30
INSIDE = bytes(IP(src=SIG, dst=CAM) / UDP(sport=9, dport=53) / b"evasion")
FOREIGN = "02:00:00:00:09:09"
OF = {"cab": PLC_MAC, "back": FAR_MAC}

# ---- to the gateway
for what, number, group, body in (("LLDP", LLDP, LLDP_GROUP, CHASSIS), ("PROFINET", PROFINET, DCP_GROUP, IDENTIFY)):
    for name, to in {"its group": group, "all": ALL, "the gateway": GW}.items():
        Row(f"ethertype: {what} to {name}, where it is listed", "sig", raw(number, body, to), "-> self")
        Row(f"ethertype: {what} to {name}, where nothing is listed", "cam", raw(number, body, to), "l2-protocol")
        Row(f"ethertype: {what} to {name}, from the world", "net", raw(number, body, to), "l2-protocol")
    Row(f"ethertype: {what} to somebody else's MAC", "sig", raw(number, body, "02:99:00:00:00:01"), "l2-address")
    Row(f"ethertype: {what} to a MAC of zeros", "sig", raw(number, body, "00:00:00:00:00:00"), "l2-address")
    Row(f"ethertype: {what} from a group MAC", "sig", raw(number, body, group, group), "malformed")
    Row(f"ethertype: {what} with a priority tag", "sig", ether(group) / Dot1Q(vlan=0, prio=6, type=number) / Raw(body), "-> self")
    Row(f"ethertype: {what} with a tag", "sig", ether(group) / Dot1Q(vlan=10, type=number) / Raw(body), "no-zone")
    Row(f"ethertype: {what} with two tags", "sig", ether(group) / Dot1Q(vlan=0) / Dot1Q(vlan=0, type=number) / Raw(body), "no-zone")
    Row(f"ethertype: {what} of no bytes", "sig", raw(number, b"", group), "-> self")
    # What is inside of it goes nowhere.
    Row(f"ethertype: an IP packet inside of {what}", "sig", raw(number, INSIDE), "-> self")
    Row(f"ethertype: {what} of a zone that is cut from the gateway", "sig", raw(number, body, group), "isolated", after=[Switch("cut", "sig", "self")])
    Row(f"ethertype: {what} of a zone that is cut from another", "sig", raw(number, body, group), "-> self", after=[Switch("cut", "sig", "cam")])
    for near in (number - 1, number + 1, (number & 0xFF) << 8 | number >> 8):
        Row(f"ethertype: {near:04x}, beside {what}", "sig", raw(near, body, group), "l2-protocol")
for number in (0, 1, 0x26, 0x05DC, 0x05FF):
    Row(f"ethertype: a length of {number} is none that is listed", "sig", raw(number, b"\0" * 46), "l2-protocol")
    Row(f"ethertype: a length of {number} does not cross a wire", "cab", raw(number, b"\0" * 46), "l2-protocol")

# ---- across a wire
for what, number, group, body in (("PROFINET", PROFINET, DCP_GROUP, IDENTIFY), ("GOOSE", GOOSE, GOOSE_GROUP, b"\0\1\0\x40" + b"\0" * 60)):
    for at, far in (("cab", "back"), ("back", "cab")):
        for name, to in {"its group": group, "all": ALL, "a host": "02:99:00:00:00:01"}.items():
            Row(f"ethertype: {what} to {name} from {at}, where both list it", at, raw(number, body, to, OF[at]), "-> " + far)
        Row(f"ethertype: {what} with a tag from {at}", at, ether(group, OF[at]) / Dot1Q(vlan=10, type=number) / Raw(body), "no-zone")
        Row(f"ethertype: {what} with a priority tag from {at}", at, ether(group, OF[at]) / Dot1Q(vlan=0, prio=6, type=number) / Raw(body), "-> " + far)
        Row(f"ethertype: {what} from {at} on a wire that is cut", at, raw(number, body, group, OF[at]), "isolated", after=[Switch("cut", "cab", "back")])
    Row(f"ethertype: {what} of a foreign MAC in a zone with binding", "cab", raw(number, body, group, FOREIGN), "binding")
    Row(f"ethertype: {what} of any MAC in a zone without", "back", raw(number, body, group, FOREIGN), "-> cab")
for what, number, group in (("LLDP", LLDP, LLDP_GROUP), ("PTP", PTP, PTP_GROUP), ("MPLS", 0x8847, ALL), ("EAPOL", 0x888E, "01:80:c2:00:00:03"),
                            ("LACP", 0x8809, "01:80:c2:00:00:02"), ("a loopback test", 0x9000, ALL)):
    for at in WIRED:
        Row(f"ethertype: {what} from {at} crosses no wire", at, raw(number, CHASSIS, group, OF[at]), "l2-protocol")
Row("ethertype: a spanning tree BPDU crosses no wire", "back", raw(38, b"\x42\x42\x03" + b"\0" * 35, "01:80:c2:00:00:00"), "l2-protocol")

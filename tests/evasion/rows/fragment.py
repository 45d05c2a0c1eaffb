# SPDX-License-Identifier: GPL-2.0-only
"""Fragments that nothing may be made of (RFC 1858, 3128, 5722, 6946, 6980, 8200). What is allowed of fragments is in here too."""
from frames import *

FIRST_8 = bytes(tcp())[:8]


def piece(offset, more, data, proto=17, src=CAM, dst=NVR, **k):
    return IP(src=src, dst=dst, proto=proto, id=port(), frag=offset, flags="MF" if more else 0, **k) / Raw(data)


def piece6(offset, more, data, nh=17, src=SIG6, dst=CAM6, **k):
    return ip6(src, dst, **k) / IPv6ExtHdrFragment(nh=nh, offset=offset, m=int(more), id=port()) / Raw(data)


# ---- later fragments of which no first was seen
for offset in (1, 2, 3, 64, 185, 4096, 8189, 8191):
    for more in (True, False):
        last = "" if more else ", the last"
        Row(f"a UDP fragment at {offset * 8} without a first{last}", "cam", piece(offset, more, b"e" * 16), "fragment")
        Row(f"an IPv6 fragment at {offset * 8} without a first{last}", "sig", piece6(offset, more, b"e" * 16), "fragment")
for what, proto in {"TCP": 6, "ICMP": 1, "GRE": 47, "SCTP": 132, "another protocol": 253, "IP in IP": 4, "protocol 0": 0}.items():
    Row(f"a later fragment of {what} without a first", "cam", piece(185, False, b"e" * 16, proto), "fragment")
    Row(f"a later fragment of {what} over IPv6 without a first", "sig", piece6(185, False, b"e" * 16, proto), "fragment")
Row("a later fragment that looks like an allowed UDP header", "cam", piece(1, False, bytes(udp())), "fragment")
Row("a later fragment that looks like an allowed SYN", "cam", piece(185, False, bytes(tcp()), 6), "fragment")
Row("a later fragment that would overwrite the flags of a SYN (RFC 3128)", "cam", piece(1, False, b"\x50\x02\x20\0\0\0\0\0", 6), "fragment")
Row("a later IPv6 fragment that looks like an allowed UDP header", "sig", piece6(1, False, bytes(udp(53))), "fragment")
Row("a fragment that ends beyond 65535 bytes", "cam", piece(8191, False, b"e" * 1400), "fragment")
Row("an IPv6 fragment that ends beyond 65535 bytes", "sig", piece6(8191, False, b"e" * 1200), "fragment")
Row("a later fragment of one byte", "cam", piece(2, False, b"e"), "fragment")
Row("a later fragment of a flow that is alive", "cam", piece(3, False, b"e" * 40, 6), "fragment", after=opened(), then=alive())
Row("a later fragment of ping", "sig", piece(3, False, b"e" * 40, 1, SIG, CAM), "fragment")
Row("a later fragment behind a priority tag", "cam", ether() / Dot1Q(vlan=0) / piece(3, False, b"e" * 16), "fragment")
Row("a later fragment with options", "cam", piece(3, False, b"e" * 16, options=b"\1\1\1\1"), "fragment")
Row("a later IPv6 fragment behind destination options", "sig",
    ip6(nh=60) / Raw(b"\x2c\0\1\4\0\0\0\0" + bytes([17, 0]) + struct.pack("!HI", 185 << 3, port()) + b"e" * 16), "fragment")
Row("a later fragment for the gateway", "cam", piece(3, False, b"e" * 16, dst=GW_CAM), "fragment")

# ---- first fragments without the ports (RFC 1858)
for size in (0, 1, 4):
    Row(f"a first TCP fragment of {size} bytes", "cam", piece(0, True, FIRST_8[:size], 6), "fragment")

# ---- neighbour discovery in fragments (RFC 6980)
NS = bytes(IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NS(tgt=GW_CAM6))[40:]
NA = bytes(IPv6(src=CAM6, dst=GW_CAM6, hlim=255) / ICMPv6ND_NA(tgt=GW_CAM6))[40:]
RA = bytes(IPv6(src="fe80::5", dst="ff02::1", hlim=255) / ICMPv6ND_RA())[40:]
for what, message, kind in (("a solicitation", NS, 135), ("an advertisement that claims the gateway's address", NA, 136), ("a router advertisement", RA, 134)):
    Row(f"the rest of {what} in a fragment", "cam", piece6(1, False, message[8:], 58, CAM6, GW_CAM6, hlim=255), "fragment")

# ---- broken fragment headers
Row("a fragment header that is cut off", "sig", ip6(nh=44) / Raw(b"\x11\0\0\0"), "malformed")
Row("a fragment header behind nine others", "sig", ip6(nh=60) / Raw(bytes([60, 0, 1, 4, 0, 0, 0, 0]) * 8 + bytes([44, 0, 1, 4, 0, 0, 0, 0]) +
                                                                  bytes([17, 0]) + struct.pack("!HI", 1, port()) + b"e" * 16), "ext-header")

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Static multicast routes of the kernel, for as long as this runs: what smcroute does, without a package.

mroute.py SOURCE GROUP IN OUT...     a route a line of arguments; several are parted by a comma of its own:
mroute.py 10.20.4.12 239.20.1.1 cctv0 video0 corp0 , 2001:db8:20::12 ff05::1:1 cctv0 video0

after:PATH among them waits until there is such a file: what comes meanwhile for a later route waits in the kernel.

Says "ready", and then nothing. <linux/mroute.h>, <linux/mroute6.h>.
"""
import ipaddress
import os
import signal
import socket
import struct
import sys
import time

INIT, ADD_VIF, ADD_MFC = 200, 202, 204
USE_IFINDEX = 8


class Table:
    """The routing socket of one family and the interfaces that it knows."""

    def __init__(self, family):
        self.family = family
        self.level = socket.IPPROTO_IP if family == 4 else socket.IPPROTO_IPV6
        self.sock = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_RAW,
                                  socket.IPPROTO_IGMP if family == 4 else socket.IPPROTO_ICMPV6)
        self.sock.setsockopt(self.level, INIT, 1)
        self.vifs = []

    def vif(self, name):
        if name not in self.vifs:
            index = socket.if_nametoindex(name)
            number = len(self.vifs)
            if self.family == 4:
                record = struct.pack("=HBBIi4s", number, USE_IFINDEX, 1, 0, index, bytes(4))
            else:
                record = struct.pack("=HBBHxxI", number, 0, 1, index, 0)
            self.sock.setsockopt(self.level, ADD_VIF, record)
            self.vifs.append(name)
        return self.vifs.index(name)

    def add(self, source, group, came_by, out):
        parent, out = self.vif(came_by), [self.vif(name) for name in out]
        if self.family == 4:
            ttls = bytearray(32)
            for vif in out:
                ttls[vif] = 1
            record = struct.pack("=4s4sH32sxxIIIi", source.packed, group.packed, parent, bytes(ttls), 0, 0, 0, 0)
        else:
            address = struct.Struct("=HHI16sI")
            record = address.pack(socket.AF_INET6, 0, 0, source.packed, 0) + address.pack(socket.AF_INET6, 0, 0, group.packed, 0)
            record += struct.pack("=Hxx8I", parent, sum(1 << vif for vif in out), *[0] * 7)
        self.sock.setsockopt(self.level, ADD_MFC, record)


def main(words):
    tables = {}
    while words:
        if words[0].startswith("after:"):
            print("ready", flush=True)
            while not os.path.exists(words[0][6:]):
                time.sleep(0.02)
            words = words[2:]
            continue
        end = words.index(",") if "," in words else len(words)
        source, group, came_by, *out = words[:end]
        words = words[end + 1:]
        source, group = ipaddress.ip_address(source), ipaddress.ip_address(group)
        if group.version not in tables:
            tables[group.version] = Table(group.version)
        tables[group.version].add(source, group, came_by, out)
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(sys.argv[1:])

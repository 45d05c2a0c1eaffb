#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""IP protocols without a program of their own here, over raw sockets.

rawproto.py answer PROTO...                  sends back what comes, until it is ended; SCTP with its ports the other way round
rawproto.py ask PROTO ADDRESS [SPORT DPORT]  three questions, each after the answer to the one before: how many were answered
"""
import selectors
import socket
import struct
import sys

SCTP = 132
IP_PKTINFO = 8  # linux/in.h


def header(proto, sport, dport):
    """What comes before our words: an SCTP common header (RFC 9260, 3.1) or nothing."""
    return struct.pack("!HHII", sport, dport, 0x1234, 0) if proto == SCTP else b""


def raw(proto):
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)


def answer(protos):
    poll = selectors.DefaultSelector()
    for proto in protos:
        poll.register(raw(proto), selectors.EVENT_READ, proto)
    print("ready", flush=True)
    while True:
        for key, _ in poll.select():
            packet, (address, _) = key.fileobj.recvfrom(4096)
            payload = packet[(packet[0] & 15) * 4:]
            if b"question" not in payload:
                continue
            if key.data == SCTP:
                sport, dport = struct.unpack("!HH", payload[:4])
                payload = header(SCTP, dport, sport) + payload[12:]
            # from the address that was asked, of several
            source = (socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=i4s4s", 0, packet[16:20], b"\0" * 4))
            key.fileobj.sendmsg([payload.replace(b"question", b"answer")], [source], 0, (address, 0))


def ask(proto, address, sport=0, dport=0):
    s, answered = raw(proto), 0
    s.settimeout(1)
    for n in range(3):
        s.sendto(header(proto, sport, dport) + b"question %d" % n, (address, 0))
        try:
            while not s.recv(4096).endswith(b"answer %d" % n):
                pass
        except socket.timeout:
            break
        answered += 1
    print(answered)


if sys.argv[1] == "answer":
    answer([int(a) for a in sys.argv[2:]])
else:
    ask(int(sys.argv[2]), sys.argv[3], *[int(a) for a in sys.argv[4:]])

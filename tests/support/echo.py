#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""echo.py UDP-PORT TCP-PORT: sends back what comes, until it is ended."""
import selectors
import socket
import sys

poll = selectors.DefaultSelector()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", int(sys.argv[1])))
tcp = socket.create_server(("", int(sys.argv[2])), backlog=64)
for s in (udp, tcp):
    poll.register(s, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in poll.select():
        if key.fileobj is udp:
            data, address = udp.recvfrom(2048)
            udp.sendto(data, address)
        elif key.fileobj is tcp:
            poll.register(tcp.accept()[0], selectors.EVENT_READ)
        else:
            try:
                data = key.fileobj.recv(65536)
            except OSError:
                data = b""
            if data:
                key.fileobj.sendall(data)
            else:
                poll.unregister(key.fileobj)
                key.fileobj.close()

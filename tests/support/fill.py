#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fill.py SOURCE DESTINATION UDP-PORT TCP-PORT < COMMANDS: fills the flow table between it and echo.py. Each command prints "NAME VALUE" lines and "done".

fill       a TCP stream, then datagram flows, each proved (there, back, there) before the next, until 300 in a row found no room: established, refused
old        another datagram on each, and more on the stream: answered, stream
connect    a second TCP connection: connected; reconnect: the same, from the stream's own port once that was closed
close      ends the stream
"""
import os
import resource
import select
import socket
import sys

SOURCE, TO, UDP_PORT, TCP_PORT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
PATIENCE, STREAM_PORT = float(os.environ.get("FB_PATIENCE", "1")), 5544
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
flows, stream = [], None


def wait(sock, seconds):
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def ask(sock, seconds):
    """One datagram, and whether it came back."""
    sock.send(b"there and back")
    if not wait(sock, seconds):
        return False
    sock.recv(2048)
    return True


def fill():
    global stream
    refused = row = 0
    stream = connect(STREAM_PORT)
    for port in range(20000, 30000):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((SOURCE, port))
        sock.connect((TO, UDP_PORT))
        if not ask(sock, 0.02 * PATIENCE):
            refused, row = refused + 1, row + 1
            sock.close()
            if row == 300:
                break
            continue
        row = 0
        if not ask(sock, PATIENCE):
            sys.exit("a flow that was answered once was not answered again")
        flows.append(sock)
    print("established", len(flows))
    print("refused", refused)


def old():
    print("answered", sum(ask(sock, PATIENCE) for sock in flows))
    stream.sendall(b"more of it")
    print("stream", "yes" if wait(stream, 2 * PATIENCE) and stream.recv(2048) == b"more of it" else "no")


def connect(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((SOURCE, port))
    sock.settimeout(2 * PATIENCE)
    try:
        sock.connect((TO, TCP_PORT))
    except OSError:
        sock.close()
        return None
    return sock


for command in sys.stdin:
    command = command.strip()
    if command == "fill":
        fill()
    elif command == "old":
        old()
    elif command == "connect":
        print("connected", "yes" if connect(STREAM_PORT + 1) else "no")
    elif command == "close":
        stream.shutdown(socket.SHUT_RDWR)
        stream.close()
    elif command == "reconnect":
        # Ports differ in where they lie: one of them shares a bucket with what was closed.
        print("connected", "yes" if any(connect(port) for port in (STREAM_PORT, STREAM_PORT + 2)) else "no")
    print("done", flush=True)

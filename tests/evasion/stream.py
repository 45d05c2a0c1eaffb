#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Traffic from the hosts' namespace.

stream.py           an allowed and a denied datagram every millisecond, until SIGTERM; then how many were sent and how many arrived anywhere:
                    "allowed SENT ARRIVED", "denied SENT ARRIVED"
stream.py hidden    what the kernel would carry, from a camera: a request to the gateway, a packet with options
stream.py open      a TCP connection from the camera to the recorder
stream.py go-on     the middle of that connection, both ways; exit status 1 if it does not arrive
"""
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from frames import CAM, GW_CAM, IP, NVR, SIG, UDP, alive, ip, opened, wire  # noqa: E402
from wire import PATIENCE, Cables  # noqa: E402

FRAMES = {"allowed": wire(ip(CAM, NVR) / UDP(sport=7, dport=9100) / b"stream: allowed"),
          "denied": wire(ip(CAM, SIG) / UDP(sport=7, dport=161) / b"stream: denied")}


def walk(steps):
    """Sends each step and waits until it has arrived."""
    cables = Cables()
    for step in steps:
        cables.send(step.at, step.frame)
        end = time.monotonic() + 2 * PATIENCE
        while (step.to, step.out) not in list(cables.arrived()):
            if time.monotonic() > end:
                sys.exit(f"what was sent at {step.at} did not arrive at {step.to}")
            time.sleep(0.001)


def stream():
    cables, ending = Cables(), []
    sent, arrived = dict.fromkeys(FRAMES, 0), dict.fromkeys(FRAMES, 0)

    def take():
        for _, frame in cables.arrived():
            for what in FRAMES:
                arrived[what] += frame.endswith(b"stream: " + what.encode())

    signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
    print("ready", flush=True)
    while not ending:
        for what, frame in FRAMES.items():
            cables.send("cam", frame)
            sent[what] += 1
        take()
        time.sleep(0.001)
    time.sleep(0.3)
    take()
    for what in FRAMES:
        print(what, sent[what], arrived[what], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["open"]:
        walk(opened())
    elif sys.argv[1:] == ["hidden"]:
        cables = Cables()
        for packet in (ip(CAM, GW_CAM), IP(src=CAM, dst=NVR, options=b"\1\1\1\1")):
            cables.send("cam", wire(packet / UDP(sport=7, dport=123 if packet.dst == GW_CAM else 9000) / b"stream: hidden"))
        time.sleep(0.3)
        print(sum(frame[12:14] == b"\x08\0" for _, frame in cables.arrived()))
    elif sys.argv[1:] == ["go-on"]:
        walk(alive())
    else:
        stream()

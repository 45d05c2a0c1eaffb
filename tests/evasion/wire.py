#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the table over real veths: wire.py CONTROL-SOCKET, in the namespace that holds the hosts' ends h-cam, h-sig ...

A step is sent, and the agent's counters are asked until one has moved. What comes out of the other cables is held against what the row
expects; anything else that comes out is a leak. Prints TAP, "N leaked", and "N passed, N failed".
"""
import http.client
import json
import os
import socket
import struct
import sys
import time

import table
from frames import GW, VIRTUAL_MAC, WIRED, ZONES, Step, mac

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 3, 263, 8, 16
OURS = mac(GW), mac(VIRTUAL_MAC)
PATIENCE = float(os.environ.get("FB_PATIENCE", "1"))


class Agent:
    """What the gateway counted: {(source, destination, reason): packets}. What it sends itself is not asked for."""

    def __init__(self, path):
        self.path, self.conn = path, None

    def counters(self):
        for attempt in (1, 2):
            try:
                if not self.conn:
                    self.conn = http.client.HTTPConnection("localhost", timeout=10)
                    self.conn.sock = socket.socket(socket.AF_UNIX)
                    self.conn.sock.connect(self.path)
                self.conn.request("GET", "/v1/drops")
                answer = json.loads(self.conn.getresponse().read())
                break
            except (http.client.HTTPException, OSError):
                self.conn = None
                if attempt == 2:
                    raise
        count = {(i["src"], i["dst"], i["reason"]): i["packets"] for i in answer["drops"] if i["src"] != "self"}
        count.update({(i["src"], i["dst"], "passed"): i["packets"] for i in answer["passed"] if i["src"] != "self"})
        return count


def moved(before, after):
    return {k: n - before.get(k, 0) for k, n in after.items() if n != before.get(k, 0)}


class Cables:
    def __init__(self):
        self.socket = {}
        for zone in ZONES:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            s.bind(("h-" + zone, ETH_P_ALL))
            s.setblocking(False)
            self.socket[zone] = s

    def send(self, zone, frame):
        self.socket[zone].send(frame)

    def arrived(self):
        """What came in since: (zone, frame)."""
        for zone, s in self.socket.items():
            while True:
                try:
                    frame, said, _, address = s.recvmsg(65536, socket.CMSG_SPACE(20))
                except BlockingIOError:
                    break
                if address[2] != socket.PACKET_OUTGOING:
                    yield zone, with_tag(frame, said)


def with_tag(frame, said):
    """The kernel takes a tag out of the bytes and says beside them what it was."""
    for level, kind, data in said:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, ethertype = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                frame = frame[:12] + struct.pack("!HH", ethertype or 0x8100, tci) + frame[12:]
    return frame


def is_chatter(frame):
    """ARP, neighbour discovery and MLD of the gateway's own kernel."""
    if frame[6:12] not in OURS:
        return False
    if frame[12:14] == b"\x08\x06":
        return struct.unpack("!H", frame[20:22])[0] == 1
    if frame[12:14] != b"\x86\xdd":
        return False
    at, protocol = 54, frame[20]
    if protocol == 0 and len(frame) > 62:  # the router alert of MLD
        at, protocol = 62, frame[54]
    return protocol == 58 and len(frame) > at and frame[at] in (131, 132, 133, 134, 135, 136, 143)


def is_own_arp(frame):
    """The gateway's own answer of ARP, which nothing that it forwards can look like."""
    return frame[6:12] in OURS and frame[12:14] == b"\x08\x06" and frame[20:28] == b"\0\2" + frame[6:12]


def without_options(frame):
    """The frame without the bytes that a router may write: IPv4 options and the checksum over them."""
    return frame[:24] + frame[26:34] + frame[14 + (frame[14] & 15) * 4:] if frame[12:14] == b"\x08\0" else frame


def without_padding(zone, frame):
    """The frame as the kernel carries it on: once in ten seconds a next hop's packet goes its way, and is cut to its length. Not on a wire."""
    at, header = {b"\x08\0": (16, 14), b"\x86\xdd": (18, 54)}.get(frame[12:14], (0, 0))
    return frame[:header + int.from_bytes(frame[at:at + 2], "big")] if at and zone not in WIRED else frame


def may_answer(row):
    """The gateway answers what is for itself, and a hop limit that is used up."""
    return {s.at for s in row.steps if isinstance(s, Step) and (s.to == "self" or (s.kernel and s.arrives is not True))}


class Run:
    def __init__(self, agent, cables):
        self.agent, self.cables = agent, cables
        self.passed = self.failed = self.leaked = 0
        self.wrong = []
        self.count = agent.counters()
        self.kernel_made = set()  # zones that the gateway may answer into
        self.neighbours = set()  # and those into which an answer of ARP may come at any later time: the kernel takes its time under load

    def complain(self, text):
        self.wrong.append(text)

    def look(self, expected, optional=()):
        """Reads the cables; takes what is expected out of the list. One of optional may come, with options as the kernel writes them."""
        for zone, frame in self.cables.arrived():
            came = next((e for e in expected if e[0] == zone and frame in (e[1], without_padding(*e))), None)
            if came:
                expected.remove(came)
            elif any(z == zone and without_options(f) == without_options(frame) for z, f in optional):
                optional = []
            elif not is_chatter(frame) and not (zone in self.kernel_made and frame[6:12] in OURS) and not (
                    zone in self.neighbours and is_own_arp(frame)):
                self.leaked += 1
                self.complain(f"leaked into {zone}: {frame.hex()}")

    def wait_for_counter(self):
        end = time.monotonic() + 2 * PATIENCE
        while True:
            after = self.agent.counters()
            if after != self.count or time.monotonic() > end:
                return after
            time.sleep(0.001)

    def step(self, step):
        expected = []
        if step.to in ZONES and step.arrives is True:
            expected = [(step.to, step.out or step.routed())]
        if step.answer:
            expected = [(step.at, step.out)]
        optional = [(step.to, step.routed())] if step.to in ZONES and step.arrives is None else []
        self.cables.send(step.at, step.frame)
        after = self.wait_for_counter()
        change = moved(self.count, after)
        self.count = after
        keys = list(change)
        if len(keys) != 1 or change[keys[0]] != 1 or keys[0][2] != step.reason or (step.to and keys[0][1] != step.to):
            self.complain(f"at {step.at}: expected {step.expect}, counted " +
                          (", ".join(f"{s} -> {d} {r} {n}" for (s, d, r), n in change.items()) or "nothing"))
        end = time.monotonic() + 2 * PATIENCE
        self.look(expected, optional)
        while expected and time.monotonic() < end:
            time.sleep(0.001)
            self.look(expected)
        for zone, frame in expected:
            self.complain(f"did not arrive at {zone}: {frame.hex()}")

    def row(self, row):
        self.wrong = []
        self.kernel_made |= may_answer(row)
        self.neighbours |= may_answer(row)
        for step in row.steps:
            self.step(step)
        # Nothing else moved meanwhile, neither for this row nor late for it.
        late = moved(self.count, self.agent.counters())
        if late:
            self.complain(f"counted later: {late}")
            self.count = self.agent.counters()
        self.look([])
        self.kernel_made = may_answer(row)  # an answer may come while the next row runs
        if self.wrong:
            self.failed += 1
        else:
            self.passed += 1
        for text in self.wrong:
            print("# " + text)
        print(("not " if self.wrong else "") + f"ok {self.passed + self.failed} - on the wire: {row.name}")

    def last_look(self):
        """What was still on its way when the last row ended."""
        self.wrong = []
        time.sleep(0.5)
        self.look([])
        self.failed += bool(self.wrong)
        self.passed += not self.wrong
        for text in self.wrong:
            print("# " + text)
        print(("not " if self.wrong else "") + "ok - nothing more arrived after the last row")


def main():
    agent = Agent(sys.argv[1])
    run = Run(agent, Cables())
    for row in table.load():
        if row.lab:
            run.row(row)
    run.last_look()
    print(f"{run.leaked} leaked")
    print(f"{run.passed} passed, {run.failed} failed")
    sys.exit(run.failed != 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The table of all rows.

table.py --list                names and what is expected
table.py --frames [BUCKETS]    for replay: "case NAME", "step PORT REASON DESTINATION ACTION HEX HEX-OUT", "wait SECONDS",
                               "switch cut|join ZONE ZONE", "switch quarantine|release PREFIX|MAC"
table.py --connections         for explain: "ZONE FROM TO SERVICE REASON" of rows that are one plain packet
"""
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
LEAST = 300
EXPLAINED = ("passed", "spoof", "scope", "no-zone", "no-allow", "never", "expired", "window-closed")


def load():
    import frames
    for file in sorted((HERE / "rows").glob("*.py")):
        importlib.import_module("rows." + file.stem)
    rows = frames.rows()
    names = [row.name for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        sys.exit("rows of one name: " + ", ".join(sorted(twice)))
    if len(rows) < LEAST:
        sys.exit(f"{len(rows)} rows: fewer than the {LEAST} that the suite promises")
    return rows


def print_frames(rows):
    from frames import Switch, Wait
    for row in rows:
        print("case", row.name)
        for step in row.steps:
            if isinstance(step, Wait):
                print("wait", step.seconds)
                continue
            if isinstance(step, Switch):
                print("switch", step.words)
                continue
            action = "redirect" if step.answer else "drop" if step.reason != "passed" else "pass" if step.kernel else "redirect"
            print("step", step.at, step.reason, step.to or "-", action, step.frame.hex(), step.out.hex() if step.out else "-")


def plain(frame, mac):
    """(from, to, service) of a frame that is a SYN or a whole UDP packet and nothing else, or None."""
    from scapy.all import IP, TCP, UDP, Ether, IPv6
    packet = Ether(frame)
    if packet.dst != mac or bytes(packet)[12:14] not in (b"\x08\0", b"\x86\xdd") or bytes(Ether(bytes(packet))) != frame:
        return None
    ip = packet.payload
    l4 = ip.payload
    if isinstance(ip, IP) and (ip.version != 4 or ip.ihl != 5 or ip.len != len(frame) - 14 or ip.frag or ip.flags.MF or ip.ttl < 2):
        return None
    if isinstance(ip, IPv6) and (ip.version != 6 or ip.plen != len(frame) - 54 or ip.hlim < 2 or ip.nh not in (6, 17)):
        return None
    if type(l4) is TCP and l4.flags == "S" and l4.dataofs == 5 and len(frame) == len(ip) + 14 and not l4.payload and l4.sport >= 1024:
        return ip.src, ip.dst, f"tcp/{l4.dport}"
    if type(l4) is UDP and l4.len == len(l4) and l4.sport >= 1024:
        return ip.src, ip.dst, f"udp/{l4.dport}"
    return None


def print_connections(rows):
    from frames import GW, ZONES
    for row in rows:
        step = row.steps[0]
        if len(row.steps) == 1 and not row.buckets and step.at in ZONES and step.reason in EXPLAINED:
            words = plain(step.frame, GW)
            if words and not words[2].endswith("/0"):
                print(step.at, *words, step.reason)


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        for row in load():
            print(f"{row.steps[row.judged].expect:24} {row.name}")
    elif sys.argv[1:2] == ["--frames"]:
        buckets = int(sys.argv[2]) if len(sys.argv) > 2 else 0
        print_frames([row for row in load() if row.buckets == buckets])
    elif sys.argv[1:] == ["--connections"]:
        print_connections(load())
    else:
        sys.exit(__doc__)

# SPDX-License-Identifier: GPL-2.0-only
"""TCP: what has no connection, and what does not fit into one."""
from itertools import combinations

from frames import *

# ---- without a connection: all combinations of the six flags. Only a SYN without ACK, RST and FIN begins one.
for n in range(7):
    for flags in combinations("FSRPAU", n):
        flags = "".join(flags)
        begins = "S" in flags and not set(flags) & set("FRA")
        Row(f"no connection: flags {flags or 'none'}", "cam", rtsp(flags or 0, ack=901 if "A" in flags else 0), "-> vid" if begins else "tcp-state")
Row("no connection: a SYN with the bits of ECN", "cam", rtsp("SEC"), "-> vid")
Row("no connection: every flag there is", "cam", rtsp("FSRPAUECN"), "tcp-state")
for flags in ("A", "SA", "R", "RA", "FA", "F", "PA"):
    Row(f"no connection: {flags} to a denied port is denied, not judged", "cam", rtsp(flags, dport=22), "no-allow")
    Row(f"no connection: {flags} from the answering side", "vid", rtsp_back(flags), "no-allow")
    Row(f"no connection: {flags} over IPv6", "sig", ip6() / tcp(flags, dport=8080), "tcp-state")
Row("data in a SYN", "cam", rtsp(size=100), "-> vid")
Row("a SYN from port 0", "cam", ip() / TCP(sport=0, dport=554, seq=port()), "-> vid")
Row("a SYN to port 0", "cam", rtsp(dport=0), "no-allow")

# ---- half-open
SYN = lambda: [Step("cam", rtsp(), "-> vid")]  # noqa: E731
ANSWERED = lambda: SYN() + [Step("vid", rtsp_back(), "-> cam")]  # noqa: E731
Row("half-open: the initiator cannot go on by itself", "cam", rtsp("A", 101, 1), "tcp-state", after=SYN())
Row("half-open: data before the answer", "cam", rtsp("PA", 101, 1, size=10), "tcp-state", after=SYN())
Row("half-open: FIN before the answer", "cam", rtsp("FA", 101, 1), "tcp-state", after=SYN())
Row("half-open: the initiator's own SYN-ACK", "cam", rtsp("SA", 100, 901), "tcp-state", after=SYN())
Row("half-open: an answer to another SYN", "vid", rtsp_back("SA", 900, 999), "tcp-state", after=SYN())
Row("half-open: an answer to one byte too much", "vid", rtsp_back("SA", 900, 102), "tcp-state", after=SYN())
Row("half-open: an answer that acknowledges nothing", "vid", rtsp_back("SA", 900, 0), "tcp-state", after=SYN())
Row("half-open: data instead of an answer", "vid", rtsp_back("PA", 900, 101, size=10), "tcp-state", after=SYN())
Row("half-open: FIN instead of an answer", "vid", rtsp_back("FA", 900, 101), "tcp-state", after=SYN())
Row("half-open: simultaneous open", "vid", rtsp_back("S", 900, 0), "no-allow", after=SYN(), then=[Step("vid", rtsp_back(), "-> cam")])
Row("half-open: a refusal of another SYN", "vid", rtsp_back("RA", 0, 5), "tcp-state", after=SYN(), then=[Step("vid", rtsp_back(), "-> cam")])
Row("half-open: a refusal without an acknowledgement", "vid", rtsp_back("R", 0, 0), "tcp-state", after=SYN(),
    then=[Step("vid", rtsp_back(), "-> cam")])
Row("half-open: the initiator's reset of another attempt", "cam", rtsp("R", 5000), "tcp-state", after=SYN(), then=[Step("vid", rtsp_back(), "-> cam")])
Row("half-open: a refusal", "vid", rtsp_back("RA", 0, 101), "-> cam", after=SYN())
Row("half-open: the SYN again", "cam", rtsp(), "-> vid", after=SYN(), then=[Step("vid", rtsp_back(), "-> cam")])
Row("half-open: another answerer on the answering side", "vid", ether(src=ROUTER_MAC) / rtsp_back(src=ROUTER), "no-allow", after=SYN())
Row("half-open: the answer comes from the third zone", "sig", rtsp_back(), "spoof", after=SYN())
Row("half-open: the answer comes from the initiator's side", "cam", rtsp_back(), "spoof", after=SYN())
Row("half-open: the answer comes from the world", "net", rtsp_back(), "spoof", after=SYN())
ASKED = lambda: SYN() + [Step("vid", rtsp_back("A", 777, 0x50000000), "-> cam")]  # noqa: E731
AGAIN = lambda: [Step("cam", rtsp(), "-> vid"), Step("vid", rtsp_back(), "-> cam"), Step("cam", rtsp("A", 101, 901), "-> vid")]  # noqa: E731
Row("half-open: the reset that the answering side asked for", "cam", rtsp("R", 0x50000000), "-> vid", after=ASKED(), then=AGAIN())
for off in (-1, 1, 0x40000000):
    Row(f"half-open: a reset {off} beside what the answering side asked for", "cam", rtsp("R", 0x50000000 + off), "tcp-state", after=ASKED(), then=AGAIN())
Row("half-open: data in the reset that the answering side asked for", "cam", rtsp("R", 0x50000000, size=10), "tcp-state", after=ASKED(), then=AGAIN())
Row("half-open: data where the answering side asked", "cam", rtsp("PA", 0x50000000, 777, size=10), "tcp-state", after=ASKED(), then=AGAIN())
Row("half-open: the reset that the answering side asked for, from its own side", "vid", rtsp_back("R", 0x50000000, 0), "tcp-state", after=ASKED(),
    then=AGAIN())
Row("half-open: the reset that the answering side asked for, from the third zone", "sig", rtsp("R", 0x50000000), "spoof", after=ASKED(), then=AGAIN())
Row("half-open: the reset that was asked for before another attempt", "cam", rtsp("R", 0x50000000), "tcp-state",
    after=ASKED() + [Step("cam", rtsp("S", 300), "-> vid")], then=[Step("vid", rtsp_back("SA", 900, 301), "-> cam")])
Row("answered: the reset that was asked for before", "cam", rtsp("R", 0x50000000), "tcp-window", after=ASKED() + [Step("vid", rtsp_back(), "-> cam")],
    then=[Step("cam", rtsp("A", 101, 901), "-> vid")])
Row("answered: an acknowledgement of another answer", "cam", rtsp("A", 101, 902), "tcp-state", after=ANSWERED())
Row("answered: the SYN-ACK again", "vid", rtsp_back(), "-> cam", after=ANSWERED(), then=[Step("cam", rtsp("A", 101, 901), "-> vid")])
Row("answered: another SYN-ACK changes nothing", "vid", rtsp_back("SA", 5000, 101), "tcp-window", after=ANSWERED(),
    then=[Step("cam", rtsp("A", 101, 5001), "tcp-state"), Step("cam", rtsp("A", 101, 901), "-> vid")])
FAST = lambda: ANSWERED() + [Step("vid", rtsp_back("PA", 901, 101, 1000), "-> cam")]  # noqa: E731
for ack in (901, 1401, 1901):
    Row(f"answered, and data behind it: an acknowledgement of {ack - 901} bytes", "cam", rtsp("A", 101, ack), "-> vid", after=FAST(),
        then=[Step("cam", rtsp("PA", 101, ack, 10), "-> vid")])
for ack in (900, 1902, 901 + 0x80000000, 0):
    Row(f"answered, and data behind it: an acknowledgement of {ack}, which is no part of it", "cam", rtsp("A", 101, ack), "tcp-state", after=FAST(),
        then=[Step("cam", rtsp("PA", 101, 901, 10), "-> vid")])

Row("answered: another SYN-ACK after the SYN was repeated", "vid", rtsp_back("SA", 0x70000000, 101), "-> cam", after=ANSWERED() + [Step("cam", rtsp(), "-> vid")],
    then=[Step("cam", rtsp("A", 101, 0x70000001), "-> vid")])

# ---- established, windows of 8192: the camera's next byte is 101, the recorder's 901
FAR = {"before": 101 - 70000, "far before": (101 - 0x40000000) & 0xFFFFFFFF, "at the other end of the sequence": 101 + 0x7FFFFFFF, "behind": 101 + 8193,
       "far behind": 101 + 0x40000000}
for where, seq in FAR.items():
    seq &= 0xFFFFFFFF
    for what, flags, size in (("blind reset", "R", 0), ("blind reset with ACK", "RA", 0), ("data", "PA", 10), ("FIN", "FA", 0), ("bare ACK", "A", 0)):
        Row(f"established: {what} {where} the window", "cam", rtsp(flags, seq, 901, size), "tcp-window", after=opened(), then=alive())
    back = (seq + 800) & 0xFFFFFFFF
    Row(f"established: blind reset {where} the window, from the recorder's side", "vid", rtsp_back("R", back, 0), "tcp-window", after=opened(),
        then=alive())
    Row(f"established: data {where} the window, from the recorder's side", "vid", rtsp_back("PA", back, 101, 10), "tcp-window", after=opened(),
        then=alive())
for what, ack in {"the next byte": 902, "half the sequence ahead": 901 + 0x7FFFFFFF, "a byte of 70000 ago": 901 - 70000, "nothing": 0x90000000}.items():
    Row(f"established: acknowledges {what}, which was never sent", "cam", rtsp("A", 101, ack & 0xFFFFFFFF), "tcp-window", after=opened(), then=alive())
Row("established: the recorder acknowledges what was never sent", "vid", rtsp_back("A", 901, 102), "tcp-window", after=opened(), then=alive())
Row("established: a SYN in the window changes nothing", "cam", rtsp("S", 500), "-> vid", after=opened(), then=alive())
Row("established: a SYN out of the window changes nothing", "cam", rtsp("S", 0x70000000), "-> vid", after=opened(), then=alive())
Row("established: a SYN from the answering side", "vid", rtsp_back("S", 901, 0), "no-allow", after=opened(), then=alive())
Row("established: a SYN-ACK from the initiator", "cam", rtsp("SA", 101, 901), "tcp-state", after=opened(), then=alive())
Row("established: a SYN-ACK of another handshake changes nothing", "vid", rtsp_back("SA", 0x70000000, 101), "tcp-window", after=opened(), then=alive())
Row("established: a SYN-ACK with data out of the window", "vid", rtsp_back("SAP", 0x70000000, 0x12345678, 1000), "tcp-window", after=opened(), then=alive())
Row("established: the connection's own SYN-ACK with data that was never sent", "vid", rtsp_back("SAP", 900, 101, 1000), "tcp-window", after=opened(),
    then=alive())
Row("established: a SYN with data", "cam", rtsp("SP", 0x70000000, size=1000), "tcp-window", after=opened(), then=alive())
Row("established: a SYN with data in the window changes nothing", "cam", rtsp("SP", 101, size=10), "-> vid", after=opened(), then=alive())
Row("established: data that ends far behind a small window", "cam", rtsp("PA", 101, 901, size=1400), "tcp-window", after=opened(window=10), then=alive())
Row("established: a FIN that ends far behind a small window", "cam", rtsp("FPA", 101, 901, size=1400), "tcp-window", after=opened(window=10), then=alive())
Row("established: a probe of a window that is full", "cam", rtsp("A", 111, 901, size=1), "-> vid",
    after=opened(window=10) + [Step("cam", rtsp("PA", 101, 901, size=10), "-> vid")])
ATTEMPT = lambda: opened() + [Step("cam", rtsp("S", 0x50000000), "-> vid")]  # noqa: E731
Row("established: an answer to a SYN that came since begins anew", "vid", rtsp_back("SA", 0x70000000, 0x50000001), "-> cam", after=ATTEMPT(),
    then=[Step("cam", rtsp("A", 101, 901), "tcp-state"), Step("cam", rtsp("A", 0x50000001, 0x70000001), "-> vid"),
          Step("vid", rtsp_back("A", 901, 101), "tcp-window")])
Row("established: an answer to another SYN than the one that came since changes nothing", "vid", rtsp_back("SA", 0x70000000, 0x50000002), "tcp-window",
    after=ATTEMPT(), then=alive())
Row("established: the connection's own answer again, after a SYN that nobody answers", "vid", rtsp_back("SA", 900, 101), "-> cam", after=ATTEMPT(),
    then=alive())
for flags in (0, "F", "P", "U", "FPU", "SF", "SR", "RF", "RFA", "SFA", "SRA", "FSRPAU", "SFPU"):
    Row(f"established: flags {flags or 'none'}", "cam", rtsp(flags, 101, 901 if "A" in str(flags) else 0), "tcp-state", after=opened(), then=alive())
Row("established: data up to the window", "cam", rtsp("PA", 101, 901, size=1400), "-> vid", after=opened(), then=alive()[:1])
Row("established: a keep-alive", "cam", rtsp("A", 100, 901), "-> vid", after=opened(), then=alive())
Row("established: urgent data", "cam", rtsp("PAU", 101, 901, size=1, urgptr=1), "-> vid", after=opened())
Row("established: the right reset ends it", "cam", rtsp("R", 101), "-> vid", after=opened())
for zone, what in (("sig", "the signals"), ("net", "the world"), ("vid", "the recorder's side")):
    Row(f"established: the camera's segment comes from {what}", zone, rtsp("PA", 101, 901, size=5), "spoof", after=opened(), then=alive())
    Row(f"established: the camera's reset comes from {what}", zone, rtsp("R", 101), "spoof", after=opened(), then=alive())
for zone, what in (("sig", "the signals"), ("net", "the world"), ("cam", "the camera's side")):
    Row(f"established: the recorder's segment comes from {what}", zone, rtsp_back("PA", 901, 101, 5), "spoof", after=opened(), then=alive())
    Row(f"established: the recorder's reset comes from {what}", zone, rtsp_back("R", 901, 0), "spoof", after=opened(), then=alive())
for what, change in {"another source port": dict(sport=1), "another destination port": dict(dport=555)}.items():
    segment = rtsp("PA", 101, 901, size=5)
    for field, value in change.items():
        setattr(segment[TCP], field, value)
    Row(f"established: a segment with {what}", "cam", segment, "no-allow" if "dport" in change else "tcp-state", after=opened(), then=alive())
Row("established: another camera goes on", "cam", ip("10.20.0.6") / tcp("PA", 101, 901), "tcp-state", after=opened(), then=alive())
Row("established: UDP on the same ports", "cam", ip() / udp(554), "no-allow", after=opened(), then=alive())
Row("established: to a group MAC", "cam", ether(ALL) / rtsp("PA", 101, 901), "l2-address", after=opened(), then=alive())
Row("established: a reset to a group MAC", "cam", ether("01:00:5e:00:00:01") / rtsp("R", 101), "l2-address", after=opened(), then=alive())
Row("established: with a tag", "cam", ether() / Dot1Q(vlan=30) / rtsp("R", 101, 901), "no-zone", after=opened(), then=alive())
Row("established: a reset with a header length that lies", "cam", patch(rtsp("R", 101), 46, [0xF0]), "malformed", after=opened(), then=alive())
CLOSED = lambda: opened() + [  # noqa: E731
    Step("cam", rtsp("FA", 101, 901), "-> vid"), Step("vid", rtsp_back("FA", 901, 102), "-> cam"), Step("cam", rtsp("A", 102, 902), "-> vid")]
Row("closed: data outside of the window", "cam", rtsp("PA", 102 + 9000, 902, 10), "tcp-window", after=CLOSED())
Row("closed: a SYN from the answering side", "vid", rtsp_back("S", 7000, 0), "no-allow", after=CLOSED())
Row("closed: a SYN-ACK without a SYN", "vid", rtsp_back("SA", 7000, 103), "tcp-state", after=CLOSED())
Row("closed: a new SYN on the same ports", "cam", rtsp("S", 9000), "-> vid", after=CLOSED(), then=[Step("vid", rtsp_back("SA", 7000, 9001), "-> cam")])
Row("closed: an old ACK after a while", "cam", rtsp("A", 102, 902), "tcp-state", after=CLOSED() + [Wait(90)])

# ---- options: the receiver's business, but for the scale of the window
for what, options in {
        "length 0": b"\2\0\0\0", "length 1": b"\2\1\0\0", "length beyond the header": b"\2\x28\0\0", "no length": b"\1\1\1\2", "no operation": b"\1\1\1\1",
        "end, and more behind it": b"\0\3\3\7", "unknown": b"\xfe\4\0\0", "a scale of 255": b"\1\3\3\xff", "a scale of length 4": b"\3\4\7\7",
        "two scales": b"\3\3\2\1\3\3\7\1", "forty bytes": b"\1" * 40, "fast open with data": b"\x22\4\0\0"}.items():
    header = bytearray(bytes(ip() / tcp())[20:])
    header[12] = (5 + len(options) // 4) << 4
    Row(f"TCP options in a SYN: {what}", "cam", ip(proto=6) / Raw(bytes(header) + options), "-> vid")
SCALED = lambda a, b: [  # noqa: E731
    Step("cam", rtsp(window=1000, options=a), "-> vid"), Step("vid", rtsp_back(window=1000, options=b), "-> cam"),
    Step("cam", rtsp("A", 101, 901, window=1000), "-> vid")]
Row("a window is scaled if both ends say so", "vid", rtsp_back("PA", 901 + 100000, 101, 10), "-> cam",
    after=SCALED([("WScale", 8)], [("WScale", 8)]))
Row("a window is not scaled if one end says so", "vid", rtsp_back("PA", 901 + 100000, 101, 10), "tcp-window", after=SCALED([("WScale", 8)], []))
Row("a window is not scaled by a later segment", "vid", rtsp_back("PA", 901 + 100000, 101, 10), "tcp-window",
    after=SCALED([], []) + [Step("cam", rtsp("A", 101, 901, window=1000, options=[("WScale", 14)]), "-> vid")])

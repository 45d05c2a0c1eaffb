#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the bench makes of ClassBench filter sets: lines that `firebreak check` takes, or one message with file, line and value.

  filters.py BENCH_RULES FIREBREAK BENCH

The last line says "N passed, N failed".
"""
import os
import subprocess
import sys
import tempfile

HOST = "@1.2.3.4/32\t5.6.7.8/32\t0 : 65535\t80 : 80\t0x06/0xFF"
# name, filter set, the first lines that it becomes
RIGHT = [
    ("a filter", HOST, ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80"]),
    ("no end of line", HOST + "\n" + HOST.replace("80 : 80", "81 : 90"), ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80", "1.2.3.4/32 -> 133.6.7.8/32 tcp/81-90"]),
    ("CRLF, comments, blank lines", "# acl\r\n\r\n" + HOST + "\t0x1000/0x1000\t\r\n \t\r\n", ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80"]),
    ("blanks for tabs", "  " + HOST.replace("\t", "   ").replace(" : ", ":") + "  \n", ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80"]),
    ("a line of 1,000 blanks", HOST.replace("\t", "\t" + " " * 1000) + "\n", ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80"]),
    ("host bits", "@1.2.3.4/8\t5.6.7.8/16\t0 : 65535\t80 : 80\t0x06/0xFF\n", ["1.0.0.0/8 -> 133.6.0.0/16 tcp/80"]),
    ("any protocol", HOST.replace("0x06/0xFF", "0x00/0x00") + "\n", ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80, udp/80"]),
    ("protocol 0", HOST.replace("0x06/0xFF", "0x00/0xFF") + "\n", ["1.2.3.4/32 -> 133.6.7.8/32 ip/0"]),
    ("a link-local destination", HOST.replace("5.6.7.8", "41.254.7.8") + "\n", ["1.2.3.4/32 -> 169.253.7.8/32 tcp/80"]),
    ("everything, as it stands and after folding",
     "@0.0.0.0/0\t0.0.0.0/0\t0 : 65535\t0 : 65535\t0x00/0x00\n@0.0.0.0/0\t1.0.0.0/1\t0 : 65535\t0 : 65535\t0x06/0xFF\n" + HOST,
     ["1.2.3.4/32 -> 133.6.7.8/32 tcp/80"]),
    ("anywhere to anywhere from one port", "@0.0.0.0/0\t0.0.0.0/0\t67 : 67\t0 : 65535\t0x11/0xFF\n", ["any -> any udp/any source-port 67"]),
]
# the same as IPv6
RIGHT6 = [
    ("IPv6: subnets, and ends of interface identifiers nested in them",
     "".join(f"@1.2.3.4/{n}\t5.6.7.8/{n}\t0 : 65535\t80 : 80\t0x06/0xFF\n" for n in (8, 16, 17, 32)),
     ["2001:db8:a:100::0/56 -> 2001:db8:b:8500::0/56 tcp/80", "2001:db8:a:102::0/64 -> 2001:db8:b:8506::0/64 tcp/80",
      "2001:db8:a:102::0/113 -> 2001:db8:b:8506::0/113 tcp/80", "2001:db8:a:102::304/128 -> 2001:db8:b:8506::708/128 tcp/80"]),
    ("IPv6: echo", HOST.replace("0x06", "0x01"), ["2001:db8:a:102::304/128 -> 2001:db8:b:8506::708/128 icmpv6/echo-request"]),
]
# name, filter set, message
WRONG = [
    ("a set without filters", "# nothing\n", ": there is no filter in it"),
    ("nothing left", "@0.0.0.0/0\t0.0.0.0/0\t0 : 65535\t0 : 65535\t0x00/0x00\n", ": all its filters are from anywhere to anywhere, and none of them is left"),
    ("words", "hello\n", ':1: "hello": a filter begins with @ and the source, an IPv4 prefix'),
    ("a prefix too long", HOST + "\n" + HOST.replace("1.2.3.4/32", "1.2.3.4/33"), ':2: "1.2.3.4/33": a filter begins with @ and the source, an IPv4 prefix'),
    ("an octet too large", HOST.replace("5.6.7.8", "5.6.7.800"), ':1: "5.6.7.800/32": the destination is an IPv4 prefix'),
    ("IPv6", HOST.replace("1.2.3.4/32", "2001:db8::/32"), ':1: "2001:db8::/32": a filter begins with @ and the source, an IPv4 prefix'),
    ("a line cut off", HOST + "\n" + HOST[:HOST.index(" : 80")], ':2: "80": a range of ports is "LOW : HIGH", 0 to 65535'),
    ("a line cut off before a field", HOST[:HOST.index("0x06")], ":1: the line ends too early, a protocol is 0xNN/0xFF, or 0x00/0x00 for any"),
    ("ports backwards", HOST.replace("80 : 80", "81 : 80"), ':1: "81 : 80": the range of ports runs backwards'),
    ("a port too large", HOST.replace("80 : 80", "80 : 65536"), ':1: "80 : 65536": a range of ports is "LOW : HIGH", 0 to 65535'),
    ("a negative port", HOST.replace("0 : 65535", "-1 : 65535"), ':1: "-1 : 65535": a range of ports is "LOW : HIGH", 0 to 65535'),
    ("half a protocol", HOST.replace("0xFF", "0x0F"), ':1: "0x06/0x0F": a protocol is 0xNN/0xFF, or 0x00/0x00 for any'),
    ("an action", HOST + "\tDENY\n", ':1: "DENY": nothing but TCP flags, 0xNNNN/0xNNNN, may follow the protocol'),
]
# options of scripts/bench that are refused before anything is measured, and before root is needed
REFUSED = [
    (["--only", "nosuch"], "bench: --only nosuch: no row begins so; there are agent.rss maps.memory"),
    (["--json", "/nonexistent/x.json"], "bench: --json /nonexistent/x.json: cannot be written\n"),
    (["--json", "/"], "bench: --json /: cannot be written\n"),
    (["--rules", "/nonexistent"], "bench: --rules /nonexistent: cannot be read\n"),
]


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def right(option, rules, firebreak, where, text, lines):
    path = write(where, text)
    status, _, said = run(rules, option, str(len(lines)), where, "set", path)
    if status or said:
        return f"status {status}: {said}"
    with open(f"{where}/set.fb", encoding="utf-8") as f:
        got = [line.split("allow ")[1].split(" id ")[0] for line in f if " id r" in line]
    if got != lines:
        return f"{got}"
    status, _, said = run(firebreak, "check", "-l", "none", f"{where}/set.fb")
    return said if status else ""


def wrong(rules, where, text, message):
    path = write(where, text)
    status, _, said = run(rules, "-s", "10", where, "set", path)
    return "" if status == 1 and said == f"bench_rules: {path}{message}\n" else f"status {status}: {said}"


def write(where, text):
    with open(f"{where}/filters", "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return f"{where}/filters"


def refused(bench, options, message):
    status, _, said = run(bench, *options)
    return "" if status == 1 and said.startswith(message) else f"status {status}: {said}"


def main():
    rules, firebreak, bench = sys.argv[1:]
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as where:
        cases = [(name, right, ("-s", rules, firebreak, where, text, lines)) for name, text, lines in RIGHT]
        cases += [(name, right, ("-6", rules, firebreak, where, text, lines)) for name, text, lines in RIGHT6]
        cases += [(name, wrong, (rules, where, text, message)) for name, text, message in WRONG]
        cases += [(" ".join(options), refused, (bench, options, message)) for options, message in REFUSED]
        for name, judge, args in cases:
            problem = judge(*args)
            passed, failed = passed + (not problem), failed + bool(problem)
            if problem:
                print(f"FAIL {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


os.environ["LC_ALL"] = "C.UTF-8"
sys.exit(main())

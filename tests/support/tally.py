#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts tests, whatever program ran them.

tally.py --list BUILD SUITE           the suite's programs: name TAB command line
tally.py --log FILE STATUS            one program's output and exit status: "N passed, N failed"
tally.py --meson BUILD SUITE          the last `meson test` of that suite: a line a program, the output of those that failed,
                                      and "N passed, N failed"; exit status 1 if any failed or there was none

A program may say what it did as Criterion's synthesis, as TAP, or by "N passed, N failed" in its last lines; a program that says
nothing counts as one. One that failed but counts no failure (a crash) has one.
"""
import json
import os
import re
import shlex
import subprocess
import sys

SYNTHESIS = re.compile(r"Synthesis: Tested: .*?(\d+).*?Passing: .*?(\d+).*?Failing: .*?(\d+).*?Crashing: .*?(\d+)")
COUNTED = re.compile(r"^(?:.*: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def count(text, ok):
    text = COLOUR.sub("", text)
    found = SYNTHESIS.findall(text)
    if found:
        passed = sum(int(f[1]) for f in found)
        failed = sum(int(f[2]) + int(f[3]) for f in found)
    elif COUNTED.search(text):
        last = COUNTED.findall(text)[-1]
        passed, failed = int(last[0]), int(last[1])
    else:
        passed = len(re.findall(r"^ok\b", text, re.M))
        failed = len(re.findall(r"^not ok\b", text, re.M))
        if not passed and not failed:
            passed = int(ok)
    if not ok and not failed:
        failed = 1
    return passed, failed


def of_suite(test, suite):
    return any(s == suite or s.endswith(":" + suite) for s in test["suite"])


def listed(build, suite):
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", build], stderr=subprocess.DEVNULL))
    for test in tests:
        if of_suite(test, suite):
            env = [f"{k}={v}" for k, v in test.get("env", {}).items()]
            command = (["env"] + env if env else []) + test["cmd"]
            print(test["name"].replace(" ", "-").replace("/", "-"), shlex.join(command), sep="\t")


def of_meson(build, suite):
    total, bad, programs = 0, 0, 0
    path = f"{build}/meson-logs/testlog-{suite}.json"
    if os.path.exists(path):
        for line in open(path):
            test = json.loads(line)
            ok = test["result"] in ("OK", "EXPECTEDFAIL")
            text = test.get("stdout", "") + "\n" + test.get("stderr", "")
            passed, failed = count(text, ok)
            name = test["name"].split(" / ")[-1].split(":")[-1]
            print(f"{'ok  ' if ok and not failed else 'FAIL'} {name} ({passed} passed, {failed} failed, {test['duration']:.1f} s)")
            for said in re.findall(r"^# (\d+ packets .*)$", text, re.M):
                print("    " + said)
            if not ok or failed:
                print(f"    result {test['result']}, status {test.get('returncode')}")
                lines = [l for l in text.splitlines() if l.strip() and "[RUN ]" not in l]
                for l in lines[-120:]:
                    print("    " + l)
            total, bad, programs = total + passed, bad + failed, programs + 1
    if not programs:
        print(f"FAIL the suite {suite} has no program")
        bad += 1
    print(f"{total} passed, {bad} failed")
    return 1 if bad else 0


def main(args):
    if len(args) == 3 and args[0] == "--list":
        listed(*args[1:])
        return 0
    if len(args) == 3 and args[0] == "--log":
        with open(args[1], errors="replace") as f:
            print("%d passed, %d failed" % count(f.read(), args[2] == "0"))
        return 0
    if len(args) == 3 and args[0] == "--meson":
        return of_meson(*args[1:])
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs every command of the console blocks in a README, in one empty directory, and holds the answers against the text.

  tutorial.py [--update] README.md FIREBREAK CATALOGUE

A command begins with "$ "; a here-document goes on to its END. What follows, to the next command or the end of the block, is what it must
print, to the byte. --update writes what it prints now: read the diff before it is committed. The last line says "N passed, N failed".
"""
import os
import subprocess
import sys
import tempfile


def blocks(lines):
    """(first, last) of every console block, the fences left out."""
    begin = None
    for i, line in enumerate(lines):
        if begin is None and line == "```console":
            begin = i + 1
        elif begin is not None and line == "```":
            yield begin, i
            begin = None


def commands(lines):
    """[command, wanted] of one block."""
    found, inside = [], False
    for line in lines:
        if inside:
            found[-1][0] += "\n" + line
            inside = line != "END"
        elif line.startswith("$ "):
            found.append([line[2:], []])
            inside = "<<'END'" in line
        else:
            found[-1][1].append(line)
    return found


def main():
    args = sys.argv[1:]
    update = args[0] == "--update"
    readme, firebreak, catalogue = args[update:]
    env = dict(os.environ, FIREBREAK_CATALOGUE=os.path.abspath(catalogue), FIREBREAK_SOCKET="/nonexistent",
               PATH=os.path.dirname(os.path.abspath(firebreak)) + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
    for name in ("COLUMNS", "NO_COLOR"):
        env.pop(name, None)
    with open(readme, encoding="utf-8") as f:
        lines = f.read().split("\n")
    out, at, passed, failed = [], 0, 0, 0
    with tempfile.TemporaryDirectory() as where:
        for begin, end in blocks(lines):
            out += lines[at:begin]
            at = end
            for command, wanted in commands(lines[begin:end]):
                done = subprocess.run(["bash", "-c", command], cwd=where, env=env, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=60, check=False)
                got = done.stdout.decode().rstrip("\n")
                out += ("$ " + command).split("\n") + (got.split("\n") if got else [])
                if got == "\n".join(wanted):
                    passed += 1
                elif not update:
                    failed += 1
                    print("FAILED: %s\nprints now:\n%s\nand not:\n%s" % (command.split("\n")[0], got, "\n".join(wanted)))
    if update:
        with open(readme, "w", encoding="utf-8") as f:
            f.write("\n".join(out + lines[at:]))
    if not passed + failed and not update:
        failed = 1
        print("FAILED: %s has no commands" % readme)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The table of all rows.

table.py --list      names and what is expected
table.py --frames    for replay: "case NAME", "step PORT REASON DESTINATION ACTION HEX HEX-OUT", "wait SECONDS"
"""
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
LEAST = 300


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
    from frames import Wait
    for row in rows:
        print("case", row.name)
        for step in row.steps:
            if isinstance(step, Wait):
                print("wait", step.seconds)
                continue
            action = "drop" if step.reason != "passed" else "pass" if step.kernel else "redirect"
            print("step", step.at, step.reason, step.to or "-", action, step.frame.hex(), step.out.hex() if step.out else "-")


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        for row in load():
            print(f"{row.steps[row.judged].expect:24} {row.name}")
    elif sys.argv[1:] == ["--frames"]:
        print_frames(load())
    else:
        sys.exit(__doc__)

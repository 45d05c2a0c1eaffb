#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/bench measured, as a table, as JSON and as a picture. Ratios are medians of the ratios of paired rounds where there are rounds."""
import argparse, json, os, platform, statistics, sys

# name: (must, aim) of the value itself; lower is better, except Mpps, which are judged as ratios below
LIMITS = {
    "established.v4.1": (60, 45), "established.v4.1k": (68, 52), "established.v4.500k": (160, 120), "established.v6.1": (75, 58),
    "established.tcp.1": (68, 53),
    "newflow.v4": (220, 140), "deny.10k": (130, 80), "compile.10k": (0.5, 0.1), "compile.100k": (5, 1), "switch.lost": (0, None),
    "switch.mixed": (0, None), "image.10k": (16, None), "image.100k": (64, None), "agent.rss": (64, 24), "scrape.10k": (50, 10),
}
# name, peer: (must, aim) of name / peer; a negative number is a limit from above
RATIOS = [
    ("deny.100k", "deny.10", -2.0, -1.3), ("forward.firebreak", "forward.nft_3", 3.5, 4.2), ("forward.firebreak", "forward.nft_linear_1k", 200, 240),
    ("forward.firebreak", "forward.nft_sets_10k", 4, 5), ("forward.firebreak", "forward.bare_fib", 1.0, 1.15),
    ("forward.firebreak", "forward.kernel", None, None), ("forward.firebreak", "forward.iptables_3", None, None),
    ("newflow.firebreak", "newflow.nft", 3, 5), ("drop.firebreak", "drop.bare_xdp", 0.55, 0.7), ("drop.firebreak", "drop.nft", None, None),
    ("drop.firebreak", "drop.xdp_filter", None, None), ("compile.10k", "compile.nft_10k", None, None),
    ("compile.100k", "compile.nft_100k", None, None),
]
PEER_OF = {"forward": "forward.firebreak", "newflow": "newflow.firebreak", "drop": "drop.firebreak"}


def quarters(v):
    v = sorted(v)
    at = lambda q: v[min(len(v) - 1, round(q * (len(v) - 1)))]
    return statistics.median(v), at(0.25), at(0.75)


def read(args):
    rows, rounds = {}, {}
    for line in open(args.values):
        name, mid, low, high, unit, note = line.rstrip("\n").split("\t")
        rows[name] = {"value": float(mid), "low": float(low), "high": float(high), "unit": unit, "note": note}
    for line in open(args.rates):
        name, number, mpps, share = line.split("\t")
        rounds.setdefault(name, {})[int(number)] = (float(mpps), float(share))
    for name, by_round in rounds.items():
        mid, low, high = quarters([r[0] for r in by_round.values()])
        share = statistics.median(r[1] for r in by_round.values())
        rows[name] = {"value": mid, "low": low, "high": high, "unit": "Mpps", "note": f"{share:.0%} of what was sent"}
    return rows, rounds


def ratio(rows, rounds, a, b):
    if a not in rows or b not in rows:
        return None
    if a in rounds and b in rounds:
        pairs = [rounds[a][r][0] / rounds[b][r][0] for r in rounds[a] if r in rounds[b] and rounds[b][r][0]]
        return quarters(pairs) if pairs else None
    return (rows[a]["value"] / rows[b]["value"],) * 3 if rows[b]["value"] else None


def text(v, unit=""):
    if v is None:
        return ""
    s = f"{v:.0f}" if v == 0 or abs(v) >= 100 else f"{v:.1f}" if abs(v) >= 10 else f"{v:.3g}"
    return f"{s} {unit}".rstrip()


def verdict(value, must, aim):
    if must is None:
        return ""
    good = (lambda limit: value <= -limit) if must < 0 else (lambda limit: value >= limit)
    return "aim" if aim is not None and good(aim) else "must" if good(must) else "MISSED"


def table(rows, ratios):
    line = "{:<24} {:>12} {:>19}  {:>9} {:>9}  {:<7} {}"
    print(line.format("row", "median", "quarters", "must", "aim", "reached", "").rstrip())
    for name, r in rows.items():
        must, aim = LIMITS.get(name, (None, None))
        state = verdict(-r["value"], must, aim) if must is None else (
            "aim" if aim is not None and r["value"] <= aim else "must" if r["value"] <= must else "MISSED")
        print(line.format(name, text(r["value"], r["unit"]), f"{text(r['low'])} - {text(r['high'])}", text(must), text(aim), state, r["note"]).rstrip())
    if not ratios:
        return
    print()
    for a, b, must, aim, value in ratios:
        name = f"{a} / {b}"
        limits = [("<= " if m < 0 else ">= ") + text(abs(m)) if m is not None else "" for m in (must, aim)]
        print(f"{name:<46} {text(value[0]):>7}x {text(value[1]):>7} - {text(value[2]):<7} {limits[0]:>8} {limits[1]:>8}  {verdict(value[0], must, aim)}".rstrip())


def as_json(rows, rounds, path):
    out = []
    for name, r in rows.items():
        ours = PEER_OF.get(name.split(".")[0])
        if ours == name:
            vs = {"forward": "forward.nft_3", "newflow": "newflow.nft", "drop": "drop.bare_xdp"}[name.split(".")[0]]
        elif ours:
            vs = ours
        else:
            vs = {"deny.100k": "deny.10", "compile.10k": "compile.nft_10k", "compile.100k": "compile.nft_100k"}.get(name)
        q = ratio(rows, rounds, name, vs) if vs else None
        out.append({"name": name, "value": r["value"], "unit": r["unit"], "vs": vs if q else None, "ratio": round(q[0], 4) if q else None})
    with open(path, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


def svg(rows, path, machine):
    """One panel a unit, bars from zero, the must as a line across the bar."""
    parts, y = [], 48
    for unit, title in (("Mpps", "veth, million packets a second"), ("ns", "program, ns a packet net of an empty one")):
        panel = [(n, r) for n, r in rows.items() if r["unit"] == unit]
        if not panel:
            continue
        top = max([r["value"] for _, r in panel] + [LIMITS.get(n, (0, 0))[0] for n, _ in panel]) or 1
        parts.append(f'<text x="16" y="{y}" font-weight="bold">{title}</text>')
        y += 12
        for name, r in panel:
            width = max(1, 480 * max(r["value"], 0) / top)
            colour = "#c2410c" if "firebreak" in name or unit == "ns" else "#94a3b8"
            parts.append(f'<text x="190" y="{y + 13}" text-anchor="end">{name}</text>'
                         f'<rect x="200" y="{y + 2}" width="{width:.1f}" height="14" fill="{colour}"/>'
                         f'<text x="{206 + width:.1f}" y="{y + 13}">{text(r["value"])}</text>')
            must = LIMITS.get(name, (None,))[0]
            if must:
                x = 200 + 480 * must / top
                parts.append(f'<path d="M{x:.1f} {y}v18" stroke="#111" stroke-width="2"/>')
            y += 20
        y += 24
    with open(path, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{y}" font-family="sans-serif" font-size="12">'
                f'<rect width="100%" height="100%" fill="#fff"/><text x="16" y="22">firebreak bench: {machine} (black: the most it may take)</text>'
                + "\n".join(parts) + "</svg>\n")


def main():
    p = argparse.ArgumentParser()
    for option in ("values", "rates", "notes", "only", "svg", "json"):
        p.add_argument("--" + option)
    args = p.parse_args()
    rows, rounds = read(args)
    shown = {n: r for n, r in rows.items() if n.startswith(args.only or "")} or rows
    ratios = [(a, b, m, t, q) for a, b, m, t in RATIOS if (q := ratio(rows, rounds, a, b))]
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    machine = f"{os.cpu_count()} CPUs of {model}, Linux {platform.release()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}")
    for note in open(args.notes):
        print(note.rstrip())
    print()
    table(shown, ratios)
    if args.json:
        as_json(shown, rounds, args.json)
    svg(rows, args.svg, machine)
    sys.stdout.flush()


main()

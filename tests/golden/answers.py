#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the verbs of firebreak say, case by case: of a policy file, and of an agent's answers, which are made up here.

  answers.py FIREBREAK

The last line says "N passed, N failed".
"""
import http.server
import json
import os
import pty
import socketserver
import subprocess
import sys
import tempfile
import threading

HEAD = 'policy "p" language 1 timezone "UTC"\n'
ZONES = HEAD + """zone a { interface eth1 network 10.1.0.0/24 }
zone b { interface eth2 network 10.2.0.0/24 }
"""
SELF = """policy "p" language 1 version 1 timezone "UTC"
zone a { interface eth0  network 10.1.0.0/24 }
firebreak self -> a { allow self -> any tcp/22 }
"""
SHUT = ZONES + """window night { every day 02:00-03:00 }
access visit { max 90m }
firebreak a -> b {
  allow 10.1.0.5 -> 10.2.0.5 tcp/22 on-request visit
  allow any -> any tcp/80 during night
  allow any -> any tcp/443
}
"""

RULES = {"schema": "firebreak.rules/1", "rules": [
    {"id": "0123456789ab", "kind": "never", "pairs": "", "text": "a <-> b", "at": "/etc/firebreak/policy.fb:9", "until": None,
     "packets": 17, "bytes": 1000, "flows": 0, "last_hit": None, "during": "", "on_request": ""},
    {"id": "123456789abc", "kind": "allow", "pairs": "a -> b", "text": "any -> any  tcp/22", "at": "/etc/firebreak/policy.fb:10",
     "until": None, "packets": 18, "bytes": 1000, "flows": 1, "last_hit": 1796000000, "during": "night", "on_request": "visit"}]}
CHAIN = ZONES + """zone c { interface eth3 network 10.3.0.0/24 }
firebreak a -> b { allow any -> any tcp/22 }
firebreak b -> c { allow any -> any tcp/22 }
firebreak c -> b { allow any -> any tcp/23 }
"""
INVENTORY = ZONES + """device nvr-1 in a { ip 10.1.0.9 }
device ntp-1 in b { ip 10.2.0.9 }
firebreak a -> b { allow nvr-1 -> ntp-1 udp/123 }
firebreak b -> a { allow ntp-1 -> nvr-1 udp/123 }
"""
STATUS = {"schema": "firebreak.status/1", "state": "enforcing", "generation": 3, "isolated": [
    {"plan": "cut-all", "reason": "drill", "who": "akhan", "since": 1796000000}]}


def bundle(text, generation=3):
    return {"schema": "firebreak.bundle/1", "generation": generation, "root": "p.fb", "files": [{"path": "p.fb", "text": text}]}


AGENT = {"/v1/rules": RULES, "/v1/status": STATUS, "/v1/events": {"events": []}, "/v1/bundle": bundle(INVENTORY), "/v1/switches": {"plans": [], "quarantines": []},
         "/v1/bundle?generation=2": bundle(INVENTORY.replace("udp/123", "udp/124"), 2),
         "/v1/bundle?generation=9": (404, {"error": "there is no generation 9"}), "/v1/rollback": (409, {"error": "there is no generation 9"}),
         "/v1/flows": (400, {"error": 'no zone "aa": did you mean "a"?'}), "/v1/open": (409, {"error": "access a may not"})}
CUT = dict(AGENT, **{"/v1/switches": {"plans": [{"plan": "cut-all", "active": True, "reason": "drill", "who": "akhan",
                                                 "since": 1796000000}], "quarantines": []}})
QUARANTINED = [{"name": f"q{i}", "reason": "drill", "who": "akhan", "since": 1796000000} for i in range(100)]
MANY = dict(AGENT, **{"/v1/status": dict(STATUS, quarantined=QUARANTINED), "/v1/events?kind=drop": {"events": []}})
FEW = dict(MANY, **{"/v1/status": dict(STATUS, quarantined=QUARANTINED[:3])})


def piece(ports, total, following):
    return {"schema": "firebreak.flows/1", "total": total, "shown": len(ports), "next": following, "flows": [
        {"src": "10.1.0.9", "sport": p, "dst": "10.2.0.9", "dport": 22, "proto": "tcp", "state": "new"} for p in ports]}


PIECES = dict(AGENT, **{"/v1/flows?limit=3": piece([1, 2], 9, 77), "/v1/flows?limit=1&from=77": piece([3], None, 78),
                        "/v1/flows?limit=4": piece([1, 2], 2, 77), "/v1/flows?limit=2&from=77": piece([3, 4], None, None)})

# name, policy (p.fb), agent, arguments, columns of the terminal (0 = a pipe), status, what is said (runs of blanks are one), what is not
CASES = [
    ("many quarantines", None, MANY, "status", 0, 0, 'QUARANTINED q0 (', 'q3 ('),
    ("many quarantines, where to see them", None, MANY, "status", 0, 0, ", and 97 more: firebreak quarantine", None),
    ("few quarantines", None, FEW, "status", 0, 0, "q2 (", "more"),
    ("flows in pieces", None, PIECES, "flows -n 3 -j", 0, 0, '"sport": 3', '"next"'),
    ("flows in pieces, all of them", None, PIECES, "flows -n 3 -j", 0, 0, '"shown": 3', '"sport": 4'),
    ("flows in pieces, more than asked for", None, PIECES, "flows -n 3", 0, 0, "3 of 9 flows shown", None),
    ("flows that came meanwhile", None, PIECES, "flows -n 4 -j", 0, 0, '"total": 4', None),
    ("an access that is shut", SHUT, None, "explain --policy p.fb 10.1.0.5 10.2.0.5 tcp/22", 0, 0,
     "on request only; firebreak open visit --for 90min --reason", None),
    ("a window that is shut", SHUT, None, "explain --policy p.fb --at 01:00 10.1.0.5 10.2.0.5 tcp/80", 0, 0, "02:00:00 UTC", None),
    ("a window that is open", SHUT, None, "explain --policy p.fb --at 02:10 10.1.0.5 10.2.0.5 tcp/80", 0, 0, "during night", "shut"),
    ("an access in JSON", SHUT, None, "explain -j --policy p.fb 10.1.0.5 10.2.0.5 tcp/22", 0, 0, '"on_request": "visit"', None),
    ("lines of a pair that are not always open", SHUT, None, "matrix --policy p.fb a b", 0, 0,
     "tcp/22 on-request visit - - - p.fb:7 any -> any tcp/80 during night - - - p.fb:8 any -> any tcp/443 - -", None),
    ("a pair with such lines", SHUT, None, "matrix --policy p.fb", 0, 0,
     "a b part tcp/22, tcp/80, tcp/443 some on-request visit, during night -", None),
    ("such lines in JSON", SHUT, None, "matrix -j --policy p.fb a b", 0, 0, '"during": "night"', None),
    ("what is reached by them", SHUT, None, "reach --policy p.fb --from a", 0, 0, "a b tcp/80 during night a -> b - p.fb:8", None),
    ("an assertion that counts them", SHUT, None, "reach --policy p.fb --from a", 0, 0,
     "lines as open that are so at certain hours or on request only", None),
    ("ways that are longer", CHAIN, None, "paths --policy p.fb --steps 1 a c", 0, 0,
     "no way from a to c; there may be longer ones: asked for --steps 1", "limit"),
    ("more ways than were asked for", CHAIN, None, "paths --policy p.fb --limit 1 a b", 0, 0,
     "1 way from a to b; there may be more, and longer ones: asked for --limit 1 and --steps 8", None),
    ("a way by them", SHUT, None, "paths --policy p.fb a b", 0, 0,
     "p.fb:7 on-request visit also a -> b: p.fb:8 (during night), p.fb:9", None),
    ("the gateway as an end, in JSON", SELF, None, "paths -j --policy p.fb self a", 0, 0, '"src": "self", "dst": "10.1.0.1"', None),
    ("rules", None, AGENT, "rules", 0, 0, "any -> any tcp/22 during night on-request visit 18", None),
    ("a guard among them", None, AGENT, "rules", 60, 0, "never a <-> b", "0123456789ab"),
    ("a time without a unit", None, AGENT, "open visit --for 2 --reason x", 0, 2, "--for: 2 of what? write 2h, 2min or 2s", None),
    ("a trial without one", ZONES, AGENT, "apply --confirm=5 p.fb", 0, 2, "--confirm: 5 of what?", None),
    ("a trial that is too short", ZONES, AGENT, "apply --confirm=3s p.fb", 0, 2, "--confirm: 3s is not from 5s to 24h", None),
    ("an adoption that is too long", ZONES, AGENT, "apply --adopt 1h p.fb", 0, 2, "--adopt: 1h is not from 5s to 10min", None),
    ("a trial whose time stands apart", ZONES, AGENT, "apply p.fb --confirm 60s", 0, 2, "(a time is written --confirm=60s)", None),
    ("a kind of events that is none", None, AGENT, "events -k dorp", 0, 2, 'no kind "dorp": drop, ', None),
    ("a number of events that is none", None, AGENT, "events -n x", 0, 2, '--limit needs a number from 1 on, not "x"', None),
    ("no generations", None, AGENT, "history -n 0", 0, 2, '--limit needs a number from 1 on, not "0"', None),
    ("a number of changes that is none", None, AGENT, "audit -n x", 0, 2, '--limit needs a number from 1 on, not "x"', None),
    ("a zone that is none", None, AGENT, "flows -z aa", 0, 2, 'no zone "aa": did you mean "a"?', None),
    ("two zones, one mistyped", None, dict(AGENT, **{"/v1/bundle": bundle(ZONES.replace("zone b", "zone video"))}), "suggest a vido", 0, 2,
     'no zone "vido": did you mean "video"?', None),
    ("both forms of a report", ZONES, None, "report --ncsc --iec62443 --policy p.fb", 0, 2, "one of the two, not both", None),
    ("a port without its protocol", ZONES, None, "explain --policy p.fb 10.1.0.5 10.2.0.5 22", 0, 2,
     '"22" is no service: write tcp/22 or udp/22', None),
    ("a snapshot without an agent", None, None, "snapshot -o s.json", 0, 3, "no agent answers", "without it. firebreak:"),
    ("a way back without an agent", None, None, "rollback", 0, 3, "no agent answers", "without it. firebreak:"),
    ("a way back to nothing", None, AGENT, "rollback 9", 0, 5, "no generation 9; what was", "9 firebreak:"),
    ("the same, only looked at", None, AGENT, "rollback -n 9", 0, 5, "no generation 9", None),
    ("a way back in JSON", None, AGENT, "rollback -j -n 2", 0, 4, '{ "schema": "firebreak.plan/1"', "back to"),
    ("what is cut, in status", None, CUT, "status", 0, 0, "ISOLATED cut-all", "akhan) firebreak"),
    ("what is cut, before JSON", None, CUT, "status -j", 0, 0, "ISOLATED cut-all", None),
    ("what is cut, before others", None, CUT, "rules", 0, 0, "ISOLATED cut-all", None),
    ("a device in a zone that is none", INVENTORY, AGENT, "device add cam-9 --in aa --ip 10.1.0.19", 0, 1,
     "device add cam-9: the policy would have errors; the file is as it was", "generation"),
    ("a device that is used", INVENTORY, AGENT, "device remove nvr-1", 0, 1, "nvr-1 is still used in 2 places; change them first", "mean"),
    ("a device in JSON", INVENTORY, AGENT, "device add cam-9 --in a --ip 10.1.0.19 -j -n", 0, 4, '"after": "device cam-9', "p.fb: device"),
    ("why without an agent", None, None, "why 10.1.0.5", 0, 3, "no agent answers", "to ask a file"),
    ("matrix without an agent", None, None, "matrix", 0, 3, "to ask a file instead: firebreak matrix --policy FILE", None),
    ("an include that is mistyped", ZONES + 'include "servces.fb"\n', None, "check p.fb", 0, 1, 'did you mean "services.fb"?', None),
    ("advice is counted as what it is called", INVENTORY, None, "check p.fb", 0, 0, "1 lint: ok", "warning"),
    ("a service by its name", INVENTORY + "service rtsp { tcp/554 }\n", None, "explain --policy p.fb nvr-1 ntp-1 rtsp", 0, 0,
     "this line would allow it: firebreak a -> b { allow nvr-1 -> ntp-1 rtsp }", None),
    ("a service by its port", INVENTORY + "service rtsp { tcp/554 }\n", None, "explain --policy p.fb nvr-1 ntp-1 tcp/554", 0, 0,
     "this line would allow it: firebreak a -> b { allow nvr-1 -> ntp-1 rtsp }", None),
    ("ways on a narrow screen", SHUT, None, "paths --policy p.fb 10.1.0.5 10.2.0.5", 40, 0, "p.fb:7 on-request visit", None),
    ("why a line closes", SHUT, dict(AGENT, **{"/v1/bundle": bundle(SHUT.replace(" during night", "")), "/v1/flows": {"flows": []}}),
     "plan p.fb", 0, 4, "was p.fb:8, now during night, p.fb:8", "visit"),
    ("a plan on a narrow screen", INVENTORY, None, "plan p.fb p.fb", 60, 0, "rule ids kept 2, new 0, gone 0", None),
    ("the dot of the grid", ZONES, None, "matrix --policy p.fb", 0, 0, ".: denied, no line", None),
    ("a grid that does not fit", ZONES.replace("zone a", f"zone {'a' * 50}"), None, "matrix --policy p.fb", 60, 0,
     "the grid is wider than this screen", "FROM"),
    ("words of completion", None, None, "completion bash", 0, 0, 'words="add replace remove"', "DEVICE"),
    ("a word alone", None, None, "completion bash", 0, 0, 'words="verify"', "GROUP"),
    ("options before the verb", None, None, "completion bash", 0, 0, "--socket --help --version", None),
    ("what is cut off in ASCII", SHUT.replace("-> b {", f"-> b {{ allow any -> 10.2.0.{', 10.2.0.'.join('123456789')} tcp/9\n"), None,
     "matrix --policy p.fb a b", 60, 0, "~ ", "\u2026"),
    ("their packets on a narrow screen", None, AGENT, "rules", 60, 0, "PACKETS", "UNTIL"),
]


class Agent(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def handler(answers):
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = answers.get(self.path, answers.get(self.path.split("?")[0]))
            status, body = found if isinstance(found, tuple) else (200, found) if found else (404, {"error": "not here"})
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815

        def address_string(self):
            return "-"

        def log_message(self, *_):
            pass

    return Handler


def run(argv, env, cwd, columns):
    """Output (both streams) and status; on a terminal of so many columns if not 0."""
    if not columns:
        done = subprocess.run(argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=60, check=False)
        return done.stdout.decode("utf-8", "replace"), done.returncode
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, env=dict(env, COLUMNS=str(columns), NO_COLOR="1"), cwd=cwd, stdout=theirs, stderr=theirs,
                          stdin=subprocess.DEVNULL) as child:
        os.close(theirs)
        said = b""
        try:
            while True:
                piece = os.read(ours, 65536)
                if not piece:
                    break
                said += piece
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        return said.decode("utf-8", "replace").replace("\r", ""), child.wait(timeout=60)


def judge(firebreak, case, cwd):
    _, policy, agent, args, columns, status, says, never = case
    env = dict(os.environ, LC_ALL="C" if case[0].endswith("in ASCII") else "C.UTF-8", TZ="UTC", FIREBREAK_SOCKET=f"{cwd}/none")
    env.pop("COLUMNS", None)
    if policy:
        with open(f"{cwd}/p.fb", "wb") as f:
            f.write(policy if isinstance(policy, bytes) else policy.encode())
    server = None
    if agent:
        env["FIREBREAK_SOCKET"] = f"{cwd}/agent"
        server = Agent(env["FIREBREAK_SOCKET"], handler(agent))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        argv = args if isinstance(args, list) else args.split()
        said, found = run([firebreak, *argv], env, cwd, columns)
    finally:
        if server:
            server.shutdown()
            server.server_close()
            os.unlink(env["FIREBREAK_SOCKET"])
    wide = [line for line in said.splitlines() if columns and len(line) > columns]
    said = " ".join(said.split())
    if found == status and says in said and not (never and never in said) and not wide:
        return None
    return f"status {found}, wanted {status} and \"{says}\"" + (f" and not \"{never}\"" if never else "") + f": {said} {wide}"


def main():
    firebreak = os.path.abspath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as cwd:
        for case in CASES:
            wrong = judge(firebreak, case, cwd)
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print(f"{case[0]}: {wrong}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

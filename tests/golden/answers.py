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
AGENT = {"/v1/rules": RULES, "/v1/switches": {"plans": [], "quarantines": []}}

# name, policy (p.fb), agent, arguments, columns of the terminal (0 = a pipe), status, what is said (runs of blanks are one), what is not
CASES = [
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
    ("a way by them", SHUT, None, "paths --policy p.fb a b", 0, 0,
     "p.fb:7 on-request visit also a -> b: p.fb:8 (during night), p.fb:9", None),
    ("rules", None, AGENT, "rules", 0, 0, "any -> any tcp/22 during night on-request visit 18", None),
    ("a guard among them", None, AGENT, "rules", 60, 0, "never a <-> b", "0123456789ab"),
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
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", FIREBREAK_SOCKET=f"{cwd}/none")
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

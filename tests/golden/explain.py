#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `firebreak explain` answers to questions about a policy file.

  explain.py FIREBREAK

The last line says "N passed, N failed".
"""
import os
import subprocess
import sys
import tempfile

HEAD = 'policy "p" language 1 timezone "UTC"\n'
RANGES = HEAD + """zone a { interface eth1 network 10.1.0.0/24 }
zone b { interface eth2 network 10.2.0.0/24 }
service media { tcp/554, udp/6000-6010 }
service web { tcp/80, tcp/443 }
firebreak a -> b { allow any -> any tcp/22, media }
"""
# name, policy, arguments, status, what is said (runs of blanks are one)
CASES = [
    ("a range", RANGES, "10.1.0.5 10.2.0.5 tcp/20-30 --expect deny", 2, "a range is not one connection: name one of it, such as tcp/20"),
    ("any port", RANGES, "10.1.0.5 10.2.0.5 tcp/any", 2, "a range is not one connection"),
    ("a range in a service", RANGES, "10.1.0.5 10.2.0.5 media", 0, "udp/6000, the first of a range"),
    ("a range in a service, and an expectation", RANGES, "10.1.0.5 10.2.0.5 media --expect allow", 2, "name one port, such as udp/6000"),
    ("a service of ports", RANGES, "10.1.0.5 10.2.0.5 web --expect deny", 0, "tcp/443"),
]


def main():
    firebreak = sys.argv[1]
    env = dict(os.environ, LC_ALL="C.UTF-8")
    env.pop("COLUMNS", None)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as where:
        for name, text, args, status, says in CASES:
            with open(f"{where}/p.fb", "w", encoding="utf-8") as f:
                f.write(text)
            done = subprocess.run([firebreak, "explain", "--policy", f"{where}/p.fb", *args.split()], env=env, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60, check=False)
            said = " ".join(done.stdout.decode().split())
            if done.returncode == status and says in said:
                passed += 1
            else:
                failed += 1
                print(f"{name}: status {done.returncode}, wanted {status} and \"{says}\": {said}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

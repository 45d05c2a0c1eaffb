#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `firebreak explain`, `matrix` and `reach` answer to questions about a policy file.

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
WIRE = HEAD + """zone signal { interface eth1 network 10.5.1.0/24 }
zone backhaul { interface eth2 network 10.5.2.0/24 }
zone mgmt { interface eth3 network 10.99.0.0/24 }
wire eth1 <-> eth2
firebreak signal -> mgmt { allow any -> any tcp/443 }
firebreak signal -> backhaul { allow any -> any tcp/443 }
firebreak signal -> self { allow any -> self udp/123 }
firebreak self -> signal { allow self -> any udp/123 }
firebreak mgmt -> signal { allow any -> any tcp/22 }
"""
GROUP = HEAD + """zone a { interface eth1 network 10.1.0.0/24, 2001:db8:1::/64 gateway 10.1.0.1 }
zone b { interface eth2 network 10.2.0.0/24, 2001:db8:2::/64 gateway 10.2.0.1 }
service dhcp-reply { udp/68 source-port 67 }
firebreak self -> a { allow self -> 239.1.1.1 udp/9; allow self -> any dhcp-reply, ip/112 }
"""
ONE = HEAD + """zone a { interface eth1 network 10.1.0.0/24 }
zone b { interface eth2 network 10.2.0.0/24 }
never a -> a
"""
# name, policy, arguments, status, what is said (runs of blanks are one)
CASES = [
    ("a guard within a zone", ONE, "10.1.0.1 10.1.0.2 tcp/80", 0, "hosts of one segment reach each other without the gateway, which sees only this no line could"),
    ("the same in the grid", ONE, "matrix", 0, "never* . b . . not seen * what passes the gateway; hosts of one segment"),
    ("no line within a zone", ONE, "10.2.0.1 10.2.0.2 tcp/80", 0, "hosts of one segment reach each other without the gateway"),
    ("a range", RANGES, "10.1.0.5 10.2.0.5 tcp/20-30 --expect deny", 2, "a range is not one connection: name one of it, such as tcp/20"),
    ("any port", RANGES, "10.1.0.5 10.2.0.5 tcp/any", 2, "a range is not one connection"),
    ("a range in a service", RANGES, "10.1.0.5 10.2.0.5 media", 0, "udp/6000, the first of a range"),
    ("a range in a service, and an expectation", RANGES, "10.1.0.5 10.2.0.5 media --expect allow", 2, "name one port, such as udp/6000"),
    ("a service of ports", RANGES, "10.1.0.5 10.2.0.5 web --expect deny", 0, "tcp/443"),
    ("to the other end of a wire", WIRE, "10.5.1.9 10.5.2.7 tcp/443 --expect allow", 0, "ALLOW signal -> backhaul"),
    ("from a wire to a third zone", WIRE, "10.5.1.9 10.99.0.1 tcp/443 --expect deny", 0, "DROP route-mismatch signal -> mgmt"),
    ("the same that no line allows", WIRE, "10.5.1.9 10.99.0.1 tcp/444", 0, "a wire leads from signal into backhaul and nowhere else"),
    ("from a wire to the gateway", WIRE, "10.5.1.9 self udp/123 --expect deny", 0, "DROP route-mismatch signal -> self"),
    ("from the gateway into a wire", WIRE, "self 10.5.1.9 udp/123 --expect deny", 0, "signal is on wires only: nothing is routed into it"),
    ("routed into a wire", WIRE, "10.99.0.1 10.5.1.9 tcp/22 --expect deny", 0, "DROP route-mismatch mgmt -> signal"),
    ("a neighbour across a wire", WIRE, "fe80::5 ff02::1:ff00:1 icmpv6/135 --zone signal --expect allow", 0, "ALLOW signal -> backhaul"),
    ("the gateway is no neighbour on a wire", WIRE, "self ff02::1 icmpv6/135 --zone signal --expect deny", 0, "DROP no-allow self -> signal"),
    ("the gateway to a group", GROUP, "self 239.1.1.1 udp/9 --zone a --expect allow", 0, "ALLOW self -> a"),
    ("the gateway to a group of another zone", GROUP, "self 239.1.1.1 udp/9 --zone b --expect deny", 0, "DROP no-allow self -> b"),
    ("the gateway to a group, zone by zone", GROUP, "self 239.1.1.1 udp/9", 0, "DROP no-allow self -> b"),
    ("the same is not denied everywhere", GROUP, "self 239.1.1.1 udp/9 --expect deny", 1, "ALLOW self -> a"),
    ("the gateway's DHCP", GROUP, "self 255.255.255.255 dhcp-reply --zone a --expect allow", 0, "ALLOW self -> a"),
    ("the gateway's VRRP", GROUP, "self 224.0.0.18 ip/112 --zone a --expect allow", 0, "ALLOW self -> a"),
    ("the gateway to a link-local address", GROUP, "self fe80::5 ip/112 --zone a --expect allow", 0, "ALLOW self -> a"),
    ("a neighbour asks the gateway", GROUP, "2001:db8:1::5 self icmpv6/neighbour-solicitation --expect allow", 0, "built in, as neighbours need it"),
    ("a neighbour asks a group", GROUP, "fe80::5 ff02::1:ff00:1 icmpv6/135 --zone a --expect allow", 0, "ALLOW a -> self"),
    ("duplicate address detection", GROUP, ":: ff02::1:ff00:5 icmpv6/135 --zone a --expect allow", 0, "ALLOW a -> self"),
    ("a neighbour answers", GROUP, "2001:db8:1::5 self icmpv6/neighbour-advertisement --expect allow", 0, "ALLOW a -> self"),
    ("a router solicitation", GROUP, "fe80::5 ff02::2 icmpv6/router-solicitation --zone a --expect allow", 0, "ALLOW a -> self"),
    ("the gateway as a router", GROUP, "self ff02::1 icmpv6/router-advertisement --zone a --expect allow", 0, "ALLOW self -> a"),
    ("another router", GROUP, "fe80::5 ff02::1 icmpv6/router-advertisement --zone a --expect deny", 0, "DROP no-allow a -> self"),
    ("a neighbour that lies", GROUP, "2001:db8:1::5 self icmpv6/135 --zone b --expect deny", 0, "DROP spoof"),
    ("a neighbour of another zone", GROUP, "2001:db8:1::5 2001:db8:2::5 icmpv6/135 --expect deny", 0, "DROP scope"),
    ("the gateway's own address", GROUP, "10.1.0.1 239.1.1.1 udp/9", 0, "10.1.0.1 is the gateway's own address; no line can allow it"),
    ("an address of another zone", GROUP, "10.1.0.5 10.2.0.5 udp/9 --zone b", 0, "10.1.0.5 belongs to a; no line can allow it from elsewhere"),
    ("two assumptions", GROUP, "self 239.1.1.1 udp/9", 0, "address in a; no gateway addresses known: 10.2.0.1"),
]

OBSERVED = HEAD + """zone a { interface eth1 network 10.1.0.0/24 }
zone b { interface eth2 network 10.2.0.0/24 }
device a1 in a { ip 10.1.0.1 }
firebreak a -> b {
  mode observe until 2036-01-01
}
never a -> b tcp/22
never a1 -> b udp/1-100
"""
LINKED = HEAD + """zone a { interface eth1 network 10.1.0.0/24, 2001:db8:1::/64 }
zone b { interface eth2 network 10.2.0.0/24, 2001:db8:2::/64 }
wire eth1 <-> eth2
service dhcp { udp/67 source-port 68 }
firebreak a -> b { allow any -> any tcp/22, dhcp }
"""
REACH = [
    ("observed, less what a guard forbids", OBSERVED, "--from 10.1.0.7", 0, "10.1.0.7 b all but tcp/22 a -> b"),
    ("the guards add up", OBSERVED, "--from a1", 0, "a1 b all but tcp/22, udp/1-100 a -> b"),
    ("an assertion about it says more, and that it does", OBSERVED, "--from a1", 0, "assert a1 can only reach b addresses without a name"),
    ("a guard's own service is not reached", OBSERVED, "--to b -j", 0, '"services": "all but tcp/22"'),
    ("link-local over a wire", LINKED, "--from a", 0, "link-local in a link-local in b, broadcast in b, 10.2.0.0/24 udp/67 source-port 68 a -> b"),
    ("hosts over a wire", LINKED, "--from a", 0, "a b tcp/22, dhcp a -> b"),
    ("its assertion is one that can be read", LINKED, "--from a", 0, "assert a can only reach b tcp/22, dhcp"),
]


def main():
    firebreak = sys.argv[1]
    env = dict(os.environ, LC_ALL="C.UTF-8")
    env.pop("COLUMNS", None)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as where:
        for verb, (name, text, args, status, says) in [("explain", c) for c in CASES] + [("reach", c) for c in REACH]:
            with open(f"{where}/p.fb", "w", encoding="utf-8") as f:
                f.write(text)
            words = args.split()
            if words[0] == "matrix":
                verb = words.pop(0)
            done = subprocess.run([firebreak, verb, "--policy", f"{where}/p.fb", *words], env=env, stdout=subprocess.PIPE,
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

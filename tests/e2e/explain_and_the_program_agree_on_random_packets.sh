#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What explain answers from the policy and what the attached program answers are one, for random packets: between devices, strangers and the gateway, with wrong
# ingress zones, broadcast, groups and link-local addresses; with lines that are open, shut, observed and forbidden, and while a plan cuts and a camera is in
# quarantine. The seed is printed; FB_SEED gives it.
#
#   firebreak explain FROM TO SERVICE -j --- control.sock [gateway + agent + explain instance]
# time limit: 240 s
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
agent_start
policy=$(town_policy town.fb <<-'END'
	service web { tcp/80, tcp/443 }
	service rtp { udp/9000-9100 }
	window day { every day 00:00-24:00 timezone "UTC" }
	access visit { max 1h }
	zone-group field { traffic, cctv }
	firebreak cctv -> video {
	  allow cameras -> nvr-1 rtp
	  allow cam-0412 -> any web during day
	}
	firebreak video -> cctv { allow nvr-1 -> cameras tcp/554, icmp/echo-request }
	firebreak control -> traffic { allow utc-1 -> signals udp/161, ip/gre }
	firebreak jump -> traffic { allow jump-1 -> signals tcp/22 on-request visit }
	firebreak corp -> video {
	  mode observe until 2099-01-01
	  allow desk -> nvr-1 web
	}
	firebreak field -> self { allow any -> self udp/123, udp/67 source-port 68 }
	firebreak jump -> self { allow jump-1 -> self at any tcp/22 }
	firebreak video -> corp { allow nvr-1 -> 239.1.2.0/24 rtp }
	firebreak traffic -> internet { allow signals -> any web until 2020-01-01 }
	firebreak corp -> internet { allow any -> any all }
	never cctv <-> traffic
	never any -> any tcp/445 except from corp
	isolate cut { cut corp from internet }
END
)
apply "$policy" >/dev/null

# random_packets SEED COUNT: what was asked of what, and every answer that is not the program's
random_packets() {
	FIREBREAK_SOCKET=$LAB_RUN/control.sock on gw /usr/bin/python3 - "$FB_BUILD/firebreak" "$1" "$2" <<'END'
import collections, json, random, subprocess, sys
firebreak, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
zones = "traffic cctv video control jump corp internet".split()
hosts = {4: "10.20.4.12 10.20.9.9 10.20.200.1 10.20.0.1 10.20.255.255 10.10.1.1 10.10.2.7 10.10.0.1 10.30.0.10 10.30.0.5 10.30.0.84 10.30.0.130 "
            "10.30.0.129 172.16.5.20 172.16.0.1 198.51.100.17 8.8.8.8 239.1.2.3 224.0.0.5 255.255.255.255 127.0.0.1 169.254.1.1 0.0.0.0 240.0.0.1",
         6: "2001:db8:10::5 2001:db8:10::1 2001:db8:99::5 fe80::5 ff02::1 ff05::1:3 :: ::1"}
likely = [("10.20.4.12", "10.30.0.10", "udp/9050"), ("10.20.4.12", "10.30.0.5", "tcp/80"), ("10.30.0.10", "10.20.9.9", "tcp/554"),
          ("10.30.0.84", "10.10.1.1", "udp/161"), ("10.30.0.130", "10.10.1.1", "tcp/22"), ("172.16.5.20", "10.30.0.10", "tcp/443"),
          ("172.16.5.20", "10.30.0.5", "tcp/22"), ("172.16.5.20", "10.30.0.10", "tcp/23"), ("172.16.7.7", "10.30.0.10", "udp/%d"), ("10.20.9.9", "10.20.0.1", "udp/123"), ("10.30.0.130", "172.16.0.1", "tcp/22"),
          ("10.30.0.10", "239.1.2.3", "udp/9001"), ("10.10.1.1", "8.8.8.8", "tcp/80"), ("172.16.5.20", "8.8.8.8", "tcp/80"),
          ("10.20.4.12", "10.10.1.1", "tcp/22"), ("10.20.9.9", "10.10.2.7", "udp/%d"), ("10.10.1.1", "10.20.9.9", "tcp/%d"), ("172.16.5.20", "10.10.1.1", "tcp/445")]
services = ["tcp/%d", "tcp/%d", "udp/%d", "icmp/echo-request", "icmp/echo-reply", "ip/gre", "ip/ospf", "sctp/%d", "udp/67 source-port 68"]
ports = [22, 67, 80, 123, 161, 443, 445, 554, 9000, 9100, 9101]
seen, wrong = collections.Counter(), 0
for i in range(count):
    family = 4 if random.random() < .85 else 6
    ours = hosts[family].split()
    # Each of the likely once as it is: whatever the seed, no reason is missing.
    src, dst, service = likely[i] if i < len(likely) else random.choice(likely) if random.random() < .5 else (random.choice(ours), random.choice(ours), random.choice(services))
    service = service.replace("%d", str(random.choice(ports + [random.randint(1, 65535)])))
    if ":" in src:
        service = service.replace("icmp/", "icmpv6/")
    command = [firebreak, "explain", "-j", src, dst, service]
    if (i >= len(likely) and random.random() < .3) or src in ("224.0.0.5", "0.0.0.0", "::", "fe80::5"):
        command += ["--zone", random.choice(zones)]
    said = subprocess.run(command, capture_output=True, text=True)
    try:
        answers = json.loads(said.stdout)["answers"]
    except ValueError:
        sys.exit("%s: %s" % (" ".join(command[3:]), said.stderr))
    for a in answers:
        seen[a["reason"] if "live_agrees" in a else "not asked"] += 1
        if not a.get("live_agrees", True):
            wrong += 1
            print("DIFFERS", " ".join(command[3:]), "policy:", a["reason"], a["src_zone"], a["dst_zone"], "program:", json.dumps(a["live"]))
print("seed", seed, dict(seen.most_common()))
print("asked", sum(seen.values()) - seen["not asked"], "differ", wrong)
END
}
# ask WHAT: two hundred packets; all agree, and most were asked of both
ask() {
	random_packets "$seed" 200 >"$LAB_DIR/asked"
	seed=$((seed + 1))
	grep DIFFERS "$LAB_DIR/asked" | head -n 5 || true
	say "   $(tail -n 2 "$LAB_DIR/asked" | head -n 1)"
	claim "$1: none of $(sed -n 's/^asked \([0-9]*\) .*/\1/p' "$LAB_DIR/asked") differs" grep -qE '^asked 1[5-9][0-9] differ 0$|^asked 200 differ 0$' "$LAB_DIR/asked"
}
seed=${FB_SEED:-$(date +%s)}
ask "a policy"
for reason in passed no-allow spoof never would-drop; do
	claim "$reason is among them" grep -q "'$reason'" "$LAB_DIR/asked"
done
firebreak isolate cut --reason drill >/dev/null 2>&1
firebreak quarantine cam-0412 --reason drill >/dev/null 2>&1
ask "cut and in quarantine"
claim "quarantined is among them" grep -q "'quarantined'" "$LAB_DIR/asked"
claim "isolated is among them" grep -q "'isolated'" "$LAB_DIR/asked"
firebreak release cut >/dev/null 2>&1
firebreak release cam-0412 >/dev/null 2>&1
if firebreak open visit --for 30min --reason "the clock is known" >/dev/null 2>&1; then
	ask "an access is open"
fi

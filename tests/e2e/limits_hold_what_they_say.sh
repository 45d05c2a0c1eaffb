#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A limit of megabits holds a real stream to that rate and does not end it; a limit of new flows counts each source alone, and a policy
# change charges no live flow; a limit that a pair observes stops nothing (S30, S40).
#
#   recorder 10.30.0.10 --- video0 [gateway] corp0 --- office 172.16.0.123 (iperf3), 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=172.16.0.123
lab_new
northport_up
agent_start
limited() { # MORE: the policy, and this at the end of the line of the stream
	town_policy "limits$RANDOM.fb" <<-END
	firebreak video -> corp {
	  allow nvr-1 -> ntp-1 tcp/5201  id stream$1
	  allow nvr-1 -> any tcp/7000  limit 3 new/min per source burst 5  id calls
	  allow nvr-1 -> any tcp/7001  limit 3 new/min per source burst 5  id knocks
	}
	END
}
lab_spawn corp server iperf3 -s
serves() { on corp ss -Hlnt "sport = :$1" | grep -q .; }
claim "the server listens" wait_until 10 serves 5201
mbits() { on video iperf3 -J -t "$1" -O 1 -c "$OFFICE" | jq '.end.sum_received.bits_per_second / 1e6 | floor'; }

policy=$(limited "")
apply "$policy"
at_least "without a limit the stream flows (Mbit/s)" 100 "$(mbits 2)"
policy=$(limited "  limit 20 mbit/s per line")
apply "$policy"
rate=$(mbits 4)
at_least "with a limit of 20 Mbit/s it still flows" 5 "$rate"
at_least "and not faster" "$rate" 21
at_least "what is over is counted as rate" 1 "$(dropped video corp rate)"

# Five calls at once, then three a minute.
lab_spawn corp calls python3 -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 7000))
s.listen(64)
keep = []
while True:
    c, _ = s.accept()
    c.send(b"x")
    keep.append(c)'
claim "the other server listens" wait_until 10 serves 7000
lab_spawn video caller python3 -c '
import os, socket, struct, time
calls = []
for _ in range(8):
    try:
        c = socket.create_connection(("'"$OFFICE"'", 7000), 0.5)
        c.recv(1)
        calls.append(c)
    except OSError:
        pass
print(len(calls), flush=True)
while not os.path.exists("'"$LAB_DIR"'/changed"):
    time.sleep(0.1)
alive = 0
for c in calls:
    c.send(b"y")
time.sleep(1)
for c in calls: # nothing unacknowledged is left: TCP_INFO, tcpi_unacked
    alive += struct.unpack_from("I", c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)[0] == 0
print(alive, "alive", flush=True)
time.sleep(60)'
called() { lab_log caller | head -n 1 | grep -qx 5; }
claim "five calls of eight come through" wait_until 15 called
before=$(dropped video corp rate)
policy=$(limited "  limit 30 mbit/s per line")
apply "$policy"
touch "$LAB_DIR/changed"
alive() { lab_log caller | grep -qx '5 alive'; }
claim "all five live on after a policy change" wait_until 15 alive
same "which charged none of them" "$before" "$(dropped video corp rate)"

# The same from one source port, connection after connection, each ended by a reset.
lab_spawn corp door python3 -c '
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 7001))
s.listen(64)
while True:
    c, _ = s.accept()
    try:
        c.send(b"x")
        c.recv(1)
    except OSError:
        pass'
claim "the door is there" wait_until 10 serves 7001
knocked() {
	on video python3 -c '
import socket, struct
calls = 0
for _ in range(20):
    c = socket.socket()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.bind(("10.30.0.10", 40001))
    c.settimeout(0.3)
    try:
        c.connect(("'"$OFFICE"'", 7001))
        calls += c.recv(1) == b"x"
    except OSError:
        pass
    c.close()
print(calls)'
}
same "five calls of twenty come through from one source port" 5 "$(knocked)"
counted() { firebreak rules -j | jq -e '.rules[] | select(.id == "knocks") | .flows == 5'; }
claim "and each is counted as a flow" wait_until 10 counted

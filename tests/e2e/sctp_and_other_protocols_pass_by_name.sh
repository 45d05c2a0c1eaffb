#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is neither TCP, UDP nor ICMP passes where a line names it, and its answers by their flow: SCTP by its port, the others by their protocol. What no line names, and
# what the other end begins, arrives nowhere.
#
#   recorder 10.30.0.10 --- video0 [gateway] corp0 --- office 172.16.0.123, which answers all of it
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

OFFICE=172.16.0.123
GRE=47 ESP=50 AH=51 OSPF=89 SCTP=132 NOBODY=253
lab_new
northport_up
agent_start
policy=$(town_policy protocols.fb <<-'END'
	firebreak video -> corp {
		allow nvr-1 -> any sctp/2905 id association
		allow nvr-1 -> any ip/gre, ip/esp id tunnels
		allow nvr-1 -> any ip/89 id routing
	}
END
)
apply "$policy"
for host in corp video; do
	lab_spawn "$host" "answers-$host" "$FB_TOP/tests/support/rawproto.py" answer $GRE $ESP $AH $OSPF $SCTP $NOBODY
	wait_until 10 grep -q ready "$LAB_DIR/log/answers-$host.log"
done
asks() { on "$1" "$FB_TOP/tests/support/rawproto.py" ask "${@:2}"; }

same "SCTP to its port: three questions, three answers" 3 "$(asks video $SCTP "$OFFICE" 4000 2905)"
same "counted for its line, six packets" 6 "$(rule_packets association)"
same "GRE" 3 "$(asks video $GRE "$OFFICE")"
same "ESP" 3 "$(asks video $ESP "$OFFICE")"
same "counted for theirs" 12 "$(rule_packets tunnels)"
same "OSPF, written as a number" 3 "$(asks video $OSPF "$OFFICE")"

watch corp eth0 "ip and src $RECORDER"
same "SCTP to another port" 0 "$(asks video $SCTP "$OFFICE" 4000 2906)"
same "from the port that is allowed" 0 "$(asks video $SCTP "$OFFICE" 2905 4000)"
same "AH" 0 "$(asks video $AH "$OFFICE")"
same "a protocol that nobody knows" 0 "$(asks video $NOBODY "$OFFICE")"
same "each is one packet dropped as no-allow" 4 "$(dropped video corp no-allow)"
same "and nothing of them arrived" 0 "$(watched corp .)"

watch video eth0 "ip and src net 172.16.0.0/12"
same "SCTP that the office begins" 0 "$(asks corp $SCTP "$RECORDER" 2905 2905)"
same "AH that it begins" 0 "$(asks corp $AH "$RECORDER")"
same "each dropped as no-allow" 2 "$(dropped corp video no-allow)"
same "and nothing of them arrived there" 0 "$(watched video .)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody edits the pinned maps under an agent that runs: an isolation and a quarantine are lifted, the policy is taken out of force or overwritten, stages, own
# addresses, ways out and targets of redirects are removed. Each is put back, and said; a policy whose image was overwritten is compiled anew.
#
#   camera 10.20.4.12 --- cctv0 [gateway + agent, maps edited] video0 --- recorder 10.30.0.10 (nginx)
#                                                              corp0  --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
agent_start
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 }
	isolate city-cut { cut cctv from any }
END
)
apply "$policy"
firebreak isolate city-cut --reason test >/dev/null 2>&1
firebreak quarantine cam-0412 --reason test >/dev/null 2>&1
same "the desk may browse" 200 "$(browse corp "https://$RECORDER/")"

maps() { echo "$LAB_RUN"/bpf/v*/"$1"; }
content() { bpftool -j map dump pinned "$(maps "$1")" | jq -cS '[.[] | del(.formatted)]'; }
# emptied MAP: all of its entries; zeroed MAP: its only one
emptied() {
	local key
	for key in $(content "$1" | jq -r '.[].key | join("_")'); do
		# shellcheck disable=SC2086 # a byte a word
		bpftool map delete pinned "$(maps "$1")" key hex ${key//_/ } >&2
	done
}
zeroed() {
	local bytes
	bytes=$(content "$1" | jq -r '.[0].value | map("00") | join(" ")')
	# shellcheck disable=SC2086
	bpftool map update pinned "$(maps "$1")" key 0 0 0 0 value hex $bytes >&2
}
is_as_it_was() { [ "$(content "$1")" = "$before" ]; }
put_back() { # MAP HOW WHAT IS SAID
	local before
	before=$(content "$1")
	"$2" "$1"
	claim "$1, $2, is put back" wait_until 3 is_as_it_was "$1"
	claim "and that is said" grep -q "$3" "$LAB_DIR/log/agent.log"
}
put_back maps/fb_switches zeroed 'put back: fb_switches'
put_back maps/fb_quarantine emptied 'put back: fb_quarantine'
put_back maps/fb_self emptied 'put back: fb_self'
put_back maps/fb_egress emptied 'put back: fb_egress'
put_back maps/fb_images emptied 'put back: fb_images'
put_back progs/stages emptied 'put back: stages'
put_back maps/fb_dev emptied 'somebody edited fb_dev'
same "the desk may browse through all of this" 200 "$(browse corp "https://$RECORDER/")"
deny "the camera is cut off and in quarantine" on cctv ping -c 1 -W 1 "$RECORDER"

was=$(generation)
# as the agent writes them: mapped
python3 - "$(maps maps/image-a)" "$(maps maps/image-b)" <<-'END'
	import ctypes, mmap, struct, sys
	libc = ctypes.CDLL(None, use_errno=True)
	BPF_OBJ_GET, NR_BPF = 7, 321
	for path in sys.argv[1:]:
	    name = ctypes.create_string_buffer(path.encode())
	    attr = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(name), 0, 0), 128)
	    fd = libc.syscall(NR_BPF, BPF_OBJ_GET, attr, 128)
	    assert fd >= 0, ctypes.get_errno()
	    words = memoryview(mmap.mmap(fd, 16 << 20, mmap.MAP_SHARED)).cast("I")
	    for i in range(1000, 1100):
	        words[i] ^= 0xffffffff
END
newer() { [ "$(generation)" -gt "$was" ]; }
claim "an edited image is compiled anew" wait_until 3 newer
claim "and that is said" grep -q "the policy's image was edited by somebody and is compiled anew" "$LAB_DIR/log/agent.log"
same "the desk may browse" 200 "$(browse corp "https://$RECORDER/")"
deny "and nothing else" browse corp "http://$RECORDER/"
lines=$(wc -l <"$LAB_DIR/log/agent.log")
sleep 2.5
same "what nobody edits is not mended" "$lines" "$(wc -l <"$LAB_DIR/log/agent.log")"

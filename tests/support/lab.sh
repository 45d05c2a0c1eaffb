# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A lab: networks in namespaces around a gateway's namespace. Demo, end-to-end tests and `scripts/lab` are made of these functions.
#
# Everything carries the lab's id, so labs neither collide nor clean up after one another:
#   namespaces     fb-<id>-gw, fb-<id>-cctv ...        /run/firebreak-<id>   the agent's run directory (bpffs, control socket)
#   /run/fb-lab/<id>  pids, logs, policies, state; root's, because policies and pins must be
#
# Needs common.sh.

LAB_ROOT=/run/fb-lab

# lab_new [ID]: take an id, make its directory, remove everything at exit. (lab_attach: use one that stands.)
lab_new() {
	local id=${1:-}
	while [ -z "$id" ]; do
		id=$(printf '%04x%04x' $((RANDOM * 2 + RANDOM % 2)) $((RANDOM * 2 + RANDOM % 2)))
		[ ! -e "$LAB_ROOT/$id" ] || id=
	done
	[[ $id =~ ^[a-z0-9]{1,16}$ ]] || die "\"$id\" cannot be the name of a lab: small letters and digits, at most 16"
	mkdir -p "$LAB_ROOT"
	chmod 755 "$LAB_ROOT"
	mkdir "$LAB_ROOT/$id" 2>/dev/null || die "there is a lab \"$id\" already: scripts/lab down $id"
	[ -z "${FB_LAB_IDS:-}" ] || echo "$id" >>"$FB_LAB_IDS"
	at_exit lab_at_exit
	lab_use "$id"
	# nginx, sshd and other daemons drop privileges and want to read below here
	chmod 755 "$LAB_DIR"
	mkdir -p "$LAB_DIR/log" "$LAB_DIR/policy" "$LAB_DIR/state"
	: >"$LAB_DIR/pids"
}
lab_attach() {
	[ -d "$LAB_ROOT/$1" ] || die "no lab \"$1\": scripts/lab list"
	lab_use "$1"
}
lab_use() {
	LAB_ID=$1
	LAB_DIR=$LAB_ROOT/$1
	LAB_RUN=/run/firebreak-$1
	export LAB_ID LAB_DIR LAB_RUN
}
LAB_KEEP=
lab_at_exit() {
	if declare -F lab_last_words >/dev/null; then lab_last_words; fi
	[ "$LAB_KEEP" ] || lab_down
}

ns() { echo "fb-$LAB_ID-$1"; }
# on HOST COMMAND...: in the network namespace of that host, and only in that (`ip netns exec` would also make a private mount
# namespace, and the agent's bpffs would end with it).
on() {
	local host=$1
	shift
	nsenter --net="/run/netns/fb-$LAB_ID-$host" -- "$@"
}

# ---- networks

lab_ns() {
	ip netns add "$(ns "$1")"
	on "$1" ip link set lo up
	on "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0
}
# The gateway is a router before it is a firewall. Strict source checks are the policy's business, not rp_filter's.
lab_gateway() {
	lab_ns gw
	on gw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0
}

# The host's end of a veth that leads to the gateway, and why it is not left as it comes:
#  gro on     without NAPI on the receiving end every frame that XDP redirects to it is lost; only a driver counter shows it
#  tx off     a half-made checksum (CHECKSUM_PARTIAL) is never finished once XDP redirects the frame: TCP dies silently
#  txvlan off the tag must be in the bytes: offloaded, XDP at the gateway does not see it (and the kernel then uses another zone)
# Real networks need none of this. host_end_settings_are_needed.sh fails if they stop to matter.
lab_host_end() { # HOST IF
	on "$1" ethtool -K "$2" tx off gro on txvlan off >/dev/null
}

# lab_link HOST HOSTIF GWIF [MAC [INDEX]]: a cable between the host and the gateway, whose end has this index.
lab_link() {
	local host=$1 host_if=$2 gw_if=$3 mac=${4:-} index=${5:-}
	on gw ip link add "$gw_if" ${index:+index "$index"} type veth peer name "$host_if" netns "$(ns "$host")" ${mac:+address "$mac"}
	lab_host_end "$host" "$host_if"
	on "$host" ip link set "$host_if" up
	on gw ip link set "$gw_if" up
}
# lab_address HOST IF ADDRESS...
lab_address() {
	local host=$1 dev=$2 address
	shift 2
	for address in "$@"; do
		case $address in
		*:*) on "$host" ip -6 address add "$address" dev "$dev" nodad ;;
		*) on "$host" ip address add "$address" dev "$dev" ;;
		esac
	done
}
# lab_network ZONE "GATEWAY-ADDRESSES" "HOST-ADDRESSES" [MAC]: namespace ZONE with eth0, gateway with ZONE0, default routes.
# The gateway's end shares no setting with the host's: it is what the product meets in the field.
lab_network() {
	local zone=$1 gw=$2 hosts=$3 mac=${4:-} address
	lab_ns "$zone"
	lab_link "$zone" eth0 "${zone}0" "$mac"
	# shellcheck disable=SC2086
	lab_address gw "${zone}0" $gw
	# shellcheck disable=SC2086
	lab_address "$zone" eth0 $hosts
	for address in $gw; do
		address=${address%/*}
		case $address in
		*:*) on "$zone" ip -6 route add default via "$address" ;;
		*) on "$zone" ip route add default via "$address" ;;
		esac
	done
}

#             traffic 10.10.0.0/16, 2001:db8:10::/48      cctv 10.20.0.0/16
#             signals 10.10.1.1 .2 .3                     cam-0412 10.20.4.12, cam-0413 10.20.4.13
#                               traffic0 \                / cctv0
#   corp 172.16.0.0/12     corp0 -------- [ fb-<id>-gw ] -------- video0    video 10.30.0.0/26      nvr-1 .10
#   dns-1 .0.53 ntp-1 .0.123          inet0 /    | jump0  \ control0        control 10.30.0.64/26   utc-1 .84
#   desk 172.16.5.20       198.51.100.0/24   jump 10.30.0.128/28, jump-1 .130
# The gateway has the first address of each network. These are the networks of policies/examples/northport.fb.
northport_up() {
	lab_gateway
	lab_network traffic "10.10.0.1/16 2001:db8:10::1/48" "10.10.1.1/16 10.10.1.2/16 10.10.1.3/16 2001:db8:10::101/48"
	lab_network cctv 10.20.0.1/16 "10.20.4.12/16 10.20.4.13/16" 3c:ef:8c:00:04:12
	lab_network video 10.30.0.1/26 10.30.0.10/26
	lab_network control 10.30.0.65/26 10.30.0.84/26
	lab_network jump 10.30.0.129/28 10.30.0.130/28
	lab_network corp 172.16.0.1/12 "172.16.5.20/12 172.16.0.53/12 172.16.0.123/12"
	lab_network inet 198.51.100.1/24 "198.51.100.20/24 198.51.100.66/24"
}

# ---- programs

# lab_spawn HOST NAME COMMAND...: in the background, its output in log/NAME.log, ended with the lab. In a session of its own, so
# that Ctrl-C ends it through lab_down and not in the middle of somebody's sentence.
lab_spawn() {
	local host=$1 name=$2 pid
	shift 2
	setsid nsenter --net="/run/netns/fb-$LAB_ID-$host" -- "$@" >>"$LAB_DIR/log/$name.log" 2>&1 </dev/null &
	pid=$!
	disown "$pid"
	echo "$pid $(pid_start "$pid") $name" >>"$LAB_DIR/pids"
}
# When a process started: a pid that comes again is another process.
pid_start() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	stat=${stat##*) }
	# shellcheck disable=SC2086
	set -- $stat
	echo "${20}"
}
# lab_pid NAME: the pid of the last one of that name, if it lives.
lab_pid() {
	local pid start name found=
	while read -r pid start name; do
		if [ "$name" = "$1" ] && [ -n "$start" ] && [ "$(pid_start "$pid")" = "$start" ]; then found=$pid; fi
	done <"$LAB_DIR/pids"
	[ "$found" ] && echo "$found"
}
lab_running() { lab_pid "$1" >/dev/null; }
lab_gone() { ! lab_running "$1"; }
# lab_stop NAME [SIGNAL]
lab_stop() {
	local pid
	pid=$(lab_pid "$1") || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null || true
	wait_until 10 lab_gone "$1" || kill -KILL "$pid" 2>/dev/null || true
}
lab_log() { cat "$LAB_DIR/log/$1.log"; }

# Ends what belongs to the lab and nothing else: recorded pids, whatever still lives in its namespaces, its mounts, its directories.
lab_down() {
	local pid start name space target round
	local pids=()
	[ -d "${LAB_DIR:-/nonexistent}" ] || return 0
	while read -r pid start name; do
		if [ -n "$start" ] && [ "$(pid_start "$pid")" = "$start" ]; then pids+=("$pid"); fi
	done <"$LAB_DIR/pids"
	[ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
	for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
		pids=()
		for space in "/run/netns/fb-$LAB_ID-"*; do
			[ -e "$space" ] || continue
			mapfile -t -O "${#pids[@]}" pids < <(ip netns pids "${space##*/}" 2>/dev/null)
		done
		[ ${#pids[@]} -gt 0 ] || break
		if [ "$round" = 1 ]; then kill -TERM "${pids[@]}" 2>/dev/null || true; fi
		if [ "$round" -gt 15 ]; then kill -KILL "${pids[@]}" 2>/dev/null || true; fi
		sleep 0.1
	done
	# deepest first; the agent's bpffs holds the pins, so this detaches everything
	while read -r target; do umount "$target" 2>/dev/null || umount -l "$target" 2>/dev/null || true; done < <(
		awk -v run="$LAB_RUN" -v dir="$LAB_DIR" '$2 == run || $2 == dir || index($2, run "/") == 1 || index($2, dir "/") == 1 {print $2}' /proc/self/mounts | sort -r)
	for space in "/run/netns/fb-$LAB_ID-"*; do
		[ -e "$space" ] && ip netns del "${space##*/}" 2>/dev/null
	done
	rm -rf "$LAB_RUN" "$LAB_DIR"
	rmdir "$LAB_ROOT" 2>/dev/null || true
}

# ---- firebreak

METRICS_PORT=9456
# The program and its metrics, as an operator on the gateway uses them.
# Without the ssh session of whoever runs the lab: nothing here is on trial unless a test says so.
firebreak() { SSH_CONNECTION='' FIREBREAK_SOCKET=$LAB_RUN/control.sock on gw "$FB_BUILD/firebreak" "$@"; }
metrics() { on gw curl -sS --max-time $((5 * PATIENCE)) "http://127.0.0.1:$METRICS_PORT/metrics"; }
control() { on gw curl -sS --max-time $((10 * PATIENCE)) --unix-socket "$LAB_RUN/control.sock" "http://localhost/v1/$1"; } # PATH

AGENT=$FB_BUILD/firebreakd # or one of another ABI version
agent_start() {
	lab_spawn gw agent "$AGENT" --run-dir "$LAB_RUN" --state-dir "$LAB_DIR/state" \
		--metrics "127.0.0.1:$METRICS_PORT" "$@"
	wait_until 30 agent_answers || {
		lab_log agent >&2
		die "the agent did not come up"
	}
}
agent_answers() { lab_running agent && control status | jq -e .schema; }
agent_kill() { lab_stop agent KILL; }

# policy_file NAME < TEXT, or policy_copy FILE [NAME]: a policy's files belong to root and nobody else may write them (S57); a
# checkout's may be anybody's, so a copy is what is applied, with the service catalogue beside it. Both print the path.
policy_file() {
	policy_services
	(umask 022 && cat >"$LAB_DIR/policy/$1")
	echo "$LAB_DIR/policy/$1"
}
policy_copy() { policy_file "${2:-${1##*/}}" <"$1"; }
policy_services() {
	[ -e "$LAB_DIR/policy/services.fb" ] || install -o root -g root -m 644 "$FB_TOP"/policies/services/*.fb "$LAB_DIR/policy/"
}
apply() { firebreak apply "$@"; }

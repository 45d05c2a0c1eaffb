# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What lives in the networks of the example town: real programs, started in a lab, and what people do with them.
# Needs common.sh, lab.sh and a lab with northport_up's networks.

CAMERA=10.20.4.12 SIGNAL=10.10.1.1 RECORDER=10.30.0.10 DNS_SERVER=172.16.0.53 NTP_SERVER=172.16.0.123
UTC=10.30.0.84 JUMP=10.30.0.130 DESK=172.16.5.20 STRANGER=198.51.100.66
export CAMERA SIGNAL RECORDER DNS_SERVER NTP_SERVER UTC JUMP DESK STRANGER

listening() { on "$1" ss -Hln "$3" "sport = :$2" | grep -q .; } # HOST PORT -t|-u
# started HOST PORT -t|-u NAME: the service listens, or its log says why not
started() {
	wait_until 15 listening "$1" "$2" "$3" || {
		lab_log "$4" >&2
		die "$4 did not start"
	}
}

# ---- the camera: RTSP on port 554
camera_up() {
	lab_spawn cctv camera "$FB_TOP/tests/support/camera.py" "$CAMERA"
	started cctv 554 -t camera
}
# recorder_watch FRAMES: pulls that many frames and decodes them; prints how many came.
recorder_watch() {
	on video timeout 20 ffmpeg -hide_banner -loglevel error -nostdin -rtsp_transport tcp -i "rtsp://$CAMERA/live" \
		-frames:v "$1" -f framemd5 - 2>>"$LAB_DIR/log/recorder.log" | grep -vc '^#'
}
# A recording that goes on in the background, with a line a frame in log/recording.log.
recording_start() {
	lab_spawn video recording ffmpeg -hide_banner -loglevel error -nostdin -rtsp_transport tcp -i "rtsp://$CAMERA/live" \
		-flush_packets 1 -f framemd5 -
}
recording_frames() { grep -vc '^#' "$LAB_DIR/log/recording.log" || true; }

# ---- a signal controller: SNMP (NTCIP is SNMP) and ssh
signal_up() {
	mkdir -p "$LAB_DIR/signal"
	cat >"$LAB_DIR/signal/snmpd.conf" <<-END
	agentaddress udp:161
	rocommunity public
	sysName sig-j01
	sysDescr traffic signal controller
	END
	SNMP_PERSISTENT_DIR=$LAB_DIR/signal MIBS='' lab_spawn traffic snmpd snmpd -f -Lo -C -c "$LAB_DIR/signal/snmpd.conf" -p "$LAB_DIR/signal/snmpd.pid"
	sshd_up traffic signal "traffic signal controller sig-j01"
	started traffic 161 -u snmpd
}
centre_polls() { # [ADDRESS]
	SNMP_PERSISTENT_DIR=$LAB_DIR/snmp MIBS='' on control snmpget -v2c -c public -r 1 -t $((2 * PATIENCE)) -Oqv "${1:-$SIGNAL}" 1.3.6.1.2.1.1.5.0
}

# sshd_up HOST NAME WORDS: an sshd that answers every login with these words.
sshd_up() {
	local host=$1 dir=$LAB_DIR/$2 words=$3
	mkdir -p "$dir" /run/sshd
	chmod 755 /run/sshd
	[ -e "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
	[ -e "$LAB_DIR/operator" ] || ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/operator"
	cat >"$dir/sshd.conf" <<-END
	Port 22
	HostKey $dir/key
	PidFile $dir/sshd.pid
	AuthorizedKeysFile $LAB_DIR/operator.pub
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	PermitRootLogin forced-commands-only
	PrintLastLog no
	UseDNS no
	END
	printf 'command="echo %s; cat" %s\n' "'$words'" "$(<"$LAB_DIR/operator.pub")" >"$dir/authorized"
	sed -i "s|^AuthorizedKeysFile .*|AuthorizedKeysFile $dir/authorized|" "$dir/sshd.conf"
	lab_spawn "$host" "sshd-$host" /usr/sbin/sshd -D -e -f "$dir/sshd.conf"
	started "$host" 22 -t "sshd-$host"
}
# An operator on jump-1 who works on the gateway: operator COMMAND... over real ssh, with the session that sshd tells of.
operator_up() {
	sshd_up gw gate gateway
	# shellcheck disable=SC2016 # expanded by the login
	printf 'command="FIREBREAK_SOCKET=%s sh -c \\"$SSH_ORIGINAL_COMMAND\\"" %s\n' "$LAB_RUN/control.sock" "$(<"$LAB_DIR/operator.pub")" \
		>"$LAB_DIR/gate/authorized"
}
operator() {
	on jump timeout $((30 * PATIENCE)) ssh -F none -i "$LAB_DIR/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=$((2 * PATIENCE)) root@10.30.0.129 "$*" </dev/null
}
# ssh_from HOST ADDRESS [OPTION...]: what the other end says.
ssh_from() {
	local host=$1 address=$2
	shift 2
	on "$host" ssh -F none -i "$LAB_DIR/operator" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR -o BatchMode=yes -o ConnectTimeout=$((4 * PATIENCE)) "$@" "root@$address" </dev/null
}

# ---- the recorder's web page: https (and http, which nobody allows)
web_up() {
	local dir=$LAB_DIR/web
	mkdir -p "$dir/logs"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=nvr-1 \
		-keyout "$dir/key" -out "$dir/certificate" 2>/dev/null
	echo "recorder nvr-1" >"$dir/index.html"
	head -c 20000000 /dev/zero >"$dir/evidence.bin"
	cat >"$dir/nginx.conf" <<-END
	user root;
	daemon off;
	worker_processes 1;
	pid $dir/pid;
	error_log stderr;
	events { }
	http {
	  access_log off;
	  client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi;
	  uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
	  server {
	    listen 80; listen 443 ssl;
	    ssl_certificate $dir/certificate; ssl_certificate_key $dir/key;
	    root $dir;
	  }
	}
	END
	lab_spawn video nginx nginx -p "$dir" -e stderr -c "$dir/nginx.conf"
	started video 443 -t nginx
}
browse() { # HOST URL: the status
	on "$1" curl -sSk --max-time $((4 * PATIENCE)) -o /dev/null -w '%{http_code}' "$2"
}

# ---- the office: DNS and NTP
dns_up() { # [HOST ADDRESS]
	local host=${1:-corp} address=${2:-$DNS_SERVER}
	lab_spawn "$host" "dnsmasq-$host" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces \
		--listen-address="$address" --user=root --pid-file="$LAB_DIR/dnsmasq-$host.pid" --address=/town.example/192.0.2.7 --log-facility=-
	started "$host" 53 -u "dnsmasq-$host"
}
resolve_from() { # HOST [SERVER]
	on "$1" dig +short +timeout=$((2 * PATIENCE)) +tries=1 "@${2:-$DNS_SERVER}" www.town.example A
}
ntp_up() {
	printf 'local stratum 8\nallow all\nbindaddress %s\ncmdport 0\npidfile %s\n' "$NTP_SERVER" "$LAB_DIR/chrony.pid" >"$LAB_DIR/chrony.conf"
	# -x: it serves this clock and never touches it
	lab_spawn corp chrony chronyd -d -x -u root -f "$LAB_DIR/chrony.conf"
	started corp 123 -u chrony
}
ask_time_from() { # HOST [SERVER]: -Q asks and sets nothing
	on "$1" chronyd -Q -t 4 -u root "server ${2:-$NTP_SERVER} iburst maxsamples 1" "pidfile $LAB_DIR/ask-$1.pid" "cmdport 0" 2>&1 | grep -q 'System clock wrong by'
}

# ---- an attacker on the camera's cable
# scan_signals: the ports that nmap, from the camera, finds open, closed or answering in any way, one a line.
scan_signals() {
	on cctv nmap -n -Pn --max-retries 1 --min-rate 200 --host-timeout 20s -sS -p 22,80,161,443,8080 -oG - 10.10.1.1-3 2>/dev/null |
		tr ',' '\n' | sed 's/.*Ports: //; s/\t.*//' | grep -oE '[0-9]+/(open|closed|unfiltered)[^/]*' || true
}

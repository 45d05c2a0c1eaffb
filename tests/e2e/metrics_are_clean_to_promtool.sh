#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /metrics on the gateway's loopback is what Prometheus accepts without a remark, says the same as the CLI, and nobody else can read it.
#
#   recorder 10.30.0.10 --- video0 [gateway, 127.0.0.1:9456] corp0 --- desk 172.16.5.20
set -euo pipefail
# shellcheck source=tests/support/e2e.sh
. "${BASH_SOURCE[0]%/*}/../support/e2e.sh"

lab_new
northport_up
web_up
agent_start
metrics >"$LAB_DIR/metrics.empty"
claim "clean without a policy" promtool check metrics <"$LAB_DIR/metrics.empty"
policy=$(town_policy town.fb <<-'END'
	firebreak corp -> video { allow desk -> nvr-1 tcp/443 id web }
	never cctv <-> traffic
END
)
apply "$policy"
same "the desk may browse" 200 "$(browse corp "https://$RECORDER/")"
deny "but not without encryption" browse corp "http://$RECORDER/"
scan_signals >/dev/null
metrics >"$LAB_DIR/metrics"
said=$(promtool check metrics <"$LAB_DIR/metrics" 2>&1) || fail "promtool: $said"
same "promtool has no remark" "" "$said"
value() { sed -n "s/^$1 //p" "$LAB_DIR/metrics" | head -n 1; }
same "the never of cctv and traffic" "$(dropped cctv traffic never)" \
	"$(value 'firebreak_dropped_packets_total{src_zone="cctv",dst_zone="traffic",reason="never"}')"
same "the line's packets" "$(rule_packets web)" "$(value 'firebreak_rule_packets_total{rule="web"}')"
same "the generation" "$(generation)" "$(value firebreak_policy_generation)"
same "seven interfaces enforce" 7 "$(grep -cE '^firebreak_interface_enforcing\{.*\} 1$' "$LAB_DIR/metrics")"
same "no address and no MAC is a label" 0 "$(grep -v '^#' "$LAB_DIR/metrics" | grep -cE '([0-9]{1,3}\.){3}[0-9]{1,3}|([0-9a-f]{2}:){5}[0-9a-f]{2}' || true)"
deny "the office cannot read them" browse corp http://172.16.0.1:9456/metrics

# What is shipped for Prometheus and Grafana: right by its own tests, and about metrics that exist.
shipped=$FB_TOP/userspace/export/prometheus
claim "the rules are right" promtool check rules "$shipped/firebreak.rules.yml"
claim "each alert fires when it should, and not when it should not" promtool test rules "$shipped/firebreak_test.yml"
sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$LAB_DIR/metrics" | sort -u >"$LAB_DIR/served"
used() { grep -ohE 'firebreak_[a-z_]+[a-z]' "$shipped/firebreak.rules.yml" "$shipped/grafana.json" | grep -v _test | sort -u; }
same "rules and dashboard use what is served" "" "$(used | comm -23 - "$LAB_DIR/served" | paste -sd' ')"

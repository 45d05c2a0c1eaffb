// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "export/metrics.h"

static struct fb_metrics sample(void)
{
	struct fb_metrics m = {
		.version = "0.1.0",
		.kernel = "6.1.0",
		.policy = "Northport \"old\" town",
		.policy_version = "15",
		.generation = 231,
		.confirm_deadline = 1795386809,
		.apply_failures = 2,
		.redirect_errors = 3,
		.map_bytes = 195519552,
		.started = 1795386689,
		.flows = { .by_state = { [FB_FLOW_NEW] = 1, [FB_FLOW_ESTABLISHED] = 7 },
			   .capacity = 1048576 },
	};
	struct fb_metrics_pair pair = { .src = "cctv", .dst = "video", .allowed = true };

	pair.by_reason[FB_PASSED] = (struct fb_pair_counter){ 10, 1000 };
	pair.by_reason[FB_DROP_NO_ALLOW] = (struct fb_pair_counter){ 4, 240 };
	pair.by_reason[FB_WOULD_DROP] = (struct fb_pair_counter){ 5, 300 };
	fb_vec_add(&m.pairs, pair);
	fb_vec_add(&m.pairs, (struct fb_metrics_pair){ .src = "video", .dst = "self", .allowed = true });
	fb_vec_add(&m.pairs, (struct fb_metrics_pair){ .src = "video", .dst = "cctv" });
	fb_vec_add(&m.rules, (struct fb_metrics_rule){ .id = "rtsp",
						       .pairs = "video -> cctv",
						       .at = strdup("a\\b\n.fb:7"),
						       .deadline = 1798761600,
						       .counter = { 1, 2, 3, 4 } });
	fb_vec_add(&m.rules, (struct fb_metrics_rule){ .id = "f85e29ed07c4",
						       .pairs = "",
						       .at = strdup("x.fb:9"),
						       .never = true,
						       .deadline = FB_NO_DEADLINE });
	fb_vec_add(&m.devices, (struct fb_metrics_device){ "eth1", "native", true });
	fb_vec_add(&m.plans, (struct fb_metrics_plan){ "city-cut", true });
	fb_vec_add(&m.plans, (struct fb_metrics_plan){ "ot-cut", false });
	m.quarantined = 2;
	return m;
}

static const char golden[] =
	"# HELP firebreak_build_info Version of the agent and of the kernel it runs on.\n"
	"# TYPE firebreak_build_info gauge\n"
	"firebreak_build_info{version=\"0.1.0\",kernel=\"6.1.0\"} 1\n"
	"# HELP firebreak_agent_start_timestamp_seconds When the agent started.\n"
	"# TYPE firebreak_agent_start_timestamp_seconds gauge\n"
	"firebreak_agent_start_timestamp_seconds 1795386689\n"
	"# HELP firebreak_policy_generation The generation in force, 0 if none: all is dropped.\n"
	"# TYPE firebreak_policy_generation gauge\n"
	"firebreak_policy_generation 231\n"
	"# HELP firebreak_policy_info Name and version of the policy in force.\n"
	"# TYPE firebreak_policy_info gauge\n"
	"firebreak_policy_info{name=\"Northport \\\"old\\\" town\",version=\"15\"} 1\n"
	"# HELP firebreak_policy_apply_failures_total Applies that were refused since the agent started.\n"
	"# TYPE firebreak_policy_apply_failures_total counter\n"
	"firebreak_policy_apply_failures_total 2\n"
	"# HELP firebreak_policy_confirm_deadline_timestamp_seconds When a policy on trial is taken back; 0 "
	"= nothing "
	"is on trial.\n"
	"# TYPE firebreak_policy_confirm_deadline_timestamp_seconds gauge\n"
	"firebreak_policy_confirm_deadline_timestamp_seconds 1795386809\n"
	"# HELP firebreak_redirect_errors_total Packets that a driver did not take after the verdict.\n"
	"# TYPE firebreak_redirect_errors_total counter\n"
	"firebreak_redirect_errors_total 3\n"
	"# HELP firebreak_events_emitted_total Events that the data plane told the agent.\n"
	"# TYPE firebreak_events_emitted_total counter\n"
	"firebreak_events_emitted_total 0\n"
	"# HELP firebreak_events_lost_total Events that were left out: too many in a second, or nobody read "
	"them.\n"
	"# TYPE firebreak_events_lost_total counter\n"
	"firebreak_events_lost_total 0\n"
	"# HELP firebreak_maps_bytes Kernel memory of all tables.\n"
	"# TYPE firebreak_maps_bytes gauge\n"
	"firebreak_maps_bytes 195519552\n"
	"# HELP firebreak_interface_enforcing 1 if a policy interface enforces, 0 if it is closed or "
	"broken.\n"
	"# TYPE firebreak_interface_enforcing gauge\n"
	"firebreak_interface_enforcing{device=\"eth1\"} 1\n"
	"# HELP firebreak_interface_xdp_mode_info How XDP is attached to a policy interface.\n"
	"# TYPE firebreak_interface_xdp_mode_info gauge\n"
	"firebreak_interface_xdp_mode_info{device=\"eth1\",mode=\"native\"} 1\n"
	"# HELP firebreak_devices Devices: seen and declared, seen and not declared, declared and not seen.\n"
	"# TYPE firebreak_devices gauge\n"
	"# HELP firebreak_isolation_active 1 while an isolation plan of the policy is active.\n"
	"# TYPE firebreak_isolation_active gauge\n"
	"firebreak_isolation_active{plan=\"city-cut\"} 1\n"
	"firebreak_isolation_active{plan=\"ot-cut\"} 0\n"
	"# HELP firebreak_quarantined How many devices, groups and addresses are in quarantine.\n"
	"# TYPE firebreak_quarantined gauge\n"
	"firebreak_quarantined 2\n"
	"# HELP firebreak_flows Live flows by state, counted by the agent.\n"
	"# TYPE firebreak_flows gauge\n"
	"firebreak_flows{state=\"new\"} 1\n"
	"firebreak_flows{state=\"replied\"} 0\n"
	"firebreak_flows{state=\"established\"} 7\n"
	"firebreak_flows{state=\"closing\"} 0\n"
	"firebreak_flows{state=\"datagram\"} 0\n"
	"# HELP firebreak_flow_insert_failures_total Packets dropped because the table had no room for the "
	"flow "
	"that they begin.\n"
	"# TYPE firebreak_flow_insert_failures_total counter\n"
	"firebreak_flow_insert_failures_total 0\n"
	"# HELP firebreak_flows_capacity Flows that the table has room for.\n"
	"# TYPE firebreak_flows_capacity gauge\n"
	"firebreak_flows_capacity 1048576\n"
	"# HELP firebreak_passed_packets_total Packets passed between two zones.\n"
	"# TYPE firebreak_passed_packets_total counter\n"
	"firebreak_passed_packets_total{src_zone=\"cctv\",dst_zone=\"video\"} 10\n"
	"firebreak_passed_packets_total{src_zone=\"video\",dst_zone=\"self\"} 0\n"
	"# HELP firebreak_passed_bytes_total Bytes passed between two zones.\n"
	"# TYPE firebreak_passed_bytes_total counter\n"
	"firebreak_passed_bytes_total{src_zone=\"cctv\",dst_zone=\"video\"} 1000\n"
	"firebreak_passed_bytes_total{src_zone=\"video\",dst_zone=\"self\"} 0\n"
	"# HELP firebreak_dropped_packets_total Packets dropped between two zones, by reason.\n"
	"# TYPE firebreak_dropped_packets_total counter\n"
	"firebreak_dropped_packets_total{src_zone=\"cctv\",dst_zone=\"video\",reason=\"no-allow\"} 4\n"
	"# HELP firebreak_dropped_bytes_total Bytes dropped between two zones, by reason.\n"
	"# TYPE firebreak_dropped_bytes_total counter\n"
	"firebreak_dropped_bytes_total{src_zone=\"cctv\",dst_zone=\"video\",reason=\"no-allow\"} 240\n"
	"# HELP firebreak_would_drop_packets_total Packets that only observe mode let pass.\n"
	"# TYPE firebreak_would_drop_packets_total counter\n"
	"firebreak_would_drop_packets_total{src_zone=\"cctv\",dst_zone=\"video\"} 5\n"
	"# HELP firebreak_would_drop_bytes_total Bytes that only observe mode let pass.\n"
	"# TYPE firebreak_would_drop_bytes_total counter\n"
	"firebreak_would_drop_bytes_total{src_zone=\"cctv\",dst_zone=\"video\"} 300\n"
	"# HELP firebreak_rule_packets_total Packets that a line allowed, or that a never line stopped.\n"
	"# TYPE firebreak_rule_packets_total counter\n"
	"firebreak_rule_packets_total{rule=\"rtsp\"} 1\n"
	"firebreak_rule_packets_total{rule=\"f85e29ed07c4\"} 0\n"
	"# HELP firebreak_rule_bytes_total Bytes that a line allowed, or that a never line stopped.\n"
	"# TYPE firebreak_rule_bytes_total counter\n"
	"firebreak_rule_bytes_total{rule=\"rtsp\"} 2\n"
	"firebreak_rule_bytes_total{rule=\"f85e29ed07c4\"} 0\n"
	"# HELP firebreak_rule_flows_total Flows that a line began.\n"
	"# TYPE firebreak_rule_flows_total counter\n"
	"firebreak_rule_flows_total{rule=\"rtsp\"} 3\n"
	"firebreak_rule_flows_total{rule=\"f85e29ed07c4\"} 0\n"
	"# HELP firebreak_rule_info Which pairs a line is for and where it stands; join it on the label "
	"rule.\n"
	"# TYPE firebreak_rule_info gauge\n"
	"firebreak_rule_info{rule=\"rtsp\",kind=\"allow\",pairs=\"video -> cctv\",at=\"a\\\\b\\n.fb:7\"} 1\n"
	"firebreak_rule_info{rule=\"f85e29ed07c4\",kind=\"never\",pairs=\"\",at=\"x.fb:9\"} 1\n"
	"# HELP firebreak_rule_expiry_timestamp_seconds When a dated line ends.\n"
	"# TYPE firebreak_rule_expiry_timestamp_seconds gauge\n"
	"firebreak_rule_expiry_timestamp_seconds{rule=\"rtsp\"} 1798761600\n"
	"# HELP firebreak_omitted_series Series that the budget of one scrape has no room for.\n"
	"# TYPE firebreak_omitted_series gauge\n"
	"firebreak_omitted_series 0\n";

Test(metrics, renders_the_classic_text_format)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	cr_assert_str_eq(fb_strbuf_get(&out), golden);
	fb_metrics_done(&m);
}

static bool has(const struct fb_strbuf *out, const char *text)
{
	return strstr(fb_strbuf_get(out), text) != NULL;
}

Test(metrics, open_metrics_names_families_without_suffix_and_says_where_it_ends)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };

	fb_metrics_render(&m, FB_METRICS_OPENMETRICS, &out);
	cr_assert(has(&out, "# TYPE firebreak_passed_packets counter\nfirebreak_passed_packets_total{"));
	cr_assert(has(&out, "# TYPE firebreak_build info\nfirebreak_build_info{"));
	cr_assert_str_eq(out.s + out.len - 6, "# EOF\n");
	fb_metrics_done(&m);
}

Test(metrics, format_follows_the_accept_header)
{
	cr_assert_eq(fb_metrics_format(""), FB_METRICS_PROMETHEUS);
	cr_assert_eq(fb_metrics_format("text/plain;version=0.0.4"), FB_METRICS_PROMETHEUS);
	cr_assert_eq(fb_metrics_format("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"),
		     FB_METRICS_OPENMETRICS);
	cr_assert(strstr(fb_metrics_content_type(FB_METRICS_PROMETHEUS), "version=0.0.4"));
}

Test(metrics, promtool_finds_nothing_to_complain_about)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };
	FILE *promtool;

	if (system("promtool --version >/dev/null 2>&1") != 0)
		cr_skip_test("no promtool here");
	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	promtool = popen("promtool check metrics", "w");
	cr_assert(promtool);
	fwrite(out.s, 1, out.len, promtool);
	cr_assert_eq(pclose(promtool), 0);
	fb_metrics_done(&m);
}

static size_t count_series(const struct fb_strbuf *out)
{
	size_t n = 0;

	for (const char *line = fb_strbuf_get(out); *line; line = strchr(line, '\n') + 1)
		n += *line != '#';
	return n;
}

static void add_rules(struct fb_metrics *m, size_t n)
{
	static char ids[20000][8];

	for (size_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "r%zu", i);
		fb_vec_add(&m->rules, (struct fb_metrics_rule){ .id = ids[i],
								.pairs = "a -> b",
								.at = strdup("a.fb:1"),
								.deadline = FB_NO_DEADLINE,
								.counter.packets = i == n - 1 });
	}
}

Test(metrics, never_more_than_the_budget_and_rules_that_were_hit_come_first)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };

	add_rules(&m, 20000);
	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	cr_assert_leq(count_series(&out), FB_METRICS_SERIES_MAX);
	cr_assert_geq(count_series(&out), FB_METRICS_SERIES_MAX - 5);
	cr_assert(has(&out, "firebreak_rule_packets_total{rule=\"r19999\"} 1\n"), "the one that was hit");
	cr_assert(has(&out, "firebreak_rule_packets_total{rule=\"r0\"} 0\n"));
	cr_assert_not(has(&out, "rule=\"r19998\""));
	cr_assert_not(has(&out, "firebreak_omitted_series 0\n"), "and it says so");
	fb_metrics_done(&m);
}

Test(metrics, flow_insert_failures_are_the_table_full_drops_of_all_pairs)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };

	m.pairs.v[0].by_reason[FB_DROP_TABLE_FULL].packets = 40;
	m.pairs.v[2].by_reason[FB_DROP_TABLE_FULL].packets = 2;
	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	cr_assert(has(&out, "firebreak_flow_insert_failures_total 42\n"));
	fb_metrics_done(&m);
}

/* What check counts with. */
Test(metrics, the_budget_knows_what_each_part_of_a_policy_takes)
{
	struct fb_metrics m = { .version = "1", .kernel = "6.1", .policy = "p", .policy_version = "1" };
	fb_autostrbuf struct fb_strbuf empty = { 0 }, out = { 0 };

	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &empty);
	cr_assert_eq(count_series(&empty), FB_METRICS_SERIES_FIXED);
	fb_vec_add(&m.pairs, (struct fb_metrics_pair){ .src = "a", .dst = "b", .allowed = true });
	fb_vec_add(&m.rules, (struct fb_metrics_rule){ .id = "r", .pairs = "", .at = strdup("p.fb:1") });
	fb_vec_add(&m.devices, (struct fb_metrics_device){ "eth1", "native", true });
	fb_vec_add(&m.inventory, (struct fb_metrics_inventory){ .zone = "a" });
	fb_vec_add(&m.plans, (struct fb_metrics_plan){ "cut", false });
	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	cr_assert_eq(count_series(&out), FB_METRICS_SERIES_FIXED + FB_METRICS_SERIES_PER_PAIR +
						 FB_METRICS_SERIES_PER_RULE + 1 +
						 FB_METRICS_SERIES_PER_DEVICE + FB_METRICS_SERIES_PER_ZONE +
						 FB_METRICS_SERIES_PER_PLAN);
	fb_metrics_done(&m);
}

Test(metrics, a_scan_over_all_pairs_and_reasons_stays_within_the_budget)
{
	struct fb_metrics m = sample();
	fb_autostrbuf struct fb_strbuf out = { 0 };
	static char names[64][4];

	for (unsigned int i = 0; i < 4096; i++) {
		struct fb_metrics_pair pair = { .src = names[i / 64], .dst = names[i % 64], .allowed = true };

		snprintf(names[i % 64], sizeof(names[0]), "z%u", i % 64);
		for (unsigned int reason = 0; reason < FB_REASON_COUNT; reason++)
			pair.by_reason[reason].packets = 1;
		fb_vec_add(&m.pairs, pair);
	}
	fb_metrics_render(&m, FB_METRICS_PROMETHEUS, &out);
	cr_assert_leq(count_series(&out), FB_METRICS_SERIES_MAX);
	cr_assert(has(&out, "firebreak_policy_generation 231\n"));
	fb_metrics_done(&m);
}

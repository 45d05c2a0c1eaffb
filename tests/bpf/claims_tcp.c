// SPDX-License-Identifier: GPL-2.0-only
/* TCP: the handshake, the close, the window. */
#include "claims.h"

static void tcp_begins_with_a_syn(void)
{
	static const __u8 wrong[] = { ACK,	 SYN | ACK, FIN | ACK, RST, RST | ACK,
				      PSH | ACK, SYN | FIN, SYN | RST, FIN };

	use_policy("");
	for (size_t i = 0; i < sizeof(wrong); i++)
		expect("cam", SPEC(RTSP, .tcp = wrong[i]), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .proto = 6, .tcp = 0), FB_DROP_TCP_STATE);
	CHECK(rig_flow_count(&rig) == 0, "made a flow");
}

static void a_half_open_connection_is_not_established_by_its_initiator(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 1), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 999), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 902), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

/* A connection whose ends granted 1000 bytes each; the camera has sent up to 101, the recorder up to 901. */
static void small_window_handshake(void)
{
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
}

static void data_outside_of_the_window_is_tcp_window(void)
{
	use_policy("");
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 500),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 + 1200, .ack = 901, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 - 3000, .ack = 901, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 100, .ack = 901, .window = 1000),
	       FB_PASSED); /* keepalive */
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 1001, .ack = 101, .window = 1000, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 601, .window = 1000), FB_PASSED);
	/* the acknowledgement moved the window */
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101 + 1200, .ack = 901, .window = 1000, .payload = 10),
	       FB_PASSED);
}

/* An open window is exceeded by no more than it is wide: what is at once on two CPUs, a probe, a FIN. */
static void a_segment_ends_where_the_window_does(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 10), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	for (int i = 0; i < 2; i++) { /* by the whole path, and by the shortest if there was a next hop */
		expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 1400),
		       FB_DROP_TCP_WINDOW);
		expect("cam",
		       SPEC(RTSP, .tcp = FIN | ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 20),
		       FB_DROP_TCP_WINDOW);
		expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 10),
		       FB_PASSED);
	}
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 111, .ack = 901, .window = 1000, .payload = 1),
	       FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 111, .window = 0), FB_PASSED);
}

static void a_syn_brings_no_data_past_the_window(void)
{
	use_policy("");
	small_window_handshake();
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = SYN | ACK | PSH, .seq = 0x70000000, .ack = 0x12345678, .payload = 1000),
	       FB_DROP_TCP_WINDOW);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 0x70000000, .ack = 101), FB_DROP_TCP_WINDOW);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK | PSH, .seq = 900, .ack = 101, .payload = 10),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = SYN | PSH, .seq = 0x70000000, .payload = 1000), FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = SYN | PSH, .seq = 100, .payload = 1001), FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = SYN | PSH, .seq = 100, .payload = 10), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
}

static void an_acknowledgement_of_what_was_never_sent_is_tcp_window(void)
{
	use_policy("");
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 902, .window = 1000), FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901 + 0x80000000u, .window = 1000),
	       FB_DROP_TCP_WINDOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901 - 70000, .window = 1000),
	       FB_DROP_TCP_WINDOW);
}

static void a_blind_reset_does_not_end_a_connection(void)
{
	static const __u32 guesses[] = { 3000,	     5000,	 0x40000000, 0x80000000,
					 0xc0000000, 101 + 1001, 101u - 2000 };

	use_policy("");
	small_window_handshake();
	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++)
		expect("cam", SPEC(RTSP, .tcp = RST, .seq = guesses[i]), FB_DROP_TCP_WINDOW);
	rig_clock(&rig, 6000, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 3, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101), FB_PASSED);
}

static void only_a_reset_of_exactly_the_next_byte_ends_a_connection(void)
{
	use_policy("");
	small_window_handshake();
	rig_clock(&rig, 6000, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101 + 500), FB_PASSED); /* its receiver asks back */
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .seq = 901 + 1, .ack = 101), FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 3, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 901), FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 6, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_DROP_TCP_STATE);
}

static void windows_scale_only_if_both_ends_say_so(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000, .scale = 8), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000, .scale = 8),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 100000, .ack = 101, .window = 1000, .payload = 100),
	       FB_PASSED);
	rig_flush_flows(&rig);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = 1000, .scale = 8), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901 + 100000, .ack = 101, .window = 1000, .payload = 100),
	       FB_DROP_TCP_WINDOW);
}

static void sequence_numbers_wrap(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0xfffffff0u, .window = 1000), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 0xffffff00u, .ack = 0xfffffff1u, .window = 1000),
	       FB_PASSED);
	expect("cam",
	       SPEC(RTSP, .tcp = ACK, .seq = 0xfffffff1u, .ack = 0xffffff01u, .window = 1000, .payload = 100),
	       FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 0xffffff01u, .ack = 0xfffffff1u + 100, .window = 1000,
		    .payload = 400),
	       FB_PASSED);
	expect("cam",
	       SPEC(RTSP, .tcp = ACK, .seq = 0xfffffff1u + 100, .ack = 0xffffff01u + 400, .window = 1000),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x70000000u, .ack = 0xffffff01u + 400, .window = 1000),
	       FB_DROP_TCP_WINDOW);
}

static void a_refused_connection_ends(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .ack = 5), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST | ACK, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED); /* tries again on the same ports */
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 1, .ack = 5001), FB_PASSED);
}

static void the_answering_side_cannot_begin_on_the_same_ports(void)
{
	use_policy("");
	handshake();
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN, .seq = 7), FB_DROP_NO_ALLOW);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_PASSED);
}

/* The recorder's last segments are lost behind the gateway for as long as an outage lasts. */
static void the_tail_of_a_closed_connection_outlives_an_outage(void)
{
	use_policy("");
	rig_clock(&rig, 6000, 1900000000);
	handshake();
	expect("cam", SPEC(RTSP, .tcp = FIN | ACK, .seq = 101, .ack = 901), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 102, .payload = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = FIN | ACK, .seq = 1901, .ack = 102, .payload = 1000), FB_PASSED);
	rig_clock(&rig, 6050, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 102, .payload = 1000), FB_PASSED);
	rig_clock(&rig, 6100, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 102, .ack = 1901), FB_PASSED);
	rig_clock(&rig, 6200, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 102, .ack = 1901), FB_DROP_TCP_STATE);
}

static void a_reset_connection_is_gone_soon(void)
{
	use_policy("");
	rig_clock(&rig, 6000, 1900000000);
	handshake();
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
	rig_clock(&rig, 6008, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 901), FB_PASSED);
	rig_clock(&rig, 6024, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 901), FB_DROP_NO_ALLOW);
}

/* FINs that neither end sent: each goes on behind them. */
static void a_connection_that_goes_on_behind_its_fins_is_not_over(void)
{
	use_policy("");
	rig_clock(&rig, 6000, 1900000000);
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = FIN | ACK, .seq = 601, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = FIN | ACK, .seq = 1401, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 500),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 601, .ack = 901, .window = 1000, .payload = 100),
	       FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 3, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 701, .ack = 901, .window = 1000, .payload = 10),
	       FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 711, .window = 1000), FB_PASSED);
}

static void the_answering_side_calls_back_on_the_ports_of_what_is_over(void)
{
	use_policy("firebreak vid -> cam { allow nvr -> any tcp/40000-41000 source-port 554 }\n");
	handshake();
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 101), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN | ACK, .seq = 0x50000000, .ack = 0x60000001), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 0x60000001, .ack = 0x50000001), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_TCP_WINDOW);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
}

/* Power cuts: nobody says a word, and the camera comes back with the same port. */
static void a_connection_that_both_ends_lost_begins_anew(void)
{
	use_policy("");
	rig_clock(&rig, 6000, 1900000000);
	small_window_handshake();
	rig_clock(&rig, 6100, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000000, .window = 2000, .scale = 3), FB_PASSED);
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 77000000, .ack = 5000001, .window = 2000, .scale = 2),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 5000001, .ack = 77000002), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 5000001, .ack = 77000001, .window = 2000), FB_PASSED);
	/* with windows of its own: 2000 << 2 of the camera's, 2000 << 1 of the recorder's after its next word */
	expect("vid",
	       SPEC(RTSP_BACK, .tcp = ACK, .seq = 77000001 + 7000, .ack = 5000001, .window = 2000,
		    .payload = 100),
	       FB_PASSED);
	expect("cam",
	       SPEC(RTSP, .tcp = ACK, .seq = 5000001 + 3900, .ack = 77000001, .window = 2000, .payload = 50),
	       FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_DROP_TCP_WINDOW);
}

static void an_attempt_on_a_live_connection_changes_nothing_and_keeps_nothing_alive(void)
{
	use_policy("");
	rig_clock(&rig, 6000, 1900000000);
	small_window_handshake();
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x70000000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101, .window = 1000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000, .payload = 10),
	       FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_ESTABLISHED, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
	rig_clock(&rig, 6001 + FB_TIMEOUT_ESTABLISHED, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 111, .window = 1000), FB_DROP_NO_ALLOW);
	rig_clock(&rig, 6000, 1900000000);
}

/* The first answer was lost behind the gateway, and the recorder makes another (cookies, a restart). */
static void another_answer_is_believed_if_the_syn_was_repeated(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 0x12345678, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 0x12345679), FB_PASSED);
	/* and another attempt, unanswered so far */
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 101), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x55555555), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 0x12345678, .ack = 0x55555556), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x55555556, .ack = 0x12345679), FB_PASSED);
}

/* The recorder's last words were lost behind the gateway, and it with them: what comes up in its place resets by what the camera acknowledged. */
static void a_reset_by_what_was_acknowledged_ends_a_connection(void)
{
	use_policy("");
	small_window_handshake();
	rig_clock(&rig, 6000, 1900000000);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 101, .window = 1000, .payload = 800),
	       FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 902), FB_PASSED); /* asks back */
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 3, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 901), FB_PASSED);
	rig_clock(&rig, 6000 + FB_TIMEOUT_CLOSING * 6, 1900000000);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 101, .ack = 901, .window = 1000), FB_DROP_TCP_STATE);
}

/* The gateway has lost the flow, the recorder holds the connection, and the camera comes back with the same port (RFC 9293, 3.5.1; RFC 5961, 4). */
static void a_reset_of_what_the_responder_holds_instead_passes_and_its_syn_comes_again(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 888), FB_DROP_TCP_STATE); /* nobody has asked */
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 777, .ack = 888), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 887), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 889), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 888, .payload = 1), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 888, .ack = 777), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = RST, .seq = 888), FB_DROP_TCP_STATE);
	for (int i = 0; i < 2; i++) { /* the first is lost behind the gateway */
		expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
		expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 777, .ack = 888), FB_PASSED);
		expect("cam", SPEC(RTSP, .tcp = RST, .seq = 888), FB_PASSED);
	}
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x60000001, .ack = 778), FB_DROP_TCP_STATE);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 0x60000001), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 888), FB_DROP_TCP_WINDOW); /* it has answered */
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x60000001, .ack = 901), FB_PASSED);
	CHECK(rig_flow_count(&rig) == 1, "%zu flows", rig_flow_count(&rig));
}

/* The same after a clean end: the camera's next SYN begins lower, and the recorder waits (TIME-WAIT). */
static void a_reset_ends_the_time_wait_of_the_same_ports(void)
{
	use_policy("");
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 0x60000000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 0x60000001), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 0x60000001, .ack = 901), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = FIN | ACK, .seq = 901, .ack = 0x60000001), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = FIN | ACK, .seq = 0x60000001, .ack = 902), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 902, .ack = 0x60000002), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 2000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 902, .ack = 0x60000002), FB_PASSED);
	/* Another attempt is asked about anew. */
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 0x60000002), FB_DROP_TCP_STATE);
	expect("vid", SPEC(RTSP_BACK, .tcp = ACK, .seq = 902, .ack = 0x60000002), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = RST, .seq = 0x60000002), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 5000), FB_PASSED);
	expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 77000, .ack = 5001), FB_PASSED);
	expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 5001, .ack = 77001), FB_PASSED);
}

/* Fast open (RFC 7413): the recorder sends behind its answer, and the camera acknowledges as it arrives. */
static void data_behind_the_answer_is_acknowledged_in_part(void)
{
	static const struct frame_spec first[] = {
		{ RTSP, .tcp = ACK, .seq = 104, .ack = 901 }, /* to the answer alone */
		{ RTSP, .tcp = ACK, .seq = 104, .ack = 1901 },
		{ RTSP, .tcp = ACK | PSH, .seq = 104, .ack = 1901, .payload = 4 },
		{ RTSP, .tcp = ACK, .seq = 104, .ack = 1951 },
		{ RTSP, .tcp = ACK, .seq = 104, .ack = 2901 },
		{ RTSP, .tcp = ACK | FIN, .seq = 104, .ack = 1901 },
	};
	static const __u32 wrong[] = { 900, 899, 2902, 900 + 0x80000000u, 0, 901 - 66000 };

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		use_policy("");
		expect("cam", SPEC(RTSP, .tcp = SYN, .seq = 100, .window = i ? 2000 : 0, .payload = 3),
		       FB_PASSED);
		expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 104, .window = 1000),
		       FB_PASSED);
		expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 104, .ack = 902), FB_DROP_TCP_STATE);
		if (i) { /* what a window of 0 has room for is no more than a probe */
			expect("vid",
			       SPEC(RTSP_BACK, .tcp = ACK, .seq = 901, .ack = 104, .window = 1000,
				    .payload = 1000),
			       FB_PASSED);
			expect("vid",
			       SPEC(RTSP_BACK, .tcp = ACK, .seq = 1901, .ack = 104, .window = 1000,
				    .payload = 1000),
			       FB_PASSED);
		}
		for (size_t w = 0; w < sizeof(wrong) / sizeof(*wrong); w++)
			expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 104, .ack = wrong[w]), FB_DROP_TCP_STATE);
		expect("cam", &first[i], FB_PASSED);
		expect("vid", SPEC(RTSP_BACK, .tcp = SYN | ACK, .seq = 900, .ack = 104, .window = 1000),
		       FB_PASSED);
		expect("cam", SPEC(RTSP, .tcp = ACK, .seq = 104, .ack = i ? 1901 : 901), FB_PASSED);
	}
}

void claims_tcp(void)
{
	RUN_CASE(tcp_begins_with_a_syn);
	RUN_CASE(a_half_open_connection_is_not_established_by_its_initiator);
	RUN_CASE(data_outside_of_the_window_is_tcp_window);
	RUN_CASE(a_segment_ends_where_the_window_does);
	RUN_CASE(a_syn_brings_no_data_past_the_window);
	RUN_CASE(an_acknowledgement_of_what_was_never_sent_is_tcp_window);
	RUN_CASE(a_blind_reset_does_not_end_a_connection);
	RUN_CASE(only_a_reset_of_exactly_the_next_byte_ends_a_connection);
	RUN_CASE(windows_scale_only_if_both_ends_say_so);
	RUN_CASE(sequence_numbers_wrap);
	RUN_CASE(a_refused_connection_ends);
	RUN_CASE(the_answering_side_cannot_begin_on_the_same_ports);
	RUN_CASE(the_tail_of_a_closed_connection_outlives_an_outage);
	RUN_CASE(a_reset_connection_is_gone_soon);
	RUN_CASE(a_connection_that_goes_on_behind_its_fins_is_not_over);
	RUN_CASE(the_answering_side_calls_back_on_the_ports_of_what_is_over);
	RUN_CASE(a_connection_that_both_ends_lost_begins_anew);
	RUN_CASE(an_attempt_on_a_live_connection_changes_nothing_and_keeps_nothing_alive);
	RUN_CASE(another_answer_is_believed_if_the_syn_was_repeated);
	RUN_CASE(a_reset_by_what_was_acknowledged_ends_a_connection);
	RUN_CASE(a_reset_of_what_the_responder_holds_instead_passes_and_its_syn_comes_again);
	RUN_CASE(a_reset_ends_the_time_wait_of_the_same_ports);
	RUN_CASE(data_behind_the_answer_is_acknowledged_in_part);
}

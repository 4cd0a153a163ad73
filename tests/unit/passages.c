/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of made-up evidence: which sightings are of one packet. */
#include "tests/unit/scene.h"

#define SYN		      PACKET(ROLE_REQUEST, 1, 2, 64, 500), .flags = TH_SYN
#define DATA(sequence_, size) PACKET(ROLE_REQUEST, 1, 2, 64, sequence_), .flags = TH_ACK, .payload = (size)

static const struct seen again[] = {
	{ 0, OUT_OF(a, "eth0"), SYN },
	{ 9, WIRE_IN(a, "eth0"), SYN },
	{ 1000, OUT_OF(a, "eth0"), SYN },
	{ 1009, WIRE_IN(a, "eth0"), SYN },
	{ 3000, OUT_OF(a, "eth0"), SYN },
	{ 3009, WIRE_IN(a, "eth0"), SYN, .dropped = "lost" },
	END,
};

static const struct seen joined[] = {
	{ 0, OUT_OF(a, "eth0"), DATA(1, 100) },
	{ 1, OUT_OF(a, "eth0"), DATA(101, 100) },
	{ 2, IN_TO(r, "eth0"), DATA(1, 200) },
	END,
};

static const struct seen cut[] = {
	{ 0, OUT_OF(a, "eth0"), DATA(1, 200) },
	{ 1, IN_TO(r, "eth0"), DATA(1, 100) },
	{ 2, IN_TO(r, "eth0"), DATA(101, 100) },
	{ 3, OUT_OF(r, "eth0"), ANSWER, .flags = TH_ACK },
	END,
};

static const struct seen left_over[] = {
	{ 0, OUT_OF(a, "eth0"), SYN },
	{ 1, IN_TO(r, "eth0"), SYN },
	{ 2, OUT_OF(r, "eth0"), ANSWER, .flags = TH_SYN | TH_ACK },
	{ 3, OUT_OF(a, "eth0"), DATA(1, 100) },
	END,
};

static const struct answer errors[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &a, .iif = "eth0", .decision = HERE },
	{ .in = &r, .iif = "eth0", .decision = { .number = ENETUNREACH, .rule = -1 } },
	{ .in = &r, .iif = "eth1", .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	{ .in = &b, .decision = ROUTE("eth1", "10.0.0.1 dev eth1") },
	END,
};

static const struct seen two_errors[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	{ 2, OUT_OF(r, "eth0"), PACKET(ROLE_ERROR, 3, 1, 64, 0) },
	{ 3, IN_TO(a, "eth0"), PACKET(ROLE_ERROR, 3, 1, 64, 0) },
	{ 4, OUT_OF(b, "eth1"), PACKET(ROLE_ERROR, 4, 1, 64, 0) },
	{ 5, IN_TO(r, "eth1"), PACKET(ROLE_ERROR, 4, 1, 64, 0) },
	{ 6, OUT_OF(r, "eth0"), PACKET(ROLE_ERROR, 4, 1, 63, 0) },
	END,
};

static const struct seen circle[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 64, 1) },
	{ 2, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 1, 3, 63, 1) },
	{ 3, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 62, 1) },
	{ 4, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 1, 3, 61, 1) },
	END,
};

static const struct answer one_of_two[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &r, .iif = "eth0", .decision = HERE },
	{ .in = &r,
		.iif = "eth1",
		.decision = { .number = EINVAL,
			.type = "local",
			.route = "local",
			.rule = -1,
			.source_refused = true } },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct seen two_requests[] = {
	{ 0, OUT_OF(a, "eth0"), PACKET(ROLE_REQUEST, 1, 2, 64, 1) },
	{ 1, IN_TO(r, "eth1"), PACKET(ROLE_REQUEST, 1, 2, 64, 1) },
	{ 2, OUT_OF(a, "eth0"), PACKET(ROLE_REQUEST, 1, 2, 64, 2) },
	{ 3, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 2, 64, 2) },
	{ 4, OUT_OF(r, "eth0"), PACKET(ROLE_ANSWER, 2, 1, 64, 2) },
	END,
};

static const struct answer forwarding[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &r, .iif = "eth0", .decision = ROUTE("eth1", "10.0.0.2 dev eth1") },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct seen reset[] = {
	{ 0, OUT_OF(a, "eth0"), SYN },
	{ 1, IN_TO(r, "eth0"), SYN },
	{ 2, OUT_OF(r, "eth0"), ANSWER, .flags = TH_ACK | TH_RST },
	END,
};

static const struct seen rounds[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 64, 1) },
	{ 2, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 1, 3, 63, 1) },
	{ 3, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 62, 1) },
	{ 4, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 1, 3, 61, 1) },
	{ 5, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 60, 1) },
	{ 6, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 1, 3, 59, 1) },
	{ 7, IN_TO(r, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 58, 1) },
	END,
};

static const struct answer tunnel[] = {
	{ .in = &a, .to = 2, .decision = ROUTE("gre1", "10.0.0.0/24 dev gre1") },
	{ .in = &a, .to = 102, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &b, .iif = "eth0", .to = 102, .decision = HERE },
	{ .in = &b, .iif = "gre1", .decision = HERE },
	END,
};

static const struct seen packed[] = {
	{ 0, OUT_OF(a, "gre1"), REQUEST },
	{ 1, OUT_OF(a, "eth0"), REQUEST, .outer = true },
	{ 2, IN_TO(b, "eth0"), REQUEST, .outer = true },
	{ 3, IN_TO(b, "gre1"), REQUEST },
	END,
};

static const struct scene scenes[] = {
	{ .what = "retransmissions are summed up, but not one that ended otherwise",
		.answers = plain,
		.seen = again,
		.text = "request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 SYN\n" LEFT
			"     0.009 ms  left the wire at a/eth0\n" NOTE "… 1 more like it\n"
			"request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 SYN\n" NOTE
			"a sends it: default dev eth0\n"
			"     3.000 ms  left a by eth0\n"
			"     3.009 ms  left the wire at a/eth0: lost\n" },
	{ .what = "segments that were put together are not lost",
		.answers = plain,
		.seen = joined,
		.text = "request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 ACK with 100 bytes\n" LEFT
			"     0.002 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
			"answer 10.0.0.2 → 10.0.0.1: none left r\n" NOTE
			"r would send it: 10.0.0.1 dev eth0\n" },
	{ .what = "segments that were cut are not sent by who cut them",
		.answers = plain,
		.seen = cut,
		.text = "request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 ACK with 200 bytes\n" LEFT
			"     0.001 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
			"answer 10.0.0.2 → 10.0.0.1: TCP 80 → 4000 ACK\n" NOTE
			"r sends it: 10.0.0.1 dev eth0\n"
			"     0.003 ms  left r by eth0\n" },
	{ .what = "what was under way as the step was over is not lost",
		.answers = plain,
		.seen = left_over,
		.kind = "connected",
		.text = "request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 SYN\n" LEFT
			"     0.001 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
			"answer 10.0.0.2 → 10.0.0.1: TCP 80 → 4000 SYN,ACK\n" NOTE
			"r sends it: 10.0.0.1 dev eth0\n"
			"     0.002 ms  left r by eth0\n" },
	{ .what = "errors of two routers, which one of them sends on",
		.answers = errors,
		.seen = two_errors,
		.text = CAME LEFT
		"     0.001 ms  came into r by eth0\n" NOTE
		"r refuses it: ENETUNREACH (Network is unreachable)\n"
		"ICMP error 10.0.0.3 → 10.0.0.1: time-exceeded\n" NOTE "r sends it: 10.0.0.1 dev eth0\n"
		"     0.002 ms  left r by eth0\n"
		"     0.003 ms  came into a by eth0\n" NOTE "a delivers it: local\n"
		"ICMP error 10.0.0.4 → 10.0.0.1: time-exceeded\n" NOTE "b sends it: 10.0.0.1 dev eth1\n"
		"     0.004 ms  left b by eth1\n"
		"     0.005 ms  came into r by eth1\n" NOTE "r forwards it: 10.0.0.1 dev eth0\n"
		"     0.006 ms  left r by eth0\n" },
	{ .what = "what goes in a circle does so in its journey",
		.answers = plain,
		.seen = circle,
		.text = CAME LEFT "     0.001 ms  came into r by eth0, as 10.0.0.1 → 10.0.0.3\n" NOTE
				  "r forwards it: 10.0.0.3 dev eth1\n"
				  "     0.002 ms  left r by eth1\n"
				  "     0.003 ms  came into r by eth0\n" NOTE
				  "r forwards it: 10.0.0.3 dev eth1\n"
				  "     0.004 ms  left r by eth1\n" },
	{ .what = "round and round",
		.answers = plain,
		.seen = rounds,
		.text = CAME LEFT
		"     0.001 ms  came into r by eth0, as 10.0.0.1 → 10.0.0.3\n" NOTE
		"r forwards it: 10.0.0.3 dev eth1\n"
		"     0.002 ms  left r by eth1\n" NOTE "… round and round, until its TTL was 58\n"
		"     0.007 ms  came into r by eth0\n" NOTE "r would forward it: 10.0.0.3 dev eth1\n" },
	{ .what = "of two requests one is answered",
		.answers = one_of_two,
		.seen = two_requests,
		.text = CAME LEFT "     0.001 ms  came into r by eth1\n" NOTE
				  "r refuses it: local: EINVAL (Invalid argument) for its source\n" CAME NOTE
				  "a sends it: default dev eth0\n"
				  "     0.002 ms  left a by eth0\n"
				  "     0.003 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
				  "answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE
				  "r sends it: 10.0.0.1 dev eth0\n"
				  "     0.004 ms  left r by eth0\n" },
	{ .what = "a router that resets does not deliver",
		.answers = forwarding,
		.seen = reset,
		.text = "request 10.0.0.1 → 10.0.0.2: TCP 4000 → 80 SYN\n" LEFT
			"     0.001 ms  came into r by eth0\n" NOTE "r would forward it: 10.0.0.2 dev eth1\n"
			"answer 10.0.0.2 → 10.0.0.1: TCP 80 → 4000 ACK,RST\n" NOTE
			"r sends it: 10.0.0.1 dev eth0\n"
			"     0.002 ms  left r by eth0\n" },
	{ .what = "a packet inside of another",
		.answers = tunnel,
		.seen = packed,
		.text = CAME NOTE
		"a sends it: 10.0.0.0/24 dev gre1\n"
		"     0.000 ms  left a by gre1\n" NOTE "a sends the outer packet: default dev eth0\n"
		"     0.001 ms  left a by eth0, inside of 10.0.0.101 → 10.0.0.102: GRE\n"
		"     0.002 ms  came into b by eth0, still inside\n" NOTE
		"b delivers the outer packet: local\n"
		"     0.003 ms  came into b by gre1, unpacked\n" NOTE "b delivers it: local\n"
		"answer 10.0.0.2 → 10.0.0.1: none left b\n" },
};

int main(void)
{
	return tell(scenes, sizeof scenes / sizeof *scenes);
}

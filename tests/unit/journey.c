/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of made-up evidence: what every namespace made of a packet. */
#include "tests/unit/scene.h"

static const uint32_t marks[] = { 7, 9 };

static const struct answer bridged[] = {
	{ .in = &a, .decision = ROUTE("eth0", "10.0.0.0/24 dev eth0") },
	{ .in = &r,
		.iif = "port1",
		.decision = { .number = EHOSTUNREACH, .nothing = true, .rule = -1, .bridge = "br0" } },
	{ .in = &r,
		.iif = "port2",
		.decision = { .number = EHOSTUNREACH, .nothing = true, .rule = -1, .bridge = "br0" } },
	{ .in = &r, .iif = "br0", .decision = HERE },
	{ .in = &r, .decision = ROUTE("br0", "10.0.0.0/24 dev br0") },
	{ .in = &b, .iif = "eth0", .decision = HERE },
	END,
};

static const struct seen bridge_sends[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "port1"), REQUEST },
	{ 2, OUT_OF(r, "port2"), REQUEST },
	{ 3, OUT_OF(r, "port3"), REQUEST },
	{ 4, IN_TO(b, "eth0"), REQUEST },
	END,
};

static const struct seen bridge_takes[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "port1"), REQUEST },
	{ 2, IN_TO(r, "br0"), REQUEST },
	{ 3, OUT_OF(r, "br0"), ANSWER },
	{ 4, OUT_OF(r, "port1"), ANSWER },
	END,
};

static const struct seen bridge_keeps[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "port1"), REQUEST },
	END,
};

static const struct dropped in_bridge = {
	.time = 1003000, .in = &r, .reason = "NETFILTER_DROP", .place = "nft_do_chain", .role = ROLE_REQUEST
};

static const struct seen translated[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	{ 2, OUT_OF(r, "eth1"), PACKET(ROLE_REQUEST, 4, 3, 63, 1) },
	{ 3, IN_TO(b, "eth1"), PACKET(ROLE_REQUEST, 4, 3, 63, 1) },
	END,
};

static const struct seen elsewhere[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST, .elsewhere = true },
	END,
};

static const struct answer by_mark[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &r,
		.iif = "eth0",
		.decision = { .number = ENETUNREACH,
			.nothing = true,
			.rule = -1,
			.marks = marks,
			.mark_count = 2 } },
	{ .in = &r,
		.iif = "eth0",
		.mark = 7,
		.decision = { .number = ENETUNREACH,
			.nothing = true,
			.rule = -1,
			.marks = marks,
			.mark_count = 2 } },
	{ .in = &r, .iif = "eth0", .mark = 9, .decision = HERE },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};
#define DEFAULT(dev_, gateway, metric)                                                                       \
	{                                                                                                    \
		.type = "unicast", .device = (dev_), .route = "default via " gateway " dev " dev_ metric,    \
		.rule = 32766, .rule_text = "from all lookup main", .table = 254, .table_name = "main"       \
	}

static const struct answer several[] = {
	{ .in = &a, .decision = DEFAULT("eth9", "10.0.0.9", "") },
	{ .in = &a, .decision = DEFAULT("eth0", "10.0.0.8", ""), .oif = "eth0" },
	{ .in = &r, .iif = "eth0", .decision = HERE },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct answer worse[] = {
	{ .in = &a, .decision = DEFAULT("eth9", "10.0.0.9", "") },
	{ .in = &a, .decision = DEFAULT("eth0", "10.0.0.8", " metric 9"), .oif = "eth0" },
	{ .in = &r, .iif = "eth0", .decision = HERE },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct dropped marked = { .time = 1003000,
	.in = &r,
	.reason = "NETFILTER_DROP",
	.place = "nft_do_chain",
	.role = ROLE_REQUEST,
	.mark = 9 };

static const struct seen not_answered[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	END,
};

static const struct answer unlike[] = {
	{ .in = &a, .decision = ROUTE("eth9", "default dev eth9") },
	{ .in = &r, .iif = "eth0", .decision = { .number = ENETUNREACH, .nothing = true, .rule = -1 } },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct answer checked[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &a,
		.iif = "eth0",
		.decision = { .number = EINVAL,
			.type = "local",
			.route = "local",
			.rule = -1,
			.source_refused = true } },
	{ .in = &r, .iif = "eth0", .decision = HERE },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	END,
};

static const struct seen back_again[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	{ 2, OUT_OF(r, "eth0"), ANSWER },
	{ 3, IN_TO(a, "eth0"), ANSWER },
	END,
};

static const struct seen from_the_start[] = {
	{ 0, OUT_OF(a, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 64, 1) },
	END,
};

static const struct seen asked[] = {
	{ 0, OUT_OF(a, "eth0"), PACKET(ROLE_OTHER, 1, 2, 0, 0) },
	{ 1000, OUT_OF(a, "eth0"), PACKET(ROLE_OTHER, 1, 2, 0, 0) },
	END,
};

static const struct answer refused[] = {
	{ .in = &a,
		.decision = { .number = EINVAL,
			.type = "blackhole",
			.route = "blackhole 10.0.0.0/24",
			.rule = -1 } },
	END,
};

static const struct scene scenes[] = {
	{ .what = "a bridge sends a frame on, and no route is looked up",
		.answers = bridged,
		.seen = bridge_sends,
		.text = CAME NOTE "a sends it: 10.0.0.0/24 dev eth0\n"
				  "     0.000 ms  left a by eth0\n"
				  "     0.001 ms  came into r by port1\n" NOTE
				  "r: the bridge br0 sends it on to port2, port3\n"
				  "     0.002 ms  left r by port2\n"
				  "     0.003 ms  left r by port3\n"
				  "     0.004 ms  came into b by eth0\n" NOTE "b delivers it: local\n"
				  "answer 10.0.0.2 → 10.0.0.1: none left b\n" },
	{ .what = "a bridge hands a frame up, and sends its own by a port",
		.answers = bridged,
		.seen = bridge_takes,
		.text = CAME NOTE
		"a sends it: 10.0.0.0/24 dev eth0\n"
		"     0.000 ms  left a by eth0\n"
		"     0.001 ms  came into r by port1\n" NOTE "r: the bridge br0 hands it up\n"
		"     0.002 ms  came into r by br0\n" NOTE "r delivers it: local\n"
		"answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE "r sends it: 10.0.0.0/24 dev br0\n"
		"     0.003 ms  left r by br0\n"
		"     0.004 ms  left r by port1\n" },
	{ .what = "a drop is told of at its place",
		.answers = bridged,
		.seen = bridge_keeps,
		.drop = &in_bridge,
		.text = CAME NOTE "a sends it: 10.0.0.0/24 dev eth0\n"
				  "     0.000 ms  left a by eth0\n"
				  "     0.001 ms  came into r by port1\n" NOTE
				  "r: port1 is a port of the bridge br0, and no other port sends it on\n"
				  "     0.003 ms  dropped in r: NETFILTER_DROP in nft_do_chain\n" },
	{ .what = "a decision is made with the translated destination",
		.answers = plain,
		.seen = translated,
		.text = CAME LEFT "     0.001 ms  came into r by eth0\n" NOTE
				  "r forwards it, now to 10.0.0.3: 10.0.0.3 dev eth1\n"
				  "     0.002 ms  left r by eth1, as 10.0.0.4 → 10.0.0.3\n"
				  "     0.003 ms  came into b by eth1\n" NOTE "b delivers it: local\n"
				  "answer 10.0.0.3 → 10.0.0.4: none left b\n" },
	{ .what = "what is for another hardware address is not looked up",
		.answers = plain,
		.seen = elsewhere,
		.text = CAME LEFT "     0.001 ms  came into r by eth0\n" NOTE
				  "r: not for the hardware address of eth0, so it is not looked at\n" },
	{ .what = "a mark that rules ask for, where without it there is no such way",
		.answers = by_mark,
		.seen = answered,
		.text = CAME LEFT
		"     0.001 ms  came into r by eth0\n" NOTE "r delivers it, as with mark 0x9: local\n"
		"answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE "r sends it: 10.0.0.1 dev eth0\n"
		"     0.002 ms  left r by eth0\n" },
	{ .what = "the mark that it was dropped with",
		.answers = by_mark,
		.seen = not_answered,
		.drop = &marked,
		.text = CAME LEFT "     0.001 ms  came into r by eth0\n" NOTE
				  "r would deliver it, with mark 0x9: local\n"
				  "     0.003 ms  dropped in r: NETFILTER_DROP in nft_do_chain\n" },
	{ .what = "another of several routes",
		.answers = several,
		.seen = answered,
		.text = CAME NOTE
		"a sends it: rule 32766 (from all lookup main) → table main → default via 10.0.0.8 "
		"dev eth0 (one of several to it)\n"
		"     0.000 ms  left a by eth0\n"
		"     0.001 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
		"answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE "r sends it: 10.0.0.1 dev eth0\n"
		"     0.002 ms  left r by eth0\n" },
	{ .what = "a worse route is none of several",
		.answers = worse,
		.seen = answered,
		.text = CAME NOTE
		"a sends it, though by rules and tables alone: rule 32766 (from all lookup main) → "
		"table main → default via 10.0.0.9 dev eth9\n"
		"     0.000 ms  left a by eth0\n"
		"     0.001 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
		"answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE "r sends it: 10.0.0.1 dev eth0\n"
		"     0.002 ms  left r by eth0\n" },
	{ .what = "what is not as rules and tables say",
		.answers = unlike,
		.seen = answered,
		.text = CAME NOTE
		"a sends it, though by rules and tables alone: default dev eth9\n"
		"     0.000 ms  left a by eth0\n"
		"     0.001 ms  came into r by eth0\n" NOTE
		"r delivers it, though by rules and tables alone: no rule leads to a route: "
		"ENETUNREACH (Network is unreachable)\n"
		"answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE "r sends it: 10.0.0.1 dev eth0\n"
		"     0.002 ms  left r by eth0\n" },
	{ .what = "a destination that was translated before any device saw it",
		.answers = plain,
		.seen = from_the_start,
		.text = "request 10.0.0.1 → 10.0.0.3: echo request\n" NOTE
			"a sends it, now to 10.0.0.3: default dev eth0\n"
			"     0.000 ms  left a by eth0\n" },
	{ .what = "an answer that came back, and was not taken though no drop was seen",
		.answers = checked,
		.seen = back_again,
		.text = CAME LEFT "     0.001 ms  came into r by eth0\n" NOTE "r delivers it: local\n"
				  "answer 10.0.0.2 → 10.0.0.1: echo reply\n" NOTE
				  "r sends it: 10.0.0.1 dev eth0\n"
				  "     0.002 ms  left r by eth0\n"
				  "     0.003 ms  came into a by eth0\n" NOTE
				  "a refuses it: local: EINVAL (Invalid argument) for its source\n" },
	{ .what = "a request that waits for a neighbour",
		.answers = plain,
		.seen = asked,
		.text = "request to 10.0.0.2: none left a\n" NOTE "a would send it: default dev eth0\n"
			"     0.000 ms  a asked on eth0 who has 10.0.0.2, 2 times, and nobody answered\n" },
	{ .what = "a request that has no way",
		.answers = refused,
		.seen = (const struct seen[]) { END },
		.text = "request to 10.0.0.2: none left a\n" NOTE
			"a has no way for it: blackhole 10.0.0.0/24: EINVAL (Invalid argument)\n" },
};

int main(void)
{
	return tell(scenes, sizeof scenes / sizeof *scenes);
}

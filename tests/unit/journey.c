/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of made-up evidence: how sightings become the ways of packets, and what is said of each. */
#include "explain/journey.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "explain/crossing.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/tap.h"

static struct content contents[4];
static struct netns a = { .name = "a", .content = &contents[0] };
static struct netns r = { .name = "r", .content = &contents[1] };
static struct netns b = { .name = "b", .content = &contents[2] };
static const struct verb ping = { .name = "ping", .probe = true, .target = NULL },
			 tcp = { .name = "tcp", .probe = true };

/* What the oracle says of what comes to a namespace by a device (NULL: of what it sends), to an address that
 * ends so (0: any), with this mark. */
struct answer {
	const struct netns *in;
	const char *iif;
	uint8_t to;
	uint32_t mark;
	struct decision decision;
	const char *oif; /* of what is bound to it */
};

/* Where a packet was seen. */
struct seen {
	uint64_t microseconds;
	const struct netns *in;
	const char *device;
	bool wire;
	unsigned direction;
	enum role role;
	uint8_t from, to; /* the addresses' last numbers; the rest is 10.0.0 */
	uint8_t ttl;
	uint32_t sequence;
	const char *dropped;
	bool elsewhere, outer; /* outer: an ICMP message inside of GRE */
	uint8_t flags;	       /* of TCP; 0: an echo */
	size_t payload;
};

struct scene {
	const char *what;
	const struct answer *answers;
	const struct seen *seen;
	const struct dropped *drop; /* NULL: none was dropped */
	const char *text;
	const char *kind; /* of the verdict; NULL: "no-reply" */
};

static const char *setting(void *context, struct arena *arena, const struct netns *in, const char *name)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)name;
	return "0";
}

static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	const struct scene *scene = context;
	const struct address *to = &question->flow->to;

	(void)arena;
	(void)reverse;
	for (const struct answer *answer = scene->answers; answer && answer->in; answer++)
		if (answer->in == in && answer->mark == question->mark &&
			(answer->oif && question->oif ? !strcmp(answer->oif, question->oif)
						      : answer->oif == question->oif) &&
			(answer->iif && question->iif ? !strcmp(answer->iif, question->iif)
						      : answer->iif == question->iif) &&
			(!answer->to || answer->to == to->bytes[3])) {
			*out = answer->decision;
			return true;
		}
	return false;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)address;
	(void)device;
	return false;
}

static struct address address_of(uint8_t last)
{
	return (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, last } };
}

static struct flow flow_of(const struct seen *seen)
{
	struct flow flow = { .family = AF_INET,
		.protocol = seen->flags ? IPPROTO_TCP : IPPROTO_ICMP,
		.from = address_of(seen->from),
		.to = address_of(seen->to),
		.ttl = seen->ttl,
		.type = seen->role == ROLE_ANSWER ? ICMP_ECHOREPLY : ICMP_ECHO,
		.sequence = seen->sequence,
		.flags = seen->flags,
		.payload_size = seen->payload };

	if (seen->role == ROLE_ERROR)
		flow.type = ICMP_TIME_EXCEEDED;
	if (seen->flags) {
		flow.type = 0;
		flow.sport = seen->role == ROLE_ANSWER ? 80 : 4000;
		flow.dport = seen->role == ROLE_ANSWER ? 4000 : 80;
	}
	return flow;
}

static struct sighting sighting_of(const struct seen *seen)
{
	struct sighting sighting = { .time = 1000000 + 1000 * seen->microseconds,
		.in = seen->in,
		.device = seen->device,
		.wire = seen->wire,
		.direction = seen->direction,
		.dropped = seen->dropped,
		.role = seen->role,
		.elsewhere = seen->elsewhere,
		.flow = flow_of(seen) };

	if (seen->role == ROLE_OTHER && !seen->outer) {
		sighting.flow.protocol = 0;
		sighting.flow.arp = ARPOP_REQUEST;
	}
	if (!seen->outer)
		return sighting;
	sighting.role = ROLE_OTHER;
	sighting.carries = seen->role;
	sighting.inside = sighting.flow;
	sighting.flow = (struct flow) {
		.family = AF_INET, .protocol = IPPROTO_GRE, .from = address_of(101), .to = address_of(102)
	};
	return sighting;
}

static const char *told(struct arena *arena, const struct scene *scene)
{
	struct scene copy_of_scene = *scene;
	struct sighting sightings[64];
	size_t count = 0, size = 0;
	const struct verb *verb = scene->seen->flags ? &tcp : &ping;
	struct step step = { .number = 1, .verb = verb, .in = &a };
	const struct verdict verdict = { .kind = scene->kind ? scene->kind : "no-reply", .seen = "" };
	const struct oracle oracle = { setting, decide, owns, NULL, NULL, &copy_of_scene };
	struct evidence evidence = { .arena = arena,
		.step = &step,
		.verdict = &verdict,
		.sightings = sightings,
		.sees_drops = true,
		.oracle = &oracle };
	struct dropped drop;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	step.target.address = address_of(2);
	for (const struct seen *seen = scene->seen; seen->in; seen++)
		sightings[count++] = sighting_of(seen);
	evidence.sighting_count = count;
	if (scene->drop) {
		drop = *scene->drop;
		if (!drop.flow.family)
			drop.flow = sightings[0].flow;
		evidence.drops = &drop;
		evidence.drop_count = 1;
	}
	journey_print(to, &evidence);
	fclose(to);
	copy = arena_printf(arena, "%s", text);
	free(text);
	return copy;
}

#define ROUTE(dev_, text_)                                                                                   \
	{                                                                                                    \
		.type = "unicast", .device = (dev_), .route = (text_), .rule = -1                            \
	}
#define HERE                                                                                                 \
	{                                                                                                    \
		.type = "local", .device = "lo", .route = "local", .rule = -1                                \
	}
#define OUT_OF(netns, name_) .in = &(netns), .device = (name_), .direction = RELAY_OUT
#define IN_TO(netns, name_)  .in = &(netns), .device = (name_), .direction = RELAY_IN
#define WIRE_IN(netns, name) .wire = true, IN_TO(netns, name)
#define PACKET(role_, from_, to_, ttl_, sequence_)                                                           \
	.role = (role_), .from = (from_), .to = (to_), .ttl = (ttl_), .sequence = (sequence_)
#define REQUEST PACKET(ROLE_REQUEST, 1, 2, 64, 1)
#define ANSWER	PACKET(ROLE_ANSWER, 2, 1, 64, 1)
#define END                                                                                                  \
	{                                                                                                    \
		.in = NULL                                                                                   \
	}

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

static const struct answer plain[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &r, .iif = "eth0", .to = 2, .decision = HERE },
	{ .in = &r, .iif = "eth0", .to = 3, .decision = ROUTE("eth1", "10.0.0.3 dev eth1") },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	{ .in = &b, .iif = "eth1", .decision = HERE },
	END,
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
static const struct seen answered[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	{ 2, OUT_OF(r, "eth0"), ANSWER },
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

#define SYN PACKET(ROLE_REQUEST, 1, 2, 64, 500), .flags = TH_SYN
static const struct seen again[] = {
	{ 0, OUT_OF(a, "eth0"), SYN },
	{ 9, WIRE_IN(a, "eth0"), SYN },
	{ 1000, OUT_OF(a, "eth0"), SYN },
	{ 1009, WIRE_IN(a, "eth0"), SYN },
	{ 3000, OUT_OF(a, "eth0"), SYN },
	{ 3009, WIRE_IN(a, "eth0"), SYN, .dropped = "lost" },
	END,
};
#define DATA(sequence_, size) PACKET(ROLE_REQUEST, 1, 2, 64, sequence_), .flags = TH_ACK, .payload = (size)
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
static const struct seen from_the_start[] = {
	{ 0, OUT_OF(a, "eth0"), PACKET(ROLE_REQUEST, 1, 3, 64, 1) },
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

#define CAME "request 10.0.0.1 → 10.0.0.2: echo request\n"
#define NOTE "               "
#define LEFT NOTE "a sends it: default dev eth0\n     0.000 ms  left a by eth0\n"

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
	struct arena *arena = arena_open();

	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		tap_is(told(arena, &scenes[i]), scenes[i].text, "%s", scenes[i].what);
	arena_close(arena);
	return tap_done();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a wire did to a probe's packets, told of made-up sightings with the remarks of a relay:
 *
 *     left/tun0 ---- wire ---- right/tun0
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/journey.h"
#include "explain/remark.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/oracle.h"
#include "tests/unit/tap.h"

static struct netns left, right;
static const struct link_kind tun = { .name = "tun", .made = LINK_BY_TUN };
static struct link near = { .name = "tun0", .in = &left, .kind = &tun };
static struct link far = { .name = "tun0", .in = &right, .kind = &tun };
static struct link *ends[] = { &near, &far };
static const struct wire_kind wire_kind = { .name = "wire", .relay = true };
static struct wire wire = { .kind = &wire_kind, .ends = ends, .count = 2 };
static struct link *near_links[] = { &near }, *far_links[] = { &far };
static struct content empty;
static struct netns left = { .name = "left", .content = &empty, .links = near_links, .link_count = 1 };
static struct netns right = { .name = "right", .content = &empty, .links = far_links, .link_count = 1 };
static const struct verb ping = { .name = "ping", .probe = true }, tcp = { .name = "tcp", .probe = true };

/* All is its own. */
static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)question;
	(void)reverse;
	*out = (struct decision) { .type = "local", .device = "lo", .rule = -1 };
	return true;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)address;
	if (device)
		*device = "tun0";
	return true;
}

/* Where a packet was seen; a row ends with role ROLE_OTHER. */
struct seen {
	enum role role;
	bool wire;
	const struct netns *in;
	unsigned direction;
	unsigned milliseconds;
	const char *comment;
	uint32_t sequence;
	uint16_t payload;
};

struct situation {
	const char *what;
	const struct verb *verb;
	const char *kind; /* of the verdict; NULL: "no-reply" */
	struct seen seen[14];
	const char *counter; /* of right's that moved */
	const char *cause;   /* NULL: unknown */
};

enum { PATIENCE = 1000 }; /* milliseconds */

static struct sighting sighting_of(
	struct arena *arena, const struct situation *situation, const struct seen *seen)
{
	struct sighting sighting = { .time = 1000000000 + 1000000ULL * seen->milliseconds,
		.in = seen->in,
		.device = "tun0",
		.wire = seen->wire,
		.direction = seen->direction,
		.role = seen->role,
		.befell = remark_read(arena, seen->comment) };

	sighting.dropped = sighting.befell.dropped;
	sighting.flow = (struct flow) { .family = AF_INET,
		.protocol = situation->verb == &tcp ? IPPROTO_TCP : IPPROTO_ICMP,
		.sequence = seen->sequence,
		.type = seen->role == ROLE_REQUEST ? ICMP_ECHO : ICMP_ECHOREPLY,
		.flags = situation->verb == &tcp ? seen->payload ? TH_ACK : TH_SYN : 0,
		.length = (uint16_t)(40 + seen->payload),
		.payload_size = seen->payload };
	sighting.flow.from = (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, 1 } };
	sighting.flow.to = (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, 2 } };
	return sighting;
}

/* The sentence, and the journey where there is one to be told. */
static const char *judge(struct arena *arena, const struct situation *situation, char **journey)
{
	const struct oracle oracle = { oracle_off, decide, owns, NULL, NULL, NULL };
	const struct step step = { .number = 1, .verb = situation->verb, .in = &left };
	const struct verdict verdict = { .kind = situation->kind ? situation->kind : "no-reply",
		.seen = "",
		.patience = PATIENCE * 1000000ULL,
		.stood = 1000000000 + PATIENCE * 1000000ULL };
	struct count count = { situation->counter, 1 };
	struct moved moved = { "right", { &count, 1 } };
	struct sighting sightings[14];
	struct evidence evidence = { .arena = arena,
		.step = &step,
		.verdict = &verdict,
		.sightings = sightings,
		.sees_drops = true,
		.moved = &moved,
		.moved_count = situation->counter != NULL,
		.oracle = &oracle };
	struct cause cause;
	size_t size;
	FILE *to = open_memstream(journey, &size);

	while (situation->seen[evidence.sighting_count].role != ROLE_OTHER) {
		sightings[evidence.sighting_count] =
			sighting_of(arena, situation, &situation->seen[evidence.sighting_count]);
		evidence.sighting_count++;
	}
	cause_find(&evidence, &cause);
	journey_print(to, &evidence);
	fclose(to);
	return cause_print(arena, &cause);
}

#define OUT(role_, in_, time)		  .role = ROLE_##role_, false, &(in_), RELAY_OUT, time, NULL
#define IN(role_, in_, time)		  .role = ROLE_##role_, false, &(in_), RELAY_IN, time, NULL
#define INTO(role_, in_, time)		  .role = ROLE_##role_, true, &(in_), RELAY_OUT, time, NULL
#define OUT_OF(role_, in_, time, comment) .role = ROLE_##role_, true, &(in_), RELAY_IN, time, comment

/* A request that comes to right at once, and the answer up to the wire; a packet of the number from left to
 * the wire. */
#define THERE                                                                                                \
	{ OUT(REQUEST, left, 0) }, { INTO(REQUEST, left, 0) }, { OUT_OF(REQUEST, right, 0, NULL) },          \
		{ IN(REQUEST, right, 0) }, { OUT(ANSWER, right, 0) },                                        \
	{                                                                                                    \
		INTO(ANSWER, right, 0)                                                                       \
	}
#define SENT(time, number)                                                                                   \
	{ OUT(REQUEST, left, time), number },                                                                \
	{                                                                                                    \
		INTO(REQUEST, left, time), number                                                            \
	}

static const struct situation situations[] = {
	{ "a request that was lost", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 0, "dropped: loss 1%"), 1 } }, NULL,
		"right: the wire to tun0 lost the request of 40 bytes: loss 1% [wire, observed]" },
	{ "an answer that was lost", &ping, NULL, { THERE, { OUT_OF(ANSWER, left, 1, "dropped: loss 1%") } },
		NULL, "left: the wire to tun0 lost the answer of 40 bytes: loss 1% [wire, observed]" },
	{ "one of two that was lost", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 0, "dropped: loss 1%"), 1 }, SENT(10, 2),
			{ OUT_OF(REQUEST, right, 10, NULL), 2 }, { IN(REQUEST, right, 10), 2 },
			{ OUT(ANSWER, right, 11), 2 }, { INTO(ANSWER, right, 11), 2 },
			{ OUT_OF(ANSWER, left, 11, NULL), 2 }, { IN(ANSWER, left, 11), 2 } },
		NULL, "right: the wire to tun0 lost the request of 40 bytes: loss 1% [wire, observed]" },
	{ "what was only delayed and doubled is not lost", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 10,
					"delayed: 10.012 ms, 12 us late; duplicated: copy 1 of 2"),
				      1 } },
		NULL, NULL },
	{ "an answer that comes too late", &ping, NULL,
		{ THERE, { OUT_OF(ANSWER, left, 1200, "delayed: 1200.123 ms, 0 us late") },
			{ IN(ANSWER, left, 1200) } },
		NULL,
		"left: the wire to tun0 delayed the answer by 1200.1 ms: it came when the time for an answer "
		"was over "
		"[wire, observed]" },
	{ "one that is late for the machine was too slow", &ping, NULL,
		{ THERE, { OUT_OF(ANSWER, left, 1200, "delayed: 1200.123 ms, 900000 us late") },
			{ IN(ANSWER, left, 1200) } },
		NULL, NULL },
	{ "the last of two that comes too late", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(ANSWER, left, 100, "delayed: 100.000 ms, 0 us late"), 1 },
			{ IN(ANSWER, left, 100), 1 }, SENT(500, 2),
			{ OUT_OF(ANSWER, left, 1600, "delayed: 1100.000 ms, 0 us late"), 2 },
			{ IN(ANSWER, left, 1600), 2 } },
		NULL,
		"left: the wire to tun0 delayed the answer by 1100.0 ms: it came when the time for an answer "
		"was over "
		"[wire, observed]" },
	{ "a request that is still under way", &ping, NULL, { SENT(0, 1) }, NULL,
		"right: the wire to tun0 delayed the request: it was still under way when the time for an "
		"answer was over "
		"[wire, observed]" },
	{ "an answer that right's queue dropped", &ping, NULL,
		{ { OUT(REQUEST, left, 0) }, { INTO(REQUEST, left, 0) }, { OUT_OF(REQUEST, right, 0, NULL) },
			{ IN(REQUEST, right, 0) }, { OUT(ANSWER, right, 0) } },
		"tun0.tx_dropped",
		"right: tun0 dropped the answer as it left: its queue did not take it [queue, observed]" },
	{ "one that came nowhere, and no queue dropped anything", &ping, NULL,
		{ { OUT(REQUEST, left, 0) }, { INTO(REQUEST, left, 0) }, { OUT_OF(REQUEST, right, 0, NULL) },
			{ IN(REQUEST, right, 0) }, { OUT(ANSWER, right, 0) } },
		NULL, NULL },
	{ "one that came to the wire, and the queue dropped another", &ping, NULL, { THERE },
		"tun0.tx_dropped",
		"left: the wire to tun0 delayed the answer: it was still under way when the time for an "
		"answer was over "
		"[wire, observed]" },
	{ "an answer that is", &ping, NULL, { THERE }, NULL,
		"left: the wire to tun0 delayed the answer: it was still under way when the time for an "
		"answer was over "
		"[wire, observed]" },
	{ "what is sent again, and comes late then, was there before", &tcp, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 10, "delayed: 10.000 ms, 0 us late"), 1 },
			{ IN(REQUEST, right, 10), 1 }, SENT(995, 1),
			{ OUT_OF(REQUEST, right, 1005, "delayed: 10.000 ms, 0 us late"), 1 },
			{ IN(REQUEST, right, 1005), 1 } },
		NULL, NULL },
	{ "a corrupted request, and the kernel does not say more", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 0, "corrupted: bit 123"), 1 } }, NULL,
		"right: the wire to tun0 corrupted the request (bit 123), and so nobody took it [wire, "
		"inferred]" },
	{ "one that the device shows, and IP counts", &ping, NULL,
		{ SENT(0, 1),
			{ OUT_OF(REQUEST, right, 9, "delayed: 9.000 ms, 0 us late; corrupted: bit 123"), 1 },
			{ IN(REQUEST, right, 9), 1 } },
		"IcmpInCsumErrors",
		"right: the wire to tun0 corrupted the request (bit 123), and so nobody took it [wire, "
		"observed]" },
	{ "one that is no packet any more", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 0,
					"dropped: the device refused it: Invalid argument; corrupted: bit 4"),
				      1 } },
		NULL,
		"right: the wire to tun0 corrupted the request (bit 4), and the device refused it [wire, "
		"observed]" },
	{ "a device that refused what was whole", &ping, NULL,
		{ SENT(0, 1),
			{ OUT_OF(REQUEST, right, 0, "dropped: the device refused it: Input/output error"),
				1 } },
		NULL,
		"right: the wire to tun0 did not deliver the request: dropped: the device refused it: "
		"Input/output error "
		"[device-down, observed]" },
	{ "a first SYN that was lost", &tcp, NULL,
		{ SENT(0, 7), { OUT_OF(REQUEST, right, 0, "dropped: loss 100%"), 7 } }, NULL,
		"right: the wire to tun0 lost the request of 40 bytes: loss 100% [wire, observed]" },
	{ "a black hole for what is long", &tcp, "stalled",
		{ SENT(0, 7), { OUT_OF(REQUEST, right, 0, NULL), 7 }, { IN(REQUEST, right, 0), 7 },
			{ OUT(ANSWER, right, 0), 3 }, { INTO(ANSWER, right, 0), 3 },
			{ OUT_OF(ANSWER, left, 0, NULL), 3 }, { IN(ANSWER, left, 0), 3 },
			{ OUT(REQUEST, left, 1), 8, 1460 }, { INTO(REQUEST, left, 1), 8, 1460 },
			{ OUT_OF(REQUEST, right, 1, "dropped: mtu 1400"), 8, 1460 } },
		NULL, "right: the wire to tun0 lost the request of 1500 bytes: mtu 1400 [wire, observed]" },
};

static void test_remarks(struct arena *arena)
{
	struct remark remark = remark_read(arena,
		"dropped: why; delayed: 10.012 ms, 12 us late; duplicated: copy 2 of 3; corrupted: bit 77");

	tap_is(remark.dropped, "dropped: why", "a remark: dropped");
	tap_ok(remark.delay / 1000 == 10012 && remark.late == 12000 && remark.copy == 2 && remark.corrupted &&
			remark.bit == 77,
		"and what else befell it");
	remark = remark_read(arena, "delayed: 0.000 ms, 0 us late");
	tap_ok(remark.delay && !remark.dropped && !remark.copy && !remark.corrupted, "however little it was");
	remark = remark_read(arena, NULL);
	tap_ok(!remark.delay && !remark.dropped && !remark.copy && !remark.corrupted, "none");
	remark = remark_read(arena, "somebody's own words");
	tap_ok(!remark.delay && !remark.dropped && !remark.copy && !remark.corrupted, "and one of others");
}

static void test_journey(struct arena *arena)
{
	static const struct situation lost = { "lost", &ping, NULL,
		{ SENT(0, 1), { OUT_OF(REQUEST, right, 3, "dropped: loss 1%"), 1 } }, NULL, NULL },
				      came = { "came", &ping, NULL,
					      { SENT(0, 1),
						      { OUT_OF(REQUEST, right, 10,
								"delayed: 10.012 ms, 12 us late; duplicated: "
								"copy 1 of 2; corrupted: bit 9"),
							      1 } },
					      NULL, NULL };
	char *journey = NULL;

	judge(arena, &lost, &journey);
	tap_ok(strstr(journey, "     3.000 ms  lost by the wire to right/tun0: loss 1%\n"),
		"a journey tells of loss");
	free(journey);
	judge(arena, &came, &journey);
	tap_ok(strstr(journey,
		       "    10.000 ms  left the wire at right/tun0 after 10.0 ms (copy), corrupted\n"),
		"and of all else");
	free(journey);
}

int main(void)
{
	struct arena *arena = arena_open();

	near.wire = far.wire = &wire;
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		char *journey = NULL;

		tap_is(judge(arena, &situations[i], &journey), situations[i].cause, "%s", situations[i].what);
		free(journey);
	}
	test_remarks(arena);
	test_journey(arena);
	arena_close(arena);
	return tap_done();
}

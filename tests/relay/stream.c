/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance that can be repeated. */
#include "forwarder/stream.h"

#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

/* What this machine gives is what every machine gives. */
static void golden(void)
{
	static const uint64_t wanted[] = { 0x9c696bc522885be3, 0x77d2d96057bf512d, 0x842703b4f74cfcd0,
		0x7a8b34aa8b4a10aa, 0x8e9e8bf4fafd13d5, 0x0a3111ce9b38d97f };
	struct stream loss = stream_open(1, "loss"), delay = stream_open(1, "delay");
	const uint64_t seen[] = { loss.seed, delay.seed, stream_draw(&loss, 0, 0), stream_draw(&loss, 0, 1),
		stream_draw(&loss, 1, 0), stream_draw(&delay, 1ULL << 40, 2) };

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (!tap_ok(seen[i] == wanted[i], "golden number %zu", i))
			printf("# seen: 0x%016llx\n", (unsigned long long)seen[i]);
	}
}

static void bits(void)
{
	enum { DRAWS = 100000 };
	struct stream stream = stream_open(7, "loss");
	unsigned ones[64] = { 0 }, with_next[64] = { 0 };
	unsigned beyond = 0, tied = 0;

	for (uint64_t packet = 0; packet < DRAWS; packet++) {
		uint64_t draw = stream_draw(&stream, packet, 0), next = stream_draw(&stream, packet + 1, 0);

		for (unsigned bit = 0; bit < 64; bit++) {
			ones[bit] += (unsigned)(draw >> bit & 1);
			with_next[bit] += (unsigned)((draw ^ next) >> bit & 1);
		}
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		beyond += !stage_within(ones[bit], DRAWS / 2., DRAWS / 4., 3.5);
		tied += !stage_within(with_next[bit], DRAWS / 2., DRAWS / 4., 3.5);
	}
	tap_ok(beyond == 0, "each of the 64 bits is as often 0 as 1 in %d draws", DRAWS);
	tap_ok(tied == 0, "and differs from the next packet's in half of them");
}

static void chances(void)
{
	struct stream stream = stream_open(3, "loss");
	unsigned never = 0, always = 0;

	for (uint64_t packet = 0; packet < 100000; packet++) {
		never += (unsigned)stream_chance(&stream, packet, 0, 0);
		always += (unsigned)stream_chance(&stream, packet, 0, STREAM_CERTAIN);
	}
	tap_ok(never == 0, "what has no chance never comes to pass");
	tap_ok(always == 100000, "what is certain always does");
}

/* The owner of a packet's draw, found in the plain way: from the first packet on. */
static uint64_t owner(const struct stream *stream, uint64_t correlation, uint64_t packet)
{
	while (packet && stream_chance(stream, packet, 1, correlation))
		packet--;
	return packet;
}

static void chains(void)
{
	const uint64_t half = STREAM_CERTAIN / 2;
	struct stream stream = stream_open(5, "delay");
	struct chain each = { 0 }, gaps = { 0 }, none = { 0 }, all = { 0 }, late = { 0 };
	unsigned wrong = 0, own = 0, first = 0;

	for (uint64_t packet = 0; packet < 20000; packet++) {
		uint64_t wanted = stream_draw(&stream, owner(&stream, half, packet), 0);

		wrong += chain_draw(&each, &stream, half, packet, false) != wanted;
		if (packet % 7 == 3)
			wrong += chain_draw(&gaps, &stream, half, packet, false) != wanted;
		own += chain_draw(&none, &stream, 0, packet, false) == stream_draw(&stream, packet, 0);
		first += chain_draw(&all, &stream, STREAM_CERTAIN, packet, false) ==
			 stream_draw(&stream, 0, 0);
	}
	tap_ok(wrong == 0, "a chain is a function of the packet's number, also where others are left out");
	tap_ok(own == 20000, "without correlation each packet has its own draw");
	tap_ok(first == 20000, "with all of it each has the first one's");
	chain_draw(&late, &stream, STREAM_CERTAIN, 1ULL << 40, false);
	tap_ok(late.owner == (1ULL << 40) - CHAIN_REACH, "an owner is not looked for without end");
}

int main(void)
{
	golden();
	bits();
	chances();
	chains();
	return tap_done();
}

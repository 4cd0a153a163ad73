/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed of the target "router": what comes to it, by which port and when. */
#ifndef TUNLAB_TESTS_FUZZ_SEEDS_ARRIVAL_H
#define TUNLAB_TESTS_FUZZ_SEEDS_ARRIVAL_H

#include <arpa/inet.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds/sample.h"
#include "tests/fuzz/seeds/seeds.h"
#include "tests/relay/made.h"

enum { TUN, OTHER_TUN, TAP, OTHER_TAP }; /* the ports */
enum { AT_ONCE, MILLISECOND, TENTH, SECOND, SECONDS_3, SECONDS_10, SECONDS_40, MINUTES_2 };
enum { LOW_MTUS = 0xaa, ETHERTYPE_ARP = 0x0806 };

static FILE *file;

static inline void begin(const char *name, uint8_t form, uint8_t mtu)
{
	const struct fuzz_router head = { form, mtu };

	file = create("router", name);
	put(file, &head, sizeof(head));
}

static inline void end(void)
{
	need(!fclose(file), "fclose");
}

static inline void put_arrival(
	unsigned port, unsigned when, const uint8_t *frame, const struct sample *sample)
{
	size_t before = frame ? 14 : 0, kept = sample->length > 200 ? 200 : sample->length,
	       length = before + kept, more = sample->length - kept;
	const struct fuzz_arrival arrival = {
		.turn = (uint8_t)(port | when * FUZZ_WHEN | FUZZ_MENDED | (more ? FUZZ_STRETCHED : 0)),
		.length = { (uint8_t)length, (uint8_t)(length >> 8) },
		.more = { (uint8_t)more, (uint8_t)(more >> 8) },
	};

	put(file, &arrival, sizeof(arrival));
	if (frame)
		put(file, frame, before);
	put(file, sample->bytes, kept);
}

/* From the station of a neighbour to the port's, or to everybody. */
static inline void make_frame(uint8_t *frame, unsigned port, uint16_t protocol, bool everybody)
{
	const uint8_t hardware[12] = { 2, 0, 0, 0, 0, (uint8_t)port, 2, 0, 0, 0, 1, (uint8_t)port };

	memcpy(frame, hardware, sizeof(hardware));
	if (everybody)
		memset(frame, 0xff, 6);
	made_number(frame + 12, 2, protocol);
}

static inline void come(unsigned port, unsigned when, const struct sample *sample)
{
	uint8_t frame[14];

	make_frame(frame, port, sample->bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd, false);
	put_arrival(port, when, port < TAP ? NULL : frame, sample);
}

/* One packet that comes by a TUN, and time for all that follows. */
static inline void plant(const char *name, struct sample sample)
{
	begin(name, 0, 0);
	come(TUN, AT_ONCE, &sample);
	come(OTHER_TUN, SECOND, &sample);
	come(TAP, SECONDS_10, &sample);
	end();
}

#define HOST4 "10.0.0.1"
#define HOST6 "2001:db8::1"
#define OWN4  "10.0.0.254"
#define OWN6  "2001:db8::fe"
#define FAR4  "10.2.0.1"
#define FAR6  "2001:db8:20::1"

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router advertises on a link, in the words of radvd.conf(5). */
#ifndef TUNLAB_LAB_ADVERTISE_H
#define TUNLAB_LAB_ADVERTISE_H

#include "forwarder/protocol.h"
#include "lab/value.h"

struct link;
struct wire;

/* The words of an interface, and of the options in it. A field that has become a number of the relay's
 * message has the attribute NUMBER() of it. */
extern const struct field advertise_fields[], advertise_prefix_fields[], advertise_route_fields[],
	advertise_rdnss_fields[];

/* An option: a prefix, a route, or a server of names. */
struct advertised {
	enum relay_advertised kind;
	struct address address;
	struct values values;
};

/* What is advertised on the link of one end. */
struct advertisement {
	const struct place *where;
	const struct link *on;
	bool ends; /* nothing any more */
	struct values values;
	struct advertised *options;
	size_t option_count;
};

/* Reads "advertise" of a router, which is an object: end → what is advertised there. */
void advertise_read(const struct reading *reading, const struct wire *wire, const json_t *json,
	const struct place *where, struct advertisement **out, size_t *count);

/* The same as JSON; the caller owns it. */
json_t *advertise_json(struct arena *arena, const struct advertisement *advertisements, size_t count);

/* Whether anything is advertised. */
bool advertise_sends(const struct advertisement *advertisement);

/* In words: "MinRtrAdvInterval 3, prefix 2001:db8:1::/64". */
const char *advertise_print(struct arena *arena, const struct advertisement *advertisement);

/* The numbers of the relay's messages: enum relay_advertise_number, and enum relay_advertised_number of an
 * option. What is not said is radvd's default. */
void advertise_numbers(const struct advertisement *advertisement, uint64_t numbers[RELAY_NUMBERS]);
void advertised_numbers(const struct advertisement *advertisement, const struct advertised *option,
	uint64_t numbers[RELAY_NUMBERS]);

#endif

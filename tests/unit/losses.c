/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of several echo requests those that were not answered. */
#include "explain/losses.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/tap.h"

static struct netns left = { .name = "left" }, right = { .name = "right" };
static const struct verb ping = { .name = "ping", .probe = true }, udp = { .name = "udp", .probe = true };

static struct sighting seen(const struct netns *in, unsigned direction, enum role role, uint32_t sequence)
{
	return (struct sighting) { .in = in,
		.device = "tun0",
		.direction = direction,
		.role = role,
		.flow = { .family = AF_INET, .protocol = IPPROTO_ICMP, .sequence = sequence } };
}

/* How many packets of the role are still the probe's. */
static size_t count(const struct evidence *evidence, enum role role)
{
	size_t count = 0;

	for (size_t i = 0; i < evidence->sighting_count; i++)
		count += evidence->sightings[i].role == role;
	return count;
}

/* Requests 1 to 3, of which the ANSWERED first are answered; the answer to 3, where it was sent, is seen
 * where it left. */
static struct evidence losses(struct arena *arena, const struct verb *verb, uint32_t answered)
{
	struct step *step = arena_take(arena, sizeof *step);
	struct sighting all[8], *at = all;
	struct evidence whole = { .arena = arena, .step = step };

	*step = (struct step) { .verb = verb, .in = &left, .target.address.family = AF_INET };
	for (uint32_t i = 1; i <= 3; i++)
		*at++ = seen(&left, RELAY_OUT, ROLE_REQUEST, i);
	for (uint32_t i = 1; i <= answered; i++)
		*at++ = seen(&left, RELAY_IN, ROLE_ANSWER, i);
	*at++ = seen(&right, RELAY_OUT, ROLE_ANSWER, 3);
	whole.sightings = arena_copy(arena, all, (size_t)(at - all) * sizeof *at);
	whole.sighting_count = (size_t)(at - all);
	return losses_only(&whole);
}

int main(void)
{
	struct arena *arena = arena_open();
	struct evidence some = losses(arena, &ping, 2), none = losses(arena, &ping, 0),
			all = losses(arena, &ping, 3), other = losses(arena, &udp, 2);

	tap_ok(count(&some, ROLE_REQUEST) == 1 && some.sightings[2].role == ROLE_REQUEST,
		"two of three answered: the third is lost");
	tap_ok(count(&some, ROLE_ANSWER) == 1 && some.sightings[5].role == ROLE_ANSWER,
		"its answer, which left and did not come, stays");
	tap_ok(count(&none, ROLE_REQUEST) == 3, "none answered: all count");
	tap_ok(count(&all, ROLE_REQUEST) == 3 && count(&all, ROLE_ANSWER) == 4, "all answered: all count");
	tap_ok(count(&other, ROLE_REQUEST) == 3, "what has no sequence numbers stays as it is");
	arena_close(arena);
	return tap_done();
}

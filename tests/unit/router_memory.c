/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a router's memory: counters, neighbours, and which counter a captured reason belongs to. */
#include "kernel/router_memory.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "keep/listing_router.h"
#include "lab/lab.h"
#include "tests/unit/tap.h"

static struct netns left = { .name = "left" }, right = { .name = "right" };
static struct link tun = { .name = "tun0", .in = &left, .port = 3 },
		   tap = { .name = "tap0", .in = &right, .port = 4 };
static struct link *ends[] = { &tun, &tap };
static const struct wire wire = { .ends = ends, .count = 2 };

static void every_reason_is_known(void)
{
	bool found = true, deeds = false, named = true;

	for (enum router_counter i = 0; i < ROUTER_COUNTERS; i++) {
		const char *what = router_counter_texts[i].what;

		named &= *router_counter_texts[i].name && *what;
		if (i >= ROUTER_FIRST_DROP)
			found &= router_drop_of(what) == i;
		else
			deeds |= router_drop_of(what) != ROUTER_COUNTERS;
	}
	tap_ok(named, "each counter has a name and a text");
	tap_ok(found, "each reason leads to its own counter");
	tap_ok(!deeds, "what a router does is no reason");
	tap_ok(router_drop_of("there is no route to 10.9.9.9") == ROUTER_no_route,
		"with what is said behind it");
	tap_ok(router_drop_of("loss 1%") == ROUTER_COUNTERS, "what a wire's impairment says is none");
	tap_ok(router_drop_of("") == ROUTER_COUNTERS, "nor is what says nothing");
}

static void what_is_missed(void)
{
	tap_ok(router_counts_losses(ROUTER_no_protocol) && router_counts_losses(ROUTER_many_fragments),
		"from the first to the last, drops are missed");
	tap_ok(router_counts_losses(ROUTER_limited) && !router_counts_losses(ROUTER_forwarded) &&
			!router_counts_losses(ROUTER_advertised),
		"and errors that were not sent, and nothing else that it did");
}

static void is_told(const struct relay_router *router, const char *json, const char *text, const char *what)
{
	struct arena *arena = arena_open();
	json_t *all = json_new_object();
	char *seen, *printed = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&printed, &size);

	json_put_new(all, "neighbours", router_neighbours_json(arena, &wire, router));
	json_put_new(all, "counters", router_counters_json(router));
	seen = json_dumps(all, JSON_COMPACT);
	listing_print_router(to, all);
	fclose(to);
	tap_is(seen, json, "as JSON: %s", what);
	tap_is(printed, text, "for people: %s", what);
	free(seen);
	free(printed);
	json_decref(all);
	arena_close(arena);
}

static void every_state_has_its_word(void)
{
	static const char *const words[] = { [NEIGHBOUR_INCOMPLETE] = "INCOMPLETE",
		[NEIGHBOUR_REACHABLE] = "REACHABLE",
		[NEIGHBOUR_STALE] = "STALE",
		[NEIGHBOUR_DELAY] = "DELAY",
		[NEIGHBOUR_PROBE] = "PROBE",
		[NEIGHBOUR_FAILED] = "FAILED",
		[NEIGHBOUR_PERMANENT] = "PERMANENT" };

	for (uint32_t i = 1; i < sizeof words / sizeof *words; i++)
		tap_is(router_neighbour_state(&(struct relay_neighbour) { .state = i }), words[i], "%s",
			words[i]);
}

int main(void)
{
	static struct relay_router router;

	every_state_has_its_word();
	every_reason_is_known();
	what_is_missed();
	is_told(&router, "{\"neighbours\":[],\"counters\":{}}", "", "a router that has done nothing");
	router.counters[ROUTER_forwarded] = 12;
	router.counters[ROUTER_no_route] = 3;
	router.neighbours[1] = (struct relay_neighbour) { .state = NEIGHBOUR_REACHABLE,
		.port = 4,
		.family = AF_INET,
		.hardware = { 2, 0, 0, 0, 0, 1 },
		.address = { 10, 0, 1, 2 } };
	router.neighbours[2] = (struct relay_neighbour) {
		.state = NEIGHBOUR_FAILED, .port = 4, .family = AF_INET, .address = { 10, 0, 1, 9 }
	};
	router.neighbours[RELAY_NEIGHBOURS - 1] = (struct relay_neighbour) { .state = NEIGHBOUR_STALE,
		.port = 4,
		.family = AF_INET6,
		.is_router = 1,
		.hardware = { 2, 0, 0, 0, 0, 2 },
		.address = { 0xfe, 0x80, [15] = 2 } };
	is_told(&router,
		"{\"neighbours\":[{\"dst\":\"10.0.1.2\",\"dev\":\"right/"
		"tap0\",\"lladdr\":\"02:00:00:00:00:01\","
		"\"state\":[\"REACHABLE\"]},{\"dst\":\"10.0.1.9\",\"dev\":\"right/"
		"tap0\",\"state\":[\"FAILED\"]},"
		"{\"dst\":\"fe80::2\",\"dev\":\"right/"
		"tap0\",\"lladdr\":\"02:00:00:00:00:02\",\"router\":null,"
		"\"state\":[\"STALE\"]}],\"counters\":{\"forwarded\":12,\"no_route\":3}}",
		"    neighbour 10.0.1.2 dev right/tap0 lladdr 02:00:00:00:00:01 REACHABLE\n"
		"    neighbour 10.0.1.9 dev right/tap0 FAILED\n"
		"    neighbour fe80::2 dev right/tap0 lladdr 02:00:00:00:00:02 router STALE\n"
		"    router: 12 forwarded, 3 no_route\n",
		"counters that are not 0, neighbours by their ends");
	return tap_done();
}

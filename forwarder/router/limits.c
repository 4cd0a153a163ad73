/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One error costs an interval's time, and time that passes is saved up, but not more than BURST intervals (as
 * Linux's inet_peer_xrlim_allow() has it). Of an address that is not known all is saved up.
 */
#include <stdlib.h>

#include "forwarder/router/icmp.h"

enum {
	BURST = 6,
	WAYS = 4, /* addresses whose hashes are the same; of more, that which asked longest ago is forgotten
		   */
	SETS = 256,
};

struct bucket {
	struct ip to;	 /* of no family: it is free */
	uint64_t filled; /* when, nanoseconds */
	uint64_t tokens; /* nanoseconds */
};

struct limits {
	struct bucket buckets[SETS][WAYS];
};

struct limits *limits_open(void)
{
	return calloc(1, sizeof(struct limits));
}

void limits_close(struct limits *limits)
{
	free(limits);
}

/* Nobody who does not know the seed can have two addresses share a place. */
static size_t place_of(const struct ip *ip, uint64_t seed)
{
	const uint64_t odd = 0x9e3779b97f4a7c15; /* 2^64 over the golden ratio, which scatters well */
	uint64_t words[2], hash = seed ^ ip->family;

	memcpy(words, ip->bytes, sizeof(words));
	for (unsigned i = 0; i < 2; i++) {
		hash = (hash ^ words[i]) * odd;
		hash ^= hash >> 32;
	}
	return (hash * odd >> 32) % SETS;
}

static struct bucket *bucket_of(struct router *router, const struct ip *to)
{
	struct bucket *set = router->limits->buckets[place_of(to, router->seed)], *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (ip_equal(&set[i].to, to))
			return &set[i];
		if (set[i].filled < oldest->filled)
			oldest = &set[i];
	}
	*oldest = (struct bucket) { *to, router->now, BURST * router->ratelimit };
	return oldest;
}

bool limits_allow(struct router *router, const struct ip *to)
{
	uint64_t most = BURST * router->ratelimit, passed;
	struct bucket *bucket;

	if (!router->ratelimit)
		return true;
	bucket = bucket_of(router, to);
	passed = router->now - bucket->filled;
	bucket->filled = router->now;
	bucket->tokens = passed < most && bucket->tokens < most - passed ? bucket->tokens + passed : most;
	if (bucket->tokens < router->ratelimit)
		return false;
	bucket->tokens -= router->ratelimit;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ping under way: the echo requests of one attempt (steps/ping.c), and what a slow machine excuses of them.
 */
#ifndef TUNLAB_PING_H
#define TUNLAB_PING_H

#include "run/echo.h"
#include "run/verdict.h"

enum request_state { REQUEST_OPEN, REQUEST_ANSWERED, REQUEST_LOST, REQUEST_FAILED };

struct echo_request {
	enum request_state state;
	uint64_t sent;	       /* when, or when that was first tried */
	uint64_t until;	       /* when it is given up */
	uint64_t took;	       /* until its answer, which may have come too late; 0: none came */
	struct lateness began; /* when it was sent, where each request is measured */
	uint64_t behind;  /* how far the machine fell behind meanwhile; 0: not at all, or it was not looked at
			   */
	uint64_t sending; /* nanoseconds that sending took */
	const struct outcome *failure;
};

struct ping {
	struct attempt *attempt;
	struct echo_socket socket;
	struct watch watch;
	struct timer timer;
	struct echo_request *requests;
	size_t count;
	size_t sent;   /* of them */
	size_t closed; /* of them: no longer open */
	size_t oldest; /* none before it is open */
	uint64_t next; /* when to send the next */
	uint64_t interval;
	struct address from;  /* of the last answer */
	uint64_t least, most; /* what answers took */
	size_t answered;
	struct delays *delays; /* of the wires, when it began; where it is for the time that answers take */
	bool measured;	       /* each request by itself; else all together, by the attempt's span */
	bool refused;	       /* a send failed: there is no rate of loss */
};

/* How long answers took, as " after 20.1ms to 22ms"; "" where none came. */
const char *ping_took_print(const struct ping *ping);

/* What came of one request, as the step's expectations have it; texts are the attempt's. */
struct outcome ping_outcome(const struct ping *ping, const struct echo_request *request);

/* The loss in percent, had so many been answered. */
double ping_loss(const struct ping *ping, size_t answered);

/* As of struct verb: each request is as is expected, but for those whose answers were late. *BEHIND is by how
 * many nanoseconds the machine fell behind. */
bool ping_excused(const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind);

#endif

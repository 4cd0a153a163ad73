/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/lane.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "forwarder/counter.h"

enum { LATE = 50000 }; /* nanoseconds: what arrives later than that after it was due is counted as late */

struct lane *lane_open(struct port *to, struct transit *transit, uint8_t *buffer)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->to = to;
	lane->transit = transit;
	lane->buffer = buffer;
	return lane;
}

static void stage_close(struct stage *stage)
{
	free(stage->message);
	free(stage->state);
	*stage = (struct stage) { 0 };
}

void lane_close(struct lane *lane)
{
	if (!lane)
		return;
	transit_forget(lane->transit, lane);
	for (struct stage *stage = lane->stages; stage->impairment; stage++)
		stage_close(stage);
	free(lane);
}

bool lane_idle(const struct lane *lane)
{
	return !lane->stages[0].impairment && !lane->under_way;
}

static const struct impairment *find(const char *name)
{
	for (size_t i = 0; impairments[i]; i++) {
		if (!strncmp(impairments[i]->name, name, RELAY_IMPAIRMENT))
			return impairments[i];
	}
	return NULL;
}

static size_t count_stages(const struct lane *lane)
{
	size_t count = 0;

	while (lane->stages[count].impairment)
		count++;
	return count;
}

/* The lane's stage of an impairment; made where there is none yet. NULL without memory or room. */
static struct stage *make_stage(struct lane *lane, const struct impairment *impairment)
{
	size_t count = count_stages(lane), at = 0;
	struct stage stage = { .impairment = impairment };

	while (at < count && lane->stages[at].impairment->rank < impairment->rank)
		at++;
	if (lane->stages[at].impairment == impairment)
		return &lane->stages[at];
	if (count == LANE_STAGES)
		return NULL;
	stage.state = calloc(1, impairment->state_size);
	if (!stage.state)
		return NULL;
	memmove(&lane->stages[at + 1], &lane->stages[at], (count - at) * sizeof(*lane->stages));
	lane->stages[at] = stage;
	return &lane->stages[at];
}

static void remove_stage(struct lane *lane, const struct impairment *impairment)
{
	size_t count = count_stages(lane);

	for (size_t i = 0; i < count; i++) {
		if (lane->stages[i].impairment != impairment)
			continue;
		stage_close(&lane->stages[i]);
		memmove(&lane->stages[i], &lane->stages[i + 1], (count - i) * sizeof(*lane->stages));
		return;
	}
}

static struct relay_message *copy(const struct relay_message *message)
{
	size_t size = sizeof(*message) + message->instructions * sizeof(*message->filter);
	struct relay_message *own = malloc(size);

	return own ? memcpy(own, message, size) : NULL;
}

/* NULL, or what is wrong. */
static const char *set(const struct impairment *impairment, void *state, const struct stream *stream,
	const struct relay_message *message)
{
	if (message->instructions && !impairment->filters)
		return "a filter, which it has no use for";
	return impairment->set(state, stream, message);
}

/* A setting that comes later is tried on a state that nobody uses. */
const char *lane_check(const struct relay_message *message)
{
	const struct impairment *impairment = find(message->impairment);
	struct stream stream;
	const char *wrong;
	void *state;

	if (!impairment)
		return "no such impairment";
	if (!message->set)
		return NULL;
	state = calloc(1, impairment->state_size);
	if (!state)
		return "no memory";
	stream = stream_open(message->seed, impairment->name);
	wrong = set(impairment, state, &stream, message);
	free(state);
	return wrong;
}

const char *lane_set(struct lane *lane, const struct relay_message *message)
{
	const struct impairment *impairment = find(message->impairment);
	struct relay_message *own;
	struct stage *stage;
	struct stream stream;
	const char *wrong;

	if (!impairment)
		return "no such impairment";
	if (!message->set) {
		remove_stage(lane, impairment);
		return NULL;
	}
	stage = make_stage(lane, impairment);
	own = copy(message);
	if (!stage || !own) {
		free(own);
		return "no memory";
	}
	stream = stream_open(message->seed, impairment->name);
	wrong = set(impairment, stage->state, &stream, own);
	free(stage->message);
	stage->message = own;
	return wrong;
}

/* A run of a segment's packets that share a fate. */
struct run {
	unsigned first, count;
	struct fate fate;
	enum losing losing; /* of who lost them */
};

static bool same(const struct fate *one, const struct fate *other)
{
	return one->due == other->due && one->lost == other->lost && one->copies == 1 && other->copies == 1 &&
	       !one->corrupt && !other->corrupt;
}

/* Once, for all its copies, which are made of what stands in the lane's buffer then. */
static void corrupt(struct lane *lane, struct packet *packet, uint32_t bit)
{
	if (packet->bytes != lane->buffer)
		memcpy(lane->buffer, packet->bytes, packet->length);
	packet->bytes = lane->buffer;
	segment_checksum(packet, lane->buffer);
	bit--;
	if (bit / 8 < packet->length)
		lane->buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void write_out(struct lane *lane, const struct packet *packet, const struct trip *trip)
{
	struct packet own = *packet;

	own.trip = trip;
	port_write(lane->to, &own);
}

static void drop(const struct lane *lane, struct packet part, const struct trip *trip, const char *why)
{
	part.trip = trip;
	capture_drop(lane->to->capture, lane->to->interface, RELAY_IN, &part, "%s", why);
}

/* One copy of COUNT packets. */
static void send_off(struct lane *lane, const struct moment *moment, const struct packet *part,
	const struct run *run, unsigned copy)
{
	const struct fate *fate = &run->fate;
	struct trip trip = { .corrupt = fate->corrupt };
	struct traveller traveller = { .due = fate->due,
		.lane = lane,
		.came = moment->now - moment->starved,
		.starved = moment->starved,
		.corrupt = fate->corrupt };

	if (fate->copies > 1) {
		trip.copy = traveller.copy = copy + 1;
		trip.copies = traveller.copies = fate->copies;
	}
	if (fate->due <= moment->now) {
		write_out(lane, part, &trip);
	} else if (transit_put(lane->transit, &traveller, part)) {
		lane->under_way++;
	} else {
		counter_add(&lane->to->counters->overflowed, run->count);
		drop(lane, *part, &trip, "too much was under way");
	}
}

static uint64_t *counter_of(struct relay_counters *counters, enum losing losing)
{
	switch (losing) {
	case LOSING_LONG: return &counters->over_mtu;
	case LOSING_AT_QUEUE: return &counters->overflowed;
	case LOSING_BY_CHOICE: break;
	}
	return &counters->lost;
}

static void go_on(struct lane *lane, const struct moment *moment, const struct packet *packet,
	const struct segment *form, const struct run *run)
{
	struct relay_counters *counters = lane->to->counters;
	struct packet part;

	segment_cut(packet, form, run->first, run->count, lane->buffer, &part);
	if (run->fate.lost) {
		counter_add(counter_of(counters, run->losing), run->count);
		drop(lane, part, NULL, run->fate.lost);
		return;
	}
	if (run->fate.corrupt) {
		counter_add(&counters->corrupted, 1);
		corrupt(lane, &part, run->fate.corrupt);
	}
	if (run->fate.copies > 1)
		counter_add(&counters->duplicated, run->fate.copies - 1);
	for (unsigned i = 0; i < run->fate.copies; i++)
		send_off(lane, moment, &part, run, i);
}

/* In their order, but for those that may be early. */
static void keep_order(struct lane *lane, struct fate *fate)
{
	if (fate->early || fate->lost)
		return;
	if (fate->due < lane->newest)
		fate->due = lane->newest;
	lane->newest = fate->due;
}

/* Returns why it is lost, if it is. */
static enum losing decide(struct lane *lane, const struct arrival *arrival, struct fate *fate)
{
	enum losing losing = LOSING_BY_CHOICE;

	*fate = (struct fate) { .due = arrival->now, .copies = 1 };
	for (const struct stage *stage = lane->stages; stage->impairment && !fate->lost; stage++) {
		stage->impairment->pass(stage->state, arrival, fate);
		losing = stage->impairment->losing;
	}
	keep_order(lane, fate);
	return losing;
}

void lane_take(struct lane *lane, const struct moment *moment, const struct packet *packet)
{
	struct arrival arrival = { .now = moment->now, .packet = packet };
	struct segment form;
	struct run run = { 0 };

	/* What no device would send is the port's to refuse. */
	if (!segment_read(packet, lane->to->frame, &form)) {
		port_write(lane->to, packet);
		return;
	}
	arrival.network = form.network;
	arrival.form = &form;
	for (unsigned i = 0; i < form.count; i++) {
		struct fate fate;
		enum losing losing;

		arrival.index = i;
		if (lane->stages[0].impairment)
			arrival.number = lane->to->impaired++;
		arrival.length = segment_length(packet, &form, i);
		losing = decide(lane, &arrival, &fate);
		if (i && same(&run.fate, &fate)) {
			run.count++;
			continue;
		}
		if (i)
			go_on(lane, moment, packet, &form, &run);
		run = (struct run) { i, 1, fate, losing };
	}
	go_on(lane, moment, packet, &form, &run);
}

void lane_deliver(
	struct lane *lane, uint64_t now, const struct traveller *traveller, const struct packet *packet)
{
	struct relay_counters *counters = lane->to->counters;
	uint64_t late = traveller->starved + (now > traveller->due ? now - traveller->due : 0);
	const struct trip trip = { now - traveller->came, late, traveller->corrupt, traveller->copy,
		traveller->copies };

	lane->under_way--;
	counter_add(&counters->delayed, 1);
	counter_add(&counters->delay_time, traveller->due - traveller->came - traveller->starved);
	counter_add(&counters->late_time, late);
	if (late >= LATE)
		counter_add(&counters->late, 1);
	if (late > counters->latest)
		counter_set(&counters->latest, late);
	write_out(lane, packet, &trip);
}

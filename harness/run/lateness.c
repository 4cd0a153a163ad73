/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lateness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t SOON = 1000000; /* nanoseconds: what ends within these is not measured */
static const uint64_t BEAT =
	10000000; /* nanoseconds from one timer to the next, which show a machine that stands still */

/* What a file of the kernel's says, as far as there is ROOM; "" where it cannot be read. */
static void read_text(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, text, room - 1);

	if (fd >= 0)
		close(fd);
	text[size > 0 ? size : 0] = '\0';
}

/* The second number: nanoseconds for which the process was to run and waited for a processor. */
static uint64_t waited(pid_t process)
{
	char path[64], text[96], *end;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)process);
	read_text(path, text, sizeof text);
	strtoull(text, &end, 10);
	return strtoull(end, NULL, 10);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=MICROSECONDS" */
static uint64_t pressed(void)
{
	char text[96];
	const char *total;

	read_text("/proc/pressure/cpu", text, sizeof text);
	total = strstr(text, "total=");
	return total ? strtoull(total + sizeof "total=" - 1, NULL, 10) * 1000 : 0;
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static uint32_t count_ports(const struct site *site)
{
	return site->relay ? site->lab->port_count : 0;
}

static uint64_t sum_late(const struct site *site)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count_ports(site); i++)
		sum += load(&relay_counters(site->relay, i)->late_time);
	return sum;
}

/* A packet and its answer cross each port once, where they do not go in circles. */
static uint64_t sum_latest(const struct site *site)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count_ports(site); i++)
		sum += load(&relay_counters(site->relay, i)->latest);
	return sum;
}

struct lateness lateness_read(struct site *site)
{
	struct lateness now = { .late = sum_late(site), .lag = loop_lag(site->loop), .taken = true };

	now.pressed = pressed();
	now.own = waited(getpid());
	if (site->relay)
		now.relay = waited(relay_process(site->relay));
	return now;
}

/* Timers that waited while this process did not, as far as the kernel knows, waited for the whole machine. */
uint64_t lateness_since(struct site *site, const struct lateness *began)
{
	struct lateness now = lateness_read(site);
	uint64_t late = now.late - began->late, latest = sum_latest(site), own = now.own - began->own,
		 lag = now.lag - began->lag;
	uint64_t stood = lag > own ? lag - own : 0;

	return now.relay - began->relay + own + stood + (late < latest ? late : latest);
}

uint64_t lateness_at_most(struct site *site, const struct lateness *began)
{
	uint64_t counted, most;

	if (!began->taken)
		return 0;
	counted = lateness_since(site, began);
	most = pressed() - began->pressed;
	return counted > most ? counted : most;
}

struct delays {
	uint64_t count, time;
};

struct delays *delays_read(const struct site *site, struct arena *arena)
{
	struct delays *delays = arena_take(arena, (count_ports(site) + 1) * sizeof *delays);

	for (uint32_t i = 0; i < count_ports(site); i++) {
		const struct relay_counters *counters = relay_counters(site->relay, i);

		delays[i] = (struct delays) { load(&counters->delayed), load(&counters->delay_time) };
	}
	return delays;
}

uint64_t delays_since(const struct site *site, const struct delays *before)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count_ports(site); i++) {
		const struct relay_counters *counters = relay_counters(site->relay, i);
		uint64_t count = load(&counters->delayed) - before[i].count;

		if (count)
			sum += (load(&counters->delay_time) - before[i].time) / count;
	}
	return sum;
}

struct error *lateness_begin(struct site *site)
{
	struct error *error = NULL;

	for (uint32_t i = 0; i < count_ports(site) && !error; i++)
		if (load(&relay_counters(site->relay, i)->latest))
			error = relay_prompt(site->relay, i);
	return error;
}

void span_take(struct span *span)
{
	uint64_t late = span->began.late, lag = span->began.lag;

	if (span->began.taken)
		return;
	span->began = lateness_read(span->site);
	span->began.late = late;
	span->began.lag = lag;
}

static void due(struct timer *timer)
{
	struct span *span = timer->owner;

	span_take(span);
	loop_set(span->site->loop, timer, loop_now() + BEAT);
}

void span_begin(struct span *span, struct site *site)
{
	*span = (struct span) { .site = site, .timer = { .due = due, .owner = span } };
	span->began.late = sum_late(site);
	span->began.lag = loop_lag(site->loop);
	span->at = loop_now();
	loop_set(site->loop, &span->timer, span->at + SOON);
}

uint64_t span_behind(struct span *span)
{
	uint64_t behind, took = loop_now() - span->at;

	if (!span->began.taken)
		return 0;
	behind = lateness_since(span->site, &span->began);
	return behind < took ? behind : took;
}

void span_end(struct span *span)
{
	loop_unset(span->site->loop, &span->timer);
}

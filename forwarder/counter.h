/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters in the shared memory. The relay is their only writer, so nothing is read and written in one step;
 * the harness reads at any time, so every store is whole. What orders the two is RELAY_BARRIER.
 */
#ifndef TUNLAB_COUNTER_H
#define TUNLAB_COUNTER_H

#include <stdint.h>

static inline void counter_set(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

static inline void counter_add(uint64_t *counter, uint64_t more)
{
	counter_set(counter, *counter + more);
}

#endif

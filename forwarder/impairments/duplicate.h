/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of RELAY_IMPAIR "duplicate"; with a filter only packets that match it are counted and
 * duplicated. */
#ifndef TUNLAB_DUPLICATE_H
#define TUNLAB_DUPLICATE_H

#include "forwarder/impairments/chance.h"

enum duplicate_number {
	DUPLICATE_CHANCE = CHANCE_OF,
	DUPLICATE_CORRELATION = CHANCE_CORRELATION,
	DUPLICATE_NTH = CHANCE_NTH,
	DUPLICATE_FIRST = CHANCE_FIRST,
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of RELAY_IMPAIR "corrupt"; with a filter only packets that match it are counted and corrupted.
 */
#ifndef TUNLAB_CORRUPT_H
#define TUNLAB_CORRUPT_H

#include "forwarder/impairments/chance.h"

enum corrupt_number {
	CORRUPT_CHANCE = CHANCE_OF,
	CORRUPT_CORRELATION = CHANCE_CORRELATION,
	CORRUPT_NTH = CHANCE_NTH,
	CORRUPT_FIRST = CHANCE_FIRST,
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of RELAY_IMPAIR "loss"; with a filter only packets that match it are counted and lost. */
#ifndef TUNLAB_LOSS_H
#define TUNLAB_LOSS_H

#include "forwarder/impairments/chance.h"

enum loss_number {
	LOSS_CHANCE = CHANCE_OF,
	LOSS_CORRELATION = CHANCE_CORRELATION,
	LOSS_NTH = CHANCE_NTH,
	LOSS_FIRST = CHANCE_FIRST,
};

#endif

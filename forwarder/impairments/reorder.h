/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of RELAY_IMPAIR "reorder": a packet that is chosen goes without the delay, and so before those
 * that came before it and have one. At least gap - 1 packets come between two that are chosen, and before the
 * first; of the others each is chosen with the chance.
 */
#ifndef TUNLAB_REORDER_H
#define TUNLAB_REORDER_H

enum reorder_number {
	REORDER_CHANCE,	     /* in 2^32 */
	REORDER_CORRELATION, /* in 2^32: of a packet's choice with the one before it, of those that could be
			      */
	REORDER_GAP,	     /* packets; 0 and 1: each could be chosen */
};

#endif

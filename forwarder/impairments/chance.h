/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets something befalls: loss, duplicate and corrupt say it with the same numbers. With a filter,
 * only packets that match it are counted, and only they are befallen.
 */
#ifndef TUNLAB_CHANCE_H
#define TUNLAB_CHANCE_H

/* Of CHANCE_OF, CHANCE_NTH and CHANCE_FIRST at most one is not 0. */
enum chance_number {
	CHANCE_OF,	    /* in 2^32 */
	CHANCE_CORRELATION, /* in 2^32: of a packet's fate with that of the one before it */
	CHANCE_NTH,	    /* every one of that number: of 2 the second, the fourth, ... */
	CHANCE_FIRST,	    /* so many from the first on */
};

#endif

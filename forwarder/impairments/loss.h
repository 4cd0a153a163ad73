/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of RELAY_IMPAIR "loss"; with a filter only packets that match it are lost and counted. */
#ifndef TUNLAB_LOSS_H
#define TUNLAB_LOSS_H

enum loss_number {
	LOSS_CHANCE,	  /* in 2^32 */
	LOSS_CORRELATION, /* in 2^32: of a packet's fate with that of the one before it */
	LOSS_NTH,	  /* every one of that number is lost: of 2 the second, the fourth, ...; 0: none */
	LOSS_FIRST,	  /* so many from the first on are lost */
};

#endif

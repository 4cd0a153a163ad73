/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of RELAY_IMPAIR "delay". A packet's delay is DELAY_TIME and, with a jitter, what its
 * distribution adds or takes, but never less than 0 and never more than DELAY_TIME and four jitters: the
 * distributions are netem's, whose tables end there.
 */
#ifndef TUNLAB_DELAY_H
#define TUNLAB_DELAY_H

enum delay_number {
	DELAY_TIME,	    /* nanoseconds */
	DELAY_JITTER,	    /* nanoseconds, as DELAY_DISTRIBUTION has it */
	DELAY_DISTRIBUTION, /* enum delay_distribution */
	DELAY_CORRELATION,  /* in 2^32: of a packet's jitter with that of the one before it */
};

enum delay_distribution {
	DELAY_UNIFORM,	    /* from -jitter to +jitter, each as likely */
	DELAY_NORMAL,	    /* of standard deviation jitter */
	DELAY_PARETO,	    /* of shape 3: from -2/3 jitter on, standard deviation about 1.1 jitter */
	DELAY_PARETONORMAL, /* a quarter of normal and three of pareto */
};

#endif

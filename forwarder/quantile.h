/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distributions, as functions that make of a draw (64 bits, each as likely 0 as 1) a number that is
 * distributed so: the quantile of the draw's rank among all, but for rounding. They are netem's, of which
 * none reaches beyond four. Integers only: the same on every machine.
 */
#ifndef TUNLAB_QUANTILE_H
#define TUNLAB_QUANTILE_H

#include <stdint.h>

enum {
	QUANTILE_ONE = 1 << 24,		  /* what results are multiples of */
	QUANTILE_MOST = 4 * QUANTILE_ONE, /* none is more, none is less than minus that */
};

/* From -1 to 1, each as likely. */
int32_t quantile_uniform(uint64_t draw);

/* Of mean 0 and standard deviation 1. */
int32_t quantile_normal(uint64_t draw);

/* 4/3 (x - 3/2) of an x whose chance to be more than y is 1 / y^3. */
int32_t quantile_pareto(uint64_t draw);

/* A quarter of the normal and three of the pareto quantile. */
int32_t quantile_paretonormal(uint64_t draw);

#endif

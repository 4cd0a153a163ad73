/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes the seeds of the fuzz targets shares. */
#ifndef TUNLAB_TESTS_FUZZ_SEEDS_H
#define TUNLAB_TESTS_FUZZ_SEEDS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>

enum { IMPAIRMENTS = 7 }; /* so many are in impairments[] */

/* "ip proto 6", where a packet begins with its IP header. */
static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ, 6, 0, 1),
	BPF_STMT(BPF_RET, 262144),
	BPF_STMT(BPF_RET, 0),
};

/* Ends the program where something could not be done. */
void need(bool holds, const char *what);

/* A seed of the target, to be written to. */
FILE *create(const char *target, const char *name);
void put(FILE *file, const void *bytes, size_t size);

/* Those of the target of that name. */
void plant_control(void);
void plant_router(void);

/* Those of "router" that are about neighbours. */
void plant_neighbours(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes the seeds of the fuzz targets shares. */
#ifndef TUNLAB_TESTS_FUZZ_SEEDS_H
#define TUNLAB_TESTS_FUZZ_SEEDS_H

#include <stdbool.h>
#include <stdio.h>

/* Ends the program where something could not be done. */
void need(bool holds, const char *what);

/* A seed of the target, to be written to. */
FILE *create(const char *target, const char *name);
void put(FILE *file, const void *bytes, size_t size);

/* Those of the target "router". */
void plant_router(void);

#endif

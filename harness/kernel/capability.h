/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process may do, by libcap. */
#ifndef TUNLAB_CAPABILITY_H
#define TUNLAB_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/error.h"

/* Fails with STATUS_UNABLE and one sentence that says what to do where a lab cannot be built: CAP_SYS_ADMIN
 * and CAP_NET_ADMIN lack. */
struct error *capability_check(void);

/* Whether the capability (CAP_NET_RAW, ...) is in effect. */
bool capability_has(int capability);

/*
 * Puts capabilities into effect, or takes them out of it. What is taken out stays permitted, and can be put
 * in again; what is not permitted stays out, and nothing is said of it: what needs it will be refused.
 */
void capability_effect(const int *capabilities, size_t count, bool effective);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that are in a lab's namespaces without tunlab: by `ip netns exec`, nsenter(1), ... */
#ifndef TUNLAB_USERS_H
#define TUNLAB_USERS_H

#include <stdio.h>

#include "run/site.h"

/*
 * Says on TO who is still in a namespace of SITE, a line for each: they are not tunlab's to end, and the
 * namespace stays until they do. Programs that tunlab started there are not meant.
 */
void users_print(FILE *to, const struct site *site);

#endif

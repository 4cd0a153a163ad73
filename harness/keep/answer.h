/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a keeper answers at once: each ends its connection's question. */
#ifndef TUNLAB_ANSWER_H
#define TUNLAB_ANSWER_H

#include "keep/connection.h"
#include "keep/registry.h"
#include "run/site.h"

/* One line for standard error, and the exit status. */
void answer_error(struct connection *connection, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* To ASK_LIST: see listing_make. */
void answer_list(struct connection *connection, const struct site *site,
	const struct registration *registration, uint64_t since, const char *broken);

/* To ASK_ENTER: what a program needs to run in the namespace NAME (site_enclosure). */
void answer_enter(struct connection *connection, struct site *site, const char *name);

#endif

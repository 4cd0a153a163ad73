/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab requires, asked before anything of it is made. */
#ifndef TUNLAB_REQUIRE_H
#define TUNLAB_REQUIRE_H

#include "run/site.h"

/*
 * NULL: this machine has all that the lab requires. An error with "skip" set names the first that it lacks;
 * one without it says why nobody can tell. Kinds of links and nft are tried in a namespace that goes at once.
 */
struct error *require_all(const struct site *site);

#endif

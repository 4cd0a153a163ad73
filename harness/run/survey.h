/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab that stays is not tunlab's alone: people add and remove links with `ip -n`. */
#ifndef TUNLAB_SURVEY_H
#define TUNLAB_SURVEY_H

#include "run/site.h"

/*
 * Makes the links of LAB, which is the site's, those that stand in its namespaces now: what is gone is
 * forgotten (and what a change that failed did not make), what has come is known, if tunlab knows its kind.
 * To be called between steps, before further ones are read.
 */
struct error *site_survey(struct site *site, struct lab *lab);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper of a lab that is up: the process that built it and holds it, and that answers commands. When it
 * ends, however it ends, the lab is gone.
 */
#ifndef TUNLAB_KEEPER_H
#define TUNLAB_KEEPER_H

#include "keep/registry.h"
#include "run/run.h"

struct keeper;

/*
 * Makes the lab of SITE known under its registration, whose name it has, and begins to answer commands, which
 * are heard while keeper_serve or anything else runs the site's loop. ERRORS is the descriptor in which the
 * relay's last words are (-1: none). Both must outlive the keeper.
 */
struct error *keeper_open(
	struct site *site, struct registration *registration, int errors, struct keeper **out);

/* Answers until the lab is to be taken down, by a command or a signal. */
struct error *keeper_serve(struct keeper *keeper);

/*
 * Stops answering, takes the lab down (site_close), and tells those who asked for it once all is gone;
 * the others see that their connection ends.
 * KEEPER may be what keeper_open gave with an error.
 */
struct error *keeper_close(struct keeper *keeper);

#endif

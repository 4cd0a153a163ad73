/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs that are run in a lab share, and what they see of it: see kernel/program.h. */
#ifndef TUNLAB_ENCLOSURE_H
#define TUNLAB_ENCLOSURE_H

#include "kernel/program.h"
#include "run/site.h"

/*
 * What a program that is to run in IN is enclosed in: the site's pid namespace, which is made here if there
 * is none yet; lines for /etc/hosts, one for each address that a namespace has now (those of loopback and
 * link-local ones left out) with its name; and for `ip netns` the namespaces by their own names, and where
 * the lab is up also by those that the host knows them by. The texts are taken from ARENA.
 */
struct error *site_enclosure(
	struct site *site, const struct netns *in, struct arena *arena, struct enclosure *out);

#endif

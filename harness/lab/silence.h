/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Silence that is expected: a wrong address, or a wire that was forgotten, is as silent as what is meant. */
#ifndef TUNLAB_SILENCE_H
#define TUNLAB_SILENCE_H

#include "lab/lab.h"

/*
 * Whether there is anything by which silence of STEP would be told from that of a path where nothing ever
 * gets through: a cause that it must have, packets or counters that must be seen, or another step, before or
 * after, that expects to get through between the same namespaces, or to the same address. Of what expects no
 * silence: true.
 */
bool silence_is_sound(struct arena *arena, const struct lab *lab, const struct step *step);

#endif

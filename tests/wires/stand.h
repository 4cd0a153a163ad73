/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs that measure wires stand on: two namespaces, near and far, joined by wires of one relay,
 * which is found beside the program. Wire I has the ports 2 * I, near, and 2 * I + 1, far; its devices are
 * called wireI, with the addresses STAND_NEAR and STAND_FAR, both more by I * STAND_NEXT. What cannot be done
 * without ends the program.
 */
#ifndef TUNLAB_TESTS_WIRES_STAND_H
#define TUNLAB_TESTS_WIRES_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/relay.h"

#define STAND_NEAR 0x0a000001U
#define STAND_FAR  0x0a000002U
#define STAND_NEXT 0x100U

/* Makes it, with COUNT wires of TUN devices of an MTU, with OFFLOAD such that segments pass whole. Returns
 * the relay, which is to be closed only so: */
struct relay *stand_open(unsigned count, uint32_t mtu, bool offload);
void stand_close(void);

/* Goes into a namespace: what the process opens from now on is there. */
void stand_enter(bool far);

/* Ends the program with a line that names WHAT and errno, unless it holds. */
void stand_need(bool holds, const char *what);

/* Ends the program with a line that says the error, unless it is NULL. */
void stand_good(struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the harness says, and the one thing that the relay answers. Only the harness speaks here: a message
 * that makes no sense is a mistake in it, and ends the relay with a sentence that names the message.
 */
#ifndef TUNLAB_CONTROL_H
#define TUNLAB_CONTROL_H

#include "forwarder/parcel.h"
#include "forwarder/relay.h"

/* Handles the messages that wait, up to a RELAY_BARRIER. Returns as relay_step() does. */
int control_receive(struct relay *relay);

/* Answers the barrier; where the socket is full, the answer is to be tried again once it is not. Returns
 * likewise. */
int control_answer(struct relay *relay);

/* For those who handle messages of their own. The port that is numbered so, or NULL with relay->fault. */
struct port *control_port(struct relay *relay, uint32_t index);

/* Maps SIZE bytes of the shared memory whose descriptor came with a message; NULL with relay->fault. */
void *control_memory(struct relay *relay, const struct parcel *parcel, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TUN and TAP devices of a site: they are made by being opened, and the relay has the descriptors of those
 * that it carries packets for. Each function does an operation of a plan; LINK is the device, or what a
 * change says of it.
 */
#ifndef TUNLAB_RUN_TUNTAP_H
#define TUNLAB_RUN_TUNTAP_H

#include "run/site.h"

/* Makes the device with all its queues. */
struct error *tuntap_make(struct site *site, const struct link *link);

/* Hands its queues to the relay; or its new MTU, where the relay has them. */
struct error *tuntap_hand_over(struct site *site, const struct link *link);

/* Closes all its queues, first the relay's: what does not persist vanishes. One that is closed stays so. */
struct error *tuntap_close(struct site *site, const struct link *link);

/* Opens all of them again, in the device's namespace, and hands them to the relay where it had them. One that
 * is open stays so. */
struct error *tuntap_reopen(struct site *site, const struct link *link);

/* Whether a change has closed it. */
bool tuntap_is_closed(const struct site *site, const struct link *link);

/* Detaches the queues of which a change says that, and attaches all others. */
struct error *tuntap_set_queues(struct site *site, const struct link *link);

/* Before all is taken down: what would vanish by being closed is left to its namespace, which costs less. */
void tuntap_leave(struct site *site);

/* Closes what is open. */
void tuntap_close_all(struct site *site);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes the devices and wires of a lab, in one pcapng file: an interface for each device ("left/tun0"),
 * and for each end of a wire that the relay carries ("wire:left/tun0"). Devices are captured by one packet
 * socket in each namespace, with the kernel's own times; the relay writes what passes its ends of wires.
 */
#ifndef TUNLAB_CAPTURE_H
#define TUNLAB_CAPTURE_H

#include <stdio.h>

#include "run/site.h"

struct capture;

/*
 * Begins to capture what will be built in the site, which must not have been begun, in a file in DIRECTORY:
 * by the name under which the lab is up, or that of the lab's own file. STATUS_WRONG where no file can be
 * made there.
 */
struct error *capture_open(struct site *site, const char *directory);

/*
 * The same into FD, an empty file that is open for reading and appending; the caller's. It stays unsorted.
 * The site may stand already: what it has is captured from now on.
 */
struct error *capture_open_aside(struct site *site, int fd);

/* Without a capture, these do nothing. */

/* A namespace was made, and the thread is in it: what its devices see is captured from now on. */
struct error *capture_netns(struct site *site, const struct netns *in);

/* The relay has got a port: what passes there is captured from now on. */
struct error *capture_port(struct site *site, const struct link *link);

/* Takes what the packet sockets have, and notes devices that are new. */
void capture_drain(struct site *site);

/* Writes what is under way: what the file grows by after this came after it, whatever clocks say. */
void capture_settle(struct site *site);

/*
 * Ends the capture, while the lab still stands: takes what is under way, and sorts the file; of a lab of
 * which nothing was built there is none. What was lost for want of speed, and why a file is not sorted, is
 * told on TO; the error says that the file ends early as it could not be written.
 */
struct error *capture_close(struct site *site, FILE *to);

#endif

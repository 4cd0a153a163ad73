/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces, held by descriptor: nothing is mounted, named or left, and the kernel takes a namespace
 * down with its last descriptor, socket and process (network_namespaces(7)).
 */
#ifndef TUNLAB_NETNS_H
#define TUNLAB_NETNS_H

#include <stdint.h>

#include "lab/error.h"

/* Opens the calling thread's network namespace. */
struct error *netns_self(int *fd);

/* Makes a network namespace, moves the calling thread into it, and opens it. STATUS_UNABLE, with the remedy,
 * on EPERM, ENOSPC, ... */
struct error *netns_new(int *fd);

/* Moves the calling thread into the namespace. */
struct error *netns_enter(int fd);

/*
 * The number that the kernel gave the namespace, and will give no other until it is booted again
 * (SO_NETNS_COOKIE, Linux 5.14). The calling thread is in that namespace for a moment, and then where it was.
 */
struct error *netns_cookie(int fd, uint64_t *cookie);

#endif

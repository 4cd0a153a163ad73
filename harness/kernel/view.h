/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program in a lab sees of the file system that is the lab's and not the machine's. */
#ifndef TUNLAB_VIEW_H
#define TUNLAB_VIEW_H

#include "kernel/program.h"

/*
 * In the calling process's mount namespace, which is its own, mounts /proc and /sys of the pid and network
 * namespaces that it is in, /etc/hosts with the lab's lines before the machine's, and /run/netns with the
 * lab's names alone. What the machine does not allow, as a container's may, stays the machine's: nothing is
 * mounted where a mount would not be private (in a chroot), and /etc/hosts is not made where there is none.
 */
void view_mount(const struct enclosure *in);

#endif

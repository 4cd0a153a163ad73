/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a sysctl, for sysctl.c and its test. */
#ifndef TUNLAB_SYSCTL_FILE_H
#define TUNLAB_SYSCTL_FILE_H

#include "lab/error.h"

/*
 * Opens the sysctl NAME for ACCESS (O_RDONLY, O_WRONLY) below DIRECTORY, which is what stands for "net.". The
 * kernel too sees to it that no name leads out of DIRECTORY or through a link (openat2(2)). Errors as of
 * sysctl_write.
 */
struct error *sysctl_open_below(int directory, const char *name, int access, int *fd);

#endif

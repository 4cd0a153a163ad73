/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classic BPF over packets, as pcap_compile() makes it and Documentation/networking/filter.rst describes it.
 */
#ifndef TUNLAB_FILTER_H
#define TUNLAB_FILTER_H

#include <linux/filter.h>

#include "forwarder/packet.h"

/*
 * Whether filter_run() may run the program. Every jump goes forward and stays inside, the end cannot be
 * passed, scratch memory is addressed within its 16 words, no constant divisor is zero, no constant shift
 * exceeds 31, and every instruction is one that the kernel would take from an unprivileged process. The
 * kernel's ancillary data (negative offsets: SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF) do not exist here and are
 * refused.
 *
 * Returns NULL, or what is wrong, as a constant string; *where is then the number of the instruction, from 0.
 */
const char *filter_check(const struct sock_filter *program, uint32_t count, uint32_t *where);

/*
 * Runs a program that filter_check() passed. Returns what the program returns: 0 for "no match". As in the
 * kernel, a load beyond the packet's end and a division by zero end it with 0. Scratch memory starts as
 * zeros.
 */
uint32_t filter_run(const struct sock_filter *program, const struct packet *packet);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that runs libnftables: between kernel/nft.c and nobody else. */
#ifndef TUNLAB_NFT_CHILD_H
#define TUNLAB_NFT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* How a report ends; one that ends with neither was cut short. */
enum { NFT_TAKEN = 1, NFT_REFUSED = 2 };

struct nft_task {
	bool json;
	bool apply; /* else only read, without any capability */
	bool told;  /* what it answers is wanted: with handles, and without what counters count */
	pid_t parent;
};

/* Loads libnftables, once; false where there is none, or one that lacks what is needed. It stays loaded. */
bool nft_load(void);

/*
 * In a new process: hands what can be read from TEXT, a file, to libnftables, and writes what it says of it
 * to REPORT: nft's errors, or what was asked for, and one of the bytes above. Ends the process.
 */
_Noreturn void nft_child(const struct nft_task *task, int text, int report);

#endif

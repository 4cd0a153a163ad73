/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf(2), as far as a program that watches needs it. Descriptors are closed on exec. */
#ifndef TUNLAB_BPF_H
#define TUNLAB_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/error.h"

/* What is handed to the kernel. COUNT grows by bpf_emit; what does not fit is counted and refused by
 * bpf_load. */
enum { BPF_INSTRUCTIONS = 256 };
struct bpf_program {
	struct bpf_insn at[BPF_INSTRUCTIONS];
	size_t count;
};

/* Appends an instruction; returns its number. */
size_t bpf_emit(struct bpf_program *program, struct bpf_insn instruction);

/* Lets the jump with that number lead to the instruction that comes next. */
void bpf_land(struct bpf_program *program, size_t jump);

/* Makes a map, named as `bpftool map` shows it (up to 15 letters). Errors: STATUS_UNABLE and the errno. */
struct error *bpf_map(uint32_t type, const char *name, uint32_t key_size, uint32_t value_size,
	uint32_t entries, uint32_t flags, int *fd);

/* Sets the value of a key of a map. */
struct error *bpf_set(int map, const void *key, const void *value);

/* Lets nobody set anything in the map any more: a program may then take text from it. */
struct error *bpf_freeze(int map);

/*
 * Loads a raw tracepoint program; its license is the GPL. What the kernel's verifier has to say is the last
 * line of its log, in the error.
 */
struct error *bpf_load(const struct bpf_program *program, const char *name, int *fd);

/* Lets a loaded program run at a raw tracepoint until the descriptor is closed. */
struct error *bpf_attach(int program, const char *tracepoint, int *fd);

#endif

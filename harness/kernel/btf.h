/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of the running kernel, as it tells them itself (BTF, Documentation/bpf/btf.rst): where members
 * stand, what a function is called with, the names of an enum. Nothing is indexed but where each type begins;
 * looking for a name takes 0.1 ms.
 */
#ifndef TUNLAB_BTF_H
#define TUNLAB_BTF_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab/error.h"

struct btf;

/* Where the running kernel has its own. */
extern const char btf_of_kernel[];

/*
 * Opens the BTF in the file PATH. STATUS_UNABLE and ENOENT where there is none (a kernel without
 * CONFIG_DEBUG_INFO_BTF), STATUS_UNABLE where it cannot be read or is not BTF as this program knows it.
 */
struct error *btf_open(const char *path, struct btf **out);

/* Closes it; NULL is allowed. Names that were taken from it are gone then. */
void btf_close(struct btf *btf);

/* The number of the first type of KIND (BTF_KIND_STRUCT, ...) with that name, 0 if there is none. */
uint32_t btf_find(const struct btf *btf, uint32_t kind, const char *name);

/* The number of the type that TYPE stands for: without typedefs, const, volatile, restrict and tags. */
uint32_t btf_plain(const struct btf *btf, uint32_t type);

/* The kind of a type (BTF_KIND_UNKN: void, or there is no such type), and its name, "" if it has none. */
uint32_t btf_kind(const struct btf *btf, uint32_t type);
const char *btf_name(const struct btf *btf, uint32_t type);

/* What a plain type that is a pointer points to; 0 for void and for what is no pointer. */
uint32_t btf_target(const struct btf *btf, uint32_t type);

/* The parameters of a plain type that is a function, COUNT of them; NULL and 0 for another. */
const struct btf_param *btf_parameters(const struct btf *btf, uint32_t type, uint32_t *count);

/* Where a member stands, in bytes. */
struct btf_place {
	uint32_t offset, size;
};

/*
 * Finds a member of a struct or union by its path: "len", or "__sk_common.skc_net.net" for one inside of
 * others. Anonymous structs and unions are looked through, as C does. False: there is no such member, or it
 * does not fill whole bytes.
 */
bool btf_member(const struct btf *btf, uint32_t type, const char *path, struct btf_place *out);

/* Calls SEE for each name of a plain type that is an enum of 32 bits. */
void btf_each_value(const struct btf *btf, uint32_t type,
	void (*see)(void *context, const char *name, uint32_t value), void *context);

#endif

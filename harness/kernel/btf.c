/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/arena.h"

/* Kinds that the headers of Linux 5.15 do not know yet. */
enum { KIND_FLOAT = 16, KIND_DECL_TAG = 17, KIND_TYPE_TAG = 18, KIND_ENUM64 = 19 };

/* A longer way through names of a type, and a struct deeper inside of others without a name, is taken for a
 * circle. */
enum { LONGEST = 32, DEEPEST = 8 };

struct btf {
	unsigned char *bytes; /* mapped */
	size_t size;
	const unsigned char *types;
	uint32_t types_size;
	const char *strings;
	uint32_t strings_size;
	uint32_t *at;	/* where each type begins among "types"; type 0 is void and has no place there */
	uint32_t count; /* of types, void included */
};

const char btf_of_kernel[] = "/sys/kernel/btf/vmlinux";

static const struct btf_type *type_at(const struct btf *btf, uint32_t type)
{
	static const struct btf_type nothing;

	if (type == 0 || type >= btf->count)
		return &nothing;
	return (const struct btf_type *)(btf->types + btf->at[type]);
}

/* The end of the strings is a zero byte: checked once, when they are opened. */
static const char *string_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_size ? btf->strings + offset : "";
}

/* How many bytes stand behind the struct btf_type; false: a kind that is not known. */
static bool extra_size(const struct btf_type *type, uint32_t *size)
{
	uint32_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case KIND_FLOAT:
	case KIND_TYPE_TAG: *size = 0; return true;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG: *size = sizeof(uint32_t); return true;
	case BTF_KIND_ARRAY: *size = sizeof(struct btf_array); return true;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: *size = count * (uint32_t)sizeof(struct btf_member); return true;
	case BTF_KIND_ENUM: *size = count * (uint32_t)sizeof(struct btf_enum); return true;
	case BTF_KIND_FUNC_PROTO: *size = count * (uint32_t)sizeof(struct btf_param); return true;
	case BTF_KIND_DATASEC:
	case KIND_ENUM64: *size = count * 3 * (uint32_t)sizeof(uint32_t); return true;
	default: return false;
	}
}

/* Notes where each type begins; false: one is not known, or the last is cut off. */
static bool index_types(struct btf *btf)
{
	uint32_t at = 0, extra;

	btf->at = calloc(btf->types_size / sizeof(struct btf_type) + 1, sizeof *btf->at);
	if (!btf->at)
		memory_exhausted();
	for (btf->count = 1; at < btf->types_size; btf->count++) {
		uint32_t left = btf->types_size - at;

		if (left < sizeof(struct btf_type) ||
			!extra_size((const struct btf_type *)(btf->types + at), &extra) ||
			left - sizeof(struct btf_type) < extra)
			return false;
		btf->at[btf->count] = at;
		at += (uint32_t)sizeof(struct btf_type) + extra;
	}
	return true;
}

/* Finds the two sections (their places count from the header's end) and indexes the types. */
static bool understand(struct btf *btf)
{
	const struct btf_header *header = (const struct btf_header *)btf->bytes;
	size_t left;

	if (btf->size < sizeof *header || header->magic != BTF_MAGIC || header->version != BTF_VERSION ||
		header->hdr_len < sizeof *header || header->hdr_len > btf->size)
		return false;
	left = btf->size - header->hdr_len;
	if (header->type_off > left || header->type_len > left - header->type_off || header->str_off > left ||
		header->str_len > left - header->str_off ||
		(header->hdr_len + header->type_off) % sizeof(uint32_t) != 0)
		return false;
	btf->types = btf->bytes + header->hdr_len + header->type_off;
	btf->types_size = header->type_len;
	btf->strings = (const char *)btf->bytes + header->hdr_len + header->str_off;
	btf->strings_size = header->str_len;
	return btf->strings_size > 0 && btf->strings[btf->strings_size - 1] == 0 && index_types(btf);
}

/* Kernels before 6.16 do not let their BTF be mapped: it is read, in some 1,500 pages. */
static bool read_all(int fd, unsigned char *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got = read(fd, bytes + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = ENODATA;
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

static bool map(struct btf *btf, int fd)
{
	void *place = mmap(NULL, btf->size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (place == MAP_FAILED) {
		place = mmap(NULL, btf->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (place == MAP_FAILED)
			return false;
		btf->bytes = place;
		return read_all(fd, place, btf->size);
	}
	btf->bytes = place;
	return true;
}

static struct error *load(struct btf *btf, const char *path, int fd)
{
	struct stat file;

	if (fstat(fd, &file))
		return error_new(STATUS_UNABLE, errno, "%s", path);
	btf->size = (size_t)file.st_size;
	if (btf->size == 0)
		return error_new(STATUS_UNABLE, 0, "%s is empty", path);
	if (!map(btf, fd))
		return error_new(STATUS_UNABLE, errno, "%s", path);
	if (!understand(btf))
		return error_new(STATUS_UNABLE, 0, "%s is not BTF of a kind that is known here", path);
	return NULL;
}

struct error *btf_open(const char *path, struct btf **out)
{
	struct error *error;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = NULL;
	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "%s", path);
	*out = calloc(1, sizeof **out);
	if (!*out)
		memory_exhausted();
	error = load(*out, path, fd);
	close(fd);
	if (error) {
		btf_close(*out);
		*out = NULL;
	}
	return error;
}

void btf_close(struct btf *btf)
{
	if (!btf)
		return;
	if (btf->bytes)
		munmap(btf->bytes, btf->size);
	free(btf->at);
	free(btf);
}

uint32_t btf_kind(const struct btf *btf, uint32_t type)
{
	return BTF_INFO_KIND(type_at(btf, type)->info);
}

const char *btf_name(const struct btf *btf, uint32_t type)
{
	return string_at(btf, type_at(btf, type)->name_off);
}

uint32_t btf_find(const struct btf *btf, uint32_t kind, const char *name)
{
	for (uint32_t type = 1; type < btf->count; type++)
		if (btf_kind(btf, type) == kind && !strcmp(btf_name(btf, type), name))
			return type;
	return 0;
}

uint32_t btf_plain(const struct btf *btf, uint32_t type)
{
	for (int depth = 0; depth < LONGEST; depth++) {
		switch (btf_kind(btf, type)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case KIND_TYPE_TAG: type = type_at(btf, type)->type; break;
		default: return type;
		}
	}
	return 0;
}

uint32_t btf_target(const struct btf *btf, uint32_t type)
{
	return btf_kind(btf, type) == BTF_KIND_PTR ? type_at(btf, type)->type : 0;
}

const struct btf_param *btf_parameters(const struct btf *btf, uint32_t type, uint32_t *count)
{
	const struct btf_type *function = type_at(btf, type);

	*count = 0;
	if (btf_kind(btf, type) != BTF_KIND_FUNC_PROTO)
		return NULL;
	*count = BTF_INFO_VLEN(function->info);
	return (const struct btf_param *)(function + 1);
}

void btf_each_value(const struct btf *btf, uint32_t type,
	void (*see)(void *context, const char *name, uint32_t value), void *context)
{
	const struct btf_type *named = type_at(btf, type);
	const struct btf_enum *value = (const struct btf_enum *)(named + 1);

	if (btf_kind(btf, type) != BTF_KIND_ENUM)
		return;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(named->info); i++)
		see(context, string_at(btf, value[i].name_off), (uint32_t)value[i].val);
}

/* In bytes; 0 for what has none, and for an array of them: no member that is asked for is one. */
static uint32_t size_of(const struct btf *btf, uint32_t type)
{
	uint32_t plain = btf_plain(btf, type);

	switch (btf_kind(btf, plain)) {
	case BTF_KIND_PTR: return sizeof(void *);
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case KIND_ENUM64: return type_at(btf, plain)->size;
	default: return 0;
	}
}

/* What a struct says of one of its members: with the kind flag, bit fields have their size beside the offset.
 */
static bool member_offset(const struct btf_type *structure, const struct btf_member *member, uint32_t *offset)
{
	bool flag = BTF_INFO_KFLAG(structure->info);
	uint32_t bits = flag ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;

	*offset = bits / 8;
	return bits % 8 == 0 && !(flag && BTF_MEMBER_BITFIELD_SIZE(member->offset));
}

/*
 * Finds the member whose name is the first LENGTH bytes of NAME, in TYPE and in the anonymous structs and
 * unions of it: its type, 0 if there is none. OUT is moved by where it stands.
 */
static uint32_t find_member(const struct btf *btf, uint32_t type, const char *name, size_t length,
	struct btf_place *out, int depth)
{
	uint32_t plain = btf_plain(btf, type), kind = btf_kind(btf, plain), offset, found;
	const struct btf_type *structure = type_at(btf, plain);
	const struct btf_member *member = (const struct btf_member *)(structure + 1);

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) || depth == DEEPEST)
		return 0;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(structure->info); i++, member++) {
		const char *own = string_at(btf, member->name_off);

		found = 0;
		if (!member_offset(structure, member, &offset))
			continue;
		if (!*own)
			found = find_member(btf, member->type, name, length, out, depth + 1);
		else if (strlen(own) == length && !memcmp(own, name, length))
			found = member->type;
		if (found) {
			out->offset += offset;
			out->size = size_of(btf, found);
			return found;
		}
	}
	return 0;
}

bool btf_member(const struct btf *btf, uint32_t type, const char *path, struct btf_place *out)
{
	*out = (struct btf_place) { 0, 0 };
	while (type) {
		size_t length = strcspn(path, ".");

		type = find_member(btf, type, path, length, out, 0);
		if (!path[length])
			return type != 0 && out->size != 0;
		path += length + 1;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel refuses attributes that it does not know unless they are zero: SIZE ends behind the last that is
 * used. */
static int bpf(enum bpf_cmd command, union bpf_attr *attributes, size_t size)
{
	return (int)syscall(SYS_bpf, command, attributes, size);
}

#define UP_TO(last) (offsetof(union bpf_attr, last) + sizeof(((union bpf_attr *)0)->last))

size_t bpf_emit(struct bpf_program *program, struct bpf_insn instruction)
{
	if (program->count < BPF_INSTRUCTIONS)
		program->at[program->count] = instruction;
	return program->count++;
}

void bpf_land(struct bpf_program *program, size_t jump)
{
	if (jump < BPF_INSTRUCTIONS)
		program->at[jump].off = (int16_t)(program->count - jump - 1);
}

struct error *bpf_map(uint32_t type, const char *name, uint32_t key_size, uint32_t value_size,
	uint32_t entries, uint32_t flags, int *fd)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.map_type = type;
	attributes.key_size = key_size;
	attributes.value_size = value_size;
	attributes.max_entries = entries;
	attributes.map_flags = flags;
	snprintf(attributes.map_name, sizeof attributes.map_name, "%s", name);
	*fd = bpf(BPF_MAP_CREATE, &attributes, UP_TO(map_name));
	return *fd < 0 ? error_new(STATUS_UNABLE, errno, "the kernel made no BPF map %s", name) : NULL;
}

struct error *bpf_set(int map, const void *key, const void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.map_fd = (uint32_t)map;
	attributes.key = (uintptr_t)key;
	attributes.value = (uintptr_t)value;
	attributes.flags = BPF_ANY;
	if (bpf(BPF_MAP_UPDATE_ELEM, &attributes, UP_TO(flags)))
		return error_new(STATUS_UNABLE, errno, "the kernel set nothing in a BPF map");
	return NULL;
}

struct error *bpf_freeze(int map)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.map_fd = (uint32_t)map;
	if (bpf(BPF_MAP_FREEZE, &attributes, UP_TO(map_fd)))
		return error_new(STATUS_UNABLE, errno, "the kernel froze no BPF map");
	return NULL;
}

static int load(const struct bpf_program *program, const char *name, char *log, uint32_t size)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attributes.insns = (uintptr_t)program->at;
	attributes.insn_cnt = (uint32_t)program->count;
	attributes.license = (uintptr_t) "GPL";
	attributes.log_buf = (uintptr_t)log;
	attributes.log_size = size;
	attributes.log_level = size ? 1 : 0;
	snprintf(attributes.prog_name, sizeof attributes.prog_name, "%s", name);
	return bpf(BPF_PROG_LOAD, &attributes, UP_TO(prog_name));
}

/* The verifier ends with a line of figures ("processed 80 insns (limit 1000000) ..."): what it objects to is
 * the line before. */
static const char *last_line(char *log)
{
	char *line = log, *good = log;

	while ((line = strsep(&log, "\n")))
		if (*line && strncmp(line, "processed ", strlen("processed ")) != 0)
			good = line;
	return good;
}

/* A log costs the verifier much: it is asked for only where there is something to say. */
struct error *bpf_load(const struct bpf_program *program, const char *name, int *fd)
{
	char log[64 * 1024] = "";
	int number;

	if (program->count > BPF_INSTRUCTIONS)
		return error_new(STATUS_UNABLE, E2BIG, "the BPF program %s has %zu instructions", name,
			program->count);
	*fd = load(program, name, NULL, 0);
	if (*fd >= 0)
		return NULL;
	number = errno;
	if (number != EPERM)
		*fd = load(program, name, log, sizeof log);
	if (*fd >= 0)
		return NULL;
	return error_tell(error_new(STATUS_UNABLE, number, "the kernel loaded no BPF program %s", name),
		last_line(log));
}

struct error *bpf_attach(int program, const char *tracepoint, int *fd)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.raw_tracepoint.name = (uintptr_t)tracepoint;
	attributes.raw_tracepoint.prog_fd = (uint32_t)program;
	*fd = bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes, UP_TO(raw_tracepoint.prog_fd));
	if (*fd < 0)
		return error_new(STATUS_UNABLE, errno, "the kernel ran no BPF program at %s", tracepoint);
	return NULL;
}

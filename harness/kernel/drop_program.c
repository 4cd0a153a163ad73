/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hundred instructions, put together here and not by a compiler: what a compiler would add is clang for
 * building and a loader library for running, for a program that is four loads, a look-up and a copy. Places
 * in the kernel's structs are known only when it runs, and are put in as numbers.
 *
 * Kernel memory is read by bpf_probe_read_kernel alone, which gives zeros where a pointer leads nowhere: so
 * no pointer is compared with NULL, and a packet without a device or a socket has one of namespace 0, which
 * nobody watches.
 *
 * The name of the function is asked for here, by "%ps": /proc/kallsyms would take the kernel a third of a
 * second, and hides addresses where kernel.kptr_restrict says so.
 *
 * skb->dev is not always a device: a packet that waits in a queue of UDP or TCP keeps other things there.
 * What is read through it is then no cookie of a watched namespace, and the socket is asked.
 */
#include "kernel/drop_program.h"

#include <stdbool.h>
#include <stddef.h>

const char drop_place_format[8] = "%ps";

/* What each register is for between calls; 1 to 5 are arguments, which a call destroys, as it does 0. */
enum {
	RESULT = BPF_REG_0,
	CONTEXT = BPF_REG_6, /* then: bytes that are there from the network header on */
	PACKET = BPF_REG_7,
	DEVICE = BPF_REG_8, /* then: the network header */
	RECORD = BPF_REG_9,
	STACK = BPF_REG_10,
};

/* Places on the stack. */
enum { SCRATCH = -8, COOKIE = -16 };

enum size { BYTES_2 = BPF_H, BYTES_4 = BPF_W, BYTES_8 = BPF_DW };

static size_t emit(
	struct bpf_program *program, int code, int destination, int source, int16_t offset, int32_t number)
{
	return bpf_emit(program, (struct bpf_insn) { .code = (uint8_t)code,
					 .dst_reg = (uint8_t)(destination & 0xf),
					 .src_reg = (uint8_t)(source & 0xf),
					 .off = offset,
					 .imm = number });
}

static void set(struct bpf_program *program, int to, int32_t number)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}

static void copy(struct bpf_program *program, int to, int from)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

/* OPERATION: BPF_ADD, BPF_SUB. */
static void compute(struct bpf_program *program, int operation, int to, int from)
{
	emit(program, BPF_ALU64 | operation | BPF_X, to, from, 0, 0);
}

static void add(struct bpf_program *program, int to, int32_t number)
{
	emit(program, BPF_ALU64 | BPF_ADD, to, 0, 0, number); /* BPF_K, which is 0 */
}

static void load(struct bpf_program *program, enum size size, int to, int from, int16_t offset)
{
	emit(program, BPF_LDX | BPF_MEM | (int)size, to, from, offset, 0);
}

static void store(struct bpf_program *program, enum size size, int to, int16_t offset, int from)
{
	emit(program, BPF_STX | BPF_MEM | (int)size, to, from, offset, 0);
}

static void call(struct bpf_program *program, enum bpf_func_id function)
{
	emit(program, BPF_JMP | BPF_CALL, 0, 0, 0, (int32_t)function);
}

static void leave(struct bpf_program *program)
{
	set(program, RESULT, 0);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Jumps where the register CONDITION (BPF_JEQ, BPF_JSGT, ...) NUMBER; where to is said by bpf_land. */
static size_t jump(struct bpf_program *program, int condition, int reg, int32_t number)
{
	return emit(program, BPF_JMP | condition | BPF_K, reg, 0, 0, number);
}

/* A map (KIND: BPF_PSEUDO_MAP_FD), or what is in an array (BPF_PSEUDO_MAP_VALUE): an instruction of two. */
static void load_map(struct bpf_program *program, int kind, int to, int map)
{
	emit(program, BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, map);
	emit(program, 0, 0, 0, 0, 0);
}

/* Reads a member of the struct that FROM points to, to OFFSET from the pointer TO. */
static void read_to(struct bpf_program *program, const struct drop_layout *layout, int to, int16_t offset,
	int from, enum drop_member member)
{
	copy(program, BPF_REG_3, from);
	add(program, BPF_REG_3, (int32_t)layout->offset[member]);
	copy(program, BPF_REG_1, to);
	add(program, BPF_REG_1, offset);
	set(program, BPF_REG_2, (int32_t)drop_member_size(member));
	call(program, BPF_FUNC_probe_read_kernel);
}

static enum size width(enum drop_member member)
{
	switch (drop_member_size(member)) {
	case 2: return BYTES_2;
	case 4: return BYTES_4;
	default: return BYTES_8;
	}
}

/* Reads a member into a register. */
static void read_into(struct bpf_program *program, const struct drop_layout *layout, int to, int from,
	enum drop_member member)
{
	read_to(program, layout, STACK, SCRATCH, from, member);
	load(program, width(member), to, STACK, SCRATCH);
}

/* Whether the namespace that MEMBER of FROM's struct points to is watched: returns the jump of yes. COOKIE is
 * set. */
static size_t jump_if_watched(struct bpf_program *program, const struct drop_layout *layout,
	const struct drop_maps *maps, int from, enum drop_member member)
{
	read_into(program, layout, RESULT, from, member);
	read_to(program, layout, STACK, COOKIE, RESULT, DROP_NET_COOKIE);
	load_map(program, BPF_PSEUDO_MAP_FD, BPF_REG_1, maps->namespaces);
	copy(program, BPF_REG_2, STACK);
	add(program, BPF_REG_2, COOKIE);
	call(program, BPF_FUNC_map_lookup_elem);
	return jump(program, BPF_JNE, RESULT, 0);
}

/* Where an argument of the tracepoint stands in the context. */
static int16_t argument(uint32_t number)
{
	return (int16_t)(number * sizeof(uint64_t));
}

/* Goes on only for a drop in a watched namespace; DEVICE is then the device, 0 where there is none. */
static void find_namespace(
	struct bpf_program *program, const struct drop_layout *layout, const struct drop_maps *maps)
{
	size_t by_device, by_socket, by_receiver = 0;
	bool receiver = layout->receiver >= 0;

	read_into(program, layout, DEVICE, PACKET, DROP_SKB_DEVICE);
	by_device = jump_if_watched(program, layout, maps, DEVICE, DROP_DEVICE_NET);
	set(program, DEVICE, 0);
	read_into(program, layout, RECORD, PACKET, DROP_SKB_SOCKET);
	by_socket = jump_if_watched(program, layout, maps, RECORD, DROP_SOCKET_NET);
	if (receiver) {
		load(program, BYTES_8, RECORD, CONTEXT, argument((uint32_t)layout->receiver));
		by_receiver = jump_if_watched(program, layout, maps, RECORD, DROP_SOCKET_NET);
	}
	leave(program);
	bpf_land(program, by_device);
	bpf_land(program, by_socket);
	if (receiver)
		bpf_land(program, by_receiver);
}

/* Goes on only where the ring has room: RECORD is then a place in it. */
static void reserve(struct bpf_program *program, const struct drop_maps *maps)
{
	size_t reserved;

	load_map(program, BPF_PSEUDO_MAP_FD, BPF_REG_1, maps->ring);
	set(program, BPF_REG_2, sizeof(struct drop_record));
	set(program, BPF_REG_3, 0);
	call(program, BPF_FUNC_ringbuf_reserve);
	copy(program, RECORD, RESULT);
	reserved = jump(program, BPF_JNE, RECORD, 0);
	load_map(program, BPF_PSEUDO_MAP_VALUE, BPF_REG_1, maps->lost);
	set(program, BPF_REG_2, 1);
	emit(program, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_1, BPF_REG_2, 0, BPF_ADD);
	leave(program);
	bpf_land(program, reserved);
}

#define FIELD(name) ((int16_t)offsetof(struct drop_record, name))

/* The call may be the last instruction of its function: the address before the one that it returns to is in
 * it. */
static void fill_place(
	struct bpf_program *program, const struct drop_layout *layout, const struct drop_maps *maps)
{
	set(program, BPF_REG_1, 0);
	store(program, BYTES_8, RECORD, FIELD(place), BPF_REG_1);
	load(program, BYTES_8, BPF_REG_1, CONTEXT, argument(layout->location));
	add(program, BPF_REG_1, -1);
	store(program, BYTES_8, STACK, SCRATCH, BPF_REG_1);
	copy(program, BPF_REG_1, RECORD);
	add(program, BPF_REG_1, FIELD(place));
	set(program, BPF_REG_2, DROP_PLACE);
	load_map(program, BPF_PSEUDO_MAP_VALUE, BPF_REG_3, maps->format);
	copy(program, BPF_REG_4, STACK);
	add(program, BPF_REG_4, SCRATCH);
	set(program, BPF_REG_5, sizeof(uint64_t));
	call(program, BPF_FUNC_snprintf);
}

static void fill(struct bpf_program *program, const struct drop_layout *layout)
{
	call(program, BPF_FUNC_ktime_get_ns);
	store(program, BYTES_8, RECORD, FIELD(time), RESULT);
	load(program, BYTES_8, BPF_REG_1, STACK, COOKIE);
	store(program, BYTES_8, RECORD, FIELD(cookie), BPF_REG_1);
	load(program, BYTES_8, BPF_REG_1, CONTEXT, argument(layout->reason));
	store(program, BYTES_4, RECORD, FIELD(reason), BPF_REG_1);
	read_to(program, layout, RECORD, FIELD(device), DEVICE, DROP_DEVICE_INDEX);
	read_to(program, layout, RECORD, FIELD(mark), PACKET, DROP_SKB_MARK);
	read_to(program, layout, RECORD, FIELD(protocol), PACKET, DROP_SKB_PROTOCOL);
}

/*
 * The packet begins at its network header, where one was set, else at its data. "data" may be before it (at
 * an Ethernet header) or behind (at what a socket would get), and "len" counts from there; "data_len" bytes
 * of it are elsewhere, and are not kept.
 */
static void fill_bytes(struct bpf_program *program, const struct drop_layout *layout)
{
	const int there = CONTEXT, begin = DEVICE;
	size_t set_header, not_over, not_under;

	read_into(program, layout, there, PACKET, DROP_SKB_DATA);
	read_into(program, layout, begin, PACKET, DROP_SKB_HEAD);
	read_into(program, layout, RESULT, PACKET, DROP_SKB_NETWORK);
	compute(program, BPF_ADD, begin, RESULT);
	set_header = jump(program, BPF_JNE, RESULT, 0);
	copy(program, begin, there);
	bpf_land(program, set_header);
	compute(program, BPF_SUB, there, begin);
	read_into(program, layout, RESULT, PACKET, DROP_SKB_LENGTH);
	compute(program, BPF_ADD, there, RESULT);
	store(program, BYTES_4, RECORD, FIELD(length), there);
	read_into(program, layout, RESULT, PACKET, DROP_SKB_DATA_LENGTH);
	compute(program, BPF_SUB, there, RESULT);
	not_over = jump(program, BPF_JSLE, there, DROP_BYTES);
	set(program, there, DROP_BYTES);
	bpf_land(program, not_over);
	not_under = jump(program, BPF_JSGE, there, 0);
	set(program, there, 0);
	bpf_land(program, not_under);
	store(program, BYTES_4, RECORD, FIELD(size), there);
	copy(program, BPF_REG_1, RECORD);
	add(program, BPF_REG_1, FIELD(bytes));
	copy(program, BPF_REG_2, there);
	copy(program, BPF_REG_3, begin);
	call(program, BPF_FUNC_probe_read_kernel);
}

void drop_program_make(
	const struct drop_layout *layout, const struct drop_maps *maps, struct bpf_program *out)
{
	out->count = 0;
	copy(out, CONTEXT, BPF_REG_1);
	load(out, BYTES_8, PACKET, CONTEXT, argument(layout->skb));
	find_namespace(out, layout, maps);
	reserve(out, maps);
	fill(out, layout);
	fill_place(out, layout, maps);
	fill_bytes(out, layout);
	copy(out, BPF_REG_1, RECORD);
	set(out, BPF_REG_2, 0);
	call(out, BPF_FUNC_ringbuf_submit);
	leave(out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters: what is refused, what each instruction does, what real ones match, and whether the kernel agrees.
 */
#include "forwarder/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs over a copy that ends where its memory ends, so that the address sanitizer sees a byte too far. */
static uint32_t run(const struct sock_filter *program, const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	uint32_t result;

	if (!copy)
		abort();
	if (length)
		memcpy(copy, bytes, length);
	result = filter_run(program, &(struct packet) { .bytes = copy, .length = length });
	free(copy);
	return result;
}

static const struct {
	const char *wrong; /* NULL: it is a program */
	uint32_t where, count;
	struct sock_filter program[4];
} programs[] = {
	{ NULL, 0, 1, { BPF_STMT(BPF_RET | BPF_K, 1) } },
	{ NULL, 0, 1, { BPF_STMT(BPF_RET | BPF_A, 0) } },
	{ "an empty program", 0, 0, { { 0 } } },
	{ "no return at the end", 0, 1, { BPF_STMT(BPF_MISC | BPF_TAX, 0) } },
	{ "no return at the end", 1, 2, { BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_LD | BPF_IMM, 1) } },
	{ "an unknown return", 0, 1, { BPF_STMT(BPF_RET | BPF_X, 0) } },
	{ "an unknown return", 0, 1, { BPF_STMT(BPF_RET | 0x20, 0) } },
	{ "an unknown instruction", 0, 1, { BPF_STMT(0x100 | BPF_RET, 0) } },
	{ "an unknown instruction", 0, 1, { BPF_STMT(BPF_MISC | 0x40, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LD | BPF_MSH | BPF_B, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LD | BPF_ABS | 0x18, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LD | BPF_MEM | BPF_B, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LD | BPF_IMM | BPF_H, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LD | 0xc0, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LDX | BPF_ABS, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LDX | BPF_IND | BPF_B, 0) } },
	{ "an unknown load", 0, 1, { BPF_STMT(BPF_LDX | BPF_MSH, 0) } },
	{ "an unknown store", 0, 1, { BPF_STMT(BPF_ST | BPF_MEM, 0) } },
	{ "an unknown store", 0, 1, { BPF_STMT(BPF_STX | BPF_X, 0) } },
	{ "an unknown operation", 0, 1, { BPF_STMT(BPF_ALU | 0xb0, 1) } },
	{ "an unknown operation", 0, 1, { BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 1) } },
	{ "an unknown jump", 0, 1, { BPF_JUMP(BPF_JMP | 0x50, 0, 0, 0) } },
	{ "an unknown jump", 0, 1, { BPF_JUMP(BPF_JMP | BPF_JA | BPF_X, 0, 0, 0) } },
	{ "a negative offset", 0, 1, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF) } },
	{ "a negative offset", 0, 1, { BPF_STMT(BPF_LD | BPF_B | BPF_IND, (uint32_t)SKF_LL_OFF) } },
	{ "a negative offset", 0, 1, { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, (uint32_t)SKF_NET_OFF) } },
	{ "no such word of scratch memory", 0, 1, { BPF_STMT(BPF_ST, BPF_MEMWORDS) } },
	{ "no such word of scratch memory", 0, 1, { BPF_STMT(BPF_STX, 0xffffffff) } },
	{ "no such word of scratch memory", 0, 1, { BPF_STMT(BPF_LD | BPF_MEM, BPF_MEMWORDS) } },
	{ "no such word of scratch memory", 0, 1, { BPF_STMT(BPF_LDX | BPF_MEM, BPF_MEMWORDS) } },
	{ "a division by zero", 0, 1, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0) } },
	{ "a division by zero", 0, 1, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0) } },
	{ "a shift by more than 31", 0, 1, { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32) } },
	{ "a shift by more than 31", 0, 1, { BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32) } },
	{ NULL, 0, 2, { BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0), BPF_STMT(BPF_RET, 1) } },
	{ "a jump out of the program", 0, 2, { BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_RET, 1) } },
	{ "a jump out of the program", 0, 2,
		{ BPF_JUMP(BPF_JMP | BPF_JA, (uint32_t)-1, 0, 0), BPF_STMT(BPF_RET, 1) } },
	{ "a jump out of the program", 0, 2, { BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 1, 0), BPF_STMT(BPF_RET, 1) } },
	{ "a jump out of the program", 0, 2,
		{ BPF_JUMP(BPF_JMP | BPF_JSET, 0, 0, 1), BPF_STMT(BPF_RET, 1) } },
	{ "a jump out of the program", 1, 2, { BPF_STMT(BPF_RET, 1), BPF_JUMP(BPF_JMP | BPF_JGT, 0, 0, 0) } },
};

static void test_check(void)
{
	for (size_t i = 0; i < COUNT(programs); i++) {
		uint32_t where = 99;
		const char *wrong = filter_check(programs[i].program, programs[i].count, &where);
		const char *expected = programs[i].wrong;
		bool same = wrong && expected ? !strcmp(wrong, expected) && where == programs[i].where
					      : wrong == expected;

		tap_ok(same, "check %zu: %s at %u; %s at %u", i, expected ? expected : "right",
			programs[i].where, wrong ? wrong : "right", where);
	}
}

/* A, X and scratch word 3 start as 0xa0000005, 7 and 0x33; then comes the program, whose result is A's. */
static const struct {
	const char *name;
	uint32_t result;
	struct sock_filter program[4];
	uint32_t count;
} instructions[] = {
	{ "ld #imm", 9, { BPF_STMT(BPF_LD | BPF_IMM, 9) }, 1 },
	{ "ld [k]", 0x45000102, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) }, 1 },
	{ "ld [k], up to the last byte", 0x06070809, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 6) }, 1 },
	{ "ld [k], a byte beyond", 0, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 7) }, 1 },
	{ "ldh [k]", 0x0506, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 5) }, 1 },
	{ "ldh [k], a byte beyond", 0, { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 9) }, 1 },
	{ "ldb [k]", 9, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9) }, 1 },
	{ "ldb [k], a byte beyond", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 10) }, 1 },
	{ "ldb [k], the largest offset", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0x7fffffff) }, 1 },
	{ "ldh [x + k]", 0x0809, { BPF_STMT(BPF_LD | BPF_H | BPF_IND, 1) }, 1 },
	{ "ldb [x + k], a byte beyond", 0, { BPF_STMT(BPF_LD | BPF_B | BPF_IND, 3) }, 1 },
	{ "ldb [x + k] does not wrap around", 0,
		{ BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1) }, 2 },
	{ "ld M[]", 0x33, { BPF_STMT(BPF_LD | BPF_MEM, 3) }, 1 },
	{ "ld M[] before any store", 0, { BPF_STMT(BPF_LD | BPF_MEM, 15) }, 1 },
	{ "ld #len", 10, { BPF_STMT(BPF_LD | BPF_LEN, 0) }, 1 },
	{ "ldx #imm", 9, { BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_MISC | BPF_TXA, 0) }, 2 },
	{ "ldx M[]", 0x33, { BPF_STMT(BPF_LDX | BPF_MEM, 3), BPF_STMT(BPF_MISC | BPF_TXA, 0) }, 2 },
	{ "ldx #len", 10, { BPF_STMT(BPF_LDX | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0) }, 2 },
	{ "ldxb 4*([k]&0xf)", 20, { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0) },
		2 },
	{ "ldxb 4*([k]&0xf) leaves A alone", 0xa0000005, { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0) }, 1 },
	{ "ldxb 4*([k]&0xf), a byte beyond", 0, { BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 10) }, 1 },
	{ "st M[]", 0xa0000005,
		{ BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_LD | BPF_MEM, 15) }, 3 },
	{ "stx M[]", 7, { BPF_STMT(BPF_STX, 0), BPF_STMT(BPF_LD | BPF_MEM, 0) }, 2 },
	{ "tax", 0xa0000005,
		{ BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_IMM, 1),
			BPF_STMT(BPF_MISC | BPF_TXA, 0) },
		3 },
	{ "txa", 7, { BPF_STMT(BPF_MISC | BPF_TXA, 0) }, 1 },
	{ "add #k wraps around", 3, { BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 0x5ffffffe) }, 1 },
	{ "add x", 0xa000000c, { BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0) }, 1 },
	{ "sub #k", 0xa0000004, { BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1) }, 1 },
	{ "sub x", 0x9ffffffe, { BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0) }, 1 },
	{ "mul #k", 0x4000000a, { BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2) }, 1 },
	{ "mul x", 0x60000023, { BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0) }, 1 },
	{ "div #k is unsigned", 0x50000002, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2) }, 1 },
	{ "div x", 383479223, { BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0) }, 1 },
	{ "div x by 0", 0, { BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0) }, 2 },
	{ "mod #k", 5, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 16) }, 1 },
	{ "mod x", 4, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0) }, 1 },
	{ "mod x by 0", 0, { BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0) }, 2 },
	{ "or #k", 0xa00000f5, { BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0xf0) }, 1 },
	{ "or x", 0xa0000007, { BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0) }, 1 },
	{ "and #k", 4, { BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x1c) }, 1 },
	{ "and x", 5, { BPF_STMT(BPF_ALU | BPF_AND | BPF_X, 0) }, 1 },
	{ "xor #k", 0x5ffffffa, { BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xffffffff) }, 1 },
	{ "xor x", 0xa0000002, { BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0) }, 1 },
	{ "lsh #k", 0x80000000, { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31) }, 1 },
	{ "lsh x", 0x00000280, { BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0) }, 1 },
	{ "rsh #k is unsigned", 1, { BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 31) }, 1 },
	{ "rsh x", 0x01400000, { BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0) }, 1 },
	{ "rsh x by 33 is by 1", 0x50000002,
		{ BPF_STMT(BPF_LDX | BPF_IMM, 33), BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0) }, 2 },
	{ "neg", 0x5ffffffb, { BPF_STMT(BPF_ALU | BPF_NEG, 0) }, 1 },
	{ "ja", 0xa0000005, { BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_RET, 66) }, 2 },
	{ "ret #k", 66, { BPF_STMT(BPF_RET, 66) }, 1 },
};

static void test_instructions(void)
{
	static const uint8_t packet[] = { 0x45, 0, 1, 2, 4, 5, 6, 7, 8, 9 };

	for (size_t i = 0; i < COUNT(instructions); i++) {
		struct sock_filter program[16] = {
			BPF_STMT(BPF_LD | BPF_IMM, 0x33),
			BPF_STMT(BPF_ST, 3),
			BPF_STMT(BPF_LD | BPF_IMM, 0xa0000005),
			BPF_STMT(BPF_LDX | BPF_IMM, 7),
		};
		uint32_t count = 4, where, result;

		for (uint32_t j = 0; j < instructions[i].count; j++)
			program[count++] = instructions[i].program[j];
		program[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);

		const char *wrong = filter_check(program, count, &where);

		result = wrong ? 0 : run(program, packet, sizeof(packet));
		tap_ok(!wrong && result == instructions[i].result, "%s: %#x, expected %#x%s",
			instructions[i].name, result, instructions[i].result, wrong ? wrong : "");
	}
}

/* Whether a jump is taken, for A below, equal to and above what it is compared with, 5; and both ways. */
static void test_jumps(void)
{
	static const struct {
		const char *name;
		uint16_t operation;
		bool taken[4]; /* for A of 4, 5, 6 and 0x80000000: unsigned, the largest */
	} jumps[] = {
		{ "jeq", BPF_JEQ, { false, true, false, false } },
		{ "jgt", BPF_JGT, { false, false, true, true } },
		{ "jge", BPF_JGE, { false, true, true, true } },
		{ "jset", BPF_JSET, { true, true, true, false } },
	};
	static const uint32_t values[] = { 4, 5, 6, 0x80000000 };

	for (size_t i = 0; i < 2 * COUNT(jumps) * COUNT(values); i++) {
		size_t jump = i / 2 / COUNT(values), value = i / 2 % COUNT(values);
		bool by_x = i % 2;
		struct sock_filter program[] = {
			BPF_STMT(BPF_LD | BPF_IMM, values[value]),
			BPF_STMT(BPF_LDX | BPF_IMM, by_x ? 5 : 1),
			BPF_JUMP((uint16_t)(BPF_JMP | jumps[jump].operation | (by_x ? BPF_X : BPF_K)),
				by_x ? 1 : 5, 2, 1),
			BPF_STMT(BPF_RET, 1),
			BPF_STMT(BPF_RET, 2),
			BPF_STMT(BPF_RET, 3),
		};

		tap_ok(run(program, "", 0) == (jumps[jump].taken[value] ? 3 : 2), "%s %s, A = %#x",
			jumps[jump].name, by_x ? "x" : "#k", values[value]);
	}
}

/* "icmp[icmptype] == icmp-echo" over packets that begin with their IP header. */
static const struct sock_filter echo[] = {
	{ 0x30, 0, 0, 0 },
	{ 0x54, 0, 0, 0xf0 },
	{ 0x15, 0, 8, 0x40 },
	{ 0x30, 0, 0, 9 },
	{ 0x15, 0, 6, 1 },
	{ 0x28, 0, 0, 6 },
	{ 0x45, 4, 0, 0x1fff },
	{ 0xb1, 0, 0, 0 },
	{ 0x50, 0, 0, 0 },
	{ 0x15, 0, 1, 8 },
	{ 0x06, 0, 0, 0x40000 },
	{ 0x06, 0, 0, 0 },
};

static void test_echo(void)
{
	static const struct {
		const char *name;
		bool matches;
		uint8_t first, fragment, protocol, type; /* type: of an IPv4 header without options */
		uint8_t length;
		uint8_t type_after_options;
	} packets[] = {
		{ "a request", true, 0x45, 0, 1, 8, 28, 0 },
		{ "a reply", false, 0x45, 0, 1, 0, 28, 0 },
		{ "a request, by its bytes, of UDP", false, 0x45, 0, 17, 8, 28, 0 },
		{ "a later fragment", false, 0x45, 3, 1, 8, 28, 0 },
		{ "a request with options", true, 0x46, 0, 1, 0, 32, 8 },
		{ "a reply with options", false, 0x46, 0, 1, 8, 32, 0 },
		{ "a request cut after its type", true, 0x45, 0, 1, 8, 21, 0 },
		{ "a request cut before its type", false, 0x45, 0, 1, 8, 20, 0 },
		{ "one byte", false, 0x45, 0, 1, 8, 1, 0 },
		{ "nothing", false, 0x45, 0, 1, 8, 0, 0 },
		{ "IPv6", false, 0x60, 0, 1, 8, 48, 0 },
	};
	uint32_t where;

	tap_ok(!filter_check(echo, COUNT(echo), &where), "the echo filter is a program");
	for (size_t i = 0; i < COUNT(packets); i++) {
		uint8_t bytes[64] = { 0 };

		bytes[0] = packets[i].first;
		bytes[7] = packets[i].fragment;
		bytes[9] = packets[i].protocol;
		bytes[20] = packets[i].type;
		bytes[24] = packets[i].type_after_options;
		tap_ok((run(echo, bytes, packets[i].length) != 0) == packets[i].matches,
			"%s %s an echo request", packets[i].name, packets[i].matches ? "is" : "is not");
	}
}

int main(void)
{
	test_check();
	test_instructions();
	test_jumps();
	test_echo();
	return tap_done();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters against the kernel: random programs, which both must take or refuse, and which must do the same in
 * both. */
#include "forwarder/filter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs over a copy that ends where its memory ends, so that the address sanitizer sees a byte too far. */
static uint32_t run(const struct sock_filter *program, const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);
	uint32_t result;

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	result = filter_run(program, &(struct packet) { .bytes = copy, .length = length });
	free(copy);
	return result;
}

/* A stream of numbers that is the same in every run. */
static uint32_t random_state = 1;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

static uint32_t any_value(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 5, 8, 15, 16, 31, 32, 0x7fff, 0x10000, 0x7fffffff,
		0xffffffff };

	return any(2) ? any(24) : values[any(COUNT(values))];
}

/* Mostly valid: every instruction that there is, and now and then one that there is not. */
static struct sock_filter any_instruction(uint32_t after)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_IMM,
		BPF_LD | BPF_LEN,
		BPF_LD | BPF_MEM,
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS,
		BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND,
		BPF_LD | BPF_H | BPF_IND,
		BPF_LD | BPF_B | BPF_IND,
		BPF_LDX | BPF_IMM,
		BPF_LDX | BPF_LEN,
		BPF_LDX | BPF_MEM,
		BPF_LDX | BPF_B | BPF_MSH,
		BPF_ST,
		BPF_ST,
		BPF_STX,
		BPF_STX,
		BPF_ALU | BPF_ADD,
		BPF_ALU | BPF_SUB,
		BPF_ALU | BPF_MUL,
		BPF_ALU | BPF_DIV,
		BPF_ALU | BPF_MOD,
		BPF_ALU | BPF_OR,
		BPF_ALU | BPF_AND,
		BPF_ALU | BPF_XOR,
		BPF_ALU | BPF_LSH,
		BPF_ALU | BPF_RSH,
		BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JEQ,
		BPF_JMP | BPF_JGT,
		BPF_JMP | BPF_JGE,
		BPF_JMP | BPF_JSET,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_RET | BPF_K,
		BPF_RET | BPF_A,
	};
	struct sock_filter one = { .code = codes[any(COUNT(codes))], .k = any_value() };
	uint16_t class = BPF_CLASS(one.code);

	if ((class == BPF_ALU || class == BPF_JMP) && one.code != (BPF_ALU | BPF_NEG) &&
		one.code != (BPF_JMP | BPF_JA) && any(2))
		one.code |= BPF_X;
	if (any(200) == 0)
		one.code ^= (uint16_t)(1 << any(10));
	if (class == BPF_ST || class == BPF_STX || BPF_MODE(one.code) == BPF_MEM)
		one.k = any(20) ? any(4) : any_value();
	if (class == BPF_JMP && after) {
		one.jt = (uint8_t)any(after < 3 ? after : 3);
		one.jf = (uint8_t)any(after < 3 ? after : 3);
		if (BPF_OP(one.code) == BPF_JA)
			one.k = any(30) ? one.jt : any_value();
	}
	/* Where the kernel and libpcap differ, in sums of X and k that wrap around, this side goes with
	 * libpcap. The kernel alone knows negative offsets. */
	if (class == BPF_LD && BPF_MODE(one.code) == BPF_IND)
		one.k = 0;
	if (class <= BPF_LDX && BPF_MODE(one.code) != BPF_IMM && one.k > INT32_MAX)
		one.k &= INT32_MAX;
	return one;
}

/* Whether the program reads a word of scratch memory: the kernel refuses that before a store, which is zero
 * here. */
static bool reads_scratch(const struct sock_filter *program, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (BPF_CLASS(program[i].code) <= BPF_LDX && BPF_MODE(program[i].code) == BPF_MEM)
			return true;
	}
	return false;
}

struct tally {
	unsigned refused, matched, unmatched; /* by both */
	unsigned check_differs, result_differs;
};

/* Sends a packet to a socket that has the filter: what comes out is as long as the filter said. */
static void compare_run(const struct sock_filter *program, const int pair[2], struct tally *tally)
{
	uint8_t packet[48], got[sizeof(packet)];
	size_t length = 1 + any(sizeof(packet));

	for (size_t i = 0; i < length; i++)
		packet[i] = (uint8_t)(any(2) ? any(24) : any(256));

	uint32_t result = run(program, packet, length);
	ssize_t expected = result == 0 ? -1 : result < length ? (ssize_t)result : (ssize_t)length;
	ssize_t passed = send(pair[0], packet, length, MSG_DONTWAIT) == (ssize_t)length
				 ? recv(pair[1], got, sizeof(got), MSG_DONTWAIT)
				 : -1;

	if (passed != expected)
		tally->result_differs++;
	else if (passed < 0)
		tally->unmatched++;
	else
		tally->matched++;
}

static void compare(const int pair[2], struct tally *tally)
{
	struct sock_filter program[24];
	uint32_t count = 2 + any(COUNT(program) - 2), where;

	for (uint32_t i = 0; i < count; i++)
		program[i] = any_instruction(count - i - 1);
	program[count - 1] = any(20) ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0) : any_instruction(0);

	struct sock_fprog attached = { (unsigned short)count, program };
	bool theirs = setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached)) == 0;
	bool ours = !filter_check(program, count, &where);

	if (!ours && !theirs)
		tally->refused++;
	if (ours && theirs) {
		for (int i = 0; i < 8; i++)
			compare_run(program, pair, tally);
	}
	if (ours != theirs && !(ours && reads_scratch(program, count)))
		tally->check_differs++;
}

int main(void)
{
	struct tally tally = { 0 };
	int pair[2];

	if (!tap_ok(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "a pair of sockets"))
		return tap_done();
	for (int i = 0; i < 3000; i++)
		compare(pair, &tally);
	close(pair[0]);
	close(pair[1]);
	tap_ok(tally.check_differs == 0, "the kernel refuses the same programs, but for %u",
		tally.check_differs);
	tap_ok(tally.result_differs == 0, "and returns the same, but for %u", tally.result_differs);
	tap_ok(tally.refused > 300 && tally.matched > 3000 && tally.unmatched > 3000,
		"in %u programs refused, %u packets matched, %u not", tally.refused, tally.matched,
		tally.unmatched);
	return tap_done();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/filter.h"

struct machine {
	uint32_t a, x;
	uint32_t scratch[BPF_MEMWORDS];
};

/* BPF_SIZE() in bytes; 0 for the eight bytes that only eBPF has. */
static unsigned width(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W: return 4;
	case BPF_H: return 2;
	case BPF_B: return 1;
	default: return 0;
	}
}

static const char *check_offset(const struct sock_filter *instruction)
{
	return instruction->k > INT32_MAX ? "a negative offset" : NULL;
}

static const char *check_scratch(const struct sock_filter *instruction)
{
	return instruction->k >= BPF_MEMWORDS ? "no such word of scratch memory" : NULL;
}

static const char *check_load(const struct sock_filter *instruction)
{
	bool to_a = BPF_CLASS(instruction->code) == BPF_LD;

	switch (BPF_MODE(instruction->code)) {
	case BPF_ABS:
	case BPF_IND:
		if (to_a && width(instruction->code))
			return check_offset(instruction);
		break;
	case BPF_MSH:
		if (!to_a && BPF_SIZE(instruction->code) == BPF_B)
			return check_offset(instruction);
		break;
	case BPF_IMM:
	case BPF_LEN:
		if (BPF_SIZE(instruction->code) == BPF_W)
			return NULL;
		break;
	case BPF_MEM:
		if (BPF_SIZE(instruction->code) == BPF_W)
			return check_scratch(instruction);
		break;
	default: break;
	}
	return "an unknown load";
}

static const char *check_alu(const struct sock_filter *instruction)
{
	bool constant = BPF_SRC(instruction->code) == BPF_K;

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR: return NULL;
	case BPF_DIV:
	case BPF_MOD: return constant && instruction->k == 0 ? "a division by zero" : NULL;
	case BPF_LSH:
	case BPF_RSH: return constant && instruction->k > 31 ? "a shift by more than 31" : NULL;
	case BPF_NEG: return constant ? NULL : "an unknown operation";
	default: return "an unknown operation";
	}
}

/* "after" is the number of instructions that follow this one. */
static const char *check_jump(const struct sock_filter *instruction, uint32_t after)
{
	bool inside = instruction->jt < after && instruction->jf < after;

	switch (BPF_OP(instruction->code)) {
	case BPF_JA:
		if (BPF_SRC(instruction->code) != BPF_K)
			return "an unknown jump";
		inside = instruction->k < after;
		break;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET: break;
	default: return "an unknown jump";
	}
	return inside ? NULL : "a jump out of the program";
}

static const char *check_instruction(const struct sock_filter *instruction, uint32_t after)
{
	uint16_t code = instruction->code;

	if (code > UINT8_MAX)
		return "an unknown instruction";
	switch (BPF_CLASS(code)) {
	case BPF_LD:
	case BPF_LDX: return check_load(instruction);
	case BPF_ST:
	case BPF_STX: return code == BPF_CLASS(code) ? check_scratch(instruction) : "an unknown store";
	case BPF_ALU: return check_alu(instruction);
	case BPF_JMP: return check_jump(instruction, after);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A) ? NULL : "an unknown return";
	case BPF_MISC:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA)
			       ? NULL
			       : "an unknown instruction";
	}
	return "an unknown instruction";
}

const char *filter_check(const struct sock_filter *program, uint32_t count, uint32_t *where)
{
	*where = 0;
	if (count == 0)
		return "an empty program";
	for (uint32_t i = 0; i < count; i++) {
		const char *wrong = check_instruction(&program[i], count - i - 1);

		*where = i;
		if (wrong)
			return wrong;
	}
	return BPF_CLASS(program[count - 1].code) == BPF_RET ? NULL : "no return at the end";
}

/* What a load instruction loads. Returns false beyond the packet's end. */
static bool load(const struct machine *machine, const struct sock_filter *instruction,
	const struct packet *packet, uint32_t *value)
{
	uint64_t offset = instruction->k;

	switch (BPF_MODE(instruction->code)) {
	case BPF_IMM: *value = instruction->k; return true;
	case BPF_LEN: *value = (uint32_t)packet->length; return true;
	case BPF_MEM: *value = machine->scratch[instruction->k]; return true;
	case BPF_ABS: return packet_load(packet, offset, width(instruction->code), value);
	case BPF_IND: return packet_load(packet, offset + machine->x, width(instruction->code), value);
	case BPF_MSH: /* the length of an IPv4 header, from its first byte */
		if (!packet_load(packet, offset, 1, value))
			return false;
		*value = (*value & 0xf) * 4;
		return true;
	}
	return false;
}

static uint32_t operand(const struct machine *machine, const struct sock_filter *instruction)
{
	return BPF_SRC(instruction->code) == BPF_X ? machine->x : instruction->k;
}

/* Computes in A. Returns false for a division by zero. */
static bool compute(struct machine *machine, const struct sock_filter *instruction)
{
	uint32_t by = operand(machine, instruction);

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD: machine->a += by; return true;
	case BPF_SUB: machine->a -= by; return true;
	case BPF_MUL: machine->a *= by; return true;
	case BPF_OR: machine->a |= by; return true;
	case BPF_AND: machine->a &= by; return true;
	case BPF_XOR: machine->a ^= by; return true;
	case BPF_LSH: machine->a <<= by & 31; return true; /* the kernel, too, takes the low five bits of X */
	case BPF_RSH: machine->a >>= by & 31; return true;
	case BPF_NEG: machine->a = -machine->a; return true;
	case BPF_DIV:
		if (by)
			machine->a /= by;
		return by;
	case BPF_MOD:
		if (by)
			machine->a %= by;
		return by;
	}
	return false;
}

/* How many instructions a jump passes over. */
static uint32_t distance(const struct machine *machine, const struct sock_filter *instruction)
{
	uint32_t with = operand(machine, instruction);
	bool holds = false;

	switch (BPF_OP(instruction->code)) {
	case BPF_JA: return instruction->k;
	case BPF_JEQ: holds = machine->a == with; break;
	case BPF_JGT: holds = machine->a > with; break;
	case BPF_JGE: holds = machine->a >= with; break;
	case BPF_JSET: holds = machine->a & with; break;
	}
	return holds ? instruction->jt : instruction->jf;
}

uint32_t filter_run(const struct sock_filter *program, const struct packet *packet)
{
	struct machine machine = { 0 };

	for (const struct sock_filter *at = program;; at++) {
		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			if (!load(&machine, at, packet, &machine.a))
				return 0;
			break;
		case BPF_LDX:
			if (!load(&machine, at, packet, &machine.x))
				return 0;
			break;
		case BPF_ST: machine.scratch[at->k] = machine.a; break;
		case BPF_STX: machine.scratch[at->k] = machine.x; break;
		case BPF_ALU:
			if (!compute(&machine, at))
				return 0;
			break;
		case BPF_JMP: at += distance(&machine, at); break;
		case BPF_RET: return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
		case BPF_MISC:
			if (BPF_MISCOP(at->code) == BPF_TAX)
				machine.x = machine.a;
			else
				machine.a = machine.x;
			break;
		}
	}
}

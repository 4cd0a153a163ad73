/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seeds of the target "control": messages as the harness sends them, and with one thing wrong. */
#include "forwarder/protocol.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds/seeds.h"

/* A number of a message, in its place. */
struct place {
	size_t at; /* in bytes */
	uint32_t value;
};

static void put_message(FILE *file, struct fuzz_message head, const struct place *places, unsigned count)
{
	head.words = (uint8_t)count;
	put(file, &head, sizeof(head));
	for (unsigned i = 0; i < count; i++) {
		struct fuzz_word word = { .at = (uint8_t)(places[i].at / 4) };

		memcpy(word.value, &places[i].value, 4);
		put(file, &word, sizeof(word));
	}
	put(file, filter, head.instructions * sizeof(*filter));
}

#define PLACE(field)  offsetof(struct relay_message, field)
#define NUMBER(index) (PLACE(numbers) + (index) * sizeof(uint64_t))

/* Each message as it is right, with packets after it, and once more with one thing wrong. */
void plant_control(void)
{
	static const struct {
		const char *name;
		struct fuzz_message message;
		struct place places[3];
		unsigned count;
	} messages[] = {
		{ "memory", { RELAY_MEMORY, FUZZ_MEMORY, .words = 0 }, { { 0 } }, 0 },
		{ "port", { RELAY_PORT, FUZZ_QUEUE, .words = 0 },
			{ { PLACE(index), 2 }, { PLACE(queues), 4 }, { PLACE(queue), 3 } }, 3 },
		{ "port-again", { RELAY_PORT, FUZZ_OTHER_QUEUE, .words = 0 },
			{ { PLACE(packet_info), 1 }, { PLACE(offload), 1 }, { PLACE(frame), 1 } }, 3 },
		{ "port-sink", { RELAY_PORT, FUZZ_SINK, .words = 0 }, { { PLACE(index), 5 } }, 1 },
		{ "unqueue", { RELAY_UNQUEUE, FUZZ_NOTHING, .words = 0 }, { { PLACE(index), 1 } }, 1 },
		{ "wire", { RELAY_WIRE, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "hub", { RELAY_HUB, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "prompt", { RELAY_PROMPT, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "mtu", { RELAY_MTU, FUZZ_NOTHING, .words = 0 }, { { PLACE(index), 1 }, { PLACE(mtu), 30 } },
			2 },
		{ "watch", { RELAY_WATCH, FUZZ_NOTHING, .instructions = 4 },
			{ { PLACE(watch), 7 }, { PLACE(direction), 3 } }, 2 },
		{ "unwatch", { RELAY_UNWATCH, FUZZ_NOTHING, .words = 0 }, { { PLACE(watch), 7 } }, 1 },
		{ "capture", { RELAY_CAPTURE, FUZZ_FILE, .words = 0 }, { { 0 } }, 0 },
		{ "interface", { RELAY_INTERFACE, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "uncapture", { RELAY_UNCAPTURE, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "barrier", { RELAY_BARRIER, FUZZ_NOTHING, .words = 0 }, { { 0 } }, 0 },
		{ "barrier-later", { RELAY_BARRIER, FUZZ_NOTHING, .words = 0 }, { { PLACE(at) + 4, 1 } }, 1 },
		{ "impair-later", { RELAY_IMPAIR, FUZZ_NOTHING, .impairment = 3 },
			{ { PLACE(at), 1 }, { PLACE(every), 1000 }, { NUMBER(2), 2 } }, 3 },
		{ "impair-filter", { RELAY_IMPAIR, FUZZ_NOTHING, .impairment = 3, .instructions = 4 },
			{ { PLACE(index), 1 }, { NUMBER(0), 1U << 31 } }, 2 },
		{ "unimpair", { RELAY_IMPAIR, FUZZ_NOTHING, .impairment = 3 }, { { PLACE(set), 0 } }, 1 },
	};
	static const uint8_t wrongs[] = { FUZZ_SHORT, FUZZ_LONGER, FUZZ_LYING, FUZZ_TWO, FUZZ_MANY };
	const struct fuzz_message traffic = { .type = RELAY_PROMPT, .form = FUZZ_TRAFFIC },
				  capture = { .type = RELAY_CAPTURE, .form = FUZZ_FILE },
				  interface = { .type = RELAY_INTERFACE };
	struct place number = { .at = PLACE(numbers) };
	FILE *file;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct fuzz_message wrong = messages[i].message;

		wrong.form |= wrongs[i % sizeof(wrongs)];
		file = create("control", messages[i].name);
		put_message(file, messages[i].message, messages[i].places, messages[i].count);
		put_message(file, traffic, NULL, 0);
		put_message(file, wrong, messages[i].places, messages[i].count);
		need(!fclose(file), "fclose");
	}
	file = create("control", "captured");
	put_message(file, capture, NULL, 0);
	put_message(file, interface, NULL, 0);
	for (unsigned i = 0; i < IMPAIRMENTS; i++) {
		const struct fuzz_message impair = { .type = RELAY_IMPAIR,
			.impairment = (uint8_t)(IMPAIRMENTS + i) };

		number.value = i == 0 || i == 3 ? 1U << 31 : 100000;
		put_message(file, impair, &number, 1);
		put_message(file, traffic, NULL, 0);
	}
	need(!fclose(file), "fclose");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels say of their types: recorded ones (tests/btf), whose numbers tests/btf/reduce found in its own
 * way, the running one, and files that are none or are damaged.
 */
#include "kernel/btf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/drop_layout.h"
#include "tests/unit/tap.h"

static const char debian_12[] = "tests/btf/debian-6.1.176-1.btf";
static const char debian_13[] = "tests/btf/debian-6.12.107-1.btf";

/* Everything that is read, as one text. */
static const char *shown(struct arena *arena, const struct drop_layout *layout)
{
	const char *text = arena_printf(arena, "skb %u location %u reason %u receiver %d,", layout->skb,
		layout->location, layout->reason, layout->receiver);

	for (size_t i = 0; i < DROP_MEMBERS; i++)
		text = arena_printf(arena, "%s %u", text, layout->offset[i]);
	return text;
}

static const char *reason(const struct drop_layout *layout, uint32_t number)
{
	return number < layout->name_count ? layout->names[number] : NULL;
}

static void recorded(struct arena *arena)
{
	static const struct {
		const char *path, *layout;
		uint32_t rpfilter, netfilter, max;
	} rows[] = {
		{ debian_12,
			"skb 0 location 1 reason 2 receiver -1, 16 24 200 208 184 112 116 168 180 1272 216 "
			"48 "
			"4096",
			11, 7, 65 },
		{ debian_13,
			"skb 0 location 1 reason 2 receiver 3, 16 24 200 208 184 112 116 168 180 280 224 48 "
			"4288",
			15, 11, 100 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct drop_layout layout = { 0 };
		struct btf *btf;
		struct error *error = btf_open(rows[i].path, &btf);

		if (!error)
			error = drop_layout_read(arena, btf, &layout);
		btf_close(btf);
		if (!tap_is(error ? error->text : NULL, NULL, "%s", rows[i].path)) {
			error_free(error);
			continue;
		}
		tap_is(shown(arena, &layout), rows[i].layout, "where everything stands");
		tap_is(reason(&layout, rows[i].rpfilter), "IP_RPFILTER", "reason %u", rows[i].rpfilter);
		tap_is(reason(&layout, rows[i].netfilter), "NETFILTER_DROP", "reason %u", rows[i].netfilter);
		tap_is(reason(&layout, rows[i].max), "MAX", "one more than the last");
		tap_ok(layout.name_count == rows[i].max + 1, "and nothing behind it");
	}
}

/* A file with these bytes; its path is good until the next call. */
static const char *file_of(const void *bytes, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = memfd_create("btf", MFD_CLOEXEC);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

/* What is read of such a file: an error's text, or NULL. */
static const char *refused(struct arena *arena, const void *bytes, size_t size)
{
	struct drop_layout layout = { 0 };
	struct btf *btf;
	struct error *error = btf_open(file_of(bytes, size), &btf);
	const char *text;

	if (!error)
		error = drop_layout_read(arena, btf, &layout);
	btf_close(btf);
	text = error ? arena_printf(arena, "%s", error->text) : NULL;
	error_free(error);
	return text;
}

static unsigned char *contents(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	unsigned char *bytes = malloc(1 << 20);

	if (!file || !bytes)
		abort();
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

/* Kernels that lack something: the recorded one, in which it is called otherwise. */
static void lacking(struct arena *arena)
{
	static const struct {
		const char *name, *expected;
	} rows[] = {
		{ "btf_trace_kfree_skb", "this kernel's BTF has no tracepoint kfree_skb" },
		{ "skb_drop_reason", "this kernel tells no reason of a drop (Linux 5.17 is the first)" },
		{ "net_cookie", "struct net: this kernel's BTF has no net_cookie" },
		{ "sk_buff", "this kernel's BTF has no tracepoint kfree_skb that is called as this program "
			     "knows it" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t size;
		unsigned char *bytes = contents(debian_13, &size);
		unsigned char *name = memmem(bytes, size, rows[i].name, strlen(rows[i].name) + 1);

		if (!name || name[-1])
			abort();
		*name = 'x';
		tap_is(refused(arena, bytes, size), rows[i].expected, "a kernel without %s", rows[i].name);
		free(bytes);
	}
}

/* Numbers that are the same in every run (xorshift, by Marsaglia). */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Nothing is to happen but an error, or none: the sanitizers look on. */
static void damaged(struct arena *arena)
{
	size_t size, cut = 0, refusals = 0;
	unsigned char *bytes = contents(debian_12, &size);
	uint32_t state = 1;

	for (size_t part = 1; part < size; part += 61, cut++)
		refusals += refused(arena, bytes, part) != NULL;
	tap_ok(refusals == cut, "cut off anywhere, it is refused (%zu of %zu)", refusals, cut);
	for (int i = 0; i < 3000; i++) {
		uint32_t at = next_random(&state) % (uint32_t)size;
		unsigned char old = bytes[at];

		bytes[at] ^= (unsigned char)(1 + next_random(&state) % 255);
		refused(arena, bytes, size);
		bytes[at] = old;
	}
	tap_ok(!refused(arena, bytes, size), "with any byte changed, it is read to its end");
	free(bytes);
}

static void others(struct arena *arena)
{
	struct btf *btf = (struct btf *)&btf;
	struct error *error = btf_open("/sys/kernel/btf/none-of-them", &btf);

	tap_ok(error && error->number == ENOENT && !btf, "there is no such file: %s",
		error ? error->text : "it was read");
	error_free(error);
	tap_ok(refused(arena, "", 0) != NULL, "an empty file: %s", refused(arena, "", 0));
	tap_ok(refused(arena, "{}", 2) != NULL, "another file: %s", refused(arena, "{}", 2));
}

/* The running kernel's: what it must have, wherever that stands. */
static void running(struct arena *arena)
{
	struct drop_layout layout = { 0 };
	struct btf_place place;
	struct btf *btf;
	struct error *error = btf_open(btf_of_kernel, &btf);
	uint32_t list;
	bool known = false;

	if (error) {
		tap_skip("%s", error->text);
		error_free(error);
		return;
	}
	list = btf_find(btf, BTF_KIND_STRUCT, "list_head");
	tap_ok(btf_member(btf, list, "prev", &place) && place.offset == sizeof(void *) &&
			place.size == sizeof(void *),
		"list_head.prev");
	tap_ok(!btf_member(btf, list, "previous", &place), "list_head.previous is none");
	tap_ok(!btf_member(btf, list, "prev.next", &place), "a pointer is not followed");
	tap_ok(!btf_member(btf, btf_find(btf, BTF_KIND_STRUCT, "sk_buff"), "ip_summed", &place),
		"a bit field is none");
	tap_ok(btf_find(btf, BTF_KIND_STRUCT, "no_such_struct") == 0, "there is no struct no_such_struct");
	error = drop_layout_read(arena, btf, &layout);
	btf_close(btf);
	if (!tap_is(error ? error->text : NULL, NULL, "this kernel's drops")) {
		error_free(error);
		return;
	}
	printf("# %s\n", shown(arena, &layout));
	for (uint32_t i = 0; i < layout.name_count; i++)
		known = known || (layout.names[i] && !strcmp(layout.names[i], "IP_RPFILTER"));
	tap_ok(known, "IP_RPFILTER is among its %u reasons", layout.name_count);
}

int main(void)
{
	struct arena *arena = arena_open();

	recorded(arena);
	lacking(arena);
	others(arena);
	damaged(arena);
	running(arena);
	arena_close(arena);
	return tap_done();
}

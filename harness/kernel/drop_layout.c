/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/drop_layout.h"

#include <assert.h>
#include <string.h>

/* Reasons of a subsystem (openvswitch, mac80211, ...) have its number in the upper half; the enum of the core
 * names none of them. */
enum { CORE_REASONS = 0x10000 };

static const struct {
	const char *structure, *path;
	uint32_t size;
} members[] = {
	[DROP_SKB_DEVICE] = { "sk_buff", "dev", sizeof(void *) },
	[DROP_SKB_SOCKET] = { "sk_buff", "sk", sizeof(void *) },
	[DROP_SKB_HEAD] = { "sk_buff", "head", sizeof(void *) },
	[DROP_SKB_DATA] = { "sk_buff", "data", sizeof(void *) },
	[DROP_SKB_NETWORK] = { "sk_buff", "network_header", sizeof(uint16_t) },
	[DROP_SKB_LENGTH] = { "sk_buff", "len", sizeof(uint32_t) },
	[DROP_SKB_DATA_LENGTH] = { "sk_buff", "data_len", sizeof(uint32_t) },
	[DROP_SKB_MARK] = { "sk_buff", "mark", sizeof(uint32_t) },
	[DROP_SKB_PROTOCOL] = { "sk_buff", "protocol", sizeof(uint16_t) },
	[DROP_DEVICE_NET] = { "net_device", "nd_net.net", sizeof(void *) },
	[DROP_DEVICE_INDEX] = { "net_device", "ifindex", sizeof(uint32_t) },
	[DROP_SOCKET_NET] = { "sock", "__sk_common.skc_net.net", sizeof(void *) },
	[DROP_NET_COOKIE] = { "net", "net_cookie", sizeof(uint64_t) },
};
static_assert(sizeof members / sizeof *members == DROP_MEMBERS, "a row for each");

uint32_t drop_member_size(enum drop_member member)
{
	return members[member].size;
}

static struct error *lacks(const char *what)
{
	return error_new(STATUS_UNABLE, 0, "this kernel's BTF has no %s", what);
}

static struct error *read_member(const struct btf *btf, enum drop_member member, uint32_t *offset)
{
	uint32_t structure = btf_find(btf, BTF_KIND_STRUCT, members[member].structure);
	struct btf_place place;

	if (!btf_member(btf, structure, members[member].path, &place))
		return error_wrap(lacks(members[member].path), "struct %s", members[member].structure);
	if (place.size != members[member].size)
		return error_new(STATUS_UNABLE, 0, "struct %s: %s has %u bytes, not %u",
			members[member].structure, members[member].path, place.size, members[member].size);
	*offset = place.offset;
	return NULL;
}

/*
 * btf_trace_kfree_skb is a pointer to a function: what the kernel calls at the tracepoint. Its first
 * parameter belongs to the tracing, and is none of the program's arguments. Before 5.17 there are the packet
 * and the location, before 6.11 no receiver.
 */
static struct error *read_arguments(const struct btf *btf, struct drop_layout *out, uint32_t *reasons)
{
	uint32_t trace = btf_plain(btf, btf_find(btf, BTF_KIND_TYPEDEF, "btf_trace_kfree_skb"));
	uint32_t function = btf_plain(btf, btf_target(btf, trace)), count;
	const struct btf_param *parameters = btf_parameters(btf, function, &count);
	bool skb = false, location = false;

	if (count == 0)
		return lacks("tracepoint kfree_skb");
	for (uint32_t i = 1; i < count; i++) {
		uint32_t type = btf_plain(btf, parameters[i].type), kind = btf_kind(btf, type);
		uint32_t target = btf_plain(btf, btf_target(btf, type));
		const char *name = btf_name(btf, kind == BTF_KIND_PTR ? target : type);

		if (kind == BTF_KIND_PTR && !strcmp(name, "sk_buff")) {
			out->skb = i - 1;
			skb = true;
		} else if (kind == BTF_KIND_PTR && !strcmp(name, "sock")) {
			out->receiver = (int)i - 1;
		} else if (kind == BTF_KIND_PTR && target == 0) {
			out->location = i - 1;
			location = true;
		} else if (kind == BTF_KIND_ENUM && !strcmp(name, "skb_drop_reason")) {
			out->reason = i - 1;
			*reasons = type;
		}
	}
	if (!skb || !location)
		return lacks("tracepoint kfree_skb that is called as this program knows it");
	if (!*reasons)
		return error_new(
			STATUS_UNABLE, 0, "this kernel tells no reason of a drop (Linux 5.17 is the first)");
	return NULL;
}

struct naming {
	struct arena *arena;
	struct drop_layout *layout;
};

static const char *without(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(name, prefix, length) == 0 ? name + length : name;
}

static void note_name(void *context, const char *name, uint32_t value)
{
	static const char *const none;
	struct naming *naming = context;
	struct drop_layout *layout = naming->layout;
	size_t count = layout->name_count;

	if (value >= CORE_REASONS)
		return;
	while (count <= value)
		arena_append(naming->arena, &layout->names, &count, &none, sizeof none);
	layout->name_count = (uint32_t)count;
	layout->names[value] =
		arena_printf(naming->arena, "%s", without(without(name, "SKB_"), "DROP_REASON_"));
}

struct error *drop_layout_read(struct arena *arena, const struct btf *btf, struct drop_layout *out)
{
	struct naming naming = { arena, out };
	uint32_t reasons = 0;
	struct error *error;

	*out = (struct drop_layout) { .receiver = -1 };
	error = read_arguments(btf, out, &reasons);
	for (enum drop_member member = 0; !error && member < DROP_MEMBERS; member++)
		error = read_member(btf, member, &out->offset[member]);
	if (!error)
		btf_each_value(btf, reasons, note_name, &naming);
	return error;
}

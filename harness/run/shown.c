/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/shown.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lab/route_names.h"

static void take_device(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	const char *name = attribute_text(rtnl_attribute(message, sizeof *header, IFLA_IFNAME));
	struct shown *shown = context;
	struct shown_device device = {
		.index = (uint32_t)header->ifi_index, .type = header->ifi_type, .flags = header->ifi_flags
	};

	if (message->nlmsg_type != RTM_NEWLINK || !name)
		return;
	device.name = arena_printf(shown->arena, "%s", name);
	arena_append(shown->arena, &shown->devices, &shown->device_count, &device, sizeof device);
}

static void keep_error(struct shown *shown, struct error *error)
{
	if (error && error->status == STATUS_UNABLE && !shown->error)
		shown->error = error;
	else
		error_free(error);
}

static const struct shown_device *find_device(const struct shown *shown, uint32_t index)
{
	for (size_t i = 0; i < shown->device_count; i++)
		if (shown->devices[i].index == index)
			return &shown->devices[i];
	return NULL;
}

struct shown_device shown_device(struct shown *shown, uint32_t index)
{
	struct ifinfomsg header = { .ifi_index = (int)index };
	struct request request = { .type = RTM_GETLINK };
	struct shown_device gone = { .index = index, .type = ARPHRD_VOID };

	if (!find_device(shown, index)) {
		body_header(&request.body, &header, sizeof header);
		keep_error(shown, rtnl_ask(shown->in->rtnl, &request, NULL, take_device, shown));
	}
	if (find_device(shown, index))
		return *find_device(shown, index);
	gone.name = arena_printf(shown->arena, "if%u", index);
	arena_append(shown->arena, &shown->devices, &shown->device_count, &gone, sizeof gone);
	return gone;
}

static void forget_devices(void *context)
{
	((struct shown *)context)->device_count = 0;
}

void shown_devices(struct shown *shown)
{
	struct ifinfomsg header = { 0 };
	struct request request = { .type = RTM_GETLINK };

	body_header(&request.body, &header, sizeof header);
	keep_error(shown, rtnl_dump(shown->in->rtnl, &request, forget_devices, take_device, shown));
}

void shown_put_device(struct shown *shown, json_t *object, const char *key, uint32_t index)
{
	json_put(object, key, "%s", shown_device(shown, index).name);
}

void shown_put_name(json_t *object, const char *key, const struct name *names, uint32_t number)
{
	const char *name = name_of(names, number);

	if (name)
		json_put(object, key, "%s", name);
	else
		json_put(object, key, "%u", number);
}

void shown_put_flags(json_t *object, const char *key, const struct name *names, uint32_t set)
{
	json_t *array = json_new_array();

	for (const struct name *name = names; name->name; name++)
		if (set & name->number)
			json_append_new(array, json_string(name->name));
	json_put_new(object, key, array);
}

void shown_put_null(json_t *object, const char *key, bool set)
{
	json_put_new(object, key, set ? json_null() : json_false());
}

void shown_put_true(json_t *object, const char *key)
{
	json_put_new(object, key, json_true());
}

void shown_put_number(json_t *object, const char *key, const struct nlattr *attribute)
{
	if (attribute)
		json_put_number(object, key, attribute_number(attribute, 0));
}

void shown_put_bytes(struct shown *shown, json_t *object, const char *key, int family, const void *bytes,
	size_t size, uint8_t length)
{
	struct address address = { .family = (uint8_t)family, .length = length, .prefixed = true };

	if (!bytes || size < family_size(family))
		return;
	memcpy(address.bytes, bytes, family_size(family));
	json_put(object, key, "%s", address_print(shown->arena, &address));
}

void shown_put_address(struct shown *shown, json_t *object, const char *key, int family,
	const struct nlattr *attribute, uint8_t length)
{
	size_t size = 0;
	const void *bytes = attribute_data(attribute, &size);

	shown_put_bytes(shown, object, key, family, bytes, size, length);
}

static bool has_ip_address(uint16_t type, size_t size)
{
	if (size == 4)
		return type == ARPHRD_TUNNEL || type == ARPHRD_SIT || type == ARPHRD_IPGRE;
	return size == 16 && (type == ARPHRD_TUNNEL6 || type == ARPHRD_IP6GRE);
}

void shown_put_link_address(
	struct shown *shown, json_t *object, const char *key, uint16_t type, const struct nlattr *attribute)
{
	size_t size = 0;
	const unsigned char *bytes = attribute_data(attribute, &size);
	const char *text = "";

	if (!bytes)
		return;
	if (has_ip_address(type, size)) {
		shown_put_bytes(
			shown, object, key, size == 4 ? AF_INET : AF_INET6, bytes, size, (uint8_t)(8 * size));
		return;
	}
	for (size_t i = 0; i < size; i++)
		text = arena_printf(shown->arena, "%s%s%02x", text, i ? ":" : "", bytes[i]);
	json_put(object, key, "%s", text);
}

void shown_put_table(struct shown *shown, json_t *object, const char *key, uint32_t number)
{
	const struct lab *lab = shown->in->site->lab;

	for (size_t i = 0; i < lab->table_count; i++) {
		if (lab->tables[i].number == number) {
			json_put(object, key, "%s", lab->tables[i].name);
			return;
		}
	}
	shown_put_name(object, key, route_tables, number);
}

struct address shown_address(int family, const struct nlattr *attribute)
{
	struct address address = { .family = AF_UNSPEC };
	size_t size = 0;
	const void *bytes = attribute_data(attribute, &size);

	if (!bytes || size < family_size(family))
		return address;
	address.family = (uint8_t)family;
	address.length = (uint8_t)(8 * family_size(family));
	memcpy(address.bytes, bytes, family_size(family));
	return address;
}

bool prefix_contains(const struct address *prefix, const struct address *address)
{
	if (prefix->family != address->family && prefix->family != AF_UNSPEC && address->family != AF_UNSPEC)
		return false;
	return bits_equal(prefix->bytes, address->bytes, prefix->length);
}

struct address shown_prefix(const struct nlmsghdr *route, uint16_t type, uint8_t length)
{
	const struct rtmsg *header = rtnl_header(route);
	struct address address =
		shown_address(header->rtm_family, rtnl_attribute(route, sizeof *header, type));

	address.family = header->rtm_family;
	address.length = length;
	return address;
}

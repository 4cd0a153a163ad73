/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements in the words of radvd.conf(5), with its defaults and its ranges. */
#include "lab/advertise.h"

#include <string.h>
#include <sys/socket.h>

#include "lab/impairment.h"
#include "lab/lab.h"

enum {
	FOREVER = UINT32_MAX, /* of a lifetime, RFC 4861 4.6.2 */
	LEAST_MAX = 4,	      /* seconds of MaxRtrAdvInterval; RFC 4861 6.2.1 has these four */
	MOST_MAX = 1800,
	LEAST_MIN = 3,
	MOST_LIFETIME = 9000,
	DEFAULT_MAX = 600,
	DEFAULT_HOP_LIMIT = 64,
	DEFAULT_VALID = 86400, /* radvd's */
	DEFAULT_PREFERRED = 14400,
	LEAST_MTU = 1280, /* RFC 8200 5 */
	OPTIONS_MOST = 64,
};

/* RFC 4191 2.1: two bits, of which 2 is reserved. */
static const struct name preferences[] = { { "low", 3 }, { "medium", 0 }, { "high", 1 }, { 0 } };

static const struct name forever[] = { { "infinity", FOREVER }, { 0 } };

/* clang-format off */
const struct field advertise_fields[] = {
	{ .key = "AdvSendAdvert", .type = &type_boolean, .what = "false: nothing is advertised; on unless given, unlike radvd's" },
	{ .key = "MinRtrAdvInterval", .type = &type_u32, .least = LEAST_MIN, .most = 1350, .attribute = NUMBER(RELAY_MIN_INTERVAL), .what = "the least seconds between advertisements that nobody asked for: at most three quarters of MaxRtrAdvInterval, a third of it, but no less than 3, unless given" },
	{ .key = "MaxRtrAdvInterval", .type = &type_u32, .least = LEAST_MAX, .most = MOST_MAX, .attribute = NUMBER(RELAY_MAX_INTERVAL), .what = "the most seconds between them; 600 unless given" },
	{ .key = "AdvManagedFlag", .type = &type_boolean, .attribute = NUMBER(RELAY_MANAGED), .what = "hosts get their addresses by DHCPv6; off unless given" },
	{ .key = "AdvOtherConfigFlag", .type = &type_boolean, .attribute = NUMBER(RELAY_OTHER_CONFIG), .what = "hosts get other settings by DHCPv6; off unless given" },
	{ .key = "AdvLinkMTU", .type = &type_u32, .attribute = NUMBER(RELAY_LINK_MTU), .what = "the link's MTU, 1280 or more; 0, which holds unless given: it says none" },
	{ .key = "AdvReachableTime", .type = &type_u32, .most = 3600000, .attribute = NUMBER(RELAY_REACHABLE_TIME), .what = "for how many milliseconds a host takes a neighbour to be reachable; 0 unless given: it does not say" },
	{ .key = "AdvRetransTimer", .type = &type_u32, .attribute = NUMBER(RELAY_RETRANS_TIMER), .what = "how many milliseconds a host waits before it asks a neighbour again; 0 unless given: it does not say" },
	{ .key = "AdvCurHopLimit", .type = &type_u8, .attribute = NUMBER(RELAY_CUR_HOP_LIMIT), .what = "the hop limit that hosts use; 64 unless given, 0: it does not say" },
	{ .key = "AdvDefaultLifetime", .type = &type_u32, .most = MOST_LIFETIME, .attribute = NUMBER(RELAY_DEFAULT_LIFETIME), .what = "for how many seconds hosts have a default route by this router: MaxRtrAdvInterval or more, three times that unless given; 0: they have none" },
	{ .key = "AdvDefaultPreference", .type = &type_word, .names = preferences, .attribute = NUMBER(RELAY_DEFAULT_PREFERENCE), .what = "of that default route; medium unless given" },
	{ .key = "AdvSourceLLAddress", .type = &type_boolean, .attribute = NUMBER(RELAY_SOURCE_LL_ADDRESS), .what = "on a TAP it tells its link-layer address; on unless given" },
	{ .key = "prefix", .what = "IPv6 prefix → what is advertised of it" },
	{ .key = "route", .what = "IPv6 prefix → what is advertised of the route to it by this router (RFC 4191)" },
	{ .key = "RDNSS", .what = "IPv6 address → what is advertised of this server of names (RFC 8106)" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field advertise_prefix_fields[] = {
	{ .key = "AdvOnLink", .type = &type_boolean, .attribute = NUMBER(RELAY_ON_LINK), .what = "hosts with such addresses are on this link; on unless given" },
	{ .key = "AdvAutonomous", .type = &type_boolean, .attribute = NUMBER(RELAY_AUTONOMOUS), .what = "hosts make themselves addresses of it; on unless given" },
	{ .key = "AdvRouterAddr", .type = &type_boolean, .attribute = NUMBER(RELAY_ROUTER_ADDR), .what = "the prefix is the router's whole address (RFC 6275), and may have bits beyond its length; off unless given" },
	{ .key = "AdvValidLifetime", .type = &type_name32, .names = forever, .attribute = NUMBER(RELAY_VALID_LIFETIME), .what = "for how many seconds it is valid; 86400 unless given" },
	{ .key = "AdvPreferredLifetime", .type = &type_name32, .names = forever, .attribute = NUMBER(RELAY_PREFERRED_LIFETIME), .what = "for how many seconds such addresses are preferred; 14400 unless given" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field advertise_route_fields[] = {
	{ .key = "AdvRouteLifetime", .type = &type_name32, .names = forever, .attribute = NUMBER(RELAY_VALID_LIFETIME), .what = "for how many seconds hosts have it; three times MaxRtrAdvInterval unless given" },
	{ .key = "AdvRoutePreference", .type = &type_word, .names = preferences, .attribute = NUMBER(RELAY_ROUTE_PREFERENCE), .what = "medium unless given" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field advertise_rdnss_fields[] = {
	{ .key = "AdvRDNSSLifetime", .type = &type_name32, .names = forever, .attribute = NUMBER(RELAY_VALID_LIFETIME), .what = "for how many seconds hosts ask it; twice MaxRtrAdvInterval unless given" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};
/* clang-format on */

/* The members of "advertise" that hold options, and what may be said of each. */
static const struct kind {
	const char *key, *allowed;
	enum relay_advertised kind;
	const struct field *fields;
	const struct type *type;
} kinds[] = {
	{ "prefix", "an object: prefix → what is advertised of it", RELAY_ADVERTISED_PREFIX,
		advertise_prefix_fields, &type_prefix },
	{ "route", "an object: prefix → what is advertised of the route", RELAY_ADVERTISED_ROUTE,
		advertise_route_fields, &type_prefix },
	{ "RDNSS", "an object: address → what is advertised of the server", RELAY_ADVERTISED_RDNSS,
		advertise_rdnss_fields, &type_address },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static uint32_t interval(const struct advertisement *advertisement)
{
	return (uint32_t)value_number(&advertisement->values, "MaxRtrAdvInterval", DEFAULT_MAX);
}

/* A third of it, but RFC 4861 6.2.1 has 3 seconds for the least. */
static uint32_t default_least(uint32_t most)
{
	uint32_t third = most * 33 / 100;

	return third > LEAST_MIN ? third : LEAST_MIN;
}

static void check_values(const struct reading *reading, const struct advertisement *advertisement)
{
	const struct values *values = &advertisement->values;
	const struct value *least = value_of(values, "MinRtrAdvInterval"),
			   *lifetime = value_of(values, "AdvDefaultLifetime"),
			   *mtu = value_of(values, "AdvLinkMTU");
	uint32_t most = interval(advertisement);

	if (least && least->number > most * 3 / 4)
		problem_add(reading->problems, least->where,
			"out of range; allowed: at most three quarters of MaxRtrAdvInterval, %u",
			most * 3 / 4);
	if (lifetime && lifetime->number && lifetime->number < most)
		problem_add(reading->problems, lifetime->where,
			"out of range; allowed: 0, or MaxRtrAdvInterval, %u, and more", most);
	if (mtu && mtu->number && mtu->number < LEAST_MTU)
		problem_add(
			reading->problems, mtu->where, "out of range; allowed: 0, or %d and more", LEAST_MTU);
}

static void check_option(const struct reading *reading, const struct advertised *option)
{
	const struct value *valid = value_of(&option->values, "AdvValidLifetime"),
			   *preferred = value_of(&option->values, "AdvPreferredLifetime"),
			   *said = preferred ? preferred : valid;
	uint64_t lasts = valid ? valid->number : DEFAULT_VALID;

	if (said && (preferred ? preferred->number : DEFAULT_PREFERRED) > lasts)
		problem_add(reading->problems, said->where,
			"AdvPreferredLifetime is longer than AdvValidLifetime; allowed: at most as long");
}

/* Only a prefix that is the router's address has bits beyond its length (RFC 6275 7.2). */
static void check_host_bits(
	const struct reading *reading, const struct advertised *option, const struct place *where)
{
	bool prefix = option->kind == RELAY_ADVERTISED_PREFIX;

	if (option->kind == RELAY_ADVERTISED_RDNSS || !address_has_host_bits(&option->address) ||
		value_number(&option->values, "AdvRouterAddr", false))
		return;
	problem_add(reading->problems, place_name(reading->arena, where),
		"Invalid prefix for given prefix length; allowed: without bits beyond it%s",
		prefix ? ", or with AdvRouterAddr" : "");
}

static bool read_address(const struct reading *reading, const struct kind *kind, const char *name,
	const struct place *where, struct address *out)
{
	const char *wrong = address_read(reading->arena, name, kind->type == &type_prefix, out);

	if (!wrong && out->family != AF_INET6)
		wrong = "not of IPv6";
	if (wrong)
		problem_add(reading->problems, place_name(reading->arena, where), "%s; allowed: an IPv6 %s",
			wrong, kind->type == &type_prefix ? "prefix" : "address");
	return !wrong;
}

static bool is_multicast(const struct address *address)
{
	return address->bytes[0] == 0xff;
}

/* The same option: of the prefixes the bits within the length count. */
static bool is_same(const struct advertised *one, const struct advertised *other)
{
	return one->kind == other->kind && one->address.length == other->address.length &&
	       bits_equal(one->address.bytes, other->address.bytes, one->address.length);
}

/* RFC 4861 4.6.2, RFC 4191 2.3, RFC 8106 5.1: what is wrong with the address or prefix, or NULL. */
static const char *option_wrong(const struct advertisement *in, const struct advertised *option)
{
	const struct address *address = &option->address;

	for (size_t i = 0; i < in->option_count; i++)
		if (is_same(&in->options[i], option))
			return "stands twice; allowed: once";
	if (option->kind == RELAY_ADVERTISED_RDNSS)
		return is_multicast(address) || address_is_unspecified(address)
			       ? "no server's address; allowed: an IPv6 address of one host"
			       : NULL;
	if (!address->prefixed)
		return "lacks its length; allowed: an IPv6 prefix as ADDRESS/LENGTH";
	return is_multicast(address) || address_is_link_local(address)
		       ? "no prefix to advertise; allowed: one that is neither link-local nor multicast"
		       : NULL;
}

static void read_option(const struct reading *reading, const struct kind *kind, const char *name,
	const json_t *json, const struct place *where, struct advertisement *out)
{
	const struct field *const tables[] = { kind->fields, NULL };
	struct advertised option = { .kind = kind->kind };
	const char *wrong;

	if (!read_address(reading, kind, name, where, &option.address))
		return;
	wrong = option_wrong(out, &option);
	if (wrong) {
		problem_add(reading->problems, place_name(reading->arena, where), "%s", wrong);
		return;
	}
	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object; {} for the defaults");
		return;
	}
	values_read(reading, json, where, tables, &option.values);
	check_option(reading, &option);
	check_host_bits(reading, &option, where);
	arena_append(reading->arena, &out->options, &out->option_count, &option, sizeof option);
}

static void read_options(const struct reading *reading, const struct kind *kind, const json_t *json,
	const struct place *where, struct advertisement *out)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, kind->allowed);
		return;
	}
	json_object_foreach ((json_t *)json, name, value)
		read_option(reading, kind, name, value, place_key(reading->arena, where, name), out);
}

static void read_one(const struct reading *reading, const json_t *json, const struct place *where,
	struct advertisement *out)
{
	const struct field *const tables[] = { advertise_fields, NULL };

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object; {} for the defaults");
		return;
	}
	values_read(reading, json, where, tables, &out->values);
	check_values(reading, out);
	for (size_t i = 0; i < KINDS; i++) {
		const json_t *options = json_object_get(json, kinds[i].key);

		if (options)
			read_options(reading, &kinds[i], options,
				place_key(reading->arena, where, kinds[i].key), out);
	}
	if (out->option_count > OPTIONS_MOST)
		problem_add(reading->problems, where, "has %zu options; allowed: at most %d",
			out->option_count, OPTIONS_MOST);
}

void advertise_read(const struct reading *reading, const struct wire *wire, const json_t *json,
	const struct place *where, struct advertisement **out, size_t *count)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object: end → what is advertised there");
		return;
	}
	json_object_foreach ((json_t *)json, name, value) {
		struct advertisement one = { .where = place_key(reading->arena, where, name) };

		one.on = wire_end_by_key(reading, wire, name, one.where);
		one.ends = json_is_null(value) && reading->birth;
		if (!one.on)
			continue;
		if (!one.ends)
			read_one(reading, value, one.where, &one);
		arena_append(reading->arena, out, count, &one, sizeof one);
	}
}

static json_t *one_json(struct arena *arena, const struct advertisement *advertisement)
{
	json_t *object = json_new_object();

	values_put(object, arena, &advertisement->values);
	for (size_t i = 0; i < advertisement->option_count; i++) {
		const struct advertised *option = &advertisement->options[i];
		const char *key = kinds[option->kind].key;
		json_t *own = json_new_object();

		if (!json_object_get(object, key))
			json_put_new(object, key, json_new_object());
		values_put(own, arena, &option->values);
		json_put_new(json_object_get(object, key), address_print(arena, &option->address), own);
	}
	return object;
}

json_t *advertise_json(struct arena *arena, const struct advertisement *advertisements, size_t count)
{
	json_t *all = json_new_object();

	for (size_t i = 0; i < count; i++) {
		const struct advertisement *one = &advertisements[i];

		json_put_new(all, link_path(arena, one->on), one->ends ? json_null() : one_json(arena, one));
	}
	return all;
}

bool advertise_sends(const struct advertisement *advertisement)
{
	return !advertisement->ends && value_number(&advertisement->values, "AdvSendAdvert", true);
}

static const char *values_words(
	struct arena *arena, const char *text, const char *with, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field->attribute)
			text = arena_printf(arena, "%s%s%s %s", text, *text ? with : "",
				field_key(values->at[i].field), value_print(arena, &values->at[i]));
	return text;
}

const char *advertise_print(struct arena *arena, const struct advertisement *advertisement)
{
	const char *text = values_words(arena, "", ", ", &advertisement->values);

	if (!advertise_sends(advertisement))
		return "nothing";
	for (size_t i = 0; i < advertisement->option_count; i++) {
		const struct advertised *option = &advertisement->options[i];
		const char *own = arena_printf(
			arena, "%s %s", kinds[option->kind].key, address_print(arena, &option->address));

		text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "",
			values_words(arena, own, " ", &option->values));
	}
	return *text ? text : "its defaults";
}

static void numbers_of(const struct values *values, uint64_t *numbers)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field->attribute)
			numbers[values->at[i].field->attribute - 1] = values->at[i].number;
}

void advertise_numbers(const struct advertisement *advertisement, uint64_t numbers[RELAY_NUMBERS])
{
	enum { MILLISECONDS = 1000 };
	const uint64_t most = interval(advertisement);

	memset(numbers, 0, RELAY_NUMBERS * sizeof *numbers);
	numbers[RELAY_MIN_INTERVAL] = default_least((uint32_t)most);
	numbers[RELAY_MAX_INTERVAL] = most;
	numbers[RELAY_CUR_HOP_LIMIT] = DEFAULT_HOP_LIMIT;
	numbers[RELAY_DEFAULT_LIFETIME] = 3 * most;
	numbers[RELAY_SOURCE_LL_ADDRESS] = 1;
	numbers_of(&advertisement->values, numbers);
	numbers[RELAY_MIN_INTERVAL] *= MILLISECONDS;
	numbers[RELAY_MAX_INTERVAL] *= MILLISECONDS;
}

void advertised_numbers(const struct advertisement *advertisement, const struct advertised *option,
	uint64_t numbers[RELAY_NUMBERS])
{
	const uint64_t most = interval(advertisement);

	memset(numbers, 0, RELAY_NUMBERS * sizeof *numbers);
	switch (option->kind) {
	case RELAY_ADVERTISED_PREFIX:
		numbers[RELAY_VALID_LIFETIME] = DEFAULT_VALID;
		numbers[RELAY_PREFERRED_LIFETIME] = DEFAULT_PREFERRED;
		numbers[RELAY_ON_LINK] = numbers[RELAY_AUTONOMOUS] = 1;
		break;
	case RELAY_ADVERTISED_ROUTE: numbers[RELAY_VALID_LIFETIME] = 3 * most; break;
	case RELAY_ADVERTISED_RDNSS: numbers[RELAY_VALID_LIFETIME] = 2 * most; break;
	}
	numbers_of(&option->values, numbers);
}

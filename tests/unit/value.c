/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of values: what each takes, what it makes of it, and how it is written. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

static const struct name colours[] = { { "red", 1 }, { "green", 2 }, { "large", 300 }, { 0 } };

/* clang-format off */
static const struct field flag = { .key = "flag", .type = &type_flag }, boolean = { .key = "boolean", .type = &type_boolean },
	u8 = { .key = "u8", .type = &type_u8 }, u16 = { .key = "u16", .type = &type_u16 },
	tos = { .key = "tos", .type = &type_tos }, u32 = { .key = "u32", .type = &type_u32 }, u64 = { .key = "u64", .type = &type_u64 },
	bounded = { .key = "bounded", .type = &type_u32, .least = 5, .most = 10 },
	zero = { .key = "zero", .type = &type_u32, .most = 1 },
	name8 = { .key = "name8", .type = &type_name8, .names = colours },
	name32 = { .key = "name32", .type = &type_name32, .names = colours },
	word = { .key = "word", .type = &type_word, .names = colours },
	address = { .key = "address", .type = &type_address }, prefix = { .key = "prefix", .type = &type_prefix, .more = "length" },
	mac = { .key = "mac", .type = &type_mac }, device = { .key = "device", .type = &type_device },
	string = { .key = "string", .type = &type_string }, table = { .key = "table", .type = &type_table },
	mark = { .key = "mark", .type = &type_mark, .more = "mask" },
	ports = { .key = "ports", .type = &type_ports, .more = "ports_start ports_end" },
	uids = { .key = "uids", .type = &type_uids }, duration = { .key = "duration", .type = &type_duration },
	endpoint = { .key = "endpoint", .type = &type_endpoint };
/* clang-format on */

struct row {
	const struct field *field;
	const char *text; /* of JSON */
	const char *printed;
};

static const struct row taken[] = {
	{ &flag, "true", "" },
	{ &flag, "null", "" },
	{ &boolean, "true", "on" },
	{ &boolean, "false", "off" },
	{ &boolean, "\"on\"", "on" },
	{ &boolean, "\"no\"", "off" },
	{ &boolean, "1", "on" },
	{ &boolean, "0", "off" },
	{ &u8, "0", "0" },
	{ &u8, "255", "255" },
	{ &u8, "\"0xff\"", "255" },
	{ &u8, "\"0XFF\"", "255" },
	{ &u16, "65535", "65535" },
	{ &tos, "\"0x10\"", "0x10" },
	{ &tos, "\"10\"", "0x10" },
	{ &tos, "\"fc\"", "0xfc" },
	{ &tos, "16", "0x10" },
	{ &tos, "0", "0x0" },
	{ &u32, "4294967295", "4294967295" },
	{ &u32, "\"0xffffffff\"", "4294967295" },
	{ &u64, "9223372036854775807", "9223372036854775807" },
	{ &u64, "\"18446744073709551615\"", "18446744073709551615" },
	{ &bounded, "5", "5" },
	{ &bounded, "10", "10" },
	{ &zero, "0", "0" },
	{ &name8, "\"red\"", "red" },
	{ &name8, "\"1\"", "red" },
	{ &name8, "255", "255" },
	{ &name32, "\"large\"", "large" },
	{ &name32, "\"0x12c\"", "large" },
	{ &word, "\"green\"", "green" },
	{ &address, "\"10.0.0.1\"", "10.0.0.1" },
	{ &address, "\"255.255.255.255\"", "255.255.255.255" },
	{ &address, "\"::\"", "::" },
	{ &address, "\"2001:DB8:0:0::1\"", "2001:db8::1" },
	{ &address, "\"::ffff:10.0.0.1\"", "::ffff:10.0.0.1" },
	{ &prefix, "\"10.0.0.0/8\"", "10.0.0.0/8" },
	{ &prefix, "\"10/8\"", "10.0.0.0/8" },
	{ &prefix, "\"172.16/12\"", "172.16.0.0/12" },
	{ &prefix, "\"10\"", "10.0.0.0" },
	{ &prefix, "\"10.1\"", "10.1.0.0" },
	{ &prefix, "\"0xa.1/16\"", "10.1.0.0/16" },
	{ &prefix, "\"10/255.0.0.0\"", "10.0.0.0/8" },
	{ &prefix, "\"10/255.240\"", "10.0.0.0/12" },
	{ &prefix, "\"10.0.0.1/255.255.255.255\"", "10.0.0.1" },
	{ &prefix, "\"2001:db8::/255.255.0.0\"", "2001:db8::/16" },
	{ &prefix, "\"192.168.7/24\"", "192.168.7.0/24" },
	{ &prefix, "\"0/0\"", "0.0.0.0/0" },
	{ &prefix, "\"10.0.0.1\"", "10.0.0.1" },
	{ &prefix, "\"10.0.0.1/32\"", "10.0.0.1" },
	{ &prefix, "\"10.0.0.1/0\"", "10.0.0.1/0" },
	{ &prefix, "\"default\"", "default" },
	{ &prefix, "\"all\"", "default" },
	{ &prefix, "\"any\"", "default" },
	{ &prefix, "\"::/0\"", "::/0" },
	{ &prefix, "\"2001:db8::/127\"", "2001:db8::/127" },
	{ &prefix, "\"2001:db8::/128\"", "2001:db8::" },
	{ &mac, "\"02:00:00:00:00:01\"", "02:00:00:00:00:01" },
	{ &mac, "\"2:0:0:A:b:1\"", "02:00:00:0a:0b:01" },
	{ &device, "\"tun0\"", "tun0" },
	{ &device, "\"fifteenletters0\"", "fifteenletters0" },
	{ &device, "\"_a.b-c@d\"", "_a.b-c@d" },
	{ &string, "\"\"", "" },
	{ &string, "\"gr\303\274n\"", "gr\303\274n" },
	{ &table, "\"main\"", "main" },
	{ &table, "254", "main" },
	{ &table, "\"255\"", "local" },
	{ &table, "\"default\"", "default" },
	{ &table, "\"vpn\"", "100" },
	{ &table, "4294967295", "4294967295" },
	{ &table, "\"0x10\"", "16" },
	{ &mark, "5", "0x5" },
	{ &mark, "\"0x80000\"", "0x80000" },
	{ &mark, "\"1/0xff\"", "0x1/0xff" },
	{ &mark, "\"0/0xffffffff\"", "0x0/0xffffffff" },
	{ &mark, "\"0/0\"", "0x0/0x0" },
	{ &ports, "80", "80" },
	{ &ports, "\"0-65535\"", "0-65535" },
	{ &ports, "\"80-80\"", "80" },
	{ &uids, "\"1000-1000\"", "1000-1000" },
	{ &uids, "\"0-4294967295\"", "0-4294967295" },
	{ &duration, "\"1s\"", "1s" },
	{ &duration, "\"0s\"", "0s" },
	{ &duration, "\"1000ms\"", "1s" },
	{ &duration, "\"1.5s\"", "1500ms" },
	{ &duration, "\"200ms\"", "200ms" },
	{ &duration, "\"250us\"", "0.25ms" },
	{ &duration, "\"1ns\"", "1e-06ms" },
	{ &duration, "\"3600s\"", "3600s" },
	{ &duration, "\"3600000msec\"", "3600s" },
	{ &duration, "\"2sec\"", "2s" },
	{ &duration, "\"7usec\"", "0.007ms" },
	{ &endpoint, "\"10.0.0.2:8080\"", "10.0.0.2:8080" },
	{ &endpoint, "\"10.0.0.2:1\"", "10.0.0.2:1" },
	{ &endpoint, "\"[2001:db8::2]:65535\"", "[2001:db8::2]:65535" },
	{ &endpoint, "\"[::]:0x50\"", "[::]:80" },
};

static const struct row refused[] = {
	{ &flag, "\"true\"", "is a string; allowed: true or false" },
	{ &flag, "1", "is an integer; allowed: true or false" },
	{ &flag, "false", "is false; allowed: true or false" },
	{ &boolean, "\"maybe\"", "neither true nor false; allowed: true or false" },
	{ &boolean, "2", "neither true nor false; allowed: true or false" },
	{ &boolean, "null", "is null; allowed: true or false" },
	{ &u8, "256", "out of range; allowed: an integer from 0 to 255" },
	{ &u8, "-1", "out of range; allowed: an integer from 0 to 255" },
	{ &u8, "\"\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"-\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\" 1\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"010\"",
		"a number with a leading zero, which would be octal; allowed: an integer from 0 to 255" },
	{ &u8, "\"1 \"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"+1\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"0x\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"0xfg\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "\"0x-1\"", "not a number; allowed: an integer from 0 to 255" },
	{ &u8, "true", "is true; allowed: an integer from 0 to 255" },
	{ &u8, "1.0", "is a number with a fraction or exponent; allowed: an integer from 0 to 255" },
	{ &u8, "[1]", "is an array; allowed: an integer from 0 to 255" },
	{ &tos, "\"100\"", "out of range; allowed: a hexadecimal number up to ff" },
	{ &tos, "256", "out of range; allowed: a hexadecimal number up to ff" },
	{ &tos, "-1", "not a hexadecimal number; allowed: a hexadecimal number up to ff" },
	{ &tos, "\"\"", "not a hexadecimal number; allowed: a hexadecimal number up to ff" },
	{ &u16, "65536", "out of range; allowed: an integer from 0 to 65535" },
	{ &u32, "4294967296", "out of range; allowed: an integer from 0 to 4294967295" },
	{ &u64, "\"18446744073709551616\"",
		"out of range; allowed: an integer from 0 to 18446744073709551615" },
	{ &u64, "-9223372036854775808", "out of range; allowed: an integer from 0 to 18446744073709551615" },
	{ &bounded, "4", "out of range; allowed: an integer from 5 to 10" },
	{ &bounded, "11", "out of range; allowed: an integer from 5 to 10" },
	{ &zero, "2", "out of range; allowed: an integer from 0 to 1" },
	{ &name8, "\"rde\"",
		"neither a name for this nor a number up to 255; did you mean \"red\"?; allowed: red, green, "
		"large, or "
		"a number up to 255" },
	{ &name8, "256",
		"neither a name for this nor a number up to 255; allowed: red, green, large, or a number up "
		"to 255" },
	{ &word, "1", "not a word for this; allowed: red, green, large" },
	{ &word, "\"\"", "not a word for this; allowed: red, green, large" },
	{ &address, "\"10.0.0\"", "not an address; allowed: an IPv4 or IPv6 address" },
	{ &address, "\"10.0.0.01\"", "not an address; allowed: an IPv4 or IPv6 address" },
	{ &address, "\"10.0.0.1/24\"",
		"a prefix where an address is meant; allowed: an IPv4 or IPv6 address" },
	{ &address, "\"default\"", "not an address; allowed: an IPv4 or IPv6 address" },
	{ &address, "\"\"", "not an address; allowed: an IPv4 or IPv6 address" },
	{ &prefix, "\"10.0.0.0.0/8\"",
		"not an address or prefix; allowed: an IPv4 or IPv6 address or prefix" },
	{ &prefix, "\"256/8\"", "not an address or prefix; allowed: an IPv4 or IPv6 address or prefix" },
	{ &prefix, "\"/8\"", "not an address or prefix; allowed: an IPv4 or IPv6 address or prefix" },
	{ &prefix, "\"10./8\"", "not an address or prefix; allowed: an IPv4 or IPv6 address or prefix" },
	{ &prefix, "\"10/33\"",
		"a prefix length that is not a number from 0 to 32; allowed: an IPv4 or IPv6 address or "
		"prefix" },
	{ &prefix, "\"::/129\"",
		"a prefix length that is not a number from 0 to 128; allowed: an IPv4 or IPv6 address or "
		"prefix" },
	{ &prefix, "\"::/256\"",
		"a prefix length that is not a number from 0 to 128; allowed: an IPv4 or IPv6 address or "
		"prefix" },
	{ &mac, "\"02:00:00:00:00\"", "not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &mac, "\"02:00:00:00:00:01:02\"",
		"not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &mac, "\"02:00:00:00:00:-1\"",
		"not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &mac, "\"02:00:00:00:00: 1\"",
		"not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &mac, "\"0x:00:00:00:00:01\"",
		"not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &mac, "\"\"", "not a MAC address; allowed: a MAC address such as 02:00:00:00:00:01" },
	{ &string, "5", "is an integer; allowed: a string" },
	{ &table, "\"vnp\"",
		"no table of that name in this lab; did you mean \"vpn\"?; allowed: main, local, default, a "
		"name from "
		"\"tables\", or a number up to 4294967295" },
	{ &table, "4294967296",
		"out of range; allowed: main, local, default, a name from \"tables\", or a number up to "
		"4294967295" },
	{ &mark, "\"1/\"", "not a mark; allowed: a mark of 32 bits, or mark/mask" },
	{ &mark, "\"/1\"", "not a mark; allowed: a mark of 32 bits, or mark/mask" },
	{ &mark, "\"1/2/3\"", "not a mark; allowed: a mark of 32 bits, or mark/mask" },
	{ &mark, "\"0x100000000\"", "out of range; allowed: a mark of 32 bits, or mark/mask" },
	{ &ports, "\"-80\"", "not a number or range; allowed: a port from 0 to 65535, or a range" },
	{ &ports, "\"80-\"", "not a number or range; allowed: a port from 0 to 65535, or a range" },
	{ &ports, "\"1-2-3\"", "not a number or range; allowed: a port from 0 to 65535, or a range" },
	{ &ports, "65536", "out of range; allowed: a port from 0 to 65535, or a range" },
	{ &duration, "5",
		"a number without a unit; allowed: a duration such as \"200ms\" or \"1.5s\", at most an "
		"hour" },
	{ &duration, "\"1.2.3s\"",
		"not a duration; allowed: a duration such as \"200ms\" or \"1.5s\", at most an hour" },
	{ &duration, "\"1m\"",
		"an unknown unit; allowed: a duration such as \"200ms\" or \"1.5s\", at most an hour" },
	{ &duration, "\"3600.1s\"",
		"longer than an hour; allowed: a duration such as \"200ms\" or \"1.5s\", at most an hour" },
	{ &duration, "\"99999999999999999999999999s\"",
		"longer than an hour; allowed: a duration such as \"200ms\" or \"1.5s\", at most an hour" },
	{ &endpoint, "\"10.0.0.2\"", "lacks the port; allowed: address:port, or [address]:port for IPv6" },
	{ &endpoint, "\"[\"", "lacks the port; allowed: address:port, or [address]:port for IPv6" },
	{ &endpoint, "\"[:1\"", "lacks the port; allowed: address:port, or [address]:port for IPv6" },
	{ &endpoint, "\"]:1\"", "not an address; allowed: address:port, or [address]:port for IPv6" },
	{ &endpoint, "\"::2:80\"",
		"an IPv6 address without brackets; allowed: address:port, or [address]:port for IPv6" },
	{ &endpoint, "\"[10.0.0.2]:80\"",
		"brackets around what is not IPv6; allowed: address:port, or [address]:port for IPv6" },
};

static void give_tables(struct desk *desk)
{
	static struct table vpn = { .name = "vpn", .number = 100 };

	desk->lab.tables = &vpn;
	desk->lab.table_count = 1;
}

static void values_are_taken(void)
{
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		struct desk desk;
		struct value value = { 0 };
		bool good;

		desk_open(&desk, taken[i].text);
		give_tables(&desk);
		good = value_read(&desk.reading, desk.json, NULL, taken[i].field, &value);
		tap_is(good ? value_print(desk.arena, &value) : desk_told(&desk), taken[i].printed,
			"%s takes %s", field_key(taken[i].field), taken[i].text);
		desk_close(&desk);
	}
}

static void values_are_refused(void)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct desk desk;
		struct value value = { 0 };
		bool good;

		desk_open(&desk, refused[i].text);
		give_tables(&desk);
		good = value_read(&desk.reading, desk.json, NULL, refused[i].field, &value);
		tap_is(good ? value_print(desk.arena, &value) : desk_told(&desk),
			arena_printf(desk.arena, "lab:1:1: %s\n", refused[i].printed), "%s refuses %s",
			field_key(refused[i].field), refused[i].text);
		desk_close(&desk);
	}
}

/* What is in a value, which printing does not tell. */
static void inside(void)
{
	struct desk desk;
	struct value value = { 0 };

	desk_open(&desk, "\"1.5s\"");
	value_read(&desk.reading, desk.json, NULL, &duration, &value);
	tap_ok(value.number == 1500000000, "durations are nanoseconds");
	desk_close(&desk);

	desk_open(&desk, "\"10.1/16\"");
	value_read(&desk.reading, desk.json, NULL, &prefix, &value);
	tap_ok(value.address.family == AF_INET && value.address.length == 16 && value.address.prefixed &&
			!memcmp(value.address.bytes, "\012\001\0\0", 4),
		"10.1/16 has its bytes, its length, and one that was written");
	desk_close(&desk);

	desk_open(&desk, "\"10.0.0.1\"");
	value_read(&desk.reading, desk.json, NULL, &prefix, &value);
	tap_ok(value.address.length == 32 && !value.address.prefixed, "an address is as long as it is");
	desk_close(&desk);

	desk_open(&desk, "\"default\"");
	value_read(&desk.reading, desk.json, NULL, &prefix, &value);
	tap_ok(value.address.family == AF_UNSPEC && value.address.length == 0,
		"\"default\" has no family and no length");
	desk_close(&desk);

	desk_open(&desk, "\"0x1/0xff\"");
	value_read(&desk.reading, desk.json, NULL, &mark, &value);
	tap_ok(value.first == 1 && value.last == 0xff, "a mark and its mask");
	desk_close(&desk);
}

/* What an object with these fields becomes: its values in their order, or what is told of it. */
static const char *members(struct desk *desk, const struct field *const *tables)
{
	struct values values = { 0 };
	const char *text = "";

	values_read(&desk->reading, desk->json, NULL, tables, &values);
	for (size_t i = 0; i < values.count; i++)
		text = arena_printf(desk->arena, "%s%s%s=%s", text, i ? " " : "",
			field_key(values.at[i].field), value_print(desk->arena, &values.at[i]));
	return desk->problems.count ? desk_told(desk) : text;
}

static void whole_objects(void)
{
	static const struct field all[] = {
		{ .key = "prefix", .type = &type_prefix, .more = "length" },
		{ .key = "mark", .type = &type_mark, .more = "mask" },
		{ .key = "ports", .type = &type_ports, .more = "ports_start ports_end" },
		{ .key = "onlink", .type = &type_flag },
		{ .key = "shown", .type = &type_u8, .flags = FIELD_SHOWN },
		{ .key = "source", .type = &type_string, .flags = FIELD_LIST },
		{ .key = "count", .type = &type_u8, .fallback = "7" },
		{ .key = "metrics", .type = &type_flag, .flags = FIELD_SPREAD },
		{ .key = "mtu", .type = &type_u32, .nest = 8 },
		{ 0 },
	};
	static const struct field more[] = { { .key = "needed", .type = &type_u8, .flags = FIELD_REQUIRED },
		{ 0 } };
	const struct field *const tables[] = { all, NULL }, *const both[] = { all, more, NULL };
	static const struct {
		const char *json, *seen;
	} rows[] = {
		{ "{}", "count=7" },
		{ "{ \"count\": 3 }", "count=3" },
		{ "{ \"note\": \"for people\" }", "count=7" },
		{ "{ \"note\": 5 }", "lab:1:3: note: \"note\": unknown key; allowed: prefix, mark, ports, "
				     "onlink, source, count, "
				     "metrics, mtu\n" },
		{ "{ \"shown\": [\"whatever\"] }", "count=7" },
		{ "{ \"onlink\": false }", "count=7" },
		{ "{ \"onlink\": null }", "onlink= count=7" },
		{ "{ \"source\": \"a\" }", "source=a count=7" },
		{ "{ \"source\": [\"a\", \"b\"] }", "source=a source=b count=7" },
		{ "{ \"source\": [\"a\", 5] }",
			"lab:1:19: source[1]: 5: is an integer; allowed: a string\n" },
		{ "{ \"prefix\": \"10.0.0.0\", \"length\": 8 }", "prefix=10.0.0.0/8 count=7" },
		{ "{ \"length\": 8, \"prefix\": \"10.0.0.0\" }", "prefix=10.0.0.0/8 count=7" },
		{ "{ \"prefix\": \"10.0.0.0\", \"length\": 33 }",
			"lab:1:35: length: 33: longer than the address; allowed: 0 to 32\n" },
		{ "{ \"length\": 8 }", "lab:1:3: length: \"length\": needs \"prefix\" beside it\n" },
		{ "{ \"length\": 8, \"prefix\": \"x\" }", "lab:1:26: prefix: \"x\": not an address or "
							  "prefix; allowed: an IPv4 or IPv6 address or "
							  "prefix\n" },
		{ "{ \"mark\": 1, \"mask\": \"0xf\" }", "mark=0x1/0xf count=7" },
		{ "{ \"ports_start\": 1, \"ports_end\": 9 }", "ports=1-9 count=7" },
		{ "{ \"ports_end\": 9, \"ports_start\": 1 }", "ports=1-9 count=7" },
		{ "{ \"ports_start\": 9, \"ports_end\": 1 }", "ports=9-1 count=7" },
		{ "{ \"metrics\": [{ \"mtu\": 5 }] }", "mtu=5 count=7" },
		{ "{ \"metrics\": [{ \"count\": 5 }] }", "lab:1:26: metrics[0].count: 5: stands in the wrong "
							 "place; allowed: beside this list, not in "
							 "it\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct desk desk;

		desk_open(&desk, rows[i].json);
		tap_is(members(&desk, tables), rows[i].seen, "%s", rows[i].json);
		desk_close(&desk);
	}
	for (int i = 0; i < 2; i++) {
		struct desk desk;

		desk_open(&desk, i ? "{ \"needed\": 1 }" : "{}");
		tap_is(members(&desk, both), i ? "needed=1 count=7" : "lab:1:1: lacks \"needed\"\n",
			"what must be said%s", i ? "" : " and is not");
		desk_close(&desk);
	}
}

int main(void)
{
	values_are_taken();
	values_are_refused();
	inside();
	whole_objects();
	return tap_done();
}

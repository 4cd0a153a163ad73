/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets something befalls, as loss, duplicate and corrupt have it: by chance, or just which. */
#include "forwarder/impairments/chance.h"

#include "lab/impairment.h"

/* clang-format off */
const struct field chance_fields[] = {
	{ .key = "percent", .type = &type_percent, .attribute = NUMBER(CHANCE_OF), .what = "of all, by chance" },
	{ .key = "correlation", .type = &type_percent, .attribute = NUMBER(CHANCE_CORRELATION), .what = "of what befalls a packet with what befell the one before it" },
	{ .key = "nth", .type = &type_u32, .least = 1, .most = UINT32_MAX, .attribute = NUMBER(CHANCE_NTH), .what = "every one of that number: of 2 the second, the fourth, ..." },
	{ .key = "first", .type = &type_u32, .least = 1, .most = UINT32_MAX, .attribute = NUMBER(CHANCE_FIRST), .what = "so many from the first on" },
	{ .key = "filter", .type = &type_filter, .what = "only packets that match are befallen and counted: pcap-filter(7)" },
	{ 0 },
};
/* clang-format on */

const struct need chance_needs[] = {
	{ "correlation", "percent" },
	{ 0 },
};

const char chance_one_of[] = "percent nth first";

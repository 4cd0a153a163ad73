/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/mtu.h"

#include "lab/impairment.h"

static const struct field keys[] = {
	{ .key = "mtu",
		.type = &type_u32,
		.least = 68,
		.most = 65535,
		.attribute = NUMBER(MTU_BYTES),
		.what = "IP packets that are longer are lost, and nobody is told: a black hole" },
	{ 0 },
};

const struct impairment_kind impairment_mtu = {
	.name = "mtu",
	.what = "longer packets are lost in silence",
	.keys = keys,
};

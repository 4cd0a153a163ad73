/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

#include <string.h>
#include <sys/socket.h>

const struct name tunnel_ttls[] = { { "inherit", 0 }, { 0 } };
const struct name tunnel_services[] = { { "inherit", 1 }, { 0 } };
const struct name tunnel_ports[] = { { "auto", 0 }, { 0 } };
const struct name tunnel_classes[] = { { "inherit", CLASS_INHERIT }, { 0 } };
const struct name tunnel_labels[] = { { "inherit", LABEL_INHERIT }, { 0 } };
const struct name tunnel_limits[] = { { "none", LIMIT_NONE }, { 0 } };
const struct name tunnel_inherit[] = { { "inherit", 1 }, { 0 } };
const struct name tunnel_encaps[] = { { "none", TUNNEL_ENCAP_NONE }, { "fou", TUNNEL_ENCAP_FOU },
	{ "gue", TUNNEL_ENCAP_GUE }, { 0 } };

/* What holds of a tunnel whose routes say where packets go: what it carries, and nothing by default. */
static struct values without_ends(const struct reading *reading, const struct values *own)
{
	struct values kept = { 0 };

	for (size_t i = 0; i < own->count; i++)
		if (own->at[i].where || !strcmp(field_key(own->at[i].field), "mode"))
			values_add(reading->arena, &kept, &own->at[i]);
	return kept;
}

const char *tunnel_settle(const struct reading *reading, struct link *link)
{
	const struct address *remote = value_address(&link->own, "remote");
	const struct value *key = value_of(&link->own, "key");

	if (key && (value_said(&link->own, "ikey") || value_said(&link->own, "okey")))
		problem_add(reading->problems, key->where,
			"is the key both ways; allowed: this, or \"ikey\" and \"okey\"");
	if (remote && remote->family == AF_INET && (remote->bytes[0] & 0xf0) == 0xe0 &&
		!value_said(&link->own, "local"))
		return "sends to a multicast group; allowed: with \"local\", the address to send it from";
	if (!value_said(&link->own, "external"))
		return NULL;
	link->own = without_ends(reading, &link->own);
	for (size_t i = 0; i < link->own.count; i++) {
		const char *name = field_key(link->own.at[i].field);

		if (strcmp(name, "external") != 0 && strcmp(name, "mode") != 0)
			problem_add(reading->problems, link->own.at[i].where,
				"stands beside \"external\"; allowed: one of both");
	}
	return NULL;
}

const char *tunnel_settle_ttl(const struct reading *reading, struct link *link)
{
	if (value_number(&link->own, "ttl", 0) && !value_number(&link->own, "pmtudisc", true))
		return "has a \"ttl\" without \"pmtudisc\"; allowed: one of both";
	return tunnel_settle(reading, link);
}

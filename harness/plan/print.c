/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations as the commands that one would type. */
#include <string.h>

#include "lab/router.h"
#include "lab/tuntap.h"
#include "plan/plan.h"

static const char *wire_print(struct arena *arena, const struct wire *wire)
{
	const char *text = "# tunlab-relay carries packets between ";

	if (wire->kind->router)
		return arena_printf(arena, "# %s: tunlab-relay makes it", router_name(arena, wire));
	for (size_t i = 0; i < wire->count; i++)
		text = arena_printf(arena, "%s%s%s/%s", text,
			!i		       ? ""
			: i + 1 == wire->count ? " and "
					       : ", ",
			wire->ends[i]->in->name, wire->ends[i]->name);
	return text;
}

static const char *port_print(struct arena *arena, const struct link *link)
{
	return arena_printf(
		arena, "# tunlab-relay gets %s/%s, MTU %u", link->in->name, link->name, link_mtu(link));
}

static const char *close_print(struct arena *arena, const struct link *link)
{
	if (tuntap_persists(link))
		return arena_printf(arena, "# tunlab closes %s/%s", link->in->name, link->name);
	return arena_printf(arena, "ip -n %s tuntap del dev %s mode %s # tunlab closes it", link->in->name,
		link->name, link->kind->name);
}

static const char *open_print(struct arena *arena, const struct link *link)
{
	if (tuntap_persists(link))
		return arena_printf(arena, "# tunlab opens %s/%s again", link->in->name, link->name);
	return arena_printf(arena, "ip -n %s %s", link->in->name, link_print(arena, link->stands, false));
}

static const char *detach_print(struct arena *arena, const struct link *link)
{
	const char *list = "";

	for (unsigned i = 0; i < tuntap_queues(link); i++)
		if (tuntap_detached(link, i))
			list = arena_printf(arena, "%s%s%u", list, *list ? ", " : "", i);
	if (!*list)
		return arena_printf(
			arena, "# tunlab attaches all queues of %s/%s", link->in->name, link->name);
	return arena_printf(arena, "# tunlab detaches these queues of %s/%s, and attaches all others: %s",
		link->in->name, link->name, list);
}

static const char *duration(struct arena *arena, uint64_t time)
{
	static const struct field field = { .key = "at", .type = &type_duration };
	const struct value value = { .field = &field, .number = time };

	return value_print(arena, &value);
}

static const char *impair_print(struct arena *arena, const struct imposition *imposition)
{
	const struct link *to = imposition->to;
	const char *what = imposition->values.count ? impairments_print(arena, &imposition->values)
						    : arena_printf(arena, "no %s", imposition->kind->name);
	const char *text = arena_printf(arena, "# tunlab-relay, to %s/%s: %s", to->in->name, to->name, what);

	if (imposition->scheduled)
		text = arena_printf(arena, "%s, after %s", text, duration(arena, imposition->at));
	if (imposition->every)
		text = arena_printf(
			arena, "%s and every %s from then on", text, duration(arena, imposition->every));
	return text;
}

static const char *routing_print(struct arena *arena, const struct operation *operation)
{
	const char *router = router_name(arena, operation->wire);
	const struct advertisement *advertisement = operation->advertisement;

	if (operation->of_router)
		return arena_printf(
			arena, "# %s: %s", router, entry_print(arena, &operation->of_router->entry));
	if (advertisement)
		return arena_printf(arena, "# %s: advertises to %s/%s: %s", router,
			advertisement->on->in->name, advertisement->on->name,
			advertise_print(arena, advertisement));
	return arena_printf(
		arena, "# %s: icmp_ratelimit %s", router, value_print(arena, operation->ratelimit));
}

static const char *master_print(struct arena *arena, const struct link *link)
{
	const char *master = value_text(&link->values, "master"), *slash = strchr(master, '/');

	master = slash ? slash + 1 : master;

	return arena_printf(arena, "ip -n %s link set dev %s %s%s", link->in->name, link->name,
		*master ? "master " : "nomaster", master);
}

/* Whether one of the lines of TEXT is LINE. */
static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
		if (!strncmp(text, line, length) && (text[length] == '\n' || !text[length]))
			return true;
	return false;
}

static const char *nft_name(struct arena *arena, const struct operation *operation)
{
	return arena_printf(arena, "ip netns exec %s nft %s-f -", operation->in->name,
		operation->ruleset->json ? "-j " : "");
}

static const char *nft_print(struct arena *arena, const struct operation *operation)
{
	const char *text = operation->ruleset->text, *end = "EOF";

	while (has_line(text, end))
		end = arena_printf(arena, "%s_", end);
	return arena_printf(arena, "%s <<'%s'\n%s%s", nft_name(arena, operation), end, text, end);
}

const char *operation_name(struct arena *arena, const struct operation *operation)
{
	return operation->kind == OPERATION_NFT ? nft_name(arena, operation)
						: operation_print(arena, operation);
}

const char *operation_print(struct arena *arena, const struct operation *operation)
{
	const char *in = operation->in ? operation->in->name : "";
	const struct link *link = operation->link;

	switch (operation->kind) {
	case OPERATION_NAMESPACE: return arena_printf(arena, "ip netns add %s", in);
	case OPERATION_BASELINE:
		return arena_printf(arena, "ip netns exec %s sysctl -qw '%s=%s' # %s", in,
			operation->row->name, operation->row->value, operation->row->source);
	case OPERATION_TUN: return arena_printf(arena, "ip -n %s %s", in, link_print(arena, link, false));
	case OPERATION_CLOSE: return close_print(arena, link);
	case OPERATION_OPEN: return open_print(arena, link);
	case OPERATION_DETACH: return detach_print(arena, link);
	case OPERATION_DEVICE:
		return arena_printf(arena, "# %s/%s gets the baseline's settings", in, link->name);
	case OPERATION_PORT: return port_print(arena, link);
	case OPERATION_WIRE: return wire_print(arena, operation->wire);
	case OPERATION_SYSCTL: return sysctl_print(arena, in, operation->sysctl);
	case OPERATION_NFT: return nft_print(arena, operation);
	case OPERATION_ROUTER:
	case OPERATION_RATELIMIT:
	case OPERATION_ADVERTISE: return routing_print(arena, operation);
	case OPERATION_IMPAIR: return impair_print(arena, operation->imposition);
	case OPERATION_REQUEST: break;
	}
	if (operation->entry)
		return arena_printf(arena, "ip -n %s %s", in, entry_print(arena, operation->entry));
	switch (operation->part) {
	case LINK_UP: return arena_printf(arena, "ip -n %s link set dev %s up", in, link->name);
	case LINK_DOWN: return arena_printf(arena, "ip -n %s link set dev %s down", in, link->name);
	case LINK_ENSLAVED: return master_print(arena, link);
	case LINK_MOVED:
		return arena_printf(
			arena, "ip -n %s link set dev %s netns %s", in, link->name, link->in->name);
	case LINK_SET: return link->kind->print(arena, link, operation->number);
	case LINK_MODE:
		return arena_printf(arena, "ip -n %s link set dev %s addrgenmode %s", in, link->name,
			value_print(arena, value_of(&link->values, "addrgenmode")));
	case LINK_PORT: return arena_printf(arena, "ip -n %s %s", in, link_port_print(arena, link));
	case LINK_MADE: return arena_printf(arena, "ip -n %s %s", in, link_print(arena, link, false));
	case LINK_CHANGED: return arena_printf(arena, "ip -n %s %s", in, link_print(arena, link, true));
	}
	return "";
}

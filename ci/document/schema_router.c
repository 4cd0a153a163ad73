/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routers among wires as JSON Schema: entries about what they have, and what they advertise. */
#include "lab/router.h"
#include "schema.h"

json_t *schema_advertised(struct arena *arena, const struct field *fields)
{
	const struct field *const tables[] = { fields, NULL };

	return schema_map_of("^[0-9A-Fa-f:.]+(/[0-9]+)?$", schema_object(arena, tables));
}

/* Of an end null: nothing any more. */
json_t *schema_advertise(struct arena *arena)
{
	json_t *one = schema_either(schema_reference("advertisement"), schema_typed("null"));

	return schema_map_of(arena_printf(arena, "%s", type_end.pattern), one);
}

/* Of an address not the link that `ip -j` lists it in. */
static const char *element(struct arena *arena, const struct object *object)
{
	return arena_printf(arena,
		"an element of %swhat `ip -j %s show` prints, with dev as namespace/device",
		object == &router_address ? "addr_info in " : "", object->name);
}

void schema_put_routers(struct arena *arena, json_t *definitions)
{
	const struct field *const tables[] = { advertise_fields, NULL };

	for (const struct object *const *object = router_objects; *object; object++)
		schema_put(definitions, arena_printf(arena, "router-%s", (*object)->key),
			schema_entry(arena, *object, element(arena, *object)));
	schema_put(definitions, "advertisement", schema_object(arena, tables));
}

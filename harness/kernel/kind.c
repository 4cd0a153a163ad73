/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kind.h"

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include "kernel/tun.h"

/* Asks for a link of which nothing is said but its kind. An error other than that the kernel lacks the kind
 * says that it knows it. */
static struct error *try_request(struct arena *arena, struct rtnl *rtnl, const struct link_kind *kind)
{
	struct request request = { .type = RTM_NEWLINK, .flags = NLM_F_CREATE | NLM_F_EXCL };
	struct attributes *attributes = &request.body.attributes;
	struct ifinfomsg header = { 0 };
	struct error *error;

	body_header(&request.body, &header, sizeof header);
	attribute_string(arena, attributes, IFLA_IFNAME, kind->name);
	attribute_string(arena, attribute_nest(arena, attributes, IFLA_LINKINFO), IFLA_INFO_KIND, kind->name);
	error = rtnl_do(rtnl, &request, NULL);
	if (!error || error->skip || error->status == STATUS_UNABLE)
		return error;
	error_free(error);
	return NULL;
}

struct error *kind_try(struct arena *arena, struct rtnl *rtnl, const struct link_kind *kind)
{
	struct error *error;
	int fd = -1;

	if (kind->made != LINK_BY_TUN)
		return try_request(arena, rtnl, kind);
	error = tun_make(
		&(struct tun) { .name = kind->name, .flags = (uint16_t)(kind->tun_flags | IFF_NO_PI) }, &fd);
	if (fd >= 0)
		close(fd);
	return error;
}

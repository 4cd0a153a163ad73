/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing: what a dump tells of, and the selectors mean, is deleted one by one, as iproute2 does it. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "kernel/rtnl_bytes.h"
#include "lab/flush.h"

enum { ROUNDS = 10 };

struct flushing {
	struct rtnl *rtnl;
	const struct entry *entry;
	const struct resolver *resolver;
	size_t header; /* its size in each message */
	unsigned round;
	struct nlmsghdr **selected;
	size_t count;
};

/* A message, as the selectors see it. */
struct seen {
	struct dumped dumped;
	const struct nlmsghdr *message;
	const struct flushing *flushing;
};

static const void *seen_attribute(const struct dumped *dumped, uint16_t type, size_t *size)
{
	const struct seen *seen = (const struct seen *)dumped;

	return attribute_data(rtnl_attribute(seen->message, seen->flushing->header, type), size);
}

static uint32_t seen_device(const struct dumped *dumped, const char *name)
{
	const struct flushing *flushing = ((const struct seen *)dumped)->flushing;
	const struct resolver *resolver = flushing->resolver;

	return resolver && resolver->device ? resolver->device(resolver->context, name)
					    : rtnl_index(flushing->rtnl, name);
}

static void forget(void *context)
{
	struct flushing *flushing = context;

	for (size_t i = 0; i < flushing->count; i++)
		free(flushing->selected[i]);
	flushing->count = 0;
}

static void keep(struct flushing *flushing, const struct nlmsghdr *message)
{
	struct nlmsghdr *copy = malloc(message->nlmsg_len);
	struct nlmsghdr **more =
		reallocarray(flushing->selected, flushing->count + 1, sizeof *flushing->selected);

	if (!copy || !more)
		memory_exhausted();
	memcpy(copy, message, message->nlmsg_len);
	more[flushing->count++] = copy;
	flushing->selected = more;
}

/* All are kept until the dump is over: to select one may need the index of a device, which is asked for. */
static void see(void *context, const struct nlmsghdr *message)
{
	struct flushing *flushing = context;

	if (message->nlmsg_type == flushing->entry->object->new_type &&
		payload(message).size >= flushing->header)
		keep(flushing, message);
}

static void select_dumped(struct flushing *flushing)
{
	size_t count = flushing->count;

	flushing->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct nlmsghdr *message = flushing->selected[i];
		const struct seen seen = { .dumped = { .header = rtnl_header(message),
						   .round = flushing->round,
						   .attribute = seen_attribute,
						   .device = seen_device },
			.message = message,
			.flushing = flushing };

		if (flushing->entry->object->flush->selects(flushing->entry, &seen.dumped))
			flushing->selected[flushing->count++] = message;
		else
			free(message);
	}
}

/* What the deletion of another one took with it is gone, as was wanted. */
static struct error *unless_gone(struct error *error)
{
	if (!error || (error->number != ESRCH && error->number != ENOENT && error->number != EADDRNOTAVAIL))
		return error;
	error_free(error);
	return NULL;
}

/* By the one attribute that names it, behind a header that says nothing else. */
static struct error *delete_by(const struct flushing *flushing, const struct nlmsghdr *message, uint16_t by)
{
	size_t size;
	const void *data = attribute_data(rtnl_attribute(message, flushing->header, by), &size);
	struct attribute attribute = { .type = by, .bytes = data, .size = size };
	struct request request = { .type = flushing->entry->object->del_type,
		.body = { .size = flushing->header, .attributes = { &attribute, 1 } } };

	return rtnl_do(flushing->rtnl, &request, NULL);
}

static struct error *delete_one(const struct flushing *flushing, struct nlmsghdr *message)
{
	const struct object *object = flushing->entry->object;

	if (object->flush->by)
		return delete_by(flushing, message, object->flush->by);
	message->nlmsg_type = object->del_type;
	message->nlmsg_flags = NLM_F_REQUEST;
	return rtnl_do_message(flushing->rtnl, message);
}

static struct error *delete_selected(const struct flushing *flushing)
{
	struct error *error = NULL;

	for (size_t i = 0; i < flushing->count && !error; i++)
		error = unless_gone(delete_one(flushing, flushing->selected[i]));
	return error;
}

/* A device that is not there is an error also where nothing would have been selected. */
static struct error *check_devices(const struct flushing *flushing)
{
	const struct values *values = &flushing->entry->values;
	const struct seen seen = { .flushing = flushing };

	for (size_t i = 0; i < values->count; i++) {
		struct error *error;

		if (values->at[i].field->type != &type_device ||
			seen_device(&seen.dumped, values->at[i].text))
			continue;
		error = error_new(STATUS_WRONG, 0, "Cannot find device \"%s\"", values->at[i].text);
		error->number = ENODEV;
		return error;
	}
	return NULL;
}

struct error *rtnl_flush(struct rtnl *rtnl, const struct request *request, const struct entry *entry,
	const struct resolver *resolver)
{
	struct flushing flushing = {
		.rtnl = rtnl, .entry = entry, .resolver = resolver, .header = request->body.size
	};
	struct error *error = check_devices(&flushing);

	for (; !error; flushing.round++) {
		error = rtnl_dump(rtnl, request, forget, see, &flushing);
		if (!error)
			select_dumped(&flushing);
		if (error || !flushing.count)
			break;
		if (flushing.round == ROUNDS)
			error = error_new(STATUS_WRONG, EBUSY, "%zu are left after %d rounds of deleting",
				flushing.count, ROUNDS);
		else
			error = delete_selected(&flushing);
	}
	forget(&flushing);
	free(flushing.selected);
	return error;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "keep/listing.h"
#include "run/enclosure.h"

void answer_error(struct connection *connection, int status, const char *format, ...)
{
	FILE *to = connection_stream(connection, TELL_ERROR);
	va_list arguments;

	va_start(arguments, format);
	vfprintf(to, format, arguments);
	putc('\n', to);
	va_end(arguments);
	fclose(to);
	connection_end(connection, status, NULL, 0);
}

void answer_list(struct connection *connection, const struct site *site,
	const struct registration *registration, uint64_t since, const char *broken)
{
	json_t *lab = listing_make(site, registration, since, broken);
	char *text = json_dumps(lab, JSON_COMPACT);

	if (!text)
		memory_exhausted();
	connection_tell(connection, TELL_OUT, text, strlen(text));
	connection_end(connection, STATUS_PASSED, NULL, 0);
	free(text);
	json_decref(lab);
}

static int make_file(const char *text)
{
	int fd = memfd_create("tunlab", MFD_CLOEXEC);
	size_t size = strlen(text);

	if (fd >= 0 && write(fd, text, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct error *send_entrance(struct connection *connection, const struct enclosure *enclosure)
{
	const int fds[ENTER_DESCRIPTORS] = { [ENTER_NETNS] = enclosure->netns,
		[ENTER_PIDNS] = enclosure->pidns,
		[ENTER_HOSTS] = make_file(enclosure->hosts),
		[ENTER_NAMES] = make_file(enclosure->names) };
	struct error *error = NULL;

	if (fds[ENTER_HOSTS] < 0 || fds[ENTER_NAMES] < 0)
		error = error_new(STATUS_UNABLE, errno, "memfd_create");
	else
		connection_end(connection, STATUS_PASSED, fds, ENTER_DESCRIPTORS);
	if (fds[ENTER_HOSTS] >= 0)
		close(fds[ENTER_HOSTS]);
	if (fds[ENTER_NAMES] >= 0)
		close(fds[ENTER_NAMES]);
	return error;
}

void answer_enter(struct connection *connection, struct site *site, const char *name)
{
	const struct lab *lab = site->lab;
	const struct netns *in = lab_namespace(lab, name);
	const struct reading reading = { .lab = (struct lab *)lab, .arena = arena_open() };
	struct enclosure enclosure = { 0 };
	struct error *error = NULL;

	if (!in) {
		answer_error(connection, STATUS_WRONG, "%s: %s: %s", site->name, name,
			namespace_unknown(&reading));
	} else {
		error = site_enclosure(site, in, reading.arena, &enclosure);
		if (!error)
			error = send_entrance(connection, &enclosure);
	}
	if (error)
		answer_error(connection, (int)error->status, "%s", error->text);
	error_free(error);
	arena_close(reading.arena);
}

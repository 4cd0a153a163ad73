/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "keep/message.h"
#include "keep/registry.h"
#include "kernel/loop.h"

static bool has(const char *const *labs, const char *name)
{
	while (*labs && strcmp(*labs, name) != 0)
		labs++;
	return *labs;
}

static struct error *going(const char *name)
{
	struct error *error =
		error_new(STATUS_UNABLE, 0, "the lab %s is only coming up, or going down", name);

	error->number = EAGAIN;
	return error;
}

/* There is no lab of that name, or, with EAGAIN, it does not answer yet, or no more. */
static struct error *unknown(const char *name)
{
	struct arena *arena = arena_open();
	const char *const *labs = registry_labs(arena);
	const char *list = "";
	struct error *error;

	for (const char *const *lab = labs; *lab; lab++)
		list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", *lab);
	if (has(labs, name))
		error = going(name);
	else if (*list)
		error = error_new(STATUS_WRONG, 0, "no lab %s is up; up are: %s", name, list);
	else if (registry_hides())
		error = error_new(
			STATUS_WRONG, 0, "no lab %s of yours is up; root has labs that are (sudo)", name);
	else
		error = error_new(STATUS_WRONG, 0, "no lab %s is up, nor any other (tunlab up LAB)", name);
	arena_close(arena);
	return error;
}

static struct error *connect_to(const char *name, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int number = 0;

	*out = -1;
	if (lab_name_wrong(name) || !registry_socket(name, address.sun_path, sizeof address.sun_path))
		return unknown(name);
	*out = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return error_new(STATUS_UNABLE, errno, "socket");
	if (!connect(*out, (struct sockaddr *)&address, sizeof address))
		return NULL;
	number = errno;
	close(*out);
	*out = -1;
	if (number == ENOENT || number == ECONNREFUSED)
		return unknown(name);
	return error_new(STATUS_UNABLE, number, "%s", address.sun_path);
}

/* How long a keeper may be silent, in seconds; a step says how long it takes itself. */
enum { LIST_SECONDS = 2, ENTER_SECONDS = 10, DOWN_SECONDS = 30 };

static void wait_at_most(int connection, int seconds)
{
	const struct timeval patience = { .tv_sec = seconds };

	if (connection >= 0)
		setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static pid_t keeper_process(int connection)
{
	struct ucred keeper = { 0 };
	socklen_t size = sizeof keeper;

	getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &keeper, &size);
	return keeper.pid;
}

static struct error *ask(
	const char *name, enum message_type type, const char *text, int status, int carried, int *connection)
{
	struct message message = { .type = type, .status = status, .size = strlen(text) };
	struct error *error;
	int number;

	if (message.size > MESSAGE_TEXT)
		return error_new(STATUS_WRONG, ENAMETOOLONG, "%.40s...", text);
	error = connect_to(name, connection);
	if (error)
		return error;
	memcpy(message.text, text, message.size);
	number = message_send(*connection, &message, &carried, carried >= 0, 0);
	if (number == EPIPE || number == ECONNRESET)
		return NULL; /* who listens hears that it has gone */
	return number ? error_new(STATUS_UNABLE, number, "%s does not hear", name) : NULL;
}

/* What is told goes to OUT and ERRORS, until the end, which is left in MESSAGE. */
static struct error *hear(const char *name, int connection, FILE *out, FILE *errors, struct message *message)
{
	int result;

	while ((result = message_receive(connection, message, 0)) > 0 && message->type != TELL_END) {
		FILE *to = message->type == TELL_OUT ? out : errors;

		fwrite(message->text, 1, message->size, to);
		fflush(to);
		message_discard(message);
	}
	if (result > 0)
		return NULL;
	if (result < 0 && errno == EAGAIN) {
		struct error *error = error_new(STATUS_UNABLE, 0,
			"%s: its keeper, process %d, does not answer", name, keeper_process(connection));

		error->number = ETIMEDOUT;
		return error;
	}
	return error_new(STATUS_UNABLE, result < 0 ? errno : 0, "the lab %s has gone", name);
}

static char *read_file(int fd)
{
	struct stat status;
	char *text;

	if (fd < 0 || fstat(fd, &status))
		return NULL;
	text = calloc(1, (size_t)status.st_size + 1);
	if (!text)
		memory_exhausted();
	if (pread(fd, text, (size_t)status.st_size, 0) != status.st_size) {
		free(text);
		return NULL;
	}
	return text;
}

/* The descriptors of namespaces are kept, the texts are read. */
static struct error *take_entrance(const char *name, struct message *message, struct entrance *out)
{
	out->hosts = read_file(message->fds[ENTER_HOSTS]);
	out->names = read_file(message->fds[ENTER_NAMES]);
	out->in = (struct enclosure) { .netns = message->fds[ENTER_NETNS],
		.pidns = message->fds[ENTER_PIDNS],
		.hosts = out->hosts,
		.names = out->names };
	message->fds[ENTER_NETNS] = message->fds[ENTER_PIDNS] = -1;
	if (out->in.netns < 0 || out->in.pidns < 0 || !out->hosts || !out->names)
		return error_new(STATUS_UNABLE, 0, "%s did not hand over its namespace", name);
	return NULL;
}

struct error *client_enter(const char *name, const char *netns, struct entrance *out)
{
	struct message message;
	char *told = NULL;
	size_t size = 0;
	FILE *errors = open_memstream(&told, &size);
	struct error *error;

	if (!errors)
		memory_exhausted();
	*out = (struct entrance) { .in = { .netns = -1, .pidns = -1 }, .connection = -1 };
	error = ask(name, ASK_ENTER, netns, 0, -1, &out->connection);
	wait_at_most(out->connection, ENTER_SECONDS);
	if (!error)
		error = hear(name, out->connection, stdout, errors, &message);
	fclose(errors);
	if (!error) {
		if (message.status == STATUS_PASSED)
			error = take_entrance(name, &message, out);
		else
			error = error_new(
				(enum status)message.status, 0, "%.*s", (int)strcspn(told, "\n"), told);
		message_discard(&message);
	}
	free(told);
	return error;
}

void client_leave(struct entrance *entrance)
{
	const int fds[] = { entrance->in.netns, entrance->in.pidns, entrance->connection };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(entrance->hosts);
	free(entrance->names);
	*entrance = (struct entrance) { .in = { .netns = -1, .pidns = -1 }, .connection = -1 };
}

struct error *client_list(const char *name, json_t *labs)
{
	struct message message;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int connection = -1;
	struct error *error;
	json_t *lab;

	if (!to)
		memory_exhausted();
	error = ask(name, ASK_LIST, "", 0, -1, &connection);
	wait_at_most(connection, LIST_SECONDS);
	if (!error)
		error = hear(name, connection, to, stderr, &message);
	if (connection >= 0)
		close(connection);
	fclose(to);
	lab = error ? NULL : json_loadb(text, size, 0, NULL);
	if (lab)
		json_append_new(labs, lab);
	free(text);
	if (!error || error->number != ETIMEDOUT)
		return error;
	lab = json_new_object();
	json_put(lab, "name", "%s", name);
	json_put(lab, "broken", "%s", error->text + strlen(name) + 2);
	json_append_new(labs, lab);
	error_free(error);
	return NULL;
}

static int make_file(const struct text *text)
{
	int fd = memfd_create("steps", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < text->length;) {
		ssize_t size = write(fd, text->bytes + done, text->length - done);

		if (size < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)size;
	}
	return fd;
}

struct error *client_steps(const char *name, const struct text *text, int flags, int *status)
{
	int fd = make_file(text), connection = -1;
	struct message message;
	struct error *error;

	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "memfd_create");
	error = ask(name, ASK_STEPS, text->file, flags, fd, &connection);
	close(fd);
	if (!error)
		error = hear(name, connection, stdout, stderr, &message);
	if (connection >= 0)
		close(connection);
	if (!error)
		*status = message.status;
	return error;
}

/* Somebody else's end of a lab may be under way. */
static struct error *await_end(const char *name)
{
	uint64_t deadline = loop_now() + DOWN_SECONDS * 1000000000ULL;
	bool there = true;

	while (there && loop_now() < deadline) {
		struct arena *arena = arena_open();

		there = has(registry_labs(arena), name);
		arena_close(arena);
		if (there)
			poll(NULL, 0, 5);
	}
	return there ? going(name) : NULL;
}

static struct error *await_down(const char *name, int connection)
{
	struct message message;
	struct error *error;

	wait_at_most(connection, DOWN_SECONDS);
	error = hear(name, connection, stdout, stderr, &message);
	if (error && error->number == ETIMEDOUT)
		return error_wrap(error, "not taken down (kill -KILL does it, whatever state it is in)");
	if (error) { /* it has gone, which is what was asked for, or is about to */
		error_free(error);
		return await_end(name);
	}
	if (message.status == STATUS_PASSED)
		return NULL;
	return error_new((enum status)message.status, 0, "%s was not taken down as it should be", name);
}

/*
 * One that is coming up can be asked soon; one that is going has soon gone, and *CONNECTION is -1 then.
 * KNOWN: it was there a moment ago, so that somebody else has taken it down where it is not.
 */
static struct error *ask_down(const char *name, bool known, int *connection)
{
	uint64_t deadline = loop_now() + DOWN_SECONDS * 1000000000ULL;
	struct error *error = ask(name, ASK_DOWN, "", 0, -1, connection);

	while (error && error->number == EAGAIN && loop_now() < deadline) {
		error_free(error);
		poll(NULL, 0, 5);
		error = ask(name, ASK_DOWN, "", 0, -1, connection);
		known = true;
	}
	if (!known || !error || error->status != STATUS_WRONG)
		return error;
	error_free(error);
	return NULL;
}

struct error *client_down(const char *const *names, bool known)
{
	struct error *error = NULL, *one;
	size_t count = 0;
	int *connections;

	while (names[count])
		count++;
	connections = calloc(count + 1, sizeof *connections);
	if (!connections)
		memory_exhausted();
	for (size_t i = 0; i < count; i++) {
		connections[i] = -1;
		one = ask_down(names[i], known, &connections[i]);
		if (error)
			error_free(one);
		else
			error = one;
	}
	for (size_t i = 0; i < count; i++) {
		if (connections[i] < 0)
			continue;
		one = await_down(names[i], connections[i]);
		close(connections[i]);
		if (error)
			error_free(one);
		else
			error = one;
	}
	free(connections);
	return error;
}

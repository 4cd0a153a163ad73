/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "explain/watch.h"
#include "keep/answer.h"
#include "keep/users.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/exec.h"
#include "report/tap.h"
#include "run/capture.h"
#include "run/survey.h"

/* Steps that were asked for and wait for their turn, or are being run. */
struct asked {
	struct asked *next;
	struct connection *connection;
	struct text *text; /* of the lab's arena: the steps' places lead to it */
	bool allow_exec, slow_ok;
};

struct keeper {
	struct site *site;
	struct registration *registration;
	int errors;
	uint64_t since;
	struct watch listener;
	struct sockaddr_un address; /* bound, where the family is set */
	struct connection *connections;
	struct asked *asked, **last_asked;
	struct connection *served; /* whose steps are being run; NULL: none are */
	char *broken;		   /* what is wrong with the lab for good: its relay died */
	bool leaving;		   /* it is to be taken down */
};

/* Ends the step that is being run. */
static void give_up_step(struct keeper *keeper, const char *why)
{
	if (keeper->served && !keeper->site->failed)
		keeper->site->failed = error_new(STATUS_UNABLE, 0, "%s", why);
	loop_end(keeper->site->loop);
}

/* Whoever asked for steps that are still to be run no longer wants them. */
static void forget_asked(struct keeper *keeper, const struct connection *connection)
{
	for (struct asked **place = &keeper->asked; *place;) {
		struct asked *asked = *place;

		if (asked->connection != connection) {
			place = &asked->next;
			continue;
		}
		*place = asked->next;
		free(asked);
	}
	keeper->last_asked = &keeper->asked;
	while (*keeper->last_asked)
		keeper->last_asked = &(*keeper->last_asked)->next;
}

/* Not while anything is told on one of them. */
static void remove_connections(struct keeper *keeper, bool all)
{
	for (struct connection **place = &keeper->connections; *place;) {
		struct connection *connection = *place;

		if ((!connection->gone && !all) || connection == keeper->served) {
			place = &connection->next;
			continue;
		}
		*place = connection->next;
		forget_asked(keeper, connection);
		connection_close(connection);
		free(connection);
	}
}

/* Reads the text that a descriptor has; it is sealed by nobody, and read once. */
static struct text *take_text(struct arena *arena, const char *name, int fd)
{
	struct text *text = arena_take(arena, sizeof *text);
	struct stat status;
	char *bytes;
	ssize_t size = 0;

	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size > LAB_BYTES)
		return NULL;
	bytes = arena_take(arena, (size_t)status.st_size + 1);
	while (text->length < (size_t)status.st_size &&
		(size = pread(fd, bytes + text->length, (size_t)status.st_size - text->length,
			 (off_t)text->length)) > 0)
		text->length += (size_t)size;
	text->bytes = bytes;
	text->file = arena_printf(arena, "%s", name);
	return size < 0 ? NULL : text;
}

/* They are run when the loop is left: a callback cannot run it. */
static void ask_steps(struct keeper *keeper, struct connection *connection, const struct message *message)
{
	struct text *text = take_text(keeper->site->lab->arena, message->text, message->fds[0]);
	struct asked *asked = calloc(1, sizeof *asked);

	if (!asked)
		memory_exhausted();
	if (!text) {
		free(asked);
		answer_error(connection, STATUS_UNABLE, "tunlab: the steps could not be handed over");
		return;
	}
	*asked = (struct asked) {
		.connection = connection,
		.text = text,
		.allow_exec = message->status & ASK_ALLOW_EXEC,
		.slow_ok = message->status & ASK_SLOW_OK,
	};
	*keeper->last_asked = asked;
	keeper->last_asked = &asked->next;
	loop_end(keeper->site->loop);
}

static void ask_down(struct keeper *keeper, struct connection *connection)
{
	connection->awaits_down = true;
	keeper->leaving = true;
	give_up_step(keeper, "the lab was taken down");
}

static void heard(struct connection *connection, struct message *message)
{
	struct keeper *keeper = connection->owner;

	if (!message) {
		if (keeper->served == connection)
			give_up_step(keeper, "nobody waits for the step any more");
		else
			forget_asked(keeper, connection);
		return;
	}
	switch (message->type) {
	case ASK_LIST:
		answer_list(connection, keeper->site, keeper->registration, keeper->since, keeper->broken);
		return;
	case ASK_STEPS: ask_steps(keeper, connection, message); return;
	case ASK_ENTER: answer_enter(connection, keeper->site, message->text); return;
	case ASK_DOWN: ask_down(keeper, connection); return;
	default:
		answer_error(connection, STATUS_WRONG,
			"tunlab: the lab does not know what was asked (another tunlab?)");
	}
}

static void take_connection(struct watch *watch, uint32_t events)
{
	struct keeper *keeper = watch->owner;
	struct connection *connection;
	struct error *error;
	int fd;

	(void)events;
	remove_connections(keeper, false); /* first, lest their descriptors be the ones that lack */
	fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	connection = malloc(sizeof *connection);
	if (!connection)
		memory_exhausted();
	error = connection_open(connection, keeper->site->loop, fd);
	connection->heard = heard;
	connection->owner = keeper;
	connection->next = keeper->connections;
	keeper->connections = connection;
	connection->gone = error;
	error_free(error);
}

static struct error *listen_on_socket(struct keeper *keeper)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	keeper->listener =
		(struct watch) { .fd = fd, .events = EPOLLIN, .ready = take_connection, .owner = keeper };
	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "socket");
	if (!registry_socket(
		    keeper->registration->name, keeper->address.sun_path, sizeof keeper->address.sun_path))
		return error_new(STATUS_UNABLE, ENAMETOOLONG, "%s", keeper->address.sun_path);
	keeper->address.sun_family = AF_UNIX;
	if (bind(fd, (struct sockaddr *)&keeper->address, sizeof keeper->address) || listen(fd, SOMAXCONN))
		return error_new(STATUS_UNABLE, errno, "%s", keeper->address.sun_path);
	return loop_add(keeper->site->loop, &keeper->listener);
}

static struct error *name_namespaces(struct keeper *keeper)
{
	const struct lab *lab = keeper->site->lab;
	struct registered_name *names = calloc(lab->namespace_count, sizeof *names);
	struct error *error;

	if (!names)
		memory_exhausted();
	for (size_t i = 0; i < lab->namespace_count; i++)
		names[i] =
			(struct registered_name) { lab->namespaces[i]->name, keeper->site->namespaces[i].fd };
	error = registry_name(keeper->registration, names, lab->namespace_count);
	free(names);
	return error;
}

/* The keeper does not stay in the folder that the path leads from. */
static const char *whole_path(struct arena *arena, const char *file)
{
	char *path = strcmp(file, "-") ? realpath(file, NULL) : NULL;
	const char *copy = arena_printf(arena, "%s", path ? path : file);

	free(path);
	return copy;
}

struct error *keeper_open(
	struct site *site, struct registration *registration, int errors, struct keeper **out)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	struct error *error;

	if (!keeper)
		memory_exhausted();
	*keeper = (struct keeper) {
		.site = site, .registration = registration, .errors = errors, .since = loop_now()
	};
	keeper->last_asked = &keeper->asked;
	site->name = registration->name;
	site->file = whole_path(site->arena, site->lab->text.file);
	*out = keeper;
	error = name_namespaces(keeper);
	return error ? error : listen_on_socket(keeper);
}

/* What the relay said before it died, without the end of its line. */
static const char *last_words(int errors, char *out, size_t size)
{
	ssize_t length = errors < 0 ? 0 : pread(errors, out, size - 1, 0);

	out[length < 0 ? 0 : length] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* The relay's death is for good. */
static void note_failure(struct keeper *keeper)
{
	struct site *site = keeper->site;
	struct error *death;
	char words[256];

	error_free(site->failed); /* a step ended with it, or none was under way */
	site->failed = NULL;
	if (keeper->broken || !site->relay || site->relay_watch.added)
		return;
	death = relay_death(site->relay);
	last_words(keeper->errors, words, sizeof words);
	if (asprintf(&keeper->broken, "%s%s%s", death->text, *words ? ": " : "", words) < 0)
		memory_exhausted();
	error_free(death);
}

/* How the steps of one question go. */
struct telling {
	struct tap tap;
	const struct text *text;
	struct connection *connection;
	bool blind; /* it was told that the reasons for drops are not seen */
};

static bool told(void *context, const struct verdict *verdict)
{
	struct telling *telling = context;

	tap_verdict(&telling->tap, telling->text, verdict);
	if (!verdict->passed && verdict->blind && !telling->blind) {
		tap_comment(&telling->tap, "%s", verdict->blind);
		telling->blind = true;
	}
	return !telling->connection->gone;
}

static struct error *run_asked(
	struct keeper *keeper, struct telling *telling, const struct asked *asked, FILE *errors, int *status)
{
	const struct run_options options = {
		.stays = true, .allow_exec = asked->allow_exec, .slow_ok = asked->slow_ok
	};
	struct explanation explanation = { .file = -1 };
	const struct run_watch watch = explain_watch(&explanation);
	const struct run_listener listener = { .ended = told, .watch = &watch, .context = telling };
	struct lab *lab = (struct lab *)keeper->site->lab;
	struct error *error = site_survey(keeper->site, lab);
	struct step *steps;
	size_t count, failed;

	if (error)
		return error;
	*status = (int)lab_extend(lab, asked->text, filter_wrong, nft_wrong, errors, &steps, &count);
	if (*status == STATUS_PASSED && !asked->allow_exec && exec_forbidden(lab, steps, count, errors))
		*status = STATUS_WRONG;
	if (*status != STATUS_PASSED)
		return NULL;
	tap_version(&telling->tap);
	tap_plan(&telling->tap, count, NULL);
	error = run_steps(keeper->site, steps, count, &options, &listener, &failed, NULL);
	*status = failed ? STATUS_FAILED : STATUS_PASSED;
	return error;
}

static void serve_asked(struct keeper *keeper, const struct asked *asked)
{
	struct connection *connection = asked->connection;
	FILE *errors = connection_stream(connection, TELL_ERROR),
	     *out = connection_stream(connection, TELL_OUT);
	struct telling telling = { .tap = { .to = out }, .text = asked->text, .connection = connection };
	int status = STATUS_UNABLE;
	struct error *error;

	keeper->served = connection;
	if (keeper->broken)
		error = error_new(STATUS_UNABLE, 0, "%s (tunlab down %s, and up again)", keeper->broken,
			keeper->registration->name);
	else
		error = run_asked(keeper, &telling, asked, errors, &status);
	if (error) {
		fprintf(errors, "tunlab: %s\n", error->text);
		tap_bail(&telling.tap, error->text);
		status = (int)error->status;
		error_free(error);
	}
	fclose(out);
	fclose(errors);
	keeper->served = NULL;
	connection_end(connection, status, NULL, 0);
}

static void serve_next(struct keeper *keeper)
{
	struct asked *asked = keeper->asked;

	keeper->asked = asked->next;
	if (!keeper->asked)
		keeper->last_asked = &keeper->asked;
	serve_asked(keeper, asked);
	free(asked);
}

struct error *keeper_serve(struct keeper *keeper)
{
	struct loop *loop = keeper->site->loop;
	struct error *error = NULL;

	while (!error && !keeper->leaving && !loop_signal(loop)) {
		if (keeper->asked)
			serve_next(keeper);
		else
			error = loop_run(loop);
		note_failure(keeper);
		remove_connections(keeper, false);
	}
	return error;
}

/*
 * What those who ask for the lab's end should know: who came in otherwise than by tunlab exec, and so stays,
 * and its namespace with it; and what is missing of what was captured, which is the error.
 */
static struct error *tell_last(struct keeper *keeper)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct error *uncaptured;

	if (!to)
		memory_exhausted();
	uncaptured = capture_close(keeper->site, to);
	if (uncaptured)
		fprintf(to, "tunlab: %s\n", uncaptured->text);
	users_print(to, keeper->site);
	fclose(to);
	for (struct connection *each = keeper->connections; each; each = each->next)
		if (each->awaits_down)
			connection_tell(each, TELL_ERROR, text, size);
	free(text);
	return uncaptured;
}

struct error *keeper_close(struct keeper *keeper)
{
	struct error *error, *left;

	loop_remove(keeper->site->loop, &keeper->listener);
	if (keeper->listener.fd >= 0)
		close(keeper->listener.fd);
	error = tell_last(keeper);
	left = site_close(keeper->site);
	if (error)
		error_free(left);
	else
		error = left;
	registry_release(keeper->registration);
	for (struct connection *each = keeper->connections; each; each = each->next)
		if (each->awaits_down)
			connection_end(each, error ? (int)error->status : STATUS_PASSED, NULL, 0);
	remove_connections(keeper, true);
	free(keeper->broken);
	free(keeper);
	return error;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lab/problem.h"

static void print_usage(FILE *to, const struct command *command)
{
	fprintf(to, "usage: tunlab %s%s%s%s\n", command->name, command->options ? " [OPTION]..." : "",
		*command->operands ? " " : "", command->operands);
}

static void print_command(const struct command *command)
{
	print_usage(stdout, command);
	printf("\n%s\n", command->what);
	if (command->more)
		printf("\n%s\n", command->more);
	printf("\noptions:\n");
	for (const struct option_row *row = command->options; row && row->name; row++) {
		int width = printf("  --%s%s%s", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");

		printf("%*s %s\n", width < 22 ? 22 - width : 0, "", row->what);
	}
	printf("  %-20s %s\n", "--help", "this text");
	if (command->tell)
		command->tell();
}

static void print_help(FILE *to)
{
	int widest = 0;

	for (const struct command *const *command = commands; *command; command++) {
		int width = (int)(strlen((*command)->name) + strlen((*command)->operands));

		widest = width > widest ? width : widest;
	}
	fprintf(to, "tunlab: a test harness and lab orchestrator for Linux routing\n\nusage: tunlab COMMAND "
		    "[OPTION]... [OPERAND]...\n\ncommands:\n");
	for (const struct command *const *command = commands; *command; command++) {
		int width = fprintf(to, "  %s %s", (*command)->name, (*command)->operands);

		fprintf(to, "%*s%s\n", widest + 5 - width, "", (*command)->what);
	}
	fprintf(to, "\n  tunlab COMMAND --help    tells more\n  tunlab --version\n\n"
		    "exit status: 0 all passed; 1 a step failed; 2 a lab or the command line is wrong;\n"
		    "             3 this machine cannot run it; 128+N ended by signal N\n");
}

static const struct command *find(const char *name)
{
	const char *names[64] = { NULL }, *near;
	size_t count = 0;

	for (const struct command *const *command = commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
		if (count < 63)
			names[count++] = (*command)->name;
	}
	near = nearest(name, names);
	fprintf(stderr, "tunlab: %s: no such command%s%s%s (tunlab --help lists them)\n", name,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

static bool wrong_option(const struct command *command, const char *name, const char *what)
{
	const char *names[OPTIONS_MOST + 1] = { NULL }, *near;
	size_t count = 0;

	for (const struct option_row *row = command->options; row && row->name; row++)
		names[count++] = row->name;
	near = nearest(name, names);
	fprintf(stderr, "tunlab %s: --%s: %s", command->name, name, what);
	if (near && strcmp(near, name))
		fprintf(stderr, "; did you mean \"--%s\"?", near);
	fprintf(stderr, " (tunlab %s --help lists the options)\n", command->name);
	return false;
}

/* Takes --NAME, --NAME VALUE or --NAME=VALUE at ARGV[*AT]. */
static bool take_option(const struct command *command, char **argv, size_t *at, struct arguments *out)
{
	const char *name = argv[*at] + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name), i = 0;

	for (const struct option_row *row = command->options; row && row->name; row++, i++) {
		if (strlen(row->name) != length || strncmp(row->name, name, length))
			continue;
		if (!row->argument && equals)
			return wrong_option(command, row->name, "takes no argument");
		if (row->argument && !equals && !argv[*at + 1])
			return wrong_option(command, row->name, "lacks its argument");
		out->options[i] = !row->argument ? "" : equals ? equals + 1 : argv[++*at];
		return true;
	}
	return wrong_option(command, name, "no such option");
}

/* All is another program's, but a "--" that says so. */
static void take_rest(char **argv, struct arguments *out)
{
	if (*argv && !strcmp(*argv, "--"))
		argv++;
	while (*argv)
		out->operands[out->count++] = *argv++;
}

static bool read_arguments(const struct command *command, char **argv, struct arguments *out)
{
	bool only_operands = false;

	out->operands = argv;
	for (size_t at = 0; argv[at]; at++) {
		if (!only_operands && !strcmp(argv[at], "--"))
			only_operands = true;
		else if (!only_operands && !strncmp(argv[at], "--", 2)) {
			if (!take_option(command, argv, &at, out))
				return false;
		} else if (!only_operands && argv[at][0] == '-' && argv[at][1]) {
			return wrong_option(command, argv[at], "no such option");
		} else {
			out->operands[out->count++] = argv[at];
			if (out->count == command->free_after) {
				take_rest(argv + at + 1, out);
				break;
			}
		}
	}
	out->operands[out->count] = NULL;
	if (out->count < command->least || (command->most && out->count > command->most)) {
		fprintf(stderr, "tunlab %s: %s\n", command->name,
			out->count < command->least ? "an operand is missing" : "too many operands");
		print_usage(stderr, command);
		return false;
	}
	return true;
}

static bool asks_help(const struct command *command, char **argv)
{
	for (size_t operands = 0; *argv && strcmp(*argv, "--"); argv++) {
		if (!strcmp(*argv, "--help") || !strcmp(*argv, "-h"))
			return true;
		if (**argv != '-' && ++operands == command->free_after)
			return false;
	}
	return false;
}

/* Descriptors 0 to 2 must be taken, lest a device or a socket become standard output. */
static bool standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY); /* so that writing fails */
		if (fd < 0)
			return false;
	} while (fd <= STDERR_FILENO);
	close(fd);
	return true;
}

/* Results that could not be written are lost: that is never a success. */
static int flushed(int status)
{
	if ((fflush(stdout) || ferror(stdout)) && (status == STATUS_PASSED || status == STATUS_FAILED)) {
		fprintf(stderr, "tunlab: standard output: cannot be written: %s\n", strerror(errno));
		return STATUS_UNABLE;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct command *command;
	struct error *error = NULL;
	int status;

	if (!standard_descriptors())
		return STATUS_UNABLE;
	signal(SIGCHLD, SIG_DFL); /* whoever starts tunlab may ignore it: then no child leaves a status */
	if (argc < 2) {
		print_help(stderr);
		return STATUS_WRONG;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return flushed(STATUS_PASSED);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("tunlab %s\n", TUNLAB_VERSION);
		return flushed(STATUS_PASSED);
	}
	command = find(argv[1]);
	if (!command)
		return STATUS_WRONG;
	if (asks_help(command, argv + 2)) {
		print_command(command);
		return flushed(STATUS_PASSED);
	}
	if (!read_arguments(command, argv + 2, &arguments))
		return STATUS_WRONG;
	status = command->run(&arguments, &error);
	if (error) {
		fprintf(stderr, "tunlab: %s\n", error->text);
		error_free(error);
	}
	return flushed(status);
}

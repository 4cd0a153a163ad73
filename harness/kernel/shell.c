/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/shell.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a shell is started with. */
struct start {
	struct arena *arena;
	char **arguments;
	size_t count;
};

static void add(struct start *start, const char *argument)
{
	arena_append(start->arena, &start->arguments, &start->count, &argument, sizeof argument);
}

/* Only who inherits its descriptor can read it; -1 where none can be made. */
static int nameless_file(void)
{
	return memfd_create("tunlab-shell", 0);
}

/* The same, a folder: a file system that is mounted nowhere (Linux 5.2). */
static int nameless_folder(void)
{
	int system = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), folder = -1;

	if (system >= 0 && !syscall(SYS_fsconfig, system, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		folder = (int)syscall(SYS_fsmount, system, 0, 0);
	if (system >= 0)
		close(system);
	return folder;
}

/* Writes what the shell reads as it begins, at whose end it closes KEPT; larger numbers not all shells know.
 */
static bool write_text(struct arena *arena, int fd, const char *text, int kept)
{
	const char *end = kept > 9 ? "" : arena_printf(arena, "exec %d<&-\n", kept);

	return dprintf(fd, "%s%s", text, end) >= 0;
}

static const char *path_of(struct arena *arena, int fd)
{
	return arena_printf(arena, "/proc/self/fd/%d", fd);
}

/* Gives the variable another value, and another variable its own one, for what the shell reads to set back.
 */
static void replace(const char *name, const char *keeper, const char *value)
{
	const char *own = getenv(name);

	if (own)
		setenv(keeper, own, 1);
	else
		unsetenv(keeper);
	setenv(name, value, 1);
}

/* As the last of PROMPT_COMMAND, an array since 5.1: others there may make PS1 anew for each prompt. */
static const char bash_text[] = "[ ! -r ~/.bashrc ] || . ~/.bashrc\n"
				"tunlab_prompt() {\n"
				"	case $PS1 in\n"
				"	\"[$TUNLAB_LAB.$TUNLAB_NS] \"*) ;;\n"
				"	*) PS1=\"[$TUNLAB_LAB.$TUNLAB_NS] $PS1\" ;;\n"
				"	esac\n"
				"}\n"
				"if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] > 500)); then\n"
				"	PROMPT_COMMAND+=(tunlab_prompt)\n"
				"else\n"
				"	PROMPT_COMMAND=$PROMPT_COMMAND$'\\n'tunlab_prompt\n"
				"fi\n";

static void prepare_bash(struct start *start)
{
	int file = nameless_file();

	if (file < 0 || !write_text(start->arena, file, bash_text, file))
		return;
	add(start, "--rcfile");
	add(start, path_of(start->arena, file));
}

/* Read before the user's own files, which are read from where they are; its function stays the last. */
static const char zsh_text[] = "if [[ -n ${TUNLAB_ZDOTDIR+set} ]]; then\n"
			       "	ZDOTDIR=$TUNLAB_ZDOTDIR\n"
			       "	unset TUNLAB_ZDOTDIR\n"
			       "else\n"
			       "	unset ZDOTDIR\n"
			       "fi\n"
			       "[[ ! -r ${ZDOTDIR-$HOME}/.zshenv ]] || . ${ZDOTDIR-$HOME}/.zshenv\n"
			       "tunlab_prompt() {\n"
			       "	[[ $PS1 == \"[$TUNLAB_LAB.$TUNLAB_NS] \"* ]] ||\n"
			       "		PS1=\"[$TUNLAB_LAB.$TUNLAB_NS] $PS1\"\n"
			       "	precmd_functions=(${precmd_functions:#tunlab_prompt} tunlab_prompt)\n"
			       "}\n"
			       "precmd_functions+=(tunlab_prompt)\n";

static void prepare_zsh(struct start *start)
{
	int folder = nameless_folder(),
	    file = folder < 0 ? -1 : openat(folder, ".zshenv", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (file < 0)
		return;
	if (write_text(start->arena, file, zsh_text, folder))
		replace("ZDOTDIR", "TUNLAB_ZDOTDIR", path_of(start->arena, folder));
	close(file);
}

/* The user's prompt sees the status of the last command. */
static const char fish_text[] = "functions -q fish_prompt; or function fish_prompt; end\n"
				"functions -c fish_prompt tunlab_prompt\n"
				"function tunlab_status; return $argv[1]; end\n"
				"function fish_prompt\n"
				"	set -l last $status\n"
				"	echo -n \"[$TUNLAB_LAB.$TUNLAB_NS] \"\n"
				"	tunlab_status $last\n"
				"	tunlab_prompt\n"
				"end\n";

static void prepare_fish(struct start *start)
{
	add(start, "-C");
	add(start, fish_text);
}

/* $ENV is what POSIX has an interactive shell read, after expanding the value. */
static const char posix_text[] = "if [ -n \"${TUNLAB_ENV+set}\" ]; then\n"
				 "	ENV=$TUNLAB_ENV\n"
				 "	unset TUNLAB_ENV\n"
				 "	eval \"[ ! -r \\\"$ENV\\\" ] || . \\\"$ENV\\\"\"\n"
				 "else\n"
				 "	unset ENV\n"
				 "fi\n"
				 "PS1=\"[$TUNLAB_LAB.$TUNLAB_NS] $PS1\"\n";

static void prepare_posix(struct start *start)
{
	int file = nameless_file();

	if (file >= 0 && write_text(start->arena, file, posix_text, file))
		replace("ENV", "TUNLAB_ENV", path_of(start->arena, file));
}

/* Shells by the names of their programs; any other is treated as the last row. */
static const struct kind {
	const char *name;
	void (*prepare)(struct start *start);
} kinds[] = {
	{ "bash", prepare_bash },
	{ "zsh", prepare_zsh },
	{ "fish", prepare_fish },
	{ NULL, prepare_posix },
};

static const struct kind *kind_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const struct kind *kind = kinds;

	while (kind->name && strcmp(kind->name, name))
		kind++;
	return kind;
}

static const char *own_shell(void)
{
	const char *own = getenv("SHELL");

	return own && *own == '/' && !access(own, X_OK) ? own : "/bin/sh";
}

char *const *shell_arguments(struct arena *arena, char *const *more, bool interactive)
{
	struct start start = { .arena = arena };

	add(&start, own_shell());
	if (interactive)
		kind_of(start.arguments[0])->prepare(&start);
	while (*more)
		add(&start, *more++);
	add(&start, NULL);
	return start.arguments;
}

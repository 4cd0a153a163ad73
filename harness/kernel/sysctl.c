/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/sys/net is a directory of no namespace: what is looked up in it, whoever opened it and where, is the
 * calling thread's (net_sysctl_init() of the kernel, and seen so on 6.18). A descriptor of it would reach the
 * host's sysctls as soon as the thread is at home. So a namespace's sysctls are held as the namespace itself,
 * and the thread goes there.
 */
#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/netns.h"
#include "kernel/sysctl_file.h"

/* Whether the path is of names only: no "", "." or "..", so that it leads nowhere but down. */
static bool leads_down(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
			(length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

/*
 * Writes NAME as a path below /proc/sys/net into PATH. The first separator decides, as in sysctl(8): in a
 * name with dots a slash stands for a dot of a device's name (net.ipv4.conf.eth0/5.rp_filter); one with
 * slashes is a path.
 */
static struct error *path_of(const char *name, char *path, size_t size)
{
	const char *first = strpbrk(name, "./");
	size_t length = strlen(name);

	if (!first || first - name != 3 || strncmp(name, "net", 3) != 0)
		return error_new(STATUS_WRONG, 0,
			"%s is not below net.: nothing else belongs to a network namespace", name);
	if (length - 4 >= size)
		return error_new(STATUS_WRONG, ENAMETOOLONG, "%.64s...", name);
	memcpy(path, first + 1, length - 3);
	for (char *at = path; *first == '.' && *at; at++)
		*at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
	if (!leads_down(path))
		return error_new(STATUS_WRONG, 0, "%s is no name of a sysctl", name);
	return NULL;
}

static struct error *open_error(const char *name, int number)
{
	struct error *error;

	switch (number) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		error = error_new(
			STATUS_WRONG, 0, "%s is not a sysctl of a network namespace on this kernel", name);
		error->number = number;
		return error;
	case EACCES:
	case EPERM:
	case ELOOP:
	case EXDEV:
		return error_new(STATUS_WRONG, number, "%s may not be opened in a network namespace", name);
	case ENOSYS:
		return error_new(STATUS_UNABLE, number, "cannot open %s (openat2 needs Linux 5.6)", name);
	default: return error_new(STATUS_UNABLE, number, "cannot open %s", name);
	}
}

struct error *sysctl_open_below(int directory, const char *name, int access, int *fd)
{
	struct open_how how = {
		.flags = (unsigned)access | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	char path[256];
	struct error *error = path_of(name, path, sizeof path);

	if (error)
		return error;
	do {
		*fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
	} while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? open_error(name, errno) : NULL;
}

/*
 * What is below /proc/sys/net. One descriptor does for all namespaces, since what is looked up in it is the
 * calling thread's; it is opened once and kept.
 */
static int directory_of_net(void)
{
	static int directory = -1;

	if (directory < 0)
		directory = open("/proc/sys/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return directory;
}

/* Opens the file as the calling thread's namespace has it. */
static struct error *open_here(const char *name, int access, int *fd)
{
	int directory = directory_of_net();

	if (directory < 0)
		return error_new(STATUS_UNABLE, errno, "cannot open /proc/sys/net (is /proc mounted?)");
	return sysctl_open_below(directory, name, access, fd);
}

/* The same in a namespace where the thread is not; it comes back. */
static struct error *open_there(int namespace, int here, const char *name, int access, int *fd)
{
	struct error *error = netns_enter(namespace), *back;

	if (error)
		return error;
	error = open_here(name, access, fd);
	back = netns_enter(here);
	if (!back)
		return error;
	error_free(error);
	if (*fd >= 0)
		close(*fd);
	return error_wrap(back, "%s", name);
}

/* Whether the calling thread is in the namespace. */
static bool is_here(int namespace)
{
	struct stat one, other;

	return !fstat(namespace, &one) && !stat("/proc/thread-self/ns/net", &other) &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static struct error *open_file(int namespace, const char *name, int access, int *fd)
{
	struct error *error;
	int here = -1;

	*fd = -1;
	if (is_here(namespace))
		return open_here(name, access, fd);
	error = netns_self(&here);
	if (error)
		return error;
	error = open_there(namespace, here, name, access, fd);
	close(here);
	return error;
}

/* A value goes in one write: the kernel parses each write by itself. */
static struct error *write_value(int fd, const char *name, const char *value)
{
	char line[4096];
	int length = snprintf(line, sizeof line, "%s\n", value);
	ssize_t written;

	if (length >= (int)sizeof line)
		return error_new(STATUS_WRONG, 0, "%s: a value of %d bytes is too long", name, length - 1);
	do {
		written = write(fd, line, (size_t)length);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return error_new(STATUS_WRONG, errno, "%s cannot be set to \"%s\"", name, value);
	/* Some leave the newline. */
	if (written < length - 1)
		return error_new(STATUS_WRONG, 0, "%s took only %zd bytes of \"%s\"", name, written, value);
	return NULL;
}

struct error *sysctl_write(int namespace, const char *name, const char *value)
{
	int fd = -1;
	struct error *error = open_file(namespace, name, O_WRONLY, &fd);

	if (error)
		return error;
	error = write_value(fd, name, value);
	close(fd);
	return error;
}

static const char below[] = "/proc/sys/net/";

/* Looks up, in the namespace, what a pattern means; nothing is no error. The caller frees FOUND. */
static struct error *find(int namespace, const char *pattern, glob_t *found)
{
	char path[256];
	int here = -1, status;
	struct error *error = netns_self(&here), *back;

	if (error)
		return error;
	error = netns_enter(namespace);
	if (!error) {
		snprintf(path, sizeof path, "%s%s", below, pattern);
		status = glob(path, GLOB_MARK, NULL, found);
		if (status && status != GLOB_NOMATCH)
			error = error_new(STATUS_UNABLE, 0, "%s cannot be looked up", path);
		back = netns_enter(here);
		if (!error)
			error = back;
		else
			error_free(back);
	}
	close(here);
	return error;
}

static bool is_among(const char *path, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

/* The path as a name with dots, as everybody knows it. */
static void name_of_path(const char *path, char *name, size_t size)
{
	snprintf(name, size, "net.%s", path);
	for (char *c = name + 4; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
}

/* A directory, which GLOB_MARK ends with a slash, is no sysctl. */
static bool is_file(const char *path)
{
	return path[strlen(path) - 1] != '/';
}

static bool is_forwarding(const char *path)
{
	const char *last = strrchr(path, '/');

	return strstr(last ? last : path, "forward") != NULL;
}

static struct error *write_found(int namespace, const glob_t *found, bool forwarding, const char *const *but,
	size_t count, const char *value)
{
	struct error *error = NULL;

	for (size_t i = 0; !error && i < found->gl_pathc; i++) {
		const char *path = found->gl_pathv[i] + strlen(below);
		char name[256];

		if (!is_file(path) || is_forwarding(path) != forwarding || is_among(path, but, count))
			continue;
		name_of_path(path, name, sizeof name);
		error = sysctl_write(namespace, name, value);
	}
	return error;
}

struct error *sysctl_write_glob(
	int namespace, const char *glob, const char *const *but, size_t count, const char *value)
{
	glob_t found = { 0 };
	char name[256];
	size_t files = 0;
	struct error *error = find(namespace, glob, &found);

	name_of_path(glob, name, sizeof name);
	for (size_t i = 0; i < found.gl_pathc; i++)
		files += is_file(found.gl_pathv[i]);
	if (!error && !files) {
		error = error_new(STATUS_WRONG, 0, "%s matches no sysctl of this namespace", name);
		error->number = ENOENT;
	}
	if (!error)
		error = write_found(namespace, &found, true, but, count, value);
	if (!error)
		error = write_found(namespace, &found, false, but, count, value);
	globfree(&found);
	return error;
}

/* Ends the text where its newlines begin, and makes tabs blanks. */
static void tidy(char *text, size_t length)
{
	while (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	for (char *at = strchr(text, '\t'); at; at = strchr(at, '\t'))
		*at = ' ';
}

struct error *sysctl_read(int namespace, const char *name, char *text, size_t size)
{
	int fd = -1;
	struct error *error = open_file(namespace, name, O_RDONLY, &fd);
	ssize_t length;
	int number;

	if (error)
		return error;
	do {
		length = read(fd, text, size);
	} while (length < 0 && errno == EINTR);
	number = errno;
	close(fd);
	if (length < 0)
		return error_new(number == EISDIR || number == EACCES || number == EPERM ? STATUS_WRONG
											 : STATUS_UNABLE,
			number, "cannot read %s", name);
	if ((size_t)length == size)
		return error_new(
			STATUS_UNABLE, 0, "the value of %s is longer than %zu bytes", name, size - 1);
	tidy(text, (size_t)length);
	return NULL;
}

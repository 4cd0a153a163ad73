/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/registry.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/pidns.h"

static const char netns_folder[] = "/run/netns";
static const char made_netns[] = ".netns"; /* says that tunlab made /run/netns */
static const char socket_end[] = ".control";

const char *lab_name_wrong(const char *name)
{
	if (!*name || strlen(name) > LAB_NAME_MOST || !isalnum((unsigned char)*name))
		return "allowed: 1 to 40 letters, digits, _ and -, of which the first is a letter or a digit";
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-", *name))
			return "allowed: letters, digits, _ and -";
	return NULL;
}

const char *lab_name_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	size_t length = strlen(base);
	char *name;

	if (length > 5 && !strcmp(base + length - 5, ".json"))
		length -= 5;
	name = arena_copy(arena, base, length < LAB_NAME_MOST ? length : LAB_NAME_MOST);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			*c = '-';
	return isalnum((unsigned char)*name) ? name : "lab";
}

static const char root_folder[] = "/run/tunlab";

static void folder_path(char *out, size_t size)
{
	const char *own = getenv("XDG_RUNTIME_DIR");

	if (!faccessat(AT_FDCWD, "/run", W_OK, AT_EACCESS))
		snprintf(out, size, "%s", root_folder);
	else if (own && *own == '/')
		snprintf(out, size, "%s/tunlab", own);
	else
		snprintf(out, size, "/tmp/tunlab-%u", (unsigned)geteuid());
}

bool registry_socket(const char *name, char *out, size_t size)
{
	char folder[PATH_MAX];

	folder_path(folder, sizeof folder);
	return snprintf(out, size, "%s/%s%s", folder, name, socket_end) < (int)size &&
	       strlen(out) < sizeof((struct sockaddr_un *)0)->sun_path;
}

/* A folder in /tmp may be somebody else's trap. */
static bool is_own(int folder)
{
	struct stat status;

	return !fstat(folder, &status) && status.st_uid == geteuid() && !(status.st_mode & 022);
}

static bool is_there(int folder)
{
	struct stat status;

	return !fstat(folder, &status) && status.st_nlink;
}

/*
 * Opens the folder and locks it: who adds, removes or cleans is alone. -1 with errno, ENOENT where there is
 * none and none is to be made. One that went while the lock was waited for is opened anew.
 */
static int open_folder(bool make)
{
	char path[PATH_MAX];
	int folder;

	folder_path(path, sizeof path);
	for (;;) {
		if (make && mkdir(path, 0700) && errno != EEXIST)
			return -1;
		folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0 && errno == ENOENT && make)
			continue;
		if (folder < 0)
			return -1;
		if (!is_own(folder)) {
			close(folder);
			errno = EPERM;
			return -1;
		}
		while (flock(folder, LOCK_EX) && errno == EINTR)
			;
		if (is_there(folder))
			return folder;
		close(folder);
	}
}

static bool is_record(const char *name)
{
	return !lab_name_wrong(name);
}

/* Whether somebody lives who holds the record. */
static bool is_alive(int record)
{
	if (flock(record, LOCK_EX | LOCK_NB))
		return true;
	flock(record, LOCK_UN);
	return false;
}

/* Removes the link in /run/netns if it is still the one that led to TARGET. */
static bool remove_link(const char *name, const char *target)
{
	char path[PATH_MAX], found[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof path, "%s/%s", netns_folder, name);
	length = readlink(path, found, sizeof found - 1);
	if (length < 0)
		return false;
	found[length] = '\0';
	return !strcmp(found, target) && !unlink(path);
}

/* Removes the links that the record names; tells of each on TO (NULL: nobody is told). How many they were. */
static size_t remove_links(int record, FILE *to)
{
	int copy = fcntl(record, F_DUPFD_CLOEXEC, 0);
	FILE *from = copy < 0 ? NULL : fdopen(copy, "r");
	char name[NAME_MAX + 1], target[64];
	size_t count = 0;

	if (!from)
		return 0;
	rewind(from);
	while (fscanf(from, "%255s %63s\n", name, target) == 2) {
		if (!remove_link(name, target))
			continue;
		if (to)
			fprintf(to, "%s %s", count ? "," : ":", name);
		count++;
	}
	fclose(from);
	return count;
}

static void remove_socket(int folder, const char *name)
{
	char file[LAB_NAME_MOST + sizeof socket_end];

	snprintf(file, sizeof file, "%s%s", name, socket_end);
	unlinkat(folder, file, 0);
}

static DIR *list_folder(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);

	if (!list && copy >= 0)
		close(copy);
	return list;
}

static bool has_records(int folder)
{
	DIR *list = list_folder(folder);
	const struct dirent *entry;
	bool found = false;

	while (list && (entry = readdir(list)))
		found |= is_record(entry->d_name);
	if (list)
		closedir(list);
	return found;
}

/* With the last lab what tunlab made for all of them goes. */
static void close_folder(int folder)
{
	char path[PATH_MAX];

	folder_path(path, sizeof path);
	if (!has_records(folder)) {
		if (!unlinkat(folder, made_netns, 0))
			rmdir(netns_folder); /* EBUSY, ENOTEMPTY: others use it now */
		rmdir(path);
	}
	close(folder);
}

static struct error *unable(const char *what)
{
	char path[PATH_MAX];

	folder_path(path, sizeof path);
	return error_new(STATUS_UNABLE, errno, "cannot %s %s%s", what, path,
		errno == EPERM ? " (it is another user's: set XDG_RUNTIME_DIR)" : "");
}

/* Takes NAME in the folder; false: it is taken. Who is dead no longer has it. */
static bool take(int folder, const char *name, struct registration *out)
{
	int record = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (record >= 0 && !is_alive(record)) {
		remove_links(record, NULL);
		remove_socket(folder, name);
		if (!ftruncate(record, 0) && !flock(record, LOCK_EX | LOCK_NB)) {
			out->record = record;
			snprintf(out->name, sizeof out->name, "%s", name);
			return true;
		}
	}
	if (record >= 0)
		close(record);
	return false;
}

struct error *registry_claim(const char *name, bool otherwise, struct registration *out)
{
	char other[LAB_NAME_MOST + 1];
	bool taken;
	int folder;

	*out = (struct registration) { .record = -1 };
	if (pidns_is_inside())
		return error_new(STATUS_WRONG, 0,
			"from inside a lab none can be brought up: it would go with that one, and nobody "
			"outside would "
			"know it");
	folder = open_folder(true);
	if (folder < 0)
		return unable("use");
	taken = !take(folder, name, out);
	for (unsigned number = 2; taken && otherwise && number < 10000; number++) {
		snprintf(other, sizeof other, "%.*s-%u", LAB_NAME_MOST - 5, name, number);
		taken = !take(folder, other, out);
	}
	close_folder(folder);
	if (!taken)
		return NULL;
	return error_new(
		STATUS_WRONG, 0, "%s is up already (another name by --name; or tunlab down %s)", name, name);
}

/* Whether /run/netns is there and may be written to; it is made where it lacks. */
static bool prepare_netns_folder(int folder)
{
	if (!mkdir(netns_folder, 0755)) {
		int mark = openat(folder, made_netns, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (mark >= 0)
			close(mark);
	}
	return !faccessat(AT_FDCWD, netns_folder, W_OK, AT_EACCESS);
}

/* The process as /proc has it, which may count from another pid namespace. */
static bool own_number(char out[32])
{
	ssize_t length = readlink("/proc/self", out, 31);

	out[length < 0 ? 0 : length] = '\0';
	return length > 0;
}

static struct error *make_link(const struct registration *registration, const char *name, const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s.%s", netns_folder, registration->name, name);
	if (!symlink(target, path))
		return NULL;
	return error_new(errno == EEXIST ? STATUS_WRONG : STATUS_UNABLE, errno, "%s%s", path,
		errno == EEXIST ? " is somebody else's (another name by --name)" : "");
}

/* The record comes before the links: whatever happens, it names those that there are. */
static struct error *make_links(
	struct registration *registration, const struct registered_name *names, size_t count)
{
	struct error *error = NULL;
	char number[32], target[64];

	if (!own_number(number))
		return error_new(STATUS_UNABLE, errno, "/proc/self");
	for (size_t i = 0; i < count && !error; i++)
		if (dprintf(registration->record, "%s.%s /proc/%s/fd/%d\n", registration->name, names[i].name,
			    number, names[i].fd) < 0)
			error = unable("write to");
	for (size_t i = 0; i < count && !error; i++) {
		snprintf(target, sizeof target, "/proc/%s/fd/%d", number, names[i].fd);
		error = make_link(registration, names[i].name, target);
	}
	registration->named = !error;
	return error;
}

struct error *registry_name(
	struct registration *registration, const struct registered_name *names, size_t count)
{
	int folder = open_folder(true);
	struct error *error = NULL;

	if (folder < 0)
		return unable("use");
	if (prepare_netns_folder(folder))
		error = make_links(registration, names, count);
	close_folder(folder);
	return error;
}

void registry_release(struct registration *registration)
{
	int folder;

	if (registration->record < 0)
		return;
	folder = open_folder(false); /* -1: somebody removed it */
	remove_links(registration->record, NULL);
	if (folder >= 0) {
		remove_socket(folder, registration->name);
		unlinkat(folder, registration->name, 0);
		close_folder(folder);
	}
	close(registration->record);
	registration->record = -1;
}

bool registry_hides(void)
{
	char path[PATH_MAX];

	folder_path(path, sizeof path);
	return strcmp(path, root_folder) != 0 && !access(root_folder, F_OK);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Calls SEE for each record of the folder. */
static void each_record(
	int folder, void (*see)(int folder, int record, const char *name, void *context), void *context)
{
	DIR *list = list_folder(folder);
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		int record;

		if (!is_record(entry->d_name))
			continue;
		record = openat(folder, entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (record < 0)
			continue;
		see(folder, record, entry->d_name, context);
		close(record);
	}
	if (list)
		closedir(list);
}

struct found {
	struct arena *arena;
	const char **names;
	size_t count;
};

static void note_living(int folder, int record, const char *name, void *context)
{
	struct found *found = context;
	const char *copy = arena_printf(found->arena, "%s", name);

	(void)folder;
	if (is_alive(record))
		arena_append(found->arena, &found->names, &found->count, &copy, sizeof copy);
}

const char *const *registry_labs(struct arena *arena)
{
	struct found found = { .arena = arena };
	const char *end = NULL;
	int folder = open_folder(false);

	if (folder >= 0) {
		each_record(folder, note_living, &found);
		close(folder);
	}
	if (found.count)
		qsort(found.names, found.count, sizeof *found.names, by_name);
	arena_append(arena, &found.names, &found.count, &end, sizeof end);
	return found.names;
}

static void clean_dead(int folder, int record, const char *name, void *context)
{
	FILE *to = context;

	if (is_alive(record))
		return;
	fprintf(to, "tunlab: the lab %s died with its keeper; what it left is removed", name);
	remove_links(record, to);
	fputc('\n', to);
	remove_socket(folder, name);
	unlinkat(folder, name, 0);
}

void registry_clean(FILE *to)
{
	int folder = open_folder(false);

	if (folder < 0)
		return;
	each_record(folder, clean_dead, to);
	close_folder(folder);
}

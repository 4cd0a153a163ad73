/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a capture: whole blocks of pcapng are appended by the harness and by the relay while the lab
 * stands, so that it can be read at any time and however tunlab ends; at the end its packets are put in the
 * order of their times.
 */
#ifndef TUNLAB_CAPTURE_FILE_H
#define TUNLAB_CAPTURE_FILE_H

#include "forwarder/pcapng.h"
#include "lab/error.h"

struct capture_file;

/*
 * Makes DIRECTORY where there is none, and in it NAME.pcapng anew, or NAME-2.pcapng, ... where this process
 * has made one of that name before. What was there is replaced, not written over: whoever reads it goes on
 * reading it.
 */
struct error *capture_file_open(const char *directory, const char *name, struct capture_file **out);

/* Takes a duplicate of FD, an empty file open for reading and appending, in place of one with a name. It is
 * not sorted. */
struct error *capture_file_adopt(int fd, struct capture_file **out);

/* Whether that is likely to work: makes the directory, and asks whether files may be made in it. */
struct error *capture_file_check(const char *directory);

/* Its path, as the directory was given. */
const char *capture_file_path(const struct capture_file *file);

/* A new descriptor through which another process may append; the caller closes it. */
struct error *capture_file_share(const struct capture_file *file, int *fd);

/* Where a block can be put, which is then sure to have room; it is gathered there with others. */
struct pcapng *capture_file_room(struct capture_file *file);

/* Writes what was gathered. */
void capture_file_flush(struct capture_file *file);

/* Removes it from its directory: nothing is in it. */
void capture_file_remove(struct capture_file *file);

/* Notes that another process's write failed with errno NUMBER: nothing more is written. */
void capture_file_fail(struct capture_file *file, int number);

/*
 * Writes what was gathered, and sorts the file, which nobody else may append to any more. NULL is allowed.
 * The error says that something could not be written, and is not there. *UNSORTED (which must be NULL, and is
 * then the caller's to free) says why the file stays in the order in which it was written, where it does.
 */
struct error *capture_file_close(struct capture_file *file, struct error **unsorted);

#endif

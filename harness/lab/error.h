/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors are values: made where something failed, told more on their way up, printed once. */
#ifndef TUNLAB_ERROR_H
#define TUNLAB_ERROR_H

#include <stdbool.h>

/* tunlab's exit statuses. A signal that ends it gives 128 + its number. */
enum status {
	STATUS_PASSED = 0,
	STATUS_FAILED = 1, /* a step failed */
	STATUS_WRONG = 2,  /* a lab or the command line is wrong; nothing is left */
	STATUS_UNABLE = 3, /* this machine cannot run it */
};

struct error {
	enum status status;
	int number;	     /* errno, 0 where none applies */
	const char *message; /* what the kernel's extended ack said, or NULL */
	char *text;	     /* the whole sentence, the kernel's own text included */
	bool skip;	     /* the kernel lacks what the lab needs: the lab is skipped, not failed */
};

/*
 * Makes an error with a printed text; where NUMBER is not 0, ": " and its text follow. The caller owns it and
 * passes it up, prints it, or frees it. Never NULL.
 */
struct error *error_new(enum status status, int number, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

/* Puts "printed text: " in front of ERROR's text; returns ERROR. */
struct error *error_wrap(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

/* Notes what the kernel said beyond NUMBER (copied; NULL and "" change nothing) and appends it; returns
 * ERROR. */
struct error *error_tell(struct error *error, const char *message) __attribute__((warn_unused_result));

/* Frees ERROR; NULL is allowed. */
void error_free(struct error *error);

/* The name of an errno, such as "ENETUNREACH"; NULL if it has none. */
const char *error_name(int number);

/* The errno of that name, 0 if there is none. */
int error_number(const char *name);

#endif

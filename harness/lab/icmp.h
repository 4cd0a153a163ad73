/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors by the names that nft gives them (nft(8), "ICMP TYPE", "ICMP CODE"). */
#ifndef TUNLAB_ICMP_H
#define TUNLAB_ICMP_H

#include <stdint.h>

enum { ANY_CODE = -1 };

struct icmp_name {
	const char *name;
	int family;
	uint8_t type;
	int code; /* or ANY_CODE */
};

/* Ends with a NULL name; one name may stand for an error of each family. */
extern const struct icmp_name icmp_names[];

/* nft's name of an error, NULL if it has none. */
const char *icmp_error_name(int family, uint8_t type, uint8_t code);

/* Whether any error has this name. */
int icmp_is_name(const char *name);

#endif

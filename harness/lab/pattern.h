/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What parts of strings look like, for the schema: regular expressions of ECMA-262. */
#ifndef TUNLAB_PATTERN_H
#define TUNLAB_PATTERN_H

#define NUMBER_PATTERN	    "(0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)"
#define OCTET_PATTERN	    "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4_PATTERN	    OCTET_PATTERN "(\\." OCTET_PATTERN "){3}"
#define IPV6_PATTERN	    "[0-9a-fA-F:]*:[0-9a-fA-F:.]*"
#define ADDRESS_PATTERN	    "(" IPV4_PATTERN "|" IPV6_PATTERN ")"
#define LENGTH_PATTERN	    "(/[0-9]+)?"
#define HEXADECIMAL_PATTERN "(0[xX])?[0-9a-fA-F]+"
#define SWITCH_PATTERN	    "(on|off|true|false|0|1|yes|no)"
#define DEVICE_PATTERN	    "[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}"

#endif

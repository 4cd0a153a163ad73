/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/neighbour_names.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

const struct name neighbour_states[] = { { "permanent", NUD_PERMANENT }, { "noarp", NUD_NOARP },
	{ "reachable", NUD_REACHABLE }, { "stale", NUD_STALE }, { "delay", NUD_DELAY },
	{ "probe", NUD_PROBE }, { "incomplete", NUD_INCOMPLETE }, { "failed", NUD_FAILED },
	{ "none", NUD_NONE }, { 0 } };

const struct name neighbour_shown_states[] = { { "PERMANENT", NUD_PERMANENT }, { "NOARP", NUD_NOARP },
	{ "REACHABLE", NUD_REACHABLE }, { "STALE", NUD_STALE }, { "DELAY", NUD_DELAY },
	{ "PROBE", NUD_PROBE }, { "INCOMPLETE", NUD_INCOMPLETE }, { "FAILED", NUD_FAILED }, { 0 } };

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/capability.h"

#include <errno.h>
#include <sys/capability.h>

bool capability_has(int capability)
{
	cap_t own = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (!own)
		return false;
	if (cap_get_flag(own, capability, CAP_EFFECTIVE, &value))
		value = CAP_CLEAR;
	cap_free(own);
	return value == CAP_SET;
}

void capability_effect(const int *capabilities, size_t count, bool effective)
{
	cap_t own = cap_get_proc();
	cap_flag_value_t value;

	if (!own)
		return;
	for (size_t i = 0; i < count; i++)
		if (!cap_get_flag(own, capabilities[i], CAP_PERMITTED, &value) && value == CAP_SET)
			cap_set_flag(
				own, CAP_EFFECTIVE, 1, &capabilities[i], effective ? CAP_SET : CAP_CLEAR);
	cap_set_proc(own);
	cap_free(own);
}

struct error *capability_check(void)
{
	bool administers = capability_has(CAP_SYS_ADMIN), configures = capability_has(CAP_NET_ADMIN);
	struct error *error;

	if (administers && configures)
		return NULL;
	error = error_new(STATUS_UNABLE, 0,
		"tunlab needs %s%s%s to make network namespaces and devices: run it with sudo, or inside "
		"`unshare -Urn` where /dev/net/tun is mode 0666",
		administers ? "" : "CAP_SYS_ADMIN", administers || configures ? "" : " and ",
		configures ? "" : "CAP_NET_ADMIN");
	error->number = EPERM;
	return error;
}

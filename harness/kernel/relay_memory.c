/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/relay_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

struct error *relay_memory_make(size_t size, int *fd, const void **out)
{
	const char *name = "tunlab-relay";
	void *memory;

	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (*fd < 0 && errno == EINVAL)
		*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return error_new(STATUS_UNABLE, errno, "memfd_create");
	if (ftruncate(*fd, (off_t)size) < 0)
		return error_new(STATUS_UNABLE, errno, "ftruncate");
	if (fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return error_new(STATUS_UNABLE, errno, "F_ADD_SEALS");
	memory = mmap(NULL, size, PROT_READ, MAP_SHARED, *fd, 0);
	if (memory == MAP_FAILED)
		return error_new(STATUS_UNABLE, errno, "mmap");
	*out = memory;
	return NULL;
}

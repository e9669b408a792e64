/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/slow_sync.c - a disk whose syncs take two seconds once the file
 * that SLOW_SYNC names is there: preloaded before libc by tests/system.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
wait_if_slow(void)
{
	struct timespec t = { 2, 0 };
	const char *flag = getenv("SLOW_SYNC");

	if (flag && access(flag, F_OK) == 0)
		nanosleep(&t, NULL);
}

int
fsync(int fd)
{
	wait_if_slow();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	wait_if_slow();
	return (int)syscall(SYS_fdatasync, fd);
}

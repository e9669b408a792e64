/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/slow_sync.c - a disk whose syncs take two seconds: preloaded
 * before libc by tests/system/test_slow_store.py.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
wait_two_seconds(void)
{
	struct timespec t = { 2, 0 };

	nanosleep(&t, NULL);
}

int
fsync(int fd)
{
	wait_two_seconds();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	wait_two_seconds();
	return (int)syscall(SYS_fdatasync, fd);
}

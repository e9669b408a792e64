/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/hang.c - threads that do not come back while a file is there:
 * HANG_JOB names the one for jobs' threads (at the random id of a cut),
 * HANG_STORE the one for syncs. Preloaded before libc by tests/system.
 */
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
hang_while(const char *variable)
{
	struct timespec t = { 0, 20000000 };
	const char *flag = getenv(variable);

	while (flag && access(flag, F_OK) == 0)
		nanosleep(&t, NULL);
}

ssize_t
getrandom(void *buf, size_t n, unsigned flags)
{
	if (syscall(SYS_gettid) != getpid())
		hang_while("HANG_JOB");
	return syscall(SYS_getrandom, buf, n, flags);
}

int
fsync(int fd)
{
	hang_while("HANG_STORE");
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	hang_while("HANG_STORE");
	return (int)syscall(SYS_fdatasync, fd);
}

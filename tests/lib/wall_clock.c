/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/wall_clock.c - a wall clock that somebody sets while the daemon
 * runs: preloaded before libc. The file SLUICE_TEST_CLOCK holds the seconds by
 * which it is wrong; the steady clock is left alone.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long
seconds_off(void)
{
	const char *path = getenv("SLUICE_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[32] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atol(text);
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	if (rc == 0 && clock == CLOCK_REALTIME)
		t->tv_sec += seconds_off();
	return rc;
}

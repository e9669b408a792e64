/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/sick_disk.c - a disk that refuses: preloaded before libc. Each
 * line of the file SICK_DISK is "VERB ERRNO TEXT": calls of that kind on files
 * whose path has the text in it fail so. VERB: `write` (whatever makes, grows
 * or changes a file), `grow` (the same, but for making it), `sync`, `read`.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Whether the call shall fail; errno is set then. */
static int
is_sick(const char *verb, const char *path)
{
	const char *rules = getenv("SICK_DISK");
	char text[4096], *save, *line;
	int was = errno, fd, found = 0;
	ssize_t n;

	fd = rules ? (int)syscall(SYS_openat, AT_FDCWD, rules, O_RDONLY) : -1;
	if (fd < 0) {
		errno = was;
		return 0;
	}
	n = syscall(SYS_read, fd, text, sizeof(text) - 1);
	syscall(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	for (line = strtok_r(text, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		char what[16], part[1024];
		int number;

		found = sscanf(line, "%15s %d %1023s", what, &number, part) == 3 &&
			strcmp(what, verb) == 0 && strstr(path, part);
		if (found)
			was = number;
	}
	errno = was;
	return found;
}

static int
is_sick_fd(const char *verb, int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || path[0] != '/')
		return 0;
	path[n] = '\0';
	return is_sick(verb, path);
}

static int
cannot_grow(int fd)
{
	return is_sick_fd("write", fd) || is_sick_fd("grow", fd);
}

ssize_t
write(int fd, const void *data, size_t n)
{
	return cannot_grow(fd) ? -1 : syscall(SYS_write, fd, data, n);
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
	return cannot_grow(fd) ? -1 : syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off_t at)
{
	return pwrite(fd, data, n, at);
}

ssize_t
pread(int fd, void *data, size_t n, off_t at)
{
	return is_sick_fd("read", fd) ? -1
				      : syscall(SYS_pread64, fd, data, n, at);
}

ssize_t
pread64(int fd, void *data, size_t n, off_t at)
{
	return pread(fd, data, n, at);
}

int
fsync(int fd)
{
	return is_sick_fd("sync", fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return is_sick_fd("sync", fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate(int fd, off_t n)
{
	return cannot_grow(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off_t n)
{
	return ftruncate(fd, n);
}

static int
open_at(int dir, const char *path, int flags, int mode)
{
	char full[PATH_MAX + 256], link[64];
	ssize_t n = 0;

	if (flags & O_CREAT) {
		if (path[0] != '/' && dir != AT_FDCWD) {
			snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
			n = readlink(link, full, PATH_MAX);
		}
		snprintf(full + (n > 0 ? n : 0), 256, "/%s", path);
		if (faccessat(dir, path, F_OK, 0) != 0 &&
		    is_sick("write", full))
			return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_at(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_at(AT_FDCWD, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

int
openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

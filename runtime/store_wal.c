/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_wal.c - readers lock bytes of the -shm file, and the kernel
 * says whose locks they are. It is asked by the descriptor that SQLite has:
 * one of our own could never be closed again without giving up all locks that
 * this process has on the file. (/proc/locks is not there under ProcSubset=pid.)
 */
#include "runtime/store_wal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/store_impl.h"

/* Where readers lock (walformat.html, "WAL-Index Locks"): WAL_READ_LOCK(0)
 * to WAL_READ_LOCK(4). */
#define READ_LOCK_FIRST 123
#define READ_LOCK_LAST 127

static bool
stat_beside(const struct store *s, const char *suffix, struct stat *ret)
{
	struct buf path;
	bool found;

	buf_init(&path);
	buf_printf(&path, "%s%s", s->file.path, suffix);
	found = stat(buf_cstr(&path), ret) == 0;
	buf_release(&path);
	return found;
}

/* The descriptor by which SQLite has that file open, or -1. */
static int
descriptor_of(const struct stat *file)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int found = -1;

	while (d && found < 0 && (e = readdir(d))) {
		int fd = atoi(e->d_name);
		struct stat st;

		if (*e->d_name != '.' && fstat(fd, &st) == 0 &&
		    st.st_ino == file->st_ino && st.st_dev == file->st_dev)
			found = fd;
	}
	if (d)
		closedir(d);
	return found;
}

static int
find_reader(const struct stat *shm)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = READ_LOCK_FIRST,
		.l_len = READ_LOCK_LAST - READ_LOCK_FIRST + 1,
	};
	int fd = descriptor_of(shm);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : 0;
}

static void
program_of(int pid, char *name, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, (int)size, f))
		snprintf(name, size, "a program");
	name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
}

void
store_wal_look(const struct store *s, struct store_wal *ret)
{
	struct stat st;

	*ret = (struct store_wal){ .held = s->wal_pages >= STORE_WAL_PAGES };
	if (stat_beside(s, "-wal", &st))
		ret->bytes = (uint64_t)st.st_size;
	if (!ret->held)
		return;
	if (stat_beside(s, "-shm", &st))
		ret->reader = find_reader(&st);
	if (ret->reader)
		program_of(ret->reader, ret->program, sizeof(ret->program));
}

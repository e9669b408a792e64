/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_wal.c - readers lock bytes of the -shm file, and /proc/locks
 * says whose locks they are. (Asking the -shm itself would mean to open and
 * close it, which gives up our own locks.)
 */
#include "runtime/store_wal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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

/* "1: POSIX  ADVISORY  READ 1234 fd:01:5678 124 124" */
static bool
is_reader(const char *line, const struct stat *shm, int *ret_pid)
{
	unsigned major, minor;
	unsigned long long inode, first, last;

	return sscanf(line, "%*d: POSIX ADVISORY READ %d %x:%x:%llu %llu %llu",
		      ret_pid, &major, &minor, &inode, &first, &last) == 6 &&
	       inode == shm->st_ino && major == major(shm->st_dev) &&
	       minor == minor(shm->st_dev) && last >= READ_LOCK_FIRST &&
	       first <= READ_LOCK_LAST && *ret_pid > 0 && *ret_pid != getpid();
}

static int
find_reader(const struct stat *shm)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256];
	int pid = 0, found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		if (is_reader(line, shm, &pid))
			found = pid;
	if (f)
		fclose(f);
	return found;
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

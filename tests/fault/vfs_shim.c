/* SPDX-License-Identifier: Apache-2.0
 * tests/fault/vfs_shim.c - see vfs_shim.h. For the power cut each write notes
 * what the sectors held before, until a sync makes them safe.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "tests/fault/vfs_shim.h"

#define SECTOR 512

/* Bytes of a file before a write that is not synced yet. */
struct undo {
	struct undo *older;
	char *path;
	sqlite3_int64 offset;
	int bytes;
	int old_bytes; /* the file ended there */
	char *old;
};

struct shim_file {
	sqlite3_file file; /* first */
	const char *path;
	sqlite3_file *real; /* behind this struct */
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	enum shim_fault fault;
	unsigned countdown;
	bool happened;
	struct undo *undo;
} shim;

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

/* ---- faults ---- */

/* The fault of this call, or SHIM_NONE. */
static enum shim_fault
shim_next(void)
{
	if (shim.fault == SHIM_NONE)
		return SHIM_NONE;
	if (shim.happened)
		return shim.fault == SHIM_DEAD ? SHIM_DEAD : SHIM_NONE;
	if (--shim.countdown > 0)
		return SHIM_NONE;
	shim.happened = true;
	return shim.fault;
}

void
shim_arm(enum shim_fault fault, unsigned nth)
{
	shim.fault = fault;
	shim.countdown = nth;
	shim.happened = false;
}

bool
shim_disarm(void)
{
	shim.fault = SHIM_NONE;
	return shim.happened;
}

/* ---- the power cut ---- */

static void
undo_free(struct undo *u)
{
	free(u->path);
	free(u->old);
	free(u);
}

static void
undo_note(sqlite3_file *f, sqlite3_int64 offset, int bytes)
{
	struct shim_file *s = (struct shim_file *)f;
	struct undo *u;
	sqlite3_int64 size = 0;

	if (!s->path)
		return;
	u = mem_zalloc(sizeof(*u));
	s->real->pMethods->xFileSize(s->real, &size);
	u->path = mem_strdup(s->path);
	u->offset = offset;
	u->bytes = bytes;
	u->old = mem_zalloc((size_t)bytes);
	if (size > offset)
		u->old_bytes = size - offset < bytes ? (int)(size - offset)
						     : bytes;
	s->real->pMethods->xRead(s->real, u->old, bytes, offset);
	u->older = shim.undo;
	shim.undo = u;
}

static void
undo_forget(const char *path)
{
	for (struct undo **at = &shim.undo; *at;) {
		struct undo *u = *at;

		if (path && strcmp(u->path, path) != 0) {
			at = &u->older;
			continue;
		}
		*at = u->older;
		undo_free(u);
	}
}

static void
undo_apply(const struct undo *u, uint64_t *seed)
{
	int fd = open(u->path, O_RDWR);

	if (fd < 0)
		return; /* deleted meanwhile */
	for (int at = 0; at < u->bytes; at += SECTOR) {
		int n = u->bytes - at < SECTOR ? u->bytes - at : SECTOR;

		*seed = hash_u64(*seed, 1);
		if (*seed & 1)
			continue;
		/* What lay beyond the end comes back as zeros. */
		CHECK(pwrite(fd, u->old + at, (size_t)n, u->offset + at) == n);
	}
	close(fd);
}

void
shim_power_cut(uint64_t seed)
{
	for (const struct undo *u = shim.undo; u; u = u->older)
		undo_apply(u, &seed);
	undo_forget(NULL);
}

/* ---- files ---- */

static int
shim_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
shim_read(sqlite3_file *f, void *data, int n, sqlite3_int64 offset)
{
	return real_of(f)->pMethods->xRead(real_of(f), data, n, offset);
}

static int
shim_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 offset)
{
	sqlite3_file *real = real_of(f);

	switch (shim_next()) {
	case SHIM_FULL:
		return SQLITE_FULL;
	case SHIM_IOERR:
	case SHIM_DEAD:
		return SQLITE_IOERR_WRITE;
	case SHIM_SHORT:
		undo_note(f, offset, n / 2);
		real->pMethods->xWrite(real, data, n / 2, offset);
		return SQLITE_IOERR_WRITE;
	case SHIM_NONE:
		break;
	}
	undo_note(f, offset, n);
	return real->pMethods->xWrite(real, data, n, offset);
}

static int
shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	enum shim_fault fault = shim_next();

	if (fault != SHIM_NONE)
		return fault == SHIM_FULL ? SQLITE_FULL
					  : SQLITE_IOERR_TRUNCATE;
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int
shim_sync(sqlite3_file *f, int flags)
{
	enum shim_fault fault = shim_next();

	if (fault == SHIM_FULL)
		return SQLITE_FULL;
	if (fault != SHIM_NONE)
		return SQLITE_IOERR_FSYNC;
	undo_forget(((struct shim_file *)f)->path);
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int
shim_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret);
}

static int
shim_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
shim_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
shim_reserved(sqlite3_file *f, int *ret)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}

static int
shim_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
shim_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
shim_device(sqlite3_file *f)
{
	/* Nothing that would let SQLite leave a sync out. */
	(void)f;
	return 0;
}

static int
shim_shm_map(sqlite3_file *f, int page, int bytes, int extend,
	     void volatile **ret)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, bytes, extend,
					     ret);
}

static int
shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void
shim_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
shim_shm_unmap(sqlite3_file *f, int remove_it)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove_it);
}

static const sqlite3_io_methods shim_methods = {
	.iVersion = 2,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_reserved,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector,
	.xDeviceCharacteristics = shim_device,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
};

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
	  int *ret_flags)
{
	struct shim_file *s = (struct shim_file *)f;
	int rc;

	(void)vfs;
	memset(s, 0, sizeof(*s));
	s->real = (sqlite3_file *)(s + 1);
	s->path = name;
	rc = shim.real->xOpen(shim.real, name, s->real, flags, ret_flags);
	if (s->real->pMethods)
		s->file.pMethods = &shim_methods;
	return rc;
}

static int
shim_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	undo_forget(name);
	return shim.real->xDelete(shim.real, name, sync);
}

void
shim_install(void)
{
	if (shim.real)
		return;
	shim.real = sqlite3_vfs_find(NULL);
	CHECK(shim.real);
	shim.vfs = *shim.real;
	shim.vfs.pNext = NULL;
	shim.vfs.zName = "shim";
	shim.vfs.szOsFile =
		(int)sizeof(struct shim_file) + shim.real->szOsFile;
	shim.vfs.xOpen = shim_open;
	shim.vfs.xDelete = shim_delete;
	CHECK(sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK);
}

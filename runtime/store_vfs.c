/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_vfs.c - sums are put where pages go into the file, never in
 * the log, whose frames are summed by SQLite before they come here. So pages
 * have zeros for a sum everywhere but in the file, and a page from the log
 * that another program puts there is told from a damaged one.
 */
#include "runtime/store_vfs.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "runtime/page_sum.h"

#define NO_FRAME UINT32_MAX

struct state_file {
	sqlite3_file file;       /* first: SQLite knows no more */
	sqlite3_file *real;      /* behind this struct */
	struct state_file *main; /* of a log: the file that it belongs to */

	/* of a file */
	bool summed;
	uint32_t read_page;         /* last read from the log, and ... */
	struct page_from read_from; /* ... from where */
	unsigned char *scratch;     /* a page with its sum */
	char fault[120];

	/* Of a log: SQLite writes frames of a transaction that is not
	 * committed yet again, and sums them up with its commit: from here on
	 * they cannot be checked. */
	uint32_t unsummed_from;
};

static sqlite3_vfs vfs, *base;
static const sqlite3_io_methods file_methods, log_methods;

static struct state_file *
state_file_of(sqlite3_file *f)
{
	return (struct state_file *)f;
}

static int
real_read(struct state_file *f, void *data, int n, sqlite3_int64 at)
{
	return f->real->pMethods->xRead(f->real, data, n, at);
}

static int
fault_page(struct state_file *f, uint32_t page)
{
	snprintf(f->fault, sizeof(f->fault),
		 "page %u does not match its checksum", page);
	return SQLITE_IOERR_DATA;
}

static int
fault_frame(struct state_file *log, uint32_t frame)
{
	snprintf(log->main->fault, sizeof(log->main->fault),
		 "frame %u of its -wal does not match its checksum", frame);
	return SQLITE_IOERR_DATA;
}

/* ---- the file ---- */

static bool
is_page(int n, sqlite3_int64 at)
{
	return n == PAGE_BYTES && at % PAGE_BYTES == 0;
}

static int
file_read(sqlite3_file *file, void *data, int n, sqlite3_int64 at)
{
	struct state_file *f = state_file_of(file);
	uint32_t number = (uint32_t)(at / PAGE_BYTES + 1);
	struct page_from from;
	int rc = real_read(f, data, n, at);

	if (rc != SQLITE_OK || !is_page(n, at))
		return rc;
	if (number == 1)
		f->summed = page_sum_used(data);
	if (!f->summed)
		return rc;
	if (page_sum_check(data, number, &from) == PAGE_SUM_BAD)
		return fault_page(f, number);
	page_sum_clear(data);
	return rc;
}

static int
file_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
	struct state_file *f = state_file_of(file);
	uint32_t number = (uint32_t)(at / PAGE_BYTES + 1);
	struct page_from from = { 0, 0 };

	if (is_page(n, at) && number == 1)
		f->summed = page_sum_used(data);
	if (is_page(n, at) && f->summed) {
		if (!f->scratch)
			f->scratch = mem_alloc(PAGE_BYTES);
		if (f->read_page == number)
			from = f->read_from;
		memcpy(f->scratch, data, PAGE_BYTES);
		page_sum_put(f->scratch, number, from);
		data = f->scratch;
	}
	f->read_page = 0;
	return f->real->pMethods->xWrite(f->real, data, n, at);
}

static int
file_close(sqlite3_file *file)
{
	struct state_file *f = state_file_of(file);

	free(f->scratch);
	f->scratch = NULL;
	return f->real->pMethods->xClose(f->real);
}

/* ---- the log ---- */

/* The number of the frame whose page lies there; 0: none. */
static uint32_t
frame_of(int n, sqlite3_int64 at)
{
	sqlite3_int64 into = at - LOG_HEADER_BYTES - LOG_FRAME_HEADER_BYTES;

	if (n != PAGE_BYTES || into < 0 || into % LOG_FRAME_BYTES != 0)
		return 0;
	return (uint32_t)(into / LOG_FRAME_BYTES + 1);
}

/* Does the frame follow the one before it, as both lie there? */
static bool
frame_is_good(struct state_file *log, uint32_t i, const void *page,
	      struct log_frame *ret)
{
	unsigned char head[LOG_HEADER_BYTES], h[LOG_FRAME_HEADER_BYTES];
	struct log_header header;
	struct log_sum before;

	if (real_read(log, head, sizeof(head), 0) != SQLITE_OK ||
	    !log_header_read(head, &header))
		return false;
	before = header.sum;
	if (i > 1) {
		if (real_read(log, h, sizeof(h), log_frame_at(i - 1)) !=
		    SQLITE_OK)
			return false;
		log_frame_read(h, ret);
		before = ret->sum;
	}
	if (real_read(log, h, sizeof(h), log_frame_at(i)) != SQLITE_OK)
		return false;
	log_frame_read(h, ret);
	return log_frame_follows(header.big_endian, before, h, page);
}

static int
log_read(sqlite3_file *file, void *data, int n, sqlite3_int64 at)
{
	struct state_file *log = state_file_of(file);
	uint32_t i = frame_of(n, at);
	struct log_frame frame;
	int rc = real_read(log, data, n, at);

	if (rc != SQLITE_OK || i == 0 || i >= log->unsummed_from)
		return rc;
	if (!frame_is_good(log, i, data, &frame))
		return fault_frame(log, i);
	if (frame.page == 1)
		log->main->summed = page_sum_used(data);
	/* SQLite folds a page into the file right after it read it. */
	log->main->read_page = frame.page;
	log->main->read_from = (struct page_from){ frame.salt[1], i };
	return rc;
}

static int
log_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
	struct state_file *log = state_file_of(file);
	uint32_t i = frame_of(n, at);

	if (i > 0 && i < log->unsummed_from)
		log->unsummed_from = i;
	return log->real->pMethods->xWrite(log->real, data, n, at);
}

static int
log_sync(sqlite3_file *file, int flags)
{
	struct state_file *log = state_file_of(file);

	log->unsummed_from = NO_FRAME;
	return log->real->pMethods->xSync(log->real, flags);
}

static int
log_close(sqlite3_file *file)
{
	struct state_file *log = state_file_of(file);

	return log->real->pMethods->xClose(log->real);
}

/* ---- what goes through ---- */

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return state_file_of(f)->real;
}

static int
through_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int
through_sync(sqlite3_file *f, int flags)
{
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int
through_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret);
}

static int
through_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
through_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
through_reserved(sqlite3_file *f, int *ret)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}

static int
through_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
through_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
through_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
through_shm_map(sqlite3_file *f, int page, int bytes, int extend,
		void volatile **ret)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, bytes, extend,
					     ret);
}

static int
through_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void
through_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
through_shm_unmap(sqlite3_file *f, int remove_it)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove_it);
}

/* Without xFetch(): pages are never mapped around file_read(). */
#define METHODS(close, read, write, sync)                                    \
	{                                                                    \
		.iVersion = 2, .xClose = (close), .xRead = (read),           \
		.xWrite = (write), .xTruncate = through_truncate,            \
		.xSync = (sync), .xFileSize = through_size,                  \
		.xLock = through_lock, .xUnlock = through_unlock,            \
		.xCheckReservedLock = through_reserved,                      \
		.xFileControl = through_control,                             \
		.xSectorSize = through_sector,                               \
		.xDeviceCharacteristics = through_device,                    \
		.xShmMap = through_shm_map, .xShmLock = through_shm_lock,    \
		.xShmBarrier = through_shm_barrier,                          \
		.xShmUnmap = through_shm_unmap,                              \
	}

static const sqlite3_io_methods file_methods =
	METHODS(file_close, file_read, file_write, through_sync);
static const sqlite3_io_methods log_methods =
	METHODS(log_close, log_read, log_write, log_sync);

/* ---- the layer ---- */

/* Its first page may come from the log: what the file itself says is read
 * here. */
static void
file_look(struct state_file *f)
{
	unsigned char *page = mem_alloc(PAGE_BYTES);

	if (real_read(f, page, PAGE_BYTES, 0) == SQLITE_OK)
		f->summed = page_sum_used(page);
	free(page);
}

static int
vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
	 int *ret_flags)
{
	struct state_file *f = state_file_of(file);
	bool log = flags & SQLITE_OPEN_WAL;
	int rc;

	(void)v;
	if (!log && !(flags & SQLITE_OPEN_MAIN_DB))
		return base->xOpen(base, name, file, flags, ret_flags);
	memset(f, 0, sizeof(*f));
	f->real = (sqlite3_file *)(f + 1);
	f->unsummed_from = NO_FRAME;
	rc = base->xOpen(base, name, f->real, flags, ret_flags);
	if (!f->real->pMethods)
		return rc;
	f->file.pMethods = log ? &log_methods : &file_methods;
	if (log) {
		f->main = state_file_of(sqlite3_database_file_object(name));
		CHECK(f->main->file.pMethods == &file_methods);
	} else if (rc == SQLITE_OK) {
		file_look(f);
	}
	return rc;
}

static void
vfs_register(void)
{
	base = sqlite3_vfs_find(NULL);
	CHECK(base);
	vfs = *base;
	vfs.pNext = NULL;
	vfs.zName = "sluice";
	vfs.szOsFile = (int)sizeof(struct state_file) + base->szOsFile;
	vfs.xOpen = vfs_open;
	CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

const char *
store_vfs_name(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, vfs_register);
	return vfs.zName;
}

const char *
store_vfs_fault(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (!file || file->pMethods != &file_methods)
		return "";
	return state_file_of(file)->fault;
}

/* ---- bytes as they are ---- */

struct store_raw {
	const char *name; /* as SQLite wants it */
	sqlite3_file *file;
	int errnum; /* of the first read that the disk refused */
};

int
store_raw_open(const char *path, struct store_raw **ret, struct error *err)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, rc;
	struct store_raw *r = mem_zalloc(sizeof(*r));

	store_vfs_name();
	r->name = sqlite3_create_filename(path, "", "", 0, NULL);
	r->file = mem_zalloc((size_t)base->szOsFile);
	rc = base->xOpen(base, r->name, r->file, flags, &flags);
	if (rc != SQLITE_OK) {
		store_raw_close(r);
		return error_set(err, ERR_STORE, "cannot open %s: %s", path,
				 sqlite3_errstr(rc));
	}
	*ret = r;
	return 0;
}

void
store_raw_close(struct store_raw *r)
{
	if (!r)
		return;
	if (r->file->pMethods)
		r->file->pMethods->xClose(r->file);
	sqlite3_free_filename((char *)r->name);
	free(r->file);
	free(r);
}

int64_t
store_raw_size(struct store_raw *r)
{
	sqlite3_int64 size = -1;

	if (r->file->pMethods->xFileSize(r->file, &size) != SQLITE_OK)
		return -1;
	return size;
}

bool
store_raw_read(struct store_raw *r, void *data, size_t n, int64_t at)
{
	int rc = r->file->pMethods->xRead(r->file, data, (int)n, at);

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ && !r->errnum)
		r->errnum = errno ? errno : EIO;
	return rc == SQLITE_OK;
}

int
store_raw_errno(const struct store_raw *r)
{
	return r->errnum;
}

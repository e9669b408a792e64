/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_scan.c - three things must hold: each page of the file matches
 * its sum, unless the log has it anyway; the log is cut at its last
 * transaction at the most, by a crash; and the file has nothing from a part of
 * the log that is gone.
 */
#include "runtime/store_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "runtime/page_sum.h"
#include "runtime/store_vfs.h"

#define TRIES 3 /* a writer beside us may be between two writes */
#define PAGES_AT_ONCE 16
#define PAGES_AT 28 /* of the file's header: how many pages it has */

struct scan {
	struct store_scan *ret;
	struct store_raw *file;
	int log;               /* -1: there is none */
	int errnum;            /* of a read of it that the disk refused */
	uint32_t pages;        /* whole ones in the file */
	uint32_t frames;       /* whole ones in the log */
	struct log_header header;
	uint32_t good;         /* frames that SQLite will believe */
	uint32_t pages_after;  /* of the file, by the last of them; 0: none */
	uint32_t *in_log;      /* by page, from 1: its last good frame */
	size_t in_log_n;
	unsigned char *data;   /* PAGES_AT_ONCE pages */
};

static bool
read_at(int fd, void *data, size_t n, int64_t at)
{
	return pread(fd, data, n, at) == (ssize_t)n;
}

static bool
log_read(struct scan *s, void *data, size_t n, int64_t at)
{
	ssize_t got = pread(s->log, data, n, at);

	if (got < 0)
		s->errnum = errno;
	return got == (ssize_t)n;
}

static int64_t
size_of(int fd)
{
	struct stat st;

	return fd < 0 || fstat(fd, &st) < 0 ? -1 : st.st_size;
}

static bool
read_page(struct scan *s, void *data, uint32_t n, uint32_t count)
{
	return store_raw_read(s->file, data, (size_t)count * PAGE_BYTES,
			      (int64_t)(n - 1) * PAGE_BYTES);
}

static bool
in_log(const struct scan *s, uint32_t page)
{
	return page < s->in_log_n && s->in_log[page] > 0;
}

/* ---- the log ---- */

static void
note_in_log(struct scan *s, uint32_t page, uint32_t frame)
{
	if (page >= s->in_log_n) {
		size_t n = (size_t)page + 1 + page / 2;

		s->in_log = mem_realloc(s->in_log, n * sizeof(*s->in_log));
		memset(&s->in_log[s->in_log_n], 0,
		       (n - s->in_log_n) * sizeof(*s->in_log));
		s->in_log_n = n;
	}
	s->in_log[page] = frame;
}

/* Frame i, when it follows one with that sum; and its own sum, as it says. */
static bool
frame_read(struct scan *s, uint32_t i, struct log_sum before,
	   struct log_frame *ret)
{
	if (!log_read(s, s->data, LOG_FRAME_BYTES, log_frame_at(i)))
		return false;
	log_frame_read(s->data, ret);
	return ret->page > 0 && ret->page <= s->pages + s->frames &&
	       ret->salt[0] == s->header.salt[0] &&
	       ret->salt[1] == s->header.salt[1] &&
	       log_frame_follows(s->header.big_endian, before, s->data,
				 s->data + LOG_FRAME_HEADER_BYTES);
}

/* The frames that SQLite will find: up to the last commit before the first
 * one that does not follow. */
static uint32_t
log_good(struct scan *s, uint32_t *ret_end)
{
	struct log_sum sum = s->header.sum;
	struct log_frame f;
	uint32_t i, good = 0;

	for (i = 1; i <= s->frames && frame_read(s, i, sum, &f); i++) {
		sum = f.sum;
		if (f.commit) {
			good = i;
			s->pages_after = f.commit;
		}
	}
	*ret_end = i;
	return good;
}

/* A crash may cut the log in its last transaction only: each is synced before
 * the next begins. So two commits in a row beyond the cut are damage. (Frames
 * that were left by an earlier crash have one at the most.) */
static bool
log_goes_on(struct scan *s, uint32_t end)
{
	unsigned commits = 0;

	for (uint32_t i = end + 1; i <= s->frames && commits < 2; i++) {
		unsigned char h[LOG_FRAME_HEADER_BYTES];
		struct log_frame before, f;

		if (!log_read(s, h, sizeof(h), log_frame_at(i - 1)))
			return false;
		log_frame_read(h, &before);
		if (!frame_read(s, i, before.sum, &f))
			commits = 0;
		else if (f.commit)
			commits++;
	}
	return commits == 2;
}

/* Notes what the log has; the pages themselves SQLite reads from there. */
static void
log_index(struct scan *s)
{
	struct log_frame f;
	unsigned char h[LOG_FRAME_HEADER_BYTES];

	for (uint32_t i = 1; i <= s->good; i++)
		if (log_read(s, h, sizeof(h), log_frame_at(i))) {
			log_frame_read(h, &f);
			note_in_log(s, f.page, i);
		}
}

/* Notes the frames of a log without a header, up to its last commit. */
static void
log_headless_index(struct scan *s, struct log_frame *ret_first)
{
	unsigned char h[LOG_FRAME_HEADER_BYTES];
	struct log_frame f;
	uint32_t last = 0;

	for (uint32_t i = 1; i <= s->frames; i++) {
		if (!log_read(s, h, sizeof(h), log_frame_at(i)))
			break;
		log_frame_read(h, &f);
		if (i == 1)
			*ret_first = f;
		if (f.page == 0 || f.page > s->pages + s->frames ||
		    f.salt[1] != ret_first->salt[1])
			break;
		if (f.commit)
			last = i;
	}
	for (uint32_t i = 1; i <= last; i++)
		if (log_read(s, h, sizeof(h), log_frame_at(i))) {
			log_frame_read(h, &f);
			note_in_log(s, f.page, i);
		}
}

/* The frames of a log whose header is gone: SQLite will believe none of them.
 * That is no harm where the file has them all: a new log was about to begin. */
static void
log_headless(struct scan *s)
{
	struct log_frame first = { 0 };
	struct page_from from;

	log_headless_index(s, &first);
	for (uint32_t n = 1; n < s->in_log_n && !*s->ret->fault; n++) {
		if (!in_log(s, n))
			continue;
		if (!read_page(s, s->data, n, 1) ||
		    page_sum_check(s->data, n, &from) != PAGE_SUM_GOOD ||
		    from.salt != first.salt[1] || from.frame != s->in_log[n])
			snprintf(s->ret->fault, sizeof(s->ret->fault),
				 "the header of its -wal is damaged, and page"
				 " %u is nowhere else", n);
	}
	if (s->in_log)
		memset(s->in_log, 0, s->in_log_n * sizeof(*s->in_log));
}

static void
scan_log(struct scan *s)
{
	unsigned char head[LOG_HEADER_BYTES];
	uint32_t end;

	if (s->log < 0 || !log_read(s, head, sizeof(head), 0))
		return;
	if (!log_header_read(head, &s->header)) {
		s->header.salt[1] = 0;
		log_headless(s);
		return;
	}
	s->good = log_good(s, &end);
	log_index(s);
	if (log_goes_on(s, end))
		snprintf(s->ret->fault, sizeof(s->ret->fault),
			 "its -wal is damaged in frame %u of %u", end,
			 s->frames);
}

/* ---- the file ---- */

static void
scan_page(struct scan *s, uint32_t n, const unsigned char *page)
{
	struct store_scan *r = s->ret;
	struct page_from from;
	enum page_sum sum = page_sum_check(page, n, &from);

	if (sum == PAGE_SUM_BAD) {
		/* A power cut while it was copied from there. */
		if (!in_log(s, n))
			snprintf(r->fault, sizeof(r->fault),
				 "page %u of %u does not match its checksum",
				 n, s->pages);
	} else if (sum == PAGE_SUM_NONE) {
		static const unsigned char never[64];

		r->unsummed += !in_log(s, n) &&
			       memcmp(page, never, sizeof(never)) != 0;
	} else if (s->good < from.frame && s->log >= 0 &&
		   s->header.salt[1] != 0 &&
		   from.salt == s->header.salt[1]) {
		snprintf(r->fault, sizeof(r->fault),
			 "its -wal ends with frame %u, but page %u is already"
			 " that of frame %u",
			 s->good, n, from.frame);
	}
}

/* Pages that the file should have, and has not, are in the log. */
static void
scan_missing(struct scan *s, const unsigned char *first)
{
	uint32_t n = s->pages_after;

	if (n == 0)
		n = (uint32_t)first[PAGES_AT] << 24 |
		    (uint32_t)first[PAGES_AT + 1] << 16 |
		    (uint32_t)first[PAGES_AT + 2] << 8 | first[PAGES_AT + 3];
	for (uint32_t page = s->pages + 1; page <= n && !*s->ret->fault; page++)
		if (!in_log(s, page))
			snprintf(s->ret->fault, sizeof(s->ret->fault),
				 "it is cut off: page %u of %u is missing",
				 page, n);
}

static void
scan_file(struct scan *s)
{
	unsigned char first[PAGE_BYTES];
	uint32_t n = 1;

	memset(first, 0, sizeof(first));
	while (n <= s->pages && !*s->ret->fault) {
		uint32_t some = s->pages - n + 1;

		some = some < PAGES_AT_ONCE ? some : PAGES_AT_ONCE;
		if (!read_page(s, s->data, n, some))
			break; /* cut off by a writer: the next try tells */
		if (n == 1)
			memcpy(first, s->data, sizeof(first));
		for (uint32_t i = 0; i < some && !*s->ret->fault; i++)
			scan_page(s, n + i, s->data + (size_t)i * PAGE_BYTES);
		n += some;
	}
	if (!*s->ret->fault)
		scan_missing(s, first);
}

/* ---- both ---- */

/* Returns the errno of a disk that could not be read: it damages nothing. */
static int
scan_once(struct store_raw *file, int log, struct store_scan *ret)
{
	struct scan s = { .ret = ret, .file = file, .log = log };
	int64_t size = store_raw_size(file), log_size = size_of(log);

	*ret = (struct store_scan){ 0 };
	s.data = mem_alloc((size_t)PAGES_AT_ONCE * PAGE_BYTES);
	s.pages = size < 0 ? 0 : (uint32_t)(size / PAGE_BYTES);
	if (log_size > LOG_HEADER_BYTES)
		s.frames = (uint32_t)((log_size - LOG_HEADER_BYTES) /
				      LOG_FRAME_BYTES);
	ret->pages = s.pages;
	if (read_page(&s, s.data, 1, 1)) {
		ret->fits = page_sum_fits(s.data);
		ret->summed = page_sum_used(s.data);
	}
	if (ret->summed) {
		scan_log(&s);
		if (!*ret->fault)
			scan_file(&s);
	}
	free(s.data);
	free(s.in_log);
	return s.errnum ? s.errnum : store_raw_errno(file);
}

int
store_scan(const char *path, struct store_scan *ret, struct error *err)
{
	struct store_raw *file;
	struct buf name;
	int log, errnum = 0;

	if (store_raw_open(path, &file, err) < 0)
		return -1;
	buf_init(&name);
	buf_printf(&name, "%s-wal", path);
	log = open(buf_cstr(&name), O_RDONLY | O_CLOEXEC);
	buf_release(&name);
	for (int i = 0; i < TRIES; i++) {
		errnum = scan_once(file, log, ret);
		if (errnum || !*ret->fault)
			break;
	}
	if (log >= 0)
		close(log);
	store_raw_close(file);
	if (!errnum)
		return 0;
	error_errno(err, ERR_STORE, errnum, "cannot read %s", path);
	error_note(err, "look for the disk's fault in the kernel's log (dmesg)");
	return -1;
}

/* ---- copies ---- */

/* 1: it got a sum, 0: it has one, -1: errno tells. */
static int
complete_page(int fd, uint32_t n, unsigned char *page)
{
	int64_t at = (int64_t)(n - 1) * PAGE_BYTES;
	struct page_from from;

	if (!read_at(fd, page, PAGE_BYTES, at))
		return -1;
	if (page_sum_check(page, n, &from) != PAGE_SUM_NONE)
		return 0;
	page_sum_put(page, n, from);
	return pwrite(fd, page, PAGE_BYTES, at) == PAGE_BYTES ? 1 : -1;
}

int
store_scan_complete(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = fd < 0 ? -1 : 0;
	uint32_t pages = rc < 0 ? 0 : (uint32_t)(size_of(fd) / PAGE_BYTES);
	unsigned char *page = mem_alloc(PAGE_BYTES);

	if (rc == 0 && read_at(fd, page, PAGE_BYTES, 0) &&
	    page_sum_used(page))
		for (uint32_t n = 1; n <= pages && rc >= 0; n++)
			rc = complete_page(fd, n, page);
	if (rc < 0)
		error_errno(err, errno == ENOSPC ? ERR_STORE_FULL : ERR_FILE,
			    errno, "cannot write %s", path);
	free(page);
	if (fd >= 0)
		close(fd);
	return rc < 0 ? -1 : 0;
}

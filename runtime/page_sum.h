/* SPDX-License-Identifier: Apache-2.0
 * runtime/page_sum.h - checksums of a state file's pages and of its log, as
 * plain functions of bytes. A page of the file ends in 16 bytes that SQLite
 * leaves to us (its reserved bytes); frames of the log (-wal) have SQLite's
 * own sums, which it checks after a crash only, and we at each read.
 *
 *	page     ... | "SLPG" | CRC-32C | salt of the log | frame of the log
 *
 * The CRC covers the page (but those fields of the first one's header that
 * SQLite's backup sets anew), its number, salt and frame. Sixteen zeros: no sum,
 * which is what pages have while SQLite holds them, in the log, and when
 * another program copied them from there.
 */
#ifndef RUNTIME_PAGE_SUM_H
#define RUNTIME_PAGE_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 16384 /* of every file that has sums */
#define PAGE_SUM_BYTES 16

/* The frame of the log that a page came from; 0, 0: from no log. */
struct page_from {
	uint32_t salt;
	uint32_t frame; /* from 1 */
};

enum page_sum { PAGE_SUM_GOOD, PAGE_SUM_NONE, PAGE_SUM_BAD };

/* Do pages of a file with this first page end in sums? The first 100 bytes
 * and the last 16 are looked at: either may be damaged. */
bool page_sum_used(const unsigned char page[PAGE_BYTES]);
/* Could they? */
bool page_sum_fits(const unsigned char page[PAGE_BYTES]);
/* *ret_from is set unless BAD. */
enum page_sum page_sum_check(const unsigned char page[PAGE_BYTES],
			     uint32_t number, struct page_from *ret_from);
void page_sum_put(unsigned char page[PAGE_BYTES], uint32_t number,
		  struct page_from from);
void page_sum_clear(unsigned char page[PAGE_BYTES]);

/* ---- the log: a header, then frames of a header and a page ---- */

#define LOG_HEADER_BYTES 32
#define LOG_FRAME_HEADER_BYTES 24
#define LOG_FRAME_BYTES (LOG_FRAME_HEADER_BYTES + PAGE_BYTES)

struct log_sum {
	uint32_t a, b;
};

struct log_header {
	bool big_endian; /* the words that are summed up */
	uint32_t salt[2];
	struct log_sum sum;
};

struct log_frame {
	uint32_t page;
	uint32_t commit; /* pages of the file after this commit; 0: none */
	uint32_t salt[2];
	struct log_sum sum; /* of this frame and all before it */
};

/* false: this is no header of a log of such pages. */
bool log_header_read(const unsigned char h[LOG_HEADER_BYTES],
		     struct log_header *ret);
void log_frame_read(const unsigned char h[LOG_FRAME_HEADER_BYTES],
		    struct log_frame *ret);
/* Does the frame follow one with the sum `before`? */
bool log_frame_follows(bool big_endian, struct log_sum before,
		       const unsigned char h[LOG_FRAME_HEADER_BYTES],
		       const unsigned char page[PAGE_BYTES]);

/* Where frame i (from 1) begins. */
static inline int64_t
log_frame_at(uint32_t i)
{
	return LOG_HEADER_BYTES + (int64_t)(i - 1) * LOG_FRAME_BYTES;
}

#endif

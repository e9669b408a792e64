/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_look.h - a look into a job's file while another thread, or
 * another process, writes it: read-only, by a connection of its own, as
 * sqlite3 -readonly would. What is seen is the last checkpoint.
 */
#ifndef RUNTIME_STORE_LOOK_H
#define RUNTIME_STORE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "runtime/store_scan.h"

struct store_look;

enum store_cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT,
		       CELL_BLOB };

struct store_cell {
	const char *name; /* of the column */
	enum store_cell_kind kind;
	int64_t i64;
	double f64;
	const char *text; /* of TEXT and BLOB; valid during the call */
	size_t n;
};

/* ERR_FILE: there is no such file; ERR_STORE_DAMAGED, ERR_STORE_VERSION as
 * store_open() says. The file is not checked as a whole. */
int store_look_open(const char *path, struct store_look **ret,
		    struct error *err);
/* The same for either kind of file that sluice writes. */
int store_look_open_any(const char *path, struct store_look **ret,
			struct error *err);
bool store_look_is_catalog(const struct store_look *l);
void store_look_close(struct store_look *l); /* NULL is allowed */

/* Runs one SELECT. fn is called for each row. */
typedef void store_look_fn(void *arg, unsigned n,
			   const struct store_cell *cells);
int store_look(struct store_look *l, const char *sql, store_look_fn *fn,
	       void *arg, struct error *err);

/* A whole copy of the file as of its last checkpoint, under its name only when
 * it is complete. NEW_JOB: it no longer says whose it was. Fails if `to` is
 * there (ERR_EXISTS). */
enum store_copy_flags { STORE_COPY_NEW_JOB = 1 };
int store_copy(const char *from, const char *to, unsigned flags,
	       struct error *err);

/* Whole: every page and the log match their checksums, and quick_check finds
 * nothing wrong. */
int store_look_check(struct store_look *l, struct store_scan *ret,
		     struct error *err);
#endif

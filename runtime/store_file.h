/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_file.h - an SQLite file under the rules of all state files:
 * made whole or not at all, checked before it is believed, written by one
 * connection, readable by anybody's sqlite3 meanwhile.
 */
#ifndef RUNTIME_STORE_FILE_H
#define RUNTIME_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct store_file;

/* One version to the next: DDL, then what SQL alone cannot do. Either may be
 * NULL. All missing steps are one transaction. */
struct store_step {
	const char *sql;
	int (*run)(struct store_file *f, struct error *err);
};

/* What a file is: how to know it, make it, and bring it up to date. */
struct store_kind {
	const char *what; /* "state file", for messages */
	int32_t application_id;
	int version; /* user_version; also the number of steps */
	const struct store_step *steps; /* steps[i] takes i to i + 1 */
};

struct store_file {
	const struct store_kind *kind;
	char *path; /* owned */
	sqlite3 *db;
	bool read_only;
	int version; /* as found: an older one stays so in read-only files */
	/* Set once the file is in doubt (an I/O error): every later write
	 * fails with it, since a second fsync may lie. */
	struct error doubt;
};

/* flags as in store.h. now_us names a damaged file's new place; TIME_NONE: it
 * stays where it is. On failure f is released. */
int store_file_open(struct store_file *f, const char *path,
		    const struct store_kind *kind, unsigned flags,
		    int64_t now_us, struct error *err);
/* All statements are finalized by then; a zeroed file is allowed. */
void store_file_close(struct store_file *f);
/* Deletes path with its -wal and -shm, and damaged ones that were moved away
 * from there; missing ones are no error. */
int store_file_remove(const char *path, struct error *err);
/* The -wal and -shm alone: of a file that is gone they would be taken for
 * those of the next one of that name. */
int store_file_remove_log(const char *path, struct error *err);

/* Gives a file that nobody has open, and that stands alone, its name: whole or
 * not at all. ERR_EXISTS: the name is taken. */
int store_file_publish(const char *from, const char *to, struct error *err);

/* Fills err from the connection's last error and returns -1. Errors that
 * leave nothing behind (disk full, locked by another program) are retriable;
 * all others put the file in doubt. */
int store_file_failed(struct store_file *f, const char *doing,
		      struct error *err);

/* Tells what to do about a damaged file that stays where it is, when that is
 * what err is, and nobody has told yet. Returns -1. */
int store_file_note_damage(struct error *err);

int store_exec(struct store_file *f, const char *sql, struct error *err);
/* Kept statements: compiled at first use. */
int store_prepare(struct store_file *f, const char *sql, sqlite3_stmt **ret,
		  struct error *err);
/* 1: a row, 0: done (and reset), -1: failed (and reset). */
int store_step(struct store_file *f, sqlite3_stmt *st, struct error *err);
/* Runs a statement that gives no rows; its bindings are cleared. */
int store_run(struct store_file *f, sqlite3_stmt *st, struct error *err);

int store_begin(struct store_file *f, struct error *err);
int store_end(struct store_file *f, struct error *err); /* COMMIT */
/* Takes back what was begun, if anything is left of it; cannot fail. */
void store_rollback(struct store_file *f);

/* NULL is bound as NULL; the text is copied by SQLite. */
void store_bind_text(sqlite3_stmt *st, int i, const char *text);
/* ISO 8601 UTC (microseconds outside of the years 0 to 9999); TIME_NONE is
 * NULL. */
void store_bind_time(sqlite3_stmt *st, int i, int64_t us);
/* The text of a column in arena a, or NULL. */
struct arena;
const char *store_column_text(sqlite3_stmt *st, int i, struct arena *a);
/* Text as store_bind_time() wrote it; TIME_NONE: NULL or no time. */
int64_t store_column_time(sqlite3_stmt *st, int i);

/* A name or a text as SQL writes it, quotes doubled. */
void sql_name(struct buf *b, const char *name);
void sql_text(struct buf *b, const char *text);

#endif

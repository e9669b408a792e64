/* SPDX-License-Identifier: Apache-2.0
 * runtime/store.h - a job's SQLite file: its public schema (contract.md
 * section 3), checkpoints, recovery. Calls may block for as long as the disk
 * does; one thread at a time (the job's thread until store_attach() is done,
 * then the job's store thread).
 */
#ifndef RUNTIME_STORE_H
#define RUNTIME_STORE_H

#include "base/error.h"
#include "runtime/pipeline.h"
#include "runtime/snapshot.h"

#define STORE_APPLICATION_ID 0x534C4943 /* "SLIC" */
#define STORE_SCHEMA_VERSION 4

struct store;

enum store_flags {
	STORE_CREATE = 1,    /* make the file when it is not there, unless it
			      * is gone because it was damaged */
	STORE_READ_ONLY = 2,
	STORE_UNCHECKED = 4, /* no quick_check, which reads the whole file */
	STORE_ANEW = 8,      /* with CREATE: even if it was damaged */
};

/* Opens and checks the file: application id, schema version (newer: refused
 * with ERR_STORE_VERSION, older: migrated), quick_check. A damaged file is
 * renamed to <path>.corrupt-<now> and ERR_STORE_DAMAGED tells the choices. */
int store_open(const char *path, unsigned flags, int64_t now_us,
	       struct store **ret, struct error *err);
/* Runs a last WAL checkpoint; keeps the -wal and -shm files so that
 * read-only users can still open it. NULL is allowed. */
void store_close(struct store *s);
/* DROP JOB: the file and its -wal and -shm, which nobody has open, and
 * damaged ones that were moved away from there. */
int store_remove(const char *path, struct error *err);
/* Settings [limits] errors-rows and errors-bytes: rows of the table errors
 * beyond them are only counted (100 000 rows, 256 MiB until told). */
void store_limit_errors(struct store *s, uint64_t rows_max,
			uint64_t bytes_max);
/* [limits] late-rows: so many of the newest stay in late_rows (1000 until
 * told). */
void store_limit_late(struct store *s, uint64_t rows_max);

/* The row of table job. */
struct store_job {
	const char *name, *uuid, *state, *error, *sql, *plan, *settings;
	const char *sluice_version;
	int64_t created_at_us;
	unsigned slots;
};
int store_put_job(struct store *s, const struct store_job *job,
		  struct error *err);
int store_get_job(struct store *s, struct arena *a, struct store_job *ret,
		  struct error *err); /* 1: there is one, 0: none, -1 */
int store_set_state(struct store *s, const char *state, const char *error,
		    struct error *err);

/* Of a job that has ended: what it gave out behind its last checkpoint counts,
 * too, though its state is not kept (decision 0004). */
int store_put_totals(struct store *s, const struct pipeline_totals *t,
		     struct error *err);

/* Finds each stateful operator's row in `operators` by its meaning (a new one
 * gets the next number of its kind), makes missing tables and views, and
 * sends stored rows back through op_type.restore(). Ambiguous or changed:
 * ERR_PLAN_CHANGED. *ret_epoch: the last committed checkpoint, 0: none.
 * Totals of rows in and out go on from there. */
int store_attach(struct store *s, struct pipeline *p, uint64_t *ret_epoch,
		 struct error *err);

/* ALTER JOB ... RESET OFFSETS: what stands in the file of a job that does not
 * run becomes what it would be had its sources been read up to other places.
 * Totals, checkpoints, quarantined rows and output that waits stay. */
struct store_reset_scan {
	const struct op *scan;
	/* Where its partitions go; savepoint: not looked at. */
	const struct seek_part *parts;
	unsigned nparts;
};
struct store_reset {
	const struct store_reset_scan *scans; /* others stay where they are */
	unsigned nscans;
	/* State of operators above these scans goes, and their watermarks; or
	 * all of it stays. */
	bool keep_state;
	/* A copy (STORE_COPY_NEW_JOB) of a savepoint, or NULL. Offsets are as
	 * it has them; and without keep_state all state and watermarks. */
	const char *savepoint;
	const char *state; /* of table job */
};
struct store_moved {
	const char *source, *topic;
	int32_t partition;
	int64_t from, to; /* -1: nowhere */
};
struct store_reset_done { /* in the arena that store_reset() is given */
	unsigned nmoved;
	struct store_moved *moved;
	uint64_t rows_before, rows; /* of state */
	unsigned ncleared;          /* operators whose state went */
	int64_t wm_us; /* the lowest watermark that stays, TIME_NONE: none */
};
/* On a file that is open and a pipeline that was created and nothing more;
 * both are only closed after that. One transaction: after -1 nothing has
 * changed, unless the file is in doubt. ERR_SHARED_STATE: an operator whose
 * state would go reads a scan that stays where it is. */
int store_reset(struct store *s, struct pipeline *p,
		const struct store_reset *r, struct arena *a,
		struct store_reset_done *ret, struct error *err);

/* One transaction: dirty state, offsets, watermarks, errors, checkpoints row.
 * err->retriable (ERR_STORE_FULL; ERR_STORE when another program has the file
 * locked): nothing happened, the same call again later is right. Any other
 * error: the file is in doubt, stop the job; every later call fails too. */
int store_commit(struct store *s, struct snapshot *snap, struct error *err);
/* PASSIVE; between commits when nothing else is to do. store_commit() does it
 * by itself once the WAL has grown to 16 MiB. */
int store_wal_checkpoint(struct store *s, struct error *err);

/* How far the job had come at its last checkpoint, from a file that nobody
 * has open; id 0: it had none. */
struct store_totals {
	uint64_t checkpoint;
	int64_t taken_at_us;
	uint64_t rows_in, rows_out, rows_late;
	/* Ever quarantined, kept in the table errors, and past its caps. */
	uint64_t errors, errors_kept, errors_lost;
	int64_t wm_us; /* TIME_NONE: none */
};
int store_get_totals(const char *path, struct store_totals *ret,
		     struct error *err);

/* ---- catalog.db ---- */
struct store_catalog;
enum catalog_kind { CATALOG_TABLE, CATALOG_VIEW, CATALOG_JOB,
		    CATALOG_FUNCTION };
int store_catalog_open(const char *path, struct store_catalog **ret,
		       struct error *err);
void store_catalog_close(struct store_catalog *c); /* NULL is allowed */
struct catalog_entry {
	enum catalog_kind kind;
	const char *name, *sql;
	/* Of jobs: NULL and TIME_NONE for tables and views. */
	const char *state;
	int64_t created_us, since_us; /* since: of the state */
	/* Why it is FAILED, else NULL: error_name(), message, note. */
	const char *error_code, *error, *note;
};
/* Inserts or replaces (keeping its place in the order). A job's name is taken
 * whatever its case: ERR_EXISTS. */
int store_catalog_put(struct store_catalog *c, const struct catalog_entry *e,
		      struct error *err);
int store_catalog_drop(struct store_catalog *c, enum catalog_kind kind,
		       const char *name, struct error *err);
/* What is put and dropped until release() becomes true together or, unless it
 * is to be kept, not at all; so it is after -1. */
int store_catalog_hold(struct store_catalog *c, struct error *err);
int store_catalog_release(struct store_catalog *c, bool keep,
			  struct error *err);
bool store_catalog_held(const struct store_catalog *c);
/* Keeps what is held back, if anything is: a job is about to run. */
int store_catalog_settle(struct store_catalog *c, struct error *err);
/* In order of creation. */
int store_catalog_each(struct store_catalog *c,
		       int (*fn)(const struct catalog_entry *e, void *arg,
				 struct error *err),
		       void *arg, struct error *err);

#endif

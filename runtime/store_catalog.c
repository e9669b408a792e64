/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_catalog.c - catalog.db: what users have created, as SQL text,
 * in the order in which it can be created again.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/store.h"
#include "runtime/store_impl.h"

#define CATALOG_APPLICATION_ID 0x534C4354 /* "SLCT" */

static const char version_1[] =
	"CREATE TABLE objects("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" kind TEXT NOT NULL CHECK(kind IN ('table', 'view', 'job')),"
	" name TEXT NOT NULL, sql TEXT NOT NULL, state TEXT,"
	" created_at TEXT, since TEXT, error_code TEXT, error TEXT,"
	" note TEXT, UNIQUE(kind, name));"
	/* A job's name is the name of a file. */
	"CREATE UNIQUE INDEX job_names ON objects(name COLLATE NOCASE)"
	" WHERE kind = 'job';"
	"CREATE VIEW tables AS SELECT name, sql FROM objects"
	" WHERE kind = 'table';"
	"CREATE VIEW views AS SELECT name, sql FROM objects"
	" WHERE kind = 'view';"
	"CREATE VIEW jobs AS SELECT name, state, since, created_at,"
	" error_code, error, note, sql FROM objects WHERE kind = 'job';";

/* Functions. SQLite changes no CHECK: the table is made anew under the views,
 * which are made anew as well. */
static const char version_2[] =
	"DROP VIEW jobs; DROP VIEW views; DROP VIEW tables;"
	"DROP INDEX job_names;"
	"ALTER TABLE objects RENAME TO objects_1;"
	"CREATE TABLE objects("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" kind TEXT NOT NULL"
	" CHECK(kind IN ('table', 'view', 'job', 'function')),"
	" name TEXT NOT NULL, sql TEXT NOT NULL, state TEXT,"
	" created_at TEXT, since TEXT, error_code TEXT, error TEXT,"
	" note TEXT, UNIQUE(kind, name));"
	"INSERT INTO objects SELECT * FROM objects_1;"
	"DROP TABLE objects_1;"
	"CREATE UNIQUE INDEX job_names ON objects(name COLLATE NOCASE)"
	" WHERE kind = 'job';"
	"CREATE VIEW tables AS SELECT name, sql FROM objects"
	" WHERE kind = 'table';"
	"CREATE VIEW views AS SELECT name, sql FROM objects"
	" WHERE kind = 'view';"
	"CREATE VIEW functions AS SELECT name, sql FROM objects"
	" WHERE kind = 'function';"
	"CREATE VIEW jobs AS SELECT name, state, since, created_at,"
	" error_code, error, note, sql FROM objects WHERE kind = 'job';";

static const struct store_step steps[] = { { .sql = version_1 },
						   { .sql = version_2 } };

const struct store_kind store_catalog_kind = {
	.what = "catalog",
	.application_id = CATALOG_APPLICATION_ID,
	.version = ARRAY_LEN(steps),
	.steps = steps,
};

static const char *const kind_text[] = { "table", "view", "job",
					 "function" };

struct store_catalog {
	struct store_file file;
	sqlite3_stmt *put, *drop;
	bool held; /* between hold() and release() */
};

int
store_catalog_open(const char *path, struct store_catalog **ret,
		   struct error *err)
{
	struct store_catalog *c = mem_zalloc(sizeof(*c));

	/* A damaged catalog stays where it is: only its owner can say what
	 * was in it. */
	if (store_file_open(&c->file, path, &store_catalog_kind, STORE_CREATE,
			    TIME_NONE, err) < 0 ||
	    store_exec(&c->file, "PRAGMA wal_autocheckpoint = 64", err) < 0 ||
	    store_prepare(&c->file,
			  "INSERT INTO objects(kind, name, sql, state,"
			  " error_code, error, note, created_at, since)"
			  " VALUES(?,?,?,?,?,?,?,?,?)"
			  " ON CONFLICT(kind, name) DO UPDATE SET"
			  " sql = excluded.sql, state = excluded.state,"
			  " error_code = excluded.error_code,"
			  " error = excluded.error, note = excluded.note,"
			  " created_at = excluded.created_at,"
			  " since = excluded.since",
			  &c->put, err) < 0 ||
	    store_prepare(&c->file,
			  "DELETE FROM objects WHERE kind = ? AND name = ?",
			  &c->drop, err) < 0) {
		store_catalog_close(c);
		return -1;
	}
	*ret = c;
	return 0;
}

void
store_catalog_close(struct store_catalog *c)
{
	if (!c)
		return;
	sqlite3_finalize(c->put);
	sqlite3_finalize(c->drop);
	store_file_close(&c->file);
	free(c);
}

/* ---- transactions ---- */

int
store_catalog_hold(struct store_catalog *c, struct error *err)
{
	CHECK(!c->held);
	if (store_begin(&c->file, err) < 0)
		return -1;
	c->held = true;
	return 0;
}

int
store_catalog_release(struct store_catalog *c, bool keep, struct error *err)
{
	CHECK(c->held);
	c->held = false;
	if (keep && store_end(&c->file, err) == 0)
		return 0;
	store_rollback(&c->file);
	return keep ? -1 : 0;
}

bool
store_catalog_held(const struct store_catalog *c)
{
	return c->held;
}

int
store_catalog_settle(struct store_catalog *c, struct error *err)
{
	return c->held ? store_catalog_release(c, true, err) : 0;
}

static int
begin(struct store_catalog *c, struct error *err)
{
	return c->held ? 0 : store_begin(&c->file, err);
}

static int
end(struct store_catalog *c, struct error *err)
{
	return c->held ? 0 : store_end(&c->file, err);
}

/* What was begun by somebody else is for them to take back. */
static void
rollback(struct store_catalog *c)
{
	if (!c->held)
		store_rollback(&c->file);
}

/* ---- entries ---- */

/* Another job has the name in other letters: no fault of the file's. */
static bool
job_name_taken(struct store_catalog *c, const char *name)
{
	sqlite3_stmt *st = NULL;
	bool taken = false;

	if (store_prepare(&c->file,
			  "SELECT 1 FROM objects WHERE kind = 'job' AND"
			  " name = ?1 COLLATE NOCASE AND name <> ?1",
			  &st, NULL) == 0) {
		store_bind_text(st, 1, name);
		taken = store_step(&c->file, st, NULL) == 1;
	}
	sqlite3_finalize(st);
	return taken;
}

int
store_catalog_put(struct store_catalog *c, const struct catalog_entry *e,
		  struct error *err)
{
	const char *texts[] = { kind_text[e->kind], e->name, e->sql, e->state,
				e->error_code, e->error, e->note };
	int n = (int)ARRAY_LEN(texts);

	if (e->kind == CATALOG_JOB && job_name_taken(c, e->name))
		return error_set(err, ERR_EXISTS,
				 "a job of the name '%s' in other letters"
				 " exists already",
				 e->name);
	if (begin(c, err) < 0)
		return -1;
	for (int i = 0; i < n; i++)
		store_bind_text(c->put, i + 1, texts[i]);
	store_bind_time(c->put, n + 1, e->created_us);
	store_bind_time(c->put, n + 2, e->since_us);
	if (store_run(&c->file, c->put, err) < 0 ||
	    end(c, err) < 0) {
		rollback(c);
		return -1;
	}
	return 0;
}

int
store_catalog_drop(struct store_catalog *c, enum catalog_kind kind,
		   const char *name, struct error *err)
{
	if (begin(c, err) < 0)
		return -1;
	store_bind_text(c->drop, 1, kind_text[kind]);
	store_bind_text(c->drop, 2, name);
	if (store_run(&c->file, c->drop, err) < 0 ||
	    end(c, err) < 0) {
		rollback(c);
		return -1;
	}
	return 0;
}

static enum catalog_kind
kind_of(const char *text)
{
	for (unsigned i = 0; i < ARRAY_LEN(kind_text); i++)
		if (text && strcmp(text, kind_text[i]) == 0)
			return (enum catalog_kind)i;
	CHECK(!"a CHECK constraint of the table");
	return CATALOG_TABLE;
}

static void
read_entry(sqlite3_stmt *st, struct arena *a, struct catalog_entry *ret)
{
	ret->kind = kind_of((const char *)sqlite3_column_text(st, 0));
	ret->name = store_column_text(st, 1, a);
	ret->sql = store_column_text(st, 2, a);
	ret->state = store_column_text(st, 3, a);
	ret->error_code = store_column_text(st, 4, a);
	ret->error = store_column_text(st, 5, a);
	ret->note = store_column_text(st, 6, a);
	ret->created_us = store_column_time(st, 7);
	ret->since_us = store_column_time(st, 8);
}

int
store_catalog_each(struct store_catalog *c,
		   int (*fn)(const struct catalog_entry *e, void *arg,
			     struct error *err),
		   void *arg, struct error *err)
{
	sqlite3_stmt *st = NULL;
	struct arena a;
	int rc;

	/* Copied first, so that fn may change the catalog. */
	struct row {
		struct row *next;
		struct catalog_entry entry;
	} *rows = NULL, **tail = &rows;

	arena_init(&a);
	rc = store_prepare(&c->file,
			   "SELECT kind, name, sql, state, error_code, error,"
			   " note, created_at, since FROM objects ORDER BY id",
			   &st, err);
	while (rc == 0 && (rc = store_step(&c->file, st, err)) == 1) {
		struct row *r = arena_new(&a, struct row);

		read_entry(st, &a, &r->entry);
		*tail = r;
		tail = &r->next;
		rc = 0;
	}
	sqlite3_finalize(st);
	for (struct row *r = rows; r && rc == 0; r = r->next)
		rc = fn(&r->entry, arg, err);
	arena_release(&a);
	return rc;
}

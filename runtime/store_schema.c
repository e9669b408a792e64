/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_schema.c - the bookkeeping tables of a job's file: a public
 * contract (docs/manual/state-schema.md), so an old step never changes; a new schema
 * version is one more step.
 */
#include "base/check.h"
#include "runtime/store.h"
#include "runtime/store_impl.h"

static const char version_1[] =
	"CREATE TABLE job("
	" name TEXT PRIMARY KEY, uuid TEXT, state TEXT, error TEXT, sql TEXT,"
	" plan TEXT, settings TEXT, slots INTEGER, created_at TEXT,"
	" sluice_version TEXT, acked_checkpoint INTEGER);"

	"CREATE TABLE offsets("
	" source TEXT NOT NULL, topic TEXT NOT NULL,"
	" \"partition\" INTEGER NOT NULL, next_offset INTEGER,"
	" end_offset INTEGER, record_time TEXT, record_crc INTEGER,"
	" PRIMARY KEY(source, topic, \"partition\")) WITHOUT ROWID;"

	"CREATE TABLE checkpoints("
	" id INTEGER PRIMARY KEY, random_id TEXT, taken_at TEXT,"
	" duration_ms REAL, stop_ms REAL, rows_in INTEGER, rows_out INTEGER,"
	" state_rows INTEGER, bytes INTEGER, rows_late INTEGER,"
	" clock_moves INTEGER);"

	"CREATE TABLE outbox("
	" checkpoint INTEGER NOT NULL, seq INTEGER NOT NULL, sink TEXT,"
	" topic TEXT, \"partition\" INTEGER, timestamp INTEGER, key BLOB,"
	" value BLOB, headers TEXT,"
	" PRIMARY KEY(checkpoint, seq)) WITHOUT ROWID;"

	"CREATE TABLE errors("
	" id INTEGER PRIMARY KEY, at TEXT, source TEXT, topic TEXT,"
	" \"partition\" INTEGER, \"offset\" INTEGER, record_time TEXT,"
	" operator TEXT, expression TEXT, code TEXT, column_name TEXT,"
	" message TEXT, raw BLOB, \"row\" TEXT, weight INTEGER);"

	"CREATE TABLE late_rows("
	" at TEXT, operator TEXT, event_time TEXT, watermark TEXT,"
	" \"row\" TEXT);"

	"CREATE TABLE watermarks("
	" source TEXT NOT NULL, topic TEXT NOT NULL,"
	" \"partition\" INTEGER NOT NULL, watermark TEXT, idle_since TEXT,"
	" PRIMARY KEY(source, topic, \"partition\")) WITHOUT ROWID;"

	"CREATE TABLE operators("
	" name TEXT PRIMARY KEY, kind TEXT, inputs TEXT, keys TEXT,"
	" \"window\" TEXT, predicate TEXT, sink TEXT, columns TEXT,"
	" tables TEXT, state_rows INTEGER, state_bytes INTEGER,"
	" state_version INTEGER);"

	/* Operators that are gone keep their row, for its number, without
	 * columns. */
	"CREATE VIEW v_state AS"
	" SELECT name AS operator, state_rows AS rows, state_bytes AS bytes"
	" FROM operators WHERE columns IS NOT NULL;"

	"CREATE VIEW v_lag AS"
	" SELECT source, topic, \"partition\", next_offset, end_offset,"
	" max(end_offset - next_offset, 0) AS lag, record_time"
	" FROM offsets;"

	/* holds: the partition that keeps its table's watermark where it is. */
	"CREATE VIEW v_watermarks AS"
	" SELECT w.source, w.topic, w.\"partition\", w.watermark,"
	" w.idle_since, w.\"partition\" >= 0 AND w.idle_since IS NULL AND"
	"  coalesce(w.watermark, '') = (SELECT min(coalesce(m.watermark, ''))"
	"   FROM watermarks m WHERE m.source = w.source AND"
	"   m.\"partition\" >= 0 AND m.idle_since IS NULL) AS holds"
	" FROM watermarks w;";

/* What it takes to send a quarantined row through the query again, and how
 * many there have been. */
static const char version_2[] =
	"ALTER TABLE errors ADD COLUMN key BLOB;"
	"ALTER TABLE errors ADD COLUMN headers BLOB;"
	"ALTER TABLE errors ADD COLUMN replay TEXT;"
	"ALTER TABLE errors ADD COLUMN place TEXT;"
	"ALTER TABLE errors ADD COLUMN replayed_at TEXT;"
	"ALTER TABLE checkpoints ADD COLUMN rows_bad INTEGER;"
	"ALTER TABLE checkpoints ADD COLUMN rows_bad_lost INTEGER;";

/* ---- version 3: GROUP BY notes when a group was last written ---- */

/* The next table of groups without _touched, and where operators.columns has
 * it: 1, or 0: all have it. */
static int
next_untouched(struct store_file *f, struct buf *ret_name,
	       struct buf *ret_table, int *ret_at, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(
		f,
		"SELECT o.name, json_extract(t.value, '$.table'), t.key"
		" FROM operators o, json_each(o.columns) t"
		" WHERE o.kind = 'group_aggregate'"
		" AND json_extract(t.value, '$.means') = '_groups'"
		" AND NOT EXISTS(SELECT 1 FROM json_each(t.value, '$.columns') c"
		"  WHERE json_extract(c.value, '$.means') = '_touched') LIMIT 1",
		&st, err);

	if (rc == 0 && (rc = store_step(f, st, err)) == 1) {
		buf_clear(ret_name);
		buf_puts(ret_name, (const char *)sqlite3_column_text(st, 0));
		buf_clear(ret_table);
		buf_puts(ret_table, (const char *)sqlite3_column_text(st, 1));
		*ret_at = sqlite3_column_int(st, 2);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Never written as far as a time to live is concerned: it begins now. */
static int
add_touched_to(struct store_file *f, const char *name, const char *table,
	       int at, struct error *err)
{
	struct buf sql;
	int rc;

	buf_init(&sql);
	buf_puts(&sql, "ALTER TABLE ");
	sql_name(&sql, table);
	buf_puts(&sql, " ADD COLUMN \"_touched\" INTEGER; UPDATE ");
	sql_name(&sql, table);
	buf_printf(&sql,
		   " SET \"_touched\" = 0; UPDATE operators SET columns ="
		   " json_insert(columns, '$[%d].columns[#]',"
		   " json('{\"stored\":\"_touched\",\"means\":\"_touched\","
		   "\"type\":\"BIGINT\"}')) WHERE name = ",
		   at);
	sql_text(&sql, name);
	rc = store_exec(f, buf_cstr(&sql), err);
	buf_release(&sql);
	return rc;
}

/* Files of version 1 and 2 may have it already: it came between. */
static int
add_touched(struct store_file *f, struct error *err)
{
	struct buf name, table;
	int at = 0, rc;

	buf_init(&name);
	buf_init(&table);
	while ((rc = next_untouched(f, &name, &table, &at, err)) == 1)
		if (add_touched_to(f, buf_cstr(&name), buf_cstr(&table), at,
				   err) < 0) {
			rc = -1;
			break;
		}
	buf_release(&name);
	buf_release(&table);
	return rc;
}

/* ---- version 4: a partition that never had a row holds time back ---- */

static const char version_4[] =
	"DROP VIEW v_watermarks;"
	"CREATE VIEW v_watermarks AS"
	" WITH parts AS (SELECT source, topic, \"partition\", watermark,"
	"  idle_since FROM watermarks UNION ALL"
	"  SELECT source, topic, \"partition\", NULL, NULL FROM offsets o"
	"  WHERE source IN (SELECT source FROM watermarks) AND NOT EXISTS("
	"   SELECT 1 FROM watermarks w WHERE w.source = o.source AND"
	"   w.topic = o.topic AND w.\"partition\" = o.\"partition\"))"
	/* holds: the partition that keeps its table's watermark where it is. */
	" SELECT w.source, w.topic, w.\"partition\", w.watermark,"
	" w.idle_since, w.\"partition\" >= 0 AND w.idle_since IS NULL AND"
	"  coalesce(w.watermark, '') = (SELECT min(coalesce(m.watermark, ''))"
	"   FROM parts m WHERE m.source = w.source AND"
	"   m.\"partition\" >= 0 AND m.idle_since IS NULL) AS holds"
	" FROM parts w;";

static const struct store_step steps[] = { { .sql = version_1 },
						   { .sql = version_2 },
						   { .run = add_touched },
						   { .sql = version_4 } };

const struct store_kind store_job_kind = {
	.what = "state file",
	.application_id = STORE_APPLICATION_ID,
	.version = STORE_SCHEMA_VERSION,
	.steps = steps,
};

_Static_assert(ARRAY_LEN(steps) == STORE_SCHEMA_VERSION,
	       "one step for each schema version");

/* SPDX-License-Identifier: Apache-2.0
 * tests/property/test_changelog.c - a table that is inserted into, updated and
 * deleted from at random, once in SQLite and once as the changes that sluice
 * reads of it: upsert-kafka, Debezium, Debezium that repeats itself. A query
 * over the changes, with crashes, must end with what SQLite says of the table.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define IDS 12
#define CHANGES_MAX 200

enum told_as { UPSERT, UPSERT_WITHOUT_KEY, DEBEZIUM, DEBEZIUM_REPEATED,
	      SOURCES };

static const char *const options_of[SOURCES] = {
	[UPSERT] = "'connector' = 'upsert-kafka', 'key.format' = 'json',"
		   " 'value.format' = 'json'",
	[UPSERT_WITHOUT_KEY] = "'connector' = 'upsert-kafka',"
			       " 'key.format' = 'raw', 'value.format' = 'csv',"
			       " 'value.fields-include' = 'EXCEPT_KEY',"
			       " 'value.csv.null-literal' = ''",
	[DEBEZIUM] = "'connector' = 'kafka', 'format' = 'debezium-json'",
	[DEBEZIUM_REPEATED] = "'connector' = 'kafka',"
			      " 'format' = 'debezium-json'",
};

/* $ is a number from 0 to 9. */
static const char *const queries[] = {
	"SELECT id, v + 1 AS w, k FROM t WHERE v > $",
	"SELECT k, COUNT(*) AS n, COUNT(v) AS m, SUM(v) AS total,"
	" MIN(v) AS low, MAX(v) AS high FROM t GROUP BY k",
	"SELECT COUNT(*) AS n, SUM(v) AS total, COUNT(DISTINCT k) AS keys"
	" FROM t WHERE v > $ HAVING COUNT(*) > 0",
	"SELECT n, COUNT(*) AS m, SUM(total) AS total FROM (SELECT k,"
	" COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY k) AS g GROUP BY n",
	"SELECT k, COUNT(DISTINCT v) AS n, SUM(v) FILTER (WHERE v > $) AS big,"
	" COUNT(*) FILTER (WHERE v < $) AS small FROM t GROUP BY k"
	" HAVING SUM(v) > $",
	"SELECT k, SUM(v) AS total, COUNT(*) AS n FROM (SELECT k, v FROM t"
	" WHERE v > $ UNION ALL SELECT k, v FROM t WHERE v < $ OR v IS NULL)"
	" AS u GROUP BY k",
	"SELECT MAX(high) AS high, MIN(n) AS n FROM (SELECT k, MAX(v) AS high,"
	" COUNT(*) AS n FROM t GROUP BY k) AS g HAVING COUNT(*) > 0",
	"SELECT DISTINCT k, v FROM t WHERE v <> $",
};

struct dice {
	uint64_t seed, n;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
	return (unsigned)(hash_u64(d->n++, d->seed) % sides);
}

struct row {
	bool exists;
	char k[8]; /* "": NULL */
	int v;     /* -1: NULL */
	unsigned at; /* number of the change that made it so */
};

struct table {
	struct row rows[IDS];
	enum told_as source;
	struct rig *rig;
	sqlite3 *db;
	struct dice *d;
	unsigned nchanges;
	unsigned nsaid;
	char *said[2 * CHANGES_MAX]; /* Debezium's events so far */
};

/* ---- SQLite ---- */

static void
lite_row(struct table *t, unsigned id)
{
	const struct row *row = &t->rows[id];
	char *sql = sqlite3_mprintf("DELETE FROM t WHERE id = %u", id);

	CHECK(sqlite3_exec(t->db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_free(sql);
	if (!row->exists)
		return;
	sql = sqlite3_mprintf("INSERT INTO t VALUES (%u, %Q, nullif(%d, -1))",
			      id, *row->k ? row->k : NULL, row->v);
	CHECK(sqlite3_exec(t->db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_free(sql);
}

static char *
lite_answer(struct table *t, const char *query)
{
	struct buf lines;
	sqlite3_stmt *st;
	char *text;

	buf_init(&lines);
	if (sqlite3_prepare_v2(t->db, query, -1, &st, NULL) != SQLITE_OK)
		FAIL("SQLite: %s in\n%s", sqlite3_errmsg(t->db), query);
	while (sqlite3_step(st) == SQLITE_ROW) {
		buf_puts(&lines, "+I");
		for (int c = 0; c < sqlite3_column_count(st); c++) {
			const char *v = (const char *)
				sqlite3_column_text(st, c);

			buf_printf(&lines, " %s", v ? v : "NULL");
		}
		buf_putc(&lines, '\n');
	}
	sqlite3_finalize(st);
	text = mem_strdup(rig_net_of(t->rig, buf_cstr(&lines)));
	buf_release(&lines);
	return text;
}

/* ---- changes ---- */

static const char *
json_of(const struct row *row, unsigned id, char out[64])
{
	char k[16] = "null", v[16] = "null";

	if (!row->exists)
		return "null";
	if (*row->k)
		snprintf(k, sizeof(k), "\"%s\"", row->k);
	if (row->v >= 0)
		snprintf(v, sizeof(v), "%d", row->v);
	snprintf(out, 64, "{\"id\":%u,\"k\":%s,\"v\":%s}", id, k, v);
	return out;
}

static void
say_upsert(struct table *t, unsigned id)
{
	const struct row *row = &t->rows[id];
	char key[16], value[64];

	if (t->source == UPSERT) {
		snprintf(key, sizeof(key), "{\"id\":%u}", id);
		json_of(row, id, value);
	} else {
		snprintf(key, sizeof(key), "%u", id);
		snprintf(value, sizeof(value), "%s,", row->k);
		if (row->v >= 0)
			snprintf(value, sizeof(value), "%s,%d", row->k,
				 row->v);
	}
	rig_push_record(t->rig, "t", id % 3, key, row->exists ? value : NULL);
}

static void
say_event(struct table *t, const struct row *before, unsigned id)
{
	const struct row *after = &t->rows[id];
	char b[64], a[64], text[192];

	if (!before->exists && !after->exists)
		return;
	snprintf(text, sizeof(text), "{\"before\":%s,\"after\":%s,\"op\":\"%c\"}",
		 json_of(before, id, b), json_of(after, id, a),
		 !before->exists ? 'c' : after->exists ? 'u' : 'd');
	rig_push(t->rig, "t", 0, text);
	t->said[t->nsaid++] = mem_strdup(text);
}

/* As a connector does that begins again a little before its end. */
static void
repeat_events(struct table *t)
{
	unsigned n = 1 + roll(t->d, 5);

	for (unsigned i = n < t->nsaid ? t->nsaid - n : 0; i < t->nsaid; i++)
		rig_push(t->rig, "t", 0, t->said[i]);
}

static void
change(struct table *t)
{
	unsigned id = roll(t->d, IDS);
	struct row before = t->rows[id], *row = &t->rows[id];

	*row = (struct row){ .exists = roll(t->d, 4) > 0,
			     .at = ++t->nchanges };
	if (row->exists) {
		row->v = roll(t->d, 8) ? (int)roll(t->d, 10) : -1;
		if (roll(t->d, 8))
			snprintf(row->k, sizeof(row->k), "k%u",
				 roll(t->d, 4));
	}
	lite_row(t, id);
	if (t->source <= UPSERT_WITHOUT_KEY)
		say_upsert(t, id);
	else
		say_event(t, &before, id);
	if (t->source == DEBEZIUM_REPEATED && roll(t->d, 10) == 0)
		repeat_events(t);
}

static void
live(struct table *t)
{
	unsigned n = 1 + roll(t->d, CHANGES_MAX - 1);

	for (unsigned i = 0; i < n; i++) {
		change(t);
		if (roll(t->d, 4))
			continue;
		rig_step_once(t->rig);
		if (roll(t->d, 3) == 0)
			rig_checkpoint(t->rig);
		if (roll(t->d, 5) == 0)
			rig_crash(t->rig);
	}
	rig_run(t->rig);
}

/* ---- the row that came last to a key ---- */

/* What a table by k has, "k0 id v" a line, in the order of k. */
static char *
last_rows(const struct table *t)
{
	struct buf lines;
	char *text;

	buf_init(&lines);
	for (unsigned k = 0; k < 4; k++) {
		const struct row *last = NULL;

		for (unsigned id = 0; id < IDS; id++) {
			const struct row *row = &t->rows[id];

			if (row->exists && *row->k == 'k' &&
			    row->k[1] == (char)('0' + k) &&
			    (!last || row->at > last->at))
				last = row;
		}
		if (!last)
			continue;
		buf_printf(&lines, "k%u %u ", k, (unsigned)(last - t->rows));
		if (last->v < 0)
			buf_puts(&lines, "NULL\n");
		else
			buf_printf(&lines, "%d\n", last->v);
	}
	text = mem_strdup(buf_cstr(&lines));
	buf_release(&lines);
	return text;
}

/* The last line of each key of what an upsert sink got. */
static char *
upserted_rows(struct table *t)
{
	char rows[4][64] = { "", "", "", "" };
	char *log = mem_strdup(rig_out(t->rig, "by_k")), *next = log, *line;
	struct buf lines;
	char *text;

	while ((line = strsep(&next, "\n"))) {
		if (strlen(line) < 5)
			continue;
		CHECK(line[3] == 'k' && line[4] >= '0' && line[4] < '4');
		snprintf(rows[line[4] - '0'], 64, "%s",
			 line[0] == '+' ? line + 3 : "");
	}
	buf_init(&lines);
	for (unsigned k = 0; k < 4; k++)
		if (*rows[k])
			buf_printf(&lines, "%s\n", rows[k]);
	text = mem_strdup(buf_cstr(&lines));
	buf_release(&lines);
	free(log);
	return text;
}

static void
run_last_case(uint64_t seed)
{
	struct dice d = { .seed = seed };
	struct table t = { .d = &d, .source = DEBEZIUM };
	char *want, *got;

	CHECK(sqlite3_open(":memory:", &t.db) == SQLITE_OK);
	CHECK(sqlite3_exec(t.db, "CREATE TABLE t (id INT, k, v)", NULL, NULL,
			   NULL) == SQLITE_OK);
	t.rig = rig_open(
		"CREATE TABLE t (id BIGINT, k STRING, v BIGINT) WITH ("
		"'connector' = 'kafka', 'topic' = 't', 'format' ="
		" 'debezium-json', 'properties.bootstrap.servers' = 'rig');"
		"CREATE TABLE by_k (k STRING, id BIGINT, v BIGINT,"
		" PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' ="
		" 'upsert-kafka', 'topic' = 'by_k', 'key.format' = 'json',"
		" 'value.format' = 'json',"
		" 'properties.bootstrap.servers' = 'rig');"
		"INSERT INTO by_k SELECT k, id, v FROM t WHERE k <> '';");
	live(&t);
	want = last_rows(&t);
	got = upserted_rows(&t);
	if (strcmp(got, want) != 0)
		printf("# SLUICE_SEED=%llu\n", (unsigned long long)seed);
	EXPECT_STR(got, want);
	free(want);
	free(got);
	for (unsigned i = 0; i < t.nsaid; i++)
		free(t.said[i]);
	rig_close(t.rig);
	sqlite3_close(t.db);
}

/* ---- a case ---- */

static char *
make_query(struct dice *d)
{
	char *query = mem_strdup(queries[roll(d, ARRAY_LEN(queries))]);

	for (char *p = query; *p; p++)
		if (*p == '$')
			*p = (char)('0' + roll(d, 10));
	return query;
}

static void
run_case(uint64_t seed)
{
	struct dice d = { .seed = seed };
	struct table t = { .d = &d, .source = (enum told_as)roll(&d, SOURCES) };
	char *query = make_query(&d), *want;
	struct buf script;

	buf_init(&script);
	if (t.source == DEBEZIUM_REPEATED)
		buf_puts(&script, "SET 'table.exec.source.cdc-events-duplicate'"
				  " = 'true';");
	buf_printf(&script, "CREATE TABLE t (id %s, k STRING, v BIGINT,"
		   " PRIMARY KEY (id) NOT ENFORCED) WITH (%s, 'topic' = 't',"
		   " 'properties.bootstrap.servers' = 'rig'); %s;",
		   t.source == UPSERT_WITHOUT_KEY ? "STRING" : "BIGINT",
		   options_of[t.source], query);
	CHECK(sqlite3_open(":memory:", &t.db) == SQLITE_OK);
	CHECK(sqlite3_exec(t.db, t.source == UPSERT_WITHOUT_KEY
				 ? "CREATE TABLE t (id TEXT, k, v)"
				 : "CREATE TABLE t (id INT, k, v)",
			   NULL, NULL, NULL) == SQLITE_OK);
	t.rig = rig_open(buf_cstr(&script));
	live(&t);
	want = lite_answer(&t, query);
	if (strcmp(rig_net(t.rig, ""), want) != 0)
		printf("# SLUICE_SEED=%llu: %s\n", (unsigned long long)seed,
		       buf_cstr(&script));
	EXPECT_STR(rig_net(t.rig, ""), want);
	free(want);
	free(query);
	for (unsigned i = 0; i < t.nsaid; i++)
		free(t.said[i]);
	rig_close(t.rig);
	sqlite3_close(t.db);
	buf_release(&script);
}

static void
run_cases(void (*run)(uint64_t seed), unsigned n)
{
	const char *given = getenv("SLUICE_SEED");
	const char *rounds = getenv("SLUICE_ROUNDS");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 1;

	n = given ? 1 : rounds ? (unsigned)atoi(rounds) : n;
	for (unsigned i = 0; i < n; i++)
		run(seed + i);
}

TEST(a_query_over_changes_is_one_over_the_table)
{
	run_cases(run_case, 150);
}

TEST(a_table_by_another_key_has_the_row_that_came_last_and_is_there)
{
	run_cases(run_last_case, 60);
}

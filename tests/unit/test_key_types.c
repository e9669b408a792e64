/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_key_types.c - every stateful operator with keys and values
 * of every type: crashing after each step, with and without a checkpoint,
 * changes nothing of what is answered.
 */
#include "base/buf.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

/* `of` makes the value of the text t, which is one of `text` or NULL. Several
 * texts may be one value: they are one group. */
struct key_type {
	const char *name;
	const char *of;
	const char *text[4];
	unsigned values; /* that differ, without NULL */
	bool ordered;    /* MIN and MAX take it */
};

static const struct key_type types[] = {
	{ "BOOLEAN", "CAST(t AS BOOLEAN)", { "true", "false", "t", "no" }, 2,
	  true },
	{ "TINYINT", "CAST(t AS TINYINT)", { "-128", "127", "0", "00" }, 3,
	  true },
	{ "SMALLINT", "CAST(t AS SMALLINT)",
	  { "-32768", "32767", "0", "+0" }, 3, true },
	{ "INT", "CAST(t AS INT)", { "-2147483648", "2147483647", "0", "-0" },
	  3, true },
	{ "BIGINT", "CAST(t AS BIGINT)",
	  { "-9223372036854775808", "9223372036854775807", "0", "1" }, 4,
	  true },
	{ "FLOAT", "CAST(t AS FLOAT)", { "NaN", "-0.0", "0.0", "1e38" }, 3,
	  true },
	{ "DOUBLE", "CAST(t AS DOUBLE)", { "NaN", "-0.0", "0", "-Infinity" },
	  3, true },
	{ "DECIMAL(10, 2)", "CAST(t AS DECIMAL(10, 2))",
	  { "-1.5", "-1.50", "0.01", "99999999.99" }, 3, true },
	{ "DECIMAL(38, 4)", "CAST(t AS DECIMAL(38, 4))",
	  { "-1234567890123456789012345678901234.5678", "0", "0.0000",
	    "1234567890123456789012345678901234.5678" }, 3, true },
	{ "CHAR(3)", "CAST(t AS CHAR(3))", { "a", "ab", "abc", "abcd" }, 3,
	  true },
	{ "VARCHAR(2)", "CAST(t AS VARCHAR(2))", { "a", "ab", "abc", "b" }, 3,
	  true },
	{ "STRING", "t", { "a", "é😀", "twelve bytes", "more than twelve" }, 4,
	  true },
	{ "BYTES", "ENCODE(t, 'UTF-16')",
	  { "a", "b", "twelve bytes", "more than twelve" }, 4, true },
	{ "BINARY(4)", "CAST(ENCODE(t, 'UTF-8') AS BINARY(4))",
	  { "a", "abcd", "abcde", "b" }, 3, true },
	{ "DATE", "CAST(t AS DATE)",
	  { "1969-12-31", "2026-02-28", "0001-01-01", "9999-12-31" }, 4, true },
	{ "TIME(3)", "CAST(t AS TIME(3))",
	  { "00:00:00", "23:59:59.999", "00:00", "12:30:00" }, 3, true },
	{ "TIMESTAMP(6)", "CAST(t AS TIMESTAMP(6))",
	  { "1969-12-31 23:59:59.999999", "2026-01-01 00:00:00",
	    "2026-01-01", "0001-01-01 00:00:00" }, 3, true },
	{ "TIMESTAMP_LTZ(3)", "CAST(t AS TIMESTAMP_LTZ(3))",
	  { "1969-12-31 23:59:59.999", "2026-01-01 00:00:00",
	    "2026-10-25 02:30:00", "2026-10-25 03:30:00" }, 4, true },
	{ "INTERVAL MONTH", "INTERVAL '1' MONTH * CAST(t AS INT)",
	  { "-14", "0", "14", "1" }, 4, true },
	{ "INTERVAL SECOND", "INTERVAL '1' SECOND * CAST(t AS INT)",
	  { "-86401", "0", "86401", "1" }, 4, true },
};

static const struct {
	const char *name;
	const char *sql; /* reads x: k of the type, t, v BIGINT, ts */
	bool ordered;    /* needs a type that is */
} queries[] = {
	{ "GROUP BY", "SELECT k, COUNT(*), SUM(v) FROM x GROUP BY k", false },
	{ "DISTINCT", "SELECT DISTINCT k FROM x", false },
	{ "COUNT(DISTINCT)", "SELECT v, COUNT(DISTINCT k) FROM x GROUP BY v",
	  false },
	{ "FIRST_VALUE", "SELECT v, FIRST_VALUE(k), LAST_VALUE(k) FROM x "
	  "GROUP BY v", false },
	{ "MIN", "SELECT v, MIN(k), MAX(k) FROM x GROUP BY v", true },
	{ "GROUP BY over GROUP BY", "SELECT n, MIN(k), MAX(k) FROM (SELECT k, "
	  "COUNT(*) AS n FROM x GROUP BY k) GROUP BY n", true },
	{ "TUMBLE", "SELECT window_end, k, COUNT(*) FROM TUMBLE(TABLE x, "
	  "DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, "
	  "window_end, k", false },
	{ "HOP", "SELECT window_end, k, COUNT(*) FROM HOP(TABLE x, "
	  "DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND) GROUP BY "
	  "window_start, window_end, k", false },
	{ "HOP with MIN", "SELECT window_end, MIN(k), MAX(k) FROM HOP(TABLE x, "
	  "DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND) GROUP BY "
	  "window_start, window_end", true },
	{ "CUMULATE", "SELECT window_end, k, COUNT(*), COUNT(DISTINCT t) FROM "
	  "CUMULATE(TABLE x, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL "
	  "'20' SECOND) GROUP BY window_start, window_end, k", false },
	{ "TUMBLE with DISTINCT", "SELECT window_end, COUNT(DISTINCT k) FROM "
	  "TUMBLE(TABLE x, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY "
	  "window_start, window_end", false },
	{ "SESSION", "SELECT window_start, window_end, k, COUNT(*), SUM(v) "
	  "FROM SESSION(TABLE x PARTITION BY k, DESCRIPTOR(ts), INTERVAL '16' "
	  "SECOND) GROUP BY window_start, window_end, k", false },
	{ "SESSION with DISTINCT", "SELECT window_end, COUNT(DISTINCT k) FROM "
	  "SESSION(TABLE x, DESCRIPTOR(ts), INTERVAL '4' SECOND) GROUP BY "
	  "window_start, window_end", false },
	{ "rows of SESSION", "SELECT window_start, window_end, k, v FROM "
	  "SESSION(TABLE x PARTITION BY k, DESCRIPTOR(ts), INTERVAL '16' "
	  "SECOND)", false },
	{ "ROLLUP", "SELECT k, v, COUNT(*) FROM x GROUP BY ROLLUP(k, v)",
	  false },
};

/* Four texts and a NULL in each round, and one row that is late. */
#define ROWS 12
#define LATE 6

static void
feed(struct rig *r, const struct key_type *t, bool late)
{
	char row[128];

	for (unsigned i = 0; i < ROWS; i++) {
		const char *text = i % 5 < 4 ? t->text[i % 5] : "";
		unsigned second = i == LATE && late ? 0 : i * 3;

		snprintf(row, sizeof(row), "%s,%u,@00:%02u,", text, i % 3,
			 second);
		rig_step(r, row, NULL);
	}
	rig_end(r, "s");
	rig_run(r);
}

static const char *
answer(const struct key_type *t, const char *sql, enum rig_trouble trouble,
       bool late, struct buf *ret)
{
	char script[2048];
	struct rig *r;

	snprintf(script, sizeof(script), "SET 'table.local-time-zone' = "
		 "'Europe/Berlin';\nCREATE VIEW x AS SELECT %s AS k, t, v, ts "
		 "FROM (SELECT k AS t, v, ts FROM s);\n%s;", t->of, sql);
	r = rig_open(script);
	rig_trouble(r, trouble);
	feed(r, t, late);
	buf_init(ret);
	buf_puts(ret, rig_net(r, ""));
	if (*rig_errors(r))
		FAIL("%s: %s: rows cannot be computed", t->name, sql);
	rig_close(r);
	return buf_cstr(ret);
}

static void
check(const struct key_type *t, const char *name, const char *sql)
{
	struct buf calm, crashed;

	/* Read again without a checkpoint no row would be late. */
	for (int late = 0; late < 2; late++) {
		answer(t, sql, RIG_CALM, late, &calm);
		answer(t, sql, late ? RIG_RESTORE : RIG_REPLAY, late, &crashed);
		if (calm.len == 0)
			FAIL("%s of %s answers nothing", name, t->name);
		if (strcmp(buf_cstr(&calm), buf_cstr(&crashed)) != 0)
			FAIL("%s of %s answers\n%s\nbut with crashes %s "
			     "checkpoints\n%s", name, t->name,
			     buf_cstr(&calm), late ? "and" : "without",
			     buf_cstr(&crashed));
		buf_release(&calm);
		buf_release(&crashed);
	}
}

TEST(state_of_every_type_survives_in_every_operator)
{
	for (size_t q = 0; q < ARRAY_LEN(queries); q++)
		for (size_t t = 0; t < ARRAY_LEN(types); t++)
			if (types[t].ordered || !queries[q].ordered)
				check(&types[t], queries[q].name,
				      queries[q].sql);
}

TEST(texts_of_one_value_are_one_group)
{
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		unsigned lines = 0;
		struct buf out;

		answer(&types[t], "SELECT k, COUNT(*) FROM x GROUP BY k",
		       RIG_CALM, false, &out);
		for (const char *p = buf_cstr(&out); *p; p++)
			lines += *p == '\n';
		if (lines != types[t].values + 1)
			FAIL("%s has the groups\n%snot %u and NULL",
			     types[t].name, buf_cstr(&out), types[t].values);
		buf_release(&out);
	}
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_datagen.c - made-up rows: their number follows the clock,
 * their values the row number, and nothing else.
 */
#include "base/nested.h"
#include "base/time.h"
#include "runtime/connector.h"
#include "runtime/eval.h"
#include "test.h"

#define COLS_MAX 8

struct rig {
	struct arena arena;
	struct options options;
	struct plan_scan scan;
	struct schema schema;
	struct connector_env env;
	struct source_spec spec;
	struct start_offset start;
	struct source *source;
	struct batch *b;
	struct error err;
};

/* columns: name, type ...; options: key, value, ..., NULL */
static int
rig_open(struct rig *r, unsigned ncols, const struct schema_column *cols,
	 const char *const *options, int64_t next_offset)
{
	unsigned n = 1;

	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
	while (options[2 * (n - 1)])
		n++;
	r->options.connector = "datagen";
	r->options.keys = arena_array(&r->arena, n, const char *);
	r->options.values = arena_array(&r->arena, n, const char *);
	r->options.keys[0] = "rows-per-second";
	r->options.values[0] = "1000000000";
	for (unsigned i = 0; i + 1 < n; i++) {
		/* the first of two equal keys is found */
		r->options.keys[n - 1 - i] = options[2 * i];
		r->options.values[n - 1 - i] = options[2 * i + 1];
		if (strcmp(options[2 * i], "rows-per-second") == 0)
			r->options.values[0] = options[2 * i + 1];
	}
	r->options.n = r->options.ngiven = n;
	r->scan.table = "t";
	r->scan.ncols = r->schema.ncols = (uint16_t)ncols;
	r->scan.cols = arena_array(&r->arena, ncols, struct scan_column);
	r->schema.cols = arena_array(&r->arena, ncols, struct schema_column);
	for (unsigned i = 0; i < ncols; i++) {
		r->schema.cols[i] = cols[i];
		r->scan.cols[i] = (struct scan_column){
			.name = cols[i].name, .type = cols[i].type,
			.position = (uint16_t)i, .wanted = true,
			.out = (uint16_t)i,
		};
	}
	r->env.seed = 42;
	r->start.next_offset = next_offset;
	r->spec = (struct source_spec){
		.options = &r->options, .scan = &r->scan,
		.schema = &r->schema, .env = &r->env, .start = &r->start,
		.nstart = next_offset >= 0,
	};
	return source_type_find("datagen")->open(&r->source, &r->spec,
						 &r->err);
}

static void
rig_close(struct rig *r)
{
	batch_unref(r->b);
	if (r->source)
		r->source->type->close(r->source);
	arena_release(&r->arena);
}

static int
rig_fill(struct rig *r, uint32_t max, int64_t now_us)
{
	int n;

	batch_unref(r->b);
	r->b = batch_create(NULL, &r->schema, BATCH_ROWS);
	n = r->source->type->fill(r->source, 0, r->b, max, now_us, &r->err);
	EXPECT(n >= 0);
	batch_seal(r->b, (uint32_t)n);
	return n;
}

static const struct part_info *
rig_part(struct rig *r)
{
	const struct part_info *part;

	EXPECT_EQ(r->source->type->parts(r->source, &part), 1);
	return part;
}

#define T(k) { .kind = (k), .nullable = true, .length = TYPE_LENGTH_MAX }
static const struct schema_column one_int[] = { { "i", T(TYPE_INT), 0 } };

TEST(rows_come_at_their_rate)
{
	const char *options[] = { "rows-per-second", "10", NULL };
	struct rig r;
	int64_t now = INT64_C(1000000000);

	EXPECT_EQ(rig_open(&r, 1, one_int, options, -1), 0);
	EXPECT_EQ(rig_fill(&r, 100, now), 1); /* the first one at once */
	EXPECT_EQ(rig_fill(&r, 100, now + 99999), 0);
	EXPECT_EQ(r.source->type->next_us(r.source), now + 109999);
	EXPECT_EQ(rig_fill(&r, 100, now + 100000), 1);
	EXPECT_EQ(r.source->type->next_us(r.source), now + 200000);
	EXPECT_EQ(rig_fill(&r, 100, now + 600000), 5);
	EXPECT_EQ(rig_part(&r)->next_offset, 7);
	EXPECT_EQ(rig_part(&r)->state, PART_CAUGHT_UP);
	/* a minute of standing still is not made up for */
	EXPECT(rig_fill(&r, 5, now + 60600000) == 5);
	EXPECT(rig_fill(&r, 100, now + 60600000) <= 11);
	/* a clock that steps back stops nothing */
	EXPECT_EQ(rig_fill(&r, 100, now), 1);
	rig_close(&r);
}

TEST(a_fast_rate_fills_every_batch)
{
	const char *options[] = { "rows-per-second", "100000000", NULL };
	struct rig r;

	EXPECT_EQ(rig_open(&r, 1, one_int, options, -1), 0);
	rig_fill(&r, BATCH_ROWS, 1000000);
	for (int i = 1; i < 20; i++) {
		EXPECT_EQ(rig_fill(&r, BATCH_ROWS, 1000000 + 50 * i),
			  BATCH_ROWS);
		EXPECT(r.source->type->next_us(r.source) <= 1000000 + 50 * i);
	}
	rig_close(&r);
}

TEST(a_number_of_rows_is_an_end)
{
	const char *options[] = { "number-of-rows", "5", NULL };
	const char *none[] = { "number-of-rows", "0", NULL };
	struct rig r;

	EXPECT_EQ(rig_open(&r, 1, one_int, options, -1), 0);
	rig_fill(&r, 1, 0);
	EXPECT_EQ(rig_fill(&r, 100, 1000), 4);
	EXPECT_EQ(rig_part(&r)->state, PART_ENDED);
	EXPECT_EQ(rig_part(&r)->end_offset, 5);
	EXPECT_EQ(r.source->type->next_us(r.source), TIME_END);
	EXPECT_EQ(rig_fill(&r, 100, 2000), 0);
	rig_close(&r);
	EXPECT_EQ(rig_open(&r, 1, one_int, none, -1), 0);
	EXPECT_EQ(rig_part(&r)->state, PART_ENDED);
	rig_close(&r);
}

static const struct schema_column all_types[] = {
	{ "bo", T(TYPE_BOOLEAN), 0 },
	{ "ti", T(TYPE_TINYINT), 0 },
	{ "bi", T(TYPE_BIGINT), 0 },
	{ "d", T(TYPE_DOUBLE), 0 },
	{ "dm", { .kind = TYPE_DECIMAL, .nullable = true, .precision = 30,
		  .scale = 2 }, 0 },
	{ "s", T(TYPE_VARCHAR), 0 },
	{ "ts", { .kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3 },
	  0 },
	{ "b", T(TYPE_VARBINARY), 0 },
};

static void
row_text(struct rig *r, uint32_t row, struct buf *out)
{
	buf_clear(out);
	for (unsigned c = 0; c < r->schema.ncols; c++) {
		struct value v = column_value(&r->b->col[c], row);

		if (v.is_null)
			buf_puts(out, "NULL");
		else
			buf_str(out, value_text(v, r->schema.cols[c].type,
						NULL, &r->arena));
		buf_putc(out, '|');
	}
}

/* However rows are cut into batches, and whether or not the job was restarted
 * in between, a row number means the same row. */
TEST(a_restored_job_goes_on_with_the_same_rows)
{
	const char *options[] = { "fields.s.length", "20", "fields.s.var-len",
				  "true", "fields.ti.null-rate", "0.3", NULL };
	struct buf texts[60], text;
	struct rig r;

	EXPECT_EQ(rig_open(&r, COLS_MAX, all_types, options, -1), 0);
	rig_fill(&r, 1, 1000);
	EXPECT_EQ(rig_fill(&r, 60, 2000), 60);
	for (uint32_t i = 0; i < 60; i++) {
		buf_init(&texts[i]);
		row_text(&r, i, &texts[i]);
	}
	rig_close(&r);
	buf_init(&text);
	EXPECT_EQ(rig_open(&r, COLS_MAX, all_types, options, 31), 0);
	EXPECT_EQ(rig_part(&r)->next_offset, 31);
	EXPECT_EQ(rig_fill(&r, 1, 2000), 1);
	row_text(&r, 0, &text);
	EXPECT_STR(buf_cstr(&text), buf_cstr(&texts[30]));
	for (uint32_t i = 31; i < 60; i++) {
		EXPECT_EQ(rig_fill(&r, 1, 2000 + i), 1);
		r.b->col[6].i64[0] = 2000 - 2000 % 1000;
		row_text(&r, 0, &text);
		EXPECT_STR(buf_cstr(&text), buf_cstr(&texts[i]));
	}
	rig_close(&r);
	buf_release(&text);
	for (uint32_t i = 0; i < 60; i++)
		buf_release(&texts[i]);
}

TEST(random_values_keep_to_their_bounds)
{
	const char *options[] = {
		"fields.ti.min", "-3",		 "fields.ti.max", "3",
		"fields.bi.min", "100",		 "fields.d.min", "1.5",
		"fields.d.max", "2.5",		 "fields.dm.min", "-1.25",
		"fields.dm.max", "1.25",	 "fields.s.length", "16",
		"fields.ts.max-past", "10 s",	 "fields.b.length", "3",
		"fields.bo.null-rate", "0.25",	 NULL
	};
	int64_t now = INT64_C(1767323045123456);
	unsigned seen[7] = { 0 }, nulls = 0, trues = 0;
	struct rig r;

	EXPECT_EQ(rig_open(&r, COLS_MAX, all_types, options, -1), 0);
	rig_fill(&r, 1, now - 1000000);
	EXPECT_EQ(rig_fill(&r, BATCH_ROWS, now), BATCH_ROWS);
	batch_check(r.b);
	for (uint32_t i = 0; i < BATCH_ROWS; i++) {
		const struct str *s = &r.b->col[5].str[i];

		nulls += column_is_null(&r.b->col[0], i);
		trues += r.b->col[0].u8[i];
		EXPECT(r.b->col[1].i64[i] >= -3 && r.b->col[1].i64[i] <= 3);
		seen[r.b->col[1].i64[i] + 3]++;
		EXPECT(r.b->col[2].i64[i] >= 100);
		EXPECT(r.b->col[3].f64[i] >= 1.5 && r.b->col[3].f64[i] <= 2.5);
		EXPECT(r.b->col[4].i128[i] >= -125 &&
		       r.b->col[4].i128[i] <= 125);
		EXPECT_EQ(s->len, 16);
		EXPECT_EQ(strspn(arena_strndup(&r.arena, str_data(s), 16),
				 "0123456789abcdef"), 16);
		EXPECT(r.b->col[6].i64[i] <= now &&
		       r.b->col[6].i64[i] > now - 10001000);
		EXPECT_EQ(r.b->col[6].i64[i] % 1000, 0);
		EXPECT_EQ(r.b->col[7].str[i].len, 3);
	}
	/* 2048 rows: far beyond chance if outside of these */
	EXPECT(nulls > 400 && nulls < 630);
	EXPECT(trues > 640 && trues < 900);
	for (unsigned i = 0; i < 7; i++)
		EXPECT(seen[i] > 200 && seen[i] < 400);
	rig_close(&r);
}

TEST(a_sequence_ends_the_table)
{
	static const struct schema_column cols[] = {
		{ "i", T(TYPE_INT), 0 }, { "s", T(TYPE_VARCHAR), 0 },
		{ "d", { .kind = TYPE_DECIMAL, .nullable = true,
			 .precision = 10, .scale = 2 }, 0 },
		{ "f", T(TYPE_DOUBLE), 0 },
	};
	const char *options[] = {
		"fields.i.kind", "sequence", "fields.i.start", "-2",
		"fields.i.end", "100", "fields.s.kind", "sequence",
		"fields.s.start", "9", "fields.s.end", "11",
		"fields.d.kind", "sequence", "fields.d.start", "1.5",
		"fields.d.end", "99", "fields.f.kind", "sequence",
		"fields.f.start", "0.5", "fields.f.end", "50", NULL
	};
	static const char *const want[] = { "-2|9|1.50|0.5|", "-1|10|2.50|1.5|",
					    "0|11|3.50|2.5|" };
	struct buf text;
	struct rig r;

	buf_init(&text);
	EXPECT_EQ(rig_open(&r, 4, cols, options, -1), 0);
	EXPECT_EQ(rig_part(&r)->end_offset, 3);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_EQ(rig_fill(&r, 1, 1000 + i), 1);
		row_text(&r, 0, &text);
		EXPECT_STR(buf_cstr(&text), want[i]);
	}
	EXPECT_EQ(rig_part(&r)->state, PART_ENDED);
	buf_release(&text);
	rig_close(&r);
}

struct refusal {
	const char *options[7];
	const char *message;
};

/* a ARRAY<INT>, m MAP<STRING, BOOLEAN>, r ROW<x INT, s MULTISET<TINYINT>> */
static const struct type_field ints[] = { { NULL, T(TYPE_INT) } };
static const struct type_field truths[] = { { NULL, T(TYPE_VARCHAR) },
					    { NULL, T(TYPE_BOOLEAN) } };
static const struct type_field small[] = { { NULL, T(TYPE_TINYINT) } };
static const struct type_field parts[] = {
	{ "x", T(TYPE_INT) },
	{ "s", { .kind = TYPE_MULTISET, .nullable = true, .fields = small } },
};
static const struct schema_column nested_types[] = {
	{ "a", { .kind = TYPE_ARRAY, .nullable = true, .fields = ints }, 0 },
	{ "m", { .kind = TYPE_MAP, .nullable = true, .fields = truths }, 0 },
	{ "r", { .kind = TYPE_ROW, .nullable = true, .length = 2,
		 .fields = parts }, 0 },
};

TEST(nested_values_have_parts_with_options_of_their_own)
{
	const char *options[] = {
		"fields.a.length", "5", "fields.a.element.min", "7",
		"fields.a.element.max", "9", "fields.m.key.length", "4",
		"fields.r.x.null-rate", "1", "fields.r.s.length", "0", NULL,
	};
	struct nested v;
	struct rig r;

	EXPECT_EQ(rig_open(&r, 3, nested_types, options, -1), 0);
	EXPECT_EQ(rig_fill(&r, 100, 0), 1);
	EXPECT_EQ(rig_fill(&r, 100, 1), 100);
	for (uint32_t row = 0; row < 100; row++) {
		nested_open(&r.b->col[0].str[row], &v);
		EXPECT_EQ(v.n, 5);
		for (uint32_t i = 0; i < v.n; i++) {
			int64_t x = nested_get(&v, i, ints[0].type).i64;

			EXPECT(x >= 7 && x <= 9);
		}
		nested_open(&r.b->col[1].str[row], &v);
		EXPECT(nested_entries(&v) >= 1 && nested_entries(&v) <= 3);
		EXPECT_EQ(nested_get(&v, 0, truths[0].type).str.len, 4);
		nested_open(&r.b->col[2].str[row], &v);
		EXPECT(nested_is_null(&v, 0));
		EXPECT_EQ(nested_get(&v, 1, parts[1].type).str.len, 4);
	}
	rig_close(&r);
}

TEST(nested_values_that_would_be_huge_are_refused)
{
	const char *options[] = { "fields.a.length", "1000000",
				  "fields.m.length", "1000000",
				  "fields.m.key.length", "100", NULL };
	struct rig r;

	EXPECT_EQ(rig_open(&r, 2, nested_types, options, -1), -1);
	EXPECT_STR(r.err.message,
		   "the values of 'm' would be larger than 64 MiB");
	rig_close(&r);
}

TEST(what_makes_no_sense_is_refused)
{
	static const struct refusal table[] = {
		{ { "fields.i.min", "x" },
		  "'fields.i.min' = 'x' is no value of type INT" },
		{ { "fields.i.max", "3000000000" },
		  "'fields.i.max' = '3000000000' is no value of type INT" },
		{ { "fields.i.min", "3", "fields.i.max", "2" },
		  "'fields.i.min' is greater than 'fields.i.max'" },
		{ { "fields.i.kind", "sequence", "fields.i.start", "1" },
		  "a sequence needs 'fields.i.end'" },
		{ { "fields.i.kind", "sequence", "fields.i.start", "3",
		    "fields.i.end", "2" },
		  "'fields.i.start' is greater than 'fields.i.end'" },
	};
	static const struct schema_column date[] = { { "i", T(TYPE_DATE), 0 } };
	const char *sequence[] = { "fields.i.kind", "sequence", NULL };
	struct rig r;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		EXPECT_EQ(rig_open(&r, 1, one_int, table[i].options, -1), -1);
		EXPECT_STR(r.err.message, table[i].message);
		rig_close(&r);
	}
	EXPECT_EQ(rig_open(&r, 1, date, sequence, -1), -1);
	EXPECT_STR(r.err.message, "column i: there is no sequence of type DATE");
	rig_close(&r);
}

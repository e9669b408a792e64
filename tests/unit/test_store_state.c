/* SPDX-License-Identifier: Apache-2.0
 * State goes into the file and comes back bit for bit, to the operator that
 * means the same, whatever its aliases and its place in the script.
 */
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "runtime/store_vfs.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

#define HOP_OP "window_aggregate;words;message;hop(60s,5s)"

static void
attach(struct store_rig *r)
{
	struct error err = ERROR_INIT;

	if (store_rig_attach(r, &err) < 0)
		FAIL("attach: %s", err.message);
}

static void
commit(struct store_rig *r)
{
	struct error err = ERROR_INIT;

	if (store_rig_commit(r, &err) < 0)
		FAIL("commit: %s", err.message);
}

/* A plan of one operator with _groups(_id, key) and _panes(_pane, _id,
 * _rows, n), the usual shape. */
static struct store_rig_op *
one_op(struct store_rig *r, const char *meaning, const char *key_name)
{
	static const char *const groups_means[] = { NULL, "message" };
	const char **panes_means = arena_array(&r->arena, 4, const char *);
	struct store_rig_op *o = store_rig_op(r, meaning);
	struct table_def *groups = arena_new(&r->arena, struct table_def);
	struct table_def *panes = arena_new(&r->arena, struct table_def);

	panes_means[3] = "count(*)";
	*groups = (struct table_def){
		.kind = TABLE_STATE,
		.suffix = "_groups",
		.schema = store_rig_schema(r, arena_printf(&r->arena,
						     "BIGINT _id, STRING %s",
						     key_name)),
		.nkeys = 1,
		.column_meanings = groups_means,
	};
	*panes = (struct table_def){
		.kind = TABLE_STATE,
		.suffix = "_panes",
		.schema = store_rig_schema(r, "BIGINT _pane, BIGINT _id,"
					" BIGINT _rows, BIGINT n"),
		.nkeys = 2,
		.first_is_pane = true,
		.column_meanings = panes_means,
	};
	store_rig_table(r, o, groups);
	store_rig_table(r, o, panes);
	return o;
}

/* Closes the store, opens it again with no operators. */
static void
reopen(struct store_rig *r)
{
	store_rig_close(r);
	store_rig_open(r);
}

/* ---- values ---- */

#define EVERY_TYPE                                                       \
	"BIGINT _id, BOOLEAN b, TINYINT t, BIGINT l, FLOAT f, DOUBLE d," \
	" DECIMAL(10;2) small, DECIMAL(38;3) wide, DECIMAL(38;0) sum,"   \
	" STRING s, BYTES y, DATE day, TIME(3) clock, TIMESTAMP(6) at,"  \
	" TIMESTAMP_LTZ(3) atz"

TEST(every_type_comes_back_as_it_was)
{
	static const struct table_def def = { .suffix = "_all", .nkeys = 1 };
	struct table_def d = def;
	struct store_rig_op *o;
	struct batch *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	d.schema = store_rig_schema(&r, EVERY_TYPE);
	o = store_rig_op(&r, "types");
	store_rig_table(&r, o, &d);
	attach(&r);
	store_rig_put(&r, o, 0,
		"1|0|-128|-9223372036854775808|0.5|-0.0|-5|-5|-5||-|-1|0|-1|"
		"-1",
		"2|1|127|9223372036854775807|nan|inf|999999999999999999|"
		"170141183460469231731687303715884105727|"
		"9223372036854775808|it's \"x\"; --|bytes|1|86399999|"
		"1767225600123456|1767225600123000",
		"3|1|1|1|-inf|nan|0|-170141183460469231731687303715884105728|"
		"-9223372036854775808|NaN|\1\2\377|0|1|0|0",
		"4|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|"
		"NULL|NULL|NULL",
		"5|1|1|1|1e300|5e-324|100|1000|1|1.50|12|1|1|1|1");
	/* NUL characters cannot come out of the rig's text. */
	b = r.snap.parts->rows;
	b->col[9].str[4] = str_from(&b->arena, "a\0b, and longer\0", 16);
	b->col[10].str[4] = str_ref("\0\0", 2);
	b->col[10].str[0] = str_ref("", 0);
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT d, small, wide, sum, typeof(sum)"
			       " FROM types_1_all WHERE _id < 4"),
		   "0.0|-0.05|-0.005|-5|integer\n"
		   "Infinity|9999999999999999.99|"
		   "170141183460469231731687303715884105.727|"
		   "9223372036854775808|text\n"
		   "NaN|0.00|-170141183460469231731687303715884105.728|"
		   "-9223372036854775808|integer\n");

	reopen(&r);
	o = store_rig_op(&r, "types");
	store_rig_table(&r, o, &d);
	attach(&r);
	EXPECT_STR(buf_cstr(&o->restored),
		   "0: 1|0|-128|-9223372036854775808|0.5|-0.0|-5|-5|-5||"
		   "|-1|0|-1|-1\n"
		   "0: 2|1|127|9223372036854775807|NaN|Infinity|"
		   "999999999999999999|"
		   "170141183460469231731687303715884105727|"
		   "9223372036854775808|it's \"x\"; --|bytes|1|86399999|"
		   "1767225600123456|1767225600123000\n"
		   "0: 3|1|1|1|-Infinity|NaN|0|"
		   "-170141183460469231731687303715884105728|"
		   "-9223372036854775808|NaN|\1\2\377|0|1|0|0\n"
		   "0: 4|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|"
		   "NULL|NULL|NULL|NULL\n"
		   "0: 5|1|1|1|1.0E300|4.9E-324|100|1000|1|a");
	/* The rig's text ends at the NUL; the bytes do not. */
	EXPECT(memmem(o->restored.data, o->restored.len,
		      "|a\0b, and longer\0|\0\0|1|1|1|1\n", 29));
	EXPECT_EQ(o->complete, 1);
	store_rig_release(&r);
}

TEST(a_value_that_others_wrote_is_not_guessed_at)
{
	struct error err = ERROR_INIT;
	struct store_rig_op *o;
	struct store_rig r;
	sqlite3 *db;

	store_rig_init(&r);
	store_rig_open(&r);
	o = one_op(&r, HOP_OP, "message");
	attach(&r);
	store_rig_put(&r, o, 0, "1|a");
	commit(&r);
	store_rig_close(&r);
	/* With the right checksum. */
	EXPECT_EQ(sqlite3_open_v2(r.path, &db, SQLITE_OPEN_READWRITE,
				  store_vfs_name()),
		  SQLITE_OK);
	EXPECT_EQ(sqlite3_exec(db, "UPDATE window_aggregate_1_groups"
				   " SET message = x'00'", 0, 0, 0),
		  SQLITE_OK);
	sqlite3_close(db);
	store_rig_open(&r);
	one_op(&r, HOP_OP, "message");
	EXPECT_EQ(store_rig_attach(&r, &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	EXPECT(strstr(err.message, "window_aggregate_1_groups"));
	store_rig_release(&r);
}

TEST(names_of_users_never_meet_ours_or_each_other)
{
	static const char *const means[] = { NULL, "a", "b", "c", "d" };
	struct table_def d = { .suffix = "_\"x'", .nkeys = 1,
			       .column_meanings = means };
	struct store_rig_op *o;
	struct store_rig r;

	store_rig_init(&r);
	d.schema = store_rig_schema(&r, "BIGINT _id, STRING _id, STRING Word,"
				  " STRING word, STRING \"; DROP TABLE job;--");
	store_rig_open(&r);
	o = store_rig_op(&r, "t");
	store_rig_table(&r, o, &d);
	attach(&r);
	store_rig_put(&r, o, 0, "1|a|b|c|d");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT group_concat(name, ' ') FROM"
			       " pragma_table_info('t_1_\"x''')"),
		   "_id __id Word word_2 \"; DROP TABLE job;--\n");
	reopen(&r);
	o = store_rig_op(&r, "t");
	store_rig_table(&r, o, &d);
	attach(&r);
	EXPECT_STR(buf_cstr(&o->restored), "0: 1|a|b|c|d\n");
	store_rig_release(&r);
}

/* ---- changes ---- */

TEST(parts_are_applied_in_their_order)
{
	struct store_rig_op *o;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	o = one_op(&r, HOP_OP, "message");
	attach(&r);
	EXPECT_EQ(o->complete, 2);
	store_rig_put(&r, o, 1, "30|1|1|9", "10|2|1|7", "20|1|1|8", "10|2|1|6");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT * FROM window_aggregate_1_panes"),
		   "10|2|1|6\n20|1|1|8\n30|1|1|9\n");
	store_rig_put(&r, o, 1, "30|1|2|10", "40|1|1|1");
	store_rig_part(&r, SNAPSHOT_DROP, o, 1, ROWS("40|1", "77|7"), 0);
	store_rig_part(&r, SNAPSHOT_DROP_BELOW, o, 1, NULL, 20);
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT * FROM window_aggregate_1_panes"),
		   "20|1|1|8\n30|1|2|10\n");
	store_rig_part(&r, SNAPSHOT_CLEAR, o, 1, NULL, 0);
	store_rig_put(&r, o, 1, "50|1|1|1");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT * FROM window_aggregate_1_panes"),
		   "50|1|1|1\n");
	store_rig_release(&r);
}

TEST(a_selection_is_honoured)
{
	static const uint16_t sel[] = { 0, 2 };
	struct store_rig_op *o;
	struct batch *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	o = one_op(&r, HOP_OP, "message");
	attach(&r);
	store_rig_put(&r, o, 0, "1|a", "2|dead", "3|c");
	b = r.snap.parts->rows;
	b->sel = sel;
	b->nsel = 2;
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT * FROM window_aggregate_1_groups"),
		   "1|a\n3|c\n");
	store_rig_release(&r);
}

TEST(ten_thousand_rows_come_back_in_batches)
{
	struct store_rig_op *o;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	o = one_op(&r, HOP_OP, "message");
	attach(&r);
	for (int chunk = 0; chunk < 5; chunk++) {
		struct batch *b;

		store_rig_put(&r, o, 0, "1|a");
		b = ((struct snapshot_part *)((char *)r.snap.tail -
			offsetof(struct snapshot_part, next)))->rows;
		for (uint32_t i = 0; i < 2000; i++) {
			/* Backwards, so that sorting has something to do. */
			b->col[0].i64[i] = 10000 - chunk * 2000 - i;
			b->col[1].str[i] = str_ref("word", 4);
		}
		batch_seal(b, 2000);
	}
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*), min(_id), max(_id) FROM"
			       " window_aggregate_1_groups"),
		   "10000|1|10000\n");
	EXPECT_STR(store_rig_sql(&r, "SELECT tables FROM operators"),
		   "{\"window_aggregate_1_groups\":10001}\n");
	reopen(&r);
	o = one_op(&r, HOP_OP, "message");
	attach(&r);
	EXPECT_EQ(o->restored.len > 0, 1);
	EXPECT(strstr(buf_cstr(&o->restored), "\n0: 10000|word\n"));
	EXPECT_EQ(o->complete, 2);
	store_rig_release(&r);
}

/* ---- bookkeeping ---- */

TEST(offsets_and_watermarks_are_shared_tables_with_readable_times)
{
	struct table_def offsets = { .kind = TABLE_SHARED,
				     .suffix = "offsets", .nkeys = 3 };
	struct table_def marks = { .kind = TABLE_SHARED,
				   .suffix = "watermarks", .nkeys = 3 };
	struct store_rig_op *a, *b;
	struct store_rig r;

	store_rig_init(&r);
	offsets.schema = store_rig_schema(
		&r, "STRING source, STRING topic, INT partition,"
		    " BIGINT next_offset, BIGINT end_offset,"
		    " TIMESTAMP_LTZ(3) record_time");
	marks.schema = store_rig_schema(
		&r, "STRING source, STRING topic, INT partition,"
		    " TIMESTAMP_LTZ(3) watermark, TIMESTAMP_LTZ(3) idle_since");
	for (int run = 0; run < 2; run++) {
		store_rig_open(&r);
		a = store_rig_op(&r, "scan");
		b = store_rig_op(&r, "scan");
		b->source = "o'ther";
		store_rig_table(&r, a, &offsets);
		store_rig_table(&r, a, &marks);
		store_rig_table(&r, b, &offsets);
		attach(&r);
		if (run == 1)
			break;
		store_rig_put(&r, a, 0, "words|w|0|42|50|1767225600000000",
			"words|w|1|7|7|NULL");
		store_rig_put(&r, a, 1, "words||-1|1767225599500000|NULL",
			"words|w|0|1767225599500000|NULL",
			"words|w|1|1767225600000001|1767225700000000");
		/* The end of the calendar is no reason to lose a job. */
		store_rig_put(&r, b, 0, "o'ther|w|0|1|1|NULL",
			      "o'ther|w|1|1|1|253402300799999999",
			      "o'ther|w|2|1|1|253402300800000000",
			      "o'ther|w|3|1|1|-62167219200000000",
			      "o'ther|w|4|1|1|-62167219200000001");
		commit(&r);
		store_rig_put(&r, a, 0, "words|w|0|43|50|1767225600000000");
		commit(&r);
		EXPECT_STR(store_rig_sql(&r, "SELECT topic, partition, next_offset,"
				       " lag, record_time FROM v_lag WHERE"
				       " source = 'words'"),
			   "w|0|43|7|2026-01-01T00:00:00.000Z\nw|1|7|0|NULL\n");
		EXPECT_STR(store_rig_sql(&r, "SELECT partition, watermark, idle_since,"
				       " holds FROM v_watermarks"),
			   "-1|2025-12-31T23:59:59.500Z|NULL|0\n"
			   "0|2025-12-31T23:59:59.500Z|NULL|1\n"
			   "1|2026-01-01T00:00:00.000001Z|"
			   "2026-01-01T00:01:40.000Z|0\n");
		store_rig_close(&r);
	}
	/* Each gets the rows of its own source. */
	EXPECT_STR(buf_cstr(&a->restored),
		   "0: words|w|0|43|50|1767225600000000\n"
		   "0: words|w|1|7|7|NULL\n"
		   "1: words||-1|1767225599500000|NULL\n"
		   "1: words|w|0|1767225599500000|NULL\n"
		   "1: words|w|1|1767225600000001|1767225700000000\n");
	EXPECT_STR(buf_cstr(&b->restored), 
		   "0: o'ther|w|0|1|1|NULL\n"
		   "0: o'ther|w|1|1|1|253402300799999999\n"
		   "0: o'ther|w|2|1|1|253402300800000000\n"
		   "0: o'ther|w|3|1|1|-62167219200000000\n"
		   "0: o'ther|w|4|1|1|-62167219200000001\n");
	store_rig_part(&r, SNAPSHOT_CLEAR, a, 0, NULL, 0);
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT DISTINCT source FROM offsets"),
		   "o'ther\n");
	store_rig_release(&r);
}

static int64_t
a_millisecond_a_look(void)
{
	static int64_t now_ns;

	return now_ns += 1000000;
}

TEST(totals_and_the_checkpoint_number_go_on_after_a_restart)
{
	struct op_summary sums[] = { { "window_aggregate_1", 12, 3400 } };
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	EXPECT_EQ(r.s->epoch, 0);
	one_op(&r, HOP_OP, "message");
	attach(&r);
	r.snap.rows_in = 1000;
	r.snap.rows_out = 10;
	r.snap.rows_late = 3;
	r.snap.clock_ns = a_millisecond_a_look;
	r.snap.random_id[0] = 0xabc;
	r.snap.ops = sums;
	r.snap.nops = 1;
	commit(&r);
	EXPECT_EQ(r.snap.duration_ns % 1000000, 0);
	EXPECT(r.snap.duration_ns > 0);
	EXPECT(r.snap.bytes_written >= 16384);
	EXPECT_STR(store_rig_sql(&r, "SELECT * FROM v_state"),
		   "window_aggregate_1|12|3400\n");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT id, random_id, taken_at, rows_in,"
			       " rows_out, state_rows, rows_late,"
			       " duration_ms > 0, bytes >= 16384 FROM"
			       " checkpoints WHERE id = 1"),
		   "1|0000000000000abc0000000000000000|"
		   "1970-01-01T00:00:01.000Z|1000|10|12|3|1|1\n");
	reopen(&r);
	EXPECT_EQ(r.s->epoch, 2);
	EXPECT_EQ(r.s->totals.rows_in, 1000);
	EXPECT_EQ(r.s->totals.rows_out, 10);
	EXPECT_EQ(r.s->totals.rows_late, 3);
	store_rig_release(&r);
}

TEST(the_last_thousand_checkpoints_are_kept)
{
	struct error err = ERROR_INIT;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	attach(&r);
	/* A second of this test is syncing; the number is what counts. */
	EXPECT_EQ(store_exec(&r.s->file, "PRAGMA synchronous = OFF", &err), 0);
	for (int i = 0; i < 1003; i++)
		commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*), min(id), max(id) FROM"
			       " checkpoints"),
		   "1000|4|1003\n");
	store_rig_release(&r);
}

TEST(bad_rows_are_kept_up_to_the_caps)
{
	struct bad_row rows[3];
	struct store_rig r;

	store_rig_init(&r);
	for (int i = 0; i < 3; i++)
		rows[i] = (struct bad_row){
			.next = i < 2 ? &rows[i + 1] : NULL,
			.at_us = 1000,
			.source = "words",
			.topic = "w",
			.op_name = "scan",
			.code = ERR_BAD_JSON,
			.message = "it's no object",
			.partition = i - 1,
			.offset = 7,
			.record_time_us = TIME_NONE,
			.weight = 1,
			.raw = str_ref("{\0}", 3),
			.has_raw = i > 0,
			.row_json = i ? NULL : "{\"a\":1}",
		};
	store_rig_open(&r);
	attach(&r);
	store_limit_errors(r.s, 5, 1000);
	r.snap.errors = rows;
	r.snap.errors_counted = 3;
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT id, at, source, topic, partition,"
			       " offset, record_time, operator, code, message,"
			       " hex(raw), row, weight FROM errors"),
		   "1|1970-01-01T00:00:00.001Z|words|w|NULL|NULL|NULL|scan|"
		   "invalid_json|it's no object||{\"a\":1}|1\n"
		   "2|1970-01-01T00:00:00.001Z|words|w|0|7|NULL|scan|"
		   "invalid_json|it's no object|7B007D|NULL|1\n"
		   "3|1970-01-01T00:00:00.001Z|words|w|1|7|NULL|scan|"
		   "invalid_json|it's no object|7B007D|NULL|1\n");
	/* The count goes on over a restart. */
	reopen(&r);
	attach(&r);
	store_limit_errors(r.s, 5, 1000);
	r.snap.errors = rows;
	r.snap.errors_counted = 3;
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*) FROM errors"), "5\n");
	store_limit_errors(r.s, 100, 26); /* 23 bytes are there */
	r.snap.errors = &rows[1];
	r.snap.errors_counted = 2;
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*) FROM errors"), "6\n");
	store_rig_release(&r);
}

static void
bad_row(struct bad_row *row, struct bad_row *next, int64_t id)
{
	*row = (struct bad_row){
		.next = next, .id = id, .at_us = 1000, .source = "words",
		.topic = "w", .op_name = "scan", .code = ERR_BAD_JSON,
		.message = id ? "still" : "bad", .offset = 7, .weight = 1,
		.record_time_us = TIME_NONE, .raw = str_ref("{", 1),
		.has_raw = true, .key = str_ref("k", 1), .has_key = true,
		.replay = BAD_REPLAY_RECORD,
	};
}

TEST(what_was_replayed_goes_or_stays_with_its_new_reason)
{
	struct errors_where all = { .n = 0 }, one = { .n = 1, .term = {
		{ .column = ERRORS_ID, .compare = ERRORS_GE, .id = 3 } } };
	struct error err = ERROR_INIT;
	struct bad_row rows[4], *read;
	int64_t gone[] = { 1 }, last;
	struct store_rig r;
	uint64_t n;

	store_rig_init(&r);
	for (int i = 0; i < 4; i++)
		bad_row(&rows[i], i < 3 ? &rows[i + 1] : NULL, 0);
	store_rig_open(&r);
	attach(&r);
	store_limit_errors(r.s, 3, 10000);
	r.snap.errors = rows;
	r.snap.errors_counted = 5;
	commit(&r);
	EXPECT_EQ(store_errors(r.s).rows, 3);
	EXPECT_EQ(store_errors(r.s).bytes, 6);
	EXPECT_EQ(store_errors(r.s).lost, 2);
	EXPECT(store_errors(r.s).full);
	EXPECT_EQ(store_last_error(r.s, &last, &err), 0);
	EXPECT_EQ(last, 3);
	/* One went well, which makes room for the new one, and one did not. */
	bad_row(&rows[0], &rows[1], 2);
	bad_row(&rows[1], NULL, 0);
	r.snap.errors = rows;
	r.snap.errors_counted = 1;
	r.snap.gone = gone;
	r.snap.ngone = 1;
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT id, message, replayed_at IS NULL"
				 " FROM errors"),
		   "2|still|0\n3|bad|1\n4|bad|1\n");
	EXPECT_EQ(store_errors(r.s).lost, 2);
	EXPECT_EQ(store_read_errors(r.s, &one, 0, 3, 10, 1000, &r.arena, &read,
				    &err), 0);
	EXPECT(read && !read->next);
	EXPECT_EQ(read->id, 3);
	EXPECT_EQ(read->replay, BAD_REPLAY_RECORD);
	EXPECT(read->has_key && read->key.len == 1);
	EXPECT_EQ(store_delete_errors(r.s, &one, &n, &err), 0);
	EXPECT_EQ(n, 2);
	EXPECT(!store_errors(r.s).full);
	/* All of that holds after a restart. */
	reopen(&r);
	attach(&r);
	EXPECT_EQ(store_errors(r.s).rows, 1);
	EXPECT_EQ(store_errors(r.s).bytes, 2);
	EXPECT_EQ(store_errors(r.s).lost, 2);
	EXPECT_EQ(store_delete_errors(r.s, &all, &n, &err), 0);
	EXPECT_EQ(n, 1);
	EXPECT_EQ(store_last_error(r.s, &last, &err), 0);
	EXPECT_EQ(last, 0);
	store_rig_release(&r);
}

/* ---- matching by meaning ---- */

TEST(an_alias_and_the_order_of_the_script_play_no_part)
{
	struct store_rig_op *a, *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	a = one_op(&r, HOP_OP ";;total", "message");
	b = one_op(&r, HOP_OP ";message = 'x';some", "message");
	attach(&r);
	EXPECT_STR(a->op.state_name, "window_aggregate_1");
	EXPECT_STR(b->op.state_name, "window_aggregate_2");
	store_rig_put(&r, a, 0, "1|total");
	store_rig_put(&r, b, 0, "1|some");
	commit(&r);

	reopen(&r);
	b = one_op(&r, HOP_OP ";message = 'x';some", "m");
	a = one_op(&r, HOP_OP ";;total", "word");
	attach(&r);
	EXPECT_STR(a->op.state_name, "window_aggregate_1");
	EXPECT_STR(b->op.state_name, "window_aggregate_2");
	EXPECT_STR(buf_cstr(&a->restored), "0: 1|total\n");
	EXPECT_STR(buf_cstr(&b->restored), "0: 1|some\n");
	/* They go on in the columns that were made for them. */
	store_rig_put(&r, a, 0, "2|more");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT message FROM window_aggregate_1_groups"),
		   "total\nmore\n");
	store_rig_release(&r);
}

TEST(a_new_operator_gets_a_number_of_its_own)
{
	struct store_rig_op *a, *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	store_rig_put(&r, a, 0, "1|a");
	commit(&r);
	reopen(&r);
	b = one_op(&r, HOP_OP ";len(message) > 3;two", "message");
	a = one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	EXPECT_STR(a->op.state_name, "window_aggregate_1");
	EXPECT_STR(b->op.state_name, "window_aggregate_2");
	EXPECT_STR(buf_cstr(&b->restored), "");
	EXPECT_EQ(b->complete, 2);
	store_rig_release(&r);
}

TEST(the_number_of_an_operator_that_is_gone_is_never_given_again)
{
	struct store_rig_op *a, *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	one_op(&r, HOP_OP ";;one", "message");
	b = one_op(&r, HOP_OP ";x;two", "message");
	attach(&r);
	store_rig_put(&r, b, 0, "1|b");
	commit(&r);

	reopen(&r);
	one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	/* Until the new plan has committed, the old one can be had back. */
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*) FROM window_aggregate_2_groups"),
		   "1\n");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT count(*) FROM window_aggregate_2_groups"),
		   "no such table: window_aggregate_2_groups");
	EXPECT_STR(store_rig_sql(&r, "SELECT operator FROM v_state"),
		   "window_aggregate_1\n");
	commit(&r);

	reopen(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	b = one_op(&r, HOP_OP ";x;two", "message");
	attach(&r);
	EXPECT_STR(a->op.state_name, "window_aggregate_1");
	EXPECT_STR(b->op.state_name, "window_aggregate_3");
	EXPECT_STR(buf_cstr(&b->restored), "");
	store_rig_release(&r);
}

TEST(another_sink_keeps_the_state_unless_two_could_be_meant)
{
	struct error err = ERROR_INIT;
	struct store_rig_op *a, *b;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	store_rig_put(&r, a, 0, "1|a");
	commit(&r);
	reopen(&r);
	a = one_op(&r, HOP_OP ";;other", "message");
	attach(&r);
	EXPECT_STR(buf_cstr(&a->restored), "0: 1|a\n");
	b = one_op(&r, HOP_OP ";;two", "message");
	attach(&r);
	EXPECT_STR(b->op.state_name, "window_aggregate_2");
	commit(&r);

	reopen(&r);
	one_op(&r, HOP_OP ";;neither", "message");
	EXPECT_EQ(store_rig_attach(&r, &err), -1);
	EXPECT_EQ(err.code, ERR_PLAN_CHANGED);
	EXPECT(strstr(err.message, "window_aggregate_1"));
	EXPECT(strstr(err.message, "window_aggregate_2"));
	store_rig_release(&r);
}

TEST(a_changed_query_is_told_and_nothing_is_lost)
{
	static const char *const changed[][2] = {
		{ HOP_OP ";len(message) > 3;one", "filtered otherwise" },
		{ "window_aggregate;words;message;hop(30s,5s);;one",
		  "has no place in this plan" },
		{ "window_aggregate;words;message,level;hop(60s,5s);;one",
		  "has no place in this plan" },
		{ "group_aggregate;words;message;;;one",
		  "has no place in this plan, and group_aggregate (keys "
		  "message) has no state" },
	};
	struct error err = ERROR_INIT;
	const char **sum_means;
	struct table_def sums;
	struct store_rig_op *a;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	store_rig_put(&r, a, 0, "1|a");
	commit(&r);
	for (unsigned i = 0; i < ARRAY_LEN(changed); i++) {
		reopen(&r);
		one_op(&r, changed[i][0], "message");
		EXPECT_EQ(store_rig_attach(&r, &err), -1);
		EXPECT_EQ(err.code, ERR_PLAN_CHANGED);
		if (!strstr(err.message, changed[i][1]))
			FAIL("%s", err.message);
	}
	reopen(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	sum_means = arena_array(&r.arena, 4, const char *);
	sum_means[3] = "sum(price)";
	sums = *r.tables[1].def;
	sums.column_meanings = sum_means;
	r.tables[1].def = &sums;
	EXPECT_EQ(store_rig_attach(&r, &err), -1);
	EXPECT(strstr(err.message, "it has _panes: count(*) BIGINT"));
	EXPECT(strstr(err.message, "the plan wants _panes: sum(price) BIGINT"));
	reopen(&r);
	a = one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	EXPECT_STR(buf_cstr(&a->restored), "0: 1|a\n");
	store_rig_release(&r);
}

TEST(a_query_may_change_as_long_as_nothing_was_committed)
{
	struct store_rig_op *a;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	one_op(&r, HOP_OP ";;one", "message");
	attach(&r);
	reopen(&r);
	a = one_op(&r, HOP_OP ";x;one", "message");
	attach(&r);
	EXPECT_STR(a->op.state_name, "window_aggregate_2");
	commit(&r);
	EXPECT_STR(store_rig_sql(&r, "SELECT operator FROM v_state"),
		   "window_aggregate_2\n");
	store_rig_release(&r);
}

TEST(a_pipeline_may_be_attached_again_to_the_open_store)
{
	struct store_rig_op *a;
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	a = one_op(&r, HOP_OP, "message");
	attach(&r);
	store_rig_put(&r, a, 0, "1|a");
	commit(&r);
	attach(&r);
	EXPECT_STR(buf_cstr(&a->restored), "0: 1|a\n");
	store_rig_put(&r, a, 0, "2|b");
	commit(&r);
	store_rig_release(&r);
}

/* ---- crashes ---- */

TEST(kill_9_at_any_moment_leaves_a_whole_checkpoint)
{
	struct store_rig r;

	store_rig_init(&r);
	store_rig_open(&r);
	store_rig_close(&r);
	for (int round = 0; round < 5; round++) {
		struct store_rig_op *o;
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			/* Every commit writes its number into 500 rows. */
			store_rig_open(&r);
			o = one_op(&r, HOP_OP, "message");
			attach(&r);
			for (;;) {
				struct batch *b;
				struct snapshot_part *p;

				store_rig_put(&r, o, 1, "0|0|0|0");
				p = r.snap.parts;
				b = p->rows;
				for (uint32_t i = 0; i < 500; i++) {
					b->col[0].i64[i] = i % 7;
					b->col[1].i64[i] = i;
					b->col[2].i64[i] = 1;
					b->col[3].i64[i] =
						(int64_t)r.epoch + 1;
				}
				batch_seal(b, 500);
				commit(&r);
			}
		}
		usleep(60000 + 7000 * (unsigned)round);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		store_rig_open(&r);
		EXPECT(strcmp(store_rig_sql(&r, "SELECT count(DISTINCT n) = 1 AND"
					  " count(*) = 500 AND max(n) ="
					  " (SELECT max(id) FROM checkpoints)"
					  " FROM window_aggregate_1_panes"),
			      "1\n") == 0 ||
		       r.s->epoch == 0);
		store_rig_close(&r);
	}
	store_rig_open(&r);
	EXPECT(r.s->epoch > 5);
	store_rig_release(&r);
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kernels_time.c - time moved by intervals, and written and
 * read by patterns, as Flink 2.3 (java.time) does.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/time_pattern.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

TEST(instants_move_by_intervals)
{
	static const struct eval_case cases[] = {
		{ "ADD:TIMESTAMP(3)(TIMESTAMP(3)'2026-01-02 03:04:05', "
		  "INTERVAL_MS'1500')",
		  "2026-01-02 03:04:06.500" },
		{ "SUB:TIMESTAMP(3)(TIMESTAMP(3)'2026-01-02 03:04:05', "
		  "INTERVAL_MS'86400000')",
		  "2026-01-01 03:04:05.000" },
		{ "ADD:TIMESTAMP(3)(INTERVAL_MS'1', TIMESTAMP(3)'2026-01-02')",
		  "2026-01-02 00:00:00.001" },
		{ "SUB:LTZ(3)(LTZ(3)'1970-01-01', INTERVAL_MS'1')",
		  "1969-12-31 23:59:59.999" },
		{ "ADD:TIMESTAMP(3)(TIMESTAMP(3)'2026-01-31 12:00:00', "
		  "INTERVAL_MONTH'1')",
		  "2026-02-28 12:00:00.000" },
		{ "ADD:TIMESTAMP(3)(INTERVAL_MONTH'1', "
		  "TIMESTAMP(3)'2024-01-31')",
		  "2024-02-29 00:00:00.000" },
		{ "SUB:TIMESTAMP(3)(TIMESTAMP(3)'2024-02-29', "
		  "INTERVAL_MONTH'12')",
		  "2023-02-28 00:00:00.000" },
		{ "ADD:TIMESTAMP(3)(TIMESTAMP(3)~, INTERVAL_MS'1')", "NULL" },
		{ "ADD:TIMESTAMP(3)(TIMESTAMP(3)'2026-01-01', "
		  "INTERVAL_MONTH~)",
		  "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(dates_move_by_whole_days_and_times_go_round)
{
	static const struct eval_case cases[] = {
		{ "ADD:DATE(DATE'2026-01-02', INTERVAL_MS'3600000')",
		  "2026-01-02" },
		{ "SUB:DATE(DATE'2026-01-02', INTERVAL_MS'3600000')",
		  "2026-01-02" },
		{ "ADD:DATE(DATE'2026-01-02', INTERVAL_MS'86400000')",
		  "2026-01-03" },
		{ "SUB:DATE(DATE'1970-01-01', INTERVAL_MS'86400000')",
		  "1969-12-31" },
		{ "ADD:DATE(INTERVAL_MS'86400000', DATE'2026-01-02')",
		  "2026-01-03" },
		{ "ADD:DATE(DATE'2026-01-31', INTERVAL_MONTH'1')",
		  "2026-02-28" },
		{ "SUB:DATE(DATE'2026-03-31', INTERVAL_MONTH'1')",
		  "2026-02-28" },
		{ "ADD:DATE(INTERVAL_MONTH'-1', DATE'1970-01-15')",
		  "1969-12-15" },
		{ "ADD:TIME(TIME'23:00:00', INTERVAL_MS'7200000')",
		  "01:00:00" },
		{ "SUB:TIME(TIME'01:00:00', INTERVAL_MS'7200000')",
		  "23:00:00" },
		{ "SUB:TIME(TIME'01:00:00', INTERVAL_MS'-7200000')",
		  "03:00:00" },
		{ "ADD:TIME(3)(TIME(3)'01:00:00', INTERVAL_MS'172800001')",
		  "01:00:00.001" },
	};

	EVAL_CASES(cases);
}

TEST(to_timestamp_gives_null_for_bad_text)
{
	static const struct eval_case cases[] = {
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-01-02 03:04:05')",
		  "2026-01-02 03:04:05.000" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-01-02 "
		  "03:04:05.9999')",
		  "2026-01-02 03:04:05.999" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-01-02')",
		  "2026-01-02 00:00:00.000" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-02-30 00:00:00')",
		  "2026-02-28 00:00:00.000" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-01-02T03:04:05')",
		  "NULL" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'2026-01-02 03:04:05Z')",
		  "NULL" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING'junk')", "NULL" },
		{ "TO_TIMESTAMP:TIMESTAMP(3)(STRING~)", "NULL" },
	};

	EVAL_CASES(cases);
}

static void
expect_read(const char *text, const char *pattern, const char *want)
{
	struct eval_case c = { .want = want };
	char expr[256];

	snprintf(expr, sizeof(expr),
		 "TO_TIMESTAMP:TIMESTAMP(3)(STRING'%s', STRING'%s')", text,
		 pattern);
	c.expr = expr;
	eval_cases(&c, 1, NULL);
}

TEST(patterns_are_read)
{
	expect_read("2026-01-02 03:04:05", "yyyy-MM-dd HH:mm:ss",
		    "2026-01-02 03:04:05.000");
	expect_read("02/01/2026", "dd/MM/yyyy", "2026-01-02 00:00:00.000");
	expect_read("20260102030405", "yyyyMMddHHmmss",
		    "2026-01-02 03:04:05.000");
	expect_read("20260102030405678", "yyyyMMddHHmmssSSS",
		    "2026-01-02 03:04:05.678");
	expect_read("2026-01-02T03:04:05.678", "yyyy-MM-dd HH:mm:ss", "NULL");
	expect_read("2026-1-2", "yyyy-M-d", "2026-01-02 00:00:00.000");
	expect_read("2026-01-02", "yyyy-M-d", "2026-01-02 00:00:00.000");
	expect_read("2026-1-2", "yyyy-MM-dd", "2026-01-02 00:00:00.000");
	expect_read("26-01-02", "yy-MM-dd", "2026-01-02 00:00:00.000");
	expect_read("26-01-02", "uu-MM-dd", "2026-01-02 00:00:00.000");
	expect_read("2026-01-02 11:04 PM", "yyyy-MM-dd hh:mm a",
		    "2026-01-02 23:04:00.000");
	expect_read("2026-01-02 12:04 AM", "yyyy-MM-dd hh:mm a",
		    "2026-01-02 00:04:00.000");
	expect_read("2026-01-02 13:04 AM", "yyyy-MM-dd hh:mm a", "NULL");
	expect_read("Fri, 02 Jan 2026", "EEE, dd MMM yyyy",
		    "2026-01-02 00:00:00.000");
	expect_read("Thu, 02 Jan 2026", "EEE, dd MMM yyyy", "NULL");
	expect_read("2 January 2026", "d MMMM yyyy", "2026-01-02 00:00:00.000");
	expect_read("2 january 2026", "d MMMM yyyy", "NULL");
	expect_read("2026-02-30", "yyyy-MM-dd", "2026-02-28 00:00:00.000");
	expect_read("2026-02-32", "yyyy-MM-dd", "NULL");
	expect_read("2026-13-01", "yyyy-MM-dd", "NULL");
	expect_read("2026-01-02 24:00:00", "yyyy-MM-dd HH:mm:ss",
		    "2026-01-03 00:00:00.000");
	expect_read("2026-01-02 24:00:01", "yyyy-MM-dd HH:mm:ss",
		    "2026-01-03 00:00:01.000"); /* as JDBC reads it */
	expect_read("2026-01-02 23:60:00", "yyyy-MM-dd HH:mm:ss",
		    "2026-01-03 00:00:00.000");
	expect_read("2026-032", "yyyy-DDD", "2026-02-01 00:00:00.000");
	expect_read("2026-366", "yyyy-DDD", "NULL");
	expect_read("2024-366", "yyyy-DDD", "2024-12-31 00:00:00.000");
	expect_read("03:04", "HH:mm", "1970-01-01 03:04:00.000");
	expect_read("2026", "yyyy", "2026-01-01 00:00:00.000");
	expect_read("2026 ", "yyyy", "NULL");
	expect_read("", "yyyy", "NULL");
	expect_read("12026", "yyyy", "NULL");
	expect_read("2026-01-02 03:04:05.5", "yyyy-MM-dd HH:mm:ss.S",
		    "2026-01-02 03:04:05.500");
	expect_read("2026-01-02 03:04:05.678912", "yyyy-MM-dd HH:mm:ss.SSSSSS",
		    "2026-01-02 03:04:05.678");
	expect_read("2026-01-02", "yyyy-MM-dd[ HH:mm]",
		    "2026-01-02 00:00:00.000");
	expect_read("2026-01-02 03:04", "yyyy-MM-dd[ HH:mm]",
		    "2026-01-02 03:04:00.000");
	expect_read("2026-01-02 x", "yyyy-MM-dd[ HH:mm]", "NULL");
	expect_read("0044-03-15 BC", "yyyy-MM-dd G", "-0043-03-15 00:00:00.000");
	expect_read("x", "Q", "!invalid_argument");
	expect_read("2026", "yyyy-TT", "!invalid_argument");
	expect_read("2026", "{yyyy}", "!invalid_argument");
}

TEST(quotes_in_patterns_are_text)
{
	struct arena a;
	const struct time_pattern *p;
	int64_t us;

	arena_init(&a);
	p = time_pattern_create("yyyy-MM-dd'T'HH:mm", 18, &a);
	EXPECT(p->problem == NULL);
	EXPECT(time_pattern_parse(p, "2026-01-02T03:04", 16, &us));
	EXPECT_EQ(us, INT64_C(1767323040) * US_PER_SECOND);
	EXPECT(!time_pattern_parse(p, "2026-01-02 03:04", 16, &us));
	p = time_pattern_create("HH 'o''clock'", 13, &a);
	EXPECT(p->problem == NULL);
	EXPECT(time_pattern_parse(p, "03 o'clock", 10, &us));
	p = time_pattern_create("HH''mm", 6, &a);
	EXPECT(time_pattern_parse(p, "03'04", 5, &us));
	p = time_pattern_create("HH 'x", 5, &a);
	EXPECT_STR(p->problem, "no end of text after ''' in the format 'HH 'x'");
	p = time_pattern_create("HH]", 3, &a);
	EXPECT(p->problem != NULL);
	p = time_pattern_create("[[[[[[[[[[[[[[[[[[[[[[[[", 24, &a);
	EXPECT(p->problem != NULL);
	arena_release(&a);
}

static void
expect_written(const char *when, const char *pattern, const char *want)
{
	struct eval_case c = { .want = want };
	char expr[256];

	snprintf(expr, sizeof(expr),
		 "DATE_FORMAT:STRING(TIMESTAMP(6)'%s', STRING'%s')", when,
		 pattern);
	c.expr = expr;
	eval_cases(&c, 1, NULL);
}

TEST(patterns_are_written)
{
	static const char when[] = "2026-01-23 15:04:05.678";

	expect_written(when, "yyyy-MM-dd HH:mm:ss", "2026-01-23 15:04:05");
	expect_written(when, "yyyy/MM/dd HH:mm", "2026/01/23 15:04");
	expect_written(when, "u uu uuuu", "2026 26 2026");
	expect_written(when, "y yy yyyy yyyyy", "2026 26 2026 02026");
	expect_written(when, "M MM MMM MMMM MMMMM", "1 01 Jan January J");
	expect_written(when, "d dd D DDD", "23 23 23 023");
	expect_written(when, "H HH h hh k kk K KK", "15 15 3 03 15 15 3 03");
	expect_written(when, "m mm s ss", "4 04 5 05");
	expect_written(when, "S SSS SSSSSS SSSSSSSSS",
		       "6 678 678000 678000000");
	expect_written(when, "a", "PM");
	expect_written(when, "E EEEE EEEEE", "Fri Friday F");
	expect_written(when, "e ee eee eeee c", "6 06 Fri Friday 6");
	expect_written(when, "Q QQ QQQ QQQQ", "1 01 Q1 1st quarter");
	expect_written(when, "F", "4");
	expect_written(when, "w ww W", "4 04 4");
	expect_written(when, "G GGGG", "AD Anno Domini");
	expect_written(when, "A n N", "54245678 678000000 54245678000000");
	expect_written(when, "[HH]:[mm]", "15:04");
	expect_written(when, "HH h", "15 3");
	expect_written("2026-01-04 00:00:00", "e a k K h", "1 AM 24 0 12");
	expect_written("2027-01-01 00:00:00", "YYYY w", "2027 1");
	expect_written("2026-12-27 00:00:00", "YYYY w", "2027 1");
	expect_written("2026-12-26 00:00:00", "YYYY w", "2026 52");
	expect_written("2022-01-01 00:00:00", "YYYY w", "2022 1");
	expect_written("1969-12-31 23:59:59.5", "yyyy ss.SSS", "1969 59.500");
	expect_written(when, "yyyy T", "!invalid_argument");
	expect_written(when, "XXX", "!invalid_argument");
	expect_written(when, "z", "!invalid_argument");
	expect_written(when, "HHH", "!invalid_argument");
	expect_written(when, "", "");
}

TEST(date_format_takes_text_and_local_time)
{
	static const struct eval_case cases[] = {
		{ "DATE_FORMAT:STRING(STRING'2026-01-02 03:04:05', "
		  "STRING'yyyy')",
		  "2026" },
		{ "DATE_FORMAT:STRING(STRING'junk', STRING'yyyy')", "NULL" },
		{ "DATE_FORMAT:STRING(STRING~, STRING'yyyy')", "NULL" },
		{ "DATE_FORMAT:STRING(LTZ(3)'2026-01-02 03:04:05', "
		  "STRING'HH')",
		  "03" },
	};
	static const struct eval_case local[] = {
		{ "DATE_FORMAT:STRING(LTZ(3)'2026-01-02 03:04:05', "
		  "STRING'HH')",
		  "04" },
		{ "DATE_FORMAT:STRING(TIMESTAMP(3)'2026-01-02 03:04:05', "
		  "STRING'HH')",
		  "03" },
	};
	const struct zone *east = zone_get("+01:00");

	EVAL_CASES(cases);
	EXPECT(east != NULL);
	eval_cases(local, ARRAY_LEN(local), east);
}

TEST(numbers_become_instants)
{
	static const struct eval_case cases[] = {
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'1767322800', INT'0')",
		  "2026-01-02 03:00:00.000" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'1767322800123', INT'3')",
		  "2026-01-02 03:00:00.123" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'1767322800123')",
		  "2026-01-02 03:00:00.123" },
		{ "TO_TIMESTAMP_LTZ:LTZ(6)(BIGINT'1767322800123456', INT'6')",
		  "2026-01-02 03:00:00.123456" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'17673228001', INT'1')",
		  "2026-01-02 03:00:00.100" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(INT'-1', INT'0')",
		  "1969-12-31 23:59:59.000" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'9223372036854775807', "
		  "INT'0')",
		  "!out_of_range" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'1', INT'7')",
		  "!invalid_argument" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT'1', INT'-1')",
		  "!invalid_argument" },
		{ "TO_TIMESTAMP_LTZ:LTZ(3)(BIGINT~, INT'0')", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(what_a_full_pattern_writes_it_reads_again)
{
	static const char *const patterns[] = {
		"yyyy-MM-dd HH:mm:ss.SSSSSS",
		"uuuuMMddHHmmssSSSSSS",
		"EEEE, d MMMM yyyy G hh:mm:ss.SSSSSS a",
		"D/u kk.m.s n",
		"y-M-d'T'H:m:s[.SSSSSS]",
	};
	struct arena a;
	struct buf out;

	arena_init(&a);
	buf_init(&out);
	for (uint64_t i = 0; i < 5000; i++) {
		const char *text = patterns[i % ARRAY_LEN(patterns)];
		const struct time_pattern *p =
			time_pattern_create(text, strlen(text), &a);
		int64_t range = INT64_C(8000) * 365 * US_PER_DAY, back = 0;
		int64_t us = (int64_t)(hash_u64(i, 7) % (uint64_t)range) -
			     range / 5;

		EXPECT(p->problem == NULL);
		buf_clear(&out);
		time_pattern_format(p, us, &out);
		if (!time_pattern_parse(p, out.data, out.len, &back) ||
		    back != us)
			FAIL("%s: %s", text, buf_cstr(&out));
	}
	buf_release(&out);
	arena_release(&a);
}

/* Nothing to compare with: the sanitizers watch. */
TEST(random_patterns_and_texts_do_no_harm)
{
	static const char letters[] = "yyMMddHHmmssSSSaEeDGQLwWFYukKhnNAc''[]"
				      "-: .T{#z";
	char pattern[24], text[24];
	struct arena a;
	struct buf out;
	int64_t us;

	arena_init(&a);
	buf_init(&out);
	for (uint64_t i = 0; i < 20000; i++) {
		size_t n = hash_u64(i, 1) % sizeof(pattern);
		const struct time_pattern *p;

		for (size_t k = 0; k < n; k++) {
			uint64_t r = hash_u64(i * 64 + k, 2);

			pattern[k] = letters[r % (sizeof(letters) - 1)];
			text[k] = "0123456789-:.AJaP "[(r >> 32) % 18];
		}
		p = time_pattern_create(pattern, n, &a);
		if (p->problem)
			continue;
		buf_clear(&out);
		time_pattern_format(p, (int64_t)hash_u64(i, 3) / 4, &out);
		time_pattern_parse(p, out.data, out.len, &us);
		time_pattern_parse(p, text, n, &us);
		if (i % 256 == 0)
			arena_clear(&a);
	}
	buf_release(&out);
	arena_release(&a);
}

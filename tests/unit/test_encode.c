/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_encode.c - rows as JSON, byte for byte as Flink 2.3 wrote
 * them when it was asked.
 */
#include <math.h>

#include "format_rig.h"
#include "test.h"

static struct type
type_with(uint8_t kind, uint8_t precision, uint8_t scale)
{
	return (struct type){ .kind = kind, .nullable = true,
			      .precision = precision, .scale = scale,
			      .length = TYPE_LENGTH_MAX };
}

struct encode_case {
	uint8_t kind;
	uint8_t precision, scale;
	struct value value;
	const char *want;
};

#define I(v) { .i64 = (v) }
#define F(v) { .f64 = (v) }
#define TEXT(s) { .str = { .len = UINT32_MAX, .ptr = (s) } }
/* 2026-01-02 03:04:05 */
#define INSTANT INT64_C(1767323045000000)

static const struct encode_case cases[] = {
	{ TYPE_BOOLEAN, 0, 0, I(1), "true" },
	{ TYPE_BOOLEAN, 0, 0, I(0), "false" },
	{ TYPE_TINYINT, 0, 0, I(-5), "-5" },
	{ TYPE_INT, 0, 0, I(0), "0" },
	{ TYPE_BIGINT, 0, 0, I(INT64_MIN), "-9223372036854775808" },
	{ TYPE_BIGINT, 0, 0, I(INT64_MAX), "9223372036854775807" },
	{ TYPE_FLOAT, 0, 0, F(1.5), "1.5" },
	{ TYPE_FLOAT, 0, 0, F(0.1f), "0.1" },
	{ TYPE_FLOAT, 0, 0, F(16777216), "1.6777216E7" },
	{ TYPE_DOUBLE, 0, 0, F(1e10), "1.0E10" },
	{ TYPE_DOUBLE, 0, 0, F(1), "1.0" },
	{ TYPE_DOUBLE, 0, 0, F(1e-5), "1.0E-5" },
	{ TYPE_DOUBLE, 0, 0, F(0.001), "0.001" },
	{ TYPE_DOUBLE, 0, 0, F(123456789012.0), "1.23456789012E11" },
	{ TYPE_DOUBLE, 0, 0, F(-0.0), "-0.0" },
	{ TYPE_DOUBLE, 0, 0, F(NAN), "\"NaN\"" },
	{ TYPE_DOUBLE, 0, 0, F(INFINITY), "\"Infinity\"" },
	{ TYPE_DOUBLE, 0, 0, F(-INFINITY), "\"-Infinity\"" },
	{ TYPE_DECIMAL, 10, 4, I(125000), "12.5" },
	{ TYPE_DECIMAL, 10, 0, I(100), "1E+2" },
	{ TYPE_DECIMAL, 18, 11, I(1), "1E-11" },
	{ TYPE_DECIMAL, 10, 2, I(0), "0" },
	{ TYPE_DECIMAL, 10, 2, I(-150), "-1.5" },
	{ TYPE_DECIMAL, 38, 20, I(150), "1.5E-18" },
	{ TYPE_VARCHAR, 0, 0, TEXT(""), "\"\"" },
	{ TYPE_CHAR, 0, 0, TEXT("ab   "), "\"ab   \"" },
	{ TYPE_VARCHAR, 0, 0, TEXT("q\"\\/\xc3\xa9\xf0\x9f\x98\x80<\1\n"),
	  "\"q\\\"\\\\/\xc3\xa9\\uD83D\\uDE00<\\u0001\\n\"" },
	{ TYPE_VARBINARY, 0, 0, TEXT("hi"), "\"aGk=\"" },
	{ TYPE_VARBINARY, 0, 0, TEXT("h"), "\"aA==\"" },
	{ TYPE_VARBINARY, 0, 0, TEXT("abc"), "\"YWJj\"" },
	{ TYPE_VARBINARY, 0, 0, TEXT(""), "\"\"" },
	{ TYPE_DATE, 0, 0, I(20455), "\"2026-01-02\"" },
	{ TYPE_TIME, 0, 0, I(11045000), "\"03:04:05\"" },
	{ TYPE_TIME, 3, 0, I(11045678), "\"03:04:05.678\"" },
	{ TYPE_TIME, 3, 0, I(11045600), "\"03:04:05.6\"" },
	{ TYPE_TIMESTAMP, 3, 0, I(INSTANT), "\"2026-01-02 03:04:05\"" },
	{ TYPE_TIMESTAMP, 3, 0, I(INSTANT + 120000),
	  "\"2026-01-02 03:04:05.12\"" },
	{ TYPE_TIMESTAMP, 6, 0, I(INSTANT + 123456),
	  "\"2026-01-02 03:04:05.123456\"" },
	{ TYPE_TIMESTAMP, 3, 0, I(INSTANT - 5000000),
	  "\"2026-01-02 03:04:00\"" },
	{ TYPE_TIMESTAMP, 3, 0, I(-500000), "\"1969-12-31 23:59:59.5\"" },
	{ TYPE_TIMESTAMP_LTZ, 3, 0, I(INSTANT), "\"2026-01-02 03:04:05Z\"" },
};

static struct value
case_value(const struct encode_case *k)
{
	struct value v = k->value;

	if (k->kind >= TYPE_CHAR && k->kind <= TYPE_VARBINARY)
		v = value_text_of(k->value.str.ptr);
	return v;
}

TEST(values_are_written_as_flink_writes_them)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct encode_case *k = &cases[i];
		struct format_column col = {
			"f", type_with(k->kind, k->precision, k->scale)
		};
		struct format_rig *r = format_rig_open("json", 1, &col, NULL);
		struct value v = case_value(k);
		char want[128];

		format_rig_values(r, &v);
		snprintf(want, sizeof(want), "{\"f\":%s}", k->want);
		EXPECT_STR(format_rig_encode(r), want);
		/* again: instants come from the cache now */
		EXPECT_STR(format_rig_encode(r), want);
		buf_clear(&r->text);
		json_row(&r->text, r->batch, 0);
		if (k->kind != TYPE_DECIMAL)
			EXPECT_STR(buf_cstr(&r->text), want);
		format_rig_close(r);
	}
}

static const struct format_column abc[] = {
	{ "a", { .kind = TYPE_INT, .nullable = true } },
	{ "b", { .kind = TYPE_INT, .nullable = true } },
	{ "c \"q\"", { .kind = TYPE_INT, .nullable = true } },
};

TEST(rows_that_are_shown_keep_the_scale_of_decimals)
{
	struct format_column col = { "f", type_with(TYPE_DECIMAL, 10, 2) };
	struct format_rig *r = format_rig_open("json", 1, &col, NULL);
	struct value v = { .i128 = 10000 };

	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "{\"f\":1E+2}");
	buf_clear(&r->text);
	json_row(&r->text, r->batch, 0);
	EXPECT_STR(buf_cstr(&r->text), "{\"f\":100.00}");
	format_rig_close(r);
}

TEST(null_fields_are_written_or_left_out)
{
	const char *options[] = { "encode.ignore-null-fields", "true", NULL };
	struct value values[] = { value_none(), value_i64(1), value_none() };
	struct value nothing[] = { value_none(), value_none(), value_none() };
	struct format_rig *r = format_rig_open("json", 3, abc, NULL);

	format_rig_values(r, values);
	EXPECT_STR(format_rig_encode(r),
		   "{\"a\":null,\"b\":1,\"c \\\"q\\\"\":null}");
	format_rig_close(r);
	r = format_rig_open("json", 3, abc, options);
	format_rig_values(r, values);
	EXPECT_STR(format_rig_encode(r), "{\"b\":1}");
	format_rig_values(r, nothing);
	EXPECT_STR(format_rig_encode(r), "{}");
	format_rig_close(r);
}

TEST(decimals_may_be_plain)
{
	const char *options[] = { "encode.decimal-as-plain-number", "true",
				  NULL };
	struct format_column col = { "f", type_with(TYPE_DECIMAL, 10, 4) };
	struct format_rig *r = format_rig_open("json", 1, &col, options);
	struct value v = value_i64(125000);

	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "{\"f\":12.5000}");
	v = value_i64(1000000);
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "{\"f\":100.0000}");
	format_rig_close(r);
}

TEST(iso_8601_writes_a_t)
{
	const char *options[] = { "timestamp-format.standard", "ISO-8601",
				  NULL };
	const struct format_column cols[] = {
		{ "t", type_with(TYPE_TIMESTAMP, 3, 0) },
		{ "l", type_with(TYPE_TIMESTAMP_LTZ, 3, 0) },
	};
	struct value values[] = { value_i64(INSTANT), value_i64(INSTANT) };
	struct format_rig *r = format_rig_open("json", 2, cols, options);

	format_rig_values(r, values);
	EXPECT_STR(format_rig_encode(r), "{\"t\":\"2026-01-02T03:04:05\","
					 "\"l\":\"2026-01-02T03:04:05Z\"}");
	format_rig_close(r);
}

TEST(each_row_has_its_own_instant)
{
	struct format_column col = { "t", type_with(TYPE_TIMESTAMP, 3, 0) };
	struct format_rig *r = format_rig_open("json", 1, &col, NULL);

	for (int64_t s = 0; s < 4; s++) {
		struct value v = value_i64((s / 2) * 60000000);

		format_rig_values(r, &v);
		EXPECT_STR(format_rig_encode(r),
			   s / 2 ? "{\"t\":\"1970-01-01 00:01:00\"}"
				 : "{\"t\":\"1970-01-01 00:00:00\"}");
	}
	format_rig_close(r);
}

TEST(intervals_can_be_shown_but_not_stored)
{
	struct format_column col = { "i", TYPE_OF(TYPE_INTERVAL_MS) };
	struct format_rig *r = format_rig_open("json", 1, &col, NULL);
	struct value v = value_i64(93784567);

	EXPECT(!r->encoder);
	EXPECT(!r->decoder);
	format_rig_values(r, &v);
	json_value(&r->text, &r->batch->col[0], 0, col.type);
	EXPECT_STR(buf_cstr(&r->text), "\"+1 02:03:04.567\"");
	format_rig_close(r);
}

/* What is written can be read again, and is the same. */
TEST(encoded_rows_decode_to_themselves)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct encode_case *k = &cases[i];
		struct format_column col = {
			"f", type_with(k->kind, k->precision, k->scale)
		};
		struct format_rig *r = format_rig_open("json", 1, &col, NULL);
		struct value v = case_value(k);
		char *text;

		format_rig_values(r, &v);
		text = mem_strdup(format_rig_encode(r));
		format_rig_one(r, text);
		EXPECT_EQ(r->result->outcome[0], DECODE_OK);
		EXPECT_STR(format_rig_encode(r), text);
		free(text);
		format_rig_close(r);
	}
}

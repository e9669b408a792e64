/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_raw.c - records whose bytes are the value.
 */
#include "format_rig.h"
#include "test.h"

static struct format_rig *
rig_of(struct type t, bool little)
{
	const char *options[] = { "endianness", "little-endian", NULL };
	struct format_column col = { "f", t };

	return format_rig_open("raw", 1, &col, little ? options : NULL);
}

TEST(text_is_the_record_itself)
{
	struct format_rig *r = rig_of(TYPE_STRING_OF, false);

	EXPECT_STR(format_rig_one(r, "a"), "a");
	EXPECT_STR(format_rig_one(r, ""), "");
	EXPECT_STR(format_rig_one(r, " more than twelve bytes \n"),
		   " more than twelve bytes \n");
	EXPECT_STR(format_rig_one(r, NULL), "NULL");
	EXPECT_STR(format_rig_one(r, "\xc3\xa9"), "\xc3\xa9");
	EXPECT_STR(format_rig_one(r, "\xc3"), "BAD invalid_utf8 f: -");
	format_rig_bytes(r, "a\0b", 3);
	EXPECT_EQ(r->batch->col[0].str[0].len, 3);
	EXPECT(r->decoder->type->tombstone_is_row);
	format_rig_close(r);
}

TEST(long_texts_stay_in_the_record)
{
	struct format_rig *r = rig_of(TYPE_STRING_OF, false);

	format_rig_one(r, "more than twelve bytes");
	EXPECT(r->batch->col[0].str[0].ptr == r->records[0].value);
	format_rig_close(r);
}

TEST(bad_text_among_good_keeps_its_place)
{
	struct format_rig *r = rig_of(TYPE_STRING_OF, false);
	uint16_t sel[] = { 0, 2, 3 };

	format_rig_add(r, "a", 1);
	format_rig_add(r, "\xff", 1);
	format_rig_add(r, NULL, 0);
	format_rig_add(r, "d", 1);
	format_rig_decode(r, NULL, 4, NULL);
	EXPECT_STR(format_rig_row(r, 0), "a");
	EXPECT_STR(format_rig_row(r, 1), "BAD invalid_utf8 f: -");
	EXPECT_STR(format_rig_row(r, 2), "NULL");
	EXPECT_STR(format_rig_row(r, 3), "d");
	EXPECT_EQ(r->result->nerrors, 1);
	format_rig_decode(r, sel, 3, NULL);
	EXPECT_EQ(r->result->nerrors, 0);
	EXPECT_EQ(r->result->outcome[1], 0xee);
	EXPECT_STR(format_rig_row(r, 3), "d");
	format_rig_close(r);
}

struct number_case {
	uint8_t kind;
	const char *bytes; /* big-endian */
	unsigned n;
	const char *want;
};

static const struct number_case number_cases[] = {
	{ TYPE_BOOLEAN, "\1", 1, "TRUE" },
	{ TYPE_BOOLEAN, "\0", 1, "FALSE" },
	{ TYPE_TINYINT, "\xff", 1, "-1" },
	{ TYPE_SMALLINT, "\x80\x01", 2, "-32767" },
	{ TYPE_INT, "\0\0\1\2", 4, "258" },
	{ TYPE_INT, "\xff\xff\xff\xfe", 4, "-2" },
	{ TYPE_BIGINT, "\0\0\0\1\0\0\0\2", 8, "4294967298" },
	{ TYPE_BIGINT, "\x80\0\0\0\0\0\0\0", 8, "-9223372036854775808" },
	{ TYPE_FLOAT, "\x3d\xcc\xcc\xcd", 4, "0.1" },
	{ TYPE_DOUBLE, "\xbf\xf8\0\0\0\0\0\0", 8, "-1.5" },
};

static void
reverse(const char *in, unsigned n, char *out)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = in[n - 1 - i];
}

TEST(numbers_have_fixed_width_in_either_order)
{
	for (size_t i = 0; i < ARRAY_LEN(number_cases); i++) {
		const struct number_case *k = &number_cases[i];
		struct format_rig *big = rig_of(TYPE_OF(k->kind), false);
		struct format_rig *little = rig_of(TYPE_OF(k->kind), true);
		char reversed[8];

		reverse(k->bytes, k->n, reversed);
		EXPECT_STR(format_rig_bytes(big, k->bytes, k->n), k->want);
		EXPECT(memcmp(format_rig_encode(big), k->bytes, k->n) == 0);
		EXPECT_EQ(big->text.len, k->n);
		EXPECT_STR(format_rig_bytes(little, reversed, k->n), k->want);
		EXPECT(memcmp(format_rig_encode(little), reversed, k->n) == 0);
		EXPECT_STR(format_rig_one(big, NULL), "NULL");
		EXPECT_STR(format_rig_encode(big), "NULL");
		format_rig_close(big);
		format_rig_close(little);
	}
}

TEST(a_number_of_another_size_is_a_bad_field)
{
	struct format_rig *r = rig_of(TYPE_OF(TYPE_INT), false);

	EXPECT_STR(format_rig_one(r, "abc"), "BAD invalid_field f: INT needs 4"
					     " bytes, the record has 3");
	EXPECT_STR(format_rig_one(r, ""), "BAD invalid_field f: INT needs 4"
					  " bytes, the record has 0");
	format_rig_close(r);
}

TEST(text_and_bytes_are_written_as_they_are)
{
	struct type bytes = { .kind = TYPE_VARBINARY, .nullable = true,
			      .length = TYPE_LENGTH_MAX };
	struct format_rig *r = rig_of(bytes, false);
	struct value v = { .str = str_ref("\xff\0\1", 3) };

	format_rig_bytes(r, "\xff\xfe", 2);
	EXPECT_EQ(r->result->outcome[0], DECODE_OK);
	format_rig_values(r, &v);
	EXPECT(memcmp(format_rig_encode(r), "\xff\0\1", 3) == 0);
	v = value_text_of("");
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "");
	v = value_none();
	format_rig_values(r, &v);
	EXPECT_STR(format_rig_encode(r), "NULL");
	format_rig_close(r);
}

TEST(raw_takes_one_column_that_it_can_hold)
{
	const struct format_column two[] = { { "a", TYPE_STRING_OF },
					     { "b", TYPE_STRING_OF } };
	struct format_column date = { "d", TYPE_OF(TYPE_DATE) };
	struct format_rig *r = format_rig_open("raw", 2, two, NULL);

	EXPECT(!r->decoder);
	EXPECT(!r->encoder);
	EXPECT_STR(r->err.message, "format 'raw' takes exactly one column, the"
				   " table has 2");
	format_rig_close(r);
	r = format_rig_open("raw", 1, &date, NULL);
	EXPECT(!r->decoder);
	EXPECT_STR(r->err.message, "format 'raw' cannot hold DATE");
	format_rig_close(r);
}

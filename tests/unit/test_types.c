/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_types.c - types by name, shape and family.
 */
#include "base/types.h"

#include "base/arena.h"
#include "tests/unit/test.h"

static void
expect_name(struct type t, const char *want)
{
	char out[TYPE_NAME_MAX];

	EXPECT_STR(type_name(t, out), want);
}

static struct type
of_length(unsigned kind, uint32_t length)
{
	struct type t = TYPE_OF(kind);

	t.length = length;
	return t;
}

static struct type
not_null(struct type t)
{
	t.nullable = false;
	return t;
}

TEST(types_are_named_as_flink_prints_them)
{
	expect_name(TYPE_OF(TYPE_BOOLEAN), "BOOLEAN");
	expect_name(not_null(TYPE_OF(TYPE_BIGINT)), "BIGINT NOT NULL");
	expect_name(not_null(type_decimal(10, 2)), "DECIMAL(10, 2) NOT NULL");
	expect_name(type_decimal(38, 0), "DECIMAL(38, 0)");
	expect_name(TYPE_STRING_OF, "STRING");
	expect_name(of_length(TYPE_VARCHAR, 3), "VARCHAR(3)");
	expect_name(of_length(TYPE_CHAR, 1), "CHAR(1)");
	expect_name(of_length(TYPE_VARBINARY, TYPE_LENGTH_MAX), "BYTES");
	expect_name(of_length(TYPE_BINARY, 4), "BINARY(4)");
	expect_name(TYPE_OF(TYPE_TIME), "TIME(0)");
	expect_name(type_timestamp(3), "TIMESTAMP(3)");
	expect_name(not_null(type_timestamp_ltz(6)),
		    "TIMESTAMP_LTZ(6) NOT NULL");
	expect_name(not_null(of_length(TYPE_VARBINARY, TYPE_LENGTH_MAX - 1)),
		    "VARBINARY(2147483646) NOT NULL");
	expect_name(TYPE_OF(TYPE_INTERVAL_MONTH), "INTERVAL MONTH");
	expect_name(not_null(TYPE_OF(TYPE_NULL)), "NULL");
}

static struct type
address_type(struct arena *a)
{
	struct type_field fields[] = {
		{ "street", TYPE_STRING_OF },
		{ "a`b", not_null(TYPE_OF(TYPE_INT)) },
	};

	return type_row(a, 2, fields);
}

TEST(nested_types_are_named_as_flink_prints_them)
{
	struct arena a = { 0 };
	struct type row = address_type(&a);

	expect_name(type_array(&a, TYPE_OF(TYPE_INT)), "ARRAY<INT>");
	expect_name(not_null(type_array(&a, not_null(TYPE_OF(TYPE_INT)))),
		    "ARRAY<INT NOT NULL> NOT NULL");
	expect_name(type_map(&a, TYPE_STRING_OF, type_decimal(10, 2)),
		    "MAP<STRING, DECIMAL(10, 2)>");
	expect_name(type_multiset(&a, TYPE_STRING_OF), "MULTISET<STRING>");
	expect_name(row, "ROW<`street` STRING, `a``b` INT NOT NULL>");
	expect_name(type_array(&a, type_array(&a, row)),
		    "ARRAY<ARRAY<ROW<`street` STRING, `a``b` INT NOT NULL>>>");
	arena_release(&a);
}

TEST(a_name_too_long_for_a_message_is_cut_and_its_text_is_not)
{
	struct arena a = { 0 };
	struct type t = address_type(&a);
	char out[TYPE_NAME_MAX];

	t = type_map(&a, type_map(&a, t, t), type_map(&a, t, t));
	type_name(t, out);
	EXPECT_EQ(strlen(out), TYPE_NAME_MAX - 1);
	EXPECT_STR(out + strlen(out) - 3, "...");
	EXPECT_EQ(strlen(type_string(t, &a)), 185);
	arena_release(&a);
}

TEST(nested_types_are_equal_by_fields_and_names)
{
	struct arena a = { 0 }, b = { 0 };
	struct type row = address_type(&a), copy = type_copy(&b, row);
	struct type_field other[] = { { "street", TYPE_STRING_OF },
				      { "b", TYPE_OF(TYPE_INT) } };

	EXPECT(type_equal(row, copy));
	EXPECT(row.fields != copy.fields);
	EXPECT(row.fields[0].name != copy.fields[0].name);
	EXPECT(!type_equal(row, type_row(&a, 2, other)));
	EXPECT(!type_equal(row, type_row(&a, 1, other)));
	EXPECT(type_equal(type_array(&a, TYPE_OF(TYPE_INT)),
			  type_array(&b, not_null(TYPE_OF(TYPE_INT)))));
	EXPECT(!type_equal(type_array(&a, TYPE_OF(TYPE_INT)),
			   type_array(&b, TYPE_OF(TYPE_BIGINT))));
	EXPECT(!type_equal(type_array(&a, TYPE_OF(TYPE_INT)),
			   type_multiset(&b, TYPE_OF(TYPE_INT))));
	EXPECT_EQ(type_field_find(row, "a`b"), 1);
	EXPECT_EQ(type_field_find(row, "A"), -1);
	EXPECT_EQ(type_depth(type_array(&a, row)), 3);
	EXPECT_EQ(type_depth(TYPE_STRING_OF), 1);
	arena_release(&a);
	arena_release(&b);
}

TEST(every_kind_has_a_name_and_a_shape)
{
	struct type_field fields[2] = { { "k", TYPE_OF(TYPE_INT) },
					{ "v", TYPE_OF(TYPE_INT) } };

	for (unsigned kind = 0; kind < TYPE_COUNT; kind++) {
		struct type t = TYPE_OF((uint8_t)kind);
		char out[TYPE_NAME_MAX];

		t.fields = fields;
		EXPECT(strlen(type_name(t, out)) >= 3);
		EXPECT(phys_bytes(phys_of(t)) >= 1);
	}
}

TEST(decimals_are_wide_from_19_digits_on)
{
	EXPECT_EQ(phys_of(type_decimal(18, 0)), PHYS_I64);
	EXPECT_EQ(phys_of(type_decimal(19, 0)), PHYS_I128);
	EXPECT_EQ(phys_bytes(PHYS_U8), 1);
	EXPECT_EQ(phys_bytes(PHYS_I64), 8);
	EXPECT_EQ(phys_bytes(PHYS_I128), 16);
	EXPECT_EQ(phys_bytes(PHYS_F64), 8);
	EXPECT_EQ(phys_bytes(PHYS_STR), 16);
}

TEST(types_are_equal_by_what_matters_to_them)
{
	EXPECT(type_equal(type_decimal(10, 2), not_null(type_decimal(10, 2))));
	EXPECT(!type_equal(type_decimal(10, 2), type_decimal(10, 3)));
	EXPECT(!type_equal(type_decimal(10, 2), type_decimal(11, 2)));
	EXPECT(!type_equal(TYPE_STRING_OF, of_length(TYPE_VARCHAR, 3)));
	EXPECT(!type_equal(of_length(TYPE_CHAR, 3),
			   of_length(TYPE_VARCHAR, 3)));
	EXPECT(!type_equal(type_timestamp(3), type_timestamp_ltz(3)));
	EXPECT(!type_equal(type_timestamp(3), type_timestamp(6)));
	/* a length says nothing about an INT */
	EXPECT(type_equal(of_length(TYPE_INT, 7), TYPE_OF(TYPE_INT)));
}

TEST(integers_as_decimals_hold_all_their_values)
{
	EXPECT(type_equal(type_as_decimal(TYPE_OF(TYPE_TINYINT)),
			  type_decimal(3, 0)));
	EXPECT(type_equal(type_as_decimal(TYPE_OF(TYPE_SMALLINT)),
			  type_decimal(5, 0)));
	EXPECT(type_equal(type_as_decimal(TYPE_OF(TYPE_INT)),
			  type_decimal(10, 0)));
	EXPECT(type_equal(type_as_decimal(TYPE_OF(TYPE_BIGINT)),
			  type_decimal(19, 0)));
	EXPECT(!type_as_decimal(not_null(TYPE_OF(TYPE_INT))).nullable);
	EXPECT(type_equal(type_as_decimal(type_decimal(7, 3)),
			  type_decimal(7, 3)));
}

TEST(families_are_what_their_names_say)
{
	EXPECT(type_is_integer(TYPE_OF(TYPE_TINYINT)));
	EXPECT(!type_is_integer(type_decimal(5, 0)));
	EXPECT(type_is_exact(type_decimal(5, 0)));
	EXPECT(!type_is_exact(TYPE_OF(TYPE_FLOAT)));
	EXPECT(type_is_numeric(TYPE_OF(TYPE_FLOAT)));
	EXPECT(!type_is_numeric(TYPE_STRING_OF));
	EXPECT(!type_is_numeric(TYPE_OF(TYPE_DATE)));
	EXPECT(type_is_text(TYPE_OF(TYPE_CHAR)));
	EXPECT(!type_is_text(TYPE_OF(TYPE_BINARY)));
	EXPECT(type_is_binary(TYPE_OF(TYPE_VARBINARY)));
	EXPECT(type_is_instant(type_timestamp_ltz(0)));
	EXPECT(!type_is_instant(TYPE_OF(TYPE_DATE)));
	EXPECT(type_is_interval(TYPE_OF(TYPE_INTERVAL_MS)));
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_nested.c - nested values: what goes in comes out, equal
 * values are equal bytes, and damaged bytes are told from sound ones.
 */
#include "base/nested.h"

#include "base/arena.h"
#include "tests/unit/nested_rig.h"
#include "tests/unit/test.h"

static struct value
i64(int64_t v)
{
	return (struct value){ .i64 = v };
}

static struct value
f64(double v)
{
	return (struct value){ .f64 = v };
}

static struct value
text(const char *s)
{
	return (struct value){ .str = str_ref(s, (uint32_t)strlen(s)) };
}

static const struct value null = { .is_null = true };

static bool
same_bytes(struct str a, struct str b)
{
	return str_eq(&a, &b);
}

/* ---- arrays and rows ---- */

TEST(an_array_gives_back_its_elements)
{
	struct arena a = { 0 };
	struct type t = type_array(&a, TYPE_OF(TYPE_INT));
	struct value items[] = { i64(1), null, i64(-3) };
	struct nested v;
	struct str s;

	EXPECT(nested_make(&a, t, 3, items, &s));
	nested_open(&s, &v);
	EXPECT_EQ(v.n, 3);
	EXPECT_EQ(nested_get(&v, 0, type_element(t)).i64, 1);
	EXPECT(nested_get(&v, 1, type_element(t)).is_null);
	EXPECT(nested_is_null(&v, 1));
	EXPECT_EQ(nested_get(&v, 2, type_element(t)).i64, -3);
	EXPECT(nested_validate(str_data(&s), s.len, t));
	arena_release(&a);
}

TEST(an_empty_array_is_four_bytes)
{
	struct arena a = { 0 };
	struct type t = type_array(&a, TYPE_STRING_OF);
	struct nested v;
	struct str s;

	EXPECT(nested_make(&a, t, 0, NULL, &s));
	EXPECT_EQ(s.len, 4);
	nested_open(&s, &v);
	EXPECT_EQ(v.n, 0);
	EXPECT(nested_validate(str_data(&s), s.len, t));
	arena_release(&a);
}

TEST(a_row_holds_every_shape_and_rows_within)
{
	struct arena a = { 0 };
	struct type inner = type_array(&a, TYPE_STRING_OF);
	struct type_field fields[] = {
		{ "b", TYPE_OF(TYPE_BOOLEAN) }, { "d", TYPE_OF(TYPE_DOUBLE) },
		{ "w", type_decimal(38, 2) },   { "s", TYPE_STRING_OF },
		{ "l", inner },
	};
	struct type t = type_row(&a, 5, fields);
	struct value words[] = { text(""), text("a text of 20 bytes.."), null };
	struct value items[] = { { .u8 = 1 }, f64(-2.5),
				 { .i128 = (i128)1 << 100 }, text("short"),
				 { 0 } };
	struct value list;
	struct nested v, w;
	struct str s;

	EXPECT(nested_make(&a, inner, 3, words, &items[4].str));
	EXPECT(nested_make(&a, t, 5, items, &s));
	EXPECT(nested_validate(str_data(&s), s.len, t));
	nested_open(&s, &v);
	EXPECT_EQ(nested_get(&v, 0, fields[0].type).u8, 1);
	EXPECT(nested_get(&v, 1, fields[1].type).f64 == -2.5);
	EXPECT(nested_get(&v, 2, fields[2].type).i128 == (i128)1 << 100);
	EXPECT(value_same(&items[3], &(struct value){ .str = nested_get(
						&v, 3, fields[3].type).str },
			  fields[3].type));
	list = nested_get(&v, 4, inner);
	nested_open(&list.str, &w);
	EXPECT_EQ(w.n, 3);
	EXPECT_EQ(nested_get(&w, 1, TYPE_STRING_OF).str.len, 20);
	EXPECT(nested_get(&w, 2, TYPE_STRING_OF).is_null);
	arena_release(&a);
}

TEST(equal_numbers_are_equal_bytes)
{
	struct arena a = { 0 };
	struct type t = type_array(&a, TYPE_OF(TYPE_DOUBLE));
	struct value x[] = { f64(0.0), f64(__builtin_nan("1")) };
	struct value y[] = { f64(-0.0), f64(-__builtin_nan("2")) };
	struct str s, r;

	EXPECT(nested_make(&a, t, 2, x, &s));
	EXPECT(nested_make(&a, t, 2, y, &r));
	EXPECT(same_bytes(s, r));
	arena_release(&a);
}

TEST(more_than_64_mib_are_refused)
{
	struct arena a = { 0 };
	struct type t = type_array(&a, TYPE_STRING_OF);
	char *big = calloc(1, NESTED_BYTES_MAX);
	struct value v = { .str = str_ref(big, NESTED_BYTES_MAX - 12) };
	struct str s;

	EXPECT(!nested_make(&a, t, 1, &v, &s));
	v.str.len--;
	EXPECT(nested_make(&a, t, 1, &v, &s));
	EXPECT_EQ(s.len, NESTED_BYTES_MAX);
	free(big);
	arena_release(&a);
}

/* ---- maps ---- */

TEST(a_map_finds_its_keys_whatever_their_order_was)
{
	struct arena a = { 0 };
	struct type t = type_map(&a, TYPE_STRING_OF, TYPE_OF(TYPE_INT));
	struct value keys[] = { text("pear"), text("apple"), null,
				text("fig") };
	struct value values[] = { i64(1), i64(2), i64(3), null };
	struct nested v;
	struct str s;

	EXPECT(nested_make_map(&a, t, 4, keys, values, &s));
	EXPECT(nested_validate(str_data(&s), s.len, t));
	nested_open(&s, &v);
	EXPECT_EQ(nested_entries(&v), 4);
	EXPECT_EQ(nested_find_key(&v, t, null), 0);
	EXPECT_EQ(nested_find_key(&v, t, text("apple")), 1);
	EXPECT_EQ(nested_find_key(&v, t, text("pear")), 3);
	EXPECT_EQ(nested_find_key(&v, t, text("plum")), -1);
	EXPECT_EQ(nested_get(&v, 4 + 3, type_value(t)).i64, 1);
	EXPECT(nested_get(&v, 4 + 2, type_value(t)).is_null);
	arena_release(&a);
}

TEST(of_equal_keys_the_last_one_counts)
{
	struct arena a = { 0 };
	struct type t = type_map(&a, TYPE_OF(TYPE_INT), TYPE_OF(TYPE_INT));
	struct value keys[] = { i64(7), i64(1), i64(7), i64(1) };
	struct value values[] = { i64(70), i64(10), i64(71), i64(11) };
	struct value again[] = { i64(1), i64(7) };
	struct value other[] = { i64(11), i64(71) };
	struct str s, r;

	EXPECT(nested_make_map(&a, t, 4, keys, values, &s));
	EXPECT(nested_make_map(&a, t, 2, again, other, &r));
	EXPECT(same_bytes(s, r));
	arena_release(&a);
}

TEST(a_multiset_is_a_map_of_numbers)
{
	struct arena a = { 0 };
	struct type t = type_multiset(&a, TYPE_STRING_OF);
	struct value keys[] = { text("x"), text("y") };
	struct value values[] = { i64(2), i64(1) };
	struct nested v;
	struct str s;

	EXPECT(nested_make_map(&a, t, 2, keys, values, &s));
	nested_open(&s, &v);
	EXPECT_EQ(nested_get(&v, 2, type_value(t)).i64, 2);
	EXPECT_EQ(nested_item_type(&v, t, 2).kind, TYPE_INT);
	EXPECT_EQ(nested_item_type(&v, t, 1).kind, TYPE_VARCHAR);
	arena_release(&a);
}

/* ---- damage ---- */

TEST(bytes_that_are_no_value_are_told)
{
	struct arena a = { 0 };
	struct type ints = type_array(&a, TYPE_OF(TYPE_INT));
	struct type map = type_map(&a, TYPE_OF(TYPE_INT), TYPE_OF(TYPE_INT));
	struct type texts = type_array(&a, TYPE_STRING_OF);
	char b[64] = { 1 };

	EXPECT(!nested_validate("", 0, ints));
	EXPECT(!nested_validate("\1\0\0", 3, ints));
	EXPECT(!nested_validate("\377\377\377\377", 4, ints)); /* 2^32 - 1 */
	EXPECT(nested_validate(b, 4 + 1 + 8, ints));
	EXPECT(!nested_validate(b, 4 + 1 + 8 + 1, ints)); /* a byte more */
	EXPECT(!nested_validate(b, 4 + 1 + 8, map)); /* half of an entry */
	EXPECT(!nested_validate(b, 4 + 1 + 8, texts)); /* offset 0 */
	b[5] = 13; /* offset */
	EXPECT(nested_validate(b, 4 + 1 + 8, texts));
	b[9] = 1; /* length */
	EXPECT(!nested_validate(b, 4 + 1 + 8, texts));
	EXPECT(nested_validate(b, 4 + 1 + 8 + 1, texts));
	b[4] = 1; /* NULL, but the slot is not 0 */
	EXPECT(!nested_validate(b, 4 + 1 + 8, ints));
	b[4] = 2; /* a NULL that is no item */
	EXPECT(!nested_validate(b, 4 + 1 + 8, ints));
	arena_release(&a);
}

TEST(keys_out_of_order_are_told)
{
	struct arena a = { 0 };
	struct type map = type_map(&a, TYPE_OF(TYPE_INT), TYPE_OF(TYPE_INT));
	char b[4 + 1 + 32] = { 4 };

	b[5] = 1;
	b[13] = 2;
	EXPECT(nested_validate(b, sizeof(b), map));
	b[13] = 1;
	EXPECT(!nested_validate(b, sizeof(b), map));
	b[13] = 0;
	EXPECT(!nested_validate(b, sizeof(b), map));
	arena_release(&a);
}

/* Reads everything there is: a sanitizer tells when that leaves the bytes. */
static void
read_all(struct str s, struct type t)
{
	struct nested v;

	nested_open(&s, &v);
	for (uint32_t i = 0; i < v.n; i++) {
		struct type item = nested_item_type(&v, t, i);
		struct value x = nested_get(&v, i, item);

		if (!x.is_null && type_is_nested(item))
			read_all(x.str, item);
	}
}

TEST(random_values_come_back_and_random_damage_is_survived)
{
	uint64_t seed = 20261123;
	unsigned sound = 0;

	for (unsigned i = 0; i < 3000; i++) {
		struct arena a = { 0 };
		struct type t = rig_random_type(&seed, &a, 4);
		struct value v = rig_random_value(&seed, &a, t);
		char *bytes;

		if (!type_is_nested(t) || v.is_null) {
			arena_release(&a);
			continue;
		}
		EXPECT(nested_validate(str_data(&v.str), v.str.len, t));
		read_all(v.str, t);
		bytes = malloc(v.str.len); /* its end is watched */
		memcpy(bytes, str_data(&v.str), v.str.len);
		bytes[rig_random(&seed) % v.str.len] ^=
			(char)(1 << rig_random(&seed) % 8);
		if (nested_validate(bytes, v.str.len, t)) {
			sound++;
			read_all(str_ref(bytes, v.str.len), t);
		}
		EXPECT(!nested_validate(bytes, v.str.len - 1, t));
		free(bytes);
		arena_release(&a);
	}
	EXPECT(sound > 0); /* other values, not broken ones */
}

TEST(values_are_in_one_order_with_null_first_and_nan_last)
{
	struct type d = TYPE_OF(TYPE_DOUBLE);
	struct value nan = f64(__builtin_nan("")), inf = f64(__builtin_inf());
	struct value one = f64(1);

	EXPECT(value_order(&null, &one, d) < 0);
	EXPECT(value_order(&one, &inf, d) < 0);
	EXPECT(value_order(&inf, &nan, d) < 0);
	EXPECT(value_same(&nan, &nan, d));
	EXPECT(value_same(&null, &null, d));
	EXPECT(!value_same(&null, &one, d));
}

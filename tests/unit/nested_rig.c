/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/nested_rig.c - random types and values. Edges come more often
 * than chance would have them: NULL, empty, the ends of each range.
 */
#include "tests/unit/nested_rig.h"

#include "base/decimal.h"
#include "base/hash.h"
#include "base/nested.h"
#include "tests/unit/test.h"

#define ITEMS_MAX 5

uint64_t
rig_random(uint64_t *seed)
{
	return hash_u64((*seed)++, UINT64_C(0x5eed));
}

static struct type
random_scalar(uint64_t *seed)
{
	static const enum type_kind kinds[] = {
		TYPE_BOOLEAN, TYPE_TINYINT, TYPE_SMALLINT, TYPE_INT,
		TYPE_BIGINT, TYPE_FLOAT, TYPE_DOUBLE, TYPE_DECIMAL,
		TYPE_VARCHAR, TYPE_VARBINARY, TYPE_DATE, TYPE_TIME,
		TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ,
	};
	struct type t = TYPE_OF(kinds[rig_random(seed) %
				      (sizeof(kinds) / sizeof(kinds[0]))]);

	if (t.kind == TYPE_DECIMAL) {
		unsigned p = 1 + (unsigned)(rig_random(seed) % DECIMAL_MAX);

		return type_decimal(p, (unsigned)(rig_random(seed) % (p + 1)));
	}
	if (type_is_text(t) || type_is_binary(t))
		t.length = TYPE_LENGTH_MAX;
	if (type_is_instant(t))
		t.precision = (uint8_t)(rig_random(seed) % 7);
	if (t.kind == TYPE_TIME)
		t.precision = (uint8_t)(rig_random(seed) % 4);
	return t;
}

static struct type
random_row(uint64_t *seed, struct arena *a, unsigned depth)
{
	struct type_field fields[ITEMS_MAX];
	unsigned n = 1 + (unsigned)(rig_random(seed) % ITEMS_MAX);

	for (unsigned i = 0; i < n; i++)
		fields[i] = (struct type_field){
			arena_printf(a, "f%u", i),
			rig_random_type(seed, a, depth - 1),
		};
	return type_row(a, n, fields);
}

struct type
rig_random_type(uint64_t *seed, struct arena *a, unsigned depth)
{
	if (depth <= 1)
		return random_scalar(seed);
	switch (rig_random(seed) % 5) {
	case 0:
		return type_array(a, rig_random_type(seed, a, depth - 1));
	case 1:
		return type_map(a, TYPE_STRING_OF,
				rig_random_type(seed, a, depth - 1));
	case 2:
		return type_multiset(a, TYPE_STRING_OF);
	case 3:
		return random_row(seed, a, depth);
	default:
		return random_scalar(seed);
	}
}

/* ---- values ---- */

static int64_t
random_i64(uint64_t *seed, int64_t low, int64_t high)
{
	uint64_t range = (uint64_t)high - (uint64_t)low;
	uint64_t v = rig_random(seed);

	switch (rig_random(seed) % 8) {
	case 0:
		return low;
	case 1:
		return high;
	default:
		return (int64_t)((uint64_t)low +
				 (range == UINT64_MAX ? v : v % (range + 1)));
	}
}

static struct value
random_decimal(uint64_t *seed, struct type t)
{
	i128 v = (i128)((unsigned __int128)rig_random(seed) << 64 |
			rig_random(seed));

	v %= decimal_pow10[t.precision];
	if (phys_of(t) == PHYS_I64)
		return (struct value){ .i64 = (int64_t)v };
	return (struct value){ .i128 = v };
}

static struct value
random_f64(uint64_t *seed, struct type t)
{
	double v = (double)(int64_t)rig_random(seed) / 1024.0;

	switch (rig_random(seed) % 8) {
	case 0:
		v = 0;
		break;
	case 1:
		v = __builtin_nan("");
		break;
	case 2:
		v = -__builtin_inf();
		break;
	}
	return (struct value){ .f64 = t.kind == TYPE_FLOAT ? (float)v : v };
}

static struct value
random_text(uint64_t *seed, struct arena *a)
{
	static const char *const texts[] = {
		"", "a", "null", "quo\"te", "é😀", "twelve bytes",
		"thirteen byte", "a longer text\nof two lines, with a comma",
		"{}", "\\u0041", " ", "12",
	};
	const char *text = texts[rig_random(seed) %
				 (sizeof(texts) / sizeof(texts[0]))];

	return (struct value){ .str = str_from(a, text, strlen(text)) };
}

static struct value
random_bytes(uint64_t *seed, struct arena *a)
{
	char bytes[20];
	size_t n = rig_random(seed) % (sizeof(bytes) + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)rig_random(seed);
	return (struct value){ .str = str_from(a, bytes, n) };
}

static struct value
random_instant(uint64_t *seed, struct type t)
{
	int64_t unit = 1;

	for (unsigned i = t.precision; i < 6; i++)
		unit *= 10;
	/* years 1600 to 2300: what every format writes in four digits */
	return (struct value){
		.i64 = random_i64(seed, INT64_C(-11676096000000000) / unit,
				  INT64_C(10413792000000000) / unit) * unit,
	};
}

static struct value
random_time(uint64_t *seed, struct type t)
{
	int64_t unit = 1;

	for (unsigned i = t.precision; i < 3; i++)
		unit *= 10;
	return (struct value){
		.i64 = random_i64(seed, 0, 86399999 / unit) * unit,
	};
}

static struct value
random_map(uint64_t *seed, struct arena *a, struct type t)
{
	struct value keys[ITEMS_MAX], values[ITEMS_MAX], ret = { 0 };
	uint32_t n = (uint32_t)(rig_random(seed) % ITEMS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		do
			keys[i] = rig_random_value(seed, a, type_key(t));
		while (keys[i].is_null);
		if (t.kind == TYPE_MAP)
			values[i] = rig_random_value(seed, a, type_value(t));
		else
			values[i] = (struct value){
				.i64 = random_i64(seed, 1, INT32_MAX) };
	}
	EXPECT(nested_make_map(a, t, n, keys, values, &ret.str));
	return ret;
}

static struct value
random_items(uint64_t *seed, struct arena *a, struct type t)
{
	struct value items[ITEMS_MAX], ret = { 0 };
	uint32_t n = t.kind == TYPE_ROW ? t.length
				   : (uint32_t)(rig_random(seed) % ITEMS_MAX);

	for (uint32_t i = 0; i < n; i++)
		items[i] = rig_random_value(
			seed, a, t.fields[t.kind == TYPE_ROW ? i : 0].type);
	EXPECT(nested_make(a, t, n, items, &ret.str));
	return ret;
}

struct value
rig_random_value(uint64_t *seed, struct arena *a, struct type t)
{
	if (t.nullable && rig_random(seed) % 6 == 0)
		return (struct value){ .is_null = true };
	switch (t.kind) {
	case TYPE_BOOLEAN:
		return (struct value){ .u8 = rig_random(seed) % 2 };
	case TYPE_TINYINT:
		return (struct value){
			.i64 = random_i64(seed, INT8_MIN, INT8_MAX) };
	case TYPE_SMALLINT:
		return (struct value){
			.i64 = random_i64(seed, INT16_MIN, INT16_MAX) };
	case TYPE_INT:
		return (struct value){
			.i64 = random_i64(seed, INT32_MIN, INT32_MAX) };
	case TYPE_BIGINT:
		return (struct value){
			.i64 = random_i64(seed, INT64_MIN, INT64_MAX) };
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return random_f64(seed, t);
	case TYPE_DECIMAL:
		return random_decimal(seed, t);
	case TYPE_VARCHAR:
		return random_text(seed, a);
	case TYPE_VARBINARY:
		return random_bytes(seed, a);
	case TYPE_DATE:
		return (struct value){ .i64 = random_i64(seed, -135140,
							 120530) };
	case TYPE_TIME:
		return random_time(seed, t);
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return random_instant(seed, t);
	case TYPE_MAP:
	case TYPE_MULTISET:
		return random_map(seed, a, t);
	case TYPE_ARRAY:
	case TYPE_ROW:
		return random_items(seed, a, t);
	default:
		FAIL("no random value of kind %u", t.kind);
	}
}

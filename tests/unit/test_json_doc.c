/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_json_doc.c - JSON texts at their limits, keys that come
 * twice, numbers as Java writes them; paths at their limits. What paths find
 * stands in tests/functions/json_*.txt.
 */
#include "base/check.h"
#include "base/json_doc.h"
#include "runtime/kernels/json_find.h"
#include "tests/unit/test.h"

/* The document as json_write() has it, or what is wrong with it where. */
static const char *
written(const char *text, size_t n, struct arena *a)
{
	struct json_doc_fault fault;
	struct json_doc d;
	struct buf out;
	const char *ret;

	json_doc_init(&d);
	buf_init(&out);
	if (json_doc_parse(&d, text, n, &fault) < 0) {
		ret = arena_printf(a, "%zu: %s", fault.at, fault.what);
	} else {
		json_write(&d, 0, &out);
		ret = arena_strndup(a, out.data, out.len);
	}
	buf_release(&out);
	json_doc_release(&d);
	return ret;
}

#define EXPECT_WRITTEN(text, want)                                        \
	do {                                                              \
		struct arena a;                                           \
		arena_init(&a);                                           \
		EXPECT_STR(written(text, strlen(text), &a), want);        \
		arena_release(&a);                                        \
	} while (0)

TEST(a_fault_tells_its_place)
{
	EXPECT_WRITTEN("", "0: a value is missing");
	EXPECT_WRITTEN("{\"a\": }", "6: this is no JSON value");
	EXPECT_WRITTEN("{\"a\" 1}", "5: a colon is missing");
	EXPECT_WRITTEN("{1}", "1: a key in quotes is missing");
	EXPECT_WRITTEN("[1 2]", "3: a comma is missing");
	EXPECT_WRITTEN("[1", "2: a comma is missing");
	EXPECT_WRITTEN("\"a", "2: a string does not end");
	EXPECT_WRITTEN("\"\\", "2: a string does not end");
	EXPECT_WRITTEN("\"a\nb\"", "2: a control character in a string");
	EXPECT_WRITTEN("\"\\u12\"", "5: \\u needs four hexadecimal digits");
	EXPECT_WRITTEN("[01]", "3: a number begins with 0");
	EXPECT_WRITTEN("1e", "2: a digit is missing");
	EXPECT_WRITTEN("1e2147483648", "12: the exponent is too large");
}

TEST(a_NUL_byte_is_a_byte_like_others)
{
	struct arena a;

	arena_init(&a);
	EXPECT_STR(written("[1,\0]", 5, &a), "3: this is no JSON value");
	EXPECT_STR(written("\"\0\"", 3, &a),
		   "1: a control character in a string");
	EXPECT_STR(written("\"\\\0\"", 4, &a), "2: there is no such escape");
	arena_release(&a);
}

TEST(numbers_are_written_as_big_decimals)
{
	EXPECT_WRITTEN("[1.0, 1e0, 10e-1, 1.50e1]", "[1.0,1,1.0,15.0]");
	EXPECT_WRITTEN("[0.000001, 0.0000001]", "[0.000001,1E-7]");
	EXPECT_WRITTEN("[123e5, -1.23E+5]", "[1.23E+7,-1.23E+5]");
	EXPECT_WRITTEN("[0e-7, 0e7, -0.00]", "[0E-7,0E+7,0.00]");
	EXPECT_WRITTEN("[1e2147483647]", "[1E+2147483647]");
	EXPECT_WRITTEN("[-0, 00]", "7: a number begins with 0");
}

TEST(of_equal_keys_the_last_value_stays_at_the_first_place)
{
	static const char text[] = "{\"b\":1,\"a\":2,\"\\u0062\":3,\"c\":{}}";
	struct json_doc_fault fault;
	uint32_t keys[4], values[4];
	struct json_doc d;

	json_doc_init(&d);
	EXPECT(json_doc_parse(&d, text, strlen(text), &fault) == 0);
	EXPECT_EQ(json_members(&d, 0, keys, values), 3);
	EXPECT_EQ(d.node[values[0]].text[0], '3');
	EXPECT_EQ(d.node[values[1]].text[0], '2');
	EXPECT_EQ(d.node[values[2]].kind, JSON_OBJECT);
	json_doc_release(&d);
	EXPECT_WRITTEN(text, "{\"a\":2,\"b\":3,\"c\":{}}");
}

TEST(keys_sort_by_utf_16)
{
	/* U+FFFD, beyond the BMP, U+00E9 */
	EXPECT_WRITTEN("{\"\xef\xbf\xbd\":1,\"\xf0\x9f\x98\x80\":2,"
		       "\"\xc3\xa9\":3,\"z\":4,\"zz\":5}",
		       "{\"z\":4,\"zz\":5,\"\xc3\xa9\":3,"
		       "\"\xf0\x9f\x98\x80\":2,\"\xef\xbf\xbd\":1}");
}

static const char *
nested(unsigned levels, struct arena *a)
{
	char *text = arena_bytes(a, 2 * levels + 1);

	memset(text, '[', levels);
	memset(text + levels, ']', levels);
	return written(text, 2 * levels, a);
}

TEST(a_thousand_levels_and_no_more)
{
	struct arena a;

	arena_init(&a);
	EXPECT_EQ(strlen(nested(JSON_DOC_DEPTH_MAX, &a)),
		  2 * JSON_DOC_DEPTH_MAX);
	EXPECT_STR(nested(JSON_DOC_DEPTH_MAX + 1, &a),
		   "1000: it is nested too deeply");
	arena_release(&a);
}

TEST(a_thousand_digits_and_no_more)
{
	struct arena a;
	char *text;

	arena_init(&a);
	text = arena_bytes(&a, JSON_NUMBER_MAX + 1);
	memset(text, '7', JSON_NUMBER_MAX + 1);
	text[1] = '.';
	EXPECT_EQ(strlen(written(text, JSON_NUMBER_MAX, &a)), JSON_NUMBER_MAX);
	EXPECT_STR(written(text, JSON_NUMBER_MAX + 1, &a),
		   "1001: a number is too long");
	arena_release(&a);
}

TEST(so_many_values_and_no_more)
{
	size_t n = 2 * (size_t)JSON_DOC_NODES_MAX + 1;
	struct arena a;
	char *text;

	arena_init(&a);
	text = arena_bytes(&a, n);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 2 ? '1' : ',';
	text[0] = '[';
	text[n - 1] = ']';
	EXPECT_STR(written(text, n, &a),
		   arena_printf(&a, "%zu: there are too many values", n - 2));
	arena_release(&a);
}

/* ---- paths ---- */

static const char *
path_fault(const char *text, struct arena *a)
{
	struct json_path_fault fault;
	struct json_path path;

	if (json_path_parse(text, strlen(text), a, &path, &fault) == 0)
		return arena_printf(a, "%u steps%s%s", path.n,
				    path.lax ? ", lax" : "",
				    path.definite ? "" : ", a list");
	return arena_printf(a, "%zu: %s", fault.at, fault.what);
}

static const char *
repeated(const char *first, const char *word, unsigned n, struct arena *a)
{
	struct buf out;
	const char *ret;

	buf_init(&out);
	buf_puts(&out, first);
	for (unsigned i = 0; i < n; i++)
		buf_puts(&out, word);
	ret = arena_strndup(a, out.data, out.len);
	buf_release(&out);
	return ret;
}

TEST(a_path_tells_its_mode_and_its_faults)
{
	struct arena a;

	arena_init(&a);
	EXPECT_STR(path_fault("$", &a), "0 steps");
	EXPECT_STR(path_fault(" LAX\t$.a[0] ", &a), "2 steps, lax");
	EXPECT_STR(path_fault("strict $['a','b']", &a), "1 steps");
	EXPECT_STR(path_fault("$['a','b'].c", &a), "2 steps, a list");
	EXPECT_STR(path_fault("$..a", &a), "2 steps, a list");
	EXPECT_STR(path_fault("lax", &a), "1 steps"); /* a name */
	EXPECT_STR(path_fault("lax ", &a), "1 steps");
	EXPECT_STR(path_fault("laxer", &a), "1 steps");
	EXPECT_STR(path_fault("$.a.", &a), "4: a path does not end with a dot");
	EXPECT_STR(path_fault("$.a[", &a),
		   "4: a number, a quoted name or * is missing");
	EXPECT_STR(path_fault("$.a[0]x", &a), "6: a . or [ is missing");
	EXPECT_STR(path_fault("$.*x", &a), "3: a . or [ is missing behind *");
	EXPECT_STR(path_fault("$[*", &a), "3: a ] is missing");
	EXPECT_STR(path_fault("$['a', 1]", &a),
		   "7: a quoted name is missing");
	EXPECT_STR(path_fault("$['a\\u12']", &a),
		   "8: \\u needs four hexadecimal digits");
	EXPECT_STR(path_fault("$[2147483648]", &a),
		   "2: the number is too large");
	arena_release(&a);
}

TEST(a_path_has_limits)
{
	struct arena a;

	arena_init(&a);
	EXPECT_STR(path_fault(repeated("$", ".a", 256, &a), &a), "256 steps");
	EXPECT_STR(path_fault(repeated("$", ".a", 257, &a), &a),
		   "515: the path has too many steps");
	EXPECT(strstr(path_fault(repeated("$[0", ",1", 256, &a), &a),
		      "too many numbers"));
	EXPECT(strstr(path_fault(repeated("$['a'", ",'b'", 256, &a), &a),
		      "too many names"));
	arena_release(&a);
}

TEST(a_path_that_looks_everywhere_comes_to_an_end)
{
	struct json_path_fault fault;
	struct json_found found = { 0 };
	struct json_path path;
	struct json_doc_fault bad;
	struct json_doc d;
	struct arena a;
	const char *text, *deep = "$..*..*..*..*..*";

	arena_init(&a);
	json_doc_init(&d);
	text = repeated("[1", ",[2,[3,[4,[5]]]]", 400, &a);
	text = arena_printf(&a, "%s]", text);
	EXPECT(json_doc_parse(&d, text, strlen(text), &bad) == 0);
	EXPECT(json_path_parse(deep, strlen(deep), &a, &path, &fault) == 0);
	EXPECT_EQ(json_find(&path, &d, &found), JSON_FIND_OK);
	text = repeated("", "[", 900, &a);
	text = arena_printf(&a, "%s%s", text, repeated("", "]", 900, &a));
	EXPECT(json_doc_parse(&d, text, strlen(text), &bad) == 0);
	EXPECT_EQ(json_find(&path, &d, &found), JSON_FIND_LIMIT);
	/* What lies at the bottom is looked at from each level. */
	text = repeated("", "{\"a\":", 900, &a);
	text = arena_printf(&a, "%s%s]%s", text,
			    repeated("[1", ",1", 60000, &a),
			    repeated("", "}", 900, &a));
	EXPECT(json_doc_parse(&d, text, strlen(text), &bad) == 0);
	EXPECT(json_path_parse("$..a..b", 7, &a, &path, &fault) == 0);
	EXPECT_EQ(json_find(&path, &d, &found), JSON_FIND_LIMIT);
	json_found_release(&found);
	json_doc_release(&d);
	arena_release(&a);
}

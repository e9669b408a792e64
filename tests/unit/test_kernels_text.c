/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kernels_text.c - functions of text, as Flink 2.3 answers.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

TEST(case_changes_in_every_script)
{
	static const struct eval_case cases[] = {
		{ "UPPER:STRING(STRING'abc')", "ABC" },
		{ "LOWER:STRING(STRING'ABC xYz 1')", "abc xyz 1" },
		{ "UPPER:STRING(STRING'the quick brown fox jumps')",
		  "THE QUICK BROWN FOX JUMPS" },
		{ "UPPER:STRING(STRING'')", "" },
		{ "UPPER:STRING(STRING~)", "NULL" },
		{ "UPPER:STRING(STRING'ß')", "SS" },
		{ "UPPER:STRING(STRING'straße')", "STRASSE" },
		{ "UPPER:STRING(STRING'äöüéñ')", "ÄÖÜÉÑ" },
		{ "LOWER:STRING(STRING'ÄÖÜÉÑ')", "äöüéñ" },
		{ "UPPER:STRING(STRING'αβγδω')", "ΑΒΓΔΩ" },
		{ "LOWER:STRING(STRING'ΑΒΓΔΩ')", "αβγδω" },
		{ "LOWER:STRING(STRING'ΟΔΥΣΣΕΥΣ')", "οδυσσευς" },
		{ "LOWER:STRING(STRING'Σ')", "σ" },
		{ "UPPER:STRING(STRING'привет, мир')", "ПРИВЕТ, МИР" },
		{ "LOWER:STRING(STRING'ПРИВЕТ')", "привет" },
		{ "UPPER:STRING(STRING'ÿ')", "Ÿ" },
		{ "UPPER:STRING(STRING'ﬁn')", "FIN" },
		{ "UPPER:STRING(STRING'ŉ')", "ʼN" },
		{ "LOWER:STRING(STRING'İ')", "i̇" },
		{ "UPPER:STRING(STRING'ı')", "I" },
		{ "UPPER:STRING(STRING'日本語😀')", "日本語😀" },
		{ "LOWER:STRING(STRING'ŽŠČ')", "žšč" },
		{ "UPPER:STRING(STRING'𐐨')", "𐐀" },
	};

	EVAL_CASES(cases);
}

TEST(length_counts_code_points)
{
	static const struct eval_case cases[] = {
		{ "CHAR_LENGTH:INT(STRING'é😀')", "2" },
		{ "CHAR_LENGTH:INT(STRING'')", "0" },
		{ "CHAR_LENGTH:INT(STRING'abcdefghijklmnop')", "16" },
		{ "CHAR_LENGTH:INT(STRING~)", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(substring_as_flink_counts)
{
	static const struct eval_case cases[] = {
		{ "SUBSTRING:STRING(STRING'abcdef', INT'0')", "abcdef" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'0', INT'2')", "ab" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'1', INT'2')", "ab" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'-2')", "ef" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'-2', INT'1')", "e" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'-10')", "" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'-10', INT'2')", "" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'10')", "" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'2', INT'0')", "" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'2', INT'-1')", "NULL" },
		{ "SUBSTRING:STRING(STRING'sluice', INT'2', INT'3')", "lui" },
		{ "SUBSTRING:STRING(STRING'abcdef', INT'-6', INT'3')", "abc" },
		{ "SUBSTRING:STRING(STRING'aé😀b', INT'2', INT'2')", "é😀" },
		{ "SUBSTRING:STRING(STRING'abc', INT'2', INT'2147483647')",
		  "bc" },
		{ "SUBSTRING:STRING(STRING'abc', "
		  "BIGINT'-9223372036854775808')",
		  "" },
		{ "SUBSTRING:STRING(STRING'abc', BIGINT'9223372036854775807')",
		  "" },
		{ "SUBSTRING:STRING(STRING'the quick brown fox', INT'5')",
		  "quick brown fox" },
		{ "SUBSTRING:STRING(STRING'the quick brown fox', INT'5', "
		  "INT'5')",
		  "quick" },
		{ "SUBSTRING:STRING(STRING'', INT'1')", "" },
		{ "SUBSTRING:STRING(STRING'abc', INT~)", "NULL" },
		{ "SUBSTRING:STRING(STRING~, INT'1')", "NULL" },
	};

	EVAL_CASES(cases);
}

TEST(trim_takes_blanks_or_a_set_of_characters)
{
	static const struct eval_case cases[] = {
		{ "TRIM:STRING(STRING'  a ')", "a" },
		{ "LTRIM:STRING(STRING'  a ')", "a " },
		{ "RTRIM:STRING(STRING'  a ')", "  a" },
		{ "TRIM:STRING(STRING'xyaxy', STRING'xy')", "a" },
		{ "LTRIM:STRING(STRING'xyaxy', STRING'xy')", "axy" },
		{ "RTRIM:STRING(STRING'xyaxy', STRING'xy')", "xya" },
		{ "TRIM:STRING(STRING'   ')", "" },
		{ "TRIM:STRING(STRING'')", "" },
		{ "TRIM:STRING(STRING'ééaé', STRING'é')", "a" },
		{ "TRIM:STRING(STRING'abc', STRING'')", "abc" },
		{ "TRIM:STRING(STRING'  the quick brown fox  ')",
		  "the quick brown fox" },
		{ "TRIM:STRING(STRING'a', STRING~)", "NULL" },
		{ "TRIM:STRING(STRING'\ta')", "\ta" },
	};

	EVAL_CASES(cases);
}

TEST(concat_puts_texts_together_and_null_wins)
{
	static const struct eval_case cases[] = {
		{ "CONCAT:STRING(STRING'a', STRING'b', STRING'c')", "abc" },
		{ "CONCAT:STRING(STRING'a', STRING~)", "NULL" },
		{ "CONCAT:STRING(STRING'', STRING'')", "" },
		{ "CONCAT:STRING(STRING'the quick ', STRING'brown fox')",
		  "the quick brown fox" },
		{ "CONCAT:STRING(STRING'abcdef', STRING'ghijkl')",
		  "abcdefghijkl" },
		{ "CONCAT:STRING(STRING'abcdef', STRING'ghijklm')",
		  "abcdefghijklm" },
		{ "CONCAT:STRING(STRING'a')", "a" },
	};

	EVAL_CASES(cases);
}

TEST(like_matches_code_points_and_newlines)
{
	static const struct eval_case cases[] = {
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'sl%')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'SL%')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'%ice')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'%ui%')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'sluice')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING'sluic')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING's_u_c_')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'sluice', STRING's_u_c')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'é😀', STRING'__')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'é', STRING'%__')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'é', STRING'%_')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'a\nb', STRING'a%b')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'a\nb', STRING'a_b')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'axb', STRING'a.b')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'a.b', STRING'a.b')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'', STRING'')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'', STRING'%')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'', STRING'_')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'a', STRING'')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'aab', STRING'%ab')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'abab', STRING'%ab')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'abcabd', STRING'%ab_%d')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'mississippi', STRING'%iss%ip%')",
		  "TRUE" },
		{ "LIKE:BOOLEAN(STRING'mississippi', STRING'm%iss%iss%iss%')",
		  "FALSE" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'%%%c')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'_%_%_')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'ab', STRING'_%_%_')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'a', STRING~)", "NULL" },
		{ "LIKE:BOOLEAN(STRING~, STRING'%')", "NULL" },
		/* no escape character unless one is named */
		{ "LIKE:BOOLEAN(STRING'a%c', STRING'a\\%c')", "FALSE" },
		{ "LIKE:BOOLEAN(STRING'a\\xc', STRING'a\\%c')", "TRUE" },
		{ "LIKE:BOOLEAN(STRING'a%c', STRING'a!%c', STRING'!')",
		  "TRUE" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'a!%c', STRING'!')",
		  "FALSE" },
		{ "LIKE:BOOLEAN(STRING'a_c', STRING'a!_c', STRING'!')",
		  "TRUE" },
		{ "LIKE:BOOLEAN(STRING'a!c', STRING'a!!c', STRING'!')",
		  "TRUE" },
		{ "LIKE:BOOLEAN(STRING'a%c', STRING'aé%c', STRING'é')",
		  "TRUE" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'a!bc', STRING'!')",
		  "!invalid_argument" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'abc!', STRING'!')",
		  "!invalid_argument" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'abc', STRING'!!')",
		  "!invalid_argument" },
		{ "LIKE:BOOLEAN(STRING'abc', STRING'abc', STRING'')",
		  "!invalid_argument" },
	};

	EVAL_CASES(cases);
}

/* LIKE as its definition says, one code point after the other. */
static bool
matches(const char *text, const char *pattern)
{
	size_t step = (unsigned char)*text >= 0xc0 ? 2 : 1;

	if (*pattern == '\0')
		return *text == '\0';
	if (*pattern == '%')
		return matches(text, pattern + 1) ||
		       (*text && matches(text + step, pattern));
	if (*text == '\0')
		return false;
	if (*pattern == '_')
		return matches(text + step, pattern + 1);
	return *text == *pattern && matches(text + 1, pattern + 1);
}

static void
random_word(uint64_t *seed, const char *const *letters, unsigned n, char *out)
{
	unsigned length = (unsigned)(hash_u64((*seed)++, 3) % 9);

	*out = '\0';
	while (length-- > 0)
		strcat(out, letters[hash_u64((*seed)++, 3) % n]);
}

TEST(like_agrees_with_its_definition_on_random_patterns)
{
	static const char *const letters[] = { "a", "b", "\xc3\xa9", "%", "_" };
	char text[64], pattern[64], expr[256];
	uint64_t seed = 1;

	for (int i = 0; i < 5000; i++) {
		struct error err = ERROR_INIT;
		struct value v;
		struct arena a;

		random_word(&seed, letters, 3, text);
		random_word(&seed, letters, 5, pattern);
		snprintf(expr, sizeof(expr),
			 "LIKE:BOOLEAN(STRING'%s', STRING'%s')", text, pattern);
		arena_init(&a);
		EXPECT_EQ(eval_constant(erig_expr(&a, expr, NULL), NULL, &a, &v,
					&err),
			  0);
		if (v.u8 != matches(text, pattern))
			FAIL("%s", expr);
		arena_release(&a);
	}
}

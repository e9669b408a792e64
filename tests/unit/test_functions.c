/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_functions.c - which forms of functions take which arguments
 * and what comes out: the types that Flink 2.3 gives.
 */
#include "parser/functions.h"

#include "plan_rig.h"
#include "test.h"

/* Columns that the expressions below are bound over. */
static struct schema_column cols[] = {
	{ "ti", { .kind = TYPE_TINYINT, .nullable = true }, 0 },
	{ "si", { .kind = TYPE_SMALLINT, .nullable = true }, 0 },
	{ "i", { .kind = TYPE_INT, .nullable = true }, 0 },
	{ "l", { .kind = TYPE_BIGINT, .nullable = true }, 0 },
	{ "f", { .kind = TYPE_FLOAT, .nullable = true }, 0 },
	{ "d", { .kind = TYPE_DOUBLE, .nullable = true }, 0 },
	{ "n42", { .kind = TYPE_DECIMAL, .nullable = true, .precision = 4,
		   .scale = 2 }, 0 },
	{ "n380", { .kind = TYPE_DECIMAL, .nullable = true, .precision = 38 },
	  0 },
	{ "s", { .kind = TYPE_VARCHAR, .nullable = true,
		 .length = TYPE_LENGTH_MAX }, 0 },
	{ "b", { .kind = TYPE_BOOLEAN, .nullable = true }, 0 },
	{ "ts3", { .kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3 },
	  0 },
	{ "ltz", { .kind = TYPE_TIMESTAMP_LTZ, .nullable = true,
		   .precision = 3 }, 0 },
	{ "dt", { .kind = TYPE_DATE, .nullable = true }, 0 },
	{ "inn", { .kind = TYPE_INT, .nullable = false }, 0 },
	{ "snn", { .kind = TYPE_VARCHAR, .nullable = false,
		   .length = TYPE_LENGTH_MAX }, 0 },
};
static const struct schema schema = { sizeof(cols) / sizeof(cols[0]), cols };

static struct expr *
bind_text(struct arena *a, const char *text, struct error *err)
{
	struct ast_expr *ast;
	struct expr *e = NULL;
	struct parse p;

	if (parse_begin(&p, text, strlen(text), NULL, a, &parse_limits_default,
			err) < 0 ||
	    parse_expression(text, strlen(text), a, &ast, err) < 0)
		return NULL;
	if (bind_expression(a, &p, ast, &schema, NULL, &e, err) < 0)
		return NULL;
	return e;
}

static void
expect_type(const char *text, const char *want)
{
	char name[TYPE_NAME_MAX];
	struct error err = ERROR_INIT;
	struct arena a;
	struct expr *e;
	bool same;

	arena_init(&a);
	e = bind_text(&a, text, &err);
	if (!e)
		printf("%s: %s\n", text, err.message);
	same = e && strcmp(type_name(e->type, name), want) == 0;
	if (e && !same)
		printf("%s: %s instead of %s\n", text, name, want);
	arena_release(&a);
	EXPECT(same);
}

static void
expect_error(const char *text, enum error_code code)
{
	struct error err = ERROR_INIT;
	struct arena a;
	struct expr *e;

	arena_init(&a);
	e = bind_text(&a, text, &err);
	arena_release(&a);
	if (e || err.code != code)
		printf("%s: %s %s\n", text, e ? "no error" : "wrong error",
		       err.message);
	EXPECT(!e);
	EXPECT_EQ(err.code, code);
}

/* The bound expression as text: shows every conversion. */
static void
expect_bound(const char *text, const char *want)
{
	struct error err = ERROR_INIT;
	struct arena a;
	struct expr *e;
	char got[1024];

	arena_init(&a);
	e = bind_text(&a, text, &err);
	snprintf(got, sizeof(got), "%s",
		 e ? expr_text(e, &schema, &a) : err.message);
	arena_release(&a);
	EXPECT_STR(got, want);
}

TEST(integers_keep_the_wider_type)
{
	expect_type("ti + ti", "TINYINT");
	expect_type("si + ti", "SMALLINT");
	expect_type("i + l", "BIGINT");
	expect_type("i * 2", "INT");
	expect_type("i / 2", "INT");
	expect_type("l % i", "INT");
	expect_type("MOD(i, l)", "BIGINT");
	expect_type("-ti", "TINYINT");
	expect_type("12345678901", "BIGINT NOT NULL");
}

TEST(decimals_follow_flinks_precision)
{
	expect_type("n42 + i", "DECIMAL(13, 2)");
	expect_type("n42 * l", "DECIMAL(24, 2)");
	expect_type("n42 / i", "DECIMAL(15, 13)");
	expect_type("i / 4.0", "DECIMAL(17, 6)");
	expect_type("n42 % 3", "DECIMAL(4, 2)");
	expect_type("n42 + d", "DOUBLE");
	expect_type("n42 + f", "DOUBLE");
	expect_type("f + i", "FLOAT");
	expect_type("COALESCE(i, 2.5)", "DECIMAL(11, 1) NOT NULL");
}

TEST(decimals_beyond_38_digits_keep_at_most_6_of_scale)
{
	expect_type("n380 * n380", "DECIMAL(38, 0)");
	expect_type("n380 + n42", "DECIMAL(38, 2)");
	expect_type("n380 / n42", "DECIMAL(38, 6)");
	expect_type("n380 % n42", "DECIMAL(4, 2)");
	expect_type("n380 + 1", "DECIMAL(38, 0)");
}

TEST(nothing_converts_between_numbers_and_texts)
{
	expect_error("i = '2'", ERR_ARGUMENTS);
	expect_error("i || 's'", ERR_ARGUMENTS);
	expect_error("b = 1", ERR_ARGUMENTS);
	expect_error("COALESCE(1, 'a')", ERR_ARGUMENTS);
	expect_error("1.5e0 % 2", ERR_ARGUMENTS);
	expect_error("ts3 > dt", ERR_ARGUMENTS);
	expect_error("UPPER(i)", ERR_ARGUMENTS);
}

TEST(texts_beside_times_are_read_as_times)
{
	expect_bound("ts3 > '2026-01-02 03:04:05'",
		     "ts3 > timestamp '2026-01-02 03:04:05.000000'");
	expect_bound("'2026-01-02' = dt", "date '2026-01-02' = dt");
	expect_bound("dt IN ('2026-01-02', s)",
		     "dt in (date '2026-01-02', cast(s as DATE))");
	expect_bound("ts3 = s", "ts3 = cast(s as TIMESTAMP(6))");
	expect_error("ts3 > 'soon'", ERR_INVALID_LITERAL);
}

TEST(both_sides_of_arithmetic_come_to_one_family)
{
	expect_bound("i + l", "i + l");
	expect_bound("i + 1.5", "cast(i as DECIMAL(10, 0)) + 1.5");
	expect_bound("n42 > 3", "n42 > 3");
	expect_bound("d * 3", "d * 3.0");
	expect_bound("d + n42", "d + cast(n42 as DOUBLE)");
	expect_bound("i IN (1, 2.5)",
		     "cast(i as DECIMAL(10, 0)) in (1, 2.5)");
	expect_bound("IF(b, i, 1.5)",
		     "if(b, cast(i as DECIMAL(11, 1)), 1.5)");
}

TEST(null_spreads_where_the_rule_says_so)
{
	expect_type("inn + 1", "INT NOT NULL");
	expect_type("inn + i", "INT");
	expect_type("i IS NULL", "BOOLEAN NOT NULL");
	expect_type("i IS DISTINCT FROM 1", "BOOLEAN NOT NULL");
	expect_type("COALESCE(i, inn)", "INT NOT NULL");
	expect_type("COALESCE(i, i)", "INT");
	expect_type("NULLIF(inn, 1)", "INT");
	expect_type("IF(b, inn, inn)", "INT NOT NULL");
	expect_type("UPPER(snn)", "STRING NOT NULL");
	expect_type("UPPER(s)", "STRING");
	expect_type("TO_TIMESTAMP(snn)", "TIMESTAMP(3)");
	expect_type("CASE WHEN b THEN inn END", "INT");
	expect_type("CASE WHEN b THEN inn ELSE 1 END", "INT NOT NULL");
	expect_type("CAST(snn AS INT)", "INT NOT NULL");
	expect_type("TRY_CAST(snn AS INT)", "INT");
}

TEST(a_bare_null_takes_the_type_of_its_place)
{
	expect_type("1 + NULL", "INT");
	expect_type("NULL + NULL", "INT");
	expect_type("n42 + NULL", "DECIMAL(5, 2)");
	expect_type("NULL = 1", "BOOLEAN");
	expect_type("UPPER(NULL)", "STRING");
	expect_type("CAST(NULL AS DATE)", "DATE");
	expect_type("NULL AND b", "BOOLEAN");
}

TEST(times_and_intervals_add_up)
{
	expect_type("ts3 + INTERVAL '1' DAY", "TIMESTAMP(3)");
	expect_type("INTERVAL '1' MONTH + ltz", "TIMESTAMP_LTZ(3)");
	expect_type("dt - INTERVAL '1' DAY", "DATE");
	expect_type("ts3 - INTERVAL i SECOND", "TIMESTAMP(3)");
	expect_error("ts3 - ts3", ERR_ARGUMENTS);
	expect_error("ts3 + 1", ERR_ARGUMENTS);
	expect_type("TO_TIMESTAMP_LTZ(l, 6)", "TIMESTAMP_LTZ(6)");
	expect_type("TO_TIMESTAMP_LTZ(l, 0)", "TIMESTAMP_LTZ(3)");
	expect_type("TO_TIMESTAMP_LTZ(l)", "TIMESTAMP_LTZ(3)");
}

TEST(casts_are_those_of_flink)
{
	expect_type("CAST(b AS INT)", "INT");
	expect_type("CAST(d AS BOOLEAN)", "BOOLEAN");
	expect_type("CAST(ts3 AS DATE)", "DATE");
	expect_type("CAST(dt AS TIMESTAMP(3))", "TIMESTAMP(3)");
	expect_type("CAST(inn AS DECIMAL(5, 2))", "DECIMAL(5, 2)");
	expect_error("CAST(i AS TIMESTAMP(3))", ERR_INVALID_CAST);
	expect_error("CAST(ts3 AS BIGINT)", ERR_INVALID_CAST);
	expect_error("CAST(b AS DATE)", ERR_INVALID_CAST);
	expect_error("CAST(dt AS TIME)", ERR_INVALID_CAST);
}

TEST(aliases_name_the_same_function)
{
	EXPECT(function_find("substr") == function_get(FN_SUBSTRING));
	EXPECT(function_find("Character_Length") ==
	       function_get(FN_CHAR_LENGTH));
	EXPECT(function_find("IFNULL") == function_get(FN_COALESCE));
	EXPECT(!function_find("+"));
	EXPECT(!function_find("nofn"));
	EXPECT(function_is_planned("row_number"));
	EXPECT(!function_is_planned("nofn"));
}

TEST(every_form_of_the_table_can_be_read)
{
	char forms[512];

	for (int id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get(id);

		EXPECT_EQ(f->id, id);
		function_forms(f, forms, sizeof(forms));
		EXPECT(forms[0] != '\0');
		EXPECT(!function_is_planned(f->name));
		EXPECT(!function_of_others(f->name) || f->flags & FN_OPERATOR);
	}
}

/* runtime/ evaluates them; here it is enough that they mean something. */
TEST(every_example_of_the_table_binds)
{
	for (int id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get(id);
		struct error err = ERROR_INIT;
		struct arena a;
		bool ok;

		if (f->flags & (FN_AGGREGATE | FN_OF_SETS) || !*f->result)
			continue;
		arena_init(&a);
		ok = bind_text(&a, f->example, &err) != NULL;
		if (!ok)
			printf("%s: %s\n", f->example, err.message);
		arena_release(&a);
		EXPECT(ok);
	}
}

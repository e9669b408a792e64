/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_error_examples.c - each error's example, as the manual shows
 * it, raises that error and no other.
 */
#include "base/buf.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/rig.h"
#include "tests/unit/sql.h"
#include "tests/unit/test.h"

static char tables[4096];

static const char *
example_tables(void)
{
	FILE *f = fopen("tests/golden/error_tables.sql", "r");
	size_t n;

	if (!f)
		FAIL("run from the top directory");
	n = fread(tables, 1, sizeof(tables) - 1, f);
	fclose(f);
	EXPECT(n > 0 && n < sizeof(tables) - 1);
	tables[n] = '\0';
	return tables;
}

/* What stands behind `prefix`, or NULL. */
static const char *
behind(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* With a byte for each \xNN. */
static void
unescape(const char *text, struct buf *ret)
{
	unsigned byte;

	buf_init(ret);
	while (*text) {
		if (text[0] == '\\' && text[1] == 'x' &&
		    sscanf(text + 2, "%2x", &byte) == 1) {
			buf_append(ret, &(char){ (char)byte }, 1);
			text += 4;
		} else {
			buf_append(ret, text++, 1);
		}
	}
}

static void
expect_code(enum error_code code, const char *example, const char *got)
{
	size_t n = strlen(error_name(code));

	if (strncmp(got, error_name(code), n) != 0 ||
	    (got[n] != '\0' && got[n] != ' ' && got[n] != ']'))
		FAIL("the example of %s\n  %s\ngives %s", error_name(code),
		     example, *got ? got : "no error");
}

static void
run_sql(enum error_code code, const char *example)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, example_tables());
	error_clear(&r.err);
	plan_rig_run(&r, example);
	expect_code(code, example, r.err.code ? error_name(r.err.code) : "");
	if (r.err.at.line == 0 && !behind(example, "SET"))
		FAIL("the error of %s names no place", example);
	plan_rig_close(&r);
}

static void
run_bytes(enum error_code code, const char *example)
{
	const char *errors;
	struct buf text;

	unescape(example, &text);
	errors = sql_errors(text.data, text.len, NULL);
	EXPECT(behind(errors, "error["));
	expect_code(code, example, errors + strlen("error["));
	buf_release(&text);
}

/* A row that cannot be computed, or a record that cannot be decoded. */
static void
run_record(enum error_code code, const char *sql, const char *topic,
	   const char *record)
{
	struct buf script, bytes;
	struct rig *r;

	buf_init(&script);
	buf_printf(&script, "%s\n%s;", example_tables(), sql);
	unescape(record, &bytes);
	r = rig_open(buf_cstr(&script));
	rig_push(r, topic, 0, buf_cstr(&bytes));
	rig_run(r);
	expect_code(code, sql, rig_errors(r));
	rig_close(r);
	buf_release(&script);
	buf_release(&bytes);
}

static void
run_record_of(enum error_code code, const char *rest)
{
	char topic[32], sql[64];
	size_t n = strcspn(rest, ":");

	snprintf(topic, sizeof(topic), "%.*s", (int)n, rest);
	snprintf(sql, sizeof(sql), "SELECT * FROM %s", topic);
	run_record(code, sql, topic, rest + n + 2);
}

TEST(each_error_is_raised_by_its_example)
{
	for (int c = ERR_NONE + 1; c < ERR_COUNT; c++) {
		const char *example = error_example((enum error_code)c);
		const char *rest;

		if (behind(example, "told: "))
			continue;
		if ((rest = behind(example, "bytes: ")))
			run_bytes((enum error_code)c, rest);
		else if ((rest = behind(example, "row: ")))
			run_record((enum error_code)c, rest, "words",
				   "{\"message\": \"a\", \"n\": 1}");
		else if ((rest = behind(example, "record of ")))
			run_record_of((enum error_code)c, rest);
		else
			run_sql((enum error_code)c, example);
	}
}

TEST(each_error_tells_what_to_do)
{
	for (int c = ERR_NONE + 1; c < ERR_COUNT; c++) {
		EXPECT(strlen(error_remedy((enum error_code)c)) > 6);
		EXPECT(strlen(error_example((enum error_code)c)) > 10);
	}
	EXPECT(ERR_COUNT - 1 >= 80);
}

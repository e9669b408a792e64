/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_client_changed.c - the table that a live view shows, change
 * by change.
 */
#include "client/changed.h"
#include "tests/unit/test.h"

static void
apply(struct changed *c, const char *op, const char *values)
{
	char line[128];
	struct row r;
	int n = snprintf(line, sizeof(line), "{\"op\":\"%s\",\"row\":[%s]}",
			 op, values);

	EXPECT(row_read(&r, line, (size_t)n, 2));
	changed_apply(c, &r);
	EXPECT(r.line == NULL);
}

/* The latest n rows as "a 1, b 2". */
static const char *
latest(const struct changed *c, size_t n)
{
	static char text[512];
	const struct row *rows[64];
	size_t len = 0;

	*text = '\0';
	EXPECT(n <= 64);
	n = changed_latest(c, n, rows);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%.*s %.*s", i ? ", " : "",
					(int)rows[i]->cells[0].n,
					rows[i]->cells[0].text,
					(int)rows[i]->cells[1].n,
					rows[i]->cells[1].text);
	return text;
}

TEST(an_updated_row_stays_in_its_place)
{
	struct changed *c = changed_create(100, 1 << 20);

	apply(c, "+I", "1,10");
	apply(c, "+I", "2,20");
	apply(c, "+I", "3,30");
	apply(c, "-U", "1,10");
	EXPECT_STR(latest(c, 9), "2 20, 3 30");
	apply(c, "+U", "1,11");
	EXPECT_STR(latest(c, 9), "1 11, 2 20, 3 30");
	apply(c, "-D", "2,20");
	EXPECT_STR(latest(c, 9), "1 11, 3 30");
	EXPECT_EQ(changed_total(c), 2);
	changed_destroy(c);
}

TEST(those_that_changed_last_are_seen)
{
	struct changed *c = changed_create(100, 1 << 20);

	for (int i = 0; i < 9; i++) {
		char values[16];

		snprintf(values, sizeof(values), "%d,0", i);
		apply(c, "+I", values);
	}
	apply(c, "-U", "3,0");
	apply(c, "+U", "3,1");
	EXPECT_STR(latest(c, 3), "3 1, 7 0, 8 0");
	changed_destroy(c);
}

TEST(equal_rows_are_kept_as_often_as_they_came)
{
	struct changed *c = changed_create(100, 1 << 20);

	apply(c, "+I", "1,1");
	apply(c, "+I", "1,1");
	apply(c, "-D", "1,1");
	EXPECT_STR(latest(c, 9), "1 1");
	apply(c, "-D", "1,1");
	EXPECT_EQ(changed_total(c), 0);
	EXPECT_EQ(changed_kept(c), 0);
	changed_destroy(c);
}

TEST(what_is_too_much_is_only_counted)
{
	struct changed *c = changed_create(3, 1 << 20);

	for (int i = 0; i < 5; i++) {
		char values[16];

		snprintf(values, sizeof(values), "%d,0", i);
		apply(c, "+I", values);
	}
	EXPECT_EQ(changed_total(c), 5);
	EXPECT_EQ(changed_kept(c), 3);
	EXPECT_STR(latest(c, 9), "2 0, 3 0, 4 0");
	/* Forgotten rows go as well. */
	apply(c, "-U", "0,0");
	apply(c, "+U", "0,1");
	EXPECT_EQ(changed_total(c), 5);
	EXPECT_STR(latest(c, 9), "3 0, 4 0, 0 1");
	apply(c, "-D", "1,0");
	EXPECT_EQ(changed_total(c), 4);
	changed_destroy(c);
	c = changed_create(100, 150);
	apply(c, "+I", "1,1");
	apply(c, "+I", "2,2");
	EXPECT_EQ(changed_kept(c), 1);
	changed_destroy(c);
}

TEST(many_rows_are_found_again)
{
	struct changed *c = changed_create(100000, 64 << 20);

	for (int i = 0; i < 5000; i++) {
		char values[32];

		snprintf(values, sizeof(values), "%d,\"x\"", i);
		apply(c, "+I", values);
	}
	for (int i = 0; i < 4999; i++) {
		char values[32];

		snprintf(values, sizeof(values), "%d,\"x\"", i);
		apply(c, "-D", values);
	}
	EXPECT_STR(latest(c, 9), "4999 \"x\"");
	changed_destroy(c);
}

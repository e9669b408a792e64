/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_tap_rows.c - what a tap sees of a pipeline: the rows of its
 * operator and no others, with the kinds that a sink gives; and what operators
 * are called.
 */
#include <string.h>

#include "runtime/format.h"
#include "runtime/tap.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

static unsigned
op_named(struct pipeline *p, const char *name)
{
	unsigned n;

	pipeline_ops(p, &n);
	for (unsigned i = 0; i < n; i++) {
		char is[64];

		pipeline_op_name(p, i, is);
		if (strcmp(is, name) == 0)
			return i;
	}
	FAIL("there is no operator %s", name);
}

static struct tap *
tap_at(struct rig *r, const char *name)
{
	struct pipeline *p = rig_pipeline(r);
	unsigned n, i = op_named(p, name);
	struct op *const *ops = pipeline_ops(p, &n);
	struct error err = ERROR_INIT;
	struct tap *t;

	EXPECT(tap_create(&ops[i]->node->schema, 1000, 1 << 20, &t, &err) == 0);
	pipeline_tap(p, i, t);
	return t;
}

/* Rows of the first column, with their kinds or weights: "a+ b- " */
static const char *
seen(struct tap *t)
{
	static char text[400];
	const uint8_t *kinds;
	struct batch *b;

	*text = '\0';
	while ((b = tap_take(t, &kinds))) {
		batch_each(b, row) {
			size_t n = strlen(text);
			struct str *s = &b->col[0].str[row];

			snprintf(text + n, sizeof(text) - n, "%.*s%s ",
				 (int)s->len, str_data(s),
				 kinds ? change_kind_text[kinds[row]]
				 : batch_weight(b, row) < 0 ? "-" : "+");
		}
		batch_unref(b);
	}
	return text;
}

static struct tap *
sink_tap(struct rig *r)
{
	char name[64];
	unsigned n;

	pipeline_ops(rig_pipeline(r), &n);
	pipeline_op_name(rig_pipeline(r), n - 1, name);
	EXPECT(strncmp(name, "sink_", 5) == 0);
	return tap_at(r, name);
}

TEST(a_tap_sees_what_leaves_its_operator)
{
	struct rig *r = rig_open("SELECT k, v FROM s WHERE 10 / v > 1");
	struct tap *scan = tap_at(r, "scan_1");
	struct tap *filter = tap_at(r, "filter_4"), *sink = sink_tap(r);

	rig_step(r, "a,1,@00:01", "b,9,@00:01", "c,2,@00:02", NULL);
	EXPECT_STR(seen(scan), "a+ b+ c+ ");
	EXPECT_STR(seen(filter), "a+ c+ ");
	EXPECT_STR(seen(sink), "a+ c+ ");
	pipeline_untap(rig_pipeline(r));
	rig_step(r, "d,1,@00:03", NULL);
	EXPECT_STR(seen(scan), "");
	EXPECT_EQ(tap_skipped(scan), 0);
	tap_unref(scan);
	tap_unref(filter);
	tap_unref(sink);
	rig_close(r);
}

TEST(taps_of_one_operator_do_not_know_each_other)
{
	struct rig *r = rig_open("SELECT k FROM s");
	struct tap *one = tap_at(r, "scan_1"), *two = tap_at(r, "scan_1");

	rig_step(r, "a,1,@00:01", NULL);
	EXPECT_STR(seen(one), "a+ ");
	tap_close(one);
	tap_unref(one); /* the pipeline has it still */
	rig_step(r, "b,1,@00:01", NULL);
	EXPECT_STR(seen(two), "a+ b+ ");
	rig_close(r);
	EXPECT_STR(seen(two), "");
	tap_unref(two);
}

TEST(changes_have_weights_and_at_the_sink_kinds)
{
	struct rig *r = rig_open("SELECT k, COUNT(*) FROM s GROUP BY k");
	struct tap *group = tap_at(r, "group_aggregate_1");
	struct tap *sink = sink_tap(r);

	rig_step(r, "a,1,@00:01", NULL);
	rig_step(r, "a,1,@00:01", NULL);
	EXPECT_STR(seen(group), "a+ a- a+ ");
	EXPECT_STR(seen(sink), "a+I a-U a+U ");
	tap_unref(group);
	tap_unref(sink);
	rig_close(r);
}

TEST(no_two_operators_have_one_name)
{
	struct rig *r = rig_open("SELECT k FROM s");
	struct pipeline *p = rig_pipeline(r);
	unsigned n;
	struct op *const *ops = pipeline_ops(p, &n);
	char name[64];

	op_name_state(ops[n - 1], "scan_1");
	pipeline_op_name(p, n - 1, name);
	EXPECT_STR(name, "scan_1");
	pipeline_op_name(p, 0, name);
	EXPECT_STR(name, n == 3 ? "scan_4" : n == 2 ? "scan_3" : "scan_5");
	rig_close(r);
}

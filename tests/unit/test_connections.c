/* SPDX-License-Identifier: Apache-2.0
 * A plan whose tables name a connection gets what it stands for, and nothing
 * that the table says itself is lost.
 */
#include <string.h>

#include "daemon/connections.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test.h"

#define TABLE                                                            \
	"CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't'," \
	" 'format' = 'json', 'connection' = 'prod', "                    \
	"'properties.fetch.min.bytes' = '7', "                           \
	"'properties.linger.ms' = '8')"

static void
on_mistake(void *arg, const struct error *err)
{
	(void)arg;
	FAIL("%s", err->message);
}

static struct config *
configured(const char *const *sets, unsigned n)
{
	struct config_source from = { .file = "/dev/null", .sets = sets,
				      .nsets = n };

	return config_load(&from, on_mistake, NULL);
}

/* The scan of t, with the connections of c. */
static const struct options *
applied(struct plan_rig *r, const struct config *c)
{
	plan_rig_must(r, TABLE);
	plan_rig_must(r, "SELECT a FROM t");
	EXPECT_EQ(connections_apply(c, r->plan, &r->arena, &r->err), 0);
	return plan_rig_node(r, PLAN_SCAN)->scan->options;
}

TEST(a_table_gets_what_its_connection_stands_for)
{
	static const char *const sets[] = {
		"kafka \"prod\".bootstrap.servers=h:1",
		"kafka \"prod\".sasl.mechanism=PLAIN",
		"kafka \"prod\".sasl.password=${env:PW}",
		"kafka \"prod\".fetch.min.bytes=1",
		"kafka \"prod\".group.id=g",
		"kafka \"other\".bootstrap.servers=i:1",
	};
	struct config *c = configured(sets, 6);
	const struct options *o;
	struct plan_rig r;

	plan_rig_open(&r);
	o = applied(&r, c);
	EXPECT_STR(options_get(o, "properties.bootstrap.servers"), "h:1");
	EXPECT_STR(options_get(o, "properties.sasl.mechanisms"), "PLAIN");
	/* A reference as yet: it is looked up by the client's own thread. */
	EXPECT_STR(options_get(o, "properties.sasl.password"), "${env:PW}");
	EXPECT_STR(options_get(o, "properties.group.id"), "g");
	/* What the table says comes first. */
	EXPECT_STR(options_get(o, "properties.fetch.min.bytes"), "7");
	EXPECT(options_given(o, "topic"));
	EXPECT(options_given(o, "properties.group.id"));
	EXPECT(!options_given(o, "scan.startup.mode"));
	EXPECT_STR(options_get(o, "scan.startup.mode"), "group-offsets");
	plan_rig_close(&r);
	config_unref(c);
}

/* librdkafka has two names for some: the table's has to come last. */
TEST(a_connections_other_name_does_not_win)
{
	static const char *const sets[] = {
		"kafka \"prod\".bootstrap.servers=h:1",
		"kafka \"prod\".queue.buffering.max.ms=100",
	};
	struct config *c = configured(sets, 2);
	const struct options *o;
	struct plan_rig r;
	int first = -1, last = -1;

	plan_rig_open(&r);
	o = applied(&r, c);
	for (unsigned i = 0; i < o->n; i++) {
		if (strcmp(o->keys[i], "properties.queue.buffering.max.ms") == 0)
			first = (int)i;
		if (strcmp(o->keys[i], "properties.linger.ms") == 0)
			last = (int)i;
	}
	EXPECT(first >= 0 && first < last);
	plan_rig_close(&r);
	config_unref(c);
}

TEST(one_that_is_not_there_lists_those_that_are)
{
	static const char *const sets[] = {
		"kafka \"prob\".bootstrap.servers=h:1",
		"kafka \"test\".bootstrap.servers=i:1",
	};
	struct config *c = configured(sets, 2), *none = configured(NULL, 0);
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, TABLE);
	plan_rig_must(&r, "SELECT a FROM t");
	EXPECT_EQ(connections_apply(c, r.plan, &r.arena, &r.err), -1);
	EXPECT_EQ(r.err.code, ERR_UNKNOWN_CONNECTION);
	EXPECT_STR(r.err.message, "the configuration has no connection 'prod'");
	EXPECT_STR(r.err.hint, "did you mean 'prob'?");
	EXPECT_STR(r.err.note, "add [kafka \"prod\"] to sluice.ini and reload "
		   "the daemon (SIGHUP), or name one of those it has: prob, "
		   "test");
	EXPECT_EQ(connections_apply(none, r.plan, &r.arena, &r.err), -1);
	EXPECT(strstr(r.err.note, "add a section [kafka \"prod\"]"));
	plan_rig_close(&r);
	config_unref(c);
	config_unref(none);
}

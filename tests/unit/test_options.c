/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_options.c - tables' options and sessions' settings: what is
 * read, what stands for what is not given. Errors are in golden/errors-bind.
 */
#include "parser/options.h"

#include "plan_rig.h"
#include "test.h"

#define KAFKA "'connector' = 'kafka', 'topic' = 't', " \
	"'properties.bootstrap.servers' = 'h:9092'"

static const struct options *
options_of(struct plan_rig *r, const char *table)
{
	const struct object *o = catalog_find(r->catalog, table);

	EXPECT(o);
	return o->table->options;
}

TEST(defaults_stand_for_what_is_not_given)
{
	const struct options *o;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a INT) WITH (" KAFKA
			  ", 'format' = 'json')");
	o = options_of(&r, "t");
	EXPECT_STR(o->connector, "kafka");
	EXPECT_STR(options_get(o, "scan.startup.mode"), "group-offsets");
	EXPECT(!options_given(o, "scan.startup.mode"));
	EXPECT(options_given(o, "topic"));
	EXPECT(!options_get(o, "key.format"));
	EXPECT_EQ(options_bytes(o, "scan.max-record-bytes"), 4 << 20);
	EXPECT_EQ(options_duration_us(o, "scan.watermark.max-future"),
		  3600000000);
	EXPECT(!options_bounded(o));
	plan_rig_close(&r);
}

TEST(java_names_become_librdkafkas)
{
	const struct options *o;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a INT) WITH (" KAFKA
			  ", 'format' = 'json', 'properties.fetch.max.wait.ms'"
			  " = '10', 'properties.sasl.password' ="
			  " '${file:/etc/secret}')");
	o = options_of(&r, "t");
	EXPECT_STR(options_get(o, "properties.fetch.wait.max.ms"), "10");
	EXPECT_STR(options_get(o, "properties.sasl.password"),
		   "${file:/etc/secret}");
	plan_rig_close(&r);
}

TEST(a_format_sees_its_own_options_by_their_plain_keys)
{
	const struct options *o, *value, *key;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (k INT, a INT) WITH (" KAFKA
			  ", 'value.format' = 'json', 'key.format' = 'csv',"
			  " 'key.fields' = 'k',"
			  " 'value.json.ignore-parse-errors' = 'true',"
			  " 'key.csv.field-delimiter' = '|')");
	o = options_of(&r, "t");
	value = options_of_format(o, "value", &r.arena);
	key = options_of_format(o, "key", &r.arena);
	EXPECT_STR(value->connector, "json");
	EXPECT(options_bool(value, "ignore-parse-errors"));
	EXPECT(!options_bool(value, "fail-on-missing-field"));
	EXPECT(options_given(value, "ignore-parse-errors"));
	EXPECT(!options_get(value, "field-delimiter"));
	EXPECT_STR(key->connector, "csv");
	EXPECT_STR(options_get(key, "field-delimiter"), "|");
	EXPECT_STR(options_get(key, "quote-character"), "\"");
	plan_rig_close(&r);
}

TEST(a_table_without_a_key_format_has_none)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a STRING) WITH (" KAFKA
			  ", 'format' = 'raw', 'raw.charset' = 'UTF-8')");
	EXPECT(!options_of_format(options_of(&r, "t"), "key", &r.arena));
	EXPECT_STR(options_get(options_of_format(options_of(&r, "t"), "value",
						 &r.arena), "endianness"),
		   "big-endian");
	plan_rig_close(&r);
}

TEST(datagen_has_options_for_each_column)
{
	const struct options *o;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (id INT, name STRING) WITH ("
			  "'connector' = 'datagen', 'fields.id.kind' ="
			  " 'sequence', 'fields.id.start' = '1',"
			  " 'fields.id.end' = '9', 'fields.name.length' ="
			  " '5')");
	o = options_of(&r, "t");
	EXPECT_STR(options_get(o, "fields.id.kind"), "sequence");
	EXPECT_STR(options_get(o, "fields.name.kind"), "random");
	EXPECT_EQ(options_int(o, "fields.name.length"), 5);
	EXPECT_EQ(options_int(o, "fields.id.length"), 100);
	EXPECT(options_double(o, "fields.name.null-rate") == 0.0);
	EXPECT(options_bounded(o));
	plan_rig_close(&r);
}

TEST(a_hint_replaces_an_option_for_one_query)
{
	const struct options *o;
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, "CREATE TABLE t (a INT) WITH (" KAFKA
			  ", 'format' = 'json');"
			  "SELECT a FROM t /*+ OPTIONS('scan.startup.mode' ="
			  " 'earliest-offset', 'scan.bounded.mode' ="
			  " 'latest-offset') */");
	o = plan_rig_node(&r, PLAN_SCAN)->scan->options;
	EXPECT_STR(options_get(o, "scan.startup.mode"), "earliest-offset");
	EXPECT_STR(options_get(o, "topic"), "t");
	EXPECT(r.plan->bounded);
	EXPECT_STR(options_get(options_of(&r, "t"), "scan.startup.mode"),
		   "group-offsets");
	plan_rig_close(&r);
}

TEST(durations_and_sizes_read_as_in_flink)
{
	int64_t v;

	EXPECT(duration_parse("5 s", &v) && v == 5000000);
	EXPECT(duration_parse("10min", &v) && v == 600000000);
	EXPECT(duration_parse("100 ms", &v) && v == 100000);
	EXPECT(duration_parse("1 d", &v) && v == INT64_C(86400000000));
	EXPECT(duration_parse("7", &v) && v == 7000);
	EXPECT(duration_parse(" 2 hours ", &v) && v == INT64_C(7200000000));
	EXPECT(!duration_parse("", &v));
	EXPECT(!duration_parse("-5 s", &v));
	EXPECT(!duration_parse("5 parsecs", &v));
	EXPECT(!duration_parse("5 s later", &v));
	EXPECT(!duration_parse("9223372036854775807 d", &v));
	EXPECT(bytes_parse("4 mb", &v) && v == 4 << 20);
	EXPECT(bytes_parse("64 KiB", &v) && v == 64 << 10);
	EXPECT(bytes_parse("12", &v) && v == 12);
	EXPECT(!bytes_parse("4.5 mb", &v));
	EXPECT(!bytes_parse("9223372036854775807 kb", &v));
}

TEST(every_default_of_the_tables_is_a_value_of_its_type)
{
	size_t n;
	const struct option_def *defs = option_defs(&n);
	int64_t v;

	EXPECT(n > 50);
	for (size_t i = 0; i < n; i++) {
		const char *d = defs[i].fallback;

		EXPECT(defs[i].help && *defs[i].help);
		if (!d)
			continue;
		if (defs[i].type == OPT_DURATION)
			EXPECT(duration_parse(d, &v));
		if (defs[i].type == OPT_BYTES)
			EXPECT(bytes_parse(d, &v));
		if (defs[i].type == OPT_ENUM)
			EXPECT(strstr(defs[i].values, d));
		if (defs[i].owner_kind == OWNER_CONNECTOR)
			EXPECT(connector_def_find(defs[i].owner));
		else
			EXPECT(format_def_find(defs[i].owner));
	}
}

/* ---- settings ---- */

TEST(settings_have_defaults_until_set_and_after_reset)
{
	const char *notice = NULL;
	struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;

	EXPECT_EQ(settings_duration_us(&s, "execution.checkpointing.interval"),
		  5000000);
	EXPECT_EQ(settings_duration_us(NULL, "table.exec.source.idle-timeout"),
		  30000000);
	EXPECT_EQ(settings_set(&s, "execution.checkpointing.interval",
			       "1 min", &notice, &err), 0);
	EXPECT(!notice);
	EXPECT_EQ(settings_duration_us(&s, "execution.checkpointing.interval"),
		  60000000);
	EXPECT(settings_given(&s, "execution.checkpointing.interval"));
	EXPECT_EQ(settings_reset(&s, "execution.checkpointing.interval", &err),
		  0);
	EXPECT(!settings_given(&s, "execution.checkpointing.interval"));
	settings_release(&s);
}

TEST(a_setting_that_changes_nothing_says_so)
{
	const char *notice = NULL;
	struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;

	EXPECT_EQ(settings_set(&s, "parallelism.default", "4", &notice, &err),
		  0);
	EXPECT_STR(notice, "a job is one thread");
	settings_release(&s);
}

TEST(the_text_of_settings_sets_them_again)
{
	const char *notice;
	struct settings s = SETTINGS_INIT;
	struct error err = ERROR_INIT;
	struct plan_rig r;
	struct buf text;

	settings_set(&s, "pipeline.name", "clicks", &notice, &err);
	settings_set(&s, "table.local-time-zone", "Europe/Berlin", &notice,
		     &err);
	buf_init(&text);
	settings_text(&s, &text);
	EXPECT_STR(buf_cstr(&text),
		   "SET 'pipeline.name' = 'clicks';\n"
		   "SET 'table.local-time-zone' = 'Europe/Berlin';\n");
	plan_rig_open(&r);
	plan_rig_must(&r, buf_cstr(&text));
	EXPECT_STR(settings_get(&r.settings, "pipeline.name"), "clicks");
	plan_rig_close(&r);
	buf_release(&text);
	settings_release(&s);
}

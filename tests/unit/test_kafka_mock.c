/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kafka_mock.c - the Kafka source on the embedded Kafka: what
 * can be told without a real broker, and what the embedded one's limits mean.
 */
#include "base/nested.h"
#include "daemon/embedded_kafka.h"
#include "runtime/connectors/kafka_client.h"
#include "runtime/connectors/kafka_headers.h"
#include "runtime/connectors/kafka_properties.h"
#include "runtime/connectors/kafka_source.h"
#include "tests/unit/kafka_rig.h"

static struct arena arena;
static struct embedded_kafka *kafka; /* one for all: it ends with a second */
static const char *address;

static void
kafka_end(void)
{
	embedded_kafka_stop(kafka);
}

static void
begin(void)
{
	struct error err = ERROR_INIT;

	arena_init(&arena);
	if (kafka)
		return;
	if (embedded_kafka_start(&kafka, &err) < 0)
		FAIL("%s", err.message);
	address = embedded_kafka_address(kafka);
	atexit(kafka_end);
}

static void
end(void)
{
	arena_release(&arena);
}

#define OPTIONS(...) \
	rig_options(&arena, "kafka", "properties.bootstrap.servers", \
		    "embedded", __VA_ARGS__)
#define EARLIEST "scan.startup.mode", "earliest-offset"

TEST(an_embedded_topic_is_there_once_it_is_named)
{
	const struct part_info *info;
	struct rig_source *r;

	begin();
	r = rig_source_open(OPTIONS("topic", "fresh", EARLIEST, NULL), NULL, 0,
			    address);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	EXPECT_EQ(r->source->type->parts(r->source, &info), 4);
	for (int i = 0; i < 4; i++) {
		EXPECT_STR(info[i].topic, "fresh");
		EXPECT_EQ(info[i].partition, i);
		EXPECT_EQ(info[i].next_offset, 0);
	}
	rig_produce(address, "fresh", 2, "w", 0, 3, 0);
	rig_source_read(r, 3, 20000);
	EXPECT_STR(rig_source_values(r), "w-0 w-1 w-2");
	EXPECT_EQ(r->got[2].part, 2);
	rig_source_close(r);
	end();
}

TEST(a_group_goes_on_where_it_committed)
{
	struct start_offset at = { .next_offset = 2 };
	struct rig_source *r;

	begin();
	at.topic = str_ref("grouped", 7);
	rig_produce(address, "grouped", 0, "g", 0, 3, 0);
	r = rig_source_open(OPTIONS("topic", "grouped", NULL), NULL, 0,
			    address);
	rig_source_read(r, 3, 20000);
	EXPECT_STR(rig_source_values(r), "g-0 g-1 g-2");
	EXPECT(strstr(rig_source_notices(r), "they start at the beginning"));
	r->source->type->commit(r->source, &at, 1);
	rig_source_close(r);
	r = rig_source_open(OPTIONS("topic", "grouped", NULL), NULL, 0,
			    address);
	rig_source_read(r, 1, 20000);
	EXPECT_STR(rig_source_values(r), "g-2");
	rig_source_close(r);
	end();
}

TEST(several_topics_are_one_source)
{
	struct rig_source *r;

	begin();
	rig_produce(address, "a", 0, "a", 0, 2, 0);
	rig_produce(address, "b", 3, "b", 0, 1, 0);
	r = rig_source_open(OPTIONS("topic", "a; b", EARLIEST,
				    "scan.bounded.mode", "latest-offset",
				    NULL), NULL, 0, address);
	EXPECT(rig_source_until(r, PART_ENDED, 20000));
	EXPECT_EQ(r->n, 3);
	rig_source_close(r);
	end();
}

TEST(a_client_that_has_given_up_ends_one_life_of_the_job)
{
	struct rig_source *r;
	struct kafka_source *s;

	begin();
	rig_produce(address, "fatal", 0, "f", 0, 2, 0);
	r = rig_source_open(OPTIONS("topic", "fatal", EARLIEST, NULL), NULL, 0,
			    address);
	rig_source_read(r, 2, 20000);
	EXPECT(!r->failed);
	s = (struct kafka_source *)r->source;
	rd_kafka_test_fatal_error(s->client->rk,
				  RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
				  "no way on from here");
	rig_source_read(r, 3, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_KAFKA);
	EXPECT(strstr(r->err.message, "no way on from here"));
	EXPECT(r->err.retriable);
	rig_source_close(r);
	end();
}

TEST(refusals_that_stay_are_told_from_those_that_pass)
{
	struct error err = ERROR_INIT;

	kafka_topic_error(&err, "t", RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
	EXPECT(err.retriable);
	kafka_topic_error(&err, "t",
			  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	EXPECT(!err.retriable);
	EXPECT(strstr(err.note, "kafka-acls.sh"));
	EXPECT(kafka_is_permanent(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
	EXPECT(!kafka_is_permanent(RD_KAFKA_RESP_ERR__TRANSPORT));
}

/* The cluster keeps 5 MB or 100 000 sets of messages a partition. */
TEST(trimmed_records_are_skipped_and_counted)
{
	struct start_offset at = { .next_offset = 1 };
	const struct part_info *info;
	struct rig_source *r;

	begin();
	at.topic = str_ref("big", 3);
	rig_produce(address, "big", 0, "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789", 0, 90000, 0);
	r = rig_source_open(OPTIONS("topic", "big", EARLIEST, NULL), &at, 1,
			    address);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	EXPECT(!r->failed);
	r->source->type->parts(r->source, &info);
	EXPECT(info[0].lost > 0);
	EXPECT_EQ(info[0].lost + r->n + 1, 90000);
	EXPECT_EQ(r->got[0].offset, info[0].lost + 1);
	EXPECT(strstr(rig_source_notices(r), "are gone and were skipped"));
	rig_source_close(r);
	end();
}

TEST(offsets_of_an_earlier_life_are_ignored_with_a_notice)
{
	struct start_offset at = { .next_offset = 100 };
	struct rig_source *r;

	begin();
	at.topic = str_ref("t", 1);
	rig_produce(address, "t", 0, "n", 0, 2, 0);
	r = rig_source_open(OPTIONS("topic", "t", EARLIEST, NULL), &at, 1,
			    address);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "n-0 n-1");
	EXPECT(strstr(rig_source_notices(r), "keeps nothing over a restart"));
	rig_source_close(r);
	end();
}

TEST(what_the_embedded_kafka_cannot_do_is_refused)
{
	struct rig_source *r;

	begin();
	r = rig_source_open(OPTIONS("topic", "t", "scan.startup.mode",
				    "timestamp", "scan.startup.timestamp-millis",
				    "0", NULL), NULL, 0, address);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_UNSUPPORTED);
	rig_source_close(r);

	r = rig_source_open(OPTIONS("topic", "t", EARLIEST, NULL), NULL, 0,
			    NULL);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_INVALID_OPTION);
	rig_source_close(r);
	end();
}

TEST(specific_offsets_are_checked_at_once)
{
	static const char *const bad[] = { "0:42", "partition:0,offset:-1",
		"partition:0,offset:1,", "partition:x,offset:1" };

	begin();
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct rig_source *r = rig_source_open(
			OPTIONS("topic", "t", "scan.startup.mode",
				"specific-offsets",
				"scan.startup.specific-offsets", bad[i], NULL),
			NULL, 0, address);

		if (!r->failed)
			FAIL("'%s' was accepted", bad[i]);
		EXPECT_EQ(r->err.code, ERR_INVALID_OPTION);
		rig_source_close(r);
	}
	end();
}

TEST(a_source_ends_while_its_broker_does_not_answer)
{
	struct rig_source *r;
	int64_t began_us = rig_now_us();

	begin();
	r = rig_source_open(rig_options(&arena, "kafka", "topic", "t", EARLIEST,
					"properties.bootstrap.servers",
					"127.0.0.1:1", NULL), NULL, 0, NULL);
	rig_source_read(r, 1, 300);
	EXPECT(!r->failed);
	rig_source_close(r);
	EXPECT(rig_now_us() - began_us < 6 * 1000000);
	end();
}

TEST(what_a_sink_writes_a_source_reads)
{
	struct rig_source *r;
	struct rig_sink *out;

	begin();
	out = rig_sink_open(OPTIONS("topic", "pipe", "format", "json", NULL),
			    "k STRING, n BIGINT", NULL, 1 << 20, address);
	rig_sink_write_many(out, "w", 0, 10000);
	rig_sink_cut(out, 7);
	EXPECT(rig_sink_until(out, 7, 20000));
	EXPECT_EQ(out->acked, 7);
	EXPECT(out->sink->type->room(out->sink));
	rig_sink_close(out);
	r = rig_source_open(OPTIONS("topic", "pipe", EARLIEST,
				    "scan.bounded.mode", "latest-offset",
				    NULL), NULL, 0, address);
	EXPECT(rig_source_until(r, PART_ENDED, 20000));
	EXPECT_EQ(r->n, 10000);
	rig_source_close(r);
	end();
}

/* Rows with the headers {a: 1, empty: '', none: NULL}, {} and NULL. */
static void
write_headers(struct rig_sink *out)
{
	struct batch *b = batch_create(NULL, &out->schema, 3);
	struct type t = out->schema.cols[1].type;
	struct value keys[] = { { .str = str_ref("none", 4) },
				{ .str = str_ref("empty", 5) },
				{ .str = str_ref("a", 1) } };
	struct value values[] = { { .is_null = true }, { 0 },
				  { .str = str_ref("1", 1) } };

	for (uint32_t i = 0; i < 3; i++)
		b->col[0].str[i] = str_ref("k", 1);
	EXPECT(nested_make_map(&b->arena, t, 3, keys, values,
			       &b->col[1].str[0]));
	EXPECT(nested_make_map(&b->arena, t, 0, NULL, NULL,
			       &b->col[1].str[1]));
	column_set_null(&b->col[1], 2, 3, &b->arena);
	batch_seal(b, 3);
	EXPECT_EQ(out->sink->type->write(out->sink, b, NULL, &out->err), 0);
	batch_unref(b);
}

TEST(headers_are_written_and_read)
{
	struct rig_source *r;
	struct rig_sink *out;
	unsigned total = 0;
	struct nested v;
	struct type t;

	begin();
	out = rig_sink_open(OPTIONS("topic", "headed", "format", "json", NULL),
			    "k STRING, h HEADERS metadata headers", NULL,
			    1 << 20, address);
	t = out->schema.cols[1].type;
	write_headers(out);
	rig_sink_cut(out, 1);
	EXPECT(rig_sink_until(out, 1, 20000));
	rig_sink_close(out);
	r = rig_source_open(OPTIONS("topic", "headed", EARLIEST,
				    "scan.bounded.mode", "latest-offset",
				    NULL), NULL, 0, address);
	EXPECT(rig_source_until(r, PART_ENDED, 20000));
	EXPECT_EQ(r->n, 3);
	for (unsigned i = 0; i < r->n; i++) {
		const struct str *h = &r->got[i].headers;

		EXPECT(nested_validate(str_data(h), h->len, t));
		nested_open(h, &v);
		total += nested_entries(&v);
		if (v.n == 0)
			continue;
		EXPECT_EQ(nested_entries(&v), 3); /* a, empty, none */
		EXPECT_EQ(nested_get(&v, 3, type_value(t)).str.len, 1);
		EXPECT(!nested_is_null(&v, 4));
		EXPECT(nested_is_null(&v, 5));
	}
	EXPECT_EQ(total, 3);
	rig_source_close(r);
	end();
}

/* One header more than are read. */
static void
write_many_headers(struct rig_sink *out)
{
	struct batch *b = batch_create(NULL, &out->schema, 1);
	uint32_t n = KAFKA_HEADERS_MAX + 1;
	struct value *keys = arena_array(&b->arena, n, struct value);
	struct value *values = arena_array(&b->arena, n, struct value);

	for (uint32_t i = 0; i < n; i++) {
		char *name = arena_bytes(&b->arena, 8);

		snprintf(name, 8, "%u", i);
		keys[i].str = str_ref(name, (uint32_t)strlen(name));
		values[i].is_null = true;
	}
	b->col[0].str[0] = str_ref("k", 1);
	EXPECT(nested_make_map(&b->arena, out->schema.cols[1].type, n, keys,
			       values, &b->col[1].str[0]));
	batch_seal(b, 1);
	EXPECT_EQ(out->sink->type->write(out->sink, b, NULL, &out->err), 0);
	batch_unref(b);
}

TEST(too_many_headers_are_not_read)
{
	unsigned bad = 0;
	struct rig_source *r;
	struct rig_sink *out;

	begin();
	out = rig_sink_open(OPTIONS("topic", "many", "format", "json", NULL),
			    "k STRING, h HEADERS metadata headers", NULL,
			    1 << 20, address);
	write_headers(out);
	write_many_headers(out);
	rig_sink_cut(out, 1);
	EXPECT(rig_sink_until(out, 1, 20000));
	rig_sink_close(out);
	r = rig_source_open(OPTIONS("topic", "many", EARLIEST,
				    "scan.bounded.mode", "latest-offset",
				    NULL), NULL, 0, address);
	EXPECT(rig_source_until(r, PART_ENDED, 20000));
	EXPECT_EQ(r->n, 4);
	for (unsigned i = 0; i < r->n; i++) {
		EXPECT(nested_validate(str_data(&r->got[i].headers),
				       r->got[i].headers.len,
				       type_map(&arena, TYPE_OF(TYPE_VARCHAR),
						TYPE_OF(TYPE_VARBINARY))));
		bad += r->got[i].headers_too_large;
	}
	EXPECT_EQ(bad, 1);
	rig_source_close(r);
	end();
}

TEST(a_sink_has_no_room_while_nobody_acknowledges)
{
	struct rig_sink *out;

	begin();
	out = rig_sink_open(rig_options(&arena, "kafka", "topic", "t",
					"properties.bootstrap.servers",
					"127.0.0.1:1", "format", "json", NULL),
			    "k STRING, n BIGINT", NULL, 100000, NULL);
	EXPECT(out->sink->type->room(out->sink));
	rig_sink_write_many(out, "w", 0, 2000);
	EXPECT(!out->sink->type->room(out->sink));
	rig_sink_cut(out, 1);
	EXPECT(!rig_sink_until(out, 1, 300));
	EXPECT(!out->failed);
	EXPECT(out->sink->type->reason(out->sink) != NULL);
	rig_sink_close(out);
	end();
}

TEST(without_a_guarantee_epochs_pass_before_their_records)
{
	struct rig_sink *out;

	begin();
	out = rig_sink_open(rig_options(&arena, "kafka", "topic", "t",
					"properties.bootstrap.servers",
					"127.0.0.1:1", "format", "json",
					"sink.delivery-guarantee", "none",
					NULL),
			    "k STRING, n BIGINT", NULL, 100000, NULL);
	for (uint64_t epoch = 1; epoch <= 20; epoch++) {
		rig_sink_write(out, "+I a 1", NULL);
		rig_sink_cut(out, epoch);
		EXPECT(rig_sink_until(out, epoch, 1000));
	}
	rig_sink_close(out); /* now the client reports on all of them */
	end();
}

TEST(a_sink_checks_its_options_at_once)
{
	static const char *const bad[][3] = {
		{ "sink.partitioner", "org.example.Mine", "round-robin are" },
		{ "sink.delivery-guarantee", "exactly-once", "not there yet" },
		{ "properties.acks", "1", "may lose rows" },
		{ "key.fields-prefix", "k_", "EXCEPT_KEY" },
		{ "topic", "a;b", "exactly one" },
	};

	begin();
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct rig_sink *out = rig_sink_open(
			OPTIONS(bad[i][0], bad[i][1], "topic", "t", "format",
				"json", NULL),
			"k STRING, n BIGINT", NULL, 1 << 20, address);

		EXPECT(out->failed);
		if (!strstr(out->err.message, bad[i][2]))
			FAIL("'%s': %s", bad[i][0], out->err.message);
		rig_sink_close(out);
	}
	end();
}

/* ---- properties ---- */

static char passed[512];

static int
pass(void *arg, const char *name, const char *value, struct error *err)
{
	(void)arg, (void)err;
	snprintf(passed + strlen(passed), sizeof(passed) - strlen(passed),
		 "%s=%s;", name, value);
	return 0;
}

static int
walk(const char *const *paths, struct error *err, const char *key,
     const char *value)
{
	passed[0] = '\0';
	return kafka_properties_each(
		rig_options(&arena, "kafka", "topic", "t",
			    "properties.bootstrap.servers", "h:1",
			    key, value, NULL), paths, pass, NULL, err);
}

TEST(only_listed_properties_pass)
{
	struct error err = ERROR_INIT;

	EXPECT_EQ(walk(NULL, &err, "properties.linger.ms", "7"), 0);
	EXPECT_STR(passed, "linger.ms=7;");
	EXPECT_EQ(walk(NULL, &err, "properties.group.id", "g"), 0);
	EXPECT_STR(passed, ""); /* the connector's own */
	EXPECT_EQ(walk(NULL, &err, "properties.plugin.library.paths", "x.so"),
		  -1);
	EXPECT_EQ(err.code, ERR_UNKNOWN_OPTION);
	EXPECT_EQ(walk(NULL, &err, "properties.ssl.key.location", "/none"), -1);
	EXPECT_EQ(err.code, ERR_SECRET);
	arena_release(&arena);
}

TEST(secrets_are_looked_up_where_they_may_lie)
{
	static const char *const elsewhere[] = { "/usr", NULL };
	static const char *const here[] = { "/tmp", NULL };
	char path[] = "/tmp/sluice-secret-XXXXXX", reference[64];
	struct error err = ERROR_INIT;
	FILE *f = fdopen(mkstemp(path), "w");

	fputs("hunter2\n", f);
	fclose(f);
	snprintf(reference, sizeof(reference), "${file:%s}", path);
	EXPECT_EQ(walk(here, &err, "properties.sasl.password", reference), 0);
	EXPECT_STR(passed, "sasl.password=hunter2;");
	EXPECT_EQ(walk(elsewhere, &err, "properties.sasl.password", reference),
		  -1);
	EXPECT_EQ(err.code, ERR_SECRET);
	EXPECT(!strstr(err.message, "hunter2"));
	EXPECT(strstr(err.note, "secrets.paths"));
	EXPECT_EQ(walk(here, &err, "properties.ssl.ca.location", path), 0);
	EXPECT_EQ(walk(elsewhere, &err, "properties.ssl.ca.location", path),
		  -1);
	EXPECT_EQ(err.code, ERR_SECRET);
	/* A FIFO or a device must not hold anybody up. */
	EXPECT_EQ(walk(NULL, &err, "properties.sasl.password",
		       "${file:/dev/tty}"), -1);
	EXPECT_EQ(walk(NULL, &err, "properties.sasl.password",
		       "${file:/dev/null}"), -1);
	EXPECT_EQ(walk(NULL, &err, "properties.sasl.password", "hunter2"), -1);
	EXPECT_EQ(err.code, ERR_LITERAL_SECRET);
	setenv("SLUICE_TEST_SECRET", "of the environment", 1);
	EXPECT_EQ(walk(here, &err, "properties.sasl.password",
		       "${env:SLUICE_TEST_SECRET}"), 0);
	EXPECT_STR(passed, "sasl.password=of the environment;");
	EXPECT_EQ(walk(here, &err, "properties.sasl.password",
		       "${cred:../../etc/passwd}"), -1);
	remove(path);
	arena_release(&arena);
}

/* A property that takes numbers or words would tell it in its complaint. */
TEST(a_secret_in_a_wrong_place_is_not_told)
{
	static const char *const keys[] = { "properties.compression.type",
					    "properties.fetch.min.bytes",
					    "properties.client.dns.lookup" };
	const struct connector_env env = { .job = "j" };

	setenv("SLUICE_TEST_SECRET", "hunter2", 1);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct error err = ERROR_INIT;
		char text[4096];

		EXPECT(!kafka_conf_create(
			rig_options(&arena, "kafka", "topic", "t",
				    "properties.bootstrap.servers", "h:1",
				    keys[i], "${env:SLUICE_TEST_SECRET}", NULL),
			&env, &err));
		error_print(&err, text, sizeof(text));
		EXPECT(strstr(text, keys[i]));
		EXPECT(!strstr(text, "hunter2"));
	}
	arena_release(&arena);
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/kafka/test_sink.c - the Kafka sinks against a real broker: what lies
 * in the topic, when an epoch counts as safe, and what refuses a row.
 */
#include "base/hash.h"
#include "tests/unit/kafka_rig.h"

#define MB (INT64_C(1) << 20)

static struct arena arena;

#define OPTIONS(connector, broker, topic, ...)                             \
	rig_options(&arena, (connector), "topic", (topic),                 \
		    "properties.bootstrap.servers", (broker), __VA_ARGS__)
#define JSON "format", "json"
#define UPSERT_JSON "key.format", "json", "value.format", "json"

static void
expect_record(const struct rig_record *r, const char *key, const char *value)
{
	if (!r)
		FAIL("no record for key %s", key ? key : "NULL");
	EXPECT_STR(r->key, key);
	EXPECT_STR(r->value, value);
}

TEST(rows_are_records_in_order)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("append");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON, NULL),
			  "k STRING, n BIGINT", NULL, 64 * MB, NULL);
	rig_sink_write(r, "+I a 1", "+I NULL 2", "+I c NULL", NULL);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 3);
	expect_record(all, NULL, "{\"k\":\"a\",\"n\":1}");
	expect_record(all->next, NULL, "{\"k\":null,\"n\":2}");
	expect_record(all->next->next, NULL, "{\"k\":\"c\",\"n\":null}");
	rig_records_free(all);
	arena_release(&arena);
}

TEST(key_fields_make_the_key_and_may_leave_the_value)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("keyed");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, "value.format",
				  "json", "key.format", "raw", "key.fields",
				  "key_k", "key.fields-prefix", "key_",
				  "value.fields-include", "EXCEPT_KEY", NULL),
			  "key_k STRING, n BIGINT", NULL, 64 * MB, NULL);
	EXPECT_STR(r->err.message, "");
	rig_sink_write(r, "+I a 1", "+I NULL 2", NULL);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 2);
	expect_record(all, "a", "{\"n\":1}");
	expect_record(all->next, NULL, "{\"n\":2}");
	rig_records_free(all);
	arena_release(&arena);
}

/* flink-facts.md: the key's columns stand in the order of the clause. */
TEST(an_upsert_has_the_primary_key_as_its_key_and_a_delete_no_value)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("upsert");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("upsert-kafka", broker, topic, UPSERT_JSON,
				  NULL),
			  "k STRING, k2 BIGINT, v BIGINT", "k2 k", 64 * MB,
			  NULL);
	rig_sink_write(r, "+I a 1 1", "+U b 2 5", "-D a 1 NULL", NULL);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 3);
	expect_record(all, "{\"k2\":1,\"k\":\"a\"}",
		      "{\"k\":\"a\",\"k2\":1,\"v\":1}");
	expect_record(all->next, "{\"k2\":2,\"k\":\"b\"}",
		      "{\"k\":\"b\",\"k2\":2,\"v\":5}");
	expect_record(all->next->next, "{\"k2\":1,\"k\":\"a\"}", NULL);
	rig_records_free(all);
	arena_release(&arena);
}

TEST(keyed_records_lie_where_java_puts_them)
{
	/* org.apache.kafka.common.utils.UtilsTest, testMurmur2 */
	static const struct { const char *key; int32_t hash; } java[] = {
		{ "21", -973932308 }, { "foobar", -790332482 },
		{ "a-little-bit-long-string", -985981536 },
		{ "a-little-bit-longer-string", -1486304829 },
		{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
		  -58897971 }, { "abc", 479470107 },
	};
	const char *broker = rig_broker(), *topic = rig_topic_name("murmur");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 7, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, "value.format",
				  "json", "key.format", "raw", "key.fields",
				  "k", NULL), "k STRING, n BIGINT", NULL,
			  64 * MB, NULL);
	for (size_t i = 0; i < ARRAY_LEN(java); i++)
		rig_sink_write(r, arena_printf(&arena, "+I %s %zu",
					       java[i].key, i), NULL);
	rig_sink_write_many(r, "key-", 0, 1000);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 1000 + ARRAY_LEN(java));
	for (struct rig_record *m = all; m; m = m->next) {
		int32_t hash = (int32_t)murmur2(m->key, m->key_len);

		EXPECT_EQ(m->partition, (hash & 0x7fffffff) % 7);
		for (size_t i = 0; i < ARRAY_LEN(java); i++)
			if (strcmp(m->key, java[i].key) == 0)
				EXPECT_EQ(m->partition,
					  (java[i].hash & 0x7fffffff) % 7);
	}
	rig_records_free(all);
	arena_release(&arena);
}

/* How many of n records without key each partition of three got. */
static void
spread(const char *partitioner, unsigned counts[3])
{
	const char *broker = rig_broker(), *topic = rig_topic_name("spread");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 3, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON,
				  "sink.partitioner", partitioner, NULL),
			  "k STRING, n BIGINT", NULL, 64 * MB, NULL);
	rig_sink_write_many(r, "x", 0, 300);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 300);
	counts[0] = counts[1] = counts[2] = 0;
	for (struct rig_record *m = all; m; m = m->next)
		counts[m->partition]++;
	rig_records_free(all);
	arena_release(&arena);
}

TEST(fixed_takes_one_partition_and_round_robin_all)
{
	unsigned counts[3];

	spread("fixed", counts);
	EXPECT_EQ(counts[0], 300);
	spread("round-robin", counts);
	EXPECT_EQ(counts[0], 100);
	EXPECT_EQ(counts[1], 100);
	EXPECT_EQ(counts[2], 100);
}

TEST(rows_may_name_their_time_and_topic)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("own");
	const char *other = rig_topic_name("other");
	struct rig_record *all;
	struct rig_sink *r;
	unsigned n;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_topic_create(broker, other, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON, NULL),
			  "n BIGINT, ts TIMESTAMP_LTZ metadata timestamp,"
			  " t STRING metadata topic", NULL, 64 * MB, NULL);
	rig_sink_write(r, "+I 1 1700000000123000 NULL",
		       arena_printf(&arena, "+I 2 1700000000456000 %s", other),
		       NULL);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_sink_write(r, "+I 3 -5000000 NULL", NULL);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_OUT_OF_RANGE);
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 1);
	expect_record(all, NULL, "{\"n\":1}");
	EXPECT_EQ(all->timestamp_ms, INT64_C(1700000000123));
	rig_records_free(all);
	all = rig_consume(broker, other, &n);
	EXPECT_EQ(n, 1);
	expect_record(all, NULL, "{\"n\":2}");
	EXPECT_EQ(all->timestamp_ms, INT64_C(1700000000456));
	rig_records_free(all);
	arena_release(&arena);
}

TEST(a_missing_topic_fails_with_the_command_that_creates_it)
{
	const char *broker = rig_broker_own(), *topic = rig_topic_name("none");
	struct rig_sink *r = rig_sink_open(
		OPTIONS("kafka", broker, topic, JSON, NULL),
		"k STRING, n BIGINT", NULL, 64 * MB, NULL);

	EXPECT(!rig_sink_until(r, 1, 20000));
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_MISSING_TOPIC);
	EXPECT(strstr(r->err.message, "--create --topic"));
	rig_sink_close(r);
	arena_release(&arena);
}

TEST(a_row_that_is_too_large_is_named)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("large");
	struct rig_sink *r;
	char row[6000];

	rig_topic_create(broker, topic, 1, "max.message.bytes", "2000");
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON, NULL),
			  "k STRING, n BIGINT", NULL, 64 * MB, NULL);
	rig_sink_write(r, "+I small 1", NULL);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	snprintf(row, sizeof(row), "+I %05000d 2", 7);
	rig_sink_write(r, row, NULL);
	rig_sink_cut(r, 2);
	EXPECT(!rig_sink_until(r, 2, 20000));
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_ROW_TOO_LARGE);
	EXPECT(strstr(r->err.message, "refuses a row of 50"));
	EXPECT(strstr(r->err.message, "value {\"k\":\"0000000"));
	EXPECT_EQ(r->acked, 1);
	rig_sink_close(r);
	arena_release(&arena);
}

static int64_t
end_offset(const char *broker, const char *topic)
{
	int64_t low = 0, high = -1;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	rd_kafka_query_watermark_offsets(rk, topic, 0, &low, &high, 10000);
	rd_kafka_destroy(rk);
	return high;
}

TEST(an_acknowledged_epoch_is_at_the_broker)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("epochs");
	struct rig_sink *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON, NULL),
			  "k STRING, n BIGINT", NULL, 64 * MB, NULL);
	for (uint64_t e = 1; e <= 30; e++) {
		rig_sink_write_many(r, "x", (int)(e - 1) * 1000, 1000);
		rig_sink_cut(r, e);
		rig_sink_until(r, e, 0); /* more than the ring may wait */
		if (e % 10)
			continue;
		EXPECT(rig_sink_until(r, e, 20000));
		EXPECT(end_offset(broker, topic) >= (int64_t)e * 1000);
	}
	EXPECT_EQ(end_offset(broker, topic), 30000);
	rig_sink_close(r);
	arena_release(&arena);
}

/* Each row once and in order, over a broker that dies in the middle. */
TEST(a_broker_that_dies_and_returns_gets_every_row_once)
{
	const char *broker = rig_broker_own(), *topic = rig_topic_name("dies");
	struct rig_record *all;
	struct rig_sink *r;
	const char *reason;
	unsigned n, i = 0;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_sink_open(OPTIONS("kafka", broker, topic, JSON, NULL),
			  "k STRING, n BIGINT", NULL, MB, NULL);
	rig_sink_write_many(r, "x", 0, 1000);
	rig_sink_cut(r, 1);
	EXPECT(rig_sink_until(r, 1, 20000));
	rig_broker_verb("kill", broker);
	rig_sink_write_many(r, "x", 1000, 20000);
	rig_sink_cut(r, 2);
	EXPECT(!rig_sink_until(r, 2, 1500));
	EXPECT(!r->failed);
	EXPECT_EQ(r->acked, 1);
	EXPECT(!r->sink->type->room(r->sink));
	reason = r->sink->type->reason(r->sink);
	EXPECT(reason && strstr(reason, broker));
	rig_broker_verb("resume", broker);
	EXPECT(rig_sink_until(r, 2, 60000));
	EXPECT(r->sink->type->room(r->sink));
	EXPECT(r->sink->type->reason(r->sink) == NULL);
	rig_sink_close(r);
	all = rig_consume(broker, topic, &n);
	EXPECT_EQ(n, 21000);
	for (struct rig_record *m = all; m; m = m->next, i++)
		EXPECT_STR(m->value, arena_printf(
			&arena, "{\"k\":\"x%u\",\"n\":%u}", i, i));
	rig_records_free(all);
	arena_release(&arena);
}

TEST(a_sink_that_ends_without_its_broker_does_not_hang)
{
	struct rig_sink *r;
	int64_t began_us;

	r = rig_sink_open(OPTIONS("kafka", "127.0.0.1:1", "t", JSON, NULL),
			  "k STRING, n BIGINT", NULL, MB, NULL);
	rig_sink_write_many(r, "x", 0, 10);
	began_us = rig_now_us();
	rig_sink_close(r);
	EXPECT(rig_now_us() - began_us < 9 * 1000000);
	arena_release(&arena);
}

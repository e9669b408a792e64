/* SPDX-License-Identifier: Apache-2.0
 * tests/kafka/test_source.c - the Kafka source against a real broker: where it
 * starts and ends, and what it says when records are not there any more.
 */
#include <string.h>

#include "base/hash.h"
#include "tests/unit/kafka_rig.h"

static struct arena arena;

/* A source over one topic: extra options in pairs. */
#define OPTIONS(broker, topic, ...)                                      \
	rig_options(&arena, "kafka", "topic", (topic),                    \
		    "properties.bootstrap.servers", (broker), __VA_ARGS__)
#define EARLIEST "scan.startup.mode", "earliest-offset"

/* Reads a bounded source to its end and returns its values. */
static const char *
read_all(const struct options *o)
{
	struct rig_source *r = rig_source_open(o, NULL, 0, NULL);
	const char *text;

	if (!rig_source_until(r, PART_ENDED, 20000))
		FAIL("no end after %u records: %s", r->n, r->err.message);
	text = arena_strdup(&arena, rig_source_values(r));
	rig_source_close(r);
	return text;
}

TEST(records_come_with_key_time_and_offset)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("whole");
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "w", 0, 3, INT64_C(1700000000000));
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	rig_source_read(r, 3, 20000);
	EXPECT_STR(rig_source_values(r), "w-0 w-1 w-2");
	EXPECT_EQ(r->got[2].offset, 2);
	EXPECT(r->got[2].key == NULL);
	EXPECT_EQ(r->got[2].timestamp_us, INT64_C(1700000002000000));
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 5000));
	rig_produce(broker, topic, 0, "w", 3, 1, 0);
	rig_source_read(r, 4, 5000);
	EXPECT_STR(rig_source_values(r), "w-0 w-1 w-2 w-3");
	rig_source_close(r);
	arena_release(&arena);
}

TEST(every_record_of_a_long_topic_comes_once_and_in_order)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("long");
	struct rig_source *r;

	rig_topic_create(broker, topic, 3, NULL, NULL);
	for (int p = 0; p < 3; p++)
		rig_produce(broker, topic, p, "x", 0, 100000, 0);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	rig_source_read(r, 300000, 30000);
	EXPECT_EQ(r->n, 300000);
	{
		int64_t next[3] = { 0, 0, 0 };

		for (unsigned i = 0; i < r->n; i++)
			EXPECT_EQ(r->got[i].offset, next[r->got[i].part]++);
	}
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 5000));
	EXPECT_EQ(r->n, 300000);
	rig_source_close(r);
	arena_release(&arena);
}

TEST(startup_and_bounded_modes_cut_the_topic)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("modes");
	const int64_t t0 = INT64_C(1700000000000);

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "m", 0, 6, t0);
	EXPECT_STR(read_all(OPTIONS(broker, topic, EARLIEST,
				    "scan.bounded.mode", "latest-offset",
				    NULL)),
		   "m-0 m-1 m-2 m-3 m-4 m-5");
	EXPECT_STR(read_all(OPTIONS(broker, topic,
				    "scan.startup.mode", "specific-offsets",
				    "scan.startup.specific-offsets",
				    "partition:0,offset:2",
				    "scan.bounded.mode", "specific-offsets",
				    "scan.bounded.specific-offsets",
				    "partition:0,offset:4", NULL)),
		   "m-2 m-3");
	EXPECT_STR(read_all(OPTIONS(broker, topic,
				    "scan.startup.mode", "timestamp",
				    "scan.startup.timestamp-millis",
				    "1700000000500", "scan.bounded.mode",
				    "timestamp", "scan.bounded.timestamp-millis",
				    "1700000003000", NULL)),
		   "m-1 m-2");
	EXPECT_STR(read_all(OPTIONS(broker, topic, "scan.startup.mode",
				    "latest-offset", "scan.bounded.mode",
				    "latest-offset", NULL)),
		   "");
	arena_release(&arena);
}

TEST(committed_offsets_are_where_the_group_goes_on)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("group");
	const struct options *o = OPTIONS(
		broker, topic, "properties.group.id", topic, NULL);
	struct start_offset at = { .partition = 0, .next_offset = 3 };
	struct rig_source *r;

	at.topic = str_ref(topic, (uint32_t)strlen(topic));
	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "g", 0, 5, 0);
	r = rig_source_open(o, NULL, 0, NULL);
	rig_source_read(r, 5, 20000);
	EXPECT_EQ(r->n, 5);
	EXPECT(strstr(rig_source_notices(r), "no committed offsets"));
	r->source->type->commit(r->source, &at, 1);
	rig_source_close(r);

	r = rig_source_open(o, NULL, 0, NULL);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "g-3 g-4");
	EXPECT(strstr(rig_source_notices(r), "starts at the committed"));
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_start_outside_of_the_log_is_an_error_or_reset)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("outside");
	struct start_offset at = { .next_offset = 1 };
	struct rig_source *r;

	at.topic = str_ref(topic, (uint32_t)strlen(topic));
	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "o", 0, 5, 0);
	r = rig_source_open(OPTIONS(broker, topic, "scan.startup.mode",
				    "specific-offsets",
				    "scan.startup.specific-offsets",
				    "partition:0,offset:9", NULL), NULL, 0,
			    NULL);
	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT(strstr(r->err.message, "start offset 9 of topic"));
	EXPECT(strstr(r->err.message, "from 0 to 5"));
	rig_source_close(r);

	/* a committed offset whose record has expired since */
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST,
				    "properties.group.id", topic, NULL), NULL,
			    0, NULL);
	rig_source_read(r, 5, 20000);
	r->source->type->commit(r->source, &at, 1);
	rig_source_close(r);
	rig_topic_trim(broker, topic, 0, 3);
	r = rig_source_open(OPTIONS(broker, topic, "properties.group.id",
				    topic, NULL), NULL, 0, NULL);
	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT(strstr(r->err.message, "committed offset 1 of topic"));
	rig_source_close(r);
	r = rig_source_open(OPTIONS(broker, topic, "properties.group.id",
				    topic, "properties.auto.offset.reset",
				    "earliest", NULL), NULL, 0, NULL);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "o-3 o-4");
	rig_source_close(r);
	arena_release(&arena);
}

/* Overwrites bytes in the log of a running broker, which sends them as they
 * are. */
static void
damage(const char *broker, const char *topic, const char *bytes,
       const char *with)
{
	const char *home = getenv("SLUICE_KAFKA_HOME");
	char path[512], log[65536], *at;
	FILE *f;
	size_t n;

	if (home)
		snprintf(path, sizeof(path), "%s", home);
	else
		snprintf(path, sizeof(path), "%s/.cache/sluice-kafka",
			 getenv("HOME"));
	snprintf(path + strlen(path), sizeof(path) - strlen(path),
		 "/run/%s/log/%s-0/00000000000000000000.log",
		 strrchr(broker, ':') + 1, topic);
	f = fopen(path, "r+");
	EXPECT(f != NULL);
	n = fread(log, 1, sizeof(log), f);
	at = memmem(log, n, bytes, strlen(bytes));
	EXPECT(at != NULL);
	fseek(f, at - log, SEEK_SET);
	fwrite(with, 1, strlen(with), f);
	fclose(f);
}

TEST(a_damaged_record_ends_the_job_behind_the_good_ones)
{
	const char *broker = rig_broker_own(), *topic = rig_topic_name("crc");
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "good", 0, 2, 0);
	rig_produce(broker, topic, 0, "damaged", 2, 1, 0);
	rig_produce(broker, topic, 0, "behind", 3, 1, 0);
	damage(broker, topic, "damaged-2", "dAmaged-2");
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	rig_source_read(r, 4, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_DATA_LOST);
	EXPECT(strstr(r->err.message, "from offset 2 on are damaged"));
	EXPECT_STR(rig_source_values(r), "good-0 good-1");
	rig_source_close(r);
	/* A fetch that passes once is as good as any. */
	damage(broker, topic, "dAmaged-2", "damaged-2");
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	rig_source_read(r, 4, 20000);
	EXPECT_STR(rig_source_values(r), "good-0 good-1 damaged-2 behind-3");
	rig_source_close(r);
	arena_release(&arena);
}

TEST(aborted_transactions_are_not_read_and_their_markers_end_no_topic)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("txn");
	const struct part_info *info;
	struct start_offset at;
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_transaction(broker, topic, "a", 2, true);
	rig_transaction(broker, topic, "lost", 2, false);
	rig_transaction(broker, topic, "b", 1, true);
	rig_transaction(broker, topic, "lost", 1, false);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 30000));
	EXPECT_STR(rig_source_values(r), "a-0 a-1 b-0");
	EXPECT_EQ(r->source->type->parts(r->source, &info), 1);
	EXPECT_EQ(info[0].next_offset, 10); /* six records, four markers */
	EXPECT_EQ(info[0].end_offset, 10);
	at = (struct start_offset){
		.topic = str_ref(topic, (uint32_t)strlen(topic)),
		.next_offset = info[0].next_offset, .has_crc = true,
		.record_time_us = r->got[2].timestamp_us,
		.record_crc = raw_record_crc(&r->got[2]),
	};
	rig_source_close(r);
	/* what stands before that offset is a marker, which nobody sees */
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), &at, 1,
			    NULL);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 30000));
	rig_transaction(broker, topic, "c", 1, true);
	rig_source_read(r, 1, 20000);
	EXPECT_STR(rig_source_values(r), "c-0");
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_missing_topic_fails_with_the_command_that_creates_it)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("missing");
	struct rig_source *r = rig_source_open(
		OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0, NULL);

	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_MISSING_TOPIC);
	EXPECT(strstr(r->err.message, "kafka-topics.sh --bootstrap-server"));
	EXPECT(strstr(r->err.message, topic));
	rig_source_close(r);
	arena_release(&arena);
}

/* A restored start for partition 0 whose last record was `value`. */
static struct start_offset
start_after(const char *topic, int64_t next, const char *value,
	    int64_t time_us)
{
	const struct raw_record last = {
		.value = value, .value_len = (uint32_t)strlen(value),
	};

	return (struct start_offset){
		.topic = str_ref(topic, (uint32_t)strlen(topic)),
		.next_offset = next, .record_time_us = time_us,
		.record_crc = raw_record_crc(&last), .has_crc = true,
	};
}

TEST(a_restored_job_goes_on_behind_its_last_record)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("restore");
	const int64_t t0 = INT64_C(1700000000000);
	struct start_offset at;
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "r", 0, 5, t0);
	at = start_after(topic, 3, "r-2", (t0 + 2000) * 1000);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), &at, 1,
			    NULL);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "r-3 r-4");
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 5000));
	rig_source_close(r);

	/* All that was read is deleted, nothing that was not: no loss. */
	rig_topic_trim(broker, topic, 0, 3);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), &at, 1,
			    NULL);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "r-3 r-4");
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_recreated_topic_is_noticed_although_it_is_longer)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("again");
	const int64_t t0 = INT64_C(1700000000000);
	struct start_offset at = start_after(topic, 3, "old-2",
					     (t0 + 2000) * 1000);
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "new", 0, 5, t0);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), &at, 1,
			    NULL);
	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->n, 0);
	EXPECT_EQ(r->err.code, ERR_DATA_LOST);
	EXPECT(strstr(r->err.message, "recreated"));
	rig_source_close(r);

	/* The policy that goes on reads the new one whole. */
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, "scan.on-loss",
				    "skip", NULL), &at, 1, NULL);
	rig_source_read(r, 5, 20000);
	EXPECT_STR(rig_source_values(r), "new-0 new-1 new-2 new-3 new-4");
	rig_source_close(r);
	arena_release(&arena);
}

TEST(records_gone_before_they_were_read_end_the_job)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("gone");
	struct start_offset at = { .next_offset = 1 };
	const struct part_info *info;
	struct rig_source *r;

	at.topic = str_ref(topic, (uint32_t)strlen(topic));
	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "g", 0, 10, 0);
	rig_topic_trim(broker, topic, 0, 4);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), &at, 1,
			    NULL);
	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_DATA_LOST);
	EXPECT(strstr(r->err.message, "records 1..3 of topic"));
	rig_source_close(r);

	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, "scan.on-loss",
				    "skip", NULL), &at, 1, NULL);
	rig_source_read(r, 6, 20000);
	EXPECT_STR(rig_source_values(r), "g-4 g-5 g-6 g-7 g-8 g-9");
	EXPECT_EQ(r->source->type->parts(r->source, &info), 1);
	EXPECT_EQ(info[0].lost, 3);
	EXPECT(strstr(rig_source_notices(r), "records 1..3"));
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_topic_recreated_with_fewer_partitions_is_noticed)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("fewer");
	struct start_offset at[2] = { { .next_offset = 0 },
				      { .partition = 1, .next_offset = 5 } };
	struct rig_source *r;

	at[0].topic = at[1].topic = str_ref(topic, (uint32_t)strlen(topic));
	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), at, 2,
			    NULL);
	rig_source_read(r, 1, 20000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_DATA_LOST);
	EXPECT(strstr(r->err.message, "partition 1 of topic"));
	rig_source_close(r);
	arena_release(&arena);
}

/* Out of range while running: the client has fetched what its queue holds, and
 * behind that the log is deleted before the reader goes on. */
TEST(records_deleted_under_a_slow_reader_are_told)
{
	static const char word[] = "a-word-of-a-hundred-bytes-so-that-a-fetch-"
		"has-some-thousand-records-and-not-the-whole-topic-at-once-12";
	const char *broker = rig_broker(), *topic = rig_topic_name("slow");
	const struct part_info *info = NULL;
	const struct source_type *type;
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, word, 0, 150000, 0);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, "scan.on-loss",
				    "skip", NULL), NULL, 0, NULL);
	type = r->source->type;
	for (int i = 0; i < 2000; i++) {
		if (type->parts(r->source, &info) && info[0].waiting > 99999)
			break;
		rig_source_wait(r, 10);
	}
	EXPECT(info && info[0].waiting > 99999);
	rig_topic_trim(broker, topic, 0, 140000);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 30000));
	type->parts(r->source, &info);
	EXPECT(info[0].lost > 0);
	EXPECT_EQ(info[0].lost + r->n, 150000);
	EXPECT_EQ(r->got[r->n - 10001].offset, 140000 - 1 -
		  (int64_t)info[0].lost);
	EXPECT_EQ(r->got[r->n - 10000].offset, 140000);
	EXPECT(strstr(rig_source_notices(r), "are gone and were skipped"));
	rig_source_close(r);
	arena_release(&arena);
}

TEST(an_added_partition_is_found_and_read_from_its_beginning)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("added");
	const struct part_info *info;
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	r = rig_source_open(
		OPTIONS(broker, topic, "scan.startup.mode", "latest-offset",
			"scan.topic-partition-discovery.interval", "500 ms",
			NULL), NULL, 0, NULL);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	rig_topic_partitions(broker, topic, 2);
	rig_produce(broker, topic, 1, "p1", 0, 2, 0);
	rig_source_read(r, 2, 20000);
	EXPECT_STR(rig_source_values(r), "p1-0 p1-1");
	EXPECT_EQ(r->source->type->parts(r->source, &info), 2);
	EXPECT_EQ(info[1].partition, 1);
	EXPECT(strstr(rig_source_notices(r), "1 more partition was found"));
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_deleted_topic_ends_the_job)
{
	const char *broker = rig_broker(), *topic = rig_topic_name("deleted");
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "d", 0, 1, 0);
	r = rig_source_open(
		OPTIONS(broker, topic, EARLIEST, "properties.metadata.max.age.ms",
			"1000", "scan.topic-partition-discovery.interval",
			"500 ms", NULL), NULL, 0, NULL);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	rig_topic_delete(broker, topic);
	rig_source_read(r, 2, 60000);
	EXPECT(r->failed);
	EXPECT_EQ(r->err.code, ERR_MISSING_TOPIC);
	rig_source_close(r);
	arena_release(&arena);
}

TEST(without_a_broker_it_waits_and_says_why)
{
	struct rig_source *r = rig_source_open(
		OPTIONS("127.0.0.1:1", "t", EARLIEST, NULL), NULL, 0, NULL);
	const char *reason;

	rig_source_read(r, 1, 1500);
	EXPECT(!r->failed);
	reason = r->source->type->reason(r->source);
	EXPECT(reason && strstr(reason, "Connection refused"));
	rig_source_close(r);
	arena_release(&arena);
}

TEST(a_broker_that_dies_and_returns_loses_no_record)
{
	const char *broker = rig_broker_own(), *topic = rig_topic_name("dies");
	const struct part_info *info;
	struct rig_source *r;

	rig_topic_create(broker, topic, 1, NULL, NULL);
	rig_produce(broker, topic, 0, "a", 0, 1000, 0);
	r = rig_source_open(OPTIONS(broker, topic, EARLIEST, NULL), NULL, 0,
			    NULL);
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	EXPECT_EQ(r->n, 1000);
	rig_broker_verb("kill", broker);
	EXPECT(rig_source_until(r, PART_CONNECTING, 20000));
	EXPECT_EQ(r->source->type->parts(r->source, &info), 1);
	EXPECT(info[0].reason != NULL);
	rig_broker_verb("resume", broker);
	/* nothing new to read: caught up again all the same */
	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 30000));
	rig_produce(broker, topic, 0, "b", 0, 1000, 0);
	rig_source_read(r, 2000, 30000);
	EXPECT_EQ(r->n, 2000);
	for (unsigned i = 0; i < r->n; i++)
		EXPECT_EQ(r->got[i].offset, i);
	rig_source_close(r);
	arena_release(&arena);
}

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_kafka_threads.c - the job's and the control thread of Kafka
 * connectors at work together, for TSan: partitions taken in, offsets asked
 * for, trouble with connections and failures, while records flow.
 */
#include "daemon/embedded_kafka.h"
#include "tests/unit/kafka_rig.h"

static struct arena arena;
static struct embedded_kafka *kafka;

static const char *
begin(void)
{
	struct error err = ERROR_INIT;

	arena_init(&arena);
	if (embedded_kafka_start(&kafka, &err) < 0)
		FAIL("%s", err.message);
	return embedded_kafka_address(kafka);
}

static void
end(void)
{
	embedded_kafka_stop(kafka);
	arena_release(&arena);
}

#define OPTIONS(...) \
	rig_options(&arena, "kafka", "properties.bootstrap.servers", \
		    "embedded", __VA_ARGS__)

TEST(records_flow_through_sink_and_source_at_once)
{
	const char *address = begin();
	struct rig_source *r = rig_source_open(
		OPTIONS("topic", "flow", "scan.startup.mode", "earliest-offset",
			"scan.topic-partition-discovery.interval", "20 ms",
			NULL), NULL, 0, address);
	struct rig_sink *out = rig_sink_open(
		OPTIONS("topic", "flow", "format", "json", NULL),
		"k STRING, n BIGINT", NULL, 1 << 20, address);

	for (uint64_t e = 1; e <= 20; e++) {
		const struct start_offset at = { .topic = str_ref("flow", 4),
						 .next_offset = (int64_t)e };

		rig_sink_write_many(out, "w", (int)e * 500, 500);
		rig_sink_cut(out, e);
		rig_sink_until(out, e, 20);
		rig_source_read(r, (unsigned)e * 400, 20);
		r->source->type->commit(r->source, &at, 1);
		rig_source_notices(r);
	}
	EXPECT(rig_sink_until(out, 20, 20000));
	rig_source_read(r, 10000, 20000);
	EXPECT_EQ(r->n, 10000);
	rig_sink_close(out);
	rig_source_close(r);
	end();
}

TEST(a_broker_that_ends_is_noticed_by_both)
{
	const char *address = begin();
	struct rig_source *r = rig_source_open(
		OPTIONS("topic", "ends", "scan.startup.mode", "earliest-offset",
			NULL), NULL, 0, address);
	struct rig_sink *out = rig_sink_open(
		OPTIONS("topic", "ends", "format", "json", NULL),
		"k STRING, n BIGINT", NULL, 1 << 20, address);

	EXPECT(rig_source_until(r, PART_CAUGHT_UP, 20000));
	embedded_kafka_stop(kafka);
	kafka = NULL;
	EXPECT(rig_source_until(r, PART_CONNECTING, 20000));
	/* The words come with the next attempt to connect. */
	for (int i = 0; i < 80 && !r->source->type->reason(r->source); i++)
		rig_source_until(r, PART_CAUGHT_UP, 250);
	EXPECT(r->source->type->reason(r->source) != NULL);
	rig_sink_write_many(out, "w", 0, 100);
	rig_sink_cut(out, 1);
	EXPECT(!rig_sink_until(out, 1, 500));
	for (int i = 0; i < 40 && !out->sink->type->reason(out->sink); i++)
		rig_sink_until(out, 1, 500);
	EXPECT(!out->failed);
	EXPECT(out->sink->type->reason(out->sink) != NULL);
	rig_sink_close(out);
	rig_source_close(r);
	end();
}

TEST(many_sources_open_and_close_at_any_moment)
{
	const char *address = begin();

	for (int i = 0; i < 10; i++) {
		struct rig_source *r = rig_source_open(
			OPTIONS("topic", "brief", "scan.startup.mode",
				"earliest-offset", NULL), NULL, 0, address);

		rig_source_read(r, 1, i * 5);
		rig_source_close(r);
	}
	end();
}

/* SPDX-License-Identifier: Apache-2.0
 * bench/bare_reader.c - what librdkafka alone costs: reads COUNT records of
 * partition 0 of a topic and adds up their lengths, with the settings and the
 * pinning that sluice uses. The ratio of sluice to this program is what holds
 * on another machine.
 *
 *	bare_reader BROKERS TOPIC COUNT
 */
#include <librdkafka/rdkafka.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	uint64_t count, bytes, wanted;
};

static void
on_message(rd_kafka_message_t *m, void *arg)
{
	struct reader *r = arg;

	if (m->err)
		return;
	r->count++;
	r->bytes += m->len;
}

static rd_kafka_t *
open_consumer(const char *brokers)
{
	static const char *const settings[][2] = {
		{ "group.id", "bare-reader" },
		{ "enable.auto.commit", "false" },
		{ "queued.min.messages", "100000" },
		{ "queued.max.messages.kbytes", "32768" },
		{ "fetch.wait.max.ms", "100" },
		{ "check.crcs", "true" },
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	rd_kafka_t *rk;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
				  sizeof(why));
	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!rk) {
		fprintf(stderr, "bare_reader: %s\n", why);
		exit(1);
	}
	return rk;
}

/* The full local queue puts 2.0's broker thread to sleep for up to a second;
 * any request wakes it. */
static void
keep_awake(rd_kafka_t *rk, rd_kafka_queue_t *q, const char *topic)
{
	int64_t low, high;

	if (rd_kafka_queue_length(q) < 15000)
		rd_kafka_query_watermark_offsets(rk, topic, 0, &low, &high,
						 1000);
}

int
main(int argc, char **argv)
{
	struct reader r = { .count = 0 };
	rd_kafka_topic_partition_list_t *parts;
	rd_kafka_queue_t *q;
	cpu_set_t one;
	rd_kafka_t *rk;

	if (argc != 4) {
		fputs("usage: bare_reader BROKERS TOPIC COUNT\n", stderr);
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		perror("bare_reader: not pinned");
	r.wanted = strtoull(argv[3], NULL, 10);
	rk = open_consumer(argv[1]);
	rd_kafka_poll_set_consumer(rk);
	parts = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(parts, argv[2], 0)->offset =
		RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(rk, parts);
	rd_kafka_topic_partition_list_destroy(parts);
	q = rd_kafka_queue_get_consumer(rk);
	while (r.count < r.wanted) {
		rd_kafka_consume_callback_queue(q, 10, on_message, &r);
		keep_awake(rk, q, argv[2]);
	}
	printf("%llu records, %llu bytes\n", (unsigned long long)r.count,
	       (unsigned long long)r.bytes);
	fflush(stdout);
	_Exit(0); /* closing is not what is measured */
}

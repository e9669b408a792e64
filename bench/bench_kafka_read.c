/* SPDX-License-Identifier: Apache-2.0
 * What reading costs: CPU-seconds of the whole process per million records,
 * for librdkafka used barely and for the Kafka source through poll(), on the
 * same topic, one after the other, pinned to one core. The ratio is what holds
 * on another machine.
 *
 * SLUICE_TEST_KAFKA names a broker; SLUICE_BENCH_RECORDS: 2 000 000.
 */
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include "base/time.h"
#include "tests/unit/kafka_rig.h"

#define ROUNDS 3
#define BATCH 10000

static const char *broker, *topic;
static unsigned records = 2000000;

static double
wall_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
pin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void
fill_topic(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_message_t m[BATCH];
	char words[BATCH][12];
	rd_kafka_topic_t *t;
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
	rd_kafka_conf_set(conf, "queue.buffering.max.messages", "0", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	t = rd_kafka_topic_new(rk, topic, NULL);
	for (unsigned done = 0; done < records; done += BATCH) {
		for (unsigned i = 0; i < BATCH; i++) {
			snprintf(words[i], sizeof(words[i]), "w%07u",
				 (done + i) % 10000);
			m[i] = (rd_kafka_message_t){ .payload = words[i],
						     .len = 8 };
		}
		rd_kafka_produce_batch(t, 0, RD_KAFKA_MSG_F_COPY, m, BATCH);
		while (rd_kafka_outq_len(rk) > 50 * BATCH)
			rd_kafka_poll(rk, 10);
	}
	if (rd_kafka_flush(rk, 60000))
		FAIL("the topic cannot be filled");
	rd_kafka_topic_destroy(t);
	rd_kafka_destroy(rk);
}

/* ---- librdkafka barely ---- */

struct bare {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	unsigned n;
	uint64_t sum;
	atomic_bool low, stop;
};

static void
bare_on_message(rd_kafka_message_t *m, void *opaque)
{
	struct bare *b = opaque;

	if (m->err)
		return;
	b->n++;
	b->sum += m->len ? *(unsigned char *)m->payload : 0;
}

/* perf.md item 3: wakes the broker's thread when the queue runs low. */
static void *
bare_nudge(void *arg)
{
	struct bare *b = arg;
	int64_t low, high;

	while (!atomic_load(&b->stop)) {
		const struct timespec pause = { 0, 4000000 };

		if (atomic_exchange(&b->low, false))
			rd_kafka_query_watermark_offsets(b->rk, topic, 0, &low,
							 &high, 1000);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void
read_bare(void)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct bare b = { 0 };
	pthread_t nudge;

	rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "kfk-bench", NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.offset.store", "false", NULL, 0);
	rd_kafka_conf_set(conf, "check.crcs", "true", NULL, 0);
	rd_kafka_conf_set(conf, "fetch.wait.max.ms", "100", NULL, 0);
	rd_kafka_conf_set(conf, "queued.min.messages", "100000", NULL, 0);
	rd_kafka_conf_set(conf, "queued.max.messages.kbytes", "32768", NULL, 0);
	b.rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = 0;
	b.queue = rd_kafka_queue_get_partition(b.rk, topic, 0);
	rd_kafka_queue_forward(b.queue, NULL);
	rd_kafka_assign(b.rk, list);
	pthread_create(&nudge, NULL, bare_nudge, &b);
	while (b.n < records) {
		rd_kafka_consume_callback_queue(b.queue, 100, bare_on_message,
						&b);
		if (rd_kafka_queue_length(b.queue) < 15000)
			atomic_store(&b.low, true);
	}
	atomic_store(&b.stop, true);
	pthread_join(nudge, NULL);
	rd_kafka_queue_destroy(b.queue);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(b.rk);
}

/* ---- the source ---- */

static void
read_source(void)
{
	struct arena arena;
	struct raw_record *out = mem_alloc(BATCH_ROWS * sizeof(*out));
	struct rig_source *r;
	struct arena batch;
	unsigned n = 0;

	arena_init(&arena);
	arena_init(&batch);
	r = rig_source_open(rig_options(&arena, "kafka", "topic", topic,
					"properties.bootstrap.servers", broker,
					"scan.startup.mode", "earliest-offset",
					NULL), NULL, 0, NULL);
	while (n < records && !r->failed) {
		unsigned got = rig_source_poll(r, out, &batch);

		n += got;
		arena_clear(&batch);
		if (!got)
			rig_source_wait(r, 100);
	}
	if (r->failed)
		FAIL("%s", r->err.message);
	rig_source_close(r);
	arena_release(&batch);
	arena_release(&arena);
	free(out);
}

static double
measure(const char *what, void (*reader)(void))
{
	double cpu = cpu_s(), wall = wall_s();

	reader();
	cpu = (cpu_s() - cpu) * 1e6 / records;
	wall = wall_s() - wall;
	printf("%-22s %.3f CPU-s per million, %.2f M/s\n", what, cpu,
	       records / wall / 1e6);
	return cpu;
}

TEST(reading_words_costs_little_more_than_librdkafka_itself)
{
	const char *want = getenv("SLUICE_BENCH_RECORDS");
	double bare = 1e9, source = 1e9;

	if (want)
		records = (unsigned)atoi(want) / BATCH * BATCH;
	broker = rig_broker();
	topic = rig_topic_name("bench");
	rig_topic_create(broker, topic, 1, NULL, NULL);
	fill_topic();
	pin();
	for (int i = 0; i < ROUNDS; i++) {
		double b = measure("librdkafka, bare", read_bare);
		double s = measure("kafka source, poll()", read_source);

		bare = b < bare ? b : bare;
		source = s < source ? s : source;
	}
	printf("best of %d: bare %.3f, source %.3f CPU-s per million: %.2f "
	       "times\n", ROUNDS, bare, source, source / bare);
	rig_topic_delete(broker, topic);
}

/* SPDX-License-Identifier: Apache-2.0
 * bench/feed_words.c - writes the experiment's words to a topic: the feeder of
 * the demo, the benchmarks and the tests. Word i is always the same, so that
 * others can compute what must come out.
 *
 *	feed_words BROKERS TOPIC COUNT [rate=N] [format=json|raw]
 *		[start-ms=T] [step-us=U] [first=I] [partition=P] [create=N]
 *		[keys=K]
 *
 * rate: words per second, 0 as fast as it goes. start-ms: the Kafka timestamp
 * of word 0, then step-us apart; without it the broker's clock counts.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const words[42] = {
	"Porro", "labore", "velit", "tempora", "dolorem", "numquam", "Numquam",
	"numquam", "quaerat", "etincidunt", "voluptatem", "modi", "Dolorem",
	"sit", "sit", "ut", "sit", "dolorem.", "Modi", "numquam", "est",
	"dolorem", "voluptatem", "modi.", "Eius", "porro", "magnam", "ut.",
	"Modi", "aliquam", "est", "ipsum", "aliquam", "sit", "modi", "dolor.",
	"Dolor", "quaerat", "voluptatem", "neque", "aliquam", "quaerat.",
};

struct feed {
	const char *brokers, *topic;
	uint64_t count, rate, first, keys;
	int64_t start_ms, step_us; /* start -1: the clock */
	int partition;             /* -1: any */
	int create;                /* partitions; 0: the topic is there */
	bool json;
	uint64_t failed;
};

/* splitmix64 (Steele, Lea, Flood 2014): the same for everybody. */
static uint64_t
random_at(uint64_t i)
{
	uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int
value_at(const struct feed *f, uint64_t i, char *out, size_t size)
{
	const char *before = f->json ? "{\"message\":\"" : "";
	const char *behind = f->json ? "\"}" : "";
	uint64_t r = random_at(i);

	if (f->keys)
		return snprintf(out, size, "%sk%llu%s", before,
				(unsigned long long)(r % f->keys), behind);
	return snprintf(out, size, "%s%s%s", before, words[r % 42], behind);
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct feed *f = arg;

	(void)rk;
	if (m->err && f->failed++ == 0)
		fprintf(stderr, "feed_words: %s\n", rd_kafka_err2str(m->err));
}

static rd_kafka_t *
open_producer(struct feed *f)
{
	static const char *const settings[][2] = {
		{ "linger.ms", "20" },
		{ "batch.num.messages", "20000" },
		/* Far below a fetch of 1 MiB, at whose end the broker puts
		 * part of a batch that is then fetched again. */
		{ "batch.size", "200000" },
		{ "queue.buffering.max.messages", "500000" },
		{ "enable.idempotence", "true" },
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	rd_kafka_t *rk;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
				  sizeof(why));
	rd_kafka_conf_set(conf, "bootstrap.servers", f->brokers, why,
			  sizeof(why));
	rd_kafka_conf_set_opaque(conf, f);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!rk) {
		fprintf(stderr, "feed_words: %s\n", why);
		exit(1);
	}
	return rk;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
keep_rate(const struct feed *f, uint64_t done, int64_t began_ns)
{
	int64_t due_ns, ahead_ns;

	if (!f->rate)
		return;
	due_ns = began_ns + (int64_t)((double)done / (double)f->rate * 1e9);
	ahead_ns = due_ns - now_ns();
	if (ahead_ns > 1000000)
		nanosleep(&(struct timespec){ ahead_ns / 1000000000,
					      ahead_ns % 1000000000 },
			  NULL);
}

static void
produce(rd_kafka_t *rk, const struct feed *f, uint64_t i)
{
	char value[64];
	int n = value_at(f, i, value, sizeof(value));
	int64_t at_ms = f->start_ms < 0
				? 0
				: f->start_ms +
					  (int64_t)(i * (uint64_t)f->step_us /
						    1000);

	while (rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(f->topic),
				 RD_KAFKA_V_PARTITION(f->partition),
				 RD_KAFKA_V_VALUE(value, (size_t)n),
				 RD_KAFKA_V_TIMESTAMP(at_ms),
				 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				 RD_KAFKA_V_END) ==
	       RD_KAFKA_RESP_ERR__QUEUE_FULL)
		rd_kafka_poll(rk, 20);
}

static void
create_topic(rd_kafka_t *rk, const struct feed *f)
{
	char why[256];
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *t = rd_kafka_NewTopic_new(f->topic, f->create, 1,
						       why, sizeof(why));
	rd_kafka_event_t *ev = NULL;

	if (t) {
		rd_kafka_CreateTopics(rk, &t, 1, NULL, q);
		ev = rd_kafka_queue_poll(q, 15000);
		rd_kafka_NewTopic_destroy(t);
	}
	/* "It exists" is as good; what is truly wrong shows at once. */
	if (ev)
		rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
}

static void
read_option(struct feed *f, const char *text)
{
	const char *v = strchr(text, '=');

	if (!v) {
		fprintf(stderr, "feed_words: expected key=value, not %s\n",
			text);
		exit(2);
	}
	v++;
	if (strncmp(text, "rate=", 5) == 0)
		f->rate = strtoull(v, NULL, 10);
	else if (strncmp(text, "format=", 7) == 0)
		f->json = strcmp(v, "json") == 0;
	else if (strncmp(text, "start-ms=", 9) == 0)
		f->start_ms = strtoll(v, NULL, 10);
	else if (strncmp(text, "step-us=", 8) == 0)
		f->step_us = strtoll(v, NULL, 10);
	else if (strncmp(text, "first=", 6) == 0)
		f->first = strtoull(v, NULL, 10);
	else if (strncmp(text, "keys=", 5) == 0)
		f->keys = strtoull(v, NULL, 10);
	else if (strncmp(text, "create=", 7) == 0)
		f->create = atoi(v);
	else if (strncmp(text, "partition=", 10) == 0)
		f->partition = atoi(v);
	else {
		fprintf(stderr, "feed_words: unknown option %s\n", text);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct feed f = { .start_ms = -1, .step_us = 1000, .partition = -1,
			  .json = true };
	int64_t began_ns = now_ns();
	rd_kafka_t *rk;

	if (argc < 4) {
		fputs("usage: feed_words BROKERS TOPIC COUNT [key=value]...\n",
		      stderr);
		return 2;
	}
	f.brokers = argv[1];
	f.topic = argv[2];
	f.count = strtoull(argv[3], NULL, 10);
	for (int i = 4; i < argc; i++)
		read_option(&f, argv[i]);
	rk = open_producer(&f);
	if (f.create)
		create_topic(rk, &f);
	for (uint64_t i = 0; i < f.count; i++) {
		produce(rk, &f, f.first + i);
		if (i % 256 == 255) {
			rd_kafka_poll(rk, 0);
			keep_rate(&f, i + 1, began_ns);
		}
	}
	while (rd_kafka_outq_len(rk) > 0 && !f.failed)
		rd_kafka_poll(rk, 100);
	rd_kafka_destroy(rk);
	return f.failed ? 1 : 0;
}

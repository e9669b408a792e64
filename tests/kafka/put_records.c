/* SPDX-License-Identifier: Apache-2.0
 * tests/kafka/put_records.c - writes any bytes as records, which line tools
 * cannot: reads "LENGTH\n" and as many bytes per record from standard input;
 * a LENGTH of -1 is a tombstone.
 *
 *	put_records BROKERS TOPIC PARTITION
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

static int failed;

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk;
	(void)arg;
	if (m->err) {
		fprintf(stderr, "put_records: %s\n", rd_kafka_err2str(m->err));
		failed = 1;
	}
}

static rd_kafka_t *
open_producer(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256] = "";
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
	rd_kafka_conf_set(conf, "message.max.bytes", "16000000", why,
			  sizeof(why));
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!rk) {
		fprintf(stderr, "put_records: %s\n", why);
		exit(1);
	}
	return rk;
}

static void
put(rd_kafka_t *rk, char **argv, long n)
{
	size_t bytes = n > 0 ? (size_t)n : 0;
	char *value = malloc(bytes + 1);
	void *data = n < 0 ? NULL : value;
	rd_kafka_resp_err_t rc;

	if (!value || fread(value, 1, bytes, stdin) != bytes) {
		fputs("put_records: the input is too short\n", stderr);
		exit(1);
	}
	rc = rd_kafka_producev(
		rk, RD_KAFKA_V_TOPIC(argv[2]),
		RD_KAFKA_V_PARTITION(atoi(argv[3])), RD_KAFKA_V_KEY("k", 1),
		RD_KAFKA_V_VALUE(data, bytes),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
	if (rc) {
		fprintf(stderr, "put_records: %s\n", rd_kafka_err2str(rc));
		failed = 1;
	}
	free(value);
	rd_kafka_poll(rk, 0);
}

int
main(int argc, char **argv)
{
	rd_kafka_t *rk;
	long n;

	if (argc != 4) {
		fputs("usage: put_records BROKERS TOPIC PARTITION\n", stderr);
		return 2;
	}
	rk = open_producer(argv[1]);
	while (scanf("%ld", &n) == 1 && getchar() == '\n')
		put(rk, argv, n);
	rd_kafka_flush(rk, 30000);
	failed |= rd_kafka_outq_len(rk) != 0;
	rd_kafka_destroy(rk);
	return failed;
}

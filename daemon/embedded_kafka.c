/* SPDX-License-Identifier: Apache-2.0
 * daemon/embedded_kafka.c - the mock cluster and the handle that carries it.
 */
#include "daemon/embedded_kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "base/arena.h"

struct embedded_kafka {
	rd_kafka_t *handle; /* never connects: the cluster needs its threads */
	rd_kafka_mock_cluster_t *cluster;
};

/* The library would write to stderr by itself; what matters reaches the jobs
 * through their own clients. */
static void
ignore_log(const rd_kafka_t *rk, int level, const char *facility,
	   const char *text)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)text;
}

int
embedded_kafka_start(struct embedded_kafka **ret, struct error *err)
{
	struct embedded_kafka *k = mem_zalloc(sizeof(*k));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256] = "";

	rd_kafka_conf_set_log_cb(conf, ignore_log);
	k->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!k->handle)
		rd_kafka_conf_destroy(conf);
	else
		k->cluster = rd_kafka_mock_cluster_new(k->handle, 1);
	if (!k->cluster) {
		embedded_kafka_stop(k);
		return error_set(err, ERR_KAFKA,
				 "the embedded Kafka does not start: %s",
				 *why ? why : "no port or thread to be had");
	}
	*ret = k;
	return 0;
}

const char *
embedded_kafka_address(const struct embedded_kafka *k)
{
	return rd_kafka_mock_cluster_bootstraps(k->cluster);
}

void
embedded_kafka_stop(struct embedded_kafka *k)
{
	if (!k)
		return;
	if (k->cluster)
		rd_kafka_mock_cluster_destroy(k->cluster);
	if (k->handle)
		rd_kafka_destroy(k->handle);
	free(k);
}

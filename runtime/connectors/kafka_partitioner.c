/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_partitioner.c - keyed records must lie where a Java
 * client would put them, or joins of topics written by both go wrong.
 */
#include "runtime/connectors/kafka_partitioner.h"

#include <string.h>

static int32_t
partition_fixed(const rd_kafka_topic_t *topic, const void *key, size_t key_len,
		int32_t npartitions, void *turn, void *opaque)
{
	(void)topic, (void)key, (void)key_len, (void)npartitions;
	(void)turn, (void)opaque;
	return 0;
}

/* Records of a partition without a leader wait for one: their turn stays. */
static int32_t
partition_in_turn(const rd_kafka_topic_t *topic, const void *key,
		  size_t key_len, int32_t npartitions, void *turn, void *opaque)
{
	(void)topic, (void)key, (void)key_len, (void)opaque;
	return (int32_t)(atomic_fetch_add((atomic_uint *)turn, 1) %
			 (unsigned)npartitions);
}

int
kafka_partitioner_set(rd_kafka_topic_conf_t *conf, const char *name,
		      bool has_key, atomic_uint *turn, struct error *err)
{
	char text[256];

	if (!name || strcmp(name, "default") == 0) {
		if (rd_kafka_topic_conf_set(conf, "partitioner",
					    "murmur2_random", text,
					    sizeof(text)) != RD_KAFKA_CONF_OK)
			return error_set(err, ERR_INTERNAL, "%s", text);
		return 0;
	}
	if (strcmp(name, "fixed") == 0) {
		rd_kafka_topic_conf_set_partitioner_cb(conf, partition_fixed);
		return 0;
	}
	if (strcmp(name, "round-robin") != 0)
		return error_set(err, ERR_UNSUPPORTED,
				 "'sink.partitioner' = '%s': only default, "
				 "fixed and round-robin are known here", name);
	if (has_key)
		return error_set(err, ERR_INVALID_OPTION,
				 "'sink.partitioner' = 'round-robin' works "
				 "only without key fields");
	rd_kafka_topic_conf_set_opaque(conf, turn);
	rd_kafka_topic_conf_set_partitioner_cb(conf, partition_in_turn);
	return 0;
}

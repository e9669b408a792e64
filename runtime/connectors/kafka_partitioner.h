/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_partitioner.h - 'sink.partitioner': to which
 * partition a record goes.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_PARTITIONER_H
#define RUNTIME_CONNECTORS_KAFKA_PARTITIONER_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "base/error.h"

/* default: as Java clients do (murmur2 of the key, anywhere without one);
 * fixed: one task writes to one partition, the first; round-robin: in turn,
 * for records without key. `turn` lives as long as the topic. */
int kafka_partitioner_set(rd_kafka_topic_conf_t *conf, const char *name,
			  bool has_key, atomic_uint *turn, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_properties.h - which 'properties.*' of a table may
 * reach the Kafka client, and under which name: an allow-list, since some of
 * librdkafka's settings load code, run programs or open files.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_PROPERTIES_H
#define RUNTIME_CONNECTORS_KAFKA_PROPERTIES_H

#include "base/error.h"
#include "parser/options.h"

enum kafka_role { KAFKA_SOURCE = 1, KAFKA_SINK = 2 };

/* Calls set() with librdkafka's name and the value of each property that the
 * client should get; one that returns -1 ends the walk. Those that belong to
 * the connector itself (bootstrap.servers, group.id, auto.offset.reset, acks)
 * are not among them. `paths`: where '*.location' may point, NULL-terminated;
 * NULL: anywhere. */
int kafka_properties_each(const struct options *o, enum kafka_role role,
			  const char *const *paths,
			  int (*set)(void *arg, const char *name,
				     const char *value, struct error *err),
			  void *arg, struct error *err);

/* The value of 'properties.<name>', or NULL. */
const char *kafka_property(const struct options *o, const char *name);

#endif

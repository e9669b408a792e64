/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_sink.h - the append sink `kafka` and the sink
 * `upsert-kafka`: one producer, whose acknowledgements are counted by epoch.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_SINK_H
#define RUNTIME_CONNECTORS_KAFKA_SINK_H

#include "runtime/connector.h"

extern const struct sink_type kafka_sink_type;
extern const struct sink_type upsert_kafka_sink_type;

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_headers.h - a record's headers as the metadata
 * column `headers`, MAP<STRING, BYTES>, and back. Of headers with one name the
 * last counts, as in Flink.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_HEADERS_H
#define RUNTIME_CONNECTORS_KAFKA_HEADERS_H

#include <librdkafka/rdkafka.h>

#include "base/arena.h"
#include "base/types.h"

/* Whether columns of this type lie in memory like MAP<STRING, BYTES>. */
bool kafka_headers_fit(struct type t);
/* The value, whose bytes live in the arena; empty without headers. False: they
 * are more than a value can hold, or than anybody means. */
#define KAFKA_HEADERS_MAX (1u << 16)
bool kafka_headers_read(rd_kafka_message_t *m, struct arena *a,
			struct str *ret);
/* For a message to send, which takes them over. */
rd_kafka_headers_t *kafka_headers_make(const struct str *map);

#endif

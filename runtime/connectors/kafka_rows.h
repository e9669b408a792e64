/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_rows.h - rows of a sink's table as Kafka records:
 * which columns make the key and the value, and their bytes batch by batch.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_ROWS_H
#define RUNTIME_CONNECTORS_KAFKA_ROWS_H

#include "base/arena.h"
#include "runtime/connector.h"
#include "runtime/format.h"

struct kafka_row {
	uint32_t row; /* of the batch */
	bool has_key, has_value; /* false: NULL */
	size_t key_at, key_len, value_at, value_len; /* in bytes */
};

struct kafka_rows {
	bool upsert;
	struct encoder *key;   /* NULL: records have no key */
	struct encoder *value;
	int topic_col;         /* metadata columns; -1: none */
	int time_col;
	int headers_col;
	struct buf bytes;      /* of the rows of the last batch */
	uint32_t n;
	struct kafka_row list[BATCH_ROWS];
};

/* `a` lives as long as r. */
int kafka_rows_open(struct kafka_rows *r, const struct sink_spec *spec,
		    bool upsert, struct arena *a, struct error *err);
/* Encodes the live rows of b; a deleted one has a NULL value. */
int kafka_rows_encode(struct kafka_rows *r, const struct batch *b,
		      const uint8_t *kinds, struct error *err);
void kafka_rows_close(struct kafka_rows *r);

#endif

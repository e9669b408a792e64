/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/kafka_rig.h - a Kafka source or sink outside of any job, driven
 * as the job's thread would, and a plain client to look at it from the other
 * side.
 */
#ifndef TESTS_UNIT_KAFKA_RIG_H
#define TESTS_UNIT_KAFKA_RIG_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "base/arena.h"
#include "runtime/connector.h"
#include "tests/unit/test.h"

/* ---- options without SQL ---- */

/* Pairs of texts, ended by NULL. Lives in the arena. */
struct options *rig_options(struct arena *a, const char *connector, ...);

/* ---- the other side ---- */

/* SLUICE_TEST_KAFKA, or a broker of this program's own that ends with it.
 * Skips the test when there can be none. */
const char *rig_broker(void);
/* Always this program's own: for tests that stop it. */
const char *rig_broker_own(void);
void rig_broker_verb(const char *verb, const char *address); /* kill, resume */
/* A name that nobody else uses. */
const char *rig_topic_name(const char *word);
void rig_topic_create(const char *broker, const char *topic, int partitions,
		      const char *config, const char *value);
void rig_topic_delete(const char *broker, const char *topic);
void rig_topic_partitions(const char *broker, const char *topic, int total);
/* Deletes the records below `offset`. */
void rig_topic_trim(const char *broker, const char *topic, int partition,
		    int64_t offset);
/* "word-0", "word-1", ... to one partition, acknowledged on return; times
 * from time_ms on, 1000 ms apart (0: now). */
void rig_produce(const char *broker, const char *topic, int partition,
		 const char *word, int from, int n, int64_t time_ms);
/* n records "word-0", ... to partition 0 in one transaction. */
void rig_transaction(const char *broker, const char *topic, const char *word,
		     int n, bool commit);
/* The whole of a partition as "key=value" lines ("-" for NULL). */
struct rig_record {
	char *key, *value; /* NUL-terminated copies; NULL */
	size_t key_len, value_len;
	int32_t partition;
	int64_t timestamp_ms;
	struct rig_record *next;
};
struct rig_record *rig_consume(const char *broker, const char *topic,
			       unsigned *ret_n);
void rig_records_free(struct rig_record *r);

/* ---- a source ---- */

struct rig_source {
	struct source *source;
	pthread_t thread;
	struct blocking_work work;
	struct arena arena;
	struct error err;
	int failed;            /* poll() or check() gave -1 */
	unsigned n;            /* records so far */
	struct raw_record *got; /* of all parts, in the order of arrival */
	unsigned max;
};

struct rig_source *rig_source_open(const struct options *o,
				   const struct start_offset *start,
				   unsigned nstart, const char *embedded);
/* One poll() of each part into out (BATCH_ROWS records) and a; for callers
 * that keep nothing. Returns how many came. */
unsigned rig_source_poll(struct rig_source *r, struct raw_record *out,
			 struct arena *a);
/* Until its descriptor is ready; at most so long. */
void rig_source_wait(struct rig_source *r, int ms);
/* Polls until n records have come in all, or `ms` are over, or it failed. */
void rig_source_read(struct rig_source *r, unsigned n, int ms);
/* Polls until all parts are in the state; returns whether they are. */
bool rig_source_until(struct rig_source *r, enum part_state state, int ms);
/* "value value value" of the records in arrival order. */
const char *rig_source_values(struct rig_source *r);
const char *rig_source_notices(struct rig_source *r);
void rig_source_close(struct rig_source *r);

/* ---- a sink ---- */

struct rig_sink {
	struct sink *sink;
	pthread_t thread;
	struct blocking_work work;
	struct arena arena;
	struct schema schema;
	struct plan_sink plan;
	struct error err;
	int failed; /* open(), write() or acked() gave -1 */
	uint64_t acked;
};

/* `columns`: "k STRING, n BIGINT, ts TIMESTAMP_LTZ metadata timestamp, h HEADERS
 * metadata headers";
 * `keys`: "k n" of the PRIMARY KEY, or NULL. */
struct rig_sink *rig_sink_open(const struct options *o, const char *columns,
			       const char *keys, int64_t inflight_bytes,
			       const char *embedded);
/* Rows of one batch: "+I a 1", "-D a NULL", ended by NULL. */
void rig_sink_write(struct rig_sink *r, ...);
/* n rows "+I <word><i> <i>" in batches, whether there is room or not. */
void rig_sink_write_many(struct rig_sink *r, const char *word, int from, int n);
void rig_sink_cut(struct rig_sink *r, uint64_t epoch);
/* Serves the sink until `epoch` is acknowledged or `ms` are over or it
 * failed; returns whether it is. */
bool rig_sink_until(struct rig_sink *r, uint64_t epoch, int ms);
void rig_sink_close(struct rig_sink *r);

int64_t rig_now_us(void);

#endif

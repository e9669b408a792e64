/* SPDX-License-Identifier: Apache-2.0
 * runtime/connector.h - how rows come in and go out. A connector is one file
 * in runtime/connectors/, a row in its registry, and its options in
 * parser/options.def.
 */
#ifndef RUNTIME_CONNECTOR_H
#define RUNTIME_CONNECTOR_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "parser/plan.h"
#include "runtime/batch.h"
#include "runtime/format.h"

/* What a connector may need from the process around it. */
struct connector_env {
	const char *job;          /* name, for client.id and group.id */
	const char *embedded;     /* bootstrap address of the embedded Kafka, or
				   * NULL: 'embedded' is an error */
	const char *const *paths; /* directories that `filesystem` may touch;
				   * NULL-terminated; NULL: all */
	const char *const *secret_paths; /* the same for ${file:...} and
				   * certificates */
	int64_t queue_bytes;      /* budget of the client library's queues */
	int64_t inflight_bytes;   /* of output not acknowledged yet */
	uint64_t seed;            /* datagen */
	int64_t now_us;           /* at open */
	int out_fd;               /* where `print` writes; -1: nowhere */
	uint64_t epoch;           /* the checkpoint that the job goes on from,
				   * 0: none; what belongs to later ones is
				   * written again */
	bool ephemeral;           /* a SELECT: group-offsets without committed
				   * ones begin at the end, not at the start */
};

/* Blocking work of a connector (metadata, offsets by time, end offsets): the
 * daemon calls run() on a thread of its own after open(); it returns after
 * stop(), which any thread may call. Tests start it on a plain pthread. */
struct blocking_work {
	void (*run)(void *self);
	void (*stop)(void *self);
	void *self;
};

/* ---- sources ---- */

enum part_state { PART_CONNECTING, PART_READING, PART_CAUGHT_UP, PART_ENDED,
		  PART_LOST };

struct part_info {
	const char *topic; /* or file path; lives as long as the source */
	int32_t partition;
	int64_t next_offset; /* of the next poll() */
	int64_t end_offset;  /* known end; -1: not known */
	int64_t head_time_us; /* of the next record, or TIME_NONE */
	enum part_state state;
	uint32_t waiting;    /* records that poll() could give right now */
	const char *reason;  /* client's own text while connecting, or NULL */
	uint64_t lost;    /* lost records passed over (scan.on-loss) */
};

/* Where a restored job goes on. */
struct start_offset {
	struct str topic;
	int32_t partition;
	int64_t next_offset;
	int64_t record_time_us; /* of the last consumed record, TIME_NONE */
	uint32_t record_crc;
	bool has_crc;
};

/* What start_offset.record_crc is: over the key, then the value. */
static inline uint32_t
raw_record_crc(const struct raw_record *r)
{
	uint32_t crc = crc32c(0, r->key, r->key ? r->key_len : 0);

	return crc32c(crc, r->value, r->value ? r->value_len : 0);
}

/* Where ALTER JOB ... RESET OFFSETS moves a source. */
enum seek_to { SEEK_EARLIEST, SEEK_LATEST, SEEK_TIME, SEEK_OFFSETS };

struct seek {
	enum seek_to to;
	int64_t time_us;     /* SEEK_TIME */
	const char *offsets; /* SEEK_OFFSETS: 'partition:0,offset:42;...' */
	atomic_bool *stop;   /* set by any thread: give up, ERR_CANCELLED */
};

/* Where one of its partitions will go on. */
struct seek_part {
	const char *topic;
	int32_t partition;
	int64_t next_offset; /* of one that stays: the log's first */
	int64_t end_offset;  /* -1: not known */
	bool stays;          /* SEEK_OFFSETS does not name it */
};

struct source_spec {
	const struct options *options;
	const struct plan_scan *scan;
	const struct schema *schema;   /* of the scan's output */
	const struct start_offset *start; /* restored; n 0: by the options */
	unsigned nstart;
	const struct connector_env *env;
};

struct source; /* each connector's own struct begins with one */

struct source_type {
	const char *name;
	int (*open)(struct source **ret, const struct source_spec *spec,
		    struct error *err);
	/* Fills *ret (borrowed until the next call) and returns how many parts
	 * there are; 0 while they are not known yet. Numbers never change. */
	unsigned (*parts)(struct source *, const struct part_info **ret);
	/* Never waits. Appends up to max records of one part to out[], their
	 * bytes in arena a. Returns how many, or -1: the job cannot go on
	 * (err->retriable: a restart of the job may help). */
	int (*poll)(struct source *, unsigned part, struct raw_record *out,
		    uint32_t max, struct arena *a, int64_t now_us,
		    struct error *err);
	/* Instead of poll, for sources without a format (datagen): fills the
	 * columns of b from row 0, at most max rows; returns how many. */
	int (*fill)(struct source *, unsigned part, struct batch *b,
		    uint32_t max, int64_t now_us, struct error *err);
	/* When fill() or poll() may have rows by the clock; TIME_END: only
	 * wake_fd tells. */
	int64_t (*next_us)(struct source *);
	/* Fills out[0..n) (room for n, in arena a) with metadata `key` of these
	 * records. The scan itself knows topic, partition, offset and
	 * timestamp; all other keys are the connector's. NULL: none. */
	int (*metadata)(struct source *, const char *key,
			const struct raw_record *rec, uint32_t n,
			struct column *out, struct arena *a,
			struct error *err);
	/* Offsets are in a committed checkpoint: for lag tools only. */
	void (*commit)(struct source *, const struct start_offset *, unsigned n);
	/* Becomes readable when rows may have come; -1: never. The reader
	 * calls woken() before it polls. */
	int (*wake_fd)(struct source *);
	void (*woken)(struct source *);
	struct blocking_work (*work)(struct source *); /* or NULL */
	void (*close)(struct source *); /* NULL and half-opened allowed */
	/* -1: the job cannot go on, found outside of poll() (topic missing
	 * before any part is known). Asked once per step; NULL: never. */
	int (*check)(struct source *, struct error *err);
	/* Why there are no parts yet, in the client's own words, or NULL. */
	const char *(*reason)(struct source *);
	/* What the user should know and cannot see in the parts (which start
	 * was taken, records passed over): each text once, then NULL. */
	const char *(*notice)(struct source *);
	/* Instead of everything between open() and close(): where its
	 * partitions are, all of them, in arena a. May wait for the world
	 * outside, for seconds. NULL: it knows SEEK_EARLIEST only, and that is
	 * offset 0 of each of its parts. */
	int (*seek)(struct source *, const struct seek *to, struct arena *a,
		    struct seek_part **ret, unsigned *ret_n,
		    struct error *err);
};

struct source {
	const struct source_type *type;
};

/* ---- sinks ---- */

struct sink_spec {
	const struct options *options; /* NULL for the client's sink */
	const struct plan_sink *sink;
	const struct schema *schema; /* the table's columns that are written */
	const struct connector_env *env;
	void *client; /* of pipeline_env: for the client's sink */
};

struct sink;

struct sink_type {
	const char *name;
	int (*open)(struct sink **ret, const struct sink_spec *spec,
		    struct error *err);
	/* Live rows of b in order. kinds per position, NULL: all KIND_INSERT.
	 * An upsert sink gets KIND_INSERT/UPDATE_AFTER (the key's row now) and
	 * KIND_DELETE only, at most one per key and call where its input
	 * updates; what is only added comes as it is. Never waits. -1: the job
	 * cannot go on. */
	int (*write)(struct sink *, const struct batch *b,
		     const uint8_t *kinds, struct error *err);
	/* False: no source is polled until wake_fd or wake says otherwise. */
	bool (*room)(struct sink *);
	/* All rows written so far belong to this epoch or an earlier one. */
	int (*cut)(struct sink *, uint64_t epoch, struct error *err);
	/* The newest epoch whose rows are all safe outside (acknowledged,
	 * fsynced); the checkpoint of N waits for it. -1: failed for good. */
	int (*acked)(struct sink *, uint64_t *ret_epoch, struct error *err);
	/* The checkpoint is committed: rename files, publish the outbox. */
	int (*committed)(struct sink *, uint64_t epoch, struct error *err);
	/* Before close(), when the work has stopped: the job's state goes as
	 * well, so what is not committed never will be. NULL: nothing to do. */
	void (*abandon)(struct sink *);
	int (*wake_fd)(struct sink *);
	void (*woken)(struct sink *); /* serves callbacks; job thread */
	const char *(*reason)(struct sink *); /* why no room, or NULL */
	struct blocking_work (*work)(struct sink *); /* or NULL */
	void (*close)(struct sink *);
	/* -1: the job cannot go on, found outside of write() (topic missing
	 * before any row is there). Asked once per step; NULL: never. */
	int (*check)(struct sink *, struct error *err);
};

struct sink {
	const struct sink_type *type;
};

/* Each in a file of its name in runtime/connectors/. */
extern const struct source_type datagen_source_type, filesystem_source_type,
	kafka_source_type, upsert_kafka_source_type, values_source_type;
extern const struct sink_type blackhole_sink_type, filesystem_sink_type,
	kafka_sink_type, print_sink_type, upsert_kafka_sink_type;

const struct source_type *source_type_find(const char *connector);
const struct sink_type *sink_type_find(const char *connector);

#endif

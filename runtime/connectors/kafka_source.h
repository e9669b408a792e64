/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_source.h - what the two threads of a Kafka source
 * share. The job's thread only drains partition queues (kafka_drain.c); the
 * control thread does whatever may wait for a broker (kafka_control.c).
 *
 *	control: find partitions -> resolve offsets -> assign -> publish
 *	job:     drain; on trouble ask() and leave the part alone
 *	control: answer: go on at `jump`, or fail the source
 *
 * A part is published once and never moves. Each field has one writer; where
 * the other side reads it, it is atomic or handed over by `ask`.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_SOURCE_H
#define RUNTIME_CONNECTORS_KAFKA_SOURCE_H

#include <sched.h>

#include "base/arena.h"
#include "base/time.h"
#include "runtime/connectors/kafka_client.h"

#define KAFKA_PARTS_MAX 4096
#define KAFKA_NOTICES_MAX 8
#define KAFKA_NO_STOP INT64_MAX
#define KAFKA_NO_JUMP (-1)

/* What the job's thread wants to be looked into; it does not touch the part
 * again until the answer. */
enum kafka_ask {
	ASK_NONE,
	ASK_RANGE,     /* the broker has no such offset */
	ASK_DAMAGED,   /* a batch whose checksum is wrong */
	ASK_RECREATED, /* the record before our first is another one */
	ASK_GONE,      /* the broker does not know, or did not know, it */
};

struct kafka_part {
	/* constant once published */
	const char *topic;
	int32_t partition;
	int32_t leader;
	rd_kafka_queue_t *queue;
	int64_t stop; /* first offset that is not read */

	/* of the job's thread */
	int64_t next;      /* records below are dropped */
	int64_t end;       /* -1: not known */
	bool seen;         /* a fetch was answered */
	bool caught_up;
	/* the last record that was given out, to know it again by */
	int64_t last; /* its offset, -1: none */
	int64_t last_time_us;
	uint32_t last_crc;
	bool verify; /* compare the record at next - 1 with it */
	bool fat;          /* the queue may have been full: see part_feed() */
	uint32_t bytes_mean; /* of its records, roughly */
	int8_t time_type, time_type_before; /* rd_kafka_timestamp_type_t */
	int64_t time_type_from; /* offset where time_type begins */

	/* ask: the job's thread raises it, the control thread lowers it */
	atomic_int ask;
	int64_t ask_offset;
	int64_t jump; /* the answer: go on here, or KAFKA_NO_JUMP, */
	bool jump_verify; /* once the record before has been seen again */

	/* job -> control */
	bool hungry;
	atomic_bool behind; /* not caught up: its end is worth asking for */
	atomic_bool ended;

	/* control -> job */
	atomic_bool down;    /* its broker does not answer */
	atomic_bool suspect; /* a broker did not know it: ask ASK_GONE */
	atomic_llong end_asked;
	atomic_ullong lost;

	/* of the control thread */
	unsigned missing;    /* answers in a row that its topic is not there */
	bool listed;         /* by the last answer that its topic is there */
	unsigned damaged;    /* times in a row at damaged_at */
	int64_t damaged_at;
	bool released;    /* ended and unassigned */
};

struct kafka_source {
	struct source source; /* first */
	const struct options *options;
	struct connector_env env;
	const struct start_offset *start; /* copied */
	unsigned nstart;
	const char **topics;
	unsigned ntopics;
	const char *bootstrap;
	bool embedded;
	bool skip_loss;   /* scan.on-loss = 'skip' */
	bool reads_headers;
	bool bounded;
	bool nudges;      /* librdkafka before 2.2: perf.md item 3 */
	int64_t discovery_us; /* 0: off */
	cpu_set_t affinity;   /* of the thread that opened it */

	struct arena arena;       /* written by open, then by control only */
	rd_kafka_conf_t *conf;    /* for a client with other queue limits */
	int64_t queue_messages;   /* limits of each partition's queue, */
	int64_t queue_bytes;      /* of the client in use */
	int wake_fd;              /* read by the job's thread */
	int control_fd;           /* read by the control thread */
	bool armed;               /* job: wake_fd was written to by itself */
	atomic_bool stop;

	pthread_mutex_t lock;        /* guards the fields down to failed */
	struct kafka_client *client; /* constant once parts are published */
	struct error error;
	char notices[KAFKA_NOTICES_MAX][256];
	unsigned nnotices;
	atomic_bool failed;

	atomic_uint nparts;
	struct kafka_part *parts[KAFKA_PARTS_MAX];

	/* of the job's thread */
	struct part_info *infos;
	unsigned ninfos_max;
	char reason[KAFKA_TEXT_MAX];
	char notice[256];
};

extern const struct source_type kafka_source_type;

enum kafka_rc { KAFKA_FAIL = -1, KAFKA_OK, KAFKA_AGAIN };

/* ---- kafka_control.c ---- */
void kafka_control_run(void *source);
void kafka_control_stop(void *source);

/* The partitions that have no part yet. */
struct kafka_found_list {
	struct kafka_found *list; /* for free() */
	unsigned n, max;
};

/* Of all topics; KAFKA_FAIL has failed the source. *missing counts answers in
 * a row that a topic is not there. */
enum kafka_rc kafka_find_parts(struct kafka_source *s, struct kafka_client *c,
			       struct kafka_found_list *f, unsigned *missing);
void kafka_assign(struct kafka_source *s, const struct kafka_part *p,
		  int64_t offset);
void kafka_unassign(struct kafka_source *s, const struct kafka_part *p);

/* ---- kafka_answer.c: control thread ---- */
/* Lowers p->ask, or leaves it for the next turn. */
void kafka_answer(struct kafka_source *s, struct kafka_part *p);

/* ---- kafka_drain.c: job's thread ---- */
/* Up to max records of the part into out[], their bytes in the arena; returns
 * how many there were just now. */
uint32_t kafka_drain(struct kafka_source *s, unsigned part,
		     struct raw_record *out, uint32_t max, struct arena *a);

/* ---- kafka_source.c ---- */
/* A consumer whose queues of `nparts` partitions keep to the budget. */
int kafka_source_client(struct kafka_source *s, unsigned nparts,
			struct kafka_client **ret, struct error *err);
void kafka_fd_kick(int fd);
void kafka_fd_drain(int fd);
/* The source cannot go on; the first error is kept. */
void kafka_source_fail(struct kafka_source *s, const struct error *err);
void kafka_source_notice(struct kafka_source *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- kafka_offsets.c: where to begin and to end ---- */

/* A partition that the metadata has named. */
struct kafka_found {
	const char *topic;
	int32_t partition;
	int32_t leader;
	int64_t low, high;   /* of the log, as of now */
	int64_t next;        /* first record to give out */
	int64_t assign;      /* where to fetch from: next, or next - 1 */
	int64_t stop;
	uint64_t lost;
	const struct start_offset *verify; /* of the record at next - 1 */
};

/* Checks the options of startup and bounded mode: at open. */
int kafka_offsets_check(const struct options *o, bool embedded,
			unsigned ntopics, struct error *err);
/* Fills low, high and everything behind it for n >= 1 partitions. `added`: found after the start,
 * read from the beginning. KAFKA_AGAIN: the broker did not answer, err has its
 * words. */
enum kafka_rc kafka_offsets_resolve(struct kafka_source *s, rd_kafka_t *rk,
				    struct kafka_found *found, unsigned n,
				    bool added, struct error *err);
enum kafka_rc kafka_offsets_end(rd_kafka_t *rk, const char *topic,
				int32_t partition, int64_t *ret_high,
				struct error *err);
enum kafka_rc kafka_offsets_range(rd_kafka_t *rk, const char *topic,
				  int32_t partition, int64_t *ret_low,
				  int64_t *ret_high, struct error *err);
/* Partition `partition` is not one of the topic any more: ERR_DATA_LOST. */
int kafka_offsets_fewer(const struct kafka_source *s, struct str topic,
			int32_t partition, struct error *err);
/* low and high of n >= 1 partitions. */
enum kafka_rc kafka_offsets_ranges(rd_kafka_t *rk, struct kafka_found *found,
				   unsigned n, struct error *err);
/* offsets[i]: of the first record at or after the time, -1: none. */
enum kafka_rc kafka_offsets_times(rd_kafka_t *rk,
				  const struct kafka_found *found, unsigned n,
				  int64_t ms, int64_t *offsets,
				  struct error *err);
/* Reads the next pair of 'partition:0,offset:42;partition:1,offset:300' off
 * *text: 1, 0 at its end, -1: it is not of this form. */
int kafka_offsets_read(const char **text, int64_t *ret_partition,
		       int64_t *ret_offset);
/* What can be done about an ERR_DATA_LOST. */
void kafka_note_lost(const struct kafka_source *s, struct error *err);
/* Records [next, ...) are not there any more (the log is low..high): where to
 * go on instead and how many are lost, by the table's policy; -1: fail. */
int kafka_offsets_lost(struct kafka_source *s, const char *topic,
		       int32_t partition, int64_t next, int64_t low,
		       int64_t high, int64_t *ret_next, uint64_t *ret_lost,
		       struct error *err);

/* ---- kafka_seek.c ---- */
int kafka_source_seek(struct source *source, const struct seek *to,
		      struct arena *a, struct seek_part **ret, unsigned *ret_n,
		      struct error *err);

#endif

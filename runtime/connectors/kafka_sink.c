/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_sink.c - writes records as they come and counts
 * what the broker has acknowledged, epoch by epoch: a checkpoint completes
 * once nothing of it is in flight.
 */
#include "runtime/connectors/kafka_headers.h"
#include "runtime/connectors/kafka_sink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "runtime/connectors/kafka_client.h"
#include "runtime/connectors/kafka_partitioner.h"
#include "runtime/connectors/kafka_rows.h"

#define TOPICS_MAX 256
#define FLIGHTS 8          /* epochs that may wait for acknowledgements */
#define RECORD_OVERHEAD 128 /* librdkafka's own bytes for each, roughly */
#define INFLIGHT_BYTES (INT64_C(64) << 20)
#define METADATA_MS 1000
#define RETRY_MS 250
#define MISSING_TRIES 3
#define FLUSH_MS 2000
#define EPOCH_OPEN UINT64_MAX

/* Records of one epoch on their way. Slots are used in turn; a record carries
 * its slot's number, so that an acknowledgement finds its epoch. */
struct flight {
	uint64_t epoch; /* EPOCH_OPEN until it is cut */
	uint64_t pending;
};

struct sink_topic {
	char *name;
	rd_kafka_topic_t *handle;
};

struct kafka_sink {
	struct sink sink; /* first */
	const struct options *options;
	struct connector_env env;
	struct arena arena;
	struct kafka_client *client;
	rd_kafka_queue_t *events;
	int wake_fd, stop_fd;
	bool careless;       /* 'sink.delivery-guarantee' = 'none' */
	int64_t room_bytes;  /* limit of inflight_bytes */
	int64_t inflight_bytes;
	struct flight flights[FLIGHTS];
	unsigned oldest, newest; /* slot = number % FLIGHTS */
	uint64_t acked_epoch;
	struct kafka_rows *rows;
	rd_kafka_message_t *messages; /* BATCH_ROWS of them */
	atomic_uint turn;    /* of the round-robin partitioner */
	const char *partitioner;
	const char *bootstrap;
	bool has_key;
	unsigned ntopics;
	struct sink_topic topics[TOPICS_MAX]; /* the table's own first */
	char reason[KAFKA_TEXT_MAX];

	pthread_mutex_t lock; /* guards error: the work thread may set it */
	struct error error;
	atomic_bool failed;
};

static struct kafka_sink *
kafka_sink_of(struct sink *sink)
{
	CHECK(sink->type == &kafka_sink_type ||
	      sink->type == &upsert_kafka_sink_type);
	return (struct kafka_sink *)sink;
}

static void
sink_kick(int fd)
{
	const uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void
sink_fail(struct kafka_sink *s, const struct error *err)
{
	pthread_mutex_lock(&s->lock);
	if (!atomic_load(&s->failed))
		s->error = *err;
	atomic_store(&s->failed, true);
	pthread_mutex_unlock(&s->lock);
	sink_kick(s->wake_fd);
}

static int
kafka_sink_failed(struct kafka_sink *s, struct error *err)
{
	if (atomic_load_explicit(&s->failed, memory_order_acquire)) {
		pthread_mutex_lock(&s->lock);
		if (err)
			*err = s->error;
		pthread_mutex_unlock(&s->lock);
		return -1;
	}
	return kafka_client_check(s->client, err);
}

/* ---- refused rows ---- */

/* Bytes of a record for a message: what cannot be shown becomes '?'. */
static void
show_bytes(char *out, size_t size, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t i = 0;

	if (!data) {
		snprintf(out, size, "NULL");
		return;
	}
	for (; i < n && i + 4 < size; i++)
		out[i] = p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '?';
	snprintf(out + i, size - i, "%s", i < n ? "..." : "");
}

/* The broker will never take this record: names it. */
static void
refuse(struct kafka_sink *s, const char *topic, rd_kafka_resp_err_t code,
       const rd_kafka_message_t *m)
{
	struct error err = ERROR_INIT;
	char key[80], value[120];
	bool size = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
		    code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;

	show_bytes(key, sizeof(key), m->key, m->key_len);
	show_bytes(value, sizeof(value), m->payload, m->len);
	if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	    code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
	    code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
		/* A broker that has just started may not know it yet: the next
		 * life asks several times before it gives up. */
		kafka_topic_missing(&err, s->bootstrap, topic, &s->env);
		err.retriable = true;
	} else if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
		kafka_topic_error(&err, topic, code);
	} else {
		error_set(&err, size ? ERR_ROW_TOO_LARGE : ERR_KAFKA,
			  "topic '%s' refuses a row of %zu bytes: %s; key %s, "
			  "value %s", topic, m->key_len + m->len,
			  rd_kafka_err2str(code), key, value);
		err.retriable = !kafka_is_permanent(code);
	}
	if (size)
		error_note(&err, "the topic's max.message.bytes is the limit; "
			   "where single rows are smaller, lower "
			   "'properties.batch.size' below it");
	sink_fail(s, &err);
}

/* ---- acknowledgements ---- */

static void
sink_on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_client *c = rd_kafka_opaque(rk);
	struct kafka_sink *s = c->owner;
	struct flight *f = &s->flights[(uintptr_t)m->_private];

	(void)opaque;
	CHECK(f->pending > 0);
	f->pending--;
	s->inflight_bytes -= (int64_t)(m->len + m->key_len) + RECORD_OVERHEAD;
	switch (m->err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		kafka_client_well(c);
		break;
	case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
	case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
	case RD_KAFKA_RESP_ERR__FATAL: /* kafka_sink_check() tells */
		break;
	default:
		refuse(s, rd_kafka_topic_name(m->rkt), m->err, m);
	}
}

static int
kafka_sink_cut(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct kafka_sink *s = kafka_sink_of(sink);
	struct flight *f = &s->flights[s->newest % FLIGHTS];

	f->epoch = epoch;
	if (s->newest - s->oldest + 1 == FLIGHTS)
		/* As many epochs wait as there are slots: the rows to come
		 * share the last one, whose epoch is acknowledged later. */
		return kafka_sink_failed(s, err);
	s->newest++;
	/* Careless, the slot may have records of an older epoch under way. */
	s->flights[s->newest % FLIGHTS].epoch = EPOCH_OPEN;
	return kafka_sink_failed(s, err);
}

static int
kafka_sink_acked(struct sink *sink, uint64_t *ret_epoch, struct error *err)
{
	struct kafka_sink *s = kafka_sink_of(sink);

	if (kafka_sink_failed(s, err) < 0)
		return -1;
	for (;;) {
		const struct flight *f = &s->flights[s->oldest % FLIGHTS];

		if (f->epoch == EPOCH_OPEN || (f->pending && !s->careless))
			break;
		s->acked_epoch = f->epoch;
		if (s->oldest == s->newest)
			break;
		s->oldest++;
	}
	*ret_epoch = s->acked_epoch;
	return 0;
}

static int
kafka_sink_check(struct sink *sink, struct error *err)
{
	return kafka_sink_failed(kafka_sink_of(sink), err);
}

static bool
kafka_sink_room(struct sink *sink)
{
	struct kafka_sink *s = kafka_sink_of(sink);

	return s->inflight_bytes < s->room_bytes;
}

/* ---- writing ---- */

static rd_kafka_topic_t *
sink_topic(struct kafka_sink *s, const char *name, size_t len,
	   struct error *err)
{
	rd_kafka_topic_conf_t *conf;
	struct sink_topic *t;

	for (unsigned i = 0; i < s->ntopics; i++)
		if (strlen(s->topics[i].name) == len &&
		    memcmp(s->topics[i].name, name, len) == 0)
			return s->topics[i].handle;
	if (s->ntopics == TOPICS_MAX) {
		error_set(err, ERR_LIMIT, "more than %d topics named by rows",
			  TOPICS_MAX);
		return NULL;
	}
	conf = rd_kafka_default_topic_conf_dup(s->client->rk);
	if (kafka_partitioner_set(conf, s->partitioner, s->has_key, &s->turn,
				  err) < 0) {
		rd_kafka_topic_conf_destroy(conf);
		return NULL;
	}
	t = &s->topics[s->ntopics];
	t->name = arena_strndup(&s->arena, name, len);
	t->handle = rd_kafka_topic_new(s->client->rk, t->name, conf);
	if (!t->handle) {
		rd_kafka_topic_conf_destroy(conf);
		error_set(err, ERR_KAFKA, "topic '%s': %s", t->name,
			  rd_kafka_err2str(rd_kafka_last_error()));
		return NULL;
	}
	s->ntopics++;
	return t->handle;
}

static void
sink_count(struct kafka_sink *s, const struct kafka_row *k)
{
	s->flights[s->newest % FLIGHTS].pending++;
	s->inflight_bytes += (int64_t)(k->key_len + k->value_len) +
			     RECORD_OVERHEAD;
}

static void *
sink_slot(const struct kafka_sink *s)
{
	return (void *)(uintptr_t)(s->newest % FLIGHTS);
}

/* All rows to the table's own topic, stamped with the time of writing. */
static int
write_batch(struct kafka_sink *s, struct error *err)
{
	struct kafka_rows *r = s->rows;
	int good;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct kafka_row *k = &r->list[i];

		s->messages[i] = (rd_kafka_message_t){
			.payload = k->has_value ? r->bytes.data + k->value_at
						: NULL,
			.len = k->value_len,
			.key = k->has_key ? r->bytes.data + k->key_at : NULL,
			.key_len = k->key_len,
			._private = sink_slot(s),
		};
	}
	good = rd_kafka_produce_batch(s->topics[0].handle,
				      RD_KAFKA_PARTITION_UA,
				      RD_KAFKA_MSG_F_COPY, s->messages,
				      (int)r->n);
	for (uint32_t i = 0; i < r->n; i++) {
		if (!s->messages[i].err)
			sink_count(s, &r->list[i]);
		else
			refuse(s, s->topics[0].name, s->messages[i].err,
			       &s->messages[i]);
	}
	return good == (int)r->n ? 0 : kafka_sink_failed(s, err);
}

/* Milliseconds for one row; 0 lets the client stamp it. */
static int
row_time(const struct kafka_sink *s, const struct batch *b, uint32_t row,
	 int64_t *ret_ms, struct error *err)
{
	const struct column *c = &b->col[s->rows->time_col];

	*ret_ms = 0;
	if (column_is_null(c, row))
		return 0;
	*ret_ms = floor_div(c->i64[row], US_PER_MS);
	if (*ret_ms <= 0)
		return error_set(err, ERR_OUT_OF_RANGE, "Kafka cannot hold a "
				 "timestamp before 1970-01-01 00:00:00.001");
	return 0;
}

static rd_kafka_topic_t *
row_topic(struct kafka_sink *s, const struct batch *b, uint32_t row,
	  struct error *err)
{
	const struct column *c = &b->col[s->rows->topic_col];

	if (column_is_null(c, row))
		return s->topics[0].handle;
	return sink_topic(s, str_data(&c->str[row]), c->str[row].len, err);
}

/* NULL: the row has none. */
static rd_kafka_headers_t *
row_headers(const struct kafka_sink *s, const struct batch *b, uint32_t row)
{
	const struct column *c;

	if (s->rows->headers_col < 0)
		return NULL;
	c = &b->col[s->rows->headers_col];
	return column_is_null(c, row) ? NULL : kafka_headers_make(&c->str[row]);
}

/* Rows that name their own topic or time, or have headers. */
static int
write_singly(struct kafka_sink *s, const struct batch *b, struct error *err)
{
	struct kafka_rows *r = s->rows;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct kafka_row *k = &r->list[i];
		rd_kafka_topic_t *topic = s->topics[0].handle;
		rd_kafka_message_t m = {
			.payload = k->has_value ? r->bytes.data + k->value_at
						: NULL,
			.len = k->value_len,
			.key = k->has_key ? r->bytes.data + k->key_at : NULL,
			.key_len = k->key_len,
		};
		rd_kafka_headers_t *headers;
		int64_t ms = 0;

		if (r->topic_col >= 0)
			topic = row_topic(s, b, k->row, err);
		if (!topic || (r->time_col >= 0 &&
			       row_time(s, b, k->row, &ms, err) < 0))
			return -1;
		headers = row_headers(s, b, k->row);
		m.err = rd_kafka_producev(
			s->client->rk, RD_KAFKA_V_RKT(topic),
			RD_KAFKA_V_KEY(m.key, m.key_len),
			RD_KAFKA_V_VALUE(m.payload, m.len),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_TIMESTAMP(ms), RD_KAFKA_V_HEADERS(headers),
			RD_KAFKA_V_OPAQUE(sink_slot(s)), RD_KAFKA_V_END);
		if (m.err) {
			if (headers)
				rd_kafka_headers_destroy(headers);
			refuse(s, rd_kafka_topic_name(topic), m.err, &m);
			return kafka_sink_failed(s, err);
		}
		sink_count(s, k);
	}
	return 0;
}

static int
kafka_sink_write(struct sink *sink, const struct batch *b,
		 const uint8_t *kinds, struct error *err)
{
	struct kafka_sink *s = kafka_sink_of(sink);

	if (kafka_sink_failed(s, err) < 0 ||
	    kafka_rows_encode(s->rows, b, kinds, err) < 0)
		return -1;
	if (s->rows->topic_col >= 0 || s->rows->time_col >= 0 ||
	    s->rows->headers_col >= 0)
		return write_singly(s, b, err);
	return write_batch(s, err);
}

/* ---- is the topic there? ---- */

static bool
sink_stopped(struct kafka_sink *s, int wait_ms)
{
	struct pollfd fd = { .fd = s->stop_fd, .events = POLLIN };

	return poll(&fd, 1, wait_ms) > 0;
}

static void
sink_topic_missing(struct kafka_sink *s, rd_kafka_resp_err_t code)
{
	struct error err = ERROR_INIT;
	const char *name = s->topics[0].name;

	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
		kafka_topic_missing(&err, s->bootstrap, name, &s->env);
	} else {
		kafka_topic_error(&err, name, code);
	}
	sink_fail(s, &err);
}

/* Asks until the broker has said that the topic is there, or that it is not;
 * a broker that creates topics by itself does so at the first question. */
static void
sink_work_run(void *self)
{
	struct kafka_sink *s = self;
	unsigned missing = 0;

	while (!sink_stopped(s, 0)) {
		const struct rd_kafka_metadata *m = NULL;
		rd_kafka_resp_err_t code = rd_kafka_metadata(
			s->client->rk, 0, s->topics[0].handle, &m,
			METADATA_MS);

		if (!code && m->topic_cnt == 1)
			code = m->topics[0].err;
		if (m)
			rd_kafka_metadata_destroy(m);
		switch (code) {
		case RD_KAFKA_RESP_ERR_NO_ERROR:
			return;
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
			if (++missing < MISSING_TRIES)
				break;
			sink_topic_missing(s, code);
			return;
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
			sink_topic_missing(s, code);
			return;
		default:
			break;
		}
		if (sink_stopped(s, RETRY_MS))
			return;
	}
}

static void
sink_work_stop(void *self)
{
	struct kafka_sink *s = self;

	sink_kick(s->stop_fd); /* never read: stays so */
}

static struct blocking_work
kafka_sink_work(struct sink *sink)
{
	return (struct blocking_work){ sink_work_run, sink_work_stop,
				       kafka_sink_of(sink) };
}

/* ---- opening and closing ---- */

static int
sink_conf_delivery(struct kafka_sink *s, rd_kafka_conf_t *conf,
		   struct error *err)
{
	const char *guarantee = options_get(s->options,
					    "sink.delivery-guarantee");
	const char *acks = kafka_property(s->options, "acks");

	if (guarantee && strcmp(guarantee, "exactly-once") == 0)
		return error_set(err, ERR_UNSUPPORTED,
				 "'sink.delivery-guarantee' = 'exactly-once' "
				 "is not there yet: use 'at-least-once'");
	s->careless = guarantee && strcmp(guarantee, "none") == 0;
	if (s->careless)
		return kafka_conf_set(conf, "acks", acks ? acks : "1", err);
	if (acks && strcmp(acks, "all") != 0 && strcmp(acks, "-1") != 0)
		return error_set(err, ERR_INVALID_OPTION,
				 "'properties.acks' = '%s' may lose rows: "
				 "leave it out, or say "
				 "'sink.delivery-guarantee' = 'none'", acks);
	return kafka_conf_set(conf, "enable.idempotence", "true", err);
}

static rd_kafka_conf_t *
sink_conf(struct kafka_sink *s, const struct sink_spec *spec,
	  struct error *err)
{
	static const char *const fixed[][2] = {
		{ "message.timeout.ms", "0" }, /* never give up by oneself */
		{ "queue.buffering.max.messages", "0" }, /* room() limits */
		{ "queue.buffering.max.kbytes", "2147483647" },
	};
	rd_kafka_conf_t *conf = kafka_conf_create(s->options, spec->env,
						  err);

	if (!conf)
		return NULL;
	/* Which size is too large is the broker's to say. */
	if (!kafka_property(s->options, "message.max.bytes") &&
	    kafka_conf_set_i64(conf, "message.max.bytes", 64 << 20, err) < 0)
		goto fail;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (kafka_conf_set(conf, fixed[i][0], fixed[i][1], err) < 0)
			goto fail;
	/* librdkafka puts records without key onto one random partition after
	 * the other by itself, whatever the partitioner says. */
	if (s->partitioner && strcmp(s->partitioner, "default") != 0 &&
	    kafka_conf_set(conf, "sticky.partitioning.linger.ms", "0",
			   err) < 0)
		goto fail;
	if (sink_conf_delivery(s, conf, err) < 0)
		goto fail;
	rd_kafka_conf_set_dr_msg_cb(conf, sink_on_delivery);
	return conf;
fail:
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static int
sink_open_client(struct kafka_sink *s, const struct sink_spec *spec,
		 struct error *err)
{
	static const uint64_t one = 1;
	const char *topic = options_get(s->options, "topic");
	rd_kafka_conf_t *conf;

	if (!topic || !*topic || strchr(topic, ';'))
		return error_set(err, ERR_INVALID_OPTION,
				 "a sink needs 'topic' with exactly one name");
	s->bootstrap = kafka_bootstrap(s->options, spec->env, err);
	if (!s->bootstrap)
		return -1;
	s->bootstrap = arena_strdup(&s->arena, s->bootstrap);
	conf = sink_conf(s, spec, err);
	if (!conf || kafka_client_create(RD_KAFKA_PRODUCER, conf, -1,
					 &s->client, err) < 0)
		return -1;
	s->client->owner = s;
	s->events = rd_kafka_queue_get_main(s->client->rk);
	rd_kafka_queue_io_event_enable(s->events, s->wake_fd, &one,
				       sizeof(one));
	return sink_topic(s, topic, strlen(topic), err) ? 0 : -1;
}

static void kafka_sink_close(struct sink *sink);

static int
sink_open(struct sink **ret, const struct sink_spec *spec,
	  const struct sink_type *type, struct error *err)
{
	struct kafka_sink *s = mem_zalloc(sizeof(*s));

	s->sink.type = type;
	s->options = spec->options;
	s->env = *spec->env;
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->flights[0].epoch = EPOCH_OPEN;
	s->room_bytes = spec->env->inflight_bytes > 0
				? spec->env->inflight_bytes : INFLIGHT_BYTES;
	s->partitioner = options_get(s->options, "sink.partitioner");
	s->rows = mem_zalloc(sizeof(*s->rows));
	s->messages = mem_zalloc(BATCH_ROWS * sizeof(*s->messages));
	arena_init(&s->arena);
	pthread_mutex_init(&s->lock, NULL);
	if (s->wake_fd < 0 || s->stop_fd < 0) {
		error_errno(err, ERR_INTERNAL, errno, "cannot make an eventfd");
		goto fail;
	}
	if (kafka_rows_open(s->rows, spec, type == &upsert_kafka_sink_type,
			    &s->arena, err) < 0)
		goto fail;
	s->has_key = s->rows->key != NULL;
	if (sink_open_client(s, spec, err) < 0)
		goto fail;
	*ret = &s->sink;
	return 0;
fail:
	kafka_sink_close(&s->sink);
	return -1;
}

static int
kafka_sink_open(struct sink **ret, const struct sink_spec *spec,
		struct error *err)
{
	return sink_open(ret, spec, &kafka_sink_type, err);
}

static int
upsert_kafka_sink_open(struct sink **ret, const struct sink_spec *spec,
		       struct error *err)
{
	return sink_open(ret, spec, &upsert_kafka_sink_type, err);
}

static int
kafka_sink_committed(struct sink *sink, uint64_t epoch, struct error *err)
{
	(void)sink, (void)epoch, (void)err;
	return 0; /* what is acknowledged is published already */
}

static int
kafka_sink_wake_fd(struct sink *sink)
{
	return kafka_sink_of(sink)->wake_fd;
}

static void
kafka_sink_woken(struct sink *sink)
{
	struct kafka_sink *s = kafka_sink_of(sink);
	uint64_t n;

	while (read(s->wake_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	kafka_client_poll(s->client);
}

static const char *
kafka_sink_reason(struct sink *sink)
{
	struct kafka_sink *s = kafka_sink_of(sink);

	return kafka_client_reason(s->client, s->reason);
}

/* What is still in flight belongs to no checkpoint: a job that ends well has
 * waited for it, one that fails will write it again. */
static void
kafka_sink_close(struct sink *sink)
{
	struct kafka_sink *s;

	if (!sink)
		return;
	s = kafka_sink_of(sink);
	if (s->client) {
		if (s->inflight_bytes && !atomic_load(&s->failed))
			rd_kafka_flush(s->client->rk, FLUSH_MS);
		rd_kafka_purge(s->client->rk, RD_KAFKA_PURGE_F_QUEUE |
					      RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(s->client->rk, 100); /* serves the reports */
		for (unsigned i = 0; i < s->ntopics; i++)
			rd_kafka_topic_destroy(s->topics[i].handle);
	}
	if (s->events) {
		rd_kafka_queue_io_event_enable(s->events, -1, NULL, 0);
		rd_kafka_queue_destroy(s->events);
	}
	kafka_client_destroy(s->client);
	kafka_rows_close(s->rows);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	pthread_mutex_destroy(&s->lock);
	arena_release(&s->arena);
	free(s->messages);
	free(s->rows);
	free(s);
}

#define KAFKA_SINK_CALLS                                                  \
	.write = kafka_sink_write, .room = kafka_sink_room,               \
	.cut = kafka_sink_cut, .acked = kafka_sink_acked,                 \
	.committed = kafka_sink_committed, .wake_fd = kafka_sink_wake_fd, \
	.woken = kafka_sink_woken, .reason = kafka_sink_reason,           \
	.work = kafka_sink_work, .close = kafka_sink_close,               \
	.check = kafka_sink_check

const struct sink_type kafka_sink_type = {
	.name = "kafka", .open = kafka_sink_open, KAFKA_SINK_CALLS
};

const struct sink_type upsert_kafka_sink_type = {
	.name = "upsert-kafka", .open = upsert_kafka_sink_open, KAFKA_SINK_CALLS
};

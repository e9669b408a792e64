/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_source.c - the job's side of the Kafka source:
 * drains partition queues into batches without ever waiting. What can wait
 * for a broker is the control thread's (kafka_control.c).
 */
#include "runtime/connectors/kafka_headers.h"
#include "runtime/connectors/kafka_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

#define QUEUE_MESSAGES 100000
#define QUEUE_BYTES_MIN (64 * 1024)
#define FETCH_BYTES_MIN (1024 * 1024)
#define TOPIC_BYTES_MAX 250
#define COMMIT_WAIT_US (1500 * US_PER_MS) /* a group's first takes a second */

static struct kafka_source *
kafka_source_of(struct source *source)
{
	CHECK(source->type == &kafka_source_type ||
	      source->type == &upsert_kafka_source_type);
	return (struct kafka_source *)source;
}

void
kafka_fd_kick(int fd)
{
	const uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void
kafka_fd_drain(int fd)
{
	uint64_t n;

	while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}

void
kafka_source_fail(struct kafka_source *s, const struct error *err)
{
	pthread_mutex_lock(&s->lock);
	if (!atomic_load(&s->failed))
		s->error = *err;
	atomic_store(&s->failed, true);
	pthread_mutex_unlock(&s->lock);
	kafka_fd_kick(s->wake_fd);
}

void
kafka_source_notice(struct kafka_source *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	pthread_mutex_lock(&s->lock);
	if (s->nnotices < KAFKA_NOTICES_MAX)
		vsnprintf(s->notices[s->nnotices++], sizeof(s->notices[0]),
			  format, ap);
	pthread_mutex_unlock(&s->lock);
	va_end(ap);
}

/* ---- opening ---- */

/* 'a; b;c' into s->topics. */
static int
source_split_topics(struct kafka_source *s, struct error *err)
{
	const char *list = options_get(s->options, "topic");
	unsigned n = 1;

	if (!list)
		return error_set(err, ERR_MISSING_OPTION,
				 "'topic' is missing");
	for (const char *p = list; *p; p++)
		n += *p == ';';
	s->topics = arena_array(&s->arena, n, const char *);
	while (*list) {
		size_t len = strcspn(list, ";");
		const char *end = list + len;

		while (len && *list == ' ')
			list++, len--;
		while (len && list[len - 1] == ' ')
			len--;
		if (len)
			s->topics[s->ntopics++] =
				arena_strndup(&s->arena, list, len);
		list = *end ? end + 1 : end;
	}
	if (!s->ntopics)
		return error_set(err, ERR_INVALID_OPTION,
				 "'topic' names no topic");
	return 0;
}

static void
source_copy_start(struct kafka_source *s, const struct source_spec *spec)
{
	struct start_offset *copy;

	copy = arena_array(&s->arena, spec->nstart, struct start_offset);
	for (unsigned i = 0; i < spec->nstart; i++) {
		copy[i] = spec->start[i];
		copy[i].topic = str_dup(&s->arena, spec->start[i].topic);
	}
	s->start = copy;
	s->nstart = spec->nstart;
}

static void
source_on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code,
		 rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_client *c = opaque;

	(void)rk, (void)code, (void)list;
	atomic_fetch_sub(&c->commits, 1);
}

static int
source_conf_limits(struct kafka_source *s, rd_kafka_conf_t *conf,
		   unsigned nparts, struct error *err)
{
	int64_t budget = s->env.queue_bytes > 0 ? s->env.queue_bytes
						: INT64_C(32) << 20;

	/* With queues of their own librdkafka counts per partition. */
	s->queue_bytes = budget / nparts;
	if (s->queue_bytes < QUEUE_BYTES_MIN)
		s->queue_bytes = QUEUE_BYTES_MIN;
	s->queue_messages = QUEUE_MESSAGES / nparts;
	if (s->queue_messages < 1000)
		s->queue_messages = 1000;
	if (kafka_conf_set_i64(conf, "queued.min.messages", s->queue_messages,
			       err) < 0)
		return -1;
	return kafka_conf_set_i64(conf, "queued.max.messages.kbytes",
				  s->queue_bytes / 1024, err);
}

/* Settings that a table may replace. */
static int
source_conf_defaults(struct kafka_source *s, rd_kafka_conf_t *conf,
		     struct error *err)
{
	static const char *const defaults[][2] = {
		{ "isolation.level", "read_committed" },
		{ "fetch.wait.max.ms", "100" },
	};
	int64_t fetch = s->env.queue_bytes / 2;

	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (!kafka_property(s->options, defaults[i][0]) &&
		    kafka_conf_set(conf, defaults[i][0], defaults[i][1],
				   err) < 0)
			return -1;
	if (kafka_property(s->options, "fetch.max.bytes"))
		return 0;
	return kafka_conf_set_i64(conf, "fetch.max.bytes",
				  fetch < FETCH_BYTES_MIN ? FETCH_BYTES_MIN
							  : fetch, err);
}

static rd_kafka_conf_t *
source_conf(struct kafka_source *s, struct error *err)
{
	const char *const fixed[][2] = {
		{ "enable.auto.commit", "false" },
		{ "enable.auto.offset.store", "false" },
		{ "auto.offset.reset", "error" },
		{ "enable.partition.eof", "true" },
		{ "check.crcs", "true" },
		/* an embedded topic exists as soon as somebody names it */
		{ "allow.auto.create.topics", s->embedded ? "true" : "false" },
		{ "fetch.queue.backoff.ms", "1" }, /* last: since 2.2 */
	};
	size_t nfixed = ARRAY_LEN(fixed) - (s->nudges ? 1 : 0);
	rd_kafka_conf_t *conf;
	char group[256];

	conf = kafka_conf_create(s->options, &s->env, err);
	if (!conf)
		return NULL;
	rd_kafka_conf_set_offset_commit_cb(conf, source_on_commit);
	if (source_conf_defaults(s, conf, err) < 0)
		goto fail;
	kafka_group(s->options, &s->env, group, sizeof(group));
	if (kafka_conf_set(conf, "group.id", group, err) < 0)
		goto fail;
	for (size_t i = 0; i < nfixed; i++)
		if (kafka_conf_set(conf, fixed[i][0], fixed[i][1], err) < 0)
			goto fail;
	return conf;
fail:
	rd_kafka_conf_destroy(conf);
	return NULL;
}

int
kafka_source_client(struct kafka_source *s, unsigned nparts,
		    struct kafka_client **ret, struct error *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(s->conf);

	if (source_conf_limits(s, conf, nparts, err) < 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	return kafka_client_create(RD_KAFKA_CONSUMER, conf, ret, err);
}

static void
source_read_options(struct kafka_source *s)
{
	const struct options *o = s->options;
	const char *bounded = options_get(o, "scan.bounded.mode");
	const char *loss = options_get(o, "scan.on-loss");

	s->embedded = kafka_is_embedded(o);
	s->skip_loss = s->embedded || (loss && strcmp(loss, "skip") == 0);
	s->bounded = bounded && strcmp(bounded, "unbounded") != 0;
	s->nudges = rd_kafka_version() < 0x02020000;
	if (!s->bounded &&
	    options_get(o, "scan.topic-partition-discovery.interval"))
		s->discovery_us = options_duration_us(
			o, "scan.topic-partition-discovery.interval");
}

static bool
source_reads_headers(const struct plan_scan *scan)
{
	for (unsigned i = 0; i < scan->ncols; i++) {
		const struct scan_column *c = &scan->cols[i];

		if (c->wanted && c->metadata_key &&
		    strcmp(c->metadata_key, "headers") == 0)
			return true;
	}
	return false;
}

static void kafka_source_close(struct source *source);

static int
source_open(struct source **ret, const struct source_spec *spec,
	    const struct source_type *type, struct error *err)
{
	struct kafka_source *s = mem_zalloc(sizeof(*s));

	s->source.type = type;
	s->options = spec->options;
	s->env = *spec->env;
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->control_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	arena_init(&s->arena);
	pthread_mutex_init(&s->lock, NULL);
	if (s->wake_fd < 0 || s->control_fd < 0) {
		error_errno(err, ERR_INTERNAL, errno, "cannot make an eventfd");
		goto fail;
	}
	sched_getaffinity(0, sizeof(s->affinity), &s->affinity);
	source_read_options(s);
	s->reads_headers = spec->scan && source_reads_headers(spec->scan);
	source_copy_start(s, spec);
	s->bootstrap = kafka_bootstrap(s->options, &s->env, err);
	if (!s->bootstrap || source_split_topics(s, err) < 0 ||
	    kafka_offsets_check(s->options, s->embedded, s->ntopics, err) < 0)
		goto fail;
	s->bootstrap = arena_strdup(&s->arena, s->bootstrap);
	s->conf = source_conf(s, err);
	if (!s->conf || kafka_source_client(s, 1, &s->client, err) < 0)
		goto fail;
	*ret = &s->source;
	return 0;
fail:
	kafka_source_close(&s->source);
	return -1;
}

static int
kafka_source_open(struct source **ret, const struct source_spec *spec,
		  struct error *err)
{
	return source_open(ret, spec, &kafka_source_type, err);
}

static int
upsert_kafka_source_open(struct source **ret, const struct source_spec *spec,
			 struct error *err)
{
	return source_open(ret, spec, &upsert_kafka_source_type, err);
}

/* ---- draining ---- */

/* One call of poll(). */
struct drain {
	struct kafka_source *s;
	struct kafka_part *p;
	struct raw_record *out;
	struct arena *arena;
	uint32_t n, max;
	uint32_t part;
	uint64_t bytes;
	bool alive; /* the broker has answered */
};

static void
part_ask(struct drain *d, enum kafka_ask ask)
{
	struct kafka_part *p = d->p;

	p->ask_offset = p->next;
	atomic_store(&p->ask, ask);
	kafka_fd_kick(d->s->control_fd);
	rd_kafka_yield(d->s->client->rk);
}

static void
part_end(struct drain *d)
{
	atomic_store(&d->p->ended, true);
	kafka_fd_kick(d->s->control_fd);
	rd_kafka_yield(d->s->client->rk);
}

static void
source_on_event(struct drain *d, const rd_kafka_message_t *m)
{
	struct kafka_part *p = d->p;

	switch (m->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		p->caught_up = true;
		d->alive = true;
		if (m->offset > p->next)
			p->next = m->offset; /* markers of transactions */
		p->end = p->next;
		if (p->next >= p->stop)
			part_end(d);
		break;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		part_ask(d, ASK_RANGE);
		break;
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
		part_ask(d, ASK_DAMAGED);
		break;
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		part_ask(d, ASK_GONE);
		break;
	default:
		/* The client goes on by itself; its own log says why not. */
		break;
	}
}

/* The record before the first one: is it the one that was read last time? */
static void
part_verify(struct drain *d, const rd_kafka_message_t *m, int64_t time_us)
{
	struct kafka_part *p = d->p;
	const struct raw_record r = {
		.key = m->key, .key_len = (uint32_t)m->key_len,
		.value = m->payload, .value_len = (uint32_t)m->len,
	};

	p->verify = false;
	if (raw_record_crc(&r) != p->verify_crc || time_us != p->verify_time_us)
		part_ask(d, ASK_RECREATED);
}

static const char *
copy_bytes(char **at, const void *data, size_t n)
{
	const char *copy = *at;

	if (!data)
		return NULL;
	memcpy(*at, data, n);
	*at += n;
	return copy;
}

static void
source_on_message(rd_kafka_message_t *m, void *opaque)
{
	struct drain *d = opaque;
	struct kafka_part *p = d->p;
	struct raw_record *r;
	rd_kafka_timestamp_type_t type;
	int64_t ms;
	char *at;

	if (m->err) {
		source_on_event(d, m);
		return;
	}
	ms = rd_kafka_message_timestamp(m, &type);
	if (m->offset < p->next) {
		if (p->verify && m->offset == p->next - 1)
			part_verify(d, m, ms < 0 ? TIME_NONE : ms * 1000);
		return;
	}
	if (m->offset >= p->stop) {
		part_end(d);
		return;
	}
	if ((int8_t)type != p->time_type) {
		p->time_type_before = p->time_type;
		p->time_type = (int8_t)type;
		p->time_type_from = m->offset;
	}
	at = arena_bytes(d->arena, m->key_len + m->len + 1);
	r = &d->out[d->n++];
	r->key = copy_bytes(&at, m->key, m->key_len);
	r->key_len = (uint32_t)m->key_len;
	r->value = copy_bytes(&at, m->payload, m->len);
	r->value_len = (uint32_t)m->len;
	r->offset = m->offset;
	r->timestamp_us = ms < 0 ? TIME_NONE : ms * 1000;
	r->part = d->part;
	r->headers = str_ref("", 0);
	r->headers_too_large =
		d->s->reads_headers &&
		!kafka_headers_read(m, d->arena, &r->headers);
	d->bytes += m->key_len + m->len + r->headers.len;
	p->next = m->offset + 1;
	if (p->next >= p->stop)
		part_end(d);
	else if (d->n == d->max)
		rd_kafka_yield(d->s->client->rk);
}

/* In librdkafka before 2.2 a broker thread that finds this queue full sleeps
 * up to a second, and taking records out does not wake it: once a queue that
 * may have been full runs low, the control thread wakes the broker's by a
 * request (perf.md item 3). */
static void
part_feed(struct kafka_source *s, struct kafka_part *p)
{
	int64_t length = (int64_t)rd_kafka_queue_length(p->queue);
	int64_t bytes = length * (p->bytes_mean + 1);

	if (length > s->queue_messages / 2 || bytes > s->queue_bytes / 2) {
		p->fat = true;
	} else if (p->fat && length < s->queue_messages * 15 / 100 &&
		   bytes < s->queue_bytes * 15 / 100) {
		p->fat = false;
		atomic_store(&p->hungry, true);
		kafka_fd_kick(s->control_fd);
	}
}

static void
part_count(struct drain *d)
{
	struct kafka_part *p = d->p;
	int64_t low, high;

	p->caught_up = p->caught_up && p->end == p->next;
	p->bytes_mean = (uint32_t)(d->bytes / d->n);
	if (rd_kafka_get_watermark_offsets(d->s->client->rk, p->topic,
					   p->partition, &low, &high) == 0 &&
	    high > p->end)
		p->end = high;
	d->alive = true;
}

static void
part_drained(struct drain *d)
{
	struct kafka_source *s = d->s;
	struct kafka_part *p = d->p;

	if (d->n)
		part_count(d);
	if (d->alive) {
		p->seen = true;
		kafka_client_well(s->client);
		if (atomic_load_explicit(&p->down, memory_order_relaxed))
			atomic_store(&p->down, false);
	}
	atomic_store_explicit(&p->behind, !p->caught_up, memory_order_relaxed);
	if (s->nudges && !p->caught_up)
		part_feed(s, p);
	if (d->n == d->max && !s->armed) {
		/* The event of the queue came when it was empty: this drain
		 * stopped early, so nothing else would wake the reader. */
		s->armed = true;
		kafka_fd_kick(s->wake_fd);
	}
}

static int
kafka_source_check(struct source *source, struct error *err)
{
	struct kafka_source *s = kafka_source_of(source);
	int rc;

	if (atomic_load_explicit(&s->failed, memory_order_acquire)) {
		pthread_mutex_lock(&s->lock);
		if (err)
			*err = s->error;
		pthread_mutex_unlock(&s->lock);
		return -1;
	}
	pthread_mutex_lock(&s->lock);
	rc = kafka_client_check(s->client, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int
kafka_source_poll(struct source *source, unsigned part, struct raw_record *out,
		  uint32_t max, struct arena *a, int64_t now_us,
		  struct error *err)
{
	struct kafka_source *s = kafka_source_of(source);
	struct kafka_part *p = s->parts[part];
	struct drain d = { .s = s, .p = p, .out = out, .arena = a,
			   .max = max, .part = part };

	(void)now_us;
	CHECK(part < atomic_load_explicit(&s->nparts, memory_order_acquire));
	if (kafka_source_check(source, err) < 0)
		return -1;
	if (atomic_load(&p->ended) || atomic_load(&p->ask) != ASK_NONE || !max)
		return 0;
	if (p->jump != KAFKA_NO_JUMP) {
		p->next = p->jump;
		p->jump = KAFKA_NO_JUMP;
		p->verify = false;
		p->caught_up = false;
	}
	rd_kafka_consume_callback_queue(p->queue, 0, source_on_message, &d);
	part_drained(&d);
	return (int)d.n;
}

/* ---- looking in ---- */

static enum part_state
part_state(const struct kafka_part *p, uint32_t waiting)
{
	if (atomic_load(&p->ended))
		return PART_ENDED;
	if (atomic_load(&p->ask) != ASK_NONE)
		return PART_LOST;
	if (waiting)
		return PART_READING;
	if (!p->seen || atomic_load(&p->down))
		return PART_CONNECTING;
	return p->caught_up ? PART_CAUGHT_UP : PART_READING;
}

static void
part_fill(struct kafka_part *p, struct part_info *info, const char *reason)
{
	int64_t asked = atomic_load_explicit(&p->end_asked,
					     memory_order_relaxed);
	bool open = !atomic_load(&p->ended) && atomic_load(&p->ask) == ASK_NONE;

	info->topic = p->topic;
	info->partition = p->partition;
	info->next_offset = open && p->jump != KAFKA_NO_JUMP ? p->jump
							     : p->next;
	info->end_offset = asked > p->end ? asked : p->end;
	if (p->stop != KAFKA_NO_STOP)
		info->end_offset = p->stop;
	info->head_time_us = TIME_NONE;
	info->waiting = open ? (uint32_t)rd_kafka_queue_length(p->queue) : 0;
	info->state = part_state(p, info->waiting);
	info->reason = info->state == PART_CONNECTING ? reason : NULL;
	info->skipped = atomic_load_explicit(&p->skipped, memory_order_relaxed);
}

static const char *
kafka_source_reason(struct source *source)
{
	struct kafka_source *s = kafka_source_of(source);
	const char *reason;

	pthread_mutex_lock(&s->lock);
	reason = kafka_client_reason(s->client, s->reason);
	pthread_mutex_unlock(&s->lock);
	return reason;
}

static unsigned
kafka_source_parts(struct source *source, const struct part_info **ret)
{
	struct kafka_source *s = kafka_source_of(source);
	unsigned n = atomic_load_explicit(&s->nparts, memory_order_acquire);
	const char *reason = n ? kafka_source_reason(source) : NULL;

	if (n > s->ninfos_max) {
		s->ninfos_max = n;
		s->infos = mem_realloc(s->infos, n * sizeof(*s->infos));
	}
	for (unsigned i = 0; i < n; i++)
		part_fill(s->parts[i], &s->infos[i], reason);
	*ret = s->infos;
	return n;
}

static const char *
kafka_source_notice_take(struct source *source)
{
	struct kafka_source *s = kafka_source_of(source);
	bool some;

	pthread_mutex_lock(&s->lock);
	some = s->nnotices > 0;
	if (some) {
		memcpy(s->notice, s->notices[0], sizeof(s->notice));
		s->nnotices--;
		memmove(s->notices[0], s->notices[1],
			s->nnotices * sizeof(s->notices[0]));
	}
	pthread_mutex_unlock(&s->lock);
	return some ? s->notice : NULL;
}

static const char *
time_type_name(int type)
{
	switch (type) {
	case RD_KAFKA_TIMESTAMP_CREATE_TIME:
		return "CreateTime";
	case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME:
		return "LogAppendTime";
	default:
		return "NoTimestampType";
	}
}

static int
kafka_source_metadata(struct source *source, const char *key,
		      const struct raw_record *rec, uint32_t n,
		      struct column *out, struct arena *a, struct error *err)
{
	struct kafka_source *s = kafka_source_of(source);

	if (strcmp(key, "leader-epoch") == 0) {
		/* Flink: "if available"; librdkafka 2.0 does not tell it. */
		for (uint32_t i = 0; i < n; i++)
			column_set_null(out, i, n, a);
		return 0;
	}
	if (strcmp(key, "headers") == 0) {
		for (uint32_t i = 0; i < n; i++)
			out->str[i] = rec[i].headers;
		return 0;
	}
	if (strcmp(key, "timestamp-type") != 0)
		return error_set(err, ERR_UNSUPPORTED,
				 "kafka has no metadata '%s' here", key);
	for (uint32_t i = 0; i < n; i++) {
		const struct kafka_part *p = s->parts[rec[i].part];
		const char *name = time_type_name(
			rec[i].offset >= p->time_type_from
				? p->time_type : p->time_type_before);

		/* literals outlive every batch */
		out->str[i] = str_ref(name, (uint32_t)strlen(name));
	}
	return 0;
}

static void
kafka_source_commit(struct source *source, const struct start_offset *at,
		    unsigned n)
{
	struct kafka_source *s = kafka_source_of(source);
	rd_kafka_topic_partition_list_t *list;

	if (!n || !atomic_load(&s->nparts))
		return;
	list = rd_kafka_topic_partition_list_new((int)n);
	for (unsigned i = 0; i < n; i++) {
		char topic[TOPIC_BYTES_MAX];

		snprintf(topic, sizeof(topic), "%.*s", (int)at[i].topic.len,
			 str_data(&at[i].topic));
		rd_kafka_topic_partition_list_add(list, topic, at[i].partition)
			->offset = at[i].next_offset;
	}
	/* For lag tools only: a failure changes nothing. */
	atomic_fetch_add(&s->client->commits, 1);
	if (rd_kafka_commit(s->client->rk, list, 1))
		atomic_fetch_sub(&s->client->commits, 1);
	rd_kafka_topic_partition_list_destroy(list);
}

/* Those of the last checkpoint are sent, if the broker answers at all. */
static void
source_finish_commits(struct kafka_source *s)
{
	int64_t wait_us = COMMIT_WAIT_US;

	for (; s->client && wait_us > 0 &&
	       atomic_load(&s->client->commits) > 0 &&
	       !atomic_load(&s->client->complained);
	     wait_us -= 10 * US_PER_MS)
		rd_kafka_poll(s->client->rk, 10);
}

static int
kafka_source_wake_fd(struct source *source)
{
	return kafka_source_of(source)->wake_fd;
}

static void
kafka_source_woken(struct source *source)
{
	struct kafka_source *s = kafka_source_of(source);

	s->armed = false;
	kafka_fd_drain(s->wake_fd);
}

static int64_t
kafka_source_next_us(struct source *source)
{
	(void)source;
	return TIME_END;
}

static struct blocking_work
kafka_source_work(struct source *source)
{
	return (struct blocking_work){ kafka_control_run, kafka_control_stop,
				       kafka_source_of(source) };
}

static void
kafka_source_close(struct source *source)
{
	struct kafka_source *s;
	unsigned n;

	if (!source)
		return;
	s = kafka_source_of(source);
	source_finish_commits(s);
	n = atomic_load(&s->nparts);
	for (unsigned i = 0; i < n; i++) {
		rd_kafka_queue_io_event_enable(s->parts[i]->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(s->parts[i]->queue);
		free(s->parts[i]);
	}
	kafka_client_destroy(s->client);
	if (s->conf)
		rd_kafka_conf_destroy(s->conf);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->control_fd >= 0)
		close(s->control_fd);
	pthread_mutex_destroy(&s->lock);
	arena_release(&s->arena);
	free(s->infos);
	free(s);
}

#define KAFKA_SOURCE_CALLS                                              \
	.parts = kafka_source_parts, .poll = kafka_source_poll,         \
	.next_us = kafka_source_next_us,                                \
	.metadata = kafka_source_metadata,                              \
	.commit = kafka_source_commit, .wake_fd = kafka_source_wake_fd, \
	.woken = kafka_source_woken, .work = kafka_source_work,         \
	.close = kafka_source_close, .check = kafka_source_check,       \
	.reason = kafka_source_reason, .notice = kafka_source_notice_take

const struct source_type kafka_source_type = {
	.name = "kafka", .open = kafka_source_open, KAFKA_SOURCE_CALLS
};

const struct source_type upsert_kafka_source_type = {
	.name = "upsert-kafka", .open = upsert_kafka_source_open,
	KAFKA_SOURCE_CALLS
};

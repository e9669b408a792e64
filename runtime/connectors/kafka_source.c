/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_source.c - the Kafka source as the pipeline sees
 * it: opened from a table's options, looked into, closed; never waiting. Its
 * records come from kafka_drain.c, what can wait for a broker is done by
 * kafka_control.c.
 */
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
		/* as Java's request.timeout.ms: a broker that says nothing is
		 * waited for so long */
		{ "socket.timeout.ms", "30000" },
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
		{ "debug", "topic" }, /* some lines a minute: see denied_fd */
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
	return kafka_client_create(RD_KAFKA_CONSUMER, conf, s->control_fd, ret,
				   err);
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
	(void)now_us;
	if (kafka_source_check(source, err) < 0)
		return -1;
	return (int)kafka_drain(kafka_source_of(source), part, out, max, a);
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
part_fill(struct kafka_part *p, struct part_info *info, const char *reason,
	  bool is_stuck)
{
	int64_t asked = atomic_load_explicit(&p->end_asked,
					     memory_order_relaxed);
	bool open = !atomic_load(&p->ended) && atomic_load(&p->ask) == ASK_NONE;
	bool behind;

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
	/* Caught up as far as its answers go, of which the last one is lost. */
	behind = !p->caught_up || info->end_offset > info->next_offset;
	info->reason = info->state == PART_CONNECTING || (behind && is_stuck)
			       ? reason : NULL;
	info->lost = atomic_load_explicit(&p->lost, memory_order_relaxed);
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
	bool is_stuck = reason && kafka_client_is_stuck(s->client);

	if (n > s->ninfos_max) {
		s->ninfos_max = n;
		s->infos = mem_realloc(s->infos, n * sizeof(*s->infos));
	}
	for (unsigned i = 0; i < n; i++)
		part_fill(s->parts[i], &s->infos[i], reason, is_stuck);
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
drop_message(rd_kafka_message_t *m, void *arg)
{
	(void)m;
	(void)arg;
}

/* A queue that still has errors of a deleted topic keeps its partition, which
 * keeps its broker: destroying a client of librdkafka 2.0.2 waits for it for
 * ever, awake a thousand times a second. So the queues are emptied first. */
static void
source_release_parts(struct kafka_source *s)
{
	unsigned n = atomic_load(&s->nparts);

	if (s->client)
		rd_kafka_assign(s->client->rk, NULL);
	for (unsigned i = 0; i < n; i++) {
		struct kafka_part *p = s->parts[i];

		rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
		rd_kafka_consume_callback_queue(p->queue, 0, drop_message,
						NULL);
		rd_kafka_queue_destroy(p->queue);
		free(p);
	}
}

static void
kafka_source_close(struct source *source)
{
	struct kafka_source *s;

	if (!source)
		return;
	s = kafka_source_of(source);
	source_finish_commits(s);
	source_release_parts(s);
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
	.reason = kafka_source_reason,                                  \
	.notice = kafka_source_notice_take, .seek = kafka_source_seek

const struct source_type kafka_source_type = {
	.name = "kafka", .open = kafka_source_open, KAFKA_SOURCE_CALLS
};

const struct source_type upsert_kafka_source_type = {
	.name = "upsert-kafka", .open = upsert_kafka_source_open,
	KAFKA_SOURCE_CALLS
};

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/kafka_rig.c - the job's thread in miniature, and librdkafka used
 * plainly on the other side.
 */
#include "tests/unit/kafka_rig.h"

#include <poll.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

int64_t
rig_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

struct options *
rig_options(struct arena *a, const char *connector, ...)
{
	struct options *o = arena_new(a, struct options);
	const char *key;
	va_list ap;

	o->connector = connector;
	o->keys = arena_array(a, 32, const char *);
	o->values = arena_array(a, 32, const char *);
	o->defs = arena_array(a, 32, const struct option_def *);
	va_start(ap, connector);
	while ((key = va_arg(ap, const char *)) != NULL) {
		o->keys[o->n] = key;
		o->values[o->n++] = va_arg(ap, const char *);
	}
	va_end(ap);
	return o;
}

/* ---- brokers ---- */

static char own_broker[64];

static void
own_broker_stop(void)
{
	rig_broker_verb("stop", own_broker);
}

void
rig_broker_verb(const char *verb, const char *address)
{
	char command[160];

	snprintf(command, sizeof(command), "tests/kafka/broker %s %s >&2", verb,
		 strrchr(address, ':') + 1);
	if (system(command) != 0)
		FAIL("%s failed", command);
}

const char *
rig_broker_own(void)
{
	static char reason[256];
	FILE *f;
	char command[80], line[256] = "";
	int status;

	if (reason[0])
		SKIP("%s", reason);
	if (own_broker[0])
		return own_broker;
	snprintf(command, sizeof(command), "SLUICE_BROKER_OWNER=%d "
		 "tests/kafka/broker start", (int)getpid());
	f = popen(command, "r");
	EXPECT(f != NULL);
	while (fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	status = pclose(f);
	if (status != 0) {
		snprintf(reason, sizeof(reason), "%s",
			 line[0] ? line : "no broker");
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			SKIP("%s", reason);
		FAIL("the broker did not start: %s", reason);
	}
	snprintf(own_broker, sizeof(own_broker), "%.63s", line);
	atexit(own_broker_stop);
	return own_broker;
}

const char *
rig_broker(void)
{
	const char *given = getenv("SLUICE_TEST_KAFKA");

	return given && *given ? given : rig_broker_own();
}

const char *
rig_topic_name(const char *word)
{
	static char name[8][128];
	static unsigned n;
	char *at = name[n++ % 8];

	snprintf(at, sizeof(name[0]), "kfk-%s-%d-%lld", word, (int)getpid(),
		 (long long)rig_now_us());
	return at;
}

/* ---- the plain client ---- */

static rd_kafka_t *
plain_client(const char *broker, rd_kafka_type_t type)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[256];
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "kfk-rig", NULL, 0);
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
	rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", NULL, 0);
	rd_kafka_conf_set(conf, "isolation.level", "read_committed", NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	if (type == RD_KAFKA_PRODUCER)
		rd_kafka_conf_set(conf, "queue.buffering.max.messages", "0",
				  NULL, 0);
	rk = rd_kafka_new(type, conf, text, sizeof(text));
	if (!rk)
		FAIL("no client: %s", text);
	return rk;
}

/* Sends one admin request and waits for its answer's error texts. */
static void
admin_finish(rd_kafka_t *rk, rd_kafka_queue_t *q, const char *what)
{
	rd_kafka_event_t *ev = rd_kafka_queue_poll(q, 30000);
	const rd_kafka_topic_result_t **results = NULL;
	size_t n = 0;

	if (!ev || rd_kafka_event_error(ev))
		FAIL("%s: %s", what,
		     ev ? rd_kafka_event_error_string(ev) : "no answer");
	if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
		results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(ev), &n);
	else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_DELETETOPICS_RESULT)
		results = rd_kafka_DeleteTopics_result_topics(
			rd_kafka_event_DeleteTopics_result(ev), &n);
	else if (rd_kafka_event_type(ev) ==
		 RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT)
		results = rd_kafka_CreatePartitions_result_topics(
			rd_kafka_event_CreatePartitions_result(ev), &n);
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_topic_result_error(results[i]))
			FAIL("%s: %s", what,
			     rd_kafka_err2str(
				     rd_kafka_topic_result_error(results[i])));
	rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
	rd_kafka_destroy(rk);
}

void
rig_topic_create(const char *broker, const char *topic, int partitions,
		 const char *config, const char *value)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_PRODUCER);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *t =
		rd_kafka_NewTopic_new(topic, partitions, 1, NULL, 0);

	if (config)
		rd_kafka_NewTopic_set_config(t, config, value);
	rd_kafka_CreateTopics(rk, &t, 1, NULL, q);
	rd_kafka_NewTopic_destroy(t);
	admin_finish(rk, q, "create topic");
}

void
rig_topic_delete(const char *broker, const char *topic)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_PRODUCER);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(topic);

	rd_kafka_DeleteTopics(rk, &t, 1, NULL, q);
	rd_kafka_DeleteTopic_destroy(t);
	admin_finish(rk, q, "delete topic");
}

void
rig_topic_partitions(const char *broker, const char *topic, int total)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_PRODUCER);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_NewPartitions_t *p =
		rd_kafka_NewPartitions_new(topic, (size_t)total, NULL, 0);

	rd_kafka_CreatePartitions(rk, &p, 1, NULL, q);
	rd_kafka_NewPartitions_destroy(p);
	admin_finish(rk, q, "add partitions");
}

void
rig_topic_trim(const char *broker, const char *topic, int partition,
	       int64_t offset)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_PRODUCER);
	rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);
	rd_kafka_DeleteRecords_t *d;

	rd_kafka_topic_partition_list_add(list, topic, partition)->offset =
		offset;
	d = rd_kafka_DeleteRecords_new(list);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_DeleteRecords(rk, &d, 1, NULL, q);
	rd_kafka_DeleteRecords_destroy(d);
	admin_finish(rk, q, "delete records");
}

void
rig_produce(const char *broker, const char *topic, int partition,
	    const char *word, int from, int n, int64_t time_ms)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_PRODUCER);

	for (int i = from; i < from + n; i++) {
		char value[128];
		int len = snprintf(value, sizeof(value), "%s-%d", word, i);

		rd_kafka_producev(
			rk, RD_KAFKA_V_TOPIC(topic),
			RD_KAFKA_V_PARTITION(partition),
			RD_KAFKA_V_VALUE(value, (size_t)len),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_TIMESTAMP(time_ms ? time_ms + 1000 * i : 0),
			RD_KAFKA_V_END);
		if (i % 10000 == 0)
			rd_kafka_poll(rk, 0);
	}
	if (rd_kafka_flush(rk, 30000))
		FAIL("records for %s were not acknowledged", topic);
	rd_kafka_destroy(rk);
}

void
rig_transaction(const char *broker, const char *topic, const char *word, int n,
		bool commit)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_error_t *e;
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
	rd_kafka_conf_set(conf, "transactional.id", topic, NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	e = rd_kafka_init_transactions(rk, 30000);
	if (e)
		FAIL("transaction: %s", rd_kafka_error_string(e));
	rd_kafka_begin_transaction(rk);
	for (int i = 0; i < n; i++) {
		char value[64];
		int len = snprintf(value, sizeof(value), "%s-%d", word, i);

		rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic),
				  RD_KAFKA_V_PARTITION(0),
				  RD_KAFKA_V_VALUE(value, (size_t)len),
				  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				  RD_KAFKA_V_END);
	}
	rd_kafka_flush(rk, 10000);
	e = commit ? rd_kafka_commit_transaction(rk, 30000)
		   : rd_kafka_abort_transaction(rk, 30000);
	if (e)
		FAIL("transaction: %s", rd_kafka_error_string(e));
	rd_kafka_destroy(rk);
}

static struct rig_record *
record_of(const rd_kafka_message_t *m)
{
	struct rig_record *r = mem_zalloc(sizeof(*r));

	r->partition = m->partition;
	r->timestamp_ms = rd_kafka_message_timestamp(m, NULL);
	if (m->key) {
		r->key = mem_zalloc(m->key_len + 1);
		memcpy(r->key, m->key, m->key_len);
		r->key_len = m->key_len;
	}
	if (m->payload) {
		r->value = mem_zalloc(m->len + 1);
		memcpy(r->value, m->payload, m->len);
		r->value_len = m->len;
	}
	return r;
}

static unsigned
assign_all(rd_kafka_t *rk, const char *topic)
{
	rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(8);
	const struct rd_kafka_metadata *m = NULL;
	unsigned n = 0;

	if (rd_kafka_metadata(rk, 0, t, &m, 10000) == 0)
		n = (unsigned)m->topics[0].partition_cnt;
	for (unsigned i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, topic, (int32_t)i)
			->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (m)
		rd_kafka_metadata_destroy(m);
	rd_kafka_topic_destroy(t);
	return n;
}

struct rig_record *
rig_consume(const char *broker, const char *topic, unsigned *ret_n)
{
	rd_kafka_t *rk = plain_client(broker, RD_KAFKA_CONSUMER);
	struct rig_record *first = NULL, **last = &first;
	unsigned open = assign_all(rk, topic);
	int64_t until = rig_now_us() + 20 * US_PER_SECOND;

	*ret_n = 0;
	while (open && rig_now_us() < until) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);

		if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			open--;
		} else if (m && !m->err) {
			*last = record_of(m);
			last = &(*last)->next;
			++*ret_n;
		}
		if (m)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(rk);
	rd_kafka_destroy(rk);
	if (open)
		FAIL("cannot read %s to its end", topic);
	return first;
}

void
rig_records_free(struct rig_record *r)
{
	while (r) {
		struct rig_record *next = r->next;

		free(r->key);
		free(r->value);
		free(r);
		r = next;
	}
}

/* ---- a source ---- */

static void *
work_run(void *arg)
{
	struct blocking_work *w = arg;

	w->run(w->self);
	return NULL;
}

struct rig_source *
rig_source_open(const struct options *o, const struct start_offset *start,
		unsigned nstart, const char *embedded)
{
	const struct connector_env env = {
		.job = "rig", .embedded = embedded,
		.queue_bytes = 32 << 20, .inflight_bytes = 64 << 20,
		.now_us = rig_now_us(), .out_fd = -1,
	};
	/* A table with one column: headers METADATA. */
	struct scan_column headers = { .name = "headers",
				       .metadata_key = "headers",
				       .wanted = true };
	const struct plan_scan scan = { .ncols = 1, .cols = &headers };
	const struct source_spec spec = {
		.options = o, .start = start, .nstart = nstart, .env = &env,
		.scan = &scan,
	};
	const struct source_type *type = source_type_find("kafka");
	struct rig_source *r = mem_zalloc(sizeof(*r));

	arena_init(&r->arena);
	if (type->open(&r->source, &spec, &r->err) < 0) {
		r->failed = 1;
		return r;
	}
	r->work = type->work(r->source);
	EXPECT(pthread_create(&r->thread, NULL, work_run, &r->work) == 0);
	return r;
}

/* One step of a job; returns how many records came. */
static unsigned
source_step(struct rig_source *r)
{
	const struct source_type *type = r->source->type;
	const struct part_info *info;
	unsigned n = type->parts(r->source, &info), got = 0;

	if (type->check(r->source, &r->err) < 0)
		r->failed = 1;
	for (unsigned i = 0; i < n && !r->failed; i++) {
		int rc;

		if (r->max - r->n < BATCH_ROWS) {
			r->max = 2 * r->max + BATCH_ROWS;
			r->got = mem_realloc(r->got,
					     r->max * sizeof(*r->got));
		}
		rc = type->poll(r->source, i, r->got + r->n, BATCH_ROWS,
				&r->arena, rig_now_us(), &r->err);
		if (rc < 0) {
			r->failed = 1;
		} else {
			r->n += (unsigned)rc;
			got += (unsigned)rc;
		}
	}
	return got;
}

unsigned
rig_source_poll(struct rig_source *r, struct raw_record *out, struct arena *a)
{
	const struct source_type *type = r->source->type;
	const struct part_info *info;
	unsigned n = type->parts(r->source, &info), got = 0;

	if (type->check(r->source, &r->err) < 0)
		r->failed = 1;
	for (unsigned i = 0; i < n && !r->failed; i++) {
		int rc = type->poll(r->source, i, out, BATCH_ROWS, a,
				    rig_now_us(), &r->err);

		if (rc < 0)
			r->failed = 1;
		else
			got += (unsigned)rc;
	}
	return got;
}

void
rig_source_wait(struct rig_source *r, int ms)
{
	struct pollfd fd = { .fd = r->source->type->wake_fd(r->source),
			     .events = POLLIN };

	if (poll(&fd, 1, ms) > 0)
		r->source->type->woken(r->source);
}

void
rig_source_read(struct rig_source *r, unsigned n, int ms)
{
	int64_t until = rig_now_us() + ms * US_PER_MS;

	for (int64_t left; !r->failed && r->n < n &&
			   (left = until - rig_now_us()) > 0;)
		if (!source_step(r) && !r->failed && r->n < n)
			rig_source_wait(r, (int)(left / US_PER_MS) + 1);
}

bool
rig_source_until(struct rig_source *r, enum part_state state, int ms)
{
	int64_t until = rig_now_us() + ms * US_PER_MS;

	while (!r->failed && rig_now_us() < until) {
		const struct part_info *info;
		unsigned n, same = 0;

		source_step(r);
		n = r->source->type->parts(r->source, &info);
		for (unsigned i = 0; i < n; i++)
			same += info[i].state == state;
		if (n && same == n)
			return true;
		rig_source_wait(r, 100);
	}
	return false;
}

const char *
rig_source_values(struct rig_source *r)
{
	struct buf b;
	const char *text;

	buf_init(&b);
	for (unsigned i = 0; i < r->n; i++) {
		if (i)
			buf_putc(&b, ' ');
		if (r->got[i].value)
			buf_append(&b, r->got[i].value, r->got[i].value_len);
		else
			buf_puts(&b, "NULL");
	}
	text = arena_strndup(&r->arena, b.data ? b.data : "", b.len);
	buf_release(&b);
	return text;
}

const char *
rig_source_notices(struct rig_source *r)
{
	struct buf b;
	const char *text;

	buf_init(&b);
	while ((text = r->source->type->notice(r->source)) != NULL) {
		buf_puts(&b, text);
		buf_putc(&b, '\n');
	}
	text = arena_strndup(&r->arena, b.data ? b.data : "", b.len);
	buf_release(&b);
	return text;
}

void
rig_source_close(struct rig_source *r)
{
	if (r->source) {
		r->work.stop(r->work.self);
		pthread_join(r->thread, NULL);
		r->source->type->close(r->source);
	}
	arena_release(&r->arena);
	free(r->got);
	free(r);
}

/* ---- a sink ---- */

static struct type
column_type(const char *name)
{
	static const struct type_field fields[] = {
		{ NULL, { .kind = TYPE_VARCHAR, .nullable = true,
			  .length = TYPE_LENGTH_MAX } },
		{ NULL, { .kind = TYPE_VARBINARY, .nullable = true,
			  .length = TYPE_LENGTH_MAX } },
	};

	if (strcmp(name, "HEADERS") == 0)
		return (struct type){ .kind = TYPE_MAP, .nullable = true,
				      .fields = fields };
	if (strcmp(name, "BIGINT") == 0)
		return TYPE_OF(TYPE_BIGINT);
	if (strcmp(name, "TIMESTAMP_LTZ") == 0)
		return type_timestamp_ltz(3);
	return TYPE_STRING_OF;
}

static void
sink_columns(struct rig_sink *r, const char *columns)
{
	char *text = arena_strdup(&r->arena, columns), *save = NULL;

	r->schema.cols = arena_array(&r->arena, 16, struct schema_column);
	r->plan.metadata_keys = arena_array(&r->arena, 16, const char *);
	for (char *c = strtok_r(text, ",", &save); c;
	     c = strtok_r(NULL, ",", &save)) {
		char *name = arena_alloc(&r->arena, 64), type[64], key[64];
		int n = sscanf(c, " %63s %63s metadata %63s", name, type, key);

		EXPECT(n >= 2);
		r->schema.cols[r->schema.ncols].name = name;
		r->schema.cols[r->schema.ncols].type = column_type(type);
		if (n == 3)
			r->plan.metadata_keys[r->schema.ncols] =
				arena_strdup(&r->arena, key);
		r->schema.ncols++;
	}
}

static void
sink_keys(struct rig_sink *r, const char *keys)
{
	char *text = arena_strdup(&r->arena, keys ? keys : ""), *save = NULL;

	r->plan.keys = arena_array(&r->arena, 16, uint16_t);
	for (char *k = strtok_r(text, " ", &save); k;
	     k = strtok_r(NULL, " ", &save)) {
		int col = schema_find(&r->schema, k);

		EXPECT(col >= 0);
		r->plan.keys[r->plan.nkeys++] = (uint16_t)col;
	}
}

struct rig_sink *
rig_sink_open(const struct options *o, const char *columns, const char *keys,
	      int64_t inflight_bytes, const char *embedded)
{
	const struct connector_env env = {
		.job = "rig", .embedded = embedded,
		.inflight_bytes = inflight_bytes, .out_fd = -1,
	};
	const struct sink_type *type = sink_type_find(o->connector);
	struct rig_sink *r = mem_zalloc(sizeof(*r));
	struct sink_spec spec = { .options = o, .sink = &r->plan,
				  .schema = &r->schema, .env = &env };

	arena_init(&r->arena);
	sink_columns(r, columns);
	sink_keys(r, keys);
	if (type->open(&r->sink, &spec, &r->err) < 0) {
		r->failed = 1;
		return r;
	}
	r->work = type->work(r->sink);
	EXPECT(pthread_create(&r->thread, NULL, work_run, &r->work) == 0);
	return r;
}

static uint8_t
row_kind(const char *sign)
{
	for (uint8_t k = 0; k < 4; k++)
		if (strncmp(sign, change_kind_text[k], 2) == 0)
			return k;
	FAIL("no kind in '%s'", sign);
}

static void
row_fill(struct batch *b, uint32_t row, const char *text)
{
	char *copy = arena_strdup(&b->arena, text + 2), *save = NULL;
	char *field = strtok_r(copy, " ", &save);

	for (unsigned c = 0; c < b->schema->ncols; c++) {
		struct column *col = &b->col[c];

		EXPECT(field != NULL);
		if (strcmp(field, "NULL") == 0)
			column_set_null(col, row, b->rows, &b->arena);
		else if (col->phys == PHYS_STR)
			col->str[row] = str_ref(field,
						(uint32_t)strlen(field));
		else
			col->i64[row] = atoll(field);
		field = strtok_r(NULL, " ", &save);
	}
}

static void
sink_write(struct rig_sink *r, struct batch *b, const uint8_t *kinds)
{
	if (!r->failed &&
	    r->sink->type->write(r->sink, b, kinds, &r->err) < 0)
		r->failed = 1;
	batch_unref(b);
}

void
rig_sink_write(struct rig_sink *r, ...)
{
	const char *text[64];
	uint8_t kinds[64];
	struct batch *b;
	uint32_t n = 0;
	va_list ap;

	va_start(ap, r);
	while ((text[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	b = batch_create(NULL, &r->schema, n);
	batch_seal(b, n);
	for (uint32_t i = 0; i < n; i++) {
		row_fill(b, i, text[i]);
		kinds[i] = row_kind(text[i]);
	}
	sink_write(r, b, kinds);
}

void
rig_sink_write_many(struct rig_sink *r, const char *word, int from, int n)
{
	while (n > 0) {
		int rows = n < BATCH_ROWS ? n : BATCH_ROWS;
		struct batch *b = batch_create(NULL, &r->schema,
					       (uint32_t)rows);

		batch_seal(b, (uint32_t)rows);
		for (int i = 0; i < rows; i++, from++) {
			char text[128];

			snprintf(text, sizeof(text), "+I %s%d %d", word, from,
				 from);
			row_fill(b, (uint32_t)i, text);
		}
		sink_write(r, b, NULL);
		n -= rows;
	}
}

void
rig_sink_cut(struct rig_sink *r, uint64_t epoch)
{
	if (r->sink->type->cut(r->sink, epoch, &r->err) < 0)
		r->failed = 1;
}

bool
rig_sink_until(struct rig_sink *r, uint64_t epoch, int ms)
{
	const struct sink_type *type = r->sink->type;
	int64_t until = rig_now_us() + ms * US_PER_MS, left;

	for (;;) {
		struct pollfd fd = { .fd = type->wake_fd(r->sink),
				     .events = POLLIN };

		if (type->acked(r->sink, &r->acked, &r->err) < 0)
			r->failed = 1;
		left = until - rig_now_us();
		if (r->failed || r->acked >= epoch || left <= 0)
			return !r->failed && r->acked >= epoch;
		if (poll(&fd, 1, (int)(left / US_PER_MS) + 1) > 0)
			type->woken(r->sink);
	}
}

void
rig_sink_close(struct rig_sink *r)
{
	if (r->sink) {
		r->work.stop(r->work.self);
		pthread_join(r->thread, NULL);
		r->sink->type->close(r->sink);
	}
	arena_release(&r->arena);
	free(r);
}

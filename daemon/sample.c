/* SPDX-License-Identifier: Apache-2.0
 * daemon/sample.c - DESCRIBE TABLE t FROM SAMPLE. A table over the same records
 * whose columns are their raw bytes is read like any other, by a pipeline on a
 * stream's thread: a topic's newest records, a file's first lines. What they
 * are is for runtime/propose.h to say.
 *
 * A topic is read from its beginning until it is known where it ends; if that
 * is far off, a second pass begins shortly before the end of each partition.
 */
#include "daemon/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/job.h"
#include "daemon/ndjson.h"
#include "daemon/session.h"
#include "daemon/stream.h"
#include "parser/bind.h"
#include "parser/catalog.h"
#include "parser/catalog_text.h"
#include "runtime/propose.h"

#define RECORDS 100 /* that are looked at */
#define DEADLINE_US (15 * US_PER_SECOND)
#define READ_ON 5000 /* records to the end that are read rather than skipped */
#define BYTES_MAX ((uint64_t)64 << 20) /* of all that is kept meanwhile */

struct kept { /* the newest records of one partition, as a ring */
	int32_t partition;
	struct sample_record rec[RECORDS]; /* bytes are malloc'ed */
	unsigned n, next;
};

struct end { /* of a partition */
	int32_t partition;
	int64_t next, end;
};

struct sampler {
	struct jobs *js;
	struct config *config;
	struct stream *stream;
	unsigned statement;
	struct arena arena;
	struct sample_table table;
	bool topic;            /* else a file */
	const char *first_topic; /* of several, or NULL */
	struct runner runner;
	int64_t deadline_us;

	unsigned nkept;
	struct kept *kept;     /* one a partition */
	uint64_t bytes, total; /* kept; seen in all */
	bool full;             /* enough, or too many bytes */
	char reason[200];      /* why nothing comes, in the client's words */
	unsigned nends, ends_size;
	struct end *ends;
	bool ends_known;
};

/* ---- the sink: keeps the newest ---- */

struct keeping_sink {
	struct sink sink;
	struct sampler *s;
};

static const struct sink_type keeping_sink_type;

static int
keeping_open(struct sink **ret, const struct sink_spec *spec, struct error *err)
{
	struct keeping_sink *k = mem_zalloc(sizeof(*k));

	(void)err;
	k->sink.type = &keeping_sink_type;
	k->s = spec->client;
	*ret = &k->sink;
	return 0;
}

static struct kept *
kept_of(struct sampler *s, int32_t partition)
{
	struct kept *k;

	for (unsigned i = 0; i < s->nkept; i++)
		if (s->kept[i].partition == partition)
			return &s->kept[i];
	s->kept = mem_realloc(s->kept, (s->nkept + 1) * sizeof(*s->kept));
	k = &s->kept[s->nkept++];
	*k = (struct kept){ .partition = partition };
	return k;
}

static const char *
bytes_of(const struct column *c, uint32_t row, uint32_t *ret_len)
{
	char *copy;

	*ret_len = 0;
	if (column_is_null(c, row))
		return NULL;
	*ret_len = c->str[row].len;
	copy = mem_alloc(*ret_len + 1);
	memcpy(copy, str_data(&c->str[row]), *ret_len);
	copy[*ret_len] = '\0';
	return copy;
}

static void
record_free(struct sampler *s, struct sample_record *r)
{
	s->bytes -= r->value_len + r->key_len;
	free((char *)r->value);
	free((char *)r->key);
}

/* Columns are those of raw_table(). */
static void
keep(struct sampler *s, const struct batch *b, uint32_t row)
{
	struct sample_record r = { .timestamp_us = TIME_NONE, .offset = -1 };
	struct kept *k;

	r.value = bytes_of(&b->col[0], row, &r.value_len);
	if (s->topic) {
		r.key = bytes_of(&b->col[1], row, &r.key_len);
		r.timestamp_us = b->col[2].i64[row];
		r.partition = (int32_t)b->col[3].i64[row];
		r.offset = b->col[4].i64[row];
	}
	k = kept_of(s, r.partition);
	if (k->n == RECORDS)
		record_free(s, &k->rec[k->next]);
	else
		k->n++;
	k->rec[k->next] = r;
	k->next = (k->next + 1) % RECORDS;
	s->bytes += r.value_len + r.key_len;
	s->total++;
	s->full = s->bytes > BYTES_MAX || (!s->topic && s->total >= RECORDS);
}

static int
keeping_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	      struct error *err)
{
	struct sampler *s = ((struct keeping_sink *)sink)->s;

	(void)kinds;
	(void)err;
	batch_each(b, row) {
		if (s->full)
			break;
		keep(s, b, row);
	}
	return 0;
}

static void
keeping_close(struct sink *sink)
{
	free(sink);
}

static const struct sink_type keeping_sink_type = {
	.name = "sample",
	.open = keeping_open,
	.write = keeping_write,
	.close = keeping_close,
};

/* ---- the table of raw bytes ---- */

static void
put_option(struct buf *out, const char *key, const char *value)
{
	buf_puts(out, ", ");
	show_string(out, key);
	buf_puts(out, " = ");
	show_string(out, value);
}

/* Where reading begins and ends is ours to say. */
static void
put_place(const struct sampler *s, struct buf *out)
{
	for (const struct ast_option *o = s->table.options; o; o = o->next) {
		bool topic = strcmp(o->key, "topic") == 0;

		if (option_is_of_place(o->key) &&
		    strncmp(o->key, "scan.", 5) != 0 &&
		    strncmp(o->key, "sink.", 5) != 0)
			put_option(out, o->key, topic && s->first_topic
							? s->first_topic
							: o->value);
	}
}

static void
put_offsets(const struct sampler *s, struct buf *out)
{
	struct buf list;

	buf_init(&list);
	for (unsigned i = 0; i < s->nends; i++) {
		const struct end *e = &s->ends[i];
		int64_t from = e->end - RECORDS;

		buf_printf(&list, "%spartition:%d,offset:%lld", i ? ";" : "",
			   (int)e->partition,
			   (long long)(from > e->next ? from : e->next));
	}
	put_option(out, "scan.startup.mode", "specific-offsets");
	put_option(out, "scan.startup.specific-offsets", buf_cstr(&list));
	buf_release(&list);
}

static void
raw_table(const struct sampler *s, bool near_end, struct buf *out)
{
	if (!s->topic) {
		buf_puts(out, "CREATE TEMPORARY TABLE r (v BYTES) WITH "
			 "('connector' = 'filesystem', 'format' = 'raw'");
		put_place(s, out);
		buf_puts(out, "); SELECT v FROM r");
		return;
	}
	buf_puts(out, "CREATE TEMPORARY TABLE r (v BYTES, k BYTES, "
		 "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', "
		 "p INT METADATA FROM 'partition', "
		 "o BIGINT METADATA FROM 'offset' VIRTUAL) WITH "
		 "('connector' = 'kafka', 'value.format' = 'raw', "
		 "'key.format' = 'raw', 'key.fields' = 'k', "
		 "'value.fields-include' = 'EXCEPT_KEY', "
		 "'scan.bounded.mode' = 'latest-offset', "
		 "'scan.on-loss' = 'skip'");
	put_place(s, out);
	if (near_end)
		put_offsets(s, out);
	else
		put_option(out, "scan.startup.mode", "earliest-offset");
	buf_puts(out, "); SELECT v, k, ts, p, o FROM r");
}

static int
plan_of(struct sampler *s, const char *text, struct plan **ret,
	struct error *err)
{
	struct catalog *c = catalog_create(NULL);
	struct settings settings = SETTINGS_INIT;
	enum catalog_result result;
	struct ast_statement *stmt;
	struct parse p;
	int rc = -1;

	if (parse_begin(&p, text, strlen(text), NULL, &s->arena,
			&parse_limits_default, err) == 0 &&
	    parse_next(&p, &stmt, err) == 1 &&
	    catalog_add(c, &p, stmt, &settings, &result, err) == 0 &&
	    parse_next(&p, &stmt, err) == 1)
		rc = plan_statement(&s->arena, &p, stmt, c, &settings, ret,
				    err);
	settings_release(&settings);
	catalog_destroy(c);
	return rc;
}

/* ---- a pass ---- */

static void
note_end(const struct source_status *status, void *arg)
{
	struct sampler *s = arg;

	if (status->reason && !*s->reason)
		snprintf(s->reason, sizeof(s->reason), "%s", status->reason);
	if (status->partition < 0 || status->end_offset < 0) {
		s->ends_known = false;
		return;
	}
	if (s->nends == s->ends_size) {
		s->ends_size = s->ends_size ? 2 * s->ends_size : 16;
		s->ends = mem_realloc(s->ends,
				      s->ends_size * sizeof(*s->ends));
	}
	s->ends[s->nends++] = (struct end){ status->partition,
					    status->next_offset,
					    status->end_offset };
}

/* It is far to the end, which is known. */
static bool
is_far(struct sampler *s, struct pipeline *p)
{
	int64_t left = 0;

	s->nends = 0;
	s->ends_known = true;
	*s->reason = '\0';
	pipeline_sources(p, note_end, s);
	for (unsigned i = 0; i < s->nends; i++)
		if (s->ends[i].end > s->ends[i].next)
			left += s->ends[i].end - s->ends[i].next;
	return s->topic && s->ends_known && left > READ_ON;
}

/* 1: it ended; 0: enough, or far from the end, or out of time. */
static int
run_pass(struct sampler *s, struct pipeline *p, bool near_end,
	 struct error *err)
{
	bool shutdown;

	while (!stream_stopped(s->stream, &shutdown)) {
		int64_t now_us = clock_wall_us(), next_us;
		enum pipeline_rc rc = pipeline_step(p, now_us, err);

		switch (rc) {
		case PIPELINE_FAIL:
			return -1;
		case PIPELINE_DONE:
			return 1;
		case PIPELINE_ENDED:
			pipeline_finish(p);
			continue;
		default:
			break;
		}
		if (s->full || clock_steady_ns() / 1000 >= s->deadline_us ||
		    (is_far(s, p) && !near_end))
			return 0;
		next_us = pipeline_next_us(p);
		if (next_us > now_us + US_PER_SECOND / 4)
			next_us = now_us + US_PER_SECOND / 4;
		runner_serve(&s->runner, rc != PIPELINE_BUSY, next_us);
	}
	return stream_cancelled(err);
}

static int
read_records(struct sampler *s, bool near_end, struct error *err)
{
	struct pipeline_env env = jobs_pipeline_env(s->js, s->config, "sample",
						    clock_wall_us());
	struct pipeline *p = NULL;
	struct plan *plan;
	struct buf text;
	int rc;

	buf_init(&text);
	raw_table(s, near_end, &text);
	rc = plan_of(s, buf_cstr(&text), &plan, err);
	buf_release(&text);
	if (rc == 0)
		rc = connections_apply(s->config, plan, &s->arena, err);
	env.client_sink = &keeping_sink_type;
	env.client = s;
	env.connector.ephemeral = true;
	env.errors_rows_max = 1;
	if (rc < 0 || pipeline_create(plan, &env, &p, err) < 0)
		return -1;
	rc = pipeline_start(p, clock_wall_us(), err);
	if (rc == 0) {
		rc = runner_attach(&s->runner, p, err);
		if (rc == 0)
			rc = run_pass(s, p, near_end, err);
		runner_detach(&s->runner);
	}
	pipeline_destroy(p);
	return rc;
}

/* ---- what is looked at ---- */

static int
newer_first(const void *a, const void *b)
{
	const struct sample_record *x = a, *y = b;

	if (x->timestamp_us != y->timestamp_us)
		return x->timestamp_us > y->timestamp_us ? -1 : 1;
	return x->offset == y->offset ? 0 : x->offset > y->offset ? -1 : 1;
}

/* The newest of all partitions, the oldest of them first; for free(). */
static struct sample_record *
newest(const struct sampler *s, unsigned *ret_n)
{
	struct sample_record *all;
	unsigned n = 0;

	for (unsigned i = 0; i < s->nkept; i++)
		n += s->kept[i].n;
	all = mem_alloc((n + 1) * sizeof(*all));
	n = 0;
	for (unsigned i = 0; i < s->nkept; i++) {
		const struct kept *k = &s->kept[i];
		unsigned first = k->n == RECORDS ? k->next : 0;

		for (unsigned r = 0; r < k->n; r++)
			all[n++] = k->rec[(first + r) % RECORDS];
	}
	if (s->topic)
		qsort(all, n, sizeof(*all), newer_first);
	if (n > RECORDS)
		n = RECORDS;
	for (unsigned i = 0; s->topic && i < n / 2; i++) {
		struct sample_record r = all[i];

		all[i] = all[n - 1 - i];
		all[n - 1 - i] = r;
	}
	*ret_n = n;
	return all;
}

static int
nothing_came(const struct sampler *s, bool ended, struct error *err)
{
	const struct ast_option *o = s->table.options;

	while (strcmp(o->key, s->topic ? "topic" : "path") != 0)
		o = o->next;
	if (ended)
		error_set(err, ERR_NO_SAMPLE, "%s %.200s is empty: there is "
			  "nothing to look at", o->key,
			  s->first_topic ? s->first_topic : o->value);
	else
		error_set(err, ERR_NO_SAMPLE, "no record of table %s came "
			  "within %lld s%s%s", s->table.name,
			  (long long)(DEADLINE_US / US_PER_SECOND),
			  *s->reason ? ": " : "", s->reason);
	return -1;
}

/* ---- the answer ---- */

static void
put_columns(const struct sampler *s, const struct proposal *p)
{
	static const char *const columns[] = { "column", "type", "seen",
					       "example", "note" };
	struct buf out;
	char seen[40];

	buf_init(&out);
	ndjson_header_of(&out, s->statement, ARRAY_LEN(columns), columns);
	for (const struct proposed_column *c = p->cols; c; c = c->next) {
		snprintf(seen, sizeof(seen), "%u of %u", c->seen, c->of);
		ndjson_row_begin(&out);
		ndjson_cell(&out, c->name);
		ndjson_cell(&out, c->type);
		ndjson_cell(&out, seen);
		ndjson_cell(&out, c->example);
		ndjson_cell(&out, c->note);
		ndjson_row_end(&out);
	}
	stream_put(s->stream, &out, p->ncols);
	buf_release(&out);
}

static void
put_text(const struct sampler *s, const struct proposal *p)
{
	static const char *const columns[] = { "create table" };
	struct buf out, text;

	buf_init(&out);
	buf_init(&text);
	proposal_text(p, &text);
	ndjson_header_of(&out, s->statement, ARRAY_LEN(columns), columns);
	ndjson_row_begin(&out);
	ndjson_cell(&out, buf_cstr(&text));
	ndjson_row_end(&out);
	stream_put(s->stream, &out, 1);
	buf_release(&out);
	buf_release(&text);
}

static int
answer(struct sampler *s, struct error *err)
{
	struct sample_record *rec;
	struct proposal *p;
	unsigned n;
	int rc;

	rec = newest(s, &n);
	rc = propose(&s->table, rec, n, &s->arena, &p, err);
	if (rc == 0) {
		for (unsigned i = 0; i < p->nnotices; i++)
			stream_notice(s->stream, p->notices[i]);
		if (s->first_topic)
			stream_notice(s->stream, "only the first of the "
				      "table's topics was looked at");
		put_columns(s, p);
		put_text(s, p);
	}
	free(rec);
	return rc;
}

static int
sample_run(struct stream *stream, void *self, struct error *err)
{
	struct sampler *s = self;
	int rc;

	s->stream = stream;
	s->deadline_us = clock_steady_ns() / 1000 + DEADLINE_US;
	rc = read_records(s, false, err);
	if (rc == 0 && !s->full && s->ends_known && s->topic &&
	    clock_steady_ns() / 1000 < s->deadline_us)
		rc = read_records(s, true, err);
	if (rc < 0)
		return -1;
	return s->total == 0 ? nothing_came(s, rc == 1, err) : answer(s, err);
}

/* ---- the main thread ---- */

static void
sample_wake(void *self)
{
	runner_wake(&((struct sampler *)self)->runner);
}

static void
sample_free(void *self)
{
	struct sampler *s = self;

	for (unsigned i = 0; i < s->nkept; i++)
		for (unsigned r = 0; r < s->kept[i].n; r++)
			record_free(s, &s->kept[i].rec[r]);
	free(s->kept);
	free(s->ends);
	runner_release(&s->runner);
	arena_release(&s->arena);
	config_unref(s->config);
	free(s);
}

static const struct stream_type sample_stream_type = {
	.what = "DESCRIBE TABLE ... FROM SAMPLE",
	.run = sample_run,
	.wake = sample_wake,
	.free = sample_free,
};

static const struct ast_option *
options_copy(const struct ast_option *o, struct arena *a)
{
	struct ast_option *first = NULL, **tail = &first;

	for (; o; o = o->next) {
		*tail = arena_new(a, struct ast_option);
		(*tail)->key = arena_strdup(a, o->key);
		(*tail)->value = arena_strdup(a, o->value);
		tail = &(*tail)->next;
	}
	return first;
}

/* The first of topics with ';' between; NULL: there is one. */
static const char *
first_of_topics(const struct ast_option *o, struct arena *a)
{
	for (; o; o = o->next)
		if (strcmp(o->key, "topic") == 0 && strchr(o->value, ';'))
			return arena_strndup(a, o->value,
					     strcspn(o->value, ";"));
	return NULL;
}

static int
sampler_new(struct script *s, const struct object *o, struct sampler **ret)
{
	const char *connector = o->table->connector->name;
	bool file = strcmp(connector, "filesystem") == 0;
	struct sampler *new;

	if (!file && strcmp(connector, "kafka") != 0 &&
	    strcmp(connector, "upsert-kafka") != 0) {
		error_set(&s->err, ERR_NO_SAMPLE, "table %s has no records to "
			  "look at: its connector is %s", o->name, connector);
		error_note(&s->err, "a topic (kafka, upsert-kafka) or a file "
			   "(filesystem) has");
		parse_error_at(&s->parse, s->stmt->name.at, &s->err);
		return -1;
	}
	new = mem_zalloc(sizeof(*new));
	if (runner_init(&new->runner, &s->err) < 0) {
		free(new);
		return -1;
	}
	arena_init(&new->arena);
	new->js = s->d->jobs;
	new->config = jobs_config(new->js);
	new->statement = s->number;
	new->topic = !file;
	new->table = (struct sample_table){
		.name = arena_strdup(&new->arena, o->name),
		.connector = connector,
		.temporary = o->temporary,
		.options = options_copy(o->stmt->create_table->options,
					&new->arena),
	};
	new->first_topic = first_of_topics(new->table.options, &new->arena);
	*ret = new;
	return 0;
}

enum statement_rc
sample_statement(struct script *s)
{
	struct stream_events ev = { script_on_stream, s, s->number, false };
	struct jobs *js = s->d->jobs;
	unsigned n = stream_count(js, &sample_stream_type);
	struct sampler *new;
	const struct object *o;

	if (catalog_resolve(s->session->catalog, &s->parse, &s->stmt->name, &o,
			    &s->err) < 0)
		return STATEMENT_FAILED;
	if (o->kind != OBJECT_TABLE) {
		error_set(&s->err, ERR_WRONG_OBJECT, "%s is a view: only a "
			  "table has records", o->name);
		parse_error_at(&s->parse, s->stmt->name.at, &s->err);
		return STATEMENT_FAILED;
	}
	if (n >= (unsigned)js->config->selects_max) {
		error_set(&s->err, ERR_TOO_MANY, "%u samples are taken "
			  "already: [limits] selects", n);
		return STATEMENT_FAILED;
	}
	if (sampler_new(s, o, &new) < 0)
		return STATEMENT_FAILED;
	s->rows = 0;
	s->message = arena_printf(&s->arena, "table %s is as it was: DROP it "
				  "and run the text to have the proposed one",
				  o->name);
	if (stream_start(js, &sample_stream_type, new, &ev, &s->stream,
			 &s->err) < 0)
		return STATEMENT_FAILED;
	return STATEMENT_WAITS;
}

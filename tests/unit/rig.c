/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/rig.c - SQL to a pipeline over the rig's own topics; steps,
 * checkpoints into a real state file, crashes.
 */
#include <dirent.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/bind.h"
#include "runtime/replay.h"
#include "runtime/store_errors.h"
#include "runtime/store_vfs.h"
#include "tests/unit/fixture.h"
#include "tests/unit/rig_impl.h"
#include "tests/unit/test.h"

#define RUN_STEPS_MAX 100000
#define EPOCH_US (INT64_C(1767225600) * US_PER_SECOND) /* 2026-01-01 */
#define DAY "2026-01-01 00:"

static struct rig *the_rig;

static const char default_tables[] =
	"CREATE TABLE ticks (k STRING, v BIGINT, ts TIMESTAMP(3), tick STRING,"
	" WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka',"
	" 'topic' = 's', 'properties.bootstrap.servers' = 'rig',"
	" 'format' = 'csv', 'csv.null-literal' = '');"
	"CREATE VIEW s AS SELECT k, v, ts FROM ticks WHERE tick IS NULL;";

/* ---- topics ---- */

struct rig_topic *
rig_topic(const char *name)
{
	struct rig_topic *t;

	for (t = the_rig->topics; t; t = t->next) {
		if (strcmp(t->name, name) == 0)
			return t;
	}
	t = mem_zalloc(sizeof(*t));
	t->name = mem_strdup(name);
	t->nparts = 1;
	t->lines_max = SIZE_MAX;
	buf_init(&t->log);
	t->next = the_rig->topics;
	the_rig->topics = t;
	return t;
}

static void
record_free(struct rig_record *rec)
{
	free(rec->key);
	free(rec->value);
}

static void
topic_free(struct rig_topic *t)
{
	for (unsigned i = 0; i < RIG_PARTS; i++) {
		for (unsigned j = 0; j < t->parts[i].n; j++)
			record_free(&t->parts[i].records[j]);
		free(t->parts[i].records);
	}
	buf_release(&t->log);
	free(t->name);
	free(t);
}

const struct zone *
rig_zone(void)
{
	return the_rig->plan->zone;
}

void
rig_partitions(struct rig *r, const char *topic, unsigned n)
{
	(void)r;
	CHECK(n <= RIG_PARTS);
	rig_topic(topic)->nparts = n;
}

void
rig_expand(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '@')
			buf_puts(out, DAY);
		else
			buf_putc(out, *text);
	}
}

void
rig_shorten(struct buf *out, const char *text, size_t n)
{
	const size_t day = strlen(DAY);

	for (size_t i = 0; i < n; i++) {
		if (n - i > day && memcmp(text + i, DAY, day) == 0) {
			buf_putc(out, '@');
			i += day - 1;
		} else {
			buf_putc(out, text[i]);
		}
	}
}

static char *
expanded(const char *text, uint32_t *ret_len)
{
	struct buf out;
	char *copy;

	*ret_len = 0;
	if (!text)
		return NULL;
	buf_init(&out);
	rig_expand(&out, text);
	copy = mem_strdup(buf_cstr(&out));
	*ret_len = out.len;
	buf_release(&out);
	return copy;
}

void
rig_push(struct rig *r, const char *topic, unsigned partition, const char *row)
{
	rig_push_record(r, topic, partition, NULL, row);
}

void
rig_push_record(struct rig *r, const char *topic, unsigned partition,
		const char *key, const char *value)
{
	struct rig_topic *t = rig_topic(topic);
	struct rig_part *part;
	struct rig_record *rec;

	CHECK(partition < RIG_PARTS);
	part = &t->parts[partition];
	if (partition >= t->nparts)
		t->nparts = partition + 1;
	if (part->n == part->size) {
		part->size = part->size ? 2 * part->size : 16;
		part->records = mem_realloc(part->records, part->size *
					    sizeof(*part->records));
	}
	rec = &part->records[part->n++];
	rec->key = expanded(key, &rec->key_len);
	rec->value = expanded(value, &rec->len);
	rec->timestamp_us = r->now_us;
	rec->headers_too_large = false;
}

void
rig_headers(struct rig *r, const char *topic, unsigned partition)
{
	struct rig_part *part = &rig_topic(topic)->parts[partition];

	(void)r;
	part->records[part->n - 1].headers_too_large = true;
}

void
rig_tick(struct rig *r, const char *time)
{
	char row[64];

	snprintf(row, sizeof(row), ",,@%s,x", time);
	rig_push(r, "s", 0, row);
}

void
rig_end(struct rig *r, const char *topic)
{
	(void)r;
	rig_topic(topic)->ended = true;
}

void
rig_stall(struct rig *r, const char *topic, unsigned partition, bool stalled)
{
	(void)r;
	rig_topic(topic)->parts[partition].stalled = stalled;
}

void
rig_room(struct rig *r, const char *topic, bool room)
{
	(void)r;
	rig_topic(topic)->lines_max = room ? SIZE_MAX : 0;
}

void
rig_room_lines(struct rig *r, const char *topic, size_t lines)
{
	(void)r;
	rig_topic(topic)->lines_max = lines;
}

size_t
rig_lines(struct rig *r, const char *topic)
{
	(void)r;
	return rig_topic(topic)->lines;
}

/* ---- opening ---- */

static const struct source_type *
find_source(const char *connector)
{
	(void)connector;
	return &rig_source_type;
}

static const struct sink_type *
find_sink(const char *connector)
{
	(void)connector;
	return &rig_sink_type;
}

static int
run_statement(struct rig *r, const struct parse *p,
	      const struct ast_statement *stmt, struct error *err)
{
	enum catalog_result result;
	const char *notice;

	switch (stmt->kind) {
	case AST_STMT_CREATE_TABLE:
	case AST_STMT_CREATE_VIEW:
	case AST_STMT_CREATE_FUNCTION:
		return catalog_add(r->catalog, p, stmt, &r->settings, &result,
				   err);
	case AST_STMT_DROP_TABLE:
	case AST_STMT_DROP_VIEW:
		return catalog_drop(r->catalog, p, stmt, &result, err);
	case AST_STMT_SET:
		return settings_apply(&r->settings, p, stmt, &notice, err);
	default:
		return plan_statement(&r->arena, p, stmt, r->catalog,
				      &r->settings, &r->plan, err);
	}
}

static int
run_script(struct rig *r, const char *sql, struct error *err)
{
	struct ast_statement *stmt;
	struct parse p;
	int rc;

	if (parse_begin(&p, sql, strlen(sql), NULL, &r->arena,
			&parse_limits_default, err) < 0)
		return -1;
	while ((rc = parse_next(&p, &stmt, err)) == 1) {
		if (run_statement(r, &p, stmt, err) < 0)
			return -1;
	}
	return rc;
}

static int
create(struct rig *r, struct error *err)
{
	struct pipeline_env env = {
		.connector = { .job = "rig", .out_fd = -1 },
		.seed = 4711,
		.step_batches = 4,
		.state_bytes_max = r->budget,
		.errors_rows_max = 1000,
		.errors_bytes_max = 1 << 20,
		.late_rows_max = 3,
		.client_sink = &rig_sink_type,
		.find_source = find_source,
		.find_sink = find_sink,
	};

	if (pipeline_create(r->plan, &env, &r->p, err) < 0)
		return -1;
	return store_open(r->path, STORE_CREATE, r->now_us, &r->store, err);
}

static int
build(struct rig *r, struct error *err)
{
	if (create(r, err) < 0 ||
	    store_attach(r->store, r->p, &r->epoch, err) < 0)
		return -1;
	store_limit_late(r->store, 3);
	return pipeline_start(r->p, r->now_us, err);
}

/* A directory in memory where there is one: checkpoints sync a lot. */
static void
make_dir(struct rig *r)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(r->dir, sizeof(r->dir), "%s/sluice-rig-XXXXXX", base);
	CHECK(mkdtemp(r->dir) != NULL);
	snprintf(r->path, sizeof(r->path), "%s/job.db", r->dir);
}

static void
remove_dir(struct rig *r)
{
	DIR *d = opendir(r->dir);
	struct dirent *entry;
	char path[512];

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, entry->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(r->dir);
}

struct rig *
rig_try(const char *sql, struct error *err)
{
	struct rig *r = mem_zalloc(sizeof(*r));

	if (the_rig)
		rig_close(the_rig); /* its test has failed */
	the_rig = r;
	arena_init(&r->arena);
	buf_init(&r->text);
	buf_init(&r->errors);
	r->catalog = catalog_create(NULL);
	r->settings = SETTINGS_INIT;
	r->now_us = EPOCH_US;
	make_dir(r);
	if (!strstr(sql, "CREATE TABLE s ") &&
	    run_script(r, default_tables, err) < 0)
		goto fail;
	if (run_script(r, sql, err) < 0)
		goto fail;
	if (!r->plan) {
		error_set(err, ERR_INTERNAL, "the script plans nothing");
		goto fail;
	}
	if (build(r, err) < 0)
		goto fail;
	return r;
fail:
	rig_close(r);
	return NULL;
}

struct rig *
rig_open(const char *sql)
{
	struct error err = ERROR_INIT;
	struct rig *r = rig_try(sql, &err);
	char text[2048];

	if (r)
		return r;
	error_print(&err, text, sizeof(text));
	FAIL("%s", text);
}

static void
forget_pipeline(struct rig *r)
{
	pipeline_destroy(r->p);
	store_close(r->store);
	r->p = NULL;
	r->store = NULL;
}

void
rig_close(struct rig *r)
{
	forget_pipeline(r);
	while (r->topics) {
		struct rig_topic *next = r->topics->next;

		topic_free(r->topics);
		r->topics = next;
	}
	catalog_destroy(r->catalog);
	settings_release(&r->settings);
	arena_release(&r->arena);
	buf_release(&r->text);
	buf_release(&r->errors);
	remove_dir(r);
	free(r);
	the_rig = NULL;
}

/* ---- running ---- */

static void
must(int rc, const struct error *err)
{
	if (rc < 0)
		FAIL("%s: %s", error_name(err->code), err->message);
}

enum pipeline_rc
rig_step_once(struct rig *r)
{
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = pipeline_step(r->p, r->now_us, &err);

	must(rc, &err);
	if (rc == PIPELINE_BLOCKED || rc == PIPELINE_DONE)
		return rc;
	if (r->trouble == RIG_RESTORE) {
		rig_checkpoint(r);
		rig_crash(r); /* the next step begins with the next rows */
	} else if (r->trouble == RIG_REPLAY) {
		rig_crash(r);
		r->trouble = RIG_CALM; /* what is read again stays read */
		rc = rig_run(r);
		r->trouble = RIG_REPLAY;
	}
	return rc;
}

enum pipeline_rc
rig_run(struct rig *r)
{
	enum pipeline_rc rc = PIPELINE_BUSY;

	for (unsigned i = 0; rc == PIPELINE_BUSY; i++) {
		CHECK(i < RUN_STEPS_MAX);
		rc = rig_step_once(r);
	}
	return rc;
}

enum pipeline_rc
rig_advance(struct rig *r, int64_t us)
{
	int64_t until_us = r->now_us + us;
	enum rig_trouble trouble = r->trouble;

	r->trouble = RIG_CALM; /* else nobody is ever silent for long */
	rig_run(r);

	while (r->now_us < until_us) {
		int64_t next_us = pipeline_next_us(r->p);

		if (next_us <= r->now_us)
			next_us = r->now_us + US_PER_MS;
		r->now_us = next_us < until_us ? next_us : until_us;
		rig_run(r);
	}
	r->trouble = trouble;
	return rig_step_once(r);
}

void
rig_step(struct rig *r, ...)
{
	const char *row;
	char text[256];
	va_list args;

	va_start(args, r);
	while ((row = va_arg(args, const char *))) {
		snprintf(text, sizeof(text), "%s,", row); /* no tick */
		rig_push(r, "s", 0, text);
	}
	va_end(args);
	rig_step_once(r);
}

void
rig_watermark(struct rig *r, const char *time)
{
	rig_tick(r, time);
	rig_step_once(r);
}

static void
note_errors(struct rig *r, const struct snapshot *s)
{
	for (const struct bad_row *bad = s->errors; bad; bad = bad->next)
		buf_printf(&r->errors, "%s %s %d %lld %s\n",
			   error_name(bad->code),
			   bad->topic ? bad->topic : "-", (int)bad->partition,
			   (long long)bad->offset,
			   bad->column_name ? bad->column_name : "-");
}

void
rig_checkpoint(struct rig *r)
{
	struct error err = ERROR_INIT;
	struct snapshot *snap;
	uint64_t acked;

	must(pipeline_cut(r->p, r->epoch + 1, r->now_us, &snap, &err), &err);
	must(pipeline_acked(r->p, &acked, &err), &err);
	CHECK(acked >= r->epoch + 1);
	must(store_commit(r->store, snap, &err), &err);
	note_errors(r, snap);
	snapshot_destroy(snap);
	r->epoch++;
	must(pipeline_committed(r->p, r->epoch, &err), &err);
}

/* Back to what is committed. */
static void
topic_forget(struct rig_topic *t)
{
	t->log.len = t->committed;
	t->lines = 0;
	for (size_t i = 0; i < t->log.len; i++)
		t->lines += t->log.data[i] == '\n';
}

void
rig_stop(struct rig *r)
{
	forget_pipeline(r);
	for (struct rig_topic *t = r->topics; t; t = t->next)
		topic_forget(t);
}

void
rig_start(struct rig *r)
{
	struct error err = ERROR_INIT;

	must(build(r, &err), &err);
}

void
rig_crash(struct rig *r)
{
	rig_stop(r);
	rig_start(r);
}

int
rig_reset(struct rig *r, const struct seek *to, const char *table,
	  const char *savepoint, bool keep_state,
	  struct store_reset_done *ret, struct error *err)
{
	struct store_reset_scan scans[RIG_SCANS];
	struct store_reset what = { .scans = scans, .savepoint = savepoint,
				    .keep_state = keep_state,
				    .state = "STOPPED" };
	int rc = create(r, err);

	if (rc == 0) {
		what.nscans = rig_seek(r->p, to, table, &r->arena, scans);
		rc = store_reset(r->store, r->p, &what, &r->arena, ret, err);
	}
	forget_pipeline(r);
	return rc;
}

int
rig_damage(struct rig *r, const char *sql, struct error *err)
{
	sqlite3 *db;

	rig_stop(r);
	/* With the right checksums. */
	CHECK(sqlite3_open_v2(r->path, &db, SQLITE_OPEN_READWRITE,
			      store_vfs_name()) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		FAIL("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	return build(r, err);
}

int
rig_replace(struct rig *r, const char *fixture, struct error *err)
{
	forget_pipeline(r);
	for (struct rig_topic *t = r->topics; t; t = t->next)
		topic_forget(t);
	CHECK(store_remove(r->path, err) == 0);
	fixture_build(fixture, r->path);
	return build(r, err);
}

void
rig_change(struct rig *r, const char *sql)
{
	struct error err = ERROR_INIT;

	rig_checkpoint(r);
	forget_pipeline(r);
	must(run_script(r, sql, &err), &err);
	must(build(r, &err), &err);
}

void
rig_budget(struct rig *r, int64_t bytes)
{
	r->budget = bytes;
	rig_crash(r);
}

void
rig_trouble(struct rig *r, enum rig_trouble trouble)
{
	r->trouble = trouble;
}

struct pipeline *
rig_pipeline(struct rig *r)
{
	return r->p;
}

const char *
rig_path(struct rig *r)
{
	return r->path;
}

struct op *
rig_op(struct rig *r, const char *name)
{
	unsigned n;
	struct op *const *ops = pipeline_ops(r->p, &n);

	for (unsigned i = 0; i < n; i++) {
		if (strcmp(ops[i]->type->name, name) == 0)
			return ops[i];
	}
	FAIL("no operator %s", name);
}

/* ---- errors that go once more ---- */

/* One step of them; *ret is what came of it. */
static void
replay_step(struct rig *r, struct replay_counts *ret)
{
	struct errors_where all = { .n = 0 };
	struct error err = ERROR_INIT;
	struct bad_row *rows;
	struct arena a;

	arena_init(&a);
	must(store_read_errors(r->store, &all, 0, INT64_MAX, REPLAY_ROWS_MAX,
			       UINT64_MAX, &a, &rows, &err), &err);
	pipeline_replay(r->p, rows);
	arena_release(&a);
	if (pipeline_replaying(r->p))
		must(pipeline_step(r->p, r->now_us, &err), &err);
	CHECK(!pipeline_replaying(r->p));
	pipeline_take_replayed(r->p, ret);
}

const char *
rig_replay(struct rig *r)
{
	struct replay_counts counts;

	rig_checkpoint(r);
	if (r->trouble != RIG_CALM) { /* without a trace */
		replay_step(r, &counts);
		rig_crash(r);
	}
	replay_step(r, &counts);
	if (r->trouble == RIG_RESTORE) {
		rig_checkpoint(r);
		rig_crash(r);
	}
	buf_clear(&r->text);
	buf_printf(&r->text, "taken %llu, failed %llu, late %llu\n",
		   (unsigned long long)counts.taken,
		   (unsigned long long)counts.failed,
		   (unsigned long long)counts.late);
	for (int i = REPLAY_TAKEN + 1; i < REPLAY_REFUSALS; i++)
		if (counts.refused[i])
			buf_printf(&r->text, "%llu: %s\n",
				   (unsigned long long)counts.refused[i],
				   replay_refusal_text[i]);
	return buf_cstr(&r->text);
}

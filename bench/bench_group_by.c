/* SPDX-License-Identifier: Apache-2.0
 * What a row costs in a whole pipeline from SQL on, fed from memory: GROUP BY
 * of few and of many keys into a table that is upserted, and into one that
 * gets all changes. The sink reads every value it is given.
 */
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/bind.h"
#include "runtime/pipeline.h"
#include "tests/unit/test.h"

#define ROWS_KEPT (1 << 22) /* in memory, given again and again */
#define ROWS (20 * 1000 * 1000)

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int64_t
cpu_clock(void)
{
	return (int64_t)cpu_ns();
}

/* ---- a source that copies from memory ---- */

static struct feed {
	int64_t *key, *value;
	struct str *word;
} feed;

struct memory_source {
	struct source source;
	struct part_info part;
	const struct schema *schema;
};

static int
memory_open(struct source **ret, const struct source_spec *spec,
	    struct error *err)
{
	struct memory_source *s = mem_zalloc(sizeof(*s));

	(void)err;
	s->schema = spec->schema;
	s->part = (struct part_info){
		.topic = "memory", .end_offset = ROWS,
		.head_time_us = TIME_NONE, .state = PART_READING,
		.waiting = BATCH_ROWS,
	};
	*ret = &s->source;
	return 0;
}

static unsigned
memory_parts(struct source *source, const struct part_info **ret)
{
	*ret = &((struct memory_source *)source)->part;
	return 1;
}

static int
memory_fill(struct source *source, unsigned part, struct batch *b,
	    uint32_t max, int64_t now_us, struct error *err)
{
	struct memory_source *s = (struct memory_source *)source;
	int64_t at = s->part.next_offset % ROWS_KEPT;
	int64_t n = ROWS - s->part.next_offset;

	(void)part;
	(void)now_us;
	(void)err;
	n = n < max ? n : max;
	n = n < ROWS_KEPT - at ? n : ROWS_KEPT - at;
	for (unsigned c = 0; c < s->schema->ncols; c++) {
		const char *name = s->schema->cols[c].name;

		if (strcmp(name, "word") == 0)
			memcpy(b->col[c].str, feed.word + at,
			       (size_t)n * sizeof(struct str));
		else
			memcpy(b->col[c].i64,
			       (*name == 'k' ? feed.key : feed.value) + at,
			       (size_t)n * sizeof(int64_t));
	}
	s->part.next_offset += n;
	if (s->part.next_offset == ROWS)
		s->part.state = PART_ENDED;
	return (int)n;
}

static void
memory_close(struct source *source)
{
	free(source);
}

static const struct source_type memory_source_type = {
	.name = "memory", .open = memory_open, .parts = memory_parts,
	.fill = memory_fill, .close = memory_close,
};

static const struct source_type *
find_source(const char *connector)
{
	(void)connector;
	return &memory_source_type;
}

/* ---- a sink that adds everything up ---- */

static uint64_t sum, changes;

static int
adder_open(struct sink **ret, const struct sink_spec *spec, struct error *err)
{
	(void)spec;
	(void)err;
	*ret = mem_zalloc(sizeof(**ret));
	return 0;
}

static int
adder_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	    struct error *err)
{
	(void)sink;
	(void)err;
	for (unsigned c = 0; c < b->schema->ncols; c++)
		batch_each(b, row)
			sum += b->col[c].phys == PHYS_STR
				? b->col[c].str[row].len
				: (uint64_t)b->col[c].i64[row];
	batch_each(b, row)
		sum += kinds ? kinds[row] : 0;
	changes += b->nsel;
	return 0;
}

static void
adder_close(struct sink *sink)
{
	free(sink);
}

static const struct sink_type adder_type = {
	.name = "adder", .open = adder_open, .write = adder_write,
	.close = adder_close,
};

static const struct sink_type *
find_sink(const char *connector)
{
	(void)connector;
	return &adder_type;
}

/* ---- the pipeline ---- */

static uint64_t
draw(uint64_t *random, uint64_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (*random >> 11) % below;
}

/* Words of nine letters. */
static struct str
word_of(uint64_t key)
{
	char text[9];

	for (int i = 0; i < 9; i++)
		text[i] = (char)('a' + (key >> (3 * i) & 7));
	return str_ref(text, sizeof(text));
}

static void
feed_fill(uint64_t nkeys)
{
	uint64_t random = 88172645463325252u;

	if (!feed.key) {
		feed.key = mem_alloc(ROWS_KEPT * sizeof(*feed.key));
		feed.value = mem_alloc(ROWS_KEPT * sizeof(*feed.value));
		feed.word = mem_alloc(ROWS_KEPT * sizeof(*feed.word));
	}
	for (int64_t i = 0; i < ROWS_KEPT; i++) {
		uint64_t key = draw(&random, nkeys);

		feed.key[i] = (int64_t)(key * 2654435761u);
		feed.value[i] = (int64_t)(key % 100);
		feed.word[i] = word_of(key);
	}
}

static const char tables[] =
	"CREATE TABLE t (k BIGINT, v BIGINT, word STRING)"
	" WITH ('connector' = 'datagen');"
	"CREATE TABLE n (k BIGINT PRIMARY KEY NOT ENFORCED, a BIGINT, b BIGINT)"
	" WITH ('connector' = 'upsert-kafka', 'topic' = 'n',"
	" 'properties.bootstrap.servers' = 'none', 'key.format' = 'json',"
	" 'value.format' = 'json');"
	"CREATE TABLE w (k STRING PRIMARY KEY NOT ENFORCED, a BIGINT, b BIGINT)"
	" WITH ('connector' = 'upsert-kafka', 'topic' = 'w',"
	" 'properties.bootstrap.servers' = 'none', 'key.format' = 'json',"
	" 'value.format' = 'json');"
	"CREATE TABLE p (k BIGINT, v BIGINT, a BIGINT,"
	" PRIMARY KEY (k, v) NOT ENFORCED)"
	" WITH ('connector' = 'upsert-kafka', 'topic' = 'p',"
	" 'properties.bootstrap.servers' = 'none', 'key.format' = 'json',"
	" 'value.format' = 'json');"
	"CREATE TABLE c (k BIGINT, a BIGINT, b BIGINT)"
	" WITH ('connector' = 'print');";

struct job {
	struct arena arena;
	struct catalog *catalog;
	struct settings settings;
	struct plan *plan;
};

static int
job_read(struct job *j, const char *sql, struct error *err)
{
	struct ast_statement *stmt;
	enum catalog_result result;
	struct parse p;
	int rc;

	if (parse_begin(&p, sql, strlen(sql), NULL, &j->arena,
			&parse_limits_default, err) < 0)
		return -1;
	while ((rc = parse_next(&p, &stmt, err)) == 1) {
		rc = stmt->kind == AST_STMT_CREATE_TABLE
			? catalog_add(j->catalog, &p, stmt, &j->settings,
				      &result, err)
			: plan_statement(&j->arena, &p, stmt, j->catalog,
					 &j->settings, &j->plan, err);
		if (rc < 0)
			return -1;
	}
	return rc;
}

static void
print_operators(struct pipeline *p)
{
	unsigned n;
	struct op *const *ops = pipeline_ops(p, &n);

	for (unsigned i = 0; i < n; i++)
		printf("  %s %.1f", ops[i]->type->name,
		       (double)stat_get(ops[i]->stats.ns) / ROWS);
	printf("\n");
}

/* ns of CPU per row, all operators and the pipeline itself included. */
static double
run(const char *what, const char *sql, uint64_t nkeys)
{
	struct pipeline_env env = {
		.seed = 42, .clock_ns = cpu_clock, .step_batches = 4,
		.state_bytes_max = INT64_MAX,
		.find_source = find_source, .find_sink = find_sink,
	};
	struct job j = { .settings = SETTINGS_INIT };
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;
	struct pipeline *p;
	double from;

	arena_init(&j.arena);
	j.catalog = catalog_create(NULL);
	if (job_read(&j, tables, &err) < 0 || job_read(&j, sql, &err) < 0 ||
	    pipeline_create(j.plan, &env, &p, &err) < 0 ||
	    pipeline_start(p, 0, &err) < 0)
		FAIL("%s", err.message);
	feed_fill(nkeys);
	changes = 0;
	from = cpu_ns();
	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(p, 0, &err);
	from = (cpu_ns() - from) / ROWS;
	EXPECT_EQ(rc, PIPELINE_ENDED);
	printf("%-44s %6.1f ns/row, %5.1f M rows per CPU-second, %.2f changes"
	       " a row;", what, from, 1e3 / from, (double)changes / ROWS);
	print_operators(p);
	fflush(stdout);
	pipeline_destroy(p);
	catalog_destroy(j.catalog);
	settings_release(&j.settings);
	arena_release(&j.arena);
	return from;
}

#define M 1000000

TEST(upserts)
{
	double many = run("1 M numbers: COUNT, SUM, upserts", "INSERT INTO n "
			  "SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k", M);
	double few = run("42 numbers: COUNT, SUM, upserts", "INSERT INTO n "
			 "SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k", 42);

	printf("10 M rows of 1 M keys per CPU-second: %.1f M; 1 M keys "
	       "against 42: %.1f times\n", 1e3 / many, many / few);
	run("1 M words: COUNT, SUM, upserts", "INSERT INTO w "
	    "SELECT word, COUNT(*), SUM(v) FROM t GROUP BY word", M);
	run("1 M pairs of numbers: COUNT, upserts", "INSERT INTO p "
	    "SELECT k, v, COUNT(*) FROM t GROUP BY k, v", M);
	run("1 M numbers: MIN, MAX, upserts", "INSERT INTO n "
	    "SELECT k, MIN(v), MAX(v) FROM t GROUP BY k", M);
}

TEST(changes_of_changes)
{
	run("1 M numbers by how often they came", "INSERT INTO n "
	    "SELECT c, COUNT(*), SUM(k) FROM (SELECT k, COUNT(*) AS c FROM t"
	    " GROUP BY k) GROUP BY c", M);
	run("1 M numbers, and again by number", "INSERT INTO n "
	    "SELECT k, SUM(c), COUNT(*) FROM (SELECT k, v, COUNT(*) AS c"
	    " FROM t GROUP BY k, v) GROUP BY k", M);
}

TEST(changes)
{
	run("1 M numbers: COUNT, SUM, all changes", "INSERT INTO c "
	    "SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k", M);
}

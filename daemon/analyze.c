/* SPDX-License-Identifier: Apache-2.0
 * daemon/analyze.c - EXPLAIN ANALYZE: a job's plan with the running figures of
 * each operator; of a job that stands those of its last run, or what its file
 * still tells.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/ndjson.h"
#include "daemon/planning.h"
#include "daemon/script.h"
#include "runtime/store_look.h"

/* A row of table operators, found again by what it means. */
struct kept {
	struct kept *next;
	const char *text[5]; /* kind, inputs, keys, window, predicate */
	int64_t rows, bytes;
	bool taken;
};

struct analyze {
	struct script *s;
	struct job_info info;
	const struct plan *plan;
	struct kept *kept;
	uint64_t ns; /* of all operators */
};

/* ---- out of the file ---- */

static void
take_kept(void *arg, unsigned n, const struct store_cell *c)
{
	struct analyze *x = arg;
	struct kept *k = arena_new(&x->s->arena, struct kept);

	CHECK(n == 7);
	for (unsigned i = 0; i < 5; i++)
		k->text[i] = c[i].kind == CELL_TEXT
				     ? arena_strndup(&x->s->arena, c[i].text,
						     c[i].n)
				     : "";
	k->rows = c[5].i64;
	k->bytes = c[6].i64;
	k->next = x->kept;
	x->kept = k;
}

static void
load_kept(struct analyze *x, struct job *j)
{
	struct error unheard = ERROR_INIT;
	struct store_look *look;

	/* A job that never had a checkpoint may have no file to look at. */
	if (store_look_open(job_path(j), &look, &unheard) < 0)
		return;
	store_look(look, "SELECT kind, inputs, keys, \"window\", predicate,"
		   " coalesce(state_rows, 0), coalesce(state_bytes, 0)"
		   " FROM operators WHERE columns IS NOT NULL",
		   take_kept, x, &unheard);
	store_look_close(look);
}

static bool
same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static const struct kept *
kept_of(struct analyze *x, const struct plan_node *n)
{
	for (struct kept *k = x->kept; k; k = k->next) {
		if (k->taken || !same(k->text[0], n->name) ||
		    !same(k->text[1], n->meaning_inputs) ||
		    !same(k->text[2], n->meaning_keys) ||
		    !same(k->text[3], n->meaning_window) ||
		    !same(k->text[4], n->meaning_predicate))
			continue;
		k->taken = true;
		return k;
	}
	return NULL;
}

/* ---- cells ---- */

static void
time_cell(struct buf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	if (us == TIME_NONE || us == TIME_END) {
		ndjson_cell(out, NULL);
		return;
	}
	us_format_iso(us, text);
	ndjson_cell(out, text);
}

static void
state_cell(struct buf *out, uint64_t n, bool has)
{
	if (has)
		ndjson_cell_i64(out, (int64_t)n);
	else
		ndjson_cell(out, NULL);
}

static void
live_cells(struct analyze *x, const struct operator_info *o)
{
	struct buf *out = &x->s->out;
	bool state = o->state_rows || o->state_bytes;

	ndjson_cell_i64(out, (int64_t)o->rows_in);
	ndjson_cell_i64(out, (int64_t)o->rows_out);
	ndjson_cell_i64(out, (int64_t)(o->rows_in_s + 0.5));
	ndjson_cell_i64(out, (int64_t)(o->rows_out_s + 0.5));
	ndjson_cell_i64(out, (int64_t)o->late);
	ndjson_cell_i64(out, (int64_t)o->errors);
	state_cell(out, o->state_rows, state);
	state_cell(out, o->state_bytes, state);
	ndjson_cell_i64(out, (int64_t)(o->ns / 1000000));
	ndjson_cell_i64(out, x->ns ? (int64_t)(100 * o->ns / x->ns) : 0);
	time_cell(out, o->wm_us);
}

static void
kept_cells(struct analyze *x, const struct plan_node *n)
{
	const struct kept *k = kept_of(x, n);
	struct buf *out = &x->s->out;

	for (int i = 0; i < 6; i++)
		ndjson_cell(out, NULL);
	state_cell(out, k ? (uint64_t)k->rows : 0, k);
	state_cell(out, k ? (uint64_t)k->bytes : 0, k);
	for (int i = 0; i < 3; i++)
		ndjson_cell(out, NULL);
}

/* The pipeline has an operator for each node, in the same order. */
static bool
is_live(const struct analyze *x)
{
	return !x->info.of_file && x->info.nops == x->plan->n;
}

static void
put_line(void *arg, const struct plan_node *n, const char *line)
{
	struct analyze *x = arg;
	struct script *s = x->s;

	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, line);
	if (!n)
		for (int i = 0; i < 11; i++)
			ndjson_cell(&s->out, NULL);
	else if (is_live(x))
		live_cells(x, &x->info.ops[n->number]);
	else
		kept_cells(x, n);
	ndjson_row_end(&s->out);
	s->rows++;
}

/* ---- the statement ---- */

static const char *
whose_figures(const struct analyze *x)
{
	bool stands = x->info.state == JOB_PAUSED ||
		      x->info.state == JOB_STOPPED ||
		      x->info.state == JOB_FINISHED ||
		      x->info.state == JOB_FAILED;

	if (!is_live(x))
		return "state as of its last checkpoint; what its operators "
		       "did before is not known any more";
	return stands ? "figures of its last run"
		      : "figures since it was started or resumed";
}

enum statement_rc
analyze_run(struct script *s)
{
	static const char *const columns[] = {
		"plan", "#rows_in", "#rows_out", "#rows_in_per_second",
		"#rows_out_per_second", "#late", "#errors", "#state_rows",
		"#state_bytes", "#busy_ms", "#busy_percent", "watermark",
	};
	struct analyze x = { .s = s };
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);
	struct planned planned;

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	if (plan_script(job_text_of(j).script, NULL, &s->arena, &planned,
			&s->err) < 0)
		return STATEMENT_FAILED;
	x.plan = planned.plan;
	job_info_get(j, &s->arena, &x.info);
	for (unsigned i = 0; i < x.info.nops; i++)
		x.ns += x.info.ops[i].ns;
	if (!is_live(&x))
		load_kept(&x, j);
	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	plan_explain_lines(x.plan, put_line, &x);
	s->job = arena_strdup(&s->arena, x.info.name);
	s->message = arena_printf(&s->arena, "job \"%s\" is %s: %s",
				  x.info.name, job_state_text[x.info.state],
				  whose_figures(&x));
	return STATEMENT_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * daemon/alter_job.c - ALTER JOB ... RESET OFFSETS as a statement: what is
 * meant, and what is told of it: from where to where, and what became of the
 * state.
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/ndjson.h"
#include "daemon/reset.h"
#include "daemon/script.h"
#include "daemon/session.h"

/* ---- the order ---- */

static enum statement_rc
fail_at(struct script *s, struct span at)
{
	if (!s->err.at.line)
		parse_error_at(&s->parse, at, &s->err);
	return STATEMENT_FAILED;
}

/* In the session's time zone, or UTC by a final Z. */
static int
read_time(struct script *s, int64_t *ret_us)
{
	const char *text = s->stmt->value;
	size_t n = strlen(text);
	int64_t us, days;

	if (us_parse_strict(text, n, 'T', true, ret_us) ||
	    us_parse_strict(text, n, ' ', true, ret_us))
		return 0;
	if (date_parse_strict(text, n, &days)) {
		us = days * US_PER_DAY;
	} else if (!us_parse_strict(text, n, ' ', false, &us) &&
		   !us_parse_strict(text, n, 'T', false, &us)) {
		error_set(&s->err, ERR_INVALID_LITERAL, "'%.100s' is no "
			  "TIMESTAMP", text);
		error_note(&s->err, "it is written TIMESTAMP '2026-01-31 "
			   "23:59:59' in table.local-time-zone, or "
			   "TIMESTAMP '2026-01-31 23:59:59Z' in UTC");
		return -1;
	}
	*ret_us = zone_to_utc(settings_zone(&s->session->settings), us);
	return 0;
}

static int
read_order(struct script *s, struct reset_order *ret)
{
	const struct ast_statement *stmt = s->stmt;

	*ret = (struct reset_order){ .keep_state = stmt->keep_state };
	if (stmt->name.nparts > 0 &&
	    catalog_object_name(&s->parse, stmt, &s->arena, &ret->table,
				&s->err) < 0)
		return -1;
	switch (stmt->position) {
	case AST_AT_EARLIEST:
		ret->to.to = SEEK_EARLIEST;
		return 0;
	case AST_AT_LATEST:
		ret->to.to = SEEK_LATEST;
		return 0;
	case AST_AT_OFFSETS:
		ret->to.to = SEEK_OFFSETS;
		ret->to.offsets = stmt->value;
		return 0;
	case AST_AT_TIMESTAMP:
		ret->to.to = SEEK_TIME;
		return read_time(s, &ret->to.time_us);
	case AST_AT_SAVEPOINT:
		ret->savepoint = stmt->value;
		if (!ret->table || ret->keep_state)
			return 0;
		error_set(&s->err, ERR_UNSUPPORTED, "a savepoint has the state "
			  "of all tables together, not that of one");
		error_note(&s->err, "leave FOR TABLE out; or write KEEP STATE "
			   "to take this table's offsets only");
		parse_error_at(&s->parse, stmt->name.at, &s->err);
		return -1;
	}
	return 0;
}

/* ---- the answer ---- */

static void
offset_cell(struct buf *out, int64_t offset)
{
	if (offset >= 0)
		ndjson_cell_i64(out, offset);
	else
		ndjson_cell(out, NULL);
}

static void
answer_rows(struct script *s, const struct store_reset_done *done)
{
	static const char *const columns[] = {
		"table", "topic", "#partition", "#from", "#to",
	};

	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	for (unsigned i = 0; i < done->nmoved; i++) {
		const struct store_moved *m = &done->moved[i];

		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, m->source);
		ndjson_cell(&s->out, m->topic);
		ndjson_cell_i64(&s->out, m->partition);
		offset_cell(&s->out, m->from);
		offset_cell(&s->out, m->to);
		ndjson_row_end(&s->out);
		s->rows++;
	}
}

static const char *
rows_text(struct script *s, uint64_t n)
{
	return arena_printf(&s->arena, "%llu row%s", (unsigned long long)n,
			    n == 1 ? "" : "s");
}

/* What became of the state. */
static const char *
state_text(struct script *s, const struct reset_answer *answer)
{
	const struct store_reset_done *done = &answer->done;
	char until[TIME_TEXT_MAX];

	if (answer->anew)
		return "the state file was missing and has been made anew; "
		       "a damaged one stays beside it until DROP JOB";
	if (answer->keep_state && done->wm_us != TIME_NONE) {
		us_format_iso(done->wm_us, until);
		return arena_printf(&s->arena, "the state stays, %s, and so "
				    "does its time: rows up to %s are late, "
				    "and what is read again counts again",
				    rows_text(s, done->rows), until);
	}
	if (answer->keep_state)
		return arena_printf(&s->arena, "the state stays, %s: what is "
				    "read again counts again",
				    rows_text(s, done->rows));
	if (answer->savepoint)
		return arena_printf(&s->arena, "the state is the savepoint's, "
				    "%s in the place of %s",
				    rows_text(s, done->rows),
				    rows_text(s, done->rows_before));
	if (done->rows_before == 0)
		return "there was no state to clear";
	return arena_printf(&s->arena, "the state was cleared, %s of %u "
			    "operator%s",
			    rows_text(s, done->rows_before - done->rows),
			    done->ncleared, done->ncleared == 1 ? "" : "s");
}

static void
on_reset(void *arg, const struct reset_answer *answer,
	 const struct error *err)
{
	struct script *s = arg;

	s->reset = NULL;
	if (!err) {
		answer_rows(s, &answer->done);
		ndjson_notice(&s->out, s->number, state_text(s, answer));
		s->message = arena_printf(&s->arena, "RESUME JOB '%s' goes on "
					  "from there", s->job);
	}
	script_go_on(s, err);
}

enum statement_rc
alter_job_run(struct script *s)
{
	struct reset_order order;
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);

	if (!j)
		return fail_at(s, s->stmt->job_at);
	if (read_order(s, &order) < 0)
		return fail_at(s, s->stmt->value_at);
	if (reset_begin(j, &order, on_reset, s, &s->reset, &s->err) < 0)
		return fail_at(s, s->err.code == ERR_JOB_STATE
					  ? s->stmt->job_at
					  : s->stmt->value_at);
	s->job = arena_strdup(&s->arena, job_text_of(j).name);
	script_audit(s, "reset_offsets", s->job);
	return STATEMENT_WAITS;
}

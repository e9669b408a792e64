/* SPDX-License-Identifier: Apache-2.0
 * daemon/statements.c - what each statement does. Everything that can be
 * wrong is found before anything is changed.
 */
#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/connections.h"
#include "daemon/errors.h"
#include "daemon/log.h"
#include "daemon/ndjson.h"
#include "daemon/savepoint.h"
#include "daemon/planning.h"
#include "daemon/sample.h"
#include "daemon/script.h"
#include "daemon/tap.h"

static enum statement_rc
failed(struct script *s)
{
	if (!s->err.at.line)
		parse_error_at(&s->parse, s->stmt->at, &s->err);
	return STATEMENT_FAILED;
}

void
script_audit(struct script *s, const char *what, const char *name)
{
	char quoted[512]; /* a table's name may have anything in it */
	int uid, pid;

	http_peer(s->rq, &uid, &pid);
	log_event(LOG_INFO, what, NULL, "name=%s uid=%d pid=%d",
		  log_quote(name, quoted, sizeof(quoted)), uid, pid);
}

static void
notices(struct script *s, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->nnotices; i++)
		ndjson_notice(&s->out, s->number, plan->notices[i]);
}

/* ---- tables and views ---- */

static enum catalog_kind
stored_kind(const struct object *o)
{
	return o->kind == OBJECT_TABLE ? CATALOG_TABLE
	       : o->kind == OBJECT_VIEW ? CATALOG_VIEW : CATALOG_FUNCTION;
}

static int
store_object(struct script *s, const char *name)
{
	const struct object *o = catalog_find(s->d->catalog, name);

	CHECK(o);
	return store_catalog_put(s->d->store,
				 &(struct catalog_entry){
					 .kind = stored_kind(o),
					 .name = o->name,
					 .sql = o->text,
					 .created_us = TIME_NONE,
					 .since_us = TIME_NONE },
				 &s->err);
}

/* A table may only name a connection that there is; one that is gone later
 * hurts when the table is used. */
static int
check_connection(struct script *s)
{
	const struct ast_option *list =
		s->stmt->kind == AST_STMT_CREATE_TABLE
			? s->stmt->create_table->options
			: NULL;
	const struct connection *found;

	for (const struct ast_option *o = list; o; o = o->next) {
		if (strcmp(o->key, "connection") != 0 ||
		    connections_find(s->d->config, o->value, &found,
				     &s->err) == 0)
			continue;
		return parse_error_at(&s->parse, o->value_at, &s->err);
	}
	return 0;
}

/* What was only just made goes from memory again. */
static void
take_back(struct script *s, const struct ast_statement *create)
{
	struct ast_statement drop = { .name = create->name };
	struct error ignored = ERROR_INIT;
	enum catalog_result result;

	drop.kind = create->kind == AST_STMT_CREATE_FUNCTION
			    ? AST_STMT_DROP_FUNCTION
		    : create->kind == AST_STMT_CREATE_VIEW
			    ? AST_STMT_DROP_VIEW : AST_STMT_DROP_TABLE;
	catalog_drop(s->session->catalog, &s->parse, &drop, &result, &ignored);
}

static enum statement_rc
run_create(struct script *s)
{
	enum catalog_result result;
	const char *name;
	bool temporary = s->stmt->temporary;

	if (check_connection(s) < 0 ||
	    catalog_add(s->session->catalog, &s->parse, s->stmt,
			&s->session->settings, &result, &s->err) < 0 ||
	    catalog_object_name(&s->parse, s->stmt, &s->arena, &name,
				&s->err) < 0)
		return failed(s);
	if (result == CATALOG_SAME)
		s->message = arena_printf(
			&s->arena, "%s exists with the same text: nothing to do",
			name);
	else if (result == CATALOG_KEPT)
		s->message = arena_printf(
			&s->arena, "%s exists with another text, which is kept",
			name);
	if (result != CATALOG_CREATED || temporary)
		return STATEMENT_OK;
	if (store_object(s, name) < 0) {
		take_back(s, s->stmt);
		return failed(s);
	}
	script_audit(s, "create", name);
	return STATEMENT_OK;
}

static enum catalog_kind
dropped_kind(enum ast_kind kind)
{
	return kind == AST_STMT_DROP_TABLE ? CATALOG_TABLE
	       : kind == AST_STMT_DROP_VIEW ? CATALOG_VIEW : CATALOG_FUNCTION;
}

static enum statement_rc
run_drop(struct script *s)
{
	const struct object *o;
	enum catalog_result result;
	enum catalog_kind kind = CATALOG_TABLE;
	enum catalog_kind wanted = dropped_kind(s->stmt->kind);
	const char *name, *user;
	bool stored;

	if (catalog_object_name(&s->parse, s->stmt, &s->arena, &name,
				&s->err) < 0)
		return failed(s);
	o = catalog_find(s->session->catalog, name);
	if (o)
		kind = stored_kind(o);
	/* catalog_drop() tells who takes a view for a table. */
	stored = o && !o->temporary && !s->stmt->temporary && kind == wanted;
	user = stored && kind != CATALOG_FUNCTION
		       ? jobs_user_of(s->d->jobs, name) : NULL;
	if (user) {
		error_set(&s->err, ERR_IN_USE, "job \"%s\" uses %s", user,
			  name);
		error_note(&s->err, "STOP JOB '%s' or DROP JOB '%s' first",
			   user, user);
		parse_error_at(&s->parse, s->stmt->name.at, &s->err);
		return STATEMENT_FAILED;
	}
	/* First where it may fail. */
	if (stored &&
	    store_catalog_drop(s->d->store, kind, name, &s->err) < 0)
		return failed(s);
	if (catalog_drop(s->session->catalog, &s->parse, s->stmt, &result,
			 &s->err) < 0)
		return failed(s);
	if (result == CATALOG_ABSENT)
		s->message = arena_printf(&s->arena,
					  "there is no %s: nothing to do",
					  name);
	else
		script_audit(s, "drop", name);
	return STATEMENT_OK;
}

/* ---- queries ---- */

/* INSERT INTO t VALUES ... is beside the job that fills t, and the next one
 * beside this one if it comes while this one runs. */
static const char *
name_once(struct script *s, const char *table)
{
	const char *name = arena_printf(&s->arena, "%s_values", table);

	for (unsigned n = 2; !jobs_name_is_free(s->d->jobs, name); n++)
		name = arena_printf(&s->arena, "%s_values_%u", table, n);
	return name;
}

static const char *
job_name(struct script *s, const struct plan *plan)
{
	const char *name =
		settings_get(&s->session->settings, "pipeline.name");

	if (name && *name)
		return name;
	name = plan->sinks[0]->sink->table;
	return plan_is_once(plan) ? name_once(s, name) : name;
}

/* Settings, objects and statement as one text that stands on its own. */
static const char *
job_script(struct script *s)
{
	const struct object **used;
	struct settings settings;
	struct buf out;
	const char *text;
	unsigned n;

	buf_init(&out);
	/* Its name stands apart from its text, and whether the client waits
	 * for it is none of its business. */
	settings_copy(&settings, &s->session->settings);
	settings_reset(&settings, "pipeline.name", NULL);
	settings_reset(&settings, "table.dml-sync", NULL);
	settings_reset(&settings, "execution.state-recovery.path", NULL);
	settings_text(&settings, &out);
	settings_release(&settings);
	catalog_depends(s->session->catalog, s->stmt, &s->arena, &used, &n);
	for (unsigned i = 0; i < n; i++) {
		buf_puts(&out, used[i]->text);
		buf_puts(&out, ";\n");
	}
	buf_append(&out, s->parse.text + s->stmt->at.offset,
		   s->stmt->at.length);
	buf_puts(&out, ";\n");
	text = arena_strndup(&s->arena, out.data, out.len);
	buf_release(&out);
	return text;
}

/* A job's commands may call back at once or later: `inside` tells which, so
 * that a script never goes on inside of its own statement. */
static void
on_answer(void *arg, const struct error *err)
{
	struct script *s = arg;

	if (!s->inside) {
		script_go_on(s, err);
		return;
	}
	s->answered = true;
	if (err)
		s->err = *err;
}

static enum statement_rc
wait_for_answer(struct script *s)
{
	s->inside = false;
	if (!s->answered)
		return STATEMENT_WAITS;
	return s->err.code == ERR_NONE ? STATEMENT_OK : failed(s);
}

/* Submits the planned INSERT. */
static enum statement_rc
submit(struct script *s, const struct plan *plan, bool restored)
{
	struct job_text text = { .name = job_name(s, plan),
				 .script = job_script(s),
				 .restored = restored };
	struct job *j;
	bool noop;

	if (jobs_submit(s->d->jobs, &text, &j, &noop, &s->err) < 0)
		return failed(s);
	notices(s, plan);
	s->job = arena_strdup(&s->arena, job_text_of(j).name);
	if (noop)
		s->message = arena_printf(
			&s->arena, "job \"%s\" is there already with the same "
				   "text: nothing to do", s->job);
	else
		script_audit(s, "job_submitted", s->job);
	if (!settings_bool(&s->session->settings, "table.dml-sync"))
		return STATEMENT_OK;
	s->inside = true;
	s->answered = false;
	job_wait(j, on_answer, s);
	return wait_for_answer(s);
}

/* The savepoint has become the new job's file, or not. */
static void
on_restored(void *arg, const struct error *err)
{
	struct script *s = arg;
	enum statement_rc rc;

	s->savepoint = NULL;
	if (err) {
		script_go_on(s, err);
		return;
	}
	rc = submit(s, s->plan, true);
	if (rc != STATEMENT_WAITS)
		script_go_on(s, rc == STATEMENT_OK ? NULL : &s->err);
}

static enum statement_rc
run_insert(struct script *s)
{
	const char *from = settings_get(&s->session->settings,
					"execution.state-recovery.path");
	struct error unknown = ERROR_INIT;
	struct plan *plan;

	if (plan_statement(&s->arena, &s->parse, s->stmt, s->session->catalog,
			   &s->session->settings, &plan, &s->err) < 0)
		return failed(s);
	if (connections_apply(s->d->config, plan, &s->arena, &s->err) < 0)
		return failed(s);
	/* A job that is there has its own state. */
	if (!from || !*from ||
	    jobs_find(s->d->jobs, job_name(s, plan), &unknown))
		return submit(s, plan, false);
	s->plan = plan;
	if (savepoint_restore(s->d->jobs, job_name(s, plan), from, on_restored,
			      s, &s->savepoint, &s->err) < 0)
		return failed(s);
	return STATEMENT_WAITS;
}

static void
on_saved(void *arg, const struct error *err)
{
	struct script *s = arg;

	s->savepoint = NULL;
	script_go_on(s, err);
}

static enum statement_rc
run_create_savepoint(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);
	struct job_info info;

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	if (savepoint_create(s->d->jobs, j, s->stmt->value, on_saved, s,
			     &s->savepoint, &s->err) < 0) {
		parse_error_at(&s->parse, s->stmt->value_at, &s->err);
		return STATEMENT_FAILED;
	}
	job_info_get(j, &s->arena, &info);
	s->job = arena_strdup(&s->arena, info.name);
	s->message = arena_printf(&s->arena, "%s has the job as of checkpoint "
				  "%llu, or a later one", s->stmt->value,
				  (unsigned long long)info.checkpoint);
	script_audit(s, "savepoint", s->job);
	return STATEMENT_WAITS;
}

/* A savepoint is there only later, when the table cannot be taken back. */
static int
refuse_savepoint(struct script *s)
{
	const char *from = settings_get(&s->session->settings,
					"execution.state-recovery.path");

	if (!from || !*from)
		return 0;
	error_set(&s->err, ERR_UNSUPPORTED, "the job of CREATE TABLE ... AS "
		  "cannot begin with a savepoint");
	error_hint(&s->err, "create the table first, then INSERT INTO it; or "
		   "RESET 'execution.state-recovery.path'");
	return -1;
}

/* The two statements that CREATE TABLE ... AS was written out to. */
static enum statement_rc
run_written_out(struct script *s, const char *text, bool there)
{
	enum statement_rc rc = STATEMENT_FAILED;

	if (parse_begin(&s->parse, text, strlen(text), NULL, &s->arena,
			&parse_limits_default, &s->err) == 0 &&
	    parse_next(&s->parse, &s->stmt, &s->err) == 1)
		rc = run_create(s);
	if (rc != STATEMENT_OK || there)
		return rc;
	return parse_next(&s->parse, &s->stmt, &s->err) == 1
		       ? run_insert(s) : STATEMENT_FAILED;
}

/* CREATE TABLE ... AS: the table and the job that fills it, or neither. */
static enum statement_rc
run_create_as(struct script *s)
{
	struct parse written = s->parse;
	struct ast_statement *stmt = s->stmt;
	struct error ignored = ERROR_INIT;
	enum statement_rc rc;
	const char *text;
	bool there, held;

	if (refuse_savepoint(s) < 0 ||
	    catalog_expand(s->session->catalog, &s->parse, stmt,
			   &s->session->settings, &s->arena, &text, &s->err) < 0 ||
	    store_catalog_hold(s->d->store, &s->err) < 0)
		return failed(s);
	there = catalog_find(s->session->catalog,
			     stmt->name.part[stmt->name.nparts - 1]);
	rc = run_written_out(s, text, there);
	s->parse = written;
	s->stmt = stmt;
	/* The job's entry has let go of the table's, if there is one. */
	held = store_catalog_held(s->d->store);
	if (held && store_catalog_release(s->d->store, rc != STATEMENT_FAILED,
					  &s->err) < 0)
		rc = STATEMENT_FAILED;
	if (rc != STATEMENT_FAILED)
		return rc;
	if (!there)
		take_back(s, stmt);
	if (!there && !held && store_catalog_drop(
		s->d->store, CATALOG_TABLE,
		stmt->name.part[stmt->name.nparts - 1], &ignored) < 0)
		log_error(LOG_ERROR, "catalog_write", NULL, &ignored);
	parse_error_at(&s->parse, stmt->name.at, &s->err);
	return rc;
}

static enum statement_rc
run_select(struct script *s)
{
	struct stream_events ev = { script_on_stream, s, s->number,
				    s->progress };
	const struct plan_node *rows;
	struct arena arena;
	struct plan *plan;

	arena_init(&arena);
	if (plan_statement(&arena, &s->parse, s->stmt, s->session->catalog,
			   &s->session->settings, &plan, &s->err) < 0) {
		arena_release(&arena);
		return failed(s);
	}
	notices(s, plan);
	rows = plan->sinks[0]->inputs[0];
	ndjson_header(&s->out, s->number, &rows->schema,
		      rows->mode == CHANGE_APPEND ? NDJSON_ADDED
						  : NDJSON_UPDATING,
		      plan->bounded);
	s->rows = 0;
	if (select_start(s->d->jobs, plan, &arena, &ev, &s->stream,
			 &s->err) < 0) {
		arena_release(&arena);
		return failed(s);
	}
	return STATEMENT_WAITS;
}

/* One row a line of text. */
static void
text_rows(struct script *s, const char *column, const char *text, size_t n)
{
	ndjson_header_of(&s->out, s->number, 1, &column);
	s->rows = 0;
	for (size_t i = 0; i < n;) {
		const char *end = memchr(text + i, '\n', n - i);
		size_t len = end ? (size_t)(end - text) - i : n - i;

		ndjson_row_begin(&s->out);
		buf_json_string(&s->out, text + i, len);
		ndjson_row_end(&s->out);
		s->rows++;
		i += len + 1;
	}
}

static enum statement_rc
run_explain(struct script *s)
{
	struct plan *plan;
	struct buf text;

	if (plan_statement(&s->arena, &s->parse, s->stmt, s->session->catalog,
			   &s->session->settings, &plan, &s->err) < 0)
		return failed(s);
	buf_init(&text);
	plan_explain(plan, &text);
	text_rows(s, "plan", text.data, text.len);
	buf_release(&text);
	return STATEMENT_OK;
}

/* ---- settings ---- */

static enum statement_rc
run_set(struct script *s)
{
	static const char *const columns[] = { "key", "value" };
	struct settings *set = &s->session->settings;
	const struct setting_def *defs;
	const char *notice = NULL;
	size_t n;

	if (s->stmt->kind == AST_STMT_RESET || s->stmt->key) {
		if (settings_apply(set, &s->parse, s->stmt, &notice, &s->err) <
		    0)
			return failed(s);
		if (notice)
			ndjson_notice(&s->out, s->number, notice);
		return STATEMENT_OK;
	}
	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	s->rows = 0;
	defs = setting_defs(&n);
	for (size_t i = 0; i < n; i++) {
		if (defs[i].notice && !settings_given(set, defs[i].key))
			continue;
		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, defs[i].key);
		ndjson_cell(&s->out, settings_get(set, defs[i].key));
		ndjson_row_end(&s->out);
		s->rows++;
	}
	return STATEMENT_OK;
}

/* ---- jobs ---- */

static void
command(struct script *s, struct job *j)
{
	switch (s->stmt->kind) {
	case AST_STMT_PAUSE_JOB:
		job_pause(j, on_answer, s);
		break;
	case AST_STMT_RESUME_JOB:
		job_resume(j, on_answer, s);
		break;
	case AST_STMT_STOP_JOB:
		job_halt(j, s->stmt->drain, on_answer, s);
		break;
	default:
		job_drop(j, s->stmt->keep_state, on_answer, s);
	}
}

static enum statement_rc
run_job(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);

	if (!j && s->stmt->if_exists) {
		error_clear(&s->err);
		s->message = arena_printf(&s->arena,
					  "there is no job \"%s\": nothing to do",
					  s->stmt->job);
		return STATEMENT_OK;
	}
	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	s->job = arena_strdup(&s->arena, job_text_of(j).name);
	script_audit(s, "job_command", s->job);
	s->inside = true;
	s->answered = false;
	command(s, j);
	return wait_for_answer(s);
}

static enum statement_rc
run_errors(struct script *s)
{
	enum statement_rc rc = errors_run(s);

	if (rc == STATEMENT_WAITS)
		script_audit(s, s->stmt->kind == AST_STMT_DELETE_ERRORS
				 ? "errors_delete" : "errors_replay", s->job);
	return rc;
}

enum statement_rc
statement_run(struct script *s)
{
	if (s->stmt->notice)
		ndjson_notice(&s->out, s->number, s->stmt->notice);
	switch (s->stmt->kind) {
	case AST_STMT_CREATE_TABLE:
		return s->stmt->create_table->query ? run_create_as(s)
						    : run_create(s);
	case AST_STMT_CREATE_VIEW:
	case AST_STMT_CREATE_FUNCTION:
		return run_create(s);
	case AST_STMT_DROP_TABLE:
	case AST_STMT_DROP_VIEW:
	case AST_STMT_DROP_FUNCTION:
		return run_drop(s);
	case AST_STMT_INSERT:
	case AST_STMT_SET_OF:
		return run_insert(s);
	case AST_STMT_SELECT:
		return run_select(s);
	case AST_STMT_EXPLAIN:
		return run_explain(s);
	case AST_STMT_DESCRIBE_SAMPLE:
		return sample_statement(s) == STATEMENT_FAILED
			       ? failed(s) : STATEMENT_WAITS;
	case AST_STMT_TAP:
		return tap_statement(s) == STATEMENT_FAILED
			       ? failed(s) : STATEMENT_WAITS;
	case AST_STMT_CREATE_SAVEPOINT:
		return run_create_savepoint(s);
	case AST_STMT_RESET_OFFSETS:
		return alter_job_run(s);
	case AST_STMT_REPLAY_ERRORS:
	case AST_STMT_DELETE_ERRORS:
		return run_errors(s);
	case AST_STMT_SHOW_JOBS:
	case AST_STMT_SHOW_WATERMARKS:
	case AST_STMT_SHOW_ERRORS:
	case AST_STMT_SHOW_STATE:
	case AST_STMT_DESCRIBE_JOB:
	case AST_STMT_EXPLAIN_STALL:
	case AST_STMT_EXPLAIN_ANALYZE:
		return show_jobs_run(s) < 0 ? failed(s) : STATEMENT_OK;
	case AST_STMT_USE:
	case AST_STMT_USE_CATALOG:
		return catalog_use(&s->parse, s->stmt, &s->err) < 0
			       ? failed(s) : STATEMENT_OK;
	case AST_STMT_NOTHING:
		return STATEMENT_OK;
	case AST_STMT_SET:
	case AST_STMT_RESET:
		return run_set(s);
	case AST_STMT_STOP_JOB:
		return s->stmt->savepoint ? stop_job_run(s) : run_job(s);
	case AST_STMT_PAUSE_JOB:
	case AST_STMT_RESUME_JOB:
	case AST_STMT_DROP_JOB:
		return run_job(s);
	default: /* SHOW and DESCRIBE */
		return show_run(s) < 0 ? failed(s) : STATEMENT_OK;
	}
}

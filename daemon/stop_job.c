/* SPDX-License-Identifier: Apache-2.0
 * daemon/stop_job.c - STOP JOB ... WITH SAVEPOINT, as Flink has it: stops the
 * job, then copies its file into the directory of savepoints and says where.
 */
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/ndjson.h"
#include "daemon/savepoint.h"
#include "daemon/script.h"
#include "daemon/session.h"

#define DIRECTORY "execution.checkpointing.savepoint-dir"

static void
on_saved(void *arg, const struct error *err)
{
	static const char *const columns[] = { "savepoint path" };
	struct script *s = arg;

	s->savepoint = NULL;
	if (!err) {
		ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns),
				 columns);
		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, s->savepoint_path);
		ndjson_row_end(&s->out);
		s->rows = 1;
	}
	script_go_on(s, err);
}

/* The job stands: no one else can have taken it away yet. */
static int
begin_copy(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->job, &s->err);

	return j ? savepoint_create(s->d->jobs, j, s->savepoint_path, on_saved,
				    s, &s->savepoint, &s->err) : -1;
}

static void
on_stopped(void *arg, const struct error *err)
{
	struct script *s = arg;

	if (s->inside) { /* of stop_job_run(), which goes on by itself */
		s->answered = true;
		if (err)
			s->err = *err;
		return;
	}
	if (err)
		script_go_on(s, err);
	else if (begin_copy(s) < 0)
		script_go_on(s, &s->err);
}

/* DIR/job-20260131T235959Z.db, with a number behind it if that is there. */
static int
choose_path(struct script *s)
{
	const char *dir = settings_get(&s->session->settings, DIRECTORY);
	char stamp[TIME_TEXT_MAX], when[TIME_TEXT_MAX];
	size_t n = 0;

	if (!dir || !*dir) {
		error_set(&s->err, ERR_MISSING_OPTION, "'" DIRECTORY "' is not "
			  "set: where shall the savepoint be?");
		error_note(&s->err, "SET '" DIRECTORY "' = '/path'; or STOP JOB "
			   "'%s', then CREATE SAVEPOINT '/path/file.db' FOR JOB "
			   "'%s'", s->job, s->job);
		return -1;
	}
	us_format_iso(clock_wall_us(), stamp);
	for (const char *p = stamp; *p && *p != '.'; p++)
		if (*p != '-' && *p != ':')
			when[n++] = *p;
	when[n] = '\0';
	s->savepoint_path = arena_printf(&s->arena, "%s/%s-%sZ.db", dir,
					 s->job, when);
	for (unsigned i = 2; access(s->savepoint_path, F_OK) == 0; i++)
		s->savepoint_path = arena_printf(&s->arena, "%s/%s-%sZ-%u.db",
						 dir, s->job, when, i);
	return savepoint_check(s->d->jobs, s->savepoint_path, &s->err);
}

enum statement_rc
stop_job_run(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	s->job = arena_strdup(&s->arena, job_text_of(j).name);
	if (choose_path(s) < 0)
		goto fail;
	script_audit(s, "job_command", s->job);
	s->inside = true;
	s->answered = false;
	job_halt(j, s->stmt->drain, on_stopped, s);
	s->inside = false;
	if (!s->answered)
		return STATEMENT_WAITS;
	if (s->err.code == ERR_NONE && begin_copy(s) == 0)
		return STATEMENT_WAITS;
fail:
	if (!s->err.at.line)
		parse_error_at(&s->parse, s->stmt->at, &s->err);
	return STATEMENT_FAILED;
}

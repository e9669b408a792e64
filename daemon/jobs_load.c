/* SPDX-License-Identifier: Apache-2.0
 * daemon/jobs_load.c - the jobs of the catalog when the daemon starts: what
 * they were, what of them was left half done, and who runs again.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/job.h"
#include "daemon/log.h"
#include "runtime/store_look.h"

static void
restore_state(struct job *j, const struct catalog_entry *e)
{
	struct job_info *info = &j->info;

	for (enum job_state s = JOB_CREATED; s <= JOB_FAILED; s++)
		if (e->state && strcmp(e->state, job_state_text[s]) == 0)
			info->state = s;
	if (e->created_us != TIME_NONE)
		j->created_us = e->created_us;
	if (e->since_us != TIME_NONE)
		info->since_us = e->since_us;
	if (info->state != JOB_FAILED)
		return;
	error_set(&info->error, error_from_name(e->error_code), "%s",
		  e->error ? e->error : "its cause was not kept");
	if (e->note)
		error_note(&info->error, "%s", e->note);
}

/* The daemon died between the order to forget it and its end. */
static int
finish_drop(struct jobs *js, const struct catalog_entry *e, struct error *err)
{
	char *path = job_path_of(js, e->name);
	int rc = 0;

	if (strcmp(e->state, JOB_DROPPING) == 0)
		rc = store_remove(path, err);
	free(path);
	return rc < 0 ? -1
		      : store_catalog_drop(js->env.store, CATALOG_JOB, e->name,
					   err);
}

static int
load_job(const struct catalog_entry *e, void *arg, struct error *err)
{
	struct jobs *js = arg;
	struct job *j;

	if (e->kind != CATALOG_JOB)
		return 0;
	if (e->state && (strcmp(e->state, JOB_DROPPING) == 0 ||
			 strcmp(e->state, JOB_LEAVING) == 0))
		return finish_drop(js, e, err);
	j = job_new(js, e->name, e->sql);
	j->from_disk = true;
	restore_state(j, e);
	if (job_stands(j->info.state)) /* one that runs tells by itself */
		job_info_load(j);
	return 0;
}

/* ---- what a dead daemon left behind ---- */

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && strcmp(text + n - m, end) == 0;
}

static bool
is_job_file(const struct jobs *js, const char *name)
{
	size_t n = strlen(name) - strlen(".db");

	for (const struct job *j = js->first; j; j = j->next)
		if (strlen(j->name) == n && strncmp(j->name, name, n) == 0)
			return true;
	return false;
}

static void
count_row(void *arg, unsigned n, const struct store_cell *cells)
{
	(void)n;
	(void)cells;
	++*(unsigned *)arg;
}

/* A file of state whose job never came to be. DROP JOB ... KEEP STATE leaves
 * files that say whose they are; what cannot be read is not ours to judge. */
static bool
is_of_no_job(const char *path)
{
	struct error ignored = ERROR_INIT;
	struct store_look *l;
	unsigned rows = 0;
	bool empty;

	if (store_look_open(path, &l, &ignored) < 0)
		return false;
	empty = store_look(l, "SELECT 1 FROM job", count_row, &rows,
			   &ignored) == 0 && rows == 0;
	store_look_close(l);
	return empty;
}

static bool
is_leftover(const struct jobs *js, const char *name, const char *path)
{
	static const char *const unfinished[] = {
		".db.new", ".db.part", ".db.reset", ".db.reset.part",
		".db.anew", ".db.anew.new",
	};

	for (size_t i = 0; i < ARRAY_LEN(unfinished); i++)
		if (ends_with(name, unfinished[i]))
			return true;
	return ends_with(name, ".db") && !is_job_file(js, name) &&
	       is_of_no_job(path);
}

/* A catalog that was lost, not one that was never filled. */
static void
tell_of_lost_catalog(const struct jobs *js, unsigned files)
{
	char what[1200], quoted[1300];

	snprintf(what, sizeof(what),
		 "%u state file%s in %s/jobs, and the catalog is empty: stop "
		 "sluiced and put a backup of catalog.db back; or send the "
		 "same CREATE and INSERT statements again (column sql of table"
		 " job in each file): jobs go on from the files of their names",
		 files, files == 1 ? "" : "s", js->env.config->state_dir);
	log_event(LOG_WARN, "state_without_job", NULL,
		  "files=%u message=%s", files,
		  log_quote(what, quoted, sizeof(quoted)));
}

/* Before any job has a thread. Returns how many files of state are left that
 * belong to no job. */
static unsigned
sweep(struct jobs *js)
{
	unsigned unowned = 0;
	struct error err = ERROR_INIT;
	struct dirent *entry;
	struct buf path;
	DIR *dir;

	buf_init(&path);
	buf_printf(&path, "%s/jobs", js->env.config->state_dir);
	dir = opendir(buf_cstr(&path));
	while (dir && (entry = readdir(dir))) {
		buf_clear(&path);
		buf_printf(&path, "%s/jobs/%s", js->env.config->state_dir,
			   entry->d_name);
		if (!is_leftover(js, entry->d_name, buf_cstr(&path))) {
			unowned += ends_with(entry->d_name, ".db") &&
				   !is_job_file(js, entry->d_name);
			continue;
		}
		log_event(LOG_INFO, "leftover_removed", NULL, "file=%s",
			  buf_cstr(&path));
		if (store_remove(buf_cstr(&path), &err) < 0)
			log_error(LOG_WARN, "leftover_stays", NULL, &err);
	}
	if (dir)
		closedir(dir);
	buf_release(&path);
	return unowned;
}

/* ---- loading ---- */

static int
count_entry(const struct catalog_entry *e, void *arg, struct error *err)
{
	(void)e;
	(void)err;
	++*(unsigned *)arg;
	return 0;
}

int
jobs_load(struct jobs *js, struct error *err)
{
	unsigned entries = 0, unowned;

	if (store_catalog_each(js->env.store, load_job, js, err) < 0)
		return -1;
	unowned = sweep(js);
	if (store_catalog_each(js->env.store, count_entry, &entries, err) < 0)
		return -1;
	if (entries == 0 && unowned > 0)
		tell_of_lost_catalog(js, unowned);
	return 0;
}

void
jobs_start(struct jobs *js)
{
	struct error err = ERROR_INIT;

	for (struct job *j = js->first; j; j = j->next) {
		if (job_stands(job_state_of(j)) || job_launch(j, &err) == 0)
			continue;
		/* Other jobs must not suffer from one that cannot start. */
		log_error(LOG_ERROR, "job_failed", j->name, &err);
		job_set_state(j, JOB_FAILED, "", &err);
		error_clear(&err);
	}
}

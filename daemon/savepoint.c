/* SPDX-License-Identifier: Apache-2.0
 * daemon/savepoint.c - the copies, each on a thread of its own for a while.
 */
#include "daemon/savepoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/job.h"
#include "runtime/connectors/filesystem.h"
#include "runtime/store_look.h"

struct savepoint {
	uv_work_t work;
	char *from, *to;
	unsigned flags; /* of store_copy() */
	int rc;
	struct error err;
	jobs_done_fn *done; /* NULL: forgotten */
	void *arg;
};

static void
copy(uv_work_t *work)
{
	struct savepoint *sp = work->data;

	sp->rc = store_copy(sp->from, sp->to, sp->flags, &sp->err);
}

static void
copied(uv_work_t *work, int status)
{
	struct savepoint *sp = work->data;

	if (status != 0 && sp->rc == 0)
		sp->rc = error_set(&sp->err, ERR_CANCELLED,
				   "sluiced is stopping");
	if (sp->done)
		sp->done(sp->arg, sp->rc < 0 ? &sp->err : NULL);
	free(sp->from);
	free(sp->to);
	free(sp);
}

/* Takes both paths. */
static int
begin(struct jobs *js, char *from, char *to, unsigned flags,
      jobs_done_fn *done, void *arg, struct savepoint **ret, struct error *err)
{
	struct savepoint *sp = mem_zalloc(sizeof(*sp));
	int rc;

	*sp = (struct savepoint){ .from = from, .to = to, .flags = flags,
				  .done = done, .arg = arg };
	sp->work.data = sp;
	rc = uv_queue_work(js->env.loop, &sp->work, copy, copied);
	if (rc != 0) {
		free(from);
		free(to);
		free(sp);
		return error_set(err, ERR_TOO_MANY, "cannot start a thread: %s",
				 uv_strerror(rc));
	}
	*ret = sp;
	return 0;
}

int
savepoint_create(struct jobs *js, const struct job *j, const char *path,
		 jobs_done_fn *done, void *arg, struct savepoint **ret,
		 struct error *err)
{
	char *to;

	if (filesystem_resolve_new(path, jobs_file_paths(js), &to, err) < 0)
		return -1;
	return begin(js, mem_strdup(j->path), to, 0, done, arg, ret, err);
}

int
savepoint_restore(struct jobs *js, const char *job, const char *path,
		  jobs_done_fn *done, void *arg, struct savepoint **ret,
		  struct error *err)
{
	char *from, *to = jobs_new_path(js, job, err);

	if (!to)
		return -1;
	if (filesystem_resolve(path, jobs_file_paths(js), &from, err) < 0) {
		free(to);
		return -1;
	}
	return begin(js, from, to, STORE_COPY_NEW_JOB, done, arg, ret, err);
}

int
savepoint_check(struct jobs *js, const char *path, struct error *err)
{
	char *to;

	if (filesystem_resolve_new(path, jobs_file_paths(js), &to, err) < 0)
		return -1;
	free(to);
	return 0;
}

void
savepoint_forget(struct savepoint *sp)
{
	sp->done = NULL;
}

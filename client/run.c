/* SPDX-License-Identifier: Apache-2.0
 * client/run.c - starts a private daemon, submits the scripts, waits for their
 * jobs, and ends it again.
 */
#include "client/run.h"

#include "client/api.h"
#include "client/private.h"
#include "client/progress.h"
#include "client/session.h"
#include "client/told.h"

static int
run_scripts(const struct run_options *o, struct session *s)
{
	int status = session_open(s);

	for (unsigned i = 0; i < o->nfiles && status == 0 && !s->leave &&
			     output_wanted(&s->out);
	     i++)
		status = session_file(s, o->files[i]);
	return status;
}

int
run_files(const struct run_options *o)
{
	struct error err = ERROR_INIT;
	struct private_daemon d;
	struct session s;
	struct api *a;
	int status;

	session_catch_signals();
	if (private_start(&d, o->state_dir, o->sets, o->nsets, &err) < 0) {
		told_failure(&err);
		private_stop(&d);
		return err.code == ERR_USAGE ? 2 : 3;
	}
	a = api_create(d.socket);
	session_init(&s, a, o->format);
	s.out.quiet = true;
	status = run_scripts(o, &s);
	if (status == 0 && !s.out.closed)
		status = progress_wait(a, &d, s.out.jobs, o->progress);
	session_release(&s);
	api_destroy(a);
	private_stop(&d);
	return status;
}

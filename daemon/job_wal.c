/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_wal.c - tells of a reader that keeps the -wal of a job's file
 * from shrinking: in SHOW JOBS for as long as it does, in the log once.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/job.h"
#include "daemon/log.h"

static void
describe(const struct store_wal *wal, char *text, size_t size)
{
	if (!wal->held)
		*text = '\0';
	else if (wal->reader)
		snprintf(text, size, "%s (pid %d) reads the state file and "
			 "keeps its -wal at %" PRIu64 " MiB: let it end",
			 wal->program, wal->reader, wal->bytes >> 20);
	else
		snprintf(text, size, "a reader of the state file keeps its "
			 "-wal at %" PRIu64 " MiB: let it end",
			 wal->bytes >> 20);
}

void
job_record_wal(struct job *j, const struct store_wal *wal)
{
	char quoted[64];
	bool was;

	pthread_mutex_lock(&j->lock);
	was = *j->info.wal_held;
	j->info.wal_bytes = wal->bytes;
	describe(wal, j->info.wal_held, sizeof(j->info.wal_held));
	pthread_mutex_unlock(&j->lock);
	if (wal->held && !was)
		log_event(LOG_WARN, "wal_held", j->name,
			  "bytes=%" PRIu64 " reader=%s pid=%d", wal->bytes,
			  log_quote(wal->program, quoted, sizeof(quoted)),
			  wal->reader);
	else if (!wal->held && was)
		log_event(LOG_INFO, "wal_free", j->name, "bytes=%" PRIu64,
			  wal->bytes);
}

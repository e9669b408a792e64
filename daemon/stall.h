/* SPDX-License-Identifier: Apache-2.0
 * daemon/stall.h - why a job gives no output, in words, from its running
 * figures: what EXPLAIN STALL says.
 */
#ifndef DAEMON_STALL_H
#define DAEMON_STALL_H

#include "base/time.h"
#include "daemon/jobs.h"

#define STALL_REMARK_MAX 320
/* Records wait for so long and none was read; records come and the watermark
 * has stood for so long. */
#define STALL_QUIET_US (10 * US_PER_SECOND)
#define STALL_TIME_US (60 * US_PER_SECOND)

/* One line for each thing that holds rows back, the first on their way first;
 * at least one. sample: code and text of a row that could not be used, or
 * NULL. */
void stall_explain(const struct job_info *info, const char *sample,
		   struct buf *out);
/* What SHOW JOBS adds of a job that runs but does not come on, into out; NULL:
 * it does, as far as is known. */
const char *stall_remark(const struct job_info *info, int64_t now_us,
			 char out[STALL_REMARK_MAX]);
/* The watermark of its source is this partition's. */
bool stall_holds(const struct job_info *info, const struct partition_info *p);

#endif

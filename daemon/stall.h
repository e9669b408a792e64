/* SPDX-License-Identifier: Apache-2.0
 * daemon/stall.h - why a job gives no output, in words, from its running
 * figures: what EXPLAIN STALL says.
 */
#ifndef DAEMON_STALL_H
#define DAEMON_STALL_H

#include "daemon/jobs.h"

/* One line for each thing that holds rows back, the first on their way first;
 * at least one. sample: code and text of a row that could not be used, or
 * NULL. */
void stall_explain(const struct job_info *info, const char *sample,
		   struct buf *out);
/* The watermark of its source is this partition's. */
bool stall_holds(const struct job_info *info, const struct partition_info *p);

#endif

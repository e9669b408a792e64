/* SPDX-License-Identifier: Apache-2.0
 * STALLED, which SHOW JOBS adds: of a job that runs, has something to read and
 * reads nothing, or reads and does not come on in time.
 */
#include <string.h>

#include "daemon/stall.h"
#include "tests/unit/test.h"

#define SECOND US_PER_SECOND
#define NOW (1000 * SECOND)

static struct partition_info part;

/* A job that has read its last record and moved its watermark at these times
 * before now. */
static struct job_info
a_job(int64_t lag, int64_t quiet_s, int64_t stands_s)
{
	part = (struct partition_info){ .wm_us = 5 * SECOND };
	return (struct job_info){
		.name = "words",
		.state = JOB_RUNNING,
		.lag = lag,
		.wm_us = 5 * SECOND,
		.quiet_since_us = NOW - quiet_s * SECOND,
		.wm_since_us = NOW - stands_s * SECOND,
		.nparts = 1,
		.parts = &part,
	};
}

static const char *
remark(const struct job_info *info)
{
	static char text[STALL_REMARK_MAX];

	return stall_remark(info, NOW, text);
}

TEST(a_job_that_comes_on_has_no_remark)
{
	struct job_info info = a_job(100, 1, 1);

	EXPECT(!remark(&info));
	info = a_job(0, 500, 500); /* all is read */
	EXPECT(!remark(&info));
	info = a_job(100, 9, 9);
	EXPECT(!remark(&info));
}

TEST(records_that_nobody_reads_are_told)
{
	struct job_info info = a_job(120, 12, 12);

	EXPECT_STR(remark(&info), "STALLED: 120 records wait and none was read "
		   "for 12 s: EXPLAIN STALL 'words'");
	info.state = JOB_BLOCKED; /* which says why by itself */
	EXPECT(!remark(&info));
	info = a_job(120, 12, 12);
	info.of_file = true;
	EXPECT(!remark(&info));
}

TEST(time_that_stands_while_records_come_is_told)
{
	struct job_info info = a_job(0, 1, 61);

	EXPECT_STR(remark(&info), "STALLED: records come, but the watermark "
		   "(1970-01-01T00:00:05.000Z) has not moved for 61 s: "
		   "EXPLAIN STALL 'words'");
	info.wm_us = TIME_NONE; /* one of two partitions is empty */
	EXPECT(strstr(remark(&info), "(none yet)"));
	part.wm_us = TIME_NONE; /* no event time at all */
	EXPECT(!remark(&info));
}

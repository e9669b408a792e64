/* SPDX-License-Identifier: Apache-2.0
 * What EXPLAIN STALL says; and STALLED, which SHOW JOBS adds: of a job that
 * runs, has something to read and reads nothing, or reads and does not come on
 * in time.
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

/* The line of EXPLAIN STALL that has `word`. */
static const char *
explained(const struct job_info *info, const char *word)
{
	static char line[512];
	struct buf text;
	const char *at, *from;

	buf_init(&text);
	stall_explain(info, NULL, &text);
	at = from = strstr(buf_cstr(&text), word);
	while (from && from > buf_cstr(&text) && from[-1] != '\n')
		from--;
	snprintf(line, sizeof(line), "%.*s",
		 at ? (int)strcspn(from, "\n") : 0, at ? from : "");
	buf_release(&text);
	return line;
}

TEST(bad_rows_are_said_to_be_where_they_are)
{
	struct job_info info = a_job(0, 1, 1);

	info.nparts = 0;
	info.rows_in = 100;
	info.errors = info.errors_ever = 24;
	info.errors_kept = 24;
	EXPECT_STR(explained(&info, "could not"), "24 rows could not be used; "
		   "SHOW ERRORS FOR JOB 'words' lists them");
	info.errors_kept = 10;
	info.errors_lost = 14;
	EXPECT_STR(explained(&info, "could not"), "24 rows could not be used; "
		   "SHOW ERRORS FOR JOB 'words' has 10 of them, the others "
		   "were only counted");
	info.errors_kept = 0; /* those were deleted */
	EXPECT_STR(explained(&info, "could not"), "14 rows could not be used; "
		   "they were only counted, since its table of errors was "
		   "full");
	info.errors_lost = 0;
	EXPECT_STR(explained(&info, "could not"), "");
}

TEST(a_stopped_job_is_resumed)
{
	struct job_info info = a_job(0, 1, 1);

	info.state = JOB_STOPPED;
	EXPECT_STR(explained(&info, "stopped"), "the job is stopped: RESUME "
		   "JOB 'words' goes on from its last checkpoint");
}

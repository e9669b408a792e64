/* SPDX-License-Identifier: Apache-2.0
 * From SQL to what sqlite3 shows: the state file of a real pipeline, at its
 * checkpoints and after its crashes.
 */
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

static const char hop[] =
	"SELECT window_start, window_end, k, COUNT(*) AS n, SUM(v) AS total,"
	" AVG(v) AS mean, MIN(v) AS lo, MAX(v) AS hi, COUNT(DISTINCT v) AS vs,"
	" SUM(DISTINCT v) AS once FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts),"
	" INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
	" GROUP BY k, window_start, window_end";

TEST(a_view_shows_the_windows_that_are_open)
{
	struct rig *r = rig_open(hop);

	rig_step(r, "a,7,@00:01", "a,9,@00:06", ",5,@00:06", "a,7,@00:07",
		 NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM window_aggregate_1"
				" ORDER BY window_start, k"),
		   "@00:00.000 @00:10.000 NULL 1 5 5 5 5 1 5\n"
		   "@00:00.000 @00:10.000 a 3 23 7 7 9 2 16\n"
		   "@00:05.000 @00:15.000 NULL 1 5 5 5 5 1 5\n"
		   "@00:05.000 @00:15.000 a 2 16 8 7 9 2 16\n");
	/* The first window has fired: it is in the sink, not in the view. */
	rig_watermark(r, "00:12");
	rig_crash(r);
	rig_step(r, "b,1,@00:13", NULL);
	EXPECT_STR(rig_state(r, "SELECT window_start, k, n FROM"
				" window_aggregate_1 ORDER BY 1, 2"),
		   "@00:05.000 NULL 1\n@00:05.000 a 2\n@00:05.000 b 1\n"
		   "@00:10.000 b 1\n");
	rig_close(r);
}

TEST(what_a_view_shows_is_what_the_window_then_says)
{
	struct rig *r = rig_open(hop);
	char *shown, *rest, *line;
	unsigned lines = 0;

	rig_step(r, "a,7,@00:01", "a,,@00:06", "c,,@00:08", "b,-9,@00:04",
		 "a,7,@00:09", "b,8,@00:14", NULL);
	shown = strdup(rig_state(r, "SELECT * FROM window_aggregate_1"
				    " WHERE window_start ="
				    " '2026-01-01 00:00:05.000'"));
	rest = shown;
	rig_watermark(r, "00:15");
	while ((line = strsep(&rest, "\n")) && *line) {
		if (!strstr(rig_net(r, ""), line))
			FAIL("the window never said %s", line);
		lines++;
	}
	EXPECT_EQ(lines, 3);
	free(shown);
	rig_close(r);
}

TEST(a_view_shows_what_conditions_came_to)
{
	struct rig *r = rig_open(
		"SELECT k, BOOL_AND(v > 3) AS yes, BOOL_OR(v > 8) AS hit,"
		" COUNT_IF(v > 3) AS n, COUNT_IF(DISTINCT v > 3) AS n1,"
		" ANY_VALUE(v) AS v FROM s GROUP BY k");

	rig_step(r, "a,7,@00:01", "a,9,@00:06", "b,1,@00:06", "c,,@00:07",
		 "a,3,@00:08", "b,2,@00:09", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM group_aggregate_1 ORDER BY k"),
		   "a 0 1 2 1 3\nb 0 0 0 0 1\nc NULL NULL 0 0 NULL\n");
	rig_close(r);
	r = rig_open("SELECT window_start, BOOL_AND(v > 3), BOOL_OR(v > 8),"
		     " COUNT_IF(v > 3), COUNT_IF(DISTINCT v > 3), ANY_VALUE(v)"
		     " FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5'"
		     " SECOND, INTERVAL '10' SECOND))"
		     " GROUP BY window_start, window_end");
	rig_step(r, "a,7,@00:01", "a,9,@00:06", "b,1,@00:07", ",,@00:08", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM window_aggregate_1 ORDER BY 1"),
		   "@00:00.000 @00:10.000 0 1 2 1 1\n"
		   "@00:05.000 @00:15.000 0 1 1 1 1\n");
	rig_close(r);
}

TEST(a_view_shows_variances)
{
	static const char list[] =
		"VAR_POP(v), STDDEV_SAMP(v), VAR_SAMP(DISTINCT v),"
		" VAR_POP(CAST(v AS DECIMAL(10, 1))),"
		" VAR_SAMP(CAST(v AS DOUBLE)),"
		" STDDEV_POP(DISTINCT CAST(v AS DOUBLE))";
	char sql[512];
	struct rig *r;

	snprintf(sql, sizeof(sql), "SELECT k, %s FROM s GROUP BY k", list);
	r = rig_open(sql);
	rig_step(r, "a,1,@00:01", "a,3,@00:06", "a,8,@00:07", "a,8,@00:08",
		 "b,2,@00:08", "c,,@00:08", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM group_aggregate_1 ORDER BY k"),
		   "a 9 3 13 9.5 12.6666666666667 2.94392028877595\n"
		   "b 0 NULL NULL 0.0 NULL 0.0\n"
		   "c NULL NULL NULL NULL NULL NULL\n");
	rig_close(r);
	snprintf(sql, sizeof(sql),
		 "SELECT window_start, %s FROM TABLE(HOP(TABLE s,"
		 " DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
		 " GROUP BY window_start, window_end", list);
	r = rig_open(sql);
	rig_step(r, "a,1,@00:01", "a,3,@00:06", "a,8,@00:07", "a,8,@00:08",
		 NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM window_aggregate_1 ORDER BY 1"),
		   "@00:00.000 @00:10.000 9 3 13 9.5 12.6666666666667"
		   " 2.94392028877595\n"
		   "@00:05.000 @00:15.000 5 2 13 5.55555555555556"
		   " 8.33333333333334 2.5\n");
	rig_close(r);
}

TEST(a_view_shows_what_came_first_and_last)
{
	struct rig *r = rig_open(
		"SELECT window_start, FIRST_VALUE(v) AS a, LAST_VALUE(k) AS z,"
		" FIRST_VALUE(ts) AS t FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts),"
		" INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
		" GROUP BY window_start, window_end");

	rig_step(r, "a,,@00:01", "b,3,@00:02", ",8,@00:06", "d,9,@00:07",
		 NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM window_aggregate_1 ORDER BY 1"),
		   "@00:00.000 @00:10.000 3 d @00:01.000\n"
		   "@00:05.000 @00:15.000 8 d @00:06.000\n");
	rig_close(r);
	r = rig_open("SELECT FIRST_VALUE(v) AS a, LAST_VALUE(k) AS z FROM s");
	rig_step(r, "a,,@00:01", "b,3,@00:02", ",8,@00:06", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM group_aggregate_1"), "3 b\n");
	rig_close(r);
}

TEST(offsets_watermarks_and_totals_stand_in_the_file)
{
	struct rig *r = rig_open(hop);

	rig_step(r, "a,7,@00:01", "a,9,@00:06", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT partition, next_offset, lag FROM"
				" v_lag"),
		   "0 2 0\n");
	EXPECT_STR(rig_state(r, "SELECT partition, watermark, holds FROM"
				" v_watermarks"),
		   "-1 2026-01-01T00:00:06.000Z 0\n"
		   "0 2026-01-01T00:00:06.000Z 1\n");
	rig_crash(r);
	rig_step(r, "a,1,@00:07", NULL);
	EXPECT_STR(rig_state(r, "SELECT rows_in FROM checkpoints ORDER BY id"
				" DESC LIMIT 1"),
		   "3\n");
	EXPECT_STR(rig_state(r, "SELECT operator, rows > 0 FROM v_state"),
		   "window_aggregate_1 1\n");
	rig_close(r);
}

TEST(a_group_by_shows_its_present_answer)
{
	struct rig *r = rig_open("SELECT k, COUNT(*) AS n, SUM(v) AS total,"
				 " AVG(v) AS mean, COUNT(DISTINCT v) AS vs"
				 " FROM s GROUP BY k");

	rig_step(r, "a,7,@00:01", ",,@00:02", "a,8,@00:03",
		 "a,7,@00:04", NULL);
	rig_checkpoint(r);
	rig_crash(r);
	EXPECT_STR(rig_state(r, "SELECT * FROM group_aggregate_1 ORDER BY k"),
		   "NULL 1 NULL NULL 0\na 3 22 7 2\n");
	rig_close(r);
}

/* The view's own names must not meet those of the user. */
TEST(a_view_may_show_columns_named_as_its_own)
{
	struct rig *r = rig_open(
		"SELECT window_start AS pane, k AS us, SUM(v) AS s,"
		" COUNT(*) AS e, MIN(v) AS p, MAX(v) AS g, COUNT(v) AS w"
		" FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts),"
		" INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
		" GROUP BY k, window_start, window_end");

	rig_step(r, "a,7,@00:06", "a,9,@00:07", NULL);
	rig_checkpoint(r);
	EXPECT_STR(rig_state(r, "SELECT us, s, e, p, g, w FROM"
				" window_aggregate_1"),
		   "a 16 2 7 9 2\na 16 2 7 9 2\n");
	rig_close(r);
}

/* SPDX-License-Identifier: Apache-2.0
 * State files in which one number of one row is another: the job starts and
 * runs, or says that the file is damaged. It never ends the daemon.
 */
#include "runtime/operator.h"
#include "tests/unit/rig.h"
#include "tests/unit/test.h"

#define BOUNDED                                                            \
	"CREATE TABLE d (v BIGINT) WITH ('connector' = 'kafka',"           \
	" 'topic' = 'd', 'properties.bootstrap.servers' = 'rig',"          \
	" 'format' = 'csv', 'scan.bounded.mode' = 'latest-offset');"
#define UPSERTS                                                            \
	"CREATE TABLE u (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED)"  \
	" WITH ('connector' = 'upsert-kafka', 'topic' = 'u',"              \
	" 'properties.bootstrap.servers' = 'rig', 'key.format' = 'csv',"   \
	" 'value.format' = 'csv');"
#define OTHER                                                              \
	"CREATE TABLE o (v BIGINT, k STRING, PRIMARY KEY (v) NOT ENFORCED)"  \
	" WITH ('connector' = 'upsert-kafka', 'topic' = 'o',"              \
	" 'properties.bootstrap.servers' = 'rig', 'key.format' = 'csv',"   \
	" 'value.format' = 'csv');"
#define SESSIONS                                                           \
	"TABLE(SESSION(TABLE s PARTITION BY k, DESCRIPTOR(ts),"            \
	" INTERVAL '5' SECOND))"

static const char *const queries[] = {
	"SET 'table.exec.state.ttl' = '1 h'; SELECT k, COUNT(DISTINCT v),"
	" ARRAY_AGG(v), MEDIAN(v), FIRST_VALUE(v), MAX(v), LISTAGG(k),"
	" APPROX_PERCENTILE(v, 0.5) FROM s GROUP BY k",
	"SELECT window_start, k, COUNT(DISTINCT v), ARRAY_AGG(v), COLLECT(v),"
	" MAX(v) FROM TABLE(HOP(TABLE s, DESCRIPTOR(ts), INTERVAL '5' SECOND,"
	" INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end",
	"SELECT window_start, k, COUNT(DISTINCT v), ARRAY_AGG(v), SUM(v) FROM "
	SESSIONS " GROUP BY k, window_start, window_end",
	"SELECT * FROM " SESSIONS,
	"SELECT k, v FROM s ORDER BY v DESC LIMIT 3",
	"SELECT k, COUNT(*) AS n FROM s GROUP BY k ORDER BY n DESC LIMIT 1",
	"SELECT k, v FROM s ORDER BY ts",
	BOUNDED "SELECT k, (SELECT SUM(v) FROM d) FROM s",
	UPSERTS "SELECT v, SUM(v), LAST_VALUE(k) FROM u GROUP BY v",
	UPSERTS OTHER "INSERT INTO o SELECT v, k FROM u",
};

static const char *const numbers[] = {
	"-1", "1", "1 << 30", "4294967295", "1 << 59",
	"9223372036854775807", "-9223372036854775807",
};

static void
feed(struct rig *r)
{
	static const char *const rows[] = { "a,7,@00:01,", "b,3,@00:02,",
					    "a,3,@00:03,", "c,,@00:09," };
	static const char *const pairs[][2] = { { "a", "a,7" }, { "b", "b,3" },
						{ "c", "c,3" } };

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		rig_push(r, "s", 0, rows[i]);
	rig_push(r, "d", 0, "4");
	for (unsigned i = 0; i < ARRAY_LEN(pairs); i++)
		rig_push_record(r, "u", 0, pairs[i][0], pairs[i][1]);
}

/* To its end, or to an error: what is read once more and closed may be more
 * than fits. */
static void
run_to_end(struct rig *r)
{
	struct error err = ERROR_INIT;
	enum pipeline_rc rc = PIPELINE_BUSY;

	feed(r);
	rig_end(r, "s");
	rig_end(r, "d");
	rig_end(r, "u");
	while (rc == PIPELINE_BUSY)
		rc = pipeline_step(rig_pipeline(r), INT64_C(1767225600000000),
				   &err);
}

/* Opens, damages, and goes on if it may. */
static void
expect_survival(const char *query, const char *damage)
{
	struct rig *r = rig_open(query);
	struct error err = ERROR_INIT;

	feed(r);
	rig_run(r);
	rig_checkpoint(r);
	if (rig_damage(r, damage, &err) == 0)
		run_to_end(r);
	else if (err.code != ERR_STORE_DAMAGED)
		FAIL("%s: %s: %s", damage, error_name(err.code), err.message);
	rig_close(r);
}

/* One row of each table, in each of its columns of numbers. */
static void
damage_all(const char *query)
{
	struct rig *r = rig_open(query);
	char *columns, *rest, *line;

	feed(r);
	rig_run(r);
	columns = strdup(rig_state(r,
		"SELECT m.name || '|' || c.name FROM sqlite_master m,"
		" pragma_table_info(m.name) c WHERE m.type = 'table' AND"
		" c.type = 'INTEGER' AND (m.name LIKE '%\\_1\\_%' ESCAPE '\\')"));
	rig_close(r);
	rest = columns;
	EXPECT(*columns);
	while ((line = strsep(&rest, "\n")) && *line) {
		const char *table = strsep(&line, "|");

		for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
			char damage[512];

			snprintf(damage, sizeof(damage), "UPDATE OR REPLACE "
				 "\"%s\" SET \"%s\" = %s WHERE \"%s\" = (SELECT "
				 "MAX(\"%s\") FROM \"%s\")", table, line,
				 numbers[i], line, line, table);
			expect_survival(query, damage);
		}
	}
	free(columns);
}

TEST(a_number_of_a_state_file_may_be_any_other)
{
	for (unsigned i = 0; i < ARRAY_LEN(queries); i++)
		damage_all(queries[i]);
}

TEST(a_change_of_an_unknown_kind_is_damage)
{
	struct error err = ERROR_INIT;
	struct rig *r = rig_open(
		"CREATE TABLE o (k STRING, n BIGINT) WITH ('connector' = "
		"'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = "
		"'rig', 'format' = 'debezium-json');"
		"INSERT INTO o SELECT k, COUNT(*) FROM s GROUP BY k");

	rig_step(r, "a,1,@00:01", NULL);
	EXPECT_STR(rig_state(r, "SELECT _kind, k, n FROM sink_1_changes"),
		   "+I a 1\n");
	EXPECT_EQ(rig_damage(r, "UPDATE sink_1_changes SET _kind = '+X'",
			     &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	rig_close(r);
}

TEST(a_number_that_was_never_given_is_damage)
{
	struct error err = ERROR_INIT;
	struct rig *r = rig_open("SELECT k, SUM(v) FROM s GROUP BY k");

	feed(r);
	rig_run(r);
	rig_checkpoint(r);
	EXPECT_EQ(rig_damage(r, "UPDATE group_aggregate_1_groups SET _id = "
			     "900000000 WHERE _id = (SELECT MAX(_id) FROM "
			     "group_aggregate_1_groups)", &err), -1);
	EXPECT_EQ(err.code, ERR_STORE_DAMAGED);
	rig_close(r);
}

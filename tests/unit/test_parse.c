/* SPDX-License-Identifier: Apache-2.0
 * Statements as the parser understands them: every form once, told as the
 * tree that ast_dump() prints.
 */
#include "base/buf.h"
#include "parser/parse.h"
#include "tests/unit/test.h"

static struct arena arena;
static struct buf out;

/* The dump of all statements of a script, or "error: ..." at the first. */
static const char *
dump(const char *sql)
{
	struct error err = ERROR_INIT;
	struct ast_statement *s;
	struct parse p;
	int rc;

	arena_release(&arena);
	buf_clear(&out);
	if (parse_begin(&p, sql, strlen(sql), NULL, &arena,
			&parse_limits_default, &err) < 0)
		rc = -1;
	else
		while ((rc = parse_next(&p, &s, &err)) == 1)
			ast_dump(s, &out);
	if (rc < 0)
		buf_printf(&out, "error: %s\n", err.message);
	return buf_cstr(&out);
}

__attribute__((destructor)) static void
release(void)
{
	arena_release(&arena);
	buf_release(&out);
}

TEST(a_create_table_has_columns_of_all_kinds_watermark_key_and_options)
{
	EXPECT_STR(dump("CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t ("
			" id BIGINT NOT NULL COMMENT 'the key',"
			" name VARCHAR(20) NULL,"
			" at_ms BIGINT METADATA FROM 'timestamp' VIRTUAL,"
			" topic STRING METADATA,"
			" ts AS TO_TIMESTAMP_LTZ(at_ms, 3) COMMENT 'when',"
			" WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,"
			" CONSTRAINT k PRIMARY KEY (id, name) NOT ENFORCED"
			") COMMENT 'all' PARTITIONED BY (name)"
			" WITH ('connector' = 'kafka', 'topic' = 'it''s')"),
		   "create temporary table if not exists c.d.t\n"
		   "  id BIGINT NOT NULL\n"
		   "    comment 'the key'\n"
		   "  name VARCHAR(20)\n"
		   "  at_ms BIGINT metadata from 'timestamp' virtual\n"
		   "  topic STRING metadata\n"
		   "  ts as (TO_TIMESTAMP_LTZ at_ms 3)\n"
		   "    comment 'when'\n"
		   "  watermark ts as (- ts 5000ms)\n"
		   "  key id name\n"
		   "  partitioned by name\n"
		   "  comment 'all'\n"
		   "  with 'connector' = 'kafka'\n"
		   "  with 'topic' = 'it's'\n");
}

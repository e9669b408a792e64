/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/fixture.c - see fixture.h.
 */
#include "tests/unit/fixture.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/check.h"
#include "tests/unit/test.h"

void
fixture_build(const char *name, const char *path)
{
	char file[128], *message = NULL;
	struct buf sql;
	sqlite3 *db;
	size_t n;
	FILE *f;

	snprintf(file, sizeof(file), "tests/fixtures/%s.sql", name);
	f = fopen(file, "r");
	if (!f)
		FAIL("cannot open %s", file);
	buf_init(&sql);
	while ((n = fread(buf_room(&sql, 4096), 1, 4096, f)) > 0)
		buf_added(&sql, n);
	fclose(f);
	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	if (sqlite3_exec(db, buf_cstr(&sql), NULL, NULL, &message) != SQLITE_OK)
		FAIL("%s: %s", file, message);
	sqlite3_close(db);
	buf_release(&sql);
}

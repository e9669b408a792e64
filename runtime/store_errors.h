/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_errors.h - the table errors of a job's file: which of its rows
 * a statement means, and reading and deleting them. On the job's store thread,
 * as all that writes.
 */
#ifndef RUNTIME_STORE_ERRORS_H
#define RUNTIME_STORE_ERRORS_H

#include "runtime/store.h"

/* WHERE of SHOW, REPLAY and DELETE ERRORS: all of these hold. */
enum errors_column { ERRORS_ID, ERRORS_CODE, ERRORS_SOURCE, ERRORS_TOPIC,
		     ERRORS_OPERATOR, ERRORS_COLUMNS };
enum errors_compare { ERRORS_EQ, ERRORS_NE, ERRORS_LT, ERRORS_LE, ERRORS_GT,
		      ERRORS_GE };
extern const char *const errors_column_names[ERRORS_COLUMNS];

#define ERRORS_TERMS_MAX 8

struct errors_term {
	enum errors_column column;
	enum errors_compare compare;
	int64_t id;       /* of ERRORS_ID */
	const char *text; /* of all others */
};

struct errors_where {
	unsigned n; /* 0: all rows */
	struct errors_term term[ERRORS_TERMS_MAX];
};

/* Appends "(1 AND code = 'x')". */
void errors_where_sql(const struct errors_where *w, struct buf *out);

/* How full the table is, as of the last commit or deletion. */
struct store_errors {
	uint64_t rows, bytes;
	uint64_t ever; /* quarantined, whatever has become of them */
	uint64_t lost; /* not kept, ever: they were past the caps */
	bool full;     /* so will the next ones be */
};
struct store_errors store_errors(const struct store *s);

/* Rows with from <= id <= to in the order of their ids, at most `max` and
 * about bytes_max of them; *ret is NULL when there are none. */
int store_read_errors(struct store *s, const struct errors_where *w,
		      int64_t from, int64_t to, unsigned max,
		      uint64_t bytes_max, struct arena *a,
		      struct bad_row **ret, struct error *err);
/* The highest id, 0 without rows. */
int store_last_error(struct store *s, int64_t *ret, struct error *err);
int store_delete_errors(struct store *s, const struct errors_where *w,
			uint64_t *ret_rows, struct error *err);

#endif

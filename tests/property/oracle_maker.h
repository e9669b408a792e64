/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_maker.h - a random query while it is being made:
 * `from` is what a SELECT reads, `level` is the SELECT.
 */
#ifndef TESTS_PROPERTY_ORACLE_MAKER_H
#define TESTS_PROPERTY_ORACLE_MAKER_H

#include "tests/property/oracle_text.h"

struct maker {
	struct oracle_case *c;
	struct query *q;
	unsigned number; /* of the query */
	unsigned names;  /* given so far */
};

struct from {
	struct text text; /* a name, a sub-query, or TABLE(...) */
	struct col cols[COLS_MAX];
	unsigned ncols;
	bool of_tables;   /* rows of tables: SQLite has a column wm */
	bool updating;    /* rows are replaced ... */
	bool vanishing;   /* ... or may go without successor */
	uint8_t tables;   /* bits */
	char time[16];    /* a column that windows can be made of; "" */
	int window;       /* enum oracle_window; -1: not of windows */
	unsigned window_col; /* of window_start; window_end follows */
	struct type time_type; /* of window_time */
	char old[80];     /* "TUMBLE(ts, ...)": it stands in GROUP BY; "" */
	unsigned partition[3], npartition; /* of SESSION: columns */
	bool has_bounds;  /* results or rows of windows, */
	unsigned bounds_col; /* whose bounds stand here and behind it */
};

struct level {
	/* asked for */
	bool upsert;      /* the outermost one must have keys without NULL */
	bool inner;       /* something reads it */
	bool give_time;   /* window_time too */
	bool alike;       /* results are BIGINT, to be united */
	bool regrouped;   /* by the windows' bounds alone */
	/* made */
	struct text select;
	struct col cols[COLS_MAX];
	unsigned ncols, nkeys;
	bool updating, vanishing;
	bool sessions;    /* by the keys alone, no sets of them */
	unsigned window_col; /* 1 + where the bounds stand; 0: none */
	unsigned time_col;   /* 1 + where window_time stands */
	char time_name[16];
	unsigned group_cols[3], ngroup_cols; /* of `from` */
	struct text key_text[3]; /* the columns, or expressions of them */
	struct col inputs[COLS_MAX]; /* of aggregates */
	unsigned ninputs;
	unsigned sets[8], nsets; /* bits of keys; 0: GROUP BY all of them */
	const char *sets_word;   /* ROLLUP, CUBE; NULL: GROUPING SETS */
};

void maker_mark(struct maker *m, enum feature f);

/* oracle_query.c: " WHERE ..." over these columns, or nothing; true: there is
 * one. */
bool put_where(struct maker *m, struct text *t, const struct from *f);

/* oracle_window.c: named rows with a time become rows of windows, for a level
 * that groups them by their bounds, or for their own sake; and of those a
 * sub-query. */
void make_windows_from(struct maker *m, struct from *f,
		       const struct level *level);
void make_bare_windows(struct maker *m, struct from *f);
void make_window_sub_query(struct maker *m, struct from *f);

/* oracle_sets.c: the sets of a level's keys, its columns that are grouped by,
 * GROUP BY, and at the end the text for SQLite. */
void sets_choose(struct maker *m, struct level *level);
void put_keys(struct maker *m, const struct from *f, struct level *level);
void put_group_by(const struct from *f, struct level *level);
void sets_expand(struct level *level);

/* One more column of the SELECT. */
void put_item(struct maker *m, struct level *level, struct text *expr,
	      const char *prefix, const struct col *col);

/* oracle_agg.c: columns to group by. */
void level_choose_keys(struct maker *m, const struct from *f,
		       struct level *level);
/* SELECT keys, aggregates ... GROUP BY keys. */
void level_make(struct maker *m, const struct from *f, struct level *level);
/* Another one of the same keys and types. */
void level_make_alike(struct maker *m, const struct from *f,
		      struct level *level);

#endif

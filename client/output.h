/* SPDX-License-Identifier: Apache-2.0
 * client/output.h - the lines of an answer as people and programs want them:
 * rows to stdout, everything else to stderr. In a pipe rows are written as
 * they come; on a terminal a result that ends soon is shown whole, through a
 * pager if it is long, and one that goes on is shown live.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/format.h"
#include "client/table.h"

struct live;

/*	PLAIN     rows are written as they come
 *	GATHERING a terminal: nothing is shown yet
 *	LIVE      it goes on: client/live.h has it
 */
enum output_stage { OUTPUT_PLAIN, OUTPUT_GATHERING, OUTPUT_LIVE };

struct output {
	enum output_format format;
	bool quiet;           /* no "ok" lines on stderr */
	bool shows_changes;   /* one by one, instead of what they make */
	const char *file;     /* of the script, for errors; or NULL */
	unsigned line_before; /* lines of the file that were not sent */
	struct columns cols;  /* of the statement; n 0: it has no rows */
	bool is_query;        /* its NULLs are named */
	bool is_table;        /* its changes make one: all of them come */
	bool updating, bounded;
	bool on_terminal, colour; /* standard output, now */
	enum output_stage stage;
	bool header_done;
	bool ending;          /* no more rows of this statement */
	struct table table;
	struct live *live;
	struct row *rows;     /* that wait, for their widths or their end */
	size_t nrows, rows_size, rows_bytes;
	long long began_ms;   /* the statement's header, or its first row */
	unsigned long long count;
	long long taken;      /* rows of the statement, ... */
	long long earlier;    /* ... those of its tables before this one */
	bool failed;          /* the last statement did */
	bool left;            /* q was typed */
	bool forgotten;       /* the daemon knows our session no more */
	bool closed;          /* nobody takes what we write any more, since */
	int write_errno;
	char *jobs;           /* names of jobs that were started, one a line */
	size_t jobs_len;
};

void output_init(struct output *o, enum output_format format);
void output_release(struct output *o);
/* One NDJSON line of the daemon's. */
void output_line(struct output *o, const char *text, size_t n);
/* When nothing comes just now, and in between. */
void output_turn(struct output *o);
/* No more lines come, whether the answer was whole or not. */
void output_stop(struct output *o);
/* Results that go on would be shown live, with how far they are. */
bool output_is_live(const struct output *o);
/* Somebody still wants rows. */
bool output_wanted(const struct output *o);
/* 0, or the exit status of output that could not be written: 1, with a
 * message, but for a reader that has had enough (head): 0 as well. */
int output_status(const struct output *o);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * client/output.h - the lines of an answer as people and programs want them:
 * rows to stdout, everything else to stderr. Cells stay the JSON text that
 * the daemon sent, so that no digit of a number is lost.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum output_format { OUTPUT_ALIGNED, OUTPUT_CSV, OUTPUT_TSV, OUTPUT_JSON,
		     OUTPUT_VERTICAL };

/* false: there is no such format. */
bool output_format_from(const char *name, enum output_format *ret);

struct output_row;

struct output {
	enum output_format format;
	bool quiet;       /* no "ok" lines on stderr */
	const char *file; /* of the script, for errors; or NULL */
	unsigned ncols;
	char **names, **types;
	bool header_done, updating;
	bool ending; /* no more rows of this statement */
	unsigned *widths;
	struct output_row *rows; /* aligned: rows that wait for their widths */
	unsigned nrows, rows_size;
	long long first_ms; /* when the first of the statement came; 0: none */
	unsigned long long count;
	bool failed;      /* the last statement did */
	bool closed;      /* nobody takes what we write any more, since */
	int write_errno;
	char *jobs;       /* names of jobs that were started, one a line */
	size_t jobs_len;
};

void output_init(struct output *o, enum output_format format);
void output_release(struct output *o);
/* One NDJSON line of the daemon's. */
void output_line(struct output *o, const char *text, size_t n);
/* Shows what waits, at the end of a statement. */
void output_flush(struct output *o);
/* The same when nothing comes just now; the first rows wait a moment for
 * more, which the columns' widths are taken from. */
void output_idle(struct output *o);
/* 0, or the exit status of output that could not be written: 1, with a
 * message, but for a reader that has had enough (head): 0 as well. */
int output_status(const struct output *o);

#endif

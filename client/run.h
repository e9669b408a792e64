/* SPDX-License-Identifier: Apache-2.0
 * client/run.h - `sluice run`: scripts without a daemon of their own.
 */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/api.h"
#include "client/output.h"

struct run_options {
	const char *state_dir; /* NULL: temporary */
	const char *const *sets;
	unsigned nsets;
	char *const *files;
	unsigned nfiles;
	enum output_format format;
	bool progress; /* live lines on stderr */
};

/* Returns the exit status. */
int run_files(const struct run_options *o);

/* Set by SIGINT and SIGTERM; run_catch_signals() arms it. */
extern volatile int run_interrupted;
void run_catch_signals(void);
/* Shows an answer's lines; ends it when interrupted or when nobody reads. */
struct api_lines run_lines(struct output *o);

/* The whole of a file ("-": standard input) or -1 with a message. */
int run_read_file(const char *file, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * client/run.h - `sluice run`: scripts without a daemon of their own.
 */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/format.h"

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

#endif

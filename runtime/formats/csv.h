/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/csv.h - what a table says about its csv, and where a record
 * ends: a quoted field may hold line ends, so files are cut by the same rules.
 */
#ifndef RUNTIME_FORMATS_CSV_H
#define RUNTIME_FORMATS_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/options.h"

struct csv_dialect {
	char delimiter[5]; /* one character */
	size_t delimiter_len;
	int quote;         /* a byte; -1: none */
	int escape;        /* a byte; -1: none */
	bool comments;     /* lines that begin with # are none */
	const char *null_literal; /* NULL: none; borrowed from the options */
	size_t null_len;
	const char *between; /* elements of ARRAY and ROW; borrowed */
	size_t between_len;
};

/* options NULL: all defaults. */
int csv_dialect_init(struct csv_dialect *d, const struct options *options,
		     struct error *err);

/* Length of the record that begins at data, its line end included; 0: it does
 * not end within n bytes. */
size_t csv_record_length(const struct csv_dialect *d, const char *data,
			 size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/records.h - raw records to the columns of a scan, with
 * what the table says about records that cannot be used.
 */
#ifndef RUNTIME_OPERATORS_RECORDS_H
#define RUNTIME_OPERATORS_RECORDS_H

#include "runtime/connector.h"
#include "runtime/format.h"
#include "runtime/operator.h"

enum on_error { ON_ERROR_QUARANTINE, ON_ERROR_SKIP, ON_ERROR_FAIL };

struct metadata_column {
	uint16_t out;
	const char *key;
};

struct records {
	struct op *op;
	const struct plan_scan *plan;
	const struct schema *schema;
	struct decoder *key, *value; /* NULL: none */
	bool *early, *late; /* of the value decoder, by position in its spec;
			     * NULL without a filter: all at once */
	bool *late_out;     /* by column of the schema */
	struct program *filter; /* or NULL */
	enum on_error on_error;
	int64_t bytes_max;
	unsigned nmetadata;
	struct metadata_column *metadata;
	const struct source_type *source_type; /* set by records_source() */
	struct source *source;
	/* Of an UPSERT table: by column of the schema, what is valid in a row
	 * that only says that its key is gone; else NULL. */
	bool *of_key;
	bool *of_both; /* stands in the key and in the value */
	/* Of the batch at hand. */
	bool any_failed, any_gone;
	bool failed[BATCH_ROWS];
	bool gone[BATCH_ROWS]; /* UPSERT: the record has no value */
	struct decode_result result;
};

/* Opens the decoders that the table's options name, if the connector gives
 * records at all. r is zeroed memory. */
int records_open(struct records *r, struct op *op, bool has_format,
		 struct error *err);
void records_source(struct records *r, const struct source_type *type,
		    struct source *source);
/* Positions in a batch that a record takes: 1, or 2 of a format of changes.
 * records_spread() gives n records, polled to row `at`, these places; returns
 * how many places that are. */
uint32_t records_width(const struct records *r);
int records_spread(const struct records *r, struct batch *b, uint32_t at,
		   int n);
/* Fills the columns of b from b->raw (or leaves them as the source filled
 * them), gives them weights where the table has changes, and selects the rows
 * that can be used and pass the filter. Rows that
 * failed have NULL in every column, so that they move no watermark; those
 * that the filter stopped keep its columns and the early ones. -1: the table
 * says that a bad record ends the job. */
int records_decode(struct records *r, struct batch *b, struct error *err);
void records_close(struct records *r);

#endif

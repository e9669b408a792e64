/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose.h - a table for records of which nothing is known but their
 * bytes: formats, columns, key, event time, and the CREATE TABLE that says so.
 */
#ifndef RUNTIME_PROPOSE_H
#define RUNTIME_PROPOSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "parser/ast.h"
#include "runtime/shape.h"

struct sample_record {
	const char *value; /* NULL: a tombstone */
	const char *key;   /* NULL: none */
	uint32_t value_len, key_len;
	int64_t timestamp_us; /* TIME_NONE: the source has none */
	int32_t partition;
	int64_t offset;
};

/* The table whose records they are, of which only these count. */
struct sample_table {
	const char *name, *connector;
	bool temporary;
	const struct ast_option *options; /* as they were written */
};

struct proposed_column {
	struct proposed_column *next;
	const char *name;
	const char *type;
	const char *how;    /* behind the type, or for AS instead; NULL: a field */
	bool computed;
	bool in_key;
	unsigned seen, of;  /* in so many records (or rows) of so many */
	const char *example; /* or NULL */
	const char *note;   /* or NULL */
	const struct shape *shape; /* of a field, or NULL */
};

struct proposal {
	struct arena *a;
	const struct sample_table *table;
	unsigned n;                 /* records that were looked at */
	const struct sample_record *rec;
	const char *format;         /* of the value */
	const char *key_format;     /* or NULL */
	const char *key_prefix;     /* of the names of the key's columns, or NULL */
	bool except_key;            /* they are in the key only */
	bool primary_key;           /* the key's columns are the table's */
	bool iso;                   /* times with a T */
	bool envelope;              /* debezium with its schema */
	char delimiter;             /* csv */
	bool empty_is_null;         /* csv: in columns that are no texts */
	unsigned ncols;
	struct proposed_column *cols, **tail;
	const char *time_column;    /* of the WATERMARK, or NULL */
	const char *time_reason;
	unsigned nnotices;
	const char *notices[8];     /* about the records as a whole */
};

/* Options of the table that say where its records are, and not what they are:
 * neither formats nor keys. */
bool option_is_of_place(const char *key);

/* Looks at the records and finds a table that reads all of them that can be
 * read at all: what is proposed has been planned and tried. Everything lives in
 * the arena, and points into the records. */
int propose(const struct sample_table *t, const struct sample_record *rec,
	    unsigned n, struct arena *a, struct proposal **ret,
	    struct error *err);

/* propose_text.c: the CREATE TABLE, with its reasons as comments. */
void proposal_text(const struct proposal *p, struct buf *out);

/* propose_check.c: plans the text and decodes the records; a column whose values
 * cannot be read becomes a STRING. */
int proposal_check(struct proposal *p, struct error *err);

/* The column's values are not what they look like. */
void proposal_make_text(struct proposal *p, struct proposed_column *c,
			unsigned nbad);
void __attribute__((format(printf, 2, 3)))
proposal_notice(struct proposal *p, const char *format, ...);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * parser/options.h - options of connectors and formats, declared once in
 * parser/options.def and checked when a table is created.
 */
#ifndef PARSER_OPTIONS_H
#define PARSER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/types.h"
#include "parser/ast.h"

enum option_type { OPT_STRING, OPT_BOOL, OPT_INT, OPT_DOUBLE,
		   OPT_DURATION /* us; "5 s", "10 min" */,
		   OPT_BYTES /* "4 MiB", "64 kb" */,
		   OPT_ENUM /* one of `values` */ };

enum option_owner { OWNER_CONNECTOR, OWNER_FORMAT };

enum option_use { OPT_SOURCE = 1, OPT_SINK = 2, OPT_REQUIRED = 4 };

struct option_def {
	enum option_owner owner_kind;
	const char *owner; /* "kafka", "json" */
	const char *key;   /* without the format's prefix; a '#' stands for
			    * the name of a column */
	enum option_type type;
	const char *values; /* OPT_ENUM: "a|b|!c", with '!' what comes later;
			     * OPT_INT, OPT_DOUBLE: "min..max"; or NULL */
	const char *fallback; /* default as text, or NULL: none */
	unsigned use;
	const char *help;
};

struct connector_def {
	const char *name;
	unsigned use;      /* OPT_SOURCE, OPT_SINK */
	bool upserts;      /* takes UPSERT with a primary key */
	bool changes;      /* takes any change mode (print, blackhole) */
	bool takes_format;
	bool needs_key;    /* PRIMARY KEY demanded */
	const char *help;
};

const struct connector_def *connector_def_find(const char *name);
const char *const *connector_names(size_t *ret_n);
const struct option_def *option_defs(size_t *ret_n);

struct format_def {
	const char *name;
	bool changes;      /* records say what becomes of rows */
	const char *help;
};
const struct format_def *format_def_find(const char *name);
const char *const *format_names(size_t *ret_n);

/* Columns that a connector can give beside the record: METADATA FROM 'key'; or
 * a format in it, whose keys begin with "value.". */
struct metadata_def {
	const char *connector, *key; /* or the format */
	struct type type;
	bool writable; /* else only as VIRTUAL in a table that is written */
};
const struct metadata_def *metadata_def_find(const char *connector,
					     const char *key);
/* All of a connector's keys as "a, b, c", for messages; "" for none. */
const char *metadata_keys(const char *connector, struct arena *a);

/* The options of one table, resolved: every key that was given, checked, and
 * every default. Format options of a value.format or key.format are asked for
 * by "json.x" / "value.json.x" / "key.json.x" exactly as written in SQL, but
 * the readers below find them by the plain key of the format's own view
 * (options_of_format()). */
struct options {
	const char *connector;
	unsigned n;
	unsigned ngiven; /* the first ones were given, the rest are defaults */
	const char **keys;   /* a Kafka property: by librdkafka's name */
	const char **values;
	const struct option_def **defs; /* NULL for properties.* */
};

struct ast_option;
struct parse;
struct options_request {
	const struct ast_option *list; /* WITH (...) */
	const struct parse *parse;     /* its text, for errors */
	const struct ast_option *hints; /* OPTIONS(...) of a query, or NULL */
	const struct parse *hints_parse;
	struct span at;        /* what an option is missing of, in `parse` */
	unsigned ncols;        /* for fields.<column>.<option> */
	const char *const *cols;
};

/* Checks every key and value; errors point at the one that is wrong. */
int options_resolve(const struct options_request *rq, struct arena *a,
		    struct options **ret, struct error *err);
/* Places an error at the value (or key) of `key` as written; else at `at`. */
void options_error_at(const struct options_request *rq, const char *key,
		      bool at_value, struct error *err);
/* A copy that shares nothing with the original but the tables' rows. */
const struct options *options_dup(const struct options *o, struct arena *a);

/* The table's format is one of changes: it gives and takes rows that update
 * others, whatever its connector. */
bool options_have_changes(const struct options *o);

/* Values as text, or NULL when neither given nor defaulted. The typed readers
 * need an option that has a value: CHECKed, since the table was checked. */
const char *options_get(const struct options *o, const char *key);
bool options_given(const struct options *o, const char *key);
bool options_bool(const struct options *o, const char *key);
int64_t options_int(const struct options *o, const char *key);
double options_double(const struct options *o, const char *key);
int64_t options_duration_us(const struct options *o, const char *key);
int64_t options_bytes(const struct options *o, const char *key);

/* A source with these options ends by itself. */
bool options_bounded(const struct options *o);

/* The options of the table's value format (which = "value") or key format
 * ("key"): connector is the format's name. NULL: the table has none. */
const struct options *options_of_format(const struct options *o,
					const char *which, struct arena *a);

/* Text to microseconds or bytes, as Flink reads them ("10 s", "5min",
 * "100 ms", "1 d"; "4 mb", "64 KiB"); false: not one. Used by settings too. */
bool duration_parse(const char *text, int64_t *ret_us);
bool bytes_parse(const char *text, int64_t *ret_bytes);

#endif

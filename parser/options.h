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

enum option_type { OPT_STRING, OPT_BOOL, OPT_INT, OPT_DOUBLE,
		   OPT_DURATION /* us; "5 s", "10 min" */,
		   OPT_BYTES /* "4 MiB", "64 kb" */,
		   OPT_ENUM /* one of `values` */ };

enum option_owner { OWNER_CONNECTOR, OWNER_FORMAT };

enum option_use { OPT_SOURCE = 1, OPT_SINK = 2, OPT_REQUIRED = 4 };

struct option_def {
	enum option_owner owner_kind;
	const char *owner; /* "kafka", "json" */
	const char *key;   /* without the format's prefix */
	enum option_type type;
	const char *values; /* OPT_ENUM: "a|b|c"; numbers: "min..max" or NULL */
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
const struct option_def *option_defs(size_t *ret_n);

/* The options of one table, resolved: every key that was given, checked, and
 * every default. Format options of a value.format or key.format are asked for
 * by "json.x" / "value.json.x" / "key.json.x" exactly as written in SQL, but
 * the readers below find them by the plain key of the format's own view
 * (options_of_format()). */
struct options {
	const char *connector;
	unsigned n;
	const char **keys;
	const char **values;
	const struct option_def **defs; /* NULL for properties.* */
};

/* Values as text, or NULL when neither given nor defaulted. The typed readers
 * need an option that has a value: CHECKed, since the table was checked. */
const char *options_get(const struct options *o, const char *key);
bool options_given(const struct options *o, const char *key);
bool options_bool(const struct options *o, const char *key);
int64_t options_int(const struct options *o, const char *key);
double options_double(const struct options *o, const char *key);
int64_t options_duration_us(const struct options *o, const char *key);
int64_t options_bytes(const struct options *o, const char *key);

/* The options of the table's value format (which = "value") or key format
 * ("key"): connector is the format's name. NULL: the table has none. */
const struct options *options_of_format(const struct options *o,
					const char *which, struct arena *a);

/* Text to microseconds or bytes, as Flink reads them ("10 s", "5min",
 * "100 ms", "1 d"; "4 mb", "64 KiB"); false: not one. Used by settings too. */
bool duration_parse(const char *text, int64_t *ret_us);
bool bytes_parse(const char *text, int64_t *ret_bytes);

#endif

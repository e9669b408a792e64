/* SPDX-License-Identifier: Apache-2.0
 * parser/options_resolve.c - a table's WITH (...) and a query's hints, checked
 * key by key against the tables, with the defaults filled in. Every error
 * points at the key or the value that is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/kafka_keys.h"
#include "parser/options.h"
#include "parser/parse.h"

static const struct {
	enum option_owner kind;
	const char *owner, *key, *instead;
} later[] = {
#define LATER(kind, owner, key, instead) { kind, owner, key, instead },
#include "parser/options.def"
};

static const char *const formats_later[] = {
	"avro", "avro-confluent", "canal-json", "debezium-avro-confluent",
	"maxwell-json", "ogg-json", "orc", "parquet",
	"protobuf", "protobuf-confluent",
};

static const char *const connectors_later[] = {
	"dynamodb", "elasticsearch-7", "firehose", "hbase-2.2", "jdbc",
	"kinesis", "mongodb", "opensearch", "sqlite",
};

#define ENUM_VALUES_MAX 16
#define PROPERTIES "properties."

/* One option as written, in the text that it was written in. */
struct given {
	const struct ast_option *o;
	const struct parse *parse;
};

struct resolve {
	const struct options_request *rq;
	struct arena *a;
	struct error *err;
	unsigned n;
	struct given *given;
	const struct connector_def *connector;
	struct options *out;
};

static int
at_key(struct resolve *r, const struct given *g)
{
	return parse_error_at(g->parse, g->o->key_at, r->err);
}

static int
at_value(struct resolve *r, const struct given *g)
{
	return parse_error_at(g->parse, g->o->value_at, r->err);
}

static const struct given *
given_find(const struct resolve *r, const char *key)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcmp(r->given[i].o->key, key) == 0)
			return &r->given[i];
	return NULL;
}

/* A hint replaces the table's own option; the same key twice in one list is a
 * mistake. */
static int
collect(struct resolve *r, const struct ast_option *list,
	const struct parse *parse)
{
	unsigned before = r->n;

	for (const struct ast_option *o = list; o; o = o->next) {
		struct given g = { o, parse };
		unsigned i;

		for (i = 0; i < r->n; i++)
			if (strcmp(r->given[i].o->key, o->key) == 0)
				break;
		if (i >= before && i < r->n) {
			error_set(r->err, ERR_DUPLICATE,
				  "option '%s' is given twice", o->key);
			return at_key(r, &g);
		}
		r->given[i] = g;
		r->n += i == r->n;
	}
	return 0;
}

static bool
listed(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
unknown_name(struct resolve *r, const struct given *g, enum error_code code,
	     const char *what, const char *const *names, size_t n)
{
	const char *near = error_nearest(g->o->value, names, n), *all = "";

	error_set(r->err, code, "there is no %s '%s'", what, g->o->value);
	if (near)
		error_hint(r->err, "did you mean '%s'?", near);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(r->a, "%s%s%s", all, *all ? ", " : "",
				   names[i]);
	error_note(r->err, "%ss: %s", what, all);
	return at_value(r, g);
}

static int
find_connector(struct resolve *r)
{
	const struct given *g = given_find(r, "connector");
	const char *const *names;
	size_t n;

	if (!g) {
		error_set(r->err, ERR_MISSING_OPTION,
			  "the table has no 'connector'");
		error_note(r->err, "write WITH ('connector' = 'kafka', ...), "
			   "'datagen', 'filesystem', 'print' or 'blackhole'");
		return parse_error_at(r->rq->parse, r->rq->at, r->err);
	}
	r->connector = connector_def_find(g->o->value);
	if (r->connector)
		return 0;
	if (listed(connectors_later, ARRAY_LEN(connectors_later),
		   g->o->value)) {
		error_set(r->err, ERR_UNSUPPORTED, "the connector '%s' is not "
			  "supported yet", g->o->value);
		error_note(r->err, "write to 'kafka' or 'filesystem' and load "
			   "from there");
		return at_value(r, g);
	}
	names = connector_names(&n);
	return unknown_name(r, g, ERR_UNKNOWN_CONNECTOR, "connector", names, n);
}

static int
check_format(struct resolve *r, const struct given *g)
{
	const char *const *names;
	size_t n;

	if (format_def_find(g->o->value))
		return 0;
	if (listed(formats_later, ARRAY_LEN(formats_later),
		   g->o->value)) {
		error_set(r->err, ERR_UNSUPPORTED, "the format '%s' is not "
			  "supported yet", g->o->value);
		error_note(r->err, "formats today: json, csv, raw, debezium-json");
		return at_value(r, g);
	}
	names = format_names(&n);
	return unknown_name(r, g, ERR_UNKNOWN_FORMAT, "format", names, n);
}

/* ---- keys ---- */

/* `written` is `pattern`, where '#' stands for one column's name. */
static bool
key_matches(const struct options_request *rq, const char *pattern,
	    const char *written)
{
	const char *hash = strchr(pattern, '#');
	size_t head, tail, n = strlen(written);

	if (!hash)
		return strcmp(pattern, written) == 0;
	head = (size_t)(hash - pattern);
	tail = strlen(hash + 1);
	if (n <= head + tail || strncmp(pattern, written, head) != 0 ||
	    strcmp(hash + 1, written + n - tail) != 0)
		return false;
	for (unsigned i = 0; i < rq->ncols; i++)
		if (strlen(rq->cols[i]) == n - head - tail &&
		    memcmp(rq->cols[i], written + head, n - head - tail) == 0)
			return true;
	return false;
}

static const struct option_def *
def_find(const struct resolve *r, enum option_owner kind, const char *owner,
	 const char *key)
{
	size_t n;
	const struct option_def *defs = option_defs(&n);

	for (size_t i = 0; i < n; i++)
		if (defs[i].owner_kind == kind &&
		    strcmp(defs[i].owner, owner) == 0 &&
		    key_matches(r->rq, defs[i].key, key))
			return &defs[i];
	return NULL;
}

static const char *
later_find(enum option_owner kind, const char *owner, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		if (later[i].kind == kind &&
		    strcmp(later[i].owner, owner) == 0 &&
		    strcmp(later[i].key, key) == 0)
			return later[i].instead;
	return NULL;
}

/* The format that an option's key begins with, and the rest of the key. */
static const char *
format_of_key(const struct resolve *r, const char *written,
	      const char **ret_rest)
{
	bool of_key = strncmp(written, "key.", 4) == 0;
	bool of_value = strncmp(written, "value.", 6) == 0;
	const struct given *g = given_find(r, of_key ? "key.format"
						     : "value.format");
	size_t n;

	if (!g && !of_key)
		g = given_find(r, "format");
	if (!g)
		return NULL;
	written += of_key ? 4 : of_value ? 6 : 0;
	n = strlen(g->o->value);
	if (strncmp(written, g->o->value, n) != 0 || written[n] != '.')
		return NULL;
	*ret_rest = written + n + 1;
	return g->o->value;
}

static int
not_yet(struct resolve *r, const struct given *g, const char *instead)
{
	error_set(r->err, ERR_UNSUPPORTED, "the option '%s' is not supported "
		  "yet", g->o->key);
	error_note(r->err, "%s", instead);
	return at_key(r, g);
}

static int
unknown_key(struct resolve *r, const struct given *g, enum option_owner kind,
	    const char *owner, const char *key)
{
	size_t n, found = 0;
	const struct option_def *defs = option_defs(&n);
	const char **names = arena_array(r->a, n, const char *);
	const char *near, *list = "", *hash;
	const char *end = strrchr(key, '.'); /* of the column's name */

	for (size_t i = 0; i < n; i++) {
		if (defs[i].owner_kind != kind ||
		    strcmp(defs[i].owner, owner) != 0)
			continue;
		hash = strchr(defs[i].key, '#');
		if (!hash)
			names[found++] = defs[i].key;
		else if (end && end > key + (hash - defs[i].key) &&
			 strncmp(key, defs[i].key,
				 (size_t)(hash - defs[i].key)) == 0)
			names[found++] = arena_printf(r->a, "%.*s%s",
						      (int)(end - key), key,
						      hash + 1);
		list = arena_printf(r->a, "%s%s%.*s%s%s", list,
				    *list ? ", " : "",
				    (int)strcspn(defs[i].key, "#"),
				    defs[i].key, hash ? "<column>" : "",
				    hash ? hash + 1 : "");
	}
	error_set(r->err, ERR_UNKNOWN_OPTION, "the %s '%s' has no option '%s'",
		  kind == OWNER_FORMAT ? "format" : "connector", owner, key);
	near = error_nearest(key, names, found);
	if (near && strcmp(near, key) != 0) /* else there is no such column */
		error_hint(r->err, "did you mean '%s'?", near);
	error_note(r->err, "its options: %s", *list ? list : "none");
	return at_key(r, g);
}

/* ---- values ---- */

static int
bad_value(struct resolve *r, const struct given *g, const char *wanted)
{
	error_set(r->err, ERR_INVALID_OPTION, "'%s' is no value for '%s'",
		  g->o->value, g->o->key);
	error_hint(r->err, "%s", wanted);
	return at_value(r, g);
}

enum enum_match { ENUM_UNKNOWN, ENUM_KNOWN, ENUM_LATER };

/* Looks the value up in "a|b|!c"; *ret_list gets "a, b", names[] both. */
static enum enum_match
enum_find(struct arena *a, const char *values, const char *value,
	  const char **ret_list, const char **names, size_t *ret_n)
{
	enum enum_match found = ENUM_UNKNOWN;

	*ret_list = "";
	*ret_n = 0;
	for (const char *p = values; *p; p += *p == '|') {
		bool planned = *p == '!';
		size_t k = strcspn(p += planned, "|");

		if (k == strlen(value) && strncmp(p, value, k) == 0)
			found = planned ? ENUM_LATER : ENUM_KNOWN;
		if (!planned) {
			CHECK(*ret_n < ENUM_VALUES_MAX);
			names[*ret_n] = arena_strndup(a, p, k);
			*ret_list = arena_printf(a, "%s%s%s", *ret_list,
						 **ret_list ? ", " : "",
						 names[(*ret_n)++]);
		}
		p += k;
	}
	return found;
}

static int
check_enum(struct resolve *r, const struct given *g, const char *values)
{
	const char *names[ENUM_VALUES_MAX], *near, *list;
	enum enum_match match;
	size_t n;

	match = enum_find(r->a, values, g->o->value, &list, names, &n);
	if (match == ENUM_KNOWN)
		return 0;
	if (match == ENUM_LATER) {
		error_set(r->err, ERR_UNSUPPORTED, "'%s' = '%s' is not "
			  "supported yet", g->o->key, g->o->value);
		error_note(r->err, "values today: %s", list);
		return at_value(r, g);
	}
	near = error_nearest(g->o->value, names, n);
	bad_value(r, g, near ? arena_printf(r->a, "did you mean '%s'?", near)
			     : "see the values below");
	error_note(r->err, "values: %s", list);
	return -1;
}

static int
check_number(struct resolve *r, const struct given *g,
	     const struct option_def *def)
{
	const char *dots = def->values ? strstr(def->values, "..") : NULL;
	const char *wanted = def->type == OPT_INT ? "a whole number"
						  : "a number";
	double v, low, high;
	char *end;

	if (dots)
		wanted = arena_printf(r->a, "%s of %s%.*s%s%s", wanted,
				      dots[2] ? "" : "at least ",
				      (int)(dots - def->values), def->values,
				      dots[2] ? " to " : "", dots + 2);
	errno = 0;
	if (def->type == OPT_INT)
		v = (double)strtoll(g->o->value, &end, 10);
	else
		v = strtod(g->o->value, &end);
	if (errno != 0 || end == g->o->value || *end != '\0' || v != v)
		return bad_value(r, g, wanted);
	low = dots && dots > def->values ? strtod(def->values, NULL) : v;
	high = dots && dots[2] ? strtod(dots + 2, NULL) : v;
	if (v < low || v > high)
		return bad_value(r, g, wanted);
	return 0;
}

static int
check_value(struct resolve *r, const struct given *g,
	    const struct option_def *def)
{
	int64_t v;

	switch (def->type) {
	case OPT_STRING:
		return 0;
	case OPT_BOOL:
		if (strcasecmp(g->o->value, "true") == 0 ||
		    strcasecmp(g->o->value, "false") == 0)
			return 0;
		return bad_value(r, g, "'true' or 'false'");
	case OPT_INT:
	case OPT_DOUBLE:
		return check_number(r, g, def);
	case OPT_DURATION:
		if (duration_parse(g->o->value, &v))
			return 0;
		return bad_value(r, g, "a duration such as '5 s', '10 min' or "
				 "'1 h'");
	case OPT_BYTES:
		if (bytes_parse(g->o->value, &v))
			return 0;
		return bad_value(r, g, "a size such as '64 kb' or '4 mb'");
	case OPT_ENUM:
		return check_enum(r, g, def->values);
	}
	return 0;
}

/* ---- putting it together ---- */

static void
add(struct resolve *r, const char *key, const char *value,
    const struct option_def *def)
{
	struct options *o = r->out;

	o->keys[o->n] = key;
	o->values[o->n] = value;
	o->defs[o->n++] = def;
}

/* What a connection stands for cannot be changed by who may only name it:
 * its secrets would go to any address. */
static int
beside_connection(struct resolve *r, const struct given *g)
{
	const struct given *c = given_find(r, "connection");

	error_set(r->err, ERR_REFUSED_PROPERTY,
		  "'%s' belongs to the connection '%s'", g->o->key,
		  c->o->value);
	error_note(r->err, "address and security are the connection's alone; "
		   "leave one of the two out");
	return at_key(r, g);
}

static int
resolve_property(struct resolve *r, const struct given *g)
{
	const struct kafka_key *k =
		kafka_key_find(PROPERTIES, g->o->key + strlen(PROPERTIES),
			       r->err);

	if (!k)
		return at_key(r, g);
	if (k->kind != KAFKA_KEY_TUNING && given_find(r, "connection"))
		return beside_connection(r, g);
	if (kafka_key_check(k, PROPERTIES, g->o->value, r->err) < 0)
		return at_value(r, g);
	add(r, arena_printf(r->a, PROPERTIES "%s", k->librdkafka),
	    arena_strdup(r->a, g->o->value), NULL);
	return 0;
}

static bool
takes_properties(const struct connector_def *c)
{
	return strcmp(c->name, "kafka") == 0 ||
	       strcmp(c->name, "upsert-kafka") == 0;
}

static int
resolve_one(struct resolve *r, const struct given *g)
{
	const char *key = g->o->key, *rest, *format, *instead;
	const struct option_def *def;

	if (strcmp(key, "connector") == 0)
		return 0;
	if (takes_properties(r->connector) &&
	    strncmp(key, PROPERTIES, strlen(PROPERTIES)) == 0)
		return resolve_property(r, g);
	def = def_find(r, OWNER_CONNECTOR, r->connector->name, key);
	instead = later_find(OWNER_CONNECTOR, r->connector->name, key);
	if (instead)
		return not_yet(r, g, instead);
	if (!def && r->connector->takes_format) {
		format = format_of_key(r, key, &rest);
		if (format) {
			def = def_find(r, OWNER_FORMAT, format, rest);
			instead = later_find(OWNER_FORMAT, format, rest);
			if (instead)
				return not_yet(r, g, instead);
			if (!def)
				return unknown_key(r, g, OWNER_FORMAT, format,
						   rest);
		}
	}
	if (!def)
		return unknown_key(r, g, OWNER_CONNECTOR, r->connector->name,
				   key);
	if (check_value(r, g, def) < 0)
		return -1;
	add(r, arena_strdup(r->a, key), arena_strdup(r->a, g->o->value), def);
	return 0;
}

static int
missing(struct resolve *r, const char *key, const char *example)
{
	error_set(r->err, ERR_MISSING_OPTION,
		  "the connector '%s' needs the option '%s'",
		  r->connector->name, key);
	if (example)
		error_note(r->err, "for example '%s' = '%s'", key, example);
	return parse_error_at(r->rq->parse, r->rq->at, r->err);
}

static int
check_required(struct resolve *r)
{
	size_t n;
	const struct option_def *defs = option_defs(&n);

	for (size_t i = 0; i < n; i++)
		if (defs[i].use & OPT_REQUIRED &&
		    strcmp(defs[i].owner, r->connector->name) == 0 &&
		    !options_get(r->out, defs[i].key))
			return missing(r, defs[i].key, NULL);
	if (!takes_properties(r->connector))
		return 0;
	if (!options_get(r->out, "connection") &&
	    !options_get(r->out, "properties.bootstrap.servers"))
		return missing(r, "properties.bootstrap.servers",
			       "127.0.0.1:9092");
	if (!options_get(r->out, "format") &&
	    !options_get(r->out, "value.format"))
		return missing(r, "format", "json");
	return 0;
}

static void
add_defaults(struct resolve *r)
{
	size_t n;
	const struct option_def *defs = option_defs(&n);

	for (size_t i = 0; i < n; i++) {
		const struct option_def *d = &defs[i];
		const char *hash = strchr(d->key, '#');

		if (d->owner_kind != OWNER_CONNECTOR || !d->fallback ||
		    strcmp(d->owner, r->connector->name) != 0)
			continue;
		if (!hash && !options_get(r->out, d->key))
			add(r, d->key, d->fallback, d);
		for (unsigned c = 0; hash && c < r->rq->ncols; c++) {
			const char *key = arena_printf(
				r->a, "%.*s%s%s", (int)(hash - d->key), d->key,
				r->rq->cols[c], hash + 1);

			if (!options_get(r->out, key))
				add(r, key, d->fallback, d);
		}
	}
}

static size_t
count_defaults(const struct resolve *r)
{
	size_t n, count = 0;
	const struct option_def *defs = option_defs(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(defs[i].owner, r->connector->name) == 0)
			count += strchr(defs[i].key, '#') ? r->rq->ncols : 1;
	return count;
}

static unsigned
list_length(const struct ast_option *o)
{
	unsigned n = 0;

	for (; o; o = o->next)
		n++;
	return n;
}

static int
check_formats(struct resolve *r)
{
	static const char *const keys[] = { "format", "value.format",
					    "key.format" };
	const struct given *g;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		g = given_find(r, keys[i]);
		if (g && r->connector->takes_format && check_format(r, g) < 0)
			return -1;
	}
	g = given_find(r, "value.format");
	if (g && given_find(r, "format")) {
		error_set(r->err, ERR_DUPLICATE, "'format' and 'value.format' "
			  "mean the same: give one of them");
		return at_key(r, g);
	}
	return 0;
}

static int
resolve_all(struct resolve *r)
{
	const struct options_request *rq = r->rq;
	struct arena *a = r->a;
	unsigned given = list_length(rq->list) + list_length(rq->hints);
	size_t room = given;

	r->given = arena_array(a, given + 1, struct given);
	if (collect(r, rq->list, rq->parse) < 0)
		return -1;
	if (collect(r, rq->hints, rq->hints_parse) < 0)
		return -1;
	if (find_connector(r) < 0 || check_formats(r) < 0)
		return -1;
	room += count_defaults(r);
	r->out = arena_new(a, struct options);
	r->out->connector = r->connector->name;
	r->out->keys = arena_array(a, room, const char *);
	r->out->values = arena_array(a, room, const char *);
	r->out->defs = arena_array(a, room, const struct option_def *);
	for (unsigned i = 0; i < r->n; i++)
		if (resolve_one(r, &r->given[i]) < 0)
			return -1;
	r->out->ngiven = r->out->n;
	if (check_required(r) < 0)
		return -1;
	add_defaults(r);
	return 0;
}

/* The excerpt of an error shows the whole line: a secret that was written out
 * must not go on from there to wherever errors are kept. */
static void
hide_secrets(const struct resolve *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct ast_option *o = r->given[i].o;

		if (strncmp(o->key, PROPERTIES, strlen(PROPERTIES)) == 0 &&
		    kafka_key_is_delicate(o->key) &&
		    strncmp(o->value, "${", 2) != 0)
			error_hide(r->err);
	}
}

int
options_resolve(const struct options_request *rq, struct arena *a,
		struct options **ret, struct error *err)
{
	struct resolve r = { .rq = rq, .a = a, .err = err };

	if (resolve_all(&r) < 0) {
		hide_secrets(&r);
		return -1;
	}
	*ret = r.out;
	return 0;
}

void
options_error_at(const struct options_request *rq, const char *key,
		 bool at_value, struct error *err)
{
	const struct ast_option *lists[] = { rq->hints, rq->list };
	const struct parse *parses[] = { rq->hints_parse, rq->parse };

	for (unsigned i = 0; i < ARRAY_LEN(lists); i++) {
		for (const struct ast_option *o = lists[i]; o; o = o->next) {
			if (strcmp(o->key, key) != 0)
				continue;
			parse_error_at(parses[i],
				       at_value ? o->value_at : o->key_at, err);
			return;
		}
	}
	parse_error_at(rq->parse, rq->at, err);
}

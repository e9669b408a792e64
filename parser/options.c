/* SPDX-License-Identifier: Apache-2.0
 * parser/options.c - the tables of connectors, formats and their options, and
 * the typed readers of a table's options once they are resolved.
 */
#include "parser/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"

static const struct connector_def connectors[] = {
#define CONNECTOR(name, use, upserts, changes, takes_format, needs_key, help) \
	{ name, use, upserts, changes, takes_format, needs_key, help },
#include "parser/options.def"
};

static const struct format_def formats[] = {
#define FORMAT(name, changes, help) { name, changes, help },
#include "parser/options.def"
};

/* Key and value of a MAP<STRING, STRING>. */
static const struct type_field texts_by_text[] = {
	{ NULL, { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX,
		  .nullable = true } },
	{ NULL, { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX,
		  .nullable = true } },
};

/* Of a MAP<STRING, BYTES>. */
static const struct type_field bytes_by_text[] = {
	{ NULL, { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX,
		  .nullable = true } },
	{ NULL, { .kind = TYPE_VARBINARY, .length = TYPE_LENGTH_MAX,
		  .nullable = true } },
};

static const struct metadata_def metadata[] = {
#define METADATA(connector, key, type, writable) \
	{ connector, key, type, writable },
#include "parser/options.def"
};

static const struct option_def options[] = {
#define OPTION(kind, owner, key, type, values, fallback, use, help) \
	{ kind, owner, key, type, values, fallback, use, help },
#include "parser/options.def"
};

const struct connector_def *
connector_def_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(connectors); i++)
		if (strcmp(connectors[i].name, name) == 0)
			return &connectors[i];
	return NULL;
}

const char *const *
connector_names(size_t *ret_n)
{
	static const char *const names[] = {
#define CONNECTOR(name, use, upserts, changes, takes_format, needs_key, help) \
	name,
#include "parser/options.def"
	};

	*ret_n = ARRAY_LEN(names);
	return names;
}

const struct format_def *
format_def_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

const char *const *
format_names(size_t *ret_n)
{
	static const char *const names[] = {
#define FORMAT(name, changes, help) name,
#include "parser/options.def"
	};

	*ret_n = ARRAY_LEN(names);
	return names;
}

const struct metadata_def *
metadata_def_find(const char *connector, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(metadata); i++)
		if (strcmp(metadata[i].connector, connector) == 0 &&
		    strcmp(metadata[i].key, key) == 0)
			return &metadata[i];
	return NULL;
}

const char *
metadata_keys(const char *connector, struct arena *a)
{
	const char *list = "";

	for (size_t i = 0; i < ARRAY_LEN(metadata); i++)
		if (strcmp(metadata[i].connector, connector) == 0)
			list = arena_printf(a, "%s%s%s", list, *list ? ", " : "",
					    metadata[i].key);
	return list;
}

const struct option_def *
option_defs(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(options);
	return options;
}

bool
options_have_changes(const struct options *o)
{
	const char *format = options_get(o, "value.format");
	const struct format_def *def;

	if (!format)
		format = options_get(o, "format");
	def = format ? format_def_find(format) : NULL;
	return def && def->changes;
}

/* ---- reading ---- */

static int
find(const struct options *o, const char *key)
{
	for (unsigned i = 0; i < o->n; i++)
		if (strcmp(o->keys[i], key) == 0)
			return (int)i;
	return -1;
}

const char *
options_get(const struct options *o, const char *key)
{
	int i = find(o, key);

	return i < 0 ? NULL : o->values[i];
}

bool
options_given(const struct options *o, const char *key)
{
	int i = find(o, key);

	return i >= 0 && (unsigned)i < o->ngiven;
}

static const char *
value_of(const struct options *o, const char *key)
{
	const char *value = options_get(o, key);

	CHECK(value);
	return value;
}

bool
options_bool(const struct options *o, const char *key)
{
	return strcasecmp(value_of(o, key), "true") == 0;
}

int64_t
options_int(const struct options *o, const char *key)
{
	return strtoll(value_of(o, key), NULL, 10);
}

double
options_double(const struct options *o, const char *key)
{
	return strtod(value_of(o, key), NULL);
}

int64_t
options_duration_us(const struct options *o, const char *key)
{
	int64_t us;

	CHECK(duration_parse(value_of(o, key), &us));
	return us;
}

int64_t
options_bytes(const struct options *o, const char *key)
{
	int64_t bytes;

	CHECK(bytes_parse(value_of(o, key), &bytes));
	return bytes;
}

const struct options *
options_dup(const struct options *o, struct arena *a)
{
	struct options *copy = arena_new(a, struct options);

	*copy = *o;
	copy->connector = arena_strdup(a, o->connector);
	copy->keys = arena_array(a, o->n, const char *);
	copy->values = arena_array(a, o->n, const char *);
	copy->defs = arena_array(a, o->n, const struct option_def *);
	for (unsigned i = 0; i < o->n; i++) {
		copy->keys[i] = arena_strdup(a, o->keys[i]);
		copy->values[i] = arena_strdup(a, o->values[i]);
		copy->defs[i] = o->defs[i];
	}
	return copy;
}

bool
options_bounded(const struct options *o)
{
	const char *mode = options_get(o, "scan.bounded.mode");

	if (mode)
		return strcmp(mode, "unbounded") != 0;
	if (strcmp(o->connector, "filesystem") == 0 ||
	    strcmp(o->connector, "values") == 0)
		return true;
	for (unsigned i = 0; i < o->n; i++)
		if (strcmp(o->keys[i], "number-of-rows") == 0 ||
		    (strncmp(o->keys[i], "fields.", 7) == 0 &&
		     strcmp(o->values[i], "sequence") == 0))
			return true;
	return false;
}

/* ---- a format's own view ---- */

/* The plain key of an option as written: "json.x", "value.json.x" for the
 * value, "key.json.x" for the key. NULL: it is not this format's. */
static const char *
plain_key(const char *written, const char *format, bool of_key)
{
	size_t n = strlen(format);

	if (of_key) {
		if (strncmp(written, "key.", 4) != 0)
			return NULL;
		written += 4;
	} else if (strncmp(written, "value.", 6) == 0) {
		written += 6;
	}
	if (strncmp(written, format, n) != 0 || written[n] != '.')
		return NULL;
	return written + n + 1;
}

static void
view_add(struct options *view, const char *key, const char *value,
	 const struct option_def *def)
{
	view->keys[view->n] = key;
	view->values[view->n] = value;
	view->defs[view->n++] = def;
}

static void
view_add_defaults(struct options *view)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option_def *def = &options[i];

		if (def->owner_kind == OWNER_FORMAT && def->fallback &&
		    strcmp(def->owner, view->connector) == 0 &&
		    find(view, def->key) < 0)
			view_add(view, def->key, def->fallback, def);
	}
}

const struct options *
options_of_format(const struct options *o, const char *which, struct arena *a)
{
	bool of_key = strcmp(which, "key") == 0;
	const char *format = options_get(o, of_key ? "key.format"
						   : "value.format");
	struct options *view;
	size_t room = o->n + ARRAY_LEN(options);

	if (!format && !of_key)
		format = options_get(o, "format");
	if (!format)
		return NULL;
	view = arena_new(a, struct options);
	view->connector = format;
	view->keys = arena_array(a, room, const char *);
	view->values = arena_array(a, room, const char *);
	view->defs = arena_array(a, room, const struct option_def *);
	for (unsigned i = 0; i < o->ngiven; i++) {
		const char *key = plain_key(o->keys[i], format, of_key);

		if (key && o->defs[i] &&
		    o->defs[i]->owner_kind == OWNER_FORMAT)
			view_add(view, key, o->values[i], o->defs[i]);
	}
	view->ngiven = view->n;
	view_add_defaults(view);
	return view;
}

/* ---- durations and sizes ---- */

struct unit {
	const char *names; /* separated by blanks */
	int64_t factor;
};

static bool
unit_find(const struct unit *units, size_t n, const char *word, size_t len,
	  int64_t *ret_factor)
{
	for (size_t i = 0; i < n; i++) {
		for (const char *p = units[i].names; *p;) {
			size_t k = strcspn(p, " ");

			if (k == len && strncasecmp(p, word, len) == 0) {
				*ret_factor = units[i].factor;
				return true;
			}
			p += k;
			p += strspn(p, " ");
		}
	}
	return false;
}

/* A whole number, maybe blanks, maybe a unit: Flink's form of both. */
static bool
quantity_parse(const char *text, const struct unit *units, size_t n,
	       int64_t bare_factor, int64_t *ret)
{
	int64_t factor = bare_factor, v;
	const char *p = text + strspn(text, " ");
	size_t len;
	char *end;

	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	v = strtoll(p, &end, 10);
	if (errno != 0)
		return false;
	p = end + strspn(end, " ");
	len = strcspn(p, " ");
	if (p[len + strspn(p + len, " ")] != '\0')
		return false;
	if (len > 0 && !unit_find(units, n, p, len, &factor))
		return false;
	return !__builtin_mul_overflow(v, factor, ret);
}

bool
duration_parse(const char *text, int64_t *ret_us)
{
	static const struct unit units[] = {
		{ "us micro micros microsecond microseconds \xc2\xb5s", 1 },
		{ "ms milli millis millisecond milliseconds", US_PER_MS },
		{ "s sec secs second seconds", US_PER_SECOND },
		{ "m min mins minute minutes", US_PER_MINUTE },
		{ "h hour hours", US_PER_HOUR },
		{ "d day days", US_PER_DAY },
	};

	return quantity_parse(text, units, ARRAY_LEN(units), US_PER_MS, ret_us);
}

bool
bytes_parse(const char *text, int64_t *ret_bytes)
{
	static const struct unit units[] = {
		{ "b bytes byte", 1 },
		{ "k kb kib kibibytes", INT64_C(1) << 10 },
		{ "m mb mib mebibytes", INT64_C(1) << 20 },
		{ "g gb gib gibibytes", INT64_C(1) << 30 },
		{ "t tb tib tebibytes", INT64_C(1) << 40 },
	};

	return quantity_parse(text, units, ARRAY_LEN(units), 1, ret_bytes);
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_rows.c - the key takes `key.fields`, or the columns
 * of PRIMARY KEY in the order of the clause (upsert-kafka); the value takes
 * all columns or those outside of the key.
 */
#include "runtime/connectors/kafka_rows.h"

#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/connectors/kafka_headers.h"

/* ---- which columns ---- */

struct columns {
	unsigned n;
	struct encode_column *list;
};

static void
columns_add(struct columns *c, const struct sink_spec *spec, unsigned col,
	    const char *name)
{
	c->list[c->n++] = (struct encode_column){
		.name = name, .type = spec->schema->cols[col].type, .in = col,
	};
}

static bool
columns_have(const struct columns *c, unsigned col)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->list[i].in == col)
			return true;
	return false;
}

static const char *
metadata_of(const struct sink_spec *spec, unsigned col)
{
	return spec->sink->metadata_keys ? spec->sink->metadata_keys[col]
					 : NULL;
}

/* A key column under the name that it has in the record. */
static int
key_add(struct columns *key, const struct sink_spec *spec, unsigned col,
	struct error *err)
{
	const char *prefix = options_get(spec->options, "key.fields-prefix");
	const char *name = spec->schema->cols[col].name;
	size_t n = prefix ? strlen(prefix) : 0;

	if (n && strncmp(name, prefix, n) != 0)
		return error_set(err, ERR_INVALID_OPTION,
				 "key column '%s' does not begin with "
				 "'key.fields-prefix' = '%s'", name, prefix);
	columns_add(key, spec, col, name + n);
	return 0;
}

static int
key_fields(struct columns *key, const struct sink_spec *spec, struct error *err)
{
	const char *list = options_get(spec->options, "key.fields");

	while (list && *list) {
		size_t n = strcspn(list, ";");
		char name[256];
		int col;

		if (n >= sizeof(name))
			return error_set(err, ERR_INVALID_OPTION,
					 "a name in 'key.fields' is too long");
		memcpy(name, list, n);
		name[n] = '\0';
		col = schema_find(spec->schema, name);
		if (n && col < 0)
			return error_set(err, ERR_UNKNOWN_COLUMN,
					 "'key.fields' names '%s', which the "
					 "table does not have", name);
		if (n && key_add(key, spec, (unsigned)col, err) < 0)
			return -1;
		list += n + (list[n] == ';');
	}
	return 0;
}

static int
key_columns(struct columns *key, const struct sink_spec *spec, bool upsert,
	    struct error *err)
{
	if (!upsert)
		return key_fields(key, spec, err);
	for (unsigned i = 0; i < spec->sink->nkeys; i++)
		if (key_add(key, spec, spec->sink->keys[i], err) < 0)
			return -1;
	return 0;
}

static int
value_columns(struct columns *value, const struct columns *key,
	      const struct sink_spec *spec, struct error *err)
{
	const char *include = options_get(spec->options,
					  "value.fields-include");
	const char *prefix = options_get(spec->options, "key.fields-prefix");
	bool except = include && strcmp(include, "EXCEPT_KEY") == 0;

	if (prefix && *prefix && !except)
		return error_set(err, ERR_INVALID_OPTION,
				 "'key.fields-prefix' needs "
				 "'value.fields-include' = 'EXCEPT_KEY'");
	for (unsigned c = 0; c < spec->schema->ncols; c++)
		if (!metadata_of(spec, c) && !(except && columns_have(key, c)))
			columns_add(value, spec, c, spec->schema->cols[c].name);
	return 0;
}

static int
metadata_columns(struct kafka_rows *r, const struct sink_spec *spec,
		 struct error *err)
{
	r->topic_col = r->time_col = r->headers_col = -1;
	for (unsigned c = 0; c < spec->schema->ncols; c++) {
		const char *key = metadata_of(spec, c);

		if (!key)
			continue;
		if (strcmp(key, "topic") == 0)
			r->topic_col = (int)c;
		else if (strcmp(key, "timestamp") == 0)
			r->time_col = (int)c;
		else if (strcmp(key, "headers") == 0 &&
			 kafka_headers_fit(spec->schema->cols[c].type))
			r->headers_col = (int)c;
		else
			return error_set(err, ERR_UNSUPPORTED,
					 "kafka cannot write metadata '%s' "
					 "of this type", key);
	}
	return 0;
}

/* ---- encoders ---- */

static int
encoder_for(struct encoder **ret, const char *which, const struct columns *c,
	    const struct sink_spec *spec, struct arena *a, struct error *err)
{
	const struct options *format = options_of_format(spec->options, which,
							 a);
	const struct encoder_type *type;
	const struct encoder_spec encoder = {
		.options = format, .ncols = c->n, .cols = c->list,
		.zone = zone_get("UTC"),
	};

	if (!format)
		return error_set(err, ERR_MISSING_OPTION,
				 "'%s.format' is missing", which);
	type = encoder_type_find(format->connector);
	if (!type)
		return error_set(err, ERR_UNKNOWN_FORMAT,
				 "format '%s' cannot be written",
				 format->connector);
	return type->open(ret, &encoder, err);
}

int
kafka_rows_open(struct kafka_rows *r, const struct sink_spec *spec, bool upsert,
		struct arena *a, struct error *err)
{
	unsigned n = spec->schema->ncols;
	struct columns key = { 0, arena_array(a, n + 1, struct encode_column) };
	struct columns value = key;

	value.list = arena_array(a, n + 1, struct encode_column);
	r->upsert = upsert;
	buf_init(&r->bytes);
	if (metadata_columns(r, spec, err) < 0 ||
	    key_columns(&key, spec, upsert, err) < 0 ||
	    value_columns(&value, &key, spec, err) < 0)
		return -1;
	if (upsert && !key.n)
		return error_set(err, ERR_MISSING_KEY, "upsert-kafka needs "
				 "PRIMARY KEY (...) NOT ENFORCED");
	if (key.n && encoder_for(&r->key, "key", &key, spec, a, err) < 0)
		return -1;
	return encoder_for(&r->value, "value", &value, spec, a, err);
}

static int
encode_one(struct kafka_rows *r, const struct batch *b, uint32_t row,
	   uint8_t kind, struct error *err)
{
	struct kafka_row *k = &r->list[r->n];
	bool null = false;

	*k = (struct kafka_row){ .row = row, .key_at = r->bytes.len };
	if (r->key) {
		if (r->key->type->encode(r->key, b, row, &r->bytes, &null,
					 err) < 0)
			return -1;
		k->has_key = !null;
		k->key_len = r->bytes.len - k->key_at;
	}
	k->value_at = r->bytes.len;
	if (!r->upsert || kind != KIND_DELETE) {
		null = false;
		if (encode_row(r->value, b, row, kind, &r->bytes, &null,
			       err) < 0)
			return -1;
		k->has_value = !null;
		k->value_len = r->bytes.len - k->value_at;
	}
	r->n++;
	return 0;
}

int
kafka_rows_encode(struct kafka_rows *r, const struct batch *b,
		  const uint8_t *kinds, struct error *err)
{
	buf_clear(&r->bytes);
	r->n = 0;
	batch_each(b, row) {
		uint8_t kind = kinds ? kinds[row] : KIND_INSERT;

		CHECK(!r->upsert || kind != KIND_UPDATE_BEFORE);
		CHECK(r->upsert || kind == KIND_INSERT ||
		      r->value->type->encode_change);
		if (encode_one(r, b, row, kind, err) < 0)
			return -1;
	}
	return 0;
}

void
kafka_rows_close(struct kafka_rows *r)
{
	if (r->key)
		r->key->type->close(r->key);
	if (r->value)
		r->value->type->close(r->value);
	buf_release(&r->bytes);
}

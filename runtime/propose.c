/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose.c - from bytes to a table: what the records are, and then
 * what their fields are.
 */
#include "runtime/propose_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "base/time.h"

#define FIELDS_MAX 500 /* of a line */

void
proposal_notice(struct proposal *p, const char *format, ...)
{
	char text[400];
	va_list args;

	if (p->nnotices == ARRAY_LEN(p->notices))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->notices[p->nnotices++] = arena_strdup(p->a, text);
}

/* ---- what records are ---- */

/* Confluent's serializers write a zero and the number of a schema first. */
enum content
content_of(struct json_doc *doc, const char *bytes, size_t n)
{
	struct json_doc_fault fault;

	if (!bytes || n == 0)
		return NOTHING;
	if (bytes[0] == '\0' && n >= 5)
		return AVRO;
	if (!utf8_valid(bytes, n) || memchr(bytes, '\0', n))
		return BINARY;
	if (json_doc_parse(doc, bytes, n, &fault) == 0 &&
	    doc->node[0].kind == JSON_OBJECT)
		return JSON_OBJECTS;
	return TEXT;
}

void
proposal_look(const struct proposal *p, bool keys, struct contents *ret)
{
	struct json_doc doc;

	*ret = (struct contents){ .tombstones = 0 };
	json_doc_init(&doc);
	for (unsigned i = 0; i < p->n; i++) {
		const struct sample_record *r = &p->rec[i];
		const char *bytes = keys ? r->key : r->value;
		enum content c = content_of(&doc, bytes,
					    keys ? r->key_len : r->value_len);

		if (ret->n[c]++ == 0)
			ret->first[c] = i;
		ret->tombstones += c == NOTHING && !bytes;
	}
	json_doc_release(&doc);
}

static void
place(const struct sample_record *r, char out[64])
{
	if (r->offset < 0)
		snprintf(out, 64, "the first of them");
	else
		snprintf(out, 64, "partition %d, offset %lld",
			 (int)r->partition, (long long)r->offset);
}

/* ---- columns ---- */

struct proposed_column *
proposal_find(const struct proposal *p, const char *name)
{
	for (struct proposed_column *c = p->cols; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

struct proposed_column *
proposal_column(struct proposal *p, const char *name, const char *type)
{
	struct proposed_column *c = arena_new(p->a, struct proposed_column);

	c->name = name;
	c->type = type;
	c->of = p->n;
	*p->tail = c;
	p->tail = &c->next;
	p->ncols++;
	return c;
}

struct proposed_column *
proposal_field(struct proposal *p, const char *name, const struct shape *s,
		unsigned of)
{
	struct proposed_column *c = proposal_column(p, name, NULL);
	struct buf type, note;

	buf_init(&type);
	buf_init(&note);
	shape_type(s, p->iso, &type, &note);
	c->type = arena_strndup(p->a, type.data, type.len);
	c->note = note.len ? arena_strndup(p->a, note.data, note.len) : NULL;
	c->shape = s;
	c->seen = s->n;
	c->of = of;
	c->example = s->example;
	buf_release(&type);
	buf_release(&note);
	return c;
}

static void
columns_of_fields(struct proposal *p, const struct shape *root)
{
	unsigned n = 0;

	for (const struct shape_field *f = root->fields; f; f = f->next, n++)
		proposal_field(p, f->name, &f->shape, root->n);
	if (root->unnamed)
		proposal_notice(p, "fields with names that no column can have "
				"(empty, or with control characters) are left "
				"out");
	if (root->nfields > n)
		proposal_notice(p, "the records have %u names of fields: only "
				"the first %u are columns", root->nfields, n);
}

/* ---- json and debezium-json ---- */

uint32_t
json_member_named(const struct json_doc *d, uint32_t object, const char *name)
{
	struct str key = str_ref(name, (uint32_t)strlen(name));

	if (object == UINT32_MAX || d->node[object].kind != JSON_OBJECT)
		return UINT32_MAX;
	return json_member(d, object, &key);
}

bool
json_is_object(const struct json_doc *d, uint32_t node)
{
	return node != UINT32_MAX && d->node[node].kind == JSON_OBJECT;
}

uint32_t
json_change(const struct json_doc *d)
{
	uint32_t payload = json_member_named(d, 0, "payload");
	uint32_t at = json_is_object(d, payload) && d->node[0].n <= 2 ? payload : 0;
	uint32_t op = json_member_named(d, at, "op");

	if (op == UINT32_MAX || d->node[op].kind != JSON_STRING ||
	    d->node[op].len != 1 || !strchr("crudt", *d->node[op].text))
		return UINT32_MAX;
	if (!json_is_object(d, json_member_named(d, at, "before")) &&
	    !json_is_object(d, json_member_named(d, at, "after")))
		return UINT32_MAX;
	return at;
}

/* Adds the objects that are rows to the shape. */
static void
add_rows(const struct proposal *p, const struct json_doc *d, bool changes,
	 struct shape *root)
{
	static const char *const images[] = { "before", "after" };

	if (!changes) {
		shape_add(root, d, 0, p->a);
		return;
	}
	for (unsigned i = 0; i < ARRAY_LEN(images); i++) {
		uint32_t row = json_member_named(d, json_change(d), images[i]);

		if (json_is_object(d, row))
			shape_add(root, d, row, p->a);
	}
}

bool
sample_parse(const struct sample_record *r, struct json_doc *d)
{
	return content_of(d, r->value, r->value_len) == JSON_OBJECTS;
}

/* Each object of the sample is a change of Debezium's. */
static bool
are_changes(struct proposal *p, struct json_doc *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		uint32_t at;

		if (!sample_parse(&p->rec[i], d))
			continue;
		at = json_change(d);
		if (at == UINT32_MAX)
			return false;
		p->envelope = at != 0;
		n++;
	}
	return n > 0;
}

/* False: none of the objects has a field. */
static bool
propose_json(struct proposal *p)
{
	struct shape *root = arena_new(p->a, struct shape);
	struct json_doc d;
	bool changes;

	json_doc_init(&d);
	changes = are_changes(p, &d);
	shape_init(root);
	for (unsigned i = 0; i < p->n; i++)
		if (sample_parse(&p->rec[i], &d))
			add_rows(p, &d, changes, root);
	json_doc_release(&d);
	if (root->nfields == 0)
		return false;
	p->format = changes ? "debezium-json" : "json";
	p->iso = shape_is_iso(root);
	columns_of_fields(p, root);
	if (changes)
		proposal_notice(p, "the records are changes of Debezium's: "
				"columns are those of the rows before and "
				"after, each seen once or twice a record");
	return true;
}

/* ---- csv ---- */

struct field {
	const char *text;
	size_t n;
};

/* Behind the quotes that begin at p; NULL: they do not end. */
static const char *
behind_quotes(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p != '"')
			continue;
		if (p + 1 == end || p[1] != '"')
			return p + 1;
		p++;
	}
	return NULL;
}

/* The fields of a line; 0: it is none. Doubled quotes stay doubled. */
static unsigned
split(const char *p, size_t n, char delimiter, struct field *ret)
{
	const char *end = p + n;
	unsigned k = 0;

	for (;; p++) {
		const char *from = p;

		if (k == FIELDS_MAX)
			return 0;
		if (p < end && *p == '"') {
			p = behind_quotes(p, end);
			if (!p || (p < end && *p != delimiter))
				return 0;
			ret[k++] = (struct field){ from + 1,
						   (size_t)(p - from) - 2 };
		} else {
			while (p < end && *p != delimiter)
				p++;
			ret[k++] = (struct field){ from, (size_t)(p - from) };
		}
		if (p == end)
			return k;
	}
}

/* How many fields every line has with this delimiter; 0: not the same number,
 * or what looks like prose: a blank behind a comma. */
static unsigned
fields_by(const struct proposal *p, char delimiter, struct field *fields)
{
	unsigned width = 0;

	for (unsigned i = 0; i < p->n; i++) {
		const struct sample_record *r = &p->rec[i];
		unsigned k;

		if (!r->value || r->value_len == 0)
			continue;
		k = split(r->value, r->value_len, delimiter, fields);
		if (k < 2 || (width && k != width))
			return 0;
		for (unsigned f = 1; f < k; f++)
			if (fields[f].n && *fields[f].text == ' ')
				return 0;
		width = k;
	}
	return width;
}

static bool
looks_like_header(const struct proposal *p, const struct shape *cols,
		  unsigned width)
{
	unsigned numbers = 0;

	for (unsigned i = 0; i < width; i++) {
		const struct shape *s = &cols[i];

		if (s->strings == 1 && s->integers + s->decimals == s->n - 1 &&
		    s->n > 1)
			numbers++;
	}
	return strcmp(p->table->connector, "filesystem") == 0 && numbers > 0;
}

static void
propose_lines(struct proposal *p, unsigned width, struct field *fields)
{
	struct shape *cols = arena_array(p->a, width, struct shape);

	p->format = "csv";
	for (unsigned i = 0; i < width; i++)
		shape_init(&cols[i]);
	for (unsigned i = 0; i < p->n; i++) {
		const struct sample_record *r = &p->rec[i];

		if (!r->value || r->value_len == 0)
			continue;
		split(r->value, r->value_len, p->delimiter, fields);
		for (unsigned f = 0; f < width; f++)
			shape_add_text(&cols[f], fields[f].text, fields[f].n,
				       p->a);
	}
	for (unsigned f = 0; f < width; f++) {
		const struct proposed_column *c = proposal_field(
			p, arena_printf(p->a, "f%u", f), &cols[f], cols[f].n);

		if (cols[f].nulls && strcmp(c->type, "STRING") != 0)
			p->empty_is_null = true;
	}
	if (looks_like_header(p, cols, width))
		proposal_notice(p, "the first line looks like a header: it is "
				"read as a row like any other, so take it out "
				"of the file, and the columns get their types");
}

static bool
propose_csv(struct proposal *p)
{
	static const char delimiters[] = { ',', ';', '\t', '|' };
	struct field *fields = mem_alloc(FIELDS_MAX * sizeof(*fields));
	unsigned best = 0;

	for (size_t i = 0; i < sizeof(delimiters); i++) {
		unsigned width = fields_by(p, delimiters[i], fields);

		if (width > best) {
			best = width;
			p->delimiter = delimiters[i];
		}
	}
	if (best > 0)
		propose_lines(p, best, fields);
	free(fields);
	return best > 0;
}

/* ---- everything else ---- */

static void
propose_raw(struct proposal *p, bool text)
{
	struct proposed_column *c =
		proposal_column(p, "message", text ? "STRING" : "BYTES");

	p->format = "raw";
	for (unsigned i = 0; i < p->n; i++) {
		const struct sample_record *r = &p->rec[i];

		if (!r->value)
			continue;
		c->seen++;
		if (text && !c->example)
			c->example = arena_printf(p->a, "%.*s",
						  r->value_len < 60
							  ? (int)r->value_len
							  : (int)utf8_offset(
				r->value, r->value_len, 40), r->value);
	}
}

static void
tell_binary(struct proposal *p, const struct contents *c)
{
	const struct sample_record *r = &p->rec[c->first[AVRO]];
	uint32_t id = 0;

	if (c->n[AVRO] == 0) {
		proposal_notice(p, "%u of %u values are no text: sluice reads "
				"JSON, CSV, Debezium's JSON and raw bytes",
				c->n[BINARY], p->n);
		return;
	}
	for (unsigned i = 1; i < 5; i++)
		id = id << 8 | (unsigned char)r->value[i];
	proposal_notice(p, "%u of %u values begin with a zero byte and the "
			"number of a schema (%u), as Confluent's Avro, "
			"Protobuf and JSON Schema do: sluice has no schema "
			"registry and reads them as bytes", c->n[AVRO], p->n,
			id);
}

/* Records that are not like most of them. */
static void
tell_others(struct proposal *p, const struct contents *c, enum content most)
{
	for (enum content k = BINARY; k < CONTENT_COUNT_OF; k++) {
		char at[64];

		if (k == most || c->n[k] == 0)
			continue;
		place(&p->rec[c->first[k]], at);
		proposal_notice(p, "%u of %u records are no JSON objects and "
				"would go to the job's errors (%s)", c->n[k],
				p->n, at);
	}
}

static int
propose_value(struct proposal *p, struct error *err)
{
	struct contents c;
	unsigned some;

	proposal_look(p, false, &c);
	some = p->n - c.n[NOTHING];
	if (some == 0)
		return error_set(err, ERR_NO_SAMPLE, "all %u records that were "
				 "looked at are empty", p->n);
	if (c.n[JSON_OBJECTS] * 10 >= some * 8 && propose_json(p)) {
		tell_others(p, &c, JSON_OBJECTS);
	} else if (c.n[BINARY] + c.n[AVRO] > 0) {
		propose_raw(p, false);
		tell_binary(p, &c);
	} else if (c.n[JSON_OBJECTS] > 0 || !propose_csv(p)) {
		propose_raw(p, true);
		if (c.n[JSON_OBJECTS] > 0)
			proposal_notice(p, "%u of %u records are JSON objects, "
					"too few or too empty for columns: "
					"JSON_VALUE(message, '$.name') reaches "
					"into those", c.n[JSON_OBJECTS], p->n);
	}
	return 0;
}

int
propose(const struct sample_table *t, const struct sample_record *rec,
	unsigned n, struct arena *a, struct proposal **ret, struct error *err)
{
	struct proposal *p = arena_new(a, struct proposal);

	CHECK(n > 0);
	p->a = a;
	p->table = t;
	p->rec = rec;
	p->n = n;
	p->delimiter = ',';
	p->tail = &p->cols;
	if (propose_value(p, err) < 0)
		return -1;
	propose_key(p);
	propose_time(p);
	if (proposal_check(p, err) < 0)
		return -1;
	*ret = p;
	return 0;
}

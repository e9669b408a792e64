/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose_check.c - a proposal is tried before it is shown: its text is
 * planned as any other, and its formats read the records that it was made of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "parser/catalog.h"
#include "parser/settings.h"
#include "runtime/format.h"
#include "runtime/propose.h"

struct trial {
	struct proposal *p;
	struct arena arena;
	struct catalog *catalog;
	const struct table *table;
	struct schema schema;
	struct decode_column *cols; /* of the key or of the value */
	unsigned ncols;
	struct raw_record *rec;
	unsigned *nbad; /* by the table's columns: values that cannot be read */
	unsigned nrecords_bad;
	const char *first_bad; /* why, or NULL */
	unsigned first_bad_row;
};

/* ---- the table ---- */

static int
plan_table(struct trial *t, const char *text, struct error *err)
{
	struct settings settings = SETTINGS_INIT;
	struct ast_statement *stmt;
	enum catalog_result result;
	const struct object *o;
	struct parse parse;
	int rc = -1;

	if (parse_begin(&parse, text, strlen(text), NULL, &t->arena,
			&parse_limits_default, err) == 0 &&
	    parse_next(&parse, &stmt, err) == 1)
		rc = catalog_add(t->catalog, &parse, stmt, &settings, &result,
				 err);
	settings_release(&settings);
	if (rc < 0)
		return -1;
	o = catalog_next(t->catalog, NULL);
	CHECK(o && o->kind == OBJECT_TABLE);
	t->table = o->table;
	return 0;
}

/* ---- reading ---- */

/* Columns of one half of the records, each in the schema at its own place. */
static void
choose_columns(struct trial *t, bool key)
{
	const struct table *table = t->table;
	const char *prefix = t->p->key_prefix;
	unsigned i = 0;

	t->ncols = 0;
	for (const struct proposed_column *c = t->p->cols; c; c = c->next, i++) {
		bool there = key ? c->in_key : !c->in_key || !t->p->except_key;

		if (c->how || !there)
			continue;
		t->cols[t->ncols++] = (struct decode_column){
			.name = key && prefix ? c->name + strlen(prefix)
					      : c->name,
			.type = table->cols[i].type,
			.out = (uint16_t)i,
			.wanted = true,
		};
	}
}

static unsigned
column_of(const struct trial *t, const char *name)
{
	for (unsigned i = 0; i < t->ncols; i++) {
		size_t n = strlen(t->cols[i].name);

		if (strncmp(t->cols[i].name, name, n) == 0 &&
		    (name[n] == '\0' || name[n] == '.' || name[n] == '['))
			return t->cols[i].out;
	}
	return UINT32_MAX;
}

/* What a text cannot hold is wrong with the record. */
static bool
may_become_text(const struct trial *t, unsigned column)
{
	const struct proposed_column *c = t->p->cols;

	while (column-- > 0)
		c = c->next;
	return strcmp(c->type, "STRING") != 0;
}

static void
take_errors(struct trial *t, const struct decode_result *r, bool pairs)
{
	for (unsigned i = 0; i < r->nerrors; i++) {
		const struct decode_error *e = &r->errors[i];
		unsigned c = e->column ? column_of(t, e->column) : UINT32_MAX;

		if (c != UINT32_MAX && may_become_text(t, c)) {
			t->nbad[c]++;
			continue;
		}
		if (t->nrecords_bad++ > 0)
			continue;
		t->first_bad_row = pairs ? e->row / 2 : e->row;
		t->first_bad = arena_strdup(&t->arena, e->detail ? e->detail
						: error_name(e->code));
	}
}

static int
read_half(struct trial *t, bool key, struct error *err)
{
	const struct options *o = options_of_format(
		t->table->options, key ? "key" : "value", &t->arena);
	struct decoder_spec spec = { .options = o, .ncols = t->ncols,
				     .cols = t->cols,
				     .record_bytes_max = INT64_C(64) << 20,
				     .zone = settings_zone(NULL) };
	struct decode_result *r = mem_alloc(sizeof(*r));
	const struct decoder_type *type = decoder_type_find(o->connector);
	struct decoder *d;
	struct batch *b;

	spec.cols = t->cols;
	if (type->open(&d, &spec, err) < 0) {
		free(r);
		return -1;
	}
	r->nerrors = 0;
	b = batch_create(NULL, &t->schema, type->pairs ? 2 * t->p->n : t->p->n);
	type->decode(d, t->rec, key, NULL, t->p->n, NULL, b, r);
	take_errors(t, r, type->pairs);
	batch_unref(b);
	type->close(d);
	free(r);
	return 0;
}

static void
trial_begin(struct trial *t, struct proposal *p)
{
	*t = (struct trial){ .p = p };
	arena_init(&t->arena);
	t->catalog = catalog_create(NULL);
	t->cols = arena_array(&t->arena, p->ncols, struct decode_column);
	t->nbad = arena_array(&t->arena, p->ncols, unsigned);
	t->rec = arena_array(&t->arena, p->n, struct raw_record);
	for (unsigned i = 0; i < p->n; i++)
		t->rec[i] = (struct raw_record){
			.value = p->rec[i].value, .key = p->rec[i].key,
			.value_len = p->rec[i].value_len,
			.key_len = p->rec[i].key_len,
			.offset = p->rec[i].offset,
			.timestamp_us = p->rec[i].timestamp_us,
		};
}

static int
trial_run(struct trial *t, struct error *err)
{
	struct buf text;
	int rc;

	buf_init(&text);
	proposal_text(t->p, &text);
	rc = plan_table(t, buf_cstr(&text), err);
	buf_release(&text);
	if (rc < 0) {
		/* Its place is one in a text that nobody has seen. */
		err->at.line = 0;
		*err->excerpt = *err->caret = '\0';
		error_context(err, "no table can be made for these records");
		return -1;
	}
	t->schema.ncols = (uint16_t)t->table->ncols;
	t->schema.cols = arena_array(&t->arena, t->table->ncols,
				     struct schema_column);
	for (unsigned i = 0; i < t->table->ncols; i++) {
		t->schema.cols[i].name = t->table->cols[i].name;
		t->schema.cols[i].type = t->table->cols[i].type;
	}
	choose_columns(t, false);
	if (read_half(t, false, err) < 0)
		return -1;
	if (!t->p->key_format)
		return 0;
	choose_columns(t, true);
	return read_half(t, true, err);
}

/* Returns whether a column has become a text. */
static bool
learn(struct trial *t)
{
	struct proposed_column *c = t->p->cols, *next;
	bool changed = false;

	for (unsigned i = 0; c; c = next, i++) {
		next = c->next; /* the time's columns may go */
		if (t->nbad[i] > 0) {
			proposal_make_text(t->p, c, t->nbad[i]);
			changed = true;
		}
	}
	return changed;
}

int
proposal_check(struct proposal *p, struct error *err)
{
	bool again = true;

	while (again) {
		struct trial t;
		int rc;

		trial_begin(&t, p);
		rc = trial_run(&t, err);
		again = rc == 0 && learn(&t);
		if (rc == 0 && !again && t.nrecords_bad > 0)
			proposal_notice(p, "%u of %u records cannot be read, "
					"the first at partition %d, offset "
					"%lld: %s", t.nrecords_bad, p->n,
					(int)p->rec[t.first_bad_row].partition,
					(long long)p->rec[t.first_bad_row]
						.offset, t.first_bad);
		catalog_destroy(t.catalog);
		arena_release(&t.arena);
		if (rc < 0)
			return -1;
	}
	return 0;
}

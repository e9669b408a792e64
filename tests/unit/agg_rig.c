/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/agg_rig.c - see agg_rig.h. The pipeline is a hollow one: a pool,
 * a table list and one edge behind the operator.
 */
#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/time.h"
#include "parser/expr.h"
#include "runtime/operators/registry.h"
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

const char *const in_names[IN_COLS] = {
	"ts", "ks", "kd", "ki", "vi", "vb", "vd", "vn", "vw", "vs", "f", "vf",
};
static struct schema_column in_columns[IN_COLS];
unsigned agg_rig_digits = 17;
static const struct schema in_schema = { IN_COLS, in_columns };

const struct schema *
agg_rig_schema(void)
{
	const struct type types[IN_COLS] = {
		type_timestamp(3), TYPE_STRING_OF, TYPE_OF(TYPE_DOUBLE),
		TYPE_OF(TYPE_BIGINT), TYPE_OF(TYPE_INT), TYPE_OF(TYPE_BIGINT),
		TYPE_OF(TYPE_DOUBLE), type_decimal(10, 2), type_decimal(38, 4),
		TYPE_STRING_OF, TYPE_OF(TYPE_BOOLEAN), TYPE_OF(TYPE_FLOAT),
	};

	for (unsigned c = 0; c < IN_COLS; c++)
		in_columns[c] = (struct schema_column){ .name = in_names[c],
							.type = types[c] };
	return &in_schema;
}

struct in_row
in_row(int64_t ts_ms, const char *k, int64_t v)
{
	struct in_row r = { .w = 1 };
	static char text[64][24]; /* enough for the rows of one push */
	static unsigned next;
	char *s = text[next++ % 64];

	snprintf(s, sizeof(text[0]), "value number %" PRId64, v);
	r.v[IN_TS].i64 = ts_ms * US_PER_MS;
	r.v[IN_KS].is_null = k == NULL;
	r.v[IN_KS].str = k ? str_ref(k, (uint32_t)strlen(k))
			   : (struct str){ 0 };
	r.v[IN_KD].f64 = (double)v;
	r.v[IN_KI].i64 = v;
	r.v[IN_VI].i64 = v;
	r.v[IN_VB].i64 = v;
	r.v[IN_VD].f64 = (double)v;
	r.v[IN_VN].i64 = v * 100;
	r.v[IN_VW].i128 = (i128)v * 10000;
	r.v[IN_VS].str = str_ref(s, (uint32_t)strlen(s));
	r.v[IN_F].u8 = 1;
	r.v[IN_VF].f64 = (double)v;
	return r;
}

struct in_row
minus(struct in_row r)
{
	r.w = -r.w;
	return r;
}

struct in_row
with_null(struct in_row r, int column)
{
	r.v[column] = (struct value){ .is_null = true };
	return r;
}

/* ---- the plan ---- */

static int
column_named(const char *name, size_t n)
{
	for (int c = 0; c < IN_COLS; c++)
		if (strlen(in_names[c]) == n &&
		    strncmp(in_names[c], name, n) == 0)
			return c;
	FAIL("no column %.*s", (int)n, name);
}

/* The type of what the aggregate answers; a.more[] stand already. */
static struct type
result_type(struct agg_rig *r, const struct plan_aggregate *a)
{
	struct expr e[1 + PLAN_MORE_MAX] = { 0 }, *args[1 + PLAN_MORE_MAX];
	unsigned n = a->arg < 0 ? 0 : 1 + a->nmore;
	struct type type, unused[1 + PLAN_MORE_MAX];
	struct error err = ERROR_INIT;

	for (unsigned i = 0; i < n; i++) {
		int column = i == 0 ? a->arg : a->more[i - 1].column;

		args[i] = &e[i];
		if (column < 0)
			e[i] = *a->more[i - 1].literal;
		else
			e[i] = (struct expr){ .kind = EXPR_COLUMN,
					      .type = in_columns[column].type };
	}
	if (function_resolve(function_get(a->function), n, args, &r->arena,
			     unused, &type, &err) < 0)
		FAIL("%s", err.message);
	return type;
}

/* A column, or a number as a literal: 0.5 of DOUBLE, 5 of INT where it is how
 * many values are asked for. */
static struct plan_argument
parse_more(struct agg_rig *r, const char *text, size_t n, bool is_top)
{
	struct plan_argument arg = { .column = -1 };
	struct expr *e;

	if (!strchr("0123456789", text[0])) {
		arg.column = column_named(text, n);
		return arg;
	}
	e = arena_new(&r->arena, struct expr);
	e->kind = EXPR_LITERAL;
	e->type = TYPE_OF(is_top ? TYPE_INT : TYPE_DOUBLE);
	if (is_top)
		e->value.i64 = strtoll(text, NULL, 10);
	else
		e->value.f64 = strtod(text, NULL);
	arg.literal = e;
	return arg;
}

static enum function_id
function_named(const char *name, size_t n)
{
	char text[32];

	EXPECT(n < sizeof(text));
	memcpy(text, name, n);
	text[n] = '\0';
	EXPECT(function_find(text) != NULL);
	return function_find(text)->id;
}

/* One of "sum(distinct vi) f", "arg_min(vs/vi)". */
static struct plan_aggregate
parse_aggregate(struct agg_rig *r, const char *text)
{
	struct plan_aggregate a = { .arg = -1, .filter = -1 };
	const char *open = strchr(text, '('), *close = strchr(text, ')');

	EXPECT(open && close);
	a.function = function_named(text, (size_t)(open - text));
	open++;
	if (strncmp(open, "distinct ", 9) == 0) {
		a.distinct = true;
		open += 9;
	}
	if (*open != '*')
		a.arg = column_named(open, strcspn(open, "/)"));
	for (open += strcspn(open, "/)"); *open == '/';
	     open += strcspn(open, "/)")) {
		open++;
		a.more[a.nmore++] = parse_more(r, open, strcspn(open, "/)"),
					       a.function == FN_TOP_K);
	}
	if (strcmp(close, ") f") == 0)
		a.filter = IN_F;
	a.type = result_type(r, &a);
	a.text = a.state_name = arena_strdup(&r->arena, text);
	return a;
}

static void
parse_keys(struct agg_rig *r)
{
	struct plan_group *g = &r->group;
	const char *at = r->setup->keys ? r->setup->keys : "";

	g->keys = arena_array(&r->arena, IN_COLS, uint16_t);
	g->key_names = arena_array(&r->arena, IN_COLS, const char *);
	g->key_texts = g->key_names;
	while (*at) {
		size_t n = strcspn(at, " ");

		g->keys[g->nkeys] = (uint16_t)column_named(at, n);
		g->key_names[g->nkeys] = in_names[g->keys[g->nkeys]];
		g->nkeys++;
		at += n + (at[n] == ' ');
	}
}

static void
parse_aggregates(struct agg_rig *r)
{
	char *rest = arena_strdup(&r->arena, r->setup->aggs), *one;

	r->group.aggs = arena_array(&r->arena, 32, struct plan_aggregate);
	while ((one = strsep(&rest, ",")) != NULL) {
		EXPECT(r->group.naggs < 32);
		r->group.aggs[r->group.naggs++] =
			parse_aggregate(r, one + strspn(one, " "));
	}
}

static void
column_out(struct agg_rig *r, const char *name, struct type t)
{
	r->node.schema.cols[r->node.schema.ncols++] =
		(struct schema_column){ .name = name, .type = t };
}

static void
plan_build(struct agg_rig *r)
{
	const struct agg_setup *s = r->setup;
	bool windowed = s->size_ms > 0;

	agg_rig_schema(); /* column types, for the results */
	parse_keys(r);
	parse_aggregates(r);
	r->group.window = (struct plan_window){
		.kind = s->kind, .time_col = IN_TS, .is_ltz = s->zone != NULL,
		.size_us = s->size_ms * US_PER_MS,
		.slide_us = (s->slide_ms ? s->slide_ms : s->size_ms) *
			    US_PER_MS,
		.offset_us = s->offset_ms * US_PER_MS,
	};
	r->in = (struct plan_node){
		.kind = PLAN_FILTER, .schema = *agg_rig_schema(),
		.mode = s->retract ? CHANGE_RETRACT : CHANGE_APPEND,
	};
	r->node = (struct plan_node){
		.kind = !windowed ? PLAN_GROUP_AGGREGATE
			: s->kind == WINDOW_SESSION ? PLAN_SESSION_AGGREGATE
						    : PLAN_WINDOW_AGGREGATE,
		.name = "aggregate", .ninputs = 1, .inputs = r->inputs,
		.mode = windowed    ? CHANGE_APPEND
			: s->upsert ? CHANGE_UPSERT
				    : CHANGE_RETRACT,
		.need_old = !windowed && !s->upsert, .group = &r->group,
	};
	r->inputs[0] = &r->in;
	r->node.schema.cols = arena_array(&r->arena, 64, struct schema_column);
	for (unsigned k = 0; k < r->group.nkeys; k++)
		column_out(r, "key", in_columns[r->group.keys[k]].type);
	if (windowed) {
		column_out(r, "window_start", type_timestamp(3));
		column_out(r, "window_end", type_timestamp(3));
		column_out(r, "window_time", type_timestamp(3));
	}
	for (unsigned i = 0; i < r->group.naggs; i++)
		column_out(r, "agg", r->group.aggs[i].type);
	r->plan.zone = zone_get(s->zone ? s->zone : "UTC");
	EXPECT(r->plan.zone);
}

/* ---- the operator ---- */

static void
op_start(struct agg_rig *r)
{
	const struct op_type *type = op_type_of(r->node.kind);
	struct pipeline *p = mem_zalloc(sizeof(*p));
	struct error err = ERROR_INIT;
	struct edge *e;

	arena_init(&p->arena);
	p->magic = PIPELINE_MAGIC;
	p->plan = &r->plan;
	p->env.seed = 42 + r->epoch;
	p->pool = batch_pool_create();
	p->views = arena_array(&p->arena, 1, const struct view_def *);
	r->p = p;
	r->op = arena_zalloc(&p->arena, type->bytes);
	r->op->magic = OP_MAGIC;
	r->op->type = type;
	r->op->node = &r->node;
	r->op->p = p;
	r->op->arena = &p->arena;
	r->op->wm_us = TIME_NONE;
	r->op->state_name = "aggregate_1";
	r->op->nout = 1;
	r->op->out = arena_array(&p->arena, 1, struct edge *);
	e = r->op->out[0] = arena_new(&p->arena, struct edge);
	e->from = r->op;
	e->wm_us = TIME_NONE;
	if (type->open(r->op, &r->node, &err) < 0)
		FAIL("open: %s", err.message);
	EXPECT(p->views[0] != NULL);
}

static void
drain(struct agg_rig *r);

static void
op_stop(struct agg_rig *r)
{
	struct pipeline *p = r->p;

	drain(r);
	r->op->type->close(r->op);
	free(r->op->out[0]->queue);
	free(p->tables);
	batch_pool_destroy(p->pool);
	arena_release(&p->arena);
	free(p);
}

void
agg_rig_open(struct agg_rig *r, const struct agg_setup *setup)
{
	memset(r, 0, sizeof(*r));
	r->setup = setup;
	arena_init(&r->arena);
	buf_init(&r->out);
	plan_build(r);
	op_start(r);
}

void
agg_rig_close(struct agg_rig *r)
{
	op_stop(r);
	for (unsigned t = 0; t < ARRAY_LEN(r->table); t++) {
		for (uint32_t i = 0; i < r->table[t].n; i++) {
			free(r->table[t].row[i].key);
			batch_unref(r->table[t].row[i].b);
		}
		free(r->table[t].row);
	}
	buf_release(&r->out);
	free(r->text);
	arena_release(&r->arena);
}

static struct batch *
batch_of(struct agg_rig *r, const struct in_row *rows, uint32_t n)
{
	struct batch *b = batch_create(r->p->pool, &in_schema, BATCH_ROWS);
	int64_t *w = arena_alloc(&b->arena, (n + 1) * sizeof(*w));
	bool weighted = false;

	for (uint32_t i = 0; i < n; i++) {
		for (unsigned c = 0; c < IN_COLS; c++) {
			const struct value *v = &rows[i].v[c];
			struct column from = { .phys = b->col[c].phys,
					       .data = (void *)&v->u8 };

			if (v->is_null)
				column_set_null(&b->col[c], i, BATCH_ROWS,
						&b->arena);
			else
				column_copy(&b->col[c], i, BATCH_ROWS, &from,
					    0, &b->arena);
		}
		w[i] = rows[i].w;
		weighted |= w[i] != 1;
	}
	if (weighted)
		b->weight = w;
	batch_seal(b, n);
	return b;
}

void
agg_rig_push_batch(struct agg_rig *r, struct batch *b_take)
{
	struct error err = ERROR_INIT;

	batch_check(b_take);
	EXPECT_EQ(r->op->type->push(r->op, 0, b_take, &err), OP_OK);
	/* Nothing in state may point into a batch. */
	batch_unref(b_take);
}

void
agg_rig_push(struct agg_rig *r, const struct in_row *rows, uint32_t n)
{
	agg_rig_push_batch(r, batch_of(r, rows, n));
}

void
agg_rig_watermark_us(struct agg_rig *r, int64_t wm_us)
{
	struct error err = ERROR_INIT;
	int rc;

	if (r->op->type->watermark) {
		rc = r->op->type->watermark(r->op, wm_us, &err);
		while (rc == OP_MORE) {
			drain(r);
			rc = r->op->type->resume(r->op, &err);
		}
		EXPECT_EQ(rc, OP_OK);
	}
	r->op->wm_us = wm_us;
}

void
agg_rig_watermark(struct agg_rig *r, int64_t wm_ms)
{
	agg_rig_watermark_us(r, wm_ms * US_PER_MS);
}

void
agg_rig_settle(struct agg_rig *r)
{
	struct error err = ERROR_INIT;
	int rc;

	if (!r->op->type->settle)
		return;
	rc = r->op->type->settle(r->op, &err);
	while (rc == OP_MORE) {
		drain(r);
		rc = r->op->type->resume(r->op, &err);
	}
	EXPECT_EQ(rc, OP_OK);
}

/* ---- text ---- */

void
agg_rig_cell(struct buf *out, struct type t, struct value v)
{
	char text[DECIMAL_TEXT_MAX];

	if (v.is_null) {
		buf_puts(out, "NULL");
		return;
	}
	switch (phys_of(t)) {
	case PHYS_U8:
		buf_puts(out, v.u8 ? "true" : "false");
		break;
	case PHYS_I64:
		if (t.kind == TYPE_TIMESTAMP)
			buf_i64(out, v.i64 / US_PER_MS);
		else if (t.kind == TYPE_DECIMAL)
			buf_append(out, text,
				   decimal_format(v.i64, t.scale, text));
		else
			buf_i64(out, v.i64);
		break;
	case PHYS_I128:
		buf_append(out, text, decimal_format(v.i128, t.scale, text));
		break;
	case PHYS_F64:
		if (v.f64 != v.f64)
			buf_puts(out, "nan");
		else
			buf_printf(out, "%.*g", (int)agg_rig_digits, v.f64);
		break;
	case PHYS_STR:
		for (uint32_t i = 0; type_is_nested(t) && i < v.str.len; i++)
			buf_printf(out, "%02x",
				   (uint8_t)str_data(&v.str)[i]);
		if (!type_is_nested(t))
			buf_str(out, v.str);
		break;
	}
}

static void
put_cell(struct buf *out, const struct column *c, struct type t, uint32_t row)
{
	agg_rig_cell(out, t, column_value(c, row));
}

static void
put_rows(struct buf *out, const struct batch *b)
{
	batch_check(b);
	batch_each(b, row) {
		buf_putc(out, batch_weight(b, row) > 0 ? '+' : '-');
		for (unsigned c = 0; c < b->schema->ncols; c++) {
			if (c)
				buf_putc(out, '|');
			put_cell(out, &b->col[c], b->schema->cols[c].type,
				 row);
		}
		buf_putc(out, '\n');
	}
}

static void
drain(struct agg_rig *r)
{
	struct edge *e = r->op->out[0];
	struct batch *b;

	if (e->n > r->batches_most)
		r->batches_most = e->n;
	while ((b = edge_pop(e)) != NULL) {
		put_rows(&r->out, b);
		batch_unref(b);
	}
}

const char *
agg_rig_out(struct agg_rig *r)
{
	drain(r);
	free(r->text);
	r->text = mem_strdup(buf_cstr(&r->out));
	buf_clear(&r->out);
	return r->text;
}

/* ---- tables ---- */

static char *
row_key(const struct table_def *def, const struct batch *b, uint32_t row)
{
	struct buf key;
	char *text;

	buf_init(&key);
	for (unsigned c = 0; c < def->nkeys; c++) {
		EXPECT(!column_is_null(&b->col[c], row));
		put_cell(&key, &b->col[c], def->schema->cols[c].type, row);
		buf_putc(&key, '|');
	}
	text = mem_strdup(buf_cstr(&key));
	buf_release(&key);
	return text;
}

static struct stored_row *
table_find(struct stored_table *t, const char *key)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (strcmp(t->row[i].key, key) == 0)
			return &t->row[i];
	return NULL;
}

static void
table_remove(struct stored_table *t, struct stored_row *row)
{
	free(row->key);
	batch_unref(row->b);
	*row = t->row[--t->n];
}

static void
table_put(struct stored_table *t, const struct table_def *def, struct batch *b,
	  uint32_t row)
{
	char *key = row_key(def, b, row);
	struct stored_row *s = table_find(t, key);

	if (s)
		table_remove(t, s);
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->row = mem_realloc(t->row, t->cap * sizeof(*t->row));
	}
	t->row[t->n++] = (struct stored_row){
		.key = key, .b = batch_ref(b), .row = row,
		.first = b->col[0].i64[row],
	};
}

static void
part_apply(struct agg_rig *r, struct snapshot_part *part)
{
	unsigned n = 0;
	struct stored_table *t;
	char *key;

	while (r->p->tables[n].def != part->def)
		n++;
	EXPECT(n < ARRAY_LEN(r->table));
	t = &r->table[n];
	switch (part->what) {
	case SNAPSHOT_PUT:
		batch_check(part->rows);
		for (uint32_t i = 0; i < part->rows->rows; i++)
			table_put(t, part->def, part->rows, i);
		break;
	case SNAPSHOT_DROP:
		for (uint32_t i = 0; i < part->rows->rows; i++) {
			struct stored_row *s;

			key = row_key(part->def, part->rows, i);
			s = table_find(t, key);
			if (s)
				table_remove(t, s);
			free(key);
		}
		break;
	case SNAPSHOT_DROP_BELOW:
		EXPECT(part->def->first_is_pane);
		for (uint32_t i = t->n; i-- > 0;)
			if (t->row[i].first < part->bound)
				table_remove(t, &t->row[i]);
		break;
	case SNAPSHOT_CLEAR:
		while (t->n > 0)
			table_remove(t, &t->row[0]);
		break;
	}
}

void
agg_rig_cut(struct agg_rig *r)
{
	struct snapshot *s = snapshot_create(++r->epoch, 0);
	struct error err = ERROR_INIT;

	EXPECT_EQ(r->op->type->checkpoint(r->op, s, &err), 0);
	r->put_rows = s->rows;
	for (struct snapshot_part *part = s->parts; part; part = part->next)
		part_apply(r, part);
	snapshot_destroy(s);
}

static void
table_restore(struct agg_rig *r, unsigned n)
{
	const struct table_def *def = r->p->tables[n].def;
	struct stored_table *t = &r->table[n];
	struct error err = ERROR_INIT;
	int rc;

	for (uint32_t from = 0; from < t->n; from += BATCH_ROWS) {
		struct batch *b = batch_create(NULL, def->schema, BATCH_ROWS);
		uint32_t rows = 0;

		for (uint32_t i = from; i < t->n && rows < BATCH_ROWS; i++) {
			for (unsigned c = 0; c < def->schema->ncols; c++)
				column_copy(&b->col[c], rows, BATCH_ROWS,
					    &t->row[i].b->col[c],
					    t->row[i].row, &b->arena);
			rows++;
		}
		batch_seal(b, rows);
		rc = r->op->type->restore(r->op, n, b, &err);
		batch_unref(b);
		if (rc < 0)
			FAIL("restore: %s", err.message);
	}
	EXPECT_EQ(r->op->type->restore(r->op, n, NULL, &err), 0);
}

void
agg_rig_restart(struct agg_rig *r)
{
	unsigned n;

	op_stop(r);
	r->epoch++; /* another seed */
	op_start(r);
	n = r->p->ntables;
	/* Stored rows name tables by number: definitions are new. */
	for (unsigned i = 0; i < n; i++)
		table_restore(r, i);
}

uint32_t
agg_rig_stored(struct agg_rig *r, const char *suffix)
{
	for (unsigned i = 0; i < r->p->ntables; i++)
		if (strcmp(r->p->tables[i].def->suffix, suffix) == 0)
			return r->table[i].n;
	FAIL("no table %s", suffix);
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/agg_tables.c - names, types and meanings of the tables, and rows
 * into and out of them.
 */
#include "runtime/agg_tables.h"

/* ---- declaring ---- */

/* A schema in the making. */
struct making {
	struct arena *a;
	struct schema *s;
	const char **meanings;
	uint16_t max;
};

static void
column_put(struct making *m, const char *name, struct type t,
	   const char *meaning)
{
	CHECK(m->s->ncols < m->max);
	/* Two columns of one meaning: told apart by their order. */
	for (unsigned c = 0; meaning && c < m->s->ncols; c++)
		if (m->meanings[c] && strcmp(m->meanings[c], meaning) == 0)
			meaning = arena_printf(m->a, "%s #%u", meaning,
					       m->s->ncols);
	m->meanings[m->s->ncols] = meaning;
	m->s->cols[m->s->ncols++] = (struct schema_column){
		.name = name, .type = t,
	};
}

static void
column_own(struct making *m, const char *name)
{
	struct type t = TYPE_OF(TYPE_BIGINT);

	t.nullable = false;
	column_put(m, name, t, NULL);
}

static struct making
table_begin(struct agg_tables *t, struct agg_table *table, uint16_t max)
{
	struct arena *a = t->op->arena;

	table->schema.cols = arena_array(a, max, struct schema_column);
	return (struct making){
		.a = a, .s = &table->schema, .max = max,
		.meanings = arena_array(a, max, const char *),
	};
}

static int
table_end(struct agg_tables *t, struct agg_table *table, struct making *m,
	  const char *suffix, uint16_t nkeys, const char *meaning,
	  struct error *err)
{
	bool pane = strcmp(table->schema.cols[0].name, "_pane") == 0;

	table->key_schema = table->schema;
	table->key_schema.ncols = nkeys;
	table->def = (struct table_def){
		.kind = TABLE_STATE, .suffix = suffix,
		.schema = &table->schema, .nkeys = nkeys,
		.first_is_pane = pane, .meaning = meaning,
		.column_meanings = m->meanings,
	};
	t->n++;
	return op_table(t->op, &table->def, &table->number, err);
}

static void
keys_declare(struct agg_tables *t, struct making *m)
{
	const struct schema *in = &t->op->node->inputs[0]->schema;

	for (unsigned k = 0; k < t->g->nkeys; k++) {
		const struct schema_column *c = &in->cols[t->g->keys[k]];
		struct type type = c->type;

		type.nullable = true;
		column_put(m, t->g->key_names[k], type,
			   arena_printf(m->a, "key %s", t->g->key_texts[k]));
	}
}

/* "sum(price) sum", "sum(price) n" */
static void
accumulators_declare(struct agg_tables *t, struct making *m)
{
	column_own(m, "_rows");
	if (t->ttl)
		column_own(m, "_touched");
	for (unsigned i = 0; i < t->aggs->n; i++) {
		const struct agg *a = &t->aggs->agg[i];

		for (unsigned c = 0; c < a->ncolumns; c++) {
			const char *suffix = a->column[c].suffix;

			column_put(m,
				   arena_printf(m->a, "%s%s",
						a->plan->state_name, suffix),
				   a->column[c].type,
				   arena_printf(m->a, "%s %s", a->plan->text,
						*suffix ? suffix + 1
							: "value"));
		}
	}
}

/* Sets and multisets: (..., value, n), by value. Where order of arrival counts
 * (..., _seq, value, n), by that. */
static int
values_declare(struct agg_tables *t, unsigned i, struct error *err)
{
	const struct agg *a = &t->aggs->agg[i];
	const char *kind = a->distinct ? "distinct" : "multiset";
	bool ordered = !a->distinct && a->kind.ordered;
	struct agg_table *table = &t->values[i];
	struct making m = table_begin(t, table, 6);
	struct type type = a->distinct ? a->arg_type : a->value_type;
	struct type beside = a->beside_type;
	uint16_t nkeys = t->panes ? 3 : 2;

	type.nullable = a->nulls;
	beside.nullable = true;
	if (t->panes)
		column_own(&m, "_pane");
	column_own(&m, "_id");
	if (ordered)
		column_own(&m, "_seq");
	column_put(&m, a->value_name ? a->value_name : "value", type, NULL);
	if (!a->distinct && a->kind.pairs)
		column_put(&m, a->beside_name, beside, NULL);
	column_own(&m, "n");
	return table_end(t, table, &m,
			 arena_printf(m.a, "_%s_%s", kind,
				      a->plan->state_name),
			 nkeys, arena_printf(m.a, "%s %s", kind,
					     a->plan->text), err);
}

static int
tables_declare(struct agg_tables *t, struct error *err)
{
	uint16_t naccs = (uint16_t)(aggs_ncolumns(t->aggs) + 5);
	struct making m = table_begin(t, &t->groups,
				      (uint16_t)(1 + t->g->nkeys + naccs));

	column_own(&m, "_id");
	keys_declare(t, &m);
	if (t->sessions) {
		column_own(&m, "_start");
		column_own(&m, "_end");
	}
	if (!t->panes)
		accumulators_declare(t, &m);
	if (table_end(t, &t->groups, &m, t->sessions ? "_sessions" : "_groups",
		      1, NULL, err) < 0)
		return -1;
	if (t->panes) {
		m = table_begin(t, &t->entries, naccs);
		column_own(&m, "_pane");
		column_own(&m, "_id");
		accumulators_declare(t, &m);
		if (table_end(t, &t->entries, &m, "_panes", 2, NULL, err) < 0)
			return -1;
	}
	if (t->ttl)
		return 0;
	m = table_begin(t, &t->time, 2);
	column_own(&m, "_id");
	column_own(&m, "_watermark");
	return table_end(t, &t->time, &m, "_time", 1, NULL, err);
}

/* ---- the view ---- */

/* Columns that hold values, in a table of them; it ends with their counts. */
static void
view_values(const struct agg_tables *t, unsigned i, struct view_column *v)
{
	const struct agg *a = &t->aggs->agg[i];
	const struct agg_table *table = &t->values[i];
	uint16_t n = (uint16_t)(table->schema.ncols - 1);

	v->table = table->number;
	if (v->how != VIEW_NONE)
		v->how = a->distinct ? a->type->view_distinct
				     : a->type->view_values;
	v->once = a->distinct || a->plan->distinct;
	v->col = (uint16_t)(n - 1);
	v->col2 = n;
	if (!a->distinct && a->kind.pairs)
		v->col2 = (uint16_t)(n - 2);
	/* Others look for values where the key ends. */
	if (a->distinct && v->how != VIEW_MODE && v->how != VIEW_PERCENTILE &&
	    v->how != VIEW_COUNTS)
		v->col = n;
}

static const char *
text_of(struct arena *a, const struct str *s)
{
	return arena_strndup(a, str_data(s), s->len);
}

static struct view_column
aggregate_view(const struct agg_tables *t, unsigned i, uint16_t col)
{
	const struct agg *a = &t->aggs->agg[i];
	struct view_column v = {
		.name = a->plan->state_name, .how = a->type->view, .col = col,
		.table = t->panes ? t->entries.number : t->groups.number,
		.type = a->plan->type, .percentage = 0.5,
	};

	if (v.how == VIEW_PERCENTILE && type_is_nested(a->plan->type))
		v.how = VIEW_NONE;
	else if (v.how == VIEW_PERCENTILE && a->plan->nmore > 0)
		v.percentage = a->plan->more[0].literal->value.f64;
	if (a->type->view_values == VIEW_JOINED && a->plan->nmore > 0)
		v.separator = text_of(t->op->arena,
				      &a->plan->more[0].literal->value.str);
	if (a->distinct || (a->collects && a->type->view_values != VIEW_KEY))
		view_values(t, i, &v);
	else if (a->type->view_n > 0)
		v.col2 = (uint16_t)(col + a->type->view_n);
	return v;
}

static unsigned
bounds_view(const struct agg_tables *t, struct view_column *v)
{
	uint16_t start = (uint16_t)(1 + t->g->nkeys);

	v[0] = (struct view_column){ .name = "window_start",
				     .how = VIEW_WINDOW_START };
	v[1] = (struct view_column){ .name = "window_end",
				     .how = VIEW_WINDOW_END };
	for (uint16_t i = 0; t->sessions && i < 2; i++) {
		v[i].how = VIEW_KEY;
		v[i].col = (uint16_t)(start + i);
		v[i].table = t->groups.number;
		v[i].type = type_timestamp(3);
	}
	return 2;
}

static void
view_declare(struct agg_tables *t)
{
	struct arena *a = t->op->arena;
	struct view_def *view = arena_new(a, struct view_def);
	struct view_column *v = arena_array(a, t->g->nkeys + t->aggs->n + 2u,
					    struct view_column);
	uint16_t col = t->panes ? 2 : (uint16_t)(1 + t->g->nkeys);
	uint16_t n = 0, rows_col;

	if (t->sessions)
		col = (uint16_t)(col + 2); /* _start, _end */
	rows_col = col++;
	if (t->ttl)
		col++; /* _touched */
	else
		n = (uint16_t)bounds_view(t, v);
	for (uint16_t k = 0; k < t->g->nkeys; k++)
		v[n++] = (struct view_column){
			.name = t->g->key_names[k], .how = VIEW_KEY,
			.col = (uint16_t)(1 + k), .table = t->groups.number,
			.type = t->groups.schema.cols[1 + k].type,
		};
	for (unsigned i = 0; i < t->aggs->n; i++) {
		v[n++] = aggregate_view(t, i, t->aggs->agg[i].by_rows ? rows_col
								      : col);
		col = (uint16_t)(col + t->aggs->agg[i].ncolumns);
	}
	if (n == 0)
		return; /* no keys, and nobody reads the aggregates */
	*view = (struct view_def){
		.window = t->panes ? &t->g->window : NULL,
		.groups_table = t->groups.number,
		.panes_table = t->entries.number, .ncols = n, .cols = v,
	};
	op_view(t->op, view);
}

int
agg_tables_open(struct agg_tables *t, struct op *op, const struct aggs *aggs,
		struct ttl *ttl, struct session_set *sessions, struct error *err)
{
	*t = (struct agg_tables){
		.op = op, .g = op->node->group, .aggs = aggs,
		.panes = !ttl && !sessions, .ttl = ttl, .sessions = sessions,
	};
	t->values = arena_array(op->arena, aggs->n + 1u, struct agg_table);
	if (tables_declare(t, err) < 0)
		return -1;
	for (unsigned i = 0; i < aggs->n; i++) {
		t->values[i].number = AGG_TABLE_NONE;
		if ((aggs->agg[i].distinct || aggs->agg[i].multiset) &&
		    values_declare(t, i, err) < 0)
			return -1;
	}
	view_declare(t);
	return 0;
}

/* ---- rows out ---- */

/* Rows of one table on their way into a snapshot, as many as a batch holds. */
struct writer {
	const struct agg_tables *t;
	struct snapshot *s;
	const struct agg_table *table;
	bool drop;
	struct batch *b;
	uint32_t n;
	int rc;
};

static struct writer
writer_begin(const struct agg_tables *t, struct snapshot *s,
	     const struct agg_table *table, bool drop)
{
	return (struct writer){ .t = t, .s = s, .table = table, .drop = drop };
}

static int
writer_end(struct writer *w)
{
	struct batch *b = w->b;
	int rc;

	if (!b)
		return w->rc;
	w->b = NULL;
	batch_seal(b, w->n);
	w->n = 0;
	rc = w->drop ? snapshot_drop(w->s, w->t->op, w->table->number, b)
		     : snapshot_put(w->s, w->t->op, w->table->number, b);
	if (rc < 0)
		w->rc = -1;
	return w->rc;
}

/* Room for n more rows, n being at most CHUNK_GIDS: where they begin. */
static uint32_t
writer_room(struct writer *w, uint32_t n)
{
	uint32_t at;

	if (w->n + n > BATCH_ROWS)
		writer_end(w);
	if (!w->b)
		w->b = batch_create(NULL, w->drop ? &w->table->key_schema
						  : &w->table->schema,
				    BATCH_ROWS);
	at = w->n;
	w->n += n;
	return at;
}

static void
put_i64(struct writer *w, unsigned col, uint32_t at, int64_t v)
{
	w->b->col[col].i64[at] = v;
}

int
agg_tables_drop_below(const struct agg_tables *t, struct snapshot *s,
		      int64_t bound)
{
	if (snapshot_drop_below(s, t->op, t->entries.number, bound) < 0)
		return -1;
	for (unsigned i = 0; i < t->aggs->n; i++)
		if (t->values[i].number != AGG_TABLE_NONE &&
		    snapshot_drop_below(s, t->op, t->values[i].number,
					bound) < 0)
			return -1;
	return 0;
}

int
agg_tables_put_groups(const struct agg_tables *t, struct snapshot *s,
		      struct keys *keys)
{
	struct writer drop = writer_begin(t, s, &t->groups, true);
	struct writer put = writer_begin(t, s, &t->groups, false);
	const uint32_t *gid;
	uint32_t n = keys_changed(keys, &gid);

	for (uint32_t i = 0; i < n; i++)
		if (!(keys->flags[gid[i]] & KEY_LIVE) &&
		    (keys->flags[gid[i]] & KEY_STORED))
			put_i64(&drop, 0, writer_room(&drop, 1), gid[i]);
	if (writer_end(&drop) < 0)
		return -1;
	for (uint32_t i = 0; t->panes && i < n; i++) {
		uint32_t at;

		if (!(keys->flags[gid[i]] & KEY_FRESH))
			continue;
		at = writer_room(&put, 1);
		put_i64(&put, 0, at, gid[i]);
		for (uint16_t k = 0; k < keys->ncols; k++)
			keys_gather(keys, k, &gid[i], 1, &put.b->col[1 + k],
				    at, BATCH_ROWS, &put.b->arena);
	}
	keys_saved(keys);
	return writer_end(&put);
}

int
agg_tables_drop_sessions(const struct agg_tables *t, struct snapshot *s)
{
	struct writer w = writer_begin(t, s, &t->groups, true);
	const struct session_set *all = t->sessions;

	for (uint32_t i = 0; i < all->ngone; i++)
		if (!session_set_is_open(all, all->gone[i]))
			put_i64(&w, 0, writer_room(&w, 1), all->gone[i]);
	session_set_saved(t->sessions);
	return writer_end(&w);
}

/* Key and bounds of n sessions; returns the column behind them. */
static unsigned
put_sessions(struct writer *w, const struct keys *keys, const uint32_t *id,
	     uint32_t n, uint32_t at)
{
	const struct session_set *s = w->t->sessions;
	struct batch *b = w->b;
	uint32_t gid[CHUNK_GIDS];
	unsigned col = 1;

	for (uint32_t i = 0; i < n; i++)
		gid[i] = s->key[id[i]];
	for (uint16_t k = 0; k < keys->ncols; k++)
		keys_gather(keys, k, gid, n, &b->col[col++], at, BATCH_ROWS,
			    &b->arena);
	for (uint32_t i = 0; i < n; i++) {
		b->col[col].i64[at + i] = s->start_us[id[i]];
		b->col[col + 1].i64[at + i] = s->end_us[id[i]];
		s->flags[id[i]] |= SESSION_STORED;
	}
	return col + 2;
}

/* n dirty entries of one chunk. */
static void
put_chunk(struct writer *w, const struct keys *keys, const uint32_t *gid,
	  char *const *entry, uint32_t n, int64_t pane_us)
{
	uint32_t at = writer_room(w, n);
	struct batch *b = w->b;
	unsigned col = 0, id;

	if (w->t->panes)
		col++;
	id = col++;
	if (w->t->sessions)
		col = put_sessions(w, keys, gid, n, at);
	for (uint16_t k = 0; w->t->ttl && k < keys->ncols; k++)
		keys_gather(keys, k, gid, n, &b->col[col++], at, BATCH_ROWS,
			    &b->arena);
	for (uint32_t i = 0; i < n; i++) {
		if (w->t->panes)
			b->col[0].i64[at + i] = pane_us;
		b->col[id].i64[at + i] = gid[i];
		b->col[col].i64[at + i] = entry_rows(entry[i]);
		if (w->t->ttl)
			b->col[col + 1].i64[at + i] =
				ttl_touched_us(w->t->ttl, gid[i]);
	}
	col += w->t->ttl ? 2 : 1;
	aggs_save(w->t->aggs, entry, n, b, col, at, BATCH_ROWS);
}

/* Key columns of a row of values; returns the number of the value's. */
static unsigned
put_value_key(struct writer *w, uint32_t at, int64_t pane_us, uint32_t gid)
{
	unsigned col = 0;

	if (w->t->panes)
		put_i64(w, col++, at, pane_us);
	put_i64(w, col++, at, gid);
	return col;
}

static int
put_set(const struct agg_tables *t, struct snapshot *s,
	const struct agg_table *table, struct distinct *d, int64_t pane_us)
{
	struct writer w[2] = { writer_begin(t, s, table, true),
			       writer_begin(t, s, table, false) };
	const uint32_t *id;
	uint32_t n = keys_changed(&d->keys, &id);

	for (uint32_t i = 0; i < n; i++) {
		bool put = d->n[id[i]] > 0;
		uint32_t at;
		unsigned col;

		if (!keys_is_live(&d->keys, id[i]))
			continue;
		at = writer_room(&w[put], 1);
		col = put_value_key(&w[put], at, pane_us,
				    (uint32_t)d->keys.col[0].i64[id[i]]);
		column_copy(&w[put].b->col[col], at, BATCH_ROWS,
			    &d->keys.col[1], id[i], &w[put].b->arena);
		if (put)
			put_i64(&w[put], col + 1, at, d->n[id[i]]);
	}
	distinct_saved(d);
	return writer_end(&w[0]) < 0 || writer_end(&w[1]) < 0 ? -1 : 0;
}

int
agg_tables_put_entries(const struct agg_tables *t, struct snapshot *s,
		       const struct keys *keys, struct accs *accs,
		       struct distinct *sets, int64_t pane_us)
{
	struct writer w = writer_begin(t, s, t->panes ? &t->entries
						      : &t->groups, false);
	uint32_t gid[CHUNK_GIDS], n, cursor = 0;
	char *entry[CHUNK_GIDS];

	while ((n = accs_take_dirty(accs, &cursor, gid, entry)) > 0)
		put_chunk(&w, keys, gid, entry, n, pane_us);
	if (writer_end(&w) < 0)
		return -1;
	for (unsigned i = 0; i < t->aggs->n; i++) {
		const struct agg *a = &t->aggs->agg[i];

		if (a->distinct && put_set(t, s, &t->values[i], &sets[a->set],
					   pane_us) < 0)
			return -1;
	}
	return 0;
}

static void
put_cell(struct writer *w, unsigned col, uint32_t at, const void *value)
{
	struct column *to = &w->b->col[col];

	if (!value) {
		column_set_null(to, at, BATCH_ROWS, &w->b->arena);
		return;
	}
	column_copy(to, at, BATCH_ROWS,
		    &(struct column){ .phys = to->phys,
				      .data = (void *)value },
		    0, &w->b->arena);
}

/* Rows of one multiset's table. */
struct multiset_writer {
	const struct multiset_kind *kind;
	struct writer drop, put;
};

static void
put_multiset_row(const struct multiset_row *row, void *arg)
{
	struct multiset_writer *mw = arg;
	struct writer *w = row->n > 0 ? &mw->put : &mw->drop;
	uint32_t at;
	unsigned col;

	/* A value can be gone and back again: its row goes first. */
	if (row->n > 0)
		writer_end(&mw->drop);
	at = writer_room(w, 1);
	col = put_value_key(w, at, row->pane_us, row->gid);
	if (mw->kind->ordered)
		put_i64(w, col++, at, (int64_t)row->seq);
	if (row->n == 0 && mw->kind->ordered)
		return; /* that was its key */
	put_cell(w, col++, at, row->value);
	if (row->n == 0)
		return;
	if (mw->kind->pairs)
		put_cell(w, col++, at, row->beside);
	put_i64(w, col, at, row->n);
}

int
agg_tables_put_multisets(const struct agg_tables *t, struct snapshot *s)
{
	for (unsigned i = 0; i < t->aggs->n; i++) {
		const struct agg *a = &t->aggs->agg[i];
		struct multiset_writer w = {
			.kind = &a->kind,
			.drop = writer_begin(t, s, &t->values[i], true),
			.put = writer_begin(t, s, &t->values[i], false),
		};

		if (!a->multiset || a->distinct)
			continue;
		multiset_changes(a->multiset, put_multiset_row, &w);
		multiset_saved(a->multiset);
		if (writer_end(&w.drop) < 0 || writer_end(&w.put) < 0)
			return -1;
	}
	return 0;
}

int
agg_tables_put_time(const struct agg_tables *t, struct snapshot *s,
		    int64_t wm_us)
{
	struct writer w = writer_begin(t, s, &t->time, false);
	uint32_t at = writer_room(&w, 1);

	put_i64(&w, 0, at, 0);
	put_i64(&w, 1, at, wm_us);
	return writer_end(&w);
}

/* ---- rows back in ---- */

static bool
id_is_good(const struct batch *b, unsigned col, uint32_t row)
{
	return keys_may_be_gid(b->col[col].i64[row]);
}

static int
restore_group(const struct agg_tables *t, const struct batch *b, uint32_t row,
	      const struct agg_restore *to)
{
	uint32_t gid = (uint32_t)b->col[0].i64[row];
	unsigned col = 1u + to->keys->ncols;
	struct distinct *sets;
	char *entry;

	if (!id_is_good(b, 0, row) || keys_is_live(to->keys, gid) ||
	    (!t->panes && !state_may_be_count(b->col[col].i64[row])))
		return -1;
	keys_restore(to->keys, gid, b->col + 1, row);
	if (t->panes)
		return 0;
	entry = to->entry(to->arg, 0, gid, &sets);
	((struct entry *)entry)->rows = b->col[col].i64[row];
	ttl_restore(t->ttl, gid, b->col[col + 1].i64[row]);
	return aggs_load(t->aggs, entry, b, col + 2, row) ? 0 : -1;
}

static int
restore_session(const struct agg_tables *t, const struct batch *b, uint32_t row,
		const struct agg_restore *to)
{
	uint32_t id = (uint32_t)b->col[0].i64[row];
	unsigned col = 1u + to->keys->ncols;
	struct distinct *sets;
	char *entry;

	if (!id_is_good(b, 0, row) ||
	    !state_may_be_count(b->col[col + 2].i64[row]) ||
	    !to->session(to->arg, id, b->col + 1, row, b->col[col].i64[row],
			 b->col[col + 1].i64[row]))
		return -1;
	entry = to->entry(to->arg, 0, id, &sets);
	((struct entry *)entry)->rows = b->col[col + 2].i64[row];
	return aggs_load(t->aggs, entry, b, col + 3, row) ? 0 : -1;
}

static int
restore_entry(const struct agg_tables *t, const struct batch *b, uint32_t row,
	      const struct agg_restore *to)
{
	uint32_t gid = (uint32_t)b->col[1].i64[row];
	struct distinct *sets;
	char *entry;

	if (!id_is_good(b, 1, row) || !keys_is_live(to->keys, gid) ||
	    !state_may_be_count(b->col[2].i64[row]))
		return -1;
	entry = to->entry(to->arg, b->col[0].i64[row], gid, &sets);
	if (!entry)
		return -1;
	((struct entry *)entry)->rows = b->col[2].i64[row];
	return aggs_load(t->aggs, entry, b, 3, row) ? 0 : -1;
}

/* A value of a DISTINCT aggregate: its accumulator is made again of it. */
static void
restore_distinct(const struct agg *a, struct distinct *sets, char *entry,
		 const struct agg_saved *s)
{
	uint32_t row = s->row, gid = s->place.gid;
	struct agg_rows r = { .n = 1, .row = &row, .gid = &gid,
			      .entry = &entry, .pane_us = s->place.pane_us };

	distinct_restore(&sets[a->set], gid, s->value, row, s->n, entry,
			 a->off);
	a->type->add(a, &r, s->value);
}

static int
restore_value(const struct agg_tables *t, unsigned i, const struct batch *b,
	      uint32_t row, const struct agg_restore *to)
{
	const struct agg *a = &t->aggs->agg[i];
	unsigned id = t->panes ? 1 : 0, col = id + 1;
	struct agg_saved s = {
		.place = { .pane_us = t->panes ? b->col[0].i64[row] : 0,
			   .gid = (uint32_t)b->col[id].i64[row] },
		.row = row,
	};
	struct distinct *sets;
	char *entry;

	if (!a->distinct && a->kind.ordered)
		s.seq = (uint64_t)b->col[col++].i64[row];
	s.value = &b->col[col++];
	if (!a->distinct && a->kind.pairs)
		s.beside = &b->col[col++];
	s.n = b->col[col].i64[row];
	if (!id_is_good(b, id, row) || s.n == 0 || !state_may_be_count(s.n) ||
	    !state_may_be_count((int64_t)s.seq) ||
	    (!t->sessions && !keys_is_live(to->keys, s.place.gid)) ||
	    (!a->nulls && column_is_null(s.value, row)))
		return -1;
	entry = to->entry(to->arg, s.place.pane_us, s.place.gid, &sets);
	if (!entry)
		return -1;
	if (a->distinct)
		restore_distinct(a, sets, entry, &s);
	else
		a->type->restore(a, entry, &s);
	return 0;
}

static int
restore_row(const struct agg_tables *t, unsigned table, const struct batch *b,
	    uint32_t row, const struct agg_restore *to)
{
	if (table == t->groups.number)
		return t->sessions ? restore_session(t, b, row, to)
				   : restore_group(t, b, row, to);
	if (t->panes && table == t->entries.number)
		return restore_entry(t, b, row, to);
	if (!t->ttl && table == t->time.number) {
		*to->wm_us = b->col[1].i64[row];
		return 0;
	}
	for (unsigned i = 0; i < t->aggs->n; i++)
		if (table == t->values[i].number)
			return restore_value(t, i, b, row, to);
	return -1;
}

int
agg_tables_restore(struct agg_tables *t, unsigned table,
		   const struct batch *rows, const struct agg_restore *to,
		   struct error *err)
{
	if (!rows)
		return ++t->complete == t->n;
	batch_each(rows, row)
		if (restore_row(t, table, rows, row, to) < 0)
			return op_state_damaged(t->op, err);
	return 0;
}

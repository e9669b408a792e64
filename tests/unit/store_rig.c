/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/store_rig.c - see store_rig.h. The operators here know nothing
 * but how to write down what restore() brings them.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/time.h"
#include "tests/unit/store_rig.h"
#include "tests/unit/test.h"

static void
put_cell(struct buf *out, const struct column *c, uint32_t row)
{
	char text[DECIMAL_TEXT_MAX];

	if (column_is_null(c, row)) {
		buf_puts(out, "NULL");
		return;
	}
	switch (c->phys) {
	case PHYS_U8:
		buf_i64(out, c->u8[row]);
		break;
	case PHYS_I64:
		buf_i64(out, c->i64[row]);
		break;
	case PHYS_I128:
		buf_append(out, text, i128_format(c->i128[row], text));
		break;
	case PHYS_F64:
		buf_f64(out, c->f64[row]);
		break;
	case PHYS_STR:
		buf_str(out, c->str[row]);
		break;
	}
}

static int
store_rig_op_restore(struct op *op, unsigned table, const struct batch *rows,
	       struct error *err)
{
	struct store_rig_op *o = (struct store_rig_op *)op;

	(void)err;
	if (!rows) {
		o->complete++;
		return 0;
	}
	CHECK(rows->rows <= BATCH_ROWS);
	batch_check(rows);
	batch_each(rows, row) {
		buf_printf(&o->restored, "%u: ", table);
		for (unsigned c = 0; c < rows->schema->ncols; c++) {
			if (c)
				buf_putc(&o->restored, '|');
			put_cell(&o->restored, &rows->col[c], row);
		}
		buf_putc(&o->restored, '\n');
	}
	return 0;
}

static const struct op_type rig_op_type = {
	.name = "store_rig_op",
	.bytes = sizeof(struct store_rig_op),
	.state_version = 1,
	.restore = store_rig_op_restore,
};

void
store_rig_init(struct store_rig *r)
{
	memset(r, 0, sizeof(*r));
	strcpy(r->dir, "/tmp/sluice-store-XXXXXX");
	EXPECT(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/job.db", r->dir);
	arena_init(&r->arena);
	buf_init(&r->text);
	r->snap.tail = &r->snap.parts;
	r->snap.errors_tail = &r->snap.errors;
}

void
store_rig_open(struct store_rig *r)
{
	struct error err = ERROR_INIT;

	if (store_open(r->path, STORE_CREATE, 0, &r->s, &err) < 0)
		FAIL("store_open: %s", err.message);
}

static void
store_rig_drop_parts(struct store_rig *r)
{
	for (struct snapshot_part *p = r->snap.parts; p; p = p->next)
		batch_unref(p->rows);
	r->snap.parts = NULL;
	r->snap.tail = &r->snap.parts;
	r->snap.errors = NULL;
	r->snap.errors_tail = &r->snap.errors;
	r->snap.errors_counted = r->snap.ngone = 0;
	r->snap.ops = NULL;
	r->snap.nops = 0;
}

void
store_rig_close(struct store_rig *r)
{
	store_close(r->s);
	r->s = NULL;
	for (unsigned i = 0; i < r->nops; i++)
		buf_release(&r->ops[i].restored);
	memset(r->ops, 0, sizeof(r->ops));
	r->nops = 0;
	r->ntables = 0;
	store_rig_drop_parts(r);
}

void
store_rig_release(struct store_rig *r)
{
	char command[128];

	store_rig_close(r);
	buf_release(&r->text);
	arena_release(&r->arena);
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	EXPECT_EQ(system(command), 0);
}

struct store_rig_op *
store_rig_op(struct store_rig *r, const char *meaning)
{
	struct store_rig_op *o = &r->ops[r->nops++];
	const char **texts[] = { &o->node.name, &o->node.meaning_inputs,
				 &o->node.meaning_keys,
				 &o->node.meaning_window,
				 &o->node.meaning_predicate,
				 &o->node.meaning_sink };
	char *rest = arena_strdup(&r->arena, meaning);

	CHECK(r->nops <= RIG_OPS);
	for (unsigned i = 0; i < ARRAY_LEN(texts) && rest; i++)
		*texts[i] = strsep(&rest, ";");
	o->op.magic = OP_MAGIC;
	o->op.type = &rig_op_type;
	o->op.node = &o->node;
	o->source = "words";
	buf_init(&o->restored);
	return o;
}

unsigned
store_rig_table(struct store_rig *r, struct store_rig_op *op,
		const struct table_def *def)
{
	unsigned number = 0;

	for (unsigned i = 0; i < r->ntables; i++)
		number += r->tables[i].op == &op->op;
	CHECK(r->ntables < RIG_TABLES);
	r->tables[r->ntables++] = (struct state_table){ &op->op, number, def };
	return number;
}

static const struct view_def *
store_rig_view(void *arg, const struct op *op)
{
	(void)arg;
	return ((const struct store_rig_op *)op)->view;
}

static const char *
store_rig_source(void *arg, const struct op *op)
{
	(void)arg;
	return ((const struct store_rig_op *)op)->source;
}

static void
store_rig_name(void *arg, struct op *op, const char *state_name)
{
	struct store_rig *r = arg;

	op->state_name = arena_strdup(&r->arena, state_name);
}

int
store_rig_attach(struct store_rig *r, struct error *err)
{
	struct store_client client = {
		.tables = r->tables,
		.ntables = r->ntables,
		.view = store_rig_view,
		.source = store_rig_source,
		.name = store_rig_name,
		.zone = r->zone,
		.arg = r,
	};

	r->epoch = r->s->epoch;
	return store_attach_client(r->s, &client, err);
}

static struct type
type_of_text(const char *text)
{
	unsigned p, s;

	for (int k = TYPE_BOOLEAN; k < TYPE_ARRAY; k++) {
		struct type t = TYPE_OF((uint8_t)k);
		char name[TYPE_NAME_MAX];

		if (k == TYPE_DECIMAL || k == TYPE_TIMESTAMP ||
		    k == TYPE_TIMESTAMP_LTZ)
			continue;
		if (k >= TYPE_CHAR && k <= TYPE_VARBINARY)
			t.length = TYPE_LENGTH_MAX;
		if (strcmp(type_name(t, name), text) == 0)
			return t;
	}
	if (sscanf(text, "DECIMAL(%u;%u)", &p, &s) == 2)
		return type_decimal(p, s);
	if (sscanf(text, "TIME(%u)", &p) == 1) {
		struct type t = TYPE_OF(TYPE_TIME);

		t.precision = (uint8_t)p;
		return t;
	}
	if (sscanf(text, "TIMESTAMP_LTZ(%u)", &p) == 1)
		return type_timestamp_ltz(p);
	if (sscanf(text, "TIMESTAMP(%u)", &p) == 1)
		return type_timestamp(p);
	FAIL("no type %s", text);
}

const struct schema *
store_rig_schema(struct store_rig *r, const char *columns)
{
	struct schema *s = arena_new(&r->arena, struct schema);
	char *rest = arena_strdup(&r->arena, columns), *one;

	s->cols = arena_array(&r->arena, 32, struct schema_column);
	while ((one = strsep(&rest, ","))) {
		char *type, *name;

		while (*one == ' ')
			one++;
		type = one;
		name = strchr(one, ' ');
		CHECK(name);
		*name++ = '\0';
		s->cols[s->ncols].name = name;
		s->cols[s->ncols++].type = type_of_text(type);
	}
	return s;
}

static void
set_cell(struct batch *b, unsigned col, uint32_t row, const char *text)
{
	struct column *c = &b->col[col];
	i128 v;

	if (strcmp(text, "NULL") == 0) {
		column_set_null(c, row, BATCH_ROWS, &b->arena);
		return;
	}
	switch (c->phys) {
	case PHYS_U8:
		c->u8[row] = (uint8_t)atoi(text);
		break;
	case PHYS_I64:
		c->i64[row] = strtoll(text, NULL, 10);
		break;
	case PHYS_I128:
		v = 0;
		for (const char *p = text + (*text == '-'); *p; p++)
			v = v * 10 - (*p - '0');
		c->i128[row] = *text == '-' ? v : -v;
		break;
	case PHYS_F64:
		c->f64[row] = strtod(text, NULL);
		break;
	case PHYS_STR:
		c->str[row] = str_from(&b->arena, text, strlen(text));
		break;
	}
}

struct batch *
store_rig_rows(const struct schema *s, const char *const *rows)
{
	struct batch *b = batch_create(NULL, s, BATCH_ROWS);
	uint32_t n = 0;

	for (; rows[n]; n++) {
		char *copy = mem_strdup(rows[n]), *rest = copy, *cell;
		unsigned col = 0;

		while ((cell = strsep(&rest, "|")))
			set_cell(b, col++, n, cell);
		CHECK(col == s->ncols);
		free(copy);
	}
	batch_seal(b, n);
	return b;
}

void
store_rig_part(struct store_rig *r, enum snapshot_what what,
	       struct store_rig_op *op,
	       unsigned table, const char *const *rows, int64_t bound)
{
	struct snapshot_part *p = arena_new(&r->arena, struct snapshot_part);
	const struct table_def *def = NULL;

	for (unsigned i = 0; i < r->ntables; i++)
		if (r->tables[i].op == &op->op && r->tables[i].number == table)
			def = r->tables[i].def;
	CHECK(def);
	p->what = what;
	p->state_name = def->kind == TABLE_SHARED ? op->source
						  : op->op.state_name;
	p->def = def;
	p->bound = bound;
	if (what == SNAPSHOT_DROP) {
		struct schema *keys = arena_new(&r->arena, struct schema);

		*keys = *def->schema;
		keys->ncols = def->nkeys;
		p->rows = store_rig_rows(keys, rows);
	} else if (rows) {
		p->rows = store_rig_rows(def->schema, rows);
	}
	*r->snap.tail = p;
	r->snap.tail = &p->next;
}

int
store_rig_commit(struct store_rig *r, struct error *err)
{
	r->snap.epoch = r->epoch + 1;
	r->snap.taken_at_us = (int64_t)r->snap.epoch * US_PER_SECOND;
	if (store_commit(r->s, &r->snap, err) < 0)
		return -1;
	r->epoch++;
	store_rig_drop_parts(r);
	return 0;
}

static int
add_row(void *arg, int n, char **values, char **names)
{
	struct buf *b = arg;

	(void)names;
	for (int i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? "|" : "",
			   values[i] ? values[i] : "NULL");
	buf_putc(b, '\n');
	return 0;
}

const char *
store_rig_sql(struct store_rig *r, const char *sql)
{
	sqlite3 *db;
	char *text = NULL;

	buf_clear(&r->text);
	if (sqlite3_open_v2(r->path, &db, SQLITE_OPEN_READONLY, NULL) !=
		    SQLITE_OK ||
	    sqlite3_exec(db, sql, add_row, &r->text, &text) != SQLITE_OK) {
		buf_clear(&r->text);
		buf_puts(&r->text, text ? text : sqlite3_errmsg(db));
	}
	sqlite3_free(text);
	sqlite3_close(db);
	return buf_cstr(&r->text);
}

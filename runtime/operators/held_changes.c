/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/held_changes.c - batches of changes with their kinds, into
 * the snapshot and back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "runtime/operators/held_changes.h"
#include "runtime/snapshot.h"

enum { COL_EPOCH, COL_SEQ, COL_KIND, COL_ROW };

static void
put_column(struct held_changes *h, const char *name, struct type t)
{
	h->stored.cols[h->stored.ncols++] = (struct schema_column){
		.name = name, .type = t,
	};
}

int
held_open(struct held_changes *h, struct op *op, struct error *err)
{
	const struct schema *row = &op->node->schema;
	uint16_t ncols = (uint16_t)(COL_ROW + row->ncols);
	const char **meanings = arena_array(op->arena, ncols, const char *);
	const struct type number = { .kind = TYPE_BIGINT };
	const struct type text = { .kind = TYPE_VARCHAR,
				   .length = TYPE_LENGTH_MAX };

	*h = (struct held_changes){ .op = op };
	h->stored.cols = arena_array(op->arena, ncols, struct schema_column);
	put_column(h, "_epoch", number);
	put_column(h, "_seq", number);
	put_column(h, "_kind", text);
	for (uint16_t c = 0; c < row->ncols; c++) {
		struct type t = row->cols[c].type;

		t.nullable = true;
		meanings[h->stored.ncols] = arena_printf(
			op->arena, "column %s", row->cols[c].name);
		put_column(h, row->cols[c].name, t);
	}
	h->def = (struct table_def){
		.kind = TABLE_STATE, .suffix = "_changes",
		.schema = &h->stored, .nkeys = 2, .first_is_pane = true,
		.column_meanings = meanings,
	};
	return op_table(op, &h->def, &h->table, err);
}

static void
held_clear(struct held_changes *h)
{
	for (unsigned i = 0; i < h->n; i++)
		batch_unref(h->list[i].b);
	h->n = 0;
	h->nrows = h->bytes = 0;
}

void
held_close(struct held_changes *h)
{
	held_clear(h);
	free(h->list);
	h->list = NULL;
}

static void
held_add(struct held_changes *h, struct batch *b_take, const uint8_t *kinds)
{
	if (h->n == h->size) {
		h->size = h->size ? 2 * h->size : 4;
		h->list = mem_realloc(h->list, h->size * sizeof(*h->list));
	}
	h->list[h->n++] = (struct held_batch){ b_take, kinds };
	h->nrows += b_take->rows;
	h->bytes += b_take->arena.bytes;
}

/* ---- checkpoints ---- */

static struct batch *
to_stored(const struct held_changes *h, const struct held_batch *from,
	  uint64_t epoch, uint64_t seq)
{
	uint32_t n = from->b->rows;
	struct batch *b = batch_create(NULL, &h->stored, n);

	for (uint32_t i = 0; i < n; i++) {
		const char *kind = change_kind_text[from->kinds[i]];

		b->col[COL_EPOCH].i64[i] = (int64_t)epoch;
		b->col[COL_SEQ].i64[i] = (int64_t)(seq + i);
		b->col[COL_KIND].str[i] = str_ref(kind,
						  (uint32_t)strlen(kind));
		for (unsigned c = 0; c < from->b->schema->ncols; c++)
			column_copy(&b->col[COL_ROW + c], i, n,
				    &from->b->col[c], i, &b->arena);
	}
	batch_seal(b, n);
	return b;
}

int
held_put(struct held_changes *h, struct snapshot *s, const struct net *net)
{
	CHECK(h->n == 0);
	if (h->owes && snapshot_drop_below(s, h->op, h->table,
					   (int64_t)s->epoch) < 0)
		return -1;
	h->owes = false;
	for (uint32_t at = 0; at < net->nchanges; at += BATCH_ROWS) {
		uint32_t to = at + BATCH_ROWS;
		struct held_batch next;

		if (to > net->nchanges)
			to = net->nchanges;
		next.b = net_batch(net, NULL, at, to, &next.kinds);
		if (snapshot_put(s, h->op, h->table,
				 to_stored(h, &next, s->epoch, at)) < 0) {
			batch_unref(next.b);
			return -1;
		}
		held_add(h, next.b, next.kinds);
	}
	return 0;
}

static bool
kind_of(const struct str *text, uint8_t *ret)
{
	for (uint8_t k = 0; k < ARRAY_LEN(change_kind_text); k++)
		if (text->len == 2 &&
		    memcmp(str_data(text), change_kind_text[k], 2) == 0) {
			*ret = k;
			return true;
		}
	return false;
}

/* They come in the order of epoch and number. */
int
held_restore(struct held_changes *h, const struct batch *rows,
	     struct error *err)
{
	const struct schema *schema = &h->op->node->schema;
	struct batch *b = batch_create(NULL, schema, BATCH_ROWS);
	uint8_t *kinds = arena_alloc(&b->arena, BATCH_ROWS);
	uint32_t n = 0;

	batch_each(rows, row) {
		if (!kind_of(&rows->col[COL_KIND].str[row], &kinds[n])) {
			batch_unref(b);
			return op_state_damaged(h->op, err);
		}
		for (unsigned c = 0; c < schema->ncols; c++)
			column_copy(&b->col[c], n, BATCH_ROWS,
				    &rows->col[COL_ROW + c], row, &b->arena);
		n++;
	}
	batch_seal(b, n);
	held_add(h, b, kinds);
	return 0;
}

int
held_write(struct held_changes *h,
	   int (*write)(void *arg, struct batch *b, const uint8_t *kinds,
			struct error *err),
	   void *arg, struct error *err)
{
	h->owes |= h->nrows > 0;
	for (unsigned i = 0; i < h->n; i++)
		if (write(arg, h->list[i].b, h->list[i].kinds, err) < 0)
			return -1;
	held_clear(h);
	return 0;
}

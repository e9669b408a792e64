/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_attach.c - a plan's operators meet what the file holds: their
 * rows in `operators` are found, missing tables and views made, in one
 * transaction; then the stored rows go back through restore().
 */
#include <stdlib.h>

#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

/* Forgets an earlier pipeline of the same open store. */
static void
attach_reset(struct store *s)
{
	for (unsigned i = 0; i < s->ntables; i++)
		store_table_release(&s->tables[i]);
	s->tables = NULL;
	s->ntables = 0;
}

static int
attach_tables(struct store *s, const struct store_client *client,
	      struct error *err)
{
	s->tables = arena_array(&s->arena, client->ntables,
				struct store_table);
	for (unsigned i = 0; i < client->ntables; i++) {
		const struct state_table *from = &client->tables[i];
		bool shared = from->def->kind == TABLE_SHARED;
		const char *source =
			shared ? client->source(client->arg, from->op) : NULL;
		struct store_table *t = &s->tables[i];

		if (store_table_init(s, t, from, store_op_of(s, from->op),
				     source, err) < 0)
			return -1;
		if (source)
			t->owner = arena_strdup(&s->arena, source);
		s->ntables++;
	}
	return 0;
}

static int
insert_operator(struct store *s, const struct stored_op *o, struct error *err)
{
	const char *texts[] = { o->name, o->kind, o->inputs, o->keys,
				o->window, o->predicate, o->sink };
	sqlite3_stmt *st = NULL;
	struct buf columns;
	int i, rc;

	rc = store_prepare(&s->file,
			   "INSERT INTO operators(name, kind, inputs, keys,"
			   " \"window\", predicate, sink, columns, tables,"
			   " state_rows, state_bytes, state_version)"
			   " VALUES(?,?,?,?,?,?,?,?,'{}',0,0,?)",
			   &st, err);
	if (rc < 0)
		return -1;
	buf_init(&columns);
	store_columns_json(s, o->op, &columns);
	for (i = 0; i < (int)ARRAY_LEN(texts); i++)
		store_bind_text(st, i + 1, texts[i]);
	store_bind_text(st, ++i, buf_cstr(&columns));
	sqlite3_bind_int64(st, ++i, o->state_version);
	rc = store_run(&s->file, st, err);
	sqlite3_finalize(st);
	buf_release(&columns);
	return rc;
}

/* A matched operator's sink may be another one by now. */
static int
update_operator(struct store *s, const struct stored_op *o, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "UPDATE operators SET sink = ?1"
			       " WHERE name = ?2 AND sink IS NOT ?1",
			       &st, err);

	if (rc < 0)
		return -1;
	store_bind_text(st, 1, o->op->node->meaning_sink
				       ? o->op->node->meaning_sink
				       : "");
	store_bind_text(st, 2, o->name);
	rc = store_run(&s->file, st, err);
	sqlite3_finalize(st);
	return rc;
}

/* Numbers of rows that are gone are not given again. */
static int
load_next_ids(struct store *s, const struct stored_op *o, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "SELECT j.key, j.value FROM operators o,"
			       " json_each(o.tables) j WHERE o.name = ?",
			       &st, err);

	if (rc == 0)
		store_bind_text(st, 1, o->name);
	while (rc == 0 && (rc = store_step(&s->file, st, err)) == 1) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		for (unsigned i = 0; i < s->ntables; i++)
			if (s->tables[i].op == o->op &&
			    strcmp(s->tables[i].name, name) == 0)
				s->tables[i].next_id =
					sqlite3_column_int64(st, 1);
		rc = 0;
	}
	sqlite3_finalize(st);
	return rc;
}

static int
update_tables(struct store *s, const struct stored_op *o, struct error *err)
{
	if (update_operator(s, o, err) < 0)
		return -1;
	return load_next_ids(s, o, err);
}

static int
create_tables(struct store *s, const struct stored_op *o, struct error *err)
{
	for (unsigned i = 0; i < s->ntables; i++)
		if (s->tables[i].op == o->op &&
		    !s->tables[i].shared &&
		    store_table_create(s, &s->tables[i], err) < 0)
			return -1;
	return insert_operator(s, o, err);
}

static int
attach_operators(struct store *s, const struct store_client *client,
		 struct error *err)
{
	for (struct stored_op *o = s->ops; o; o = o->next) {
		const struct view_def *view;

		if (!o->op) {
			s->drop_gone |= !o->gone;
			continue;
		}
		if ((o->cols ? update_tables(s, o, err)
			     : create_tables(s, o, err)) < 0)
			return -1;
		view = client->view(client->arg, o->op);
		if (view && store_view_create(s, o, view, client->zone, err) < 0)
			return -1;
	}
	return 0;
}

int
store_attach_find(struct store *s, const struct store_client *client,
		  struct error *err)
{
	attach_reset(s);
	s->drop_gone = false;
	if (store_load_ops(s, err) < 0 ||
	    store_match_ops(s, client, err) < 0 ||
	    attach_tables(s, client, err) < 0)
		return -1;
	return attach_operators(s, client, err);
}

int
store_attach_client(struct store *s, const struct store_client *client,
		    struct error *err)
{
	if (store_begin(&s->file, err) < 0)
		return -1;
	if (store_attach_find(s, client, err) < 0 ||
	    store_end(&s->file, err) < 0) {
		store_rollback(&s->file);
		return -1;
	}
	for (struct stored_op *o = s->ops; o; o = o->next)
		if (o->op)
			client->name(client->arg, o->op, o->name);
	for (unsigned i = 0; i < s->ntables; i++)
		if (store_table_restore(s, &s->tables[i], err) < 0)
			return -1;
	return 0;
}

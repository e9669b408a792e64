/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/json.c - asking JSON texts: IS JSON, JSON_EXISTS, JSON_VALUE
 * and JSON_QUERY, with their clauses for what is not there. A constant path is
 * read once, another one once for all rows in a row that have it.
 */
#include "base/float.h"
#include "base/nested.h"
#include "runtime/kernels/json_find.h"
#include "runtime/kernels/text.h"

/* What one run of a kernel shares from row to row. */
struct query {
	struct frame *f;
	struct str text;       /* of the row: short ones lie in here */
	struct json_doc doc;   /* of that text */
	struct json_found found;
	struct buf out;
	const struct json_path *path;
	struct json_path path_read; /* one that is no constant */
	struct str path_text;
	const char *why;       /* of ANSWER_ERROR */
};

enum answer {
	ANSWER_FOUND,
	ANSWER_EMPTY, /* Flink's null: nothing, or a JSON null */
	ANSWER_ERROR,
	ANSWER_NONE,  /* the row has failed */
};

static struct query
query_begin(struct frame *f)
{
	struct query q = { .f = f, .path = f->call->prepared };

	json_doc_init(&q.doc);
	buf_init(&q.out);
	return q;
}

static void
query_end(struct query *q)
{
	json_doc_release(&q->doc);
	json_found_release(&q->found);
	buf_release(&q->out);
}

static enum answer
error_because(struct query *q, const char *why)
{
	q->why = why;
	return ANSWER_ERROR;
}

/* A path that differs from row to row. */
static enum answer
read_path(struct query *q, uint32_t row)
{
	struct str text = arg_str(q->f, 1, row);
	struct json_path_fault fault;

	if (q->path && str_eq(&text, &q->path_text))
		return ANSWER_FOUND;
	q->path = NULL;
	if (json_path_parse(str_data(&text), text.len, q->f->arena,
			    &q->path_read, &fault) < 0) {
		if (!fault.unsupported)
			return error_because(q, fault.what);
		frame_fail(q->f, row, ERR_UNSUPPORTED, fault.what);
		return ANSWER_NONE;
	}
	q->path = &q->path_read;
	q->path_text = str_dup(q->f->arena, text);
	return ANSWER_FOUND;
}

static bool
parse_text(struct query *q, uint32_t row, const char **ret_why)
{
	struct json_doc_fault fault;

	q->text = arg_str(q->f, 0, row);
	if (json_doc_parse(&q->doc, str_data(&q->text), q->text.len,
			   &fault) == 0)
		return true;
	*ret_why = fault.what;
	return false;
}

/* What the row's path finds in the row's text. */
static enum answer
ask(struct query *q, uint32_t row)
{
	const char *why;

	if (!q->f->call->prepared) {
		enum answer a = read_path(q, row);

		if (a != ANSWER_FOUND)
			return a;
	}
	if (!parse_text(q, row, &why))
		return q->path->lax ? ANSWER_EMPTY : error_because(q, why);
	if (q->doc.node[0].kind == JSON_NULL)
		return error_because(q, "the text is the JSON null");
	switch (json_find(q->path, &q->doc, &q->found)) {
	case JSON_FIND_OK:
		break;
	case JSON_FIND_MISSING:
		return error_because(q, "the path finds nothing");
	case JSON_FIND_LIMIT:
		frame_fail(q->f, row, ERR_OUT_OF_RANGE,
			   "the JSON path finds too much in this text");
		return ANSWER_NONE;
	}
	if (q->path->definite &&
	    (q->found.n == 0 ||
	     q->doc.node[q->found.node[0]].kind == JSON_NULL))
		return ANSWER_EMPTY;
	return ANSWER_FOUND;
}

static void
fail_empty(struct frame *f, uint32_t row)
{
	frame_fail(f, row, ERR_JSON_RESULT,
		   "there is nothing at the path: ERROR ON EMPTY");
}

static void
fail_error(struct frame *f, uint32_t row, const char *why)
{
	frame_fail(f, row, ERR_JSON_RESULT,
		   arena_printf(f->arena, "%s: ERROR ON ERROR", why));
}

/* The bytes in q->out are the row's text. */
static void
put_out(struct query *q, uint32_t row)
{
	char *text = text_room(q->f, row, q->out.len);

	if (!text)
		return;
	if (q->out.len > 0)
		memcpy(text, q->out.data, q->out.len);
	text_put(q->f, row, text, q->out.len);
}

/* ---- IS JSON ---- */

static bool
is_what(enum function_id function, enum json_kind kind)
{
	switch (function) {
	case FN_IS_JSON_SCALAR:
		return kind < JSON_ARRAY;
	case FN_IS_JSON_ARRAY:
		return kind == JSON_ARRAY;
	case FN_IS_JSON_OBJECT:
		return kind == JSON_OBJECT;
	default:
		return true;
	}
}

static void
is_json(struct frame *f)
{
	struct query q = query_begin(f);
	const char *why;

	frame_each(f, row)
		f->out->u8[row] = !arg_is_null(f, 0, row) &&
				  parse_text(&q, row, &why) &&
				  is_what(f->call->function,
					  (enum json_kind)q.doc.node[0].kind);
	query_end(&q);
}

/* ---- JSON_EXISTS ---- */

static void
exists_error(struct query *q, uint32_t row)
{
	switch ((enum json_on)q->f->call->json.on_error) {
	case JSON_ON_TRUE:
		q->f->out->u8[row] = 1;
		break;
	case JSON_ON_UNKNOWN:
		frame_null(q->f, row);
		break;
	case JSON_ON_ERROR:
		fail_error(q->f, row, q->why);
		break;
	default:
		q->f->out->u8[row] = 0;
	}
}

static void
json_exists(struct frame *f)
{
	struct query q = query_begin(f);

	frame_each(f, row) {
		switch (ask(&q, row)) {
		case ANSWER_FOUND:
			f->out->u8[row] = 1;
			break;
		case ANSWER_EMPTY:
			f->out->u8[row] = 0;
			break;
		case ANSWER_ERROR:
			exists_error(&q, row);
			break;
		case ANSWER_NONE:
			break;
		}
	}
	query_end(&q);
}

/* ---- JSON_VALUE ---- */

/* The default is argument `arg`. */
static void
put_default(struct frame *f, uint32_t row, unsigned arg)
{
	const struct vec *v = &f->arg[arg];
	size_t bytes = phys_bytes(f->out->phys);

	if (vec_is_null(v, row))
		frame_null(f, row);
	else
		memcpy((char *)f->out->data + row * bytes,
		       (const char *)v->data + (row & v->mask) * bytes, bytes);
}

static void
value_empty(struct query *q, uint32_t row)
{
	enum json_on on = (enum json_on)q->f->call->json.on_empty;

	if (on == JSON_ON_DEFAULT)
		put_default(q->f, row, 2);
	else if (on == JSON_ON_ERROR)
		fail_empty(q->f, row);
	else
		frame_null(q->f, row);
}

static void
value_error(struct query *q, uint32_t row)
{
	const struct json_clauses *json = &q->f->call->json;

	if (json->on_error == JSON_ON_DEFAULT)
		put_default(q->f, row,
			    json->on_empty == JSON_ON_DEFAULT ? 3 : 2);
	else if (json->on_error == JSON_ON_ERROR)
		fail_error(q->f, row, q->why);
	else
		frame_null(q->f, row);
}

/* Flink casts what it finds, and an exception of that is not caught by ON
 * ERROR. */
static void
fail_type(struct query *q, uint32_t row)
{
	char name[TYPE_NAME_MAX];

	frame_fail(q->f, row, ERR_CAST_FAILED,
		   arena_printf(q->f->arena, "the JSON value is no %s",
				type_name(q->f->call->type, name)));
}

static bool
integer_value(const struct json_node *t, int64_t *ret)
{
	int64_t v = 0;
	bool minus;

	if (t->kind != JSON_INTEGER || t->len > 11)
		return false;
	minus = t->text[0] == '-';
	for (uint32_t i = minus; i < t->len; i++)
		v = 10 * v + (t->text[i] - '0');
	*ret = minus ? -v : v;
	return *ret >= INT32_MIN && *ret <= INT32_MAX;
}

static void
put_value(struct query *q, uint32_t row, uint32_t node)
{
	const struct json_node *t = &q->doc.node[node];
	struct frame *f = q->f;
	bool fits = true;

	switch ((enum type_kind)f->call->type.kind) {
	case TYPE_BOOLEAN:
		fits = t->kind == JSON_TRUE || t->kind == JSON_FALSE;
		f->out->u8[row] = t->kind == JSON_TRUE;
		break;
	case TYPE_INT:
		fits = integer_value(t, &f->out->i64[row]);
		break;
	case TYPE_DOUBLE:
		fits = (t->kind == JSON_INTEGER || t->kind == JSON_DECIMAL) &&
		       f64_parse(t->text, t->len, &f->out->f64[row]);
		break;
	default:
		buf_clear(&q->out);
		json_scalar_text(&q->doc, node, &q->out);
		put_out(q, row);
	}
	if (!fits)
		fail_type(q, row);
}

static void
json_value_row(struct query *q, uint32_t row)
{
	bool scalar;

	switch (ask(q, row)) {
	case ANSWER_FOUND:
		break;
	case ANSWER_EMPTY:
		value_empty(q, row);
		return;
	case ANSWER_ERROR:
		value_error(q, row);
		return;
	case ANSWER_NONE:
		return;
	}
	scalar = q->path->definite &&
		 json_is_scalar(&q->doc.node[q->found.node[0]]);
	if (scalar) {
		put_value(q, row, q->found.node[0]);
	} else if (q->path->lax) {
		value_empty(q, row);
	} else {
		error_because(q, "the path finds no scalar value");
		value_error(q, row);
	}
}

static void
json_value_run(struct frame *f)
{
	struct query q = query_begin(f);

	frame_each(f, row) {
		if (arg_is_null(f, 0, row) || arg_is_null(f, 1, row))
			frame_null(f, row);
		else
			json_value_row(&q, row);
	}
	query_end(&q);
}

/* ---- JSON_QUERY ---- */

static void
query_instead(struct query *q, uint32_t row, enum json_on on)
{
	struct frame *f = q->f;
	struct type type = f->call->type;

	if (on == JSON_ON_EMPTY_ARRAY && type.kind == TYPE_ARRAY)
		CHECK(nested_make(f->arena, type, 0, NULL, &f->out->str[row]));
	else if (on == JSON_ON_EMPTY_ARRAY)
		f->out->str[row] = str_ref("[]", 2);
	else if (on == JSON_ON_EMPTY_OBJECT)
		f->out->str[row] = str_ref("{}", 2);
	else
		frame_null(f, row);
}

static void
query_empty(struct query *q, uint32_t row)
{
	enum json_on on = (enum json_on)q->f->call->json.on_empty;

	if (on == JSON_ON_ERROR)
		fail_empty(q->f, row);
	else
		query_instead(q, row, on);
}

static void
query_error(struct query *q, uint32_t row)
{
	enum json_on on = (enum json_on)q->f->call->json.on_error;

	if (on == JSON_ON_ERROR)
		fail_error(q->f, row, q->why);
	else
		query_instead(q, row, on);
}

/* What was found as one value: a list of an indefinite path is an array. */
static void
write_found(struct query *q)
{
	if (q->path->definite) {
		json_write(&q->doc, q->found.node[0], &q->out);
		return;
	}
	buf_putc(&q->out, '[');
	/* More than TEXT_MADE_MAX is a failure anyway. */
	for (uint32_t i = 0; i < q->found.n && q->out.len <= TEXT_MADE_MAX;
	     i++) {
		if (i > 0)
			buf_putc(&q->out, ',');
		json_write(&q->doc, q->found.node[i], &q->out);
	}
	buf_putc(&q->out, ']');
}

static void
query_text(struct query *q, uint32_t row, bool wrap)
{
	buf_clear(&q->out);
	if (wrap)
		buf_putc(&q->out, '[');
	write_found(q);
	if (wrap)
		buf_putc(&q->out, ']');
	put_out(q, row);
}

/* The element of an ARRAY<STRING>: text as it is, other values as JSON. */
static struct value
element_text(struct query *q, uint32_t node)
{
	const struct json_node *t = &q->doc.node[node];
	struct value v = { .is_null = t->kind == JSON_NULL };

	if (v.is_null)
		return v;
	buf_clear(&q->out);
	if (json_is_scalar(t))
		json_scalar_text(&q->doc, node, &q->out);
	else
		json_write(&q->doc, node, &q->out);
	v.str = str_from(q->f->arena, q->out.data, q->out.len);
	return v;
}

static void
put_array(struct query *q, uint32_t row, uint32_t n, const struct value *items)
{
	struct frame *f = q->f;

	if (!nested_make(f->arena, f->call->type, n, items,
			 &f->out->str[row]))
		frame_fail(f, row, ERR_OUT_OF_RANGE, "the array is too long");
}

/* The elements of what was found: a list, or an array. */
static void
query_elements(struct query *q, uint32_t row)
{
	const struct json_node *node = q->doc.node;
	uint32_t first = q->path->definite ? q->found.node[0] : 0, at;
	uint32_t n = q->path->definite ? node[first].n : q->found.n;
	struct value *items;

	if (q->path->definite && node[first].kind != JSON_ARRAY) {
		error_because(q, "the path finds no array");
		query_error(q, row);
		return;
	}
	items = arena_array(q->f->arena, n, struct value);
	at = json_first(first);
	for (uint32_t i = 0; i < n; i++) {
		items[i] = element_text(q, q->path->definite
						   ? at : q->found.node[i]);
		at = q->path->definite ? node[at].next : at;
	}
	put_array(q, row, n, items);
}

/* The one element that the wrapper makes of what was found. */
static void
query_wrapped(struct query *q, uint32_t row)
{
	struct value v = { .is_null = false };

	if (q->path->definite) {
		v = element_text(q, q->found.node[0]);
	} else {
		buf_clear(&q->out);
		write_found(q);
		v.str = str_from(q->f->arena, q->out.data, q->out.len);
	}
	put_array(q, row, 1, &v);
}

static void
json_query_found(struct query *q, uint32_t row)
{
	enum json_wrapper w = (enum json_wrapper)q->f->call->json.wrapper;
	const struct json_node *t = &q->doc.node[q->found.n > 0 ?
						 q->found.node[0] : 0];
	bool array = !q->path->definite || t->kind == JSON_ARRAY;
	bool wrap = w == JSON_WRAPPER_ALWAYS ||
		    (w == JSON_WRAPPER_CONDITIONAL && !array);

	if (!wrap && q->path->definite && json_is_scalar(t)) {
		error_because(q, "the path finds a scalar value");
		if (q->path->lax)
			query_empty(q, row);
		else
			query_error(q, row);
	} else if (q->f->call->type.kind != TYPE_ARRAY) {
		query_text(q, row, wrap);
	} else if (wrap) {
		query_wrapped(q, row);
	} else {
		query_elements(q, row);
	}
}

static void
json_query_run(struct frame *f)
{
	struct query q = query_begin(f);

	frame_each(f, row) {
		switch (ask(&q, row)) {
		case ANSWER_FOUND:
			json_query_found(&q, row);
			break;
		case ANSWER_EMPTY:
			query_empty(&q, row);
			break;
		case ANSWER_ERROR:
			query_error(&q, row);
			break;
		case ANSWER_NONE:
			break;
		}
	}
	query_end(&q);
}

/* ---- picks ---- */

static void
prepare_path(struct kernel_call *k)
{
	const struct value *text = k->constant[1];
	struct json_path_fault fault;
	struct json_path *path;

	if (!text || text->is_null)
		return;
	path = arena_new(k->arena, struct json_path);
	if (json_path_parse(str_data(&text->str), text->str.len, k->arena,
			    path, &fault) == 0)
		k->prepared = path;
}

static bool
pick_is_json(struct kernel_call *k)
{
	return type_is_text(k->arg_type[0]) && pick_sparse(k, is_json);
}

static bool
pick_path(struct kernel_call *k)
{
	void (*run)(struct frame *f) =
		k->function == FN_JSON_EXISTS  ? json_exists
		: k->function == FN_JSON_VALUE ? json_value_run
					       : json_query_run;

	if (!type_is_text(k->arg_type[0]) || !type_is_text(k->arg_type[1]))
		return false;
	for (unsigned i = 2; i < k->nargs; i++)
		if (phys_of(k->arg_type[i]) != phys_of(k->type))
			return false;
	prepare_path(k);
	return pick_sparse(k, run);
}

const struct kernel json_kernels[] = {
	{ FN_IS_JSON_VALUE, pick_is_json },
	{ FN_IS_JSON_SCALAR, pick_is_json },
	{ FN_IS_JSON_ARRAY, pick_is_json },
	{ FN_IS_JSON_OBJECT, pick_is_json },
	{ FN_JSON_EXISTS, pick_path },
	{ FN_JSON_VALUE, pick_path },
	{ FN_JSON_QUERY, pick_path },
	{ FN_NONE, NULL },
};

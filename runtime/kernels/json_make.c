/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/json_make.c - making JSON texts: JSON_STRING, JSON_OBJECT,
 * JSON_ARRAY, JSON, JSON_QUOTE and JSON_UNQUOTE. The binder has wrapped values
 * in JSON_STRING, so that objects and arrays are put together of JSON texts.
 */
#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/float.h"
#include "base/json_doc.h"
#include "base/nested.h"
#include "base/time.h"
#include "runtime/kernels/charset.h"
#include "runtime/kernels/text.h"

/* The bytes in `out` are the row's text. */
static void
put_buf(struct frame *f, uint32_t row, const struct buf *out)
{
	char *text = text_room(f, row, out->len);

	if (!text)
		return;
	if (out->len > 0)
		memcpy(text, out->data, out->len);
	text_put(f, row, text, out->len);
}

/* ---- JSON_STRING ---- */

/* A text in the making. */
struct writer {
	struct buf out;
	bool null_key; /* a MAP had one, which JSON cannot say */
};

static void write_value(struct writer *w, const struct value *v, struct type t);

/* Jackson makes a BigDecimal of a double's text, and of a float's as a
 * double. */
static void
write_double(struct buf *out, double v)
{
	char text[F64_TEXT_MAX];
	size_t n = f64_format(v, text);

	if (isfinite(v))
		json_write_decimal(out, text, n);
	else
		json_write_string(out, text, n);
}

static void
write_decimal(struct buf *out, const struct value *v, struct type t)
{
	char text[DECIMAL_TEXT_MAX];
	i128 unscaled = phys_of(t) == PHYS_I64 ? v->i64 : v->i128;

	json_write_decimal(out, text,
			   decimal_format(unscaled, t.scale, text));
}

static void
write_instant(struct buf *out, int64_t us, struct type t)
{
	buf_putc(out, '"');
	buf_added(out, us_format_short(us, 'T', buf_room(out, TIME_TEXT_MAX)));
	if (t.kind == TYPE_TIMESTAMP_LTZ)
		buf_putc(out, 'Z');
	buf_putc(out, '"');
}

static void
write_bytes(struct buf *out, const struct str *s)
{
	buf_putc(out, '"');
	buf_added(out, base64_write((const uint8_t *)str_data(s), s->len,
				    buf_room(out, ((size_t)s->len + 2) / 3 *
							  4)));
	buf_putc(out, '"');
}

static void
write_array(struct writer *w, const struct value *v, struct type t)
{
	struct nested items;

	nested_open(&v->str, &items);
	buf_putc(&w->out, '[');
	for (uint32_t i = 0; i < items.n; i++) {
		struct value item = nested_get(&items, i, type_element(t));

		if (i > 0)
			buf_putc(&w->out, ',');
		write_value(w, &item, type_element(t));
	}
	buf_putc(&w->out, ']');
}

/* A pair of an object before its keys are sorted. */
struct pair {
	struct value key, value;
	struct type type; /* of the value */
};

static int
pair_cmp(const void *x, const void *y)
{
	const struct str *a = &((const struct pair *)x)->key.str;
	const struct str *b = &((const struct pair *)y)->key.str;

	return json_key_cmp(str_data(a), a->len, str_data(b), b->len);
}

static void
write_pairs(struct writer *w, struct pair *pairs, uint32_t n)
{
	qsort(pairs, n, sizeof(*pairs), pair_cmp);
	buf_putc(&w->out, '{');
	for (uint32_t i = 0; i < n; i++) {
		const struct str *key = &pairs[i].key.str;

		if (i > 0)
			buf_putc(&w->out, ',');
		json_write_string(&w->out, str_data(key), key->len);
		buf_putc(&w->out, ':');
		write_value(w, &pairs[i].value, pairs[i].type);
	}
	buf_putc(&w->out, '}');
}

static void
write_row(struct writer *w, const struct value *v, struct type t)
{
	struct pair *pairs = mem_alloc((t.length + 1) * sizeof(*pairs));
	struct nested items;

	nested_open(&v->str, &items);
	for (uint32_t i = 0; i < t.length; i++) {
		const char *name = t.fields[i].name;

		pairs[i].type = t.fields[i].type;
		pairs[i].key.str = str_ref(name, (uint32_t)strlen(name));
		pairs[i].value = nested_get(&items, i, pairs[i].type);
	}
	write_pairs(w, pairs, t.length);
	free(pairs);
}

static void
write_map(struct writer *w, const struct value *v, struct type t)
{
	struct nested items;
	struct pair *pairs;
	uint32_t n;

	nested_open(&v->str, &items);
	n = nested_entries(&items);
	pairs = mem_alloc((n + 1) * sizeof(*pairs));
	for (uint32_t i = 0; i < n; i++) {
		pairs[i].type = type_value(t);
		pairs[i].key = nested_get(&items, i, type_key(t));
		w->null_key |= pairs[i].key.is_null;
		pairs[i].value = nested_get(&items, n + i, pairs[i].type);
	}
	write_pairs(w, pairs, n);
	free(pairs);
}

static void
write_value(struct writer *w, const struct value *v, struct type t)
{
	if (v->is_null) {
		buf_puts(&w->out, "null");
		return;
	}
	switch ((enum type_kind)t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(&w->out, v->u8 ? "true" : "false");
		break;
	case TYPE_TINYINT:
	case TYPE_SMALLINT:
	case TYPE_INT:
	case TYPE_BIGINT:
		buf_i64(&w->out, v->i64);
		break;
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		write_double(&w->out, v->f64);
		break;
	case TYPE_DECIMAL:
		write_decimal(&w->out, v, t);
		break;
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		json_write_string(&w->out, str_data(&v->str), v->str.len);
		break;
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		write_bytes(&w->out, &v->str);
		break;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		write_instant(&w->out, v->i64, t);
		break;
	case TYPE_ARRAY:
		write_array(w, v, t);
		break;
	case TYPE_MAP:
	case TYPE_MULTISET:
		write_map(w, v, t);
		break;
	case TYPE_ROW:
		write_row(w, v, t);
		break;
	default:
		CHECK(!"a type that the binder refuses");
	}
}

static void
json_string_run(struct frame *f)
{
	struct type t = f->call->arg_type[0];
	struct column from = { .phys = phys_of(t),
			       .data = (void *)f->arg[0].data };
	struct writer w = { .null_key = false };

	buf_init(&w.out);
	frame_each(f, row) {
		struct value v = column_value(&from, row & f->arg[0].mask);

		buf_clear(&w.out);
		w.null_key = false;
		write_value(&w, &v, t);
		if (w.null_key)
			frame_fail(f, row, ERR_JSON_RESULT,
				   "a key of the map is NULL");
		else
			put_buf(f, row, &w.out);
	}
	buf_release(&w.out);
}

/* ---- JSON_OBJECT, JSON_ARRAY ---- */

/* The places of pairs by key; of equal ones in the order of their places. */
struct member {
	struct str key;
	unsigned pair;
};

static int
member_cmp(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int cmp = json_key_cmp(str_data(&a->key), a->key.len,
			       str_data(&b->key), b->key.len);

	return cmp ? cmp : (a->pair > b->pair) - (a->pair < b->pair);
}

static void
write_text(struct frame *f, struct buf *out, unsigned arg, uint32_t row)
{
	struct str s = arg_str(f, arg, row);

	if (arg_is_null(f, arg, row))
		buf_puts(out, "null");
	else
		buf_str(out, s);
}

/* Members of one key: the last of them that is there. */
static void
write_member(struct frame *f, struct buf *out, const struct member *m,
	     unsigned n, uint32_t row)
{
	while (n > 0 && f->call->json.absent &&
	       arg_is_null(f, 2 * m[n - 1].pair + 1, row))
		n--;
	if (n == 0)
		return;
	if (out->len > 1)
		buf_putc(out, ',');
	json_write_string(out, str_data(&m->key), m->key.len);
	buf_putc(out, ':');
	write_text(f, out, 2 * m[n - 1].pair + 1, row);
}

static void
write_members(struct frame *f, struct buf *out, const struct member *m,
	      unsigned n, uint32_t row)
{
	unsigned same;

	buf_clear(out);
	buf_putc(out, '{');
	for (unsigned i = 0; i < n; i += same) {
		same = 1;
		while (i + same < n && str_eq(&m[i].key, &m[i + same].key))
			same++;
		write_member(f, out, m + i, same, row);
	}
	buf_putc(out, '}');
}

static void
json_object(struct frame *f)
{
	unsigned n = f->call->nargs / 2;
	struct member *m = arena_array(f->arena, n + 1, struct member);
	const struct member *prepared = f->call->prepared;
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		for (unsigned i = 0; !prepared && i < n; i++)
			m[i] = (struct member){ arg_str(f, 2 * i, row), i };
		if (!prepared)
			qsort(m, n, sizeof(*m), member_cmp);
		write_members(f, &out, prepared ? prepared : m, n, row);
		put_buf(f, row, &out);
	}
	buf_release(&out);
}

static void
json_array(struct frame *f)
{
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		buf_clear(&out);
		buf_putc(&out, '[');
		for (unsigned i = 0; i < f->call->nargs; i++) {
			if (f->call->json.absent && arg_is_null(f, i, row))
				continue;
			if (out.len > 1)
				buf_putc(&out, ',');
			write_text(f, &out, i, row);
		}
		buf_putc(&out, ']');
		put_buf(f, row, &out);
	}
	buf_release(&out);
}

/* ---- JSON ---- */

/* As Java's trim(). */
static struct str
trimmed(const struct str *s)
{
	size_t from = 0, to = s->len;
	const char *text = str_data(s);

	while (from < to && (uint8_t)text[from] <= ' ')
		from++;
	while (to > from && (uint8_t)text[to - 1] <= ' ')
		to--;
	return str_part(s, from, to);
}

static void
json_run(struct frame *f)
{
	struct json_doc_fault fault;
	struct json_doc doc;
	struct buf out;

	json_doc_init(&doc);
	buf_init(&out);
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), text = trimmed(&s);

		if (text.len == 0) {
			frame_null(f, row);
		} else if (json_doc_parse(&doc, str_data(&text), text.len,
					  &fault) < 0) {
			frame_fail(f, row, ERR_JSON_RESULT,
				   arena_printf(f->arena, "JSON: %s at byte "
						"%zu", fault.what,
						fault.at + 1));
		} else {
			buf_clear(&out);
			json_write(&doc, 0, &out);
			put_buf(f, row, &out);
		}
	}
	json_doc_release(&doc);
	buf_release(&out);
}

/* ---- JSON_QUOTE, JSON_UNQUOTE ---- */

static void
put_unit(struct buf *out, unsigned unit)
{
	static const char digits[] = "0123456789abcdef";

	buf_puts(out, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		buf_putc(out, digits[unit >> shift & 15]);
}

/* A code point beyond ASCII at text; returns its bytes. */
static size_t
put_units(struct buf *out, const char *text)
{
	uint8_t lead = (uint8_t)text[0];
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	unsigned c = lead & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)text[i] & 63);
	if (c >= 0x10000) {
		put_unit(out, 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	put_unit(out, c);
	return n;
}

static void
quote(struct buf *out, const char *text, size_t n)
{
	static const char from[] = "\"\\/\b\f\n\r\t", to[] = "\"\\/bfnrt";

	buf_putc(out, '"');
	for (size_t i = 0; i < n;) {
		const char *at = text[i] ? strchr(from, text[i]) : NULL;

		if ((uint8_t)text[i] >= 0x80) {
			i += put_units(out, text + i);
			continue;
		}
		if (at)
			buf_putc(out, '\\');
		buf_putc(out, at ? to[at - from] : text[i]);
		i++;
	}
	buf_putc(out, '"');
}

static void
json_quote(struct frame *f)
{
	struct buf out;

	buf_init(&out);
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		buf_clear(&out);
		quote(&out, str_data(&s), s.len);
		put_buf(f, row, &out);
	}
	buf_release(&out);
}

/* What begins and ends with a quote and is JSON for Flink, which does not look
 * behind the first value. */
static bool
is_quoted(struct json_doc *doc, const struct str *s)
{
	const char *text = str_data(s);
	struct json_doc_fault fault;

	return s->len >= 2 && text[0] == '"' && text[s->len - 1] == '"' &&
	       json_doc_parse(doc, text, s->len, &fault) == 0;
}

/* Everything else comes back as it was. */
static void
json_unquote_run(struct frame *f)
{
	struct json_doc doc;

	json_doc_init(&doc);
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *out = text_room(f, row, s.len);
		size_t n;

		if (!out)
			continue;
		if (is_quoted(&doc, &s) &&
		    json_unquote(str_data(&s) + 1, s.len - 2u, out, &n))
			text_put(f, row, out, n);
		else
			f->out->str[row] = s;
	}
	json_doc_release(&doc);
}

/* ---- picks ---- */

static bool
pick_string(struct kernel_call *k)
{
	return phys_of(k->type) == PHYS_STR && pick_sparse(k, json_string_run);
}

static void
prepare_keys(struct kernel_call *k)
{
	unsigned n = k->nargs / 2;
	struct member *m = arena_array(k->arena, n + 1, struct member);

	for (unsigned i = 0; i < n; i++) {
		if (!k->constant[2 * i])
			return;
		m[i] = (struct member){ k->constant[2 * i]->str, i };
	}
	qsort(m, n, sizeof(*m), member_cmp);
	k->prepared = m;
}

static bool
pick_object(struct kernel_call *k)
{
	if (!text_shape_is(k, k->nargs, PHYS_STR))
		return false;
	prepare_keys(k);
	return pick_sparse(k, json_object);
}

static bool
pick_text(struct kernel_call *k)
{
	void (*run)(struct frame *f) =
		k->function == FN_JSON_ARRAY   ? json_array
		: k->function == FN_JSON_QUOTE ? json_quote
		: k->function == FN_JSON       ? json_run
					       : json_unquote_run;

	return text_shape_is(k, k->nargs, PHYS_STR) && pick_sparse(k, run);
}

const struct kernel json_make_kernels[] = {
	{ FN_JSON_STRING, pick_string },   { FN_JSON_OBJECT, pick_object },
	{ FN_JSON_ARRAY, pick_text },      { FN_JSON, pick_text },
	{ FN_JSON_QUOTE, pick_text },      { FN_JSON_UNQUOTE, pick_text },
	{ FN_NONE, NULL },
};

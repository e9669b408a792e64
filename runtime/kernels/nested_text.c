/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/nested_text.c - nested values as text, as Flink's CAST writes
 * them: [1, NULL], {a=1}, (1, x). Text inside is not quoted.
 */
#include "runtime/eval.h"
#include "runtime/kernels/cast.h"
#include "runtime/kernels/nested.h"

static void
put_scalar(struct buf *out, struct value v, struct type t,
	   const struct zone *zone, struct arena *a)
{
	char text[CAST_TEXT_MAX];

	if (phys_of(t) == PHYS_STR)
		buf_str(out, value_text(v, t, zone, a));
	else
		buf_append(out, text, cast_text(v, t, zone, text));
}

static void
put_entries(struct buf *out, const struct nested *v, struct type t,
	    const struct zone *zone, struct arena *a)
{
	uint32_t n = nested_entries(v);

	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		nested_text(out, nested_get(v, i, type_key(t)), type_key(t),
			    zone, a);
		buf_putc(out, '=');
		nested_text(out, nested_get(v, n + i, type_value(t)),
			    type_value(t), zone, a);
	}
}

static void
put_list(struct buf *out, const struct nested *v, struct type t,
	 const struct zone *zone, struct arena *a)
{
	for (uint32_t i = 0; i < v->n; i++) {
		struct type item = nested_item_type(v, t, i);

		if (i > 0)
			buf_puts(out, ", ");
		nested_text(out, nested_get(v, i, item), item, zone, a);
	}
}

void
nested_text(struct buf *out, struct value v, struct type t,
	    const struct zone *zone, struct arena *a)
{
	struct nested n;

	if (v.is_null) {
		buf_puts(out, "NULL");
		return;
	}
	if (!type_is_nested(t)) {
		put_scalar(out, v, t, zone, a);
		return;
	}
	nested_open(&v.str, &n);
	if (t.kind == TYPE_ARRAY || t.kind == TYPE_ROW) {
		buf_putc(out, t.kind == TYPE_ROW ? '(' : '[');
		put_list(out, &n, t, zone, a);
		buf_putc(out, t.kind == TYPE_ROW ? ')' : ']');
	} else {
		buf_putc(out, '{');
		put_entries(out, &n, t, zone, a);
		buf_putc(out, '}');
	}
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/datagen.c - made-up rows. Each value is a hash of seed,
 * column and row number, so that the row number is all there is to restore;
 * the clock only says how many rows are due, and what "now" is in a row.
 */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/float.h"
#include "base/hash.h"
#include "base/nested.h"
#include "base/time.h"
#include "runtime/connector.h"
#include "runtime/kernels/cast.h"

/* A job that waits for rows is not woken more often than this. */
#define TICK_US (10 * US_PER_MS)
/* Rows that were due while the job stood still beyond that are forgotten. */
#define DEBT_US US_PER_SECOND
#define LENGTH_USUAL 100
#define ITEMS_USUAL 3 /* of arrays, maps and multisets (Flink) */

struct field {
	const char *name;
	struct type type;
	bool wanted;
	uint16_t out;
	bool sequence;
	i128 min, max;       /* exact types: unscaled; sequence: start, end */
	double fmin, fmax;
	uint32_t length;
	bool var_len;
	int64_t max_past_us;
	double null_rate;
	uint64_t salt;
	unsigned nparts;
	struct field *part; /* of nested types: what their items are like */
};

struct datagen {
	struct source source;
	struct arena arena;
	struct part_info part;
	int64_t rows_per_second;
	unsigned nfields;
	struct field *fields;

	bool started;
	int64_t base_us;  /* since then ... */
	int64_t base_row; /* ... rows from this one on are due */
	int64_t filled_us;
};

/* ---- options ---- */

static const char *
field_option_text(const struct options *o, const struct field *f,
		  const char *what, struct arena *a)
{
	return options_get(o, arena_printf(a, "fields.%s.%s", f->name, what));
}

static int
refuse(const struct field *f, const char *what, const char *text,
       struct error *err)
{
	char name[TYPE_NAME_MAX];
	struct type t = f->type;

	t.nullable = true;
	return error_set(err, ERR_INVALID_OPTION,
			 "'fields.%s.%s' = '%s' is no value of type %s",
			 f->name, what, text, type_name(t, name));
}

/* The range of an exact type; texts count as BIGINT (of a sequence). */
static void
exact_range(struct type t, i128 *ret_min, i128 *ret_max)
{
	unsigned bits = t.kind == TYPE_TINYINT  ? 8 :
			t.kind == TYPE_SMALLINT ? 16 :
			t.kind == TYPE_INT	? 32 : 64;

	if (t.kind == TYPE_DECIMAL)
		*ret_max = decimal_pow10[t.precision] - 1;
	else
		*ret_max = ((i128)1 << (bits - 1)) - 1;
	*ret_min = t.kind == TYPE_DECIMAL ? -*ret_max : -*ret_max - 1;
}

static bool
is_float(struct type t)
{
	return t.kind == TYPE_FLOAT || t.kind == TYPE_DOUBLE;
}

/* One bound: min, max, start or end. `ret` keeps its value without one. */
static int
read_bound(const struct options *o, const struct field *f, const char *what,
	   i128 *ret, double *ret_float, struct arena *a, struct error *err)
{
	const char *text = field_option_text(o, f, what, a);
	struct type t = type_is_exact(f->type) ? type_as_decimal(f->type)
					       : type_decimal(19, 0);
	i128 min, max;

	if (!text)
		return 0;
	if (is_float(f->type)) {
		if (!f64_parse(text, strlen(text), ret_float))
			return refuse(f, what, text, err);
		*ret = (i128)*ret_float;
		return 0;
	}
	exact_range(f->type, &min, &max);
	if (decimal_parse(text, strlen(text), t.precision, t.scale, ret) !=
		    DECIMAL_OK ||
	    *ret < min || *ret > max)
		return refuse(f, what, text, err);
	return 0;
}

static int
read_random(const struct options *o, struct field *f, struct arena *a,
	    struct error *err)
{
	exact_range(f->type, &f->min, &f->max);
	f->fmax = f->type.kind == TYPE_FLOAT ? FLT_MAX : DBL_MAX;
	f->fmin = -f->fmax;
	if (!is_float(f->type) && !type_is_exact(f->type))
		return 0;
	if (read_bound(o, f, "min", &f->min, &f->fmin, a, err) < 0 ||
	    read_bound(o, f, "max", &f->max, &f->fmax, a, err) < 0)
		return -1;
	if (is_float(f->type) ? f->fmin > f->fmax : f->min > f->max)
		return error_set(err, ERR_INVALID_OPTION,
				 "'fields.%s.min' is greater than"
				 " 'fields.%s.max'", f->name, f->name);
	return 0;
}

/* A sequence also bounds the table. */
static int
read_sequence(struct datagen *g, const struct options *o, struct field *f,
	      struct error *err)
{
	static const char *const needed[] = { "start", "end" };
	int64_t unit = f->type.kind == TYPE_DECIMAL
			       ? (int64_t)decimal_pow10[f->type.scale]
			       : 1;
	char name[TYPE_NAME_MAX];
	i128 rows;

	if (!type_is_numeric(f->type) && !type_is_text(f->type))
		return error_set(err, ERR_INVALID_OPTION, "column %s: there is"
				 " no sequence of type %s", f->name,
				 type_name(f->type, name));
	for (unsigned i = 0; i < ARRAY_LEN(needed); i++) {
		if (!field_option_text(o, f, needed[i], &g->arena))
			return error_set(err, ERR_MISSING_OPTION,
					 "a sequence needs 'fields.%s.%s'",
					 f->name, needed[i]);
	}
	if (read_bound(o, f, "start", &f->min, &f->fmin, &g->arena, err) < 0 ||
	    read_bound(o, f, "end", &f->max, &f->fmax, &g->arena, err) < 0)
		return -1;
	if (f->min > f->max)
		return error_set(err, ERR_INVALID_OPTION,
				 "'fields.%s.start' is greater than"
				 " 'fields.%s.end'", f->name, f->name);
	rows = (f->max - f->min) / unit + 1;
	if (rows < INT64_MAX &&
	    (g->part.end_offset < 0 || rows < g->part.end_offset))
		g->part.end_offset = (int64_t)rows;
	return 0;
}

/* What the statement says, not the table of options: it is about texts. */
static uint32_t
item_count(const struct options *o, const struct field *f, struct arena *a)
{
	const char *key = arena_printf(a, "fields.%s.length", f->name);

	for (unsigned i = 0; i < o->ngiven; i++)
		if (strcmp(o->keys[i], key) == 0)
			return (uint32_t)strtoul(o->values[i], NULL, 10);
	return ITEMS_USUAL;
}

static uint32_t
text_length(const struct options *o, const struct field *f, struct arena *a)
{
	const char *text = field_option_text(o, f, "length", a);
	bool fixed = f->type.kind == TYPE_CHAR || f->type.kind == TYPE_BINARY;
	bool limited = f->type.length != TYPE_LENGTH_MAX;
	int64_t length = limited ? f->type.length : LENGTH_USUAL;

	if (text && !fixed)
		length = strtoll(text, NULL, 10);
	return limited && length > f->type.length ? f->type.length
						  : (uint32_t)length;
}

/* A value of the field is not longer than that. */
static uint64_t
bytes_max(const struct field *f)
{
	bool is_row = f->type.kind == TYPE_ROW;
	uint64_t bytes = type_is_text(f->type) || type_is_binary(f->type)
				 ? f->length
				 : sizeof(i128);

	if (f->nparts == 0)
		return bytes;
	bytes = 16;
	for (unsigned i = 0; i < f->nparts; i++) {
		uint64_t item = bytes_max(&f->part[i]) + 32;

		/* both factors are less than 2^32 here */
		bytes += item * (is_row ? 1 : f->length);
	}
	return bytes;
}

static int field_open(struct datagen *g, const struct options *o,
		      struct field *f, struct error *err);

/* The parts of field f are fields of their own: f.element, f.key and f.value,
 * and those of a ROW by their names. */
static int
parts_open(struct datagen *g, const struct options *o, struct field *f,
	   struct error *err)
{
	static const char *const names[][2] = { { "element", NULL },
						{ "key", "value" } };

	f->nparts = type_nfields(f->type);
	f->part = arena_array(&g->arena, f->nparts, struct field);
	f->length = item_count(o, f, &g->arena);
	for (unsigned i = 0; i < f->nparts; i++) {
		const struct type_field *t = &f->type.fields[i];
		const char *name = f->type.kind == TYPE_ROW ? t->name
				   : names[f->nparts - 1][i];

		f->part[i] = (struct field){
			.name = arena_printf(&g->arena, "%s.%s", f->name,
					     name),
			.type = t->type,
			.salt = hash_u64(i + 1, f->salt),
		};
		if (field_open(g, o, &f->part[i], err) < 0)
			return -1;
	}
	if (bytes_max(f) > NESTED_BYTES_MAX)
		return error_set(err, ERR_INVALID_OPTION,
				 "the values of '%s' would be larger than 64 "
				 "MiB", f->name);
	return 0;
}

static int
field_open(struct datagen *g, const struct options *o, struct field *f,
	   struct error *err)
{
	const char *kind = field_option_text(o, f, "kind", &g->arena);
	const char *past = field_option_text(o, f, "max-past", &g->arena);
	const char *rate = field_option_text(o, f, "null-rate", &g->arena);
	const char *var = field_option_text(o, f, "var-len", &g->arena);

	f->sequence = kind && strcmp(kind, "sequence") == 0;
	f->length = text_length(o, f, &g->arena);
	f->var_len = var && strcmp(var, "true") == 0;
	if (past && !duration_parse(past, &f->max_past_us))
		return refuse(f, "max-past", past, err);
	if (rate)
		f->null_rate = strtod(rate, NULL);
	if (type_is_nested(f->type) && !f->sequence)
		return parts_open(g, o, f, err);
	return f->sequence ? read_sequence(g, o, f, err)
			   : read_random(o, f, &g->arena, err);
}

/* ---- lifetime ---- */

static void
datagen_close(struct source *source)
{
	struct datagen *g = (struct datagen *)source;

	if (!g)
		return;
	arena_release(&g->arena);
	free(g);
}

static int
fields_open(struct datagen *g, const struct source_spec *spec,
	    struct error *err)
{
	const struct plan_scan *scan = spec->scan;

	g->fields = arena_array(&g->arena, scan->ncols, struct field);
	for (unsigned i = 0; i < scan->ncols; i++) {
		const struct scan_column *c = &scan->cols[i];
		struct field *f = &g->fields[g->nfields];

		if (c->metadata_key)
			continue;
		*f = (struct field){
			.name = arena_strdup(&g->arena, c->name),
			.type = type_copy(&g->arena, c->type),
			.wanted = c->wanted,
			.out = c->out,
			.salt = hash_u64(g->nfields, spec->env->seed),
		};
		g->nfields++;
		if (field_open(g, spec->options, f, err) < 0)
			return -1;
	}
	return 0;
}

static int
datagen_open(struct source **ret, const struct source_spec *spec,
	     struct error *err)
{
	struct datagen *g = mem_zalloc(sizeof(*g));

	g->source.type = &datagen_source_type;
	arena_init(&g->arena);
	g->rows_per_second = options_int(spec->options, "rows-per-second");
	g->part = (struct part_info){
		.topic = arena_strdup(&g->arena, spec->scan->table),
		.end_offset = -1,
		.head_time_us = TIME_NONE,
		.state = PART_READING,
		.waiting = BATCH_ROWS,
	};
	if (options_get(spec->options, "number-of-rows"))
		g->part.end_offset =
			options_int(spec->options, "number-of-rows");
	if (fields_open(g, spec, err) < 0) {
		datagen_close(&g->source);
		return -1;
	}
	if (spec->nstart > 0)
		g->part.next_offset = spec->start[0].next_offset;
	if (g->part.next_offset == g->part.end_offset)
		g->part.state = PART_ENDED;
	*ret = &g->source;
	return 0;
}

static unsigned
datagen_parts(struct source *source, const struct part_info **ret)
{
	*ret = &((struct datagen *)source)->part;
	return 1;
}

/* ---- how many rows are due ---- */

static int64_t
rows_due(struct datagen *g, int64_t now_us)
{
	if (!g->started || now_us < g->base_us) {
		g->started = true;
		g->base_us = now_us;
		g->base_row = g->part.next_offset;
	}
	/* The first row is due at once. */
	return g->base_row + 1 +
	       (int64_t)((i128)(now_us - g->base_us) * g->rows_per_second /
			 US_PER_SECOND) -
	       g->part.next_offset;
}

/* A job far behind does not make up for all of it. */
static void
forget_debt(struct datagen *g, int64_t now_us)
{
	int64_t debt = (int64_t)((i128)g->rows_per_second * DEBT_US /
				 US_PER_SECOND);

	if (rows_due(g, now_us) <= debt + 1)
		return;
	g->base_us = now_us - DEBT_US;
	g->base_row = g->part.next_offset;
}

static int64_t
datagen_next_us(struct source *source)
{
	const struct datagen *g = (const struct datagen *)source;
	int64_t rows = g->part.next_offset - g->base_row;
	int64_t due_us, tick_us;

	if (g->part.state == PART_ENDED)
		return TIME_END;
	if (g->part.state == PART_READING)
		return g->filled_us; /* more is due already */
	due_us = g->base_us + (int64_t)(((i128)rows * US_PER_SECOND +
					 g->rows_per_second - 1) /
					g->rows_per_second);
	tick_us = g->filled_us + TICK_US;
	return due_us > tick_us ? due_us : tick_us;
}

/* ---- values ---- */

static inline uint64_t
draw(const struct field *f, int64_t row, uint64_t nth)
{
	return hash_u64((uint64_t)row * 0x9e3779b97f4a7c15u + nth, f->salt);
}

/* [0, 1) */
static double
draw_unit(const struct field *f, int64_t row, uint64_t nth)
{
	return (double)(draw(f, row, nth) >> 11) * 0x1p-53;
}

static i128
draw_exact(const struct field *f, int64_t row)
{
	unsigned __int128 span = (unsigned __int128)(f->max - f->min) + 1;
	unsigned __int128 r = draw(f, row, 0);

	if (span >> 64 == 0)
		return f->min + (i128)(r * (uint64_t)span >> 64);
	return f->min + (i128)((r << 64 | draw(f, row, 1)) % span);
}

static double
draw_float(const struct field *f, int64_t row)
{
	double u = draw_unit(f, row, 0);
	double v = f->fmin * (1 - u) + f->fmax * u;

	return f->type.kind == TYPE_FLOAT ? (float)v : v;
}

/* Texts are hex digits, as Flink's; bytes are bytes. */
static struct str
draw_text(const struct field *f, int64_t row, struct arena *a)
{
	static const char hex[] = "0123456789abcdef";
	bool text = type_is_text(f->type);
	unsigned per_draw = text ? 16 : 8, bits = text ? 4 : 8;
	uint32_t n = f->length;
	uint64_t r = 0;
	char *out;

	if (f->var_len && n > 0)
		n = 1 + (uint32_t)(draw(f, row, 0) % n);
	out = arena_bytes(a, n + 1);
	for (uint32_t i = 0; i < n; i++, r >>= bits) {
		if (i % per_draw == 0)
			r = draw(f, row, 2 + i / per_draw);
		out[i] = text ? hex[r & 15] : (char)r;
	}
	return str_ref(out, n);
}

static int64_t
draw_time(const struct field *f, int64_t row, int64_t now_us)
{
	int64_t us = now_us;

	if (f->max_past_us > 0)
		us -= (int64_t)(draw_unit(f, row, 0) *
				(double)f->max_past_us);
	switch (f->type.kind) {
	case TYPE_DATE:
		return floor_div(us, US_PER_DAY);
	case TYPE_TIME:
		return ms_cut(floor_mod(us, US_PER_DAY) / US_PER_MS,
			      f->type.precision);
	default:
		return us_cut(us, f->type.precision);
	}
}

/* The row's number in the sequence, as text. */
static struct str
sequence_text(const struct field *f, int64_t row, struct arena *a)
{
	char text[DECIMAL_TEXT_MAX];

	return str_from(a, text, i128_format(f->min + row, text));
}

static void
put_exact(struct column *c, uint32_t at, i128 v)
{
	if (c->phys == PHYS_I64)
		c->i64[at] = (int64_t)v;
	else
		c->i128[at] = v;
}

static void
put_sequence(const struct field *f, struct column *c, uint32_t at,
	     int64_t row, struct arena *a)
{
	if (is_float(f->type))
		c->f64[at] = f->fmin + (double)row;
	else if (type_is_text(f->type))
		c->str[at] = sequence_text(f, row, a);
	else if (f->type.kind == TYPE_DECIMAL)
		put_exact(c, at, f->min + row * decimal_pow10[f->type.scale]);
	else
		put_exact(c, at, f->min + row);
}

static struct str draw_nested(const struct field *f, int64_t row,
			      int64_t now_us, struct arena *a);

static void
put_random(const struct field *f, struct column *c, uint32_t at, int64_t row,
	   int64_t now_us, struct arena *a)
{
	if (type_is_exact(f->type))
		put_exact(c, at, draw_exact(f, row));
	else if (is_float(f->type))
		c->f64[at] = draw_float(f, row);
	else if (f->type.kind == TYPE_BOOLEAN)
		c->u8[at] = draw(f, row, 0) & 1;
	else if (f->nparts > 0)
		c->str[at] = draw_nested(f, row, now_us, a);
	else if (c->phys == PHYS_STR)
		c->str[at] = draw_text(f, row, a);
	else
		c->i64[at] = draw_time(f, row, now_us);
}

/* The draw beside the value's own, so that a rate changes no other value. */
#define NULL_DRAW UINT64_MAX

static bool
draws_null(const struct field *f, int64_t row)
{
	return f->null_rate > 0 && draw_unit(f, row, NULL_DRAW) < f->null_rate;
}

/* Item i of a part; each has a row number of its own. */
static struct value
draw_item(const struct field *part, int64_t row, uint32_t i, int64_t now_us,
	  struct arena *a)
{
	int64_t own = (int64_t)hash_u64((uint64_t)row, i);
	struct value v = { 0 };
	struct column one = { .phys = phys_of(part->type), .data = &v.u8 };

	if (draws_null(part, own))
		v.is_null = true;
	else
		put_random(part, &one, 0, own, now_us, a);
	return v;
}

/* How many items there are of each of the multiset's elements. */
static struct value
draw_count(const struct field *f, int64_t row, uint32_t i)
{
	return (struct value){
		.i64 = 1 + (int64_t)(draw(f, row, 1 + i) % ITEMS_USUAL),
	};
}

static struct str
draw_map(const struct field *f, int64_t row, uint32_t n, int64_t now_us,
	 struct arena *a)
{
	struct value *keys = arena_array(a, n, struct value);
	struct value *values = arena_array(a, n, struct value);
	struct str s = str_ref("", 0);

	for (uint32_t i = 0; i < n; i++) {
		keys[i] = draw_item(&f->part[0], row, i, now_us, a);
		values[i] = f->nparts == 2 ? draw_item(&f->part[1], row, i,
						       now_us, a)
					   : draw_count(f, row, i);
	}
	CHECK(nested_make_map(a, f->type, n, keys, values, &s));
	return s;
}

static struct str
draw_nested(const struct field *f, int64_t row, int64_t now_us,
	    struct arena *a)
{
	bool is_row = f->type.kind == TYPE_ROW;
	uint32_t n = is_row ? f->nparts : f->length;
	struct str s = str_ref("", 0);
	struct value *items;

	if (f->var_len && !is_row && n > 0)
		n = 1 + (uint32_t)(draw(f, row, 0) % n);
	if (!is_row && f->type.kind != TYPE_ARRAY)
		return draw_map(f, row, n, now_us, a);
	items = arena_array(a, n, struct value);
	for (uint32_t i = 0; i < n; i++)
		items[i] = draw_item(&f->part[is_row ? i : 0], row,
				     is_row ? 0 : i, now_us, a);
	CHECK(nested_make(a, f->type, n, items, &s));
	return s;
}

static void
fill_field(const struct field *f, struct batch *b, uint32_t n, int64_t row,
	   int64_t now_us)
{
	struct column *c = &b->col[f->out];

	for (uint32_t i = 0; i < n; i++, row++) {
		if (draws_null(f, row))
			column_set_null(c, i, BATCH_ROWS, &b->arena);
		else if (f->sequence)
			put_sequence(f, c, i, row, &b->arena);
		else
			put_random(f, c, i, row, now_us, &b->arena);
	}
}

static int
datagen_fill(struct source *source, unsigned part, struct batch *b,
	     uint32_t max, int64_t now_us, struct error *err)
{
	struct datagen *g = (struct datagen *)source;
	int64_t n = rows_due(g, now_us), left;

	(void)err;
	CHECK(part == 0);
	left = g->part.end_offset < 0 ? INT64_MAX
				      : g->part.end_offset -
						g->part.next_offset;
	n = n < 0 ? 0 : n < left ? n : left;
	n = n < max ? n : max;
	for (unsigned i = 0; i < g->nfields; i++) {
		if (g->fields[i].wanted)
			fill_field(&g->fields[i], b, (uint32_t)n,
				   g->part.next_offset, now_us);
	}
	g->part.next_offset += n;
	g->filled_us = now_us;
	forget_debt(g, now_us);
	if (g->part.next_offset == g->part.end_offset)
		g->part.state = PART_ENDED;
	else
		g->part.state = n < max ? PART_CAUGHT_UP : PART_READING;
	return (int)n;
}

const struct source_type datagen_source_type = {
	.name = "datagen",
	.open = datagen_open,
	.parts = datagen_parts,
	.fill = datagen_fill,
	.next_us = datagen_next_us,
	.close = datagen_close,
};

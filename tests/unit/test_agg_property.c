/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_agg_property.c - random rows (NULLs, ties, late ones, rows
 * taken back) through random windows and groups, cut anywhere into batches,
 * checkpointed and restored anywhere: the answers are those of a program that
 * keeps all rows and counts again each time.
 */
#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/nested.h"
#include "base/time.h"
#include "runtime/aggs/ddsketch.h"
#include "runtime/keys.h"
#include "runtime/multiset.h"
#include "runtime/slicing.h"
#include "tests/unit/agg_rig.h"
#include "tests/unit/test.h"

#define EVENTS 300

struct event {
	struct in_row row;
	int64_t wm_us; /* when it came */
	bool gone;     /* has been taken back since */
	char *key;     /* as text */
};

/* How often the trials met what they are for. */
static struct {
	unsigned windows, late, unmatched, taken_back, restarts, cuts, nulls,
		distinct, filter, groups_gone;
} met;

struct trial {
	struct agg_rig r;
	struct agg_setup setup;
	struct slicing slicing;
	struct event event[EVENTS];
	unsigned n;
	uint64_t random;
	int64_t wm_us;
	bool wild;  /* NaN and infinities, too */
	char keys[32], aggs[512];
};

static uint64_t
draw(struct trial *t, uint64_t below)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (t->random >> 11) % below;
}

/* ---- rows ---- */

static struct in_row
draw_row(struct trial *t, int64_t ts_ms)
{
	static const char *const texts[] = {
		"", "a", "b", "exactly12345", "a text of more than 12 bytes",
		"another text of more than 12 bytes",
	};
	static const double keys[] = { 0.0, -0.0, 1.5, NAN, INFINITY };
	int64_t v = (int64_t)draw(t, 11) - 5;
	struct in_row r = in_row(ts_ms, texts[draw(t, 4)], v);
	const char *vs = texts[draw(t, 6)];

	r.v[IN_KD].f64 = keys[draw(t, 5)];
	r.v[IN_KI].i64 = (int64_t)draw(t, 40);
	r.v[IN_VD].f64 = (double)v / 4;
	if (t->wild && draw(t, 12) == 0)
		r.v[IN_VD].f64 = draw(t, 3) == 0 ? NAN
				 : draw(t, 2)	 ? INFINITY
						 : -INFINITY;
	r.v[IN_VB].i64 = v * INT64_C(1800000000000000000);
	r.v[IN_VI].i64 = v * 500000000;
	r.v[IN_VN].i64 = v * 37;
	r.v[IN_VF].f64 = (double)v / 2;
	r.v[IN_VS].str = str_ref(vs, (uint32_t)strlen(vs));
	r.v[IN_F].u8 = (uint8_t)draw(t, 2);
	for (int c = IN_KS; c < IN_COLS; c++) {
		if (draw(t, 6) == 0) {
			r = with_null(r, c);
			met.nulls++;
		}
	}
	return r;
}

static bool
same_row(const struct in_row *a, const struct in_row *b)
{
	for (int c = 0; c < IN_COLS; c++) {
		enum phys phys = phys_of(agg_rig_schema()->cols[c].type);

		if (a->v[c].is_null != b->v[c].is_null)
			return false;
		if (!a->v[c].is_null &&
		    phys_cmp(phys, &a->v[c].u8, &b->v[c].u8) != 0)
			return false;
	}
	return true;
}

/* A row of before goes; or one that never came. */
static struct in_row
draw_minus(struct trial *t, int64_t ts_ms)
{
	struct in_row r = in_row(ts_ms, "never seen before", 1);

	/* in_row()'s own text does not live as long as the events do */
	r.v[IN_VS].str = str_ref("b", 1);
	for (int tries = 0; tries < 20 && t->n > 0; tries++) {
		struct event *e = &t->event[draw(t, t->n)];

		if (e->gone || e->row.w < 0)
			continue;
		e->gone = true;
		met.taken_back++;
		return minus(e->row);
	}
	if (!strstr(t->keys, "ks"))
		return r; /* it might take another one's place: it comes */
	met.unmatched++;
	return minus(r);
}

/* ---- the other program ---- */

/* What happened to a group, in order of arrival. */
struct bag {
	struct {
		const struct in_row *row;
		int64_t pane_us;
	} past[EVENTS];
	unsigned npast;
	const struct in_row *row[EVENTS]; /* what is left of that */
	unsigned n;
};

static void
bag_apply(struct bag *b, const struct in_row *r, int64_t pane_us)
{
	unsigned i;

	if (r->w > 0) {
		b->row[b->n++] = r;
	} else {
		for (i = 0; i < b->n && !same_row(b->row[i], r); i++)
			;
		if (i == b->n)
			return;
		memmove(&b->row[i], &b->row[i + 1],
			(b->n - i - 1) * sizeof(b->row[0]));
		b->n--;
	}
	b->past[b->npast].row = r;
	b->past[b->npast++].pane_us = pane_us;
}

/* What an aggregate sees of a row: its first argument and its last. */
struct seen {
	const struct value *v, *more;
	int64_t pane_us;
};

static bool
values_equal(int column, const struct value *a, const struct value *b)
{
	if (column < 0)
		return true;
	if (a->is_null || b->is_null)
		return a->is_null == b->is_null;
	return phys_cmp(phys_of(agg_rig_schema()->cols[column].type), &a->u8,
			&b->u8) == 0;
}

/* Of equal values the first to come is the first to go. */
static unsigned
seen_apply(const struct plan_aggregate *a, int last, struct seen *seen,
	   unsigned n, struct seen what, bool comes)
{
	unsigned i;

	if (comes) {
		/* panes in the order of their time */
		for (i = n; i > 0 && seen[i - 1].pane_us > what.pane_us; i--)
			seen[i] = seen[i - 1];
		seen[i] = what;
		return n + 1;
	}
	for (i = 0; seen[i].pane_us != what.pane_us ||
		    !values_equal(a->arg, seen[i].v, what.v) ||
		    !values_equal(last, seen[i].more, what.more); i++)
		EXPECT(i + 1 < n);
	memmove(&seen[i], &seen[i + 1], (n - i - 1) * sizeof(*seen));
	return n - 1;
}

/* The values that an aggregate sees, and its last argument beside them. */
static unsigned
bag_values(const struct bag *b, const struct plan_aggregate *a,
	   const struct value **ret, const struct value **ret_more)
{
	bool distinct = a->distinct || a->function == FN_APPROX_DISTINCT;
	bool nulls = a->function == FN_ARG_MIN ||
		     a->function == FN_ARG_MAX || a->function == FN_ARRAY_AGG;
	int last = a->nmore ? a->more[a->nmore - 1].column : -1;
	struct seen seen[EVENTS];
	unsigned nseen = 0, n = 0;

	for (unsigned i = 0; i < b->npast; i++) {
		const struct in_row *r = b->past[i].row;
		const struct value *f = &r->v[IN_F];
		const struct value *v = a->arg < 0 ? f : &r->v[a->arg];

		if (a->filter >= 0 && (f->is_null || !f->u8))
			continue;
		if (a->arg >= 0 && v->is_null && !nulls)
			continue;
		nseen = seen_apply(a, last, seen, nseen,
				   (struct seen){ v, last < 0 ? NULL
							      : &r->v[last],
						  b->past[i].pane_us },
				   r->w > 0);
	}
	for (unsigned i = 0; i < nseen; i++) {
		bool known = false;

		for (unsigned k = 0; distinct && k < n; k++)
			known |= values_equal(a->arg, ret[k], seen[i].v);
		if (known)
			continue;
		ret_more[n] = seen[i].more;
		ret[n++] = seen[i].v;
	}
	return n;
}

static struct value
value_extreme(enum function_id f, enum phys phys, const struct value **v,
	      unsigned n)
{
	const struct value *best = v[0];

	for (unsigned i = 1; i < n; i++) {
		int cmp = phys_cmp(phys, &v[i]->u8, &best->u8);

		if (f == FN_MAX ? cmp > 0 : cmp < 0)
			best = v[i];
	}
	return *best;
}

static struct value
value_of_bools(enum function_id f, const struct value **v, unsigned n)
{
	unsigned n_true = 0;

	for (unsigned i = 0; i < n; i++)
		n_true += v[i]->u8;
	if (f == FN_COUNT_IF)
		return (struct value){ .i64 = n_true };
	if (n == 0)
		return (struct value){ .is_null = true };
	return (struct value){ .u8 = f == FN_BOOL_AND ? n_true == n
						      : n_true > 0 };
}

static struct value
value_total(const struct plan_aggregate *a, struct type arg,
	    const struct value **v, unsigned n)
{
	struct value ret = { 0 };
	i128 sum = 0, scale;
	double real = 0;

	for (unsigned i = 0; i < n; i++) {
		if (phys_of(arg) == PHYS_F64)
			real += v[i]->f64;
		else
			sum += phys_of(arg) == PHYS_I128 ? v[i]->i128
							 : v[i]->i64;
	}
	if (phys_of(arg) == PHYS_F64) {
		ret.f64 = a->function == FN_AVG ? real / n : real;
		if (arg.kind == TYPE_FLOAT)
			ret.f64 = (float)ret.f64;
	} else if (arg.kind == TYPE_DECIMAL) {
		scale = decimal_pow10[a->type.scale - arg.scale];
		sum *= scale;
		if (a->function == FN_AVG)
			sum = (2 * sum + (sum < 0 ? -(int)n : (int)n)) /
			      (2 * (int)n);
		ret.i128 = sum;
	} else {
		int64_t wrapped = (int64_t)sum;

		if (a->function == FN_AVG)
			wrapped /= (int)n;
		ret.i64 = arg.kind == TYPE_INT ? (int32_t)wrapped : wrapped;
	}
	return ret;
}

static bool
is_variance(enum function_id f)
{
	return f == FN_VAR_POP || f == FN_VAR_SAMP || f == FN_STDDEV_POP ||
	       f == FN_STDDEV_SAMP;
}

/* In two passes, with more digits. */
static struct value
variance_f64(struct type type, const struct value **v, unsigned n, unsigned d,
	     bool root)
{
	long double mean = 0, m2 = 0;

	for (unsigned i = 0; i < n; i++)
		mean += (long double)v[i]->f64 / n;
	for (unsigned i = 0; i < n; i++)
		m2 += (v[i]->f64 - mean) * (v[i]->f64 - mean);
	m2 = root ? sqrtl(m2 / d) : m2 / d;
	return (struct value){ .f64 = type.kind == TYPE_FLOAT ? (float)m2
							      : (double)m2 };
}

static struct value
variance_integer(struct type type, i128 spread, unsigned n, unsigned d,
		 bool root)
{
	i128 v = (spread + n - 1) / n / d;

	if (root)
		v = (i128)floorl(sqrtl((long double)v));
	return (struct value){
		.is_null = v > (type.kind == TYPE_INT ? INT32_MAX : INT64_MAX),
		.i64 = (int64_t)v,
	};
}

static struct value
variance_decimal(struct type type, unsigned scale, i128 spread, unsigned n,
		 unsigned d, bool root)
{
	struct value ret = { 0 };
	i128 over = (i128)n * d;

	if (root) {
		EXPECT(decimal_from_f64((double)(sqrtl((long double)spread / n /
						       d) /
						 powl(10, scale)),
					38, type.scale, &ret.i128));
		return ret;
	}
	for (unsigned s = 2 * scale; s < type.scale; s++)
		spread *= 10;
	for (unsigned s = 2 * scale; s > type.scale; s--)
		over *= 10;
	ret.i128 = (2 * spread + over) / (2 * over);
	return ret;
}

static struct value
value_variance(const struct plan_aggregate *a, struct type arg,
	       const struct value **v, unsigned n)
{
	bool root = a->function == FN_STDDEV_POP ||
		    a->function == FN_STDDEV_SAMP;
	bool sample = a->function == FN_VAR_SAMP ||
		      a->function == FN_STDDEV_SAMP;
	i128 sum = 0, squares = 0, x;

	if (n == sample)
		return (struct value){ .is_null = true };
	if (phys_of(arg) == PHYS_F64)
		return variance_f64(a->type, v, n, n - sample, root);
	for (unsigned i = 0; i < n; i++) {
		x = phys_of(arg) == PHYS_I128 ? v[i]->i128 : v[i]->i64;
		sum += x;
		squares += x * x;
	}
	squares = n * squares - sum * sum;
	if (arg.kind == TYPE_DECIMAL)
		return variance_decimal(a->type, arg.scale, squares, n,
					n - sample, root);
	return variance_integer(a->type, squares, n, n - sample, root);
}

static struct value
value_bits(enum function_id f, const struct value **v, unsigned n)
{
	struct value ret = *v[0];

	for (unsigned i = 1; i < n; i++) {
		if (f == FN_BIT_AND)
			ret.i64 &= v[i]->i64;
		else if (f == FN_BIT_OR)
			ret.i64 |= v[i]->i64;
		else
			ret.i64 ^= v[i]->i64;
	}
	return ret;
}

static struct value
value_mode(enum phys phys, const struct value **v, unsigned n)
{
	unsigned best = 0, most = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned same = 0;
		int cmp;

		for (unsigned k = 0; k < n; k++)
			same += phys_cmp(phys, &v[i]->u8, &v[k]->u8) == 0;
		cmp = phys_cmp(phys, &v[i]->u8, &v[best]->u8);
		if (same > most || (same == most && cmp < 0)) {
			best = i;
			most = same;
		}
	}
	return *v[best];
}

static int
f64_order(const void *a, const void *b)
{
	return phys_cmp(PHYS_F64, a, b);
}

static double
number_of(struct type t, const struct value *v)
{
	unsigned scale = t.kind == TYPE_DECIMAL ? t.scale : 0;

	if (phys_of(t) == PHYS_F64)
		return v->f64;
	return decimal_to_f64(phys_of(t) == PHYS_I128 ? v->i128 : v->i64,
			      scale);
}

static struct value
value_percentile(const struct plan_aggregate *a, struct type t,
		 const struct value **v, const struct value **times, unsigned n)
{
	static double all[EVENTS * 64];
	double p = a->nmore ? a->more[0].literal->value.f64 : 0.5, at;
	unsigned count = 0, low, high;

	for (unsigned i = 0; i < n; i++) {
		int64_t f = times ? times[i]->is_null ? 0 : times[i]->i64 : 1;

		for (; f > 0; f--)
			all[count++] = number_of(t, v[i]);
	}
	if (count == 0)
		return (struct value){ .is_null = true };
	qsort(all, count, sizeof(*all), f64_order);
	at = p * (count - 1);
	low = (unsigned)floor(at);
	high = (unsigned)ceil(at);
	if (all[low] == all[high])
		return (struct value){ .f64 = all[low] };
	return (struct value){ .f64 = low == high ? all[low]
				      : (high - at) * all[low] +
						(at - low) * all[high] };
}

/* The sketch's bucket of the value that has so many others below it. */
static struct value
value_approx(const struct plan_aggregate *a, struct type t,
	     const struct value **v, unsigned n)
{
	static double all[EVENTS];
	struct str sketch = { 0 };
	struct strheap heap;
	double p = a->more[0].literal->value.f64;
	struct value ret = { 0 };

	for (unsigned i = 0; i < n; i++)
		all[i] = number_of(t, v[i]);
	qsort(all, n, sizeof(*all), f64_order);
	strheap_init(&heap);
	ddsketch_add(&heap, &sketch, all[(unsigned)floor(p * (n - 1))], 1);
	ret.f64 = ddsketch_at(&sketch, 0);
	strheap_release(&heap);
	return ret;
}

/* Values as they are, or how often each is there. */
static struct value
value_list(struct trial *t, const struct plan_aggregate *a,
	   const struct value **v, unsigned n)
{
	struct value all[EVENTS], count[EVENTS], ret = { 0 };

	for (unsigned i = 0; i < n; i++) {
		all[i] = *v[i];
		count[i] = (struct value){ .i64 = 0 };
	}
	if (a->function == FN_ARRAY_AGG) {
		EXPECT(nested_make(&t->r.arena, a->type, n, all, &ret.str));
		return ret;
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < n; k++)
			count[i].i64 += values_equal(a->arg, v[i], v[k]);
	EXPECT(nested_make_map(&t->r.arena, a->type, n, all, count, &ret.str));
	return ret;
}

static struct value
value_joined(struct trial *t, const struct value **v, unsigned n)
{
	struct value ret = { 0 };
	struct buf text;

	buf_init(&text);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&text, ',');
		buf_str(&text, v[i]->str);
	}
	ret.str = str_from(&t->r.arena, text.data, text.len);
	buf_release(&text);
	return ret;
}

/* By counting down from the most that can be. */
static struct value
value_top(struct trial *t, const struct plan_aggregate *a,
	  const struct value **v, unsigned n)
{
	const struct type row = type_element(a->type);
	enum phys phys = phys_of(agg_rig_schema()->cols[a->arg].type);
	struct value item[EVENTS], ret = { 0 };
	unsigned nitems = 0, k = (unsigned)a->more[0].literal->value.i64;
	bool done[EVENTS] = { false };

	while (nitems < k) {
		unsigned best = n, most = 0, same;

		for (unsigned i = 0; i < n; i++) {
			same = 0;
			for (unsigned j = 0; j < n; j++)
				same += values_equal(a->arg, v[i], v[j]);
			if (done[i] || same < most ||
			    (same == most && best < n &&
			     phys_cmp(phys, &v[i]->u8, &v[best]->u8) > 0))
				continue;
			best = i;
			most = same;
		}
		if (best == n)
			break;
		for (unsigned i = 0; i < n; i++)
			done[i] |= values_equal(a->arg, v[i], v[best]);
		item[nitems] = (struct value){ 0 };
		EXPECT(nested_make(&t->r.arena, row, 2,
				   (struct value[]){ *v[best],
						     { .i64 = most } },
				   &item[nitems].str));
		nitems++;
	}
	EXPECT(nested_make(&t->r.arena, a->type, nitems, item, &ret.str));
	return ret;
}

/* The row is what counts: x may be NULL where `by` is not. */
static struct value
value_arg(const struct plan_aggregate *a, const struct value **v,
	  const struct value **by, unsigned n)
{
	enum phys phys = phys_of(
		agg_rig_schema()->cols[a->more[0].column].type);
	const struct value *best = NULL, *ret = NULL;

	for (unsigned i = 0; i < n; i++) {
		int cmp;

		if (by[i]->is_null)
			continue;
		cmp = best ? phys_cmp(phys, &by[i]->u8, &best->u8) : 0;
		if (best && (a->function == FN_ARG_MIN ? cmp >= 0 : cmp <= 0))
			continue;
		best = by[i];
		ret = v[i];
	}
	return ret ? *ret : (struct value){ .is_null = true };
}

static struct value
value_of(struct trial *t, const struct plan_aggregate *a, struct type arg,
	 const struct value **v, const struct value **more, unsigned n)
{
	switch (a->function) {
	case FN_COUNT:
	case FN_APPROX_DISTINCT:
		return (struct value){ .i64 = n };
	case FN_BOOL_AND:
	case FN_BOOL_OR:
	case FN_COUNT_IF:
		return value_of_bools(a->function, v, n);
	case FN_COLLECT:
		return value_list(t, a, v, n);
	default:
		break;
	}
	if (n == 0)
		return (struct value){ .is_null = true };
	switch (a->function) {
	case FN_FIRST_VALUE:
	case FN_LAST_VALUE:
		return *v[a->function == FN_FIRST_VALUE ? 0 : n - 1];
	case FN_BIT_AND:
	case FN_BIT_OR:
	case FN_BIT_XOR:
		return value_bits(a->function, v, n);
	case FN_MODE:
		return value_mode(phys_of(arg), v, n);
	case FN_ARRAY_AGG:
	case FN_HISTOGRAM:
		return value_list(t, a, v, n);
	case FN_TOP_K:
		return value_top(t, a, v, n);
	case FN_LISTAGG:
		return value_joined(t, v, n);
	case FN_MEDIAN:
		return value_percentile(a, arg, v, NULL, n);
	case FN_PERCENTILE:
		return value_percentile(a, arg, v, a->nmore > 1 ? more : NULL,
					n);
	case FN_APPROX_PERCENTILE:
		return value_approx(a, arg, v, n);
	case FN_ARG_MIN:
	case FN_ARG_MAX:
		return value_arg(a, v, more, n);
	default:
		break;
	}
	if (is_variance(a->function))
		return value_variance(a, arg, v, n);
	if (a->function == FN_SUM || a->function == FN_AVG)
		return value_total(a, arg, v, n);
	return value_extreme(a->function, phys_of(arg), v, n);
}

static void
bag_print(struct trial *t, const struct bag *b, struct buf *out)
{
	for (unsigned i = 0; i < t->r.group.naggs; i++) {
		const struct plan_aggregate *a = &t->r.group.aggs[i];
		struct type arg = a->arg < 0
					  ? TYPE_OF(TYPE_BIGINT)
					  : agg_rig_schema()->cols[a->arg].type;
		const struct value *v[EVENTS], *more[EVENTS];
		unsigned n = bag_values(b, a, v, more);

		met.distinct += a->distinct;
		met.filter += a->filter >= 0;
		buf_putc(out, '|');
		agg_rig_cell(out, a->type, value_of(t, a, arg, v, more,
							 n));
	}
}

static char *
key_text(struct trial *t, const struct in_row *r)
{
	struct buf b;
	char *text;

	buf_init(&b);
	for (unsigned k = 0; k < t->r.group.nkeys; k++) {
		int c = t->r.group.keys[k];
		struct value v = r->v[c];

		if (c == IN_KD && !v.is_null)
			v.f64 = f64_canonical(v.f64);
		if (k)
			buf_putc(&b, '|');
		agg_rig_cell(&b, agg_rig_schema()->cols[c].type, v);
	}
	text = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return text;
}

/* Lines in an order that does not depend on group numbers. */
static int
line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(const char *text)
{
	char *copy = mem_strdup(text), *rest = copy, *one, *lines[20000];
	struct buf b;
	size_t n = 0;

	buf_init(&b);
	while ((one = strsep(&rest, "\n")) != NULL)
		if (*one)
			lines[n++] = one;
	EXPECT(n < ARRAY_LEN(lines));
	qsort(lines, n, sizeof(*lines), line_cmp);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\n", lines[i]);
	free(copy);
	copy = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return copy;
}

/* Whether the event counts in the window that ends there. */
static bool
in_window(struct trial *t, const struct event *e, int64_t end_us)
{
	int64_t ts = e->row.v[IN_TS].i64;

	return !e->row.v[IN_TS].is_null &&
	       ts >= slicing_start(&t->slicing, end_us) && ts < end_us &&
	       !wm_closes(e->wm_us, end_us);
}

static void
group_print(struct trial *t, int64_t end_us, unsigned first, bool *done,
	    struct buf *out)
{
	const char *key = t->event[first].key;
	struct bag bag = { .n = 0 };

	for (unsigned i = first; i < t->n; i++) {
		if (!done[i] && in_window(t, &t->event[i], end_us) &&
		    strcmp(key, t->event[i].key) == 0) {
			done[i] = true;
			bag_apply(&bag, &t->event[i].row,
				  slicing_pane(&t->slicing,
					       t->event[i].row.v[IN_TS].i64));
		}
	}
	if (bag.n > 0) {
		buf_printf(out, "+%s%s%" PRId64 "|%" PRId64 "|%" PRId64, key,
			   t->r.group.nkeys ? "|" : "",
			   slicing_start(&t->slicing, end_us) / US_PER_MS,
			   end_us / US_PER_MS, end_us / US_PER_MS - 1);
		bag_print(t, &bag, out);
		buf_putc(out, '\n');
		met.windows++;
	} else {
		met.groups_gone++;
	}
}

/* What comes out when the watermark rises. */
static void
expect_windows(struct trial *t, int64_t from_us, int64_t to_us)
{
	struct buf b;
	char *want, *got;
	int64_t end = TIME_END;

	buf_init(&b);
	for (unsigned i = 0; i < t->n; i++)
		if (!t->event[i].row.v[IN_TS].is_null) {
			int64_t first = slicing_first_end(
				&t->slicing,
				slicing_pane(&t->slicing,
					     t->event[i].row.v[IN_TS].i64));

			end = first < end ? first : end;
		}
	for (; end != TIME_END && wm_closes(to_us, end);
	     end += t->slicing.width_us) {
		bool done[EVENTS] = { false };

		if (wm_closes(from_us, end))
			continue;
		for (unsigned i = 0; i < t->n; i++)
			if (!done[i] && in_window(t, &t->event[i], end))
				group_print(t, end, i, done, &b);
	}
	want = sorted(buf_cstr(&b));
	got = sorted(agg_rig_out(&t->r));
	EXPECT_STR(got, want);
	free(want);
	free(got);
	buf_release(&b);
}

/* ---- trials ---- */

static void
draw_aggs(struct trial *t)
{
	static const char *const aggs[] = {
		"count(*)", "count(*) f", "count(vs)", "count(vi) f",
		"sum(vi)", "sum(vb)", "sum(vd)", "sum(vn)", "sum(vw)",
		"sum(vf)", "sum(vd) f", "sum(vn) f", "avg(vi)", "avg(vb)",
		"avg(vd)", "avg(vn)", "avg(vw)", "avg(vf) f", "min(vi)",
		"max(vi)", "min(vd)", "max(vd) f", "min(vs)", "max(vs)",
		"min(vw)", "max(f)", "min(vs) f", "count(distinct vi)",
		"count(distinct vs)", "count(distinct vs) f",
		"count(distinct vd)", "sum(distinct vi)", "sum(distinct vn) f",
		"sum(distinct vd)", "avg(distinct vd)", "avg(distinct vi)",
		"avg(distinct vw)", "min(distinct vs)", "max(distinct vd)",
		"sum(distinct vw)", "any_value(vs)", "any_value(distinct vd)",
		"any_value(vi) f", "bool_and(f)", "bool_or(f)", "count_if(f)",
		"bool_and(f) f", "count_if(distinct f)", "bool_or(distinct f)",
		"count_if(f) f", "bool_and(distinct f)", "var_pop(ki)",
		"var_samp(ki) f", "stddev_pop(vi)", "stddev_samp(ki)",
		"var_pop(vi)", "var_pop(distinct ki)", "var_pop(vn)",
		"var_samp(vw)", "stddev_pop(vn) f", "stddev_samp(vw)",
		"var_samp(distinct vn)", "stddev_samp(distinct vd)",
		"var_pop(distinct vd) f", "stddev_pop(distinct vf)",
		"var_pop(vd)", "var_samp(vd) f", "stddev_pop(vd)",
		"stddev_samp(vf)", "var_samp(vf)", "var_pop(vf) f",
		"first_value(vs)", "last_value(vs)", "first_value(vi) f",
		"last_value(vw)", "last_value(vd) f", "first_value(f)",
		"median(vd)", "median(vi) f", "median(vw)", "median(vn)",
		"median(distinct vd)", "percentile(vf/0.25)",
		"percentile(vd/0.9) f", "percentile(vi/1)",
		"percentile(vd/0.37/ki)", "percentile(distinct vi/0.1)",
		"mode(vs)", "mode(vd)", "mode(f) f", "mode(distinct vs)",
		"arg_min(vs/vd)", "arg_max(vs/vi)", "arg_min(vd/vs) f",
		"arg_max(vw/vw)", "arg_max(f/vs)", "arg_min(vi/f)",
		"bit_and(vi)", "bit_or(ki) f", "bit_xor(vi)", "bit_and(vb) f",
		"bit_or(vb)", "bit_xor(distinct vb)", "bit_xor(ki) f",
		"approx_distinct(vs)", "approx_distinct(vd) f",
		"approx_distinct(vw)", "approx_percentile(vd/0.5)",
		"approx_percentile(vi/0.99) f", "approx_percentile(vw/0.1)",
		"approx_percentile(distinct vd/0.75)", "array_agg(vs)",
		"array_agg(vi) f", "array_agg(distinct vd)", "array_agg(vw)",
		"array_agg(distinct vs) f", "collect(vs)", "collect(vd) f",
		"collect(distinct vi)", "histogram(vw)", "histogram(f)",
		"top_k(vs/2)", "top_k(vi/3) f", "top_k(distinct vd/2)",
		"top_k(vw/100)", "listagg(vs)", "listagg(vs) f",
		"listagg(distinct vs)",
	};
	unsigned n = 1 + (unsigned)draw(t, 6);

	for (unsigned i = 0; i < n; i++) {
		strcat(t->aggs, i ? ", " : "");
		strcat(t->aggs, aggs[draw(t, ARRAY_LEN(aggs))]);
	}
	/* Of a variance not all bits are the same in any order. */
	agg_rig_digits = strstr(t->aggs, "var_") || strstr(t->aggs, "stddev_")
				 ? 12 : 17;
}

static void
draw_setup(struct trial *t, bool windows)
{
	static const char *const keys[] = { "", "ks", "ki", "kd", "ks kd",
					    "ks ki kd", "kd vs" };
	static const int64_t slides[] = { 1000, 2000, 5000 };

	strcpy(t->keys, keys[draw(t, ARRAY_LEN(keys))]);
	t->setup = (struct agg_setup){
		.keys = t->keys, .aggs = t->aggs, .retract = draw(t, 2),
	};
	draw_aggs(t);
	t->wild = draw(t, 3) == 0;
	if (!windows) {
		t->setup.upsert = draw(t, 3) == 0;
		return;
	}
	t->setup.kind = (enum window_kind)draw(t, 3);
	t->setup.slide_ms = slides[draw(t, 3)];
	t->setup.size_ms = t->setup.slide_ms *
			   (t->setup.kind == WINDOW_TUMBLE
				    ? 1 : 1 + (int64_t)draw(t, 7));
	t->setup.offset_ms = (int64_t)draw(t, 3) * 700 - 700;
}

static void
maybe_cut(struct trial *t)
{
	uint64_t what = draw(t, 6);

	if (what > 1)
		return;
	agg_rig_cut(&t->r);
	met.cuts++;
	if (what == 0)
		return;
	agg_rig_restart(&t->r);
	met.restarts++;
}

/* Some rows, in one batch; each is remembered with the time it came at. */
static void
push_some(struct trial *t, int64_t now_ms)
{
	struct in_row rows[20];
	uint32_t n = 1 + (uint32_t)draw(t, 20);

	for (uint32_t i = 0; i < n && t->n < EVENTS; i++) {
		int64_t ts = now_ms + 2000 - (int64_t)draw(t, 9000);
		struct in_row r = t->setup.retract && draw(t, 3) == 0
					  ? draw_minus(t, ts)
					  : draw_row(t, ts);

		if (t->setup.size_ms > 0 && r.w > 0 && draw(t, 50) == 0)
			r = with_null(r, IN_TS);
		rows[i] = r;
		t->event[t->n++] = (struct event){ r, t->wm_us, false,
						   key_text(t, &r) };
		if (i + 1 == n || t->n == EVENTS) {
			agg_rig_push(&t->r, rows, i + 1);
			break;
		}
	}
}

static void
trial_close(struct trial *t)
{
	agg_rig_close(&t->r);
	for (unsigned i = 0; i < t->n; i++)
		free(t->event[i].key);
	free(t);
}

static void
run_windows(uint64_t seed)
{
	struct trial *t = mem_zalloc(sizeof(*t));
	int64_t now_ms;

	t->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	draw_setup(t, true);
	now_ms = draw(t, 3) == 0 ? -20000 : 0;
	agg_rig_open(&t->r, &t->setup);
	slicing_init(&t->slicing, &t->r.group.window, NULL);
	t->wm_us = TIME_NONE;
	while (t->n < EVENTS) {
		int64_t wm_us;

		push_some(t, now_ms);
		maybe_cut(t);
		if (draw(t, 2))
			continue;
		now_ms += (int64_t)draw(t, 20) == 0 ? 60000
						    : (int64_t)draw(t, 3000);
		wm_us = (now_ms - (int64_t)draw(t, 4000)) * US_PER_MS;
		if (wm_us <= t->wm_us)
			continue;
		met.late += stat_get(t->r.op->stats.late) > 0;
		agg_rig_watermark_us(&t->r, wm_us);
		expect_windows(t, t->wm_us, wm_us);
		t->wm_us = wm_us;
		maybe_cut(t);
	}
	agg_rig_watermark_us(&t->r, TIME_END);
	expect_windows(t, t->wm_us, (now_ms + 60000) * US_PER_MS);
	EXPECT_EQ(stat_get(t->r.op->stats.state_rows), 0);
	trial_close(t);
}

/* ---- GROUP BY ---- */

/* What a reader of the answers has, by key. */
struct reader {
	char *key[EVENTS], *row[EVENTS];
	unsigned n;
};

static void
reader_apply(struct trial *t, struct reader *d, char *line, const char *before)
{
	char *values = line + 1;
	unsigned i;

	for (unsigned k = 0; k < t->r.group.nkeys; k++)
		values = strchr(values, '|') + 1;
	for (i = 0; i < d->n; i++)
		if (strncmp(d->key[i], line + 1,
			    (size_t)(values - line) - 1) == 0 &&
		    strlen(d->key[i]) == (size_t)(values - line) - 1)
			break;
	if (line[0] == '-') {
		EXPECT(i < d->n);
		if (!t->setup.upsert)
			EXPECT_STR(line + 1, d->row[i]);
		free(d->key[i]);
		free(d->row[i]);
		d->key[i] = d->key[--d->n];
		d->row[i] = d->row[d->n];
		return;
	}
	if (i < d->n) { /* only a reader by key gets a row in place of one */
		EXPECT(t->setup.upsert);
		EXPECT(strcmp(d->row[i], line + 1) != 0 ||
		       agg_rig_digits < 17);
		free(d->key[i]);
		free(d->row[i]);
		d->n--;
		d->key[i] = d->key[d->n];
		d->row[i] = d->row[d->n];
	} else if (before && before[0] == '-') {
		EXPECT(strcmp(before + 1, line + 1) != 0 ||
		       agg_rig_digits < 17);
	}
	d->key[d->n] = mem_strdup(line + 1);
	d->key[d->n][values - line - 1] = 0;
	d->row[d->n++] = mem_strdup(line + 1);
}

/* The group of the event, as it must be now. */
static void
group_expect(struct trial *t, unsigned first, bool *done, struct buf *out)
{
	const char *key = t->event[first].key;
	struct bag bag = { .n = 0 };
	struct buf row;

	for (unsigned i = first; i < t->n; i++) {
		if (!done[i] && strcmp(key, t->event[i].key) == 0) {
			done[i] = true;
			bag_apply(&bag, &t->event[i].row, 0);
		}
	}
	if (bag.n == 0 && t->r.group.nkeys > 0)
		return;
	buf_init(&row);
	bag_print(t, &bag, &row);
	buf_printf(out, "%s%s\n", key,
		   buf_cstr(&row) + (t->r.group.nkeys == 0));
	buf_release(&row);
}

static void
expect_groups(struct trial *t, struct reader *d)
{
	char *out = mem_strdup(agg_rig_out(&t->r)), *rest = out, *line;
	const char *before = NULL;
	bool done[EVENTS] = { false };
	struct buf want, got;
	char *a, *b;

	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		reader_apply(t, d, line, before);
		before = line;
	}
	buf_init(&want);
	buf_init(&got);
	for (unsigned i = 0; i < d->n; i++)
		buf_printf(&got, "%s\n", d->row[i]);
	for (unsigned first = 0; first < t->n; first++)
		if (!done[first])
			group_expect(t, first, done, &want);
	a = sorted(buf_cstr(&got));
	b = sorted(buf_cstr(&want));
	EXPECT_STR(a, b);
	free(a);
	free(b);
	free(out);
	buf_release(&want);
	buf_release(&got);
}

static void
run_groups(uint64_t seed)
{
	struct trial *t = mem_zalloc(sizeof(*t));
	struct reader *d = mem_zalloc(sizeof(*d));

	t->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 7;
	draw_setup(t, false);
	agg_rig_open(&t->r, &t->setup);
	while (t->n < EVENTS) {
		push_some(t, 0);
		if (draw(t, 2))
			push_some(t, 0);
		agg_rig_settle(&t->r);
		expect_groups(t, d);
		maybe_cut(t);
	}
	for (unsigned i = 0; i < d->n; i++) {
		free(d->key[i]);
		free(d->row[i]);
	}
	free(d);
	trial_close(t);
}

static uint64_t
trials(uint64_t usual)
{
	return getenv("SLUICE_LONG") ? 50 * usual : usual;
}

TEST(windows_are_what_counting_again_gives)
{
	for (uint64_t seed = 1; seed <= trials(250); seed++)
		run_windows(seed);
	printf("# windows %u late %u unmatched %u taken back %u restarts %u"
	       " cuts %u nulls %u distinct %u filter %u empty %u\n",
	       met.windows, met.late, met.unmatched, met.taken_back,
	       met.restarts, met.cuts, met.nulls, met.distinct, met.filter,
	       met.groups_gone);
	EXPECT(met.windows > 1000);
	EXPECT(met.late > 50);
	EXPECT(met.taken_back > 1000);
	EXPECT(met.restarts > 50);
	EXPECT(met.cuts > 50);
	EXPECT(met.distinct > 1000);
	EXPECT(met.filter > 1000);
	EXPECT(met.groups_gone > 50);
}

TEST(groups_are_what_counting_again_gives)
{
	for (uint64_t seed = 1; seed <= trials(150); seed++)
		run_groups(seed);
}

/* The same rows, once with restarts and once without: sums of DOUBLE are the
 * same to the last bit. */
static char *
sums_of_doubles(uint64_t seed, enum window_kind kind, bool restarts)
{
	struct trial *t = mem_zalloc(sizeof(*t));
	char *text;

	t->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 3;
	agg_rig_digits = 17;
	t->setup = (struct agg_setup){
		.keys = "ks", .aggs = "sum(vd), avg(vd) f, avg(vf), min(vs), var_samp(vd)",
		.kind = kind, .size_ms = 12000, .slide_ms = 1000,
	};
	agg_rig_open(&t->r, &t->setup);
	for (int64_t now = 0; now < 60000; now += 500) {
		struct in_row rows[8];

		for (int i = 0; i < 8; i++) {
			rows[i] = draw_row(t, now - (int64_t)draw(t, 15000));
			rows[i].v[IN_VD] = (struct value){
				.f64 = (double)draw(t, 1u << 30) / 1e9 *
				       (draw(t, 5) ? 1 : 1e15),
			};
		}
		agg_rig_push(&t->r, rows, 8);
		agg_rig_watermark(&t->r, now - 1000);
		if (draw(t, 3) == 0 && restarts) {
			agg_rig_cut(&t->r);
			agg_rig_restart(&t->r);
		}
	}
	agg_rig_watermark_us(&t->r, TIME_END);
	text = sorted(agg_rig_out(&t->r));
	agg_rig_close(&t->r);
	free(t);
	return text;
}

TEST(a_sum_does_not_depend_on_when_the_job_was_restarted)
{
	for (uint64_t seed = 1; seed <= trials(10); seed++) {
		enum window_kind kind = seed % 3 ? WINDOW_HOP : WINDOW_CUMULATE;
		char *a = sums_of_doubles(seed, kind, false);
		char *b = sums_of_doubles(seed, kind, true);

		EXPECT_STR(a, b);
		EXPECT(strlen(a) > 1000);
		free(a);
		free(b);
	}
}

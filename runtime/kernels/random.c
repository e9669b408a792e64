/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/random.c - numbers and names drawn for each row. With a seed
 * RAND gives the sequence of java.util.Random, as Flink does: each call of a
 * query has one of its own, which goes on from batch to batch; a seed that is
 * a column begins anew with each row.
 */
#include "base/hash.h"
#include "base/java_random.h"
#include "runtime/kernels/loops.h"

struct drawer {
	bool begun;
	struct java_random random;
	uint64_t names; /* drawn by UUID() */
};

/* A seed of the call's own: its program's, its place there, and when it
 * begins. */
static uint64_t
own_seed(const struct frame *f)
{
	return hash_u64(f->call->number,
			hash_u64((uint64_t)f->now_us, f->seed));
}

static struct drawer *
drawer_of(const struct frame *f)
{
	const struct value *seed = f->call->prepared;
	struct drawer *d = f->call->state;

	if (!d->begun) {
		d->begun = true;
		java_random_init(&d->random, seed ? seed->i64
						  : (int64_t)own_seed(f));
	}
	return d;
}

/* Where row's numbers come from; `fresh` is room for a random of the row. */
static struct java_random *
row_random(const struct frame *f, uint32_t row, bool has_seed,
	   struct java_random *fresh)
{
	if (!has_seed || f->call->prepared || vec_is_null(&f->arg[0], row))
		return &drawer_of(f)->random;
	java_random_init(fresh, f->arg[0].i64[row & f->arg[0].mask]);
	return fresh;
}

static void
draw_doubles(struct frame *f)
{
	struct java_random fresh;

	frame_each(f, row)
		f->out->f64[row] = java_random_double(
			row_random(f, row, f->call->nargs == 1, &fresh));
}

static void
draw_integers(struct frame *f)
{
	bool has_seed = f->call->nargs == 2;
	const struct vec *bounds = &f->arg[has_seed];
	struct java_random fresh;

	frame_each(f, row) {
		int64_t bound = bounds->i64[row & bounds->mask];

		if (vec_is_null(bounds, row))
			frame_null(f, row);
		else if (bound <= 0 || bound > INT32_MAX)
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "the bound must be a positive INT");
		else
			f->out->i64[row] = java_random_int(
				row_random(f, row, has_seed, &fresh),
				(int32_t)bound);
	}
}

/* RFC 4122, version 4: 122 bits by chance. */
static void
draw_uuids(struct frame *f)
{
	static const char digits[] = "0123456789abcdef";
	struct drawer *d = f->call->state;
	uint64_t seed = own_seed(f);
	char text[36];

	if (!d->begun) {
		d->begun = true;
		java_random_init(&d->random, 0);
		d->names = seed;
	}
	frame_each(f, row) {
		uint64_t high = hash_u64(d->names++, f->seed);
		uint64_t low = hash_u64(d->names++, ~f->seed);
		unsigned at = 0;

		high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
		low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
		for (unsigned i = 0; i < 32; i++) {
			uint64_t half = i < 16 ? high : low;

			if (i == 8 || i == 12 || i == 16 || i == 20)
				text[at++] = '-';
			text[at++] = digits[half >> (60 - i % 16 * 4) & 15];
		}
		f->out->str[row] = str_from(f->arena, text, at);
	}
}

/* ---- picks ---- */

/* A constant seed is prepared. */
static bool
pick_drawn(struct kernel_call *k, bool has_seed, void (*run)(struct frame *f))
{
	if (has_seed && k->constant[0] && !k->constant[0]->is_null)
		k->prepared = k->constant[0];
	k->state = arena_new(k->arena, struct drawer);
	return pick_sparse(k, run);
}

static bool
pick_rand(struct kernel_call *k)
{
	return pick_drawn(k, k->nargs == 1, draw_doubles);
}

static bool
pick_rand_integer(struct kernel_call *k)
{
	return pick_drawn(k, k->nargs == 2, draw_integers);
}

static bool
pick_uuid(struct kernel_call *k)
{
	return pick_drawn(k, false, draw_uuids);
}

const struct kernel random_kernels[] = {
	{ FN_RAND, pick_rand },
	{ FN_RAND_INTEGER, pick_rand_integer },
	{ FN_UUID, pick_uuid },
	{ FN_NONE, NULL },
};

/* SPDX-License-Identifier: Apache-2.0
 * runtime/tap.c - a ring of batches between two threads without a lock, so
 * that a taker who is out of the processor never holds up the job; a
 * descriptor wakes him, and is written only while he sleeps.
 */
#include "runtime/tap.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

#define SLOTS 1024u /* batches, which may be of one row each */

struct slot {
	struct batch *b;
	const uint8_t *kinds; /* in its arena */
	uint64_t bytes;
};

struct tap {
	atomic_uint refs;
	atomic_bool closed;
	const struct schema *schema; /* who puts does not look into it: */
	uint16_t ncols;              /* it may be gone before him */
	uint64_t rows_max, bytes_max;
	struct tap *next; /* the operator's thread */

	struct slot slot[SLOTS];
	atomic_uint tail; /* written by the one who puts */
	atomic_uint head; /* by the one who takes */
	atomic_uint_fast64_t rows, bytes; /* in the ring */
	atomic_uint_fast64_t skipped;
	atomic_bool asleep;
	int fd;
};

int
tap_create(const struct schema *schema, uint64_t rows_max, uint64_t bytes_max,
	   struct tap **ret, struct error *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct tap *t;

	if (fd < 0)
		return error_errno(err, ERR_TOO_MANY, errno,
				   "cannot make one more tap");
	t = mem_zalloc(sizeof(*t));
	atomic_init(&t->refs, 1);
	t->schema = schema;
	t->ncols = schema->ncols;
	t->rows_max = rows_max;
	t->bytes_max = bytes_max;
	t->fd = fd;
	*ret = t;
	return 0;
}

struct tap *
tap_ref(struct tap *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void
tap_unref(struct tap *t)
{
	const uint8_t *kinds;
	struct batch *b;

	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	while ((b = tap_take(t, &kinds)))
		batch_unref(b);
	close(t->fd);
	free(t);
}

struct tap *
tap_next(const struct tap *t)
{
	return t->next;
}

void
tap_link(struct tap *t, struct tap *next)
{
	t->next = next;
}

/* ---- putting ---- */

/* What a row takes besides its long texts. */
static uint64_t
row_bytes_fixed(const struct batch *b)
{
	uint64_t n = sizeof(int64_t);

	for (uint16_t c = 0; c < b->schema->ncols; c++)
		n += phys_bytes(b->col[c].phys) + 1;
	return n;
}

static uint64_t
row_bytes_text(const struct batch *b, uint32_t row)
{
	uint64_t n = 0;

	for (uint16_t c = 0; c < b->schema->ncols; c++) {
		if (b->col[c].phys == PHYS_STR)
			n += b->col[c].str[row].len;
	}
	return n;
}

/* How many of the first live rows have room; *ret_bytes is what they take. A
 * row that alone is too large passes an empty ring. */
static uint32_t
rows_that_fit(const struct tap *t, const struct batch *b, uint64_t *ret_bytes)
{
	uint64_t rows = atomic_load(&t->rows), bytes = atomic_load(&t->bytes);
	uint64_t fixed = row_bytes_fixed(b), sum = 0;
	uint32_t n = 0;

	batch_each(b, row) {
		uint64_t more = fixed + row_bytes_text(b, row);

		if (rows + n >= t->rows_max ||
		    (bytes + sum + more > t->bytes_max &&
		     bytes + sum > 0))
			break;
		sum += more;
		n++;
	}
	*ret_bytes = sum;
	return n;
}

/* A copy of the first n live rows, which shares nothing with b. */
static void
copy_rows(struct slot *s, const struct batch *b, uint32_t n,
	  const uint8_t *kinds)
{
	struct batch part = *b;
	uint8_t *copied;

	part.nsel = n;
	if (!part.sel)
		part.rows = n;
	s->b = batch_compact(NULL, &part);
	s->kinds = NULL;
	if (!kinds)
		return;
	copied = arena_alloc(&s->b->arena, n);
	for (uint32_t i = 0; i < n; i++)
		copied[i] = kinds[b->sel ? b->sel[i] : i];
	s->kinds = copied;
}

static void
wake(struct tap *t)
{
	uint64_t one = 1;

	if (atomic_exchange(&t->asleep, false))
		(void)!write(t->fd, &one, sizeof(one));
}

void
tap_put(struct tap *t, const struct batch *b, const uint8_t *kinds)
{
	unsigned tail = atomic_load_explicit(&t->tail, memory_order_relaxed);
	struct slot *s = &t->slot[tail % SLOTS];
	uint32_t n;

	if (b->nsel == 0 || atomic_load(&t->closed))
		return;
	CHECK(b->schema->ncols == t->ncols);
	if (tail - atomic_load(&t->head) >= SLOTS) {
		atomic_fetch_add(&t->skipped, b->nsel);
		return;
	}
	n = rows_that_fit(t, b, &s->bytes);
	if (n < b->nsel)
		atomic_fetch_add(&t->skipped, b->nsel - n);
	if (n == 0)
		return;
	copy_rows(s, b, n, kinds);
	s->b->schema = t->schema; /* b's may be gone sooner */
	atomic_fetch_add(&t->rows, n);
	atomic_fetch_add(&t->bytes, s->bytes);
	atomic_store(&t->tail, tail + 1);
	wake(t);
}

/* ---- taking ---- */

struct batch *
tap_take(struct tap *t, const uint8_t **ret_kinds)
{
	unsigned head = atomic_load_explicit(&t->head, memory_order_relaxed);
	struct slot *s = &t->slot[head % SLOTS];
	struct batch *b;

	if (atomic_load(&t->tail) == head)
		return NULL;
	b = s->b;
	*ret_kinds = s->kinds;
	atomic_fetch_sub(&t->rows, b->nsel);
	atomic_fetch_sub(&t->bytes, s->bytes);
	atomic_store(&t->head, head + 1);
	return b;
}

void
tap_wait(struct tap *t, bool for_rows, int timeout_ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	uint64_t n;

	atomic_store(&t->asleep, for_rows);
	/* What was put before it was said is seen now. */
	if (!for_rows ||
	    atomic_load(&t->tail) ==
	    atomic_load_explicit(&t->head, memory_order_relaxed))
		(void)!poll(&p, 1, timeout_ms);
	atomic_store(&t->asleep, false);
	(void)!read(t->fd, &n, sizeof(n));
}

uint64_t
tap_skipped(const struct tap *t)
{
	return atomic_load(&t->skipped);
}

/* ---- any thread ---- */

void
tap_wake(struct tap *t)
{
	uint64_t one = 1;

	(void)!write(t->fd, &one, sizeof(one));
}

void
tap_close(struct tap *t)
{
	atomic_store(&t->closed, true);
}

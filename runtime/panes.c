/* SPDX-License-Identifier: Apache-2.0
 * runtime/panes.c - panes in order of time; rows into one of them; the window
 * that runs over them. What the two stacks need stands in pane_stack.c.
 */
#include <stdlib.h>

#include "runtime/pane_stack.h"
#include "runtime/panes.h"

static struct distinct *
sets_create(const struct panes *p)
{
	struct distinct *sets;

	if (p->aggs->nsets == 0)
		return NULL;
	sets = mem_zalloc(p->aggs->nsets * sizeof(*sets));
	for (unsigned i = 0; i < p->aggs->n; i++) {
		const struct agg *a = &p->aggs->agg[i];

		if (a->distinct)
			distinct_init(&sets[a->set], phys_of(a->arg_type),
				      p->seed);
	}
	return sets;
}

static void
sets_destroy(const struct panes *p, struct distinct *sets)
{
	for (unsigned i = 0; sets && i < p->aggs->nsets; i++)
		distinct_release(&sets[i]);
	free(sets);
}

void
panes_init(struct panes *p, const struct plan_window *w,
	   const struct zone *zone, struct aggs *aggs, struct keys *keys,
	   uint64_t seed)
{
	*p = (struct panes){
		.aggs = aggs, .keys = keys, .seed = seed,
		.run_end_us = TIME_NONE, .closed_us = TIME_NONE,
	};
	slicing_init(&p->slicing, w, zone);
	pane_stack_init(p);
	p->run_sets = sets_create(p);
	p->scratch[0] = mem_alloc(sizeof(struct agg_scratch));
	p->scratch[1] = mem_alloc(sizeof(struct agg_scratch));
	p->run_entry = mem_alloc(BATCH_ROWS * sizeof(*p->run_entry));
	p->row_gid = mem_alloc(BATCH_ROWS * sizeof(*p->row_gid));
}

static size_t
sets_bytes(const struct panes *p, const struct distinct *sets)
{
	size_t bytes = 0;

	for (unsigned i = 0; sets && i < p->aggs->nsets; i++)
		bytes += distinct_bytes(&sets[i]);
	return bytes;
}

/* The pane's size has changed. */
void
pane_account(struct panes *p, struct pane *pane)
{
	p->rows -= pane->rows;
	p->bytes -= pane->bytes;
	pane->rows = pane->accs.n;
	for (unsigned i = 0; pane->sets && i < p->aggs->nsets; i++)
		pane->rows += pane->sets[i].live;
	pane->bytes = sizeof(*pane) + accs_bytes(&pane->accs) +
		      sets_bytes(p, pane->sets);
	p->rows += pane->rows;
	p->bytes += pane->bytes;
}

static bool
is_tumble(const struct panes *p)
{
	return p->slicing.kind == WINDOW_TUMBLE;
}

/* ---- the list of panes ---- */

/* Index of the first pane that begins at or after start. */
static uint32_t
pane_index(const struct panes *p, int64_t start_us)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (panes_at(p, mid)->start_us < start_us)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
panes_reserve(struct panes *p)
{
	if (p->first + p->n < p->cap)
		return;
	if (p->first >= p->cap / 2 && p->first > 0) {
		memmove(p->pane, p->pane + p->first, p->n * sizeof(*p->pane));
		p->first = 0;
		return;
	}
	p->cap = p->cap ? 2 * p->cap : 16;
	p->pane = mem_realloc(p->pane, p->cap * sizeof(*p->pane));
}

struct pane *
panes_get(struct panes *p, int64_t start_us)
{
	struct pane *pane = p->last;
	uint32_t i;

	if (pane && pane->start_us == start_us)
		return pane;
	i = pane_index(p, start_us);
	if (i == p->n || panes_at(p, i)->start_us != start_us) {
		panes_reserve(p);
		pane = mem_zalloc(sizeof(*pane));
		pane->start_us = start_us;
		pane->in_run = !is_tumble(p) && start_us < p->run_end_us;
		pane->sets = sets_create(p);
		accs_init(&pane->accs, p->entry_bytes);
		memmove(&p->pane[p->first + i + 1], &p->pane[p->first + i],
			(p->n - i) * sizeof(*p->pane));
		p->pane[p->first + i] = pane;
		p->n++;
	}
	return p->last = panes_at(p, i);
}

static void
pane_destroy(struct panes *p, struct pane *pane)
{
	uint32_t gid[CHUNK_GIDS];
	char *entry[CHUNK_GIDS];

	for (uint32_t c = 0; c < pane->accs.nchunks; c++) {
		uint32_t n = accs_chunk(&pane->accs, c, gid, entry);

		for (uint32_t i = 0; i < n; i++) {
			if (p->aggs->owns) {
				pane_stack_release(p, entry[i]);
				aggs_clear_entry(p->aggs, entry[i], false);
			}
			keys_unref(p->keys, gid[i]);
		}
	}
	p->rows -= pane->rows;
	p->bytes -= pane->bytes;
	sets_destroy(p, pane->sets);
	accs_release(&pane->accs);
	free(pane);
}

/* The oldest pane, which is not part of the running window any more. */
static void
panes_drop_first(struct panes *p)
{
	struct pane *pane = panes_at(p, 0);

	if (p->last == pane)
		p->last = NULL;
	p->first++;
	p->n--;
	p->dropped = true;
	pane_destroy(p, pane);
}

static void
run_clear(struct panes *p)
{
	uint32_t gid[CHUNK_GIDS];
	char *entry[CHUNK_GIDS];

	for (uint32_t c = 0; p->aggs->owns && c < p->run.nchunks; c++) {
		uint32_t n = accs_chunk(&p->run, c, gid, entry);

		for (uint32_t i = 0; i < n; i++)
			aggs_clear_entry(p->aggs, entry[i], false);
	}
	accs_release(&p->run);
	sets_destroy(p, p->run_sets);
	p->run_sets = sets_create(p);
}

void
panes_release(struct panes *p)
{
	if (!p->aggs)
		return;
	run_clear(p);
	while (p->n > 0)
		panes_drop_first(p);
	sets_destroy(p, p->run_sets);
	free(p->pane);
	free(p->scratch[0]);
	free(p->scratch[1]);
	free(p->run_entry);
	free(p->row_gid);
	*p = (struct panes){ 0 };
}

/* ---- rows in ---- */

/* Values that came to or went from a pane, into the running window. */
static void
run_count(struct panes *p, const struct agg *a, const struct column cols[2],
	  struct agg_rows *r)
{
	accs_touch(&p->run, NULL, r->gid, r->n, 0, p->run_entry);
	r->entry = p->run_entry;
	r->transient = true;
	if (a->distinct)
		distinct_count(&p->run_sets[a->set], cols, a->off,
			       p->scratch[1], r);
	a->type->add(a, r, &cols[1]);
}

static void
add_to_agg(struct panes *p, struct pane *pane, const struct agg *a,
	   const struct batch *b, const struct agg_rows *r)
{
	struct column cols[2] = { { .phys = PHYS_I64, .i64 = p->row_gid } };
	struct agg_rows pick;

	agg_pick(a, b, r, p->scratch[0], a->distinct, &pick);
	if (pick.n == 0)
		return;
	if (a->plan->arg >= 0)
		cols[1] = *agg_arg(a, b);
	if (a->distinct) {
		for (uint32_t i = 0; i < pick.n; i++)
			p->row_gid[pick.row[i]] = pick.gid[i];
		distinct_count(&pane->sets[a->set], cols, a->off,
			       p->scratch[0], &pick);
	}
	a->type->add(a, &pick, &cols[1]);
	if (pane->in_run && (a->distinct || a->invertible))
		run_count(p, a, cols, &pick);
}

static void
add_rows(struct panes *p, struct pane *pane, const struct batch *b,
	 struct agg_rows *r)
{
	accs_touch(&pane->accs, p->keys, r->gid, r->n, ACCS_DIRTY, r->entry);
	entries_count(r, r->entry);
	if (pane->in_run) {
		accs_touch(&p->run, NULL, r->gid, r->n, 0, p->run_entry);
		entries_count(r, p->run_entry);
	}
	for (unsigned i = 0; i < p->aggs->n; i++)
		if (!p->aggs->agg[i].by_rows)
			add_to_agg(p, pane, &p->aggs->agg[i], b, r);
	for (uint32_t i = 0; pane->in_run && p->aggs->stack && i < r->n; i++)
		pane_stack_rebuild(p, pane, r->gid[i]);
}

/* ---- rows that are taken away ---- */

/* The values of a group that its pane holds leave the running window. */
static void
run_forget_values(struct panes *p, struct pane *pane, const struct agg *a,
		  uint32_t gid, const char *entry)
{
	struct distinct *set = &pane->sets[a->set];
	uint32_t n = distinct_values(set, entry, a->off, NULL, 0);
	uint32_t *id = mem_alloc((n + 1) * sizeof(*id));

	distinct_values(set, entry, a->off, id, n);
	for (uint32_t i = 0; i < n; i++) {
		int64_t gone = -1;
		struct agg_rows r = { .n = 1, .row = &id[i], .gid = &gid,
				      .w = &gone };

		run_count(p, a, set->keys.col, &r);
	}
	free(id);
}

/* A group whose last row went: what rows that did not match have left behind
 * goes too. */
static void
entry_reset(struct panes *p, struct pane *pane, uint32_t gid, char *entry)
{
	char *run = pane->in_run ? accs_find(&p->run, gid) : NULL;

	for (unsigned i = 0; i < p->aggs->n; i++) {
		const struct agg *a = &p->aggs->agg[i];

		if (a->by_rows)
			continue;
		if (a->distinct) {
			if (run)
				run_forget_values(p, pane, a, gid, entry);
			distinct_clear(&pane->sets[a->set], entry, a->off);
		} else if (run && a->invertible) {
			a->type->sub(a, &run, &entry, 1);
		}
	}
	aggs_clear_entry(p->aggs, entry, true);
	if (run && p->aggs->stack)
		pane_stack_rebuild(p, pane, gid);
}

static uint32_t
take_row(struct panes *p, struct pane *pane, const struct batch *b,
	 struct agg_rows *r)
{
	if (!aggs_hold_row(p->aggs, pane->sets,
			   accs_find(&pane->accs, r->gid[0]), b, r->row[0],
			   r->gid[0], r->w[0]))
		return 1;
	add_rows(p, pane, b, r);
	if (entry_rows(r->entry[0]) == 0)
		entry_reset(p, pane, r->gid[0], r->entry[0]);
	return 0;
}

static bool
refuse_row(struct panes *p, struct pane *pane, const struct batch *b,
	   const struct agg_rows *r)
{
	struct agg_refusal why;

	if (!aggs_refuse_row(p->aggs, accs_find(&pane->accs, r->gid[0]), b,
			     r->row[0], r->w ? r->w[0] : 1, &why))
		return false;
	p->refused(p->refused_arg, b, r->row[0], &why);
	return true;
}

uint32_t
panes_add(struct panes *p, int64_t pane_us, const struct batch *b,
	  struct agg_rows *r)
{
	struct pane *pane = panes_get(p, pane_us);
	uint32_t unmatched = 0;

	r->pane_us = pane_us;
	for (uint32_t at = 0; at < r->n;) {
		struct agg_rows part = agg_rows_part(p->aggs, r, at);

		if (part.w && part.w[0] < 0)
			unmatched += take_row(p, pane, b, &part);
		else if (!refuse_row(p, pane, b, &part))
			add_rows(p, pane, b, &part);
		at += part.n;
	}
	pane_account(p, pane);
	return unmatched;
}

/* ---- the running window ---- */

/* All values of a pane come into (w = 1) or leave (-1) the running window. */
static void
run_values(struct panes *p, struct pane *pane, const struct agg *a, int64_t w)
{
	struct distinct *set = &pane->sets[a->set];
	struct agg_scratch *s = p->scratch[0];
	uint32_t id = 0;

	while (id < set->keys.n) {
		struct agg_rows r = { .row = s->row, .gid = s->gid, .w = s->w };

		for (; r.n < BATCH_ROWS && id < set->keys.n; id++) {
			if (!keys_is_live(&set->keys, id) || set->n[id] == 0)
				continue;
			s->row[r.n] = id;
			s->gid[r.n] = (uint32_t)set->keys.col[0].i64[id];
			s->w[r.n++] = w;
		}
		run_count(p, a, set->keys.col, &r);
	}
}

static void
run_enter_chunk(struct panes *p, struct pane *pane, const uint32_t *gid,
		char **entry, uint32_t n)
{
	char *run[CHUNK_GIDS];

	accs_touch(&p->run, NULL, gid, n, 0, run);
	for (uint32_t i = 0; i < n; i++)
		((struct entry *)run[i])->rows +=
			entry_rows(entry[i]);
	for (unsigned i = 0; i < p->aggs->n; i++) {
		const struct agg *a = &p->aggs->agg[i];

		if (a->invertible && !a->by_rows && !a->distinct)
			a->type->merge(a, run, a->off, entry, a->off, n);
	}
	for (uint32_t i = 0; p->aggs->stack && i < n; i++)
		pane_stack_push(p, pane, gid[i], run[i], entry[i]);
}

static void
run_enter(struct panes *p, struct pane *pane)
{
	uint32_t gid[CHUNK_GIDS];
	char *entry[CHUNK_GIDS];

	for (uint32_t c = 0; c < pane->accs.nchunks; c++) {
		uint32_t n = accs_chunk(&pane->accs, c, gid, entry);

		run_enter_chunk(p, pane, gid, entry, n);
	}
	for (unsigned i = 0; i < p->aggs->n; i++)
		if (p->aggs->agg[i].distinct)
			run_values(p, pane, &p->aggs->agg[i], 1);
	pane->in_run = true;
}

static void
run_leave_chunk(struct panes *p, struct pane *pane, const uint32_t *gid,
		char **entry, uint32_t n)
{
	char *run[CHUNK_GIDS];

	accs_touch(&p->run, NULL, gid, n, 0, run);
	for (uint32_t i = 0; i < n; i++)
		((struct entry *)run[i])->rows -=
			entry_rows(entry[i]);
	for (unsigned i = 0; i < p->aggs->n; i++) {
		const struct agg *a = &p->aggs->agg[i];

		if (a->invertible && !a->by_rows && !a->distinct)
			a->type->sub(a, run, entry, n);
	}
	for (uint32_t i = 0; i < n; i++) {
		int64_t rows = entry_rows(run[i]);

		CHECK(rows >= 0);
		if (p->aggs->stack)
			pane_stack_pop(p, pane, gid[i], run[i], entry[i]);
		if (p->aggs->stack ? pane_stack_is_empty(p, run[i])
				   : rows == 0) {
			aggs_clear_entry(p->aggs, run[i], false);
			accs_untouch(&p->run, gid[i]);
		}
	}
}

static void
run_leave(struct panes *p, struct pane *pane)
{
	uint32_t gid[CHUNK_GIDS];
	char *entry[CHUNK_GIDS];

	for (unsigned i = 0; i < p->aggs->n; i++)
		if (p->aggs->agg[i].distinct)
			run_values(p, pane, &p->aggs->agg[i], -1);
	for (uint32_t c = 0; c < pane->accs.nchunks; c++) {
		uint32_t n = accs_chunk(&pane->accs, c, gid, entry);

		run_leave_chunk(p, pane, gid, entry, n);
	}
}

/* ---- firing ---- */

int64_t
panes_next_end(const struct panes *p)
{
	if (p->n == 0)
		return TIME_END;
	if (panes_at(p, 0)->in_run)
		return p->run_end_us + p->slicing.width_us;
	return slicing_first_end(&p->slicing, panes_at(p, 0)->start_us);
}

void
panes_open(struct panes *p, int64_t end_us)
{
	CHECK(end_us == panes_next_end(p));
	/* Panes before run_end_us are in the running window already. */
	for (uint32_t i = pane_index(p, p->run_end_us);
	     i < p->n && !is_tumble(p); i++) {
		if (panes_at(p, i)->start_us >= end_us)
			break;
		run_enter(p, panes_at(p, i));
	}
	p->run_end_us = end_us;
}

const struct accs *
panes_window(const struct panes *p)
{
	return is_tumble(p) ? &panes_at(p, 0)->accs : &p->run;
}

void
panes_value(struct panes *p, unsigned i, const uint32_t *gid,
	    char *const *entry, uint32_t n, struct column *out, uint32_t at,
	    uint32_t cap, struct arena *arena)
{
	const struct agg *a = &p->aggs->agg[i];
	const struct distinct *sets = is_tumble(p) ? panes_at(p, 0)->sets
						   : p->run_sets;

	if (a->by_set)
		a->type->set_value(a, &sets[a->set], entry, n, out, at, cap,
				   arena);
	else if (a->stack_off && !is_tumble(p))
		pane_stack_value(p, a, gid, entry, n, out, at, cap, arena);
	else
		a->type->value(a, entry, a->off, n, out, at, cap, arena);
}

void
panes_retire(struct panes *p)
{
	/* CUMULATE: its panes leave together when the largest window is done */
	bool together = p->slicing.kind == WINDOW_CUMULATE;

	while (p->n > 0) {
		struct pane *pane = panes_at(p, 0);

		if (slicing_last_end(&p->slicing, pane->start_us) >
		    p->run_end_us)
			break;
		if (together)
			run_clear(p);
		else if (!is_tumble(p))
			run_leave(p, pane);
		panes_drop_first(p);
	}
}

void
panes_closed(struct panes *p, int64_t closed_us)
{
	CHECK(closed_us >= p->run_end_us);
	p->closed_us = closed_us;
	p->run_end_us = closed_us;
}

void
panes_restored(struct panes *p, int64_t closed_us)
{
	panes_closed(p, closed_us);
	for (uint32_t i = 0; i < p->n && !is_tumble(p); i++) {
		struct pane *pane = panes_at(p, i);

		pane->in_run = false;
		if (pane->start_us < p->run_end_us)
			run_enter(p, pane);
	}
}

size_t
panes_bytes(const struct panes *p)
{
	size_t bytes = p->bytes + p->cap * sizeof(*p->pane) +
		       accs_bytes(&p->run) + p->aggs->heap.held +
		       sets_bytes(p, p->run_sets);

	for (unsigned i = 0; i < p->aggs->n; i++)
		if (p->aggs->agg[i].multiset)
			bytes += multiset_bytes(p->aggs->agg[i].multiset);
	return bytes;
}

uint64_t
panes_rows(const struct panes *p)
{
	uint64_t rows = p->rows;

	for (unsigned i = 0; i < p->aggs->n; i++)
		if (p->aggs->agg[i].multiset)
			rows += multiset_rows(p->aggs->agg[i].multiset);
	return rows;
}

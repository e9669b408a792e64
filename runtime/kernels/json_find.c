/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/json_find.c - a walk down the steps of a path. Where a step
 * finds nothing, that is an error only as long as all steps before it are
 * definite and the path is strict.
 */
#include <stdlib.h>

#include "base/check.h"
#include "runtime/kernels/json_find.h"

struct walk {
	const struct json_path *path;
	struct json_doc *d;
	struct json_found *found;
	uint64_t work; /* values looked at */
};

static enum json_find_rc step_into(struct walk *w, uint32_t step,
				   uint32_t node);

void
json_found_release(struct json_found *f)
{
	free(f->node);
	*f = (struct json_found){ 0 };
}

static void
found_add(struct json_found *f, uint32_t node)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 16;
		f->node = mem_realloc(f->node, f->cap * sizeof(*f->node));
	}
	f->node[f->n++] = node;
}

static enum json_kind
kind_of(const struct walk *w, uint32_t node)
{
	return (enum json_kind)w->d->node[node].kind;
}

static bool
is_last(const struct walk *w, uint32_t step)
{
	return step + 1 == w->path->n;
}

/* The value is not of the kind that the step goes into. */
static enum json_find_rc
wrong_kind(const struct walk *w, uint32_t step)
{
	return w->path->lax || !w->path->step[step].definite_before
		       ? JSON_FIND_OK : JSON_FIND_MISSING;
}

/* ---- objects ---- */

static enum json_find_rc
into_name(struct walk *w, uint32_t step, uint32_t object,
	  const struct str *name)
{
	const struct json_step *s = &w->path->step[step];
	uint32_t value = json_member(w->d, object, name);

	w->work += w->d->node[object].n;
	if (value != UINT32_MAX)
		return step_into(w, step + 1, value);
	if (is_last(w, step) || w->path->lax || !s->definite ||
	    !s->definite_before)
		return JSON_FIND_OK;
	return JSON_FIND_MISSING;
}

static enum json_find_rc
into_names(struct walk *w, uint32_t step, uint32_t node)
{
	const struct json_step *s = &w->path->step[step];
	enum json_find_rc rc = JSON_FIND_OK;

	if (kind_of(w, node) != JSON_OBJECT)
		return wrong_kind(w, step);
	if (s->n > 1 && is_last(w, step)) {
		uint32_t made = json_pick(w->d, node, s->name, s->n);

		return made == UINT32_MAX ? JSON_FIND_LIMIT
					  : step_into(w, step + 1, made);
	}
	for (uint32_t i = 0; i < s->n && rc == JSON_FIND_OK; i++)
		rc = into_name(w, step, node, &s->name[i]);
	return rc;
}

/* Calls fn(w, step, value) for all values of an object. */
static enum json_find_rc
each_member(struct walk *w, uint32_t step, uint32_t object,
	    enum json_find_rc (*fn)(struct walk *, uint32_t, uint32_t))
{
	uint32_t n = w->d->node[object].n;
	uint32_t *keys = mem_alloc((2 * (size_t)n + 1) * sizeof(*keys));
	uint32_t *values = keys + n;
	enum json_find_rc rc = JSON_FIND_OK;

	n = json_members(w->d, object, keys, values);
	for (uint32_t i = 0; i < n && rc == JSON_FIND_OK; i++)
		rc = fn(w, step, values[i]);
	free(keys);
	return rc;
}

/* ---- arrays ---- */

static enum json_find_rc
each_element(struct walk *w, uint32_t step, uint32_t array,
	     enum json_find_rc (*fn)(struct walk *, uint32_t, uint32_t))
{
	enum json_find_rc rc = JSON_FIND_OK;
	uint32_t at = json_first(array);

	for (uint32_t i = 0; i < w->d->node[array].n && rc == JSON_FIND_OK;
	     i++) {
		rc = fn(w, step, at);
		at = w->d->node[at].next;
	}
	return rc;
}

/* The nodes of an array's elements; the caller frees them. */
static uint32_t *
elements(struct walk *w, uint32_t array)
{
	uint32_t n = w->d->node[array].n, at = json_first(array);
	uint32_t *ret = mem_alloc(((size_t)n + 1) * sizeof(*ret));

	for (uint32_t i = 0; i < n; i++, at = w->d->node[at].next)
		ret[i] = at;
	w->work += n;
	return ret;
}

/* Element i of n, counted from the end where it is negative, if there is. */
static enum json_find_rc
into_element(struct walk *w, uint32_t step, const uint32_t *element, int64_t n,
	     int64_t i)
{
	if (i < 0)
		i += n;
	if (i < 0 || i >= n)
		return JSON_FIND_OK;
	return step_into(w, step + 1, element[i]);
}

static enum json_find_rc
into_indexes(struct walk *w, uint32_t step, uint32_t node)
{
	const struct json_step *s = &w->path->step[step];
	enum json_find_rc rc = JSON_FIND_OK;
	int64_t n = w->d->node[node].n;
	uint32_t *element;

	if (kind_of(w, node) != JSON_ARRAY)
		return wrong_kind(w, step);
	element = elements(w, node);
	for (uint32_t i = 0; i < s->n && rc == JSON_FIND_OK; i++)
		rc = into_element(w, step, element, n, s->index[i]);
	free(element);
	return rc;
}

/* [from:to] with both goes from a negative number up to a positive one as it
 * stands: [-1:1] is the last element and the first. */
static enum json_find_rc
into_slice(struct walk *w, uint32_t step, uint32_t node)
{
	const struct json_step *s = &w->path->step[step];
	enum json_find_rc rc = JSON_FIND_OK;
	int64_t n = w->d->node[node].n, from = s->from, to = n;
	uint32_t *element;

	if (kind_of(w, node) != JSON_ARRAY)
		return wrong_kind(w, step);
	if (!s->has_to && from < 0)
		from = n + from > 0 ? n + from : 0;
	if (s->has_to && s->to < n)
		to = !s->has_from && s->to < 0 ? n + s->to : s->to;
	if (from < -n)
		from = -n; /* what lies before it is nothing */
	element = elements(w, node);
	for (int64_t i = from; i < to && rc == JSON_FIND_OK; i++)
		rc = into_element(w, step, element, n, i);
	free(element);
	return rc;
}

/* ---- all of them ---- */

static enum json_find_rc
into_next(struct walk *w, uint32_t step, uint32_t node)
{
	return step_into(w, step + 1, node);
}

static enum json_find_rc
into_any(struct walk *w, uint32_t step, uint32_t node)
{
	switch (kind_of(w, node)) {
	case JSON_OBJECT:
		return each_member(w, step, node, into_next);
	case JSON_ARRAY:
		return each_element(w, step, node, into_next);
	default:
		return JSON_FIND_OK;
	}
}

/* ---- at all depths ---- */

/* Whether the step behind `..` is taken from this array or object. */
static bool
matches(struct walk *w, const struct json_step *s, uint32_t node)
{
	if (s->kind == JSON_STEP_ANY)
		return true;
	if (s->kind != JSON_STEP_NAMES)
		return kind_of(w, node) == JSON_ARRAY;
	if (kind_of(w, node) != JSON_OBJECT)
		return false;
	w->work += s->n * (uint64_t)w->d->node[node].n;
	for (uint32_t i = 0; s->definite && i < s->n; i++)
		if (json_member(w->d, node, &s->name[i]) == UINT32_MAX)
			return false;
	return true;
}

/* From this value, then from all of its parts. */
static enum json_find_rc
deep(struct walk *w, uint32_t step, uint32_t node)
{
	enum json_kind kind = kind_of(w, node);
	enum json_find_rc rc = JSON_FIND_OK;

	/* Parts of parts are seen once for each value above that matches. */
	if (++w->work > JSON_FIND_WORK_MAX)
		return JSON_FIND_LIMIT;
	if (kind != JSON_OBJECT && kind != JSON_ARRAY)
		return JSON_FIND_OK;
	if (matches(w, &w->path->step[step + 1], node))
		rc = step_into(w, step + 1, node);
	if (rc != JSON_FIND_OK)
		return rc;
	return kind == JSON_OBJECT ? each_member(w, step, node, deep)
				   : each_element(w, step, node, deep);
}

static enum json_find_rc
step_into(struct walk *w, uint32_t step, uint32_t node)
{
	if (++w->work > JSON_FIND_WORK_MAX)
		return JSON_FIND_LIMIT;
	if (step == w->path->n) {
		found_add(w->found, node);
		return JSON_FIND_OK;
	}
	switch (w->path->step[step].kind) {
	case JSON_STEP_NAMES:
		return into_names(w, step, node);
	case JSON_STEP_ANY:
		return into_any(w, step, node);
	case JSON_STEP_INDEXES:
		return into_indexes(w, step, node);
	case JSON_STEP_SLICE:
		return into_slice(w, step, node);
	case JSON_STEP_DEEP:
		return deep(w, step, node);
	}
	return JSON_FIND_OK;
}

enum json_find_rc
json_find(const struct json_path *path, struct json_doc *d,
	  struct json_found *ret)
{
	struct walk w = { .path = path, .d = d, .found = ret };
	enum json_find_rc rc;

	ret->n = 0;
	rc = step_into(&w, 0, 0);
	if (rc == JSON_FIND_OK && path->definite && ret->n == 0 && !path->lax)
		return JSON_FIND_MISSING;
	return rc;
}

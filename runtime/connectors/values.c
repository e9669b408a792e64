/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/values.c - the source of VALUES and of SELECT without
 * FROM: counts rows from 0, so that a job which is restored in the middle goes
 * on there.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/connector.h"

struct values {
	struct source source; /* first */
	bool wanted; /* somebody reads the number */
	struct part_info part;
};

static int
values_open(struct source **ret, const struct source_spec *spec,
	    struct error *err)
{
	struct values *v = mem_zalloc(sizeof(*v));

	(void)err;
	v->source.type = &values_source_type;
	v->wanted = spec->schema->ncols > 0;
	v->part = (struct part_info){
		.topic = spec->scan->table,
		.end_offset = spec->scan->rows,
		.head_time_us = TIME_NONE,
		.state = PART_READING,
	};
	if (spec->nstart > 0)
		v->part.next_offset = spec->start[0].next_offset;
	if (v->part.next_offset == v->part.end_offset)
		v->part.state = PART_ENDED;
	*ret = &v->source;
	return 0;
}

static unsigned
values_parts(struct source *source, const struct part_info **ret)
{
	*ret = &((struct values *)source)->part;
	return 1;
}

static int
values_fill(struct source *source, unsigned part, struct batch *b,
	    uint32_t max, int64_t now_us, struct error *err)
{
	struct values *v = (struct values *)source;
	int64_t n = v->part.end_offset - v->part.next_offset;

	(void)part;
	(void)now_us;
	(void)err;
	n = n < max ? n : max;
	for (int64_t i = 0; v->wanted && i < n; i++)
		b->col[0].i64[i] = v->part.next_offset + i;
	v->part.next_offset += n;
	if (v->part.next_offset == v->part.end_offset)
		v->part.state = PART_ENDED;
	return (int)n;
}

static int64_t
values_next_us(struct source *source)
{
	(void)source;
	return TIME_END;
}

static void
values_close(struct source *source)
{
	free(source);
}

const struct source_type values_source_type = {
	.name = "values",
	.open = values_open,
	.parts = values_parts,
	.fill = values_fill,
	.next_us = values_next_us,
	.close = values_close,
};

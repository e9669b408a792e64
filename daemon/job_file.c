/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_file.c - what people see of a job that does not run: the figures
 * of its last checkpoint, out of its file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/job.h"
#include "daemon/log.h"
#include "runtime/store_look.h"

struct loaded {
	struct partition_info *parts;
	unsigned nparts, parts_size;
	struct operator_info *ops;
	unsigned nops, ops_size;
};

static void
text_of(const struct store_cell *c, char *out, size_t size)
{
	snprintf(out, size, "%.*s", c->kind == CELL_TEXT ? (int)c->n : 0,
		 c->kind == CELL_TEXT ? c->text : "");
}

static int64_t
number_of(const struct store_cell *c)
{
	return c->kind == CELL_INTEGER ? c->i64 : -1;
}

static int64_t
time_of(const struct store_cell *c)
{
	int64_t us;

	return c->kind == CELL_TEXT &&
	       us_parse_strict(c->text, c->n, 'T', true, &us) ? us : TIME_NONE;
}

static void
take_part(void *arg, unsigned n, const struct store_cell *c)
{
	struct loaded *l = arg;
	struct partition_info *p;

	CHECK(n == 8);
	if (l->nparts == l->parts_size) {
		l->parts_size = l->parts_size ? 2 * l->parts_size : 8;
		l->parts = mem_realloc(l->parts, l->parts_size *
				       sizeof(*l->parts));
	}
	p = &l->parts[l->nparts++];
	*p = (struct partition_info){
		.partition = (int32_t)number_of(&c[2]),
		.next_offset = number_of(&c[3]),
		.end_offset = number_of(&c[4]),
		.record_time_us = time_of(&c[5]),
		.wm_us = time_of(&c[6]),
		.idle_since_us = time_of(&c[7]),
		.state = "stopped",
	};
	text_of(&c[0], p->source, sizeof(p->source));
	text_of(&c[1], p->topic, sizeof(p->topic));
}

static void
take_op(void *arg, unsigned n, const struct store_cell *c)
{
	struct loaded *l = arg;
	struct operator_info *o;

	CHECK(n == 4);
	if (l->nops == l->ops_size) {
		l->ops_size = l->ops_size ? 2 * l->ops_size : 8;
		l->ops = mem_realloc(l->ops, l->ops_size * sizeof(*l->ops));
	}
	o = &l->ops[l->nops++];
	*o = (struct operator_info){
		.wm_us = TIME_NONE,
		.next_close_us = TIME_NONE,
		.state_rows = (uint64_t)c[1].i64,
		.state_bytes = (uint64_t)c[2].i64,
	};
	text_of(&c[0], o->name, sizeof(o->name));
	text_of(&c[3], o->label, sizeof(o->label));
}

static int
load(const char *path, struct loaded *l, struct error *err)
{
	struct store_look *look;
	int rc;

	if (store_look_open(path, &look, err) < 0)
		return -1;
	rc = store_look(look,
			"SELECT o.source, o.topic, o.\"partition\","
			" o.next_offset, o.end_offset, o.record_time,"
			" w.watermark, w.idle_since FROM offsets o"
			" LEFT JOIN watermarks w ON w.source = o.source AND"
			" w.topic = o.topic AND"
			" w.\"partition\" = o.\"partition\" ORDER BY 1, 2, 3",
			take_part, l, err);
	if (rc == 0)
		rc = store_look(look,
				"SELECT name, coalesce(state_rows, 0),"
				" coalesce(state_bytes, 0), trim(kind || ' ' ||"
				" coalesce(keys, '')) FROM operators"
				" WHERE columns IS NOT NULL ORDER BY rowid",
				take_op, l, err);
	store_look_close(look);
	return rc;
}

/* Under the lock. */
static void
publish_totals(struct job_info *info, const struct store_totals *t)
{
	info->checkpoint = t->checkpoint;
	info->checkpoint_us = t->checkpoint ? t->taken_at_us : 0;
	info->rows_in = t->rows_in;
	info->rows_out = t->rows_out;
	info->late = t->rows_late;
	info->errors = t->errors;
	info->errors_ever = t->errors;
	info->errors_kept = t->errors_kept;
	info->errors_lost = t->errors_lost;
	info->wm_us = t->wm_us;
}

/* Of the partitions whose ends were known; -1: of none. */
static int64_t
lag_of(const struct loaded *l)
{
	int64_t lag = -1;

	for (unsigned i = 0; i < l->nparts; i++) {
		int64_t behind = l->parts[i].end_offset -
				 l->parts[i].next_offset;

		if (l->parts[i].end_offset < 0)
			continue;
		lag = (lag < 0 ? 0 : lag) + (behind > 0 ? behind : 0);
	}
	return lag;
}

/* Under the lock; takes over what was loaded. */
static void
publish_loaded(struct job_info *info, const struct loaded *l)
{
	free(info->parts);
	free(info->ops);
	info->of_file = true;
	info->parts = l->parts;
	info->nparts = l->nparts;
	info->ops = l->ops;
	info->nops = l->nops;
	info->state_rows = info->state_bytes = 0;
	for (unsigned i = 0; i < l->nops; i++) {
		info->state_rows += l->ops[i].state_rows;
		info->state_bytes += l->ops[i].state_bytes;
	}
	info->lag = lag_of(l);
}

void
job_info_load(struct job *j)
{
	struct error err = ERROR_INIT;
	struct loaded l = { .parts = NULL };
	struct store_totals t;

	if (store_get_totals(j->path, &t, &err) < 0 ||
	    load(j->path, &l, &err) < 0) {
		if (err.code != ERR_FILE) /* it may never have had one */
			log_error(LOG_WARN, "totals_not_read", j->name, &err);
		free(l.parts);
		free(l.ops);
		return;
	}
	pthread_mutex_lock(&j->lock);
	publish_totals(&j->info, &t);
	publish_loaded(&j->info, &l);
	pthread_mutex_unlock(&j->lock);
}

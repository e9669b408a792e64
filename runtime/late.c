/* SPDX-License-Identifier: Apache-2.0
 * runtime/late.c - rows behind the last window that could hold them: all are
 * counted, and so many of them are copied between two cuts as the table
 * late_rows keeps.
 */
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/format.h"

static void
keep(struct op *op, const struct batch *b, uint32_t row, uint16_t time_col)
{
	struct bad_rows *bad = &op->p->errors;
	struct late_row *late = arena_new(&bad->arena, struct late_row);
	struct buf text;

	buf_init(&text);
	json_row(&text, b, row);
	late->at_us = op->now_us;
	late->op_name = arena_strdup(&bad->arena, op->state_name
							  ? op->state_name
							  : op->type->name);
	late->event_time_us = b->col[time_col].i64[row];
	late->wm_us = op->wm_us;
	late->row_json = arena_strndup(&bad->arena, text.data, text.len);
	buf_release(&text);
	*bad->late_tail = late;
	bad->late_tail = &late->next;
	bad->nlate++;
}

void
op_late(struct op *op, const struct batch *b, const uint32_t *rows,
	uint32_t n, uint16_t time_col)
{
	const struct pipeline_env *env = &op->p->env;
	const struct bad_rows *bad = &op->p->errors;

	stat_add(op->stats.late, n);
	for (uint32_t i = 0; i < n && bad->nlate < env->late_rows_max &&
			     bad->arena.bytes < env->errors_bytes_max;
	     i++)
		keep(op, b, rows[i], time_col);
}

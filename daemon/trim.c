/* SPDX-License-Identifier: Apache-2.0
 * daemon/trim.c - glibc gives back on its own only what lies at the end of an
 * arena, and it has eight arenas a core: of twenty jobs that come and go the
 * holes of all of them would stay.
 */
#include "daemon/trim.h"

#include <malloc.h>

#define TRIM_AFTER_MS 1000

static void
on_timer(uv_timer_t *t)
{
	(void)t;
	malloc_trim(0);
}

void
trim_init(struct trim *t, uv_loop_t *loop)
{
	uv_timer_init(loop, &t->timer);
}

void
trim_soon(struct trim *t)
{
	if (!uv_is_active((uv_handle_t *)&t->timer))
		uv_timer_start(&t->timer, on_timer, TRIM_AFTER_MS, 0);
}

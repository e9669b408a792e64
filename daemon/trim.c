/* SPDX-License-Identifier: Apache-2.0
 * daemon/trim.c - glibc gives back on its own only what lies at the end of an
 * arena, and it has eight arenas a core: of twenty jobs that come and go the
 * holes of all of them would stay. Two a core cost a job's speed nothing.
 */
#include "daemon/trim.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define TRIM_AFTER_MS 1000
#define ARENAS_A_CORE 2

static void
on_timer(uv_timer_t *t)
{
	(void)t;
	malloc_trim(0);
}

void
trim_init(struct trim *t, uv_loop_t *loop)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (cores > 0 && !getenv("MALLOC_ARENA_MAX"))
		mallopt(M_ARENA_MAX, (int)cores * ARENAS_A_CORE);
	uv_timer_init(loop, &t->timer);
}

void
trim_soon(struct trim *t)
{
	if (!uv_is_active((uv_handle_t *)&t->timer))
		uv_timer_start(&t->timer, on_timer, TRIM_AFTER_MS, 0);
}

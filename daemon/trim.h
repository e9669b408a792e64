/* SPDX-License-Identifier: Apache-2.0
 * daemon/trim.h - memory that jobs and SELECTs have left goes back to the
 * system: the allocator keeps it by thread, where it would add up.
 */
#ifndef DAEMON_TRIM_H
#define DAEMON_TRIM_H

#include <uv.h>

struct trim {
	uv_timer_t timer; /* its data is the owner's, who closes it */
};

void trim_init(struct trim *t, uv_loop_t *loop);
/* Something large has ended; main thread. A second later, and once for all
 * that end until then. */
void trim_soon(struct trim *t);

#endif

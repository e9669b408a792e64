/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/blackhole.c - takes all rows and forgets them: for
 * measuring what lies before a sink.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/connector.h"

static int
blackhole_open(struct sink **ret, const struct sink_spec *spec,
	       struct error *err)
{
	(void)spec;
	(void)err;
	*ret = mem_zalloc(sizeof(**ret));
	(*ret)->type = &blackhole_sink_type;
	return 0;
}

static int
blackhole_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
		struct error *err)
{
	(void)sink;
	(void)b;
	(void)kinds;
	(void)err;
	return 0;
}

static void
blackhole_close(struct sink *sink)
{
	free(sink);
}

const struct sink_type blackhole_sink_type = {
	.name = "blackhole",
	.open = blackhole_open,
	.write = blackhole_write,
	.close = blackhole_close,
};

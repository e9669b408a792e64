/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_pipeline.c - store_attach() for a real pipeline: where its
 * tables, views, names and totals come from.
 */
#include "runtime/store_impl.h"

static const struct view_def *
client_view(void *arg, const struct op *op)
{
	return pipeline_view(arg, op);
}

static const char *
client_source(void *arg, const struct op *op)
{
	(void)arg;
	return op_source(op);
}

static void
client_name(void *arg, struct op *op, const char *state_name)
{
	(void)arg;
	op_name_state(op, state_name);
}

struct store_client
store_client_of(struct pipeline *p)
{
	struct store_client client = {
		.view = client_view,
		.source = client_source,
		.name = client_name,
		.zone = pipeline_plan(p)->zone,
		.arg = p,
	};

	client.ntables = pipeline_tables(p, &client.tables);
	return client;
}

int
store_attach(struct store *s, struct pipeline *p, uint64_t *ret_epoch,
	     struct error *err)
{
	struct store_client client = store_client_of(p);

	if (store_attach_client(s, &client, err) < 0)
		return -1;
	pipeline_set_totals(p, &s->totals);
	pipeline_set_epoch(p, s->epoch);
	*ret_epoch = s->epoch;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/sink.h - what the driver asks of a sink operator about the
 * connector behind it.
 */
#ifndef RUNTIME_OPERATORS_SINK_H
#define RUNTIME_OPERATORS_SINK_H

#include "runtime/connector.h"
#include "runtime/operator.h"

/* Opens the connector; `client` is for the sink of a SELECT. */
int sink_start(struct op *op, const struct connector_env *env, void *client,
	       struct error *err);
/* -1: the connector cannot go on. */
int sink_check(const struct op *op, struct error *err);
bool sink_room(const struct op *op);
bool sink_is_done(const struct op *op); /* its LIMIT is reached */
const char *sink_reason(const struct op *op);
int sink_cut(struct op *op, uint64_t epoch, struct error *err);
int sink_acked(struct op *op, uint64_t *ret_epoch, struct error *err);
int sink_committed(struct op *op, uint64_t epoch, struct error *err);
void sink_abandon(const struct op *op);
/* It has written what the last checkpoint still has (held_changes.h). */
bool sink_owes(const struct op *op);
int sink_wake_fd(const struct op *op); /* -1: none */
void sink_woken(struct op *op);
bool sink_work(const struct op *op, struct blocking_work *ret);

#endif

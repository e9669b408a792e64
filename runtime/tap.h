/* SPDX-License-Identifier: Apache-2.0
 * runtime/tap.h - rows on their way from an operator to somebody who looks on.
 * The operator's thread copies them into a bounded ring and never waits: what
 * has no room is counted and left out. Another thread takes them, in order.
 *
 * Two threads at most: one puts (the job's), one takes; the rest says who may.
 */
#ifndef RUNTIME_TAP_H
#define RUNTIME_TAP_H

#include "base/error.h"
#include "runtime/batch.h"

struct tap;

/* schema: what the operator puts out; the taker's batches have it, so that it
 * lives as long as they do. One reference is the caller's. */
int tap_create(const struct schema *schema, uint64_t rows_max,
	       uint64_t bytes_max, struct tap **ret, struct error *err);
/* From any thread. */
struct tap *tap_ref(struct tap *t);
void tap_unref(struct tap *t); /* NULL is allowed */

/* ---- the operator's thread ---- */

/* Live rows of b; kinds per position (enum change_kind), or NULL: its weights
 * tell. Taps of one operator are a list that belongs to its thread. */
void tap_put(struct tap *t, const struct batch *b, const uint8_t *kinds);
struct tap *tap_next(const struct tap *t);
void tap_link(struct tap *t, struct tap *next);

/* ---- the thread that looks on ---- */

/* The oldest batch, the caller's; NULL: there is none. *ret_kinds lives in it,
 * or is NULL as above. */
struct batch *tap_take(struct tap *t, const uint8_t **ret_kinds);
/* Sleeps until tap_wake(), or there is a batch if for_rows is set, or for
 * timeout_ms (-1: without end). */
void tap_wait(struct tap *t, bool for_rows, int timeout_ms);
uint64_t tap_skipped(const struct tap *t);

/* ---- any thread ---- */

void tap_wake(struct tap *t);
/* Nobody takes any more: what is put is dropped, uncounted. */
void tap_close(struct tap *t);

#endif

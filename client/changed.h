/* SPDX-License-Identifier: Apache-2.0
 * client/changed.h - the rows of an updating result as its changes leave them:
 * -U and -D take an equal row away, +I and +U bring one.
 */
#ifndef CLIENT_CHANGED_H
#define CLIENT_CHANGED_H

#include <stdint.h>

#include "client/row.h"

struct changed;

/* Keeps at most so many rows and bytes: beyond them those that have not
 * changed for longest are forgotten, and only counted. */
struct changed *changed_create(size_t rows_max, size_t bytes_max);
void changed_destroy(struct changed *c);

void changed_apply(struct changed *c, struct row *take);

uint64_t changed_total(const struct changed *c); /* rows, forgotten or not */
size_t changed_kept(const struct changed *c);
/* The (at most) n rows that changed last, in the order in which they first
 * came: a row that is updated stays in its place. Returns how many; they are
 * valid until the next change. */
size_t changed_latest(const struct changed *c, size_t n,
		      const struct row **ret);

#endif

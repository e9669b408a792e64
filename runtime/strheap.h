/* SPDX-License-Identifier: Apache-2.0
 * runtime/strheap.h - the bytes of long strings that keyed state holds: size
 * classes with free lists over slabs, and an account of every byte. Strings of
 * up to 12 bytes live inside their struct str and cost nothing here.
 */
#ifndef RUNTIME_STRHEAP_H
#define RUNTIME_STRHEAP_H

#include <stddef.h>

#include "base/str.h"

#define STRHEAP_CLASSES 14

struct strheap_slab;

struct strheap {
	struct strheap_slab *slabs; /* newest first; owned */
	char *next, *end;           /* room left in the newest */
	void *free[STRHEAP_CLASSES];
	size_t bytes;               /* of living strings, as rounded up */
	size_t held;                /* from the system: slabs, large strings */
};

void strheap_init(struct strheap *h);
/* Frees everything, strings that still live included. */
void strheap_release(struct strheap *h);

/* A copy that lives until strheap_free(). */
struct str strheap_put(struct strheap *h, const struct str *s);
/* Takes strings of strheap_put() and short ones, which need nothing. */
void strheap_free(struct strheap *h, const struct str *s);

#endif

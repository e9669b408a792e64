/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_wal.h - how long a state file's -wal is, and who keeps it so:
 * what a reader may still look at cannot be folded into the file.
 */
#ifndef RUNTIME_STORE_WAL_H
#define RUNTIME_STORE_WAL_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/store.h"

struct store_wal {
	uint64_t bytes; /* on disk */
	bool held;      /* longer than it would be without a reader */
	int reader;     /* process id of one; 0: none found (it is in another
			 * pid namespace, or sluice itself) */
	char program[32]; /* its name */
};

/* From the thread that commits. */
void store_wal_look(const struct store *s, struct store_wal *ret);

#endif

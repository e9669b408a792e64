/* SPDX-License-Identifier: Apache-2.0
 * daemon/store_pool.h - the few threads that commit checkpoints. Each job is
 * bound to one of them, so that its calls never overlap, and one job's slow
 * disk holds up only those that share its thread.
 */
#ifndef DAEMON_STORE_POOL_H
#define DAEMON_STORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct store_pool;

/* Queued by pointer: lives until run() was called. */
struct store_task {
	struct store_task *next;
	void (*run)(struct store_task *task); /* on the store thread; may block */
};

/* Fewer threads where the system gives no more; NULL: not even one,
 * and errno says why. */
struct store_pool *store_pool_create(unsigned nthreads);
/* Waits for the tasks that are queued. */
void store_pool_destroy(struct store_pool *p);
/* The thread for one more job, in turn. */
unsigned store_pool_bind(struct store_pool *p);
/* A thread has been at the same task since before then (steady clock). */
bool store_pool_stuck(const struct store_pool *p, int64_t since_ns);
void store_pool_put(struct store_pool *p, unsigned thread,
		    struct store_task *task);

#endif

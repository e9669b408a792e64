/* SPDX-License-Identifier: Apache-2.0
 * daemon/store_pool.c - a queue and a thread each. A job has one commit in
 * flight at the most, so a queue is never longer than the jobs bound to it.
 */
#include "daemon/store_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "daemon/clock.h"

struct store_thread {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct store_task *first, **tail;
	bool ending;
	_Atomic int64_t busy_since_ns; /* with a task; 0: none */
};

struct store_pool {
	unsigned n, next;
	struct store_thread *threads;
};

static void *
store_thread_run(void *arg)
{
	struct store_thread *t = arg;

	pthread_mutex_lock(&t->lock);
	while (t->first || !t->ending) {
		struct store_task *task = t->first;

		if (!task) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		t->first = task->next;
		if (!t->first)
			t->tail = &t->first;
		pthread_mutex_unlock(&t->lock);
		atomic_store(&t->busy_since_ns, clock_steady_ns());
		task->run(task);
		atomic_store(&t->busy_since_ns, 0);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct store_pool *
store_pool_create(unsigned nthreads)
{
	struct store_pool *p = mem_zalloc(sizeof(*p));

	CHECK(nthreads > 0);
	p->threads = mem_zalloc(nthreads * sizeof(*p->threads));
	for (; p->n < nthreads; p->n++) {
		struct store_thread *t = &p->threads[p->n];

		pthread_mutex_init(&t->lock, NULL);
		pthread_cond_init(&t->changed, NULL);
		t->tail = &t->first;
		if (pthread_create(&t->thread, NULL, store_thread_run, t) == 0)
			continue;
		pthread_mutex_destroy(&t->lock);
		pthread_cond_destroy(&t->changed);
		break;
	}
	if (p->n > 0)
		return p;
	free(p->threads);
	free(p);
	errno = EAGAIN;
	return NULL;
}

void
store_pool_destroy(struct store_pool *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n; i++) {
		struct store_thread *t = &p->threads[i];

		pthread_mutex_lock(&t->lock);
		t->ending = true;
		pthread_cond_signal(&t->changed);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
		pthread_mutex_destroy(&t->lock);
		pthread_cond_destroy(&t->changed);
	}
	free(p->threads);
	free(p);
}

unsigned
store_pool_bind(struct store_pool *p)
{
	return p->next++ % p->n;
}

bool
store_pool_stuck(const struct store_pool *p, int64_t since_ns)
{
	for (unsigned i = 0; i < p->n; i++) {
		int64_t busy_ns = atomic_load(&p->threads[i].busy_since_ns);

		if (busy_ns && busy_ns < since_ns)
			return true;
	}
	return false;
}

void
store_pool_put(struct store_pool *p, unsigned thread, struct store_task *task)
{
	struct store_thread *t = &p->threads[thread];

	task->next = NULL;
	pthread_mutex_lock(&t->lock);
	*t->tail = task;
	t->tail = &task->next;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

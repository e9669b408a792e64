/* SPDX-License-Identifier: Apache-2.0
 * The pool of store threads: tasks of one job run one after the other in their
 * order, those of others beside them; nothing queued is forgotten at the end.
 */
#include <stdatomic.h>
#include <time.h>

#include "daemon/store_pool.h"
#include "tests/unit/test.h"

#define JOBS 5
#define ROUNDS 200

struct step {
	struct store_task task;
	struct sequence *of;
	unsigned number;
};

struct sequence { /* what one job queues */
	struct step steps[ROUNDS];
	atomic_uint running;
	unsigned next;  /* plain: only its one thread may touch it */
	bool good;
	struct timespec pause;
};

static void
run_step(struct store_task *task)
{
	struct step *s = (struct step *)task;
	struct sequence *q = s->of;

	if (atomic_fetch_add(&q->running, 1) != 0 || q->next != s->number)
		q->good = false;
	q->next++;
	if (q->pause.tv_nsec)
		nanosleep(&q->pause, NULL);
	atomic_fetch_sub(&q->running, 1);
}

static void
sequence_init(struct sequence *q)
{
	memset(q, 0, sizeof(*q));
	q->good = true;
	for (unsigned i = 0; i < ROUNDS; i++)
		q->steps[i] = (struct step){ .task.run = run_step, .of = q,
					     .number = i };
}

TEST(each_jobs_tasks_run_in_order_and_all_of_them)
{
	struct store_pool *p = store_pool_create(3);
	static struct sequence jobs[JOBS];
	unsigned threads[JOBS];

	for (unsigned j = 0; j < JOBS; j++) {
		sequence_init(&jobs[j]);
		threads[j] = store_pool_bind(p);
	}
	for (unsigned i = 0; i < ROUNDS; i++)
		for (unsigned j = 0; j < JOBS; j++)
			store_pool_put(p, threads[j], &jobs[j].steps[i].task);
	store_pool_destroy(p); /* waits for what is queued */
	for (unsigned j = 0; j < JOBS; j++) {
		EXPECT(jobs[j].good);
		EXPECT_EQ(jobs[j].next, ROUNDS);
	}
}

TEST(jobs_are_bound_to_the_threads_in_turn)
{
	struct store_pool *p = store_pool_create(3);

	for (unsigned i = 0; i < 9; i++)
		EXPECT_EQ(store_pool_bind(p), i % 3);
	store_pool_destroy(p);
	store_pool_destroy(NULL);
}

TEST(a_slow_job_holds_up_only_its_own_thread)
{
	struct store_pool *p = store_pool_create(2);
	static struct sequence slow, quick;
	unsigned threads[2] = { store_pool_bind(p), store_pool_bind(p) };
	struct timespec moment = { 0, 1000000 };
	bool overtaken = false;

	sequence_init(&slow);
	sequence_init(&quick);
	slow.pause.tv_nsec = 20000000;
	for (unsigned i = 0; i < 10; i++)
		store_pool_put(p, threads[0], &slow.steps[i].task);
	for (unsigned i = 0; i < 10; i++)
		store_pool_put(p, threads[1], &quick.steps[i].task);
	for (unsigned ms = 0; ms < 150 && !overtaken; ms++) {
		nanosleep(&moment, NULL);
		overtaken = atomic_load(&slow.running) == 1 &&
			    atomic_load(&quick.running) == 0;
	}
	store_pool_destroy(p);
	EXPECT(overtaken);
	EXPECT_EQ(slow.next, 10);
	EXPECT_EQ(quick.next, 10);
}

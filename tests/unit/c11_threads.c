/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/c11_threads.c - C11 threads by way of pthreads, for TSan only:
 * gcc 12's does not know thrd_create() and the like, which librdkafka uses,
 * and crashes at the first lock of a thread that it has not seen begin.
 */
#ifdef __SANITIZE_THREAD__

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "one inside another");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "one inside another");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "the same thing in glibc");

/* Its reference counts are atomics that TSan cannot see, so that what it frees
 * behind the last of them looks like a race: calls out of it are not watched,
 * nor where its locks are made. Our own code below its callbacks is. */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "called_from_lib:librdkafka.so\n"
	       "race:^mtx_\n"
	       "race:^cnd_\n";
}

struct start {
	thrd_start_t function;
	void *arg;
};

static void *
run(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	return (void *)(intptr_t)s.function(s.arg);
}

int
thrd_create(thrd_t *ret, thrd_start_t function, void *arg)
{
	struct start *s = malloc(sizeof(*s));

	*s = (struct start){ function, arg };
	return pthread_create((pthread_t *)ret, NULL, run, s) ? thrd_error
							      : thrd_success;
}

int
thrd_join(thrd_t t, int *ret)
{
	void *value;

	if (pthread_join(t, &value))
		return thrd_error;
	if (ret)
		*ret = (int)(intptr_t)value;
	return thrd_success;
}

int
mtx_init(mtx_t *m, int type)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (type & mtx_recursive)
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init((pthread_mutex_t *)m, &attr);
	pthread_mutexattr_destroy(&attr);
	return thrd_success;
}

void
mtx_destroy(mtx_t *m)
{
	pthread_mutex_destroy((pthread_mutex_t *)m);
}

int
mtx_lock(mtx_t *m)
{
	return pthread_mutex_lock((pthread_mutex_t *)m) ? thrd_error
							: thrd_success;
}

int
mtx_unlock(mtx_t *m)
{
	return pthread_mutex_unlock((pthread_mutex_t *)m) ? thrd_error
							  : thrd_success;
}

int
cnd_init(cnd_t *c)
{
	return pthread_cond_init((pthread_cond_t *)c, NULL) ? thrd_error
							    : thrd_success;
}

void
cnd_destroy(cnd_t *c)
{
	pthread_cond_destroy((pthread_cond_t *)c);
}

int
cnd_signal(cnd_t *c)
{
	pthread_cond_signal((pthread_cond_t *)c);
	return thrd_success;
}

int
cnd_broadcast(cnd_t *c)
{
	pthread_cond_broadcast((pthread_cond_t *)c);
	return thrd_success;
}

int
cnd_wait(cnd_t *c, mtx_t *m)
{
	pthread_cond_wait((pthread_cond_t *)c, (pthread_mutex_t *)m);
	return thrd_success;
}

int
cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *until)
{
	return pthread_cond_timedwait((pthread_cond_t *)c,
				      (pthread_mutex_t *)m, until)
		       ? thrd_timedout : thrd_success;
}

#else
extern int c11_threads_unused; /* a file must have something in it */
#endif

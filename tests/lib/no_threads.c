/* SPDX-License-Identifier: Apache-2.0
 * tests/lib/no_threads.c - a system that gives no more threads while the file
 * NO_THREADS is there: preloaded before libc. librdkafka's threads are C11's,
 * which libc starts behind our back.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

static int
no_more(void)
{
	const char *flag = getenv("NO_THREADS");

	return flag && access(flag, F_OK) == 0;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	       void *(*run)(void *), void *arg)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
		    void *) = dlsym(RTLD_NEXT, "pthread_create");

	return no_more() ? EAGAIN : real(thread, attr, run, arg);
}

int
thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
	int (*real)(thrd_t *, thrd_start_t, void *) =
		dlsym(RTLD_NEXT, "thrd_create");

	return no_more() ? thrd_error : real(thread, run, arg);
}

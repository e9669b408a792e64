/* SPDX-License-Identifier: Apache-2.0
 * The log between log_start() and log_stop(): many say something at once, one
 * thread writes it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "tests/unit/test.h"

#define THREADS 4
#define LINES 200

static void *
talk(void *arg)
{
	for (int i = 0; i < LINES; i++) {
		log_event(LOG_INFO, "talk", arg, "i=%d end=1", i);
		log_event(LOG_WARN, "same", arg, "why=x");
		if (i == LINES / 2)
			log_set_interval(40000000);
		if (i % 50 == 0)
			log_forget("same");
	}
	return NULL;
}

/* Each thread's lines are whole and in its order. */
static void
expect_lines(char *text)
{
	int next[THREADS] = { 0 };
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *job = strstr(line, "event=talk job=");
		int t, i;

		if (!job)
			continue;
		EXPECT_EQ(sscanf(job, "event=talk job=t%d i=%d end=1", &t, &i),
			  2);
		EXPECT(t >= 0 && t < THREADS);
		EXPECT_EQ(i, next[t]);
		next[t]++;
	}
	for (int t = 0; t < THREADS; t++)
		EXPECT_EQ(next[t], LINES);
}

TEST(what_threads_say_at_once_is_written_whole_and_in_order)
{
	static char text[256 * 1024];
	char path[] = "/tmp/sluice-test-XXXXXX", names[THREADS][8];
	int fd = mkstemp(path), was = dup(STDERR_FILENO);
	pthread_t threads[THREADS];
	ssize_t n;

	EXPECT(fd >= 0);
	unlink(path);
	log_init(LOG_INFO);
	dup2(fd, STDERR_FILENO);
	log_start();
	for (int t = 0; t < THREADS; t++) {
		snprintf(names[t], sizeof(names[t]), "t%d", t);
		pthread_create(&threads[t], NULL, talk, names[t]);
	}
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	log_stop();
	dup2(was, STDERR_FILENO);
	close(was);
	n = pread(fd, text, sizeof(text) - 1, 0);
	EXPECT(n > 0 && n < (ssize_t)sizeof(text) - 1);
	close(fd);
	expect_lines(text);
}

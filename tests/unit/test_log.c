/* SPDX-License-Identifier: Apache-2.0
 * The log: logfmt that can be read back, and storms that are counted.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log.h"
#include "tests/unit/test.h"

/* Standard error goes into a file while a test looks at it. */
struct capture {
	int was, fd;
	char text[65536];
};

static void
capture_begin(struct capture *c)
{
	char path[] = "/tmp/sluice-test-XXXXXX";

	c->fd = mkstemp(path);
	EXPECT(c->fd >= 0);
	unlink(path);
	c->was = dup(STDERR_FILENO);
	dup2(c->fd, STDERR_FILENO);
}

static const char *
capture_end(struct capture *c)
{
	ssize_t n;

	dup2(c->was, STDERR_FILENO);
	close(c->was);
	n = pread(c->fd, c->text, sizeof(c->text) - 1, 0);
	close(c->fd);
	EXPECT(n >= 0);
	c->text[n] = '\0';
	return c->text;
}

/* Behind "time=... ": the part that does not change. */
static const char *
behind_time(const char *line)
{
	EXPECT(strncmp(line, "time=20", 7) == 0);
	return strchr(line, ' ') + 1;
}

TEST(a_line_has_level_event_job_and_fields)
{
	struct capture c;
	char quoted[64];

	unsetenv("JOURNAL_STREAM");
	log_init(LOG_INFO);
	capture_begin(&c);
	log_event(LOG_WARN, "late_rows", "clicks", "rows=%d text=%s", 12,
		  log_quote("a \"b\" \\ c\n", quoted, sizeof(quoted)));
	EXPECT_STR(behind_time(capture_end(&c)),
		   "level=warn event=late_rows job=clicks rows=12 "
		   "text=\"a \\\"b\\\" \\\\ c \"\n");
}

TEST(lines_below_the_level_are_not_written)
{
	struct capture c;

	log_init(LOG_WARN);
	capture_begin(&c);
	log_event(LOG_INFO, "unheard", NULL, "a=%d", 1);
	log_event(LOG_ERROR, "heard", NULL, "a=%d", 1);
	EXPECT_STR(behind_time(capture_end(&c)),
		   "level=error event=heard a=1\n");
}

TEST(an_error_has_its_code_and_its_place)
{
	struct error err = ERROR_INIT;
	struct capture c;

	log_init(LOG_INFO);
	error_set(&err, ERR_KAFKA, "the broker said \"no\"");
	capture_begin(&c);
	log_error(LOG_ERROR, "job_failed", "j", &err);
	EXPECT_STR(behind_time(capture_end(&c)),
		   "level=error event=job_failed job=j code=kafka "
		   "message=\"the broker said \\\"no\\\"\"\n");
}

TEST(a_line_that_is_too_long_still_ends_with_a_newline)
{
	struct capture c;
	char text[4000];
	const char *got;

	log_init(LOG_INFO);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture_begin(&c);
	log_event(LOG_INFO, "long", NULL, "text=%s", text);
	got = capture_end(&c);
	EXPECT(strlen(got) < 2100);
	EXPECT_EQ(got[strlen(got) - 1], '\n');
	EXPECT_EQ(strcspn(got, "\n"), strlen(got) - 1);
}

/* The start of a second, so that what follows is within one. */
static void
wait_for_second(void)
{
	struct timespec now, pause = { 0, 2000000 };

	do {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_REALTIME, &now);
	} while (now.tv_nsec > 200000000);
}

TEST(a_storm_is_counted_and_told_with_the_next_line)
{
	struct timespec pause = { 1, 0 };
	struct capture c;
	const char *got;

	log_init(LOG_INFO);
	wait_for_second();
	capture_begin(&c);
	for (int i = 0; i < 1000; i++)
		log_event(LOG_WARN, "storm", "j", "i=%d", i);
	log_event(LOG_WARN, "storm", "other", "i=%d", 0);
	nanosleep(&pause, NULL);
	log_event(LOG_WARN, "storm", "j", "i=%d", 1000);
	got = capture_end(&c);
	EXPECT(strstr(got, "level=warn event=storm job=j i=0\n"));
	EXPECT(strstr(got, "level=warn event=storm job=other i=0\n"));
	EXPECT(strstr(got,
		      "level=warn event=storm job=j repeated=999 i=1000\n"));
}

TEST(what_was_done_is_told_each_time)
{
	struct capture c;
	const char *got;

	log_init(LOG_INFO);
	capture_begin(&c);
	log_event(LOG_INFO, "create", NULL, "name=a uid=0 pid=1");
	log_event(LOG_INFO, "create", NULL, "name=b uid=0 pid=1");
	got = capture_end(&c);
	EXPECT(strstr(got, "event=create name=a"));
	EXPECT(strstr(got, "event=create name=b"));
}

static void *
talk(void *arg)
{
	char event[32];

	for (int i = 0; i < 50; i++) {
		snprintf(event, sizeof(event), "talk_%d", i);
		log_event(LOG_INFO, event, arg, "i=%d end=1", i);
	}
	return NULL;
}

TEST(threads_do_not_mix_their_lines)
{
	static char names[4][4] = { "a", "b", "c", "d" };
	pthread_t threads[4];
	struct capture c;
	unsigned lines = 0;
	char *save = NULL;

	log_init(LOG_INFO);
	capture_begin(&c);
	for (unsigned i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, talk, names[i]);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	capture_end(&c);
	for (char *line = strtok_r(c.text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), lines++) {
		EXPECT(strncmp(line, "time=", 5) == 0);
		EXPECT_STR(line + strlen(line) - 6, " end=1");
	}
	EXPECT_EQ(lines, 200);
}

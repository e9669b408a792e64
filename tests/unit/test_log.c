/* SPDX-License-Identifier: Apache-2.0
 * The log: logfmt that can be read back, and storms that are counted.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
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
		   "text=\"a \\\"b\\\" \\\\ c\\n\"\n");
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

TEST(the_same_is_said_once_an_interval_and_then_how_often_it_was_not)
{
	struct timespec pause = { 0, 60000000 };
	struct capture c;
	const char *got;

	log_init(LOG_INFO);
	log_set_interval(50000);
	capture_begin(&c);
	for (int i = 0; i < 1000; i++)
		log_event(LOG_WARN, "again", "j", "why=x");
	log_event(LOG_WARN, "again", "other", "why=x");
	log_event(LOG_WARN, "again", "j", "why=y");
	nanosleep(&pause, NULL);
	log_event(LOG_WARN, "again", "j", "why=x");
	log_event(LOG_WARN, "again", "j", "why=y");
	got = capture_end(&c);
	log_set_interval(30000000);
	EXPECT(strstr(got, "level=warn event=again job=j why=x\n"));
	EXPECT(strstr(got, "level=warn event=again job=other why=x\n"));
	EXPECT(strstr(got, "level=warn event=again job=j why=y\n"));
	EXPECT(strstr(got, " event=again job=j repeated="));
	EXPECT(strstr(got, " why=x\n"));
}

TEST(of_different_ones_of_an_event_ten_a_second_are_written)
{
	struct capture c;
	const char *got;
	unsigned lines = 0;

	log_init(LOG_INFO);
	capture_begin(&c);
	for (int i = 0; i < 1000; i++)
		log_event(LOG_WARN, "storm", "j", "i=%d", i);
	log_event(LOG_WARN, "storm", "other", "i=%d", 0);
	got = capture_end(&c);
	for (const char *p = got; (p = strstr(p, "event=storm job=j ")); p++)
		lines++;
	/* A second may end in the middle of it. */
	EXPECT(lines >= 10 && lines <= 20);
	EXPECT(strstr(got, "event=storm job=j i=0\n"));
	EXPECT(strstr(got, "event=storm job=other i=0\n"));
}

TEST(what_a_terminal_would_obey_is_made_visible)
{
	char out[64], small[8];

	EXPECT_STR(log_quote("\x1b[2J\r\x7f\t\xc2\x9b\xff\xc3\xa4", out,
			     sizeof(out)),
		   "\"\\x1b[2J\\x0d\\x7f\\t\\x9b\\xff\xc3\xa4\"");
	/* Cut where it is full, never inside a character. */
	EXPECT_STR(log_quote("abcd\xc3\xa4", small, sizeof(small)),
		   "\"abcd\"");
	EXPECT_STR(log_quote("ab\ncd", small, 6), "\"ab\"");
}

TEST(a_repetition_that_ends_is_told_without_a_next_one)
{
	struct timespec pause = { 0, 10000000 };
	struct capture c;
	const char *got;

	log_init(LOG_INFO);
	log_set_interval(20000);
	capture_begin(&c);
	log_start();
	for (int i = 0; i < 8; i++)
		log_event(LOG_WARN, "ending", "j", "why=\"a b\"");
	/* The writer looks again when the interval is over. */
	for (int i = 0; i < 3000; i++) {
		nanosleep(&pause, NULL);
		if (pread(c.fd, c.text, sizeof(c.text) - 1, 0) > 0 &&
		    strstr(c.text, "repeated=7"))
			break;
	}
	log_stop();
	log_set_interval(30000000);
	got = capture_end(&c);
	EXPECT(strstr(got, "event=ending job=j repeated=7 "
			   "what=\"why=\\\"a b\\\"\"\n"));
}

/* Standard error is this for a while. */
static int
replace_stderr(int fd)
{
	int was = dup(STDERR_FILENO);

	dup2(fd, STDERR_FILENO);
	close(fd);
	return was;
}

TEST(nobody_waits_for_a_pipe_that_is_not_read)
{
	char text[1000];
	int fds[2], was;

	signal(SIGPIPE, SIG_IGN);
	log_init(LOG_INFO);
	EXPECT_EQ(pipe(fds), 0);
	was = replace_stderr(fds[1]);
	log_start();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* Far more than pipe and queue hold: a blocked one would never end. */
	for (int i = 0; i < 2000; i++)
		log_event(LOG_INFO, "flood", NULL, "i=%d text=%s", i, text);
	close(fds[0]); /* the writer gets its EPIPE and goes on */
	log_stop();
	dup2(was, STDERR_FILENO);
	close(was);
}

static int
count(const char *text, const char *word)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* How many lines the lines that tell of lost ones tell of. */
static int
lost_of(const char *text)
{
	static const char word[] = "event=log_lost lines=";
	int n = 0;

	for (const char *p = text; (p = strstr(p, word)); p++)
		if (strchr(p, '\n'))
			n += atoi(p + strlen(word));
	return n;
}

TEST(what_was_lost_is_counted_when_there_is_room_again)
{
	char text[1000];
	static char all[4 << 20];
	int fds[2], was;
	ssize_t n;
	size_t len = 0;

	signal(SIGPIPE, SIG_IGN);
	log_init(LOG_INFO);
	EXPECT_EQ(pipe(fds), 0);
	was = replace_stderr(fds[1]);
	log_start();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		log_event(LOG_INFO, "flood", NULL, "i=%d text=%s", i, text);
	/* The reader comes back: pipe and queue are emptied, the rest told. */
	while (count(all, "event=flood ") + lost_of(all) < 1000) {
		n = read(fds[0], all + len, sizeof(all) - 1 - len);
		EXPECT(n > 0);
		len += (size_t)n;
		log_event(LOG_INFO, "more", NULL, "a=1");
	}
	EXPECT(lost_of(all) > 100);
	close(fds[0]);
	log_stop();
	dup2(was, STDERR_FILENO);
	close(was);
}

TEST(a_full_disk_costs_lines_and_nothing_else)
{
	struct capture c;
	const char *got;
	int was;

	log_init(LOG_INFO);
	was = replace_stderr(open("/dev/full", O_WRONLY));
	log_start();
	for (int i = 0; i < 100; i++)
		log_event(LOG_INFO, "lost", NULL, "i=%d", i);
	log_stop();
	dup2(was, STDERR_FILENO);
	close(was);
	capture_begin(&c);
	log_start();
	log_event(LOG_INFO, "after", NULL, "a=1");
	log_stop();
	got = capture_end(&c);
	EXPECT(strstr(got, "event=log_lost lines="));
	EXPECT(strstr(got, "event=after a=1\n"));
}

TEST(a_closed_stderr_is_nobodys_problem)
{
	int was = dup(STDERR_FILENO);

	log_init(LOG_INFO);
	close(STDERR_FILENO);
	log_start();
	log_event(LOG_INFO, "into_nothing", NULL, "a=1");
	log_stop();
	dup2(was, STDERR_FILENO);
	close(was);
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

/* SPDX-License-Identifier: Apache-2.0
 * daemon/log.c - one line per event. Lines go through a bounded queue to a
 * thread that writes them, so that nobody who has something to say ever waits
 * for a pipe, a terminal or a disk; what does not fit is counted.
 */
#include "daemon/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"

#define LINE_MAX_BYTES 2048
#define QUEUE_BYTES (256 * 1024)
#define CHUNK_BYTES (32 * 1024)
#define STOP_SECONDS 1
#define RECENT_MAX 64
#define BURST_MAX 10

static const char *const level_names[] = { "debug", "info", "warn", "error" };
/* syslog priorities, as journald reads them from "<n>" */
static const int level_priorities[] = { 7, 6, 4, 3 };

static _Atomic enum log_level level_min = LOG_INFO;
static _Atomic int64_t repeat_us = 30 * US_PER_SECOND;
static bool under_journald;

/* ---- the queue and its writer ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, ending;
	bool writing;   /* a chunk is on its way */
	char data[QUEUE_BYTES];
	size_t at, len; /* a ring */
	unsigned lost;  /* lines that had no room or could not be written */
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER };

static unsigned
count_lines(const char *text, size_t n)
{
	unsigned lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Waits as long as the other side lets it: on the writer's thread only, or
 * before there is one. False: the rest is lost. */
static bool
write_all(const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, text, n);
		struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

		if (done >= 0) {
			text += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			poll(&p, 1, 1000); /* somebody made it so */
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

static size_t
line_begin(char *line, size_t room, enum log_level level, const char *event,
	   const char *job)
{
	char at[TIME_TEXT_MAX];
	struct timespec now;
	size_t n = 0;

	if (under_journald) {
		n += (size_t)snprintf(line, room, "<%d>",
				      level_priorities[level]);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		us_format_iso((int64_t)now.tv_sec * US_PER_SECOND +
				      now.tv_nsec / 1000, at);
		n += (size_t)snprintf(line, room, "time=%s ", at);
	}
	n += (size_t)snprintf(line + n, room - n, "level=%s event=%s",
			      level_names[level], event);
	if (job)
		n += (size_t)snprintf(line + n, room - n, " job=%s", job);
	return n;
}

/* Under the lock. */
static bool
queue_put(const char *line, size_t n)
{
	if (n > QUEUE_BYTES - queue.len)
		return false;
	for (size_t i = 0; i < n; i++)
		queue.data[(queue.at + queue.len + i) % QUEUE_BYTES] = line[i];
	queue.len += n;
	return true;
}

/* Under the lock: what is lost is told when half of the room is free again, so
 * that it is one gap and not many. */
static void
queue_tell_lost(void)
{
	char line[256];
	size_t n;

	if (!queue.lost || queue.len > QUEUE_BYTES / 2)
		return;
	n = line_begin(line, sizeof(line), LOG_WARN, "log_lost", NULL);
	n += (size_t)snprintf(line + n, sizeof(line) - n, " lines=%u\n",
			      queue.lost);
	if (queue_put(line, n))
		queue.lost = 0;
}

static void
put_line(const char *line, size_t n)
{
	pthread_mutex_lock(&queue.lock);
	if (!queue.running) {
		pthread_mutex_unlock(&queue.lock);
		/* Nobody is left to complain to. */
		(void)!write_all(line, n);
		return;
	}
	queue_tell_lost();
	if (queue.lost || !queue_put(line, n))
		queue.lost++;
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
}

/* Under the lock, which it lets go of while it writes. */
static void
write_chunk(void)
{
	static char chunk[CHUNK_BYTES]; /* of the one writer */
	size_t n = 0, whole = 0;
	bool written;

	for (; n < queue.len && n < sizeof(chunk); n++) {
		chunk[n] = queue.data[(queue.at + n) % QUEUE_BYTES];
		if (chunk[n] == '\n')
			whole = n + 1;
	}
	queue.at = (queue.at + whole) % QUEUE_BYTES;
	queue.len -= whole;
	queue.writing = true;
	pthread_mutex_unlock(&queue.lock);
	written = write_all(chunk, whole);
	pthread_mutex_lock(&queue.lock);
	queue.writing = false;
	if (!written)
		queue.lost += count_lines(chunk, whole);
	pthread_cond_broadcast(&queue.changed);
}

static int64_t tell_repeats(void);

static int64_t
steady_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

static struct timespec
instant(int64_t us)
{
	return (struct timespec){ .tv_sec = us / US_PER_SECOND,
				  .tv_nsec = us % US_PER_SECOND * 1000 };
}

static void *
writer_run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&queue.lock);
	while (!queue.ending || queue.len) {
		int64_t until_us;
		struct timespec until;

		if (queue.len) {
			write_chunk();
			continue;
		}
		pthread_mutex_unlock(&queue.lock);
		until_us = tell_repeats();
		pthread_mutex_lock(&queue.lock);
		if (queue.len || queue.ending)
			continue;
		until = instant(until_us);
		if (until_us == TIME_END)
			pthread_cond_wait(&queue.changed, &queue.lock);
		else
			pthread_cond_timedwait(&queue.changed, &queue.lock,
					       &until);
	}
	pthread_mutex_unlock(&queue.lock);
	return NULL;
}

void
log_start(void)
{
	pthread_condattr_t attr;
	sigset_t all, was;

	CHECK(!queue.running);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&queue.changed, &attr);
	pthread_condattr_destroy(&attr);
	queue.ending = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	/* Without a thread lines are written where they are said. */
	queue.running = pthread_create(&queue.thread, NULL, writer_run,
				       NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
}

void
log_stop(void)
{
	struct timespec until = instant(steady_us() +
					STOP_SECONDS * US_PER_SECOND);
	bool stuck;

	if (!queue.running)
		return;
	pthread_mutex_lock(&queue.lock);
	queue_tell_lost();
	queue.ending = true;
	pthread_cond_broadcast(&queue.changed);
	while ((queue.len || queue.writing) &&
	       pthread_cond_timedwait(&queue.changed, &queue.lock, &until) == 0)
		;
	stuck = queue.len || queue.writing;
	if (!stuck)
		queue.running = false;
	pthread_mutex_unlock(&queue.lock);
	if (stuck) /* nobody reads: it ends with the process */
		pthread_detach(queue.thread);
	else
		pthread_join(queue.thread, NULL);
}

/* ---- repeats ---- */

/* What was said lately: a text of an event and job, or with hash 0 all of
 * them, to bound bursts of different texts. */
static struct recent {
	char event[40], job[104], text[160];
	enum log_level level;
	uint64_t hash;
	int64_t at_us;     /* when it was written last; 0: free */
	unsigned burst;    /* hash 0: how many in the second since at_us */
	unsigned repeats;  /* unsaid since then */
} recent[RECENT_MAX];
static pthread_mutex_t recent_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
is_of(const struct recent *r, const char *event, const char *job)
{
	return r->at_us &&
	       strncmp(r->event, event, sizeof(r->event) - 1) == 0 &&
	       strncmp(r->job, job, sizeof(r->job) - 1) == 0;
}

/* Finds it, or makes it in the place of the one that was quiet longest. */
static struct recent *
recent_of(const char *event, const char *job, uint64_t hash, bool *ret_new)
{
	struct recent *oldest = &recent[0];

	*ret_new = false;
	for (unsigned i = 0; i < RECENT_MAX; i++) {
		struct recent *r = &recent[i];

		if (r->hash == hash && is_of(r, event, job))
			return r;
		if (!!r->repeats < !!oldest->repeats ||
		    (!!r->repeats == !!oldest->repeats &&
		     r->at_us < oldest->at_us))
			oldest = r;
	}
	*oldest = (struct recent){ .hash = hash };
	snprintf(oldest->event, sizeof(oldest->event), "%s", event);
	snprintf(oldest->job, sizeof(oldest->job), "%s", job);
	*ret_new = true;
	return oldest;
}

/* How many of this went unsaid, or -1: say nothing now either. */
static int
repeats_before(enum log_level level, const char *event, const char *job,
	       const char *text)
{
	int64_t now_us = steady_us(), interval_us = atomic_load(&repeat_us);
	uint64_t hash = hash_bytes(text, strlen(text), 1) | 1;
	struct recent *same, *all;
	bool new;
	int repeats;

	pthread_mutex_lock(&recent_lock);
	all = recent_of(event, job, 0, &new);
	if (new || now_us - all->at_us >= US_PER_SECOND) {
		all->at_us = now_us;
		all->burst = 0;
	}
	all->level = level;
	same = recent_of(event, job, hash, &new);
	same->level = level;
	if (!new && now_us - same->at_us < interval_us) {
		same->repeats++;
		repeats = -1;
	} else if (interval_us && all->burst++ >= BURST_MAX) {
		all->repeats++;
		repeats = -1;
		if (new)
			same->at_us = 0;
	} else {
		repeats = (int)(same->repeats + all->repeats);
		same->repeats = all->repeats = 0;
		same->at_us = now_us;
		snprintf(same->text, sizeof(same->text), "%.*s",
			 (int)sizeof(same->text) - 1, text);
	}
	pthread_mutex_unlock(&recent_lock);
	return repeats;
}

static void
tell_repeat(const struct recent *r)
{
	char line[1024], quoted[512];
	size_t n = line_begin(line, sizeof(line), r->level, r->event,
			      *r->job ? r->job : NULL);

	n += (size_t)snprintf(line + n, sizeof(line) - n, " repeated=%u",
			      r->repeats);
	if (*r->text)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
				      " what=%s",
				      log_quote(r->text, quoted,
						sizeof(quoted)));
	line[n++] = '\n';
	put_line(line, n);
}

/* Writer's thread: what was repeated and then ended is told without a next
 * one. Returns when to look again. */
static int64_t
tell_repeats(void)
{
	int64_t now_us = steady_us(), interval_us = atomic_load(&repeat_us);
	int64_t next_us = TIME_END;

	for (unsigned i = 0; i < RECENT_MAX; i++) {
		struct recent told = { .repeats = 0 };

		pthread_mutex_lock(&recent_lock);
		if (recent[i].repeats &&
		    now_us >= recent[i].at_us + interval_us) {
			told = recent[i];
			recent[i].repeats = 0;
			recent[i].at_us = now_us;
		} else if (recent[i].repeats &&
			   recent[i].at_us + interval_us < next_us) {
			next_us = recent[i].at_us + interval_us;
		}
		pthread_mutex_unlock(&recent_lock);
		if (told.repeats)
			tell_repeat(&told);
	}
	return next_us;
}

/* ---- what others call ---- */

/* systemd names the stream that it has connected; what is redirected
 * elsewhere inherits the variable but not the journal. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream &&
	       sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

void
log_init(enum log_level level)
{
	under_journald = is_journal();
	log_set_level(level);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&level_min, level);
}

void
log_forget(const char *event)
{
	pthread_mutex_lock(&recent_lock);
	for (unsigned i = 0; i < RECENT_MAX; i++)
		if (strcmp(recent[i].event, event) == 0)
			recent[i] = (struct recent){ .hash = 0 };
	pthread_mutex_unlock(&recent_lock);
}

void
log_set_interval(int64_t us)
{
	atomic_store(&repeat_us, us);
}

enum log_level
log_level_from(const char *name)
{
	for (unsigned i = 0; i < ARRAY_LEN(level_names); i++)
		if (strcmp(name, level_names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

/* Bytes of the UTF-8 character at p, 0: it is none. */
static unsigned
utf8_length(const unsigned char *p)
{
	unsigned n = p[0] < 0x80	     ? 1
		     : (p[0] & 0xe0) == 0xc0 ? 2
		     : (p[0] & 0xf0) == 0xe0 ? 3
		     : (p[0] & 0xf8) == 0xf0 ? 4
					     : 0;

	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* One character for a quoted text; a terminal must not obey what others made
 * up, so controls (those of Latin 1 too) become visible. */
static int
escape(const unsigned char *p, unsigned n, char out[8])
{
	bool control = p[0] < 0x20 || p[0] == 0x7f ||
		       (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);

	if (*p == '\n')
		return snprintf(out, 8, "\\n");
	if (*p == '\t')
		return snprintf(out, 8, "\\t");
	if (n == 0 || control)
		return snprintf(out, 8, "\\x%02x", n == 2 ? p[1] : p[0]);
	return snprintf(out, 8, "%s%.*s", *p == '"' || *p == '\\' ? "\\" : "",
			(int)n, (const char *)p);
}

const char *
log_quote(const char *text, char *out, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0;

	CHECK(size >= 4);
	out[at++] = '"';
	while (*p) {
		unsigned n = utf8_length(p);
		char shown[8];
		size_t len = (size_t)escape(p, n, shown);

		if (at + len + 2 > size)
			break;
		memcpy(out + at, shown, len);
		at += len;
		p += n ? n : 1;
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}

void
log_event(enum log_level level, const char *event, const char *job,
	  const char *format, ...)
{
	char line[LINE_MAX_BYTES], text[LINE_MAX_BYTES - 300];
	size_t n;
	int repeats = 0;
	va_list ap;

	if (level < atomic_load(&level_min))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* What somebody did is told each time; only troubles come in storms. */
	if (level >= LOG_WARN)
		repeats = repeats_before(level, event, job ? job : "", text);
	if (repeats < 0)
		return;
	n = line_begin(line, sizeof(line), level, event, job);
	if (repeats)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
				      " repeated=%d", repeats);
	n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s",
			      *text ? " " : "", text);
	CHECK(n < sizeof(line));
	line[n++] = '\n';
	put_line(line, n);
}

void
log_error(enum log_level level, const char *event, const char *job,
	  const struct error *err)
{
	char quoted[sizeof(err->message) + 64];

	log_quote(err->message, quoted, sizeof(quoted));
	if (err->at.line)
		log_event(level, event, job, "code=%s line=%u column=%u message=%s",
			  error_name(err->code), err->at.line, err->at.column,
			  quoted);
	else
		log_event(level, event, job, "code=%s message=%s",
			  error_name(err->code), quoted);
}

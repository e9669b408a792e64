/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/file_writer.c - a queue of orders and the thread that may
 * wait for the disk. A file of which something could not be synced is given
 * up, never synced again: the job writes its rows anew.
 */
#include "runtime/connectors/file_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"

#define WAITING_BYTES_MAX (4 * 1024 * 1024)
#define FULL_RETRY_S 1

enum order_kind { ORDER_PUT, ORDER_FINISH };

struct file_order {
	struct file_order *next;
	enum order_kind kind;
	struct file_part *part;
	uint64_t epoch;
	size_t n;
	char data[];
};

/* ---- the job's side ---- */

int
file_writer_init(struct file_writer *w, const char *path, int dir_fd,
		 uint64_t acked, struct error *err)
{
	pthread_condattr_t steady;

	*w = (struct file_writer){ .path = path, .dir_fd = dir_fd,
				   .acked = acked, .tail = &w->first };
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->wake_fd < 0) {
		int errnum = errno;

		w->tail = NULL;
		return error_errno(err, ERR_TOO_MANY, errnum,
				   "cannot make an eventfd");
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &steady);
	pthread_condattr_destroy(&steady);
	return 0;
}

void
file_writer_release(struct file_writer *w)
{
	if (!w->tail)
		return;
	while (w->first) {
		struct file_order *o = w->first;

		w->first = o->next;
		free(o);
	}
	close(w->wake_fd);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	w->tail = NULL;
}

static void
order(struct file_writer *w, enum order_kind kind, struct file_part *part,
      uint64_t epoch, const char *data, size_t n)
{
	struct file_order *o = mem_alloc(sizeof(*o) + n);

	*o = (struct file_order){ .kind = kind, .part = part, .epoch = epoch,
				  .n = n };
	if (n)
		memcpy(o->data, data, n);
	pthread_mutex_lock(&w->lock);
	*w->tail = o;
	w->tail = &o->next;
	w->bytes += n;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void
file_writer_put(struct file_writer *w, struct file_part *part,
		const char *data, size_t n)
{
	order(w, ORDER_PUT, part, 0, data, n);
}

void
file_writer_finish(struct file_writer *w, struct file_part *part,
		   uint64_t epoch)
{
	order(w, ORDER_FINISH, part, epoch, NULL, 0);
}

void
file_writer_renamed(struct file_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->renamed = true;
	pthread_mutex_unlock(&w->lock);
}

int
file_writer_acked(struct file_writer *w, uint64_t *ret_epoch,
		  struct error *err)
{
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	*ret_epoch = w->acked;
	if (w->failed) {
		*err = w->err;
		rc = -1;
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

bool
file_writer_room(struct file_writer *w)
{
	bool room;

	pthread_mutex_lock(&w->lock);
	/* A failure is told by acked(): nobody shall wait for room then. */
	room = w->failed || (!w->full && w->bytes < WAITING_BYTES_MAX);
	pthread_mutex_unlock(&w->lock);
	return room;
}

const char *
file_writer_reason(struct file_writer *w)
{
	bool any = true;

	pthread_mutex_lock(&w->lock);
	if (w->full)
		memcpy(w->reason, w->err.message, sizeof(w->reason));
	else if (w->bytes >= WAITING_BYTES_MAX)
		snprintf(w->reason, sizeof(w->reason),
			 "the disk of %s does not keep up", w->path);
	else
		any = false;
	pthread_mutex_unlock(&w->lock);
	return any ? w->reason : NULL;
}

void
file_writer_woken(struct file_writer *w)
{
	uint64_t n;

	while (read(w->wake_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}

/* ---- the thread ---- */

static void
kick(struct file_writer *w)
{
	static const uint64_t one = 1;

	/* EAGAIN: nobody has looked for a very long time. */
	(void)!write(w->wake_fd, &one, sizeof(one));
}

static bool
is_full(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT;
}

/* True: try again. What could not be done goes to w->err or *err. */
static bool
wait_for_room(struct file_writer *w, const char *what, const char *name,
	      struct error *err)
{
	int errnum = errno;
	struct timespec until;
	bool again;

	if (!is_full(errnum)) {
		error_errno(err, ERR_FILE, errnum, "cannot %s %s/%s", what,
			    w->path, name);
		err->retriable = true;
		return false;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FULL_RETRY_S;
	pthread_mutex_lock(&w->lock);
	error_errno(&w->err, ERR_FILE, errnum, "disk full: cannot %s %s/%s",
		    what, w->path, name);
	w->full = true;
	kick(w);
	while (!w->stopping &&
	       pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0)
		;
	again = !w->stopping;
	pthread_mutex_unlock(&w->lock);
	return again;
}

static int
put(struct file_writer *w, const struct file_order *o, struct error *err)
{
	struct file_part *part = o->part;
	size_t done = 0;

	while (part->fd < 0) {
		part->fd = openat(w->dir_fd, part->growing,
				  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				  0640);
		if (part->fd < 0 &&
		    !wait_for_room(w, "make", part->growing, err))
			return -1;
	}
	while (done < o->n) {
		ssize_t n = write(part->fd, o->data + done, o->n - done);

		if (n < 0 && errno != EINTR &&
		    !wait_for_room(w, "write", part->growing, err))
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	/* A hint, so that little is left for the sync. */
	sync_file_range(part->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

static int
sync_failed(struct file_writer *w, const struct file_part *part,
	    struct error *err)
{
	error_errno(err, ERR_FILE, errno, "cannot sync %s/%s", w->path,
		    part->visible);
	err->retriable = true;
	return -1;
}

static int
finish(struct file_writer *w, struct file_part *part, struct error *err)
{
	/* A second sync of the same bytes would tell nothing. */
	if (fsync(part->fd) < 0)
		return sync_failed(w, part, err);
	while (renameat2(w->dir_fd, part->growing, w->dir_fd, part->complete,
			 RENAME_NOREPLACE) < 0)
		if (!wait_for_room(w, "rename", part->growing, err))
			return -1;
	close(part->fd);
	part->fd = -1;
	return fsync(w->dir_fd) < 0 ? sync_failed(w, part, err) : 0;
}

/* Under the lock; waits for one. At the end rows of no checkpoint are left
 * where they are. */
static struct file_order *
next_order(struct file_writer *w)
{
	for (;;) {
		struct file_order *o = w->first;

		if (!o && w->stopping)
			return NULL;
		if (!o) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		w->first = o->next;
		if (!w->first)
			w->tail = &w->first;
		if (!w->stopping && !w->failed)
			return o;
		w->bytes -= o->n;
		free(o);
	}
}

void
file_writer_run(void *self)
{
	struct file_writer *w = self;
	struct file_order *o;

	pthread_mutex_lock(&w->lock);
	while ((o = next_order(w))) {
		struct error err = ERROR_INIT;
		int rc = 0;

		pthread_mutex_unlock(&w->lock);
		if (o->kind == ORDER_PUT)
			rc = put(w, o, &err);
		else if (o->part)
			rc = finish(w, o->part, &err);
		pthread_mutex_lock(&w->lock);
		w->bytes -= o->n;
		w->full = false;
		if (rc < 0 && !w->failed && !w->stopping) {
			w->failed = true;
			w->err = err;
		} else if (rc == 0 && o->kind == ORDER_FINISH) {
			w->acked = o->epoch;
		}
		free(o);
		kick(w);
	}
	pthread_mutex_unlock(&w->lock);
	/* Should it fail, the next life names them once more. */
	if (w->renamed)
		(void)!fsync(w->dir_fd);
}

void
file_writer_stop(void *self)
{
	struct file_writer *w = self;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

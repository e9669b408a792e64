/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/file_writer.h - the thread on which the filesystem sink
 * writes and syncs, so that a slow or full disk never holds up a job's thread.
 * Orders are carried out one after the other.
 *
 * file_writer_run() is a connector's blocking work; everything else is called
 * by the job's thread. A disk without room is waited out; any other failure
 * ends all writing and is told by file_writer_acked().
 */
#ifndef RUNTIME_CONNECTORS_FILE_WRITER_H
#define RUNTIME_CONNECTORS_FILE_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define FILE_NAME_SIZE 256 /* more than a file's name may have */

/* One file: made by the first put, complete by the finish. Its owner keeps it
 * until the writer has been released. */
struct file_part {
	struct file_part *next; /* the owner's */
	uint64_t epoch;         /* that it was finished for; 0: it grows */
	int fd;                 /* the writer's; -1: none */
	char growing[FILE_NAME_SIZE], complete[FILE_NAME_SIZE],
		visible[FILE_NAME_SIZE];
};

struct file_order;

struct file_writer {
	const char *path; /* of the directory, for people; borrowed */
	int dir_fd;       /* borrowed */
	int wake_fd;      /* readable: ask acked and room again */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct file_order *first, **tail;
	size_t bytes;     /* that wait to be written */
	uint64_t acked;   /* all up to this epoch is on the disk */
	bool stopping, full, failed, renamed;
	struct error err; /* of failed; what is full */
	char reason[512]; /* what file_writer_reason() gave last */
};

/* `acked`: the epoch that the job goes on from. */
int file_writer_init(struct file_writer *w, const char *path, int dir_fd,
		     uint64_t acked, struct error *err);
/* After the thread has ended. Zeroed memory is allowed. */
void file_writer_release(struct file_writer *w);

void file_writer_put(struct file_writer *w, struct file_part *part,
		     const char *data, size_t n);
/* Everything before belongs to this epoch or an earlier one. The part (NULL:
 * none grows) is synced and gets its complete name. */
void file_writer_finish(struct file_writer *w, struct file_part *part,
			uint64_t epoch);
/* Names were changed in the directory: on the disk with the next finish, or
 * before run() returns. */
void file_writer_renamed(struct file_writer *w);

int file_writer_acked(struct file_writer *w, uint64_t *ret_epoch,
		      struct error *err);
bool file_writer_room(struct file_writer *w);
/* Why there is no room, or NULL; valid until the next call. */
const char *file_writer_reason(struct file_writer *w);
/* Reads wake_fd empty. */
void file_writer_woken(struct file_writer *w);

void file_writer_run(void *self);
void file_writer_stop(void *self);

#endif

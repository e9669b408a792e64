/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/filesystem_sink.c - rows as lines of files that readers
 * see whole or not at all. A file ends with the checkpoint:
 *
 *	.part-<id>-<n>.json.inprogress-<job>	write(): grows
 *	.part-<id>-<n>.json.epoch-<E>-<job>	acked() >= E: synced, complete
 *	part-<id>-<n>.json			committed(E): visible
 *
 * What a dead run left behind is sorted out at open(): complete files of the
 * checkpoint that the job goes on from, or of an earlier one, become visible;
 * the rows of all others are written again, so these files go.
 *
 * This side encodes and names; file_writer.c writes and syncs on a thread of
 * its own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "runtime/connector.h"
#include "runtime/connectors/file_writer.h"
#include "runtime/connectors/filesystem.h"
#include "runtime/format.h"

#define FLUSH_BYTES (256 * 1024)

struct filesystem_sink {
	struct sink sink;
	struct arena arena; /* options of the format, columns, names */
	struct encoder *encoder;
	const char *format, *job, *path;
	int dir_fd;
	uint64_t id;
	unsigned number; /* of the file at hand or the next one */

	struct buf out;          /* of the part at hand */
	struct file_part *part;  /* the last of parts while it grows, or NULL */
	struct file_part *parts; /* not visible yet, oldest first; owned */
	struct file_writer writer;
};

/* ---- names ---- */

static int
fail(const struct filesystem_sink *s, const char *what, const char *name,
     struct error *err)
{
	int errnum = errno;

	error_errno(err, ERR_FILE, errnum, "cannot %s %s/%s", what, s->path,
		    name);
	err->retriable = true;
	return -1;
}

static void
name_part(const struct filesystem_sink *s, struct file_part *part)
{
	snprintf(part->visible, FILE_NAME_SIZE, "part-%016llx-%u.%s",
		 (unsigned long long)s->id, s->number, s->format);
	snprintf(part->growing, FILE_NAME_SIZE,
		 ".part-%016llx-%u.%s.inprogress-%s",
		 (unsigned long long)s->id, s->number, s->format, s->job);
}

static void
name_complete(const struct filesystem_sink *s, struct file_part *part)
{
	snprintf(part->complete, FILE_NAME_SIZE, ".%.64s.epoch-%llu-%s",
		 part->visible, (unsigned long long)part->epoch, s->job);
}

/* Never over a file that is there. */
static int
rename_new(const struct filesystem_sink *s, const char *from, const char *to,
	   struct error *err)
{
	if (renameat2(s->dir_fd, from, s->dir_fd, to, RENAME_NOREPLACE) < 0)
		return fail(s, "rename", from, err);
	return 0;
}

static int
sync_directory(const struct filesystem_sink *s, struct error *err)
{
	return fsync(s->dir_fd) < 0 ? fail(s, "sync", ".", err) : 0;
}

/* ---- what a dead run left behind ---- */

/* Whether the hidden name is one of this job's; then *ret_epoch (0: it was
 * being written) and the length of the visible name in it. */
static bool
read_hidden(const struct filesystem_sink *s, const char *name,
	    uint64_t *ret_epoch, size_t *ret_len)
{
	size_t n = strlen(name), job = strlen(s->job);
	const char *mark = strstr(name, ".inprogress-");
	char *end;

	if (strncmp(name, ".part-", 6) != 0 || n <= job + 1 ||
	    name[n - job - 1] != '-' || strcmp(name + n - job, s->job) != 0)
		return false;
	*ret_epoch = 0;
	if (mark && (size_t)(mark - name) + 12 == n - job)
		return true;
	mark = strstr(name, ".epoch-");
	if (!mark)
		return false;
	*ret_len = (size_t)(mark - name) - 1;
	*ret_epoch = strtoull(mark + 7, &end, 10);
	return end == name + n - job - 1;
}

static int
settle_file(const struct filesystem_sink *s, const char *name,
	    uint64_t restored, struct error *err)
{
	char visible[FILE_NAME_SIZE];
	uint64_t epoch;
	size_t len = 0;

	if (!read_hidden(s, name, &epoch, &len))
		return 0;
	if (epoch > 0 && epoch <= restored) {
		snprintf(visible, sizeof(visible), "%.*s", (int)len, name + 1);
		return rename_new(s, name, visible, err);
	}
	if (unlinkat(s->dir_fd, name, 0) < 0)
		return fail(s, "remove", name, err);
	return 0;
}

static int
settle_directory(struct filesystem_sink *s, uint64_t restored,
		 struct error *err)
{
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	if (!dir) {
		fail(s, "read", ".", err);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (rc == 0 && (entry = readdir(dir)))
		rc = settle_file(s, entry->d_name, restored, err);
	closedir(dir);
	return rc < 0 ? -1 : sync_directory(s, err);
}

/* ---- lifetime ---- */

static void
filesystem_sink_close(struct sink *sink)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;

	if (!s)
		return;
	file_writer_release(&s->writer);
	while (s->parts) {
		struct file_part *part = s->parts;

		s->parts = part->next;
		if (part->fd >= 0) {
			/* Its rows are of no checkpoint. */
			unlinkat(s->dir_fd, part->growing, 0);
			close(part->fd);
		}
		free(part);
	}
	if (s->encoder)
		s->encoder->type->close(s->encoder);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	buf_release(&s->out);
	arena_release(&s->arena);
	free(s);
}

static int
encoder_open(struct filesystem_sink *s, const struct sink_spec *spec,
	     struct error *err)
{
	const struct options *options =
		options_of_format(spec->options, "value", &s->arena);
	struct encoder_spec encoder = { .options = options,
					.ncols = spec->schema->ncols };
	const struct encoder_type *type;
	struct encode_column *cols;

	if (!options)
		return error_set(err, ERR_MISSING_OPTION,
				 "the connector filesystem needs a format");
	type = encoder_type_find(options->connector);
	if (!type)
		return error_set(err, ERR_UNKNOWN_FORMAT,
				 "no format is named '%s'", options->connector);
	cols = arena_array(&s->arena, encoder.ncols, struct encode_column);
	for (unsigned i = 0; i < encoder.ncols; i++)
		cols[i] = (struct encode_column){
			.name = spec->schema->cols[i].name,
			.type = spec->schema->cols[i].type,
			.in = (uint16_t)i,
		};
	encoder.cols = cols;
	s->format = type->name;
	return type->open(&s->encoder, &encoder, err);
}

static int
filesystem_sink_open(struct sink **ret, const struct sink_spec *spec,
		     struct error *err)
{
	struct filesystem_sink *s = mem_zalloc(sizeof(*s));

	s->sink.type = &filesystem_sink_type;
	arena_init(&s->arena);
	buf_init(&s->out);
	s->dir_fd = -1;
	/* Two sinks of one job may share the directory, and each of its lives
	 * begins to count anew, with the same seed. */
	s->id = hash_u64((uintptr_t)s ^ spec->env->seed,
			 (uint64_t)spec->env->now_us);
	s->path = arena_strdup(&s->arena, options_get(spec->options, "path"));
	s->job = arena_strdup(&s->arena,
			      spec->env->job ? spec->env->job : "");
	if (encoder_open(s, spec, err) < 0 ||
	    filesystem_make_directory(s->path, spec->env->paths, &s->dir_fd,
				      err) < 0 ||
	    settle_directory(s, spec->env->epoch, err) < 0 ||
	    file_writer_init(&s->writer, s->path, s->dir_fd, spec->env->epoch,
			     err) < 0) {
		filesystem_sink_close(&s->sink);
		return -1;
	}
	*ret = &s->sink;
	return 0;
}

/* ---- rows ---- */

static void
part_begin(struct filesystem_sink *s)
{
	struct file_part **end = &s->parts;

	s->part = mem_zalloc(sizeof(*s->part));
	s->part->fd = -1;
	name_part(s, s->part);
	s->number++;
	while (*end)
		end = &(*end)->next;
	*end = s->part;
}

static void
flush(struct filesystem_sink *s)
{
	file_writer_put(&s->writer, s->part, s->out.data, s->out.len);
	buf_clear(&s->out);
}

static int
filesystem_sink_write(struct sink *sink, const struct batch *b,
		      const uint8_t *kinds, struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;
	uint64_t acked;

	/* The planner lets changes come to formats only that know them. */
	CHECK(!kinds || s->encoder->type->encode_change);
	if (file_writer_acked(&s->writer, &acked, err) < 0)
		return -1;
	if (b->nsel > 0 && !s->part)
		part_begin(s);
	batch_each(b, row) {
		bool null;

		if (encode_row(s->encoder, b, row,
			       kinds ? kinds[row] : KIND_INSERT, &s->out, &null,
			       err) < 0)
			return -1;
		buf_putc(&s->out, '\n');
	}
	if (s->out.len >= FLUSH_BYTES)
		flush(s);
	return 0;
}

static bool
filesystem_sink_room(struct sink *sink)
{
	return file_writer_room(&((struct filesystem_sink *)sink)->writer);
}

static const char *
filesystem_sink_reason(struct sink *sink)
{
	return file_writer_reason(&((struct filesystem_sink *)sink)->writer);
}

static int
filesystem_sink_wake_fd(struct sink *sink)
{
	return ((struct filesystem_sink *)sink)->writer.wake_fd;
}

static void
filesystem_sink_woken(struct sink *sink)
{
	file_writer_woken(&((struct filesystem_sink *)sink)->writer);
}

static struct blocking_work
filesystem_sink_work(struct sink *sink)
{
	return (struct blocking_work){
		file_writer_run, file_writer_stop,
		&((struct filesystem_sink *)sink)->writer
	};
}

/* ---- checkpoints ---- */

static int
filesystem_sink_cut(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;

	(void)err;
	if (s->part) {
		if (s->out.len > 0)
			flush(s);
		s->part->epoch = epoch;
		name_complete(s, s->part);
	}
	file_writer_finish(&s->writer, s->part, epoch);
	s->part = NULL;
	return 0;
}

static int
filesystem_sink_acked(struct sink *sink, uint64_t *ret_epoch,
		      struct error *err)
{
	return file_writer_acked(&((struct filesystem_sink *)sink)->writer,
				 ret_epoch, err);
}

static int
filesystem_sink_committed(struct sink *sink, uint64_t epoch,
			  struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;
	bool any = false;

	while (s->parts && s->parts != s->part && s->parts->epoch <= epoch) {
		struct file_part *part = s->parts;

		if (rename_new(s, part->complete, part->visible, err) < 0)
			return -1;
		s->parts = part->next;
		free(part);
		any = true;
	}
	/* The next life would name them so itself: nobody waits for this. */
	if (any)
		file_writer_renamed(&s->writer);
	return 0;
}

static void
filesystem_sink_abandon(struct sink *sink)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;

	for (struct file_part *part = s->parts; part; part = part->next)
		if (part->epoch)
			unlinkat(s->dir_fd, part->complete, 0);
}

const struct sink_type filesystem_sink_type = {
	.name = "filesystem",
	.open = filesystem_sink_open,
	.write = filesystem_sink_write,
	.room = filesystem_sink_room,
	.cut = filesystem_sink_cut,
	.acked = filesystem_sink_acked,
	.committed = filesystem_sink_committed,
	.abandon = filesystem_sink_abandon,
	.wake_fd = filesystem_sink_wake_fd,
	.woken = filesystem_sink_woken,
	.reason = filesystem_sink_reason,
	.work = filesystem_sink_work,
	.close = filesystem_sink_close,
};

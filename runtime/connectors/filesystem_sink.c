/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/filesystem_sink.c - rows as lines of files that readers
 * see whole or not at all. A file ends with the checkpoint:
 *
 *	.part-<id>-<n>.json.inprogress-<job>	write(): grows
 *	.part-<id>-<n>.json.epoch-<E>-<job>	cut(E): fsynced, complete
 *	part-<id>-<n>.json			committed(E): visible
 *
 * What a dead run left behind is sorted out at open(): complete files of the
 * checkpoint that the job goes on from, or of an earlier one, become visible;
 * the rows of all others are written again, so these files go.
 *
 * fsync() blocks the job's thread in cut(); each flush starts the disk's work
 * before that, so that little is left to wait for.
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
#include "runtime/connectors/filesystem.h"
#include "runtime/format.h"

#define FLUSH_BYTES (256 * 1024)
#define NAME_SIZE 256 /* more than a file's name may have */

/* A file that is complete but not visible yet. */
struct done_file {
	struct done_file *next;
	uint64_t epoch;
	char hidden[NAME_SIZE], visible[NAME_SIZE];
};

struct filesystem_sink {
	struct sink sink;
	struct arena arena; /* options of the format, columns, names */
	struct encoder *encoder;
	const char *format, *job, *path;
	int dir_fd;
	uint64_t id;
	unsigned number; /* of the file at hand or the next one */

	int fd; /* of the file at hand; -1: none */
	char hidden[NAME_SIZE];
	struct buf out;
	struct done_file *done; /* oldest first */
	uint64_t acked_epoch;
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
name_visible(const struct filesystem_sink *s, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "part-%016llx-%u.%s",
		 (unsigned long long)s->id, s->number, s->format);
}

static void
name_in_progress(const struct filesystem_sink *s, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, ".part-%016llx-%u.%s.inprogress-%s",
		 (unsigned long long)s->id, s->number, s->format, s->job);
}

static void
name_complete(const struct filesystem_sink *s, const char *visible,
	      uint64_t epoch, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, ".%.64s.epoch-%llu-%s", visible,
		 (unsigned long long)epoch, s->job);
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
	char visible[NAME_SIZE];
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
	if (s->fd >= 0) {
		/* Its rows are of no checkpoint. */
		unlinkat(s->dir_fd, s->hidden, 0);
		close(s->fd);
	}
	while (s->done) {
		struct done_file *f = s->done;

		s->done = f->next;
		free(f);
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
	s->fd = s->dir_fd = -1;
	/* Two sinks of one job may share the directory, and each of its lives
	 * begins to count anew, with the same seed. */
	s->id = hash_u64((uintptr_t)s ^ spec->env->seed,
			 (uint64_t)spec->env->now_us);
	s->acked_epoch = spec->env->epoch;
	s->path = arena_strdup(&s->arena, options_get(spec->options, "path"));
	s->job = arena_strdup(&s->arena,
			      spec->env->job ? spec->env->job : "");
	if (encoder_open(s, spec, err) < 0 ||
	    filesystem_make_directory(s->path, spec->env->paths, &s->dir_fd,
				      err) < 0 ||
	    settle_directory(s, spec->env->epoch, err) < 0) {
		filesystem_sink_close(&s->sink);
		return -1;
	}
	*ret = &s->sink;
	return 0;
}

/* ---- rows ---- */

static int
file_begin(struct filesystem_sink *s, struct error *err)
{
	name_in_progress(s, s->hidden);
	s->fd = openat(s->dir_fd, s->hidden,
		       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	return s->fd < 0 ? fail(s, "make", s->hidden, err) : 0;
}

static int
flush(struct filesystem_sink *s, struct error *err)
{
	size_t done = 0;

	while (done < s->out.len) {
		ssize_t n = write(s->fd, s->out.data + done,
				  s->out.len - done);

		if (n < 0 && errno != EINTR)
			return fail(s, "write", s->hidden, err);
		done += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&s->out);
	/* A hint: fsync() tells what went wrong. */
	sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

static int
filesystem_sink_write(struct sink *sink, const struct batch *b,
		      const uint8_t *kinds, struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;

	/* The planner lets changes come to formats only that know them. */
	CHECK(!kinds || s->encoder->type->encode_change);
	if (b->nsel > 0 && s->fd < 0 && file_begin(s, err) < 0)
		return -1;
	batch_each(b, row) {
		bool null;

		if (encode_row(s->encoder, b, row,
			       kinds ? kinds[row] : KIND_INSERT, &s->out, &null,
			       err) < 0)
			return -1;
		buf_putc(&s->out, '\n');
	}
	return s->out.len >= FLUSH_BYTES ? flush(s, err) : 0;
}

/* ---- checkpoints ---- */

static void
done_append(struct filesystem_sink *s, struct done_file *f)
{
	struct done_file **end = &s->done;

	while (*end)
		end = &(*end)->next;
	*end = f;
}

static int
filesystem_sink_cut(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;
	struct done_file *f;
	int rc;

	if (s->fd >= 0) {
		if (flush(s, err) < 0)
			return -1;
		if (fsync(s->fd) < 0)
			return fail(s, "sync", s->hidden, err);
		f = mem_zalloc(sizeof(*f));
		f->epoch = epoch;
		name_visible(s, f->visible);
		name_complete(s, f->visible, epoch, f->hidden);
		rc = rename_new(s, s->hidden, f->hidden, err);
		if (rc < 0) {
			free(f);
			return -1;
		}
		done_append(s, f);
		close(s->fd);
		s->fd = -1;
		s->number++;
		if (sync_directory(s, err) < 0)
			return -1;
	}
	s->acked_epoch = epoch;
	return 0;
}

static int
filesystem_sink_acked(struct sink *sink, uint64_t *ret_epoch,
		      struct error *err)
{
	(void)err;
	*ret_epoch = ((struct filesystem_sink *)sink)->acked_epoch;
	return 0;
}

static int
filesystem_sink_committed(struct sink *sink, uint64_t epoch,
			  struct error *err)
{
	struct filesystem_sink *s = (struct filesystem_sink *)sink;
	bool any = false;

	while (s->done && s->done->epoch <= epoch) {
		struct done_file *f = s->done;

		if (rename_new(s, f->hidden, f->visible, err) < 0)
			return -1;
		s->done = f->next;
		free(f);
		any = true;
	}
	return any ? sync_directory(s, err) : 0;
}

const struct sink_type filesystem_sink_type = {
	.name = "filesystem",
	.open = filesystem_sink_open,
	.write = filesystem_sink_write,
	.cut = filesystem_sink_cut,
	.acked = filesystem_sink_acked,
	.committed = filesystem_sink_committed,
	.close = filesystem_sink_close,
};

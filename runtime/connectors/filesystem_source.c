/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/filesystem_source.c - files with a record in each line,
 * read once from beginning to end. A part is a file, an offset a byte; each
 * poll reads a piece of the file into the batch's arena and cuts it there, so
 * that nothing is kept open between two polls.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/connector.h"
#include "runtime/connectors/filesystem.h"
#include "runtime/formats/csv.h"

#define FILES_MAX 100000
#define DEPTH_MAX 32
#define RECORD_BYTES_MAX (INT64_C(4) << 20)
/* Of one read: as many bytes as the records asked for take, in between. */
#define READ_MIN (16 * 1024)
#define READ_MAX (1024 * 1024)
#define RECORD_GUESS 128

struct file {
	char *path;       /* real */
	const char *name; /* in path */
	int64_t mtime_us;
	int64_t record_bytes; /* average of the last poll */
};

struct filesystem_source {
	struct source source;
	int64_t record_bytes_max;
	bool is_csv;
	struct csv_dialect dialect;
	const char *const *allowed;
	unsigned nfiles, size;
	struct file *files;
	struct part_info *parts;
	unsigned ended;
	char notice[PATH_MAX + 128];
	bool notice_given;
};

/* ---- listing ---- */

static int
add_file(struct filesystem_source *s, const char *real, const struct stat *st,
	 struct error *err)
{
	if (s->nfiles == FILES_MAX)
		return error_set(err, ERR_LIMIT, "more than %d files to read",
				 FILES_MAX);
	if (s->nfiles == s->size) {
		s->size = s->size ? 2 * s->size : 16;
		s->files = mem_realloc(s->files, s->size * sizeof(*s->files));
		s->parts = mem_realloc(s->parts, s->size * sizeof(*s->parts));
	}
	s->files[s->nfiles] = (struct file){
		.path = mem_strdup(real),
		.mtime_us = st->st_mtim.tv_sec * US_PER_SECOND +
			    st->st_mtim.tv_nsec / 1000,
		.record_bytes = RECORD_GUESS,
	};
	s->files[s->nfiles].name = strrchr(s->files[s->nfiles].path, '/') + 1;
	s->parts[s->nfiles] = (struct part_info){
		.topic = s->files[s->nfiles].path,
		.end_offset = st->st_size,
		.head_time_us = TIME_NONE,
		.state = PART_READING,
	};
	s->nfiles++;
	return 0;
}

/* Flink's rule: what begins with . or _ is not data. */
static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

static int add_path(struct filesystem_source *s, const char *path,
		    unsigned depth, struct error *err);

static int
add_directory(struct filesystem_source *s, const char *real, unsigned depth,
	      struct error *err)
{
	struct dirent **entries;
	int n = scandir(real, &entries, is_visible, alphasort), rc = 0;

	if (n < 0)
		return error_errno(err, ERR_FILE, errno, "cannot read %s",
				   real);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (rc == 0 &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", real,
				     entries[i]->d_name) >= sizeof(path))
			rc = error_errno(err, ERR_FILE, ENAMETOOLONG,
					 "cannot read %.100s...", real);
		if (rc == 0)
			rc = add_path(s, path, depth + 1, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* A file, or all files of a directory; links lead nowhere forbidden. */
static int
add_path(struct filesystem_source *s, const char *path, unsigned depth,
	 struct error *err)
{
	struct stat st;
	char *real;
	int rc;

	if (depth > DEPTH_MAX)
		return error_set(err, ERR_LIMIT, "%s: directories more than %d"
				 " deep", path, DEPTH_MAX);
	if (filesystem_resolve(path, s->allowed, &real, err) < 0)
		return -1;
	if (stat(real, &st) < 0)
		rc = error_errno(err, ERR_FILE, errno, "cannot open %s", real);
	else if (S_ISDIR(st.st_mode))
		rc = add_directory(s, real, depth, err);
	else if (S_ISREG(st.st_mode))
		rc = add_file(s, real, &st, err);
	else
		rc = error_set(err, ERR_FILE,
			       "%s is neither a file nor a directory", real);
	free(real);
	return rc;
}

/* ---- lifetime ---- */

static void
filesystem_source_close(struct source *source)
{
	struct filesystem_source *s = (struct filesystem_source *)source;

	if (!s)
		return;
	for (unsigned i = 0; i < s->nfiles; i++)
		free(s->files[i].path);
	free(s->files);
	free(s->parts);
	free(s);
}

static void
end_if_read(struct filesystem_source *s, struct part_info *part)
{
	part->waiting = part->next_offset < part->end_offset;
	if (part->waiting || part->state == PART_ENDED)
		return;
	part->state = PART_ENDED;
	s->ended++;
}

/* Goes on where a restored job was. */
static int
restore(struct filesystem_source *s, const struct start_offset *start,
	struct error *err)
{
	for (unsigned i = 0; i < s->nfiles; i++) {
		struct part_info *part = &s->parts[i];

		if (strlen(part->topic) != start->topic.len ||
		    memcmp(part->topic, str_data(&start->topic),
			   start->topic.len) != 0)
			continue;
		if (start->next_offset > part->end_offset)
			return error_set(err, ERR_DATA_LOST,
					 "%s is shorter than it was: %lld bytes"
					 " of it were read", part->topic,
					 (long long)start->next_offset);
		part->next_offset = start->next_offset;
		return 0;
	}
	snprintf(s->notice, sizeof(s->notice), "%.*s, read up to byte %lld"
		 " before, is no longer there", (int)start->topic.len,
		 str_data(&start->topic), (long long)start->next_offset);
	return 0;
}

/* An empty directory is one part that has ended, so that its job does too. */
static int
add_nothing(struct filesystem_source *s, const char *path, struct error *err)
{
	struct stat st = { .st_size = 0 };
	char *real;
	int rc;

	if (filesystem_resolve(path, s->allowed, &real, err) < 0)
		return -1;
	rc = add_file(s, real, &st, err);
	free(real);
	return rc;
}

static int
source_files(struct filesystem_source *s, const struct source_spec *spec,
	     struct error *err)
{
	const char *path = options_get(spec->options, "path");
	const char *format = options_get(spec->options, "format");
	const struct options *options;
	struct arena a;
	int rc;

	s->is_csv = format && strcmp(format, "csv") == 0;
	if (s->is_csv) {
		arena_init(&a);
		options = options_of_format(spec->options, "value", &a);
		rc = csv_dialect_init(&s->dialect, options, err);
		arena_release(&a);
		if (rc < 0)
			return -1;
	}
	if (add_path(s, path, 0, err) < 0 ||
	    (s->nfiles == 0 && add_nothing(s, path, err) < 0))
		return -1;
	for (unsigned i = 0; i < spec->nstart; i++) {
		if (restore(s, &spec->start[i], err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < s->nfiles; i++)
		end_if_read(s, &s->parts[i]);
	return 0;
}

static int
filesystem_source_open(struct source **ret, const struct source_spec *spec,
		       struct error *err)
{
	struct filesystem_source *s = mem_zalloc(sizeof(*s));

	s->source.type = &filesystem_source_type;
	s->allowed = spec->env->paths;
	s->record_bytes_max =
		options_get(spec->options, "scan.max-record-bytes")
			? options_bytes(spec->options, "scan.max-record-bytes")
			: RECORD_BYTES_MAX;
	if (source_files(s, spec, err) < 0) {
		filesystem_source_close(&s->source);
		return -1;
	}
	*ret = &s->source;
	return 0;
}

static unsigned
filesystem_parts(struct source *source, const struct part_info **ret)
{
	struct filesystem_source *s = (struct filesystem_source *)source;

	*ret = s->parts;
	return s->nfiles;
}

/* ---- reading ---- */

/* A piece of a file in the batch's arena. */
struct piece {
	char *data;
	size_t n;
	bool last; /* the file ends with it; a line end was added if need be */
};

static int
read_at(const struct file *f, char *data, size_t n, int64_t offset,
	struct error *err)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t got = 1;

	if (fd < 0)
		return error_errno(err, ERR_FILE, errno, "cannot open %s",
				   f->path);
	while (done < n && got > 0) {
		got = pread(fd, data + done, n - done,
			    (off_t)(offset + (int64_t)done));
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			done += (size_t)got;
	}
	if (got < 0)
		error_errno(err, ERR_FILE, errno, "cannot read %s", f->path);
	else if (done < n)
		error_set(err, ERR_DATA_LOST,
			  "%s became shorter while it was read", f->path);
	close(fd);
	return done < n ? -1 : 0;
}

static int
read_piece(struct filesystem_source *s, unsigned part, size_t want,
	   struct arena *a, struct piece *ret, struct error *err)
{
	const struct part_info *info = &s->parts[part];
	int64_t left = info->end_offset - info->next_offset;

	ret->last = (int64_t)want >= left;
	ret->n = ret->last ? (size_t)left : want;
	ret->data = arena_bytes(a, ret->n + 1);
	if (read_at(&s->files[part], ret->data, ret->n, info->next_offset,
		    err) < 0)
		return -1;
	if (ret->last && ret->data[ret->n - 1] != '\n')
		ret->data[ret->n++] = '\n';
	return 0;
}

/* Bytes of the record at data with its line end; 0: more must be read. */
static size_t
record_length(const struct filesystem_source *s, const struct piece *p,
	      size_t at)
{
	const char *data = p->data + at;
	size_t left = p->n - at, n = 0;
	const char *newline;

	if (s->is_csv)
		n = csv_record_length(&s->dialect, data, left);
	/* A quote that never ends spoils one line, not the file. */
	if (!s->is_csv ||
	    (n == 0 && (p->last || (int64_t)left > s->record_bytes_max))) {
		newline = memchr(data, '\n', left);
		n = newline ? (size_t)(newline + 1 - data) : 0;
	}
	return n;
}

/* The line without its end; of a blank line in csv the end is left, for
 * nothing at all would be no record rather than one without fields. */
static void
put_record(const struct filesystem_source *s, const char *data, size_t n,
	   struct raw_record *out)
{
	size_t len = n;

	if (len > 0 && data[len - 1] == '\n')
		len--;
	if (len > 0 && data[len - 1] == '\r')
		len--;
	out->value = data;
	out->value_len = (uint32_t)(len == 0 && s->is_csv ? n : len);
}

/* Cuts a piece into at most max records; returns how many, *ret_used bytes. */
static uint32_t
cut_piece(const struct filesystem_source *s, unsigned part,
	  const struct piece *p, struct raw_record *out, uint32_t max,
	  size_t *ret_used)
{
	int64_t offset = s->parts[part].next_offset;
	size_t at = 0;
	uint32_t n = 0;

	while (n < max && at < p->n) {
		size_t length = record_length(s, p, at);

		if (length == 0)
			break;
		out[n] = (struct raw_record){
			.offset = offset + (int64_t)at,
			.timestamp_us = TIME_NONE,
			.part = part,
		};
		put_record(s, p->data + at, length, &out[n]);
		at += length;
		n++;
	}
	*ret_used = at;
	return n;
}

/* A record beyond the limit: its beginning goes on as one that is too large,
 * the rest up to the line's end is passed over. */
static int
skip_huge(struct filesystem_source *s, unsigned part, const struct piece *p,
	  struct raw_record *out, struct arena *a, struct error *err)
{
	struct part_info *info = &s->parts[part];
	int64_t at = info->next_offset + (int64_t)p->n;
	char *data = arena_bytes(a, READ_MIN);
	const char *newline = NULL;

	*out = (struct raw_record){
		.value = p->data,
		.value_len = (uint32_t)p->n,
		.offset = info->next_offset,
		.timestamp_us = TIME_NONE,
		.part = part,
	};
	while (!newline && at < info->end_offset) {
		int64_t left = info->end_offset - at;
		size_t n = left < READ_MIN ? (size_t)left : READ_MIN;

		if (read_at(&s->files[part], data, n, at, err) < 0)
			return -1;
		newline = memchr(data, '\n', n);
		at += newline ? newline + 1 - data : (int64_t)n;
	}
	info->next_offset = at;
	return 1;
}

static size_t
bytes_wanted(const struct file *f, uint32_t max)
{
	int64_t want = f->record_bytes * max;

	return want < READ_MIN ? READ_MIN :
	       want > READ_MAX ? READ_MAX : (size_t)want;
}

/* When one record did not end in that many: enough at last to know that it is
 * too large, line end and all. */
static size_t
bytes_more(const struct filesystem_source *s, size_t want)
{
	size_t enough = (size_t)s->record_bytes_max + 3;

	return want < enough / 4 ? 4 * want : want < enough ? enough : want;
}

static int
filesystem_poll(struct source *source, unsigned part, struct raw_record *out,
		uint32_t max, struct arena *a, int64_t now_us,
		struct error *err)
{
	struct filesystem_source *s = (struct filesystem_source *)source;
	struct part_info *info = &s->parts[part];
	struct file *f = &s->files[part];
	size_t want = bytes_wanted(f, max), used = 0;
	struct piece p;
	int n = 0;

	(void)now_us;
	CHECK(part < s->nfiles);
	while (n == 0 && info->state != PART_ENDED) {
		if (read_piece(s, part, want, a, &p, err) < 0)
			return -1;
		n = (int)cut_piece(s, part, &p, out, max, &used);
		if (n == 0 && (int64_t)p.n > s->record_bytes_max) {
			n = skip_huge(s, part, &p, out, a, err);
			if (n < 0)
				return -1;
		} else if (n > 0) {
			f->record_bytes = (int64_t)used / n + 1;
			info->next_offset += (int64_t)used;
		}
		/* The line end that the file lacks is no byte of it. */
		if (info->next_offset > info->end_offset)
			info->next_offset = info->end_offset;
		want = bytes_more(s, want);
		end_if_read(s, info);
	}
	return n;
}

static int64_t
filesystem_next_us(struct source *source)
{
	const struct filesystem_source *s = (struct filesystem_source *)source;

	return s->ended < s->nfiles ? 0 : TIME_END;
}

/* ---- metadata ---- */

static int
filesystem_metadata(struct source *source, const char *key,
		    const struct raw_record *rec, uint32_t n,
		    struct column *out, struct arena *a, struct error *err)
{
	const struct filesystem_source *s = (struct filesystem_source *)source;

	(void)a; /* paths live as long as the source, and so do its batches */
	for (uint32_t i = 0; i < n; i++) {
		const struct file *f = &s->files[rec[i].part];

		if (strcmp(key, "file.path") == 0)
			out->str[i] = str_ref(f->path, strlen(f->path));
		else if (strcmp(key, "file.name") == 0)
			out->str[i] = str_ref(f->name, strlen(f->name));
		else if (strcmp(key, "file.size") == 0)
			out->i64[i] = s->parts[rec[i].part].end_offset;
		else if (strcmp(key, "file.modification-time") == 0)
			out->i64[i] = f->mtime_us -
				      floor_mod(f->mtime_us, US_PER_MS);
		else
			return error_set(err, ERR_UNSUPPORTED, "connector"
					 " filesystem has no metadata '%s'",
					 key);
	}
	return 0;
}

static const char *
filesystem_notice(struct source *source)
{
	struct filesystem_source *s = (struct filesystem_source *)source;

	if (!s->notice[0] || s->notice_given)
		return NULL;
	s->notice_given = true;
	return s->notice;
}

const struct source_type filesystem_source_type = {
	.name = "filesystem",
	.open = filesystem_source_open,
	.parts = filesystem_parts,
	.poll = filesystem_poll,
	.next_us = filesystem_next_us,
	.metadata = filesystem_metadata,
	.notice = filesystem_notice,
	.close = filesystem_source_close,
};

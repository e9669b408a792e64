/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_filesystem.c - files in: lines, offsets, restarts; files
 * out: what readers see, and when; and the paths that SQL may not touch.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "runtime/connector.h"
#include "test.h"

/* ---- a directory of each test's own ---- */

struct rig {
	char dir[64];
	struct arena arena;
	struct options options;
	struct connector_env env;
	struct plan_scan scan;
	struct schema_column column;
	struct schema schema;
	struct start_offset starts[8];
	unsigned nstart;
	struct source *source;
	struct sink *sink;
	struct blocking_work work; /* of the sink */
	pthread_t thread;
	struct raw_record rec[BATCH_ROWS];
	struct error err;
};

static void
rig_init(struct rig *r, const char *format)
{
	memset(r, 0, sizeof(*r));
	strcpy(r->dir, "/tmp/sluice-test-XXXXXX");
	EXPECT(mkdtemp(r->dir));
	arena_init(&r->arena);
	r->options.connector = "filesystem";
	r->options.keys = arena_array(&r->arena, 8, const char *);
	r->options.values = arena_array(&r->arena, 8, const char *);
	r->options.defs = arena_array(&r->arena, 8, const struct option_def *);
	r->options.keys[0] = "path";
	r->options.values[0] = r->dir;
	r->options.keys[1] = "format";
	r->options.values[1] = format;
	r->options.keys[2] = "scan.max-record-bytes";
	r->options.values[2] = "4 mb";
	r->options.n = r->options.ngiven = 3;
	r->env.job = "j";
	r->column = (struct schema_column){ "s", TYPE_STRING_OF, 0 };
	r->schema = (struct schema){ 1, &r->column };
	r->scan.table = "t";
}

static const char *
rig_path(struct rig *r, const char *name)
{
	return arena_printf(&r->arena, "%s/%s", r->dir, name);
}

static void
rig_put(struct rig *r, const char *name, const char *text, size_t n)
{
	int fd = open(rig_path(r, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	EXPECT(fd >= 0);
	EXPECT_EQ(write(fd, text, n), n);
	close(fd);
}

static void
rig_puts(struct rig *r, const char *name, const char *text)
{
	rig_put(r, name, text, strlen(text));
}

static int
rig_source(struct rig *r)
{
	struct source_spec spec = {
		.options = &r->options, .scan = &r->scan, .schema = &r->schema,
		.env = &r->env, .start = r->starts, .nstart = r->nstart,
	};

	return source_type_find("filesystem")->open(&r->source, &spec,
						    &r->err);
}

static void *
work_run(void *arg)
{
	const struct blocking_work *work = arg;

	work->run(work->self);
	return NULL;
}

static int
rig_sink(struct rig *r)
{
	struct plan_sink sink = { .table = "t" };
	struct sink_spec spec = { .options = &r->options, .sink = &sink,
				  .schema = &r->schema, .env = &r->env };

	if (sink_type_find("filesystem")->open(&r->sink, &spec, &r->err) < 0)
		return -1;
	r->work = r->sink->type->work(r->sink);
	EXPECT_EQ(pthread_create(&r->thread, NULL, work_run, &r->work), 0);
	return 0;
}

/* As the daemon does: its thread first. */
static void
sink_stop(struct rig *r)
{
	r->work.stop(r->work.self);
	pthread_join(r->thread, NULL);
	r->sink->type->close(r->sink);
	r->sink = NULL;
}

static void
rig_stop(struct rig *r)
{
	if (r->source)
		r->source->type->close(r->source);
	if (r->sink)
		sink_stop(r);
	r->source = NULL;
}

static void
rig_close(struct rig *r)
{
	char command[128];

	rig_stop(r);
	arena_release(&r->arena);
	snprintf(command, sizeof(command), "rm -rf %s", r->dir);
	EXPECT_EQ(system(command), 0);
}

static const struct part_info *
rig_parts(struct rig *r, unsigned *ret_n)
{
	const struct part_info *parts;

	*ret_n = r->source->type->parts(r->source, &parts);
	return parts;
}

/* All records left, "offset:text;" each, polled `max` at a time. */
static const char *
rig_read(struct rig *r, uint32_t max)
{
	struct buf out;
	const char *text;
	unsigned n;

	buf_init(&out);
	rig_parts(r, &n);
	for (unsigned p = 0; p < n; p++) {
		int got;

		do {
			got = r->source->type->poll(r->source, p, r->rec, max,
						    &r->arena, 0, &r->err);
			EXPECT(got >= 0);
			for (int i = 0; i < got; i++) {
				EXPECT_EQ(r->rec[i].part, p);
				buf_i64(&out, r->rec[i].offset);
				buf_putc(&out, ':');
				buf_append(&out, r->rec[i].value,
					   r->rec[i].value_len);
				buf_putc(&out, ';');
			}
		} while (got > 0);
		EXPECT_EQ(rig_parts(r, &n)[p].state, PART_ENDED);
	}
	text = arena_strndup(&r->arena, out.len ? out.data : "", out.len);
	buf_release(&out);
	EXPECT_EQ(r->source->type->next_us(r->source), TIME_END);
	return text;
}

struct lines_case {
	const char *format, *file, *want;
};

TEST(files_are_cut_into_lines)
{
	static const struct lines_case table[] = {
		{ "json", "{}\n{\"a\":1}\n", "0:{};3:{\"a\":1};" },
		{ "json", "{}\r\n{}\r\n", "0:{};4:{};" },
		{ "json", "{}\n{\"a\":", "0:{};3:{\"a\":;" },
		{ "json", "{}\n\n\n{}", "0:{};3:;4:;5:{};" },
		{ "raw", "a\n\nb\n", "0:a;2:;3:b;" },
		{ "csv", "a,1\nb,2", "0:a,1;4:b,2;" },
		{ "csv", "a,1\r\n\r\nb,2\r\n", "0:a,1;5:\r\n;7:b,2;" },
		{ "csv", "\"a\nb\",1\nc,2\n", "0:\"a\nb\",1;8:c,2;" },
		{ "csv", "\"a\nb,1\nc,2\n", "0:\"a;3:b,1;7:c,2;" },
		{ "json", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		for (uint32_t max = 1; max < 4; max++) {
			struct rig r;

			rig_init(&r, table[i].format);
			rig_puts(&r, "f", table[i].file);
			EXPECT_EQ(rig_source(&r), 0);
			EXPECT_STR(rig_read(&r, max), table[i].want);
			rig_close(&r);
		}
	}
}

TEST(a_directory_is_read_in_the_order_of_its_names)
{
	unsigned n;
	struct rig r;

	rig_init(&r, "json");
	rig_puts(&r, "b", "2\n");
	rig_puts(&r, "a", "1\n");
	rig_puts(&r, ".hidden", "x\n");
	rig_puts(&r, "_SUCCESS", "x\n");
	EXPECT_EQ(mkdir(rig_path(&r, "c"), 0700), 0);
	rig_puts(&r, "c/d", "3\n");
	EXPECT_EQ(rig_source(&r), 0);
	EXPECT_STR(rig_read(&r, 10), "0:1;0:2;0:3;");
	EXPECT_STR(rig_parts(&r, &n)[2].topic, rig_path(&r, "c/d"));
	EXPECT_EQ(n, 3);
	rig_close(&r);
}

TEST(an_empty_directory_has_ended)
{
	unsigned n;
	struct rig r;

	rig_init(&r, "json");
	EXPECT_EQ(rig_source(&r), 0);
	EXPECT_EQ(rig_parts(&r, &n)[0].state, PART_ENDED);
	EXPECT_EQ(n, 1);
	EXPECT_STR(rig_read(&r, 10), "");
	rig_close(&r);
}

TEST(a_path_that_is_not_there_is_an_error)
{
	struct rig r;

	rig_init(&r, "json");
	r.options.values[0] = rig_path(&r, "none");
	EXPECT_EQ(rig_source(&r), -1);
	EXPECT_STR(r.err.message,
		   arena_printf(&r.arena, "cannot open %s: No such file or"
				" directory", rig_path(&r, "none")));
	r.source = NULL;
	rig_close(&r);
}

TEST(a_restored_job_goes_on_at_its_byte)
{
	struct rig r;

	rig_init(&r, "json");
	rig_puts(&r, "a", "1\n22\n333\n");
	rig_puts(&r, "b", "4\n");
	r.starts[0] = (struct start_offset){
		.topic = str_from(&r.arena, rig_path(&r, "a"),
				  strlen(rig_path(&r, "a"))),
		.next_offset = 5,
	};
	r.nstart = 1;
	EXPECT_EQ(rig_source(&r), 0);
	EXPECT_STR(rig_read(&r, 10), "5:333;0:4;");
	rig_stop(&r);
	/* the file got shorter: what was read is not what is there */
	rig_puts(&r, "a", "1\n");
	EXPECT_EQ(rig_source(&r), -1);
	EXPECT_EQ(r.err.code, ERR_DATA_LOST);
	r.source = NULL;
	/* gone: said once */
	EXPECT_EQ(unlink(rig_path(&r, "a")), 0);
	EXPECT_EQ(rig_source(&r), 0);
	EXPECT(strstr(r.source->type->notice(r.source),
		      "/a, read up to byte 5 before, is no longer there"));
	EXPECT(!r.source->type->notice(r.source));
	rig_close(&r);
}

TEST(a_line_beyond_the_limit_is_one_bad_record)
{
	char *big = malloc(100000);
	struct rig r;
	int got;

	memset(big, 'x', 100000);
	memcpy(big, "a\n", 2);
	big[99997] = '\n';
	memcpy(big + 99998, "b\n", 2);
	rig_init(&r, "json");
	r.options.values[2] = "1000";
	rig_put(&r, "f", big, 100000);
	EXPECT_EQ(rig_source(&r), 0);
	got = r.source->type->poll(r.source, 0, r.rec, 10, &r.arena, 0, &r.err);
	EXPECT_EQ(got, 1);
	got = r.source->type->poll(r.source, 0, r.rec, 10, &r.arena, 0, &r.err);
	EXPECT_EQ(got, 1);
	EXPECT_EQ(r.rec[0].offset, 2);
	EXPECT(r.rec[0].value_len > 1000);
	EXPECT_STR(rig_read(&r, 10), "99998:b;");
	free(big);
	rig_close(&r);
}

TEST(long_files_come_in_pieces)
{
	struct buf text, want;
	struct rig r;

	buf_init(&text);
	buf_init(&want);
	for (int i = 0; i < 20000; i++) {
		buf_printf(&want, "%zu:", text.len);
		for (int k = 0; k < 1 + i % 40; k++) {
			buf_i64(&text, i);
			buf_i64(&want, i);
		}
		buf_putc(&text, '\n');
		buf_putc(&want, ';');
	}
	rig_init(&r, "json");
	rig_put(&r, "f", text.data, text.len);
	EXPECT_EQ(rig_source(&r), 0);
	EXPECT(strcmp(rig_read(&r, BATCH_ROWS), buf_cstr(&want)) == 0);
	rig_close(&r);
	buf_release(&text);
	buf_release(&want);
}

TEST(a_file_that_shrinks_under_way_stops_the_job)
{
	struct rig r;

	rig_init(&r, "json");
	rig_puts(&r, "f", "1\n2\n");
	EXPECT_EQ(rig_source(&r), 0);
	rig_puts(&r, "f", "1\n");
	EXPECT_EQ(r.source->type->poll(r.source, 0, r.rec, 10, &r.arena, 0,
				       &r.err), -1);
	EXPECT_EQ(r.err.code, ERR_DATA_LOST);
	rig_close(&r);
}

TEST(a_record_knows_its_file)
{
	static const char *const keys[] = { "file.path", "file.name",
					    "file.size",
					    "file.modification-time" };
	struct raw_record rec = { .part = 0 };
	struct column c[4];
	struct stat st;
	struct rig r;

	rig_init(&r, "json");
	rig_puts(&r, "f", "12345");
	EXPECT_EQ(stat(rig_path(&r, "f"), &st), 0);
	EXPECT_EQ(rig_source(&r), 0);
	for (unsigned i = 0; i < 4; i++) {
		column_alloc(&c[i], i < 2 ? PHYS_STR : PHYS_I64, 1, &r.arena);
		EXPECT_EQ(r.source->type->metadata(r.source, keys[i], &rec, 1,
						   &c[i], &r.arena, &r.err),
			  0);
	}
	EXPECT_EQ(c[0].str[0].len, strlen(rig_path(&r, "f")));
	EXPECT_EQ(c[1].str[0].len, 1);
	EXPECT_EQ(c[2].i64[0], 5);
	EXPECT_EQ(c[3].i64[0], st.st_mtim.tv_sec * 1000000LL +
				       st.st_mtim.tv_nsec / 1000000 * 1000);
	EXPECT_EQ(r.source->type->metadata(r.source, "offset", &rec, 1, &c[0],
					   &r.arena, &r.err), -1);
	rig_close(&r);
}

/* ---- paths ---- */

TEST(only_the_allowed_directories_are_touched)
{
	const char *allowed[2] = { NULL };
	struct rig r;

	rig_init(&r, "json");
	EXPECT_EQ(mkdir(rig_path(&r, "in"), 0700), 0);
	EXPECT_EQ(mkdir(rig_path(&r, "inside"), 0700), 0);
	rig_puts(&r, "in/f", "1\n");
	rig_puts(&r, "inside/f", "1\n");
	allowed[0] = rig_path(&r, "in");
	r.env.paths = allowed;
	static const char *const good[] = { "in", "in/f", "in/../in/./f" };
	static const char *const bad[] = { "inside", "inside/f", "in/..",
					   "in/../inside/f", "." };

	for (unsigned i = 0; i < ARRAY_LEN(good); i++) {
		r.options.values[0] = rig_path(&r, good[i]);
		EXPECT_EQ(rig_source(&r), 0);
		rig_stop(&r);
	}
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		r.options.values[0] = rig_path(&r, bad[i]);
		EXPECT_EQ(rig_source(&r), -1);
		EXPECT_EQ(r.err.code, ERR_PERMISSION);
		EXPECT_EQ(rig_sink(&r), -1);
		r.source = NULL;
		r.sink = NULL;
	}
	/* a link out of the directory leads nowhere */
	EXPECT_EQ(symlink("../inside/f", rig_path(&r, "in/link")), 0);
	r.options.values[0] = rig_path(&r, "in");
	EXPECT_EQ(rig_source(&r), -1);
	EXPECT_EQ(r.err.code, ERR_PERMISSION);
	r.source = NULL;
	/* nor does a way up from what does not exist yet */
	r.options.values[0] = rig_path(&r, "in/new/../../inside");
	EXPECT_EQ(rig_sink(&r), -1);
	EXPECT_EQ(r.err.code, ERR_PERMISSION);
	r.sink = NULL;
	r.options.values[0] = arena_printf(&r.arena, "file://%s",
					   rig_path(&r, "in/f"));
	EXPECT_EQ(rig_source(&r), 0);
	rig_stop(&r);
	r.options.values[0] = "s3://bucket/f";
	EXPECT_EQ(rig_source(&r), -1);
	EXPECT_EQ(r.err.code, ERR_UNSUPPORTED);
	r.source = NULL;
	rig_close(&r);
}

/* ---- out ---- */

static void
sink_write(struct rig *r, const char *text)
{
	struct batch *b = batch_create(NULL, &r->schema, 1);

	b->col[0].str[0] = str_ref(text, (uint32_t)strlen(text));
	batch_seal(b, 1);
	EXPECT_EQ(r->sink->type->write(r->sink, b, NULL, &r->err), 0);
	batch_unref(b);
}

/* Until the disk has it. */
static void
sink_cut(struct rig *r, uint64_t epoch)
{
	struct pollfd fd = { r->sink->type->wake_fd(r->sink), POLLIN, 0 };
	uint64_t acked = 0;

	EXPECT_EQ(r->sink->type->cut(r->sink, epoch, &r->err), 0);
	while (acked < epoch) {
		EXPECT_EQ(poll(&fd, 1, 30000), 1);
		r->sink->type->woken(r->sink);
		EXPECT_EQ(r->sink->type->acked(r->sink, &acked, &r->err), 0);
	}
	EXPECT_EQ(acked, epoch);
}

/* What is in all visible files of the directory; *ret_hidden others. */
static const char *
visible(struct rig *r, const char *dir, unsigned *ret_hidden)
{
	struct dirent **entries;
	const char *text = "";
	int n = scandir(dir, &entries, NULL, alphasort);

	*ret_hidden = 0;
	EXPECT(n >= 0);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char data[4096];
		FILE *f;
		size_t len;

		if (name[0] != '.') {
			EXPECT(strncmp(name, "part-", 5) == 0);
			EXPECT(strstr(name, ".json"));
			f = fopen(arena_printf(&r->arena, "%s/%s", dir, name),
				  "r");
			EXPECT(f);
			len = fread(data, 1, sizeof(data), f);
			text = arena_printf(&r->arena, "%s%.*s", text,
					    (int)len, data);
			fclose(f);
		} else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			(*ret_hidden)++;
		}
		free(entries[i]);
	}
	free(entries);
	return text;
}

TEST(files_are_visible_when_their_checkpoint_is_committed)
{
	unsigned hidden;
	struct rig r;

	rig_init(&r, "json");
	r.options.values[0] = rig_path(&r, "a/b");
	EXPECT_EQ(rig_sink(&r), 0);
	sink_write(&r, "one");
	sink_write(&r, "two");
	EXPECT_STR(visible(&r, rig_path(&r, "a/b"), &hidden), "");
	sink_cut(&r, 1);
	sink_write(&r, "three");
	EXPECT_STR(visible(&r, rig_path(&r, "a/b"), &hidden), "");
	EXPECT_EQ(hidden, 1);
	EXPECT_EQ(r.sink->type->committed(r.sink, 1, &r.err), 0);
	EXPECT_STR(visible(&r, rig_path(&r, "a/b"), &hidden),
		   "{\"s\":\"one\"}\n{\"s\":\"two\"}\n");
	sink_cut(&r, 2);
	EXPECT_EQ(r.sink->type->committed(r.sink, 2, &r.err), 0);
	/* a checkpoint without rows makes no file */
	sink_cut(&r, 3);
	EXPECT_EQ(r.sink->type->committed(r.sink, 3, &r.err), 0);
	EXPECT_STR(visible(&r, rig_path(&r, "a/b"), &hidden),
		   "{\"s\":\"one\"}\n{\"s\":\"two\"}\n{\"s\":\"three\"}\n");
	EXPECT_EQ(hidden, 0);
	rig_close(&r);
}

/* Dies at a point between two checkpoints; the sink object is left behind as a
 * killed process would leave its files: nothing is closed. */
static void
die(struct rig *r)
{
	char command[256];

	/* close() would remove the file at hand: keep it under its name */
	snprintf(command, sizeof(command),
		 "cd %s && for f in .part*; do [ -e $f ] && cp $f x$f; done;"
		 " true", r->dir);
	EXPECT_EQ(system(command), 0);
	sink_stop(r);
	snprintf(command, sizeof(command),
		 "cd %s && for f in x.part*; do [ -e $f ] && mv $f ${f#x};"
		 " done; true", r->dir);
	EXPECT_EQ(system(command), 0);
}

/* More rows than wait in memory: the file is there. */
static void
grow(struct rig *r)
{
	static char text[300000];
	const char *command = arena_printf(&r->arena,
					   "ls %s/.*.inprogress-* >/dev/null "
					   "2>&1", r->dir);

	memset(text, 'x', sizeof(text) - 1);
	sink_write(r, text);
	while (system(command) != 0)
		poll(NULL, 0, 1);
}

TEST(what_a_dead_run_left_is_shown_or_removed_by_its_checkpoint)
{
	unsigned hidden;
	struct rig r;

	rig_init(&r, "json");
	EXPECT_EQ(rig_sink(&r), 0);
	sink_write(&r, "one");
	sink_cut(&r, 1);
	sink_write(&r, "two");
	sink_cut(&r, 2);
	grow(&r);
	die(&r);
	EXPECT_STR(visible(&r, r.dir, &hidden), "");
	EXPECT_EQ(hidden, 3);
	/* another job's leftovers are its own business */
	rig_puts(&r, ".part-0-0.json.inprogress-other-j", "x");
	rig_puts(&r, ".part-0-0.json.epoch-1-other-j", "x");
	/* checkpoint 1 was committed, 2 was not */
	r.env.epoch = 1;
	r.env.seed = 1;
	EXPECT_EQ(rig_sink(&r), 0);
	EXPECT_STR(visible(&r, r.dir, &hidden), "{\"s\":\"one\"}\n");
	EXPECT_EQ(hidden, 2);
	sink_write(&r, "two");
	sink_cut(&r, 2);
	EXPECT_EQ(r.sink->type->committed(r.sink, 2, &r.err), 0);
	EXPECT(strstr(visible(&r, r.dir, &hidden), "two"));
	EXPECT_EQ(hidden, 2);
	rig_close(&r);
}

TEST(two_sinks_may_share_a_directory)
{
	struct rig r, other;
	unsigned hidden;

	rig_init(&r, "json");
	rig_init(&other, "json");
	other.options.values[0] = r.dir;
	EXPECT_EQ(rig_sink(&r), 0);
	EXPECT_EQ(rig_sink(&other), 0);
	for (uint64_t epoch = 1; epoch < 4; epoch++) {
		sink_write(&r, "b");
		sink_cut(&r, epoch);
		EXPECT_EQ(r.sink->type->committed(r.sink, epoch, &r.err), 0);
		sink_write(&other, "a");
		sink_cut(&other, epoch);
		EXPECT_EQ(other.sink->type->committed(other.sink, epoch,
						      &other.err), 0);
	}
	EXPECT_EQ(strlen(visible(&r, r.dir, &hidden)),
		  6 * strlen("{\"s\":\"a\"}\n"));
	rig_close(&other);
	rig_close(&r);
}

TEST(a_sink_whose_directory_is_gone_says_so)
{
	uint64_t acked;
	struct rig r;

	rig_init(&r, "json");
	r.options.values[0] = rig_path(&r, "gone");
	EXPECT_EQ(rig_sink(&r), 0);
	sink_write(&r, "one");
	EXPECT_EQ(rmdir(rig_path(&r, "gone")), 0);
	EXPECT_EQ(r.sink->type->cut(r.sink, 1, &r.err), 0);
	while (r.sink->type->acked(r.sink, &acked, &r.err) == 0)
		EXPECT(acked == 0);
	EXPECT_EQ(r.err.code, ERR_FILE);
	EXPECT(r.err.retriable);
	EXPECT(strstr(r.err.message, rig_path(&r, "gone")));
	EXPECT(r.sink->type->room(r.sink));
	rig_close(&r);
}

TEST(a_stopped_sink_leaves_no_rows_of_no_checkpoint)
{
	unsigned hidden;
	struct rig r;

	rig_init(&r, "json");
	EXPECT_EQ(rig_sink(&r), 0);
	grow(&r);
	rig_stop(&r);
	EXPECT_STR(visible(&r, r.dir, &hidden), "");
	EXPECT_EQ(hidden, 0);
	rig_close(&r);
}

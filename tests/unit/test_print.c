/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_print.c - rows as lines, and a reader that stops reading.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/nested.h"
#include "runtime/connector.h"
#include "test.h"

#define T(k) { .kind = (k), .nullable = true, .length = TYPE_LENGTH_MAX }
#define P(k, p, s) \
	{ .kind = (k), .nullable = true, .precision = (p), .scale = (s) }

static struct schema_column columns[] = {
	{ "i", T(TYPE_INT), 0 },
	{ "s", T(TYPE_VARCHAR), 0 },
	{ "d", T(TYPE_DOUBLE), 0 },
	{ "n", T(TYPE_INT), 0 },
	{ "ts", P(TYPE_TIMESTAMP, 3, 0), 0 },
	{ "l", P(TYPE_TIMESTAMP_LTZ, 3, 0), 0 },
	{ "b", T(TYPE_VARBINARY), 0 },
	{ "dm", P(TYPE_DECIMAL, 10, 2), 0 },
	{ "t", P(TYPE_TIME, 3, 0), 0 },
	{ "bo", T(TYPE_BOOLEAN), 0 },
	{ "dt", T(TYPE_DATE), 0 },
	{ "f", T(TYPE_FLOAT), 0 },
};
static const struct schema schema = { ARRAY_LEN(columns), columns };

struct rig {
	struct options options;
	struct connector_env env;
	struct sink *sink;
	struct batch *b;
	int read_fd;
	struct error err;
};

static void
rig_open(struct rig *r, const char **keys, const char **values, unsigned n)
{
	struct sink_spec spec = { .options = &r->options, .schema = &schema,
				  .env = &r->env };
	int fds[2];

	memset(r, 0, sizeof(*r));
	EXPECT_EQ(pipe(fds), 0);
	r->read_fd = fds[0];
	fcntl(r->read_fd, F_SETFL, O_NONBLOCK);
	r->env.out_fd = fds[1];
	r->options = (struct options){ .connector = "print", .n = n,
				       .keys = keys, .values = values };
	EXPECT_EQ(sink_type_find("print")->open(&r->sink, &spec, &r->err), 0);
	r->b = batch_create(NULL, &schema, BATCH_ROWS);
}

static void
rig_close(struct rig *r)
{
	r->sink->type->close(r->sink);
	batch_unref(r->b);
	close(r->env.out_fd);
	close(r->read_fd);
}

static const char *
rig_read(struct rig *r)
{
	static char text[200000];
	size_t n = 0;
	ssize_t got;

	while ((got = read(r->read_fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

/* 2026-01-02 03:04:05 */
#define INSTANT INT64_C(1767323045000000)

static void
set_row(struct batch *b, uint32_t i, int64_t us)
{
	b->col[0].i64[i] = 1;
	b->col[1].str[i] = str_ref("a b", 3);
	b->col[2].f64[i] = 1e10;
	column_set_null(&b->col[3], i, BATCH_ROWS, &b->arena);
	b->col[4].i64[i] = us;
	b->col[5].i64[i] = us;
	b->col[6].str[i] = str_ref("\0\xff", 2);
	b->col[7].i64[i] = 150;
	b->col[8].i64[i] = (us - INSTANT) / 1000 + 11045000;
	b->col[9].u8[i] = 1;
	b->col[10].i64[i] = 20455;
	b->col[11].f64[i] = 0.1f;
}

TEST(lines_look_as_flinks)
{
	const uint8_t kinds[] = { KIND_UPDATE_BEFORE, KIND_UPDATE_AFTER,
				  KIND_DELETE };
	struct rig r;

	rig_open(&r, NULL, NULL, 0);
	set_row(r.b, 0, INSTANT);
	set_row(r.b, 1, INSTANT + 500000);
	set_row(r.b, 2, INSTANT - 5000000);
	batch_seal(r.b, 3);
	EXPECT_EQ(r.sink->type->write(r.sink, r.b, NULL, &r.err), 0);
	EXPECT_STR(rig_read(&r),
		   "+I[1, a b, 1.0E10, null, 2026-01-02T03:04:05,"
		   " 2026-01-02T03:04:05Z, [0, -1], 1.50, 03:04:05, true,"
		   " 2026-01-02, 0.1]\n"
		   "+I[1, a b, 1.0E10, null, 2026-01-02T03:04:05.500,"
		   " 2026-01-02T03:04:05.500Z, [0, -1], 1.50, 03:04:05.500,"
		   " true, 2026-01-02, 0.1]\n"
		   "+I[1, a b, 1.0E10, null, 2026-01-02T03:04,"
		   " 2026-01-02T03:04:00Z, [0, -1], 1.50, 03:04, true,"
		   " 2026-01-02, 0.1]\n");
	EXPECT_EQ(r.sink->type->write(r.sink, r.b, kinds, &r.err), 0);
	EXPECT(strncmp(rig_read(&r), "-U[1, a b,", 10) == 0);
	rig_close(&r);
}

/* ARRAY<STRING>, MAP<STRING, INT>, ROW<a INT, b STRING> of one row each. */
static struct batch *
nested_batch(struct schema *s, struct arena *a)
{
	struct type_field fields[] = { { "a", TYPE_OF(TYPE_INT) },
				       { "b", TYPE_STRING_OF } };
	struct value x = { .str = str_ref("x", 1) };
	struct value items[] = { x, { .is_null = true } };
	struct value row[] = { { .i64 = 1 }, { .str = str_ref("z", 1) } };
	struct value one = { .i64 = 1 };
	struct batch *b;

	s->ncols = 3;
	s->cols = arena_array(a, 3, struct schema_column);
	s->cols[0].type = type_array(a, TYPE_STRING_OF);
	s->cols[1].type = type_map(a, TYPE_STRING_OF, TYPE_OF(TYPE_INT));
	s->cols[2].type = type_row(a, 2, fields);
	b = batch_create(NULL, s, 1);
	EXPECT(nested_make(a, s->cols[0].type, 2, items, &b->col[0].str[0]));
	EXPECT(nested_make_map(a, s->cols[1].type, 1, &x, &one,
			       &b->col[1].str[0]));
	EXPECT(nested_make(a, s->cols[2].type, 2, row, &b->col[2].str[0]));
	batch_seal(b, 1);
	return b;
}

TEST(nested_values_look_as_javas)
{
	struct arena a = { 0 };
	struct schema nested;
	struct rig r;

	rig_open(&r, NULL, NULL, 0);
	r.sink->type->close(r.sink);
	batch_unref(r.b);
	r.b = nested_batch(&nested, &a);
	EXPECT_EQ(sink_type_find("print")->open(
			  &r.sink, &(struct sink_spec){ .options = &r.options,
							.schema = &nested,
							.env = &r.env },
			  &r.err), 0);
	EXPECT_EQ(r.sink->type->write(r.sink, r.b, NULL, &r.err), 0);
	EXPECT_STR(rig_read(&r), "+I[[x, null], {x=1}, +I[1, z]]\n");
	rig_close(&r);
	arena_release(&a);
}

TEST(an_identifier_stands_before_each_line)
{
	const char *keys[] = { "print-identifier" };
	const char *values[] = { "ID" };
	const uint16_t sel[] = { 1 };
	struct rig r;

	rig_open(&r, keys, values, 1);
	set_row(r.b, 0, INSTANT);
	set_row(r.b, 1, INSTANT);
	batch_seal(r.b, 2);
	r.b->sel = sel;
	r.b->nsel = 1;
	EXPECT_EQ(r.sink->type->write(r.sink, r.b, NULL, &r.err), 0);
	EXPECT(strncmp(rig_read(&r), "ID> +I[1, ", 10) == 0);
	EXPECT_STR(rig_read(&r), "");
	rig_close(&r);
}

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

TEST(a_reader_that_stops_blocks_nobody_and_loses_nothing)
{
	uint64_t epoch = 0;
	size_t lines = 0, written = 0;
	struct rig r;

	rig_open(&r, NULL, NULL, 0);
	for (uint32_t i = 0; i < BATCH_ROWS; i++)
		set_row(r.b, i, INSTANT);
	batch_seal(r.b, BATCH_ROWS);
	while (r.sink->type->room(r.sink)) {
		EXPECT_EQ(r.sink->type->write(r.sink, r.b, NULL, &r.err), 0);
		written += BATCH_ROWS;
		EXPECT(written < 100 * BATCH_ROWS);
	}
	EXPECT_STR(r.sink->type->reason(r.sink),
		   "nobody reads the output of print");
	EXPECT_EQ(r.sink->type->cut(r.sink, 7, &r.err), 0);
	EXPECT_EQ(r.sink->type->acked(r.sink, &epoch, &r.err), 0);
	EXPECT_EQ(epoch, 0);
	EXPECT(!is_readable(r.sink->type->wake_fd(r.sink)));
	while (epoch != 7) {
		const char *text = rig_read(&r);

		for (; *text; text++)
			lines += *text == '\n';
		EXPECT(is_readable(r.sink->type->wake_fd(r.sink)));
		r.sink->type->woken(r.sink);
		EXPECT_EQ(r.sink->type->acked(r.sink, &epoch, &r.err), 0);
	}
	EXPECT(!is_readable(r.sink->type->wake_fd(r.sink)));
	for (const char *text = rig_read(&r); *text; text++)
		lines += *text == '\n';
	EXPECT_EQ(lines, written);
	EXPECT(r.sink->type->room(r.sink));
	EXPECT(!r.sink->type->reason(r.sink));
	rig_close(&r);
}

TEST(a_reader_that_has_gone_is_an_error)
{
	struct rig r;

	signal(SIGPIPE, SIG_IGN);
	rig_open(&r, NULL, NULL, 0);
	close(r.read_fd);
	r.read_fd = -1;
	set_row(r.b, 0, INSTANT);
	batch_seal(r.b, 1);
	EXPECT_EQ(r.sink->type->write(r.sink, r.b, NULL, &r.err), -1);
	EXPECT_STR(r.err.message, "print cannot write its output: Broken pipe");
	rig_close(&r);
}

TEST(nowhere_takes_everything)
{
	struct connector_env env = { .out_fd = -1 };
	struct options options = { .connector = "print" };
	struct sink_spec spec = { .options = &options, .schema = &schema,
				  .env = &env };
	static const char *const names[] = { "print", "blackhole" };
	struct batch *b = batch_create(NULL, &schema, 1);
	struct error err;

	set_row(b, 0, INSTANT);
	batch_seal(b, 1);
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		const struct sink_type *type = sink_type_find(names[i]);
		struct sink *sink;

		EXPECT_EQ(type->open(&sink, &spec, &err), 0);
		EXPECT_EQ(type->write(sink, b, NULL, &err), 0);
		EXPECT(!type->room || type->room(sink));
		type->close(sink);
	}
	batch_unref(b);
}

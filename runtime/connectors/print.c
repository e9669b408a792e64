/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/print.c - rows as lines of text, as Flink's print sink
 * shows them: +I[1, a b, 1.0E10, null, 2026-01-02T03:04:05].
 *
 * Nothing here waits for the reader: lines that the descriptor does not take
 * stay in a buffer, and a full buffer is "no room". A descriptor that says it
 * is writable takes PIPE_BUF bytes without waiting, so no more go at a time.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/nested.h"
#include "base/time.h"
#include "runtime/connector.h"

/* Output that waits; then sources wait too. */
#define WAITING_MAX (256 * 1024)

struct print {
	struct sink sink;
	int fd; /* -1: nowhere */
	bool is_file;
	int epoll_fd; /* readable when fd takes bytes again; -1: not needed */
	bool armed;
	char *prefix; /* "ID> " */
	const struct schema *schema;
	struct buf out;
	size_t done;  /* of out */
	uint64_t written, cut_at; /* bytes in all; those of the cut */
	uint64_t cut_epoch, acked_epoch;
};

/* ---- the text of values: Java's toString() ---- */

/* LocalTime: no seconds when they are 0, the fraction in threes. */
static void
put_time_of_day(struct buf *out, int64_t us, bool seconds_always)
{
	char text[TIME_TEXT_MAX];
	int64_t fraction = us % US_PER_SECOND;
	unsigned digits = fraction == 0 ? 0 : fraction % 1000 == 0 ? 3 : 6;
	bool seconds = seconds_always || us % US_PER_MINUTE != 0;
	size_t n = us_format(us, digits, 'T', text); /* of 1970-01-01 */

	buf_append(out, text + 11, seconds ? n - 11 : 5);
}

static void
put_instant(struct buf *out, int64_t us, bool ltz)
{
	char text[TIME_TEXT_MAX];

	buf_append(out, text, date_format(floor_div(us, US_PER_DAY), text));
	buf_putc(out, 'T');
	put_time_of_day(out, floor_mod(us, US_PER_DAY), ltz);
	if (ltz)
		buf_putc(out, 'Z');
}

/* "[0, -1]": Java's bytes are signed. */
static void
put_bytes(struct buf *out, struct str s)
{
	const char *data = str_data(&s);

	buf_putc(out, '[');
	for (uint32_t i = 0; i < s.len; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		buf_i64(out, (int8_t)data[i]);
	}
	buf_putc(out, ']');
}

static void
put_date(struct buf *out, int64_t days)
{
	buf_added(out, date_format(days, buf_room(out, TIME_TEXT_MAX)));
}

static void put_nested(struct buf *out, struct str s, struct type t);

static void
put_value(struct buf *out, const struct column *c, uint32_t row, struct type t)
{
	switch (t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, c->u8[row] ? "true" : "false");
		return;
	case TYPE_FLOAT:
		buf_f32(out, (float)c->f64[row]);
		return;
	case TYPE_DOUBLE:
		buf_f64(out, c->f64[row]);
		return;
	case TYPE_DECIMAL:
		buf_added(out, decimal_format(c->phys == PHYS_I64
						      ? c->i64[row]
						      : c->i128[row],
					      t.scale,
					      buf_room(out, DECIMAL_TEXT_MAX)));
		return;
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		buf_str(out, c->str[row]);
		return;
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		put_bytes(out, c->str[row]);
		return;
	case TYPE_DATE:
		put_date(out, c->i64[row]);
		return;
	case TYPE_TIME:
		put_time_of_day(out, c->i64[row] * US_PER_MS, false);
		return;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		put_instant(out, c->i64[row], t.kind == TYPE_TIMESTAMP_LTZ);
		return;
	case TYPE_ARRAY:
	case TYPE_MULTISET:
	case TYPE_MAP:
	case TYPE_ROW:
		put_nested(out, c->str[row], t);
		return;
	default:
		buf_i64(out, c->i64[row]);
	}
}

static void
put_item(struct buf *out, const struct nested *v, uint32_t i, struct type t)
{
	struct value x = nested_get(v, i, t);
	struct column one = { .phys = phys_of(t), .data = &x.u8 };

	if (x.is_null)
		buf_puts(out, "null");
	else
		put_value(out, &one, 0, t);
}

/* [1, null], {k=1}, +I[1, z]: Java's lists, maps and Flink's rows. */
static void
put_nested(struct buf *out, struct str s, struct type t)
{
	bool map = t.kind == TYPE_MAP || t.kind == TYPE_MULTISET;
	struct nested v;
	uint32_t n;

	nested_open(&s, &v);
	n = map ? nested_entries(&v) : v.n;
	buf_puts(out, map ? "{" : t.kind == TYPE_ROW ? "+I[" : "[");
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		put_item(out, &v, i, nested_item_type(&v, t, i));
		if (!map)
			continue;
		buf_putc(out, '=');
		put_item(out, &v, n + i, type_value(t));
	}
	buf_putc(out, map ? '}' : ']');
}

static void
put_row(struct print *p, const struct batch *b, uint32_t row,
	enum change_kind kind)
{
	buf_puts(&p->out, p->prefix);
	buf_puts(&p->out, change_kind_text[kind]);
	buf_putc(&p->out, '[');
	for (unsigned c = 0; c < p->schema->ncols; c++) {
		if (c > 0)
			buf_puts(&p->out, ", ");
		if (column_is_null(&b->col[c], row))
			buf_puts(&p->out, "null");
		else
			put_value(&p->out, &b->col[c], row,
				  p->schema->cols[c].type);
	}
	buf_puts(&p->out, "]\n");
}

/* ---- writing ---- */

static bool
takes_bytes(const struct print *p)
{
	struct pollfd poll_fd = { .fd = p->fd, .events = POLLOUT };

	return p->is_file || (poll(&poll_fd, 1, 0) == 1 &&
			      (poll_fd.revents & ~POLLNVAL) != 0);
}

/* Asks to be woken when the descriptor takes bytes again. */
static void
arm(struct print *p)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLONESHOT };

	if (p->epoll_fd < 0 || p->armed)
		return;
	p->armed = epoll_ctl(p->epoll_fd, EPOLL_CTL_MOD, p->fd, &event) == 0;
}

/* How many bytes go at once: whole lines, since others may write between. */
static size_t
portion(const struct print *p)
{
	const char *data = p->out.data + p->done, *end;
	size_t left = p->out.len - p->done;

	if (p->is_file || left <= PIPE_BUF)
		return left;
	end = memrchr(data, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - data) : PIPE_BUF;
}

static int
flush(struct print *p, struct error *err)
{
	while (p->done < p->out.len && takes_bytes(p)) {
		ssize_t n = write(p->fd, p->out.data + p->done, portion(p));

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			break;
		if (n < 0)
			return error_errno(err, ERR_FILE, errno,
					   "print cannot write its output");
		p->done += (size_t)n;
		p->written += (uint64_t)n;
	}
	if (p->done == p->out.len) {
		p->done = 0;
		buf_clear(&p->out);
	} else {
		if (p->done >= WAITING_MAX) {
			p->out.len -= p->done;
			memmove(p->out.data, p->out.data + p->done, p->out.len);
			p->done = 0;
		}
		arm(p);
	}
	if (p->written >= p->cut_at)
		p->acked_epoch = p->cut_epoch;
	return 0;
}

static int
print_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	    struct error *err)
{
	struct print *p = (struct print *)sink;

	if (p->fd < 0)
		return 0;
	batch_each(b, row)
		put_row(p, b, row, kinds ? kinds[row] : KIND_INSERT);
	return flush(p, err);
}

static bool
print_room(struct sink *sink)
{
	struct print *p = (struct print *)sink;
	struct error ignored; /* the next write() meets it again */

	if (p->out.len - p->done >= WAITING_MAX)
		flush(p, &ignored);
	return p->out.len - p->done < WAITING_MAX;
}

static int
print_cut(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct print *p = (struct print *)sink;

	p->cut_epoch = epoch;
	p->cut_at = p->written + (p->out.len - p->done);
	return flush(p, err);
}

static int
print_acked(struct sink *sink, uint64_t *ret_epoch, struct error *err)
{
	struct print *p = (struct print *)sink;

	if (flush(p, err) < 0)
		return -1;
	*ret_epoch = p->acked_epoch;
	return 0;
}

static int
print_wake_fd(struct sink *sink)
{
	return ((struct print *)sink)->epoll_fd;
}

static void
print_woken(struct sink *sink)
{
	struct print *p = (struct print *)sink;
	struct epoll_event event;
	struct error ignored; /* the next write() meets it again */

	while (epoll_wait(p->epoll_fd, &event, 1, 0) > 0)
		p->armed = false;
	flush(p, &ignored);
}

static const char *
print_reason(struct sink *sink)
{
	struct print *p = (struct print *)sink;

	return p->done < p->out.len ? "nobody reads the output of print" : NULL;
}

/* ---- lifetime ---- */

static void
print_close(struct sink *sink)
{
	struct print *p = (struct print *)sink;
	struct error ignored; /* nobody is left to be told */

	if (!p)
		return;
	if (p->fd >= 0)
		flush(p, &ignored);
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	buf_release(&p->out);
	free(p->prefix);
	free(p);
}

static char *
make_prefix(const char *identifier)
{
	struct buf text;

	buf_init(&text);
	if (identifier && *identifier) {
		buf_puts(&text, identifier);
		buf_puts(&text, "> ");
	}
	buf_cstr(&text);
	return text.data; /* owned by the caller now */
}

/* Files and /dev/null cannot be watched and never need to be. */
static void
watch(struct print *p)
{
	struct epoll_event event = { .events = EPOLLONESHOT };
	struct stat st;

	p->is_file = fstat(p->fd, &st) == 0 && S_ISREG(st.st_mode);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd >= 0 &&
	    epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->fd, &event) < 0) {
		close(p->epoll_fd);
		p->epoll_fd = -1;
	}
}

static int
print_open(struct sink **ret, const struct sink_spec *spec, struct error *err)
{
	const char *standard_error =
		options_get(spec->options, "standard-error");
	struct print *p = mem_zalloc(sizeof(*p));

	(void)err;
	p->sink.type = &print_sink_type;
	p->schema = spec->schema;
	p->fd = spec->env->out_fd;
	if (p->fd >= 0 && standard_error && strcmp(standard_error, "true") == 0)
		p->fd = STDERR_FILENO;
	p->epoll_fd = -1;
	p->prefix = make_prefix(options_get(spec->options, "print-identifier"));
	buf_init(&p->out);
	if (p->fd >= 0)
		watch(p);
	*ret = &p->sink;
	return 0;
}

const struct sink_type print_sink_type = {
	.name = "print",
	.open = print_open,
	.write = print_write,
	.room = print_room,
	.cut = print_cut,
	.acked = print_acked,
	.wake_fd = print_wake_fd,
	.woken = print_woken,
	.reason = print_reason,
	.close = print_close,
};

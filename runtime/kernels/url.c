/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/url.c - URL_ENCODE and URL_DECODE as forms are encoded, and
 * the parts of a URL as Java's java.net.URL tells them.
 */
#include <strings.h>

#include "runtime/kernels/charset.h"
#include "runtime/kernels/text.h"

/* ---- encoding ---- */

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static void
url_encode(struct frame *f)
{
	static const char digits[] = "0123456789ABCDEF";

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		const char *text = str_data(&s);
		char *out = text_room(f, row, (size_t)3 * s.len), *end = out;

		for (uint32_t i = 0; out && i < s.len; i++) {
			char c = text[i];

			if (c == ' ') {
				*end++ = '+';
			} else if (is_alnum(c) || (c && strchr(".-*_", c))) {
				*end++ = c;
			} else {
				*end++ = '%';
				*end++ = digits[(uint8_t)c >> 4];
				*end++ = digits[c & 15];
			}
		}
		if (out)
			text_put(f, row, out, (size_t)(end - out));
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: a % without two digits behind it. */
static bool
percent_decode(const char *text, size_t n, char *out, size_t *ret_n)
{
	char *start = out;

	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (text[i] != '%') {
			*out++ = text[i] == '+' ? ' ' : text[i];
			continue;
		}
		high = i + 2 < n ? hex_value(text[i + 1]) : -1;
		low = i + 2 < n ? hex_value(text[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		*out++ = (char)(high << 4 | low);
		i += 2;
	}
	*ret_n = (size_t)(out - start);
	return true;
}

static void
url_decode(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		char *bytes = text_room(f, row, (size_t)4 * s.len), *out;
		size_t n;

		if (!bytes)
			continue;
		if (!percent_decode(str_data(&s), s.len, bytes, &n)) {
			frame_null(f, row);
			continue;
		}
		out = bytes + s.len;
		text_put(f, row, out, utf8_repair(bytes, n, out));
	}
}

/* ---- parts ---- */

/* Bytes start..end of the URL; start == NULL: the part is not there. */
struct part {
	const char *start, *end;
};

struct url {
	struct part protocol, authority, user_info, host, path, query, file,
		ref;
};

static const char *
find_in(struct part p, char c)
{
	return memchr(p.start, c, (size_t)(p.end - p.start));
}

/* Cuts the part at `at`; what is behind that character. NULL: nothing. */
static struct part
cut_at(struct part *p, const char *at)
{
	struct part behind = { NULL, NULL };

	if (!at)
		return behind;
	behind = (struct part){ at + 1, p->end };
	p->end = at;
	return behind;
}

/* Is it one that Java knows? Then it is written in lower case. */
static bool
know_protocol(struct part *p)
{
	static const char *const known[] = { "http", "https", "ftp", "file" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t n = strlen(known[i]);

		if ((size_t)(p->end - p->start) != n ||
		    strncasecmp(p->start, known[i], n) != 0)
			continue;
		*p = (struct part){ known[i], known[i] + n };
		return true;
	}
	return false;
}

static bool
is_port(struct part p)
{
	if (!p.start || p.start == p.end)
		return true;
	for (const char *c = p.start; c < p.end; c++) {
		if (*c < '0' || *c > '9')
			return false;
	}
	return p.end - p.start <= 9;
}

/* [user@]host[:port]; false: no URL. */
static bool
parse_authority(struct url *u)
{
	struct part behind;
	const char *at = find_in(u->authority, '@');

	u->host = u->authority;
	behind = cut_at(&u->host, at);
	if (at && memchr(behind.start, '@', (size_t)(behind.end -
						     behind.start))) {
		u->host.start = u->host.end; /* Java: two of them, no host */
		return true;
	}
	if (at) {
		u->user_info = u->host;
		u->host = behind;
	}
	if (u->host.start < u->host.end && *u->host.start == '[') {
		const char *close = find_in(u->host, ']');

		if (!close || (close + 1 < u->host.end && close[1] != ':'))
			return false;
		behind = (struct part){ close + 1, u->host.end };
		u->host.end = close + 1;
		behind.start += behind.start < behind.end;
		return is_port(behind);
	}
	return is_port(cut_at(&u->host, find_in(u->host, ':')));
}

/* protocol:[//authority][path][?query][#ref]; false: Java would not take it,
 * for its form or for a protocol that it does not know. */
static bool
url_parse(const struct str *s, struct url *u)
{
	struct part rest = { str_data(s), str_data(s) + s->len };
	const char *slash;

	*u = (struct url){ 0 };
	while (rest.start < rest.end && (uint8_t)*rest.start <= ' ')
		rest.start++;
	while (rest.start < rest.end && (uint8_t)rest.end[-1] <= ' ')
		rest.end--;
	u->protocol = rest;
	rest = cut_at(&u->protocol, find_in(u->protocol, ':'));
	if (!rest.start || !know_protocol(&u->protocol))
		return false;
	u->ref = cut_at(&rest, find_in(rest, '#'));
	u->file = rest;
	u->query = cut_at(&rest, find_in(rest, '?'));
	u->host = (struct part){ rest.start, rest.start };
	if (rest.end - rest.start >= 2 && memcmp(rest.start, "//", 2) == 0) {
		u->authority = (struct part){ rest.start + 2, rest.end };
		slash = find_in(u->authority, '/');
		if (slash)
			u->authority.end = slash;
		rest.start = u->authority.end;
		u->file.start = rest.start;
		if (!parse_authority(u))
			return false;
	}
	u->path = rest;
	return true;
}

static struct part
url_part(const struct url *u, const struct str *name)
{
	static const struct {
		const char *name;
		size_t offset;
	} parts[] = {
		{ "HOST", offsetof(struct url, host) },
		{ "PATH", offsetof(struct url, path) },
		{ "QUERY", offsetof(struct url, query) },
		{ "REF", offsetof(struct url, ref) },
		{ "PROTOCOL", offsetof(struct url, protocol) },
		{ "FILE", offsetof(struct url, file) },
		{ "AUTHORITY", offsetof(struct url, authority) },
		{ "USERINFO", offsetof(struct url, user_info) },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (strlen(parts[i].name) == name->len &&
		    memcmp(parts[i].name, str_data(name), name->len) == 0)
			return *(const struct part *)((const char *)u +
						      parts[i].offset);
	}
	return (struct part){ NULL, NULL };
}

/* The value behind key= in a query. */
static struct part
query_value(struct part query, const struct str *key)
{
	while (query.start) {
		struct part item = query;

		query = cut_at(&item, find_in(item, '&'));
		if ((size_t)(item.end - item.start) > key->len &&
		    item.start[key->len] == '=' &&
		    memcmp(item.start, str_data(key), key->len) == 0)
			return (struct part){ item.start + key->len + 1,
					      item.end };
	}
	return (struct part){ NULL, NULL };
}

static void
parse_url(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), name = arg_str(f, 1, row);
		struct part part = { NULL, NULL };
		struct url u;

		if (url_parse(&s, &u))
			part = url_part(&u, &name);
		if (part.start && f->call->nargs == 3) {
			struct str key = arg_str(f, 2, row);

			if (part.start == u.query.start)
				part = query_value(part, &key);
			else
				part.start = NULL;
		}
		if (part.start)
			f->out->str[row] = str_ref(part.start,
						   (uint32_t)(part.end -
							      part.start));
		else
			frame_null(f, row);
	}
}

/* ---- picks ---- */

static bool
pick_url_code(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) &&
	       pick_sparse(k, k->function == FN_URL_ENCODE ? url_encode
							   : url_decode);
}

static bool
pick_parse_url(struct kernel_call *k)
{
	return text_shape_is(k, k->nargs, PHYS_STR) &&
	       pick_sparse(k, parse_url);
}

const struct kernel url_kernels[] = {
	{ FN_URL_ENCODE, pick_url_code },
	{ FN_URL_DECODE, pick_url_code },
	{ FN_PARSE_URL, pick_parse_url },
	{ FN_NONE, NULL },
};

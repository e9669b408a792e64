/* SPDX-License-Identifier: Apache-2.0
 * client/row.c - cuts {"op":"+U","row":[...]} into its cells without reading
 * them: most are shown as they came.
 */
#include "client/row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

/* Cuts the array that begins at *p ('[') into its elements' texts. */
static unsigned
split(const char *p, const char *end, struct cell *cells, unsigned max)
{
	unsigned n = 0;
	int depth = 0;
	bool quoted = false;
	const char *began = ++p;

	for (; p < end; p++) {
		if (quoted) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				quoted = false;
		} else if (*p == '"') {
			quoted = true;
		} else if (*p == '[' || *p == '{') {
			depth++;
		} else if (depth > 0 && (*p == ']' || *p == '}')) {
			depth--;
		} else if (depth == 0 && (*p == ',' || *p == ']')) {
			if (n < max && p > began)
				cells[n++] = (struct cell){ began,
							    (size_t)(p - began) };
			began = p + 1;
			if (*p == ']')
				break;
		}
	}
	return n;
}

bool
row_is_here(const char *line, size_t n)
{
	return n > 6 && (memcmp(line, "{\"row\"", 6) == 0 ||
			 memcmp(line, "{\"op\":", 6) == 0);
}

bool
row_read(struct row *r, const char *line, size_t n, unsigned ncols)
{
	char *at;

	*r = (struct row){ .line = mem_alloc(n + 1) };
	memcpy(r->line, line, n);
	r->line[n] = '\0';
	at = r->line;
	if (n > 10 && memcmp(at, "{\"op\":\"", 7) == 0) {
		r->op = at + 7;
		at[9] = '\0';
		at += 10;
	}
	at = memchr(at, '[', n - (size_t)(at - r->line));
	r->cells = mem_zalloc((ncols + 1) * sizeof(*r->cells));
	if (!at || split(at, r->line + n, r->cells, ncols) != ncols) {
		row_release(r);
		return false;
	}
	r->values = at;
	r->values_n = n - (size_t)(at - r->line);
	return true;
}

void
row_release(struct row *r)
{
	free(r->line);
	free(r->cells);
	*r = (struct row){ NULL, NULL, NULL, 0, NULL };
}

bool
cell_is_null(const struct cell *c)
{
	return c->n == 4 && memcmp(c->text, "null", 4) == 0;
}

void
cell_text(const struct cell *c, struct buf *out)
{
	json_t *s;

	if (cell_is_null(c))
		return;
	if (c->text[0] != '"') {
		buf_append(out, c->text, c->n);
		return;
	}
	if (!memchr(c->text, '\\', c->n)) {
		buf_append(out, c->text + 1, c->n - 2);
		return;
	}
	s = json_loadb(c->text, c->n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (s)
		buf_append(out, json_string_value(s), json_string_length(s));
	json_decref(s);
}

bool
type_is_number(const char *type)
{
	static const char *const numbers[] = {
		"TINYINT", "SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT",
		"DOUBLE",
	};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		size_t n = strlen(numbers[i]);

		if (strncmp(type, numbers[i], n) == 0 &&
		    (type[n] == '\0' || type[n] == ' ' || type[n] == '('))
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose_key.c - which columns of a proposal are the records' key, and
 * which is their time.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/parse.h"
#include "runtime/propose_impl.h"

/* `name`, or that with a number behind it where it is taken. */
static const char *
name_free(const struct proposal *p, const char *name)
{
	const char *free_name = name;

	for (unsigned n = 2; proposal_find(p, free_name); n++)
		free_name = arena_printf(p->a, "%s_%u", name, n);
	return free_name;
}

/* ---- the key ---- */

static bool
same_json(const struct json_doc *a, uint32_t x, const struct json_doc *b,
	  uint32_t y)
{
	struct buf s, t;
	bool same;

	if (x == UINT32_MAX || y == UINT32_MAX)
		return false;
	buf_init(&s);
	buf_init(&t);
	json_write(a, x, &s);
	json_write(b, y, &t);
	same = s.len == t.len && memcmp(s.data, t.data, s.len) == 0;
	buf_release(&s);
	buf_release(&t);
	return same;
}

/* In every record all fields of the key stand in the value as well. */
static bool
key_is_in_value(const struct proposal *p, const struct shape *key)
{
	bool changes = strcmp(p->format, "debezium-json") == 0, all = true;
	struct json_doc k, v;

	for (const struct shape_field *f = key->fields; f; f = f->next)
		all &= proposal_find(p, f->name) != NULL;
	json_doc_init(&k);
	json_doc_init(&v);
	for (unsigned i = 0; i < p->n && all; i++) {
		const struct sample_record *r = &p->rec[i];
		uint32_t row = 0;

		if (!sample_parse(r, &v))
			continue; /* a tombstone: its key is all it has */
		all = content_of(&k, r->key, r->key_len) == JSON_OBJECTS;
		if (changes) {
			row = json_member_named(&v, json_change(&v), "after");
			if (!json_is_object(&v, row))
				row = json_member_named(&v, json_change(&v), "before");
		}
		for (const struct shape_field *f = key->fields; f && all;
		     f = f->next)
			all = same_json(&k, json_member_named(&k, 0, f->name), &v,
					json_member_named(&v, row, f->name));
	}
	json_doc_release(&k);
	json_doc_release(&v);
	return all;
}

static const char *
prefix_free(const struct proposal *p)
{
	const char *prefix = "key_";

	for (unsigned n = 2;; n++) {
		const struct proposed_column *c = p->cols;

		while (c && strncmp(c->name, prefix, strlen(prefix)) != 0)
			c = c->next;
		if (!c)
			return prefix;
		prefix = arena_printf(p->a, "key%u_", n);
	}
}

/* False: none of the objects has a field. */
static bool
propose_json_key(struct proposal *p, bool all)
{
	struct shape *key = arena_new(p->a, struct shape);
	struct json_doc d;

	json_doc_init(&d);
	shape_init(key);
	for (unsigned i = 0; i < p->n; i++)
		if (content_of(&d, p->rec[i].key, p->rec[i].key_len) ==
		    JSON_OBJECTS)
			shape_add(key, &d, 0, p->a);
	json_doc_release(&d);
	if (key->nfields == 0)
		return false;
	p->key_format = "json";
	if (all && strcmp(p->format, "raw") != 0 && key_is_in_value(p, key)) {
		for (const struct shape_field *f = key->fields; f; f = f->next)
			proposal_find(p, f->name)->in_key = true;
		return true;
	}
	p->except_key = true;
	p->key_prefix = prefix_free(p);
	for (const struct shape_field *f = key->fields; f; f = f->next)
		proposal_field(p, arena_printf(p->a, "%s%s", p->key_prefix,
						f->name), &f->shape, key->n)
			->in_key = true;
	return true;
}

static void
propose_raw_key(struct proposal *p, const struct contents *c)
{
	bool text = c->n[BINARY] + c->n[AVRO] == 0;
	const struct sample_record *r;
	struct proposed_column *col;

	p->key_format = "raw";
	p->except_key = true;
	col = proposal_column(p, name_free(p, "key"), text ? "STRING" : "BYTES");
	col->in_key = true;
	col->seen = p->n - c->tombstones;
	col->note = "the record's key";
	r = &p->rec[c->n[TEXT] ? c->first[TEXT] : c->first[JSON_OBJECTS]];
	if (text && r->key)
		col->example = arena_strndup(p->a, r->key,
					     r->key_len < 60 ? r->key_len
							     : 0);
}

static bool
is_upsert(const struct proposal *p)
{
	return strcmp(p->table->connector, "upsert-kafka") == 0;
}

/* A change says by itself what its row's key is: the table's, if anything. */
static void
propose_key_of_changes(struct proposal *p)
{
	struct proposed_column **at;

	p->key_format = NULL;
	p->primary_key = !p->except_key;
	if (!p->except_key)
		return;
	/* Fields of the key that no row has are of no use. */
	at = &p->cols;
	while (*at) {
		if (!(*at)->in_key) {
			at = &(*at)->next;
			continue;
		}
		*at = (*at)->next;
		p->ncols--;
	}
	p->tail = at;
	p->except_key = false;
	p->key_prefix = NULL;
}

void
propose_key(struct proposal *p)
{
	struct contents c, values;

	proposal_look(p, true, &c);
	if (c.n[NOTHING] == p->n)
		return;
	if (c.n[JSON_OBJECTS] < p->n - c.n[NOTHING] ||
	    !propose_json_key(p, c.n[NOTHING] == 0))
		propose_raw_key(p, &c);
	if (strcmp(p->format, "debezium-json") == 0) {
		propose_key_of_changes(p);
		return;
	}
	p->primary_key = is_upsert(p);
	proposal_look(p, false, &values);
	if (values.tombstones > 0 && !is_upsert(p))
		proposal_notice(p, "%u of %u records have a key and no value "
				"(tombstones): 'connector' = 'upsert-kafka' "
				"with the key's columns as PRIMARY KEY reads "
				"the topic as a table in which they delete",
				values.tombstones, p->n);
}

/* ---- the time ---- */

static bool
is_named_like_time(const char *name)
{
	static const char *const parts[] = { "time", "date", "when" };
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strcasestr(name, parts[i]))
			return true;
	return strcasecmp(name, "ts") == 0 || strcasecmp(name, "at") == 0 ||
	       (n > 3 && (strcasecmp(name + n - 3, "_ts") == 0 ||
			  strcasecmp(name + n - 3, "_at") == 0 ||
			  strcasecmp(name + n - 3, "_ms") == 0)) ||
	       (n > 2 && (strcmp(name + n - 2, "At") == 0 ||
			  strcmp(name + n - 2, "Ts") == 0)) ||
	       strncasecmp(name, "ts_", 3) == 0;
}

/* Digits behind the second of a number of 2001 to 2286; -1: it is no such. */
static int
epoch_digits(const struct shape *s)
{
	if (s->integers != s->n || s->wide)
		return -1;
	if (s->min >= INT64_C(1000000000) && s->max < INT64_C(10000000000))
		return 0;
	if (s->min >= INT64_C(1000000000000) && s->max < INT64_C(10000000000000))
		return 3;
	return -1;
}

/* How likely it is the time of the event; 0: it cannot be. */
static int
time_score(const struct proposal *p, const struct proposed_column *c)
{
	enum text_form form;
	int named;

	if (!c->shape || c->shape->nulls || c->seen != c->of || c->in_key)
		return 0;
	named = is_named_like_time(c->name);
	form = shape_form(c->shape, p->iso);
	if (form == FORM_INSTANT || form == FORM_INSTANT_ISO ||
	    form == FORM_TIMESTAMP || form == FORM_TIMESTAMP_ISO)
		return 2 + 2 * named;
	return named && epoch_digits(c->shape) >= 0 ? 3 : 0;
}

static const struct proposed_column *
find_time(const struct proposal *p)
{
	const struct proposed_column *best = NULL;

	for (const struct proposed_column *c = p->cols; c; c = c->next)
		if (!strchr(c->type, '<') && time_score(p, c) > 0 &&
		    (!best || time_score(p, c) >
				      time_score(p, best)))
			best = c;
	return best;
}

/* A column with the time that a watermark can stand on: at most three digits
 * behind the second. */
static void
use_time(struct proposal *p, const struct proposed_column *c)
{
	int digits = epoch_digits(c->shape);
	struct proposed_column *t;

	if (digits < 0 && c->shape->fraction <= 3) {
		p->time_column = c->name;
		p->time_reason = "every record has it";
		return;
	}
	t = proposal_column(p, name_free(p, "event_time"), "TIMESTAMP_LTZ(3)");
	t->computed = true;
	t->seen = c->seen;
	t->note = arena_printf(p->a, "computed from %s", c->name);
	if (digits >= 0)
		t->how = arena_printf(p->a, "TO_TIMESTAMP_LTZ(%s, %d)",
				      parse_quoted(c->name, p->a), digits);
	else if (strncmp(c->type, "TIMESTAMP_LTZ", 13) == 0)
		t->how = arena_printf(p->a, "CAST(%s AS TIMESTAMP_LTZ(3))",
				      parse_quoted(c->name, p->a));
	else {
		t->type = "TIMESTAMP(3)";
		t->how = arena_printf(p->a, "CAST(%s AS TIMESTAMP(3))",
				      parse_quoted(c->name, p->a));
	}
	p->time_column = t->name;
	p->time_reason = digits >= 0
		? arena_printf(p->a, "%s counts %sseconds since 1970", c->name,
			       digits ? "milli" : "")
		: arena_printf(p->a, "%s has more digits than a watermark "
			       "may", c->name);
}

static void
use_record_time(struct proposal *p)
{
	char text[TIME_TEXT_MAX];
	struct proposed_column *t;

	t = proposal_column(p, name_free(p, "ts"), "TIMESTAMP_LTZ(3)");
	t->how = "METADATA FROM 'timestamp'";
	t->seen = p->n;
	t->note = "the record's own time";
	us_format_iso(p->rec[0].timestamp_us, text);
	t->example = arena_strdup(p->a, text);
	p->time_column = t->name;
	p->time_reason = "no field of the records looks like their time";
}

/* Tables whose rows are updated get none: windows want rows that stay. */
void
propose_time(struct proposal *p)
{
	const struct proposed_column *c = find_time(p);

	if (is_upsert(p) || strcmp(p->format, "debezium-json") == 0)
		return;
	if (c)
		use_time(p, c);
	else if (p->rec[0].timestamp_us != TIME_NONE)
		use_record_time(p);
}

/* What stands on a column that is no time after all goes with it. */
static void
drop_time(struct proposal *p)
{
	struct proposed_column **at = &p->cols;

	while (*at) {
		bool drop = (*at)->computed ||
			    ((*at)->how && p->time_column &&
			     strcmp((*at)->name, p->time_column) == 0);

		if (drop) {
			*at = (*at)->next;
			p->ncols--;
		} else {
			at = &(*at)->next;
		}
	}
	p->tail = at;
	p->time_column = NULL;
}

void
proposal_make_text(struct proposal *p, struct proposed_column *c,
		   unsigned nbad)
{
	c->note = arena_printf(p->a, "%u of %u cannot be read as %s%s%s", nbad,
			       c->seen, c->type, c->note ? "; " : "",
			       c->note ? c->note : "");
	c->type = "STRING";
	c->shape = NULL;
	drop_time(p);
	propose_time(p);
}

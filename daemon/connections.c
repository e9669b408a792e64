/* SPDX-License-Identifier: Apache-2.0
 * daemon/connections.c - sections [kafka "name"]: the same gate as SQL's
 * 'properties.*' (parser/kafka_keys.h) on their way in, put beside a table's
 * own options when a plan is about to run, so that nothing below daemon/ knows
 * of them and no catalog, job file or plan keeps a copy.
 */
#include "daemon/connections.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/hash.h"
#include "parser/kafka_keys.h"
#include "parser/plan.h"
#include "runtime/connectors/kafka_properties.h"

#define HEAD "kafka \""
#define NAME_MAX_BYTES 32
#define KEYS_MAX 64
#define PREFIX "properties."

/* ---- reading ---- */

bool
connection_is_section(const char *section)
{
	return strncmp(section, HEAD, strlen(HEAD)) == 0;
}

/* The name between the quotes, or -1. */
static int
section_name(const char *section, char out[NAME_MAX_BYTES + 1])
{
	const char *name = section + strlen(HEAD);
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (n == 0 || n > NAME_MAX_BYTES || strcmp(name + n, "\"") != 0)
		return -1;
	snprintf(out, NAME_MAX_BYTES + 1, "%.*s", (int)n, name);
	return 0;
}

int
connection_check_section(const char *section, struct error *err)
{
	char name[NAME_MAX_BYTES + 1];

	if (section_name(section, name) == 0)
		return 0;
	return error_set(err, ERR_CONFIG,
			 "[%s]: a connection is written [kafka \"name\"], its "
			 "name 1 to %d of A-Z a-z 0-9 _ -", section,
			 NAME_MAX_BYTES);
}

static struct connection *
find(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->nconnections; i++)
		if (strcmp(c->connections[i].name, name) == 0)
			return &c->connections[i];
	return NULL;
}

static struct connection *
make(struct config *c, const char *name, struct error *err)
{
	struct connection *made;

	if (c->nconnections == CONNECTIONS_MAX) {
		error_set(err, ERR_CONFIG, "there are more than %d connections",
			  CONNECTIONS_MAX);
		return NULL;
	}
	c->connections = mem_realloc(c->connections,
				     (c->nconnections + 1) *
					     sizeof(*c->connections));
	made = &c->connections[c->nconnections++];
	*made = (struct connection){ .name = mem_strdup(name) };
	return made;
}

/* By what librdkafka calls it: two names may mean one key. */
static struct connection_key *
key_find(const struct connection *c, const char *librdkafka)
{
	for (unsigned i = 0; i < c->nkeys; i++)
		if (strcmp(c->keys[i].key->librdkafka, librdkafka) == 0)
			return &c->keys[i];
	return NULL;
}

const char *
connection_value(const struct connection *c, const char *key)
{
	const struct connection_key *k = key_find(c, key);

	return k ? k->value : NULL;
}

static void
key_put(struct connection *c, const struct kafka_key *key, const char *value)
{
	struct connection_key *k = key_find(c, key->librdkafka);

	if (!k) {
		CHECK(c->nkeys < KEYS_MAX); /* there are not so many names */
		c->keys = mem_realloc(c->keys,
				      (c->nkeys + 1) * sizeof(*c->keys));
		k = &c->keys[c->nkeys++];
		*k = (struct connection_key){ .key = key };
	}
	free(k->value);
	k->key = key;
	k->value = mem_strdup(value);
}

int
connection_put(struct config *c, const char *section, const char *key,
	       const char *value, struct error *err)
{
	char name[NAME_MAX_BYTES + 1];
	const struct kafka_key *known;
	struct connection *conn;

	if (section_name(section, name) < 0)
		return connection_check_section(section, err);
	conn = find(c, name);
	if (!conn)
		conn = make(c, name, err);
	if (!conn)
		return -1;
	known = kafka_key_find("", key, err);
	if (!known || kafka_key_check(known, "", value, err) < 0) {
		error_context(err, "%s", section);
		return -1;
	}
	key_put(conn, known, value);
	return 0;
}

int
connection_check(const struct connection *c, struct error *err)
{
	if (key_find(c, "bootstrap.servers"))
		return 0;
	return error_set(err, ERR_CONFIG,
			 "kafka \"%s\" has no bootstrap.servers", c->name);
}

void
connections_free(struct config *c)
{
	for (unsigned i = 0; i < c->nconnections; i++) {
		struct connection *conn = &c->connections[i];

		for (unsigned k = 0; k < conn->nkeys; k++)
			free(conn->keys[k].value);
		free(conn->keys);
		free(conn->name);
	}
	free(c->connections);
}

void
connections_print(const struct config *c, FILE *out)
{
	for (unsigned i = 0; i < c->nconnections; i++) {
		const struct connection *conn = &c->connections[i];

		fprintf(out, "\n[kafka \"%s\"]\n", conn->name);
		for (unsigned k = 0; k < conn->nkeys; k++)
			fprintf(out, "%s = %s\n", conn->keys[k].key->name,
				conn->keys[k].value);
	}
}

/* ---- using ---- */

const char *
connection_of(const struct options *o)
{
	return o ? options_get(o, "connection") : NULL;
}

int
connections_find(const struct config *c, const char *name,
		 const struct connection **ret, struct error *err)
{
	const char *names[CONNECTIONS_MAX], *near;
	char list[512] = "";

	*ret = find(c, name);
	if (*ret)
		return 0;
	for (unsigned i = 0; i < c->nconnections; i++) {
		names[i] = c->connections[i].name;
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 "%s%s", i ? ", " : "", names[i]);
	}
	error_set(err, ERR_UNKNOWN_CONNECTION,
		  "the configuration has no connection '%.80s'", name);
	near = error_nearest(name, names, c->nconnections);
	if (near)
		error_hint(err, "did you mean '%s'?", near);
	if (c->nconnections)
		error_note(err, "add [kafka \"%.80s\"] to sluice.ini and "
			   "reload the daemon (SIGHUP), or name one of those "
			   "it has: %s", name, list);
	else
		error_note(err, "it has none: add a section [kafka \"%.80s\"] "
			   "to sluice.ini and reload the daemon (SIGHUP)",
			   name);
	return -1;
}

/* The connection's come first: a later one counts more with librdkafka, which
 * has two names for some. */
static struct options *
merged(const struct options *o, const struct connection *c, struct arena *a)
{
	struct options *m = arena_new(a, struct options);
	unsigned room = o->n + c->nkeys;

	*m = *o; /* whose texts live as long as the plan */
	m->keys = arena_array(a, room, const char *);
	m->values = arena_array(a, room, const char *);
	m->defs = arena_array(a, room, const struct option_def *);
	m->n = 0;
	for (unsigned i = 0; i < c->nkeys; i++) {
		const char *key = arena_printf(a, PREFIX "%s",
					       c->keys[i].key->librdkafka);

		if (options_get(o, key))
			continue;
		m->keys[m->n] = key;
		m->values[m->n] = arena_strdup(a, c->keys[i].value);
		m->defs[m->n++] = NULL;
	}
	m->ngiven += m->n;
	for (unsigned i = 0; i < o->n; i++) {
		m->keys[m->n] = o->keys[i];
		m->values[m->n] = o->values[i];
		m->defs[m->n++] = o->defs[i];
	}
	return m;
}

static const struct options **
options_at(struct plan_node *n)
{
	if (n->kind == PLAN_SCAN)
		return &n->scan->options;
	return n->kind == PLAN_SINK ? &n->sink->options : NULL;
}

int
connections_apply(const struct config *c, struct plan *p, struct arena *a,
		  struct error *err)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct options **o = options_at(p->nodes[i]);
		const char *name = o ? connection_of(*o) : NULL;
		const struct connection *conn;

		if (!name)
			continue;
		if (connections_find(c, name, &conn, err) < 0)
			return -1;
		*o = merged(*o, conn, a);
	}
	return 0;
}

void
connections_of_plan(const struct plan *p,
		    void (*fn)(void *arg, const char *name), void *arg)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct options **o = options_at(p->nodes[i]);
		const char *name = o ? connection_of(*o) : NULL;

		if (name)
			fn(arg, name);
	}
}

/* ---- reloading ---- */

/* Of this process only: the hash of a short password would give it away. */
static uint64_t
seed(void)
{
	static uint64_t s;

	if (!s)
		CHECK(getrandom(&s, sizeof(s), 0) == sizeof(s));
	return s;
}

static void
read_secret(const struct config *c, const struct connection *conn,
	    struct connection_key *k, config_report_fn *report, void *arg)
{
	struct error err = ERROR_INIT;
	const char *name;
	char *text;
	int n;

	if (secret_reference(k->value, &name, &n) == SECRET_NONE)
		return;
	text = kafka_secret(k->value, (const char *const *)c->secret_path_list,
			    &err);
	if (text)
		k->secret_hash = hash_bytes(text, strlen(text), seed());
	else
		error_context(&err, "kafka \"%s\".%s", conn->name,
			      k->key->name);
	if (!text)
		report(arg, &err);
	kafka_secret_free(text);
}

void
connections_read_secrets(struct config *c, config_report_fn *report, void *arg)
{
	for (unsigned i = 0; i < c->nconnections; i++)
		for (unsigned k = 0; k < c->connections[i].nkeys; k++)
			read_secret(c, &c->connections[i],
				    &c->connections[i].keys[k], report, arg);
}

static bool
same(const struct connection_key *a, const struct connection_key *b)
{
	return a && b && strcmp(a->value, b->value) == 0 &&
	       a->secret_hash == b->secret_hash;
}

static void
tell(const struct connection *c, const char *key, const char *value,
     enum config_answer answer,
     void (*fn)(void *arg, const struct config_change *), void *arg)
{
	char section[NAME_MAX_BYTES + 16];
	struct config_change change = { .section = section, .key = key,
					.answer = answer,
					.connection = c->name };

	snprintf(section, sizeof(section), "kafka \"%s\"", c->name);
	snprintf(change.value, sizeof(change.value), "%s", value);
	fn(arg, &change);
}

static void
diff_keys(const struct connection *was, const struct connection *is,
	  void (*fn)(void *arg, const struct config_change *), void *arg)
{
	for (unsigned i = 0; i < is->nkeys; i++) {
		const struct connection_key *k = &is->keys[i];

		if (!was || !same(key_find(was, k->key->librdkafka), k))
			tell(is, k->key->name, k->value, CONFIG_APPLIED, fn,
			     arg);
	}
	for (unsigned i = 0; was && i < was->nkeys; i++)
		if (!key_find(is, was->keys[i].key->librdkafka))
			tell(is, was->keys[i].key->name, "", CONFIG_APPLIED, fn,
			     arg);
}

void
connections_diff(const struct config *old, const struct config *now,
		 void (*fn)(void *arg, const struct config_change *),
		 void *arg)
{
	for (unsigned i = 0; i < now->nconnections; i++)
		diff_keys(find(old, now->connections[i].name),
			  &now->connections[i], fn, arg);
	/* Whoever uses it has what it needs until it begins again. */
	for (unsigned i = 0; i < old->nconnections; i++)
		if (!find(now, old->connections[i].name))
			tell(&old->connections[i], "", "", CONFIG_APPLIED_NEXT,
			     fn, arg);
}

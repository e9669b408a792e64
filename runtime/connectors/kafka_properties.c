/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_properties.c - one table says what each property of
 * a Java client becomes here: passed, renamed, needless, or refused with the
 * way to say it. What is not in the table is refused.
 */
#include "runtime/connectors/kafka_properties.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

enum action {
	PASS,   /* to the client, as `to` or under its own name */
	NEEDLESS, /* nothing: sluice does this by itself or has no use for it */
	OWN,    /* read by the connector */
	PATH,   /* PASS, for a file that the configuration must allow */
	JAAS,   /* sasl.jaas.config: taken apart */
	REFUSE, /* `to` says what to write instead */
};

struct property {
	const char *name;
	enum action action;
	unsigned roles;
	const char *to;
};

#define BOTH (KAFKA_SOURCE | KAFKA_SINK)
#define PEM_FILES "Java keystores cannot be read: give PEM files as " \
	"properties.ssl.ca.location, ssl.certificate.location, ssl.key.location"
#define RUNS_CODE "it would run code or programs from SQL"

static const struct property table[] = {
	{ "bootstrap.servers", OWN, BOTH, NULL },
	{ "group.id", OWN, BOTH, NULL },
	{ "auto.offset.reset", OWN, BOTH, NULL },
	{ "client.id", PASS, BOTH, NULL },
	{ "client.rack", PASS, KAFKA_SOURCE, NULL },
	{ "broker.address.family", PASS, BOTH, NULL },

	{ "security.protocol", PASS, BOTH, NULL },
	{ "sasl.mechanism", PASS, BOTH, NULL },
	{ "sasl.mechanisms", PASS, BOTH, NULL },
	{ "sasl.username", PASS, BOTH, NULL },
	{ "sasl.password", PASS, BOTH, NULL },
	{ "sasl.jaas.config", JAAS, BOTH, NULL },
	{ "sasl.kerberos.service.name", PASS, BOTH, NULL },
	{ "sasl.kerberos.principal", PASS, BOTH, NULL },
	{ "sasl.kerberos.keytab", PATH, BOTH, NULL },
	{ "ssl.ca.location", PATH, BOTH, NULL },
	{ "ssl.certificate.location", PATH, BOTH, NULL },
	{ "ssl.key.location", PATH, BOTH, NULL },
	{ "ssl.crl.location", PATH, BOTH, NULL },
	{ "ssl.ca.pem", PASS, BOTH, NULL },
	{ "ssl.certificate.pem", PASS, BOTH, NULL },
	{ "ssl.key.pem", PASS, BOTH, NULL },
	{ "ssl.key.password", PASS, BOTH, NULL },
	{ "ssl.truststore.certificates", PASS, BOTH, "ssl.ca.pem" },
	{ "ssl.keystore.certificate.chain", PASS, BOTH, "ssl.certificate.pem" },
	{ "ssl.keystore.key", PASS, BOTH, "ssl.key.pem" },
	{ "ssl.cipher.suites", PASS, BOTH, NULL },
	{ "ssl.endpoint.identification.algorithm", PASS, BOTH, NULL },
	{ "ssl.truststore.location", REFUSE, BOTH, PEM_FILES },
	{ "ssl.truststore.password", REFUSE, BOTH, PEM_FILES },
	{ "ssl.truststore.type", REFUSE, BOTH, PEM_FILES },
	{ "ssl.keystore.location", REFUSE, BOTH, PEM_FILES },
	{ "ssl.keystore.password", REFUSE, BOTH, PEM_FILES },
	{ "ssl.keystore.type", REFUSE, BOTH, PEM_FILES },
	{ "ssl.enabled.protocols", NEEDLESS, BOTH, NULL },
	{ "ssl.protocol", NEEDLESS, BOTH, NULL },

	{ "socket.timeout.ms", PASS, BOTH, NULL },
	{ "socket.keepalive.enable", PASS, BOTH, NULL },
	{ "socket.connection.setup.timeout.ms", PASS, BOTH, NULL },
	{ "socket.send.buffer.bytes", PASS, BOTH, NULL },
	{ "socket.receive.buffer.bytes", PASS, BOTH, NULL },
	{ "send.buffer.bytes", PASS, BOTH, "socket.send.buffer.bytes" },
	{ "receive.buffer.bytes", PASS, BOTH, "socket.receive.buffer.bytes" },
	{ "connections.max.idle.ms", PASS, BOTH, NULL },
	{ "reconnect.backoff.ms", PASS, BOTH, NULL },
	{ "reconnect.backoff.max.ms", PASS, BOTH, NULL },
	{ "retry.backoff.ms", PASS, KAFKA_SINK, NULL },
	{ "metadata.max.age.ms", PASS, BOTH, NULL },
	{ "receive.message.max.bytes", PASS, BOTH, NULL },
	{ "request.timeout.ms", PASS, KAFKA_SINK, NULL },
	{ "client.dns.lookup", NEEDLESS, BOTH, NULL },

	{ "isolation.level", PASS, KAFKA_SOURCE, NULL },
	{ "check.crcs", PASS, KAFKA_SOURCE, NULL },
	{ "fetch.min.bytes", PASS, KAFKA_SOURCE, NULL },
	{ "fetch.max.bytes", PASS, KAFKA_SOURCE, NULL },
	{ "fetch.max.wait.ms", PASS, KAFKA_SOURCE, "fetch.wait.max.ms" },
	{ "fetch.wait.max.ms", PASS, KAFKA_SOURCE, NULL },
	{ "max.partition.fetch.bytes", PASS, KAFKA_SOURCE, NULL },
	{ "enable.auto.commit", NEEDLESS, BOTH, NULL },
	{ "auto.commit.interval.ms", NEEDLESS, BOTH, NULL },
	{ "session.timeout.ms", NEEDLESS, BOTH, NULL },
	{ "heartbeat.interval.ms", NEEDLESS, BOTH, NULL },
	{ "max.poll.records", NEEDLESS, BOTH, NULL },
	{ "max.poll.interval.ms", NEEDLESS, BOTH, NULL },
	{ "default.api.timeout.ms", NEEDLESS, BOTH, NULL },
	{ "partition.assignment.strategy", NEEDLESS, BOTH, NULL },
	{ "group.instance.id", NEEDLESS, BOTH, NULL },
	{ "group.protocol", NEEDLESS, BOTH, NULL },
	{ "allow.auto.create.topics", NEEDLESS, BOTH, NULL },
	{ "partition.discovery.interval.ms", NEEDLESS, BOTH, NULL },
	{ "client.id.prefix", NEEDLESS, BOTH, NULL },
	{ "commit.offsets.on.checkpoint", NEEDLESS, BOTH, NULL },
	{ "register.consumer.metrics", NEEDLESS, BOTH, NULL },
	{ "key.deserializer", NEEDLESS, BOTH, NULL },
	{ "value.deserializer", NEEDLESS, BOTH, NULL },

	{ "acks", OWN, BOTH, NULL },
	{ "linger.ms", PASS, KAFKA_SINK, NULL },
	{ "batch.size", PASS, KAFKA_SINK, NULL },
	{ "batch.num.messages", PASS, KAFKA_SINK, NULL },
	{ "compression.type", PASS, KAFKA_SINK, NULL },
	{ "compression.level", PASS, KAFKA_SINK, NULL },
	{ "max.request.size", PASS, KAFKA_SINK, "message.max.bytes" },
	{ "message.max.bytes", PASS, KAFKA_SINK, NULL },
	{ "max.in.flight.requests.per.connection", PASS, KAFKA_SINK, NULL },
	{ "enable.idempotence", NEEDLESS, BOTH, NULL },
	{ "retries", NEEDLESS, BOTH, NULL },
	{ "delivery.timeout.ms", NEEDLESS, BOTH, NULL },
	{ "max.block.ms", NEEDLESS, BOTH, NULL },
	{ "buffer.memory", NEEDLESS, BOTH, NULL },
	{ "transaction.timeout.ms", NEEDLESS, BOTH, NULL },
	{ "key.serializer", NEEDLESS, BOTH, NULL },
	{ "value.serializer", NEEDLESS, BOTH, NULL },
	{ "partitioner.class", REFUSE, BOTH, "set 'sink.partitioner' instead" },
	{ "transactional.id", REFUSE, BOTH, "sluice names its transactions" },

	{ "plugin.library.paths", REFUSE, BOTH, RUNS_CODE },
	{ "sasl.kerberos.kinit.cmd", REFUSE, BOTH, RUNS_CODE },
	{ "ssl.engine.location", REFUSE, BOTH, RUNS_CODE },
	{ "ssl.providers", REFUSE, BOTH, RUNS_CODE },
	{ "interceptor.classes", REFUSE, BOTH, RUNS_CODE },
	{ "sasl.login.callback.handler.class", REFUSE, BOTH, RUNS_CODE },
	{ "sasl.client.callback.handler.class", REFUSE, BOTH, RUNS_CODE },
	{ "enable.ssl.certificate.verification", REFUSE, BOTH,
	  "name the authority with properties.ssl.ca.location" },
	{ "debug", REFUSE, BOTH, "its output may hold secrets" },
};

#define PREFIX "properties."

const char *
kafka_property(const struct options *o, const char *name)
{
	for (unsigned i = 0; i < o->n; i++)
		if (strncmp(o->keys[i], PREFIX, strlen(PREFIX)) == 0 &&
		    strcmp(o->keys[i] + strlen(PREFIX), name) == 0)
			return o->values[i];
	return NULL;
}

static const struct property *
property_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static int
property_unknown(const char *name, struct error *err)
{
	const char *names[ARRAY_LEN(table)];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].action != REFUSE)
			names[n++] = table[i].name;
	near = error_nearest(name, names, n);
	error_set(err, ERR_UNKNOWN_OPTION,
		  "Kafka property '%s' is not one that sluice passes on", name);
	if (near)
		error_hint(err, "did you mean 'properties.%s'?", near);
	return -1;
}

/* `path` lies in one of the directories once links and dots are resolved. */
static bool
path_allowed(const char *path, const char *const *paths)
{
	char real[PATH_MAX], dir[PATH_MAX];

	if (!paths)
		return true;
	if (!realpath(path, real))
		return false;
	for (; *paths; paths++) {
		size_t n;

		if (!realpath(*paths, dir))
			continue;
		n = strlen(dir);
		if (strncmp(real, dir, n) == 0 &&
		    (real[n] == '/' || (n && dir[n - 1] == '/')))
			return true;
	}
	return false;
}

/* The text behind `field=` in a JAAS line, its quotes taken off; NULL: the
 * line does not have it. To be freed. */
static char *
jaas_field(const char *text, const char *field)
{
	size_t n = strlen(field);

	for (const char *p = text; (p = strstr(p, field)) != NULL; p += n) {
		const char *v = p + n, *end;
		char *copy;

		if (p > text && !strchr(" \t\n", p[-1]))
			continue;
		v += strspn(v, " \t");
		if (*v++ != '=')
			continue;
		v += strspn(v, " \t");
		if (*v != '"' && *v != '\'')
			return NULL;
		end = strchr(v + 1, *v);
		if (!end)
			return NULL;
		copy = mem_strdup(v + 1);
		copy[end - v - 1] = '\0';
		return copy;
	}
	return NULL;
}

struct walk {
	int (*set)(void *arg, const char *name, const char *value,
		   struct error *err);
	void *arg;
	const char *const *paths;
};

static int
jaas_pass(const struct walk *w, const char *value, struct error *err)
{
	char *user = jaas_field(value, "username");
	char *password = jaas_field(value, "password");
	int rc = -1;

	if (!user || !password)
		error_set(err, ERR_INVALID_OPTION,
			  "properties.sasl.jaas.config needs username=\"...\" "
			  "and password=\"...\" (PLAIN or SCRAM)");
	else if (w->set(w->arg, "sasl.username", user, err) == 0)
		rc = w->set(w->arg, "sasl.password", password, err);
	free(user);
	free(password);
	return rc;
}

static int
property_pass(const struct walk *w, const struct property *p,
	      const char *value, struct error *err)
{
	switch (p->action) {
	case NEEDLESS:
	case OWN:
		return 0;
	case JAAS:
		return jaas_pass(w, value, err);
	case REFUSE:
		return error_set(err, ERR_INVALID_OPTION,
				 "'properties.%s' is not allowed: %s", p->name,
				 p->to);
	case PATH:
		if (!path_allowed(value, w->paths))
			return error_set(err, ERR_PERMISSION,
					 "'properties.%s': %s is not in a "
					 "directory that the configuration "
					 "allows", p->name, value);
		break;
	case PASS:
		break;
	}
	return w->set(w->arg, p->to ? p->to : p->name, value, err);
}

int
kafka_properties_each(const struct options *o, enum kafka_role role,
		      const char *const *paths,
		      int (*set)(void *arg, const char *name,
				 const char *value, struct error *err),
		      void *arg, struct error *err)
{
	const struct walk w = { set, arg, paths };

	for (unsigned i = 0; i < o->n; i++) {
		const struct property *p;
		const char *name = o->keys[i] + strlen(PREFIX);

		if (strncmp(o->keys[i], PREFIX, strlen(PREFIX)) != 0)
			continue;
		p = property_find(name);
		if (!p)
			return property_unknown(name, err);
		if (!(p->roles & role) && p->action != REFUSE)
			continue;
		if (property_pass(&w, p, o->values[i], err) < 0)
			return -1;
	}
	return 0;
}

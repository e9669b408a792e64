/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_properties.c - the second gate behind the binder's:
 * only names of parser/kafka_properties.def reach the client, and secrets are
 * looked up at the last moment, so that no catalog or plan ever holds them.
 */
#include "runtime/connectors/kafka_properties.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "runtime/connectors/filesystem.h"

#define PREFIX "properties."
#define SECRET_BYTES_MAX (256 * 1024)

static const char *const allowed[] = {
#define PROPERTY(name, librdkafka) librdkafka,
#include "parser/kafka_properties.def"
};

/* Read by the connector, or decided by its delivery guarantee. */
static const char *const own[] = {
	"bootstrap.servers", "group.id", "auto.offset.reset", "acks",
	"message.timeout.ms", "delivery.timeout.ms", "retries",
};

static bool
listed(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

const char *
kafka_property(const struct options *o, const char *name)
{
	for (unsigned i = 0; i < o->n; i++)
		if (strncmp(o->keys[i], PREFIX, strlen(PREFIX)) == 0 &&
		    strcmp(o->keys[i] + strlen(PREFIX), name) == 0)
			return o->values[i];
	return NULL;
}

/* ---- secrets ---- */

/* A whole file without the newline at its end; NULL and err. To be freed. */
static char *
secret_read(const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (!f) {
		error_errno(err, ERR_FILE, errno, "cannot read %s", path);
		return NULL;
	}
	text = mem_alloc(SECRET_BYTES_MAX + 1);
	n = fread(text, 1, SECRET_BYTES_MAX + 1, f);
	fclose(f);
	if (n > SECRET_BYTES_MAX) {
		free(text);
		error_set(err, ERR_LIMIT, "%s is larger than %d bytes", path,
			  SECRET_BYTES_MAX);
		return NULL;
	}
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = '\0';
	return text;
}

static char *
secret_file(const char *path, const char *const *paths, struct error *err)
{
	char *real, *text;

	if (filesystem_resolve(path, paths, &real, err) < 0)
		return NULL;
	text = secret_read(real, err);
	free(real);
	return text;
}

static char *
secret_credential(const char *name, struct error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[2 * PATH_MAX];

	if (!dir || strchr(name, '/') || strcmp(name, "..") == 0) {
		error_set(err, ERR_FILE, "there is no credential '%s'", name);
		return NULL;
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return secret_read(path, err);
}

static char *
secret_env(const char *name, struct error *err)
{
	const char *value = getenv(name);

	if (value)
		return mem_strdup(value);
	error_set(err, ERR_INVALID_OPTION,
		  "the environment of sluiced has no '%s'", name);
	return NULL;
}

/* The value itself, or what its reference stands for. To be freed. */
static char *
property_value(const char *value, const char *const *paths, struct error *err)
{
	size_t n = strlen(value);
	char name[PATH_MAX];
	const char *colon = strchr(value, ':');

	if (strncmp(value, "${", 2) != 0 || value[n - 1] != '}' || !colon ||
	    n >= sizeof(name))
		return mem_strdup(value);
	snprintf(name, sizeof(name), "%.*s",
		 (int)(value + n - 1 - (colon + 1)), colon + 1);
	if (strncmp(value, "${file:", 7) == 0)
		return secret_file(name, paths, err);
	if (strncmp(value, "${env:", 6) == 0)
		return secret_env(name, err);
	if (strncmp(value, "${cred:", 7) == 0)
		return secret_credential(name, err);
	error_set(err, ERR_INVALID_OPTION,
		  "a secret is ${file:...}, ${env:...} or ${cred:...}");
	return NULL;
}

int
kafka_properties_each(const struct options *o, const char *const *paths,
		      int (*set)(void *arg, const char *name,
				 const char *value, struct error *err),
		      void *arg, struct error *err)
{
	for (unsigned i = 0; i < o->n; i++) {
		const char *name = o->keys[i] + strlen(PREFIX);
		char *value;
		int rc;

		if (strncmp(o->keys[i], PREFIX, strlen(PREFIX)) != 0 ||
		    listed(own, ARRAY_LEN(own), name))
			continue;
		if (!listed(allowed, ARRAY_LEN(allowed), name))
			return error_set(err, ERR_UNKNOWN_OPTION,
					 "Kafka property '%s' is not one that "
					 "SQL may set", name);
		value = property_value(o->values[i], paths, err);
		rc = value ? set(arg, name, value, err) : -1;
		if (rc < 0)
			error_context(err, "'%s'", o->keys[i]);
		free(value);
		if (rc < 0)
			return -1;
	}
	return 0;
}

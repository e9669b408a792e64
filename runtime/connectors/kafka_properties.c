/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_properties.c - the second gate behind the binder's:
 * only names of parser/kafka_properties.def reach the client, and secrets are
 * looked up at the last moment, so that no catalog or plan ever holds them.
 */
#include "runtime/connectors/kafka_properties.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "parser/kafka_keys.h"
#include "runtime/connectors/filesystem.h"

#define PREFIX "properties."
#define SECRET_BYTES_MAX (256 * 1024)

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

/* Also over what the compiler would leave in freed memory. */
void
kafka_secret_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* A regular file, whose name must not make anybody wait. -1 and err. */
static int
secret_open(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return error_errno(err, ERR_SECRET, errno, "cannot read %s",
				   path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return error_set(err, ERR_SECRET, "%s is no file", path);
}

/* A whole file without the newline at its end; NULL and err. */
static char *
secret_read(const char *path, struct error *err)
{
	int fd = secret_open(path, err);
	char *text;
	ssize_t got;
	size_t n = 0;

	if (fd < 0)
		return NULL;
	text = mem_zalloc(SECRET_BYTES_MAX + 2);
	while ((got = read(fd, text + n, SECRET_BYTES_MAX + 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (got < 0 || n == 0 || n > SECRET_BYTES_MAX || strlen(text) != n) {
		kafka_secret_free(text);
		error_set(err, ERR_SECRET, "%s %s", path,
			  got < 0 || n == 0	 ? "is empty"
			  : n > SECRET_BYTES_MAX ? "is larger than 256 KiB"
						 : "has a NUL character");
		return NULL;
	}
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	return text;
}

/* The real path of a file below one of `paths`; NULL and err. */
static char *
secret_path(const char *path, const char *const *paths, struct error *err)
{
	struct error why = ERROR_INIT;
	char *real;

	if (filesystem_resolve(path, paths, &real, &why) == 0)
		return real;
	if (why.code == ERR_PERMISSION) {
		error_set(err, ERR_SECRET,
			  "%s is not below a directory for secrets", path);
		error_note(err, "the daemon's setting secrets.paths names them");
	} else {
		error_set(err, ERR_SECRET, "%s", why.message);
	}
	return NULL;
}

static char *
secret_file(const char *path, const char *const *paths, struct error *err)
{
	char *real = secret_path(path, paths, err), *text;

	if (!real)
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
		error_set(err, ERR_SECRET, "there is no credential '%s'", name);
		error_note(err, "LoadCredential=%s:/path in the unit gives it "
			   "to sluiced", name);
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
	error_set(err, ERR_SECRET, "the environment of sluiced has no '%s'",
		  name);
	return NULL;
}

char *
kafka_secret(const char *value, const char *const *paths, struct error *err)
{
	char name[PATH_MAX];
	const char *from;
	int n;
	enum secret_kind kind = secret_reference(value, &from, &n);

	if (kind == SECRET_NONE)
		return mem_strdup(value);
	if ((size_t)n >= sizeof(name)) {
		error_set(err, ERR_SECRET, "the reference is too long");
		return NULL;
	}
	snprintf(name, sizeof(name), "%.*s", n, from);
	return kind == SECRET_FILE  ? secret_file(name, paths, err)
	       : kind == SECRET_ENV ? secret_env(name, err)
				    : secret_credential(name, err);
}

/* ---- the walk ---- */

static int
set_one(const char *name, const char *given, const char *const *paths,
	int (*set)(void *arg, const char *name, const char *value,
		   struct error *err),
	void *arg, struct error *err)
{
	const struct kafka_key *k = kafka_key_of_librdkafka(name);
	const char *named;
	char *value;
	int rc, n;

	if (!k)
		return error_set(err, ERR_UNKNOWN_OPTION,
				 "Kafka property '%s' is not one that may be "
				 "set", name);
	/* What an older sluice kept is held against today's rules. */
	if (kafka_key_check(k, PREFIX, given, err) < 0)
		return -1;
	value = k->kind == KAFKA_KEY_PATH ? secret_path(given, paths, err)
					  : kafka_secret(given, paths, err);
	rc = value ? set(arg, name, value, err) : -1;
	/* The client's own text repeats the value: nobody shall read a secret
	 * by giving it to a property that wants a number. */
	if (value && rc < 0 &&
	    secret_reference(given, &named, &n) != SECRET_NONE)
		error_set(err, ERR_INVALID_OPTION,
			  "what its reference names is refused");
	kafka_secret_free(value);
	if (rc < 0 && err->code != ERR_UNKNOWN_OPTION)
		error_context(err, "'" PREFIX "%s'", name);
	return rc;
}

int
kafka_properties_each(const struct options *o, const char *const *paths,
		      int (*set)(void *arg, const char *name,
				 const char *value, struct error *err),
		      void *arg, struct error *err)
{
	for (unsigned i = 0; i < o->n; i++) {
		const char *name = o->keys[i] + strlen(PREFIX);

		if (strncmp(o->keys[i], PREFIX, strlen(PREFIX)) != 0 ||
		    listed(own, ARRAY_LEN(own), name))
			continue;
		if (set_one(name, o->values[i], paths, set, arg, err) < 0)
			return -1;
	}
	return 0;
}

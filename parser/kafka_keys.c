/* SPDX-License-Identifier: Apache-2.0
 * parser/kafka_keys.c - the table of kafka_properties.def and its questions.
 */
#include "parser/kafka_keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"

static const struct kafka_key keys[] = {
#define PROPERTY(name, librdkafka, kind) \
	{ name, librdkafka, KAFKA_KEY_##kind },
#include "parser/kafka_properties.def"
};

static const struct {
	const char *name, *why;
} refused[] = {
#define REFUSED(name, why) { name, why },
#include "parser/kafka_properties.def"
};

/* Where sluice takes fewer values than the client, or a wrong one would be
 * told late; the rest is left to the client itself. */
static const struct {
	const char *name;
	const char *values[6];
} choices[] = {
	{ "security.protocol",
	  { "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL" } },
	{ "sasl.mechanism", { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" } },
	{ "sasl.mechanisms", { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" } },
	{ "ssl.endpoint.identification.algorithm", { "https", "none" } },
};

static bool
matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern), len = strlen(name);

	if (pattern[0] == '*')
		return len >= n - 1 &&
		       strcmp(name + len - (n - 1), pattern + 1) == 0;
	if (pattern[n - 1] == '*')
		return strncmp(name, pattern, n - 1) == 0;
	return strcmp(name, pattern) == 0;
}

static void
tell_unknown(const char *prefix, const char *name, struct error *err)
{
	const char *names[ARRAY_LEN(keys)], *near;

	error_set(err, ERR_UNKNOWN_OPTION,
		  "'%s' is not among the Kafka properties that may be set",
		  name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		names[i] = keys[i].name;
	near = error_nearest(name, names, ARRAY_LEN(keys));
	if (near)
		error_hint(err, "did you mean '%s%s'?", prefix, near);
}

const struct kafka_key *
kafka_key_find(const char *prefix, const char *name, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (!matches(refused[i].name, name))
			continue;
		error_set(err, ERR_REFUSED_PROPERTY,
			  "the Kafka property '%s' cannot be set", name);
		error_note(err, "%s", refused[i].why);
		return NULL;
	}
	tell_unknown(prefix, name, err);
	return NULL;
}

const struct kafka_key *
kafka_key_of_librdkafka(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].librdkafka, name) == 0)
			return &keys[i];
	return NULL;
}

bool
kafka_key_is_delicate(const char *name)
{
	static const char *const words[] = { "passw", "pasw", "secret", "jaas",
					     "pem", "token", "sasl" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

enum secret_kind
secret_reference(const char *value, const char **ret_name, int *ret_length)
{
	static const struct {
		const char *head;
		enum secret_kind kind;
	} kinds[] = { { "${file:", SECRET_FILE }, { "${env:", SECRET_ENV },
		      { "${cred:", SECRET_CRED } };
	size_t n = strlen(value);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t head = strlen(kinds[i].head);

		/* What it names is not empty and the brace is the end. */
		if (strncmp(value, kinds[i].head, head) != 0 || n < head + 2 ||
		    strchr(value, '}') != value + n - 1)
			continue;
		*ret_name = value + head;
		*ret_length = (int)(n - head - 1);
		return kinds[i].kind;
	}
	return SECRET_NONE;
}

static int
literal_secret(const struct kafka_key *k, const char *prefix, struct error *err)
{
	error_set(err, ERR_LITERAL_SECRET,
		  "'%s%s' is a secret and cannot be written out here", prefix,
		  k->name);
	error_note(err, "write '${file:/etc/sluice/NAME}', '${cred:NAME}' (a "
		   "credential of systemd) or '${env:NAME}': the text is kept, "
		   "and shown to whoever asks for it");
	return -1;
}

static int
check_choice(const struct kafka_key *k, const char *prefix, const char *value,
	     struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const char *const *v = choices[i].values;
		char list[128] = "";

		if (strcmp(choices[i].name, k->name) != 0)
			continue;
		for (; *v; v++) {
			if (strcasecmp(*v, value) == 0)
				return 0;
			snprintf(list + strlen(list),
				 sizeof(list) - strlen(list), "%s%s",
				 *list ? ", " : "", *v);
		}
		error_set(err, ERR_INVALID_OPTION, "'%s' is no value for "
			  "'%s%s'", value, prefix, k->name);
		error_note(err, "values: %s", list);
		return -1;
	}
	return 0;
}

int
kafka_key_check(const struct kafka_key *k, const char *prefix,
		const char *value, struct error *err)
{
	const char *name;
	int length;

	if (secret_reference(value, &name, &length) != SECRET_NONE) {
		if (k->kind != KAFKA_KEY_PATH && k->kind != KAFKA_KEY_ADDRESS)
			return 0;
		return error_set(err, ERR_INVALID_OPTION,
				 "'%s%s' is written as it is, not as a "
				 "reference", prefix, k->name);
	}
	if (k->kind == KAFKA_KEY_SECRET)
		return literal_secret(k, prefix, err);
	if (strncmp(value, "${", 2) == 0) {
		error_set(err, ERR_INVALID_OPTION,
			  "'%s' is no reference to a secret", value);
		error_note(err, "references: ${file:/path}, ${env:NAME}, "
			   "${cred:NAME}");
		return -1;
	}
	if (k->kind == KAFKA_KEY_PATH && value[0] != '/')
		return error_set(err, ERR_INVALID_OPTION,
				 "'%s%s' = '%s': the path does not begin with /",
				 prefix, k->name, value);
	return check_choice(k, prefix, value, err);
}

/* SPDX-License-Identifier: Apache-2.0
 * parser/kafka_keys.h - which properties of the Kafka client people may set,
 * and what their values may look like. One gate for SQL ('properties.x') and
 * for the connections of the configuration; runtime/ has the second one.
 */
#ifndef PARSER_KAFKA_KEYS_H
#define PARSER_KAFKA_KEYS_H

#include <stdbool.h>

#include "base/error.h"

enum kafka_key_kind {
	KAFKA_KEY_TUNING,
	KAFKA_KEY_ADDRESS,  /* from here on: a connection's alone */
	KAFKA_KEY_SECURITY,
	KAFKA_KEY_SECRET,   /* never written out, only as a reference */
	KAFKA_KEY_PATH,     /* a file below [secrets] paths */
};

struct kafka_key {
	const char *name;       /* as Java's clients say */
	const char *librdkafka; /* as ours does */
	enum kafka_key_kind kind;
};

/* NULL and err: refused with the reason, or unknown with the nearest name.
 * prefix: what people write before the name, "properties." or "". */
const struct kafka_key *kafka_key_find(const char *prefix, const char *name,
				       struct error *err);
/* By librdkafka's name, or NULL. */
const struct kafka_key *kafka_key_of_librdkafka(const char *name);
/* Whether the value may be what it is: a secret a reference, a choice one of
 * those that exist. Messages never repeat a secret. */
int kafka_key_check(const struct kafka_key *k, const char *prefix,
		    const char *value, struct error *err);
/* A property by whose name its value had better not be shown to anybody,
 * spelt right or not. */
bool kafka_key_is_delicate(const char *name);

enum secret_kind { SECRET_NONE, SECRET_FILE, SECRET_ENV, SECRET_CRED };

/* "${file:NAME}", "${env:NAME}", "${cred:NAME}": what it is and where NAME
 * stands in it; anything else is SECRET_NONE. */
enum secret_kind secret_reference(const char *value, const char **ret_name,
				  int *ret_length);

#endif

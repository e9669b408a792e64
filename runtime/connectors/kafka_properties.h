/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_properties.h - a table's 'properties.*' on their way
 * to the Kafka client. Which ones SQL may set stands in
 * parser/kafka_properties.def; what is not there never passes here either,
 * since some settings load code, run programs or open files.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_PROPERTIES_H
#define RUNTIME_CONNECTORS_KAFKA_PROPERTIES_H

#include "base/error.h"
#include "parser/options.h"

/* Calls set() for each property but those that the connector decides on by
 * itself; one that returns -1 ends the walk. References to secrets are
 * resolved: '${file:/path}', '${env:NAME}', '${cred:NAME}' (a credential of
 * systemd). `paths`: directories that files of secrets and certificates may
 * lie in, NULL-terminated; NULL: anywhere. */
int kafka_properties_each(const struct options *o, const char *const *paths,
			  int (*set)(void *arg, const char *name,
				     const char *value, struct error *err),
			  void *arg, struct error *err);

/* What a reference stands for, or the value itself when it is none; NULL and
 * err. Wiped and freed by kafka_secret_free(), which takes NULL. */
char *kafka_secret(const char *value, const char *const *paths,
		   struct error *err);
void kafka_secret_free(char *text);

/* The value of 'properties.<name>' by librdkafka's name, or NULL. */
const char *kafka_property(const struct options *o, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * daemon/connections.h - sections [kafka "name"] of the configuration: where
 * brokers are and how to be let in, named in SQL by 'connection' = 'name'. SQL
 * can neither see nor change what is in them, so that who may write statements
 * need not know passwords.
 */
#ifndef DAEMON_CONNECTIONS_H
#define DAEMON_CONNECTIONS_H

#include "base/arena.h"
#include "daemon/config.h"

struct plan;
struct options;

#define CONNECTIONS_MAX 100

/* ---- reading; the section is `kafka "name"` ---- */

bool connection_is_section(const char *section);
int connection_check_section(const char *section, struct error *err);
int connection_put(struct config *c, const char *section, const char *key,
		   const char *value, struct error *err);
/* What is wrong with one of them as a whole; 0: nothing. */
int connection_check(const struct connection *c, struct error *err);
/* As written in the configuration, by librdkafka's name of the key, or NULL. */
const char *connection_value(const struct connection *c, const char *key);
void connections_free(struct config *c);
void connections_print(const struct config *c, FILE *out);

/* ---- using ---- */

/* -1 and err, which lists those that there are. */
int connections_find(const struct config *c, const char *name,
		     const struct connection **ret, struct error *err);
/* Gives each Kafka table of the plan that names a connection its properties;
 * what the table says itself comes first. */
int connections_apply(const struct config *c, struct plan *p, struct arena *a,
		      struct error *err);
/* The name that a table gives, or NULL. */
const char *connection_of(const struct options *o);
/* Calls fn for each name in the plan, maybe more than once. */
void connections_of_plan(const struct plan *p,
			 void (*fn)(void *arg, const char *name), void *arg);

/* ---- reloading ---- */

/* Looks at all secrets, so that a changed one is seen; those that cannot be
 * read are reported and hurt only who needs them. */
void connections_read_secrets(struct config *c, config_report_fn *report,
			      void *arg);
void connections_diff(const struct config *old, const struct config *now,
		      void (*fn)(void *arg, const struct config_change *),
		      void *arg);

#endif

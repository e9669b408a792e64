/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_client.h - one librdkafka handle: its settings out
 * of a table's options, what it complains of as a text for the status, and an
 * end that has a deadline. Shared by the Kafka source and sink.
 */
#ifndef RUNTIME_CONNECTORS_KAFKA_CLIENT_H
#define RUNTIME_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "runtime/connector.h"
#include "runtime/connectors/kafka_properties.h"

#define KAFKA_TEXT_MAX 448

struct kafka_client {
	rd_kafka_t *rk;
	void *owner; /* for callbacks of the owner's own */
	pthread_mutex_t lock;
	char text[KAFKA_TEXT_MAX]; /* last complaint; guarded by lock */
	atomic_bool complained;    /* since kafka_client_well() */
	atomic_llong stuck_us; /* when an answer was too large to read; 0 */
	atomic_uint troubles;      /* counts errors of connections */
	atomic_uint denials; /* a broker did not know a partition of ours */
	int denied_fd; /* an eventfd told of these, -1; guarded by lock */
	atomic_bool fatal;
	atomic_int commits; /* on their way */
};

/* bootstrap.servers with 'embedded' resolved, or NULL and err. */
const char *kafka_bootstrap(const struct options *o,
			    const struct connector_env *env,
			    struct error *err);
bool kafka_is_embedded(const struct options *o);
/* The group whose committed offsets are read and written: as the table says,
 * else sluice-<job>. */
void kafka_group(const struct options *o, const struct connector_env *env,
		 char *out, size_t size);

/* Settings that source and sink share and the table's own properties; the
 * caller adds what it decides on. */
rd_kafka_conf_t *kafka_conf_create(const struct options *o,
				   const struct connector_env *env,
				   struct error *err);
int kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
		   struct error *err);
int kafka_conf_set_i64(rd_kafka_conf_t *conf, const char *name, int64_t value,
		       struct error *err);

/* Owns conf from here on, also when it fails. Threads of the client inherit
 * the affinity of the caller's. denied_fd: see the struct; counts only with
 * the setting `debug` = 'topic', since the client tells it in no other way. */
int kafka_client_create(rd_kafka_type_t type, rd_kafka_conf_t *conf_take,
			int denied_fd, struct kafka_client **ret,
			struct error *err);
/* rd_kafka_destroy() can hang in librdkafka 2.0.2: it gets five seconds in a
 * thread of its own and is left behind after that. NULL is allowed. */
void kafka_client_destroy(struct kafka_client *c);

/* Serves the events of connections; from one thread only. */
void kafka_client_poll(struct kafka_client *c);
/* What goes wrong just now, for the status. */
void kafka_client_complain(struct kafka_client *c, const char *text);
/* An event with code _FATAL has come: kafka_client_check() tells from here. */
void kafka_client_on_fatal(struct kafka_client *c);
/* Something was answered: earlier complaints are no longer the reason, unless
 * the client is stuck. */
void kafka_client_well(struct kafka_client *c);
/* It asks again and again for an answer that it refuses for its size, while
 * all smaller ones arrive (seen not long ago). */
bool kafka_client_is_stuck(const struct kafka_client *c);
/* The last complaint, copied, or NULL when there is none. */
const char *kafka_client_reason(struct kafka_client *c,
				char out[KAFKA_TEXT_MAX]);
/* -1 and err when the handle is lost for good. */
int kafka_client_check(struct kafka_client *c, struct error *err);

/* The topic is not there: names the command that creates it. */
int kafka_topic_missing(struct error *err, const char *bootstrap,
			const char *topic, const struct connector_env *env);
/* What the broker says will not change by itself: rights, names, rules. All
 * else may have passed when the job is tried again. */
bool kafka_is_permanent(rd_kafka_resp_err_t code);
/* `code` about a topic: the error says what can be done, and is retriable
 * where the code may pass. */
int kafka_topic_error(struct error *err, const char *topic,
		      rd_kafka_resp_err_t code);

#endif

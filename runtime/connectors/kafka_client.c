/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_client.c - settings in, complaints out, and a
 * destroy that cannot hang its caller.
 */
#include "runtime/connectors/kafka_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/time.h"
#include "parser/kafka_keys.h"

#define EMBEDDED "embedded"
#define DESTROY_SECONDS 5
#define SCRAM_FIXED_VERSION 0x02060100
#define STUCK_US (30 * US_PER_SECOND) /* it tries again every few seconds */

bool
kafka_is_embedded(const struct options *o)
{
	const char *servers = kafka_property(o, "bootstrap.servers");

	return servers && strcmp(servers, EMBEDDED) == 0;
}

const char *
kafka_bootstrap(const struct options *o, const struct connector_env *env,
		struct error *err)
{
	const char *servers = kafka_property(o, "bootstrap.servers");

	if (!servers) {
		error_set(err, ERR_MISSING_OPTION,
			  "'properties.bootstrap.servers' is missing");
		return NULL;
	}
	if (strcmp(servers, EMBEDDED) != 0)
		return servers;
	if (!env->embedded) {
		error_set(err, ERR_INVALID_OPTION,
			  "'properties.bootstrap.servers' = 'embedded', but "
			  "the embedded Kafka is not running here");
		error_note(err, "sluiced and sluice run start it by --set "
			   "embedded-kafka.enabled=true, or name a broker's "
			   "host:port");
	}
	return env->embedded;
}

void
kafka_group(const struct options *o, const struct connector_env *env,
	    char *out, size_t size)
{
	const char *group = kafka_property(o, "group.id");

	if (group)
		snprintf(out, size, "%s", group);
	else
		snprintf(out, size, "sluice-%s", env->job ? env->job : "query");
}

/* ---- settings ---- */

int
kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value,
	       struct error *err)
{
	char text[256];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) ==
	    RD_KAFKA_CONF_OK)
		return 0;
	return error_set(err, ERR_INVALID_OPTION, "Kafka property %s: %s",
			 name, text);
}

int
kafka_conf_set_i64(rd_kafka_conf_t *conf, const char *name, int64_t value,
		   struct error *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return kafka_conf_set(conf, name, text, err);
}

static int
conf_set_property(void *arg, const char *name, const char *value,
		  struct error *err)
{
	char text[256];

	/* librdkafka's text repeats the value, which may be a secret. */
	if (rd_kafka_conf_set(arg, name, value, text, sizeof(text)) ==
	    RD_KAFKA_CONF_OK)
		return 0;
	if (kafka_key_is_delicate(name))
		return error_set(err, ERR_INVALID_OPTION,
				 "its value is refused");
	return error_set(err, ERR_INVALID_OPTION, "%s", text);
}

/* What to look at when the brokers do not let us in; the library tells what
 * happened but not which property is to blame. */
static const char *
remedy_of(const char *text)
{
	static const struct {
		const char *says, *remedy;
	} known[] = {
		{ "uthentication fail",
		  "check sasl.username, sasl.password and sasl.mechanism" },
		{ "certificate verify failed",
		  "check ssl.ca.location, and the name in the broker's "
		  "certificate" },
		{ "alert certificate required",
		  "the broker wants a certificate of ours: "
		  "ssl.certificate.location and ssl.key.location" },
		{ "alert bad certificate",
		  "the broker wants a certificate of ours, or not this one: "
		  "ssl.certificate.location and ssl.key.location" },
		{ "alert unknown ca",
		  "the broker does not know who signed the one of "
		  "ssl.certificate.location" },
		{ "wrong version number",
		  "check security.protocol: the listener does not speak TLS" },
		{ "while requesting ApiVersion",
		  "check security.protocol: the listener may expect TLS or "
		  "SASL" },
	};

	/* Its answer to the broker has a nonce twice, which Kafka 4 takes for a
	 * wrong password (librdkafka's pull request 4895). */
	if (strstr(text, "mechanism SCRAM") &&
	    rd_kafka_version() < SCRAM_FIXED_VERSION)
		return "check sasl.username and sasl.password; brokers from "
		       "Kafka 4.0 on take no SCRAM from librdkafka before "
		       "2.6.1, which is used here: they need sasl.mechanism = "
		       "PLAIN over TLS, or a certificate";
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strstr(text, known[i].says))
			return known[i].remedy;
	return NULL;
}

/* Without what differs each time, "(after 12ms in state UP, ...)", so that the
 * same trouble reads the same; and with what to do about it. */
static void
put_reason(char out[KAFKA_TEXT_MAX], const char *text)
{
	const char *remedy = remedy_of(text);
	const char *after = strstr(text, " (after ");
	size_t n = after ? (size_t)(after - text) : strlen(text);

	snprintf(out, KAFKA_TEXT_MAX, "%.*s%s%s", (int)n, text,
		 remedy ? "; " : "", remedy ? remedy : "");
}

static int64_t
monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

void
kafka_client_complain(struct kafka_client *c, const char *text)
{
	const char *p;

	if (strstr(text, "receive.message.max.bytes"))
		atomic_store(&c->stuck_us, monotonic_us());
	/* "[thrd:main]: text": which thread says it is of no use to a user. */
	if (strncmp(text, "[thrd:", 6) == 0 && (p = strstr(text, "]: ")))
		text = p + 3;
	pthread_mutex_lock(&c->lock);
	put_reason(c->text, text);
	pthread_mutex_unlock(&c->lock);
	atomic_store(&c->complained, true);
}

/* A client that was left behind may still come here: see destroy. */
static void
client_denied(struct kafka_client *c)
{
	const uint64_t one = 1;

	atomic_fetch_add(&c->denials, 1);
	pthread_mutex_lock(&c->lock);
	while (c->denied_fd >= 0 &&
	       write(c->denied_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_mutex_unlock(&c->lock);
}

/* Brokers close idle connections; others say in the same breath why a listener
 * of another kind hangs up, so it cannot be silenced by log.connection.close. */
static bool
is_plain_disconnect(const char *text)
{
	return strstr(text, ": Disconnected") &&
	       !strstr(text, "Disconnected while requesting") &&
	       !strstr(text, "connecting to a");
}

static void
client_on_log(const rd_kafka_t *rk, int level, const char *facility,
	      const char *text)
{
	struct kafka_client *c = rd_kafka_opaque(rk);

	/* A setting of the other role does no harm: both may name it. */
	if (c && level <= LOG_WARNING && strcmp(facility, "CONFWARN") != 0 &&
	    !is_plain_disconnect(text))
		kafka_client_complain(c, text);
	/* "topic [0]: broker unavailable: fetch: Broker: Unknown topic or
	 * partition": the client asks again by itself and tells nobody. */
	if (c && strcmp(facility, "BROKERUA") == 0 &&
	    strstr(text, rd_kafka_err2str(
				 RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)))
		client_denied(c);
}

void
kafka_client_on_fatal(struct kafka_client *c)
{
	char text[256];

	rd_kafka_fatal_error(c->rk, text, sizeof(text));
	kafka_client_complain(c, text);
	atomic_store(&c->fatal, true);
}

static void
client_on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
	struct kafka_client *c = opaque;

	(void)rk;
	if (code == RD_KAFKA_RESP_ERR__TRANSPORT && is_plain_disconnect(text))
		return;

	if (code == RD_KAFKA_RESP_ERR__FATAL) {
		kafka_client_on_fatal(c);
	} else if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		kafka_client_complain(c, text); /* "all down" says less than why */
	}
	atomic_fetch_add(&c->troubles, 1);
}

rd_kafka_conf_t *
kafka_conf_create(const struct options *o, const struct connector_env *env,
		  struct error *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *bootstrap = kafka_bootstrap(o, env, err);
	char id[160];

	snprintf(id, sizeof(id), "sluice-%s", env->job ? env->job : "query");
	if (!bootstrap ||
	    kafka_conf_set(conf, "bootstrap.servers", bootstrap, err) < 0 ||
	    kafka_conf_set(conf, "client.id", id, err) < 0 ||
	    kafka_conf_set(conf, "reconnect.backoff.max.ms", "2000", err) < 0 ||
	    kafka_properties_each(o, env->secret_paths, conf_set_property, conf,
				  err) < 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_log_cb(conf, client_on_log);
	rd_kafka_conf_set_error_cb(conf, client_on_error);
	return conf;
}

/* ---- the handle ---- */

static void
client_free(struct kafka_client *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int
kafka_client_create(rd_kafka_type_t type, rd_kafka_conf_t *conf_take,
		    int denied_fd, struct kafka_client **ret,
		    struct error *err)
{
	struct kafka_client *c = mem_zalloc(sizeof(*c));
	char text[256];

	pthread_mutex_init(&c->lock, NULL);
	c->denied_fd = denied_fd;
	rd_kafka_conf_set_opaque(conf_take, c);
	c->rk = rd_kafka_new(type, conf_take, text, sizeof(text));
	if (!c->rk) {
		rd_kafka_conf_destroy(conf_take);
		client_free(c);
		return error_set(err, ERR_KAFKA, "%s", text);
	}
	*ret = c;
	return 0;
}

/* Two owners, the caller and the thread: whoever lets go last frees. */
struct farewell {
	struct kafka_client *client;
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	bool done;
	bool alone; /* the caller has left */
};

static void
farewell_free(struct farewell *f)
{
	pthread_cond_destroy(&f->done_cond);
	pthread_mutex_destroy(&f->lock);
	client_free(f->client);
	free(f);
}

static void *
farewell_run(void *arg)
{
	struct farewell *f = arg;
	bool alone;

	rd_kafka_destroy_flags(f->client->rk,
			       RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	pthread_mutex_lock(&f->lock);
	f->done = true;
	alone = f->alone;
	pthread_cond_signal(&f->done_cond);
	pthread_mutex_unlock(&f->lock);
	if (alone)
		farewell_free(f);
	return NULL;
}

void
kafka_client_destroy(struct kafka_client *c)
{
	struct farewell *f;
	struct timespec until;
	pthread_condattr_t attr;
	pthread_t thread;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->denied_fd = -1;
	pthread_mutex_unlock(&c->lock);
	f = mem_zalloc(sizeof(*f));
	f->client = c;
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->done_cond, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&thread, NULL, farewell_run, f) != 0) {
		/* Without a thread it is this one that may have to wait. */
		farewell_run(f);
		farewell_free(f);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DESTROY_SECONDS;
	pthread_mutex_lock(&f->lock);
	while (!f->done && pthread_cond_timedwait(&f->done_cond, &f->lock,
						  &until) == 0)
		;
	f->alone = !f->done;
	pthread_mutex_unlock(&f->lock);
	if (f->alone) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	farewell_free(f);
}

void
kafka_client_poll(struct kafka_client *c)
{
	rd_kafka_poll(c->rk, 0);
}

void
kafka_client_well(struct kafka_client *c)
{
	if (atomic_load_explicit(&c->complained, memory_order_relaxed) &&
	    !kafka_client_is_stuck(c))
		atomic_store(&c->complained, false);
}

bool
kafka_client_is_stuck(const struct kafka_client *c)
{
	int64_t us = atomic_load_explicit(&c->stuck_us, memory_order_relaxed);

	return us && monotonic_us() - us < STUCK_US;
}

const char *
kafka_client_reason(struct kafka_client *c, char out[KAFKA_TEXT_MAX])
{
	if (!atomic_load(&c->complained))
		return NULL;
	pthread_mutex_lock(&c->lock);
	memcpy(out, c->text, KAFKA_TEXT_MAX);
	pthread_mutex_unlock(&c->lock);
	return out;
}

int
kafka_client_check(struct kafka_client *c, struct error *err)
{
	char text[KAFKA_TEXT_MAX];

	if (!atomic_load_explicit(&c->fatal, memory_order_relaxed))
		return 0;
	pthread_mutex_lock(&c->lock);
	memcpy(text, c->text, KAFKA_TEXT_MAX);
	pthread_mutex_unlock(&c->lock);
	error_set(err, ERR_KAFKA, "the Kafka client has ended: %s", text);
	if (err)
		err->retriable = true; /* with a new handle */
	return -1;
}

/* ---- what a topic's errors mean ---- */

int
kafka_topic_missing(struct error *err, const char *bootstrap,
		    const char *topic, const struct connector_env *env)
{
	error_set(err, ERR_MISSING_TOPIC,
		  "topic '%s' does not exist on %s; create it with "
		  "kafka-topics.sh --bootstrap-server %s --create --topic %s",
		  topic, bootstrap, bootstrap, topic);
	if (env->job && !env->ephemeral)
		error_note(err, "once the topic is there: RESUME JOB '%s'",
			   env->job);
	return -1;
}

bool
kafka_is_permanent(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* no name for a topic */
	case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return true;
	default:
		return false;
	}
}

int
kafka_topic_error(struct error *err, const char *topic,
		  rd_kafka_resp_err_t code)
{
	error_set(err, ERR_KAFKA, "topic '%s': %s", topic,
		  rd_kafka_err2str(code));
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		error_note(err, "the client's user needs Describe and Read "
			   "of a topic that is read, Describe and Write of "
			   "one that is written: kafka-acls.sh --add");
	err->retriable = !kafka_is_permanent(code);
	return -1;
}

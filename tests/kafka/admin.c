/* SPDX-License-Identifier: Apache-2.0
 * tests/kafka/admin.c - what an operator does to topics under a job, without
 * the seconds that each of Kafka's Java tools takes to start.
 *
 *	admin BROKERS create TOPIC PARTITIONS [CONFIG=VALUE]
 *	admin BROKERS delete TOPIC
 *	admin BROKERS partitions TOPIC TOTAL
 *	admin BROKERS trim TOPIC PARTITION OFFSET	delete what is below
 *	admin BROKERS deny|allow TOPIC			for everybody
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 30000

static int
say(const char *what, const char *why)
{
	fprintf(stderr, "admin: %s: %s\n", what, why);
	return 1;
}

static rd_kafka_t *
open_client(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256] = "";
	rd_kafka_t *rk;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!rk)
		exit(say("client", why));
	return rk;
}

/* Topic errors of the three requests that answer with a list of topics. */
static int
topics_failed(const rd_kafka_topic_result_t **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_topic_result_error(list[i]))
			return say(rd_kafka_topic_result_name(list[i]),
				   rd_kafka_err2str(rd_kafka_topic_result_error(
					   list[i])));
	return 0;
}

static int
records_failed(const rd_kafka_DeleteRecords_result_t *r)
{
	const rd_kafka_topic_partition_list_t *list =
		rd_kafka_DeleteRecords_result_offsets(r);

	for (int i = 0; i < list->cnt; i++)
		if (list->elems[i].err)
			return say(list->elems[i].topic,
				   rd_kafka_err2str(list->elems[i].err));
	return 0;
}

static int
acls_failed(rd_kafka_event_t *ev)
{
	const rd_kafka_acl_result_t **list;
	size_t n;

	/* Of DeleteAcls only the whole request can fail here. */
	if (rd_kafka_event_type(ev) != RD_KAFKA_EVENT_CREATEACLS_RESULT)
		return 0;
	list = rd_kafka_CreateAcls_result_acls(
		rd_kafka_event_CreateAcls_result(ev), &n);
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_acl_result_error(list[i]))
			return say("acl", rd_kafka_error_string(
						  rd_kafka_acl_result_error(
							  list[i])));
	return 0;
}

static int
event_failed(rd_kafka_event_t *ev)
{
	const rd_kafka_topic_result_t **list = NULL;
	size_t n = 0;

	if (rd_kafka_event_error(ev))
		return say("request", rd_kafka_event_error_string(ev));
	switch (rd_kafka_event_type(ev)) {
	case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
		list = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(ev), &n);
		break;
	case RD_KAFKA_EVENT_DELETETOPICS_RESULT:
		list = rd_kafka_DeleteTopics_result_topics(
			rd_kafka_event_DeleteTopics_result(ev), &n);
		break;
	case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT:
		list = rd_kafka_CreatePartitions_result_topics(
			rd_kafka_event_CreatePartitions_result(ev), &n);
		break;
	case RD_KAFKA_EVENT_CREATEACLS_RESULT:
	case RD_KAFKA_EVENT_DELETEACLS_RESULT:
		return acls_failed(ev);
	default:
		return records_failed(rd_kafka_event_DeleteRecords_result(ev));
	}
	return topics_failed(list, n);
}

static int
finish(rd_kafka_t *rk, rd_kafka_queue_t *q)
{
	rd_kafka_event_t *ev = rd_kafka_queue_poll(q, WAIT_MS);
	int failed = ev ? event_failed(ev) : say("request", "no answer");

	if (ev)
		rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(q);
	rd_kafka_destroy(rk);
	return failed;
}

static int
create(rd_kafka_t *rk, rd_kafka_queue_t *q, int n, char **arg)
{
	char why[256] = "";
	rd_kafka_NewTopic_t *t =
		rd_kafka_NewTopic_new(arg[0], atoi(arg[1]), 1, why, sizeof(why));
	char *value = n > 2 ? strchr(arg[2], '=') : NULL;

	if (!t)
		return say(arg[0], why);
	if (value) {
		*value++ = '\0';
		rd_kafka_NewTopic_set_config(t, arg[2], value);
	}
	rd_kafka_CreateTopics(rk, &t, 1, NULL, q);
	rd_kafka_NewTopic_destroy(t);
	return 0;
}

static int
delete(rd_kafka_t *rk, rd_kafka_queue_t *q, char **arg)
{
	rd_kafka_DeleteTopic_t *t = rd_kafka_DeleteTopic_new(arg[0]);

	rd_kafka_DeleteTopics(rk, &t, 1, NULL, q);
	rd_kafka_DeleteTopic_destroy(t);
	return 0;
}

static int
partitions(rd_kafka_t *rk, rd_kafka_queue_t *q, char **arg)
{
	char why[256] = "";
	rd_kafka_NewPartitions_t *t = rd_kafka_NewPartitions_new(
		arg[0], (size_t)atoi(arg[1]), why, sizeof(why));

	if (!t)
		return say(arg[0], why);
	rd_kafka_CreatePartitions(rk, &t, 1, NULL, q);
	rd_kafka_NewPartitions_destroy(t);
	return 0;
}

static int
trim(rd_kafka_t *rk, rd_kafka_queue_t *q, char **arg)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);
	rd_kafka_DeleteRecords_t *request;

	rd_kafka_topic_partition_list_add(list, arg[0], atoi(arg[1]))->offset =
		atoll(arg[2]);
	request = rd_kafka_DeleteRecords_new(list);
	rd_kafka_DeleteRecords(rk, &request, 1, NULL, q);
	rd_kafka_DeleteRecords_destroy(request);
	rd_kafka_topic_partition_list_destroy(list);
	return 0;
}

static int
deny(rd_kafka_t *rk, rd_kafka_queue_t *q, char **arg)
{
	char why[256] = "";
	rd_kafka_AclBinding_t *acl = rd_kafka_AclBinding_new(
		RD_KAFKA_RESOURCE_TOPIC, arg[0],
		RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:*", "*",
		RD_KAFKA_ACL_OPERATION_ALL, RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
		why, sizeof(why));

	if (!acl)
		return say(arg[0], why);
	rd_kafka_CreateAcls(rk, &acl, 1, NULL, q);
	rd_kafka_AclBinding_destroy(acl);
	return 0;
}

static int
allow(rd_kafka_t *rk, rd_kafka_queue_t *q, char **arg)
{
	char why[256] = "";
	rd_kafka_AclBindingFilter_t *acl = rd_kafka_AclBindingFilter_new(
		RD_KAFKA_RESOURCE_TOPIC, arg[0],
		RD_KAFKA_RESOURCE_PATTERN_LITERAL, NULL, NULL,
		RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY,
		why, sizeof(why));

	if (!acl)
		return say(arg[0], why);
	rd_kafka_DeleteAcls(rk, &acl, 1, NULL, q);
	rd_kafka_AclBinding_destroy(acl);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[2] : "";
	int n = argc - 3, failed;
	char **arg = argv + 3;
	rd_kafka_queue_t *q;
	rd_kafka_t *rk;

	if (argc < 4) {
		fputs("usage: admin BROKERS VERB TOPIC ...\n", stderr);
		return 2;
	}
	rk = open_client(argv[1]);
	q = rd_kafka_queue_new(rk);
	if (strcmp(verb, "create") == 0 && n >= 2)
		failed = create(rk, q, n, arg);
	else if (strcmp(verb, "delete") == 0)
		failed = delete(rk, q, arg);
	else if (strcmp(verb, "deny") == 0)
		failed = deny(rk, q, arg);
	else if (strcmp(verb, "allow") == 0)
		failed = allow(rk, q, arg);
	else if (strcmp(verb, "partitions") == 0 && n == 2)
		failed = partitions(rk, q, arg);
	else if (strcmp(verb, "trim") == 0 && n == 3)
		failed = trim(rk, q, arg);
	else
		return say(verb, "no such verb, or too few arguments");
	return failed ? failed : finish(rk, q);
}

/* SPDX-License-Identifier: Apache-2.0
 * Which properties of the Kafka client people may set: each class of those
 * that are refused has its reason, and no secret stands in a text.
 */
#include <string.h>

#include "base/check.h"
#include "parser/kafka_keys.h"
#include "parser/options.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test.h"

#define TABLE                                                      \
	"CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 't'," \
	" 'format' = 'json', "
#define SERVERS "'properties.bootstrap.servers' = 'h:1', "

static const struct error *
refused_sql(const char *options)
{
	static struct plan_rig r;
	static struct error err;
	char sql[1024];

	snprintf(sql, sizeof(sql), TABLE "%s)", options);
	plan_rig_open(&r);
	if (plan_rig_run(&r, sql) == 0)
		FAIL("it was taken: %s", options);
	err = r.err;
	plan_rig_close(&r);
	return &err;
}

TEST(each_class_of_refused_properties_has_its_reason)
{
	static const char *const cases[][2] = {
		{ "plugin.library.paths", "loads foreign code" },
		{ "ssl.engine.location", "loads foreign code" },
		{ "ssl.engine.id", "loads foreign code" },
		{ "ssl.providers", "loads foreign code" },
		{ "security.providers", "loads foreign code" },
		{ "ssl_engine_callback_data", "ssl.ca.location" },
		{ "enable.ssl.certificate.verification", "ssl.ca.location" },
		{ "ssl.truststore.location", "ssl.ca.location" },
		{ "ssl.keystore.password", "ssl.key.location" },
		{ "sasl.kerberos.kinit.cmd", "runs a command" },
		{ "sasl.kerberos.principal", "Kerberos" },
		{ "sasl.oauthbearer.token.endpoint.url", "any address" },
		{ "sasl.oauthbearer.method", "OAUTHBEARER" },
		{ "enable.sasl.oauthbearer.unsecure.jwt", "OAUTHBEARER" },
		{ "sasl.jaas.config", "sasl.username" },
		{ "oauthbearer_token_refresh_cb", "function" },
		{ "log_cb", "function" },
		{ "interceptor.classes", "Java" },
		{ "sasl.login.callback.handler.class", "Java" },
		{ "debug", "writes secrets to the log" },
		{ "log_level", "log" },
		{ "log.connection.close", "log" },
		{ "test.mock.num.brokers", "embedded" },
		{ "test.mock.broker.rtt", "embedded" },
		{ "client.id", "sluice-<job>" },
		{ "group.instance.id", "members" },
		{ "enable.auto.commit", "checkpoint" },
		{ "auto.commit.interval.ms", "checkpoint" },
		{ "enable.auto.offset.store", "checkpoint" },
		{ "offset.store.path", "checkpoint" },
		{ "check.crcs", "always" },
		{ "enable.idempotence", "delivery guarantee" },
		{ "transactional.id", "delivery guarantee" },
		{ "max.in.flight.requests.per.connection", "order" },
		{ "queued.max.messages.kbytes", "queue-bytes" },
		{ "queue.buffering.max.kbytes", "inflight-bytes" },
		{ "allow.auto.create.topics", "on purpose" },
		{ "statistics.interval.ms", "/metrics" },
		{ "value.deserializer", "format" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = ERROR_INIT;

		EXPECT(!kafka_key_find("properties.", cases[i][0], &err));
		if (err.code != ERR_REFUSED_PROPERTY ||
		    !strstr(err.message, cases[i][0]) ||
		    !strstr(err.note, cases[i][1]))
			FAIL("%s: %s (%s)", cases[i][0], err.message, err.note);
	}
}

TEST(an_unknown_property_has_a_near_one)
{
	struct error err = ERROR_INIT;

	EXPECT(!kafka_key_find("properties.", "sasl.mechanizm", &err));
	EXPECT_EQ(err.code, ERR_UNKNOWN_OPTION);
	EXPECT_STR(err.hint, "did you mean 'properties.sasl.mechanism'?");
	EXPECT(!kafka_key_find("", "bootstrap.server", &err));
	EXPECT_STR(err.hint, "did you mean 'bootstrap.servers'?");
}

TEST(a_reference_is_one_to_its_last_brace)
{
	const char *name;
	int n;

	EXPECT_EQ(secret_reference("${file:/a b}", &name, &n), SECRET_FILE);
	EXPECT(n == 4 && strncmp(name, "/a b", 4) == 0);
	EXPECT_EQ(secret_reference("${env:X}", &name, &n), SECRET_ENV);
	EXPECT_EQ(secret_reference("${cred:kafka}", &name, &n), SECRET_CRED);
	EXPECT_EQ(secret_reference("", &name, &n), SECRET_NONE);
	EXPECT_EQ(secret_reference("${env:}", &name, &n), SECRET_NONE);
	EXPECT_EQ(secret_reference("${env:X}y", &name, &n), SECRET_NONE);
	EXPECT_EQ(secret_reference("${env:X}${env:Y}", &name, &n), SECRET_NONE);
	EXPECT_EQ(secret_reference("${vault:X}", &name, &n), SECRET_NONE);
}

TEST(a_secret_that_is_written_out_is_shown_nowhere)
{
	static const char *const keys[] = { "sasl.password", "ssl.key.password",
					    "ssl.key.pem" };
	char options[256], text[4096];

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct error *err;

		snprintf(options, sizeof(options),
			 SERVERS "'properties.%s' = 'hunter2'", keys[i]);
		err = refused_sql(options);
		EXPECT_EQ(err->code, ERR_LITERAL_SECRET);
		EXPECT(strstr(err->message, keys[i]));
		EXPECT(strstr(err->note, "${file:"));
		error_print(err, text, sizeof(text));
		EXPECT(!strstr(text, "hunter2"));
	}
	/* Nor when another mistake on the same line is the one that is told. */
	error_print(refused_sql(SERVERS "'properties.sasl.pasword' = 'hunter2'"),
		    text, sizeof(text));
	EXPECT(strstr(text, "did you mean 'properties.sasl.password'?"));
	EXPECT(!strstr(text, "hunter2"));
	error_print(refused_sql(SERVERS "'properties.sasl.jaas.config' = "
				"'hunter2'"), text, sizeof(text));
	EXPECT(!strstr(text, "hunter2"));
	error_print(refused_sql("'scan.on-eror' = 'skip', "
				"'properties.sasl.password' = 'hunter2'"),
		    text, sizeof(text));
	EXPECT(strstr(text, "did you mean 'scan.on-error'?"));
	EXPECT(!strstr(text, "hunter2"));
	/* A reference may be seen. */
	error_print(refused_sql("'scan.on-eror' = 'skip', "
				"'properties.sasl.password' = '${env:PW}'"),
		    text, sizeof(text));
	EXPECT(strstr(text, "${env:PW}"));
}

TEST(values_that_sluice_does_not_take_are_told_at_once)
{
	static const char *const cases[][3] = {
		{ "security.protocol", "TLS", "SASL_SSL" },
		{ "sasl.mechanism", "GSSAPI", "SCRAM-SHA-512" },
		{ "sasl.mechanism", "OAUTHBEARER", "PLAIN" },
		{ "sasl.username", "${vault:x}", "${cred:NAME}" },
		{ "ssl.ca.location", "ca.pem", "begin with /" },
		{ "ssl.ca.location", "${file:/x}", "as it is" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = ERROR_INIT;
		const struct kafka_key *k =
			kafka_key_find("", cases[i][0], &err);

		EXPECT(k);
		EXPECT_EQ(kafka_key_check(k, "", cases[i][1], &err), -1);
		EXPECT_EQ(err.code, ERR_INVALID_OPTION);
		if (!strstr(err.message, cases[i][2]) &&
		    !strstr(err.note, cases[i][2]))
			FAIL("%s: %s (%s)", cases[i][0], err.message, err.note);
	}
}

TEST(beside_a_connection_address_and_security_are_its_own)
{
	static const char *const own[] = {
		SERVERS "'connection' = 'prod'",
		"'connection' = 'prod', 'properties.sasl.username' = 'u'",
		"'connection' = 'prod', 'properties.security.protocol' = 'SSL'",
		"'properties.sasl.password' = '${env:X}', 'connection' = 'prod'",
		"'connection' = 'prod', 'properties.ssl.ca.location' = '/ca'",
	};
	const struct options *o;
	struct plan_rig r;

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		const struct error *err = refused_sql(own[i]);

		EXPECT_EQ(err->code, ERR_REFUSED_PROPERTY);
		EXPECT(strstr(err->message, "belongs to the connection 'prod'"));
	}
	plan_rig_open(&r);
	plan_rig_must(&r, TABLE "'connection' = 'prod', "
			  "'properties.fetch.min.bytes' = '7')");
	o = catalog_find(r.catalog, "t")->table->options;
	EXPECT_STR(options_get(o, "connection"), "prod");
	EXPECT_STR(options_get(o, "properties.fetch.min.bytes"), "7");
	plan_rig_close(&r);
}

TEST(a_hint_cannot_lead_a_connection_elsewhere)
{
	struct plan_rig r;

	plan_rig_open(&r);
	plan_rig_must(&r, TABLE "'connection' = 'prod')");
	EXPECT_EQ(plan_rig_run(&r, "SELECT a FROM t /*+ OPTIONS("
				   "'properties.bootstrap.servers' = 'evil:1')"
				   " */"), -1);
	EXPECT_EQ(r.err.code, ERR_REFUSED_PROPERTY);
	plan_rig_close(&r);
}

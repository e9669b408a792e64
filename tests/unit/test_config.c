/* SPDX-License-Identifier: Apache-2.0
 * The daemon's settings: from the table, a file and --set, in that order; the
 * printed file means what it says.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/connections.h"
#include "tests/unit/test.h"

static void
write_file(char path[64], const char *text)
{
	int fd;

	snprintf(path, 64, "/tmp/sluice-test-XXXXXX");
	fd = mkstemp(path);
	EXPECT(fd >= 0);
	EXPECT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The first mistake, and how many there are. */
struct mistakes {
	struct error first;
	unsigned n;
	char lines[64]; /* of all, as "2 4 " */
};

static void
on_mistake(void *arg, const struct error *err)
{
	struct mistakes *m = arg;
	const char *at = strchr(err->message, ':');

	if (m->n++ == 0)
		m->first = *err;
	if (at && *err->message == '/')
		snprintf(m->lines + strlen(m->lines),
			 sizeof(m->lines) - strlen(m->lines), "%d ",
			 atoi(at + 1));
}

static struct config *
load(const char *path, const char *const *sets, unsigned nsets,
     struct mistakes *m)
{
	struct config_source from = { .file = path, .sets = sets,
				      .nsets = nsets };

	*m = (struct mistakes){ .n = 0 };
	return config_load(&from, on_mistake, m);
}

static struct config *
load_text(const char *text, struct mistakes *m)
{
	struct config *c;
	char path[64];

	write_file(path, text);
	c = load(path, NULL, 0, m);
	unlink(path);
	EXPECT_EQ(c == NULL, m->n > 0);
	return c;
}

static char *
printed(const struct config *c)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	config_print(c, f);
	fclose(f);
	return text;
}

TEST(an_empty_file_leaves_the_defaults)
{
	struct mistakes m;
	struct config *c;

	c = load_text("", &m);
	EXPECT(c);
	EXPECT_STR(c->state_dir, "/var/lib/sluice");
	EXPECT_STR(c->log_level, "info");
	EXPECT_EQ(c->jobs_max, 200);
	EXPECT_EQ(c->script_bytes_max, 1 << 20);
	EXPECT_EQ(c->client_stall_us, INT64_C(600000000));
	EXPECT_EQ(c->embedded_enabled, false);
	EXPECT_STR(c->metrics_listen, "");
	config_unref(c);
}

TEST(a_file_changes_what_it_names_and_the_last_word_counts)
{
	struct mistakes m;
	struct config *c;

	c = load_text("[daemon]\n"
			    "state-dir = /a\n"
			    "   state-dir=/b   ; the second wins\n"
			    "[limits]\n"
			    "jobs : 12\n"
			    "script-bytes = 64 kb\n"
			    "[client]\nstall-timeout = 90 s\n"
			    "[embedded-kafka]\nenabled = yes\n", &m);
	EXPECT(c);
	EXPECT_STR(c->state_dir, "/b");
	EXPECT_EQ(c->jobs_max, 12);
	EXPECT_EQ(c->script_bytes_max, 64 * 1024);
	EXPECT_EQ(c->client_stall_us, INT64_C(90000000));
	EXPECT_EQ(c->embedded_enabled, true);
	config_unref(c);
}

TEST(set_options_win_and_split_at_the_first_dot)
{
	const char *sets[] = { "daemon.socket=/run/a.b=c", "limits.jobs=3" };
	struct mistakes m;
	struct config *c;
	char path[64];

	write_file(path, "[limits]\njobs = 9\n");
	c = load(path, sets, 2, &m);
	EXPECT(c);
	unlink(path);
	EXPECT_STR(c->socket, "/run/a.b=c");
	EXPECT_EQ(c->jobs_max, 3);
	config_unref(c);
}

TEST(the_printed_file_reads_as_the_same_settings)
{
	const char *sets[] = { "daemon.state-dir=/x y", "limits.jobs=7",
			       "client.stall-timeout=1500 ms",
			       "client.buffer=100 kb",
			       "embedded-kafka.enabled=on",
			       "limits.script-bytes=1500 b" };
	struct mistakes m;
	struct config *c, *again;
	char *first, *second;

	c = load("/dev/null", sets, 6, &m);
	EXPECT(c);
	first = printed(c);
	again = load_text(first, &m);
	EXPECT(again);
	second = printed(again);
	EXPECT_STR(second, first);
	EXPECT_EQ(again->client_stall_us, 1500000);
	EXPECT_EQ(again->script_bytes_max, 1500);
	free(first);
	free(second);
	config_unref(c);
	config_unref(again);
}

TEST(errors_name_the_line_the_range_and_the_nearest_key)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{ "[limits]\njobs = 0\n",
		  ":2: limits.jobs = 0 is out of range: 1 to 10000", "" },
		{ "\n\n[limits]\njobs = 99999999999999999999\n",
		  ":4: limits.jobs = 99999999999999999999 is not a whole "
		  "number", "" },
		{ "[daemon]\nsokket = /x\n",
		  ":2: there is no setting daemon.sokket",
		  "did you mean daemon.socket?" },
		{ "[runtime]\npin-threads = maybe\n",
		  ":2: runtime.pin-threads = maybe is not one of auto|on|off",
		  "" },
		{ "[client]\nstall-timeout = 1 ms\n",
		  ":2: client.stall-timeout = 1 ms is out of range: 1000 to "
		  "604800000 ms", "" },
		{ "[x\n", ":1: expected [section], key = value or a comment",
		  "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mistakes m;

		EXPECT(!load_text(cases[i].text, &m));
		EXPECT_EQ(m.first.code, ERR_CONFIG);
		EXPECT(strstr(m.first.message, cases[i].message));
		EXPECT_STR(m.first.hint, cases[i].hint);
	}
}

TEST(a_line_is_never_cut)
{
	char text[600] = "[files]\n# ";
	struct mistakes m;
	struct config *c;

	memset(text + 10, 'c', 400); /* a comment may be long */
	strcpy(text + 410, "\npaths = /x\n");
	c = load_text(text, &m);
	EXPECT(c);
	EXPECT_STR(c->file_paths, "/x");
	config_unref(c);

	strcpy(text, "[files]\npaths = ");
	memset(text + 16, 'x', 181);
	strcpy(text + 16 + 181, "\n");
	c = load_text(text, &m);
	EXPECT(c); /* 189 bytes and a newline */
	EXPECT_EQ(strlen(c->file_paths), 181);
	config_unref(c);

	strcpy(text + 16 + 181, "x\n");
	EXPECT(!load_text(text, &m));
	EXPECT(strstr(m.first.message, ":2: the line is longer than 190 bytes"));
}

TEST(all_mistakes_are_told_each_with_its_line)
{
	struct mistakes m;

	EXPECT(!load_text("[limits]\n"
			  "jobs = 0\n"
			  "selects = many\n"
			  "this is nothing\n"
			  "statements = 5\n"
			  "[daemon\n"
			  "[kafka \"a b\"]\n"
			  "bootstrap.servers = h:1\n"
			  "[kafka \"ok\"]\n"
			  "bootstrap.server = h:1\n"
			  "sasl.password = hunter2\n"
			  "plugin.library.paths = /x.so\n", &m));
	EXPECT_STR(m.lines, "2 3 4 6 7 10 11 12 ");
	EXPECT_EQ(m.n, 9); /* and ok has no bootstrap.servers */
}

/* ---- connections ---- */

#define PROD "[kafka \"prod\"]\n" \
	"bootstrap.servers = h:1,i:2\n" \
	"security.protocol = SASL_SSL\n" \
	"sasl.mechanism = PLAIN\n" \
	"sasl.password = ${env:SLUICE_TEST_PW}\n"

TEST(connections_are_read_set_and_printed_back)
{
	const char *sets[] = { "kafka \"prod\".sasl.username=u.v=w",
			       "kafka \"new\".bootstrap.servers=n:1" };
	struct mistakes m;
	struct config *c, *again;
	char *first, *second;
	char path[64];

	write_file(path, PROD);
	c = load(path, sets, 2, &m);
	unlink(path);
	EXPECT(c);
	EXPECT_EQ(c->nconnections, 2);
	first = printed(c);
	EXPECT(strstr(first, "[kafka \"prod\"]\nbootstrap.servers = h:1,i:2\n"));
	EXPECT(strstr(first, "sasl.username = u.v=w\n"));
	again = load_text(first, &m);
	EXPECT(again);
	second = printed(again);
	EXPECT_STR(second, first);
	free(first);
	free(second);
	config_unref(c);
	config_unref(again);
}

TEST(a_connection_has_a_name_brokers_and_no_literal_secret)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{ "[kafka \"\"]\n", ":1: [kafka \"\"]: a connection is", "" },
		{ "[kafka \"x]\nacks = 1\n", ":1: [kafka \"x]: a conn", "" },
		{ "[kafka \"p\"]\nlinger.ms = 1\n",
		  "kafka \"p\" has no bootstrap.servers", "" },
		{ "[kafka \"p\"]\nboostrap.servers = h:1\n",
		  ":2: kafka \"p\": 'boostrap.servers' is not among",
		  "did you mean 'bootstrap.servers'?" },
		{ "[kafka \"p\"]\nsasl.password = hunter2\n",
		  ":2: kafka \"p\": 'sasl.password' is a secret", "" },
		{ "[kafka \"p\"]\nsasl.mechanism = GSSAPI\n",
		  ":2: kafka \"p\": 'GSSAPI' is no value for", "" },
		{ "[kafka \"p\"]\ndebug = all\n",
		  ":2: kafka \"p\": the Kafka property 'debug' cannot", "" },
		{ "[kafka \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaa\"]\nx = 1\n",
		  ":1: the section's name is longer than 49 bytes", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mistakes m;

		EXPECT(!load_text(cases[i].text, &m));
		if (!strstr(m.first.message, cases[i].message))
			FAIL("%s: %s", cases[i].text, m.first.message);
		EXPECT_STR(m.first.hint, cases[i].hint);
		EXPECT(!strstr(m.first.message, "hunter2"));
	}
}

static void
list_change(void *arg, const struct config_change *change)
{
	static const char answers[] = { [CONFIG_APPLIED] = 'a',
					[CONFIG_APPLIED_NEXT] = 'n',
					[CONFIG_RESTART] = 'r' };
	char *out = arg;

	sprintf(out + strlen(out), "%s.%s=%s/%c;", change->section, change->key,
		change->value, answers[change->answer]);
}

static void
expect_diff(const char *old, const char *now, const char *wanted)
{
	struct mistakes m;
	struct config *a = load_text(old, &m), *b = load_text(now, &m);
	char got[1024] = "";

	EXPECT(a && b);
	connections_read_secrets(a, on_mistake, &m);
	connections_read_secrets(b, on_mistake, &m);
	config_diff(a, b, list_change, got);
	EXPECT_STR(got, wanted);
	config_unref(a);
	config_unref(b);
}

TEST(each_changed_key_has_its_answer)
{
	expect_diff("", "", "");
	expect_diff("[limits]\njobs = 7\n[daemon]\nsocket = /s\n",
		    "[limits]\njobs = 8\nstate-bytes = 1 gb\n",
		    "daemon.socket=/run/sluice/sluice.sock/r;limits.jobs=8/a;"
		    "limits.state-bytes=1 gb/n;");
	expect_diff(PROD, PROD "linger.ms = 3\nsasl.mechanisms = PLAIN\n",
		    "kafka \"prod\".linger.ms=3/a;");
	expect_diff(PROD "linger.ms = 3\n", PROD,
		    "kafka \"prod\".linger.ms=/a;");
	expect_diff("", "[kafka \"x\"]\nbootstrap.servers = h:1\n",
		    "kafka \"x\".bootstrap.servers=h:1/a;");
	expect_diff("[kafka \"x\"]\nbootstrap.servers = h:1\n", "",
		    "kafka \"x\".=/n;");
}

TEST(a_secret_that_changes_behind_its_reference_is_seen)
{
	struct mistakes m;
	struct config *a = load_text(PROD, &m), *b = load_text(PROD, &m);
	char got[512] = "";

	setenv("SLUICE_TEST_PW", "one", 1);
	connections_read_secrets(a, on_mistake, &m);
	setenv("SLUICE_TEST_PW", "two", 1);
	connections_read_secrets(b, on_mistake, &m);
	config_diff(a, b, list_change, got);
	EXPECT_STR(got, "kafka \"prod\".sasl.password=${env:SLUICE_TEST_PW}/a;");
	unsetenv("SLUICE_TEST_PW");
	connections_read_secrets(b, on_mistake, &m);
	EXPECT_EQ(m.n, 1);
	EXPECT(strstr(m.first.message, "kafka \"prod\".sasl.password: the "
				       "environment of sluiced has no"));
	config_unref(a);
	config_unref(b);
}

TEST(what_needs_a_restart_stays_as_it_was)
{
	struct mistakes m;
	struct config *old = load_text("[daemon]\nstate-dir = /a\n", &m);
	struct config *now = load_text("[daemon]\nstate-dir = /b\n"
				       "[limits]\njobs = 9\n"
				       "[client]\nbuffer = 2 mb\n"
				       "[embedded-kafka]\nenabled = true\n", &m);

	config_keep(now, old);
	EXPECT_STR(now->state_dir, "/a");
	EXPECT_EQ(now->jobs_max, 9);
	EXPECT_EQ(now->client_buffer_bytes, 1 << 20);
	EXPECT(!now->embedded_enabled);
	config_unref(old);
	config_unref(now);
}

TEST(paths_are_split_and_no_files_means_everywhere)
{
	struct mistakes m;
	struct config *c = load_text("[files]\npaths = /a:/b\n"
				     "[secrets]\npaths =\n", &m);

	EXPECT_STR(c->file_path_list[0], "/a");
	EXPECT_STR(c->file_path_list[1], "/b");
	EXPECT(!c->file_path_list[2]);
	EXPECT(!c->secret_path_list[0]);
	config_unref(c);
	c = load_text("", &m);
	EXPECT(!c->file_path_list);
	EXPECT_STR(c->secret_path_list[0], "/etc/sluice");
	config_unref(c);
}

/* SPDX-License-Identifier: Apache-2.0
 * The daemon's settings: from the table, a file and --set, in that order; the
 * printed file means what it says.
 */
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"
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

static int
load_text(const char *text, struct config *c, struct error *err)
{
	char path[64];
	int rc;

	write_file(path, text);
	error_clear(err);
	rc = config_load(path, NULL, 0, c, err);
	unlink(path);
	return rc;
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
	struct error err = ERROR_INIT;
	struct config c;

	EXPECT_EQ(load_text("", &c, &err), 0);
	EXPECT_STR(c.state_dir, "/var/lib/sluice");
	EXPECT_STR(c.log_level, "info");
	EXPECT_EQ(c.jobs_max, 200);
	EXPECT_EQ(c.script_bytes_max, 1 << 20);
	EXPECT_EQ(c.client_stall_us, INT64_C(600000000));
	EXPECT_EQ(c.embedded_enabled, false);
	EXPECT_STR(c.metrics_listen, "");
	config_release(&c);
}

TEST(a_file_changes_what_it_names_and_the_last_word_counts)
{
	struct error err = ERROR_INIT;
	struct config c;

	EXPECT_EQ(load_text("[daemon]\n"
			    "state-dir = /a\n"
			    "   state-dir=/b   ; the second wins\n"
			    "[limits]\n"
			    "jobs : 12\n"
			    "script-bytes = 64 kb\n"
			    "[client]\nstall-timeout = 90 s\n"
			    "[embedded-kafka]\nenabled = yes\n",
			    &c, &err), 0);
	EXPECT_STR(c.state_dir, "/b");
	EXPECT_EQ(c.jobs_max, 12);
	EXPECT_EQ(c.script_bytes_max, 64 * 1024);
	EXPECT_EQ(c.client_stall_us, INT64_C(90000000));
	EXPECT_EQ(c.embedded_enabled, true);
	config_release(&c);
}

TEST(set_options_win_and_split_at_the_first_dot)
{
	const char *sets[] = { "daemon.socket=/run/a.b=c", "limits.jobs=3" };
	struct error err = ERROR_INIT;
	struct config c;
	char path[64];

	write_file(path, "[limits]\njobs = 9\n");
	EXPECT_EQ(config_load(path, sets, 2, &c, &err), 0);
	unlink(path);
	EXPECT_STR(c.socket, "/run/a.b=c");
	EXPECT_EQ(c.jobs_max, 3);
	config_release(&c);
}

TEST(the_printed_file_reads_as_the_same_settings)
{
	const char *sets[] = { "daemon.state-dir=/x y", "limits.jobs=7",
			       "client.stall-timeout=1500 ms",
			       "client.buffer=100 kb",
			       "embedded-kafka.enabled=on",
			       "limits.script-bytes=1500 b" };
	struct error err = ERROR_INIT;
	struct config c, again;
	char *first, *second;

	EXPECT_EQ(config_load("/dev/null", sets, 6, &c, &err), 0);
	first = printed(&c);
	EXPECT_EQ(load_text(first, &again, &err), 0);
	second = printed(&again);
	EXPECT_STR(second, first);
	EXPECT_EQ(again.client_stall_us, 1500000);
	EXPECT_EQ(again.script_bytes_max, 1500);
	free(first);
	free(second);
	config_release(&c);
	config_release(&again);
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
		struct error err = ERROR_INIT;
		struct config c;

		EXPECT_EQ(load_text(cases[i].text, &c, &err), -1);
		EXPECT_EQ(err.code, ERR_CONFIG);
		EXPECT(strstr(err.message, cases[i].message));
		EXPECT_STR(err.hint, cases[i].hint);
	}
}

TEST(a_line_is_never_cut)
{
	char text[600] = "[files]\n# ";
	struct error err = ERROR_INIT;
	struct config c;

	memset(text + 10, 'c', 400); /* a comment may be long */
	strcpy(text + 410, "\npaths = /x\n");
	EXPECT_EQ(load_text(text, &c, &err), 0);
	EXPECT_STR(c.file_paths, "/x");
	config_release(&c);

	strcpy(text, "[files]\npaths = ");
	memset(text + 16, 'x', 181);
	strcpy(text + 16 + 181, "\n");
	EXPECT_EQ(load_text(text, &c, &err), 0); /* 189 bytes and a newline */
	EXPECT_EQ(strlen(c.file_paths), 181);
	config_release(&c);

	strcpy(text + 16 + 181, "x\n");
	EXPECT_EQ(load_text(text, &c, &err), -1);
	EXPECT(strstr(err.message, ":2: the line is longer than 190 bytes"));
}

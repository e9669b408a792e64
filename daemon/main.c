/* SPDX-License-Identifier: Apache-2.0
 * daemon/main.c - the command line of sluiced.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/version.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

#define SETS_MAX 64

static const char usage[] =
	"usage: sluiced [-c FILE] [--state-dir DIR] [--socket PATH]\n"
	"               [--set section.key=value]... [--check-config]\n"
	"               [--print-config] [--version] [--help]\n"
	"       sluiced check FILE.sql...\n"
	"       sluiced state show|export FILE.db\n"
	"       sluiced state check FILE.db...\n"
	"\n"
	"Runs SQL jobs over Kafka; takes statements on a Unix socket. Stays in\n"
	"the foreground and logs to stderr. Without -c it reads\n"
	"/etc/sluice/sluice.ini if there is one.\n";

enum { OPT_STATE_DIR = 256, OPT_SOCKET, OPT_SET, OPT_CHECK, OPT_PRINT,
       OPT_DOCUMENT };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "state-dir", required_argument, NULL, OPT_STATE_DIR },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "set", required_argument, NULL, OPT_SET },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "print-config", no_argument, NULL, OPT_PRINT },
	{ "document-config", no_argument, NULL, OPT_DOCUMENT },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct command_line {
	const char *config;
	char *sets[SETS_MAX]; /* owned */
	unsigned nsets;
	bool check_config, print_config;
};

static int
fail(const struct error *err)
{
	char text[4096];

	error_print(err, text, sizeof(text));
	fprintf(stderr, "sluiced: %s", text);
	return error_exit_status(err->code);
}

static void
add_set(struct command_line *line, const char *prefix, const char *value)
{
	size_t n = strlen(prefix) + strlen(value) + 1;
	char *text = mem_alloc(n);

	CHECK(line->nsets < SETS_MAX);
	snprintf(text, n, "%s%s", prefix, value);
	line->sets[line->nsets++] = text;
}

/* Behind a line that tells what is wrong. */
static int
usage_error(void)
{
	fputs("sluiced --help shows the usage\n", stderr);
	return 64;
}

/* Returns -1 to go on, or the exit status. */
static int
read_command_line(int argc, char **argv, struct command_line *line)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		if (line->nsets >= SETS_MAX) {
			fprintf(stderr, "sluiced: more than %d settings\n",
				SETS_MAX);
			return 64;
		}
		switch (c) {
		case 'c':
			line->config = optarg;
			break;
		case OPT_STATE_DIR:
			add_set(line, "daemon.state-dir=", optarg);
			break;
		case OPT_SOCKET:
			add_set(line, "daemon.socket=", optarg);
			break;
		case OPT_SET:
			add_set(line, "", optarg);
			break;
		case OPT_CHECK:
			line->check_config = true;
			break;
		case OPT_PRINT:
			line->print_config = true;
			break;
		case OPT_DOCUMENT:
			config_document(stdout);
			return 0;
		case 'V':
			printf("sluiced %s\n", SLUICE_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return usage_error();
		}
	}
	return -1;
}

/* All that is wrong with the configuration, one after the other. */
static void
report(void *arg, const struct error *err)
{
	(void)arg;
	fail(err);
}

static int
run(const struct command_line *line)
{
	struct config_source from = { .file = line->config,
				      .sets = (const char *const *)line->sets,
				      .nsets = line->nsets };
	struct config *config = config_load(&from, report, NULL);
	struct error err = ERROR_INIT;
	int status = 0;

	if (!config)
		return error_exit_status(ERR_CONFIG);
	if (line->print_config)
		config_print(config, stdout);
	if (!line->print_config && !line->check_config) {
		log_init(log_level_from(config->log_level));
		log_start();
		status = daemon_run(config, &from, &err);
		log_stop();
		if (status < 0)
			status = fail(&err);
	}
	config_unref(config);
	return status;
}

static int
run_command(int argc, char **argv)
{
	if (strcmp(argv[0], "check") == 0 && argc > 1)
		return check_files(argv + 1, (unsigned)(argc - 1));
	if (strcmp(argv[0], "state") == 0 && argc > 2)
		return state_command(argc - 1, argv + 1);
	if (strcmp(argv[0], "state") == 0)
		fputs("sluiced: state: check, show or export, and a file of "
		      "sluice's\n", stderr);
	else if (strcmp(argv[0], "check") == 0)
		fputs("sluiced: check: name a script\n", stderr);
	else
		fprintf(stderr, "sluiced: unknown command \"%s\"\n", argv[0]);
	return usage_error();
}

int
main(int argc, char **argv)
{
	struct command_line line = { .config = NULL };
	int status = read_command_line(argc, argv, &line);

	if (status < 0)
		status = optind < argc
				 ? run_command(argc - optind, argv + optind)
				 : run(&line);
	for (unsigned i = 0; i < line.nsets; i++)
		free(line.sets[i]);
	return status;
}

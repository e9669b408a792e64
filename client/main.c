/* SPDX-License-Identifier: Apache-2.0
 * client/main.c - the command line of sluice.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/version.h"
#include "client/api.h"
#include "client/private.h"
#include "client/run.h"
#include "client/session.h"
#include "client/shell.h"
#include "client/shown.h"
#include "client/term.h"
#include "client/top.h"

#define DEFAULT_SOCKET "/run/sluice/sluice.sock"
#define PARTS_MAX 64

static const char usage[] =
	"usage: sluice [-s SOCKET|URL] [-o FORMAT] [-e SQL]... [-f FILE]...\n"
	"       sluice run [--state-dir DIR] [--set section.key=value]... FILE.sql...\n"
	"       sluice check FILE.sql...\n"
	"       sluice state show|export FILE.db\n"
	"       sluice state check FILE.db...\n"
	"       sluice [-s SOCKET|URL] jobs | top [SECONDS]\n"
	"\n"
	"Sends SQL to sluiced. Without -e and -f: a shell on a terminal, a script\n"
	"from standard input otherwise. FORMAT: aligned, csv, tsv, json, vertical;\n"
	"aligned on a terminal and json in a pipe unless said otherwise.\n"
	"`run` needs no daemon: it starts a private one, waits until every job is\n"
	"FINISHED, and stops it.\n"
	"SOCKET is $SLUICE_SOCKET or " DEFAULT_SOCKET " unless given.\n"
	"Exit: 0 all well, 1 a statement failed, 2 usage, 3 no daemon there,\n"
	"4 a job failed, 5 a state file is damaged, 130 interrupted.\n";

/* Behind a line that tells what is wrong. */
static int
usage_error(void)
{
	fputs("sluice --help shows the usage\n", stderr);
	return 2;
}

static int
usage_wrong(const char *what)
{
	fprintf(stderr, "sluice: %s\n", what);
	return usage_error();
}

static enum output_format
default_format(void)
{
	return isatty(STDOUT_FILENO) ? OUTPUT_ALIGNED : OUTPUT_JSON;
}

static int
bad_format(const char *name)
{
	fprintf(stderr, "sluice: there is no format \"%s\": aligned, csv, tsv, "
			"json, vertical\n", name);
	return 2;
}

/* ---- sluice run ---- */

static int
command_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "state-dir", required_argument, NULL, 'd' },
		{ "set", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *sets[PARTS_MAX];
	struct run_options o = { .format = default_format(), .sets = sets };
	int c;

	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		switch (c) {
		case 'd':
			o.state_dir = optarg;
			break;
		case 'S':
			if (o.nsets == PARTS_MAX)
				return usage_wrong("too many --set");
			sets[o.nsets++] = optarg;
			break;
		case 'o':
			if (!output_format_from(optarg, &o.format))
				return bad_format(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return usage_error();
		}
	if (optind == argc)
		return usage_wrong("run: name a script");
	o.files = argv + optind;
	o.nfiles = (unsigned)(argc - optind);
	o.progress = isatty(STDERR_FILENO);
	return run_files(&o);
}

/* ---- sluice check, sluice state: the engine's own jobs ---- */

/* sluiced's exit status in our terms. */
static int
own_status(int status)
{
	if (!WIFEXITED(status))
		return 1;
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case 64:
		return 2;
	case 65:
		return 5;
	default:
		return 1;
	}
}

/* argv[0] is the command's name, which sluiced has, too. */
static int
hand_on(int argc, char **argv)
{
	const char *program = private_program();
	char **args;
	int status;
	pid_t pid;

	if (!program) {
		fputs("sluice: there is no sluiced beside this program or in "
		      "PATH\n", stderr);
		return 2;
	}
	args = calloc((size_t)argc + 2, sizeof(*args));
	CHECK(args);
	args[0] = (char *)program;
	memcpy(args + 1, argv, (size_t)argc * sizeof(*args));
	pid = fork();
	if (pid == 0) {
		execv(program, args);
		perror("sluice: cannot start sluiced");
		_exit(64);
	}
	free(args);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("sluice: cannot start sluiced");
		return 2;
	}
	return own_status(status);
}

static int
command_check(int argc, char **argv)
{
	return argc < 2 ? usage_wrong("check: name a script")
			: hand_on(argc, argv);
}

static int
command_state(int argc, char **argv)
{
	return argc < 3 ? usage_wrong("state: check, show or export, and a "
				      "file of sluice's")
			: hand_on(argc, argv);
}

/* ---- sluice jobs, sluice top ---- */

static bool
is_jobs_command(const char *word)
{
	return strcmp(word, "jobs") == 0 || strcmp(word, "top") == 0;
}

static int
command_jobs(const char *where, int argc, char **argv)
{
	bool live = strcmp(argv[0], "top") == 0;
	double every = argc > 1 ? strtod(argv[1], NULL) : 1;
	struct api *a;
	int rc;

	if (argc > (live ? 2 : 1) || !(every >= 0.1 && every <= 3600))
		return usage_wrong(live ? "top: takes seconds, 0.1 to 3600"
					: "jobs: takes nothing else");
	if (live && !isatty(STDOUT_FILENO))
		return usage_wrong("top: needs a terminal; see sluice jobs");
	a = api_create(where);
	rc = live ? jobs_live(a, every) : jobs_once(a);
	api_destroy(a);
	return rc;
}

/* ---- scripts over the socket ---- */

struct part { /* of -e and -f, in order */
	const char *text;
	bool is_file;
};

static int
send_parts(struct session *s, const struct part *parts, unsigned n)
{
	int status = n > 1 ? session_open(s) : 0;

	for (unsigned i = 0; i < n && status == 0 && !s->leave &&
			     output_wanted(&s->out);
	     i++)
		status = parts[i].is_file
				 ? session_file(s, parts[i].text)
				 : session_script(s, NULL, parts[i].text,
						  strlen(parts[i].text));
	return status;
}

static int
shell(struct session *s)
{
	int status;

	term_keys_begin(); /* what is typed from now on is not lost */
	status = session_open(s);
	if (status == 0)
		status = shell_run(s);
	term_keys_end();
	return status;
}

/* n 0: a shell. */
static int
converse(const char *where, const struct part *parts, unsigned n,
	 enum output_format format)
{
	struct api *a = api_create(where);
	struct session s;
	int status;

	session_catch_signals();
	session_init(&s, a, format);
	status = n ? send_parts(&s, parts, n) : shell(&s);
	session_release(&s);
	api_destroy(a);
	return status;
}

static int
command_send(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *where = getenv("SLUICE_SOCKET");
	enum output_format format = default_format();
	struct part parts[PARTS_MAX];
	unsigned n = 0;
	int c;

	while ((c = getopt_long(argc, argv, "+s:o:e:f:hV", options, NULL)) != -1)
		switch (c) {
		case 's':
			where = optarg;
			break;
		case 'o':
			if (!output_format_from(optarg, &format))
				return bad_format(optarg);
			break;
		case 'e':
		case 'f':
			if (n == PARTS_MAX)
				return usage_wrong("too many -e and -f");
			parts[n++] = (struct part){ optarg, c == 'f' };
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("sluice %s\n", SLUICE_VERSION);
			return 0;
		default:
			return usage_error();
		}
	if (!where || !*where)
		where = DEFAULT_SOCKET;
	if (optind < argc && n == 0 && is_jobs_command(argv[optind]))
		return command_jobs(where, argc - optind, argv + optind);
	if (optind < argc) {
		fprintf(stderr, "sluice: unknown command \"%s\"\n",
			argv[optind]);
		return usage_error();
	}
	if (n == 0 && !isatty(STDIN_FILENO))
		parts[n++] = (struct part){ "-", true };
	return converse(where, parts, n, format);
}

int
main(int argc, char **argv)
{
	shown_init();
	term_init();
	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return command_run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return command_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "state") == 0)
		return command_state(argc - 1, argv + 1);
	return command_send(argc, argv);
}

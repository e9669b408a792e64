/* SPDX-License-Identifier: Apache-2.0
 * client/private.c - fork, exec, wait until it listens, and never leave it
 * behind: the kernel ends it when we die (PR_SET_PDEATHSIG).
 */
#include "client/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"

#define START_MS 10000
#define STOP_MS 30000
#define TMPDIR_MAX 80
#define RUN_DIR "sluice-run-" /* and six letters */

static void
sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

const char *
private_program(void)
{
	static char path[4096];
	const char *dirs = getenv("PATH");
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		if (slash) {
			memcpy(slash + 1, "sluiced", 8);
			if (access(path, X_OK) == 0)
				return path;
		}
	}
	while (dirs && *dirs) {
		size_t len = strcspn(dirs, ":");

		snprintf(path, sizeof(path), "%.*s/sluiced", (int)len, dirs);
		if (access(path, X_OK) == 0)
			return path;
		dirs += len;
		dirs += *dirs == ':';
	}
	/* Where Debian's users have no sbin in their PATH. */
	if (access("/usr/sbin/sluiced", X_OK) == 0)
		return "/usr/sbin/sluiced";
	return NULL;
}

static void
child(const struct private_daemon *d, pid_t parent, const char *program,
      const char *const *sets, unsigned nsets)
{
	const char **argv = mem_zalloc((2 * nsets + 8) * sizeof(*argv));
	unsigned n = 0;
	int log;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it has died already */
		_exit(0);
	/* Ctrl-C on the terminal is ours to answer: we stop it in order. */
	setpgid(0, 0);
	log = open(d->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log >= 0)
		dup2(log, STDERR_FILENO);
	argv[n++] = program;
	argv[n++] = "--state-dir";
	argv[n++] = d->dir;
	argv[n++] = "--socket";
	argv[n++] = d->socket;
	for (unsigned i = 0; i < nsets; i++) {
		argv[n++] = "--set";
		argv[n++] = sets[i];
	}
	execv(program, (char *const *)argv);
	_exit(127);
}

static bool
listens(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	memcpy(to.sun_path, path, strlen(path) + 1);
	good = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return good;
}

/* The last lines of its log: why it did not start. */
static void
add_log(const struct private_daemon *d, struct error *err)
{
	char text[600] = "";
	FILE *f = fopen(d->log, "re");
	size_t n;

	if (!f)
		return;
	if (fseek(f, -(long)sizeof(text) + 1, SEEK_END) < 0)
		rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	error_note(err, "%s", text);
}

bool
private_alive(struct private_daemon *d)
{
	int status;

	if (d->pid > 0 && waitpid(d->pid, &status, WNOHANG) == d->pid)
		d->pid = 0;
	return d->pid > 0;
}

static int
wait_ready(struct private_daemon *d, struct error *err)
{
	for (int ms = 0; ms < START_MS; ms += 5) {
		if (listens(d->socket))
			return 0;
		if (!private_alive(d))
			break;
		sleep_ms(5);
	}
	error_set(err, ERR_CONNECTION, "the private sluiced did not start");
	add_log(d, err);
	return -1;
}

static void
remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char name[4096];

	if (!dir) {
		unlink(path);
		return;
	}
	while ((e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			remove_tree(name);
		else
			unlink(name);
	}
	closedir(dir);
	rmdir(path);
}

/* The lock of a run's directory, held for as long as its process lives; -1:
 * another has it, or there is none to be had. */
static int
lock_run_dir(const char *dir, int flags)
{
	char path[4096 + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What runs that were killed have left: nobody holds their locks. */
static void
sweep(const char *tmp)
{
	DIR *dir = opendir(tmp);
	struct dirent *e;
	char path[4096];
	struct stat st;
	int fd;

	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, RUN_DIR, strlen(RUN_DIR)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", tmp, e->d_name);
		if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
		    st.st_uid != geteuid())
			continue;
		fd = lock_run_dir(path, 0);
		if (fd < 0)
			continue;
		remove_tree(path);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

static int
make_run_dir(struct private_daemon *d, const char *tmp, struct error *err)
{
	snprintf(d->run_dir, sizeof(d->run_dir), "%s/" RUN_DIR "XXXXXX", tmp);
	if (!mkdtemp(d->run_dir))
		return error_errno(err, ERR_FILE, errno, "cannot make %s",
				   d->run_dir);
	d->lock_fd = lock_run_dir(d->run_dir, O_CREAT | O_EXCL);
	if (d->lock_fd < 0)
		return error_errno(err, ERR_FILE, errno, "cannot lock %s",
				   d->run_dir);
	return 0;
}

int
private_start(struct private_daemon *d, const char *state_dir,
	      const char *const *sets, unsigned nsets, struct error *err)
{
	const char *program = private_program();
	const char *tmp = getenv("TMPDIR");
	pid_t parent;

	*d = (struct private_daemon){ .lock_fd = -1 };
	if (!program)
		return error_set(err, ERR_USAGE,
				 "there is no sluiced beside this program or in PATH");
	/* A socket's path has room for 107 bytes. */
	if (!tmp || !*tmp || strlen(tmp) > TMPDIR_MAX)
		tmp = "/tmp";
	sweep(tmp);
	if (make_run_dir(d, tmp, err) < 0)
		return -1;
	snprintf(d->socket, sizeof(d->socket), "%s/sock", d->run_dir);
	snprintf(d->log, sizeof(d->log), "%s/log", d->run_dir);
	d->dir_is_ours = !state_dir;
	if (state_dir)
		snprintf(d->dir, sizeof(d->dir), "%s", state_dir);
	else
		snprintf(d->dir, sizeof(d->dir), "%s/state", d->run_dir);
	fflush(NULL);
	parent = getpid();
	d->pid = fork();
	if (d->pid < 0)
		return error_errno(err, ERR_INTERNAL, errno, "cannot fork");
	if (d->pid == 0)
		child(d, parent, program, sets, nsets);
	return wait_ready(d, err);
}

void
private_stop(struct private_daemon *d)
{
	if (private_alive(d)) {
		kill(d->pid, SIGTERM);
		for (int ms = 0; ms < STOP_MS && private_alive(d); ms += 5)
			sleep_ms(5);
	}
	if (private_alive(d)) {
		kill(d->pid, SIGKILL);
		waitpid(d->pid, NULL, 0);
		d->pid = 0;
	}
	if (*d->run_dir)
		remove_tree(d->run_dir);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
}

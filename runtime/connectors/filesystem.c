/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/filesystem.c - the paths of the filesystem connector. The
 * daemon may read more than the users of its socket, so nothing outside of the
 * configured directories is opened, whatever links and dots say.
 */
#include "runtime/connectors/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* "file:///a" and "file:/a" are "/a", as in Flink. */
static int
plain_path(const char *path, const char **ret, struct error *err)
{
	const char *scheme = strstr(path, "://");

	*ret = path;
	if (strncmp(path, "file://", 7) == 0)
		*ret = path + 7;
	else if (strncmp(path, "file:", 5) == 0)
		*ret = path + 5;
	else if (scheme && scheme > path &&
		 !memchr(path, '/', (size_t)(scheme - path)))
		return error_set(err, ERR_UNSUPPORTED,
				 "'%s': only local files can be used", path);
	if (!**ret)
		return error_set(err, ERR_INVALID_OPTION, "'path' is empty");
	return 0;
}

/* Whether real lies at or below dir, both real paths. */
static bool
is_below(const char *real, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1)
		return true; /* the root */
	return strncmp(real, dir, n) == 0 && (!real[n] || real[n] == '/');
}

static int
check_allowed(const char *real, const char *const *allowed, struct error *err)
{
	char dir[PATH_MAX];

	if (!allowed)
		return 0;
	for (unsigned i = 0; allowed[i]; i++) {
		if (realpath(allowed[i], dir) && is_below(real, dir))
			return 0;
	}
	error_set(err, ERR_PERMISSION,
		  "%s is not below a directory that SQL may touch", real);
	error_note(err, "the daemon's setting files.paths names them");
	return -1;
}

int
filesystem_resolve(const char *path, const char *const *allowed,
		   char **ret_real, struct error *err)
{
	char real[PATH_MAX];
	const char *plain;

	if (plain_path(path, &plain, err) < 0)
		return -1;
	if (!realpath(plain, real))
		return error_errno(err, ERR_FILE, errno, "cannot open %s",
				   plain);
	if (check_allowed(real, allowed, err) < 0)
		return -1;
	*ret_real = mem_strdup(real);
	return 0;
}

int
filesystem_resolve_new(const char *path, const char *const *allowed,
		       char **ret_real, struct error *err)
{
	char above[PATH_MAX], real[PATH_MAX];
	const char *plain, *slash;

	if (plain_path(path, &plain, err) < 0)
		return -1;
	slash = strrchr(plain, '/');
	if (*plain != '/' || !slash[1] || strlen(plain) >= sizeof(above)) {
		error_set(err, ERR_INVALID_OPTION, "'%s' is no path of a file: "
			  "it begins with / and ends with its name", plain);
		if (*plain != '/')
			error_note(err, "write all of it, from / on: the "
				   "daemon's directory is not yours");
		return -1;
	}
	snprintf(above, sizeof(above), "%.*s",
		 slash > plain ? (int)(slash - plain) : 1, plain);
	if (!realpath(above, real)) {
		bool missing = errno == ENOENT;

		error_errno(err, ERR_FILE, errno, "cannot open %s", above);
		if (missing)
			error_note(err, "make the directory: mkdir -p '%s'; "
				   "the daemon has to be allowed to write "
				   "there", above);
		return -1;
	}
	if (check_allowed(real, allowed, err) < 0)
		return -1;
	if (faccessat(AT_FDCWD, plain, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, ERR_EXISTS, "%s exists already", plain);
	*ret_real = mem_alloc(strlen(real) + strlen(slash) + 1);
	sprintf(*ret_real, "%s%s", strcmp(real, "/") == 0 ? "" : real, slash);
	return 0;
}

/* The real path of the deepest directory at or above `path` that exists;
 * *ret_rest is what is missing below it. */
static int
existing_part(char *path, char real[PATH_MAX], const char **ret_rest,
	      struct error *err)
{
	size_t cut = strlen(path);

	for (;;) {
		char saved = path[cut];
		const char *found;

		path[cut] = '\0';
		found = realpath(cut > 0 ? path : saved == '/' ? "/" : ".",
				 real);
		path[cut] = saved;
		if (found) {
			*ret_rest = path + cut;
			return 0;
		}
		if (errno != ENOENT || cut == 0)
			return error_errno(err, ERR_FILE, errno,
					   "cannot open %s", path);
		while (cut > 0 && path[--cut] != '/')
			;
	}
}

/* Makes the directories of `rest` one by one below fd, which it consumes. */
static int
make_below(int fd, char *rest, const char *path, struct error *err)
{
	char *save = NULL;

	for (char *name = strtok_r(rest, "/", &save); name;
	     name = strtok_r(NULL, "/", &save)) {
		int next;

		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			close(fd);
			return error_set(err, ERR_PERMISSION,
					 "'%s' goes up from a directory that"
					 " does not exist", path);
		}
		next = mkdirat(fd, name, 0750) == 0 || errno == EEXIST
			       ? openat(fd, name, O_RDONLY | O_DIRECTORY |
						  O_NOFOLLOW | O_CLOEXEC)
			       : -1;
		if (next < 0)
			error_errno(err, ERR_FILE, errno,
				    "cannot make the directory %s", path);
		close(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	return fd;
}

int
filesystem_make_directory(const char *path, const char *const *allowed,
			  int *ret_fd, struct error *err)
{
	char real[PATH_MAX], copy[PATH_MAX], rest_copy[PATH_MAX];
	const char *plain, *rest = "";
	int fd;

	if (plain_path(path, &plain, err) < 0)
		return -1;
	if (strlen(plain) >= sizeof(copy))
		return error_errno(err, ERR_FILE, ENAMETOOLONG,
				   "cannot open %.100s...", plain);
	strcpy(copy, plain);
	if (existing_part(copy, real, &rest, err) < 0 ||
	    check_allowed(real, allowed, err) < 0)
		return -1;
	strcpy(rest_copy, rest);
	fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_FILE, errno, "cannot open %s",
				   real);
	fd = make_below(fd, rest_copy, plain, err);
	if (fd < 0)
		return -1;
	*ret_fd = fd;
	return 0;
}

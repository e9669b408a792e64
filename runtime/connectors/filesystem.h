/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/filesystem.h - which paths SQL may touch. Links and ".."
 * are resolved before a path is judged.
 */
#ifndef RUNTIME_CONNECTORS_FILESYSTEM_H
#define RUNTIME_CONNECTORS_FILESYSTEM_H

#include "base/error.h"

/* The real path of something that exists, for free(). `allowed` as in
 * connector_env.paths. */
int filesystem_resolve(const char *path, const char *const *allowed,
		       char **ret_real, struct error *err);

/* The same for something that must not exist yet, in a directory that does. */
int filesystem_resolve_new(const char *path, const char *const *allowed,
			   char **ret_real, struct error *err);

/* Opens a directory, making it and those above it where they are missing. */
int filesystem_make_directory(const char *path, const char *const *allowed,
			      int *ret_fd, struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_vfs.h - a layer over SQLite's file layer that gives each page
 * a checksum when it is written into a state file, and checks it whenever one
 * is read, in the file or in its log. Files stay readable by any sqlite3.
 */
#ifndef RUNTIME_STORE_VFS_H
#define RUNTIME_STORE_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The layer's name for sqlite3_open_v2(); over what is SQLite's default when
 * it is called first. Files whose pages have no room for sums (made before
 * there were any) go through as they are. */
const char *store_vfs_name(void);
/* Why a read of this connection failed with SQLITE_IOERR_DATA; "": it did
 * not. */
const char *store_vfs_fault(sqlite3 *db);

/* A file's bytes as they are, read beside whatever else is open: a process
 * that closes a file by itself gives up the locks of all its connections to
 * it (POSIX), and SQLite knows how not to. */
struct store_raw;
int store_raw_open(const char *path, struct store_raw **ret,
		   struct error *err);
void store_raw_close(struct store_raw *r); /* NULL is allowed */
int64_t store_raw_size(struct store_raw *r); /* -1: unknown */
/* All n bytes, or false. */
bool store_raw_read(struct store_raw *r, void *data, size_t n, int64_t at);
/* 0: whatever could not be read is not there, or cut off. */
int store_raw_errno(const struct store_raw *r);

#endif

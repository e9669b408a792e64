/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_vfs.h - a layer over SQLite's file layer that gives each page
 * a checksum when it is written into a state file, and checks it whenever one
 * is read, in the file or in its log. Files stay readable by any sqlite3.
 */
#ifndef RUNTIME_STORE_VFS_H
#define RUNTIME_STORE_VFS_H

#include <sqlite3.h>

/* The layer's name for sqlite3_open_v2(); over what is SQLite's default when
 * it is called first. Files whose pages have no room for sums (made before
 * there were any) go through as they are. */
const char *store_vfs_name(void);
/* Why a read of this connection failed with SQLITE_IOERR_DATA; "": it did
 * not. */
const char *store_vfs_fault(sqlite3 *db);

#endif

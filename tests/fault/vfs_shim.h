/* SPDX-License-Identifier: Apache-2.0
 * tests/fault/vfs_shim.h - a disk that fails when told to: a layer over
 * SQLite's own VFS that counts writes, syncs and truncations, lets the nth of
 * them fail in a chosen way, and can pull the plug.
 */
#ifndef TESTS_FAULT_VFS_SHIM_H
#define TESTS_FAULT_VFS_SHIM_H

#include <stdbool.h>
#include <stdint.h>

enum shim_fault {
	SHIM_NONE,
	SHIM_FULL,  /* the write says that the disk is full; once */
	SHIM_IOERR, /* it fails; once: a second try seems to go well */
	SHIM_SHORT, /* half of it is written, then it fails; once */
	SHIM_DEAD,  /* it fails, and so does everything after it */
};

/* Becomes the default VFS for connections opened from now on. */
void shim_install(void);
/* The nth counted call from now on (from 1) fails. */
void shim_arm(enum shim_fault fault, unsigned nth);
/* No more faults; true when the armed one has happened. */
bool shim_disarm(void);
/* As if power was lost now: of all sectors written since their file was last
 * synced, a random half goes back to what it was. Connections must not be
 * used any more but may be closed while SHIM_DEAD is armed. */
void shim_power_cut(uint64_t seed);

#endif

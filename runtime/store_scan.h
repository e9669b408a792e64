/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_scan.h - a state file and its log read from end to end, byte
 * by byte, before SQLite is allowed to believe them: SQLite drops the end of a
 * damaged log without a word, and what it folded in before stays in the file.
 */
#ifndef RUNTIME_STORE_SCAN_H
#define RUNTIME_STORE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct store_scan {
	bool summed;        /* its pages have room for checksums */
	bool fits;          /* or could have it */
	uint64_t pages;
	uint64_t unsummed;  /* of them without one: another program's work */
	char fault[160];    /* what is damaged; "": nothing */
};

/* -1: the file cannot be read. Damage is told in ret->fault. A writer beside
 * it does no harm. Files without sums are not read. */
int store_scan(const char *path, struct store_scan *ret, struct error *err);
/* Sums for those pages of a new copy that have none: SQLite writes some before
 * the first one, which tells that there is room. Nobody else has it open. */
int store_scan_complete(const char *path, struct error *err);

#endif

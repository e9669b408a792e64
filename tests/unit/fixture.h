/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/fixture.h - files of earlier versions of sluice, kept as the
 * scripts that make them (tests/fixtures/): text, for git's sake.
 */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

/* Makes the SQLite file at path. Plain: no checksums, no log. */
void fixture_build(const char *name, const char *path);

#endif

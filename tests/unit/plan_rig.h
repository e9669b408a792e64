/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/plan_rig.h - scripts through parser, catalog and planner: CREATE
 * fills the catalog, SET the settings, everything else is planned.
 */
#ifndef TESTS_UNIT_PLAN_RIG_H
#define TESTS_UNIT_PLAN_RIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "parser/bind.h"

struct plan_rig {
	struct arena arena;
	struct catalog *permanent;
	struct catalog *catalog; /* the session's, over the permanent one */
	struct settings settings;
	struct error err;
	struct plan *plan; /* of the last statement that has one */
};

void plan_rig_open(struct plan_rig *r);
void plan_rig_close(struct plan_rig *r);
/* Runs a script. 0, or -1 with r->err. */
int plan_rig_run(struct plan_rig *r, const char *script);
/* The same; fails the test on an error. */
void plan_rig_must(struct plan_rig *r, const char *script);
/* The plan as EXPLAIN prints it, or the error as the user sees it. */
const char *plan_rig_text(struct plan_rig *r, const char *script);
/* The only node of this kind. */
const struct plan_node *plan_rig_node(struct plan_rig *r, enum plan_kind kind);
unsigned plan_rig_count(struct plan_rig *r, enum plan_kind kind);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/rig.h - a job without a daemon: SQL, a pipeline, a real state
 * file, a clock that stands still, and sources and sinks made of text.
 *
 * Every connector of the statements is the rig's own: a table reads from, or
 * writes to, the topic that its options name (or its connector, if none). Rows
 * go in as the table's format has them, usually csv, and come out as
 * "+I a 5", one line each, values as CAST(... AS STRING) gives them, NULL as
 * NULL. "@01:02.003" in a row stands for 2026-01-01 00:01:02.003, both ways.
 *
 * Unless the script creates another, there is `s` (k STRING, v BIGINT,
 * ts TIMESTAMP(3) with WATERMARK FOR ts AS ts), fed by rig_step()
 * and by lines "a,7,@00:01," of the topic s.
 *
 * A crash forgets the pipeline and everything that sinks took since the last
 * checkpoint, as a sink does that only shows what is committed.
 */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include "runtime/pipeline.h"
#include "runtime/store.h"

struct rig;

struct rig *rig_open(const char *sql);
void rig_close(struct rig *r);
/* Another query goes on from the state of this one: its file as of a
 * checkpoint, what the topics have. */
void rig_change(struct rig *r, const char *sql);
/* The same, but the script may be wrong: NULL and the error. */
struct rig *rig_try(const char *sql, struct error *err);

/* Of keyed state; from the next restore on, which this is. */
void rig_budget(struct rig *r, int64_t bytes);

/* ---- input ---- */
/* A topic has one partition unless it is told otherwise. */
void rig_partitions(struct rig *r, const char *topic, unsigned n);
void rig_push(struct rig *r, const char *topic, unsigned partition,
	      const char *row);
/* A record with its key; NULL for none, or for a tombstone. */
void rig_push_record(struct rig *r, const char *topic, unsigned partition,
		     const char *key, const char *value);
/* The last record pushed has more headers than can be read. */
void rig_headers(struct rig *r, const char *topic, unsigned partition);
/* A row for time only: in `s` a filter stops it, but the watermark saw it. */
void rig_tick(struct rig *r, const char *time);
/* No more rows come: its partitions end when they are read. */
void rig_end(struct rig *r, const char *topic);
/* Rows are there but the source does not give them (a slow broker). */
void rig_stall(struct rig *r, const char *topic, unsigned partition,
	       bool stalled);

/* ---- running ---- */
/* Steps until there is nothing to do at this time of the clock. */
enum pipeline_rc rig_run(struct rig *r);
enum pipeline_rc rig_step_once(struct rig *r);
/* Moves the clock as an event loop would see it: with a step whenever the
 * pipeline has asked for one. */
enum pipeline_rc rig_advance(struct rig *r, int64_t us);
/* Rows of `s`, "a,7,@00:01", then one step. NULL ends the list. */
void rig_step(struct rig *r, ...);
void rig_watermark(struct rig *r, const char *time);

void rig_checkpoint(struct rig *r);
void rig_crash(struct rig *r);
/* A crash in two halves. In between: ALTER JOB ... RESET OFFSETS of one table
 * or (NULL) all, or to a copy of the state file. */
void rig_stop(struct rig *r);
void rig_start(struct rig *r);
int rig_reset(struct rig *r, const struct seek *to, const char *table,
	      const char *savepoint, bool keep_state,
	      struct store_reset_done *ret, struct error *err);
/* A crash, and a statement of somebody else's in the state file before the
 * restart; what that comes to, 0 or -1 and the error. */
int rig_damage(struct rig *r, const char *sql, struct error *err);
/* A crash, and a file made by the script of tests/fixtures/ in its place. */
int rig_replace(struct rig *r, const char *fixture, struct error *err);
/* From now on after every step: RIG_RESTORE checkpoints and crashes, so that
 * nothing is read twice; RIG_REPLAY crashes without a checkpoint. */
enum rig_trouble { RIG_CALM, RIG_RESTORE, RIG_REPLAY };
void rig_trouble(struct rig *r, enum rig_trouble trouble);

/* ---- output ---- */
/* Lines that a topic ("" for the client of a SELECT) got since the last call,
 * each with \n. */
const char *rig_out(struct rig *r, const char *topic);
/* All lines so far added up: what a reader of the changelog has, sorted. */
const char *rig_net(struct rig *r, const char *topic);
/* The same of lines like these. */
const char *rig_net_of(struct rig *r, const char *lines);
void rig_room(struct rig *r, const char *topic, bool room);
/* Room until the topic has so many lines. */
void rig_room_lines(struct rig *r, const char *topic, size_t lines);
size_t rig_lines(struct rig *r, const char *topic);
/* What a query of the state file says, after a checkpoint. */
const char *rig_state(struct rig *r, const char *sql);
const char *rig_look(struct rig *r, const char *sql); /* without one */
struct pipeline *rig_pipeline(struct rig *r);
const char *rig_path(struct rig *r); /* of the state file */
/* Quarantined rows since the last call, checkpointed or not: "code topic
 * partition offset column" and \n each. */
const char *rig_errors(struct rig *r);
/* Sends all quarantined rows through the query again, in one step, behind a
 * checkpoint; what came of them: "taken 3, failed 1, late 0", and a line for
 * each reason of those that cannot go. */
const char *rig_replay(struct rig *r);
struct op *rig_op(struct rig *r, const char *name); /* the first so called */

/* Expands @ to times and compares with what the only sink got. */
void rig_expect(struct rig *r, const char *file, int line, ...);
#define EXPECT_OUT(r, ...) rig_expect(r, __FILE__, __LINE__, __VA_ARGS__)

#endif

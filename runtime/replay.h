/* SPDX-License-Identifier: Apache-2.0
 * runtime/replay.h - rows of the table errors go through the query again
 * (REPLAY ERRORS). They take a step of their own, in which no source is asked;
 * those that go well leave the table in the transaction of the cut that has
 * their effect, so after a crash each is either still there or applied.
 *
 *	pipeline_replay()	at rest
 *	pipeline_step() ...	until pipeline_replaying() is false
 *	pipeline_cut() ... pipeline_committed()
 */
#ifndef RUNTIME_REPLAY_H
#define RUNTIME_REPLAY_H

#include "runtime/snapshot.h"

struct pipeline;

#define REPLAY_ROWS_MAX 256 /* of a step */

/* Why a row cannot go through the query again. */
enum replay_refusal {
	REPLAY_TAKEN,        /* it can */
	REPLAY_OLD,          /* as enum bad_replay says */
	REPLAY_CUT,
	REPLAY_USED,
	REPLAY_NO_SOURCE,    /* no table of that name in the query */
	REPLAY_NO_PARTITION,
	REPLAY_CHANGES,      /* the table's records are changes */
	REPLAY_METADATA,     /* it has metadata that is not kept */
	REPLAY_EARLY,        /* a value that they wait for is not known yet */
	REPLAY_NO_PLACE,     /* nothing below `place` takes such rows */
	REPLAY_REFUSALS,
};
extern const char *const replay_refusal_text[REPLAY_REFUSALS];

struct replay_counts {
	uint64_t taken;  /* went through the query again; of these: */
	uint64_t failed; /* cannot be used still */
	uint64_t late;   /* times that an operator found one too late */
	uint64_t refused[REPLAY_REFUSALS];
};

/* At rest: at most REPLAY_ROWS_MAX rows, which are copied. Rows that cannot go
 * are counted at once, the others go with the next step. */
void pipeline_replay(struct pipeline *p, const struct bad_row *rows);
/* They wait for a step, or it is not over. */
bool pipeline_replaying(const struct pipeline *p);
/* What has come of all rows since the last call. */
void pipeline_take_replayed(struct pipeline *p, struct replay_counts *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/scan.h - what the driver and the watermark operators above
 * ask of a scan: its source, its partitions, and how quiet they have been.
 */
#ifndef RUNTIME_OPERATORS_SCAN_H
#define RUNTIME_OPERATORS_SCAN_H

#include "runtime/connector.h"
#include "runtime/operator.h"
#include "runtime/replay.h"

struct scan_part { /* numbered as source_type.parts() numbers them */
	const char *topic;
	int32_t partition;
	enum part_state state;
	const char *reason;
	int64_t next_offset;  /* behind the last row that entered a step */
	int64_t end_offset;   /* -1: not known */
	int64_t record_time_us; /* of that row; TIME_NONE: none or unknown */
	uint32_t record_crc;
	bool has_crc;
	uint32_t step_rows;   /* records taken in this step */
	bool asked;           /* this step: poll() was called */
	bool quiet;           /* this step: asked, caught up, and nothing came */
	bool dry;             /* this step: it gave less than it was asked for */
	int64_t wm_us;        /* lowest of the watermark operators above, which
			       * keep it; TIME_NONE: none yet */
	uint64_t lost;     /* lost records that the source passed over */
	int64_t saved_offset; /* as the last cut has it; -1: never */
};

unsigned scan_parts(const struct op *op, struct scan_part **ret);
/* Of the time since the last step, how much counts as polled: time while
 * paused, blocked, or busy in a long step does not (runtime.md section 6). */
int64_t scan_polled_us(const struct op *op);

/* ---- for the driver ---- */

/* Opens the source where the restored offsets say. */
int scan_start(struct op *op, const struct connector_env *env,
	       struct error *err);
enum scan_may { SCAN_MAY_POLL, SCAN_MAY_NOT };
/* PHASE_ROWS of a scan. `gap_us`: polled time since the last step. */
int scan_poll(struct op *op, enum scan_may may, int64_t gap_us,
	      struct error *err);
/* More rows could have been read in this step. */
bool scan_is_busy(const struct op *op);
/* All partitions have come to their ends, or nobody reads the rows. */
bool scan_has_ended(const struct op *op);
/* Where the slowest partition with rows stands; TIME_NONE: not known. */
int64_t scan_time_us(const struct op *op);
/* The epoch of the last checkpoint() is committed. */
void scan_committed(struct op *op);
const char *scan_topic(const struct op *op, uint32_t part, int32_t *ret_part);

/* A record of the table errors takes place `number` (from 1) in the batch
 * that the next scan_poll() emits instead of asking its source; it moves
 * neither offsets nor time. */
enum replay_refusal scan_replay(struct op *op, const struct bad_row *row,
				uint16_t number);

int scan_wake_fd(const struct op *op); /* -1: none */
void scan_woken(struct op *op);
const char *scan_reason(const struct op *op); /* why there are no parts */
const char *scan_notice(struct op *op);       /* each once, then NULL */
int64_t scan_next_us(const struct op *op);
bool scan_work(const struct op *op, struct blocking_work *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * daemon/tap.h - TAP: looking on at the rows of a running job. The job side of
 * it (job_taps_*) stands in job.h.
 */
#ifndef DAEMON_TAP_H
#define DAEMON_TAP_H

#include "daemon/script.h"
#include "daemon/session.h"

/* Main thread. Starts the stream of the statement's tap, when the job has
 * operators. */
enum statement_rc tap_statement(struct script *s);

#endif

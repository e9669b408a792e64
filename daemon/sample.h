/* SPDX-License-Identifier: Apache-2.0
 * daemon/sample.h - DESCRIBE TABLE t FROM SAMPLE: looks at records of a table
 * whatever its columns say, and proposes a table that reads them.
 */
#ifndef DAEMON_SAMPLE_H
#define DAEMON_SAMPLE_H

#include "daemon/script.h"

enum statement_rc sample_statement(struct script *s);

#endif

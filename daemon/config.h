/* SPDX-License-Identifier: Apache-2.0
 * daemon/config.h - the daemon's settings, from one table (name, type,
 * default, limits, help) in config.c: inih file, --set, --print-config and the
 * manual's page are all made from it.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct config {
	/* [daemon] */
	char *state_dir;      /* /var/lib/sluice */
	char *socket;         /* /run/sluice/sluice.sock */
	char *socket_group;   /* "sluice" if there is such a group */
	char *log_level;
	/* [limits] */
	int64_t jobs_max, selects_max, sessions_max, connections_max;
	int64_t script_bytes_max, statement_depth_max, columns_max,
		statements_max;
	int64_t state_bytes_max;    /* keyed state of one job */
	int64_t errors_rows_max, errors_bytes_max;
	int64_t client_buffer_bytes; /* of a SELECT */
	int64_t client_stall_us;
	int64_t request_timeout_us;
	/* [runtime] */
	char *pin_threads;    /* auto | on | off */
	int64_t store_threads;      /* 0: min(4, cores) */
	int64_t checkpoint_interval_us; /* default of
					 * execution.checkpointing.interval */
	int64_t restart_backoff_us, restart_backoff_max_us, restart_reset_us;
	int64_t restart_attempts; /* 0: without end */
	/* [kafka] */
	int64_t kafka_queue_bytes;  /* per job; 32 MiB */
	int64_t kafka_inflight_bytes; /* 64 MiB */
	/* [embedded-kafka] */
	bool embedded_enabled;
	/* [metrics] */
	char *metrics_listen; /* "" or "127.0.0.1:9464" */
	/* [files] */
	char *file_paths;     /* ':'-separated; "": everywhere */
};

/* Defaults, then the file (NULL: the default path if it exists), then sets[]
 * ("section.key=value", split at the first dot). Errors name file and line,
 * the allowed range, and the nearest key. */
int config_load(const char *file, const char *const *sets, unsigned nsets,
		struct config *ret, struct error *err);
void config_release(struct config *c); /* its strings; also a half-loaded one */
/* A complete file with help as comments and the values in force. */
void config_print(const struct config *c, FILE *out);
/* The manual's table in Markdown. */
void config_document(FILE *out);

#endif

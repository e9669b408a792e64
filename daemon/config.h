/* SPDX-License-Identifier: Apache-2.0
 * daemon/config.h - the daemon's settings, from one table (name, type,
 * default, limits, help) in config.c: inih file, --set, --print-config, the
 * answers to SIGHUP and the manual's page are all made from it. Beside them
 * the connections, sections [kafka "name"] of Kafka properties.
 *
 * A configuration never changes once it is loaded: a reload makes a new one,
 * and a job or query keeps the one that it began with by a reference.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct kafka_key;

struct connection_key {
	const struct kafka_key *key;
	char *value;           /* as written: a secret is a reference */
	uint64_t secret_hash;  /* of what it stands for; 0: none, or unread */
};

struct connection {
	char *name;
	unsigned nkeys;
	struct connection_key *keys;
};

struct config {
	atomic_uint refs;
	bool from_file; /* there was one */
	/* [daemon] */
	char *state_dir;      /* /var/lib/sluice */
	char *socket;         /* /run/sluice/sluice.sock */
	char *socket_group;   /* "sluice" if there is such a group */
	char *log_level;
	int64_t log_interval_us;
	bool core_dumps;
	/* [limits] */
	int64_t jobs_max, selects_max, taps_max, tap_rows, tap_bytes, sessions_max, connections_max;
	int64_t script_bytes_max, statement_depth_max, columns_max,
		statements_max;
	int64_t state_bytes_max;    /* keyed state of one job */
	int64_t errors_rows_max, errors_bytes_max, late_rows_max;
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
	/* [files], [secrets]: ':'-separated; below them the same, split and
	 * NULL-terminated. No files: everywhere (NULL); no secrets: nowhere. */
	char *file_paths, *secret_paths;
	char **file_path_list, **secret_path_list;
	/* [kafka "name"] */
	unsigned nconnections;
	struct connection *connections;
};

/* Where a configuration comes from: defaults, then the file (NULL: the default
 * path if it exists), then sets[] ("section.key=value", split at the first
 * dot; that of a connection: kafka "name".key=value). */
struct config_source {
	const char *file;
	bool must; /* the file has to be there also when file is NULL */
	const char *const *sets;
	unsigned nsets;
};

/* One mistake; its text names file and line, the allowed range, the nearest
 * key. */
typedef void config_report_fn(void *arg, const struct error *err);

/* NULL when anything is wrong: all of it is reported. */
struct config *config_load(const struct config_source *from,
			   config_report_fn *report, void *arg);
/* Any thread. unref takes NULL; the last one frees. */
struct config *config_ref(struct config *c);
void config_unref(struct config *c);

/* What a change of a key needs to come into force. */
enum config_answer {
	CONFIG_APPLIED,
	CONFIG_APPLIED_NEXT, /* to jobs and queries that begin from now on */
	CONFIG_RESTART,      /* of the daemon */
};
struct config_change {
	const char *section, *key; /* key "": a connection that is gone */
	char value[200];           /* of the new one, as it is printed */
	enum config_answer answer;
	const char *connection;    /* it is a key of this one, or NULL */
};
/* Calls fn for each key that differs. */
void config_diff(const struct config *old, const struct config *now,
		 void (*fn)(void *arg, const struct config_change *),
		 void *arg);
/* Before anybody sees `now`: what needs a restart stays as in old. */
void config_keep(struct config *now, const struct config *old);

/* A complete file with help as comments and the values in force. */
void config_print(const struct config *c, FILE *out);
/* The manual's table in Markdown. */
void config_document(FILE *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/rig_impl.h - the rig and its topics, shared by its files.
 */
#ifndef TESTS_UNIT_RIG_IMPL_H
#define TESTS_UNIT_RIG_IMPL_H

#include "base/buf.h"
#include "parser/catalog.h"
#include "parser/settings.h"
#include "tests/unit/rig.h"

#define RIG_PARTS 16

struct rig_record {
	char *key, *value; /* or NULL */
	uint32_t key_len, len;
	int64_t timestamp_us;
	bool headers_too_large;
};

struct rig_part {
	unsigned n, size;
	struct rig_record *records;
	bool stalled;
};

/* What goes in and what came out; it survives crashes, pipelines do not. */
struct rig_topic {
	struct rig_topic *next;
	char *name;
	unsigned nparts;
	struct rig_part parts[RIG_PARTS];
	bool ended;
	struct buf log;    /* what the sink took, lines */
	size_t cut;        /* of the log, at the open cut */
	size_t committed;
	size_t seen;       /* by rig_out() */
	size_t lines;      /* in the log */
	size_t lines_max;  /* no room from there on */
	uint64_t cut_epoch;
};

struct rig {
	struct arena arena;
	struct catalog *catalog;
	struct settings settings;
	struct plan *plan;
	struct pipeline *p;
	struct store *store;
	char dir[64];
	char path[80];
	int64_t now_us;
	uint64_t epoch;
	int64_t budget; /* of keyed state; 0: none */
	enum rig_trouble trouble;
	struct rig_topic *topics;
	struct buf text, errors;
};

extern const struct source_type rig_source_type;
extern const struct sink_type rig_sink_type;

/* The scans of a table, or of all (NULL), and where they go, unless a
 * savepoint says that. */
#define RIG_SCANS 8
unsigned rig_seek(struct pipeline *p, const struct seek *to, const char *table,
		  struct arena *a, struct store_reset_scan *scans);
/* The one rig of this process: connectors have no other way to it. */
struct rig_topic *rig_topic(const char *name);
const struct zone *rig_zone(void);
/* "@01:02" to a time, and back. */
void rig_expand(struct buf *out, const char *text);
void rig_shorten(struct buf *out, const char *text, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/rig_connector.c - a source that reads the rig's topics and a sink
 * that writes lines into them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/options.h"
#include "runtime/eval.h"
#include "tests/unit/rig_impl.h"

/* ---- source ---- */

struct rig_source {
	struct source source;
	struct rig_topic *topic;
	int64_t next[RIG_PARTS];
	bool seen[RIG_PARTS]; /* not stalled since it was opened */
	struct part_info info[RIG_PARTS];
};

static const char *
topic_of(const struct options *o)
{
	const char *topic = options_get(o, "topic");

	return topic ? topic : o->connector;
}

static int
source_open(struct source **ret, const struct source_spec *spec,
	    struct error *err)
{
	struct rig_source *s = mem_zalloc(sizeof(*s));

	(void)err;
	s->source.type = &rig_source_type;
	s->topic = rig_topic(topic_of(spec->options));
	for (unsigned i = 0; i < spec->nstart; i++) {
		const struct start_offset *start = &spec->start[i];

		CHECK(start->partition < RIG_PARTS);
		s->next[start->partition] = start->next_offset;
	}
	*ret = &s->source;
	return 0;
}

static unsigned
source_parts(struct source *source, const struct part_info **ret)
{
	struct rig_source *s = (struct rig_source *)source;

	for (unsigned i = 0; i < s->topic->nparts; i++) {
		const struct rig_part *part = &s->topic->parts[i];
		bool read = s->next[i] == part->n;

		s->seen[i] |= !part->stalled;
		s->info[i] = (struct part_info){
			.topic = s->topic->name,
			.partition = i,
			.next_offset = s->next[i],
			.end_offset = part->n,
			.head_time_us = TIME_NONE,
			.state = !s->seen[i] ? PART_CONNECTING :
				 !read ? PART_READING :
				 s->topic->ended ? PART_ENDED :
						   PART_CAUGHT_UP,
			.waiting = part->stalled ? 0 : part->n - s->next[i],
		};
	}
	*ret = s->info;
	return s->topic->nparts;
}

static int
source_seek(struct source *source, const struct seek *to, struct arena *a,
	    struct seek_part **ret, unsigned *ret_n, struct error *err)
{
	struct rig_source *s = (struct rig_source *)source;

	(void)err;
	*ret_n = s->topic->nparts;
	*ret = arena_array(a, *ret_n, struct seek_part);
	for (unsigned i = 0; i < *ret_n; i++) {
		char name[32];
		const char *at = NULL;

		snprintf(name, sizeof(name), "partition:%u,offset:", i);
		if (to->to == SEEK_OFFSETS)
			at = strstr(to->offsets, name);
		(*ret)[i] = (struct seek_part){
			.topic = s->topic->name,
			.partition = (int32_t)i,
			.end_offset = s->topic->parts[i].n,
			.stays = to->to == SEEK_OFFSETS && !at,
		};
		if (to->to == SEEK_LATEST)
			(*ret)[i].next_offset = s->topic->parts[i].n;
		else if (at)
			(*ret)[i].next_offset = atoll(at + strlen(name));
	}
	return 0;
}

static const char *
copy(struct arena *a, const char *text, uint32_t len)
{
	return text ? arena_strndup(a, text, len) : NULL;
}

static int
source_poll(struct source *source, unsigned number, struct raw_record *out,
	    uint32_t max, struct arena *a, int64_t now_us, struct error *err)
{
	struct rig_source *s = (struct rig_source *)source;
	const struct rig_part *part = &s->topic->parts[number];
	uint32_t n = 0;

	(void)now_us;
	(void)err;
	while (!part->stalled && n < max && s->next[number] < part->n) {
		const struct rig_record *rec =
			&part->records[s->next[number]];

		out[n++] = (struct raw_record){
			.value = copy(a, rec->value, rec->len),
			.value_len = rec->len,
			.key = copy(a, rec->key, rec->key_len),
			.key_len = rec->key_len,
			.offset = s->next[number]++,
			.timestamp_us = rec->timestamp_us,
			.part = number,
			.headers_too_large = rec->headers_too_large,
		};
	}
	return n;
}

static void
source_close(struct source *source)
{
	free(source);
}

const struct source_type rig_source_type = {
	.name = "rig",
	.open = source_open,
	.parts = source_parts,
	.poll = source_poll,
	.seek = source_seek,
	.close = source_close,
};

unsigned
rig_seek(struct pipeline *p, const struct seek *to, const char *table,
	 struct arena *a, struct store_reset_scan *scans)
{
	unsigned nops, n = 0;
	struct op *const *ops = pipeline_ops(p, &nops);

	for (unsigned i = 0; i < nops; i++) {
		const struct plan_scan *scan = ops[i]->node->scan;
		struct error err = ERROR_INIT;
		struct seek_part *parts = NULL;

		if (ops[i]->node->kind != PLAN_SCAN ||
		    (table && strcmp(scan->table, table) != 0))
			continue;
		scans[n] = (struct store_reset_scan){ .scan = ops[i] };
		CHECK(!to || op_seek(ops[i], to, a, &parts, &scans[n].nparts,
				     &err) == 0);
		scans[n++].parts = parts;
	}
	return n;
}

/* ---- sink ---- */

struct rig_sink {
	struct sink sink;
	struct rig_topic *topic;
	const struct schema *schema;
};

static int
sink_open(struct sink **ret, const struct sink_spec *spec, struct error *err)
{
	struct rig_sink *s = mem_zalloc(sizeof(*s));

	(void)err;
	s->sink.type = &rig_sink_type;
	s->topic = rig_topic(spec->options ? topic_of(spec->options) : "");
	s->schema = spec->schema;
	*ret = &s->sink;
	return 0;
}

static void
write_row(struct rig_sink *s, const struct batch *b, uint32_t row,
	  enum change_kind kind)
{
	struct buf line;
	struct arena a;

	buf_init(&line);
	arena_init(&a);
	buf_puts(&line, change_kind_text[kind]);
	for (unsigned c = 0; c < s->schema->ncols; c++) {
		struct value v = column_value(&b->col[c], row);

		buf_putc(&line, ' ');
		if (v.is_null)
			buf_puts(&line, "NULL");
		else
			buf_str(&line, value_text(v, s->schema->cols[c].type,
						  rig_zone(), &a));
	}
	rig_shorten(&s->topic->log, line.data, line.len);
	buf_putc(&s->topic->log, '\n');
	s->topic->lines++;
	buf_release(&line);
	arena_release(&a);
}

static int
sink_write(struct sink *sink, const struct batch *b, const uint8_t *kinds,
	   struct error *err)
{
	struct rig_sink *s = (struct rig_sink *)sink;

	(void)err;
	batch_check(b);
	batch_each(b, row)
		write_row(s, b, row, kinds ? kinds[row] : KIND_INSERT);
	return 0;
}

static bool
sink_has_room(struct sink *sink)
{
	const struct rig_topic *topic = ((struct rig_sink *)sink)->topic;

	return topic->lines < topic->lines_max;
}

static int
sink_cut_at(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct rig_topic *topic = ((struct rig_sink *)sink)->topic;

	(void)err;
	topic->cut = topic->log.len;
	topic->cut_epoch = epoch;
	return 0;
}

static int
sink_is_acked(struct sink *sink, uint64_t *ret_epoch, struct error *err)
{
	(void)err;
	*ret_epoch = ((struct rig_sink *)sink)->topic->cut_epoch;
	return 0;
}

static int
sink_is_committed(struct sink *sink, uint64_t epoch, struct error *err)
{
	struct rig_topic *topic = ((struct rig_sink *)sink)->topic;

	(void)err;
	CHECK(epoch == topic->cut_epoch);
	topic->committed = topic->cut;
	return 0;
}

static const char *
sink_why(struct sink *sink)
{
	(void)sink;
	return "the rig gives no room";
}

static void
sink_close(struct sink *sink)
{
	free(sink);
}

const struct sink_type rig_sink_type = {
	.name = "rig",
	.open = sink_open,
	.write = sink_write,
	.room = sink_has_room,
	.cut = sink_cut_at,
	.acked = sink_is_acked,
	.committed = sink_is_committed,
	.reason = sink_why,
	.close = sink_close,
};

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_offsets.c - where each partition begins and ends:
 * the startup and bounded modes, restored offsets, and what to do when the
 * records in between are gone. Everything here may wait for the broker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "runtime/connectors/kafka_source.h"

#define WAIT_MS 1000
#define SPEC_START "scan.startup.specific-offsets"
#define SPEC_STOP "scan.bounded.specific-offsets"

enum mode { MODE_EARLIEST, MODE_LATEST, MODE_GROUP, MODE_TIMESTAMP,
	    MODE_SPECIFIC, MODE_UNBOUNDED };

static enum mode
mode_of(const char *text)
{
	static const struct { const char *text; enum mode mode; } modes[] = {
		{ "earliest-offset", MODE_EARLIEST },
		{ "latest-offset", MODE_LATEST },
		{ "group-offsets", MODE_GROUP },
		{ "timestamp", MODE_TIMESTAMP },
		{ "specific-offsets", MODE_SPECIFIC },
	};

	for (size_t i = 0; text && i < ARRAY_LEN(modes); i++)
		if (strcmp(text, modes[i].text) == 0)
			return modes[i].mode;
	return MODE_UNBOUNDED;
}

static enum mode
start_mode(const struct options *o)
{
	enum mode m = mode_of(options_get(o, "scan.startup.mode"));

	if (strcmp(o->connector, "upsert-kafka") == 0)
		return MODE_EARLIEST; /* the rows of all keys, as in Flink */
	return m == MODE_UNBOUNDED ? MODE_GROUP : m; /* Flink's default */
}

static enum mode
stop_mode(const struct options *o)
{
	return mode_of(options_get(o, "scan.bounded.mode"));
}

int
kafka_offsets_read(const char **text, int64_t *ret_partition,
		   int64_t *ret_offset)
{
	long long offset, number;
	int used = 0;

	if (!**text)
		return 0;
	if (sscanf(*text, " partition : %lld , offset : %lld %n", &number,
		   &offset, &used) != 2 || number < 0 || offset < 0 || !used)
		return -1;
	*text += used;
	if (**text == ';')
		(*text)++;
	else if (**text)
		return -1;
	*ret_partition = number;
	*ret_offset = offset;
	return 1;
}

/* The offset of `partition`, or -1 when it is not listed. False: the text is
 * not of its form. */
static bool
specific_find(const char *text, int32_t partition, int64_t *ret_offset)
{
	int64_t number, offset;
	int rc = 0;

	*ret_offset = -1;
	while (text && (rc = kafka_offsets_read(&text, &number, &offset)) == 1)
		if (number == partition)
			*ret_offset = offset;
	return rc == 0;
}

static int
check_mode(const struct options *o, enum mode mode, const char *word,
	   const char *specific, const char *timestamp, unsigned ntopics,
	   bool embedded, struct error *err)
{
	int64_t offset;

	if (mode == MODE_SPECIFIC) {
		if (!options_get(o, specific))
			return error_set(err, ERR_MISSING_OPTION,
					 "'%s.mode' = 'specific-offsets' needs "
					 "'%s'", word, specific);
		if (!specific_find(options_get(o, specific), 0, &offset))
			return error_set(err, ERR_INVALID_OPTION,
					 "'%s' is not of the form "
					 "'partition:0,offset:42;"
					 "partition:1,offset:300'", specific);
		if (ntopics > 1)
			return error_set(err, ERR_INVALID_OPTION,
					 "'%s' needs a single topic", specific);
	}
	if (mode != MODE_TIMESTAMP)
		return 0;
	if (!options_get(o, timestamp))
		return error_set(err, ERR_MISSING_OPTION,
				 "'%s.mode' = 'timestamp' needs '%s'", word,
				 timestamp);
	if (embedded)
		return error_set(err, ERR_UNSUPPORTED,
				 "the embedded Kafka cannot look up '%s'",
				 timestamp);
	return 0;
}

int
kafka_offsets_check(const struct options *o, bool embedded, unsigned ntopics,
		    struct error *err)
{
	if (check_mode(o, start_mode(o), "scan.startup", SPEC_START,
		       "scan.startup.timestamp-millis", ntopics, embedded,
		       err) < 0)
		return -1;
	return check_mode(o, stop_mode(o), "scan.bounded", SPEC_STOP,
			  "scan.bounded.timestamp-millis", ntopics, embedded,
			  err);
}

/* ---- questions to the broker ---- */

static enum kafka_rc
kafka_again(rd_kafka_resp_err_t code, const char *what, struct error *err)
{
	error_set(err, ERR_KAFKA, "%s: %s", what, rd_kafka_err2str(code));
	if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
		error_note(err, "the client's user needs Read of its group "
			   "'properties.group.id': kafka-acls.sh --add "
			   "--operation Read --group NAME; or take another "
			   "'scan.startup.mode' than group-offsets");
	/* the last: a partition of a topic that is there */
	return kafka_is_permanent(code) ||
			       code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
		       ? KAFKA_FAIL : KAFKA_AGAIN;
}

static rd_kafka_topic_partition_list_t *
list_of(const struct kafka_found *found, unsigned n, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)n);

	for (unsigned i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, found[i].topic,
						  found[i].partition)
			->offset = offset;
	return list;
}

/* offsets[i]: what the group has committed, -1: nothing. */
static enum kafka_rc
ask_committed(rd_kafka_t *rk, const struct kafka_found *found, unsigned n,
	      int64_t *offsets, struct error *err)
{
	rd_kafka_topic_partition_list_t *list = list_of(found, n, 0);
	rd_kafka_resp_err_t code = rd_kafka_committed(rk, list, 2 * WAIT_MS);

	for (unsigned i = 0; i < n && !code; i++) {
		code = list->elems[i].err;
		offsets[i] = list->elems[i].offset < 0 ? -1
						       : list->elems[i].offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return code ? kafka_again(code, "committed offsets", err) : KAFKA_OK;
}

/* Also for the ends of logs: the protocol has times for them (-1 the end, -2
 * the beginning), and rd_kafka_query_watermark_offsets() of librdkafka 2.0.2
 * does not keep to its deadline while a broker is away. */
enum kafka_rc
kafka_offsets_times(rd_kafka_t *rk, const struct kafka_found *found,
		    unsigned n, int64_t ms, int64_t *offsets,
		    struct error *err)
{
	rd_kafka_topic_partition_list_t *list = list_of(found, n, ms);
	rd_kafka_resp_err_t code =
		rd_kafka_offsets_for_times(rk, list, 2 * WAIT_MS);

	for (unsigned i = 0; i < n && !code; i++) {
		code = list->elems[i].err;
		offsets[i] = list->elems[i].offset < 0 ? -1
						       : list->elems[i].offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return code ? kafka_again(code, "offsets", err) : KAFKA_OK;
}

enum kafka_rc
kafka_offsets_end(rd_kafka_t *rk, const char *topic, int32_t partition,
		  int64_t *ret_high, struct error *err)
{
	const struct kafka_found f = { .topic = topic, .partition = partition };

	return kafka_offsets_times(rk, &f, 1, RD_KAFKA_OFFSET_END, ret_high,
				   err);
}

enum kafka_rc
kafka_offsets_range(rd_kafka_t *rk, const char *topic, int32_t partition,
		    int64_t *ret_low, int64_t *ret_high, struct error *err)
{
	const struct kafka_found f = { .topic = topic, .partition = partition };
	enum kafka_rc rc = kafka_offsets_times(
		rk, &f, 1, RD_KAFKA_OFFSET_BEGINNING, ret_low, err);

	return rc == KAFKA_OK ? kafka_offsets_end(rk, topic, partition,
						  ret_high, err) : rc;
}

enum kafka_rc
kafka_offsets_ranges(rd_kafka_t *rk, struct kafka_found *found, unsigned n,
		     struct error *err)
{
	int64_t *offsets = mem_alloc(n * sizeof(*offsets));
	enum kafka_rc rc;

	rc = kafka_offsets_times(rk, found, n, RD_KAFKA_OFFSET_BEGINNING,
				 offsets, err);
	for (unsigned i = 0; i < n && rc == KAFKA_OK; i++)
		found[i].low = offsets[i];
	if (rc == KAFKA_OK)
		rc = kafka_offsets_times(rk, found, n, RD_KAFKA_OFFSET_END,
					 offsets, err);
	for (unsigned i = 0; i < n && rc == KAFKA_OK; i++)
		found[i].high = offsets[i];
	free(offsets);
	return rc;
}

/* offsets[i] for MODE_GROUP, MODE_TIMESTAMP and MODE_SPECIFIC; -1: that mode
 * has no answer for the partition. */
static enum kafka_rc
ask_mode(struct kafka_source *s, rd_kafka_t *rk, enum mode mode,
	 const char *specific, const char *timestamp,
	 const struct kafka_found *found, unsigned n, int64_t *offsets,
	 struct error *err)
{
	for (unsigned i = 0; i < n; i++)
		offsets[i] = -1;
	switch (mode) {
	case MODE_GROUP:
		return ask_committed(rk, found, n, offsets, err);
	case MODE_TIMESTAMP:
		return kafka_offsets_times(rk, found, n,
					   options_int(s->options, timestamp),
					   offsets, err);
	case MODE_SPECIFIC:
		for (unsigned i = 0; i < n; i++)
			specific_find(options_get(s->options, specific),
				      found[i].partition, &offsets[i]);
		return KAFKA_OK;
	default:
		return KAFKA_OK;
	}
}

/* ---- lost records ---- */

void
kafka_note_lost(const struct kafka_source *s, struct error *err)
{
	const char *job = s->env.job ? s->env.job : "...";

	if (s->env.ephemeral)
		return;
	error_note(err, "ALTER JOB '%s' RESET OFFSETS TO EARLIEST (or LATEST, "
		   "TIMESTAMP '...', a savepoint) and RESUME JOB '%s' go on "
		   "there; with 'scan.on-loss' = 'skip' in its table a job "
		   "goes on by itself and counts what is gone", job, job);
}

static int
lost_error(const struct kafka_source *s, const char *topic, int32_t partition,
	   int64_t next, int64_t low, int64_t high, struct error *err)
{
	if (next < low)
		error_set(err, ERR_DATA_LOST,
			  "records %lld..%lld of topic '%s', partition %d, are "
			  "gone: the log begins at %lld now", (long long)next,
			  (long long)low - 1, topic, partition, (long long)low);
	else
		error_set(err, ERR_DATA_LOST,
			  "topic '%s', partition %d, ends at %lld, before %lld "
			  "where the job stopped reading: it was recreated or "
			  "truncated", topic, partition, (long long)high,
			  (long long)next);
	kafka_note_lost(s, err);
	return -1;
}

int
kafka_offsets_lost(struct kafka_source *s, const char *topic,
		   int32_t partition, int64_t next, int64_t low, int64_t high,
		   int64_t *ret_next, uint64_t *ret_lost, struct error *err)
{
	uint64_t lost = next < low ? (uint64_t)(low - next) : 0;

	if (!s->skip_loss)
		return lost_error(s, topic, partition, next, low, high, err);
	if (lost)
		kafka_source_notice(s, "records %lld..%lld of topic '%s', "
				    "partition %d, are gone and were skipped",
				    (long long)next, (long long)low - 1, topic,
				    partition);
	else
		kafka_source_notice(s, "topic '%s', partition %d, is not the "
				    "one that was read before%s: reading it "
				    "from its beginning", topic, partition,
				    s->embedded ? " (the embedded Kafka keeps "
				    "nothing over a restart)" : "");
	*ret_next = low;
	*ret_lost = lost;
	return 0;
}

/* ---- resolving ---- */

static const struct start_offset *
restored_find(const struct kafka_source *s, const struct kafka_found *f)
{
	size_t len = strlen(f->topic);

	for (unsigned i = 0; i < s->nstart; i++)
		if (s->start[i].partition == f->partition &&
		    s->start[i].topic.len == len &&
		    memcmp(str_data(&s->start[i].topic), f->topic, len) == 0)
			return &s->start[i];
	return NULL;
}

static int
resolve_restored(struct kafka_source *s, struct kafka_found *f,
		 struct error *err)
{
	const struct start_offset *at = restored_find(s, f);

	f->next = f->low;
	f->verify = NULL;
	if (at && (at->next_offset < f->low || at->next_offset > f->high)) {
		if (kafka_offsets_lost(s, f->topic, f->partition,
				       at->next_offset, f->low, f->high,
				       &f->next, &f->lost, err) < 0)
			return -1;
	} else if (at) {
		f->next = at->next_offset;
		if (at->has_crc && f->next > f->low)
			f->verify = at;
	}
	f->assign = f->verify ? f->next - 1 : f->next;
	return 0;
}

int
kafka_offsets_fewer(const struct kafka_source *s, struct str topic,
		    int32_t partition, struct error *err)
{
	error_set(err, ERR_DATA_LOST,
		  "partition %d of topic '%.*s' is gone: the topic was "
		  "recreated with fewer", partition, (int)topic.len,
		  str_data(&topic));
	kafka_note_lost(s, err);
	return -1;
}

/* A topic that was recreated may have fewer partitions. */
static int
resolve_unfound(struct kafka_source *s, const struct kafka_found *found,
		unsigned n, struct error *err)
{
	for (unsigned i = 0; i < s->nstart; i++) {
		const struct start_offset *at = &s->start[i];
		bool same_topic = false, there = false;

		for (unsigned k = 0; k < n; k++) {
			bool same = restored_find(s, &found[k]) == at;

			there = there || same;
			same_topic = same_topic ||
				     (strlen(found[k].topic) == at->topic.len &&
				      memcmp(found[k].topic,
					     str_data(&at->topic),
					     at->topic.len) == 0);
		}
		if (there || !same_topic || s->skip_loss || !at->next_offset)
			continue;
		return kafka_offsets_fewer(s, at->topic, at->partition, err);
	}
	return 0;
}

/* What group-offsets does for a partition without a committed offset. */
static int
resolve_uncommitted(struct kafka_source *s, struct kafka_found *f,
		    struct error *err)
{
	const char *reset = kafka_property(s->options, "auto.offset.reset");

	if (!reset)
		reset = s->env.ephemeral ? "latest" : "earliest";
	if (strcmp(reset, "earliest") == 0)
		f->next = f->low;
	else if (strcmp(reset, "latest") == 0)
		f->next = f->high;
	else
		return error_set(err, ERR_KAFKA,
				 "the group has no committed offset for topic "
				 "'%s', partition %d, and "
				 "'properties.auto.offset.reset' = '%s'",
				 f->topic, f->partition, reset);
	return 0;
}

static void
notice_start(struct kafka_source *s, unsigned uncommitted, unsigned n)
{
	const char *reset = kafka_property(s->options, "auto.offset.reset");
	char group[256];

	if (!reset)
		reset = s->env.ephemeral ? "latest" : "earliest";
	kafka_group(s->options, &s->env, group, sizeof(group));
	if (!uncommitted)
		kafka_source_notice(s, "starts at the committed offsets of "
				    "group '%.100s'", group);
	else
		kafka_source_notice(s, "group '%.100s' has no committed "
				    "offsets for %u of %u partitions: they "
				    "start at the %s", group, uncommitted, n,
				    strcmp(reset, "latest") == 0 ? "end"
								 : "beginning");
}

/* The options name an offset that the log does not have. */
static int
resolve_outside(struct kafka_source *s, struct kafka_found *f, enum mode mode,
		struct error *err)
{
	if (mode == MODE_GROUP &&
	    kafka_property(s->options, "auto.offset.reset"))
		return resolve_uncommitted(s, f, err);
	if (s->skip_loss)
		return kafka_offsets_lost(s, f->topic, f->partition, f->next,
					  f->low, f->high, &f->next,
					  &f->lost, err);
	return error_set(err, ERR_DATA_LOST,
			 "%s offset %lld of topic '%s', partition %d, is not "
			 "in its log, which goes from %lld to %lld",
			 mode == MODE_GROUP ? "committed" : "start",
			 (long long)f->next, f->topic, f->partition,
			 (long long)f->low, (long long)f->high);
}

static int
resolve_start(struct kafka_source *s, struct kafka_found *f, enum mode mode,
	      int64_t offset, struct error *err)
{
	if (mode == MODE_LATEST || (mode == MODE_TIMESTAMP && offset < 0))
		f->next = f->high;
	else if (mode == MODE_EARLIEST || mode == MODE_SPECIFIC)
		f->next = offset < 0 ? f->low : offset;
	else if (offset >= 0)
		f->next = offset;
	else if (resolve_uncommitted(s, f, err) < 0)
		return -1;
	if ((f->next < f->low || f->next > f->high) &&
	    resolve_outside(s, f, mode, err) < 0)
		return -1;
	f->assign = f->next;
	return 0;
}

static void
resolve_stop(struct kafka_found *f, enum mode mode, int64_t offset)
{
	if (mode == MODE_UNBOUNDED)
		f->stop = KAFKA_NO_STOP;
	else
		/* a partition that the mode says nothing of ends here */
		f->stop = offset >= 0 && mode != MODE_LATEST ? offset : f->high;
}

static enum kafka_rc
resolve_all(struct kafka_source *s, rd_kafka_t *rk, struct kafka_found *found,
	    unsigned n, bool added, int64_t *offsets, struct error *err)
{
	bool restored = !added && s->nstart > 0;
	enum mode start = added ? MODE_EARLIEST : start_mode(s->options);
	enum mode stop = stop_mode(s->options);
	unsigned uncommitted = 0;
	enum kafka_rc rc = KAFKA_OK;

	if (restored)
		rc = resolve_unfound(s, found, n, err);
	else
		rc = ask_mode(s, rk, start, SPEC_START,
			      "scan.startup.timestamp-millis", found, n,
			      offsets, err);
	for (unsigned i = 0; i < n && rc == KAFKA_OK; i++) {
		uncommitted += offsets[i] < 0;
		rc = restored ? resolve_restored(s, &found[i], err)
			      : resolve_start(s, &found[i], start, offsets[i],
					      err);
	}
	if (rc == KAFKA_OK)
		rc = ask_mode(s, rk, stop, SPEC_STOP,
			      "scan.bounded.timestamp-millis", found, n,
			      offsets, err);
	for (unsigned i = 0; i < n && rc == KAFKA_OK; i++)
		resolve_stop(&found[i], stop, offsets[i]);
	if (rc == KAFKA_OK && !restored && start == MODE_GROUP)
		notice_start(s, uncommitted, n);
	return rc;
}

enum kafka_rc
kafka_offsets_resolve(struct kafka_source *s, rd_kafka_t *rk,
		      struct kafka_found *found, unsigned n, bool added,
		      struct error *err)
{
	int64_t *offsets = mem_alloc(n * sizeof(*offsets));
	enum kafka_rc rc = kafka_offsets_ranges(rk, found, n, err);

	if (rc == KAFKA_OK)
		rc = resolve_all(s, rk, found, n, added, offsets, err);
	free(offsets);
	return rc;
}

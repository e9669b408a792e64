/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_seek.c - where the partitions of a table go when
 * its job's offsets are reset: asked of the broker once, on a thread that may
 * wait, by a source that reads nothing.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "runtime/connectors/kafka_source.h"

#define PATIENCE_US (10 * US_PER_SECOND)
#define RETRY_MS 100

/* Waiting is for the world outside: no row's meaning depends on this clock. */
static int64_t
monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

/* ---- before the broker is asked ---- */

static int
check_offsets(const struct kafka_source *s, const char *text,
	      struct error *err)
{
	const char *at = text;
	int64_t partition, offset;
	int rc;

	while ((rc = kafka_offsets_read(&at, &partition, &offset)) == 1)
		;
	if (rc < 0 || at == text) {
		error_set(err, ERR_INVALID_LITERAL,
			  "'%.200s' are no offsets", text);
		error_note(err, "they are written 'partition:0,offset:42;"
			   "partition:1,offset:300'");
		return -1;
	}
	if (s->ntopics > 1)
		return error_set(err, ERR_UNSUPPORTED,
				 "offsets by partition need a single topic; "
				 "this table reads %u: '%s' and others",
				 s->ntopics, s->topics[0]);
	return 0;
}

static int
check_seek(const struct kafka_source *s, const struct seek *to,
	   struct error *err)
{
	if (to->to == SEEK_TIME && s->embedded)
		return error_set(err, ERR_UNSUPPORTED,
				 "the embedded Kafka cannot look up a time");
	return to->to == SEEK_OFFSETS ? check_offsets(s, to->offsets, err) : 0;
}

/* ---- asking ---- */

static int
cancelled(struct error *err)
{
	return error_set(err, ERR_CANCELLED, "sluiced is stopping");
}

/* The first millisecond that is not before it. Those before 1970 have other
 * meanings in the protocol: -1 is the end. */
static int64_t
seek_ms(const struct seek *to)
{
	int64_t ms = floor_div(to->time_us - 1, US_PER_MS) + 1;

	return ms > 0 ? ms : 0;
}

/* KAFKA_FAIL: err says why. The times are in times[], for free(). */
static enum kafka_rc
ask_once(struct kafka_source *s, const struct seek *to,
	 struct kafka_found_list *f, unsigned *missing, int64_t **times,
	 struct error *err)
{
	rd_kafka_t *rk = s->client->rk;
	enum kafka_rc rc;

	f->n = 0;
	rc = kafka_find_parts(s, s->client, f, missing);
	if (rc == KAFKA_FAIL) {
		*err = s->error;
		return rc;
	}
	if (rc == KAFKA_OK && f->n == 0)
		return KAFKA_AGAIN; /* created, but not ready yet */
	if (rc == KAFKA_OK)
		rc = kafka_offsets_ranges(rk, f->list, f->n, err);
	if (rc != KAFKA_OK || to->to != SEEK_TIME)
		return rc;
	*times = mem_realloc(*times, f->n * sizeof(**times));
	return kafka_offsets_times(rk, f->list, f->n, seek_ms(to), *times, err);
}

static int
no_answer(struct kafka_source *s, struct error *err)
{
	char text[KAFKA_TEXT_MAX];
	const char *why = kafka_client_reason(s->client, text);

	error_set(err, ERR_KAFKA, "topic '%s': %s did not say where it begins "
		  "and ends: %s", s->topics[0], s->bootstrap,
		  why ? why : "no answer");
	error_note(err, "nothing was changed");
	return -1;
}

static int
ask(struct kafka_source *s, const struct seek *to, struct kafka_found_list *f,
    int64_t **times, struct error *err)
{
	int64_t until_us = monotonic_us() + PATIENCE_US;
	unsigned missing = 0;
	enum kafka_rc rc;

	while ((rc = ask_once(s, to, f, &missing, times, err)) == KAFKA_AGAIN) {
		if (atomic_load(to->stop))
			return cancelled(err);
		if (monotonic_us() > until_us)
			return no_answer(s, err);
		kafka_client_poll(s->client);
		poll(NULL, 0, RETRY_MS);
	}
	return rc == KAFKA_OK ? 0 : -1;
}

/* ---- answers ---- */

static int
unknown_partition(const struct kafka_source *s,
		  const struct kafka_found_list *f, int64_t partition,
		  struct error *err)
{
	error_set(err, ERR_UNKNOWN_PARTITION,
		  "topic '%s' has no partition %lld", s->topics[0],
		  (long long)partition);
	error_note(err, f->n == 1 ? "it has partition %d only"
				  : "it has partitions %d to %d",
		   f->list[0].partition, f->list[f->n - 1].partition);
	return -1;
}

static int
outside(const struct kafka_found *f, int64_t offset, struct error *err)
{
	error_set(err, ERR_OFFSET_RANGE,
		  "offset %lld is not in topic '%s', partition %d, which goes "
		  "from %lld to %lld", (long long)offset, f->topic,
		  f->partition, (long long)f->low, (long long)f->high);
	error_note(err, "the offset of the next record, %lld, is the last that "
		   "can be named; EARLIEST and LATEST are the two ends",
		   (long long)f->high);
	return -1;
}

static int
take_offset(const struct kafka_source *s, const struct kafka_found_list *f,
	    int64_t partition, int64_t offset, struct seek_part *parts,
	    struct error *err)
{
	for (unsigned i = 0; i < f->n; i++) {
		const struct kafka_found *found = &f->list[i];

		if (found->partition != partition)
			continue;
		if (offset < found->low || offset > found->high)
			return outside(found, offset, err);
		if (!parts[i].stays)
			return error_set(err, ERR_DUPLICATE,
					 "partition %d is named twice",
					 found->partition);
		parts[i].stays = false;
		parts[i].next_offset = offset;
		return 0;
	}
	return unknown_partition(s, f, partition, err);
}

static int
take_offsets(const struct kafka_source *s, const struct kafka_found_list *f,
	     const char *text, struct seek_part *parts, struct error *err)
{
	int64_t partition, offset;

	for (unsigned i = 0; i < f->n; i++)
		parts[i].stays = true;
	while (kafka_offsets_read(&text, &partition, &offset) == 1)
		if (take_offset(s, f, partition, offset, parts, err) < 0)
			return -1;
	return 0;
}

static int
answer(const struct kafka_source *s, const struct seek *to,
       const struct kafka_found_list *f, const int64_t *times,
       struct arena *a, struct seek_part *parts, struct error *err)
{
	for (unsigned i = 0; i < f->n; i++) {
		const struct kafka_found *found = &f->list[i];
		int64_t next = found->low;

		if (to->to == SEEK_LATEST)
			next = found->high;
		if (to->to == SEEK_TIME) /* nothing so late: at the end */
			next = times[i] < 0 ? found->high : times[i];
		parts[i] = (struct seek_part){
			.topic = arena_strdup(a, found->topic),
			.partition = found->partition,
			.next_offset = next,
			.end_offset = found->high,
		};
	}
	return to->to == SEEK_OFFSETS
		       ? take_offsets(s, f, to->offsets, parts, err) : 0;
}

int
kafka_source_seek(struct source *source, const struct seek *to,
		  struct arena *a, struct seek_part **ret, unsigned *ret_n,
		  struct error *err)
{
	struct kafka_source *s = (struct kafka_source *)source;
	struct kafka_found_list f = { NULL, 0, 0 };
	struct seek_part *parts;
	int64_t *times = NULL;
	int rc = check_seek(s, to, err);

	if (rc == 0)
		rc = ask(s, to, &f, &times, err);
	if (rc == 0) {
		error_clear(err);
		parts = arena_array(a, f.n, struct seek_part);
		rc = answer(s, to, &f, times, a, parts, err);
		*ret = parts;
		*ret_n = f.n;
	}
	free(f.list);
	free(times);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_drain.c - takes the records out of a partition's
 * queue, on the job's thread and without ever waiting. Whatever is wrong with
 * the partition is asked of the control thread (kafka_control.c).
 */
#include "runtime/connectors/kafka_headers.h"
#include "runtime/connectors/kafka_source.h"

#include <string.h>

#include "base/check.h"

/* One call of poll(). */
struct drain {
	struct kafka_source *s;
	struct kafka_part *p;
	struct raw_record *out;
	struct arena *arena;
	uint32_t n, max;
	uint32_t part;
	uint64_t bytes;
	bool alive; /* the broker has answered */
};

static void
part_ask(struct drain *d, enum kafka_ask ask)
{
	struct kafka_part *p = d->p;

	p->ask_offset = p->next;
	atomic_store(&p->ask, ask);
	kafka_fd_kick(d->s->control_fd);
	rd_kafka_yield(d->s->client->rk);
}

static void
part_end(struct drain *d)
{
	atomic_store(&d->p->ended, true);
	kafka_fd_kick(d->s->control_fd);
	rd_kafka_yield(d->s->client->rk);
}

static void
source_refused(struct drain *d, rd_kafka_resp_err_t code)
{
	struct error err = ERROR_INIT;

	kafka_topic_error(&err, d->p->topic, code);
	kafka_source_fail(d->s, &err);
	rd_kafka_yield(d->s->client->rk);
}

static void
source_on_event(struct drain *d, const rd_kafka_message_t *m)
{
	struct kafka_part *p = d->p;

	switch (m->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		p->caught_up = true;
		d->alive = true;
		if (m->offset > p->next)
			p->next = m->offset; /* markers of transactions */
		p->end = p->next;
		if (p->next >= p->stop)
			part_end(d);
		break;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		part_ask(d, ASK_RANGE);
		break;
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
		part_ask(d, ASK_DAMAGED);
		break;
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		part_ask(d, ASK_GONE);
		break;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		source_refused(d, m->err);
		break;
	default:
		/* The client goes on by itself. */
		kafka_client_complain(d->s->client, rd_kafka_message_errstr(m));
		break;
	}
}

/* The record before the first one: is it the one that was read last time? */
static void
part_verify(struct drain *d, const rd_kafka_message_t *m, int64_t time_us)
{
	struct kafka_part *p = d->p;
	const struct raw_record r = {
		.key = m->key, .key_len = (uint32_t)m->key_len,
		.value = m->payload, .value_len = (uint32_t)m->len,
	};

	p->verify = false;
	if (raw_record_crc(&r) != p->last_crc || time_us != p->last_time_us)
		part_ask(d, ASK_RECREATED);
}

static const char *
copy_bytes(char **at, const void *data, size_t n)
{
	const char *copy = *at;

	if (!data)
		return NULL;
	memcpy(*at, data, n);
	*at += n;
	return copy;
}

static void
source_on_message(rd_kafka_message_t *m, void *opaque)
{
	struct drain *d = opaque;
	struct kafka_part *p = d->p;
	struct raw_record *r;
	rd_kafka_timestamp_type_t type;
	int64_t ms;
	char *at;

	if (m->err) {
		source_on_event(d, m);
		return;
	}
	ms = rd_kafka_message_timestamp(m, &type);
	if (m->offset < p->next) {
		if (p->verify && m->offset == p->next - 1)
			part_verify(d, m, ms < 0 ? TIME_NONE : ms * 1000);
		return;
	}
	if (m->offset >= p->stop) {
		part_end(d);
		return;
	}
	if ((int8_t)type != p->time_type) {
		p->time_type_before = p->time_type;
		p->time_type = (int8_t)type;
		p->time_type_from = m->offset;
	}
	at = arena_bytes(d->arena, m->key_len + m->len + 1);
	r = &d->out[d->n++];
	r->key = copy_bytes(&at, m->key, m->key_len);
	r->key_len = (uint32_t)m->key_len;
	r->value = copy_bytes(&at, m->payload, m->len);
	r->value_len = (uint32_t)m->len;
	r->offset = m->offset;
	r->timestamp_us = ms < 0 ? TIME_NONE : ms * 1000;
	r->part = d->part;
	r->headers = str_ref("", 0);
	r->replay = 0;
	r->headers_too_large =
		d->s->reads_headers &&
		!kafka_headers_read(m, d->arena, &r->headers);
	d->bytes += m->key_len + m->len + r->headers.len;
	p->next = m->offset + 1;
	if (p->next >= p->stop)
		part_end(d);
	else if (d->n == d->max)
		rd_kafka_yield(d->s->client->rk);
}

/* In librdkafka before 2.2 a broker thread that finds this queue full sleeps
 * up to a second, and taking records out does not wake it: once a queue that
 * may have been full runs low, the control thread wakes the broker's by a
 * request (perf.md item 3). */
static void
part_feed(struct kafka_source *s, struct kafka_part *p)
{
	int64_t length = (int64_t)rd_kafka_queue_length(p->queue);
	int64_t bytes = length * (p->bytes_mean + 1);

	if (length > s->queue_messages / 2 || bytes > s->queue_bytes / 2) {
		p->fat = true;
	} else if (p->fat && length < s->queue_messages * 15 / 100 &&
		   bytes < s->queue_bytes * 15 / 100) {
		p->fat = false;
		atomic_store(&p->hungry, true);
		kafka_fd_kick(s->control_fd);
	}
}

static void
part_count(struct drain *d)
{
	const struct raw_record *last = &d->out[d->n - 1];
	struct kafka_part *p = d->p;
	int64_t low, high;

	p->last = last->offset;
	p->last_time_us = last->timestamp_us;
	p->last_crc = raw_record_crc(last);
	p->caught_up = p->caught_up && p->end == p->next;
	p->bytes_mean = (uint32_t)(d->bytes / d->n);
	if (rd_kafka_get_watermark_offsets(d->s->client->rk, p->topic,
					   p->partition, &low, &high) == 0 &&
	    high > p->end)
		p->end = high;
	d->alive = true;
}

static void
part_drained(struct drain *d)
{
	struct kafka_source *s = d->s;
	struct kafka_part *p = d->p;

	if (d->n)
		part_count(d);
	if (d->alive) {
		p->seen = true;
		kafka_client_well(s->client);
		if (atomic_load_explicit(&p->down, memory_order_relaxed))
			atomic_store(&p->down, false);
	}
	atomic_store_explicit(&p->behind, !p->caught_up, memory_order_relaxed);
	if (s->nudges && !p->caught_up)
		part_feed(s, p);
	if (d->n == d->max && !s->armed) {
		/* The event of the queue came when it was empty: this drain
		 * stopped early, so nothing else would wake the reader. */
		s->armed = true;
		kafka_fd_kick(s->wake_fd);
	}
}

uint32_t
kafka_drain(struct kafka_source *s, unsigned part, struct raw_record *out,
	    uint32_t max, struct arena *a)
{
	struct kafka_part *p = s->parts[part];
	struct drain d = { .s = s, .p = p, .out = out, .arena = a,
			   .max = max, .part = part };

	CHECK(part < atomic_load_explicit(&s->nparts, memory_order_acquire));
	if (atomic_load(&p->ended) || atomic_load(&p->ask) != ASK_NONE || !max)
		return 0;
	if (p->jump != KAFKA_NO_JUMP) {
		p->next = p->jump;
		p->verify = p->jump_verify;
		p->jump = KAFKA_NO_JUMP;
		p->caught_up = false;
	}
	/* What is in the queue may already be of another log. */
	if (atomic_exchange(&p->suspect, false)) {
		part_ask(&d, ASK_GONE);
		return 0;
	}
	rd_kafka_consume_callback_queue(p->queue, 0, source_on_message, &d);
	part_drained(&d);
	return d.n;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_control.c - the thread of a Kafka source that may
 * wait: finds partitions and their offsets, assigns them, and looks after
 * brokers that sleep or went away. What the job's thread asks it answers in
 * kafka_answer.c.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "runtime/connectors/kafka_source.h"

#define WAIT_MS 1000
#define RETRY_MS 250
#define MISSING_TRIES 3  /* a restarted broker may not know its topics yet */
#define NUDGE_US (4 * US_PER_MS)
#define PROBE_US (500 * US_PER_MS)
#define BEHIND_US (5 * US_PER_SECOND)

struct control {
	struct kafka_source *s;
	rd_kafka_queue_t *main_queue, *consumer_queue;
	unsigned troubles, denials; /* of the client, seen */
	unsigned nudge_next; /* part to begin with */
	int64_t nudge_at_us, probe_at_us, behind_at_us, discover_at_us;
};

/* Waiting is for the world outside: no row's meaning depends on this clock. */
static int64_t
monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

static bool
control_stopped(const struct kafka_source *s)
{
	return atomic_load(&s->stop) || atomic_load(&s->failed);
}

void
kafka_control_stop(void *source)
{
	struct kafka_source *s = source;

	atomic_store(&s->stop, true);
	kafka_fd_kick(s->control_fd);
}

/* Until something happens or the time is over. */
static void
control_wait(struct kafka_source *s, int64_t us)
{
	struct pollfd fd = { .fd = s->control_fd, .events = POLLIN };

	if (us > 0 && !control_stopped(s))
		poll(&fd, 1, (int)((us + 999) / 1000));
	kafka_fd_drain(s->control_fd);
}

/* ---- which partitions there are ---- */

static struct kafka_part *
part_find(const struct kafka_source *s, const char *topic, int32_t partition)
{
	unsigned n = atomic_load(&s->nparts);

	for (unsigned i = 0; i < n; i++)
		if (s->parts[i]->partition == partition &&
		    strcmp(s->parts[i]->topic, topic) == 0)
			return s->parts[i];
	return NULL;
}

static void
found_add(struct kafka_found_list *f, const char *topic,
	  const rd_kafka_metadata_partition_t *p)
{
	if (f->n == f->max) {
		f->max = f->max ? 2 * f->max : 16;
		f->list = mem_realloc(f->list, f->max * sizeof(*f->list));
	}
	f->list[f->n++] = (struct kafka_found){
		.topic = topic, .partition = p->id, .leader = p->leader,
	};
}

static int
by_partition(const void *a, const void *b)
{
	const struct kafka_found *x = a, *y = b;

	return x->partition < y->partition ? -1 : x->partition > y->partition;
}

/* The partitions of one topic that have no part yet; the others are listed. */
static enum kafka_rc
find_topic(struct kafka_source *s, rd_kafka_t *rk, const char *name,
	   struct kafka_found_list *f, rd_kafka_resp_err_t *ret_code)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
	const struct rd_kafka_metadata *m = NULL;
	const rd_kafka_metadata_topic_t *t;
	unsigned first = f->n;

	*ret_code = topic ? rd_kafka_metadata(rk, 0, topic, &m, WAIT_MS)
			  : rd_kafka_last_error();
	if (!*ret_code && m->topic_cnt == 1) {
		t = &m->topics[0];
		*ret_code = t->err;
		for (int i = 0; i < t->partition_cnt && !t->err; i++) {
			struct kafka_part *p = part_find(s, name,
							 t->partitions[i].id);

			if (p)
				p->listed = true;
			else
				found_add(f, name, &t->partitions[i]);
		}
	}
	if (m)
		rd_kafka_metadata_destroy(m);
	if (topic)
		rd_kafka_topic_destroy(topic);
	if (f->n > first)
		qsort(f->list + first, f->n - first, sizeof(*f->list),
		      by_partition);
	return *ret_code ? KAFKA_AGAIN : KAFKA_OK;
}

static void
fail_missing(struct kafka_source *s, const char *topic)
{
	struct error err = ERROR_INIT;

	kafka_topic_missing(&err, s->bootstrap, topic, &s->env);
	kafka_source_fail(s, &err);
}

static void
fail_topic(struct kafka_source *s, const char *topic, rd_kafka_resp_err_t code)
{
	struct error err = ERROR_INIT;

	kafka_topic_error(&err, topic, code);
	kafka_source_fail(s, &err);
}

enum kafka_rc
kafka_find_parts(struct kafka_source *s, struct kafka_client *c,
		 struct kafka_found_list *f, unsigned *missing)
{
	for (unsigned i = 0; i < s->ntopics; i++) {
		rd_kafka_resp_err_t code;

		if (find_topic(s, c->rk, s->topics[i], f, &code) == KAFKA_OK)
			continue;
		switch (code) {
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
			if (++*missing < MISSING_TRIES)
				return KAFKA_AGAIN;
			fail_missing(s, s->topics[i]);
			return KAFKA_FAIL;
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* invalid name */
			fail_topic(s, s->topics[i], code);
			return KAFKA_FAIL;
		default:
			return KAFKA_AGAIN;
		}
	}
	*missing = 0;
	return KAFKA_OK;
}

/* ---- taking partitions in ---- */

/* Queue limits hold per partition: with more than one the client that found
 * them makes way for one whose limits add up to the job's budget. */
static int
control_client(struct kafka_source *s, unsigned nparts)
{
	struct kafka_client *c, *before;
	struct error err = ERROR_INIT;

	if (nparts == 1)
		return 0;
	/* its threads inherit the job's core, as those of the first did */
	sched_setaffinity(0, sizeof(s->affinity), &s->affinity);
	if (kafka_source_client(s, nparts, &c, &err) < 0) {
		kafka_source_fail(s, &err);
		return -1;
	}
	pthread_mutex_lock(&s->lock);
	before = s->client;
	s->client = c;
	pthread_mutex_unlock(&s->lock);
	kafka_client_destroy(before);
	return 0;
}

static void
control_listen(struct control *k)
{
	static const uint64_t one = 1;
	struct kafka_source *s = k->s;

	k->main_queue = rd_kafka_queue_get_main(s->client->rk);
	k->consumer_queue = rd_kafka_queue_get_consumer(s->client->rk);
	rd_kafka_queue_io_event_enable(k->main_queue, s->control_fd, &one,
				       sizeof(one));
	rd_kafka_queue_io_event_enable(k->consumer_queue, s->control_fd, &one,
				       sizeof(one));
}

static void
control_unlisten(struct control *k)
{
	if (!k->main_queue)
		return;
	rd_kafka_queue_io_event_enable(k->main_queue, -1, NULL, 0);
	rd_kafka_queue_io_event_enable(k->consumer_queue, -1, NULL, 0);
	rd_kafka_queue_destroy(k->main_queue);
	rd_kafka_queue_destroy(k->consumer_queue);
}

void
kafka_assign(struct kafka_source *s, const struct kafka_part *p, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_error_t *e;
	struct error err = ERROR_INIT;

	list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, p->topic, p->partition)
		->offset = offset;
	e = rd_kafka_incremental_assign(s->client->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (!e)
		return;
	error_set(&err, ERR_KAFKA, "cannot read topic '%s', partition %d: %s",
		  p->topic, p->partition, rd_kafka_error_string(e));
	rd_kafka_error_destroy(e);
	kafka_source_fail(s, &err);
}

void
kafka_unassign(struct kafka_source *s, const struct kafka_part *p)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_error_t *e;

	list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, p->topic, p->partition);
	e = rd_kafka_incremental_unassign(s->client->rk, list);
	if (e) /* it was not assigned: as wished */
		rd_kafka_error_destroy(e);
	rd_kafka_topic_partition_list_destroy(list);
}

static struct kafka_part *
part_create(struct kafka_source *s, const struct kafka_found *f)
{
	static const uint64_t one = 1;
	struct kafka_part *p = mem_zalloc(sizeof(*p));

	p->topic = f->topic; /* of s->topics */
	p->partition = f->partition;
	p->leader = f->leader;
	p->stop = f->stop;
	p->next = f->next;
	p->end = f->high;
	p->jump = KAFKA_NO_JUMP;
	p->last = -1;
	atomic_init(&p->lost, f->lost);
	atomic_init(&p->end_asked, -1);
	atomic_init(&p->behind, true);
	atomic_init(&p->ended, f->next >= f->stop);
	if (f->verify) {
		p->verify = true;
		p->last = f->next - 1;
		p->last_time_us = f->verify->record_time_us;
		p->last_crc = f->verify->record_crc;
	}
	/* The queue is ours before the first fetch: no forwarding to the
	 * consumer's own, and no record comes before its event is set. */
	p->queue = rd_kafka_queue_get_partition(s->client->rk, p->topic,
						p->partition);
	CHECK(p->queue);
	rd_kafka_queue_forward(p->queue, NULL);
	rd_kafka_queue_io_event_enable(p->queue, s->wake_fd, &one,
				       sizeof(one));
	return p;
}

static void
control_publish(struct kafka_source *s, const struct kafka_found_list *f)
{
	unsigned n = atomic_load(&s->nparts);
	struct error err = ERROR_INIT;

	if (n + f->n > KAFKA_PARTS_MAX) {
		error_set(&err, ERR_LIMIT, "more than %d partitions in the "
			  "topics of one table", KAFKA_PARTS_MAX);
		kafka_source_fail(s, &err);
		return;
	}
	for (unsigned i = 0; i < f->n; i++) {
		struct kafka_part *p = part_create(s, &f->list[i]);

		s->parts[n + i] = p;
		if (!atomic_load(&p->ended))
			kafka_assign(s, p, f->list[i].assign);
		else
			p->released = true;
	}
	atomic_store_explicit(&s->nparts, n + f->n, memory_order_release);
	kafka_fd_kick(s->wake_fd);
}

/* Offsets of what was found, then in. KAFKA_FAIL has failed the source. */
static enum kafka_rc
control_take(struct kafka_source *s, struct kafka_found_list *f, bool added)
{
	struct error err = ERROR_INIT;
	enum kafka_rc rc = kafka_offsets_resolve(s, s->client->rk, f->list,
						 f->n, added, &err);

	if (rc == KAFKA_FAIL)
		kafka_source_fail(s, &err);
	if (rc != KAFKA_OK)
		return rc;
	if (!added && control_client(s, f->n) < 0)
		return KAFKA_FAIL;
	kafka_client_well(s->client);
	control_publish(s, f);
	return KAFKA_OK;
}

static void
control_start(struct kafka_source *s)
{
	struct kafka_found_list f = { NULL, 0, 0 };
	enum kafka_rc rc = KAFKA_AGAIN;
	unsigned missing = 0;

	while (rc == KAFKA_AGAIN && !control_stopped(s)) {
		f.n = 0;
		rc = kafka_find_parts(s, s->client, &f, &missing);
		if (rc == KAFKA_OK && f.n)
			rc = control_take(s, &f, false);
		else if (rc == KAFKA_OK)
			rc = KAFKA_AGAIN; /* created, but not ready yet */
		kafka_client_poll(s->client);
		if (rc == KAFKA_AGAIN)
			control_wait(s, RETRY_MS * US_PER_MS);
	}
	free(f.list);
}

/* ---- looking after ---- */

static bool
part_ask_end(struct kafka_source *s, struct kafka_part *p)
{
	int64_t high;

	if (kafka_offsets_end(s->client->rk, p->topic, p->partition, &high,
			      NULL) != KAFKA_OK)
		return false;
	atomic_store(&p->end_asked, high);
	return true;
}

/* A connection had trouble: which partitions still have an answering broker?
 * A partition that is caught up gets no other sign of life. */
static bool
control_probe(struct kafka_source *s)
{
	unsigned n = atomic_load(&s->nparts);
	int32_t silent[8];
	unsigned nsilent = 0;
	bool all = true;

	for (unsigned i = 0; i < n && !control_stopped(s); i++) {
		struct kafka_part *p = s->parts[i];
		bool skip = !atomic_load(&p->down);

		for (unsigned k = 0; k < nsilent; k++)
			skip = skip || silent[k] == p->leader;
		if (!skip && part_ask_end(s, p))
			atomic_store(&p->down, false);
		else if (!skip && nsilent < ARRAY_LEN(silent))
			silent[nsilent++] = p->leader; /* not one by one */
		all = all && !atomic_load(&p->down);
	}
	if (all)
		kafka_client_well(s->client);
	return all;
}

static void
control_notice_trouble(struct control *k, int64_t now_us)
{
	struct kafka_source *s = k->s;
	unsigned troubles = atomic_load(&s->client->troubles);
	unsigned n = atomic_load(&s->nparts);

	if (troubles == k->troubles)
		return;
	k->troubles = troubles;
	for (unsigned i = 0; i < n; i++)
		if (!atomic_load(&s->parts[i]->ended))
			atomic_store(&s->parts[i]->down, true);
	if (k->probe_at_us == TIME_END)
		k->probe_at_us = now_us;
	kafka_fd_kick(s->wake_fd);
}

/* A broker did not know a partition that is read from it: the topic may have
 * been deleted, and made anew before anybody asked again. */
static void
control_notice_denial(struct control *k)
{
	struct kafka_source *s = k->s;
	unsigned denials = atomic_load(&s->client->denials);
	unsigned n = atomic_load(&s->nparts);

	if (denials == k->denials)
		return;
	k->denials = denials;
	for (unsigned i = 0; i < n; i++)
		atomic_store(&s->parts[i]->suspect, true);
	kafka_fd_kick(s->wake_fd);
}

/* Wakes the broker thread of one hungry partition: perf.md item 3. */
static bool
control_nudge(struct control *k)
{
	struct kafka_source *s = k->s;
	unsigned n = atomic_load(&s->nparts);
	struct kafka_part *chosen = NULL;
	bool more = false;

	for (unsigned i = 0; i < n; i++) {
		unsigned at = (k->nudge_next + i) % n;
		struct kafka_part *p = s->parts[at];

		if (!atomic_load(&p->hungry))
			continue;
		if (!chosen) {
			chosen = p;
			k->nudge_next = at + 1;
		}
		if (p->leader == chosen->leader)
			atomic_store(&p->hungry, false);
		else
			more = true;
	}
	if (chosen)
		part_ask_end(s, chosen);
	return more;
}

static void
control_discover(struct control *k)
{
	struct kafka_found_list f = { NULL, 0, 0 };
	unsigned missing = 0;

	if (kafka_find_parts(k->s, k->s->client, &f, &missing) == KAFKA_OK && f.n &&
	    control_take(k->s, &f, true) == KAFKA_OK)
		kafka_source_notice(k->s, "%u more partition%s found, read "
				    "from the beginning", f.n,
				    f.n == 1 ? " was" : "s were");
	free(f.list);
}

/* What belongs to no partition is of the group, which only commits, or the
 * client's end. */
static void
consumer_on_event(rd_kafka_message_t *m, void *arg)
{
	struct kafka_source *s = arg;

	if (m->err != RD_KAFKA_RESP_ERR__FATAL)
		return;
	kafka_client_on_fatal(s->client);
	kafka_fd_kick(s->wake_fd);
}

/* What the parts want of this thread. */
struct wishes {
	bool asked, behind, hungry;
};

static struct wishes
control_serve_parts(struct kafka_source *s)
{
	unsigned n = atomic_load(&s->nparts);
	struct wishes w = { false, false, false };

	for (unsigned i = 0; i < n; i++) {
		struct kafka_part *p = s->parts[i];
		bool ended = atomic_load(&p->ended);

		kafka_answer(s, p);
		w.asked = w.asked || atomic_load(&p->ask) != ASK_NONE;
		w.behind = w.behind || (!ended && atomic_load(&p->behind));
		w.hungry = w.hungry || atomic_load(&p->hungry);
		if (ended && !p->released) {
			kafka_unassign(s, p);
			p->released = true;
		}
	}
	return w;
}

/* End offsets of parts that nobody may be polling just now: a lag that is
 * shown while the job is blocked should grow. */
static void
control_refresh(struct kafka_source *s)
{
	unsigned n = atomic_load(&s->nparts);

	for (unsigned i = 0; i < n && !control_stopped(s); i++)
		if (atomic_load(&s->parts[i]->behind) &&
		    !atomic_load(&s->parts[i]->ended) &&
		    !part_ask_end(s, s->parts[i]))
			break;
}

static int64_t
earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* Does everything that is due; returns when the next thing is. */
static int64_t
control_turn(struct control *k)
{
	struct kafka_source *s = k->s;
	int64_t now_us = monotonic_us(), due_us;
	struct wishes w;

	kafka_client_poll(s->client);
	rd_kafka_consume_callback_queue(k->consumer_queue, 0,
					consumer_on_event, s);
	control_notice_trouble(k, now_us);
	control_notice_denial(k);
	w = control_serve_parts(s);
	if (w.hungry && now_us >= k->nudge_at_us) {
		w.hungry = control_nudge(k);
		k->nudge_at_us = now_us + NUDGE_US;
	}
	if (now_us >= k->probe_at_us)
		k->probe_at_us = control_probe(s) ? TIME_END
						  : monotonic_us() + PROBE_US;
	if (w.behind && now_us >= k->behind_at_us) {
		control_refresh(s);
		k->behind_at_us = monotonic_us() + BEHIND_US;
	}
	if (now_us >= k->discover_at_us) {
		control_discover(k);
		k->discover_at_us = monotonic_us() + s->discovery_us;
	}
	due_us = earlier(k->discover_at_us, k->probe_at_us);
	if (w.asked)
		due_us = earlier(due_us, now_us + RETRY_MS * US_PER_MS);
	if (w.hungry)
		due_us = earlier(due_us, k->nudge_at_us);
	return w.behind ? earlier(due_us, k->behind_at_us) : due_us;
}

void
kafka_control_run(void *source)
{
	struct kafka_source *s = source;
	struct control k = { .s = s, .probe_at_us = TIME_END,
			     .discover_at_us = TIME_END };

	control_start(s);
	if (control_stopped(s))
		return;
	k.troubles = atomic_load(&s->client->troubles);
	k.denials = atomic_load(&s->client->denials);
	k.behind_at_us = monotonic_us() + BEHIND_US;
	if (s->discovery_us)
		k.discover_at_us = monotonic_us() + s->discovery_us;
	control_listen(&k);
	while (!control_stopped(s)) {
		int64_t due_us = control_turn(&k), now_us = monotonic_us();
		int64_t wait_us = due_us - now_us;

		if (wait_us > US_PER_HOUR)
			wait_us = US_PER_HOUR;
		control_wait(s, wait_us);
	}
	control_unlisten(&k);
}

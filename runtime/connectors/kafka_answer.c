/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_answer.c - what became of a partition that the
 * job's thread cannot go on with: the control thread asks the broker and lets
 * it go on at a place that is known to be right, or fails the source.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "runtime/connectors/kafka_source.h"

#define DAMAGED_TRIES 3

static void
part_move(struct kafka_source *s, struct kafka_part *p, int64_t offset,
	  bool verify)
{
	kafka_unassign(s, p);
	p->jump = offset;
	p->jump_verify = verify;
	/* The job's thread must know the new place before its records come:
	 * it would drop those below the old one. */
	atomic_store(&p->ask, ASK_NONE);
	kafka_assign(s, p, verify ? offset - 1 : offset);
	kafka_fd_kick(s->wake_fd);
}

static void
answer_damaged(struct kafka_source *s, struct kafka_part *p)
{
	struct error err = ERROR_INIT;

	if (p->ask_offset != p->damaged_at)
		p->damaged = 0;
	p->damaged_at = p->ask_offset;
	if (++p->damaged <= DAMAGED_TRIES) {
		part_move(s, p, p->ask_offset, false);
		return;
	}
	error_set(&err, ERR_DATA_LOST, "records of topic '%s', partition %d, "
		  "from offset %lld on are damaged: their checksum is wrong",
		  p->topic, p->partition, (long long)p->ask_offset);
	kafka_note_lost(s, &err);
	kafka_source_fail(s, &err);
}

/* The offset is not in the log, or the log is another one. */
static void
answer_range(struct kafka_source *s, struct kafka_part *p, bool recreated)
{
	struct error err = ERROR_INIT;
	int64_t low, high, next;
	uint64_t lost;
	enum kafka_rc rc;

	rc = kafka_offsets_range(s->client->rk, p->topic, p->partition, &low,
				 &high, &err);
	if (rc == KAFKA_AGAIN)
		return; /* asked again at the next turn */
	if (rc == KAFKA_OK && recreated && !s->skip_loss) {
		rc = KAFKA_FAIL;
		error_set(&err, ERR_DATA_LOST, "topic '%s', partition %d, was "
			  "recreated: the record before offset %lld is not the "
			  "one that the job has read", p->topic, p->partition,
			  (long long)p->ask_offset);
		kafka_note_lost(s, &err);
	} else if (rc == KAFKA_OK && !recreated && p->ask_offset >= low &&
		   p->ask_offset <= high) {
		part_move(s, p, p->ask_offset, false); /* there again */
		return;
	}
	if (rc == KAFKA_OK &&
	    kafka_offsets_lost(s, p->topic, p->partition,
			       recreated ? high + 1 : p->ask_offset, low, high,
			       &next, &lost, &err) < 0)
		rc = KAFKA_FAIL;
	if (rc == KAFKA_FAIL) {
		kafka_source_fail(s, &err);
		return;
	}
	atomic_fetch_add(&p->lost, lost);
	part_move(s, p, next, false);
}

/* A broker does not know the partition, or did not a moment ago. Should it be
 * there (again), it has to be the one that was read. */
static void
answer_gone(struct kafka_source *s, struct kafka_part *p)
{
	struct kafka_found_list f = { NULL, 0, 0 };
	struct error err = ERROR_INIT;
	enum kafka_rc rc;
	int64_t high;

	p->listed = false;
	rc = kafka_find_parts(s, s->client, &f, &p->missing);
	free(f.list);
	if (rc == KAFKA_OK && !p->listed) {
		kafka_offsets_fewer(s, str_ref(p->topic,
					       (uint32_t)strlen(p->topic)),
				    p->partition, &err);
		rc = KAFKA_FAIL;
	}
	if (rc == KAFKA_OK)
		rc = kafka_offsets_end(s->client->rk, p->topic, p->partition,
				       &high, &err);
	if (rc == KAFKA_FAIL)
		kafka_source_fail(s, &err);
	if (rc == KAFKA_OK)
		part_move(s, p, p->ask_offset, p->last == p->ask_offset - 1);
}

void
kafka_answer(struct kafka_source *s, struct kafka_part *p)
{
	switch (atomic_load(&p->ask)) {
	case ASK_NONE:
		break;
	case ASK_RANGE:
		answer_range(s, p, false);
		break;
	case ASK_RECREATED:
		answer_range(s, p, true);
		break;
	case ASK_DAMAGED:
		answer_damaged(s, p);
		break;
	case ASK_GONE:
		answer_gone(s, p);
		break;
	}
}

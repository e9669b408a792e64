/* SPDX-License-Identifier: Apache-2.0
 * daemon/session.c - a short list: there are a few hundred at the most.
 */
#include "daemon/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"

static struct session *
session_new(struct sessions *ss, int64_t now_us)
{
	struct session *s = mem_zalloc(sizeof(*s));

	s->catalog = catalog_create(ss->catalog);
	s->used_us = now_us;
	return s;
}

static void
session_free(struct session *s)
{
	settings_release(&s->settings);
	catalog_destroy(s->catalog);
	free(s);
}

void
sessions_init(struct sessions *ss, struct catalog *catalog, unsigned max)
{
	*ss = (struct sessions){ .catalog = catalog, .max = max };
}

void
sessions_release(struct sessions *ss)
{
	while (ss->first) {
		struct session *s = ss->first;

		ss->first = s->next;
		session_free(s);
	}
}

static void
end_idle(struct sessions *ss, int64_t now_us)
{
	for (struct session **at = &ss->first; *at;) {
		struct session *s = *at;

		if (s->users || now_us - s->used_us < SESSION_IDLE_US) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		session_free(s);
		ss->n--;
	}
}

int
session_create(struct sessions *ss, int64_t now_us, struct session **ret,
	       struct error *err)
{
	struct session *s;
	uint64_t r[2];

	end_idle(ss, now_us);
	if (ss->n >= ss->max)
		return error_set(err, ERR_TOO_MANY,
				 "there are %u sessions already: "
				 "[limits] sessions", ss->n);
	CHECK(getrandom(r, sizeof(r), 0) == sizeof(r));
	s = session_new(ss, now_us);
	snprintf(s->id, sizeof(s->id), "%016llx%016llx",
		 (unsigned long long)r[0], (unsigned long long)r[1]);
	s->next = ss->first;
	ss->first = s;
	ss->n++;
	*ret = s;
	return 0;
}

int
session_enter(struct sessions *ss, const char *id, int64_t now_us,
	      struct session **ret, struct error *err)
{
	struct session *s;

	if (!id) {
		*ret = session_new(ss, now_us);
		(*ret)->users = 1;
		return 0;
	}
	end_idle(ss, now_us);
	for (s = ss->first; s; s = s->next)
		if (strcmp(s->id, id) == 0) {
			s->users++;
			*ret = s;
			return 0;
		}
	error_set(err, ERR_NO_SESSION, "there is no session \"%.64s\"", id);
	error_note(err, "sessions end after 30 minutes of idleness; "
		   "POST /v1/sessions makes a new one");
	return -1;
}

void
session_leave(struct sessions *ss, struct session *s, int64_t now_us)
{
	(void)ss;
	s->users--;
	s->used_us = now_us;
	if (!*s->id)
		session_free(s);
}

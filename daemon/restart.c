/* SPDX-License-Identifier: Apache-2.0
 * daemon/restart.c - Flink's exponential-delay strategy and its two simpler
 * ones as one formula: `none` has no tries, `fixed-delay` a factor of one.
 */
#include "daemon/restart.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "daemon/config.h"
#include "parser/settings.h"

#define EXPONENTIAL "restart-strategy.exponential-delay."
#define FIXED "restart-strategy.fixed-delay."
#define FACTOR 1.5 /* Flink's */
#define JITTER 0.1
#define WAIT_LEAST_US US_PER_MS /* else a wait of nothing stays nothing */

struct restart_policy
restart_policy_of(const struct config *c)
{
	return (struct restart_policy){
		.first_us = c->restart_backoff_us,
		.max_us = c->restart_backoff_max_us,
		.factor = FACTOR,
		.jitter = JITTER,
		.reset_us = c->restart_reset_us,
		.tries_max = c->restart_attempts ? c->restart_attempts : -1,
	};
}

static void
take_duration(const struct settings *s, const char *key, int64_t *us)
{
	if (settings_given(s, key))
		*us = settings_duration_us(s, key);
}

static void
take_number(const struct settings *s, const char *key, double *number)
{
	if (settings_given(s, key))
		*number = strtod(settings_get(s, key), NULL);
}

static void
take_count(const struct settings *s, const char *key, int64_t *count)
{
	if (settings_given(s, key))
		*count = strtoll(settings_get(s, key), NULL, 10);
}

static void
apply_exponential(struct restart_policy *p, const struct settings *s)
{
	take_duration(s, EXPONENTIAL "initial-backoff", &p->first_us);
	take_duration(s, EXPONENTIAL "max-backoff", &p->max_us);
	take_duration(s, EXPONENTIAL "reset-backoff-threshold", &p->reset_us);
	take_number(s, EXPONENTIAL "backoff-multiplier", &p->factor);
	take_number(s, EXPONENTIAL "jitter-factor", &p->jitter);
	if (p->jitter > 1)
		p->jitter = 1;
	take_count(s, EXPONENTIAL "attempts-before-reset-backoff",
		   &p->tries_max);
}

void
restart_policy_apply(struct restart_policy *p, const struct settings *s)
{
	const char *type = settings_get(s, "restart-strategy.type");

	if (strcmp(type, "exponential-delay") == 0) {
		apply_exponential(p, s);
	} else if (strcmp(type, "fixed-delay") == 0) {
		p->first_us = settings_duration_us(s, FIXED "delay");
		p->max_us = p->first_us;
		p->factor = 1;
		p->jitter = 0;
		p->reset_us = INT64_MAX; /* as Flink: tries are of the job */
		p->tries_max = strtoll(settings_get(s, FIXED "attempts"), NULL,
				       10);
	} else {
		p->tries_max = 0; /* none, off, disable */
	}
}

void
restart_init(struct restart *r, const struct restart_policy *p, uint64_t seed)
{
	*r = (struct restart){ .policy = *p, .seed = seed };
}

/* In [-1, 1), another one for each try. */
static double
jitter_of(const struct restart *r)
{
	const uint64_t key[2] = { r->seed, (uint64_t)r->tries };

	return (double)(hash_stable(key, sizeof(key)) >> 11) * 0x1p-52 - 1;
}

bool
restart_next(struct restart *r, int64_t lived_us, int64_t *ret_wait_us)
{
	const struct restart_policy *p = &r->policy;

	if (lived_us >= p->reset_us)
		r->wait_us = r->tries = 0;
	if (p->tries_max >= 0 && r->tries >= p->tries_max)
		return false;
	if (r->wait_us == 0)
		r->wait_us = p->first_us;
	else if ((double)r->wait_us * p->factor < (double)p->max_us)
		r->wait_us = (int64_t)((double)r->wait_us * p->factor);
	else
		r->wait_us = p->max_us;
	if (r->wait_us < WAIT_LEAST_US)
		r->wait_us = WAIT_LEAST_US;
	r->tries++;
	*ret_wait_us = r->wait_us + (int64_t)((double)r->wait_us * p->jitter *
					      jitter_of(r));
	return true;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/bag.h - accumulators that are a multiset: all values of the
 * group, which the pool of the aggregate holds. They can be taken away, from a
 * group and, pane by pane, from a running window.
 */
#ifndef RUNTIME_AGGS_BAG_H
#define RUNTIME_AGGS_BAG_H

#include "runtime/agg.h"

/* First in each of these accumulators. */
struct bag {
	uint64_t root;
};

static inline struct bag *
bag_at(const struct agg *a, const char *entry, uint32_t off)
{
	return (struct bag *)(entry + off + a->body);
}

/* In init(): its kind, and so many bytes behind struct bag. */
void bag_init(struct agg *a, struct multiset_kind kind, uint32_t more_bytes);
/* One value, w times; for another add() than bag_add(). */
void bag_put(const struct agg *a, const struct agg_rows *r, uint32_t i,
	     const struct column *value, const struct column *beside,
	     int64_t w);

/* As the hooks of agg_type. */
void bag_add(const struct agg *a, const struct agg_rows *r,
	     const struct column *arg);
/* For those that give all values: more than AGG_WEIGHT_MAX of them. */
const char *bag_refuses(const struct agg *a, const char *entry,
			const struct batch *b, uint32_t row, int64_t w,
			enum error_code *ret_code);
/* False: the values are more than that, and the job must be told. */
bool bag_gives_all(const struct agg *a, uint64_t root);
bool bag_holds(const struct agg *a, const char *entry, const struct batch *b,
	       uint32_t row, int64_t w);
void bag_merge(const struct agg *a, char *const *dst, uint32_t dst_off,
	       char *const *src, uint32_t src_off, uint32_t n);
void bag_absorb(const struct agg *a, char *dst, uint32_t gid, char *src);
void bag_sub(const struct agg *a, char *const *dst, char *const *src,
	     uint32_t n);
void bag_release(const struct agg *a, char *entry, uint32_t off, bool stored);
void bag_restore(const struct agg *a, char *entry,
		 const struct agg_saved *saved);

/* A value of the multiset into a row of a result, NULL as NULL. */
void bag_give(struct column *out, uint32_t at, uint32_t cap,
	      struct arena *arena, const void *value);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * runtime/propose_impl.h - what the files of propose.h share.
 */
#ifndef RUNTIME_PROPOSE_IMPL_H
#define RUNTIME_PROPOSE_IMPL_H

#include "runtime/propose.h"

/* ---- propose.c ---- */

enum content { NOTHING, BINARY, AVRO, TEXT, JSON_OBJECTS, CONTENT_COUNT_OF };

struct contents {
	unsigned n[CONTENT_COUNT_OF];
	unsigned tombstones; /* of those that are NOTHING */
	unsigned first[CONTENT_COUNT_OF]; /* record of that kind */
};

enum content content_of(struct json_doc *doc, const char *bytes, size_t n);
/* What the values (or keys) of all records are. */
void proposal_look(const struct proposal *p, bool keys, struct contents *ret);
struct proposed_column *proposal_column(struct proposal *p, const char *name,
					const char *type);
struct proposed_column *proposal_find(const struct proposal *p,
				      const char *name);
/* A field that is in s->n of so many. */
struct proposed_column *proposal_field(struct proposal *p, const char *name,
				       const struct shape *s, unsigned of);
/* UINT32_MAX: the object has no such member, or it is none. */
uint32_t json_member_named(const struct json_doc *d, uint32_t object,
			   const char *name);
bool json_is_object(const struct json_doc *d, uint32_t node);
/* What stands around a change of Debezium's: the record, or its "payload";
 * UINT32_MAX: it is none. */
uint32_t json_change(const struct json_doc *d);
/* The record's value is an object. */
bool sample_parse(const struct sample_record *r, struct json_doc *d);

/* ---- propose_key.c ---- */

void propose_key(struct proposal *p);
void propose_time(struct proposal *p);

#endif

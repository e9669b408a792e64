/* SPDX-License-Identifier: Apache-2.0
 * runtime/connector.c - every connector of the runtime, by the name that SQL
 * gives it.
 */
#include <string.h>

#include "base/check.h"
#include "runtime/connector.h"

static const struct source_type *const source_types[] = {
	&kafka_source_type,
	&upsert_kafka_source_type,
	&datagen_source_type,
	&filesystem_source_type,
};

static const struct sink_type *const sink_types[] = {
	&kafka_sink_type,
	&upsert_kafka_sink_type,
	&filesystem_sink_type,
	&print_sink_type,
	&blackhole_sink_type,
};

const struct source_type *
source_type_find(const char *connector)
{
	for (size_t i = 0; i < ARRAY_LEN(source_types); i++) {
		const struct source_type *type = source_types[i];

		if (type && strcmp(type->name, connector) == 0)
			return type;
	}
	return NULL;
}

const struct sink_type *
sink_type_find(const char *connector)
{
	for (size_t i = 0; i < ARRAY_LEN(sink_types); i++) {
		const struct sink_type *type = sink_types[i];

		if (type && strcmp(type->name, connector) == 0)
			return type;
	}
	return NULL;
}

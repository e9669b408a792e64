/* SPDX-License-Identifier: Apache-2.0
 * runtime/connectors/kafka_headers.c - headers between librdkafka's lists and
 * nested values. Names that are no UTF-8 are read as Java reads them.
 */
#include "runtime/connectors/kafka_headers.h"

#include "base/check.h"
#include "base/nested.h"
#include "parser/types_infer.h"
#include "runtime/eval.h"

static const struct type_field fields[] = {
	{ NULL, { .kind = TYPE_VARCHAR, .nullable = true,
		  .length = TYPE_LENGTH_MAX } },
	{ NULL, { .kind = TYPE_VARBINARY, .nullable = true,
		  .length = TYPE_LENGTH_MAX } },
};
static const struct type headers_type = { .kind = TYPE_MAP,
					  .fields = fields };

bool
kafka_headers_fit(struct type t)
{
	return type_same_values(headers_type, t);
}

static struct str
name_text(const char *name, struct arena *a)
{
	struct value v = { .str = str_ref(name, (uint32_t)strlen(name)) };

	return value_text(v, fields[1].type, NULL, a);
}

/* Only an empty map is sure to have room. */
static bool
too_large(struct arena *a, struct str *ret)
{
	CHECK(nested_make_map(a, headers_type, 0, NULL, NULL, ret));
	return false;
}

bool
kafka_headers_read(rd_kafka_message_t *m, struct arena *a, struct str *ret)
{
	struct value *keys, *values;
	rd_kafka_headers_t *list = NULL;
	size_t n = 0;

	if (rd_kafka_message_headers(m, &list) == 0)
		n = rd_kafka_header_cnt(list);
	if (n > KAFKA_HEADERS_MAX)
		return too_large(a, ret);
	keys = arena_array(a, n, struct value);
	values = arena_array(a, n, struct value);
	for (size_t i = 0; i < n; i++) {
		const char *name = "";
		const void *bytes = NULL;
		size_t len = 0;

		rd_kafka_header_get_all(list, i, &name, &bytes, &len);
		keys[i].str = name_text(name, a);
		values[i].is_null = !bytes;
		if (bytes)
			values[i].str = str_ref(bytes, (uint32_t)len);
	}
	return nested_make_map(a, headers_type, (uint32_t)n, keys, values,
			       ret) ||
	       too_large(a, ret);
}

rd_kafka_headers_t *
kafka_headers_make(const struct str *map)
{
	rd_kafka_headers_t *list;
	struct nested v;
	uint32_t n;

	nested_open(map, &v);
	n = nested_entries(&v);
	list = rd_kafka_headers_new(n);
	for (uint32_t i = 0; i < n; i++) {
		struct value key = nested_get(&v, i, fields[0].type);
		struct value value = nested_get(&v, n + i, fields[1].type);

		if (key.is_null)
			continue; /* a header has a name */
		rd_kafka_header_add(list, str_data(&key.str), key.str.len,
				    value.is_null ? NULL
						  : str_data(&value.str),
				    value.is_null ? 0 : (ssize_t)value.str.len);
	}
	return list;
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/formats/json_simd.cc - the only C++ of sluice: simdjson's first
 * stage and fast_float behind a C border, which no exception crosses.
 *
 * Only the first stage is used: it finds the tokens of many messages in one
 * pass, at the processor's best, and checks UTF-8 on the way. Its On-Demand
 * document stream would tell the messages apart by counting brackets, so that
 * one message with two documents shifts all that follow; with the positions
 * in hand each message is judged by its own tokens (json_walk.c).
 */
#include <cstdlib>
#include <memory>
#include <new>

#include <fast_float/fast_float.h>
#include <simdjson.h>

#include "runtime/formats/json_simd.h"

namespace {

/* Of one joined text; single records may be larger. */
constexpr size_t capacity_usual = 256 * 1024;
/* Four bytes of index for each byte of text are not kept for ever. */
constexpr size_t capacity_kept = 1024 * 1024;

using stage1_parser = simdjson::internal::dom_parser_implementation;

} // namespace

struct json_index {
	std::unique_ptr<stage1_parser> parser;
	uint32_t end; /* of a text without tokens */
};

static_assert(JSON_PADDING >= simdjson::SIMDJSON_PADDING,
	      "simdjson reads that far");

static void
index_grow(struct json_index *x, size_t n)
{
	size_t capacity = n > capacity_usual ? n : capacity_usual;

	x->parser.reset();
	if (simdjson::get_active_implementation()
		    ->create_dom_parser_implementation(capacity, 1, x->parser))
		abort(); /* out of memory, as in arena_alloc() */
}

extern "C" struct json_index *
json_index_create(void)
{
	struct json_index *x = new (std::nothrow) json_index();

	if (!x)
		abort();
	index_grow(x, capacity_usual);
	return x;
}

extern "C" void
json_index_destroy(struct json_index *x)
{
	delete x;
}

extern "C" long
json_index_text(struct json_index *x, const char *text, size_t n,
		const uint32_t **ret)
{
	simdjson::error_code rc;

	if (n > x->parser->capacity() ||
	    (n <= capacity_usual && x->parser->capacity() > capacity_kept))
		index_grow(x, n);
	rc = x->parser->stage1(reinterpret_cast<const uint8_t *>(text), n,
			       simdjson::stage1_mode::regular);
	if (rc == simdjson::EMPTY) {
		x->end = static_cast<uint32_t>(n);
		*ret = &x->end;
		return 0;
	}
	if (rc != simdjson::SUCCESS)
		return -1;
	*ret = x->parser->structural_indexes.get();
	return static_cast<long>(x->parser->n_structural_indexes);
}

extern "C" double
json_double(const char *text, size_t n)
{
	double v = 0;

	/* Out of range is an infinity or 0 in v already. */
	fast_float::from_chars(text, text + n, v);
	return v;
}

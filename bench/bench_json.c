/* SPDX-License-Identifier: Apache-2.0
 * What a message costs in the json and raw formats, in nanoseconds of CPU:
 * words, and five columns out of 215-byte bids; in and out. Best of rounds.
 */
#include <stdio.h>
#include <time.h>

#include "tests/unit/format_rig.h"
#include "tests/unit/test.h"

#define ROUNDS 400

static const char *const words[] = { "lorem", "ipsum", "dolor", "sit", "amet",
				     "consectetur", "adipiscing", "elit" };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
add_word(struct format_rig *r, uint32_t i)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "{\"message\":\"%s\"}",
			 words[i % ARRAY_LEN(words)]);

	format_rig_add(r, text, (size_t)n);
}

static void
add_raw_word(struct format_rig *r, uint32_t i)
{
	const char *word = words[i % ARRAY_LEN(words)];

	format_rig_add(r, word, strlen(word));
}

static void
add_bid(struct format_rig *r, uint32_t i)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
			 "{\"auction\":%u,\"bidder\":%u,\"price\":%u,"
			 "\"channel\":\"channel-%u\",\"url\":\"https://www.nexm"
			 "ark.com/abo/deu/item.htm?query=1&channel_id=%u\","
			 "\"dateTime\":\"2026-01-02 03:%02u:%02u.%03u\","
			 "\"extra\":\"zyxwvutsrqponmlk%u\"}",
			 1000 + i % 997, 2000 + i, 99 + i * 7919 % 1000000,
			 i % 10000, i * 31, i / 60 % 60, i % 60, i % 1000, i);

	format_rig_add(r, text, (size_t)n);
}

static void
bench_decode(const char *name, const char *format, unsigned ncols,
	     const struct format_column *cols,
	     void (*add)(struct format_rig *, uint32_t))
{
	struct format_rig *r = format_rig_open(format, ncols, cols, NULL);
	struct batch_pool *pool = batch_pool_create();
	double best = 1e18;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < BATCH_ROWS; i++) {
		add(r, i);
		bytes += r->records[i].value_len;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct batch *b = batch_create(pool, &r->schema, BATCH_ROWS);
		double from = now_ns(), ns;

		r->decoder->type->decode(r->decoder, r->records, false, NULL,
					 BATCH_ROWS, NULL, b, r->result);
		ns = now_ns() - from;
		best = ns < best ? ns : best;
		EXPECT_EQ(r->result->nerrors, 0);
		batch_unref(b);
	}
	printf("  %-28s %6.1f ns a message (%.0f bytes)\n", name,
	       best / BATCH_ROWS, (double)bytes / BATCH_ROWS);
	batch_pool_destroy(pool);
	format_rig_close(r);
}

static const struct format_column word[] = {
	{ "message", { .kind = TYPE_VARCHAR, .nullable = true,
		       .length = TYPE_LENGTH_MAX } },
};

static const struct format_column bid[] = {
	{ "auction", { .kind = TYPE_BIGINT, .nullable = true } },
	{ "bidder", { .kind = TYPE_BIGINT, .nullable = true } },
	{ "price", { .kind = TYPE_BIGINT, .nullable = true } },
	{ "channel", { .kind = TYPE_VARCHAR, .nullable = true,
		       .length = TYPE_LENGTH_MAX } },
	{ "dateTime", { .kind = TYPE_TIMESTAMP, .nullable = true,
			.precision = 3 } },
};

static const struct format_column result[] = {
	{ "window_start", { .kind = TYPE_TIMESTAMP, .precision = 3 } },
	{ "window_end", { .kind = TYPE_TIMESTAMP, .precision = 3 } },
	{ "message", { .kind = TYPE_VARCHAR, .nullable = true,
		       .length = TYPE_LENGTH_MAX } },
	{ "n", { .kind = TYPE_BIGINT } },
};

static void
bench_encode(void)
{
	struct format_rig *r = format_rig_open("json", 4, result, NULL);
	struct batch *b = r->batch;
	double best = 1e18;
	bool null;

	for (uint32_t i = 0; i < BATCH_ROWS; i++) {
		const char *text = words[i % ARRAY_LEN(words)];

		b->col[0].i64[i] = INT64_C(1767323045000000);
		b->col[1].i64[i] = INT64_C(1767323105000000);
		b->col[2].str[i] = str_ref(text, (uint32_t)strlen(text));
		b->col[3].i64[i] = i;
	}
	batch_seal(b, BATCH_ROWS);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double from = now_ns(), ns;

		buf_clear(&r->text);
		for (uint32_t i = 0; i < BATCH_ROWS; i++)
			r->encoder->type->encode(r->encoder, b, i, &r->text,
						 &null, &r->err);
		ns = now_ns() - from;
		best = ns < best ? ns : best;
	}
	printf("  %-28s %6.1f ns a row (%zu bytes)\n", "json out, a window's row",
	       best / BATCH_ROWS, r->text.len / BATCH_ROWS);
	format_rig_close(r);
}

TEST(formats_cost_nanoseconds)
{
	bench_decode("raw in, words", "raw", 1, word, add_raw_word);
	bench_decode("json in, words", "json", 1, word, add_word);
	bench_decode("json in, bids, 5 columns", "json", 5, bid, add_bid);
	bench_encode();
}

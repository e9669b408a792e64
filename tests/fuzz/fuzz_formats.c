/* SPDX-License-Identifier: Apache-2.0
 * tests/fuzz/fuzz_formats.c - damaged records of every format, in batches of
 * random size: each has one outcome, the same as when it is decoded alone, and
 * a row that came in goes out and in again unchanged. SLUICE_FUZZ_ROUNDS,
 * SLUICE_FUZZ_SEED; meant to run under the sanitizers.
 */
#include "tests/unit/format_rig.h"
#include "tests/unit/test.h"

#define RECORDS_MAX 700
#define BYTES_MAX 300

static uint64_t state;

static uint32_t
next_random(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static uint64_t
from_environment(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : fallback;
}

static const char *const json_seeds[] = {
	"{\"i\":1,\"s\":\"a b\",\"t\":\"2026-01-02 03:04:05.678\",\"d\":1.5e3,"
	"\"m\":12.50,\"b\":\"aGk=\"}",
	"{\"s\":{\"x\":[1,{\"y\":\"\\u00e9\\ud83d\\ude00\"},null]},\"i\":\"12\"}",
	"{\"i\":1.9,\"unknown\":[[[[]]]],\"b\":null,\"d\":\"NaN\",\"m\":\"9\"}",
	"{}", "", "[{\"i\":1}]", "5", " ", "{\"i\":1}{\"i\":2}",
	"{\"a\":[1,null,\"3\"],\"r\":{\"x\":1.9,\"y\":\"\\u00e9\"},"
	"\"h\":{\"k\":[{\"z\":\"2026-01-02\"},null],\"\":[]}}",
	"{\"a\":[],\"r\":{\"y\":{\"q\":[1]},\"x\":null},\"h\":{}}",
	"{\"i\":9223372036854775807,\"s\":\"line\nbreak\\\"\xf0\x9f\x98\x80\"}",
};

static const char *const csv_seeds[] = {
	"1,a b,2026-01-02 03:04:05.678,1.5e3,12.50,aGk=",
	"\"1\",\"a \"\"b\"\", c\",\"2026-01-02 03:04:05\",NaN,9,\"aGk=\"\r\n",
	",,,,,", "", "\n", "1,\"open", "1,x,2026-01-02 03:04:05,1,1,aGk=,",
	"1,2,3,4,5,6,7,8",
	"1,a b,2026-01-02 03:04:05.678,1.5e3,12.50,aGk=,1;n/a;3,\"7;x y\"",
	"1,a,2026-01-02 03:04:05,NaN,9,aGk=,\"\",n/a;",
};

static const char *const debezium_seeds[] = {
	"{\"before\":null,\"after\":{\"i\":1,\"s\":\"a\"},\"op\":\"c\"}",
	"{\"before\":{\"i\":1,\"s\":{\"x\":[1]}},\"after\":{\"i\":2},"
	"\"op\":\"u\",\"ts_ms\":1,\"source\":{\"db\":\"d\"}}",
	"{\"before\":{\"i\":1,\"s\":\"\\u00e9\\ud83d\\ude00\"},"
	"\"after\":null,\"op\":\"d\"}",
	"{\"after\":{\"s\":\"line\nbreak\"},\"op\":\"r\"}",
	"{\"op\":\"d\"}", "", "{\"schema\":{},\"payload\":{\"op\":\"c\"}}",
};

/* a ARRAY<INT>, r ROW<x INT, y STRING>, h MAP<STRING, ARRAY<ROW<z DATE>>> */
#define NULLABLE(k) { .kind = (k), .nullable = true, .length = TYPE_LENGTH_MAX }
static const struct type_field ints[] = { { NULL, NULLABLE(TYPE_INT) } };
static const struct type_field pair[] = { { "x", NULLABLE(TYPE_INT) },
					  { "y", NULLABLE(TYPE_VARCHAR) } };
static const struct type_field dates[] = { { "z", NULLABLE(TYPE_DATE) } };
static const struct type_field rows[] = {
	{ NULL, { .kind = TYPE_ROW, .nullable = true, .length = 1,
		  .fields = dates } },
};
static const struct type_field by_text[] = {
	{ NULL, NULLABLE(TYPE_VARCHAR) },
	{ NULL, { .kind = TYPE_ARRAY, .nullable = true, .fields = rows } },
};

static const struct format_column columns[] = {
	{ "i", { .kind = TYPE_BIGINT, .nullable = true } },
	{ "s", { .kind = TYPE_VARCHAR, .nullable = true,
		 .length = TYPE_LENGTH_MAX } },
	{ "t", { .kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3 } },
	{ "d", { .kind = TYPE_DOUBLE, .nullable = true } },
	{ "m", { .kind = TYPE_DECIMAL, .nullable = true, .precision = 12,
		 .scale = 2 } },
	{ "b", { .kind = TYPE_VARBINARY, .nullable = true,
		 .length = TYPE_LENGTH_MAX } },
	{ "a", { .kind = TYPE_ARRAY, .nullable = true, .fields = ints } },
	{ "r", { .kind = TYPE_ROW, .nullable = true, .length = 2,
		 .fields = pair } },
	{ "h", { .kind = TYPE_MAP, .nullable = true, .fields = by_text } },
};

struct record {
	char bytes[BYTES_MAX];
	size_t n;
};

/* Replaces, removes, doubles or inserts some bytes. */
static void
damage(struct record *r)
{
	static const char noise[] = "\"\\{}[]:,tfn0129-+.eE \t\r\n\xff\xc3\xf0u";

	for (uint32_t k = next_random(4); k > 0 && r->n > 0; k--) {
		uint32_t at = next_random((uint32_t)r->n);
		char c = noise[next_random(sizeof(noise))]; /* NUL too */

		switch (next_random(4)) {
		case 0:
			r->bytes[at] = c;
			break;
		case 1:
			memmove(r->bytes + at, r->bytes + at + 1,
				r->n - at - 1);
			r->n--;
			break;
		case 2:
			r->n = at;
			break;
		default:
			if (r->n == BYTES_MAX)
				break;
			memmove(r->bytes + at + 1, r->bytes + at, r->n - at);
			r->bytes[at] = c;
			r->n++;
		}
	}
}

static void
check_round_trip(struct format_rig *alone, struct format_rig *again)
{
	char *row = mem_strdup(format_rig_row(alone, 0)), *text;
	size_t n;

	if (alone->result->outcome[0] == DECODE_OK) {
		format_rig_encode(alone);
		n = alone->text.len;
		text = mem_alloc(n + 1);
		memcpy(text, alone->text.data ? alone->text.data : "", n);
		/* numbers into STRING and back are texts then: same text */
		EXPECT_STR(format_rig_bytes(again, text, n), row);
		free(text);
	}
	free(row);
}

static void
fuzz(const char *format, const char *const *seeds, size_t nseeds,
     const struct format_column *cols, unsigned ncols,
     const char *const *options)
{
	struct record *records = mem_alloc(RECORDS_MAX * sizeof(*records));
	struct format_rig *all = format_rig_open(format, ncols, cols,
						 options);
	struct format_rig *alone = format_rig_open(format, ncols, cols,
						   options);
	struct format_rig *again = format_rig_open(format, ncols, cols,
						   options);
	uint32_t n = 1 + next_random(RECORDS_MAX);
	uint32_t rate = 1 + next_random(40);

	for (uint32_t i = 0; i < n; i++) {
		const char *seed = seeds[next_random((uint32_t)nseeds)];

		records[i].n = strlen(seed);
		memcpy(records[i].bytes, seed, records[i].n);
		if (next_random(rate) == 0)
			damage(&records[i]);
		format_rig_add(all, records[i].bytes, records[i].n);
	}
	format_rig_decode(all, NULL, n, NULL);
	for (uint32_t i = 0; i < n; i++) {
		EXPECT_STR(format_rig_row(all, i),
			   format_rig_bytes(alone, records[i].bytes,
					    records[i].n));
		check_round_trip(alone, again);
	}
	format_rig_close(all);
	format_rig_close(alone);
	format_rig_close(again);
	free(records);
}

/* The same of events, which have two positions each. */
static void
fuzz_events(const struct format_column *cols, unsigned ncols)
{
	struct record *records = mem_alloc(RECORDS_MAX * sizeof(*records));
	struct format_rig *all = format_rig_open("debezium-json", ncols, cols,
						 NULL);
	struct format_rig *alone = format_rig_open("debezium-json", ncols,
						   cols, NULL);
	uint32_t n = 1 + next_random(RECORDS_MAX);
	uint32_t rate = 1 + next_random(10);

	for (uint32_t i = 0; i < n; i++) {
		const char *seed = debezium_seeds[next_random(
			ARRAY_LEN(debezium_seeds))];

		records[i].n = strlen(seed);
		memcpy(records[i].bytes, seed, records[i].n);
		if (next_random(rate) == 0)
			damage(&records[i]);
		for (int k = 0; k < 2; k++)
			format_rig_add(all, records[i].bytes, records[i].n);
	}
	format_rig_decode(all, NULL, 2 * n, NULL);
	for (uint32_t i = 0; i < n; i++) {
		format_rig_clear(alone);
		for (int k = 0; k < 2; k++)
			format_rig_add(alone, records[i].bytes, records[i].n);
		format_rig_decode(alone, NULL, 2, NULL);
		for (uint32_t k = 0; k < 2; k++)
			EXPECT_STR(format_rig_row(all, 2 * i + k),
				   format_rig_row(alone, k));
	}
	format_rig_close(all);
	format_rig_close(alone);
	free(records);
}

TEST(damaged_records_have_one_outcome_each)
{
	uint64_t rounds = from_environment("SLUICE_FUZZ_ROUNDS", 50);
	uint64_t seed = from_environment("SLUICE_FUZZ_SEED", 1);
	static const char *const null_word[] = { "null-literal", "n/a", NULL };

	for (uint64_t round = 0; round < rounds; round++) {
		state = seed + round;
		next_random(1);
		fuzz("json", json_seeds, ARRAY_LEN(json_seeds), columns, 9,
		     NULL);
		fuzz("csv", csv_seeds, ARRAY_LEN(csv_seeds), columns, 8,
		     null_word);
		fuzz("raw", csv_seeds, ARRAY_LEN(csv_seeds), columns + 1, 1,
		     NULL);
		fuzz_events(columns, 9);
	}
}

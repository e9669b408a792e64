/* SPDX-License-Identifier: Apache-2.0
 * tests/fuzz/fuzz_json.c - damaged JSON texts under damaged paths: what can be
 * read is written so that it is read again as the same, and whatever a path
 * finds is a value of its own. SLUICE_FUZZ_ROUNDS, SLUICE_FUZZ_SEED; meant to
 * run under the sanitizers.
 */
#include "base/check.h"
#include "base/json_doc.h"
#include "runtime/kernels/json_find.h"
#include "tests/unit/test.h"

#define BYTES_MAX 400

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

static const char *const texts[] = {
	"{\"a\":{\"b\":[1,2.5e3,\"x\\u00e9\\ud83d\\ude00\",null,true]},\"c\":{}}",
	"[[1,[2,[3,{\"a\":[{\"b\":1},{\"b\":2,\"b\":3}]}]]],-0.0,1E-7]",
	"{\"a b\":1,\"a\":{\"a\":{\"a\":{\"a\":[0,1,2,3,4,5]}}},\"\":\"\"}",
	" \"text\" behind", "12e5", "null", "[ ]",
};

static const char *const paths[] = {
	"$", "lax $.a.b[0]", "strict $.a.b[-1]", "$..b", "$..*", "$.a[*].b",
	"$['a b', \"c\"]", "$[\"a\", 'b'].a", "$[0:2]", "$[-2:]", "$..a[1:3]",
	"$.a.a['a']..[0]", "a.b", "$['\\u0061\\'\\n']",
};

struct bytes {
	char data[BYTES_MAX];
	size_t n;
};

static void
damage(struct bytes *b, const char *seed)
{
	static const char noise[] = "\"\\{}[]:,'.*$ tfnu0129-+eE\x01\xc3\xf0?(";

	b->n = strlen(seed);
	memcpy(b->data, seed, b->n);
	for (uint32_t k = next_random(4); k > 0 && b->n > 0; k--) {
		uint32_t at = next_random((uint32_t)b->n);
		char c = noise[next_random(sizeof(noise))]; /* NUL too */

		switch (next_random(4)) {
		case 0:
			b->data[at] = c;
			break;
		case 1:
			memmove(b->data + at, b->data + at + 1, b->n - at - 1);
			b->n--;
			break;
		case 2:
			b->n = at;
			break;
		default:
			memmove(b->data + at + 1, b->data + at, b->n - at);
			b->data[at] = c;
			b->n++;
		}
	}
}

/* The value written, read and written once more: the same text. */
static void
check_round(const struct json_doc *d, uint32_t node)
{
	struct json_doc_fault fault;
	struct json_doc again;
	struct buf first, second;

	json_doc_init(&again);
	buf_init(&first);
	buf_init(&second);
	json_write(d, node, &first);
	EXPECT(json_doc_parse(&again, first.data, first.len, &fault) == 0);
	json_write(&again, 0, &second);
	EXPECT_EQ(first.len, second.len);
	EXPECT(memcmp(first.data, second.data, first.len) == 0);
	json_doc_release(&again);
	buf_release(&first);
	buf_release(&second);
}

static void
check_scalar(const struct json_doc *d, uint32_t node)
{
	struct buf out;

	buf_init(&out);
	json_scalar_text(d, node, &out);
	buf_release(&out);
}

static void
find(const struct bytes *text, const struct bytes *path_text)
{
	/* exact sizes, so that the sanitizer sees a byte too far */
	char *bytes = malloc(text->n ? text->n : 1);
	struct json_path_fault path_fault;
	struct json_found found = { 0 };
	struct json_doc_fault fault;
	struct json_path path;
	struct json_doc d;
	struct arena a;

	arena_init(&a);
	json_doc_init(&d);
	memcpy(bytes, text->data, text->n);
	if (json_doc_parse(&d, bytes, text->n, &fault) < 0) {
		EXPECT(fault.at <= text->n);
	} else {
		check_round(&d, 0);
		if (json_path_parse(path_text->data, path_text->n, &a, &path,
				    &path_fault) < 0) {
			EXPECT(path_fault.at <= path_text->n);
		} else if (json_find(&path, &d, &found) == JSON_FIND_OK) {
			EXPECT(!path.definite || found.n <= 1);
			for (uint32_t i = 0; i < found.n; i++) {
				check_round(&d, found.node[i]);
				if (json_is_scalar(&d.node[found.node[i]]))
					check_scalar(&d, found.node[i]);
			}
		}
	}
	json_found_release(&found);
	json_doc_release(&d);
	arena_release(&a);
	free(bytes);
}

TEST(damaged_texts_and_paths_find_values_or_nothing)
{
	uint64_t rounds = from_environment("SLUICE_FUZZ_ROUNDS", 50);
	struct bytes text, path;

	state = from_environment("SLUICE_FUZZ_SEED", 1);
	for (uint64_t i = 0; i < 200 * rounds; i++) {
		damage(&text, texts[next_random(ARRAY_LEN(texts))]);
		damage(&path, paths[next_random(ARRAY_LEN(paths))]);
		find(&text, &path);
	}
}

/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/hash.c - MD5, SHA1 and the SHA-2 family of a text's bytes, in
 * hexadecimal. The digests are nettle's: this file is its home.
 */
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>

#include "runtime/kernels/text.h"

/* Of SHA-512, the largest. */
#define CONTEXT_MAX sizeof(struct sha512_ctx)
#define DIGEST_MAX SHA512_DIGEST_SIZE

static void
put_digest(struct frame *f, uint32_t row, const struct nettle_hash *h,
	   const struct str *s)
{
	static const char digits[] = "0123456789abcdef";
	_Alignas(16) char context[CONTEXT_MAX];
	uint8_t digest[DIGEST_MAX];
	char *out = arena_bytes(f->arena, 2 * sizeof(digest));

	h->init(context);
	h->update(context, s->len, (const uint8_t *)str_data(s));
	h->digest(context, h->digest_size, digest);
	for (unsigned i = 0; i < h->digest_size; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	text_put(f, row, out, 2 * (size_t)h->digest_size);
}

static void
hash(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		put_digest(f, row, f->call->prepared, &s);
	}
}

/* NULL: SHA-2 does not come in this size. */
static const struct nettle_hash *
sha2_of(int64_t bits)
{
	switch (bits) {
	case 224:
		return &nettle_sha224;
	case 256:
		return &nettle_sha256;
	case 384:
		return &nettle_sha384;
	case 512:
		return &nettle_sha512;
	default:
		return NULL;
	}
}

static void
sha2(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);
		const struct nettle_hash *h = sha2_of(arg_i64(f, 1, row));

		if (h)
			put_digest(f, row, h, &s);
		else
			frame_fail(f, row, ERR_INVALID_ARGUMENT,
				   "SHA2 has 224, 256, 384 or 512 bits");
	}
}

/* ---- picks ---- */

static bool
pick_hash(struct kernel_call *k)
{
	const struct nettle_hash *h = k->function == FN_MD5    ? &nettle_md5
				      : k->function == FN_SHA1 ? &nettle_sha1
				      : k->function == FN_SHA224 ? sha2_of(224)
				      : k->function == FN_SHA256 ? sha2_of(256)
				      : k->function == FN_SHA384 ? sha2_of(384)
								 : sha2_of(512);

	CHECK(h->context_size <= CONTEXT_MAX);
	k->prepared = h;
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, hash);
}

static bool
pick_sha2(struct kernel_call *k)
{
	return text_shape_is(k, 1, PHYS_STR) && pick_sparse(k, sha2);
}

const struct kernel hash_kernels[] = {
	{ FN_MD5, pick_hash },	  { FN_SHA1, pick_hash },
	{ FN_SHA224, pick_hash }, { FN_SHA256, pick_hash },
	{ FN_SHA384, pick_hash }, { FN_SHA512, pick_hash },
	{ FN_SHA2, pick_sha2 },	  { FN_NONE, NULL },
};

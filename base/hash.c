/* SPDX-License-Identifier: Apache-2.0
 * base/hash.c - hash_bytes() reads like wyhash (Wang Yi), 16 bytes a round;
 * the others follow their standards bit by bit and never change.
 */
#include "base/hash.h"

#include <string.h>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

static uint64_t
read64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
read32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t
hash_bytes(const void *data, size_t n, uint64_t seed)
{
	const unsigned char *p = data;
	size_t left = n;
	uint64_t a, b;

	seed ^= UINT64_C(0xa0761d6478bd642f);
	while (left > 16) {
		seed = hash_mix(read64(p) ^ UINT64_C(0xe7037ed1a0b428db),
				read64(p + 8) ^ seed);
		p += 16;
		left -= 16;
	}
	/* The last 0..16 bytes, read in two overlapping halves. */
	if (left >= 8) {
		a = read64(p);
		b = read64(p + left - 8);
	} else if (left >= 4) {
		a = read32(p);
		b = read32(p + left - 4);
	} else if (left > 0) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[left / 2] << 8 |
		    p[left - 1];
		b = 0;
	} else {
		a = b = 0;
	}
	return hash_mix(UINT64_C(0x8ebc6af09c88c6e3) ^ n,
			hash_mix(a ^ UINT64_C(0xe7037ed1a0b428db), b ^ seed));
}

uint64_t
hash_stable(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	/* FNV leaves the high bits of short texts nearly alone. */
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

#ifdef __SSE4_2__

uint32_t
crc32c(uint32_t crc, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t c = ~crc;

	for (; n >= 8; n -= 8, p += 8)
		c = _mm_crc32_u64(c, read64(p));
	for (; n > 0; n--, p++)
		c = _mm_crc32_u8((uint32_t)c, *p);
	return ~(uint32_t)c;
}

#else

uint32_t
crc32c(uint32_t crc, const void *data, size_t n)
{
	/* The remainders of four bits, for the polynomial 0x82f63b78. */
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const unsigned char *p = data;

	crc = ~crc;
	for (; n > 0; n--, p++) {
		crc ^= *p;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

#endif

uint32_t
murmur2(const void *data, size_t n)
{
	const uint32_t m = 0x5bd1e995;
	const unsigned char *p = data;
	uint32_t h = 0x9747b28c ^ (uint32_t)n;

	for (; n >= 4; n -= 4, p += 4) {
		uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
			     (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

		k *= m;
		k ^= k >> 24;
		h = h * m ^ k * m;
	}
	if (n == 3)
		h ^= (uint32_t)p[2] << 16;
	if (n >= 2)
		h ^= (uint32_t)p[1] << 8;
	if (n >= 1)
		h = (h ^ p[0]) * m;
	h = (h ^ h >> 13) * m;
	return h ^ h >> 15;
}

/* SPDX-License-Identifier: Apache-2.0
 * base/hash.h - hashes: a seeded one for tables, and stable ones whose values
 * are stored or seen by others.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* wyhash's mixing step: 64x64 -> 128, folded. */
static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
hash_u64(uint64_t v, uint64_t seed)
{
	return hash_mix(v ^ UINT64_C(0xa0761d6478bd642f),
			seed ^ UINT64_C(0xe7037ed1a0b428db));
}

uint64_t hash_bytes(const void *data, size_t n, uint64_t seed);

/* The same on every machine and in every version: slots, node ids (FNV-1a
 * with a final mix). */
uint64_t hash_stable(const void *data, size_t n);
/* Castagnoli, RFC 3720; for the crc of the last consumed record. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);
/* Kafka's Utils.murmur2, for partitions as Java clients choose them. */
uint32_t murmur2(const void *data, size_t n);

#endif

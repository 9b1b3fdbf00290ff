/*
 * random - SipHash for what must not be guessed, xoshiro256++ for what must be repeatable.
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012) makes cookies and keyed table keys; its key comes from
 * the kernel, through io/. The generator is for simulations and jitter: a seed gives the same
 * sequence on every machine.
 */
#ifndef SONDE_BASE_RANDOM_H
#define SONDE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0;
	uint64_t k1;
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t length);

struct random {
	uint64_t state[4];
};

void random_init(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);
/* Uniform in [0, bound), unbiased; 0 where bound is 0. */
uint64_t random_below(struct random *r, uint64_t bound);
/* Uniform in [0, 1). */
double random_unit(struct random *r);

#endif

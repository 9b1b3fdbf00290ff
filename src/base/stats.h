/*
 * stats - exact running statistics of durations, in constant memory.
 *
 * Count, minimum, maximum and sum are exact integers; the variance is Welford's; percentiles come
 * from a log-linear histogram (relative error below 1/64); jitter is that of RFC 3550, 6.4.1, and
 * also the mean and maximum of |difference of successive samples|. Nothing here drifts with n.
 */
#ifndef SONDE_BASE_STATS_H
#define SONDE_BASE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/time.h"

/* Buckets: values below 64 ns one each, then 64 for each power of two. */
#define HISTOGRAM_SUB     64
#define HISTOGRAM_BUCKETS (HISTOGRAM_SUB * 58) /* 2^63 - 1 is in the last */

struct histogram {
	uint64_t total;
	uint32_t *counts; /* HISTOGRAM_BUCKETS, allocated by the first sample; saturating */
};

struct stats {
	uint64_t count;
	nsec min, max;
	nsec last;
	nsec sum;                    /* exact up to 292 years of summed RTT */
	double mean, m2;             /* Welford */
	double jitter_rfc3550;       /* ns; J += (|D| - J) / 16 */
	nsec jitter_sum, jitter_max; /* over count - 1 differences */
};

void stats_init(struct stats *s);
void stats_add(struct stats *s, nsec sample);
nsec stats_average(const struct stats *s);       /* rounded to nearest; 0 where count is 0 */
double stats_stddev(const struct stats *s);      /* of the population, ns; 0 where count < 2 */
double stats_jitter_mean(const struct stats *s); /* ns; 0 where count < 2 */

void histogram_init(struct histogram *h);
void histogram_release(struct histogram *h);
/* 0 or -ENOMEM; negative samples count as 0. */
int histogram_add(struct histogram *h, nsec sample);
/* The value below or at which the fraction p (0..1) of the samples lies (nearest rank), as the
 * middle of its bucket; 0 where there is no sample. */
nsec histogram_percentile(const struct histogram *h, double p);
/* The bucket of a value; of a bucket the lower bound, and the middle, which stands for it all. */
size_t histogram_bucket(nsec sample);
nsec histogram_floor(size_t bucket);
nsec histogram_middle(size_t bucket);

/* Wilson score interval (Wilson 1927) of k successes in n trials at 95 %; 0..1 where n is 0. */
void wilson_95(uint64_t k, uint64_t n, double *low, double *high);

#endif

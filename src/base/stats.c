#include "base/stats.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

void stats_init(struct stats *s)
{
	*s = (struct stats){ 0 };
}

static nsec add_saturating(nsec a, nsec b)
{
	nsec sum;
	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* |a - b|, INT64_MAX where it does not fit. */
static nsec distance(nsec a, nsec b)
{
	nsec difference;
	if (__builtin_sub_overflow(nsec_max(a, b), nsec_min(a, b), &difference))
		return INT64_MAX;
	return difference;
}

void stats_add(struct stats *s, nsec sample)
{
	if (s->count) {
		nsec d = distance(sample, s->last);
		s->jitter_rfc3550 += ((double)d - s->jitter_rfc3550) / 16;
		s->jitter_sum = add_saturating(s->jitter_sum, d);
		s->jitter_max = nsec_max(s->jitter_max, d);
		s->min = nsec_min(s->min, sample);
		s->max = nsec_max(s->max, sample);
	} else {
		s->min = sample;
		s->max = sample;
	}
	s->last = sample;
	s->count++;
	s->sum = add_saturating(s->sum, sample);

	double delta = (double)sample - s->mean;
	s->mean += delta / (double)s->count;
	s->m2 += delta * ((double)sample - s->mean);
}

nsec stats_average(const struct stats *s)
{
	if (s->count == 0)
		return 0;
	/* A count beyond 2^63 would take 292 years at a sample a nanosecond. */
	int64_t count = (int64_t)s->count;
	nsec quotient = s->sum / count;
	nsec rest = s->sum % count;
	if (rest >= count - rest)
		quotient++;
	else if (-rest >= count + rest)
		quotient--;
	return quotient;
}

double stats_stddev(const struct stats *s)
{
	return s->count < 2 ? 0 : sqrt(s->m2 / (double)s->count);
}

double stats_jitter_mean(const struct stats *s)
{
	return s->count < 2 ? 0 : (double)s->jitter_sum / (double)(s->count - 1);
}

void histogram_init(struct histogram *h)
{
	*h = (struct histogram){ 0 };
}

void histogram_release(struct histogram *h)
{
	free(h->counts);
	histogram_init(h);
}

/*
 * Block 0 holds 0..63, one value a bucket. Block k > 0 holds the octave that starts at 64 << (k -
 * 1), in 64 buckets of 1 << (k - 1) each.
 */
size_t histogram_bucket(nsec sample)
{
	if (sample < 0)
		return 0;
	if (sample < HISTOGRAM_SUB)
		return (size_t)sample;
	int block = 58 - __builtin_clzll((unsigned long long)sample);
	uint64_t sub = (uint64_t)sample >> (block - 1); /* 64..127 */
	return (size_t)block * HISTOGRAM_SUB + (size_t)(sub - HISTOGRAM_SUB);
}

nsec histogram_floor(size_t bucket)
{
	if (bucket >= HISTOGRAM_BUCKETS)
		return NSEC_NEVER;
	if (bucket < HISTOGRAM_SUB)
		return (nsec)bucket;
	size_t block = bucket / HISTOGRAM_SUB;
	return (nsec)((uint64_t)(HISTOGRAM_SUB + bucket % HISTOGRAM_SUB) << (block - 1));
}

int histogram_add(struct histogram *h, nsec sample)
{
	if (!h->counts) {
		h->counts = calloc(HISTOGRAM_BUCKETS, sizeof *h->counts);
		if (!h->counts)
			return -ENOMEM;
	}
	uint32_t *count = &h->counts[histogram_bucket(sample)];
	if (*count < UINT32_MAX)
		++*count;
	h->total++;
	return 0;
}

nsec histogram_middle(size_t bucket)
{
	nsec low = histogram_floor(bucket);
	nsec width = bucket < HISTOGRAM_SUB ? 1 : (nsec)1 << (bucket / HISTOGRAM_SUB - 1);
	return low + width / 2;
}

nsec histogram_percentile(const struct histogram *h, double p)
{
	if (h->total == 0)
		return 0;
	/*
	 * A decimal fraction may lie a hair above itself in binary: 0.07 * 100 > 7. The rank is
	 * that of the decimal.
	 */
	double exact = (p > 1 ? 1 : p) * (double)h->total * (1 - 4 * DBL_EPSILON);
	uint64_t rank = exact > 1 ? (uint64_t)ceil(exact) : 1;
	uint64_t seen = 0;
	size_t last = 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS && seen < rank; i++) {
		if (h->counts[i])
			last = i;
		seen += h->counts[i];
	}
	return histogram_middle(last);
}

void wilson_95(uint64_t k, uint64_t n, double *low, double *high)
{
	const double z = 1.959963984540054; /* the 97.5 % quantile of the normal distribution */
	*low = 0;
	*high = 1;
	if (n == 0)
		return;
	double trials = (double)n;
	double p = k < n ? (double)k / trials : 1;
	double scale = 1 + z * z / trials;
	double centre = p + z * z / (2 * trials);
	double spread = z * sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials));
	/* At the ends the formula gives 0 and 1, but for rounding. */
	if (k > 0)
		*low = fmax(0, (centre - spread) / scale);
	if (k < n)
		*high = fmin(1, (centre + spread) / scale);
}

#include "render/text_histogram.h"

#include <inttypes.h>
#include "render/decimal.h"

#define BOUNDS_MAX  (TEXT_HISTOGRAM_ROWS - 1) /* a row between each two, and one at each end */
#define SPREAD      8                         /* from here on, growing steps */
#define BAR_MIN     10
#define BAR_MAX     50
#define COLUMNS_MIN 40
#define PLACES_MAX  6 /* of a millisecond: nanoseconds */

#define LONGEST (NSEC_NEVER / 100) /* bounds stay within what can be counted */

struct samples {
	const struct histogram *histogram;
	nsec shortest, longest; /* exact */
};

struct scale {
	nsec bound[BOUNDS_MAX];
	size_t count;
};

/* 1, 2, 5, 10, 20, 50 ...: the one after a member of the series. */
static nsec step_up(nsec step)
{
	nsec leading = step;
	while (leading >= 10)
		leading /= 10;
	return leading == 2 ? step / 2 * 5 : step * 2;
}

static void equal_steps(struct scale *s, nsec low, nsec high)
{
	nsec least = nsec_max((high - low) / (BOUNDS_MAX - 2), high / 32);
	nsec step = 1;
	while (step < least || high - low > step * (BOUNDS_MAX - 2))
		step = step_up(step);
	nsec bound = low / step * step;
	s->count = 0;
	s->bound[s->count++] = bound;
	do {
		bound = nsec_after(bound, step);
		s->bound[s->count++] = bound;
	} while (bound <= high && s->count < BOUNDS_MAX);
}

/* False where it would take more bounds than there are. */
static bool growing_steps(struct scale *s, nsec low, nsec high, bool decades)
{
	nsec bound = 1;
	nsec next = bound;
	s->count = 0;
	while (next <= low) {
		bound = next;
		next = decades ? bound * 10 : step_up(bound);
	}
	for (;;) {
		if (s->count == BOUNDS_MAX)
			return false;
		s->bound[s->count++] = bound;
		if (bound > high)
			return true;
		bound = decades ? bound * 10 : step_up(bound);
	}
}

/* What stands for the samples of a bucket: never less or more than any of them. */
static nsec within(const struct samples *samples, nsec value)
{
	return nsec_min(nsec_max(value, samples->shortest), samples->longest);
}

static nsec percentile(const struct samples *samples, double p)
{
	return nsec_min(within(samples, histogram_percentile(samples->histogram, p)), LONGEST);
}

static void choose(struct scale *s, const struct samples *samples)
{
	nsec low = percentile(samples, 0.005);
	nsec high = percentile(samples, 0.99);
	if (low > 0 && high / low >= SPREAD) {
		if (!growing_steps(s, low, high, false))
			(void)growing_steps(s, low, high, true);
	} else {
		equal_steps(s, low, high);
	}
}

/* row[0] is below the first bound, row[count] from the last one on. */
static void count_rows(const struct scale *s, const struct samples *samples,
                       uint64_t row[static BOUNDS_MAX + 1])
{
	for (size_t i = 0; i <= BOUNDS_MAX; i++)
		row[i] = 0;
	const uint32_t *counts = samples->histogram->counts;
	size_t at = 0;
	for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		if (counts[bucket] == 0)
			continue;
		while (at < s->count && within(samples, histogram_middle(bucket)) >= s->bound[at])
			at++;
		row[at] += counts[bucket];
	}
}

/* Digits a bound wants behind the point, and characters before it. */
static unsigned places_of(nsec bound)
{
	unsigned places = PLACES_MAX;
	while (places && bound % 10 == 0) {
		bound /= 10;
		places--;
	}
	return places;
}

static int digits_of(uint64_t value)
{
	int digits = 1;
	while (value >= 10) {
		value /= 10;
		digits++;
	}
	return digits;
}

struct layout {
	unsigned places;
	int whole; /* digits before the point */
	int label; /* characters of a bound */
	int count; /* characters of a count */
	int bar;   /* characters of the longest bar */
	uint64_t total, most;
	bool utf8;
};

static struct layout lay_out(const struct scale *s, const uint64_t *row,
                             const struct render_world *world)
{
	struct layout l = { .utf8 = world->utf8 };
	for (size_t i = 0; i < s->count; i++) {
		unsigned places = places_of(s->bound[i]);
		l.places = places > l.places ? places : l.places;
	}
	for (size_t i = 0; i <= s->count; i++) {
		l.total += row[i];
		l.most = row[i] > l.most ? row[i] : l.most;
	}
	l.whole = digits_of((uint64_t)(s->bound[s->count - 1] / NSEC_MS));
	l.label = l.whole + (l.places ? 1 + (int)l.places : 0);
	l.count = digits_of(l.most);
	int columns = world->columns < COLUMNS_MIN ? 80 : world->columns;
	int text = l.label + 3 + l.label + 3 + 2 + l.count + 2 + 6 + 2;
	l.bar = columns - 1 - text;
	l.bar = l.bar < BAR_MIN ? BAR_MIN : l.bar > BAR_MAX ? BAR_MAX : l.bar;
	return l;
}

static void put_bound(struct buffer *out, const struct layout *l, nsec bound)
{
	buffer_printf(out, "%*s", l->whole - digits_of((uint64_t)(bound / NSEC_MS)), "");
	decimal_fixed(out, bound, 6, l->places);
}

/* In eighths of a character; what is there at all is seen. */
static void put_bar(struct buffer *out, const struct layout *l, uint64_t count)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	double share = (double)count / (double)l->most;
	unsigned eighths = (unsigned)(share * l->bar * 8 + 0.5);
	if (count && eighths == 0)
		eighths = 1;
	if (!l->utf8)
		eighths = (eighths + 7) / 8 * 8;
	for (unsigned i = 0; i < eighths / 8; i++)
		buffer_text(out, l->utf8 ? "█" : "#");
	buffer_text(out, part[eighths % 8]);
}

static void put_row(struct buffer *out, const struct layout *l, uint64_t count)
{
	int64_t permille = (int64_t)(1000.0 * (double)count / (double)l->total + 0.5);
	buffer_printf(out, " ms  %*" PRIu64 "  %*s", l->count, count,
	              3 - digits_of((uint64_t)permille / 10), "");
	decimal_fixed(out, permille, 1, 1);
	buffer_char(out, '%');
	if (count) {
		buffer_text(out, "  ");
		put_bar(out, l, count);
	}
	buffer_char(out, '\n');
}

void text_histogram(struct buffer *out, const struct render_world *world, const struct histogram *h,
                    nsec shortest, nsec longest)
{
	const struct samples samples = { h, shortest, longest };
	struct scale s;
	uint64_t row[BOUNDS_MAX + 1];
	choose(&s, &samples);
	count_rows(&s, &samples, row);
	struct layout l = lay_out(&s, row, world);

	if (row[0]) {
		buffer_printf(out, "%*s< ", l.label + 1, "");
		put_bound(out, &l, s.bound[0]);
		put_row(out, &l, row[0]);
	}
	for (size_t i = 1; i < s.count; i++) {
		put_bound(out, &l, s.bound[i - 1]);
		buffer_text(out, " - ");
		put_bound(out, &l, s.bound[i]);
		put_row(out, &l, row[i]);
	}
	if (row[s.count]) {
		buffer_printf(out, "%*s>= ", l.label, "");
		put_bound(out, &l, s.bound[s.count - 1]);
		put_row(out, &l, row[s.count]);
	}
}

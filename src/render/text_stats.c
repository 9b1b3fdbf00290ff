#include "render/text_stats.h"

#include <inttypes.h>
#include "render/decimal.h"
#include "render/text_histogram.h"

static void put_percentiles(struct buffer *out, const struct report_ping_totals *t)
{
	buffer_text(out, "rtt p50/p90/p95/p99 = ");
	decimal_ms(out, report_ping_percentile(t, 0.50), "/");
	decimal_ms(out, report_ping_percentile(t, 0.90), "/");
	decimal_ms(out, report_ping_percentile(t, 0.95), "/");
	decimal_ms(out, report_ping_percentile(t, 0.99), " ms\n");
}

static void put_jitter(struct buffer *out, const struct stats *s)
{
	buffer_text(out, "jitter rfc3550/mean/max = ");
	decimal_ms(out, decimal_nsec(s->jitter_rfc3550), "/");
	decimal_ms(out, decimal_nsec(stats_jitter_mean(s)), "/");
	decimal_ms(out, s->jitter_max, " ms\n");
}

static void put_percent(struct buffer *out, double share)
{
	decimal_fixed(out, decimal_nsec(share * 1e6), 4, 2);
	buffer_char(out, '%');
}

static void put_loss(struct buffer *out, const struct report_ping_totals *t)
{
	double low, high;
	wilson_95(report_ping_unanswered(t), report_ping_settled(t), &low, &high);
	buffer_printf(out, "loss %" PRIu64 " of %" PRIu64 ", ", report_ping_unanswered(t),
	              report_ping_settled(t));
	put_percent(out, low);
	buffer_text(out, " to ");
	put_percent(out, high);
	buffer_text(out, " with 95% confidence");
	if (t->longest_loss)
		buffer_printf(out, ", longest run %" PRIu64, t->longest_loss);
	buffer_char(out, '\n');
}

/* What the summary line has no word for. */
static void put_rest(struct buffer *out, const struct report_ping_totals *t)
{
	const struct {
		uint64_t count;
		const char *what;
	} rest[] = {
		{ t->late, "late" },
		{ t->foreign, "unknown or from elsewhere" },
		{ t->truncated, "truncated" },
		{ t->in_flight, "in flight at the end" },
		{ t->local_drops, "dropped by this host" },
	};
	const char *before = "also ";
	for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
		if (rest[i].count == 0)
			continue;
		buffer_printf(out, "%s%" PRIu64 " %s", before, rest[i].count, rest[i].what);
		before = ", ";
	}
	if (before[0] == ',')
		buffer_char(out, '\n');
}

void text_stats(struct buffer *out, const struct render_world *world,
                const struct report_ping_totals *totals)
{
	const struct histogram *h = totals->histogram;
	bool drawable = h && h->total && totals->rtt->count;
	if (drawable)
		put_percentiles(out, totals);
	if (totals->rtt->count > 1)
		put_jitter(out, totals->rtt);
	if (report_ping_settled(totals))
		put_loss(out, totals);
	put_rest(out, totals);
	if (drawable)
		text_histogram(out, world, h, totals->rtt->min, totals->rtt->max);
}

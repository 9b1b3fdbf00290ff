#include "render/text_summary.h"

#include <inttypes.h>
#include "render/decimal.h"

/* "rtt min/avg/max/mdev = ..., pipe 3, ipg/ewma ...": each only where it means something. */
static void put_rtt(struct buffer *out, const struct text_ping_options *o,
                    const struct report_ping_totals *t)
{
	const struct stats *s = t->rtt;
	const char *comma = "";
	if (s->count) {
		buffer_text(out, "rtt min/avg/max/mdev = ");
		decimal_ms(out, s->min, "/");
		decimal_ms(out, stats_average(s), "/");
		decimal_ms(out, s->max, "/");
		decimal_ms(out, decimal_nsec(stats_stddev(s)), " ms");
		comma = ", ";
	}
	if (t->pipe > 1) {
		buffer_printf(out, "%spipe %" PRIu64, comma, t->pipe);
		comma = ", ";
	}
	if ((o->flood || o->adaptive || o->interval == 0) && s->count && t->sent > 1) {
		buffer_printf(out, "%sipg/ewma ", comma);
		decimal_ms(out, (t->last_sent - t->first_sent) / (nsec)(t->sent - 1), "/");
		decimal_ms(out, decimal_nsec(t->ewma), " ms");
	}
	buffer_char(out, '\n');
}

static void put_count(struct buffer *out, uint64_t count, const char *what)
{
	if (count)
		buffer_printf(out, ", +%" PRIu64 " %s", count, what);
}

void text_summary(struct buffer *out, const struct text_ping_options *options,
                  const struct report_ping_totals *t)
{
	buffer_printf(out, "%" PRIu64 " packets transmitted, %" PRIu64 " received", t->sent,
	              t->received);
	put_count(out, t->duplicates, "duplicates");
	put_count(out, t->corrupt, "corrupted");
	put_count(out, t->errors, "errors");
	put_count(out, t->send_errors, "send errors");
	if (t->sent) {
		uint64_t settled = report_ping_settled(t);
		double unanswered = (double)report_ping_unanswered(t);
		nsec ms = (t->last_sent - t->first_sent + NSEC_MS / 2) / NSEC_MS;
		/* Of nothing settled there is no loss to tell, and 0 % would
		 * be read as good news. */
		if (settled)
			buffer_printf(out, ", %g%% packet loss",
			              100 * unanswered / (double)settled);
		else
			buffer_printf(out, ", %" PRIu64 " in flight", t->in_flight);
		buffer_printf(out, ", time %" PRId64 "ms", ms);
	}
	buffer_char(out, '\n');
	put_rtt(out, options, t);
}

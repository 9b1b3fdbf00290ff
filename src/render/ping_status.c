#include "render/ping_status.h"

#include <inttypes.h>
#include "render/address.h"
#include "render/decimal.h"

void ping_status_line(struct buffer *err, const struct render_world *world,
                      const struct report *report, bool several)
{
	const struct report_ping_totals *t = report->totals;
	uint64_t settled = report_ping_settled(t);
	double loss = settled ? 100.0 * (double)report_ping_unanswered(t) / (double)settled : 0;

	buffer_char(err, '\r');
	if (several) {
		address_plain(err, world, &report->target->addr);
		buffer_text(err, ": ");
	}
	buffer_printf(err, "%" PRIu64 "/%" PRIu64 " packets, ", t->received, t->sent);
	if (settled || !t->sent)
		buffer_printf(err, "%d%% loss", (int)loss);
	else
		buffer_printf(err, "%" PRIu64 " in flight", t->in_flight);
	if (t->rtt && t->rtt->count) {
		buffer_text(err, ", min/avg/ewma/max = ");
		decimal_ms(err, t->rtt->min, "/");
		decimal_ms(err, stats_average(t->rtt), "/");
		decimal_ms(err, decimal_nsec(t->ewma), "/");
		decimal_ms(err, t->rtt->max, " ms");
	}
	buffer_char(err, '\n');
}

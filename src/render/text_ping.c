#include "render/text_ping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "render/address.h"
#include "render/decimal.h"
#include "render/escape.h"
#include "render/icmp_words.h"
#include "render/ping_status.h"
#include "render/text_data.h"
#include "render/text_flood.h"
#include "render/text_options.h"
#include "render/text_stats.h"
#include "render/text_summary.h"

struct text_ping {
	struct renderer renderer;
	const struct text_ping_options *options;
	struct text_options ip_options;
	struct text_flood flood;
	bool pattern_told;
	uint64_t drops;
};

static void put_name(struct text_ping *p, struct buffer *out, const char *name)
{
	escape_text(out, name, strlen(name), p->renderer.world->utf8);
}

/* The name of a target: the canonical one for IPv4, as ping has it. */
static void put_target(struct text_ping *p, const struct report_target *target)
{
	bool canonical = target->addr.family == 4 && target->canonical;
	put_name(p, p->renderer.out, canonical ? target->canonical : target->name);
}

static void put_addr(struct text_ping *p, const struct addr *addr)
{
	address_plain(p->renderer.out, p->renderer.world, addr);
}

/* Who sent something, by name where there is one. */
static void put_sender(struct text_ping *p, const struct addr *addr)
{
	if (p->options->numeric)
		put_addr(p, addr);
	else
		address_named(p->renderer.out, p->renderer.world, addr);
}

/* Where the line does not say by itself whose it is. */
static void put_owner(struct text_ping *p, const char *before, const struct report *r,
                      const char *after)
{
	if (p->options->targets < 2 || !r->target)
		return;
	buffer_text(p->renderer.out, before);
	put_addr(p, &r->target->addr);
	buffer_text(p->renderer.out, after);
}

static void put_seq(struct text_ping *p, uint64_t seq)
{
	buffer_text(p->renderer.out, " icmp_seq=");
	if (seq)
		buffer_printf(p->renderer.out, "%" PRIu64, seq);
	else
		buffer_char(p->renderer.out, '?');
}

/* "[1795517747.985412] " */
static void put_stamp(struct text_ping *p, const struct report *r)
{
	if (!p->options->timestamps)
		return;
	nsec us = (r->time + p->renderer.world->wall_offset) / NSEC_US;
	buffer_char(p->renderer.out, '[');
	decimal_fixed(p->renderer.out, us, 6, 6);
	buffer_text(p->renderer.out, "] ");
}

/* Three significant digits, more or less: ping's rule. Rounded once, from the nanoseconds. */
static void put_time(struct text_ping *p, nsec rtt)
{
	unsigned places = rtt >= 99950 * NSEC_US               ? 0
	                  : rtt >= 9995 * NSEC_US              ? 1
	                  : rtt >= 999 * NSEC_US + NSEC_US / 2 ? 2
	                                                       : 3;
	buffer_text(p->renderer.out, " time=");
	decimal_fixed(p->renderer.out, rtt, 6, p->options->precise ? 3 : places);
	buffer_text(p->renderer.out, " ms");
}

static void header(struct text_ping *p, const struct report_target *target)
{
	const struct text_ping_options *o = p->options;
	struct buffer *out = p->renderer.out;
	bool v6 = target->addr.family == 6;

	text_flood_break(&p->flood, out);
	if (o->pattern && !o->quiet && !p->pattern_told)
		buffer_printf(out, "PATTERN: 0x%s\n", o->pattern);
	p->pattern_told = true;

	buffer_text(out, "PING ");
	put_target(p, target);
	buffer_text(out, " (");
	put_addr(p, &target->addr);
	buffer_text(out, ") ");
	if (v6 && o->flow_label)
		buffer_printf(out, ", flow 0x%05" PRIx32 ", ", o->flow_label);
	if (o->from) {
		buffer_text(out, "from ");
		put_addr(p, &target->source);
		buffer_char(out, ' ');
		put_name(p, out, o->device ? o->device : "");
		buffer_text(out, ": ");
	}
	if (v6)
		buffer_printf(out, "%" PRIu32 " data bytes\n", target->data);
	else
		buffer_printf(out, "%" PRIu32 "(%" PRIu32 ") bytes of data.\n", target->data,
		              target->data + target->header);
}

/* That many answer a group or a broadcast is no fault: then the answers come from others than it. */
static bool shows_duplicate(const struct text_ping *p, const struct report *r)
{
	return p->options->verbose || (r->reply->flags & REPLY_WRONG_SOURCE) ||
	       addr_equal(&r->reply->from, &r->target->addr);
}

static void put_suffixes(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	const struct reply *reply = r->reply;
	bool unknown = r->kind == REPORT_PING_FOREIGN && (reply->flags & REPLY_UNKNOWN);
	if (r->kind == REPORT_PING_DUPLICATE && shows_duplicate(p, r))
		buffer_text(out, " (DUP!)");
	if ((reply->flags & REPLY_CORRUPT) && reply->wrong_at < 0)
		buffer_text(out, " (BAD CHECKSUM!)");
	if (reply->flags & REPLY_WRONG_SOURCE)
		buffer_text(out, " (DIFFERENT ADDRESS!)");
	if (r->kind == REPORT_PING_LATE)
		buffer_text(out, " (late)");
	if (unknown)
		buffer_text(out, " (unknown)");
	if (reply->flags & REPLY_WRONG_SOURCE)
		put_owner(p, " (to ", r, ")");
	if ((reply->flags & REPLY_CORRUPT) && reply->wrong_at >= 0)
		text_data_dump(out, reply);
}

static void answer(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	const struct reply *reply = r->reply;
	put_stamp(p, r);
	buffer_printf(out, "%" PRIu32 " bytes from ", reply->bytes);
	put_sender(p, &reply->from);
	buffer_char(out, ':');
	put_seq(p, r->seq);
	if (p->options->verbose && p->options->ident >= 0)
		buffer_printf(out, " ident=%" PRId32, p->options->ident);
	if (reply->ttl >= 0)
		buffer_printf(out, " ttl=%d", (int)reply->ttl);
	if (r->kind == REPORT_PING_TRUNCATED) {
		buffer_text(out, " (truncated)\n");
		return;
	}
	if (r->rtt >= 0)
		put_time(p, r->rtt);
	put_suffixes(p, r);
	text_data_node_info(out, p->renderer.world, reply);
	if (p->options->audible)
		buffer_char(out, '\a');
	text_options_put(&p->ip_options, out, p->renderer.world, p->options->numeric,
	                 r->target ? r->target->index : TEXT_OPTIONS_TARGETS, reply->options);
	buffer_char(out, '\n');
}

/* What an error quotes of our probe, as far as it could be seen. */
static void put_quoted(struct text_ping *p, const struct quoted *q)
{
	struct buffer *out = p->renderer.out;
	if (q->dst.family == 0)
		return;
	buffer_text(out, "    quotes ");
	put_addr(p, &q->src);
	buffer_text(out, " > ");
	put_addr(p, &q->dst);
	if (q->length >= 0)
		buffer_printf(out, " length=%" PRId32, q->length);
	if (q->ttl >= 0)
		buffer_printf(out, " ttl=%d", (int)q->ttl);
	if (q->tos >= 0)
		buffer_printf(out, " tos=0x%02x", (unsigned)q->tos);
	if (q->id >= 0)
		buffer_printf(out, " id=0x%04" PRIx32, (uint32_t)q->id);
	if (q->df > 0)
		buffer_text(out, " DF");
	if (q->mf > 0)
		buffer_text(out, " MF");
	if (q->rewritten)
		buffer_text(out, " (rewritten on the way)");
	buffer_char(out, '\n');
}

static void error(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	const struct reply *reply = r->reply;
	bool notice = reply->kind == REPLY_REDIRECT || reply->kind == REPLY_QUENCH;
	put_stamp(p, r);
	buffer_text(out, "From ");
	put_sender(p, &reply->from);
	if (notice)
		buffer_char(out, ':');
	put_seq(p, r->seq);
	buffer_char(out, ' ');
	icmp_words(out, p->renderer.world, reply);
	put_owner(p, " (to ", r, ")");
	buffer_char(out, '\n');
	if (p->options->verbose)
		put_quoted(p, &reply->quoted);
}

static void send_error(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	const char *words = strerrordesc_np(r->error);
	put_stamp(p, r);
	buffer_text(out, "To ");
	put_addr(p, &r->target->addr);
	put_seq(p, r->seq);
	if (words)
		buffer_printf(out, " %s", words);
	else
		buffer_printf(out, " error %d", r->error);
	if (r->mtu)
		buffer_printf(out, ", mtu=%" PRIu32, r->mtu);
	buffer_text(out, " (not sent)\n");
}

static void waiting(struct text_ping *p, const struct report *r)
{
	put_stamp(p, r);
	buffer_text(p->renderer.out, "no answer yet for");
	put_seq(p, r->seq);
	put_owner(p, " from ", r, "");
	buffer_char(p->renderer.out, '\n');
}

static void summary(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	p->flood = (struct text_flood){ 0 };
	buffer_text(out, "\n--- ");
	put_target(p, r->target);
	buffer_text(out, " ping statistics ---\n");
	text_summary(out, p->options, r->totals);
	if (p->options->stats)
		text_stats(out, p->renderer.world, r->totals);
}

static void status(struct text_ping *p, const struct report *r)
{
	ping_status_line(p->renderer.err, p->renderer.world, r, p->options->targets > 1);
	p->flood = (struct text_flood){ 0 }; /* the line it was drawn on is behind us */
}

static void unresolved(struct text_ping *p, const struct report *r)
{
	struct buffer *err = p->renderer.err;
	buffer_text(err, "sonde ping: ");
	put_name(p, err, r->target->name);
	buffer_printf(err, ": %s\n", r->text);
}

/* The probe's own line. */
static void line(struct text_ping *p, const struct report *r)
{
	switch (r->kind) {
	case REPORT_PING_REPLY:
	case REPORT_PING_LATE:
	case REPORT_PING_DUPLICATE:
	case REPORT_PING_CORRUPT:
	case REPORT_PING_TRUNCATED:
	case REPORT_PING_FOREIGN: answer(p, r); break;
	case REPORT_PING_ERROR:
	case REPORT_PING_NOTICE: error(p, r); break;
	case REPORT_PING_SEND_ERROR: send_error(p, r); break;
	case REPORT_PING_WAITING: waiting(p, r); break;
	default: break;
	}
}

/* The probe's dot. Only what settles a probe changes it. */
static void dot(struct text_ping *p, const struct report *r)
{
	struct buffer *out = p->renderer.out;
	int columns = p->renderer.world->columns;
	switch (r->kind) {
	case REPORT_PING_SENT: text_flood_sent(&p->flood, out, columns); break;
	case REPORT_PING_REPLY:
		text_flood_answered(&p->flood, out);
		if (p->options->audible)
			buffer_char(out, '\a');
		break;
	case REPORT_PING_LOST: text_flood_lost(&p->flood); break;
	case REPORT_PING_CORRUPT: text_flood_mark(&p->flood, out, 'C'); break;
	case REPORT_PING_ERROR: text_flood_mark(&p->flood, out, 'E'); break;
	case REPORT_PING_SEND_ERROR: text_flood_refused(&p->flood, out, columns); break;
	default: break;
	}
}

static void text_ping_report(struct renderer *renderer, const struct report *r)
{
	struct text_ping *p = (struct text_ping *)renderer;
	switch (r->kind) {
	case REPORT_PING_START: header(p, r->target); return;
	case REPORT_PING_STATUS: status(p, r); return;
	case REPORT_PING_SUMMARY: summary(p, r); return;
	case REPORT_PING_UNRESOLVED: unresolved(p, r); return;
	case REPORT_DROPS: p->drops += r->drops; return;
	default: break;
	}
	if (p->options->quiet)
		return;
	if (p->options->flood)
		dot(p, r);
	else
		line(p, r);
}

static void text_ping_finish(struct renderer *renderer)
{
	struct text_ping *p = (struct text_ping *)renderer;
	if (p->drops)
		buffer_printf(renderer->err,
		              "sonde ping: this host dropped %" PRIu64
		              " replies for want of buffer: no loss of the path\n",
		              p->drops);
}

static void text_ping_free(struct renderer *renderer)
{
	struct text_ping *p = (struct text_ping *)renderer;
	text_options_release(&p->ip_options);
	free(p);
}

static const struct renderer_ops text_ping_ops = {
	.name = "text",
	.report = text_ping_report,
	.finish = text_ping_finish,
	.free = text_ping_free,
};

struct renderer *text_ping_new(const struct text_ping_options *options,
                               const struct render_world *world, struct buffer *out,
                               struct buffer *err)
{
	struct text_ping *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->renderer =
	        (struct renderer){ .ops = &text_ping_ops, .world = world, .out = out, .err = err };
	p->options = options;
	text_options_init(&p->ip_options);
	return (struct renderer *)p;
}

#include "render/json_ping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "render/address.h"
#include "render/decimal.h"
#include "render/icmp_words.h"
#include "render/jsonl.h"
#include "render/json_options.h"
#include "render/ping_status.h"
#include "wire/icmp.h"
#include "wire/node_info.h"

#define JSON_SCHEMA 1

#define WORDS_LIMIT 256 /* of icmp_words: a phrase and an address */

struct json_ping {
	struct renderer renderer;
	const struct json_ping_options *options;
	struct buffer words; /* scratch: an ICMP error in English */
	bool begun;          /* the first object of the run is out */
};

static void put_addr(const struct json_ping *p, struct jsonl *j, const char *key,
                     const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];
	bool known = addr && addr->family;
	jsonl_string(j, key, known ? address_format(p->renderer.world, addr, text) : NULL);
}

/* Milliseconds; null below zero. */
static void put_ms(struct jsonl *j, const char *key, nsec t)
{
	if (t < 0)
		jsonl_null(j, key);
	else
		jsonl_decimal(j, key, t, 6);
}

/* What every object begins with. */
static void begin(struct json_ping *p, struct jsonl *j, const char *type, const struct report *r)
{
	char time[NSEC_RFC3339_SIZE];
	nsec_format_rfc3339(r->time + p->renderer.world->wall_offset, time);
	jsonl_line(j, p->renderer.out);
	jsonl_string(j, "type", type);
	if (!p->begun || r->kind == REPORT_PING_START)
		jsonl_integer(j, "schema", JSON_SCHEMA);
	p->begun = true;
	jsonl_string(j, "time", time);
	jsonl_string(j, "target", r->target ? r->target->name : NULL);
}

static void begin_addr(struct json_ping *p, struct jsonl *j, const char *type,
                       const struct report *r)
{
	begin(p, j, type, r);
	put_addr(p, j, "addr", r->target ? &r->target->addr : NULL);
}

static void put_seq(struct jsonl *j, const struct report *r)
{
	if (r->seq)
		jsonl_unsigned(j, "seq", r->seq);
	else
		jsonl_null(j, "seq");
}

static void start(struct json_ping *p, const struct report *r)
{
	const struct report_target *target = r->target;
	struct jsonl j;
	begin_addr(p, &j, "start", r);
	jsonl_integer(&j, "family", target->addr.family);
	jsonl_unsigned(&j, "size", target->data);
	put_ms(&j, "interval_ms", p->options->interval);
	put_addr(p, &j, "source", &target->source);
	jsonl_string(&j, "mode", p->options->mode);
	jsonl_line_end(&j);
}

/* What a node said about itself (RFC 4620). */
static void put_node_info(struct json_ping *p, struct jsonl *j, const struct reply *reply)
{
	struct node_info info;
	struct addr addr;
	char name[NODE_INFO_NAME_SIZE];
	size_t length;
	if (reply->kind != REPLY_NODE_INFO || !node_info_parse(reply->payload, &info))
		return;
	jsonl_object(j, "node_info");
	jsonl_integer(j, "code", reply->icmp_code);
	jsonl_array(j, "names");
	while (node_info_name(&info, name, &length))
		jsonl_bytes(j, NULL, name, length);
	jsonl_end(j);
	jsonl_array(j, "addrs");
	while (node_info_addr(&info, &addr))
		put_addr(p, j, NULL, &addr);
	jsonl_end(j);
	jsonl_end(j);
}

static void answer(struct json_ping *p, const char *type, const struct report *r)
{
	const struct reply *reply = r->reply;
	struct jsonl j;
	begin_addr(p, &j, type, r);
	put_addr(p, &j, "from", &reply->from);
	put_seq(&j, r);
	jsonl_unsigned(&j, "bytes", reply->bytes);
	if (reply->ttl < 0)
		jsonl_null(&j, "ttl");
	else
		jsonl_integer(&j, "ttl", reply->ttl);
	put_ms(&j, "rtt_ms", r->rtt);
	json_options(&j, reply->options);
	put_node_info(p, &j, reply);
	jsonl_line_end(&j);
}

static void probe_only(struct json_ping *p, const char *type, const struct report *r)
{
	struct jsonl j;
	begin_addr(p, &j, type, r);
	put_seq(&j, r);
	jsonl_line_end(&j);
}

/* Whether the message carries a pointer: RFC 792 and RFC 4443, parameter problem. */
static bool has_pointer(const struct reply *e)
{
	return e->icmp_type ==
	       (e->from.family == 6 ? ICMP6_PARAMETER_PROBLEM : ICMP4_PARAMETER_PROBLEM);
}

static bool has_mtu(const struct reply *e)
{
	if (e->from.family == 6)
		return e->icmp_type == ICMP6_PACKET_TOO_BIG;
	return e->icmp_type == ICMP4_UNREACHABLE && e->icmp_code == ICMP4_CODE_FRAG_NEEDED;
}

static void error(struct json_ping *p, const struct report *r)
{
	const struct reply *e = r->reply;
	buffer_clear(&p->words);
	icmp_words(&p->words, p->renderer.world, e);

	struct jsonl j;
	begin_addr(p, &j, "error", r);
	put_addr(p, &j, "from", &e->from);
	put_seq(&j, r);
	jsonl_integer(&j, "icmp_type", e->icmp_type);
	jsonl_integer(&j, "icmp_code", e->icmp_code);
	jsonl_string(&j, "text", p->words.failed ? NULL : p->words.data);
	jsonl_bool(&j, "settled", r->kind == REPORT_PING_ERROR);
	if (has_mtu(e) && e->mtu)
		jsonl_unsigned(&j, "mtu", e->mtu);
	else if (has_mtu(e))
		jsonl_null(&j, "mtu"); /* a router older than RFC 1191 */
	if (e->gateway.family)
		put_addr(p, &j, "gateway", &e->gateway);
	if (has_pointer(e))
		jsonl_unsigned(&j, "pointer", e->pointer);
	jsonl_line_end(&j);
}

static void send_error(struct json_ping *p, const struct report *r)
{
	struct jsonl j;
	begin_addr(p, &j, "send_error", r);
	put_seq(&j, r);
	jsonl_string(&j, "errno", strerrorname_np(r->error));
	jsonl_string(&j, "text", strerrordesc_np(r->error));
	if (r->mtu)
		jsonl_unsigned(&j, "mtu", r->mtu);
	jsonl_line_end(&j);
}

static void unresolved(struct json_ping *p, const struct report *r)
{
	struct jsonl j;
	begin(p, &j, "resolve_error", r);
	jsonl_string(&j, "text", r->text);
	jsonl_line_end(&j);
}

static void put_rtt(struct jsonl *j, const struct report_ping_totals *t)
{
	const struct stats *s = t->rtt;
	if (!s || s->count == 0) {
		jsonl_null(j, "rtt_ms");
		return;
	}
	jsonl_object(j, "rtt_ms");
	put_ms(j, "min", s->min);
	put_ms(j, "avg", stats_average(s));
	put_ms(j, "max", s->max);
	put_ms(j, "stddev", decimal_nsec(stats_stddev(s)));
	put_ms(j, "p50", report_ping_percentile(t, 0.50));
	put_ms(j, "p90", report_ping_percentile(t, 0.90));
	put_ms(j, "p95", report_ping_percentile(t, 0.95));
	put_ms(j, "p99", report_ping_percentile(t, 0.99));
	jsonl_end(j);
}

/* Of one sample there is no difference to the one before. */
static void put_jitter(struct jsonl *j, const struct stats *s)
{
	if (!s || s->count < 2) {
		jsonl_null(j, "jitter_ms");
		return;
	}
	jsonl_object(j, "jitter_ms");
	put_ms(j, "rfc3550", decimal_nsec(s->jitter_rfc3550));
	put_ms(j, "mean", decimal_nsec(stats_jitter_mean(s)));
	put_ms(j, "max", s->jitter_max);
	jsonl_end(j);
}

static void put_loss(struct jsonl *j, const struct report_ping_totals *t)
{
	uint64_t settled = report_ping_settled(t);
	double pct = settled ? 100.0 * (double)report_ping_unanswered(t) / (double)settled : 0;
	if (settled)
		jsonl_decimal(j, "loss_pct", decimal_nsec(pct * 1e6), 6);
	else
		jsonl_null(j, "loss_pct");
}

static void summary(struct json_ping *p, const struct report *r)
{
	const struct report_ping_totals *t = r->totals;
	struct jsonl j;
	begin_addr(p, &j, "summary", r);
	jsonl_unsigned(&j, "sent", t->sent);
	jsonl_unsigned(&j, "received", t->received);
	jsonl_unsigned(&j, "lost", t->lost);
	jsonl_unsigned(&j, "in_flight", t->in_flight);
	put_loss(&j, t);
	jsonl_unsigned(&j, "duplicates", t->duplicates);
	jsonl_unsigned(&j, "late", t->late);
	jsonl_unsigned(&j, "corrupt", t->corrupt);
	jsonl_unsigned(&j, "foreign", t->foreign);
	jsonl_unsigned(&j, "truncated", t->truncated);
	jsonl_unsigned(&j, "errors", t->errors);
	jsonl_unsigned(&j, "send_errors", t->send_errors);
	jsonl_unsigned(&j, "local_drops", t->local_drops);
	jsonl_decimal(&j, "duration_s", t->duration, 9);
	put_rtt(&j, t);
	put_jitter(&j, t->rtt);
	jsonl_line_end(&j);
}

static void json_ping_report(struct renderer *renderer, const struct report *r)
{
	struct json_ping *p = (struct json_ping *)renderer;
	switch (r->kind) {
	case REPORT_PING_START: start(p, r); break;
	case REPORT_PING_REPLY: answer(p, "reply", r); break;
	case REPORT_PING_LATE: answer(p, "late", r); break;
	case REPORT_PING_DUPLICATE: answer(p, "duplicate", r); break;
	case REPORT_PING_CORRUPT: answer(p, "corrupt", r); break;
	case REPORT_PING_TRUNCATED: answer(p, "truncated", r); break;
	case REPORT_PING_FOREIGN: answer(p, "foreign", r); break;
	case REPORT_PING_LOST: probe_only(p, "lost", r); break;
	case REPORT_PING_WAITING: probe_only(p, "waiting", r); break;
	case REPORT_PING_ERROR:
	case REPORT_PING_NOTICE: error(p, r); break;
	case REPORT_PING_SEND_ERROR: send_error(p, r); break;
	case REPORT_PING_UNRESOLVED: unresolved(p, r); break;
	case REPORT_PING_STATUS: ping_status_line(renderer->err, renderer->world, r, true); break;
	case REPORT_PING_SUMMARY: summary(p, r); break;
	case REPORT_PING_SENT:
	case REPORT_DROPS: break; /* the summary's local_drops tells */
	}
}

static void json_ping_finish(struct renderer *renderer)
{
	(void)renderer;
}

static void json_ping_free(struct renderer *renderer)
{
	struct json_ping *p = (struct json_ping *)renderer;
	buffer_release(&p->words);
	free(p);
}

static const struct renderer_ops json_ping_ops = {
	.name = "json",
	.report = json_ping_report,
	.finish = json_ping_finish,
	.free = json_ping_free,
};

struct renderer *json_ping_new(const struct json_ping_options *options,
                               const struct render_world *world, struct buffer *out,
                               struct buffer *err)
{
	struct json_ping *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->renderer =
	        (struct renderer){ .ops = &json_ping_ops, .world = world, .out = out, .err = err };
	p->options = options;
	buffer_init(&p->words, WORDS_LIMIT);
	return (struct renderer *)p;
}

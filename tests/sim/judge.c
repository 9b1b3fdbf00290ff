#include "tests/sim/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/datagram.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static const struct siphash_key judge_key = { 3, 4 };

void judge_init(struct judge *j, nsec timeout)
{
	*j = (struct judge){ .timeout = timeout };
	hash_init(&j->index);
}

void judge_release(struct judge *j)
{
	free(j->requests);
	hash_release(&j->index);
}

bool judge_wrong(struct judge *j, const char *format, ...)
{
	if (j->wrong[0])
		return false;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(j->wrong, sizeof j->wrong, format, args);
	va_end(args);
	return false;
}

static uint64_t key_of(const struct addr *dst, uint16_t sequence)
{
	uint8_t bytes[18];
	struct writer w = writer_of(bytes, sizeof bytes);
	addr_write(&w, dst);
	writer_u16(&w, sequence);
	return siphash(&judge_key, bytes, writer_length(&w));
}

/* The youngest with this sequence; NULL where none was sent. */
static struct judge_request *find(const struct judge *j, const struct addr *dst, uint16_t sequence)
{
	uint32_t index;
	return hash_get(&j->index, key_of(dst, sequence), &index) ? &j->requests[index] : NULL;
}

/* --- what leaves ------------------------------------------------------------------------------ */

static bool read_echo(const struct datagram *d, uint8_t type4, uint8_t type6, struct icmp *m)
{
	uint8_t protocol = d->family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6;
	struct cursor c = cursor_over(d->upper);
	return d->protocol == protocol && icmp_parse(&c, d->family, m) &&
	       m->type == (d->family == 4 ? type4 : type6);
}

static void on_sent(void *ctx, nsec time, struct span bytes)
{
	struct judge *j = ctx;
	struct datagram d;
	struct icmp m;
	if (!datagram_parse(bytes, &d) || !datagram_checksum_ok(&d) ||
	    !read_echo(&d, ICMP4_ECHO, ICMP6_ECHO, &m)) {
		(void)judge_wrong(j, "what was sent is no echo request with a right checksum");
		return;
	}
	if (j->count == j->capacity) {
		uint32_t capacity = j->capacity ? j->capacity * 2 : 64;
		void *moved = realloc(j->requests, capacity * sizeof *j->requests);
		if (!moved) {
			(void)judge_wrong(j, "no memory for the judge");
			return;
		}
		j->requests = moved;
		j->capacity = capacity;
	}
	j->requests[j->count] = (struct judge_request){
		.dst = d.dst,
		.id = m.id,
		.sequence = m.sequence,
		.checksum = m.checksum,
		.body = siphash(&judge_key, m.body.data, m.body.length),
		.sent = time,
	};
	if (hash_set(&j->index, key_of(&d.dst, m.sequence), j->count++) != 0)
		(void)judge_wrong(j, "no memory for the judge");
}

/* --- what comes ------------------------------------------------------------------------------- */

static bool checksum_good(const struct packet *p)
{
	if (p->protocol == IP_PROTOCOL_ICMP)
		return icmp4_checksum_ok(p->payload);
	return icmp6_checksum_ok(p->payload, &p->src, &p->dst);
}

static void take_reply(struct judge *j, const struct packet *p, const struct icmp *m)
{
	struct judge_request *r = find(j, &p->src, m->sequence);
	if (!r || r->id != m->id || siphash(&judge_key, m->body.data, m->body.length) != r->body)
		return;
	if (r->good++ == 0)
		r->first_good = p->time;
}

/* The quoted request, as far as 8 bytes of ICMP tell; false where it is none, or cut too short. */
static bool read_quote(struct span quote, uint8_t family, struct addr *dst, struct icmp *m)
{
	struct cursor c = cursor_over(quote);
	struct ip4 ip4;
	struct ip6 ip6;
	if (family == 4 ? !ip4_parse(&c, &ip4) : !ip6_parse(&c, &ip6))
		return false;
	uint8_t protocol = family == 4 ? ip4.protocol : ip6.next_header;
	*dst = family == 4 ? ip4.dst : ip6.dst;
	if (protocol == 44 && family == 6) { /* the first of several fragments */
		protocol = cursor_u8(&c);
		cursor_skip(&c, 7);
	}
	return protocol == (family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6) &&
	       icmp_parse(&c, family, m);
}

static void take_error(struct judge *j, const struct packet *p, const struct icmp *m)
{
	struct span quote, extension;
	struct addr dst;
	struct icmp quoted;
	if (p->src.family == 4 && (m->type == ICMP4_REDIRECT || m->type == ICMP4_SOURCE_QUENCH))
		return;
	icmp_split(m, &quote, &extension);
	if (!read_quote(quote, p->src.family, &dst, &quoted)) {
		j->maybes++;
		return;
	}
	struct judge_request *r = find(j, &dst, quoted.sequence);
	if (!r || r->id != quoted.id) {
		j->maybes++;
	} else if (r->checksum != quoted.checksum) {
		r->maybes++;
	} else if (r->errors++ == 0) {
		r->first_error = p->time;
	}
}

static void on_received(void *ctx, const struct packet *p)
{
	struct judge *j = ctx;
	uint8_t family = p->src.family;
	struct cursor c = cursor_over(p->payload);
	struct icmp m;
	if (p->protocol != (family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6) ||
	    !checksum_good(p) || !icmp_parse(&c, family, &m))
		return;
	if (m.type == (family == 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY))
		take_reply(j, p, &m);
	else if (icmp_is_error(family, m.type))
		take_error(j, p, &m);
}

struct net_sim_tap judge_tap(struct judge *j)
{
	return (struct net_sim_tap){ .ctx = j, .sent = on_sent, .received = on_received };
}

/* --- what is said ----------------------------------------------------------------------------- */

static void settle(struct judge *j, struct judge_request *r, const struct report *report)
{
	r->verdicts++;
	r->kind = (uint8_t)report->kind;
	r->said_rtt = report->rtt;
	if (r->verdicts > 1)
		(void)judge_wrong(j, "request %u was settled twice", (unsigned)r->sequence);
}

void judge_report(struct judge *j, const struct report *report)
{
	j->said[report->kind]++;
	if (report->kind == REPORT_DROPS)
		j->drops += report->drops;
	bool about_one = report->kind == REPORT_PING_REPLY || report->kind == REPORT_PING_LOST ||
	                 report->kind == REPORT_PING_ERROR || report->kind == REPORT_PING_LATE ||
	                 report->kind == REPORT_PING_DUPLICATE;
	if (!about_one)
		return;
	struct judge_request *r =
	        report->target ? find(j, &report->target->addr, (uint16_t)report->seq) : NULL;
	if (!r) {
		(void)judge_wrong(j, "report %d is about a request that was not sent",
		                  (int)report->kind);
		return;
	}
	if (report->kind == REPORT_PING_LATE || report->kind == REPORT_PING_DUPLICATE)
		r->again++;
	else
		settle(j, r, report);
}

bool judge_totals(struct judge *j, const struct report_ping_totals *t)
{
	j->in_flight += t->in_flight;
	if (t->sent != t->received + t->lost + t->in_flight + t->errors)
		return judge_wrong(j, "the totals of a target do not add up");
	if (t->rtt->count != t->received)
		return judge_wrong(j, "not each reply has its round trip time");
	return true;
}

/* --- the verdicts ----------------------------------------------------------------------------- */

static bool came(uint32_t count, nsec time, const struct judge_request *r, nsec within)
{
	return count > 0 && time - r->sent < within;
}

static bool check_reply(struct judge *j, const struct judge_request *r)
{
	if (!came(r->good, r->first_good, r, nsec_after(j->timeout, 1)))
		return judge_wrong(j, "request %u: a reply was reported, none came in time",
		                   (unsigned)r->sequence);
	if (r->said_rtt != r->first_good - r->sent)
		return judge_wrong(j, "request %u: RTT %" PRId64 " was reported, it was %" PRId64,
		                   (unsigned)r->sequence, r->said_rtt, r->first_good - r->sent);
	if (r->errors && r->first_error < r->first_good)
		return judge_wrong(j, "request %u: the error before the reply was overlooked",
		                   (unsigned)r->sequence);
	return true;
}

static bool check_lost(struct judge *j, const struct judge_request *r)
{
	if (came(r->good, r->first_good, r, j->timeout))
		return judge_wrong(j, "request %u was called lost, and answered in time",
		                   (unsigned)r->sequence);
	if (came(r->errors, r->first_error, r, j->timeout))
		return judge_wrong(j, "request %u was called lost, and an error told of it",
		                   (unsigned)r->sequence);
	return true;
}

static bool check_error(struct judge *j, const struct judge_request *r)
{
	if (r->errors == 0 && r->maybes == 0 && j->maybes == 0)
		return judge_wrong(j, "request %u: an error was reported, none came",
		                   (unsigned)r->sequence);
	if (r->errors && r->maybes == 0 && j->maybes == 0 && r->good &&
	    r->first_good < r->first_error)
		return judge_wrong(j, "request %u: the reply before the error was overlooked",
		                   (unsigned)r->sequence);
	return true;
}

static bool check_request(struct judge *j, const struct judge_request *r)
{
	if (r->again + (r->kind == REPORT_PING_REPLY) > r->good)
		return judge_wrong(j, "request %u: more answers were reported than came",
		                   (unsigned)r->sequence);
	switch (r->kind) {
	case REPORT_PING_REPLY: return check_reply(j, r);
	case REPORT_PING_LOST: return check_lost(j, r);
	default: return check_error(j, r);
	}
}

bool judge_final(struct judge *j)
{
	uint64_t open = 0;
	for (uint32_t i = 0; i < j->count && !j->wrong[0]; i++) {
		open += j->requests[i].verdicts == 0;
		if (j->requests[i].verdicts)
			(void)check_request(j, &j->requests[i]);
	}
	if (open != j->in_flight)
		(void)judge_wrong(j,
		                  "%" PRIu64 " requests have no verdict, %" PRIu64
		                  " are said to be in flight",
		                  open, j->in_flight);
	return !j->wrong[0];
}

uint32_t judge_vanished(const struct judge *j)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < j->count; i++) {
		const struct judge_request *r = &j->requests[i];
		count += r->kind == REPORT_PING_LOST && !r->good && !r->errors && !r->maybes;
	}
	return j->maybes ? 0 : count;
}

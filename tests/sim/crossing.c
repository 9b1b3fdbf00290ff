#include "tests/sim/crossing.h"

#include "base/random.h"
#include "tests/fuzz/fuzz.h"
#include "wire/icmp.h"
#include "wire/ip4.h"

static const struct siphash_key trace_key = { 5, 6 };

void crossing_begin(struct crossing *c, const struct topo *topo, uint64_t seed)
{
	*c = (struct crossing){ .topo = topo, .now = NSEC_S, .last = NSEC_S };
	c->sim = sim_new(topo, seed, c->now);
	HOLDS(c->sim);
	reassembly_init(&c->reassembly);
}

void crossing_end(struct crossing *c)
{
	reassembly_release(&c->reassembly);
	sim_free(c->sim);
}

/* --- in --------------------------------------------------------------------------------------- */

/* Each of these is an end that some datagram has met. */
static uint64_t ends(const struct sim_counts *n)
{
	return n->invalid + n->lost_out + n->lost_back + n->limited + n->silent + n->too_big +
	       n->held + n->arriving;
}

void crossing_inject(struct crossing *c, struct span datagram)
{
	const struct sim_counts *counts = sim_counts(c->sim);
	uint64_t before = ends(counts);
	crossing_take(c, c->now);
	sim_inject(c->sim, c->now, datagram);
	c->injected++;
	HOLDS(counts->injected == c->injected);
	HOLDS(ends(counts) > before);
}

/* --- out -------------------------------------------------------------------------------------- */

static bool is_source(const struct topo *t, const struct addr *addr)
{
	for (uint8_t i = 0; i < t->nodes[0].addr_count; i++)
		if (addr_equal(&t->nodes[0].addrs[i], addr))
			return true;
	return false;
}

/* Echo replies are damaged where a node is said to do so, and nothing else ever is. */
static bool may_be_damaged(const struct sim_counts *counts, const struct datagram *d)
{
	struct cursor c = cursor_over(d->upper);
	uint8_t type = cursor_u8(&c);
	uint8_t protocol = d->family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6;
	uint8_t reply = d->family == 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
	return counts->corrupted && d->protocol == protocol && type == reply;
}

/* An error quotes a datagram, of which the whole header is there where it quotes that much. */
static void check_error(const struct datagram *d)
{
	struct cursor c = cursor_over(d->upper);
	struct span quote, extension;
	struct icmp m;
	if (d->protocol != (d->family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6))
		return;
	HOLDS(icmp_parse(&c, d->family, &m));
	if (!icmp_is_error(d->family, m.type))
		return;
	icmp_split(&m, &quote, &extension);
	fuzz_touch(extension);
	HOLDS(quote.length >= 8);
	HOLDS(quote.data[0] >> 4 == d->family);
}

static void check(struct crossing *c, nsec arrived, struct span bytes)
{
	const struct sim_counts *counts = sim_counts(c->sim);
	struct datagram d;
	uint32_t largest;
	fuzz_touch(bytes);
	HOLDS(datagram_parse(bytes, &d));
	HOLDS(datagram_length(&d) == bytes.length);
	HOLDS(d.ttl > 0);
	HOLDS(is_source(c->topo, &d.dst));
	if (d.fragment && !reassembly_add(&c->reassembly, &d, &arrived, &largest))
		return;
	HOLDS(datagram_checksum_ok(&d) || may_be_damaged(counts, &d));
	check_error(&d);
}

void crossing_take(struct crossing *c, nsec until)
{
	struct span bytes;
	nsec arrived;
	while (sim_take(c->sim, until, &arrived, &bytes)) {
		uint64_t words[3] = { c->trace, (uint64_t)arrived,
			              siphash(&trace_key, bytes.data, bytes.length) };
		c->trace = siphash(&trace_key, words, sizeof words);
		c->taken++;
		HOLDS(sim_counts(c->sim)->delivered == c->taken);
		HOLDS(arrived >= c->last && arrived <= until);
		c->last = arrived;
		check(c, arrived, bytes);
	}
	HOLDS(sim_next(c->sim) > until);
	HOLDS((sim_next(c->sim) == NSEC_NEVER) == (sim_counts(c->sim)->arriving == c->taken));
}

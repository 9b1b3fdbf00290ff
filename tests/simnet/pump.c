#include "tests/simnet/pump.h"

#include "base/addr.h"
#include "io/clock.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* Datagrams taken from the line before those that are due get their turn. */
#define READS 16
/* Datagrams put into it before those that left get theirs. */
#define WRITES 32
/* Turns before the caller may look after signals. */
#define ROUNDS 64

static const struct prefix link_scope4 = { .addr = { .family = 4, .bytes = { 224 } },
	                                   .length = 24 };
static const struct prefix link_scope6 = { .addr = { .family = 6, .bytes = { 0xff, 2 } },
	                                   .length = 16 };

void pump_init(struct pump *p, struct sim *sim, struct line *line, struct pcap *pcap)
{
	p->sim = sim;
	p->line = line;
	p->pcap = pcap;
	p->wall_offset = clock_wall_offset();
	p->out = p->in = p->refused = 0;
	stats_init(&p->late);
	histogram_init(&p->late_histogram);
}

void pump_release(struct pump *p)
{
	histogram_release(&p->late_histogram);
}

/* Multicast that no router forwards: what the kernel tells the neighbours of a link it has not. */
static bool stays_on_link(struct span datagram)
{
	struct cursor c = cursor_over(datagram);
	struct ip4 ip4;
	struct ip6 ip6;
	if (ip6_parse(&c, &ip6))
		return prefix_contains(&link_scope6, &ip6.dst);
	c = cursor_over(datagram);
	return ip4_parse(&c, &ip4) && prefix_contains(&link_scope4, &ip4.dst);
}

static bool take_out(struct pump *p)
{
	for (int i = 0; i < READS; i++) {
		struct span datagram = line_read(p->line, p->room);
		if (datagram.length == 0)
			return i > 0;
		if (stays_on_link(datagram))
			continue;
		nsec now = clock_now();
		p->out++;
		pcap_add(p->pcap, now + p->wall_offset, datagram);
		sim_inject(p->sim, now, datagram);
	}
	return true;
}

static bool put_in(struct pump *p)
{
	struct span datagram;
	nsec arrived;
	nsec now = clock_now();
	int i = 0;
	for (; i < WRITES && sim_take(p->sim, now, &arrived, &datagram); i++) {
		pcap_add(p->pcap, now + p->wall_offset, datagram);
		if (line_write(p->line, datagram))
			p->in++;
		else
			p->refused++;
		stats_add(&p->late, now - arrived);
		(void)histogram_add(&p->late_histogram, now - arrived);
		now = clock_now();
	}
	return i > 0;
}

nsec pump_run(struct pump *p)
{
	for (int i = 0; i < ROUNDS;) {
		bool moved = take_out(p);
		moved |= put_in(p);
		nsec left = nsec_min(sim_next(p->sim), NSEC_NEVER - PUMP_SPIN) - clock_now();
		if (moved)
			i++;
		else if (left > PUMP_SPIN) {
			/* Readers of the capture see what has crossed by now. */
			pcap_flush(p->pcap);
			nsec next = sim_next(p->sim);
			return next == NSEC_NEVER ? NSEC_NEVER : next - PUMP_SPIN;
		}
	}
	return 0;
}

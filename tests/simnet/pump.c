#include "tests/simnet/pump.h"

#include <time.h>

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
/* More than so many in so long are dense. */
#define WINDOW (5 * NSEC_MS)
#define MANY   150
/* Then it sleeps so long at a time; and in any case after so much work without a pause. */
#define REST (25 * NSEC_US)
#define WORK NSEC_MS

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
	p->dense = false;
	p->crossed = 0;
	p->window = p->rested = clock_now();
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

static void judge_density(struct pump *p, nsec now)
{
	if (now - p->window < WINDOW)
		return;
	uint64_t crossed = p->out + p->in;
	p->dense = crossed - p->crossed > MANY;
	p->crossed = crossed;
	p->window = now;
}

static void rest(struct pump *p, nsec length)
{
	const struct timespec pause = { .tv_nsec = nsec_max(length, 1) };
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	p->rested = clock_now();
}

nsec pump_run(struct pump *p)
{
	p->rested = clock_now();
	for (int i = 0; i < ROUNDS; i++) {
		bool moved = take_out(p);
		moved |= put_in(p);
		nsec now = clock_now();
		nsec next = nsec_min(sim_next(p->sim), NSEC_NEVER - PUMP_SPIN);
		judge_density(p, now);
		if (now - p->rested > WORK || (!moved && p->dense)) {
			rest(p, nsec_min(REST, next - now));
		} else if (!moved && next - now > PUMP_SPIN) {
			/* Readers of the capture see what has crossed by now. */
			pcap_flush(p->pcap);
			return next - PUMP_SPIN;
		} else if (!moved) {
			i--;
		}
	}
	return 0;
}

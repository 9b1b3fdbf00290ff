#include "probe/pacer.h"

#include <math.h>

void pacer_init(struct pacer *p, nsec start, double packets_per_second, uint32_t burst)
{
	*p = (struct pacer){ .origin = start, .burst = burst ? burst : 1 };
	if (packets_per_second > 0 && packets_per_second <= 1e9)
		p->interval = 1e9 / packets_per_second;
}

/* n intervals, rounded to a nanosecond: each packet by itself, so that no rounding adds up. */
static nsec span_of(const struct pacer *p, uint64_t n)
{
	double ns = round((double)n * p->interval);
	return ns < 0x1p63 ? (nsec)ns : NSEC_NEVER;
}

static nsec due_at(const struct pacer *p, uint64_t n)
{
	return nsec_after(p->origin, span_of(p, n));
}

/* How many packets have been due since the start, packet 0 and what was sent included. */
static uint64_t due_since_start(const struct pacer *p, nsec now)
{
	if (now < p->origin)
		return 0;
	double whole = floor((double)(now - p->origin) / p->interval);
	uint64_t n = whole < 0x1p63 ? (uint64_t)whole : UINT64_C(1) << 63;
	/* The division may be off by one against due_at, which decides. */
	if (due_at(p, n) > now)
		n--;
	else if (due_at(p, n + 1) <= now)
		n++;
	return n + 1;
}

uint32_t pacer_due(struct pacer *p, nsec now)
{
	if (!(p->interval > 0))
		return now < p->origin ? 0 : p->burst;
	uint64_t since_start = due_since_start(p, now);
	if (since_start <= p->sent)
		return 0;
	uint64_t due = since_start - p->sent;
	if (due <= p->burst)
		return (uint32_t)due;
	/* As if the schedule had begun later by what is forgiven. */
	p->origin = nsec_after(p->origin, span_of(p, due - p->burst));
	return p->burst;
}

void pacer_sent(struct pacer *p, uint32_t count)
{
	p->sent += count;
}

nsec pacer_next(const struct pacer *p)
{
	return due_at(p, p->sent);
}

#include "algo/ping_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/icmp.h"

static bool copy(char **to, const char *text)
{
	*to = NULL;
	if (!text)
		return true;
	size_t size = strlen(text) + 1;
	*to = malloc(size);
	if (*to)
		memcpy(*to, text, size);
	return *to;
}

void ping_target_readdress(struct ping_target *t, const struct ping_config *config,
                           const struct addr *addr)
{
	uint32_t ip = addr->family == 6 ? IP6_HEADER : IP4_HEADER_MIN + config->options;
	t->info.addr = *addr;
	t->info.header = ip + ICMP_HEADER;
}

int ping_target_init(struct ping_target *t, const struct ping_config *config,
                     const struct report_target *info, nsec start)
{
	char *name, *canonical = NULL;
	if (!copy(&name, info->name) || !copy(&canonical, info->canonical)) {
		free(name);
		return -ENOMEM;
	}
	*t = (struct ping_target){ .info = *info,
		                   .start = start,
		                   .due = start,
		                   .tried = start,
		                   .ended = NSEC_NEVER,
		                   .window = config->preload,
		                   .next = PING_NOBODY };
	t->info.name = name;
	t->info.canonical = canonical;
	t->info.data = config->size;
	ping_target_readdress(t, config, &info->addr);
	stats_init(&t->rtt);
	histogram_init(&t->histogram);
	return 0;
}

void ping_target_release(struct ping_target *t)
{
	free((char *)(uintptr_t)t->info.name); /* const is for the readers of reports */
	free((char *)(uintptr_t)t->info.canonical);
	t->info.name = t->info.canonical = NULL;
	histogram_release(&t->histogram);
}

bool ping_target_more(const struct ping_target *t, const struct ping_config *config)
{
	if (config->count == 0)
		return true;
	/* With a deadline, count is of answers. */
	return (config->deadline ? t->totals.received : t->attempts) < config->count;
}

bool ping_target_finished(const struct ping_target *t, const struct ping_config *config)
{
	if (ping_target_more(t, config))
		return false;
	return config->deadline || t->chain.count == 0;
}

static bool paced_by_answers(const struct ping_config *config)
{
	return config->adaptive || config->interval == 0;
}

/*
 * Probes newer than the newest answer. A hole below it is not under way for pacing: it was
 * overtaken, and waiting for its timeout would stop a flood at the first loss.
 */
static uint64_t outstanding(const struct ping_target *t)
{
	return t->attempts - t->high;
}

/* How long after the last probe the next one may go, where answers say so. */
static nsec pause(const struct ping_target *t, const struct ping_config *config)
{
	nsec wait;
	if (t->attempts < config->preload)
		wait = 0;
	else if (!config->adaptive)
		wait = outstanding(t) < t->window ? 0 : PING_FLOOD_GAP;
	else if (t->rtt.count == 0)
		wait = config->interval ? config->interval : PING_FLOOD_GAP;
	else if (outstanding(t) < config->preload)
		wait = (nsec)t->totals.ewma;
	else
		/* An answer that takes longer than usual is waited for once more as long. */
		wait = nsec_max((nsec)(2 * t->totals.ewma), PING_PATIENCE);
	if (t->refused)
		wait = nsec_max(wait, PING_FLOOD_GAP);
	return nsec_max(wait, config->interval_min);
}

/* The first slot ahead of time; the slots in between are skipped, the phase stays. */
static void skip_slots(struct ping_target *t, const struct ping_config *config, nsec time)
{
	if (t->due > time || t->attempts < config->preload)
		return;
	nsec slots = (time - t->due) / config->interval + 1;
	t->due = nsec_after(t->due, slots * config->interval);
}

static void plan(struct ping_target *t, const struct ping_config *config)
{
	if (!paced_by_answers(config)) {
		skip_slots(t, config, t->tried);
		return;
	}
	nsec wait = pause(t, config);
	/* At once is not when the last one left: that may lie ahead of the event that made room. */
	t->due = wait ? nsec_after(t->tried, wait) : t->start;
}

nsec ping_target_patience(const struct ping_target *t, const struct ping_config *config)
{
	if (t->rtt.count == 0)
		return PING_SILENCE;
	nsec linger = nsec_after(t->rtt.max, t->rtt.max);
	return nsec_max(linger, nsec_max(config->interval, PING_LINGER_MIN));
}

nsec ping_target_wake(const struct ping_target *t, const struct ping_config *config)
{
	if (ping_target_more(t, config))
		return t->due;
	bool launched = t->attempts > t->totals.sent + t->totals.send_errors;
	if (config->timeout || launched || t->rtt.count == 0 || t->chain.count == 0)
		return NSEC_NEVER;
	return nsec_after(t->totals.last_sent, ping_target_patience(t, config));
}

void ping_target_launched(struct ping_target *t, const struct ping_config *config, nsec now)
{
	t->attempts++;
	t->tried = now;
	t->asked = false;
	t->refused = false;
	if (!paced_by_answers(config) && t->attempts >= config->preload)
		t->due = nsec_after(t->due, config->interval);
	plan(t, config);
}

void ping_target_sent(struct ping_target *t, const struct ping_config *config, nsec time)
{
	struct report_ping_totals *totals = &t->totals;
	if (totals->sent++ == 0)
		totals->first_sent = time;
	totals->last_sent = time;
	if (++totals->in_flight > totals->pipe)
		totals->pipe = totals->in_flight;
	/* It left later than it was handed over: where a slot passed
	 * meanwhile, it counts as used. */
	t->tried = time;
	plan(t, config);
}

void ping_target_stamped(struct ping_target *t, uint64_t seq, nsec time)
{
	if (seq == 1)
		t->totals.first_sent = time;
	if (seq == t->attempts)
		t->totals.last_sent = time;
}

static void settled(struct ping_target *t, uint64_t seq)
{
	if (seq > t->high)
		t->high = seq;
}

void ping_target_refused(struct ping_target *t, const struct ping_config *config, uint64_t seq,
                         nsec time)
{
	t->totals.send_errors++;
	t->refused = seq == t->attempts;
	t->tried = time;
	settled(t, seq);
	plan(t, config);
}

/* Opens the window by one for each window of answers; halves it where new holes are below high. */
static void adjust_window(struct ping_target *t, const struct ping_config *config)
{
	const struct report_ping_totals *totals = &t->totals;
	uint64_t settled_probes =
	        totals->received + totals->lost + totals->errors + totals->send_errors;
	uint64_t holes = t->high > settled_probes ? t->high - settled_probes : 0;
	if (holes < t->holes)
		t->holes = holes;
	if (holes > t->holes + PING_REORDER) {
		t->holes = holes;
		t->window = t->window / 2 > config->preload ? t->window / 2 : config->preload;
		t->widened = 0;
	} else if (t->window < PING_WINDOW && ++t->widened >= t->window) {
		t->window++;
		t->widened = 0;
	}
}

static void heard(struct ping_target *t, const struct ping_config *config, uint64_t seq)
{
	t->totals.in_flight--;
	settled(t, seq);
	if (!paced_by_answers(config))
		return;
	adjust_window(t, config);
	plan(t, config);
}

static void sample(struct ping_target *t, const struct ping_config *config, nsec rtt)
{
	t->totals.ewma += t->rtt.count ? ((double)rtt - t->totals.ewma) / 8 : (double)rtt;
	stats_add(&t->rtt, rtt);
	if (config->histogram)
		(void)histogram_add(&t->histogram, rtt); /* without memory: one sample fewer */
}

void ping_target_answered(struct ping_target *t, const struct ping_config *config, uint64_t seq,
                          nsec rtt)
{
	t->totals.received++;
	if (rtt >= 0)
		sample(t, config, rtt);
	heard(t, config, seq);
}

void ping_target_failed(struct ping_target *t, const struct ping_config *config, uint64_t seq)
{
	t->totals.errors++;
	heard(t, config, seq);
}

void ping_target_lost(struct ping_target *t, uint64_t seq)
{
	t->totals.lost++;
	t->totals.in_flight--;
	settled(t, seq);
	/* Probes are given up in the order of their sequence. */
	t->lost_run = seq == t->last_lost + 1 ? t->lost_run + 1 : 1;
	t->last_lost = seq;
	if (t->lost_run > t->totals.longest_loss)
		t->totals.longest_loss = t->lost_run;
}

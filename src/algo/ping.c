#include "algo/ping.h"

#include <errno.h>
#include <stdlib.h>
#include "algo/ping_private.h"

#define TARGETS_MAX UINT32_C(0x40000000)
/* How long behind its timeout a settled probe is remembered for what may still come. */
#define KEEP (60 * NSEC_S)

static void ping_free(struct algo *algo)
{
	struct ping *p = (struct ping *)algo;
	for (uint32_t i = 0; i < p->count; i++)
		ping_target_release(&p->targets[i]);
	free(p->targets);
	heap_release(&p->wake);
	hash_release(&p->by_addr);
	ping_ring_release(&p->ring);
	free(p);
}

static const struct algo_ops ping_ops = {
	.name = "ping",
	.poll = ping_poll,
	.on_sent = ping_on_sent,
	.on_reply = ping_on_reply,
	.on_drops = ping_on_drops,
	.deadline = ping_deadline,
	.stop = ping_stop,
	.free = ping_free,
};

struct ping *ping_new(const struct ping_config *config, nsec now)
{
	struct ping *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->algo.ops = &ping_ops;
	p->config = *config;
	if (p->config.preload == 0)
		p->config.preload = 1;
	heap_init(&p->wake);
	hash_init(&p->by_addr);
	ping_ring_init(&p->ring, nsec_after(ping_timeout(p), KEEP));
	p->closing.first = p->ended.first = p->free.first = PING_NOBODY;
	p->status_at = PING_NOBODY;
	p->deadline = config->deadline ? nsec_after(now, config->deadline) : NSEC_NEVER;
	p->last_turn = -1;
	p->started = now;
	p->finished = now;
	return p;
}

struct algo *ping_algo(struct ping *ping)
{
	return &ping->algo;
}

uint64_t ping_address_key(const struct addr *addr)
{
	struct addr bare = *addr;
	bare.scope = 0; /* a reply may not tell it */
	return addr_hash(&bare);
}

static void forget_address(struct ping *p, const struct ping_target *t)
{
	uint32_t index;
	uint64_t key = ping_address_key(&t->info.addr);
	if (hash_get(&p->by_addr, key, &index) && index == t->info.index)
		hash_remove(&p->by_addr, key);
}

static int remember_address(struct ping *p, const struct ping_target *t)
{
	uint32_t index;
	uint64_t key = ping_address_key(&t->info.addr);
	return hash_get(&p->by_addr, key, &index) ? 0 : hash_set(&p->by_addr, key, t->info.index);
}

/* A place for one more target: of one removed whose last probe nothing remembers, or a new one. */
static int find_place(struct ping *p)
{
	uint32_t index = p->free.first;
	if (index != PING_NOBODY) {
		const struct ping_target *t = &p->targets[index];
		if (t->attempts == 0 || t->newest < p->ring.tail)
			return (int)index;
	}
	if (p->count < p->capacity)
		return (int)p->count;
	if (p->capacity >= TARGETS_MAX)
		return -ENOMEM;
	uint32_t capacity = p->capacity ? p->capacity * 2 : 4;
	struct ping_target *targets = realloc(p->targets, capacity * sizeof *targets);
	if (!targets)
		return -ENOMEM;
	p->targets = targets;
	p->capacity = capacity;
	return (int)p->count;
}

int ping_add(struct ping *p, const struct report_target *target, nsec now)
{
	if (p->sealed || p->over || addr_size(&target->addr) == 0)
		return -EINVAL;
	int place = find_place(p);
	if (place < 0)
		return place;
	nsec turn = now;
	if (p->last_turn >= 0)
		turn = nsec_max(now, nsec_after(p->last_turn, p->config.gap));
	nsec start = turn;
	if (p->config.gap > 0 && p->config.gap < PING_TICK)
		start = nsec_max(now, turn - (turn - p->started) % PING_TICK);
	struct ping_target *t = &p->targets[place];
	uint32_t next_free = (uint32_t)place < p->count ? t->next : PING_NOBODY;
	struct ping_target fresh;
	int error = ping_target_init(&fresh, &p->config, target, start);
	if (error)
		return error;
	fresh.info.index = (uint32_t)place;
	error = heap_set(&p->wake, (uint32_t)place, start);
	if (!error)
		error = remember_address(p, &fresh);
	if (error) {
		heap_remove(&p->wake, (uint32_t)place);
		ping_target_release(&fresh);
		return error;
	}
	if ((uint32_t)place == p->count)
		p->count++;
	else
		p->free.first = next_free;
	*t = fresh;
	p->running++;
	p->last_turn = turn;
	return place;
}

static struct ping_target *target_at(struct ping *p, uint32_t index)
{
	return index < p->count && !p->targets[index].gone ? &p->targets[index] : NULL;
}

static void drop_notes(struct ping *p, uint32_t target)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < p->note_count; i++) {
		struct ping_note note = p->notes[(p->note_first + i) % PING_NOTES];
		if (note.target != target)
			p->notes[(p->note_first + kept++) % PING_NOTES] = note;
	}
	p->note_count = kept;
}

bool ping_remove(struct ping *p, uint32_t index)
{
	struct ping_target *t = target_at(p, index);
	if (!t)
		return false;
	while (t->chain.count) {
		uint64_t serial = t->chain.first;
		if (ping_ring_at(&p->ring, serial)->state == PING_LAUNCHED)
			p->launched--;
		ping_ring_settle(&p->ring, &t->chain, serial, PING_LOST);
	}
	drop_notes(p, index);
	forget_address(p, t);
	heap_remove(&p->wake, index);
	if (t->ended == NSEC_NEVER)
		p->running--;
	t->ended = 0;
	t->gone = true;
	ping_target_release(t);
	if (!t->queued)
		ping_line_append(p, &p->free, index);
	return true;
}

void ping_seal(struct ping *p)
{
	p->sealed = true;
}

void ping_readdress(struct ping *p, uint32_t index, const struct addr *addr)
{
	struct ping_target *t = target_at(p, index);
	if (!t)
		return;
	forget_address(p, t);
	ping_target_readdress(t, &p->config, addr);
	/* Without memory a forged reply finds no target to be counted
	 * with; nothing else is lost. */
	(void)remember_address(p, t);
}

void ping_status(struct ping *p)
{
	p->status_at = 0;
}

uint32_t ping_targets(const struct ping *p)
{
	return p->count;
}

const struct report_ping_totals *ping_totals(struct ping *p, uint32_t index, nsec now)
{
	struct ping_target *t = target_at(p, index);
	if (!t)
		return NULL;
	nsec end_time = t->ended != NSEC_NEVER ? t->ended : p->over ? p->finished : now;
	t->totals.duration = nsec_max(0, end_time - t->start);
	t->totals.local_drops = p->drops;
	t->totals.rtt = &t->rtt;
	t->totals.histogram = p->config.histogram ? &t->histogram : NULL;
	return &t->totals;
}

#include "tests/unit/fakenet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t slot_take(struct fakenet *f)
{
	if (f->spares == 0) {
		uint32_t capacity = f->capacity ? f->capacity * 2 : 64;
		f->events = realloc(f->events, capacity * sizeof *f->events);
		f->spare = realloc(f->spare, capacity * sizeof *f->spare);
		if (!f->events || !f->spare)
			abort();
		for (uint32_t i = capacity; i > f->capacity; i--)
			f->spare[f->spares++] = i - 1;
		f->capacity = capacity;
	}
	return f->spare[--f->spares];
}

/* Events that are due together come in the order they were put in: a heap alone does not say. */
#define TIES 0x100000

nsec fakenet_next(const struct fakenet *f)
{
	nsec key = heap_key(&f->due);
	return key == NSEC_NEVER ? key : key / TIES;
}

void fakenet_put(struct fakenet *f, nsec when, const struct net_event *event)
{
	if (when > NSEC_NEVER / TIES - 1)
		abort();
	uint32_t slot = slot_take(f);
	f->events[slot] = *event;
	if (heap_set(&f->due, slot, when * TIES + f->puts++ % TIES) != 0)
		abort();
}

static void answer(struct fakenet *f, const struct probe *probe, const struct fate *fate, nsec left,
                   nsec told)
{
	if (fate->stamp) {
		struct net_event stamp = { .kind = NET_SENT };
		stamp.sent = (struct sent){ .token = probe->token, .time = left, .stamped = true };
		fakenet_put(f, told, &stamp);
	}
	for (int i = 0; i < fate->copies; i++) {
		nsec when = left + fate->delay + i * fate->spacing;
		struct net_event event = { .kind = NET_REPLY };
		event.reply = (struct reply){ .token = probe->token,
			                      .sent = left,
			                      .time = when,
			                      .from = probe->dst,
			                      .flags = i == 0 ? fate->flags : 0,
			                      .kind = i == 0 ? fate->kind : (uint8_t)REPLY_ECHO,
			                      .ttl = 64,
			                      .tos = 0,
			                      .bytes = probe->size - 20,
			                      .wrong_at = -1 };
		if (event.reply.flags & REPLY_UNKNOWN)
			event.reply.token = 0;
		fakenet_put(f, when, &event);
	}
}

static void fakenet_send(struct net *net, const struct probe *probes, size_t count,
                         struct sent *results)
{
	struct fakenet *f = (struct fakenet *)net;
	f->batches++;
	if (count > f->largest_batch)
		f->largest_batch = count;
	for (size_t i = 0; i < count; i++) {
		struct fate fate = f->script(f->ctx, &probes[i], f->sent + f->refused);
		nsec told = f->now + fate.send_delay;
		results[i] = (struct sent){
			.token = probes[i].token, .time = told, .error = fate.error, .mtu = fate.mtu
		};
		if (fate.error) {
			f->refused++;
			continue;
		}
		f->sent++;
		answer(f, &probes[i], &fate, told + fate.stamp, told);
	}
}

static size_t fakenet_receive(struct net *net, struct net_event *events, size_t capacity)
{
	struct fakenet *f = (struct fakenet *)net;
	size_t count = 0;
	while (count < capacity && fakenet_next(f) <= f->now) {
		uint32_t slot = heap_pop(&f->due);
		events[count++] = f->events[slot];
		f->spare[f->spares++] = slot;
	}
	return count;
}

static size_t fakenet_fds(const struct net *net, int *fds, size_t capacity)
{
	(void)net;
	(void)fds;
	(void)capacity;
	return 0;
}

static void fakenet_free(struct net *net)
{
	fakenet_release((struct fakenet *)net);
}

static const struct net_ops fakenet_ops = {
	.name = "fake",
	.send = fakenet_send,
	.receive = fakenet_receive,
	.fds = fakenet_fds,
	.free = fakenet_free,
};

void fakenet_init(struct fakenet *f, fakenet_script script, void *ctx)
{
	*f = (struct fakenet){ .net.ops = &fakenet_ops, .script = script, .ctx = ctx };
	heap_init(&f->due);
}

void fakenet_release(struct fakenet *f)
{
	free(f->events);
	free(f->spare);
	heap_release(&f->due);
}

nsec fakenet_clock(void *fakenet)
{
	return ((struct fakenet *)fakenet)->now;
}

bool fakenet_run(struct fakenet *f, struct drive *d, nsec end)
{
	for (;;) {
		nsec next = drive_step(d);
		next = nsec_min(next, fakenet_next(f));
		if (d->done)
			return true;
		if (next > end) {
			f->now = nsec_max(f->now, end);
			return false;
		}
		f->now = nsec_max(f->now, next);
	}
}

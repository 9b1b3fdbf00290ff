#include "io/loop_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "io/loop.h"

struct ppoll_engine {
	struct loop_engine_state state;
	struct pollfd *fds; /* dense, in no order */
	size_t count;
	size_t capacity; /* grows to the most descriptors ever watched at once */
};

static struct ppoll_engine *ppoll_of(struct loop_engine_state *state)
{
	return (struct ppoll_engine *)state;
}

/* A search is enough: ppoll itself walks over all of them, and above 64 epoll takes over. */
static struct pollfd *find(struct ppoll_engine *engine, int fd)
{
	for (size_t i = 0; i < engine->count; i++)
		if (engine->fds[i].fd == fd)
			return &engine->fds[i];
	return NULL;
}

static short poll_events(uint32_t events)
{
	int wanted = 0;
	if (events & LOOP_READ)
		wanted |= POLLIN;
	if (events & LOOP_WRITE)
		wanted |= POLLOUT;
	return (short)wanted;
}

static uint32_t loop_events(short revents)
{
	uint32_t events = 0;
	if (revents & POLLIN)
		events |= LOOP_READ;
	if (revents & POLLOUT)
		events |= LOOP_WRITE;
	if (revents & (POLLERR | POLLNVAL))
		events |= LOOP_ERROR;
	if (revents & POLLHUP)
		events |= LOOP_HANGUP;
	return events;
}

static int ppoll_add(struct loop_engine_state *state, int fd, uint32_t events)
{
	struct ppoll_engine *engine = ppoll_of(state);
	if (engine->count == engine->capacity) {
		size_t capacity = engine->capacity ? 2 * engine->capacity : 16;
		struct pollfd *fds = realloc(engine->fds, capacity * sizeof *fds);
		if (!fds)
			return -ENOMEM;
		engine->fds = fds;
		engine->capacity = capacity;
	}
	engine->fds[engine->count++] = (struct pollfd){ .fd = fd, .events = poll_events(events) };
	return 0;
}

static int ppoll_change(struct loop_engine_state *state, int fd, uint32_t events)
{
	struct pollfd *entry = find(ppoll_of(state), fd);
	if (!entry)
		return -ENOENT;
	entry->events = poll_events(events);
	return 0;
}

static void ppoll_remove(struct loop_engine_state *state, int fd)
{
	struct ppoll_engine *engine = ppoll_of(state);
	struct pollfd *entry = find(engine, fd);
	if (entry)
		*entry = engine->fds[--engine->count];
}

/*
 * Linux lets a ppoll of any length be late by a thousandth of it (a twohundredth when niced), timer
 * slack or not: half a millisecond of half a second. A long wait therefore stops short by a
 * hundredth, and the caller waits for the rest of it: at most four microseconds late.
 */
static nsec exact_part(nsec left)
{
	return left > 4 * NSEC_MS ? left - left / 100 : left;
}

static int ppoll_wait(struct loop_engine_state *state, nsec now, nsec deadline,
                      struct loop_ready *ready, size_t capacity)
{
	struct ppoll_engine *engine = ppoll_of(state);
	nsec left = deadline > now ? exact_part(deadline - now) : 0;
	const struct timespec timeout = { .tv_sec = left / NSEC_S, .tv_nsec = left % NSEC_S };
	int n = ppoll(engine->fds, engine->count, deadline == NSEC_NEVER ? NULL : &timeout, NULL);
	if (n < 0)
		return -errno;
	size_t found = 0;
	for (size_t i = 0; i < engine->count && n > 0 && found < capacity; i++) {
		if (!engine->fds[i].revents)
			continue;
		ready[found++] =
		        (struct loop_ready){ .fd = engine->fds[i].fd,
			                     .events = loop_events(engine->fds[i].revents) };
		n--;
	}
	return (int)found;
}

static void ppoll_free(struct loop_engine_state *state)
{
	free(ppoll_of(state)->fds);
	free(state);
}

static const struct loop_engine_ops ppoll_ops = {
	.add = ppoll_add,
	.change = ppoll_change,
	.remove = ppoll_remove,
	.wait = ppoll_wait,
	.free = ppoll_free,
};

int loop_ppoll_new(struct loop_engine_state **out)
{
	struct ppoll_engine *engine = calloc(1, sizeof *engine);
	if (!engine)
		return -ENOMEM;
	engine->state.ops = &ppoll_ops;
	*out = (struct loop_engine_state *)engine;
	return 0;
}

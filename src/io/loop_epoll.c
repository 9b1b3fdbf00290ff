#include "io/loop_engine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "io/loop.h"

/* The kernel rotates its list: what does not fit comes first the next time. */
#define EVENTS_AT_ONCE 256

/* Of armed. Setting the timer anew, or off, takes its expiry back: it need never be read. */
#define TIMER_FIRED INT64_C(-1)

struct epoll_engine {
	struct loop_engine_state state;
	int epoll;
	int timer;  /* epoll_wait knows milliseconds only, and is late by a thousandth besides */
	nsec armed; /* what the timer stands at, NSEC_NEVER while it is off, or TIMER_FIRED */
	/*
	 * What epoll refuses (EPERM) is always ready: plain files and /dev/null, which standard
	 * input may well be. There are few; they are kept here and reported in each round.
	 */
	struct loop_ready *always;
	size_t always_count;
	size_t always_capacity; /* grows to the most such descriptors ever watched at once */
	struct epoll_event events[EVENTS_AT_ONCE];
};

static struct epoll_engine *epoll_of(struct loop_engine_state *state)
{
	return (struct epoll_engine *)state;
}

static struct epoll_event epoll_event_of(int fd, uint32_t events)
{
	struct epoll_event event = { .data.fd = fd };
	if (events & LOOP_READ)
		event.events |= EPOLLIN;
	if (events & LOOP_WRITE)
		event.events |= EPOLLOUT;
	return event;
}

static uint32_t loop_events(uint32_t revents)
{
	uint32_t events = 0;
	if (revents & EPOLLIN)
		events |= LOOP_READ;
	if (revents & EPOLLOUT)
		events |= LOOP_WRITE;
	if (revents & EPOLLERR)
		events |= LOOP_ERROR;
	if (revents & EPOLLHUP)
		events |= LOOP_HANGUP;
	return events;
}

static struct loop_ready *find_always(struct epoll_engine *engine, int fd)
{
	for (size_t i = 0; i < engine->always_count; i++)
		if (engine->always[i].fd == fd)
			return &engine->always[i];
	return NULL;
}

static int add_always(struct epoll_engine *engine, int fd, uint32_t events)
{
	if (engine->always_count == engine->always_capacity) {
		size_t capacity = engine->always_capacity ? 2 * engine->always_capacity : 4;
		struct loop_ready *always = realloc(engine->always, capacity * sizeof *always);
		if (!always)
			return -ENOMEM;
		engine->always = always;
		engine->always_capacity = capacity;
	}
	engine->always[engine->always_count++] = (struct loop_ready){ .fd = fd, .events = events };
	return 0;
}

static int epoll_add(struct loop_engine_state *state, int fd, uint32_t events)
{
	struct epoll_engine *engine = epoll_of(state);
	struct epoll_event event = epoll_event_of(fd, events);
	if (!epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event))
		return 0;
	return errno == EPERM ? add_always(engine, fd, events) : -errno;
}

static int epoll_change(struct loop_engine_state *state, int fd, uint32_t events)
{
	struct epoll_engine *engine = epoll_of(state);
	struct loop_ready *always = find_always(engine, fd);
	if (always) {
		always->events = events;
		return 0;
	}
	struct epoll_event event = epoll_event_of(fd, events);
	return epoll_ctl(engine->epoll, EPOLL_CTL_MOD, fd, &event) ? -errno : 0;
}

static void epoll_remove(struct loop_engine_state *state, int fd)
{
	struct epoll_engine *engine = epoll_of(state);
	struct loop_ready *always = find_always(engine, fd);
	if (always)
		*always = engine->always[--engine->always_count];
	else
		epoll_ctl(engine->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* On the absolute clock: a timer set too early, or kept from the
 * last wait, is right all the same. */
static int arm(struct epoll_engine *engine, nsec deadline)
{
	if (engine->armed == deadline)
		return 0;
	struct itimerspec at = { .it_value = { .tv_sec = 0 } };
	if (deadline != NSEC_NEVER) {
		at.it_value.tv_sec = deadline / NSEC_S;
		at.it_value.tv_nsec = deadline % NSEC_S;
	}
	if (timerfd_settime(engine->timer, TFD_TIMER_ABSTIME, &at, NULL))
		return -errno;
	engine->armed = deadline;
	return 0;
}

static int collect(struct epoll_engine *engine, int n, struct loop_ready *ready, size_t capacity)
{
	size_t found = 0;
	for (int i = 0; i < n; i++) {
		const struct epoll_event *event = &engine->events[i];
		if (event->data.fd == engine->timer)
			engine->armed = TIMER_FIRED;
		else if (found < capacity)
			ready[found++] =
			        (struct loop_ready){ .fd = event->data.fd,
				                     .events = loop_events(event->events) };
	}
	for (size_t i = 0; i < engine->always_count && found < capacity; i++)
		if (engine->always[i].events)
			ready[found++] = engine->always[i];
	return (int)found;
}

static bool any_always(const struct epoll_engine *engine)
{
	for (size_t i = 0; i < engine->always_count; i++)
		if (engine->always[i].events)
			return true;
	return false;
}

static int epoll_wait_until(struct loop_engine_state *state, nsec now, nsec deadline,
                            struct loop_ready *ready, size_t capacity)
{
	struct epoll_engine *engine = epoll_of(state);
	bool block = deadline > now && !any_always(engine);
	int error = block ? arm(engine, deadline) : 0;
	if (error)
		return error;
	int n = epoll_wait(engine->epoll, engine->events, EVENTS_AT_ONCE, block ? -1 : 0);
	return n < 0 ? -errno : collect(engine, n, ready, capacity);
}

static void epoll_free(struct loop_engine_state *state)
{
	struct epoll_engine *engine = epoll_of(state);
	if (engine->timer >= 0)
		close(engine->timer);
	if (engine->epoll >= 0)
		close(engine->epoll);
	free(engine->always);
	free(engine);
}

static const struct loop_engine_ops epoll_ops = {
	.add = epoll_add,
	.change = epoll_change,
	.remove = epoll_remove,
	.wait = epoll_wait_until,
	.free = epoll_free,
};

static int open_descriptors(struct epoll_engine *engine)
{
	engine->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (engine->epoll < 0)
		return -errno;
	engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (engine->timer < 0)
		return -errno;
	struct epoll_event event = epoll_event_of(engine->timer, LOOP_READ);
	return epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->timer, &event) ? -errno : 0;
}

int loop_epoll_new(struct loop_engine_state **out)
{
	struct epoll_engine *engine = calloc(1, sizeof *engine);
	if (!engine)
		return -ENOMEM;
	*engine = (struct epoll_engine){
		.state.ops = &epoll_ops, .epoll = -1, .timer = -1, .armed = NSEC_NEVER
	};
	int error = open_descriptors(engine);
	if (error) {
		epoll_free((struct loop_engine_state *)engine);
		return error;
	}
	*out = (struct loop_engine_state *)engine;
	return 0;
}

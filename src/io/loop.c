#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop_engine.h"

#define PPOLL_BEST 64 /* descriptors up to which LOOP_AUTO stays with ppoll */

struct watch {
	loop_callback callback; /* NULL where the descriptor is not watched */
	void *ctx;
	uint32_t events;
	uint32_t generation; /* tells a descriptor from an earlier one with the same number */
};

struct loop {
	struct loop_engine_state *engine;
	bool automatic; /* may still move over to epoll */
	bool dispatching;
	uint32_t generation;   /* of the latest loop_watch */
	struct watch *watches; /* by descriptor number: as long as the highest one needs */
	size_t capacity;
	size_t count;
	struct loop_ready *ready; /* room for every descriptor watched */
	size_t ready_capacity;
};

int loop_new(enum loop_engine engine, struct loop **out)
{
	struct loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return -ENOMEM;
	int error = engine == LOOP_EPOLL ? loop_epoll_new(&loop->engine)
	                                 : loop_ppoll_new(&loop->engine);
	if (error) {
		free(loop);
		return error;
	}
	loop->automatic = engine == LOOP_AUTO;
	/* The kernel otherwise lets ppoll be 50 us late to wake up for several timers at once. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	*out = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop->engine->ops->free(loop->engine);
	free(loop->watches);
	free(loop->ready);
	free(loop);
}

static struct watch *watch_of(struct loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->capacity || !loop->watches[fd].callback)
		return NULL;
	return &loop->watches[fd];
}

static size_t grown(size_t capacity, size_t needed)
{
	if (capacity < 16)
		capacity = 16;
	while (capacity < needed)
		capacity *= 2;
	return capacity;
}

/* Room for the descriptor in the table, and for one more to be ready. */
static int make_room(struct loop *loop, int fd)
{
	size_t needed = (size_t)fd + 1;
	if (needed > loop->capacity) {
		size_t capacity = grown(loop->capacity, needed);
		struct watch *watches = realloc(loop->watches, capacity * sizeof *watches);
		if (!watches)
			return -ENOMEM;
		for (size_t i = loop->capacity; i < capacity; i++)
			watches[i] = (struct watch){ 0 };
		loop->watches = watches;
		loop->capacity = capacity;
	}
	if (loop->count + 1 > loop->ready_capacity) {
		size_t capacity = grown(loop->ready_capacity, loop->count + 1);
		struct loop_ready *ready = realloc(loop->ready, capacity * sizeof *ready);
		if (!ready)
			return -ENOMEM;
		loop->ready = ready;
		loop->ready_capacity = capacity;
	}
	return 0;
}

/*
 * Moves every descriptor over to epoll. Where that fails (no descriptor left for epoll itself),
 * ppoll goes on with all of them, and it is not tried again.
 */
static void move_to_epoll(struct loop *loop)
{
	struct loop_engine_state *epoll;
	loop->automatic = false;
	if (loop_epoll_new(&epoll))
		return;
	for (size_t fd = 0; fd < loop->capacity; fd++) {
		const struct watch *watch = &loop->watches[fd];
		if (watch->callback && epoll->ops->add(epoll, (int)fd, watch->events)) {
			epoll->ops->free(epoll);
			return;
		}
	}
	loop->engine->ops->free(loop->engine);
	loop->engine = epoll;
}

static int watch_new(struct loop *loop, int fd, uint32_t events)
{
	/* epoll would say so; ppoll only in each wait, for ever. */
	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	int error = make_room(loop, fd);
	if (error)
		return error;
	if (loop->automatic && loop->count >= PPOLL_BEST)
		move_to_epoll(loop);
	error = loop->engine->ops->add(loop->engine, fd, events);
	if (error)
		return error;
	loop->watches[fd].generation = ++loop->generation;
	loop->count++;
	return 0;
}

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_callback callback, void *ctx)
{
	events &= LOOP_READ | LOOP_WRITE;
	struct watch *watch = watch_of(loop, fd);
	int error = 0;
	if (!watch)
		error = watch_new(loop, fd, events);
	else if (watch->events != events)
		error = loop->engine->ops->change(loop->engine, fd, events);
	if (error)
		return error;
	watch = &loop->watches[fd];
	watch->callback = callback;
	watch->ctx = ctx;
	watch->events = events;
	return 0;
}

void loop_unwatch(struct loop *loop, int fd)
{
	struct watch *watch = watch_of(loop, fd);
	if (!watch)
		return;
	loop->engine->ops->remove(loop->engine, fd);
	*watch = (struct watch){ 0 };
	loop->count--;
}

/* Whoever reads learns of the end by reading, and must not miss what was written before it. */
static uint32_t wanted_events(uint32_t happened, uint32_t wanted)
{
	uint32_t events = happened & (wanted | LOOP_ERROR);
	if (happened & LOOP_HANGUP)
		events |= wanted & LOOP_READ ? LOOP_READ : LOOP_ERROR;
	return events;
}

/*
 * A callback may do anything to the table: each descriptor is looked up anew, and called only where
 * it is still the one that was found ready, for what is still wanted.
 */
static void dispatch(struct loop *loop, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct watch *watch = watch_of(loop, loop->ready[i].fd);
		loop->ready[i].generation = watch ? watch->generation : 0;
	}
	loop->dispatching = true;
	for (size_t i = 0; i < count; i++) {
		struct loop_ready ready = loop->ready[i];
		const struct watch *watch = watch_of(loop, ready.fd);
		if (!watch || watch->generation != ready.generation)
			continue;
		uint32_t events = wanted_events(ready.events, watch->events);
		if (events)
			watch->callback(watch->ctx, events);
	}
	loop->dispatching = false;
}

int loop_wait(struct loop *loop, nsec deadline)
{
	if (loop->dispatching)
		return -EBUSY;
	for (;;) {
		nsec now = clock_now();
		int count = loop->engine->ops->wait(loop->engine, now, deadline, loop->ready,
		                                    loop->ready_capacity);
		if (count > 0)
			dispatch(loop, (size_t)count);
		if (count > 0 || (count < 0 && count != -EINTR))
			return count;
		/* Nothing was ready: the wait was interrupted, early, or is over. */
		if (deadline <= now || (deadline != NSEC_NEVER && deadline <= clock_now()))
			return 0;
	}
}

int loop_signals(const int *signals, int count)
{
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < count; i++)
		if (sigaddset(&set, signals[i]))
			return -errno;
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int loop_next_signal(int fd)
{
	struct signalfd_siginfo info;
	return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

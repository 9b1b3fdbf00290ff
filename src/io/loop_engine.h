/*
 * loop_engine - what ppoll and epoll have in common: the table of one function each that loop.c
 * waits through. Nobody else includes this.
 *
 * An engine knows descriptors and events, no callback: whose an event is, and whether it is still
 * wanted, loop.c decides.
 */
#ifndef SONDE_IO_LOOP_ENGINE_H
#define SONDE_IO_LOOP_ENGINE_H

#include <stddef.h>
#include <stdint.h>
#include "base/time.h"

/* Set beside LOOP_ERROR when the other end hung up: loop.c says what that means to a reader. */
#define LOOP_HANGUP (1u << 3)

struct loop_ready {
	int fd;
	uint32_t events;     /* enum loop_event, LOOP_HANGUP */
	uint32_t generation; /* filled by loop.c */
};

struct loop_engine_state;

struct loop_engine_ops {
	/* A descriptor it does not watch yet. 0 or -errno, and then nothing has changed. */
	int (*add)(struct loop_engine_state *engine, int fd, uint32_t events);
	/* One it watches: other events. 0 or -errno, and then nothing has changed. */
	int (*change)(struct loop_engine_state *engine, int fd, uint32_t events);
	void (*remove)(struct loop_engine_state *engine, int fd);
	/*
	 * Waits until the deadline at most, polls once where it is past now; ready has room for
	 * every descriptor watched. Returns how many are ready, or -errno. It may come back early
	 * with 0: the caller looks at the clock and asks again.
	 */
	int (*wait)(struct loop_engine_state *engine, nsec now, nsec deadline,
	            struct loop_ready *ready, size_t capacity);
	void (*free)(struct loop_engine_state *engine);
};

/* The first member of each engine. */
struct loop_engine_state {
	const struct loop_engine_ops *ops;
};

/* 0 or -errno. */
int loop_ppoll_new(struct loop_engine_state **out);
int loop_epoll_new(struct loop_engine_state **out);

#endif

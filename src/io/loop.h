/*
 * loop - waits for descriptors and deadlines: one face, two engines.
 *
 * ppoll by default; epoll (with a timerfd, so that deadlines keep nanoseconds) once more than 64
 * descriptors are watched. Callbacks may watch and unwatch, their own descriptor included; one that
 * was unwatched is not called any more, not even for what it was already found ready for. They must
 * not call loop_wait or loop_free. Unwatch a descriptor before closing it. Signals come as
 * descriptors (signalfd), so there is nothing asynchronous anywhere.
 */
#ifndef SONDE_IO_LOOP_H
#define SONDE_IO_LOOP_H

#include <stdint.h>
#include "base/time.h"

enum loop_event {
	LOOP_READ = 1 << 0, /* or the other end hung up: reading tells */
	LOOP_WRITE = 1 << 1,
	/* Always told, never asked for; also for a hang-up where nobody asked for LOOP_READ. */
	LOOP_ERROR = 1 << 2,
};

enum loop_engine {
	LOOP_AUTO,
	LOOP_PPOLL,
	LOOP_EPOLL,
};

typedef void (*loop_callback)(void *ctx, uint32_t events);

struct loop;

/*
 * 0 or -errno. LOOP_AUTO moves from ppoll to epoll by itself. Sets the timer slack of the calling
 * thread to a nanosecond: deadlines are met as exactly as the machine can.
 */
int loop_new(enum loop_engine engine, struct loop **out);
void loop_free(struct loop *loop); /* closes none of the watched descriptors */

/*
 * Watches fd, or changes what it is watched for. Plain files may be watched: they are always ready.
 * 0, -EBADF, -ENOMEM, or -errno of epoll_ctl, and then nothing has changed.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_callback callback, void *ctx);
void loop_unwatch(struct loop *loop, int fd); /* nothing where it is not watched */

/*
 * Waits until a descriptor is ready or the deadline (monotonic; NSEC_NEVER waits for ever) has
 * come, and calls back for each ready descriptor once. A deadline already past polls once, without
 * waiting. Returns how many were ready, 0 not before the deadline, or -errno; EINTR is taken care
 * of. -EBUSY from within a callback.
 */
int loop_wait(struct loop *loop, nsec deadline);

/*
 * A descriptor that becomes readable on these signals, which are blocked for the process, or
 * -errno; the caller closes it. loop_next_signal reads one from it, 0 where there is none.
 */
int loop_signals(const int *signals, int count);
int loop_next_signal(int fd);

#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"
#include "tests/unit/alloc_fail.h"

#define MANY 1000

static struct loop *new_loop(void **state)
{
	struct loop *loop = NULL;
	assert_int_equal(loop_new(*(const enum loop_engine *)*state, &loop), 0);
	return loop;
}

/* Polls once: this long ago is always past. */
static int poll_once(struct loop *loop)
{
	return loop_wait(loop, 0);
}

static int ready_eventfd(void)
{
	int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int quiet_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* A descriptor and what its callback was told. */
struct seen {
	struct loop *loop;
	int fd;
	unsigned int calls;
	uint32_t events; /* of the last call */
};

static void see(void *ctx, uint32_t events)
{
	struct seen *seen = ctx;
	seen->calls++;
	seen->events = events;
}

static void test_pipe_becomes_readable(void **state)
{
	struct loop *loop = new_loop(state);
	int fds[2];
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	struct seen reader = { 0 }, writer = { 0 };
	assert_int_equal(loop_watch(loop, fds[0], LOOP_READ, see, &reader), 0);
	assert_int_equal(poll_once(loop), 0);
	assert_int_equal(reader.calls, 0);

	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 1);
	assert_int_equal(reader.calls, 1);
	assert_int_equal(reader.events, LOOP_READ);

	/* What was asked for and is not so is not told. */
	assert_int_equal(loop_watch(loop, fds[0], LOOP_READ | LOOP_WRITE, see, &reader), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(reader.events, LOOP_READ);
	reader.calls = 1;

	/* Level, not edge: it is told again until it is read. */
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(reader.calls, 2);
	char byte;
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(poll_once(loop), 0);

	assert_int_equal(loop_watch(loop, fds[1], LOOP_WRITE, see, &writer), 0);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 1);
	assert_int_equal(writer.events, LOOP_WRITE);
	assert_int_equal(reader.calls, 2);
	loop_free(loop);
	assert_int_equal(close(fds[0]), 0); /* loop_free has left them open */
	assert_int_equal(close(fds[1]), 0);
}

static void test_watch_changes_events_and_callback(void **state)
{
	struct loop *loop = new_loop(state);
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	struct seen first = { 0 }, second = { 0 };
	assert_int_equal(loop_watch(loop, pair[0], LOOP_READ, see, &first), 0);
	assert_int_equal(loop_watch(loop, pair[0], LOOP_WRITE, see, &second), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(first.calls, 0);
	assert_int_equal(second.events, LOOP_WRITE);
	assert_int_equal(loop_watch(loop, pair[0], LOOP_READ | LOOP_WRITE, see, &second), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(second.events, LOOP_READ | LOOP_WRITE);
	assert_int_equal(loop_watch(loop, pair[0], 0, see, &second), 0);
	assert_int_equal(poll_once(loop), 0);
	loop_unwatch(loop, pair[0]);
	loop_unwatch(loop, pair[0]); /* is not watched: nothing */
	loop_unwatch(loop, -1);
	loop_unwatch(loop, 1 << 20);
	assert_int_equal(poll_once(loop), 0);
	close(pair[0]);
	close(pair[1]);
	loop_free(loop);
}

static void test_descriptor_zero(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen = { 0 };
	int input = dup(STDIN_FILENO), fd = ready_eventfd();
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(loop_watch(loop, STDIN_FILENO, LOOP_READ, see, &seen), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.calls, 1);
	loop_unwatch(loop, STDIN_FILENO);
	assert_int_equal(poll_once(loop), 0);
	if (input >= 0) {
		assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
		close(input);
	} else {
		close(STDIN_FILENO);
	}
	close(fd);
	loop_free(loop);
}

static void test_bad_descriptors_are_refused(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen = { 0 };
	assert_int_equal(loop_watch(loop, -1, LOOP_READ, see, &seen), -EBADF);
	int fd = quiet_eventfd();
	close(fd);
	assert_int_equal(loop_watch(loop, fd, LOOP_READ, see, &seen), -EBADF);
	assert_int_equal(poll_once(loop), 0);
	loop_free(loop);
}

static void test_deadline_is_never_early(void **state)
{
	struct loop *loop = new_loop(state);
	/* Also longer than what a wait of ppoll is split at. */
	static const nsec lengths[] = { 1, NSEC_US, 100 * NSEC_US, NSEC_MS, 4500 * NSEC_US };
	int quiet = quiet_eventfd();
	struct seen seen = { 0 };
	assert_int_equal(loop_watch(loop, quiet, LOOP_READ, see, &seen), 0);
	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
			nsec deadline = clock_now() + lengths[i];
			assert_int_equal(loop_wait(loop, deadline), 0);
			assert_true(clock_now() >= deadline);
		}
	assert_int_equal(seen.calls, 0);
	close(quiet);
	loop_free(loop);
}

static void test_past_deadline_still_polls(void **state)
{
	struct loop *loop = new_loop(state);
	static const nsec past[] = { INT64_MIN, -1, 0, 1 };
	assert_int_equal(poll_once(loop), 0);
	int fd = ready_eventfd();
	struct seen seen = { 0 };
	assert_int_equal(loop_watch(loop, fd, LOOP_READ, see, &seen), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(loop_wait(loop, past[i]), 1);
		assert_int_equal(seen.calls, i + 1);
	}
	assert_int_equal(loop_wait(loop, clock_now()), 1);
	loop_unwatch(loop, fd);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(loop_wait(loop, past[i]), 0);
	close(fd);
	loop_free(loop);
}

/* What an earlier, shorter deadline left behind must not end a later wait. */
static void test_deadlines_do_not_mix(void **state)
{
	struct loop *loop = new_loop(state);
	int fd = ready_eventfd();
	struct seen seen = { 0 };
	for (int round = 0; round < 20; round++) {
		assert_int_equal(loop_watch(loop, fd, LOOP_READ, see, &seen), 0);
		/* Ready before its time: the timer stays behind. */
		assert_int_equal(loop_wait(loop, clock_now() + 300 * NSEC_US), 1);
		loop_unwatch(loop, fd);
		nsec late = clock_now() + 2 * NSEC_MS;
		assert_int_equal(loop_wait(loop, late), 0);
		assert_true(clock_now() >= late);
		nsec again = late + NSEC_MS;
		assert_int_equal(loop_wait(loop, late), 0); /* past now */
		assert_int_equal(loop_wait(loop, again), 0);
		assert_true(clock_now() >= again);
	}
	close(fd);
	loop_free(loop);
}

/* What the callbacks of the next tests share: the first one called does something to the others. */
struct group {
	struct loop *loop;
	int fds[8];
	unsigned int calls[8];
	unsigned int total;
	bool replace; /* watch anew what was unwatched */
};

struct member {
	struct group *group;
	unsigned int index;
};

static void count_member(void *ctx, uint32_t events)
{
	(void)events;
	struct member *member = ctx;
	member->group->calls[member->index]++;
	member->group->total++;
}

static struct member others[8];

static void unwatch_others(void *ctx, uint32_t events)
{
	struct member *member = ctx;
	struct group *group = member->group;
	count_member(ctx, events);
	for (unsigned int i = 0; i < 8; i++) {
		if (i == member->index)
			continue;
		loop_unwatch(group->loop, group->fds[i]);
		if (group->replace)
			assert_int_equal(loop_watch(group->loop, group->fds[i], LOOP_READ,
			                            count_member, &others[i]),
			                 0);
	}
}

static void watch_group(struct group *group, loop_callback callback)
{
	for (unsigned int i = 0; i < 8; i++) {
		group->fds[i] = ready_eventfd();
		others[i] = (struct member){ group, i };
		assert_int_equal(
		        loop_watch(group->loop, group->fds[i], LOOP_READ, callback, &others[i]), 0);
	}
}

static void close_group(struct group *group)
{
	for (unsigned int i = 0; i < 8; i++)
		close(group->fds[i]);
	loop_free(group->loop);
}

/* All are ready at once; whoever is first unwatches the rest, which must then not be called. */
static void test_unwatched_later_in_the_list_is_not_called(void **state)
{
	struct group group = { .loop = new_loop(state) };
	watch_group(&group, unwatch_others);
	assert_int_equal(poll_once(group.loop), 8);
	assert_int_equal(group.total, 1);
	assert_int_equal(poll_once(group.loop), 1);
	assert_int_equal(group.total, 2);
	close_group(&group);
}

/* A descriptor watched anew is a new one: what the old one was ready for is not its affair. */
static void test_rewatched_waits_for_the_next_round(void **state)
{
	struct group group = { .loop = new_loop(state), .replace = true };
	watch_group(&group, unwatch_others);
	assert_int_equal(poll_once(group.loop), 8);
	assert_int_equal(group.total, 1);
	group.replace = false;
	assert_int_equal(poll_once(group.loop), 8);
	assert_true(group.total >= 2);
	close_group(&group);
}

/* However many are watched, all of them can be ready at once. */
static void test_every_one_is_told(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen[200] = { { 0 } };
	int fds[200];
	for (unsigned int i = 0; i < 200; i++) {
		fds[i] = ready_eventfd();
		assert_int_equal(loop_watch(loop, fds[i], LOOP_READ, see, &seen[i]), 0);
		assert_int_equal(poll_once(loop), i + 1);
		assert_int_equal(seen[i].calls, 1);
		assert_int_equal(seen[0].calls, i + 1);
	}
	for (unsigned int i = 0; i < 200; i++)
		close(fds[i]);
	loop_free(loop);
}

static void unwatch_and_close_self(void *ctx, uint32_t events)
{
	struct seen *seen = ctx;
	see(ctx, events);
	loop_unwatch(seen->loop, seen->fd);
	close(seen->fd);
}

static void test_unwatch_self(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen = { .loop = loop, .fd = ready_eventfd() };
	assert_int_equal(loop_watch(loop, seen.fd, LOOP_READ, unwatch_and_close_self, &seen), 0);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 1);
	assert_int_equal(poll_once(loop), 0);
	assert_int_equal(seen.calls, 1);
	loop_free(loop);
}

/* The first to be called stops the others from hearing of reading; they are asked for writing. */
static void stop_reading(void *ctx, uint32_t events)
{
	struct member *member = ctx;
	struct group *group = member->group;
	count_member(ctx, events);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(
		        loop_watch(group->loop, group->fds[i], 0, count_member, &others[i]), 0);
}

static void test_events_no_longer_wanted_are_not_told(void **state)
{
	struct group group = { .loop = new_loop(state) };
	watch_group(&group, stop_reading);
	assert_int_equal(poll_once(group.loop), 8);
	assert_int_equal(group.total, 1);
	assert_int_equal(poll_once(group.loop), 0);
	close_group(&group);
}

/* Watches many more from within a callback, past the change of engine and growing every table. */
struct grower {
	struct loop *loop;
	int trigger;
	int fds[MANY];
	struct seen seen[MANY];
};

static void grow(void *ctx, uint32_t events)
{
	struct grower *grower = ctx;
	(void)events;
	loop_unwatch(grower->loop, grower->trigger);
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(
		        loop_watch(grower->loop, grower->fds[i], LOOP_READ, see, &grower->seen[i]),
		        0);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_thousand_descriptors(void **state)
{
	raise_descriptor_limit();
	struct grower *grower = calloc(1, sizeof *grower);
	assert_non_null(grower);
	grower->loop = new_loop(state);
	grower->trigger = ready_eventfd();
	for (unsigned int i = 0; i < MANY; i++)
		grower->fds[i] = quiet_eventfd();
	assert_int_equal(loop_watch(grower->loop, grower->trigger, LOOP_READ, grow, grower), 0);
	assert_int_equal(poll_once(grower->loop), 1);
	assert_int_equal(poll_once(grower->loop), 0);

	/* One at a time: exactly that one is told. */
	const uint64_t one = 1;
	uint64_t value;
	for (unsigned int i = 0; i < MANY; i += 37) {
		assert_int_equal(write(grower->fds[i], &one, sizeof one), sizeof one);
		assert_int_equal(loop_wait(grower->loop, NSEC_NEVER), 1);
		assert_int_equal(grower->seen[i].calls, 1);
		assert_int_equal(read(grower->fds[i], &value, sizeof value), sizeof value);
		grower->seen[i].calls = 0;
	}
	/* All at once: each is told before any is told a second time too often. */
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(write(grower->fds[i], &one, sizeof one), sizeof one);
	for (int told = 0, rounds = 0; told < MANY; rounds++) {
		int n = poll_once(grower->loop);
		assert_true(n > 0 && rounds < MANY);
		for (unsigned int i = 0; i < MANY; i++)
			if (grower->seen[i].calls == 1) {
				loop_unwatch(grower->loop, grower->fds[i]);
				grower->seen[i].calls = 2;
				told++;
			}
	}
	assert_int_equal(poll_once(grower->loop), 0);
	for (unsigned int i = 0; i < MANY; i++) {
		assert_int_equal(grower->seen[i].calls, 2);
		close(grower->fds[i]);
	}
	close(grower->trigger);
	loop_free(grower->loop);
	free(grower);
}

static void test_end_of_pipe_is_read(void **state)
{
	struct loop *loop = new_loop(state);
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "last", 4), 4);
	close(fds[1]);
	struct seen seen = { 0 };
	assert_int_equal(loop_watch(loop, fds[0], LOOP_READ, see, &seen), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.events, LOOP_READ); /* no error: there is something to read yet */
	char text[8];
	assert_int_equal(read(fds[0], text, sizeof text), 4);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.events, LOOP_READ);
	assert_int_equal(read(fds[0], text, sizeof text), 0);
	/* Who does not read is told of the end as an error. */
	assert_int_equal(loop_watch(loop, fds[0], 0, see, &seen), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.events, LOOP_ERROR);
	close(fds[0]);
	loop_free(loop);
}

static void test_broken_pipe_is_an_error(void **state)
{
	struct loop *loop = new_loop(state);
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct seen seen = { 0 };
	assert_int_equal(loop_watch(loop, fds[1], 0, see, &seen), 0);
	assert_int_equal(poll_once(loop), 0);
	close(fds[0]);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.events, LOOP_ERROR);
	/* Nothing to read is told to who wants to read. */
	assert_int_equal(loop_watch(loop, fds[1], LOOP_READ, see, &seen), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.events, LOOP_ERROR);
	close(fds[1]);
	loop_free(loop);
}

/* Standard input may be a file or /dev/null, also when there are too many sockets for ppoll. */
static void test_plain_files_are_always_ready(void **state)
{
	raise_descriptor_limit();
	struct loop *loop = new_loop(state);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	FILE *file = tmpfile();
	assert_true(null >= 0 && file);
	struct seen of_null = { 0 }, of_file = { 0 }, of_event = { 0 };
	assert_int_equal(loop_watch(loop, null, LOOP_READ, see, &of_null), 0);
	int fds[100];
	for (unsigned int i = 0; i < 100; i++) {
		fds[i] = quiet_eventfd();
		assert_int_equal(loop_watch(loop, fds[i], LOOP_READ, see, &of_event), 0);
	}
	assert_int_equal(loop_watch(loop, fileno(file), LOOP_WRITE, see, &of_file), 0);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 2);
	assert_int_equal(of_null.events, LOOP_READ);
	assert_int_equal(of_file.events, LOOP_WRITE);
	const uint64_t one = 1;
	assert_int_equal(write(fds[99], &one, sizeof one), sizeof one);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 3);
	assert_int_equal(of_event.calls, 1);
	loop_unwatch(loop, fds[99]);
	assert_int_equal(loop_watch(loop, null, 0, see, &of_null), 0);
	loop_unwatch(loop, fileno(file));
	nsec deadline = clock_now() + NSEC_MS;
	assert_int_equal(loop_wait(loop, deadline), 0); /* and waits again */
	assert_true(clock_now() >= deadline);
	assert_int_equal(of_null.calls, 2);
	assert_int_equal(of_file.calls, 2);
	for (unsigned int i = 0; i < 100; i++)
		close(fds[i]);
	close(null);
	fclose(file);
	loop_free(loop);
}

/* No descriptor is left when epoll would take over: ppoll goes on, and nobody is lost. */
static void test_no_descriptor_left(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen[100];
	int fds[100];
	for (unsigned int i = 0; i < 100; i++) {
		fds[i] = ready_eventfd();
		seen[i] = (struct seen){ 0 };
	}
	struct rlimit old, none = { 0 };
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(loop_watch(loop, fds[i], LOOP_READ, see, &seen[i]), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(poll_once(loop), 100);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(seen[i].calls, 1);
		close(fds[i]);
	}
	loop_free(loop);
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Seen from outside: epoll and its timer are two more descriptors. */
static void test_auto_moves_over_at_65(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen[65];
	int fds[65];
	for (unsigned int i = 0; i < 65; i++) {
		fds[i] = i % 2 ? ready_eventfd() : quiet_eventfd();
		seen[i] = (struct seen){ 0 };
	}
	unsigned int before = open_descriptors();
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(loop_watch(loop, fds[i], LOOP_READ, see, &seen[i]), 0);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(loop_watch(loop, fds[64], LOOP_READ, see, &seen[64]), 0);
	assert_int_equal(open_descriptors(), before + 2);
	assert_int_equal(poll_once(loop), 32);
	for (unsigned int i = 0; i < 65; i++)
		assert_int_equal(seen[i].calls, i % 2);
	loop_free(loop);
	assert_int_equal(open_descriptors(), before);
	for (unsigned int i = 0; i < 65; i++)
		close(fds[i]);
}

/* Each allocation is refused once: who could be watched is called, who could not was told so. */
static void test_out_of_memory(void **state)
{
	struct seen seen[100];
	int fds[100];
	for (unsigned int i = 0; i < 100; i++)
		fds[i] = ready_eventfd();
	for (long n = 0; alloc_fail_at(n); n++) {
		struct loop *loop = NULL;
		int watched = 0;
		int error = loop_new(*(const enum loop_engine *)*state, &loop);
		if (error) {
			assert_int_equal(error, -ENOMEM);
			continue;
		}
		for (unsigned int i = 0; i < 100; i++) {
			seen[i] = (struct seen){ 0 };
			error = loop_watch(loop, fds[i], LOOP_READ, see, &seen[i]);
			assert_true(error == 0 || error == -ENOMEM);
			watched += !error;
		}
		assert_true(watched >= 99);
		assert_int_equal(poll_once(loop), watched);
		for (unsigned int i = 0; i < 100; i++)
			watched -= (int)seen[i].calls;
		assert_int_equal(watched, 0);
		loop_free(loop);
	}
	alloc_fail_never();
	for (unsigned int i = 0; i < 100; i++)
		close(fds[i]);
}

static void wait_inside(void *ctx, uint32_t events)
{
	struct seen *seen = ctx;
	see(ctx, events);
	assert_int_equal(loop_wait(seen->loop, 0), -EBUSY);
}

static void test_wait_inside_a_callback_is_refused(void **state)
{
	struct loop *loop = new_loop(state);
	struct seen seen = { .loop = loop, .fd = ready_eventfd() };
	assert_int_equal(loop_watch(loop, seen.fd, LOOP_READ, wait_inside, &seen), 0);
	assert_int_equal(poll_once(loop), 1);
	assert_int_equal(seen.calls, 1);
	close(seen.fd);
	loop_free(loop);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
	(void)number;
	alarms = alarms + 1;
}

/* A handler interrupts the wait in its middle, which goes on until its own end. */
static void test_interrupted_wait_goes_on(void **state)
{
	struct loop *loop = new_loop(state);
	struct sigaction action = { .sa_handler = count_alarm }, old;
	assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
	const struct itimerval soon = { .it_value.tv_usec = 1000, .it_interval.tv_usec = 1000 };
	const struct itimerval off = { .it_value.tv_usec = 0 };
	nsec deadline = clock_now() + 5 * NSEC_MS;
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	do {
		assert_int_equal(loop_wait(loop, deadline), 0);
		assert_true(clock_now() >= deadline);
		deadline += 5 * NSEC_MS;
	} while (!alarms);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
	loop_free(loop);
}

struct signals {
	int fd;
	int first, second, third;
};

static void read_signals(void *ctx, uint32_t events)
{
	struct signals *signals = ctx;
	assert_int_equal(events, LOOP_READ);
	signals->first = loop_next_signal(signals->fd);
	signals->second = loop_next_signal(signals->fd);
	signals->third = loop_next_signal(signals->fd);
}

static void test_signals_are_descriptors(void **state)
{
	struct loop *loop = new_loop(state);
	static const int wanted[] = { SIGUSR1, SIGUSR2 };
	struct signals signals = { .third = -1 };
	signals.fd = loop_signals(wanted, 2);
	assert_true(signals.fd >= 0);
	assert_int_equal(loop_next_signal(signals.fd), 0);
	assert_int_equal(fcntl(signals.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(loop_watch(loop, signals.fd, LOOP_READ, read_signals, &signals), 0);
	assert_int_equal(poll_once(loop), 0);
	/* Unblocked, either would end the program. */
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(loop_wait(loop, NSEC_NEVER), 1);
	assert_int_equal(signals.first + signals.second, SIGUSR1 + SIGUSR2);
	assert_int_equal(signals.third, 0);
	assert_int_equal(poll_once(loop), 0);
	loop_free(loop);
	close(signals.fd);
	static const int wrong[] = { SIGUSR1, 12345 };
	assert_int_equal(loop_signals(wrong, 2), -EINVAL);
}

static void test_timer_slack_is_off(void **state)
{
	assert_int_equal(prctl(PR_SET_TIMERSLACK, 50000UL, 0UL, 0UL, 0UL), 0);
	struct loop *loop = new_loop(state);
	assert_int_equal(prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL), 1);
	loop_free(loop);
	loop_free(NULL);
}

#define ON(test, engine)                                                 \
	{                                                                \
#test " on " #engine, test, NULL, NULL, &engines[engine] \
	}
#define ON_ALL(test) ON(test, LOOP_AUTO), ON(test, LOOP_PPOLL), ON(test, LOOP_EPOLL)

int main(void)
{
	static enum loop_engine engines[] = { LOOP_AUTO, LOOP_PPOLL, LOOP_EPOLL };
	const struct CMUnitTest tests[] = {
		ON_ALL(test_pipe_becomes_readable),
		ON_ALL(test_watch_changes_events_and_callback),
		ON_ALL(test_descriptor_zero),
		ON_ALL(test_bad_descriptors_are_refused),
		ON_ALL(test_deadline_is_never_early),
		ON_ALL(test_past_deadline_still_polls),
		ON_ALL(test_deadlines_do_not_mix),
		ON_ALL(test_unwatched_later_in_the_list_is_not_called),
		ON_ALL(test_rewatched_waits_for_the_next_round),
		ON_ALL(test_every_one_is_told),
		ON_ALL(test_unwatch_self),
		ON_ALL(test_events_no_longer_wanted_are_not_told),
		ON_ALL(test_thousand_descriptors),
		ON_ALL(test_end_of_pipe_is_read),
		ON_ALL(test_broken_pipe_is_an_error),
		ON_ALL(test_plain_files_are_always_ready),
		ON_ALL(test_no_descriptor_left),
		ON(test_auto_moves_over_at_65, LOOP_AUTO),
		ON_ALL(test_out_of_memory),
		ON_ALL(test_wait_inside_a_callback_is_refused),
		ON_ALL(test_interrupted_wait_goes_on),
		ON_ALL(test_signals_are_descriptors),
		ON_ALL(test_timer_slack_is_off),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL) != 0;
}

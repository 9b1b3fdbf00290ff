#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "cli/output.h"

static int open_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
}

static void writes_what_was_appended(void **state)
{
	(void)state;
	struct output o;
	int fds[2];
	char got[64] = "";
	assert_int_equal(open_pipe(fds), 0);
	output_init(&o, fds[1]);
	buffer_text(&o.buffer, "one\n");
	buffer_text(&o.buffer, "two\n");
	assert_true(output_flush(&o));
	assert_int_equal(o.buffer.length, 0);
	assert_int_equal(read(fds[0], got, sizeof(got)), 8);
	assert_string_equal(got, "one\ntwo\n");
	/* nothing more, and nothing twice */
	assert_true(output_flush(&o));
	assert_int_equal(read(fds[0], got, sizeof(got)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(output_close(&o));
	assert_int_equal(read(fds[0], got, sizeof(got)), 0);
	output_release(&o);
	close(fds[0]);
}

/* A write longer than a chunk, into a pipe that takes it in parts: everything, in order. */
static void long_output_arrives_whole(void **state)
{
	(void)state;
	struct output o;
	int fds[2];
	static char got[50000];
	size_t length = 0;
	assert_int_equal(open_pipe(fds), 0);
	output_init(&o, fds[1]);
	for (int i = 0; i < 4000; i++)
		buffer_printf(&o.buffer, "line %04d\n", i);
	assert_true(output_flush(&o));
	for (;;) {
		ssize_t n = read(fds[0], got + length, sizeof(got) - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	assert_int_equal(length, 40000);
	assert_memory_equal(got + 39990, "line 3999\n", 10);
	assert_memory_equal(got + 4090, "line 0409\n", 10);
	close(fds[0]);
	close(fds[1]);
	output_release(&o);
}

static void check_failure(int fd, int error)
{
	struct output o;
	output_init(&o, fd);
	buffer_text(&o.buffer, "lost\n");
	assert_false(output_flush(&o));
	assert_int_equal(o.error, error);
	/* it stays, and the buffer does not grow for nothing */
	buffer_text(&o.buffer, "more\n");
	assert_false(output_flush(&o));
	assert_int_equal(o.buffer.length, 0);
	assert_false(output_close(&o));
	assert_int_equal(o.error, error);
	output_release(&o);
}

static void full_disk(void **state)
{
	(void)state;
	check_failure(open("/dev/full", O_WRONLY | O_CLOEXEC), ENOSPC);
}

static void closed_pipe(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(open_pipe(fds), 0);
	close(fds[0]);
	check_failure(fds[1], EPIPE);
}

static void read_only_descriptor(void **state)
{
	(void)state;
	check_failure(open("/dev/null", O_RDONLY | O_CLOEXEC), EBADF);
}

/* Nobody reads: the interrupt ends the wait, and does not before. */
static void interrupt_ends_a_wait(void **state)
{
	(void)state;
	struct output o;
	int fds[2], interrupt[2];
	static char filling[65536];
	assert_int_equal(open_pipe(fds), 0);
	assert_int_equal(open_pipe(interrupt), 0);
	output_init(&o, fds[1]);
	o.interrupt = interrupt[0];
	assert_int_equal(write(interrupt[1], "!", 1), 1);
	buffer_text(&o.buffer, "still room\n");
	assert_true(output_flush(&o));
	while (write(fds[1], filling, sizeof(filling)) > 0)
		continue;
	while (write(fds[1], filling, 1) > 0)
		continue;
	buffer_text(&o.buffer, "no room\n");
	assert_false(output_flush(&o));
	assert_int_equal(o.error, EINTR);
	output_release(&o);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(interrupt[i]);
	}
}

static void too_much_is_an_error(void **state)
{
	(void)state;
	struct output o;
	output_init(&o, open("/dev/null", O_WRONLY | O_CLOEXEC));
	for (unsigned i = 0; i < OUTPUT_LIMIT / 1024 + 1; i++)
		buffer_printf(&o.buffer, "%1024s", "");
	assert_false(output_flush(&o));
	assert_int_equal(o.error, ENOMEM);
	close(o.fd);
	output_release(&o);
}

/* Descriptor 1 closed: its number is taken, writing to it fails, the others stay. */
static void guard_fills_closed_descriptors(void **state)
{
	(void)state;
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	int saved_input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	close(STDOUT_FILENO);
	close(STDIN_FILENO);
	output_guard();
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	int input_flags = fcntl(STDIN_FILENO, F_GETFL);
	dup2(saved, STDOUT_FILENO);
	dup2(saved_input, STDIN_FILENO);
	close(saved);
	close(saved_input);
	assert_int_not_equal(flags, -1);
	assert_int_equal(flags & O_ACCMODE, O_RDONLY);
	assert_int_not_equal(input_flags, -1);
	assert_int_equal(input_flags & O_ACCMODE, O_WRONLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_was_appended),
		cmocka_unit_test(long_output_arrives_whole),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(closed_pipe),
		cmocka_unit_test(read_only_descriptor),
		cmocka_unit_test(interrupt_ends_a_wait),
		cmocka_unit_test(too_much_is_an_error),
		cmocka_unit_test(guard_fills_closed_descriptors),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("output", tests, NULL, NULL) != 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "io/clock.h"
#include "io/loop.h"
#include "io/privilege.h"
#include "io/sandbox.h"
#include "tests/unit/child.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

/* The call fails with EPERM. Each is one that without the filter would succeed, or fail otherwise.
 */
#define REFUSED(call)                                        \
	do {                                                 \
		errno = 0;                                   \
		CHECK((long)(call) == -1 && errno == EPERM); \
	} while (0)

static void enter(void)
{
	CHECK(privilege_drop() == 0);
	CHECK(sandbox_enter() == 0);
}

static void status_says_so(void)
{
	int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	CHECK(status >= 0);
	enter();
	CHECK(status_field(status, "CapPrm", 16) == 0);
	CHECK(status_field(status, "CapEff", 16) == 0);
	CHECK(status_field(status, "CapInh", 16) == 0);
	CHECK(status_field(status, "CapAmb", 16) == 0);
	CHECK(status_field(status, "NoNewPrivs", 10) == 1);
	CHECK(status_field(status, "Seccomp", 10) == 2);
}

static void test_status_says_so(void **state)
{
	(void)state;
	assert_int_equal(in_child(status_says_so), 0);
}

static void no_program(void)
{
	enter();
	char *const arguments[] = { (char[]){ "x" }, NULL };
	REFUSED(execve("/nonexistent", arguments, arguments));
	REFUSED(syscall(SYS_execveat, AT_FDCWD, "/nonexistent", NULL, NULL, 0));
	REFUSED(syscall(SYS_clone3, NULL, 0));
#ifndef SANITIZED /* LeakSanitizer needs both */
	REFUSED(fork());
	REFUSED(vfork());
	REFUSED(ptrace(PTRACE_PEEKDATA, -1, NULL, NULL));
#endif
}

static void test_no_program(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_program), 0);
}

static void no_file_opened(void)
{
	enter();
#ifndef SANITIZED /* which reads /proc */
	REFUSED(open("/dev/null", O_RDONLY | O_CLOEXEC));
#endif
	struct stat status;
	REFUSED(stat("/nonexistent/x", &status));
	REFUSED(access("/nonexistent/x", F_OK));
	REFUSED(chdir("/nonexistent/x"));
	REFUSED(open("/dev/null", O_WRONLY | O_CLOEXEC));
	REFUSED(open("/dev/null", O_RDWR | O_CLOEXEC));
	REFUSED(open("/nonexistent/x", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
	REFUSED(open("/nonexistent/x", O_RDONLY | O_TRUNC | O_CLOEXEC));
	REFUSED(open("/nonexistent/x", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	REFUSED(unlink("/nonexistent/x"));
	REFUSED(rename("/nonexistent/x", "/nonexistent/y"));
	REFUSED(mkdir("/nonexistent/x/y", 0700));
	REFUSED(chmod("/nonexistent/x", 0700));
	REFUSED(truncate("/nonexistent/x", 0));
	REFUSED(ftruncate(-1, 0));
}

static void test_no_file_opened(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_file_opened), 0);
}

static void no_other_socket(void)
{
	enter();
	REFUSED(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	REFUSED(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	REFUSED(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	REFUSED(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_SCTP));
	REFUSED(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_UDP));
	REFUSED(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 262)); /* MPTCP */
	REFUSED(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
	REFUSED(socket(AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	REFUSED(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
	int fds[2];
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	REFUSED(listen(-1, 1));
	REFUSED(accept4(-1, NULL, NULL, 0));
}

static void test_no_other_socket(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_other_socket), 0);
}

static void no_code_and_no_reach(void)
{
	long page = sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                    -1, 0);
	CHECK(memory != MAP_FAILED);
	pid_t parent = getppid();
	enter();
	REFUSED(mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	             0));
	REFUSED(mprotect(memory, (size_t)page, PROT_READ | PROT_EXEC));
	CHECK(!mprotect(memory, (size_t)page, PROT_READ));
	REFUSED(kill(parent, 0));
	REFUSED(ioctl(-1, TIOCSTI, "x"));
	REFUSED(fcntl(0, F_SETOWN, getpid()));
#ifndef SANITIZED /* whose file of memory maps must not be 0 to 2 */
	REFUSED(dup(0));
#endif
	struct rlimit limit;
	CHECK(!getrlimit(RLIMIT_CORE, &limit));
	limit.rlim_cur = 0;
	REFUSED(setrlimit(RLIMIT_CORE, &limit));
	REFUSED(syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(syscall(SYS_pidfd_open, parent, 0));
	REFUSED(syscall(SYS_unshare, 0));
	REFUSED(setpriority(PRIO_PROCESS, 0, 0));
	REFUSED(syscall(SYS_add_key, NULL, NULL, NULL, 0, 0));
	REFUSED(syscall(SYS_io_uring_setup, 0, NULL));
}

static void test_no_code_and_no_reach(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_code_and_no_reach), 0);
}

static void told(void *ctx, uint32_t events)
{
	*(uint32_t *)ctx |= events;
}

/* A datagram to oneself, waited for by the engine, and a wait until a deadline. */
static void datagram_through(enum loop_engine engine, int fd)
{
	struct loop *loop;
	uint32_t events = 0;
	char byte = 0;
	CHECK(loop_new(engine, &loop) == 0);
	CHECK(loop_watch(loop, fd, LOOP_READ, told, &events) == 0);
	CHECK(send(fd, "x", 1, 0) == 1);
	CHECK(loop_wait(loop, NSEC_NEVER) == 1 && events == LOOP_READ);
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) == 1 && byte == 'x');
	nsec deadline = clock_now() + NSEC_MS;
	CHECK(loop_wait(loop, deadline) == 0 && clock_now() >= deadline);
	loop_free(loop);
}

static int udp_to_itself(void)
{
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t length = sizeof self;
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	CHECK(fd >= 0);
	CHECK(!bind(fd, (struct sockaddr *)&self, sizeof self));
	CHECK(!getsockname(fd, (struct sockaddr *)&self, &length));
	CHECK(!connect(fd, (struct sockaddr *)&self, length));
	int size = 65536;
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
	return fd;
}

static void loop_and_sockets_work(void)
{
	enter();
	int fd = udp_to_itself();
	datagram_through(LOOP_PPOLL, fd);
	datagram_through(LOOP_EPOLL, fd);
	CHECK(!close(fd));
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && !close(fd));
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	CHECK(fd >= 0 && !close(fd));
	/* Interfaces by name and number: 1 is loopback in every network namespace. */
	char name[IF_NAMESIZE];
	CHECK(if_indextoname(1, name) && if_nametoindex(name) == 1);
}

static void test_loop_and_sockets_work(void **state)
{
	(void)state;
	assert_int_equal(in_child(loop_and_sockets_work), 0);
}

static int descending(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x < y) - (x > y);
}

/* Every call that moves a datagram, there and back. */
static void packets_move(void)
{
	enter();
	int fd = udp_to_itself();
	char in[4] = { 0 };
	struct iovec to = { .iov_base = (char[]){ 'x' }, .iov_len = 1 };
	struct iovec from = { .iov_base = in, .iov_len = sizeof in };
	struct mmsghdr sent = { .msg_hdr = { .msg_iov = &to, .msg_iovlen = 1 } };
	struct mmsghdr received = { .msg_hdr = { .msg_iov = &from, .msg_iovlen = 1 } };
	CHECK(sendmmsg(fd, &sent, 1, 0) == 1 && recvmmsg(fd, &received, 1, 0, NULL) == 1);
	CHECK(sendmsg(fd, &sent.msg_hdr, 0) == 1 && recvmsg(fd, &received.msg_hdr, 0) == 1);
	CHECK(sendto(fd, "x", 1, 0, NULL, 0) == 1 && recvfrom(fd, in, 4, 0, NULL, NULL) == 1);
	CHECK(write(fd, "x", 1) == 1 && read(fd, in, sizeof in) == 1);
	CHECK(writev(fd, &to, 1) == 1 && readv(fd, &from, 1) == 1);
	struct sockaddr_in peer;
	socklen_t length = sizeof peer;
	CHECK(!getpeername(fd, (struct sockaddr *)&peer, &length));
	int error = -1;
	length = sizeof error;
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) && error == 0);
	int waiting = -1;
	CHECK(!ioctl(fd, FIONREAD, &waiting) && waiting == 0);
	int flags = fcntl(fd, F_GETFL);
	CHECK(flags >= 0 && !fcntl(fd, F_SETFL, flags | O_NONBLOCK));
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && !fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK(!shutdown(fd, SHUT_RDWR) && !close(fd));
}

static void test_packets_move(void **state)
{
	(void)state;
	assert_int_equal(in_child(packets_move), 0);
}

/* What the C library does beneath: memory that grows, sorting, standard output to a file. */
static void library_works(void)
{
	FILE *sink = fopen("/dev/null", "w");
	CHECK(sink);
	static const int signals[] = { SIGUSR1 };
	enter();
	size_t count = 1 << 20;
	int *numbers = malloc(count / 4 * sizeof *numbers);
	CHECK(numbers);
	int *more = realloc(numbers, count * sizeof *more);
	CHECK(more);
	for (size_t i = 0; i < count; i++)
		more[i] = (int)(i * 2654435761u >> 8);
	qsort(more, count, sizeof *more, descending);
	CHECK(more[0] >= more[count - 1]);
	free(more);
	struct stat status;
	CHECK(!fstat(fileno(sink), &status) && S_ISCHR(status.st_mode));
	CHECK(fprintf(sink, "%f\n", 1.5) == 9 && !fflush(sink) && !fclose(sink));
	int fd = loop_signals(signals, 1);
	CHECK(fd >= 0);
	CHECK(!raise(SIGUSR1) && !kill(getpid(), SIGUSR1));
	CHECK(loop_next_signal(fd) == SIGUSR1);
	CHECK(!isatty(fd));
}

static void test_library_works(void **state)
{
	(void)state;
	assert_int_equal(in_child(library_works), 0);
}

static void abort_inside(void)
{
	struct rlimit none = { 0 };
	CHECK(!setrlimit(RLIMIT_CORE, &none));
	enter();
	abort();
}

/* A failed assertion must still be one. */
static void test_abort_is_an_abort(void **state)
{
	(void)state;
	int status = in_child(abort_inside);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void exit_inside(void)
{
	enter();
	exit(0);
}

/* Also with LeakSanitizer, which looks around at exit and then needs more than anything else. */
static void test_exit_is_an_exit(void **state)
{
	(void)state;
	assert_int_equal(in_child(exit_inside), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_says_so),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_no_file_opened),
		cmocka_unit_test(test_no_other_socket),
		cmocka_unit_test(test_no_code_and_no_reach),
		cmocka_unit_test(test_loop_and_sockets_work),
		cmocka_unit_test(test_packets_move),
		cmocka_unit_test(test_library_works),
		cmocka_unit_test(test_abort_is_an_abort),
		cmocka_unit_test(test_exit_is_an_exit),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL) != 0;
}

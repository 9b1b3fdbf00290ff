#include "io/sandbox.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Allowed whatever the arguments. What an architecture does not have, libseccomp leaves out. */
static const int calls[] = {
	/* the way of a packet */
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	/* waiting */
	SCMP_SYS(ppoll),
	SCMP_SYS(poll),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(restart_syscall),
	/* sockets, once socket() has let them be; getsockname tells the source of a route */
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	SCMP_SYS(close),
	/* files that are open */
	SCMP_SYS(fstat),
	SCMP_SYS(lseek),
	/* memory, beside mmap and mprotect */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	/* signals, and the way out */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* questions; sysinfo is qsort's */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
#ifdef SANITIZED
	/* AddressSanitizer reads /proc, LeakSanitizer traces the process from a clone of it. */
	SCMP_SYS(clone),
	SCMP_SYS(dup), /* what it opens shall not be 0 to 2, and those are closed by then */
	SCMP_SYS(getdents),
	SCMP_SYS(getdents64),
	SCMP_SYS(getppid),
	SCMP_SYS(prctl),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(ptrace),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(wait4),
#endif
};

/* Terminals and interfaces. Not TIOCSTI, which types on the user's behalf. */
static const unsigned long ioctls[] = {
	TCGETS,    TCGETS2,  TCSETS,      TCSETSW,      TCSETSF,      TIOCGWINSZ,
	TIOCGPGRP, FIONREAD, SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFMTU,
};

static const int fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };

/* What the resolver and the unprivileged transports open, and what asks for routes. */
static const struct {
	int domain, type, protocol;
} sockets[] = {
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_UDP },
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM, IPPROTO_TCP },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_STREAM, IPPROTO_TCP },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE },
};

/* The bits of the mask in an argument are these. */
static struct scmp_arg_cmp bits(unsigned int argument, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){
		.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};
}

/* The argument, of which the kernel takes an int, is this; the upper half of the register may hold
 * anything. */
static struct scmp_arg_cmp is_int(unsigned int argument, int value)
{
	return bits(argument, UINT32_MAX, (uint32_t)value);
}

static int allow(scmp_filter_ctx filter, int call, unsigned int count,
                 const struct scmp_arg_cmp *arguments)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, arguments);
}

static int allow_calls(scmp_filter_ctx filter)
{
	int error = 0;
	for (size_t i = 0; i < COUNT(calls) && !error; i++)
		error = allow(filter, calls[i], 0, NULL);
	return error;
}

static int allow_sockets(scmp_filter_ctx filter)
{
	int error = 0;
	for (size_t i = 0; i < COUNT(sockets) && !error; i++) {
		const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
		const struct scmp_arg_cmp arguments[] = {
			is_int(0, sockets[i].domain),
			bits(1, UINT32_MAX & ~(uint32_t)flags, (uint32_t)sockets[i].type),
			is_int(2, sockets[i].protocol),
		};
		error = allow(filter, SCMP_SYS(socket), COUNT(arguments), arguments);
	}
	return error;
}

static int allow_controls(scmp_filter_ctx filter)
{
	int error = 0;
	for (size_t i = 0; i < COUNT(ioctls) && !error; i++) {
		struct scmp_arg_cmp request = bits(1, UINT32_MAX, ioctls[i]);
		error = allow(filter, SCMP_SYS(ioctl), 1, &request);
	}
	for (size_t i = 0; i < COUNT(fcntls) && !error; i++) {
		struct scmp_arg_cmp command = is_int(1, fcntls[i]);
		error = allow(filter, SCMP_SYS(fcntl), 1, &command);
	}
	return error;
}

/* Descriptors that are open; no file is opened any more, not even to read. */
static int allow_files(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp of_descriptor = bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH);
	int error = allow(filter, SCMP_SYS(newfstatat), 1, &of_descriptor);
#ifdef SANITIZED
	const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	const struct scmp_arg_cmp open_to_read = bits(1, writing, O_RDONLY);
	const struct scmp_arg_cmp openat_to_read = bits(2, writing, O_RDONLY);
	if (!error)
		error = allow(filter, SCMP_SYS(open), 1, &open_to_read);
	if (!error)
		error = allow(filter, SCMP_SYS(openat), 1, &openat_to_read);
#endif
	return error;
}

/* No memory becomes code. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp data_only = bits(2, PROT_EXEC, 0);
	int error = allow(filter, SCMP_SYS(mmap), 1, &data_only);
	return error ? error : allow(filter, SCMP_SYS(mprotect), 1, &data_only);
}

/* abort, a suspended terminal, limits that are only read. */
static int allow_self(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp own = is_int(0, getpid());
	const struct scmp_arg_cmp no_new_limit = { .arg = 2, .op = SCMP_CMP_EQ };
	int error = allow(filter, SCMP_SYS(tgkill), 1, &own);
	if (!error)
		error = allow(filter, SCMP_SYS(kill), 1, &own);
	return error ? error : allow(filter, SCMP_SYS(prlimit64), 1, &no_new_limit);
}

static int build(scmp_filter_ctx filter)
{
	static int (*const parts[])(scmp_filter_ctx) = { allow_calls, allow_sockets, allow_controls,
		                                         allow_files, allow_memory,  allow_self };
	/* Calls in another convention of the machine (i386 on x86-64) are refused, not killed. */
	int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	for (size_t i = 0; i < COUNT(parts) && !error; i++)
		error = parts[i](filter);
	return error;
}

int sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	int error = build(filter);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

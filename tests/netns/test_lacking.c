/* On a kernel that lacks something, simulated by seccomp: what is left works, and says what it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sonde/sonde.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"

static struct events events;

static void refuse(scmp_filter_ctx filter, int call, int error, struct scmp_arg_cmp argument)
{
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error), call, 1, argument) != 0)
		_exit(101);
}

/* SCMP_A1(SCMP_CMP_EQ, value) and its like, without the second operand they leave out. */
static struct scmp_arg_cmp equals(unsigned int arg, scmp_datum_t value)
{
	return (struct scmp_arg_cmp){ .arg = arg, .op = SCMP_CMP_EQ, .datum_a = value };
}

static void refuse_option(scmp_filter_ctx filter, int level, int name, int error)
{
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error), SCMP_SYS(setsockopt), 2,
	                     equals(1, (unsigned int)level), equals(2, (unsigned int)name)) != 0)
		_exit(101);
}

/* In a child: its exit status is the number of the line that was not so, modulo 256; 0 for none. */
#define EXPECT(condition)                \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)

static void run(void (*lack)(scmp_filter_ctx filter), int (*work)(enum transport_mode mode))
{
	const enum transport_mode modes[] = { TRANSPORT_RAW, TRANSPORT_DGRAM };
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
			if (!filter)
				_exit(100);
			lack(filter);
			if (seccomp_load(filter) != 0)
				_exit(100);
			seccomp_release(filter);
			_exit(work(modes[i]));
		}
		int status = -1;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

/* One probe to each, within a test that cannot fail by jumping: the child has no test around it. */
static bool echoes(struct net *net, const char *target, uint64_t token, const struct reply **reply)
{
	struct probe probe = exchanging_probe(target, token);
	struct sent sent;
	net->ops->send(net, &probe, 1, &sent);
	events.count = 0;
	if (sent.error || exchanging_wait(net, &events, NET_REPLY, 1, 2000) != 1)
		return false;
	const struct net_event *e = exchanging_find(&events, NET_REPLY, token);
	*reply = e ? &e->reply : NULL;
	return e && e->reply.kind == REPLY_ECHO;
}

static void lack_ipv6(scmp_filter_ctx filter)
{
	refuse(filter, SCMP_SYS(socket), EAFNOSUPPORT, equals(0, AF_INET6));
}

static int work_with_ipv4(enum transport_mode mode)
{
	struct transport_config config = exchanging_config(mode);
	struct transport_info info;
	struct net *net = NULL;
	const struct reply *r;
	/* -B looks for sources, in both families. */
	config.bind_source = true;
	EXPECT(transport_open(&config, &net, &info) == 0);
	EXPECT(info.ipv4 && !info.ipv6);
	EXPECT(echoes(net, "127.0.0.1", 1, &r));
	struct probe probe = exchanging_probe("::1", 2);
	struct sent sent;
	net->ops->send(net, &probe, 1, &sent);
	EXPECT(sent.error == EAFNOSUPPORT);
	net->ops->free(net);

	config.ipv4 = false;
	net = NULL;
	EXPECT(transport_open(&config, &net, &info) == -EAFNOSUPPORT);
	EXPECT(info.error == EAFNOSUPPORT && strncmp(info.what, "socket(AF_INET6", 15) == 0);
	EXPECT(net == NULL);
	struct addr source;
	EXPECT(transport_source(&probe.dst, NULL, 0, &source) == -EAFNOSUPPORT);
	return 0;
}

static void nothing(void *user, const struct sonde_event *event)
{
	(void)user;
	(void)event;
}

static int embed_with_ipv4(enum transport_mode mode)
{
	const uint32_t families[] = { 0, SONDE_IPV4, SONDE_IPV4 | SONDE_IPV6 };
	struct sonde_config config;
	struct sonde *s;
	sonde_config_init(&config, sizeof config);
	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		config.flags = families[i] | (mode == TRANSPORT_RAW ? SONDE_RAW : SONDE_DGRAM);
		EXPECT(sonde_new(&config, nothing, NULL, &s) == 0);
		EXPECT(sonde_is_raw(s) == (mode == TRANSPORT_RAW));
		EXPECT(sonde_add(s, "::1", NULL) == -EAFNOSUPPORT);
		EXPECT(sonde_add(s, "127.0.0.1", NULL) == 0);
		sonde_free(s);
	}
	config.flags = SONDE_IPV6 | (mode == TRANSPORT_RAW ? SONDE_RAW : SONDE_DGRAM);
	EXPECT(sonde_new(&config, nothing, NULL, &s) == -EAFNOSUPPORT);
	return 0;
}

static void without_ipv6_there_is_ipv4(void **state)
{
	(void)state;
	run(lack_ipv6, work_with_ipv4);
	run(lack_ipv6, embed_with_ipv4);
}

static void lack_stamps(scmp_filter_ctx filter)
{
	refuse_option(filter, SOL_SOCKET, SO_TIMESTAMPING, EINVAL);
}

static int work_in_user_time(enum transport_mode mode)
{
	struct transport_config config = exchanging_config(mode);
	struct transport_info info;
	struct net *net = NULL;
	const struct reply *r;
	EXPECT(transport_open(&config, &net, &info) == 0);
	EXPECT(!info.send_stamps && !info.receive_stamps);
	for (uint64_t i = 0; i < 10; i++) {
		EXPECT(echoes(net, i % 2 ? "::1" : "127.0.0.1", i, &r));
		EXPECT(r->flags == REPLY_USER_TIME);
		EXPECT(r->time >= r->sent);
	}
	net->ops->free(net);
	return 0;
}

static void without_stamps_there_is_user_time(void **state)
{
	(void)state;
	run(lack_stamps, work_in_user_time);
}

static void lack_filters(scmp_filter_ctx filter)
{
	refuse_option(filter, SOL_SOCKET, SO_ATTACH_FILTER, ENOMEM);
}

static int work_unfiltered(enum transport_mode mode)
{
	struct transport_config config = exchanging_config(mode);
	struct transport_info info;
	struct net *net = NULL;
	const struct reply *r;
	EXPECT(transport_open(&config, &net, &info) == 0);
	/* The kernel sorts for ping sockets in any case. */
	EXPECT(info.filtered == (mode == TRANSPORT_DGRAM));
	EXPECT(echoes(net, "127.0.0.1", 1, &r) && echoes(net, "::1", 2, &r));
	net->ops->free(net);
	return 0;
}

static void without_filters_all_is_sorted_here(void **state)
{
	(void)state;
	run(lack_filters, work_unfiltered);
}

static void lack_marks(scmp_filter_ctx filter)
{
	refuse_option(filter, SOL_SOCKET, SO_MARK, EPERM);
	refuse_option(filter, SOL_SOCKET, SO_RCVBUFFORCE, EPERM);
	refuse_option(filter, SOL_SOCKET, SO_RXQ_OVFL, ENOPROTOOPT);
	refuse_option(filter, IPPROTO_IP, IP_RECVFRAGSIZE, ENOPROTOOPT);
	refuse_option(filter, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, ENOPROTOOPT);
	refuse_option(filter, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, ENOPROTOOPT);
}

static int work_unmarked(enum transport_mode mode)
{
	struct transport_config config = exchanging_config(mode);
	struct transport_info info;
	struct net *net = NULL;
	const struct reply *r;
	config.mark = 7;
	config.mark_set = true;
	EXPECT(transport_open(&config, &net, &info) == 0);
	EXPECT(info.mark_refused);
	EXPECT(echoes(net, "127.0.0.1", 1, &r) && echoes(net, "::1", 2, &r));
	net->ops->free(net);
	return 0;
}

static void what_is_only_useful_may_be_refused(void **state)
{
	(void)state;
	run(lack_marks, work_unmarked);
}

static void lack_header_options(scmp_filter_ctx filter)
{
	refuse_option(filter, IPPROTO_IP, IP_TTL, EDOM);
}

static int work_not_at_all(enum transport_mode mode)
{
	struct transport_config config = exchanging_config(mode);
	struct transport_info info;
	struct net *net = NULL;
	EXPECT(transport_open(&config, &net, &info) == -EDOM);
	EXPECT(info.error == EDOM && strcmp(info.what, "setsockopt(IP_TTL)") == 0);
	EXPECT(net == NULL);
	return 0;
}

static void what_was_asked_for_may_not(void **state)
{
	(void)state;
	run(lack_header_options, work_not_at_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_ipv6_there_is_ipv4),
		cmocka_unit_test(without_stamps_there_is_user_time),
		cmocka_unit_test(without_filters_all_is_sorted_here),
		cmocka_unit_test(what_is_only_useful_may_be_refused),
		cmocka_unit_test(what_was_asked_for_may_not),
	};
	exchanging_permit(NULL);
	return cmocka_run_group_tests_name("lacking", tests, NULL, NULL) != 0;
}

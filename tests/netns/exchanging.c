#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "io/clock.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"

void exchanging_permit(const char *name)
{
	char script[128];
	(void)snprintf(script, sizeof(script),
	               "%s%s sh -c 'echo 0 0 >/proc/sys/net/ipv4/ping_group_range'",
	               name ? "ns " : "", name ? name : "");
	netns_run(script);
}

struct transport_config exchanging_config(enum transport_mode mode)
{
	struct transport_config config = {
		.mode = mode,
		.ipv4 = true,
		.ipv6 = true,
		.exchange = { .sport_base = 33000,
		              .flight_limit = 65536,
		              .flight_keep = 60 * NSEC_S },
		.ttl = 64,
	};
	assert_int_equal(transport_random(&config.exchange.key, &config.exchange.id_base), 0);
	return config;
}

struct net *exchanging_open(const struct transport_config *config, struct transport_info *info)
{
	struct net *net = NULL;
	int error = transport_open(config, &net, info);
	if (error)
		fail_msg("%s: %s", info->what, strerror(-error));
	return net;
}

struct addr exchanging_addr(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}

struct probe exchanging_probe(const char *dst, uint64_t token)
{
	struct addr a = exchanging_addr(dst);
	return (struct probe){
		.token = token,
		.dst = a,
		.size = a.family == 4 ? 84 : 104,
		.kind = PROBE_ECHO,
		.ttl = 64,
	};
}

int exchanging_send(struct net *net, const struct probe *probe)
{
	struct sent sent = { .error = -1 };
	net->ops->send(net, probe, 1, &sent);
	assert_int_equal(sent.token, probe->token);
	return sent.error;
}

static size_t count_kind(const struct events *events, enum net_event_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < events->count; i++)
		n += events->list[i].kind == kind;
	return n;
}

static int wait_for_any(struct net *net, int ms)
{
	int fds[8];
	struct pollfd polls[8];
	size_t used = net->ops->fds(net, fds, 8);
	for (size_t i = 0; i < used; i++)
		polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	return poll(polls, used, ms);
}

bool exchanging_is_quiet(struct net *net, struct events *events)
{
	for (int turn = 0; turn < 3; turn++) {
		if (wait_for_any(net, 20) == 0)
			return true;
		events->count = 0;
		(void)net->ops->receive(net, events->list, 64);
	}
	return false;
}

size_t exchanging_wait(struct net *net, struct events *events, enum net_event_kind kind,
                       size_t count, int ms)
{
	nsec deadline = clock_now() + ms * NSEC_MS;
	for (;;) {
		assert_true(events->count + 64 <= EVENTS_MAX);
		size_t n = net->ops->receive(net, events->list + events->count, 64);
		events->count += n;
		nsec left = deadline - clock_now();
		if (count_kind(events, kind) >= count || left <= 0)
			return count_kind(events, kind);
		if (n > 0)
			continue;
		(void)wait_for_any(net, (int)(left / NSEC_MS) + 1);
	}
}

const struct net_event *exchanging_find(const struct events *events, enum net_event_kind kind,
                                        uint64_t token)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct net_event *e = &events->list[i];
		if (e->kind != kind)
			continue;
		if (kind == NET_SENT ? e->sent.token == token : e->reply.token == token)
			return e;
	}
	return NULL;
}

const struct reply *exchanging_ask(struct net *net, struct events *events,
                                   const struct probe *probe)
{
	events->count = 0;
	assert_int_equal(exchanging_send(net, probe), 0);
	assert_true(exchanging_wait(net, events, NET_REPLY, 1, 2000) >= 1);
	const struct net_event *e = exchanging_find(events, NET_REPLY, probe->token);
	assert_non_null(e);
	return &e->reply;
}

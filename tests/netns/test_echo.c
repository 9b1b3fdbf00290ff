/* Echo with the kernel's own stack, on lo and over one link: both transports, both families, with
 * headers of the kernel's and of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "io/clock.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"

static struct events events;

struct way {
	enum transport_mode mode;
	bool own_header;
};

static const struct way ways[] = {
	{ TRANSPORT_RAW, false },
	{ TRANSPORT_RAW, true },
	{ TRANSPORT_DGRAM, false },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static struct net *open_way(const struct way *way, struct transport_info *info)
{
	struct transport_config config = exchanging_config(way->mode);
	config.own_header = way->own_header;
	struct net *net = exchanging_open(&config, info);
	assert_int_equal(info->mode, way->mode);
	assert_string_equal(net->ops->name, way->mode == TRANSPORT_RAW ? "raw" : "dgram");
	assert_true(info->send_stamps && info->receive_stamps && info->filtered);
	return net;
}

/* dgram tells no checksums; otherwise all is known of a reply. */
static void check(const struct reply *r, const struct probe *probe, const char *source)
{
	struct addr src = exchanging_addr(source);
	assert_int_equal(r->kind, REPLY_ECHO);
	assert_int_equal(r->flags & ~(uint32_t)REPLY_USER_TIME, 0);
	assert_true(addr_equal(&r->from, &probe->dst));
	assert_true(addr_equal(&r->to, &src));
	assert_int_equal(r->ttl, 64);
	assert_int_equal(r->tos, probe->tos);
	assert_int_equal(r->bytes, probe->size - (probe->dst.family == 4 ? 20 : 40));
	assert_int_equal(r->payload.length, r->bytes - 8);
	assert_true(r->time >= r->sent);
	assert_true(r->time - r->sent < NSEC_S);
	assert_int_equal(r->wrong_at, -1);
}

static void every_way_gets_its_answer_on_lo(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct transport_info info;
		struct net *net = open_way(&ways[i], &info);
		struct probe four = exchanging_probe("127.0.0.1", 1);
		check(exchanging_ask(net, &events, &four), &four, "127.0.0.1");
		struct probe six = exchanging_probe("::1", 2);
		check(exchanging_ask(net, &events, &six), &six, "::1");
		net->ops->free(net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_gets_its_answer_on_lo),
	};
	netns_run("echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range");
	return cmocka_run_group_tests_name("echo", tests, NULL, NULL) != 0;
}

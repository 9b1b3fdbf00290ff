#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "algo/ping.h"
#include "tests/sim/net_sim.h"

static const char path[] = "source me 198.18.0.1 2001:db8::1\n"
                           "router r1 198.18.1.1 2001:db8:1::1\n"
                           "router r2 198.18.2.1 2001:db8:2::1\n"
                           "host target 198.18.9.9 2001:db8:9::9\n"
                           "link me r1 delay 1ms\n"
                           "link r1 r2 delay 2ms\n"
                           "link r2 target delay 3ms\n";

static void quiet(void *ctx, const struct report *report)
{
	(void)ctx;
	(void)report;
}

static void test_ping(void **state)
{
	(void)state;
	struct topo topo;
	struct topo_error error;
	assert_true(topo_parse(&topo, path, sizeof path - 1, &error));
	struct exchange_config x = net_sim_exchange(1);
	struct net_sim *n = net_sim_new(&topo, 1, &x);
	struct ping_config config = {
		.interval = NSEC_S, .count = 5, .size = 56, .ttl = 64, .preload = 1
	};
	struct ping *ping = ping_new(&config, net_sim_now(n));
	struct report_target target = { .name = "t" };
	addr_parse("198.18.9.9", &target.addr);
	ping_add(ping, &target, net_sim_now(n));
	addr_parse("2001:db8:9::9", &target.addr);
	ping_add(ping, &target, net_sim_now(n));
	ping_seal(ping);
	static struct drive d;
	drive_init(&d, ping_algo(ping), net_sim_net(n), net_sim_clock, n, quiet, NULL);
	assert_true(net_sim_run(n, &d, 100 * NSEC_S));
	for (uint32_t i = 0; i < 2; i++) {
		const struct report_ping_totals *t = ping_totals(ping, i, net_sim_now(n));
		assert_int_equal(t->sent, 5);
		assert_int_equal(t->received, 5);
		assert_int_equal(t->rtt->min, 12 * NSEC_MS);
		assert_int_equal(t->rtt->max, 12 * NSEC_MS);
	}
	ping_algo(ping)->ops->free(ping_algo(ping));
	net_sim_net(n)->ops->free(net_sim_net(n));
	topo_release(&topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ping) };
	return cmocka_run_group_tests_name("sim", tests, NULL, NULL) != 0;
}

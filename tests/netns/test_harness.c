/* The harness itself: a chain forwards both families, errors come from where they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if.h>
#include "tests/netns/netns.h"

static void chain_reaches_its_end(void **state)
{
	(void)state;
	netns_run("ns_chain client r1 r2 target");
	netns_run("ns client ping -q -c 1 -W 2 198.18.3.2 >/dev/null");
	netns_run("ns client ping -q -c 1 -W 2 2001:db8:3::2 >/dev/null");
	netns_run("ns target ping -q -c 1 -W 2 198.18.1.1 >/dev/null");
}

static void a_low_ttl_ends_at_the_router_it_counts_to(void **state)
{
	(void)state;
	netns_run("! said=$(ns client ping -n -c 1 -W 2 -t 2 198.18.3.2);"
	          "[[ $said == *'From 198.18.2.2 icmp_seq=1 Time to live exceeded'* ]]");
	netns_run("! said=$(ns client ping -n -c 1 -W 2 -t 1 2001:db8:3::2);"
	          "[[ $said == *'From 2001:db8:1::2 icmp_seq=1 Time exceeded'* ]]");
}

static void switch_moves_and_home_comes_back(void **state)
{
	(void)state;
	assert_int_equal(if_nametoindex("next"), 0);
	netns_switch("client");
	assert_int_not_equal(if_nametoindex("next"), 0);
	assert_int_equal(if_nametoindex("prev"), 0);
	netns_home();
	assert_int_equal(if_nametoindex("next"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_reaches_its_end),
		cmocka_unit_test(a_low_ttl_ends_at_the_router_it_counts_to),
		cmocka_unit_test(switch_moves_and_home_comes_back),
	};
	return cmocka_run_group_tests_name("harness", tests, NULL, NULL) != 0;
}

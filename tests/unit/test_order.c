#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/order.h"

/* Destinations in the order they should have, each with the source the kernel would take. */
struct pair {
	const char *destination;
	const char *source; /* NULL for no way */
};

static struct addr parse(const char *text)
{
	struct addr a = { .family = 0 };
	if (text)
		assert_true(addr_parse(text, &a));
	return a;
}

/* Whatever order two come in, the first is the better one. */
static void assert_better(struct pair better, struct pair worse)
{
	for (int turn = 0; turn < 2; turn++) {
		struct addr addrs[2], sources[2];
		addrs[turn] = parse(better.destination);
		sources[turn] = parse(better.source);
		addrs[!turn] = parse(worse.destination);
		sources[!turn] = parse(worse.source);
		struct addr wanted = addrs[turn], other = addrs[!turn];
		order_addrs(addrs, sources, 2);
		assert_true(addr_equal(&addrs[0], &wanted));
		assert_true(addr_equal(&addrs[1], &other));
	}
}

#define BETTER(d1, s1, d2, s2) assert_better((struct pair){ d1, s1 }, (struct pair){ d2, s2 })

/* The examples of RFC 6724, 10.2, that need no home and no deprecated address. */
static void test_examples_of_the_rfc(void **state)
{
	(void)state;
	BETTER("2001:db8::1", "2001:db8::2", "198.51.100.121", "169.254.13.78");
	BETTER("198.51.100.121", "198.51.100.117", "2001:db8::1", "fe80::1");
	BETTER("2001:db8::1", "2001:db8::2", "10.1.2.3", "10.1.2.4");
	BETTER("fe80::1", "fe80::2", "2001:db8::1", "2001:db8::2");
	BETTER("2001:db8:1::1", "2001:db8:1::2", "2001:db8:3ffe::1", "2001:db8:3f44::2");
	BETTER("2002:c633:6401::1", "2002:c633:6401::2", "2001:db8:1::1", "2002:c633:6401::2");
	BETTER("2001:db8:1::1", "2001:db8:1::2", "2002:c633:6401::1", "2002:c633:6401::2");
}

static void test_unreachable_is_last(void **state)
{
	(void)state;
	BETTER("198.51.100.1", "169.254.1.1", "2001:db8::1", NULL);
	BETTER("198.51.100.1", "198.51.100.2", "fe80::1", NULL);
	BETTER("2001:db8::1", "fe80::1", "198.51.100.1", NULL);
}

/* The policy table, row by row: each against a row with another precedence, labels matching. */
static void test_policy_table(void **state)
{
	(void)state;
	BETTER("2001:db8::1", "2001:db8::2", "198.51.100.1", "198.51.100.2");
	BETTER("198.51.100.1", "198.51.100.2", "2002:c633:6401::1", "2002:c633:6401::2");
	BETTER("2002:c633:6401::1", "2002:c633:6401::2", "2001::1", "2001::2");
	BETTER("2001::1", "2001::2", "fd00::1", "fd00::2");
	BETTER("fd00::1", "fd00::2", "::5.6.7.8", "::5.6.7.9");
	BETTER("fd00::1", "fd00::2", "3ffe::1", "3ffe::2");
	BETTER("fd00::1", "fd00::2", "fec0::1", "fec0::2");
	BETTER("::1", "::1", "2001:db8::1", "2001:db8::2");
	/* Labels: an address of its own kind as source, whatever the precedence. */
	BETTER("fd00::1", "fd00::2", "2001:db8::1", "fd00::2");
	BETTER("2001::1", "2001::2", "2001:db8::1", "2001::2");
	BETTER("::5.6.7.8", "::5.6.7.9", "2001:db8::1", "::5.6.7.9");
	BETTER("3ffe::1", "3ffe::2", "2001:db8::1", "3ffe::2");
	BETTER("198.51.100.1", "198.51.100.2", "2001:db8::1", "2002::1");
}

static void test_scopes(void **state)
{
	(void)state;
	/* A multicast scope is the one in the address; loopback and link-local are of the link. */
	BETTER("ff02::1", "fe80::1", "ff0e::1", "fe80::1");
	BETTER("ff0e::1", "2001:db8::1", "ff02::1", "2001:db8::1");
	BETTER("127.0.0.1", "127.0.0.1", "198.51.100.1", "127.0.0.1");
	BETTER("169.254.0.1", "169.254.0.2", "198.51.100.1", "198.51.100.2");
	BETTER("fec0::1", "fec0::2", "2001:db8::1", "fec0::2");
	/* Private IPv4 is global (3.2): nothing tells these apart but the order they came in. */
	struct addr addrs[2] = { parse("198.51.100.1"), parse("10.0.0.1") };
	struct addr sources[2] = { parse("198.51.100.2"), parse("10.0.0.2") };
	order_addrs(addrs, sources, 2);
	assert_int_equal(addr_to_v4(&addrs[0]), 0xc6336401);
}

/* The longest prefix counts 64 bits at most and for IPv6 alone; equally good ones keep their order.
 */
static void test_prefixes_and_stability(void **state)
{
	(void)state;
	struct addr addrs[] = { parse("2001:db8::ff00"), parse("2001:db8::1"),
		                parse("2001:db8::3") };
	struct addr sources[] = { parse("2001:db8::2"), parse("2001:db8::2"),
		                  parse("2001:db8::2") };
	order_addrs(addrs, sources, 3);
	assert_int_equal(addrs[0].bytes[14], 0xff);
	assert_int_equal(addrs[1].bytes[15], 1);
	assert_int_equal(addrs[2].bytes[15], 3);
	BETTER("2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1", "2001:db8:0:1::2");

	struct addr quads[] = { parse("203.0.113.1"), parse("198.51.100.1") };
	struct addr same[] = { parse("198.51.100.2"), parse("198.51.100.2") };
	order_addrs(quads, same, 2);
	assert_int_equal(addr_to_v4(&quads[0]), 0xcb007101);
}

static void test_as_many_as_there_may_be(void **state)
{
	(void)state;
	struct addr addrs[ORDER_MAX], sources[ORDER_MAX];
	for (uint32_t i = 0; i < ORDER_MAX; i++) {
		addrs[i] = addr_v4(0xc6336400 + i);
		sources[i] = (struct addr){ .family = i % 2 ? 4 : 0 };
	}
	order_addrs(addrs, sources, ORDER_MAX);
	for (uint32_t i = 0; i < ORDER_MAX / 2; i++) {
		assert_int_equal(addr_to_v4(&addrs[i]), 0xc6336400 + 2 * i + 1);
		assert_int_equal(addr_to_v4(&addrs[i + ORDER_MAX / 2]), 0xc6336400 + 2 * i);
	}
	order_addrs(addrs, sources, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples_of_the_rfc),
		cmocka_unit_test(test_unreachable_is_last),
		cmocka_unit_test(test_policy_table),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_prefixes_and_stability),
		cmocka_unit_test(test_as_many_as_there_may_be),
	};
	return cmocka_run_group_tests_name("order", tests, NULL, NULL) != 0;
}

/* Limits, judged by a count of tokens of the test's own, and by what was measured on Linux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/simlab.h"
#include "tests/unit/sample.h"

#define PATH                                            \
	"source me 198.18.0.1 198.18.0.2 2001:db8::1\n" \
	"router r 198.18.1.1 2001:db8:1::1 %s\n"        \
	"host t 198.18.9.9 2001:db8:9::9 %s\n"          \
	"link me r\n"                                   \
	"link r t mtu 1400\n"

static const char *const target[] = { "198.18.9.9", "2001:db8:9::9" };

static void open_path(struct simlab *lab, const char *router, const char *host)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, router, host);
	simlab_open(lab, text);
}

/* Whether it is answered at that time after the start. */
static bool answered(struct simlab *lab, nsec at, struct simlab_probe p)
{
	struct simlab_answer a;
	lab->now = NSEC_S + at;
	simlab_send(lab, &p);
	return simlab_take(lab, &a);
}

static unsigned count_answers(struct simlab *lab, nsec from, nsec step, unsigned probes,
                              struct simlab_probe p)
{
	unsigned count = 0;
	for (unsigned i = 0; i < probes; i++)
		count += answered(lab, from + i * step, p);
	return count;
}

/* Linux 6 as measured: icmp_ratelimit of 1000 ms for one destination: 6 at once, then one a second.
 */
static void test_as_linux_does(void **state)
{
	static const char *const linux4 = "limit-peer 1/s burst 6",
	                         *const linux6 = "limit-peer 10/s burst 6";
	struct simlab lab;
	(void)state;
	struct simlab_probe expire = { .dst = target[0], .ttl = 1 };
	open_path(&lab, linux4, "");
	assert_int_equal(count_answers(&lab, 0, NSEC_MS, 100, expire), 6);
	/* For ten seconds every 100 ms: one more in each second since the first. */
	assert_int_equal(count_answers(&lab, 100 * NSEC_MS, 100 * NSEC_MS, 100, expire), 10);
	assert_int_equal(sim_counts(lab.sim)->limited, 100 - 6 + 100 - 10);
	/* After six seconds of rest six again. */
	assert_int_equal(count_answers(&lab, 20 * NSEC_S, NSEC_MS, 100, expire), 6);
	simlab_close(&lab);
	open_path(&lab, linux6, "");
	expire.dst = target[1];
	assert_int_equal(count_answers(&lab, 0, 0, 100, expire), 6);
	assert_int_equal(count_answers(&lab, 0, 10 * NSEC_MS, 101, expire), 10);
	simlab_close(&lab);
}

static void test_each_peer_has_its_bucket(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "limit-peer 1/s burst 6", "limit-peer 1/s burst 3");
	struct simlab_probe p = { .dst = target[0], .ttl = 1 };
	assert_int_equal(count_answers(&lab, 0, 0, 20, p), 6);
	p.src = "198.18.0.2";
	assert_int_equal(count_answers(&lab, 0, 0, 20, p), 6);
	assert_int_equal(
	        count_answers(&lab, 0, 0, 20, (struct simlab_probe){ .dst = target[1], .ttl = 1 }),
	        6);
	/* And each node its own; port unreachables count as errors. */
	assert_int_equal(count_answers(&lab, 0, 0, 20,
	                               (struct simlab_probe){ .dst = target[0],
	                                                      .protocol = IP_PROTOCOL_UDP }),
	                 3);
	simlab_close(&lab);
}

static void test_the_bucket_of_all(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "limit 2/s burst 5", "");
	struct simlab_probe p = { .dst = target[0], .ttl = 1 };
	struct simlab_probe other = { .dst = target[1], .ttl = 1 };
	assert_int_equal(count_answers(&lab, 0, 0, 3, p), 3);
	assert_int_equal(count_answers(&lab, 0, 0, 10, other), 2);
	assert_false(answered(&lab, 499 * NSEC_MS, p));
	assert_true(answered(&lab, 500 * NSEC_MS, p));
	assert_false(answered(&lab, 999 * NSEC_MS, p));
	assert_true(answered(&lab, NSEC_S, p));
	simlab_close(&lab);
}

static void test_both_buckets(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "limit 1000/s burst 4 limit-peer 1/s burst 6", "");
	struct simlab_probe p = { .dst = target[0], .ttl = 1 };
	assert_int_equal(count_answers(&lab, 0, 0, 20, p), 4);
	assert_int_equal(count_answers(&lab, 100 * NSEC_MS, 0, 20, p), 2);
	assert_int_equal(count_answers(&lab, 200 * NSEC_MS, 0, 20, p), 0);
	simlab_close(&lab);
}

static void test_echo_has_its_own(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "limit 1/s burst 1 limit-echo 1/s burst 3");
	for (int f = 0; f < 2; f++)
		assert_int_equal(count_answers(&lab, f * 10 * NSEC_S, 0, 20,
		                               (struct simlab_probe){ .dst = target[f] }),
		                 3);
	assert_int_equal(count_answers(&lab, 10 * NSEC_S, 0, 20,
	                               (struct simlab_probe){ .dst = target[0],
	                                                      .protocol = IP_PROTOCOL_UDP }),
	                 1);
	simlab_close(&lab);
}

static void test_too_big_has_its_own(void **state)
{
	struct simlab lab;
	(void)state;
	struct simlab_probe big = { .dst = target[0], .df = true, .data = 1400 };
	open_path(&lab, "limit 1/s burst 1 limit-peer 1/s burst 1", "");
	assert_int_equal(count_answers(&lab, 0, 0, 20, big), 20);
	simlab_close(&lab);
	open_path(&lab, "limit-ptb 1/s burst 2", "");
	assert_int_equal(count_answers(&lab, 0, 0, 20, big), 2);
	big.dst = target[1];
	assert_int_equal(count_answers(&lab, NSEC_S, 0, 20, big), 1);
	assert_int_equal(count_answers(&lab, NSEC_S, 0, 20,
	                               (struct simlab_probe){ .dst = target[0], .ttl = 1 }),
	                 20);
	simlab_close(&lab);
}

/*
 * At random times, against tokens counted in whole microseconds: 7 a second is a token each 142857
 * us and a bit, so the times are multiples of that.
 */
static void test_against_counted_tokens(void **state)
{
	struct simlab lab;
	struct random random;
	uint64_t tick = 0, tokens = 5 * 10; /* tenths of a token, one for each tick */
	(void)state;
	random_init(&random, sample_seed(6));
	open_path(&lab, "limit 7/s burst 5", "");
	nsec period = (NSEC_S + 3) / 7;
	for (int i = 0; i < 2000; i++) {
		uint64_t ticks = random_below(&random, 15);
		tick += ticks;
		tokens = tokens + ticks > 50 ? 50 : tokens + ticks;
		bool has = tokens >= 10;
		tokens -= has ? 10 : 0;
		nsec at = (nsec)tick * period / 10 + i; /* rounding never takes a token away */
		assert_int_equal(
		        answered(&lab, at, (struct simlab_probe){ .dst = target[0], .ttl = 1 }),
		        has);
	}
	simlab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_linux_does),
		cmocka_unit_test(test_each_peer_has_its_bucket),
		cmocka_unit_test(test_the_bucket_of_all),
		cmocka_unit_test(test_both_buckets),
		cmocka_unit_test(test_echo_has_its_own),
		cmocka_unit_test(test_too_big_has_its_own),
		cmocka_unit_test(test_against_counted_tokens),
	};
	return cmocka_run_group_tests_name("sim_limits", tests, NULL, NULL) != 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "algo/drive.h"
#include "algo/ping.h"
#include "algo/ping_private.h"
#include "tests/unit/alloc_fail.h"

/* A network that answers nothing, needs no memory, and counts. */
static uint64_t sent;

static void count_send(struct net *net, const struct probe *probes, size_t count,
                       struct sent *results)
{
	(void)net;
	for (size_t i = 0; i < count; i++)
		results[i] = (struct sent){ .token = probes[i].token, .time = NSEC_S };
	sent += count;
}

static size_t nothing_received(struct net *net, struct net_event *events, size_t capacity)
{
	(void)net;
	(void)events;
	(void)capacity;
	return 0;
}

static const struct net_ops ops = { .send = count_send, .receive = nothing_received };

static nsec one_second(void *ctx)
{
	(void)ctx;
	return NSEC_S;
}

static uint64_t refusals, summaries;

static void count_report(void *ctx, const struct report *report)
{
	(void)ctx;
	if (report->kind == REPORT_PING_SEND_ERROR)
		assert_int_equal(report->error, ENOMEM);
	refusals += report->kind == REPORT_PING_SEND_ERROR;
	summaries += report->kind == REPORT_PING_SUMMARY;
}

/*
 * 20 targets with 10 probes each: arrays, heap, hash and ring all grow. Whatever allocation fails,
 * a target is added or is not, a probe is sent or told as refused, and all is released.
 */
static void any_allocation_may_fail(void **state)
{
	(void)state;
	struct net net = { .ops = &ops };
	struct drive drive;
	long rounds = 0;
	for (long n = 0; alloc_fail_at(n); n++, rounds++) {
		struct ping_config config = {
			.count = 10, .preload = 10, .interval = 1, .histogram = true
		};
		struct ping *ping = ping_new(&config, NSEC_S);
		if (!ping)
			continue;
		sent = refusals = summaries = 0;
		unsigned added = 0;
		for (uint32_t i = 0; i < 20; i++) {
			struct report_target target = { .name = "a.test",
				                        .canonical = "b.test",
				                        .addr = addr_v4(0xc6336400 + i) };
			int index = ping_add(ping, &target, NSEC_S);
			assert_true(index == -ENOMEM || index == (int)added);
			added += index >= 0;
			assert_int_equal(ping_targets(ping), added);
			assert_int_equal(ping->wake.count, added);
		}
		struct addr addr = addr_v4(0xcb007101);
		ping_readdress(ping, 0, &addr);
		struct algo *algo = ping_algo(ping);
		drive_init(&drive, algo, &net, one_second, NULL, count_report, NULL);
		(void)drive_step(&drive);
		assert_int_equal(sent + refusals, added * 10);
		struct reply reply = { .token = 1, .time = NSEC_S, .kind = REPLY_ECHO };
		algo->ops->on_reply(algo, &reply);
		algo->ops->stop(algo, NSEC_S);
		(void)drive_step(&drive);
		assert_int_equal(summaries, added);
		alloc_fail_never();
		algo->ops->free(algo);
	}
	/* ping, 20 times two strings, and what grows. */
	assert_true(rounds > 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
	};
	return cmocka_run_group_tests_name("ping_alloc", tests, NULL, NULL) != 0;
}

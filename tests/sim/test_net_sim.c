/* The simulated network behind the driver: our own side's faults, fragments, and its clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "algo/ping.h"
#include "tests/sim/net_sim.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

#define PATH                                     \
	"source me 198.18.0.1 2001:db8::1\n"     \
	"router r 198.18.1.1 2001:db8:1::1 %s\n" \
	"host t 198.18.9.9 2001:db8:9::9\n"      \
	"link me r delay 1ms %s\n"               \
	"link r t delay 10ms %s\n"               \
	"local %s\n"

#define RTT (22 * NSEC_MS)

/* A ping of one target, and what it said. */
struct lab {
	struct topo topo;
	struct net_sim *net;
	struct ping *ping;
	struct drive drive;
	struct ping_config config;
	uint64_t said[REPORT_PING_UNRESOLVED + 1];
	uint64_t drops;
	uint32_t fragment_size;
	nsec latest;
	bool user_time, backwards;
	int error;
	uint32_t mtu; /* with it */
	uint8_t error_kind;
};

static void on_report(void *ctx, const struct report *report)
{
	struct lab *lab = ctx;
	lab->said[report->kind]++;
	lab->drops += report->kind == REPORT_DROPS ? report->drops : 0;
	lab->error = report->error ? report->error : lab->error;
	lab->mtu = report->mtu ? report->mtu : lab->mtu;
	if (report->kind == REPORT_PING_REPLY) {
		lab->fragment_size = report->reply->fragment_size;
		lab->user_time = report->reply->flags & REPLY_USER_TIME;
	}
	if (report->kind == REPORT_PING_ERROR)
		lab->error_kind = report->reply->kind;
	if (report->kind == REPORT_PING_REPLY || report->kind == REPORT_PING_LOST) {
		lab->backwards = lab->backwards || report->time < lab->latest;
		lab->latest = report->time;
	}
}

static void open_text(struct lab *lab, const char *text)
{
	struct topo_error error;
	struct exchange_config exchange = net_sim_exchange(7);
	*lab = (struct lab){
		.config = { .count = 10,
		            .interval = NSEC_S,
		            .timeout = NSEC_S,
		            .size = 56,
		            .ttl = 64 },
	};
	if (!topo_parse(&lab->topo, text, strlen(text), &error))
		fail_msg("%u:%u: %s", (unsigned)error.line, (unsigned)error.column, error.text);
	lab->net = net_sim_new(&lab->topo, sample_seed(8), &exchange);
	assert_non_null(lab->net);
	assert_true(net_sim_now(lab->net) == NET_SIM_START);
}

static void open_path(struct lab *lab, const char *router, const char *first, const char *second,
                      const char *local)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, router, first, second, local);
	open_text(lab, text);
}

static const struct report_ping_totals *play(struct lab *lab, const char *target)
{
	struct report_target t = { .name = target };
	assert_true(addr_parse(target, &t.addr));
	lab->ping = ping_new(&lab->config, net_sim_now(lab->net));
	assert_non_null(lab->ping);
	assert_int_equal(ping_add(lab->ping, &t, net_sim_now(lab->net)), 0);
	ping_seal(lab->ping);
	drive_init(&lab->drive, ping_algo(lab->ping), net_sim_net(lab->net), net_sim_clock,
	           lab->net, on_report, lab);
	assert_true(net_sim_run(lab->net, &lab->drive, 10000 * NSEC_S));
	assert_false(lab->backwards);
	return ping_totals(lab->ping, 0, net_sim_now(lab->net));
}

static void shut(struct lab *lab)
{
	if (lab->ping)
		ping_algo(lab->ping)->ops->free(ping_algo(lab->ping));
	net_sim_net(lab->net)->ops->free(net_sim_net(lab->net));
	topo_release(&lab->topo);
}

static const char *const targets[] = { "198.18.9.9", "2001:db8:9::9" };

/* --- a clean path ----------------------------------------------------------------------------- */

static void test_clean(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct lab lab;
		open_path(&lab, "", "", "", "");
		const struct report_ping_totals *t = play(&lab, targets[f]);
		assert_int_equal(t->sent, 10);
		assert_int_equal(t->received, 10);
		assert_int_equal(t->rtt->min, RTT);
		assert_int_equal(t->rtt->max, RTT);
		assert_false(lab.user_time);
		/* The clock went from event to event: nine intervals and a round trip. */
		assert_int_equal(net_sim_now(lab.net), NET_SIM_START + 9 * NSEC_S + RTT);
		assert_int_equal(sim_counts(net_sim_model(lab.net))->injected, 10);
		shut(&lab);
	}
}

static void test_runs_until(void **state)
{
	struct lab lab;
	struct report_target t = { .name = "t", .addr = addr_v4(0xc6120909) };
	(void)state;
	open_path(&lab, "", "", "", "");
	lab.config.count = 0;
	lab.ping = ping_new(&lab.config, net_sim_now(lab.net));
	assert_int_equal(ping_add(lab.ping, &t, net_sim_now(lab.net)), 0);
	drive_init(&lab.drive, ping_algo(lab.ping), net_sim_net(lab.net), net_sim_clock, lab.net,
	           on_report, &lab);
	/* A week of it. */
	assert_false(net_sim_run(lab.net, &lab.drive, NET_SIM_START + 7 * 86400 * NSEC_S));
	assert_int_equal(net_sim_now(lab.net), NET_SIM_START + 7 * 86400 * NSEC_S);
	assert_int_equal(lab.said[REPORT_PING_REPLY], 7 * 86400);
	shut(&lab);
}

/* --- our own side ----------------------------------------------------------------------------- */

static void test_refused_sends(void **state)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = { { "ENOBUFS", ENOBUFS },
		       { "EAGAIN", EAGAIN },
		       { "EPERM", EPERM },
		       { "ENETUNREACH", ENETUNREACH },
		       { "EMSGSIZE", EMSGSIZE } };
	char local[60];
	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		struct lab lab;
		(void)snprintf(local, sizeof local, "send-error 100%% %s", errors[i].name);
		open_path(&lab, "", "", "", local);
		const struct report_ping_totals *t = play(&lab, targets[0]);
		assert_int_equal(t->sent, 0);
		assert_int_equal(t->send_errors, 10);
		assert_int_equal(lab.error, errors[i].error);
		assert_int_equal(net_sim_local(lab.net).refused, 10);
		assert_int_equal(sim_counts(net_sim_model(lab.net))->injected, 0);
		shut(&lab);
	}
}

static void test_some_sends_are_refused(void **state)
{
	struct lab lab;
	(void)state;
	open_path(&lab, "", "", "", "send-error 20% ENOBUFS");
	lab.config.count = 2000;
	const struct report_ping_totals *t = play(&lab, targets[0]);
	assert_int_equal(t->sent + t->send_errors, 2000);
	assert_int_equal(t->received, t->sent);
	assert_true(t->send_errors > 320 && t->send_errors < 480);
	shut(&lab);
}

static void test_no_address_of_that_family(void **state)
{
	struct lab lab;
	(void)state;
	open_text(&lab, "source me 198.18.0.1\nhost t 2001:db8:9::9\nlink me t\n");
	const struct report_ping_totals *t = play(&lab, targets[1]);
	assert_int_equal(t->send_errors, 10);
	assert_int_equal(lab.error, ENETUNREACH);
	shut(&lab);
}

/* What does not fit the first link is not sent with DF, and cut without. */
static void test_first_link(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		for (int df = 0; df < 2; df++) {
			struct lab lab;
			open_path(&lab, "", "mtu 1400", "", "");
			lab.config.df = df;
			lab.config.size = 1472;
			const struct report_ping_totals *t = play(&lab, targets[f]);
			if (df) {
				assert_int_equal(t->send_errors, 10);
				assert_int_equal(lab.error, EMSGSIZE);
				assert_int_equal(lab.mtu, 1400);
			} else {
				/* IPv6: the target learns with the first answer, which is lost. */
				assert_int_equal(t->received, f ? 9 : 10);
				assert_int_equal(lab.fragment_size, f ? 1400 : 1396);
			}
			shut(&lab);
		}
	}
}

static void test_late_stamps(void **state)
{
	struct lab lab;
	(void)state;
	open_path(&lab, "", "", "", "late-stamps 5ms");
	lab.config.count = 1000;
	const struct report_ping_totals *t = play(&lab, targets[0]);
	assert_int_equal(t->received, 1000);
	assert_true(lab.user_time);
	assert_true(t->rtt->min >= RTT && t->rtt->min < RTT + NSEC_MS / 4);
	assert_true(t->rtt->max <= RTT + 5 * NSEC_MS && t->rtt->max > RTT + 19 * NSEC_MS / 4);
	shut(&lab);
}

/* A hundred answers at the same moment, room for twenty. */
static void test_overflow(void **state)
{
	struct lab lab;
	(void)state;
	open_path(&lab, "", "", "", "receive-queue 20");
	lab.config.count = 100;
	lab.config.preload = 100;
	const struct report_ping_totals *t = play(&lab, targets[0]);
	assert_int_equal(t->received, 20);
	assert_int_equal(t->lost, 80);
	assert_int_equal(lab.drops, 80);
	assert_int_equal(net_sim_local(lab.net).dropped, 80);
	shut(&lab);
}

/* --- what comes ------------------------------------------------------------------------------- */

/* Answers in many pieces, many of them at once: none is lost, and none written over another. */
static void test_fragments(void **state)
{
	struct lab lab;
	(void)state;
	open_path(&lab, "", "", "mtu 600", "");
	lab.config.size = 60000;
	lab.config.count = 80;
	lab.config.preload = 80;
	const struct report_ping_totals *t = play(&lab, targets[0]);
	assert_int_equal(t->received, 80);
	assert_int_equal(t->corrupt, 0);
	assert_int_equal(lab.fragment_size, 596);
	shut(&lab);
}

/* The fragment that completes a request tells no id; its NAT knows it all the same on the way back. */
static void test_fragments_behind_nat(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct lab lab;
		open_path(&lab, "nat", "mtu 1500", "", "");
		lab.config.size = 4000;
		const struct report_ping_totals *t = play(&lab, targets[f]);
		/* IPv6: the first answer is what teaches the target how wide the way back is. */
		assert_int_equal(t->received, f ? 9 : 10);
		assert_int_equal(t->corrupt, 0);
		shut(&lab);
	}
}

/* The ICMPv6 checksum is judged by the kernel, and what is wrong is never seen. */
static void test_damage(void **state)
{
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct lab lab;
		open_text(&lab, "source me 198.18.0.1 2001:db8::1\n"
		                "host t 198.18.9.9 2001:db8:9::9 corrupt 100%\nlink me t\n");
		lab.config.count = 400;
		const struct report_ping_totals *t = play(&lab, targets[f]);
		assert_int_equal(t->received, 0);
		if (f)
			assert_true(t->corrupt > 140 && t->corrupt < 260);
		else
			assert_int_equal(t->corrupt, 400);
		shut(&lab);
	}
}

/* Errors of every form are known for what they are: by how little they quote, and where they end.
 */
static void test_errors_are_recognised(void **state)
{
	static const char *const words[] = {
		"unreachable 13/1",
		"unreachable 13/1 quote 28",
		"unreachable 13/1 mpls 16",
		"unreachable 13/1 quote 48 interface",
		"unreachable 13/1 mpls 16 extension length-zero",
		"unreachable 13/1 mpls 16 extension unpadded",
		"unreachable 13/1 garble tos,ttl,src",
		"unreachable 13/1 quote 28 mpls 16",
		"unreachable 13/1 quote 34 mpls 16",
		"unreachable 13/1 quote 28 mpls 16 extension length-zero",
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct lab lab;
		open_path(&lab, words[i], "", "", "");
		const struct report_ping_totals *t = play(&lab, targets[0]);
		if (t->errors != 10)
			fail_msg("%s: %u of 10 errors were recognised", words[i],
			         (unsigned)t->errors);
		assert_int_equal(lab.error_kind, REPLY_UNREACHABLE);
		shut(&lab);
	}
}

/* --- the same again --------------------------------------------------------------------------- */

static uint64_t trace_of(uint64_t seed)
{
	struct topo topo;
	struct topo_error error;
	struct lab lab = { .drops = 0 };
	struct exchange_config exchange = net_sim_exchange(seed);
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, "", "loss 10%", "jitter 3ms", "late-stamps 2ms");
	assert_true(topo_parse(&topo, text, strlen(text), &error));
	lab.topo = topo;
	lab.net = net_sim_new(&lab.topo, seed, &exchange);
	lab.config = (struct ping_config){ .count = 50, .interval = NSEC_MS, .timeout = NSEC_S };
	lab.config.ttl = 64;
	net_sim_watch(lab.net);
	(void)play(&lab, targets[0]);
	uint64_t trace = net_sim_trace(lab.net);
	shut(&lab);
	return trace;
}

static void test_trace(void **state)
{
	(void)state;
	assert_true(trace_of(1) == trace_of(1));
	assert_true(trace_of(1) != trace_of(2));
}

static void test_memory_may_fail(void **state)
{
	struct topo topo;
	struct topo_error error;
	char text[1000];
	(void)state;
	(void)snprintf(text, sizeof text, PATH, "", "", "mtu 600", "");
	assert_true(topo_parse(&topo, text, strlen(text), &error));
	for (long n = 0; alloc_fail_at(n); n++) {
		struct exchange_config exchange = net_sim_exchange(1);
		struct net_sim *net = net_sim_new(&topo, 1, &exchange);
		struct probe probe = { .dst = addr_v4(0xc6120909), .size = 1500, .ttl = 64 };
		struct net_event event;
		struct sent sent;
		if (!net)
			continue;
		net_sim_net(net)->ops->send(net_sim_net(net), &probe, 1, &sent);
		assert_true(sent.error == 0 || sent.error == ENOMEM);
		(void)net_sim_net(net)->ops->receive(net_sim_net(net), &event, 1);
		net_sim_net(net)->ops->free(net_sim_net(net));
	}
	alloc_fail_never();
	topo_release(&topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_runs_until),
		cmocka_unit_test(test_refused_sends),
		cmocka_unit_test(test_some_sends_are_refused),
		cmocka_unit_test(test_no_address_of_that_family),
		cmocka_unit_test(test_first_link),
		cmocka_unit_test(test_late_stamps),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_fragments_behind_nat),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_errors_are_recognised),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_memory_may_fail),
	};
	return cmocka_run_group_tests_name("net_sim", tests, NULL, NULL) != 0;
}

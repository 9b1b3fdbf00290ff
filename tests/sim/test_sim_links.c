/* Links: loss even and in bursts, jitter, doubles, packets that overtake, changes at their times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/simlab.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/sample.h"

#define PATH                                  \
	"source me 198.18.0.1 2001:db8::1\n"  \
	"router r 198.18.1.1 2001:db8:1::1\n" \
	"host t 198.18.9.9 2001:db8:9::9\n"   \
	"link me r delay 1ms\n"               \
	"link r t delay 10ms %s\n"            \
	"%s\n"

#define ROUNDS 20000

static const struct simlab_probe probe = { .dst = "198.18.9.9", .data = 8 };

static void open_path(struct simlab *lab, const char *link, const char *more)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, link, more);
	simlab_open_seed(lab, text, sample_seed(5));
}

/* Within four standard deviations of a binomial: off once in 16,000 seeds. */
static void check_share(double count, double rounds, double share)
{
	double off = 4 * sqrt(rounds * share * (1 - share));
	if (fabs(count - rounds * share) > off)
		fail_msg("%.0f of %.0f are not %.3f", count, rounds, share);
}

/* Sends one, counts its answers. */
static unsigned send_one(struct simlab *lab)
{
	struct simlab_answer a;
	unsigned answers = 0;
	simlab_send(lab, &probe);
	while (simlab_take(lab, &a))
		answers++;
	return answers;
}

static void test_loss(void **state)
{
	struct simlab lab;
	unsigned received = 0;
	(void)state;
	open_path(&lab, "loss 3% back-loss 10%", "");
	for (int i = 0; i < ROUNDS; i++)
		received += send_one(&lab);
	const struct sim_counts *counts = sim_counts(lab.sim);
	check_share((double)counts->lost_out, ROUNDS, 0.03);
	check_share((double)counts->lost_back, ROUNDS - (double)counts->lost_out, 0.1);
	assert_int_equal(received + counts->lost_out + counts->lost_back, ROUNDS);
	simlab_close(&lab);
}

/* Gilbert: a share of enter / (enter + leave) of the time bad, runs of 1 / leave packets. */
static void test_bursts(void **state)
{
	struct simlab lab;
	unsigned lost = 0, runs = 0;
	bool before = true;
	(void)state;
	open_path(&lab, "bursts 100% enter 2% leave 18% no-back-bursts", "");
	for (int i = 0; i < ROUNDS; i++) {
		bool received = send_one(&lab) > 0;
		lost += !received;
		runs += before && !received;
		before = received;
	}
	assert_true(fabs(lost / (double)ROUNDS - 0.1) < 0.02);
	assert_true(fabs(lost / (double)runs - 1 / 0.18) < 0.6);
	simlab_close(&lab);
}

static void test_bursts_may_let_through(void **state)
{
	struct simlab lab;
	unsigned lost = 0;
	(void)state;
	open_path(&lab, "bursts 50% enter 100% leave 0% no-back-bursts", "");
	for (int i = 0; i < ROUNDS; i++)
		lost += send_one(&lab) == 0;
	check_share(lost, ROUNDS, 0.5);
	simlab_close(&lab);
}

static void test_jitter_is_uniform(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	unsigned slots[10] = { 0 };
	(void)state;
	open_path(&lab, "jitter 5ms no-back-jitter", "");
	for (int i = 0; i < ROUNDS; i++) {
		simlab_ask(&lab, &probe, &a);
		nsec more = a.rtt - 22 * NSEC_MS;
		assert_true(more >= 0 && more <= 5 * NSEC_MS);
		slots[more * 10 / (5 * NSEC_MS + 1)]++;
	}
	for (int i = 0; i < 10; i++)
		check_share(slots[i], ROUNDS, 0.1);
	simlab_close(&lab);
}

/* Out and back are doubled each by itself: an answer comes once, twice, or four times. */
static void test_duplicates(void **state)
{
	struct simlab lab;
	unsigned times[5] = { 0 };
	(void)state;
	open_path(&lab, "duplicate 10% back-duplicate 20%", "");
	for (int i = 0; i < ROUNDS; i++) {
		unsigned answers = send_one(&lab);
		assert_true(answers >= 1 && answers <= 4);
		times[answers]++;
	}
	check_share(times[1], ROUNDS, 0.9 * 0.8);
	check_share(times[3], ROUNDS, 0.1 * 2 * 0.2 * 0.8);
	check_share(times[4], ROUNDS, 0.1 * 0.2 * 0.2);
	simlab_close(&lab);
}

static void test_duplicates_end(void **state)
{
	struct simlab lab;
	(void)state;
	char text[4000] = "source me 198.18.0.1\n", line[100];
	char before[8] = "me", name[8];
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof name, "r%d", i);
		(void)snprintf(line, sizeof line, "router %s\nlink %s %s duplicate 100%%\n", name,
		               before, name);
		strcat(text, line);
		strcpy(before, name);
	}
	strcat(text, "host t 198.18.9.9\nlink r19 t\n");
	simlab_open(&lab, text);
	unsigned answers = send_one(&lab);
	assert_int_equal(answers, 17); /* sixteen copies of one */
	simlab_close(&lab);
}

/* Both of two that came are lost at a router that lets none pass. */
static void test_duplicates_are_lost_both(void **state)
{
	struct simlab lab;
	(void)state;
	simlab_open(&lab, "source me 198.18.0.1\nrouter r\nhost t 198.18.9.9 ttl 1\nlink me r\n"
	                  "link r t no-duplicate back-duplicate 100%\n");
	simlab_ask_in_vain(&lab, &probe);
	assert_int_equal(sim_counts(lab.sim)->duplicated, 1);
	assert_int_equal(sim_counts(lab.sim)->lost_back, 2);
	simlab_close(&lab);
}

static void test_reorder(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	unsigned late = 0;
	(void)state;
	open_path(&lab, "reorder 25% 7ms no-back-reorder", "");
	for (int i = 0; i < ROUNDS; i++) {
		simlab_ask(&lab, &probe, &a);
		assert_true(a.rtt == 22 * NSEC_MS || a.rtt == 29 * NSEC_MS);
		late += a.rtt != 22 * NSEC_MS;
	}
	check_share(late, ROUNDS, 0.25);
	simlab_close(&lab);
}

/* Those sent later may come first, and all come in the order of their times. */
static void test_packets_overtake(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	unsigned overtaken = 0;
	uint16_t last = 0;
	nsec before = INT64_MIN; /* answers came before the lab's clock stopped */
	(void)state;
	open_path(&lab, "jitter 5ms", "");
	for (uint16_t i = 0; i < 1000; i++) {
		struct simlab_probe p = { .dst = "198.18.9.9", .sequence = i };
		simlab_send(&lab, &p);
		lab.now += NSEC_MS;
	}
	for (int i = 0; i < 1000; i++) {
		assert_true(simlab_take(&lab, &a));
		assert_true(a.rtt >= before);
		before = a.rtt;
		overtaken += i > 0 && a.icmp.sequence < last;
		last = a.icmp.sequence;
	}
	assert_true(overtaken > 100);
	simlab_close(&lab);
}

static void test_equal_times_keep_their_order(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "");
	for (uint16_t i = 0; i < 100; i++)
		simlab_send(&lab, &(struct simlab_probe){ .dst = "198.18.9.9", .sequence = i });
	for (uint16_t i = 0; i < 100; i++) {
		assert_true(simlab_take(&lab, &a));
		assert_int_equal(a.icmp.sequence, i);
	}
	simlab_close(&lab);
}

static void test_changes_come_at_their_times(void **state)
{
	static const struct {
		nsec at;
		unsigned answers;
		nsec rtt;
	} moments[] = { { 0, 1, 22 * NSEC_MS },
		        { NSEC_S - 1, 1, 22 * NSEC_MS },
		        { NSEC_S, 0, 0 },
		        { 2 * NSEC_S - 1, 0, 0 },
		        { 2 * NSEC_S, 1, 42 * NSEC_MS },
		        { 3 * NSEC_S, 0, 0 },
		        { 5 * NSEC_S, 1, 42 * NSEC_MS } };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "",
	          "at 1s link r t down\n"
	          "at 2s link r t up delay 20ms\n"
	          "at 3s link r t loss 100%\n"
	          "at 4s node r silent\n"
	          "at 5s link r t no-loss");
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		lab.now = NSEC_S + moments[i].at;
		if (moments[i].answers) {
			simlab_ask(&lab, &probe, &a);
			assert_int_equal(a.rtt, moments[i].rtt);
		} else {
			simlab_ask_in_vain(&lab, &probe);
		}
	}
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = "198.18.9.9", .ttl = 1 });
	simlab_close(&lab);
}

/* --- the same again --------------------------------------------------------------------------- */

static uint64_t run_noisy(uint64_t seed)
{
	static const struct siphash_key key = { 1, 2 };
	struct simlab lab;
	struct span bytes;
	nsec arrived;
	uint64_t all = 0;
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, "loss 5% jitter 3ms duplicate 5% reorder 5% 9ms",
	               "");
	simlab_open_seed(&lab, text, seed);
	for (int i = 0; i < 500; i++)
		simlab_send(&lab, &probe);
	while (simlab_take_raw(&lab, &arrived, &bytes)) {
		uint64_t words[3] = { all, (uint64_t)arrived,
			              siphash(&key, bytes.data, bytes.length) };
		all = siphash(&key, words, sizeof words);
	}
	simlab_close(&lab);
	return all;
}

/* A route that changes changes for what leaves from then on, not for what is on its way. */
static void test_routes_change(void **state)
{
	static const struct {
		nsec at;
		const char *second;
		nsec rtt;
	} moments[] = { { 0, "198.18.2.1", 12 * NSEC_MS },
		        { NSEC_S - 1, "198.18.2.1", 12 * NSEC_MS },
		        { NSEC_S, "198.18.3.1", 52 * NSEC_MS },
		        { 2 * NSEC_S - 1, "198.18.3.1", 52 * NSEC_MS },
		        { 2 * NSEC_S, "198.18.2.1", 12 * NSEC_MS } };
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(&lab, "source me 198.18.0.1\nrouter edge 198.18.1.1\nrouter short 198.18.2.1\n"
	                  "router long 198.18.3.1\nhost t 198.18.9.9\nlink me edge delay 1ms\n"
	                  "link edge short delay 3ms\nlink edge long delay 5ms weight 0\n"
	                  "link short t delay 2ms\nlink long t delay 20ms\n"
	                  "at 1s link edge short weight 0\nat 1s link edge long weight 1\n"
	                  "at 2s link edge short weight 1\nat 2s link edge long weight 0\n");
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		lab.now = NSEC_S + moments[i].at;
		simlab_ask(&lab, &probe, &a);
		assert_int_equal(a.rtt, moments[i].rtt);
		simlab_ask(&lab, &(struct simlab_probe){ .dst = "198.18.9.9", .ttl = 2 }, &a);
		simlab_check_addr(&a.packet.src, moments[i].second);
	}
	simlab_close(&lab);
}

static void test_seeds(void **state)
{
	(void)state;
	assert_true(run_noisy(1) == run_noisy(1));
	assert_true(run_noisy(1) != run_noisy(2));
}

/* --- taking ----------------------------------------------------------------------------------- */

static void test_kept_bytes_stay(void **state)
{
	struct simlab lab;
	struct span kept[50], bytes;
	nsec arrived;
	(void)state;
	open_path(&lab, "", "");
	for (int round = 0; round < 3; round++) {
		for (uint16_t i = 0; i < 100; i++)
			simlab_send(&lab,
			            &(struct simlab_probe){ .dst = "198.18.9.9", .sequence = i });
		for (int i = 0; i < 100; i++) {
			assert_true(simlab_take_raw(&lab, &arrived, &bytes));
			if (i % 2)
				continue;
			kept[i / 2] = bytes;
			sim_keep(lab.sim);
		}
		/* More traffic writes into other parcels. */
		for (int i = 0; i < 100; i++)
			(void)send_one(&lab);
		for (int i = 0; i < 50; i++)
			assert_int_equal(kept[i].data[27], 2 * i);
		sim_drop(lab.sim);
	}
	simlab_close(&lab);
}

static void test_overflow(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "");
	for (uint16_t i = 0; i < 100; i++) {
		simlab_send(&lab, &(struct simlab_probe){ .dst = "198.18.9.9", .sequence = i });
		lab.now += NSEC_MS;
	}
	/* 78 have come when the 100th is sent; room is for 30, those that came first. */
	nsec now = NSEC_S + 99 * NSEC_MS;
	assert_int_equal(sim_overflow(lab.sim, now, 30), 48);
	assert_int_equal(sim_overflow(lab.sim, now, 30), 0);
	for (uint16_t i = 0; i < 52; i++) {
		assert_true(simlab_take(&lab, &a));
		assert_int_equal(a.icmp.sequence, i < 30 ? i : 48 + i);
	}
	assert_false(simlab_take(&lab, &a));
	simlab_close(&lab);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_memory_may_fail(void **state)
{
	struct topo topo;
	struct topo_error error;
	char text[2000];
	uint8_t bytes[2000];
	struct span span;
	nsec arrived;
	(void)state;
	(void)snprintf(text, sizeof text, PATH, "jitter 5ms duplicate 20% mtu 600 back-mtu 500",
	               "router n 198.18.2.1 nat limit-peer 1000/s burst 100\nlink me n\n"
	               "host u 198.18.9.8\nlink n u\nat 10ms link me n weight 2");
	assert_true(topo_parse(&topo, text, strlen(text), &error));
	for (long n = 0; alloc_fail_at(n); n++) {
		struct simlab lab = { .topo = topo, .now = NSEC_S };
		lab.sim = sim_new(&topo, 1, lab.now);
		if (!lab.sim)
			continue;
		unsigned answers = 0;
		for (int i = 0; i < 50; i++, lab.now += NSEC_MS) {
			struct simlab_probe p = { .dst = i % 2 ? "198.18.9.8" : "198.18.9.9",
				                  .data = i % 3 ? 8 : 1200,
				                  .ttl = i % 5 ? 64 : 1 };
			size_t length = simlab_build(&lab, &p, bytes, sizeof bytes);
			sim_inject(lab.sim, lab.now, (struct span){ bytes, length });
		}
		while (sim_take(lab.sim, 2 * NSEC_S, &arrived, &span))
			answers++;
		/* Whatever had no memory was lost and counted; the next found some again. */
		assert_true(answers > 0);
		sim_free(lab.sim);
	}
	alloc_fail_never();
	topo_release(&topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_bursts_may_let_through),
		cmocka_unit_test(test_jitter_is_uniform),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_duplicates_end),
		cmocka_unit_test(test_duplicates_are_lost_both),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_packets_overtake),
		cmocka_unit_test(test_equal_times_keep_their_order),
		cmocka_unit_test(test_changes_come_at_their_times),
		cmocka_unit_test(test_routes_change),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_kept_bytes_stay),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_memory_may_fail),
	};
	return cmocka_run_group_tests_name("sim_links", tests, NULL, NULL) != 0;
}

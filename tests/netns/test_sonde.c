/* The library's face against the kernel: what a program that embeds it sees of real hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "io/clock.h"
#include "sonde/sonde.h"
#include "tests/netns/netns.h"

#define KINDS (SONDE_FINISHED + 1)

struct tally {
	uint64_t count[KINDS];
	struct sonde_event last[KINDS];
};

static void on_event(void *context_user, const struct sonde_event *event)
{
	struct tally *t = context_user;
	t->count[event->kind]++;
	t->last[event->kind] = *event;
}

static struct sonde_config config_of(uint32_t flags)
{
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.flags = flags;
	config.count = 3;
	config.interval_ns = 20000000;
	config.timeout_ns = 500000000;
	return config;
}

static struct sonde *open_sonde(const struct sonde_config *config, struct tally *tally)
{
	struct sonde *sonde = NULL;
	memset(tally, 0, sizeof *tally);
	assert_int_equal(sonde_new(config, on_event, tally, &sonde), 0);
	return sonde;
}

/* Until all targets are finished, or for so many ms. */
static void run_for(struct sonde *sonde, int ms)
{
	int64_t end = clock_now() + ms * INT64_C(1000000);
	int fds[16];
	int count = sonde_fds(sonde, fds, 16);
	assert_in_range(count, 1, 16);
	struct pollfd polled[16];
	for (int i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	while (sonde_process(sonde) > 0 && clock_now() < end) {
		int timeout = sonde_timeout(sonde);
		if (timeout < 0 || timeout > ms)
			timeout = ms;
		assert_true(poll(polled, (nfds_t)count, timeout) >= 0);
	}
}

static void permit_ping_sockets(void)
{
	netns_run("echo 0 0 >/proc/sys/net/ipv4/ping_group_range");
}

static void hosts_answer_by_either_kind_of_socket(void **state)
{
	(void)state;
	static const uint32_t flags[] = { 0, SONDE_RAW, SONDE_DGRAM };
	permit_ping_sockets();
	for (size_t i = 0; i < 3; i++) {
		struct tally tally;
		struct sonde_config config = config_of(flags[i]);
		struct sonde *sonde = open_sonde(&config, &tally);
		assert_int_equal(sonde_is_raw(sonde), flags[i] != SONDE_DGRAM);
		assert_int_equal(sonde_add(sonde, "127.0.0.1", NULL), 0);
		assert_int_equal(sonde_add(sonde, "::1", NULL), 1);
		run_for(sonde, 5000);
		assert_int_equal(tally.count[SONDE_REPLY], 6);
		assert_int_equal(tally.count[SONDE_FINISHED], 2);
		assert_in_range(tally.last[SONDE_REPLY].rtt_ns, 1, 100000000);
		assert_int_equal(tally.last[SONDE_REPLY].bytes, 64);
		assert_int_equal(tally.last[SONDE_REPLY].ttl, 64);
		for (int kind = 0; kind < KINDS; kind++)
			if (kind != SONDE_REPLY && kind != SONDE_FINISHED)
				assert_int_equal(tally.count[kind], 0);
		sonde_free(sonde);
	}
}

static void what_a_path_does_is_told(void **state)
{
	(void)state;
	struct tally tally;
	struct sonde_config config = config_of(0);
	netns_switch("lib_near");
	struct sonde *sonde = open_sonde(&config, &tally);
	/* Far away, nobody's address behind the router, and a firewall that drops. */
	int far = sonde_add(sonde, "198.18.2.2", NULL);
	run_for(sonde, 5000);
	assert_int_equal(tally.count[SONDE_REPLY], 3);
	assert_int_equal(tally.last[SONDE_REPLY].ttl, 63);
	assert_int_equal(sonde_remove(sonde, far), 0);

	memset(&tally, 0, sizeof tally);
	netns_run("ns lib_router ip route add unreachable 203.0.113.0/24; "
	          "ns lib_near ip route add 203.0.113.0/24 via 198.18.1.2");
	assert_true(sonde_add(sonde, "203.0.113.1", NULL) >= 0);
	run_for(sonde, 5000);
	assert_int_equal(tally.count[SONDE_ICMP_ERROR], 3);
	assert_int_equal(tally.last[SONDE_ICMP_ERROR].icmp_type, 3);
	assert_int_equal(tally.last[SONDE_ICMP_ERROR].icmp_code, 1);
	assert_int_equal(tally.count[SONDE_FINISHED], 1);

	memset(&tally, 0, sizeof tally);
	netns_run("ns lib_router ip route add blackhole 203.0.113.7/32");
	assert_true(sonde_add(sonde, "203.0.113.7", NULL) >= 0);
	run_for(sonde, 5000);
	assert_int_equal(tally.count[SONDE_LOST], 3);
	assert_int_equal(tally.count[SONDE_FINISHED], 1);

	memset(&tally, 0, sizeof tally);
	assert_true(sonde_add(sonde, "198.51.100.1", NULL) >= 0); /* no route */
	run_for(sonde, 5000);
	assert_int_equal(tally.count[SONDE_SEND_ERROR], 3);
	assert_int_equal(tally.last[SONDE_SEND_ERROR].error, ENETUNREACH);
	sonde_free(sonde);
	netns_home();
}

static void any_number_of_contexts_do_not_hear_each_other(void **state)
{
	(void)state;
	struct tally tallies[10];
	struct sonde *sondes[10];
	struct sonde_config config = config_of(0);
	for (int i = 0; i < 10; i++) {
		sondes[i] = open_sonde(&config, &tallies[i]);
		assert_int_equal(sonde_add(sondes[i], "127.0.0.1", NULL), 0);
	}
	for (int running = 1, rounds = 0; running && rounds < 5000; rounds++) {
		running = 0;
		for (int i = 0; i < 10; i++)
			running += sonde_process(sondes[i]);
		usleep(1000);
	}
	for (int i = 0; i < 10; i++) {
		assert_int_equal(tallies[i].count[SONDE_REPLY], 3);
		assert_int_equal(tallies[i].count[SONDE_FOREIGN], 0);
		assert_int_equal(tallies[i].count[SONDE_DUPLICATE], 0);
		sonde_free(sondes[i]);
	}
}

static void a_flood_loses_nothing(void **state)
{
	(void)state;
	struct tally tally;
	struct sonde_config config = config_of(0);
	config.interval_ns = 0;
	config.count = 0;
	netns_switch("lib_near");
	struct sonde *sonde = open_sonde(&config, &tally);
	int far = sonde_add(sonde, "198.18.1.2", NULL);
	int64_t start = clock_now();
	run_for(sonde, 1000);
	double seconds = (double)(clock_now() - start) / 1e9;
	struct sonde_totals totals;
	assert_int_equal(sonde_totals(sonde, far, &totals, sizeof totals), 0);
	print_message("%.0f replies a second\n", (double)totals.received / seconds);
	assert_int_equal(totals.lost + totals.errors + totals.send_errors + totals.local_drops, 0);
	assert_true(totals.received > 1000);
	assert_true(totals.in_flight <= 16);
	sonde_free(sonde);
	netns_home();
}

static void a_refusal_is_an_errno_and_leaves_nothing_open(void **state)
{
	(void)state;
	struct sonde *sonde = NULL;
	struct tally tally;
	struct sonde_config config = config_of(0);
	config.interface = "no-such-if";
	assert_int_equal(sonde_new(&config, on_event, &tally, &sonde), -ENODEV);
	config = config_of(0);
	struct rlimit limit, none = { 0 };
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(sonde_new(&config, on_event, &tally, &sonde), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	int fd = dup(0);
	close(fd);
	for (int i = 0; i < 20; i++) {
		sonde = open_sonde(&config, &tally);
		sonde_free(sonde);
	}
	assert_int_equal(dup(0), fd);
	close(fd);
}

static int make_path(void **state)
{
	(void)state;
	netns_run("ns_chain lib_near lib_router lib_far");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_answer_by_either_kind_of_socket),
		cmocka_unit_test(what_a_path_does_is_told),
		cmocka_unit_test(any_number_of_contexts_do_not_hear_each_other),
		cmocka_unit_test(a_flood_loses_nothing),
		cmocka_unit_test(a_refusal_is_an_errno_and_leaves_nothing_open),
	};
	return cmocka_run_group_tests_name("sonde", tests, make_path, NULL) != 0;
}

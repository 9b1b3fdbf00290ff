/*
 * What a hostile network and this host do to a whole run: storms, numbers that come again, answers
 * before their probe, a link and a firewall in the middle, a full send buffer.
 */
/* needs: tun */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "io/clock.h"
#include "tests/netns/attacker.h"
#include "tests/netns/netns.h"

static struct attacker attacker;
static struct draft draft;

static int set_up(void **state)
{
	(void)state;
	attacker_open(&attacker, "hostile");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	attacker_close(&attacker);
	return 0;
}

static void answer(struct attacker *a, const struct seen *seen)
{
	draft_answer(&draft, seen);
	draft_send(a, &draft);
}

static int64_t number(json_t *summary, const char *key)
{
	return attacker_number(summary, key);
}

/* What a network error of this host says goes to standard error; nothing else does. */
static void accept_network_errors(struct attacker *a)
{
	if (a->err_length)
		assert_ptr_equal(strstr(a->err, "sonde ping: network: "), a->err);
	a->err[0] = '\0';
}

/* --- storms ---------------------------------------------------------------------------------- */

static pid_t storm;

/* A process of its own: replies for numbers never sent, errors about the first probe. */
static void rage(struct attacker *a, const struct seen *seen)
{
	bool v4 = seen->family == 4;
	static struct draft forged, error, other;
	draft_answer(&forged, seen);
	memset(forged.data + 6, 0xee, 20);
	draft_error(&error, seen, v4 ? 3 : 1, 1, 0, SIZE_MAX);
	draft_answer(&other, seen);
	other.data[4] ^= 0x55;
	for (;;) {
		draft_send(a, &forged);
		draft_send(a, &error);
		draft_send(a, &other);
		/* As much as a link of some 100 Mbit/s brings, not all the processor can make. */
		(void)usleep(10);
	}
}

static void on_storm(struct attacker *a, const struct seen *seen)
{
	if (seen->nth == 0) {
		storm = fork();
		assert_true(storm >= 0);
		if (storm == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			rage(a, seen);
		}
		return;
	}
	answer(a, seen);
}

/* The pace is kept, all but the first is answered, and no error of the path is one of sending. */
static void a_storm_stops_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		const char *const arguments[] = {
			"-q", "-n",   "-j", "-c",  "11",
			"-i", "0.05", "-W", "0.5", attacker_name(i % 2 ? 6 : 4, TARGET),
			NULL
		};
		attacker.on_echo = on_storm;
		attacker.unprivileged = i >= 2;
		nsec before = clock_now();
		attacker_run(&attacker, arguments);
		nsec took = clock_now() - before;
		(void)kill(storm, SIGKILL);
		(void)waitpid(storm, NULL, 0);
		json_t *lines = attacker_lines(&attacker);
		json_t *summary = attacker_balance(&attacker, lines, true);
		assert_int_equal(number(summary, "sent"), 11);
		assert_int_equal(number(summary, "send_errors"), 0);
		assert_int_equal(number(summary, "errors"), 1);
		/* What this host drops in a storm is told as that. */
		assert_true(number(summary, "received") == 10 ||
		            number(summary, "local_drops") > 0);
		assert_int_equal(attacker.status, number(summary, "received") ? 0 : 1);
		assert_true(took < 3 * NSEC_S);
		json_decref(lines);
	}
}

/* --- numbers --------------------------------------------------------------------------------- */

static struct draft kept;

/* At the second probe of a number, the answer to the first comes again before its own. */
static void on_wrap(struct attacker *a, const struct seen *seen)
{
	if (seen->nth == 5)
		draft_answer(&kept, seen);
	if (seen->nth == 5 + 65536)
		draft_send(a, &kept);
	answer(a, seen);
}

static void numbers_come_again(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const char *const arguments[] = { "-q", "-n", "-j",
			                          "-f", "-c", "65600",
			                          "-W", "3",  attacker_name(v6 ? 6 : 4, TARGET),
			                          NULL };
		attacker.on_echo = on_wrap;
		attacker.unprivileged = false;
		attacker_run(&attacker, arguments);
		json_t *lines = attacker_lines(&attacker);
		json_t *summary = attacker_balance(&attacker, lines, true);
		assert_int_equal(number(summary, "sent"), 65600);
		assert_int_equal(number(summary, "received"), 65600);
		assert_int_equal(number(summary, "corrupt") + number(summary, "duplicates"), 1);
		assert_int_equal(number(summary, "foreign"), 0);
		assert_int_equal(attacker.status, 0);
		json_decref(lines);
	}
}

/* The answer to the next probe, which is too short for a cookie. */
static void on_early(struct attacker *a, const struct seen *seen)
{
	answer(a, seen);
	draft.data[7]++;
	draft_send(a, &draft);
}

static void an_answer_before_its_probe_is_none(void **state)
{
	(void)state;
	static const char *const sizes[] = { "0", "4", "8", "56" };
	for (size_t i = 0; i < 8; i++) {
		const char *const arguments[] = { "-n",
			                          "-j",
			                          "-c",
			                          "3",
			                          "-i",
			                          "0.2",
			                          "-W",
			                          "0.3",
			                          "-s",
			                          sizes[i % 4],
			                          attacker_name(i < 4 ? 4 : 6, TARGET),
			                          NULL };
		attacker.on_echo = on_early;
		attacker_run(&attacker, arguments);
		json_t *lines = attacker_lines(&attacker);
		json_t *summary = attacker_balance(&attacker, lines, false);
		assert_int_equal(number(summary, "received"), 3);
		/* With a serial it is known to be the answer to the one before. The last comes
		 * when the run is over, or nearly. */
		assert_in_range(number(summary, i % 4 == 3 ? "corrupt" : "foreign"), 2, 3);
		assert_int_equal(number(summary, "duplicates"), 0);
		assert_int_equal(attacker.status, 0);
		json_decref(lines);
	}
}

/* --- this host ------------------------------------------------------------------------------- */

static void on_vanish(struct attacker *a, const struct seen *seen)
{
	answer(a, seen);
	if (seen->nth < 4)
		return;
	close(a->tun);
	a->tun = -1;
}

static void the_link_goes(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		attacker_close(&attacker);
		attacker_open(&attacker, "hostile");
		const char *const arguments[] = { "-n",
			                          "-j",
			                          "-c",
			                          "15",
			                          "-i",
			                          "0.05",
			                          "-W",
			                          "0.2",
			                          attacker_name(i % 2 ? 6 : 4, TARGET),
			                          i < 4 ? NULL : "-Ihostile",
			                          NULL };
		attacker.on_echo = on_vanish;
		attacker.unprivileged = i & 2;
		attacker_run(&attacker, arguments);
		accept_network_errors(&attacker);
		json_t *lines = attacker_lines(&attacker);
		json_t *summary = attacker_balance(&attacker, lines, false);
		assert_int_equal(number(summary, "sent") + number(summary, "send_errors"), 15);
		assert_in_range(number(summary, "received"), 4, 5);
		assert_true(number(summary, "send_errors") >= 8);
		assert_int_equal(attacker.status, 0);
		json_decref(lines);
	}
}

static void on_firewall(struct attacker *a, const struct seen *seen)
{
	answer(a, seen);
	if (seen->nth == 2)
		netns_run("nft 'table inet hostile { chain o { type filter hook output priority 0;"
		          " icmp type echo-request drop; icmpv6 type echo-request drop; }; }'");
}

static void a_firewall_comes_and_stays(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		const char *const arguments[] = { "-n", "-j",  "-c",
			                          "8",  "-i",  "0.3",
			                          "-W", "0.2", attacker_name(v6 ? 6 : 4, TARGET),
			                          NULL };
		attacker.on_echo = on_firewall;
		attacker.unprivileged = false;
		for (int again = 0; again < 2; again++) {
			attacker_run(&attacker, arguments);
			json_t *lines = attacker_lines(&attacker);
			json_t *summary = attacker_balance(&attacker, lines, false);
			json_t *error = attacker_find(lines, "send_error");
			assert_int_equal(number(summary, "sent"), again ? 0 : 3);
			assert_int_equal(number(summary, "received"), again ? 0 : 3);
			assert_int_equal(number(summary, "send_errors"), again ? 8 : 5);
			assert_string_equal(json_string_value(json_object_get(error, "errno")),
			                    "EPERM");
			assert_int_equal(attacker.status, again ? 2 : 0);
			json_decref(lines);
		}
		netns_run("nft delete table inet hostile");
	}
}

/*
 * A neighbour that never says where it is: what is meant for it waits in this host and fills the
 * smallest of send buffers. No probe waits with it for ever, and none is told as sent that was not.
 */
static void a_full_send_buffer_is_told(void **state)
{
	(void)state;
	netns_run("ip link add full type veth peer name fuller; ip link set fuller up;"
	          "ip link set fuller arp off; ip link set full up;"
	          "ip address add 203.0.113.1/24 dev full;"
	          "ip address add 2001:db8:1::1/64 dev full nodad");
	for (int i = 0; i < 4; i++) {
		const char *const arguments[] = { "-n",
			                          "-j",
			                          "-c",
			                          "30",
			                          "-i",
			                          "0.01",
			                          "-W",
			                          "0.2",
			                          "-S",
			                          "1",
			                          "-s",
			                          "1400",
			                          i % 2 ? "2001:db8:1::9" : "203.0.113.9",
			                          NULL };
		attacker.on_echo = answer;
		attacker.unprivileged = i >= 2;
		nsec before = clock_now();
		attacker_run(&attacker, arguments);
		assert_true(clock_now() - before < 2 * NSEC_S);
		json_t *lines = attacker_lines(&attacker);
		json_t *summary = attacker_balance(&attacker, lines, false);
		json_t *error = attacker_find(lines, "send_error");
		assert_int_equal(number(summary, "sent") + number(summary, "send_errors"), 30);
		assert_true(number(summary, "sent") > 0);
		assert_true(number(summary, "send_errors") > 0);
		assert_string_equal(json_string_value(json_object_get(error, "errno")), "ENOBUFS");
		assert_int_equal(attacker.status, 1);
		json_decref(lines);
	}
	netns_run("ip link del full");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_storm_stops_nothing),
		TEST(numbers_come_again),
		TEST(an_answer_before_its_probe_is_none),
		TEST(the_link_goes),
		TEST(a_firewall_comes_and_stays),
		TEST(a_full_send_buffer_is_told),
	};
	netns_run("echo 0 0 >/proc/sys/net/ipv4/ping_group_range");
	return cmocka_run_group_tests_name("hostile runs", tests, NULL, NULL) != 0;
}

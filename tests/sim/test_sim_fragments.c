/* Datagrams that are cut, by routers, by ends and by the source, and what becomes of the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "tests/sim/reassembly.h"
#include "tests/sim/simlab.h"

#define PATH                                                 \
	"source me 198.18.0.1 2001:db8::1\n"                 \
	"router r1 198.18.1.1 2001:db8:1::1\n"               \
	"router r2 198.18.2.1 198.18.2.2 2001:db8:2::1 %s\n" \
	"host t 198.18.9.9 2001:db8:9::9 %s\n"               \
	"link me r1\n"                                       \
	"link r1 r2 delay 5ms %s\n"                          \
	"link r2 t delay 5ms\n"

static const char *const target[] = { "198.18.9.9", "2001:db8:9::9" };

static void open_path(struct simlab *lab, const char *router, const char *host, const char *link)
{
	char text[1000];
	(void)snprintf(text, sizeof text, PATH, router, host, link);
	simlab_open(lab, text);
}

/* Takes all that comes, and puts it together; returns the number of datagrams. */
static unsigned reassemble(struct simlab *lab, struct datagram *whole, uint32_t *largest,
                           bool *done)
{
	static struct reassembly r;
	struct span bytes;
	unsigned count = 0;
	nsec time;
	*done = false;
	reassembly_release(&r);
	for (; simlab_take_raw(lab, &time, &bytes); count++) {
		struct datagram d;
		assert_true(datagram_parse(bytes, &d));
		if (d.fragment && reassembly_add(&r, &d, &time, largest)) {
			*whole = d;
			*done = true;
		}
	}
	return count;
}

static void test_fragments_there_and_back(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	struct datagram whole;
	uint32_t largest;
	bool done;
	(void)state;
	/* Out: cut by r1 where DF is clear; the answer is cut by r2. */
	open_path(&lab, "", "", "mtu 600");
	struct simlab_probe p = { .dst = target[0], .id = 7, .data = 1472 };
	simlab_send(&lab, &p);
	/* 1480 bytes in pieces of 576: RFC 791, 3.2. */
	assert_int_equal(reassemble(&lab, &whole, &largest, &done), 3);
	assert_true(done);
	assert_int_equal(largest, 596);
	assert_int_equal(whole.upper.length, 1480);
	assert_true(datagram_checksum_ok(&whole));
	for (size_t i = 0; i < 1472; i++)
		assert_int_equal(whole.upper.data[8 + i], (uint8_t)i);
	p.df = true;
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.icmp.code, ICMP4_CODE_FRAG_NEEDED);
	simlab_close(&lab);
}

static void test_clear(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	simlab_open(
	        &lab,
	        "source me 198.18.0.1 2001:db8::1\nrouter r1 198.18.1.1 2001:db8:1::1 ptb clear\n"
	        "host t 198.18.9.9 2001:db8:9::9\nlink me r1\nlink r1 t mtu 1300 back-mtu 1500\n");
	struct simlab_probe p = { .dst = target[0], .df = true, .data = 1472 };
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.icmp.type, ICMP4_ECHO_REPLY);
	assert_int_equal(a.icmp.body.length, 1472);
	/* There is no such thing in IPv6. */
	p.dst = target[1];
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.icmp.type, ICMP6_PACKET_TOO_BIG);
	simlab_close(&lab);
}

static void test_fragments_are_not_put_together(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "drop-fragments", "mtu 600");
	simlab_ask_in_vain(&lab, &(struct simlab_probe){ .dst = target[0], .data = 1472 });
	assert_int_equal(sim_counts(lab.sim)->silent, 3);
	simlab_close(&lab);
}

/* One fragment lost is all lost; the TTL of one that is not the first dies without a word. */
static void test_errors_about_fragments(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "mtu 600");
	struct simlab_probe p = { .dst = target[0], .data = 1472, .ttl = 2 };
	simlab_ask(&lab, &p, &a);
	assert_int_equal(a.icmp.type, ICMP4_TIME_EXCEEDED);
	assert_true(a.quoted4.mf);
	assert_int_equal(a.quoted4.fragment_offset, 0);
	assert_int_equal(a.quoted4.total_length, 596);
	simlab_close(&lab);
}

/* IPv6: the first answer that does not fit is lost, the host learns, the next come in pieces. */
static void test_hosts_learn_the_mtu_back(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	struct datagram whole;
	uint32_t largest;
	bool done;
	(void)state;
	open_path(&lab, "", "", "back-mtu 1300");
	struct simlab_probe p = { .dst = target[1], .id = 7, .data = 1400 };
	simlab_ask_in_vain(&lab, &p);
	assert_int_equal(sim_counts(lab.sim)->too_big, 1);
	simlab_send(&lab, &p);
	/* 1408 bytes behind 48 of headers: RFC 8200, 4.5. */
	assert_int_equal(reassemble(&lab, &whole, &largest, &done), 2);
	assert_true(done);
	assert_int_equal(largest, 1296);
	assert_int_equal(whole.upper.length, 1408);
	assert_true(datagram_checksum_ok(&whole));
	p.data = 100;
	simlab_ask(&lab, &p, &a);
	simlab_close(&lab);
	/* Nobody tells, nothing is learned. */
	open_path(&lab, "ptb silent", "", "back-mtu 1300");
	p.data = 1400;
	for (int i = 0; i < 3; i++)
		simlab_ask_in_vain(&lab, &p);
	simlab_close(&lab);
}

/* The source itself cuts what is too big for its own link, in both families. */
static void test_source_cuts(void **state)
{
	struct simlab lab;
	struct datagram whole;
	uint32_t largest;
	bool done;
	(void)state;
	simlab_open(&lab, "source me 198.18.0.1 2001:db8::1\nhost t 198.18.9.9 2001:db8:9::9\n"
	                  "link me t mtu 1280\n");
	for (int f = 0; f < 2; f++) {
		simlab_send(&lab, &(struct simlab_probe){ .dst = target[f], .data = 3000 });
		/* IPv4: 1256 of 3008 bytes in each; IPv6: 1232. */
		assert_int_equal(reassemble(&lab, &whole, &largest, &done), 3);
		assert_true(done);
		assert_int_equal(whole.upper.length, 3008);
		assert_int_equal(largest, f ? 1280 : 1276);
	}
	simlab_close(&lab);
}

/* An error is cut on its way back, and a NAT translates the quote in its first piece. */
static void test_errors_are_cut_before_a_nat(void **state)
{
	struct simlab lab;
	struct datagram whole;
	uint32_t largest;
	bool done;
	(void)state;
	simlab_open(&lab, "source me 198.18.0.1\nrouter home 203.0.113.7 nat\nrouter r 198.18.2.1\n"
	                  "host t 198.18.9.9\nlink me home\nlink home r back-mtu 300\nlink r t\n");
	simlab_send(&lab,
	            &(struct simlab_probe){ .dst = target[0], .ttl = 2, .id = 77, .data = 600 });
	assert_int_equal(reassemble(&lab, &whole, &largest, &done), 2);
	assert_true(done);
	assert_int_equal(largest, 300);
	assert_true(datagram_checksum_ok(&whole));
	struct cursor c = cursor_over(whole.upper);
	struct icmp m, quoted;
	struct ip4 ip;
	assert_true(icmp_parse(&c, 4, &m));
	assert_int_equal(m.type, ICMP4_TIME_EXCEEDED);
	c = cursor_over(m.body);
	assert_true(ip4_parse(&c, &ip));
	simlab_check_addr(&ip.src, "198.18.0.1");
	assert_true(icmp_parse(&c, 4, &quoted));
	assert_int_equal(quoted.id, 77);
	simlab_close(&lab);
}

/* Where the headers alone are too long there is nothing to cut. */
static void test_headers_too_long(void **state)
{
	static const uint8_t nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "", "mtu 68 tunnel 20");
	struct simlab_probe p = { .dst = target[0],
		                  .protocol = 99,
		                  .options = { nops, sizeof nops } };
	simlab_ask_in_vain(&lab, &p);
	assert_int_equal(sim_counts(lab.sim)->too_big, 1);
	p.data = 100;
	simlab_ask_in_vain(&lab, &p);
	assert_int_equal(sim_counts(lab.sim)->too_big, 2);
	simlab_close(&lab);
}

static void test_a_tunnel_wider_than_its_link(void **state)
{
	struct simlab lab;
	struct simlab_answer a;
	(void)state;
	open_path(&lab, "", "", "mtu 100 tunnel 200 back-mtu 1500");
	for (int f = 0; f < 2; f++) {
		struct simlab_probe p = { .dst = target[f], .df = true };
		simlab_ask(&lab, &p, &a);
		assert_int_equal(a.icmp.type, f ? ICMP6_PACKET_TOO_BIG : ICMP4_UNREACHABLE);
		assert_int_equal(a.icmp.mtu, 0);
	}
	simlab_close(&lab);
}

static void test_waiting_fragments_are_counted(void **state)
{
	struct simlab lab;
	(void)state;
	open_path(&lab, "", "", "mtu 600 back-mtu 1500");
	simlab_send(&lab, &(struct simlab_probe){ .dst = target[0], .data = 1472 });
	assert_int_equal(sim_counts(lab.sim)->held, 2);
	assert_int_equal(sim_counts(lab.sim)->arriving, 1);
	assert_int_equal(sim_counts(lab.sim)->delivered, 0);
	simlab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_there_and_back),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_fragments_are_not_put_together),
		cmocka_unit_test(test_errors_about_fragments),
		cmocka_unit_test(test_hosts_learn_the_mtu_back),
		cmocka_unit_test(test_source_cuts),
		cmocka_unit_test(test_errors_are_cut_before_a_nat),
		cmocka_unit_test(test_headers_too_long),
		cmocka_unit_test(test_a_tunnel_wider_than_its_link),
		cmocka_unit_test(test_waiting_fragments_are_counted),
	};
	return cmocka_run_group_tests_name("sim_fragments", tests, NULL, NULL) != 0;
}

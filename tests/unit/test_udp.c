#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/udp.h"

/* A probe of traceroute, as Linux sent it from 198.51.100.1 to 203.0.113.2. */
#define DATA40 "40414243 44454647 48494a4b 4c4d4e4f 50515253 54555657 58595a5b 5c5d5e5f"
#define PROBE  "8e03829a 002893c3" DATA40
/* The same from 2001:db8:1::1 to 2001:db8:2::2. */
#define PROBE6 "bc88829a 00286ffe" DATA40

static const uint8_t from6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 };
static const uint8_t to6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 2 };

static void header(void **state)
{
	(void)state;
	uint8_t bytes[40];
	struct cursor c = cursor_of(bytes, sample_hex(PROBE, bytes, sizeof bytes));
	struct udp u;

	assert_true(udp_parse(&c, &u));
	assert_int_equal(u.sport, 36355);
	assert_int_equal(u.dport, 33434);
	assert_int_equal(u.length, 40);
	assert_int_equal(u.checksum, 0x93c3);
	assert_int_equal(cursor_left(&c), 32);
}

static void cut_anywhere_fails(void **state)
{
	(void)state;
	uint8_t bytes[40];
	(void)sample_hex(PROBE, bytes, sizeof bytes);

	for (size_t cut = 0; cut <= UDP_HEADER; cut++) {
		uint8_t *exact = sample_copy(bytes, cut);
		struct cursor c = cursor_of(exact, cut);
		struct udp u;
		assert_int_equal(udp_parse(&c, &u), cut == UDP_HEADER);
		free(exact);
	}
}

static void build_writes_as_given(void **state)
{
	(void)state;
	uint8_t bytes[8], want[8];
	struct udp u = { .sport = 36355, .dport = 33434, .length = 40, .checksum = 0x93c3 };
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)sample_hex("8e03829a 002893c3", want, sizeof want);
	udp_build(&w, &u);
	assert_false(w.failed);
	assert_memory_equal(bytes, want, 8);
	w = writer_of(bytes, 7);
	udp_build(&w, &u);
	assert_true(w.failed);
}

/* Whatever stood in the checksum field, sealing gives what Linux wrote there. */
static void seal_as_linux_does(void **state)
{
	(void)state;
	uint8_t bytes[44], want[40];
	struct addr src = addr_v4(0xc6336401), dst = addr_v4(0xcb007102);
	size_t length = sample_hex(PROBE, want, sizeof want);
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_u32(&w, 0xffffffff); /* stands before the datagram and is none of its sum */
	writer_bytes(&w, want, length);
	bytes[4 + 6] = 0x12;
	udp_seal(&w, 4, &src, &dst);
	assert_false(w.failed);
	assert_memory_equal(bytes + 4, want, length);

	src = addr_v6(from6);
	dst = addr_v6(to6);
	length = sample_hex(PROBE6, want, sizeof want);
	w = writer_of(bytes, sizeof bytes);
	writer_bytes(&w, want, length);
	bytes[7] = 0x12;
	udp_seal(&w, 0, &src, &dst);
	assert_memory_equal(bytes, want, length);
}

static void a_sum_of_zero_is_sent_as_ffff(void **state)
{
	(void)state;
	struct addr src = addr_v4(0xc6336401), dst = addr_v4(0xcb007102);
	uint8_t bytes[10];
	struct writer w = writer_of(bytes, sizeof bytes);
	struct udp u = { .sport = 1, .dport = 2, .length = 10 };

	udp_build(&w, &u);
	writer_u16(&w, 0);
	checksum_sum sum = checksum_pseudo(&src, &dst, IP_PROTOCOL_UDP, 10);
	uint16_t word = checksum_compensate(checksum_add(sum, bytes, sizeof bytes), 0);
	writer_patch_u16(&w, 8, word);
	sum = checksum_add(checksum_pseudo(&src, &dst, IP_PROTOCOL_UDP, 10), bytes, sizeof bytes);
	assert_int_equal(checksum_finish(sum), 0);
	udp_seal(&w, 0, &src, &dst);
	assert_int_equal(bytes[6], 0xff);
	assert_int_equal(bytes[7], 0xff);
}

static void seal_without_a_header_fails(void **state)
{
	(void)state;
	struct addr a = addr_v4(1);
	uint8_t bytes[16] = { 0 };

	for (size_t length = 0; length <= 10; length++) {
		struct writer w = writer_of(bytes, sizeof bytes);
		writer_zero(&w, length);
		udp_seal(&w, 2, &a, &a);
		assert_int_equal(w.failed, length < 2 + UDP_HEADER);
	}
	struct writer w = writer_of(bytes, 4);
	writer_zero(&w, 5);
	udp_seal(&w, 0, &a, &a);
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(cut_anywhere_fails),
		cmocka_unit_test(build_writes_as_given),
		cmocka_unit_test(seal_as_linux_does),
		cmocka_unit_test(a_sum_of_zero_is_sent_as_ffff),
		cmocka_unit_test(seal_without_a_header_fails),
	};
	return cmocka_run_group_tests_name("udp", tests, NULL, NULL) != 0;
}

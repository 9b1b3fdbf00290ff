#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/tcp.h"

/* What traceroute -T sent and got over a veth pair, 198.51.100.1 and 203.0.113.2. */
#define SYN                                                                                 \
	"e4ad0050 9f38c05f 00000000 a0021540 1d0d0000 02040550 0402080a 91a6d9a7 00000000 " \
	"01030302"
#define RST "0050a363 00000000 9b4179ff 50140000 90a40000"
/* The same over IPv6, 2001:db8:1::1 and 2001:db8:2::2. */
#define SYN6                                                                                \
	"bbf10050 02e9d719 00000000 a00214f0 2d8f0000 0204053c 0402080a 2d12e72f 00000000 " \
	"01030302"

static const uint8_t from6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 };
static const uint8_t to6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 2 };

static void syn_of_linux(void **state)
{
	(void)state;
	uint8_t bytes[44] = { 0 };
	(void)sample_hex(SYN, bytes, sizeof bytes);
	struct cursor c = cursor_of(bytes, sizeof bytes);
	struct tcp t;

	assert_true(tcp_parse(&c, &t));
	assert_int_equal(t.sport, 58541);
	assert_int_equal(t.dport, 80);
	assert_int_equal(t.seq, 0x9f38c05f);
	assert_int_equal(t.ack, 0);
	assert_int_equal(t.flags, TCP_SYN);
	assert_int_equal(t.window, 5440);
	assert_int_equal(t.checksum, 0x1d0d);
	assert_int_equal(t.urgent, 0);
	assert_int_equal(t.mss, 1360);
	assert_int_equal(t.options.length, 20);
	assert_int_equal(cursor_left(&c), 4);
}

static void rst_of_linux(void **state)
{
	(void)state;
	uint8_t bytes[20];
	struct cursor c = cursor_of(bytes, sample_hex(RST, bytes, sizeof bytes));
	struct tcp t;

	assert_true(tcp_parse(&c, &t));
	assert_int_equal(t.ack, 0x9b4179ff);
	assert_int_equal(t.flags, TCP_RST | TCP_ACK);
	assert_int_equal(t.window, 0);
	assert_int_equal(t.mss, 0);
	assert_int_equal(t.options.length, 0);
	assert_int_equal(cursor_left(&c), 0);
}

static void every_flag(void **state)
{
	(void)state;
	/* RFC 9293, 3.1: CWR ECE URG ACK PSH RST SYN FIN, FIN lowest. */
	static const uint8_t order[] = { TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH,
		                         TCP_ACK, TCP_URG, TCP_ECE, TCP_CWR };
	for (unsigned int bit = 0; bit < 8; bit++)
		assert_int_equal(order[bit], 1u << bit);
}

static void cut_anywhere_fails(void **state)
{
	(void)state;
	uint8_t bytes[40];
	(void)sample_hex(SYN, bytes, sizeof bytes);

	for (size_t cut = 0; cut <= sizeof bytes; cut++) {
		uint8_t *exact = sample_copy(bytes, cut);
		struct cursor c = cursor_of(exact, cut);
		struct tcp t;
		assert_int_equal(tcp_parse(&c, &t), cut == sizeof bytes);
		assert_int_equal(c.failed, cut != sizeof bytes);
		free(exact);
	}
}

static void a_cut_quote_has_what_it_has(void **state)
{
	(void)state;
	uint8_t bytes[40];
	(void)sample_hex(SYN, bytes, sizeof bytes);
	bytes[10] = 0x77; /* something in ack and urgent, to be seen or not */
	bytes[19] = 0x55;

	for (size_t cut = 0; cut <= sizeof bytes; cut++) {
		uint8_t *exact = sample_copy(bytes, cut);
		struct cursor c = cursor_of(exact, cut);
		struct tcp t;
		assert_int_equal(tcp_parse_quote(&c, &t), cut >= 8);
		assert_int_equal(c.failed, cut < 8);
		if (cut >= 8) {
			assert_int_equal(t.sport, 58541);
			assert_int_equal(t.dport, 80);
			assert_int_equal(t.seq, 0x9f38c05f);
			assert_int_equal(t.ack, cut >= 12 ? 0x00007700 : 0);
			assert_int_equal(t.flags, cut >= 14 ? TCP_SYN : 0);
			assert_int_equal(t.window, cut >= 16 ? 5440 : 0);
			assert_int_equal(t.checksum, cut >= 18 ? 0x1d0d : 0);
			assert_int_equal(t.urgent, cut >= 20 ? 0x55 : 0);
			assert_int_equal(t.mss, cut >= 24 ? 1360 : 0);
			assert_int_equal(t.options.length, cut > 20 ? cut - 20 : 0);
			assert_int_equal(cursor_left(&c), 0);
		}
		free(exact);
	}
}

static void a_quote_with_data_behind(void **state)
{
	(void)state;
	uint8_t bytes[50] = { 0 };
	(void)sample_hex(SYN, bytes, sizeof bytes);
	struct cursor c = cursor_of(bytes, sizeof bytes);
	struct tcp t;

	assert_true(tcp_parse_quote(&c, &t));
	assert_int_equal(t.options.length, 20);
	assert_int_equal(cursor_left(&c), 10);
	/* A data offset below five words is a lie, but ports and number are still there. */
	bytes[12] = 0x40;
	c = cursor_of(bytes, sizeof bytes);
	assert_true(tcp_parse_quote(&c, &t));
	assert_int_equal(t.seq, 0x9f38c05f);
	assert_int_equal(t.options.length, 0);
	assert_int_equal(t.mss, 0);
}

static void data_offset(void **state)
{
	(void)state;
	uint8_t bytes[60] = { 0 };

	for (unsigned int words = 0; words < 16; words++) {
		bytes[12] = (uint8_t)(words << 4 | 0x0f); /* the low half is reserved */
		struct cursor c = cursor_of(bytes, sizeof bytes);
		struct tcp t;
		assert_int_equal(tcp_parse(&c, &t), words >= 5);
		if (words >= 5)
			assert_int_equal(cursor_left(&c), 60 - words * 4);
	}
}

/* A header with exactly these option bytes, a multiple of four. */
static bool with_options(const uint8_t *options, size_t length, struct tcp *t)
{
	uint8_t bytes[60] = { 0 };

	bytes[12] = (uint8_t)((20 + length) / 4 << 4);
	memcpy(bytes + 20, options, length);
	uint8_t *exact = sample_copy(bytes, 20 + length);
	struct cursor c = cursor_of(exact, 20 + length);
	bool good = tcp_parse(&c, t);
	assert_int_equal(c.failed, !good);
	t->options = (struct span){ 0 };
	free(exact);
	return good;
}

static void options(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[8];
		bool good;
		uint16_t mss;
	} cases[] = {
		{ { 2, 4, 5, 0xb4, 0, 0, 0, 0 }, true, 1460 },
		{ { 1, 1, 1, 1, 2, 4, 5, 0xb4 }, true, 1460 }, /* behind no-operations */
		{ { 3, 3, 7, 1, 2, 4, 5, 0xb4 }, true, 1460 }, /* behind another */
		{ { 0, 0, 0, 0, 2, 4, 5, 0xb4 }, true, 0 },    /* behind the end */
		{ { 2, 3, 5, 1, 1, 1, 1, 1 }, true, 0 }, /* an MSS of another length is none */
		{ { 2, 5, 5, 1, 1, 1, 1, 1 }, true, 0 },
		{ { 8, 2, 1, 1, 1, 1, 1, 1 }, true, 0 },
		{ { 8, 8, 1, 1, 1, 1, 1, 1 }, true, 0 },
		{ { 8, 9, 1, 1, 1, 1, 1, 1 }, false, 0 }, /* beyond the header */
		{ { 8, 255, 1, 1, 1, 1, 1, 1 }, false, 0 },
		{ { 8, 0, 1, 1, 1, 1, 1, 1 }, false, 0 }, /* no length */
		{ { 8, 1, 1, 1, 1, 1, 1, 1 }, false, 0 },
		{ { 1, 1, 1, 1, 1, 1, 1, 8 }, false, 0 }, /* cut before its length */
		{ { 1, 1, 1, 1, 1, 2, 4, 5 }, false, 0 }, /* cut in its value */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tcp t;
		assert_int_equal(with_options(cases[i].bytes, 8, &t), cases[i].good);
		assert_int_equal(t.mss, cases[i].mss);
	}
}

static void build_and_seal_as_linux_does(void **state)
{
	(void)state;
	struct addr src = addr_v4(0xcb007102), dst = addr_v4(0xc6336401);
	uint8_t bytes[44], want[40];
	struct tcp t = {
		.sport = 80, .dport = 41827, .ack = 0x9b4179ff, .flags = TCP_RST | TCP_ACK
	};
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)sample_hex(RST, want, sizeof want);
	writer_u32(&w, 0xffffffff);
	tcp_build(&w, &t);
	tcp_seal(&w, 4, &src, &dst);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 24);
	assert_memory_equal(bytes + 4, want, 20);

	/* Whatever stood in the field. */
	struct addr src6 = addr_v6(from6), dst6 = addr_v6(to6);
	size_t length = sample_hex(SYN6, want, sizeof want);
	w = writer_of(bytes, sizeof bytes);
	writer_bytes(&w, want, length);
	bytes[16] ^= 0xff;
	tcp_seal(&w, 0, &src6, &dst6);
	assert_memory_equal(bytes, want, length);
}

static void build_writes_the_mss(void **state)
{
	(void)state;
	uint8_t bytes[24], want[24];
	struct tcp t = { .sport = 0x1234,
		         .dport = 0x5678,
		         .seq = 0x9abcdef0,
		         .ack = 0x01020304,
		         .flags = TCP_SYN,
		         .window = 0xffff,
		         .urgent = 7,
		         .checksum = 0xdead,
		         .mss = 1460 };
	struct writer w = writer_of(bytes, sizeof bytes);

	(void)sample_hex("12345678 9abcdef0 01020304 6002ffff 00000007 020405b4", want, 24);
	tcp_build(&w, &t);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 24);
	assert_memory_equal(bytes, want, 24);
	w = writer_of(bytes, 23);
	tcp_build(&w, &t);
	assert_true(w.failed);
}

static void seal_without_a_header_fails(void **state)
{
	(void)state;
	struct addr a = addr_v4(1);
	uint8_t bytes[16] = { 0 };
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_zero(&w, 16);
	tcp_seal(&w, 0, &a, &a);
	assert_true(w.failed);
}

static void random_headers_survive(void **state)
{
	(void)state;
	struct random r;

	random_init(&r, sample_seed(50));
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[24];
		struct tcp t = {
			.sport = (uint16_t)random_next(&r),
			.dport = (uint16_t)random_next(&r),
			.seq = (uint32_t)random_next(&r),
			.ack = (uint32_t)random_next(&r),
			.flags = (uint8_t)random_next(&r),
			.window = (uint16_t)random_next(&r),
			.urgent = (uint16_t)random_next(&r),
			.mss = random_below(&r, 2) ? (uint16_t)random_next(&r) : 0,
		};
		struct writer w = writer_of(bytes, sizeof bytes);
		tcp_build(&w, &t);
		struct cursor c = cursor_of(bytes, writer_length(&w));
		struct tcp got;
		assert_true(tcp_parse(&c, &got));
		assert_int_equal(got.sport, t.sport);
		assert_int_equal(got.dport, t.dport);
		assert_int_equal(got.seq, t.seq);
		assert_int_equal(got.ack, t.ack);
		assert_int_equal(got.flags, t.flags);
		assert_int_equal(got.window, t.window);
		assert_int_equal(got.urgent, t.urgent);
		assert_int_equal(got.mss, t.mss);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_of_linux),
		cmocka_unit_test(rst_of_linux),
		cmocka_unit_test(every_flag),
		cmocka_unit_test(cut_anywhere_fails),
		cmocka_unit_test(a_cut_quote_has_what_it_has),
		cmocka_unit_test(a_quote_with_data_behind),
		cmocka_unit_test(data_offset),
		cmocka_unit_test(options),
		cmocka_unit_test(build_and_seal_as_linux_does),
		cmocka_unit_test(build_writes_the_mss),
		cmocka_unit_test(seal_without_a_header_fails),
		cmocka_unit_test(random_headers_survive),
	};
	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL) != 0;
}

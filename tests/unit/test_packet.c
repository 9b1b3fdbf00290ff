#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "probe/packet.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"
#include "wire/ip4.h"

/* Datagrams of Linux's making, taken off a veth pair; what they say was read off tshark. */
#define COUNTING                                                                            \
	"10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f 30313233 " \
	"34353637"
#define ECHO4                                          \
	"45000054 e19f0000 3f0133d2 cb007102 c6336401" \
	"00001ed0 3ea20001 ba96056b 00000000 21b80200 00000000" COUNTING
#define OPTIONS4                                                                            \
	"4a000068 e1a30000 3f0131e0 cb007102 c6336401 44141503 c63364fe 02fa9b4c cb007102 " \
	"02fa9b4c"                                                                          \
	"00005ba2 3ea60001 ba96056b 00000000 e4e10200 00000000" COUNTING
#define EXCEEDED4                                                                           \
	"45c00058 86bc0000 40019dc2 c63364fe c6336401 0b005b71 00000000 4500003c bd0e0000 " \
	"0111966b"                                                                          \
	"c6336401 cb007102 8e03829a 002893c3 40414243 44454647 48494a4b 4c4d4e4f 50515253 " \
	"54555657"                                                                          \
	"58595a5b 5c5d5e5f"
#define RST4                                                                                \
	"45000028 00004000 3f06d598 cb007102 c6336401 0050a363 00000000 9b4179ff 50140000 " \
	"90a40000"
#define ECHO6                                                                               \
	"600f5c4c 00403a3f 20010db8 00020000 00000000 00000002 20010db8 00010000 00000000 " \
	"00000001"                                                                          \
	"81008c52 3eae0001 bb96056b 00000000 d5360300 00000000" COUNTING

static const char *const samples[] = { ECHO4, OPTIONS4, EXCEEDED4, RST4, ECHO6 };
#define SAMPLES (sizeof samples / sizeof samples[0])

static void ip4_datagram(void **state)
{
	(void)state;
	uint8_t bytes[128];
	size_t length = sample_hex(OPTIONS4, bytes, sizeof bytes);
	struct packet p;

	assert_true(packet_parse((struct span){ bytes, length }, 12345, &p));
	assert_int_equal(p.time, 12345);
	assert_int_equal(addr_to_v4(&p.src), 0xcb007102);
	assert_int_equal(addr_to_v4(&p.dst), 0xc6336401);
	assert_int_equal(p.protocol, IP_PROTOCOL_ICMP);
	assert_int_equal(p.ttl, 63);
	assert_int_equal(p.tos, 0);
	assert_false(p.checksum_ok);
	assert_false(p.user_time);
	assert_int_equal(p.fragment_size, 0);
	assert_int_equal(p.options.length, 20);
	assert_ptr_equal(p.options.data, bytes + 20);
	assert_int_equal(p.payload.length, 64);
	assert_ptr_equal(p.payload.data, bytes + 40);
}

static void tos_and_protocol(void **state)
{
	(void)state;
	uint8_t bytes[128];
	struct packet p;

	assert_true(packet_parse((struct span){ bytes, sample_hex(EXCEEDED4, bytes, sizeof bytes) },
	                         0, &p));
	assert_int_equal(p.tos, 0xc0);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.payload.length, 68);
	assert_true(
	        packet_parse((struct span){ bytes, sample_hex(RST4, bytes, sizeof bytes) }, 0, &p));
	assert_int_equal(p.protocol, IP_PROTOCOL_TCP);
	assert_int_equal(p.payload.length, 20);
	assert_int_equal(p.options.length, 0);
}

static void ip6_datagram(void **state)
{
	(void)state;
	uint8_t bytes[128];
	size_t length = sample_hex(ECHO6, bytes, sizeof bytes);
	struct packet p;
	char text[ADDR_TEXT_SIZE];

	bytes[0] = 0x6a; /* traffic class a8 */
	bytes[1] = 0x8f;
	assert_true(packet_parse((struct span){ bytes, length }, -7, &p));
	assert_int_equal(p.time, -7);
	assert_string_equal(addr_format(&p.src, text), "2001:db8:2::2");
	assert_string_equal(addr_format(&p.dst, text), "2001:db8:1::1");
	assert_int_equal(p.protocol, IP_PROTOCOL_ICMP6);
	assert_int_equal(p.ttl, 63);
	assert_int_equal(p.tos, 0xa8);
	assert_int_equal(p.options.length, 0);
	assert_int_equal(p.payload.length, 64);
	assert_ptr_equal(p.payload.data, bytes + 40);
}

static void padding_is_no_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t bytes[160] = { 0 };
		size_t length = sample_hex(samples[i], bytes, sizeof bytes);
		struct packet exact, padded;
		assert_true(packet_parse((struct span){ bytes, length }, 0, &exact));
		assert_true(packet_parse((struct span){ bytes, sizeof bytes }, 0, &padded));
		assert_int_equal(padded.payload.length, exact.payload.length);
		assert_ptr_equal(padded.payload.data, exact.payload.data);
	}
}

static void cut_anywhere_is_no_datagram(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint8_t bytes[160];
		size_t length = sample_hex(samples[i], bytes, sizeof bytes);
		for (size_t cut = 0; cut <= length; cut++) {
			uint8_t *exact = sample_copy(bytes, cut);
			struct packet p;
			assert_int_equal(packet_parse((struct span){ exact, cut }, 0, &p),
			                 cut == length);
			free(exact);
		}
	}
}

static void every_version(void **state)
{
	(void)state;
	for (unsigned int version = 0; version < 16; version++) {
		uint8_t bytes[128];
		struct packet p;
		size_t length = sample_hex(version == 6 ? ECHO6 : ECHO4, bytes, sizeof bytes);
		bytes[0] = (uint8_t)(version << 4 | (bytes[0] & 0x0f));
		assert_int_equal(packet_parse((struct span){ bytes, length }, 0, &p),
		                 version == 4 || version == 6);
	}
}

/* The header changed, its checksum right again. */
static void change4(uint8_t *bytes, size_t at, uint8_t value)
{
	bytes[at] = value;
	bytes[10] = 0;
	bytes[11] = 0;
	uint16_t field = checksum(bytes, (size_t)(bytes[0] & 0x0f) * 4);
	bytes[10] = (uint8_t)(field >> 8);
	bytes[11] = (uint8_t)field;
}

static void damaged_ip4_headers(void **state)
{
	(void)state;
	uint8_t bytes[128];
	struct packet p;
	struct span all = { bytes, 0 };

	/* Any bit of the header, the checksum not following. */
	all.length = sample_hex(OPTIONS4, bytes, sizeof bytes);
	for (size_t bit = 0; bit < 40 * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(packet_parse(all, 0, &p));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(packet_parse(all, 0, &p));

	/* Header length below 20, with a right checksum over what it claims. */
	all.length = sample_hex(ECHO4, bytes, sizeof bytes);
	change4(bytes, 0, 0x44);
	assert_false(packet_parse(all, 0, &p));

	/* Total length: below the header, just the header, beyond the bytes. */
	all.length = sample_hex(ECHO4, bytes, sizeof bytes);
	change4(bytes, 3, 19);
	assert_false(packet_parse(all, 0, &p));
	change4(bytes, 3, 20);
	assert_true(packet_parse(all, 0, &p));
	assert_int_equal(p.payload.length, 0);
	change4(bytes, 3, 85);
	assert_false(packet_parse(all, 0, &p));
	change4(bytes, 3, 84);
	assert_true(packet_parse(all, 0, &p));

	/* Reserved bit and DF say nothing; MF and an offset make it a fragment. */
	static const struct {
		uint8_t flags;
		bool whole;
	} cases[] = { { 0x80, true }, { 0x40, true }, { 0x20, false }, { 0x01, false } };
	for (size_t i = 0; i < 4; i++) {
		change4(bytes, 6, cases[i].flags);
		assert_int_equal(packet_parse(all, 0, &p), cases[i].whole);
	}
	change4(bytes, 6, 0);
	change4(bytes, 7, 1);
	assert_false(packet_parse(all, 0, &p));
}

static size_t ip6_with(uint8_t next, const char *payload, uint8_t *bytes, size_t capacity)
{
	size_t head = sample_hex(ECHO6, bytes, capacity) - 64;
	size_t length = sample_hex(payload, bytes + head, capacity - head);

	bytes[4] = 0;
	bytes[5] = (uint8_t)length;
	bytes[6] = next;
	return head + length;
}

static void ip6_extension_headers(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct packet p;
	struct span all = { bytes, 0 };

	/* Hop-by-hop, then UDP. */
	all.length = ip6_with(0, "11000502 00000100 00010002 00080000", bytes, sizeof bytes);
	assert_true(packet_parse(all, 0, &p));
	assert_int_equal(p.protocol, IP_PROTOCOL_UDP);
	assert_int_equal(p.payload.length, 8);
	assert_ptr_equal(p.payload.data, bytes + 48);
	/* The header is longer than the payload, though there are bytes behind it. */
	all.length = ip6_with(0, "11000502 00000100 00010002 00080000", bytes, sizeof bytes);
	bytes[41] = 1;
	bytes[5] = 8;
	assert_false(packet_parse(all, 0, &p));
	/* Nothing behind the headers. */
	all.length = ip6_with(0, "3b000502 00000100", bytes, sizeof bytes);
	assert_true(packet_parse(all, 0, &p));
	assert_int_equal(p.protocol, 59);
	assert_int_equal(p.payload.length, 0);
}

static void ip6_fragments(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct packet p;
	struct span all = { bytes, 0 };

	all.length = ip6_with(44, "3a000001 a5bbfa80 80000fb9 3eb10001", bytes, sizeof bytes);
	assert_false(packet_parse(all, 0, &p)); /* the first */
	all.length = ip6_with(44, "3a000548 a5bbfa80 40414243 44454647", bytes, sizeof bytes);
	assert_false(packet_parse(all, 0, &p)); /* the last */
	/* An atomic one is whole (RFC 6946). */
	all.length = ip6_with(44, "3a000000 a5bbfa80 80000fb9 3eb10001", bytes, sizeof bytes);
	assert_true(packet_parse(all, 0, &p));
	assert_int_equal(p.protocol, IP_PROTOCOL_ICMP6);
	assert_int_equal(p.payload.length, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip4_datagram),
		cmocka_unit_test(tos_and_protocol),
		cmocka_unit_test(ip6_datagram),
		cmocka_unit_test(padding_is_no_payload),
		cmocka_unit_test(cut_anywhere_is_no_datagram),
		cmocka_unit_test(every_version),
		cmocka_unit_test(damaged_ip4_headers),
		cmocka_unit_test(ip6_extension_headers),
		cmocka_unit_test(ip6_fragments),
	};
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL) != 0;
}

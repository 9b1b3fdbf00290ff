#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "tests/unit/alloc_fail.h"
#include "tests/unit/exlab.h"

static struct exlab lab;

static void open_with(const struct exchange_config *config)
{
	exlab_open(&lab, config);
}

static void open_plain(void)
{
	struct exchange_config config = exlab_config();
	open_with(&config);
}

static void must_send(uint8_t kind, uint8_t family, uint64_t token, uint32_t size)
{
	struct probe probe = exlab_probe(kind, family, token, size);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(lab.sent.length, size);
}

static uint8_t protocol_of(uint8_t kind, uint8_t family)
{
	return kind == PROBE_UDP ? 17 : kind == PROBE_TCP ? 6 : family == 4 ? 1 : 58;
}

/* --- IP -------------------------------------------------------------------- */

static void the_ipv4_header_is_as_asked(void **state)
{
	(void)state;
	static const uint8_t kinds[] = { PROBE_ECHO, PROBE_UDP, PROBE_TCP, PROBE_TIMESTAMP };
	open_plain();
	for (size_t k = 0; k < sizeof kinds; k++) {
		struct probe probe = exlab_probe(kinds[k], 4, 0x30039, 100);
		probe.tos = 0xb8;
		probe.ttl = 17;
		probe.df = k % 2;
		assert_int_equal(exlab_send(&lab, &probe), 0);
		const uint8_t *ip = lab.sent.bytes;
		assert_int_equal(lab.sent.length, 100);
		assert_int_equal(lab.header, 20);
		assert_int_equal(ip[0], 0x45);
		assert_int_equal(ip[1], 0xb8);
		assert_int_equal(exlab_u16(ip + 2), 100);
		assert_int_equal(exlab_u16(ip + 4), 0x39);
		assert_int_equal(exlab_u16(ip + 6), k % 2 ? 0x4000 : 0);
		assert_int_equal(ip[8], 17);
		assert_int_equal(ip[9], protocol_of(kinds[k], 4));
		assert_int_equal(exlab_sum(ip, 20, 0), 0);
		assert_memory_equal(ip + 12, lab.src4.bytes, 4);
		assert_memory_equal(ip + 16, probe.dst.bytes, 4);
		assert_int_equal(exlab_upper_sum(&lab.sent, 20, ip[9]), 0);
	}
	exlab_close(&lab);
}

static void the_ipv6_header_is_as_asked(void **state)
{
	(void)state;
	static const uint8_t kinds[] = { PROBE_ECHO, PROBE_UDP, PROBE_TCP };
	struct exchange_config config = exlab_config();
	config.flow_label = 0xffffe;
	open_with(&config);
	for (size_t k = 0; k < sizeof kinds; k++) {
		struct probe probe = exlab_probe(kinds[k], 6, 0x30039, 100);
		probe.tos = 0xb8;
		probe.ttl = 17;
		probe.flow = (uint16_t)(k + 1);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		const uint8_t *ip = lab.sent.bytes;
		assert_int_equal(lab.sent.length, 100);
		assert_int_equal(lab.header, 40);
		/* Version, class and a label that wraps in its 20 bits. */
		static const uint32_t labels[] = { 0xfffff, 0, 1 };
		assert_int_equal(exlab_u32(ip), 0x6b800000 | labels[k]);
		assert_int_equal(exlab_u16(ip + 4), 60);
		assert_int_equal(ip[6], protocol_of(kinds[k], 6));
		assert_int_equal(ip[7], 17);
		assert_memory_equal(ip + 8, lab.src6.bytes, 16);
		assert_memory_equal(ip + 24, probe.dst.bytes, 16);
		assert_int_equal(exlab_upper_sum(&lab.sent, 40, ip[6]), 0);
	}
	exlab_close(&lab);
}

static void no_flow_label_stays_none(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_ECHO, 6, 1, 100);
	probe.flow = 9;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(exlab_u32(lab.sent.bytes), 0x60000000);
	exlab_close(&lab);
}

static void ipv4_options_travel_in_front(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	/* Seven bytes of record route: one of padding. */
	static const uint8_t route[] = { 7, 7, 4, 0, 0, 0, 0 };
	memcpy(config.options, route, sizeof route);
	config.options_length = sizeof route;
	open_with(&config);
	must_send(PROBE_ECHO, 4, 3, 84);
	assert_int_equal(lab.header, 28);
	assert_int_equal(lab.sent.bytes[0], 0x47);
	assert_memory_equal(lab.sent.bytes + 20, route, 7);
	assert_int_equal(lab.sent.bytes[27], 0);
	assert_int_equal(exlab_sum(lab.sent.bytes, 28, 0), 0);
	assert_int_equal(exlab_upper_sum(&lab.sent, 28, 1), 0);
	/* 28 and 8 are the least; IPv6 has none of them. */
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 4, 35);
	assert_int_equal(exlab_send(&lab, &probe), -EMSGSIZE);
	must_send(PROBE_ECHO, 4, 4, 36);
	must_send(PROBE_ECHO, 6, 4, 48);
	exlab_close(&lab);
}

/* Zero would be replaced by the kernel: the number goes as half a cycle. */
static void the_identification_is_the_number_and_never_zero(void **state)
{
	(void)state;
	open_plain();
	must_send(PROBE_ECHO, 4, 0x50000, 84);
	assert_int_equal(exlab_u16(lab.sent.bytes + 4), 0x8000);
	assert_int_equal(exlab_u16(exlab_upper(&lab) + 6), 0);
	must_send(PROBE_TCP, 4, 0xffff, 84);
	assert_int_equal(exlab_u16(lab.sent.bytes + 4), 0xffff);
	exlab_close(&lab);
}

/* --- echo -------------------------------------------------------------------- */

static void an_echo_is_laid_out_as_written(void **state)
{
	(void)state;
	open_plain();
	must_send(PROBE_ECHO, 4, 1, 84); /* so that the serial is not 0 */
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 0xabcd1234, 84);
	probe.flow = 3;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	const uint8_t *icmp = exlab_upper(&lab), *data = icmp + 8;
	assert_int_equal(icmp[0], 8);
	assert_int_equal(icmp[1], 0);
	assert_int_equal(exlab_u16(icmp + 4), 0x1203);
	assert_int_equal(exlab_u16(icmp + 6), 0x1234);
	assert_int_equal(exlab_u32(data + 8), lab.serial);
	assert_int_equal(lab.serial, 1);
	assert_int_equal(exlab_u32(data + 12), 0);
	for (size_t i = 16; i < 56; i++)
		assert_int_equal(data[i], i);
	must_send(PROBE_ECHO, 6, 7, 104);
	assert_int_equal(exlab_upper(&lab)[0], 128);
	exlab_close(&lab);
}

static void data_is_pattern_where_there_is_no_room_for_more(void **state)
{
	(void)state;
	open_plain();
	for (uint32_t n = 0; n <= 300; n++) {
		must_send(PROBE_ECHO, 4, n, 28 + n);
		const uint8_t *data = exlab_upper(&lab) + 8;
		assert_int_equal(exlab_upper_sum(&lab.sent, 20, 1), 0);
		for (size_t i = n < 8 ? 0 : n < 16 ? 8 : 16; i < n; i++)
			assert_int_equal(data[i], i & 0xff);
		if (n < 8)
			continue;
		/* The cookie is none of the pattern, nor that of another probe. */
		uint8_t first[8];
		memcpy(first, data, 8);
		assert_memory_not_equal(first, "\0\1\2\3\4\5\6\7", 8);
		must_send(PROBE_ECHO, 4, n, 28 + n);
		assert_memory_not_equal(first, data, 8);
	}
	exlab_close(&lab);
}

static void a_pattern_is_counted_from_the_first_byte(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	static const uint8_t pattern[16] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	};
	for (uint8_t length = 1; length <= 16; length++) {
		memcpy(config.pattern, pattern, sizeof pattern);
		config.pattern_length = length;
		open_with(&config);
		for (uint32_t n = 0; n < 700; n += n < 20 ? 1 : 97) {
			must_send(PROBE_ECHO, 4, n, 28 + n);
			assert_int_equal(exlab_upper_sum(&lab.sent, 20, 1), 0);
			const uint8_t *data = exlab_upper(&lab) + 8;
			for (size_t i = n < 8 ? 0 : n < 16 ? 8 : 16; i < n; i++)
				assert_int_equal(data[i], i % length + 1);
		}
		exlab_close(&lab);
	}
}

static void cookies_depend_on_key_and_identity(void **state)
{
	(void)state;
	uint8_t cookies[6][8];
	for (int i = 0; i < 6; i++) {
		struct exchange_config config = exlab_config();
		struct probe probe = exlab_probe(PROBE_ECHO, 4, 5, 84);
		config.key.k0 ^= i == 1;
		config.key.k1 ^= i == 2;
		probe.token += i == 3;
		probe.flow = i == 4;
		probe.dst.bytes[3] ^= i == 5;
		open_with(&config);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		memcpy(cookies[i], exlab_upper(&lab) + 8, 8);
		exlab_close(&lab);
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(cookies[i], cookies[j], 8);
	}
}

static void ids_count_flows_unless_fixed(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.id_base = 0xfffe;
	config.sport_base = 0xfffe;
	for (int fixed = 0; fixed < 2; fixed++) {
		config.id_fixed = fixed;
		open_with(&config);
		for (uint16_t flow = 0; flow < 4; flow++) {
			struct probe probe = exlab_probe(PROBE_ECHO, 4, flow, 84);
			probe.flow = flow;
			assert_int_equal(exlab_send(&lab, &probe), 0);
			uint16_t want = fixed ? 0xfffe : (uint16_t)(0xfffe + flow);
			assert_int_equal(exlab_u16(exlab_upper(&lab) + 4), want);
			probe.kind = PROBE_UDP;
			probe.port = 33434;
			assert_int_equal(exlab_send(&lab, &probe), 0);
			assert_int_equal(exlab_u16(exlab_upper(&lab)), (uint16_t)(0xfffe + flow));
		}
		exlab_close(&lab);
	}
}

/* All that a balancer hashes stays, whatever the number: for all of them, in all sizes that can. */
static void an_echo_checksum_stays_over_a_flow(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 2, 3, 9, 10, 11, 15, 16, 17, 56 };
	struct exchange_config config = exlab_config();
	config.constant_checksum = true;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			int32_t of_flow[2] = { -1, -1 };
			open_with(&config);
			for (uint32_t number = 0; number < 0x10000; number += s ? 251 : 1) {
				struct probe probe =
				        exlab_probe(PROBE_ECHO, family, number,
				                    (family == 4 ? 28 : 48) + sizes[s]);
				probe.flow = number & 1;
				assert_int_equal(exlab_send(&lab, &probe), 0);
				uint16_t sum = exlab_u16(exlab_upper(&lab) + 2);
				if (of_flow[probe.flow] < 0)
					of_flow[probe.flow] = sum;
				assert_int_equal(sum, of_flow[probe.flow]);
				assert_int_equal(exlab_upper_sum(&lab.sent, lab.header,
				                                 family == 4 ? 1 : 58),
				                 0);
			}
			assert_int_not_equal(of_flow[0], of_flow[1]);
			exlab_close(&lab);
		}
}

/* Up to 9 bytes the word comes first and leaves no room for a cookie; from 10 on it is behind it.
 */
static void the_word_of_short_data_stands_where_written(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.constant_checksum = true;
	open_with(&config);
	for (uint32_t n = 2; n < 16; n++) {
		must_send(PROBE_ECHO, 4, n, 28 + n);
		const uint8_t *data = exlab_upper(&lab) + 8;
		size_t from = n < 10 ? 2 : 10;
		for (size_t i = from; i < n; i++)
			assert_int_equal(data[i], i);
		if (n < 10)
			continue;
		/* A zero in place of the word leaves a sum that the word completes. */
		uint16_t word = exlab_u16(data + 8);
		uint8_t cookie[8];
		memcpy(cookie, data, 8);
		must_send(PROBE_ECHO, 4, n, 28 + n);
		assert_memory_not_equal(cookie, data, 8);
		assert_int_not_equal(exlab_u16(data + 8), word);
	}
	exlab_close(&lab);
}

static void without_room_an_echo_checksum_changes(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.constant_checksum = true;
	for (uint32_t n = 0; n < 2; n++) {
		open_with(&config);
		must_send(PROBE_ECHO, 4, 1, 28 + n);
		uint16_t first = exlab_u16(exlab_upper(&lab) + 2);
		must_send(PROBE_ECHO, 4, 2, 28 + n);
		assert_int_equal(exlab_u16(exlab_upper(&lab) + 2), first - 1);
		assert_int_equal(exlab_upper_sum(&lab.sent, 20, 1), 0);
		exlab_close(&lab);
	}
}

/* --- UDP and TCP ---------------------------------------------------------------------------------
 */

static void a_udp_checksum_is_the_number(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 2, 3, 4, 9, 15, 16, 17, 40 };
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			open_plain();
			for (uint32_t number = 0; number < 0x10000; number += s ? 253 : 1) {
				must_send(PROBE_UDP, family, 0x70000 + number,
				          (family == 4 ? 28 : 48) + sizes[s]);
				const uint8_t *udp = exlab_upper(&lab);
				assert_int_equal(exlab_u16(udp + 6), number ? number : 0x8000);
				assert_int_equal(exlab_upper_sum(&lab.sent, lab.header, 17), 0);
			}
			const uint8_t *udp = exlab_upper(&lab);
			assert_int_equal(exlab_u16(udp), 40000);
			assert_int_equal(exlab_u16(udp + 2), 33434);
			assert_int_equal(exlab_u16(udp + 4), 8 + sizes[s]);
			exlab_close(&lab);
		}
}

static void a_udp_checksum_stays_where_it_must(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 4, 9, 15, 16, 40 };
	struct exchange_config config = exlab_config();
	config.constant_checksum = true;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			open_with(&config);
			for (uint32_t number = 0; number < 0x10000; number += 257) {
				must_send(PROBE_UDP, family, number,
				          (family == 4 ? 28 : 48) + sizes[s]);
				assert_int_equal(exlab_u16(exlab_upper(&lab) + 6), 40000);
				assert_int_equal(exlab_upper_sum(&lab.sent, lab.header, 17), 0);
			}
			exlab_close(&lab);
		}
}

static void short_udp_data_has_word_and_number(void **state)
{
	(void)state;
	open_plain();
	must_send(PROBE_UDP, 6, 0x1234, 48 + 7);
	const uint8_t *data = exlab_upper(&lab) + 8;
	assert_int_equal(exlab_u16(data + 2), 0x1234);
	assert_memory_equal(data + 4, "\4\5\6", 3);
	must_send(PROBE_UDP, 6, 0, 48 + 4);
	assert_int_equal(exlab_u16(exlab_upper(&lab) + 10), 0x8000);
	/* From 16 bytes on cookie and serial, as in an echo. */
	must_send(PROBE_UDP, 6, 5, 48 + 20);
	data = exlab_upper(&lab) + 8;
	assert_int_equal(exlab_u32(data + 8), lab.serial);
	assert_memory_equal(data + 14, "\0\0\x10\x11\x12\x13", 6);
	exlab_close(&lab);
}

static void udp_without_data_is_possible_in_ipv4(void **state)
{
	(void)state;
	open_plain();
	for (uint32_t number = 0; number < 0x10000; number += 3) {
		must_send(PROBE_UDP, 4, number, 28);
		assert_true(exlab_u16(exlab_upper(&lab) + 6) != 0);
		assert_int_equal(exlab_upper_sum(&lab.sent, 20, 17), 0);
	}
	exlab_close(&lab);
}

/* A port for which the sum of all else is zero: the field must say ffff, not "none". */
static void a_udp_checksum_of_zero_is_sent_as_ones(void **state)
{
	(void)state;
	open_plain();
	must_send(PROBE_UDP, 4, 1, 28);
	struct probe probe = exlab_probe(PROBE_UDP, 4, 1, 28);
	/* Adding the field to the port makes the sum what it must be for a field of zero. */
	uint32_t port = (uint32_t)probe.port + exlab_u16(exlab_upper(&lab) + 6);
	probe.port = (uint16_t)((port & 0xffff) + (port >> 16));
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(exlab_u16(exlab_upper(&lab) + 6), 0xffff);
	exlab_close(&lab);
}

static void a_syn_is_laid_out_as_written(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		uint32_t least = family == 4 ? 44 : 64;
		must_send(PROBE_TCP, family, 0x9abc, least);
		const uint8_t *tcp = exlab_upper(&lab);
		assert_int_equal(exlab_u16(tcp), 40000);
		assert_int_equal(exlab_u16(tcp + 2), 33434);
		assert_int_equal(exlab_u16(tcp + 4), 0x9abc);
		assert_int_equal(exlab_u32(tcp + 8), 0);
		assert_int_equal(tcp[12], 0x60);
		assert_int_equal(tcp[13], 0x02);
		assert_true(exlab_u16(tcp + 14) > 0);
		assert_memory_equal(tcp + 20, family == 4 ? "\2\4\x05\xb4" : "\2\4\x05\xa0", 4);
		assert_int_equal(exlab_upper_sum(&lab.sent, lab.header, 6), 0);
		/* The low half of the sequence number is not to be guessed. */
		uint16_t low = exlab_u16(tcp + 6);
		must_send(PROBE_TCP, family, 0x9abc, least + 33);
		assert_int_equal(exlab_upper_sum(&lab.sent, lab.header, 6), 0);
		assert_int_equal(exlab_u16(tcp + 4), 0x9abc);
		assert_int_not_equal(exlab_u16(tcp + 6), low);
		assert_int_equal(exlab_u32(tcp + 24 + 8), lab.serial);
		assert_int_equal(tcp[24 + 20], 20);
		exlab_close(&lab);
	}
}

/* --- the rest of ICMP ----------------------------------------------------------------------------
 */

static void a_timestamp_request_says_that_its_time_is_none(void **state)
{
	(void)state;
	open_plain();
	must_send(PROBE_TIMESTAMP, 4, 0x1234, 40);
	const uint8_t *icmp = exlab_upper(&lab);
	assert_int_equal(icmp[0], 13);
	assert_int_equal(icmp[1], 0);
	assert_int_equal(exlab_u16(icmp + 4), 0x1200);
	assert_int_equal(exlab_u16(icmp + 6), 0x1234);
	assert_true(icmp[8] & 0x80);
	assert_memory_equal(icmp + 12, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(exlab_upper_sum(&lab.sent, 20, 1), 0);
	uint32_t originate = exlab_u32(icmp + 8);
	must_send(PROBE_TIMESTAMP, 4, 0x1234, 45);
	assert_true(exlab_u32(icmp + 8) != originate);
	assert_int_equal(exlab_upper_sum(&lab.sent, 20, 1), 0);
	exlab_close(&lab);
}

static void a_node_information_query_asks_about_its_target(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_NODE_INFO, 6, 1, 40 + 16 + 16);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	const uint8_t *icmp = exlab_upper(&lab);
	assert_int_equal(lab.sent.length, 72);
	assert_int_equal(icmp[0], 139);
	assert_int_equal(icmp[1], 0);
	assert_int_equal(exlab_u32(icmp + 4), 0);
	assert_memory_equal(icmp + 16, probe.dst.bytes, 16);
	assert_int_equal(exlab_upper_sum(&lab.sent, 40, 58), 0);
	exlab_close(&lab);
}

static void a_node_information_query_asks_as_configured(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	/* Node addresses, flags, and a name as subject. */
	static const uint8_t query[] = { 0, 3, 0, 0x3e, 1, 'a', 0, 0 };
	memcpy(config.node_info, query, sizeof query);
	config.node_info_length = sizeof query;
	config.node_info_code = 1;
	open_with(&config);
	/* Nothing pads it: what is behind would be part of the subject. */
	struct probe probe = exlab_probe(PROBE_NODE_INFO, 6, 1, 200);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(lab.sent.length, 40 + 16 + 4);
	const uint8_t *icmp = exlab_upper(&lab);
	assert_int_equal(icmp[1], 1);
	assert_memory_equal(icmp + 4, query, 4);
	assert_memory_equal(icmp + 16, query + 4, 4);
	assert_int_equal(exlab_upper_sum(&lab.sent, 40, 58), 0);
	probe.size = 59;
	assert_int_equal(exlab_send(&lab, &probe), -EMSGSIZE);
	exlab_close(&lab);
	/* One byte of subject, whatever it may mean. */
	config.node_info_length = 5;
	open_with(&config);
	probe.size = 57;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(lab.sent.length, 57);
	assert_int_equal(exlab_upper(&lab)[16], 1);
	exlab_close(&lab);
	/* A query about nothing: code 1 and no data. */
	config.node_info_length = 4;
	open_with(&config);
	probe.size = 56;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	assert_int_equal(lab.sent.length, 56);
	exlab_close(&lab);
}

/* --- refusals -------------------------------------------------------------------- */

static void kinds_and_families_that_do_not_go_together(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_TIMESTAMP, 6, 1, 100);
	assert_int_equal(exlab_send(&lab, &probe), -EAFNOSUPPORT);
	probe = exlab_probe(PROBE_NODE_INFO, 4, 1, 100);
	assert_int_equal(exlab_send(&lab, &probe), -EAFNOSUPPORT);
	probe = exlab_probe(PROBE_NODE_INFO + 1, 4, 1, 100);
	assert_int_equal(exlab_send(&lab, &probe), -EAFNOSUPPORT);
	probe = exlab_probe(PROBE_ECHO, 4, 1, 100);
	probe.dst.family = 0;
	assert_int_equal(exlab_send(&lab, &probe), -EAFNOSUPPORT);
	/* A source of the other family. */
	probe = exlab_probe(PROBE_ECHO, 4, 1, 100);
	struct addr six = lab.src6;
	struct writer w = writer_of(lab.sent.bytes, sizeof lab.sent.bytes);
	assert_int_equal(exchange_prepare(&lab.x, &probe, &six, 0, &w, &lab.header, &lab.serial),
	                 -EAFNOSUPPORT);
	assert_int_equal(flight_next(&lab.x.flight), 0);
	exlab_close(&lab);
}

static void sizes_from_the_least_to_the_most(void **state)
{
	(void)state;
	static const struct {
		uint8_t kind, family;
		bool constant;
		uint32_t least, most;
	} rows[] = {
		{ PROBE_ECHO, 4, false, 28, 65535 },      { PROBE_ECHO, 6, false, 48, 65575 },
		{ PROBE_UDP, 4, false, 28, 65535 },       { PROBE_UDP, 6, false, 50, 65575 },
		{ PROBE_UDP, 4, true, 28, 65535 },        { PROBE_UDP, 6, true, 52, 65575 },
		{ PROBE_TCP, 4, false, 44, 65535 },       { PROBE_TCP, 6, false, 64, 65575 },
		{ PROBE_TIMESTAMP, 4, false, 40, 65535 }, { PROBE_NODE_INFO, 6, false, 72, 65575 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct exchange_config config = exlab_config();
		config.constant_checksum = rows[i].constant;
		open_with(&config);
		struct probe probe =
		        exlab_probe(rows[i].kind, rows[i].family, 1, rows[i].least - 1);
		assert_int_equal(exlab_send(&lab, &probe), -EMSGSIZE);
		assert_int_equal(lab.sent.length, 0);
		probe.size = 0;
		assert_int_equal(exlab_send(&lab, &probe), -EMSGSIZE);
		probe.size = rows[i].most + 1;
		assert_int_equal(exlab_send(&lab, &probe), -EMSGSIZE);
		assert_int_equal(flight_next(&lab.x.flight), 0);
		probe.size = rows[i].least;
		assert_int_equal(exlab_send(&lab, &probe), 0);
		probe.size = rows[i].most;
		assert_int_equal(exlab_send(&lab, &probe), 0);
		uint8_t protocol = protocol_of(rows[i].kind, rows[i].family);
		assert_int_equal(exlab_upper_sum(&lab.sent, lab.header, protocol), 0);
		exlab_close(&lab);
	}
}

static void a_writer_without_room_is_left_alone(void **state)
{
	(void)state;
	open_plain();
	uint8_t room[100];
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 1, 84);
	struct writer w = writer_of(room, 83);
	assert_int_equal(
	        exchange_prepare(&lab.x, &probe, &lab.src4, 0, &w, &lab.header, &lab.serial),
	        -EMSGSIZE);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 0);
	w = writer_of(room, 84);
	w.failed = true;
	assert_int_equal(
	        exchange_prepare(&lab.x, &probe, &lab.src4, 0, &w, &lab.header, &lab.serial),
	        -EMSGSIZE);
	assert_int_equal(flight_next(&lab.x.flight), 0);
	w = writer_of(room, 84);
	assert_int_equal(
	        exchange_prepare(&lab.x, &probe, &lab.src4, 0, &w, &lab.header, &lab.serial), 0);
	exlab_close(&lab);
}

/* A batch in one buffer: the second datagram is as right as the first. */
static void datagrams_follow_each_other_in_a_writer(void **state)
{
	(void)state;
	static const uint8_t kinds[] = { PROBE_ECHO, PROBE_UDP, PROBE_TCP, PROBE_TIMESTAMP };
	struct exchange_config config = exlab_config();
	config.constant_checksum = true;
	open_with(&config);
	uint8_t room[1000];
	struct writer w = writer_of(room, sizeof room);
	writer_u8(&w, 0xee);
	for (size_t i = 0; i < 8; i++) {
		struct probe probe = exlab_probe(kinds[i % 4], 4, i, 77);
		assert_int_equal(exchange_prepare(&lab.x, &probe, &lab.src4, 0, &w, &lab.header,
		                                  &lab.serial),
		                 0);
		assert_int_equal(lab.serial, i);
		assert_int_equal(writer_length(&w), 1 + 77 * (i + 1));
	}
	for (size_t i = 0; i < 8; i++) {
		struct datagram d = { .length = 77 };
		memcpy(d.bytes, room + 1 + 77 * i, 77);
		assert_int_equal(exlab_sum(d.bytes, 20, 0), 0);
		assert_int_equal(exlab_upper_sum(&d, 20, d.bytes[9]), 0);
	}
	exlab_close(&lab);
}

static void no_memory_writes_nothing_and_enters_nothing(void **state)
{
	(void)state;
	for (long n = 0; alloc_fail_at(n); n++) {
		open_plain();
		struct probe probe = exlab_probe(PROBE_ECHO, 4, 1, 84);
		int error = exlab_send(&lab, &probe);
		if (alloc_fail.refused) {
			assert_int_equal(error, -ENOMEM);
			assert_int_equal(lab.sent.length, 0);
			assert_int_equal(flight_next(&lab.x.flight), 0);
			assert_int_equal(exlab_send(&lab, &probe), 0);
		} else {
			assert_int_equal(error, 0);
		}
		exlab_close(&lab);
	}
	alloc_fail_never();
}

static void configurations_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct exchange x;
	struct exchange_config config = exlab_config();
	config.pattern_length = 17;
	assert_int_equal(exchange_init(&x, &config), -EINVAL);
	config = exlab_config();
	config.options_length = 41;
	assert_int_equal(exchange_init(&x, &config), -EINVAL);
	config = exlab_config();
	config.node_info_length = 65;
	assert_int_equal(exchange_init(&x, &config), -EINVAL);
	config = exlab_config();
	config.flight_limit = 0;
	assert_int_equal(exchange_init(&x, &config), -EINVAL);
	exchange_release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ipv4_header_is_as_asked),
		cmocka_unit_test(the_ipv6_header_is_as_asked),
		cmocka_unit_test(no_flow_label_stays_none),
		cmocka_unit_test(ipv4_options_travel_in_front),
		cmocka_unit_test(the_identification_is_the_number_and_never_zero),
		cmocka_unit_test(an_echo_is_laid_out_as_written),
		cmocka_unit_test(data_is_pattern_where_there_is_no_room_for_more),
		cmocka_unit_test(a_pattern_is_counted_from_the_first_byte),
		cmocka_unit_test(cookies_depend_on_key_and_identity),
		cmocka_unit_test(ids_count_flows_unless_fixed),
		cmocka_unit_test(an_echo_checksum_stays_over_a_flow),
		cmocka_unit_test(the_word_of_short_data_stands_where_written),
		cmocka_unit_test(without_room_an_echo_checksum_changes),
		cmocka_unit_test(a_udp_checksum_is_the_number),
		cmocka_unit_test(a_udp_checksum_stays_where_it_must),
		cmocka_unit_test(short_udp_data_has_word_and_number),
		cmocka_unit_test(udp_without_data_is_possible_in_ipv4),
		cmocka_unit_test(a_udp_checksum_of_zero_is_sent_as_ones),
		cmocka_unit_test(a_syn_is_laid_out_as_written),
		cmocka_unit_test(a_timestamp_request_says_that_its_time_is_none),
		cmocka_unit_test(a_node_information_query_asks_about_its_target),
		cmocka_unit_test(a_node_information_query_asks_as_configured),
		cmocka_unit_test(kinds_and_families_that_do_not_go_together),
		cmocka_unit_test(sizes_from_the_least_to_the_most),
		cmocka_unit_test(a_writer_without_room_is_left_alone),
		cmocka_unit_test(datagrams_follow_each_other_in_a_writer),
		cmocka_unit_test(no_memory_writes_nothing_and_enters_nothing),
		cmocka_unit_test(configurations_that_do_not_fit_are_refused),
	};
	return cmocka_run_group_tests_name("encode", tests, NULL, NULL) != 0;
}

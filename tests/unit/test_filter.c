/* The kernel itself runs the programs: attached to one end of a socket pair, fed from the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cursor.h"
#include "io/filter.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define BASE 0xfff0 /* with 32 ids: 0xfff0 to 0xffff, and 0 to 15 */

static const struct filter_config echo_only = { .id_base = BASE, .id_count = 32 };
static const struct filter_config with_ports = {
	.id_base = BASE,
	.id_count = 32,
	.port_base = 40000,
	.port_count = 100,
};

/* Whether a socket with this filter gets the packet. */
static bool passes(uint8_t family, const struct filter_config *config, const struct writer *w)
{
	int pair[2];
	assert_false(w->failed);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(filter_attach(pair[0], family, config), 0);
	assert_int_equal(send(pair[1], w->start, writer_length(w), 0), writer_length(w));
	uint8_t back[2048];
	ssize_t n = recv(pair[0], back, sizeof(back), MSG_DONTWAIT);
	if (n >= 0)
		assert_int_equal(n, writer_length(w)); /* whole, not cut by the return value */
	close(pair[0]);
	close(pair[1]);
	return n >= 0;
}

static uint8_t store[512];

static struct writer blank(void)
{
	memset(store, 0, sizeof(store));
	return writer_of(store, sizeof(store));
}

static void ip4(struct writer *w, uint8_t protocol, size_t options, uint16_t fragment)
{
	static const uint8_t nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct ip4 ip = {
		.total_length = 100,
		.ttl = 64,
		.protocol = protocol,
		.fragment_offset = fragment,
		.src = addr_v4(0xc6336401),
		.dst = addr_v4(0xc6336402),
		.options = { nops, options },
	};
	ip4_build(w, &ip);
}

static void ip6(struct writer *w, uint8_t next_header)
{
	static const uint8_t net[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct ip6 ip = {
		.payload_length = 64,
		.next_header = next_header,
		.hop_limit = 64,
		.src = addr_v6(net),
		.dst = addr_v6(net),
	};
	ip6_build(w, &ip);
}

static void echo(struct writer *w, uint8_t type, uint16_t id)
{
	icmp_build_header(w, type, 0, (uint32_t)id << 16 | 7);
}

static bool reply4(uint8_t type, uint16_t id, size_t options)
{
	struct writer w = blank();
	ip4(&w, IP_PROTOCOL_ICMP, options, 0);
	echo(&w, type, id);
	return passes(4, &echo_only, &w);
}

static bool reply6(uint8_t type, uint16_t id)
{
	struct writer w = blank();
	echo(&w, type, id);
	return passes(6, &echo_only, &w);
}

static void our_replies_pass_and_no_other(void **state)
{
	(void)state;
	const struct {
		uint16_t id;
		bool ours;
	} ids[] = { { BASE, true },   { BASE - 1, false },         { 0xffff, true },
		    { 0, true },      { BASE + 31 - 65536, true }, { BASE + 32 - 65536, false },
		    { 0x8000, false } };
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(reply4(ICMP4_ECHO_REPLY, ids[i].id, 0), ids[i].ours);
		assert_int_equal(reply4(ICMP4_TIMESTAMP_REPLY, ids[i].id, 0), ids[i].ours);
		assert_int_equal(reply4(ICMP4_ECHO_REPLY, ids[i].id, 40), ids[i].ours);
		assert_int_equal(reply6(ICMP6_ECHO_REPLY, ids[i].id), ids[i].ours);
	}
}

static void other_types_do_not_pass_even_with_our_id(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		bool answer = type == ICMP4_ECHO_REPLY || type == ICMP4_TIMESTAMP_REPLY;
		assert_int_equal(reply4((uint8_t)type, BASE, 0), answer);
	}
	for (unsigned int type = 128; type < 256; type++)
		assert_int_equal(reply6((uint8_t)type, BASE),
		                 type == ICMP6_ECHO_REPLY || type == ICMP6_REDIRECT);
}

static bool error4(const struct filter_config *config, uint8_t type, uint8_t protocol,
                   uint16_t number, uint8_t quoted_type, size_t options, uint16_t fragment)
{
	struct writer w = blank();
	ip4(&w, IP_PROTOCOL_ICMP, options, 0);
	icmp_build_header(&w, type, 0, 0);
	ip4(&w, protocol, options, fragment);
	if (protocol == IP_PROTOCOL_ICMP) {
		echo(&w, quoted_type, number);
	} else {
		writer_u16(&w, number);
		writer_zero(&w, 6);
	}
	return passes(4, config, &w);
}

static void every_error_about_our_echo_passes(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		bool error = icmp_is_error(4, (uint8_t)type);
		for (size_t options = 0; options <= 40; options += 20) {
			/* Where the type is no error, id 0 of its own is looked at: not ours here.
			 */
			if (!error && (type == ICMP4_ECHO_REPLY || type == ICMP4_TIMESTAMP_REPLY))
				continue;
			assert_int_equal(error4(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP, BASE,
			                        ICMP4_ECHO, options, 0),
			                 error);
			assert_false(error4(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP, BASE - 1,
			                    ICMP4_ECHO, options, 0));
		}
	}
	assert_true(error4(&echo_only, ICMP4_UNREACHABLE, IP_PROTOCOL_ICMP, BASE, ICMP4_TIMESTAMP,
	                   0, 0));
	assert_false(error4(&echo_only, ICMP4_UNREACHABLE, IP_PROTOCOL_ICMP, BASE, ICMP4_ECHO_REPLY,
	                    0, 0));
}

static void quoted_ports_count_where_ports_are_ours(void **state)
{
	(void)state;
	const uint8_t protocols[] = { IP_PROTOCOL_UDP, IP_PROTOCOL_TCP };
	for (size_t i = 0; i < 2; i++) {
		uint8_t p = protocols[i];
		assert_true(error4(&with_ports, ICMP4_TIME_EXCEEDED, p, 40000, 0, 0, 0));
		assert_true(error4(&with_ports, ICMP4_TIME_EXCEEDED, p, 40099, 0, 8, 0));
		assert_false(error4(&with_ports, ICMP4_TIME_EXCEEDED, p, 40100, 0, 0, 0));
		assert_false(error4(&with_ports, ICMP4_TIME_EXCEEDED, p, 39999, 0, 0, 0));
		/* An id is no port. */
		assert_false(error4(&with_ports, ICMP4_TIME_EXCEEDED, p, BASE, 0, 0, 0));
		assert_false(error4(&echo_only, ICMP4_TIME_EXCEEDED, p, 0, 0, 0, 0));
	}
	assert_false(error4(&with_ports, ICMP4_TIME_EXCEEDED, 47, 40000, 0, 0, 0));
	assert_false(error4(&with_ports, ICMP4_TIME_EXCEEDED, IP_PROTOCOL_ICMP, 40000, ICMP4_ECHO,
	                    0, 0));
}

static void a_quoted_later_fragment_passes(void **state)
{
	(void)state;
	assert_true(error4(&echo_only, ICMP4_UNREACHABLE, IP_PROTOCOL_ICMP, 0x8000, 0, 0, 8));
	assert_true(error4(&echo_only, ICMP4_UNREACHABLE, IP_PROTOCOL_ICMP, 0x8000, 0, 0, 65528));
}

static bool error6(const struct filter_config *config, uint8_t type, uint8_t protocol,
                   uint16_t number, uint8_t quoted_type, bool fragmented, uint16_t offset)
{
	struct writer w = blank();
	icmp_build_header(&w, type, 0, 0);
	ip6(&w, fragmented ? 44 : protocol);
	if (fragmented) {
		writer_u8(&w, protocol);
		writer_u8(&w, 0);
		writer_u16(&w, (uint16_t)(offset | 1));
		writer_u32(&w, 0x12345678);
	}
	if (protocol == IP_PROTOCOL_ICMP6) {
		echo(&w, quoted_type, number);
	} else {
		writer_u16(&w, number);
		writer_zero(&w, 6);
	}
	return passes(6, config, &w);
}

static void every_error_of_ipv6_passes(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 128; type++) {
		for (int fragmented = 0; fragmented < 2; fragmented++) {
			assert_true(error6(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP6, BASE,
			                   ICMP6_ECHO, fragmented, 0));
			assert_false(error6(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP6, BASE - 1,
			                    ICMP6_ECHO, fragmented, 0));
			assert_false(error6(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP6, BASE,
			                    ICMP6_ECHO_REPLY, fragmented, 0));
			assert_false(error6(&echo_only, (uint8_t)type, IP_PROTOCOL_ICMP6, BASE,
			                    ICMP6_NODE_INFO_QUERY, fragmented, 0));
			assert_true(error6(&with_ports, (uint8_t)type, IP_PROTOCOL_UDP, 40001, 0,
			                   fragmented, 0));
			assert_false(error6(&with_ports, (uint8_t)type, IP_PROTOCOL_TCP, 40101, 0,
			                    fragmented, 0));
		}
	}
	assert_true(error6(&echo_only, ICMP6_TIME_EXCEEDED, IP_PROTOCOL_ICMP6, 0x8000, 0, true, 8));
	assert_false(error6(&echo_only, ICMP6_TIME_EXCEEDED, 59, BASE, 0, false, 0));
	/* Behind other extension headers the exchange looks itself. */
	const uint8_t extensions[] = { 0, 43, 51, 60 };
	for (size_t i = 0; i < sizeof(extensions); i++)
		assert_true(error6(&echo_only, ICMP6_UNREACHABLE, extensions[i], 0, 0, false, 0));
}

static void node_information_passes_where_it_was_asked(void **state)
{
	(void)state;
	struct filter_config asked = echo_only;
	asked.node_info = true;
	struct writer w = blank();
	icmp_build_header(&w, ICMP6_NODE_INFO_REPLY, 0, 0);
	assert_true(passes(6, &asked, &w));
	assert_false(passes(6, &echo_only, &w));
	assert_true(error6(&asked, ICMP6_UNREACHABLE, IP_PROTOCOL_ICMP6, 0, ICMP6_NODE_INFO_QUERY,
	                   false, 0));
}

static void all_ids_can_be_ours(void **state)
{
	(void)state;
	const struct filter_config all = { .id_base = 77, .id_count = 65536 };
	for (uint32_t id = 0; id < 65536; id += 257) {
		struct writer w = blank();
		echo(&w, ICMP6_ECHO_REPLY, (uint16_t)id);
		assert_true(passes(6, &all, &w));
	}
}

/* Each cut before the id is no packet of ours, at every length. */
static void cut_messages_do_not_pass(void **state)
{
	(void)state;
	struct writer w = blank();
	ip4(&w, IP_PROTOCOL_ICMP, 0, 0);
	icmp_build_header(&w, ICMP4_TIME_EXCEEDED, 0, 0);
	ip4(&w, IP_PROTOCOL_ICMP, 4, 0);
	echo(&w, ICMP4_ECHO, BASE);
	size_t whole = writer_length(&w) - 2; /* the sequence is not looked at */
	for (size_t n = 1; n < whole; n++) {
		struct writer cut = w;
		cut.at = cut.start + n;
		assert_false(passes(4, &echo_only, &cut));
	}
	w.at = w.start + whole;
	assert_true(passes(4, &echo_only, &w));
}

static void the_deaf_hear_nothing_not_even_what_came_before(void **state)
{
	(void)state;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send(pair[1], "before", 6, MSG_DONTWAIT), 6);
	assert_int_equal(filter_deaf(pair[0]), 0);
	char byte;
	assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(send(pair[1], "after", 5, MSG_DONTWAIT), 5);
	assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1);
	close(pair[0]);
	close(pair[1]);
}

static void a_refusal_is_told(void **state)
{
	(void)state;
	assert_int_equal(filter_attach(-1, 4, &echo_only), -9 /* EBADF */);
	assert_int_equal(filter_deaf(-1), -9);
	assert_int_equal(filter_open(-1, 6, &echo_only), -9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_replies_pass_and_no_other),
		cmocka_unit_test(other_types_do_not_pass_even_with_our_id),
		cmocka_unit_test(every_error_about_our_echo_passes),
		cmocka_unit_test(quoted_ports_count_where_ports_are_ours),
		cmocka_unit_test(a_quoted_later_fragment_passes),
		cmocka_unit_test(every_error_of_ipv6_passes),
		cmocka_unit_test(node_information_passes_where_it_was_asked),
		cmocka_unit_test(all_ids_can_be_ours),
		cmocka_unit_test(cut_messages_do_not_pass),
		cmocka_unit_test(the_deaf_hear_nothing_not_even_what_came_before),
		cmocka_unit_test(a_refusal_is_told),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL) != 0;
}

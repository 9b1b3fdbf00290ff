/* Errors with extensions (RFC 4884) on the error queue of a ping socket: forged on lo, where the
 * kernel hands over what they quote without its IP header and says where the extension begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>
#include "io/socket.h"
#include "tests/netns/exchanging.h"
#include "tests/netns/netns.h"
#include "wire/extension.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static struct events events;

/* The first datagram's worth of bytes of the echo request that just went over lo. */
static void take_quote(int raw, const struct probe *probe, struct writer *w)
{
	uint8_t bytes[2048];
	bool v4 = probe->dst.family == 4;
	for (;;) {
		ssize_t n = recv(raw, bytes, sizeof bytes, 0);
		assert_true(n > IP4_HEADER_MIN);
		if (bytes[v4 ? IP4_HEADER_MIN : 0] == (v4 ? ICMP4_ECHO : ICMP6_ECHO))
			break;
	}
	if (!v4)
		ip6_build(w, &(struct ip6){ .payload_length = (uint16_t)(probe->size - IP6_HEADER),
		                            .next_header = IP_PROTOCOL_ICMP6,
		                            .hop_limit = 1,
		                            .src = probe->dst,
		                            .dst = probe->dst });
	writer_bytes(w, bytes, EXTENSION_AT - writer_length(w));
}

/* An extension structure of one MPLS entry, or what begins like one: its object is too short. */
static void build_structure(struct writer *w, bool good)
{
	static const uint8_t label[4] = { 0, 0x01, 0x01, 0xff };
	static const uint8_t resembling[12] = { 0x20, 0, 0, 0, 0, 3, EXTENSION_MPLS, 1 };
	if (!good) {
		writer_bytes(w, resembling, sizeof resembling);
		return;
	}
	size_t at = extension_begin(w);
	extension_object_build(w, EXTENSION_MPLS, 1, label, sizeof label);
	extension_seal(w, at);
}

static void answer(int raw, const struct probe *probe, bool announced, bool good)
{
	uint8_t quote[EXTENSION_AT], bytes[512];
	struct writer q = writer_of(quote, sizeof quote);
	take_quote(raw, probe, &q);
	struct writer w = writer_of(bytes, sizeof bytes);
	bool v4 = probe->dst.family == 4;
	uint32_t length = v4 ? UINT32_C(128) / 4 << 16 : UINT32_C(128) / 8 << 24;
	icmp_build_header(&w, v4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED, 0,
	                  announced ? length : 0);
	writer_bytes(&w, quote, sizeof quote);
	build_structure(&w, good);
	if (v4)
		icmp4_seal(&w, 0); /* the other the kernel seals */
	assert_false(w.failed || q.failed);
	union socket_address to;
	socklen_t size = socket_address(&probe->dst, 0, &to);
	assert_int_equal(sendto(raw, bytes, writer_length(&w), 0, &to.any, size),
	                 writer_length(&w));
}

static void extensions_are_found(void **state)
{
	(void)state;
	static const struct {
		bool announced, good;
		size_t length;
	} cases[] = { { true, true, 12 }, { false, true, 12 }, { false, false, 0 } };
	struct transport_config config = exchanging_config(TRANSPORT_DGRAM);
	struct transport_info info;
	struct net *net = exchanging_open(&config, &info);
	for (size_t f = 0; f < 2; f++) {
		int raw = f ? socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
		            : socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
		assert_true(raw >= 0);
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			struct probe probe = exchanging_probe(f ? "::1" : "127.0.0.1", 1 + i);
			probe.size = 200;
			assert_int_equal(exchanging_send(net, &probe), 0);
			answer(raw, &probe, cases[i].announced, cases[i].good);
			events.count = 0;
			assert_int_equal(exchanging_wait(net, &events, NET_REPLY, 1, 2000), 1);
			const struct reply *r = &exchanging_find(&events, NET_REPLY, 1 + i)->reply;
			assert_int_equal(r->kind, REPLY_TIME_EXCEEDED);
			assert_int_equal(r->extensions.length, cases[i].length);
			size_t ip = f ? IP6_HEADER : IP4_HEADER_MIN;
			assert_int_equal(r->payload.length,
			                 EXTENSION_AT - ip + 12 - cases[i].length);
		}
		close(raw);
	}
	net->ops->free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(extensions_are_found) };
	exchanging_permit(NULL);
	/* Who answers here is the test. */
	netns_run("echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all\n"
	          "echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all");
	return cmocka_run_group_tests_name("multipart", tests, NULL, NULL) != 0;
}

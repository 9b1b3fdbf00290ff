/*
 * The packets that wire/ builds, judged by tshark: written to a capture file, decoded by it, and
 * compared field by field with what was meant. It vouches for each checksum too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/cursor.h"
#include "wire/extension.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct capture {
	char path[64];
	FILE *file;
};

static struct addr v4(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}
#define v6 v4

/* --- a capture file
 * ------------------------------------------------------------------------------- */

static void put(struct capture *c, const void *data, size_t size)
{
	assert_int_equal(fwrite(data, 1, size, c->file), size);
}

/* The classic format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap. */
static void capture_begin(struct capture *c)
{
	uint8_t head[24];
	struct writer w = writer_of(head, sizeof head);

	(void)snprintf(c->path, sizeof c->path, "/tmp/sonde-tshark-XXXXXX");
	int fd = mkstemp(c->path);
	assert_true(fd >= 0);
	c->file = fdopen(fd, "wb");
	assert_non_null(c->file);
	writer_u32(&w, 0xa1b2c3d4); /* microseconds, in the byte order of the writer */
	writer_u16(&w, 2);
	writer_u16(&w, 4);
	writer_u64(&w, 0);
	writer_u32(&w, 65535);
	writer_u32(&w, 101); /* LINKTYPE_RAW: IPv4 or IPv6, told by the version */
	put(c, head, sizeof head);
}

static void capture_packet(struct capture *c, const struct writer *packet)
{
	uint8_t head[16];
	struct writer w = writer_of(head, sizeof head);
	uint32_t length = (uint32_t)writer_length(packet);

	assert_false(packet->failed);
	writer_u64(&w, 0);
	writer_u32(&w, length);
	writer_u32(&w, length);
	put(c, head, sizeof head);
	put(c, packet->start, length);
}

/*
 * What tshark says to the fields, one line a packet, tabs between fields, commas between what a
 * field said several times (as of a header and of the one that is quoted).
 */
static void capture_decode(struct capture *c, const char *fields, char *out, size_t capacity)
{
	char command[2048];

	assert_int_equal(fclose(c->file), 0);
	int length = snprintf(command, sizeof command,
	                      "tshark -n -r %s -T fields -o ip.check_checksum:TRUE "
	                      "-o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE "
	                      "-o tcp.relative_sequence_numbers:FALSE $(printf ' -e %%s' %s) "
	                      "2>/dev/null",
	                      c->path, fields);
	assert_true(length > 0 && (size_t)length < sizeof command);
	FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): words of our own alone */
	assert_non_null(pipe);
	size_t got = fread(out, 1, capacity - 1, pipe);
	out[got] = 0;
	int status = pclose(pipe);
	(void)unlink(c->path);
	assert_int_equal(status, 0);
}

static void judge(struct capture *c, const char *fields, const char *want)
{
	char said[8192];

	capture_decode(c, fields, said, sizeof said);
	assert_string_equal(said, want);
}

/* --- datagrams
 * ------------------------------------------------------------------------------------ */

struct datagram {
	uint8_t bytes[2048];
	struct writer w;
	size_t upper; /* where the upper layer begins */
	struct addr src, dst;
};

static void begin4(struct datagram *d, uint8_t protocol, struct span options, size_t payload)
{
	d->w = writer_of(d->bytes, sizeof d->bytes);
	d->src = v4("198.51.100.1");
	d->dst = v4("203.0.113.2");
	struct ip4 ip = {
		.tos = 0xb9,
		.total_length = (uint16_t)(20 + (options.length + 3) / 4 * 4 + payload),
		.id = 0xbeef,
		.df = true,
		.ttl = 7,
		.protocol = protocol,
		.src = d->src,
		.dst = d->dst,
		.options = options,
	};
	ip4_build(&d->w, &ip);
	d->upper = writer_length(&d->w);
}

static void begin6(struct datagram *d, uint8_t protocol, size_t payload)
{
	d->w = writer_of(d->bytes, sizeof d->bytes);
	d->src = v6("2001:db8:1::1");
	d->dst = v6("2001:db8:2::2");
	struct ip6 ip = {
		.tos = 0xb9,
		.flow_label = 0x12345,
		.payload_length = (uint16_t)payload,
		.next_header = protocol,
		.hop_limit = 7,
		.src = d->src,
		.dst = d->dst,
	};
	ip6_build(&d->w, &ip);
	d->upper = writer_length(&d->w);
}

static void fill(struct datagram *d, size_t length)
{
	for (size_t i = 0; i < length; i++)
		writer_u8(&d->w, (uint8_t)i);
}

static void ip4_fields(void **state)
{
	(void)state;
	struct capture c;
	struct datagram d;
	struct ip4 ip = {
		.total_length = 28,
		.id = 1,
		.mf = true,
		.fragment_offset = 1480,
		.ttl = 255,
		.protocol = 253,
		.src = v4("198.18.0.1"),
		.dst = v4("198.18.255.254"),
	};

	capture_begin(&c);
	begin4(&d, 253, (struct span){ 0 }, 8);
	fill(&d, 8);
	capture_packet(&c, &d.w);
	d.w = writer_of(d.bytes, sizeof d.bytes);
	ip4_build(&d.w, &ip);
	fill(&d, 8);
	capture_packet(&c, &d.w);
	judge(&c,
	      "ip.src ip.dst ip.dsfield.dscp ip.dsfield.ecn ip.len ip.id ip.flags.rb ip.flags.df "
	      "ip.flags.mf ip.frag_offset ip.ttl ip.proto ip.checksum.status",
	      /* tshark 4.0 gives the offset in units of eight bytes. */
	      "198.51.100.1\t203.0.113.2\t46\t1\t28\t0xbeef\t0\t1\t0\t0\t7\t253\t1\n"
	      "198.18.0.1\t198.18.255.254\t0\t0\t28\t0x0001\t0\t0\t1\t185\t255\t253\t1\n");
}

static void ip4_options(void **state)
{
	(void)state;
	struct capture c;
	struct addr hops[9];
	uint8_t bytes[IP4_OPTIONS_MAX];

	for (size_t i = 0; i < 9; i++)
		hops[i] = addr_v4(0xc6120001 + (uint32_t)i); /* 198.18.0.1 ... */
	capture_begin(&c);
	for (int kind = 0; kind < 6; kind++) {
		struct writer w = writer_of(bytes, sizeof bytes);
		struct datagram d;
		switch (kind) {
		case 0: ip4_option_build_record_route(&w, 9); break;
		case 1: ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ONLY, NULL, 9); break;
		case 2: ip4_option_build_timestamp(&w, IP4_TIMESTAMP_ADDR, NULL, 4); break;
		case 3: ip4_option_build_timestamp(&w, IP4_TIMESTAMP_PRESPEC, hops, 2); break;
		case 4: ip4_option_build_source_route(&w, false, hops, 2); break;
		default: ip4_option_build_source_route(&w, true, hops, 1); break;
		}
		assert_false(w.failed);
		begin4(&d, 253, (struct span){ bytes, writer_length(&w) }, 8);
		fill(&d, 8);
		capture_packet(&c, &d.w);
	}
	judge(&c,
	      "ip.hdr_len ip.checksum.status ip.opt.type.number ip.opt.len ip.opt.ptr ip.opt.flag "
	      "ip.opt.overflow ip.opt.time_stamp_addr ip.opt.time_stamp ip.empty_rt ip.cur_rt "
	      "ip.src_rt ip.dst _ws.malformed",
	      "60\t1\t7,0\t39\t4\t\t\t\t\t"
	      "0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0\t\t\t"
	      "203.0.113.2\t\n"
	      "60\t1\t4\t40\t5\t0x00\t0\t\t0,0,0,0,0,0,0,0,0\t\t\t\t203.0.113.2\t\n"
	      "56\t1\t4\t36\t5\t0x01\t0\t0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0\t0,0,0,0\t\t\t\t"
	      "203.0.113.2\t\n"
	      "40\t1\t4\t20\t5\t0x03\t0\t198.18.0.1,198.18.0.2\t0,0\t\t\t\t203.0.113.2\t\n"
	      /* The header's destination comes first, the last of the option is where it ends. */
	      "32\t1\t3,0\t11\t4\t\t\t\t\t\t203.0.113.2\t198.18.0.1\t198.18.0.2\t\n"
	      "28\t1\t9,0\t7\t4\t\t\t\t\t\t203.0.113.2\t\t198.18.0.1\t\n");
}

static void icmp4_queries(void **state)
{
	(void)state;
	struct capture c;
	struct datagram d;

	capture_begin(&c);
	begin4(&d, IP_PROTOCOL_ICMP, (struct span){ 0 }, 8 + 57);
	icmp_build_header(&d.w, ICMP4_ECHO, 0, 0x1234fffe);
	fill(&d, 57); /* odd, so that the last byte is summed alone */
	icmp4_seal(&d.w, d.upper);
	capture_packet(&c, &d.w);
	begin4(&d, IP_PROTOCOL_ICMP, (struct span){ 0 }, 20);
	icmp_build_header(&d.w, ICMP4_TIMESTAMP, 0, 0x00020003);
	fill(&d, 12);
	icmp4_seal(&d.w, d.upper);
	capture_packet(&c, &d.w);
	judge(&c, "icmp.type icmp.code icmp.ident icmp.seq icmp.checksum.status data.len",
	      "8\t0\t4660\t65534\t1\t57\n"
	      "13\t0\t2\t3\t1\t\n");
}

/* A UDP datagram of 32 bytes of data, as a quote. */
static void quoted4(struct writer *w)
{
	struct datagram d;
	struct udp u = { .sport = 40000, .dport = 33434, .length = 40 };

	begin4(&d, IP_PROTOCOL_UDP, (struct span){ 0 }, 40);
	udp_build(&d.w, &u);
	fill(&d, 32);
	udp_seal(&d.w, d.upper, &d.src, &d.dst);
	writer_bytes(w, d.bytes, writer_length(&d.w));
}

static void quoted6(struct writer *w)
{
	struct datagram d;
	struct udp u = { .sport = 40000, .dport = 33434, .length = 40 };

	begin6(&d, IP_PROTOCOL_UDP, 40);
	udp_build(&d.w, &u);
	fill(&d, 32);
	udp_seal(&d.w, d.upper, &d.src, &d.dst);
	writer_bytes(w, d.bytes, writer_length(&d.w));
}

static void icmp4_errors(void **state)
{
	(void)state;
	static const struct {
		uint8_t type, code;
		uint32_t rest;
	} errors[] = {
		{ ICMP4_UNREACHABLE, ICMP4_CODE_PORT, 0 },
		{ ICMP4_UNREACHABLE, ICMP4_CODE_FRAG_NEEDED, 1400 },
		{ ICMP4_SOURCE_QUENCH, 0, 0 },
		{ ICMP4_REDIRECT, 1, 0xc61200fe },
		{ ICMP4_TIME_EXCEEDED, 0, 0 },
		{ ICMP4_PARAMETER_PROBLEM, 0, UINT32_C(20) << 24 },
	};
	struct capture c;

	capture_begin(&c);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct datagram d;
		begin4(&d, IP_PROTOCOL_ICMP, (struct span){ 0 }, 8 + 60);
		icmp_build_header(&d.w, errors[i].type, errors[i].code, errors[i].rest);
		quoted4(&d.w);
		icmp4_seal(&d.w, d.upper);
		capture_packet(&c, &d.w);
	}
	judge(&c,
	      "icmp.type icmp.code icmp.mtu icmp.redir_gw icmp.pointer icmp.checksum.status "
	      "ip.checksum.status ip.proto udp.dstport udp.checksum.status",
	      /* In a redirect tshark 4.0 leaves the quoted checksum alone: status 2. */
	      "3\t3\t\t\t\t1\t1,1\t1,17\t33434\t1\n"
	      "3\t4\t1400\t\t\t1\t1,1\t1,17\t33434\t1\n"
	      "4\t0\t\t\t\t1\t1,1\t1,17\t33434\t1\n"
	      "5\t1\t\t198.18.0.254\t\t1\t1,1\t1,17\t33434\t2\n"
	      "11\t0\t\t\t\t1\t1,1\t1,17\t33434\t1\n"
	      "12\t0\t\t\t20\t1\t1,1\t1,17\t33434\t1\n");
}

/* Two labels, and an outgoing interface with all that RFC 5837 has. */
static void extensions(struct writer *w)
{
	static const uint8_t labels[] = { 0x05, 0xdc, 0xf6, 0xff, 0x00, 0x01, 0x0f, 0x01 };
	uint8_t interface[64];
	struct writer i = writer_of(interface, sizeof interface);
	struct addr a = v4("192.0.2.1");

	writer_u32(&i, 7);
	writer_u16(&i, 1);
	writer_u16(&i, 0);
	addr_write(&i, &a);
	writer_u8(&i, 12);
	writer_bytes(&i, "eth0.100\0\0\0", 11);
	writer_u32(&i, 1500);
	assert_false(i.failed);

	size_t at = extension_begin(w);
	extension_object_build(w, EXTENSION_MPLS, 1, labels, sizeof labels);
	extension_object_build(w, EXTENSION_INTERFACE, 0x8f, interface, writer_length(&i));
	extension_seal(w, at);
}
#define EXTENSIONS_SIZE    (4 + 4 + 8 + 4 + 28)
#define SAID_OF_EXTENSIONS "2\t1\t24015,16\t3,7\t0,1\t255,1\t1,2\t2\t7\t192.0.2.1\teth0.100\t1500"

static void icmp4_extensions(void **state)
{
	(void)state;
	struct capture c;

	capture_begin(&c);
	for (uint8_t type = ICMP4_TIME_EXCEEDED; type <= ICMP4_PARAMETER_PROBLEM; type++) {
		struct datagram d;
		begin4(&d, IP_PROTOCOL_ICMP, (struct span){ 0 }, 8 + 128 + EXTENSIONS_SIZE);
		icmp_build_header(&d.w, type, 0, 128 / 4 << 16);
		quoted4(&d.w);
		writer_zero(&d.w, 128 - 60);
		extensions(&d.w);
		icmp4_seal(&d.w, d.upper);
		capture_packet(&c, &d.w);
	}
	judge(&c,
	      "icmp.type icmp.length.original_datagram icmp.checksum.status icmp.ext.version "
	      "icmp.ext.checksum.status icmp.mpls.label icmp.mpls.exp icmp.mpls.s icmp.mpls.ttl "
	      "icmp.ext.class icmp.int_info.role icmp.int_info.index icmp.int_info.ipv4 "
	      "icmp.int_info.name icmp.int_info.mtu",
	      "11\t128\t1\t" SAID_OF_EXTENSIONS "\n"
	      "12\t128\t1\t" SAID_OF_EXTENSIONS "\n");
}

static void icmp6_messages(void **state)
{
	(void)state;
	static const struct {
		uint8_t type, code;
		uint32_t rest;
	} messages[] = {
		{ ICMP6_ECHO, 0, 0x1234fffe },      { ICMP6_UNREACHABLE, ICMP6_CODE_PORT, 0 },
		{ ICMP6_PACKET_TOO_BIG, 0, 70000 }, { ICMP6_TIME_EXCEEDED, 0, 0 },
		{ ICMP6_PARAMETER_PROBLEM, 2, 42 },
	};
	struct capture c;

	capture_begin(&c);
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct datagram d;
		begin6(&d, IP_PROTOCOL_ICMP6, 8 + 80);
		icmp_build_header(&d.w, messages[i].type, messages[i].code, messages[i].rest);
		quoted6(&d.w);
		icmp6_seal(&d.w, d.upper, &d.src, &d.dst);
		capture_packet(&c, &d.w);
	}
	judge(&c,
	      "icmpv6.type icmpv6.code icmpv6.checksum.status icmpv6.echo.identifier "
	      "icmpv6.echo.sequence_number icmpv6.mtu icmpv6.pointer udp.dstport",
	      "128\t0\t1\t0x1234\t65534\t\t\t\n"
	      "1\t4\t1\t\t\t\t\t33434\n"
	      "2\t0\t1\t\t\t70000\t\t33434\n"
	      "3\t0\t1\t\t\t\t\t33434\n"
	      "4\t2\t1\t\t\t\t42\t33434\n");
}

static void icmp6_extensions(void **state)
{
	(void)state;
	struct capture c;
	struct datagram d;

	capture_begin(&c);
	begin6(&d, IP_PROTOCOL_ICMP6, 8 + 128 + EXTENSIONS_SIZE);
	icmp_build_header(&d.w, ICMP6_TIME_EXCEEDED, 0, UINT32_C(128) / 8 << 24);
	quoted6(&d.w);
	writer_zero(&d.w, 128 - 80);
	extensions(&d.w);
	icmp6_seal(&d.w, d.upper, &d.src, &d.dst);
	capture_packet(&c, &d.w);
	judge(&c,
	      "icmpv6.type icmpv6.length icmpv6.checksum.status icmp.ext.version "
	      "icmp.ext.checksum.status icmp.mpls.label icmp.mpls.exp icmp.mpls.s icmp.mpls.ttl "
	      "icmp.ext.class icmp.int_info.role icmp.int_info.index icmp.int_info.ipv4 "
	      "icmp.int_info.name icmp.int_info.mtu",
	      "3\t16\t1\t" SAID_OF_EXTENSIONS "\n");
}

static void udp_and_tcp(void **state)
{
	(void)state;
	struct capture c;
	struct datagram d;
	struct udp u = { .sport = 40000, .dport = 33434, .length = 8 + 33 };
	struct tcp t = { .sport = 40001,
		         .dport = 443,
		         .seq = 0x89abcdef,
		         .ack = 0x01234567,
		         .flags = TCP_SYN | TCP_ECE,
		         .window = 64000,
		         .urgent = 0,
		         .mss = 1460 };

	capture_begin(&c);
	for (int family = 4; family <= 6; family += 2) {
		for (int tcp = 0; tcp < 2; tcp++) {
			uint8_t protocol = tcp ? IP_PROTOCOL_TCP : IP_PROTOCOL_UDP;
			size_t payload = tcp ? 24 : u.length;
			if (family == 4)
				begin4(&d, protocol, (struct span){ 0 }, payload);
			else
				begin6(&d, protocol, payload);
			if (tcp) {
				tcp_build(&d.w, &t);
				tcp_seal(&d.w, d.upper, &d.src, &d.dst);
			} else {
				udp_build(&d.w, &u);
				fill(&d, 33);
				udp_seal(&d.w, d.upper, &d.src, &d.dst);
			}
			capture_packet(&c, &d.w);
		}
	}
	judge(&c,
	      "ip.checksum.status ipv6.plen ipv6.tclass ipv6.flow ipv6.hlim udp.srcport "
	      "udp.dstport "
	      "udp.length udp.checksum.status tcp.srcport tcp.dstport tcp.seq tcp.ack tcp.flags "
	      "tcp.window_size_value tcp.options.mss_val tcp.checksum.status",
	      "1\t\t\t\t\t40000\t33434\t41\t1\t\t\t\t\t\t\t\t\n"
	      "1\t\t\t\t\t\t\t\t\t40001\t443\t2309737967\t19088743\t0x0042\t64000\t1460\t1\n"
	      "\t41\t0x000000b9\t0x012345\t7\t40000\t33434\t41\t1\t\t\t\t\t\t\t\t\n"
	      "\t24\t0x000000b9\t0x012345\t7\t\t\t\t\t40001\t443\t2309737967\t19088743\t0x0042\t"
	      "64000\t1460\t1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip4_fields),       cmocka_unit_test(ip4_options),
		cmocka_unit_test(icmp4_queries),    cmocka_unit_test(icmp4_errors),
		cmocka_unit_test(icmp4_extensions), cmocka_unit_test(icmp6_messages),
		cmocka_unit_test(icmp6_extensions), cmocka_unit_test(udp_and_tcp),
	};
	return cmocka_run_group_tests_name("tshark", tests, NULL, NULL) != 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/random.h"
#include "tests/unit/sample.h"
#include "wire/checksum.h"
#include "wire/extension.h"
#include "wire/icmp.h"
#include "wire/ip4.h"

/*
 * Messages of Linux's making, taken off a veth pair; what they say was read off tshark.
 * 198.51.100.1 and 2001:db8:1::1 probe 203.0.113.2 and 2001:db8:2::2.
 */
#define COUNTING                                                                            \
	"10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f 30313233 " \
	"34353637"
#define ECHO_REPLY "00001ed0 3ea20001 ba96056b 00000000 21b80200 00000000" COUNTING
#define EXCEEDED                                                         \
	"0b00f4ff 00000000 45000054 64624000 0101af0f c6336401 cb007102" \
	"0800788b 3ea80001 ba96056b 00000000 bff60200 00000000" COUNTING
#define PORT                                                                               \
	"0303636e 00000000 4500003c c9b70000 011189c2 c6336401 cb007102 c4a3829b 00285d22" \
	"40414243 44454647 48494a4b 4c4d4e4f 50515253 54555657 58595a5b 5c5d5e5f"
/* From 2001:db8:1::fe to 2001:db8:1::1. */
#define NO_ROUTE6                                                                 \
	"01003e12 00000000 6009c9c0 00403a40 20010db8 00010000 00000000 00000001" \
	"20010db8 00030000 00000000 00000002 80009420 3eb20001 bc96056b 00000000" \
	"cd630300 00000000" COUNTING
/* The head of "packet too big"; what it quotes is cut here, so its checksum is not right. */
#define TOO_BIG6 "0200c6b3 00000578 60090f84 05803a40"
#define NEEDED4  "03042c88 00000578 450005c6 00004000"

static const uint8_t router6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 0xfe };
static const uint8_t host6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 };

struct message {
	uint8_t bytes[512];
	size_t length;
	struct icmp m;
};

static void parse(uint8_t family, const char *hex, struct message *p)
{
	p->length = sample_hex(hex, p->bytes, sizeof p->bytes);
	struct cursor c = cursor_of(p->bytes, p->length);
	assert_true(icmp_parse(&c, family, &p->m));
	assert_int_equal(cursor_left(&c), 0);
}

static void echo_reply_of_linux(void **state)
{
	(void)state;
	struct message p;

	parse(4, ECHO_REPLY, &p);
	assert_int_equal(p.m.family, 4);
	assert_int_equal(p.m.type, ICMP4_ECHO_REPLY);
	assert_int_equal(p.m.code, 0);
	assert_int_equal(p.m.checksum, 0x1ed0);
	assert_int_equal(p.m.id, 0x3ea2);
	assert_int_equal(p.m.sequence, 1);
	assert_int_equal(p.m.body.length, 56);
	assert_ptr_equal(p.m.body.data, p.bytes + 8);
	assert_int_equal(p.m.quote_length, 0);
	assert_int_equal(p.m.mtu, 0);
	assert_int_equal(p.m.gateway.family, 0);
}

static void too_big_of_linux(void **state)
{
	(void)state;
	struct message p;

	parse(4, NEEDED4, &p);
	assert_int_equal(p.m.type, ICMP4_UNREACHABLE);
	assert_int_equal(p.m.code, ICMP4_CODE_FRAG_NEEDED);
	assert_int_equal(p.m.mtu, 1400);
	assert_int_equal(p.m.quote_length, 0);
	parse(6, TOO_BIG6, &p);
	assert_int_equal(p.m.type, ICMP6_PACKET_TOO_BIG);
	assert_int_equal(p.m.mtu, 1400);
	/* The MTU of IPv6 has all 32 bits, that of IPv4 the low 16 (RFC 1191), at this code alone.
	 */
	parse(6, "02000000 00012345", &p);
	assert_int_equal(p.m.mtu, 0x12345);
	parse(4, "03040000 12200578", &p);
	assert_int_equal(p.m.mtu, 1400);
	assert_int_equal(p.m.quote_length, 128);
	parse(4, "03040000 00000577", &p);
	assert_int_equal(p.m.mtu, 1399);
	parse(4, "03030000 00000578", &p);
	assert_int_equal(p.m.mtu, 0);
}

/* What the four bytes ffeddbc9 mean to each type of both families. */
static void the_rest_by_type(void **state)
{
	(void)state;
	static const uint8_t with_id4[] = { 0, 8, 13, 14, 17, 18, 42, 43 };
	static const uint8_t with_id6[] = { 128, 129, 139, 140, 160, 161 };

	for (unsigned int type = 0; type < 256; type++) {
		for (uint8_t family = 4; family <= 6; family += 2) {
			uint8_t bytes[48] = { (uint8_t)type, 0, 0, 0, 0xff, 0xed, 0xdb, 0xc9 };
			struct cursor c = cursor_of(bytes, sizeof bytes);
			struct icmp m;
			const uint8_t *ids = family == 4 ? with_id4 : with_id6;
			size_t count = family == 4 ? sizeof with_id4 : sizeof with_id6;
			bool id = memchr(ids, (int)type, count) != NULL;
			bool v4 = family == 4;

			assert_true(icmp_parse(&c, family, &m));
			assert_int_equal(m.id, id ? 0xffed : 0);
			assert_int_equal(m.sequence, id ? 0xdbc9 : 0);
			assert_int_equal(m.mtu, !v4 && type == 2 ? 0xffeddbc9 : 0);
			assert_int_equal(m.pointer, v4 && type == 12   ? 0xff
			                            : !v4 && type == 4 ? 0xffeddbc9
			                                               : 0);
			assert_int_equal(m.quote_length,
			                 v4 && (type == 3 || type == 11 || type == 12) ? 0xed * 4
			                 : !v4 && (type == 1 || type == 3)             ? 0xff * 8
			                                                               : 0);
			if (v4 && type == 5)
				assert_int_equal(addr_to_v4(&m.gateway), 0xffeddbc9);
			else
				assert_int_equal(m.gateway.family, !v4 && type == 137 ? 6 : 0);
			assert_int_equal(m.redirected.family, !v4 && type == 137 ? 6 : 0);
			assert_int_equal(m.body.length, !v4 && type == 137 ? 8 : 40);
		}
	}
}

static void redirect6(void **state)
{
	(void)state;
	struct message p;
	char text[ADDR_TEXT_SIZE];

	/* RFC 4861, 4.5: reserved, target, destination, options. */
	parse(6,
	      "89000000 00000000 fe800000 00000000 00000000 000000fe"
	      "20010db8 00020000 00000000 00000002 0201",
	      &p);
	assert_string_equal(addr_format(&p.m.gateway, text), "fe80::fe");
	assert_string_equal(addr_format(&p.m.redirected, text), "2001:db8:2::2");
	assert_int_equal(p.m.body.length, 2);
	assert_int_equal(p.m.body.data[0], 2);
}

static void cut_headers_fail(void **state)
{
	(void)state;
	const uint8_t redirect[40] = { ICMP6_REDIRECT };
	const uint8_t echo[8] = { 8 };

	for (size_t cut = 0; cut <= 40; cut++) {
		uint8_t *exact = sample_copy(redirect, cut);
		struct cursor c = cursor_of(exact, cut);
		struct icmp m;
		assert_int_equal(icmp_parse(&c, 6, &m), cut == 40);
		free(exact);
	}
	for (size_t cut = 0; cut <= 8; cut++) {
		uint8_t *exact = sample_copy(echo, cut);
		struct cursor c = cursor_of(exact, cut);
		struct icmp m;
		assert_int_equal(icmp_parse(&c, 4, &m), cut == 8);
		free(exact);
	}
	struct cursor c = cursor_of(echo, 8);
	struct icmp m;
	assert_false(icmp_parse(&c, 0, &m));
	c = cursor_of(echo, 8);
	assert_false(icmp_parse(&c, 5, &m));
}

static void checksums_of_linux_are_right(void **state)
{
	(void)state;
	static const char *const samples[] = { ECHO_REPLY, EXCEEDED, PORT };
	struct message p;

	for (size_t i = 0; i < 3; i++) {
		parse(4, samples[i], &p);
		assert_true(icmp4_checksum_ok((struct span){ p.bytes, p.length }));
		p.bytes[p.length - 1] ^= 1;
		assert_false(icmp4_checksum_ok((struct span){ p.bytes, p.length }));
	}
	struct addr src = addr_v6(router6), dst = addr_v6(host6);
	parse(6, NO_ROUTE6, &p);
	struct span message = { p.bytes, p.length };
	assert_true(icmp6_checksum_ok(message, &src, &dst));
	assert_false(icmp6_checksum_ok(message, &src, &src));
	assert_false(icmp4_checksum_ok(message)); /* the pseudo header is summed too */
	p.bytes[20] ^= 1;
	assert_false(icmp6_checksum_ok(message, &src, &dst));
}

static void no_message_has_no_checksum(void **state)
{
	(void)state;
	const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct addr none = { 0 };

	/* These sum to ffff at every even length. */
	for (size_t length = 0; length <= 8; length += 2)
		assert_int_equal(icmp4_checksum_ok((struct span){ ones, length }), length == 8);
	/* With protocol and length this does: 003a + 0006 + ffbf = ffff. */
	const uint8_t six[6] = { 0xff, 0xbf };
	assert_int_equal(checksum_finish(checksum_add(58 + 6, six, 6)), 0);
	assert_false(icmp6_checksum_ok((struct span){ six, 6 }, &none, &none));
	/* Eight bytes are a message: 003a + 0008 + ffbd = ffff. */
	const uint8_t eight[8] = { 0xff, 0xbd };
	assert_true(icmp6_checksum_ok((struct span){ eight, 8 }, &none, &none));
}

static void error_types(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		bool v4 = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
		assert_int_equal(icmp_is_error(4, (uint8_t)type), v4);
		assert_int_equal(icmp_is_error(6, (uint8_t)type), type < 128);
	}
}

/* --- building
 * ------------------------------------------------------------------------------------- */

static void build_and_seal_as_linux_does(void **state)
{
	(void)state;
	struct message p;
	uint8_t bytes[512];
	struct writer w = writer_of(bytes, sizeof bytes);

	parse(4, ECHO_REPLY, &p);
	writer_u32(&w, 0xffffffff); /* what stands before it is not summed */
	icmp_build_header(&w, ICMP4_ECHO_REPLY, 0, 0x3ea20001);
	writer_bytes(&w, p.m.body.data, p.m.body.length);
	icmp4_seal(&w, 4);
	assert_false(w.failed);
	assert_int_equal(writer_length(&w), 4 + p.length);
	assert_memory_equal(bytes + 4, p.bytes, p.length);
	icmp4_seal(&w, 4); /* the old checksum is not summed */
	assert_memory_equal(bytes + 4, p.bytes, p.length);

	struct addr src = addr_v6(router6), dst = addr_v6(host6);
	parse(6, NO_ROUTE6, &p);
	w = writer_of(bytes, sizeof bytes);
	writer_u32(&w, 0xffffffff);
	icmp_build_header(&w, ICMP6_UNREACHABLE, 0, 0);
	writer_bytes(&w, p.m.body.data, p.m.body.length);
	icmp6_seal(&w, 4, &src, &dst);
	assert_memory_equal(bytes + 4, p.bytes, p.length);
	icmp6_seal(&w, 4, &src, &dst);
	assert_memory_equal(bytes + 4, p.bytes, p.length);
}

static void header_bytes(void **state)
{
	(void)state;
	uint8_t bytes[8];
	struct writer w = writer_of(bytes, sizeof bytes);

	memset(bytes, 0xee, sizeof bytes);
	icmp_build_header(&w, 3, 4, 0x12345678);
	assert_memory_equal(bytes, ((uint8_t[]){ 3, 4, 0, 0, 0x12, 0x34, 0x56, 0x78 }), 8);
	w = writer_of(bytes, 7);
	icmp_build_header(&w, 3, 4, 0);
	assert_true(w.failed);
}

static void seal_without_a_header_fails(void **state)
{
	(void)state;
	uint8_t bytes[16];
	struct addr a = addr_v6(host6);
	struct writer w = writer_of(bytes, sizeof bytes);

	writer_zero(&w, 3);
	icmp4_seal(&w, 0);
	assert_true(w.failed);
	w = writer_of(bytes, sizeof bytes);
	writer_zero(&w, 3);
	icmp6_seal(&w, 0, &a, &a);
	assert_true(w.failed);
}

/* --- RFC 4884
 * ------------------------------------------------------------------------------------- */

/* 24015, TC 3, bottom, TTL 1; see test_extension for the sum. */
#define MPLS    "2000e218 00080101 05dcf701"
#define MPLS_NO "20000000 00080101 05dcf701" /* checksum not computed */
/* Low nibble: 0200 + 0008 + 0101 + 05dc + f701 = ffe6. */
#define MPLS_LOW "02000019 00080101 05dcf701"
/* RFC 5837, incoming, index 5: 2000 + 0008 + 0208 + 0000 + 0005 = 2215. */
#define INTERFACE "2000ddea 00080208 00000005"
/* Both: 2000 + 0008 + 0101 + 05dc + f701 + 0008 + 0208 + 0005 = 11ffb; 1ffc. */
#define BOTH "2000e003 00080101 05dcf701 00080208 00000005"
/* A class nobody knows: 2000 + 0008 + f701 + dead + beef = 2b4a5; b4a7. */
#define UNKNOWN "20004b58 0008f701 deadbeef"

/* Quotes: an echo of 84 bytes, of which 28, and one of 68 bytes, of which all. */
#define IP84     "45000054 64624000 0101af0f c6336401 cb007102"
#define QUOTE_28 IP84 "0800788b 3ea80001"
#define QUOTE_84 IP84 "0800788b 3ea80001 ba96056b 00000000 bff60200 00000000" COUNTING
#define QUOTE_68                                                                            \
	"45000044 64624000 0101af1f c6336401 cb007102 0800788b 3ea80001"                    \
	"00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 " \
	"00000000"
/* IPv6, payload of 64. */
#define QUOTE6_104                                                                          \
	"6009c9c0 00403a40 20010db8 00010000 00000000 00000001 20010db8 00030000 00000000 " \
	"00000002"                                                                          \
	"80009420 3eb20001 bc96056b 00000000 cd630300 00000000" COUNTING
#define QUOTE6_48                                                                           \
	"6009c9c0 00403a40 20010db8 00010000 00000000 00000001 20010db8 00030000 00000000 " \
	"00000002"                                                                          \
	"80009420 3eb20001"

/* An error: its first eight bytes, the quote, zeros up to pad bytes of body, an extension. */
static void make(uint8_t family, const char *head, const char *quote, size_t pad,
                 const char *extension, struct message *p)
{
	memset(p->bytes, 0, sizeof p->bytes);
	size_t at = sample_hex(head, p->bytes, sizeof p->bytes);
	assert_int_equal(at, 8);
	at += sample_hex(quote, p->bytes + at, sizeof p->bytes - at);
	if (at < 8 + pad)
		at = 8 + pad;
	at += sample_hex(extension, p->bytes + at, sizeof p->bytes - at);
	p->length = at;
	struct cursor c = cursor_of(p->bytes, p->length);
	assert_true(icmp_parse(&c, family, &p->m));
}

static void expect_split(const struct message *p, size_t quote_length, size_t extension_length)
{
	/* In a block of its size, so that no byte beyond is looked at. */
	struct icmp m = p->m;
	uint8_t *exact = sample_copy(m.body.data, m.body.length);
	struct span quote, extension;

	m.body.data = exact;
	icmp_split(&m, &quote, &extension);
	assert_int_equal(quote.length, quote_length);
	assert_int_equal(extension.length, extension_length);
	assert_ptr_equal(quote.data, exact);
	if (extension_length) {
		assert_ptr_equal(extension.data, exact + quote_length);
		assert_int_equal(quote_length + extension_length, m.body.length);
	}
	free(exact);
}

static void compliant(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00200000", QUOTE_28, 128, MPLS, &p);
	expect_split(&p, 128, 12);
	make(4, "03010000 00200000", QUOTE_84, 128, INTERFACE, &p);
	expect_split(&p, 128, 12);
	make(4, "0c000000 14200000", QUOTE_84, 128, BOTH, &p);
	expect_split(&p, 128, 20);
	/* Words of 64 bits in IPv6, in another octet. */
	make(6, "03000000 10000000", QUOTE6_104, 128, MPLS, &p);
	expect_split(&p, 128, 12);
	make(6, "01030000 10000000", QUOTE6_104, 128, BOTH, &p);
	expect_split(&p, 128, 20);
	/* A longer quote than the least. */
	make(4, "0b000000 00280000", QUOTE_84, 160, MPLS, &p);
	expect_split(&p, 160, 12);
	make(6, "03000000 14000000", QUOTE6_104, 160, MPLS, &p);
	expect_split(&p, 160, 12);
}

static void without_a_length(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00000000", QUOTE_28, 128, MPLS, &p);
	expect_split(&p, 128, 12);
	make(6, "03000000 00000000", QUOTE6_104, 128, MPLS, &p);
	expect_split(&p, 128, 12);
}

static void other_objects(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00000000", QUOTE_28, 128, INTERFACE, &p);
	expect_split(&p, 128, 12);
	make(4, "0b000000 00000000", QUOTE_28, 128, BOTH, &p);
	expect_split(&p, 128, 20);
	make(4, "0b000000 00000000", QUOTE_28, 128, UNKNOWN, &p);
	expect_split(&p, 128, 12);
}

static void checksum_not_computed(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00200000", QUOTE_28, 128, MPLS_NO, &p);
	expect_split(&p, 128, 12);
	make(4, "0b000000 00000000", QUOTE_28, 128, MPLS_NO, &p);
	expect_split(&p, 128, 12);
}

static void quote_never_padded(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00110000", QUOTE_68, 0, MPLS, &p); /* with its length */
	expect_split(&p, 68, 12);
	make(4, "0b000000 00000000", QUOTE_68, 0, MPLS, &p); /* without */
	expect_split(&p, 68, 12);
	make(4, "0b000000 00070000", QUOTE_28, 0, MPLS, &p); /* RFC 792: header and eight bytes */
	expect_split(&p, 28, 12);
	make(4, "0b000000 00000000", QUOTE_28, 0, MPLS, &p);
	expect_split(&p, 28, 12);
	make(6, "03000000 0d000000", QUOTE6_104, 0, MPLS, &p);
	expect_split(&p, 104, 12);
	make(6, "03000000 00000000", QUOTE6_104, 0, MPLS, &p);
	expect_split(&p, 104, 12);
	make(6, "03000000 00000000", QUOTE6_48, 0, MPLS, &p);
	expect_split(&p, 48, 12);
}

static void version_in_the_low_nibble(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00200000", QUOTE_28, 128, MPLS_LOW, &p);
	expect_split(&p, 128, 12);
	make(4, "0b000000 00000000", QUOTE_28, 128, MPLS_LOW, &p);
	expect_split(&p, 128, 12);
}

static void length_before_padding(void **state)
{
	(void)state;
	struct message p;

	/* 17 words, padded to 128 all the same. */
	make(4, "0b000000 00110000", QUOTE_68, 128, MPLS, &p);
	expect_split(&p, 128, 12);
	make(6, "03000000 0d000000", QUOTE6_104, 128, MPLS, &p);
	expect_split(&p, 128, 12);
}

static void length_in_octets(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00800000", QUOTE_84, 128, MPLS, &p); /* 128; as words it would be 512 */
	expect_split(&p, 128, 12);
	make(4, "0b000000 00a00000", QUOTE_84, 160, MPLS, &p);
	expect_split(&p, 160, 12);
	make(6, "03000000 a0000000", QUOTE6_104, 160, MPLS, &p);
	expect_split(&p, 160, 12);
}

static void lying_lengths(void **state)
{
	(void)state;
	struct message p;

	/* Beyond what came, exactly all of it, and somewhere within the quote. */
	make(4, "0b000000 00ff0000", QUOTE_84, 0, "", &p);
	expect_split(&p, 84, 0);
	make(4, "0b000000 00150000", QUOTE_84, 0, "", &p);
	expect_split(&p, 84, 0);
	make(4, "0b000000 00100000", QUOTE_84, 0, "", &p);
	expect_split(&p, 84, 0);
	make(6, "03000000 ff000000", QUOTE6_104, 0, "", &p);
	expect_split(&p, 104, 0);
	/* Within the quoted header, whose identification looks like a structure without a sum: an
	 * MTU of 70,000, and an address of 2001::/32. */
	make(4, "03040000 00011170",
	     "45000054 2abc0000 0101e8b5 c6336401 cb007102"
	     "0800788b 3ea80001",
	     0, "", &p);
	expect_split(&p, 28, 0);
	make(6, "03000000 01000000",
	     "6009c9c0 00403a40 20010000 00010000 00000000 00000001 20010db8 00030000 00000000 "
	     "00000002 80009420 3eb20001",
	     0, "", &p);
	expect_split(&p, 48, 0);
	/* A length, but what stands there is none: wrong version, wrong sum. */
	make(4, "0b000000 00200000", QUOTE_84, 128, "3000d218 00080101 05dcf701", &p);
	expect_split(&p, 140, 0);
	make(4, "0b000000 00200000", QUOTE_84, 128, "2000e219 00080101 05dcf701", &p);
	expect_split(&p, 140, 0);
}

static void nothing_there(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00000000", "", 0, "", &p);
	expect_split(&p, 0, 0);
	make(4, "0b000000 00000000", QUOTE_28, 0, "", &p);
	expect_split(&p, 28, 0);
	make(4, "0b000000 00000000", QUOTE_28, 128, "", &p);
	expect_split(&p, 128, 0);
	make(4, "0b000000 00200000", QUOTE_28, 128, "2000", &p); /* cut in the head */
	expect_split(&p, 130, 0);
}

static void a_guessed_place_must_be_whole(void **state)
{
	(void)state;
	struct message p;

	/* At 128 with no length: objects must reach the last byte, and there must be one. */
	make(4, "0b000000 00000000", QUOTE_28, 128, "20000000 00080101 05dcf701 00", &p);
	expect_split(&p, 141, 0);
	make(4, "0b000000 00000000", QUOTE_28, 128, "20000000 00090101 05dcf701", &p);
	expect_split(&p, 140, 0);
	make(4, "0b000000 00000000", QUOTE_28, 128, "20000000", &p);
	expect_split(&p, 132, 0);
	/* So must they at every other place. */
	make(4, "0b000000 00a00000", QUOTE_84, 160, "20000000 00090101 05dcf701", &p);
	expect_split(&p, 172, 0);
	make(4, "0b000000 00000000", QUOTE_68, 0, "20000000 00090101 05dcf701", &p);
	expect_split(&p, 80, 0);
	make(4, "0b000000 00000000", QUOTE_28, 0, "20000000 00090101 05dcf701", &p);
	expect_split(&p, 40, 0);
	/* Where a length says so, they are handed on: the walk ends where an object lies. */
	make(4, "0b000000 00200000", QUOTE_28, 128, "20000000 00090101 05dcf701", &p);
	expect_split(&p, 128, 12);
}

static void an_extension_without_a_quote(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00000000", "", 0, MPLS, &p);
	expect_split(&p, 12, 0);
}

static void the_announced_place_comes_first(void **state)
{
	(void)state;
	struct message p;

	/* At 128 stands a whole structure too, of one object that holds all of the other. */
	make(4, "0b000000 00280000", QUOTE_84, 128,
	     "20000000 0028ff01 00000000 00000000 00000000 00000000 00000000 00000000" MPLS, &p);
	expect_split(&p, 160, 12);
	make(4, "0b000000 00000000", QUOTE_84, 128,
	     "20000000 0028ff01 00000000 00000000 00000000 00000000 00000000 00000000" MPLS, &p);
	expect_split(&p, 128, 44);
}

static void types_without_extensions(void **state)
{
	(void)state;
	struct message p;

	make(4, "04000000 00200000", QUOTE_28, 128, MPLS, &p);
	expect_split(&p, 140, 0);
	make(4, "05010000 00200000", QUOTE_28, 128, MPLS, &p);
	expect_split(&p, 140, 0);
	make(6, "02000000 10000000", QUOTE6_104, 128, MPLS, &p);
	expect_split(&p, 140, 0);
	make(6, "04000000 10000000", QUOTE6_104, 128, MPLS, &p);
	expect_split(&p, 140, 0);
}

static void cut_anywhere_it_splits_within_bounds(void **state)
{
	(void)state;
	struct message p;

	make(4, "0b000000 00110000", QUOTE_68, 128, BOTH, &p);
	for (size_t cut = 0; cut <= p.m.body.length; cut++) {
		struct icmp m = p.m;
		uint8_t *exact = sample_copy(m.body.data, cut);
		struct span quote, extension;
		m.body = (struct span){ exact, cut };
		icmp_split(&m, &quote, &extension);
		/* A sum over fewer bytes is not right: all or nothing. */
		bool whole = cut == p.m.body.length;
		assert_int_equal(extension.length, whole ? 20 : 0);
		assert_int_equal(quote.length, whole ? 128 : cut);
		free(exact);
	}
}

static void random_errors_survive(void **state)
{
	(void)state;
	struct random r;

	random_init(&r, sample_seed(70));
	for (int round = 0; round < 3000; round++) {
		uint8_t family = random_below(&r, 2) ? 4 : 6;
		size_t unit = family == 4 ? 4 : 8;
		size_t words = 128 / unit + (size_t)random_below(&r, 20);
		uint8_t bytes[600], data[40];
		struct writer w = writer_of(bytes, sizeof bytes);
		uint8_t type = family == 4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED;
		icmp_build_header(&w, type, 0, (uint32_t)words << (family == 4 ? 16 : 24));
		for (size_t i = 0; i < words * unit; i++)
			writer_u8(&w, (uint8_t)random_next(&r));
		size_t at = extension_begin(&w);
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)random_next(&r);
		extension_object_build(&w, (uint8_t)random_next(&r), 1, data,
		                       (size_t)random_below(&r, sizeof data + 1));
		extension_seal(&w, at);
		icmp4_seal(&w, 0);
		assert_false(w.failed);
		assert_true(icmp4_checksum_ok((struct span){ bytes, writer_length(&w) }));
		struct cursor c = cursor_of(bytes, writer_length(&w));
		struct icmp m;
		struct span quote, extension;
		assert_true(icmp_parse(&c, family, &m));
		icmp_split(&m, &quote, &extension);
		assert_int_equal(quote.length, words * unit);
		assert_ptr_equal(extension.data, bytes + at);
		assert_int_equal(extension.length, writer_length(&w) - at);
	}
}

/* --- words
 * ---------------------------------------------------------------------------------------- */

static void words4(void **state)
{
	(void)state;
	/* As iputils' ping prints them, whose lines scripts read. */
	static const char *const unreachable[16] = {
		"Destination Net Unreachable",
		"Destination Host Unreachable",
		"Destination Protocol Unreachable",
		"Destination Port Unreachable",
		"Frag needed and DF set",
		"Source Route Failed",
		"Destination Net Unknown",
		"Destination Host Unknown",
		"Source Host Isolated",
		"Destination Net Prohibited",
		"Destination Host Prohibited",
		"Destination Net Unreachable for Type of Service",
		"Destination Host Unreachable for Type of Service",
		"Packet filtered",
		"Precedence Violation",
		"Precedence Cutoff",
	};
	static const char *const redirect[4] = {
		"Redirect Network",
		"Redirect Host",
		"Redirect Type of Service and Network",
		"Redirect Type of Service and Host",
	};

	for (uint8_t code = 0; code < 16; code++)
		assert_string_equal(icmp_text(4, 3, code), unreachable[code]);
	for (unsigned int code = 16; code < 256; code++)
		assert_null(icmp_text(4, 3, (uint8_t)code));
	for (uint8_t code = 0; code < 4; code++)
		assert_string_equal(icmp_text(4, 5, code), redirect[code]);
	assert_null(icmp_text(4, 5, 4));
	assert_string_equal(icmp_text(4, 11, 0), "Time to live exceeded");
	assert_string_equal(icmp_text(4, 11, 1), "Frag reassembly time exceeded");
	assert_null(icmp_text(4, 11, 2));
	assert_null(icmp_text(4, 11, 255));
	assert_string_equal(icmp_text(4, 4, 0), "Source Quench");
	for (unsigned int code = 0; code < 256; code++)
		assert_string_equal(icmp_text(4, 12, (uint8_t)code), "Parameter problem");
	assert_string_equal(icmp_text(4, 0, 0), "Echo Reply");
	assert_string_equal(icmp_text(4, 8, 0), "Echo Request");
	assert_string_equal(icmp_text(4, 9, 16), "Router Advertisement");
	assert_string_equal(icmp_text(4, 10, 0), "Router Solicitation");
	assert_string_equal(icmp_text(4, 13, 0), "Timestamp");
	assert_string_equal(icmp_text(4, 14, 0), "Timestamp Reply");
	assert_string_equal(icmp_text(4, 15, 0), "Information Request");
	assert_string_equal(icmp_text(4, 16, 0), "Information Reply");
	assert_string_equal(icmp_text(4, 17, 0), "Address Mask Request");
	assert_string_equal(icmp_text(4, 18, 0), "Address Mask Reply");
	assert_string_equal(icmp_text(4, 42, 0), "Extended Echo Request");
	assert_string_equal(icmp_text(4, 43, 2), "Extended Echo Reply");
}

static void words6(void **state)
{
	(void)state;
	static const char *const unreachable[7] = {
		"Destination unreachable: No route",
		"Destination unreachable: Administratively prohibited",
		"Destination unreachable: Beyond scope of source address",
		"Destination unreachable: Address unreachable",
		"Destination unreachable: Port unreachable",
		"Destination unreachable: Source address failed ingress/egress policy",
		"Destination unreachable: Reject route to destination",
	};

	for (uint8_t code = 0; code < 7; code++)
		assert_string_equal(icmp_text(6, 1, code), unreachable[code]);
	assert_null(icmp_text(6, 1, 7));
	assert_string_equal(icmp_text(6, 2, 0), "Packet too big");
	assert_string_equal(icmp_text(6, 2, 1), "Packet too big");
	assert_string_equal(icmp_text(6, 3, 0), "Time exceeded: Hop limit");
	assert_string_equal(icmp_text(6, 3, 1), "Time exceeded: Defragmentation failure");
	assert_null(icmp_text(6, 3, 2));
	assert_string_equal(icmp_text(6, 4, 0), "Parameter problem: Wrong header field");
	assert_string_equal(icmp_text(6, 4, 1), "Parameter problem: Unknown header");
	assert_string_equal(icmp_text(6, 4, 2), "Parameter problem: Unknown option");
	assert_null(icmp_text(6, 4, 3));
	assert_string_equal(icmp_text(6, 128, 0), "Echo request");
	assert_string_equal(icmp_text(6, 129, 0), "Echo reply");
	assert_string_equal(icmp_text(6, 130, 0), "MLD Query");
	assert_string_equal(icmp_text(6, 131, 0), "MLD Report");
	assert_string_equal(icmp_text(6, 132, 0), "MLD Reduction");
	assert_string_equal(icmp_text(6, 133, 0), "Router solicitation");
	assert_string_equal(icmp_text(6, 134, 0), "Router advertisement");
	assert_string_equal(icmp_text(6, 135, 0), "Neighbor solicitation");
	assert_string_equal(icmp_text(6, 136, 0), "Neighbor advertisement");
	assert_string_equal(icmp_text(6, 137, 0), "Redirect");
	assert_string_equal(icmp_text(6, 139, 1), "Node information query");
	assert_string_equal(icmp_text(6, 140, 1), "Node information reply");
	assert_string_equal(icmp_text(6, 143, 0), "MLDv2 Report");
	assert_string_equal(icmp_text(6, 160, 0), "Extended echo request");
	assert_string_equal(icmp_text(6, 161, 4), "Extended echo reply");
}

static void no_words(void **state)
{
	(void)state;
	/* Types known to have none, and no family at all. */
	static const uint8_t silent4[] = { 1, 2, 6, 7, 19, 30, 41, 44, 128, 255 };
	static const uint8_t silent6[] = { 0, 5, 11, 100, 127, 138, 141, 162, 255 };

	for (size_t i = 0; i < sizeof silent4; i++)
		assert_null(icmp_text(4, silent4[i], 0));
	for (size_t i = 0; i < sizeof silent6; i++)
		assert_null(icmp_text(6, silent6[i], 0));
	assert_null(icmp_text(0, 3, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_reply_of_linux),
		cmocka_unit_test(too_big_of_linux),
		cmocka_unit_test(the_rest_by_type),
		cmocka_unit_test(redirect6),
		cmocka_unit_test(cut_headers_fail),
		cmocka_unit_test(checksums_of_linux_are_right),
		cmocka_unit_test(no_message_has_no_checksum),
		cmocka_unit_test(error_types),
		cmocka_unit_test(build_and_seal_as_linux_does),
		cmocka_unit_test(header_bytes),
		cmocka_unit_test(seal_without_a_header_fails),
		cmocka_unit_test(compliant),
		cmocka_unit_test(without_a_length),
		cmocka_unit_test(other_objects),
		cmocka_unit_test(checksum_not_computed),
		cmocka_unit_test(quote_never_padded),
		cmocka_unit_test(version_in_the_low_nibble),
		cmocka_unit_test(length_before_padding),
		cmocka_unit_test(length_in_octets),
		cmocka_unit_test(lying_lengths),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(a_guessed_place_must_be_whole),
		cmocka_unit_test(an_extension_without_a_quote),
		cmocka_unit_test(the_announced_place_comes_first),
		cmocka_unit_test(types_without_extensions),
		cmocka_unit_test(cut_anywhere_it_splits_within_bounds),
		cmocka_unit_test(random_errors_survive),
		cmocka_unit_test(words4),
		cmocka_unit_test(words6),
		cmocka_unit_test(no_words),
	};
	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL) != 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/random.h"
#include "tests/unit/exlab.h"
#include "tests/unit/sample.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static struct exlab lab;

/* The tokens in flight during most tests: neighbours, and a half cycle away. */
static const uint64_t tokens[] = { 0x10000, 0x10001, 0x10002, 0x10003, 0x18000, 0x1ffff };
#define TOKENS (sizeof tokens / sizeof *tokens)

struct shape {
	uint8_t kind, family;
	uint32_t size; /* of the datagram */
	bool constant;
	size_t least; /* bytes of the upper layer a quote needs */
};

static const struct shape shapes[] = {
	{ PROBE_ECHO, 4, 84, false, 8 },      { PROBE_ECHO, 4, 28, false, 8 },
	{ PROBE_ECHO, 4, 36, false, 8 },      { PROBE_ECHO, 4, 60, true, 8 },
	{ PROBE_ECHO, 6, 104, false, 8 },     { PROBE_ECHO, 6, 48, false, 8 },
	{ PROBE_UDP, 4, 60, false, 8 },       { PROBE_UDP, 4, 28, false, 8 },
	{ PROBE_UDP, 4, 33, false, 8 },       { PROBE_UDP, 4, 60, true, 8 },
	{ PROBE_UDP, 6, 80, false, 8 },       { PROBE_UDP, 6, 50, false, 8 },
	{ PROBE_UDP, 6, 80, true, 20 },       { PROBE_UDP, 6, 52, true, 12 },
	{ PROBE_TCP, 4, 44, false, 8 },       { PROBE_TCP, 4, 90, false, 8 },
	{ PROBE_TCP, 6, 64, false, 8 },       { PROBE_TIMESTAMP, 4, 40, false, 8 },
	{ PROBE_TIMESTAMP, 4, 60, false, 8 }, { PROBE_NODE_INFO, 6, 72, false, 16 },
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static struct datagram sent[TOKENS];

static size_t ip_of(uint8_t family)
{
	return family == 4 ? 20 : 40;
}

static void open_plain(void)
{
	struct exchange_config config = exlab_config();
	exlab_open(&lab, &config);
}

/* One probe of the shape for each token; lab.sent is the last. */
static void open_with(const struct shape *shape)
{
	struct exchange_config config = exlab_config();
	config.constant_checksum = shape->constant;
	exlab_open(&lab, &config);
	for (size_t i = 0; i < TOKENS; i++) {
		struct probe probe =
		        exlab_probe(shape->kind, shape->family, tokens[i], shape->size);
		lab.now += 1000;
		assert_int_equal(exlab_send(&lab, &probe), 0);
		sent[i] = lab.sent;
	}
}

/* A router says that the TTL was exceeded, and quotes these bytes. */
static bool exceeded(uint8_t family, const void *quote, size_t length)
{
	exlab_error_about(&lab, family, family == 4 ? 11 : 3, 0, 0, quote, length);
	return exlab_receive(&lab);
}

/* The quoted header as a router leaves it: one hop less, and in IPv4 the checksum again right. */
static void mend_ip4(uint8_t *ip)
{
	exlab_put16(ip + 10, 0);
	exlab_put16(ip + 10, exlab_sum(ip, (ip[0] & 15) * 4U, 0));
}

/* --- all shapes -------------------------------------------------------------------- */

static void quotes_of_every_length_are_recognised(void **state)
{
	(void)state;
	for (size_t s = 0; s < SHAPES; s++) {
		const struct shape *shape = &shapes[s];
		size_t header = ip_of(shape->family);
		for (size_t upper = 0; upper <= shape->size - header; upper++) {
			open_with(shape);
			/* Half a cycle apart two numbers look alike where only the identification
			 * shows. */
			for (size_t i = 1; i < TOKENS; i++) {
				if (tokens[i] == 0x18000)
					continue;
				bool got = exceeded(shape->family, sent[i].bytes, header + upper);
				assert_int_equal(got, upper >= shape->least);
				if (!got)
					continue;
				assert_true(lab.reply.token == tokens[i]);
				assert_int_equal(lab.reply.flags, 0);
				assert_false(lab.reply.quoted.rewritten);
				assert_true(lab.reply.sent == 1000 * NSEC_S + (nsec)(i + 1) * 1000);
				assert_true(exceeded(shape->family, sent[i].bytes, header + upper));
				assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
			}
			exlab_close(&lab);
		}
	}
}

static void number_zero_is_a_number(void **state)
{
	(void)state;
	for (size_t s = 0; s < SHAPES; s++) {
		const struct shape *shape = &shapes[s];
		struct exchange_config config = exlab_config();
		config.constant_checksum = shape->constant;
		exlab_open(&lab, &config);
		struct probe probe = exlab_probe(shape->kind, shape->family, 0x30000, shape->size);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		assert_true(exceeded(shape->family, lab.sent.bytes,
		                     ip_of(shape->family) + shape->least));
		assert_true(lab.reply.token == 0x30000);
		assert_false(lab.reply.quoted.rewritten);
		exlab_close(&lab);
	}
}

/*
 * Any single bit of a quote wrong: it is not believed, or it is the probe it was, never another.
 * Where one field alone carries the number it may be another: the identification where the UDP
 * checksum is blind to it, constant or without data to tune it; the checksum in 8 bytes of IPv6.
 */
static void a_damaged_quote_never_names_another_probe(void **state)
{
	(void)state;
	for (size_t s = 0; s < SHAPES; s++) {
		const struct shape *shape = &shapes[s];
		size_t header = ip_of(shape->family);
		size_t whole = shape->size - header;
		bool blind = shape->constant || whole == 8;
		const size_t lengths[] = { shape->least, 24 < whole ? 24 : whole, whole };
		for (size_t l = 0; l < 3; l++) {
			size_t length = header + lengths[l];
			open_with(shape);
			for (size_t i = 1; i < 4; i++)
				for (size_t bit = 0; bit < length * 8; bit++) {
					uint8_t quote[200];
					memcpy(quote, sent[i].bytes, length);
					quote[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
					if (!exceeded(shape->family, quote, length))
						continue;
					size_t at = bit / 8;
					bool alone =
					        shape->kind == PROBE_UDP && lengths[l] < 20 &&
					        (shape->family == 4 ? blind && (at == 4 || at == 5)
					                            : lengths[l] == 8 && at >= 46);
					if (!alone)
						assert_true(lab.reply.token == tokens[i]);
				}
			exlab_close(&lab);
		}
	}
}

/* Where cookie and serial are quoted, no bit of them may be wrong. */
static void a_quoted_cookie_must_be_right(void **state)
{
	(void)state;
	static const struct {
		struct shape shape;
		size_t from, to;
	} rows[] = {
		{ { PROBE_ECHO, 4, 84, false, 8 }, 8, 20 },
		{ { PROBE_ECHO, 6, 104, false, 8 }, 8, 20 },
		{ { PROBE_ECHO, 4, 36, false, 8 }, 8, 16 },
		{ { PROBE_UDP, 4, 60, false, 8 }, 8, 20 },
		{ { PROBE_UDP, 6, 80, false, 8 }, 8, 20 },
		{ { PROBE_TIMESTAMP, 4, 40, false, 8 }, 8, 12 },
		{ { PROBE_NODE_INFO, 6, 72, false, 16 }, 8, 16 },
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		open_with(&rows[r].shape);
		size_t header = ip_of(rows[r].shape.family);
		for (size_t at = rows[r].from; at < rows[r].to; at++)
			for (int bit = 0; bit < 8; bit++) {
				struct datagram quote = sent[2];
				quote.bytes[header + at] ^= (uint8_t)(1 << bit);
				assert_false(
				        exceeded(rows[r].shape.family, quote.bytes, quote.length));
			}
		exlab_close(&lab);
	}
}

static void a_quote_of_a_fragment_behind_the_first_is_not_read(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	struct datagram quote = sent[1];
	quote.bytes[7] = 3; /* offset 24 */
	mend_ip4(quote.bytes);
	assert_false(exceeded(4, quote.bytes, quote.length));
	quote.bytes[7] = 0;
	quote.bytes[6] |= 0x20; /* more follow: the first has the header */
	mend_ip4(quote.bytes);
	assert_true(exceeded(4, quote.bytes, quote.length));
	assert_int_equal(lab.reply.quoted.mf, 1);
	exlab_close(&lab);
}

static void quotes_that_are_no_datagram(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	assert_false(exceeded(4, sent[1].bytes, 0));
	assert_false(exceeded(4, sent[1].bytes, 19));
	assert_false(exceeded(6, sent[1].bytes, 84));
	struct datagram quote = sent[1];
	quote.bytes[9] = 47;
	assert_false(exceeded(4, quote.bytes, quote.length));
	quote.bytes[9] = 58; /* ICMP for IPv6 in IPv4 */
	assert_false(exceeded(4, quote.bytes, quote.length));
	quote = sent[1];
	quote.bytes[20] = 0; /* our reply, not our request */
	assert_false(exceeded(4, quote.bytes, quote.length));
	exlab_close(&lab);
	open_with(&shapes[4]);
	assert_false(exceeded(6, sent[1].bytes, 39));
	quote = sent[1];
	quote.bytes[6] = 1;
	assert_false(exceeded(6, quote.bytes, quote.length));
	exlab_close(&lab);
}

/* --- what the error says -------------------------------------------------------------------- */

static void errors_have_their_kinds(void **state)
{
	(void)state;
	static const struct {
		uint8_t family, type, code, kind;
	} rows[] = {
		{ 4, 3, 0, REPLY_UNREACHABLE },    { 4, 3, 1, REPLY_UNREACHABLE },
		{ 4, 3, 3, REPLY_UNREACHABLE },    { 4, 3, 4, REPLY_TOO_BIG },
		{ 4, 3, 13, REPLY_UNREACHABLE },   { 4, 4, 0, REPLY_QUENCH },
		{ 4, 5, 1, REPLY_REDIRECT },       { 4, 11, 0, REPLY_TIME_EXCEEDED },
		{ 4, 11, 1, REPLY_TIME_EXCEEDED }, { 4, 12, 0, REPLY_PARAMETER },
		{ 6, 1, 0, REPLY_UNREACHABLE },    { 6, 1, 4, REPLY_UNREACHABLE },
		{ 6, 2, 0, REPLY_TOO_BIG },        { 6, 3, 0, REPLY_TIME_EXCEEDED },
		{ 6, 4, 1, REPLY_PARAMETER },      { 6, 100, 0, REPLY_OTHER },
		{ 6, 5, 0, REPLY_OTHER },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		open_plain();
		uint8_t family = rows[i].family;
		struct probe probe =
		        exlab_probe(PROBE_ECHO, family, 7, (uint32_t)ip_of(family) + 64);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		exlab_error(&lab, rows[i].type, rows[i].code, 0, lab.sent.length);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.kind, rows[i].kind);
		assert_int_equal(lab.reply.icmp_type, rows[i].type);
		assert_int_equal(lab.reply.icmp_code, rows[i].code);
		struct addr router = exlab_router(family);
		assert_true(addr_equal(&lab.reply.from, &router));
		/* A notice leaves the answer to come; all others are the answer. */
		bool notice = rows[i].kind == REPLY_QUENCH || rows[i].kind == REPLY_REDIRECT;
		exlab_answer(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, notice ? 0 : REPLY_DUPLICATE);
		exlab_close(&lab);
	}
}

static void values_of_errors_are_passed_on(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	exlab_error(&lab, 3, 4, 1400, 28);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.mtu, 1400);
	exlab_error(&lab, 12, 0, 20u << 24, 28);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.pointer, 20);
	exlab_error(&lab, 5, 1, 0xc6336463, 28);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.gateway.family, 4);
	assert_int_equal(addr_to_v4(&lab.reply.gateway), 0xc6336463);
	assert_int_equal(lab.reply.bytes, 8 + 28);
	assert_int_equal(lab.reply.ttl, 57);
	assert_int_equal(lab.reply.payload.length, 28);
	assert_ptr_equal(lab.reply.payload.data, lab.in.bytes + 28);
	exlab_close(&lab);
	open_with(&shapes[4]);
	exlab_error(&lab, 2, 0, 1280, 100);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.mtu, 1280);
	exlab_error(&lab, 4, 0, 6, 100);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.pointer, 6);
	exlab_close(&lab);
}

static void the_quoted_ipv4_header_is_told(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_UDP, 4, 0x1abcd, 60);
	probe.tos = 0x28;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	lab.sent.bytes[8] = 1; /* TTL */
	mend_ip4(lab.sent.bytes);
	exlab_error(&lab, 11, 0, 0, 60);
	assert_true(exlab_receive(&lab));
	const struct quoted *q = &lab.reply.quoted;
	assert_int_equal(q->ttl, 1);
	assert_int_equal(q->tos, 0x28);
	assert_int_equal(q->length, 60);
	assert_int_equal(q->id, 0xabcd);
	assert_int_equal(q->checksum, 0xabcd);
	assert_int_equal(q->df, 1);
	assert_int_equal(q->mf, 0);
	assert_true(addr_equal(&q->src, &lab.src4) && addr_equal(&q->dst, &probe.dst));
	assert_int_equal(q->sport, 40000);
	assert_int_equal(q->dport, 33434);
	assert_false(q->rewritten);
	exlab_close(&lab);
}

static void the_quoted_ipv6_header_is_told(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_TCP, 6, 0x1abcd, 70);
	probe.tos = 0x28;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	lab.sent.bytes[7] = 1;
	exlab_error(&lab, 3, 0, 0, 70);
	assert_true(exlab_receive(&lab));
	const struct quoted *q = &lab.reply.quoted;
	assert_int_equal(q->ttl, 1);
	assert_int_equal(q->tos, 0x28);
	assert_int_equal(q->length, 70);
	assert_int_equal(q->id, -1);
	assert_int_equal(q->df, -1);
	assert_int_equal(q->mf, 0);
	assert_int_equal(q->mss, 1440);
	assert_int_equal(q->checksum, exlab_u16(exlab_upper(&lab) + 16));
	assert_true(addr_equal(&q->src, &lab.src6) && addr_equal(&q->dst, &probe.dst));
	/* Eight bytes of TCP have neither checksum nor options. */
	exlab_error(&lab, 3, 0, 0, 48);
	assert_true(exlab_receive(&lab));
	assert_int_equal(q->checksum, -1);
	assert_int_equal(q->mss, 0);
	exlab_error(&lab, 3, 0, 0, 57);
	assert_true(exlab_receive(&lab));
	assert_int_equal(q->checksum, -1);
	exlab_error(&lab, 3, 0, 0, 58);
	assert_true(exlab_receive(&lab));
	assert_true(q->checksum >= 0);
	exlab_close(&lab);
}

static void extensions_are_split_off(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	/* A quote padded to 128 bytes, its length in 32-bit words, and one MPLS object. */
	uint8_t body[128 + 12] = { 0 };
	static const uint8_t extension[12] = { 0x20, 0, 0, 0, 0, 8, 1, 1, 0x01, 0x2f, 0x51, 0xff };
	memcpy(body, sent[1].bytes, 84);
	memcpy(body + 128, extension, 12);
	exlab_put16(body + 130, exlab_sum(body + 128, 12, 0));
	exlab_error_about(&lab, 4, 11, 0, 32u << 16, body, sizeof body);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.token == tokens[1]);
	assert_int_equal(lab.reply.payload.length, 128);
	assert_int_equal(lab.reply.extensions.length, 12);
	assert_ptr_equal(lab.reply.extensions.data, lab.in.bytes + 28 + 128);
	exlab_close(&lab);
}

/* Padding is not data of the probe, whatever its value. */
static void padding_behind_a_short_probe_is_not_read(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 7, 28 + 6);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	uint8_t body[128];
	memset(body, 0xa5, sizeof body);
	memcpy(body, lab.sent.bytes, 34);
	assert_true(exceeded(4, body, sizeof body));
	assert_true(lab.reply.token == 7);
	/* The same where the length field is nonsense: then all there is must agree. */
	exlab_put16(body + 2, 3);
	mend_ip4(body);
	assert_true(exceeded(4, body, 34));
	exlab_close(&lab);
}

/* Routers that quote a few bytes and pad them, as before an extension, have quoted so few. */
static void zeros_behind_a_short_quote_are_padding(void **state)
{
	(void)state;
	for (size_t s = 0; s < SHAPES; s++) {
		const struct shape *shape = &shapes[s];
		size_t header = ip_of(shape->family);
		for (size_t upper = shape->least; upper <= shape->size - header; upper++) {
			uint8_t padded[128] = { 0 };
			open_with(shape);
			memcpy(padded, sent[1].bytes, header + upper);
			assert_true(exceeded(shape->family, padded, sizeof padded));
			assert_true(lab.reply.token == tokens[1]);
			assert_int_equal(lab.reply.flags, 0);
			assert_false(lab.reply.quoted.rewritten);
			exlab_close(&lab);
		}
	}
}

static void options_and_extension_headers_in_front(void **state)
{
	(void)state;
	/* Outer options: the error itself carries some. */
	open_with(&shapes[0]);
	exlab_error(&lab, 11, 0, 0, 28);
	struct datagram plain = lab.in;
	static const uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	memcpy(lab.in.bytes + 20, nops, 8);
	memcpy(lab.in.bytes + 28, plain.bytes + 20, plain.length - 20);
	lab.in.length = plain.length + 8;
	lab.in.bytes[0] = 0x47;
	exlab_put16(lab.in.bytes + 2, (uint16_t)lab.in.length);
	mend_ip4(lab.in.bytes);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.options.length, 8);
	/* Quoted options, put in on the way. */
	uint8_t quote[100];
	memcpy(quote, sent[2].bytes, 20);
	memcpy(quote + 20, nops, 8);
	memcpy(quote + 28, sent[2].bytes + 20, 64);
	quote[0] = 0x47;
	exlab_put16(quote + 2, 92);
	mend_ip4(quote);
	assert_true(exceeded(4, quote, 36));
	assert_true(lab.reply.token == tokens[2]);
	assert_true(exceeded(4, quote, 92));
	/* Their header cut off. */
	assert_false(exceeded(4, quote, 27));
	quote[0] = 0x44;
	assert_false(exceeded(4, quote, 92));
	exlab_close(&lab);

	/* Hop-by-hop, destination and fragment headers before what we sent. */
	open_with(&shapes[4]);
	uint8_t six[200];
	static const uint8_t chain[24] = { 60, 0, 1, 4, 0,  0, 0, 0, 44, 0, 1, 4,
		                           0,  0, 0, 0, 58, 0, 0, 1, 0,  0, 0, 9 };
	memcpy(six, sent[2].bytes, 40);
	memcpy(six + 40, chain, 24);
	memcpy(six + 64, sent[2].bytes + 40, 64);
	six[6] = 0;
	exlab_put16(six + 4, 88);
	assert_true(exceeded(6, six, 128));
	assert_true(lab.reply.token == tokens[2]);
	assert_int_equal(lab.reply.quoted.mf, 1);
	assert_true(exceeded(6, six, 72));
	six[40 + 18] = 1; /* offset 256 */
	assert_false(exceeded(6, six, 128));
	six[40 + 18] = 0;
	assert_false(exceeded(6, six, 50)); /* cut within the chain */
	exlab_close(&lab);
}

static void damaged_errors_are_corrupt(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	exlab_error(&lab, 11, 0, 0, 60);
	lab.in.bytes[23] ^= 4;
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
	/* It did not settle the probe. */
	lab.in.bytes[23] ^= 4;
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, 0);
	exlab_close(&lab);
}

static void an_old_quote_is_forgotten(void **state)
{
	(void)state;
	for (size_t s = 0; s < SHAPES; s++) {
		open_plain();
		struct probe probe =
		        exlab_probe(shapes[s].kind, shapes[s].family, 7, shapes[s].size);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		lab.now += 10 * NSEC_S + 1;
		assert_false(exceeded(shapes[s].family, lab.sent.bytes, lab.sent.length));
		exlab_close(&lab);
	}
}

/* --- redirects for IPv6 -------------------------------------------------------------------- */

static void ipv6_redirects_quote_in_an_option(void **state)
{
	(void)state;
	open_with(&shapes[4]);
	uint8_t body[300] = { 0 };
	struct addr target = exlab_other(6), dst = exlab_target(6);
	memcpy(body, target.bytes, 16);
	memcpy(body + 16, dst.bytes, 16);
	/* A link-layer address, then the quote. */
	static const uint8_t link[8] = { 2, 1, 2, 0, 0, 0, 0, 1 };
	memcpy(body + 32, link, 8);
	body[40] = 4;
	body[41] = 14; /* 8 + 104 bytes */
	memcpy(body + 48, sent[1].bytes, 104);
	exlab_error_about(&lab, 6, 137, 0, 0, body, 48 + 104);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.kind, REPLY_REDIRECT);
	assert_true(lab.reply.token == tokens[1]);
	assert_int_equal(lab.reply.payload.length, 104);
	assert_true(addr_equal(&lab.reply.gateway, &target));
	/* No such option, a length of zero, and one beyond the end. */
	body[40] = 5;
	exlab_error_about(&lab, 6, 137, 0, 0, body, 48 + 104);
	assert_false(exlab_receive(&lab));
	body[40] = 4;
	body[33] = 0;
	exlab_error_about(&lab, 6, 137, 0, 0, body, 48 + 104);
	assert_false(exlab_receive(&lab));
	body[33] = 1;
	body[41] = 15;
	exlab_error_about(&lab, 6, 137, 0, 0, body, 48 + 104);
	assert_false(exlab_receive(&lab));
	exlab_error_about(&lab, 6, 137, 0, 0, body, 32);
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
}

/* --- rewriting -------------------------------------------------------------------- */

/* A NAT that did not put everything back: source and checksum differ, the identification is ours.
 */
static void what_a_nat_left_is_recognised_and_flagged(void **state)
{
	(void)state;
	static const struct shape rows[] = {
		{ PROBE_ECHO, 4, 84, false, 8 }, { PROBE_UDP, 4, 60, false, 8 },
		{ PROBE_UDP, 4, 60, true, 8 },   { PROBE_UDP, 4, 30, false, 8 },
		{ PROBE_TCP, 4, 60, false, 8 },  { PROBE_TIMESTAMP, 4, 40, false, 8 },
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (int whole = 0; whole < 2; whole++) {
			open_with(&rows[r]);
			size_t field = rows[r].kind == PROBE_UDP   ? 26
			               : rows[r].kind == PROBE_TCP ? 36
			                                           : 22;
			struct datagram quote = sent[2];
			size_t length = whole ? quote.length : 28;
			quote.bytes[12] ^= 0x3f;
			mend_ip4(quote.bytes);
			assert_true(exceeded(4, quote.bytes, length));
			assert_true(lab.reply.token == tokens[2]);
			assert_true(lab.reply.quoted.rewritten);
			/* The source is right again, the checksum is not. */
			quote = sent[2];
			exlab_put16(quote.bytes + field,
			            (uint16_t)(exlab_u16(quote.bytes + field) + 7777));
			assert_true(exceeded(4, quote.bytes, length));
			assert_true(lab.reply.token == tokens[2]);
			bool seen = whole || rows[r].kind != PROBE_TCP;
			assert_int_equal(lab.reply.quoted.rewritten, seen);
			exlab_close(&lab);
		}
}

static void our_address_where_unknown_proves_no_nat(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	struct datagram quote = sent[2];
	quote.bytes[12] ^= 0x3f;
	mend_ip4(quote.bytes);
	exlab_error_about(&lab, 4, 11, 0, 0, quote.bytes, 28);
	struct packet packet;
	assert_true(packet_parse((struct span){ lab.in.bytes, lab.in.length }, lab.now, &packet));
	packet.dst.family = 0;
	assert_true(exchange_match(&lab.x, &packet, &lab.reply));
	assert_false(lab.reply.quoted.rewritten);
	exlab_close(&lab);
}

/* Neither identification nor checksum nor cookie: a sequence alone is no proof. */
static void a_checksum_and_an_identification_that_are_both_wrong(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	struct datagram quote = sent[2];
	quote.bytes[4] ^= 0x55;
	quote.bytes[22] ^= 0x55;
	mend_ip4(quote.bytes);
	assert_false(exceeded(4, quote.bytes, 28));
	assert_false(exceeded(4, quote.bytes, 28 + 7));
	/* With the cookie it is proved, and flagged. */
	assert_true(exceeded(4, quote.bytes, 28 + 8));
	assert_true(lab.reply.token == tokens[2]);
	assert_true(lab.reply.quoted.rewritten);
	exlab_close(&lab);
}

/* A source that was not known when the checksum was made: a checksum that differs says nothing. */
static void an_unknown_source_makes_no_nat(void **state)
{
	(void)state;
	open_plain();
	struct addr here = lab.src6;
	lab.src6 = (struct addr){ 0 };
	struct probe probe = exlab_probe(PROBE_ECHO, 6, 7, 60);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	lab.src6 = here;
	/* As the kernel sends it. */
	memcpy(lab.sent.bytes + 8, here.bytes, 16);
	exlab_put16(exlab_upper(&lab) + 2, 0);
	exlab_put16(exlab_upper(&lab) + 2, exlab_upper_sum(&lab.sent, 40, 58));
	assert_true(exceeded(6, lab.sent.bytes, 48));
	assert_true(lab.reply.token == 7);
	assert_false(lab.reply.quoted.rewritten);
	exlab_close(&lab);
}

static void a_destination_nobody_probed(void **state)
{
	(void)state;
	static const struct shape rows[] = {
		{ PROBE_ECHO, 4, 84, false, 8 }, { PROBE_ECHO, 4, 28, false, 8 },
		{ PROBE_UDP, 4, 60, false, 8 },  { PROBE_UDP, 4, 60, true, 8 },
		{ PROBE_TCP, 4, 60, false, 8 },  { PROBE_TIMESTAMP, 4, 40, false, 8 },
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		open_with(&rows[r]);
		struct datagram quote = sent[2];
		memcpy(quote.bytes + 16, "\xcb\0\x71\x63", 4);
		mend_ip4(quote.bytes);
		for (size_t length = 28; length <= quote.length; length++) {
			assert_true(exceeded(4, quote.bytes, length));
			assert_true(lab.reply.token == tokens[2]);
			assert_true(lab.reply.quoted.rewritten);
		}
		/* The identification is the proof; without it, only a cookie is. */
		quote.bytes[4] ^= 0x55;
		mend_ip4(quote.bytes);
		bool cookie = rows[r].size >= 44 && rows[r].kind != PROBE_TCP &&
		              rows[r].kind != PROBE_TIMESTAMP;
		assert_false(exceeded(4, quote.bytes, 28));
		assert_int_equal(exceeded(4, quote.bytes, quote.length), cookie);
		exlab_close(&lab);
	}
	/* In IPv6 there is the cookie alone. */
	open_with(&shapes[4]);
	struct datagram quote = sent[2];
	quote.bytes[39] ^= 1;
	assert_false(exceeded(6, quote.bytes, 48));
	assert_false(exceeded(6, quote.bytes, 59));
	assert_true(exceeded(6, quote.bytes, 60));
	assert_true(lab.reply.quoted.rewritten);
	exlab_close(&lab);
}

/* One sequence number to many targets: without its destination, whose quote is it? */
static void a_destination_nobody_probed_must_leave_one_probe(void **state)
{
	(void)state;
	open_plain();
	for (uint64_t i = 0; i < 2; i++) {
		struct probe probe = exlab_probe(PROBE_ECHO, 4, i << 16 | 7, 84);
		probe.dst.bytes[3] = (uint8_t)(10 + i);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		struct datagram quote = lab.sent;
		quote.bytes[19] = 99;
		mend_ip4(quote.bytes);
		assert_int_equal(exceeded(4, quote.bytes, 28), i == 0);
		/* With the cookie it is told. */
		assert_true(exceeded(4, quote.bytes, 84));
		assert_true(lab.reply.token == (i << 16 | 7));
	}
	exlab_close(&lab);
}

static void strangers_probes_are_not_searched_for(void **state)
{
	(void)state;
	open_with(&shapes[0]);
	struct datagram quote = sent[2];
	exlab_put16(quote.bytes + 24, 0x1201); /* the id of a flow that was never used */
	assert_false(exceeded(4, quote.bytes, 28));
	exlab_close(&lab);
}

/* The cookie proves a probe whose id or ports somebody rewrote. */
static void rewritten_ids_and_ports_are_flagged(void **state)
{
	(void)state;
	static const struct {
		struct shape shape;
		size_t at;
	} rows[] = {
		{ { PROBE_ECHO, 4, 84, false, 8 }, 24 },
		{ { PROBE_UDP, 4, 60, false, 8 }, 20 },
		{ { PROBE_UDP, 4, 60, false, 8 }, 22 },
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		open_with(&rows[r].shape);
		struct datagram quote = sent[2];
		quote.bytes[rows[r].at] ^= 0x77;
		assert_false(exceeded(4, quote.bytes, 28));
		assert_true(exceeded(4, quote.bytes, quote.length));
		assert_true(lab.reply.token == tokens[2]);
		assert_true(lab.reply.quoted.rewritten);
		exlab_close(&lab);
	}
}

/* The originate time of a timestamp request is a proof as a cookie is. */
static void a_timestamp_is_proved_by_its_time(void **state)
{
	(void)state;
	const struct shape shape = { PROBE_TIMESTAMP, 4, 60, false, 8 };
	open_with(&shape);
	struct datagram quote = sent[2];
	quote.bytes[4] ^= 0x55;
	quote.bytes[22] ^= 0x55;
	assert_false(exceeded(4, quote.bytes, 28));
	assert_false(exceeded(4, quote.bytes, 31));
	assert_true(exceeded(4, quote.bytes, 32));
	assert_true(lab.reply.token == tokens[2]);
	quote.bytes[31] ^= 1;
	assert_false(exceeded(4, quote.bytes, 32));
	exlab_close(&lab);
}

/* Firewalls renumber TCP: the identification still tells the probe. */
static void a_renumbered_syn_is_flagged(void **state)
{
	(void)state;
	const struct shape shape = { PROBE_TCP, 4, 60, false, 8 };
	open_with(&shape);
	struct datagram quote = sent[2];
	quote.bytes[24] ^= 0x77;
	quote.bytes[27] ^= 0x77;
	assert_true(exceeded(4, quote.bytes, 28));
	assert_true(lab.reply.token == tokens[2]);
	assert_true(lab.reply.quoted.rewritten);
	exlab_close(&lab);
}

/* --- errors of sockets -------------------------------------------------------------------- */

static struct exchange_error socket_error(uint8_t family, uint8_t protocol, uint16_t id)
{
	return (struct exchange_error){ .from = exlab_router(family),
		                        .dst = exlab_target(family),
		                        .time = lab.now + 5,
		                        .icmp_type = family == 4 ? 11 : 3,
		                        .protocol = protocol,
		                        .id = id,
		                        .ttl = 60,
		                        .tos = 8,
		                        .mtu = 1400 };
}

static void ping_sockets_quote_the_icmp_header(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct shape shape = { PROBE_ECHO, family, (uint32_t)ip_of(family) + 64,
			                     false, 8 };
		open_with(&shape);
		struct exchange_error error = socket_error(family, family == 4 ? 1 : 58, 0x1200);
		static const uint8_t extension[4] = { 0x20, 0, 0xdf, 0xff };
		error.extensions = (struct span){ extension, 4 };
		for (size_t length = 8; length <= 64; length++) {
			error.upper = (struct span){ sent[1].bytes + ip_of(family), length };
			assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
			assert_true(lab.reply.token == tokens[1]);
			assert_int_equal(lab.reply.flags, length > 8 ? REPLY_DUPLICATE : 0);
		}
		assert_int_equal(lab.reply.kind, REPLY_TIME_EXCEEDED);
		assert_true(lab.reply.time == error.time);
		assert_true(lab.reply.sent == 1000 * NSEC_S + 2000);
		assert_true(addr_equal(&lab.reply.from, &error.from));
		assert_int_equal(lab.reply.ttl, 60);
		assert_int_equal(lab.reply.tos, 8);
		assert_int_equal(lab.reply.mtu, 1400);
		assert_int_equal(lab.reply.wrong_at, -1);
		assert_int_equal(lab.reply.payload.length, 64);
		assert_ptr_equal(lab.reply.extensions.data, extension);
		assert_int_equal(lab.reply.quoted.ttl, -1);
		assert_int_equal(lab.reply.quoted.dst.family, 0);
		assert_false(lab.reply.quoted.rewritten);
		/* Cut, of another protocol, to another destination. */
		error.upper.length = 7;
		assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
		error.upper.length = 64;
		error.protocol = family == 4 ? 58 : 1;
		assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
		error.protocol = family == 4 ? 1 : 58;
		error.dst = exlab_other(family);
		error.upper.length = 8;
		assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
		/* Nothing quoted at all: the socket's own probe. */
		error.dst = exlab_target(family);
		error.upper = (struct span){ 0 };
		error.user_time = true;
		assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
		assert_true(lab.reply.token == tokens[TOKENS - 1]);
		assert_int_equal(lab.reply.flags, REPLY_USER_TIME);
		exlab_close(&lab);
	}
}

static void udp_sockets_quote_the_data(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct shape shape = { PROBE_UDP, family, (uint32_t)ip_of(family) + 48, false,
			                     8 };
		open_with(&shape);
		struct exchange_error error = socket_error(family, 17, 40000);
		error.upper_is_data = true;
		error.upper = (struct span){ sent[1].bytes + ip_of(family) + 8, 40 };
		assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
		assert_true(lab.reply.token == tokens[1]);
		assert_int_equal(lab.reply.flags, 0);
		/* Without data: the youngest of the socket that has no answer yet. */
		error.upper = (struct span){ 0 };
		for (size_t i = TOKENS; i-- > 0;) {
			if (i == 1)
				continue;
			assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
			assert_true(lab.reply.token == tokens[i]);
			assert_int_equal(lab.reply.flags, 0);
		}
		assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
		assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
		error.id = 40001;
		assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
		/* The data of a probe of another socket proves nothing here. */
		error.upper = (struct span){ sent[1].bytes + ip_of(family) + 8, 40 };
		assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
		exlab_close(&lab);
	}
}

static void tcp_sockets_quote_nothing(void **state)
{
	(void)state;
	const struct shape shape = { PROBE_TCP, 4, 60, false, 8 };
	open_with(&shape);
	struct exchange_error error = socket_error(4, 6, 40000);
	error.icmp_type = 3;
	error.icmp_code = 1;
	assert_true(exchange_match_error(&lab.x, &error, &lab.reply));
	assert_int_equal(lab.reply.kind, REPLY_UNREACHABLE);
	assert_true(lab.reply.token == tokens[TOKENS - 1]);
	error.dst = exlab_other(4);
	assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
	error.dst = exlab_target(4);
	error.time += 20 * NSEC_S;
	assert_false(exchange_match_error(&lab.x, &error, &lab.reply));
	exlab_close(&lab);
}

/* --- noise -------------------------------------------------------------------- */

/* Random bytes in place of what is behind the quoted IP header, which is right. */
static void noise_in_a_right_header_is_not_believed(void **state)
{
	(void)state;
	struct random r;
	random_init(&r, sample_seed(91));
	for (size_t s = 0; s < SHAPES; s++) {
		const struct shape *shape = &shapes[s];
		size_t header = ip_of(shape->family);
		open_with(shape);
		for (int i = 0; i < 20000; i++) {
			struct datagram quote;
			quote.length = sent[2].length;
			memcpy(quote.bytes, sent[2].bytes, quote.length);
			for (size_t at = header; at < quote.length; at++)
				quote.bytes[at] = (uint8_t)random_next(&r);
			assert_false(exceeded(shape->family, quote.bytes, quote.length));
		}
		exlab_close(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_of_every_length_are_recognised),
		cmocka_unit_test(number_zero_is_a_number),
		cmocka_unit_test(a_damaged_quote_never_names_another_probe),
		cmocka_unit_test(a_quoted_cookie_must_be_right),
		cmocka_unit_test(a_quote_of_a_fragment_behind_the_first_is_not_read),
		cmocka_unit_test(quotes_that_are_no_datagram),
		cmocka_unit_test(errors_have_their_kinds),
		cmocka_unit_test(values_of_errors_are_passed_on),
		cmocka_unit_test(the_quoted_ipv4_header_is_told),
		cmocka_unit_test(the_quoted_ipv6_header_is_told),
		cmocka_unit_test(extensions_are_split_off),
		cmocka_unit_test(padding_behind_a_short_probe_is_not_read),
		cmocka_unit_test(zeros_behind_a_short_quote_are_padding),
		cmocka_unit_test(options_and_extension_headers_in_front),
		cmocka_unit_test(damaged_errors_are_corrupt),
		cmocka_unit_test(an_old_quote_is_forgotten),
		cmocka_unit_test(ipv6_redirects_quote_in_an_option),
		cmocka_unit_test(what_a_nat_left_is_recognised_and_flagged),
		cmocka_unit_test(our_address_where_unknown_proves_no_nat),
		cmocka_unit_test(a_checksum_and_an_identification_that_are_both_wrong),
		cmocka_unit_test(an_unknown_source_makes_no_nat),
		cmocka_unit_test(a_destination_nobody_probed),
		cmocka_unit_test(a_destination_nobody_probed_must_leave_one_probe),
		cmocka_unit_test(strangers_probes_are_not_searched_for),
		cmocka_unit_test(rewritten_ids_and_ports_are_flagged),
		cmocka_unit_test(a_timestamp_is_proved_by_its_time),
		cmocka_unit_test(a_renumbered_syn_is_flagged),
		cmocka_unit_test(ping_sockets_quote_the_icmp_header),
		cmocka_unit_test(udp_sockets_quote_the_data),
		cmocka_unit_test(tcp_sockets_quote_nothing),
		cmocka_unit_test(noise_in_a_right_header_is_not_believed),
	};
	return cmocka_run_group_tests_name("quote", tests, NULL, NULL) != 0;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/random.h"
#include "tests/unit/exlab.h"
#include "tests/unit/sample.h"

static struct exlab lab;

static void open_plain(void)
{
	struct exchange_config config = exlab_config();
	exlab_open(&lab, &config);
}

static uint32_t ip_of(uint8_t family)
{
	return family == 4 ? 20 : 40;
}

/* Sends an echo with so many bytes of data. */
static void send_echo(uint8_t family, uint64_t token, uint32_t data)
{
	struct probe probe = exlab_probe(PROBE_ECHO, family, token, ip_of(family) + 8 + data);
	assert_int_equal(exlab_send(&lab, &probe), 0);
}

/* Cuts what arrives to so many bytes behind its IP header; checksums right again. */
static void cut_to(size_t upper)
{
	struct addr target = exlab_target(lab.in.bytes[0] >> 4);
	uint8_t copy[2000];
	size_t header = ip_of(target.family);
	assert_true(upper <= sizeof copy && upper <= lab.in.length - header);
	memcpy(copy, lab.in.bytes + header, upper);
	exlab_wrap(&lab, &target, target.family == 4 ? 1 : 58, copy, upper);
	exlab_mend(&lab);
}

/* As if it came from elsewhere. */
static void from(struct addr src)
{
	uint8_t copy[2000];
	size_t header = ip_of(src.family), length = lab.in.length - header;
	uint8_t protocol = lab.in.bytes[src.family == 4 ? 9 : 6];
	memcpy(copy, lab.in.bytes + header, length);
	exlab_wrap(&lab, &src, protocol, copy, length);
	exlab_mend(&lab);
}

static uint8_t *in_upper(void)
{
	return lab.in.bytes + ip_of(lab.in.bytes[0] >> 4);
}

/* --- a good echo --------------------------------------------------------------------------- */

static void a_reply_says_all_that_is_known(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		send_echo(family, 0x123450007, 56);
		exlab_answer(&lab);
		lab.now += 1234567;
		struct addr target = exlab_target(family), here = exlab_here(&lab, family);
		assert_true(exlab_receive(&lab));
		const struct reply *r = &lab.reply;
		assert_true(r->token == 0x123450007);
		assert_true(r->sent == 1000 * NSEC_S);
		assert_true(r->time - r->sent == 1234567);
		assert_true(addr_equal(&r->from, &target));
		assert_true(addr_equal(&r->to, &here));
		assert_int_equal(r->flags, 0);
		assert_int_equal(r->kind, REPLY_ECHO);
		assert_int_equal(r->icmp_type, family == 4 ? 0 : 129);
		assert_int_equal(r->icmp_code, 0);
		assert_int_equal(r->ttl, 57);
		assert_int_equal(r->tos, 0x20);
		assert_int_equal(r->bytes, 64);
		assert_int_equal(r->wrong_at, -1);
		assert_ptr_equal(r->payload.data, in_upper() + 8);
		assert_int_equal(r->payload.length, 56);
		assert_int_equal(r->quoted.src.family, 0);
		assert_int_equal(r->quoted.ttl, -1);
		assert_int_equal(r->quoted.tos, -1);
		assert_int_equal(r->quoted.length, -1);
		assert_int_equal(r->quoted.id, -1);
		assert_int_equal(r->quoted.checksum, -1);
		assert_int_equal(r->quoted.df, -1);
		assert_int_equal(r->quoted.mf, -1);
		assert_int_equal(r->quoted.dst.family, 0);
		assert_int_equal(r->extensions.length, 0);
		exlab_close(&lab);
	}
}

static void every_size_is_recognised(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	for (int constant = 0; constant < 2; constant++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			config.constant_checksum = constant;
			exlab_open(&lab, &config);
			for (uint32_t n = 0; n <= 300; n++) {
				send_echo(family, n, n);
				exlab_answer(&lab);
				assert_true(exlab_receive(&lab));
				assert_true(lab.reply.token == n);
				assert_int_equal(lab.reply.flags, 0);
			}
			send_echo(family, 1, 60000);
			exlab_answer(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, 0);
			exlab_close(&lab);
		}
}

static void patterns_of_the_user_are_checked_too(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	memcpy(config.pattern, "\xde\xad\xbe\xef\x55", 5);
	config.pattern_length = 5;
	exlab_open(&lab, &config);
	for (uint32_t n = 17; n < 600; n += 11) {
		send_echo(4, n, n);
		exlab_answer(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		in_upper()[8 + n - 1] ^= 0x40;
		exlab_mend(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.wrong_at, n - 1);
		assert_int_equal(lab.reply.wrong_want, "\xde\xad\xbe\xef\x55"[(n - 1) % 5] & 0xff);
	}
	exlab_close(&lab);
}

static void the_second_answer_is_a_duplicate(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 56; n += 14) {
		open_plain();
		send_echo(4, 7, n);
		exlab_answer(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		for (int i = 0; i < 3; i++) {
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
			assert_true(lab.reply.token == 7);
		}
		exlab_close(&lab);
	}
}

static void the_time_of_sending_is_the_last_that_was_stamped(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	uint64_t token = 0;
	assert_true(exchange_stamped(&lab.x, lab.serial, lab.now + 5000, &token));
	assert_true(token == 7);
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.sent == 1000 * NSEC_S + 5000);
	assert_false(exchange_stamped(&lab.x, lab.serial + 1, 1, &token));
	assert_true(token == 7);
	exlab_close(&lab);
}

static void of_a_burst_the_time_of_sending_is_rough(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	exchange_sent_after(&lab.x, lab.serial, lab.now + 5000);
	exchange_sent_after(&lab.x, lab.serial + 1, 1);
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_ROUGH);
	assert_true(lab.reply.sent == 1000 * NSEC_S + 5000);

	uint64_t token;
	assert_true(exchange_stamped(&lab.x, lab.serial, lab.now + 6000, &token));
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
	exlab_close(&lab);
}

static void what_was_refused_is_no_probe(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	exchange_refused(&lab.x, lab.serial);
	uint64_t token;
	assert_false(exchange_stamped(&lab.x, lab.serial, 1, &token));
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
	assert_true(lab.reply.token == 0);
	exlab_close(&lab);
}

static void what_the_transport_knows_is_passed_on(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	exlab_answer(&lab);
	static const uint8_t options[4] = { 1, 1, 1, 0 };
	struct packet packet;
	assert_true(packet_parse((struct span){ lab.in.bytes, lab.in.length }, lab.now, &packet));
	packet.user_time = true;
	packet.fragment_size = 1480;
	packet.ttl = -1;
	packet.tos = -1;
	packet.dst.family = 0;
	packet.options = (struct span){ options, 4 };
	assert_true(exchange_match(&lab.x, &packet, &lab.reply));
	assert_int_equal(lab.reply.flags, REPLY_USER_TIME);
	assert_int_equal(lab.reply.fragment_size, 1480);
	assert_int_equal(lab.reply.ttl, -1);
	assert_int_equal(lab.reply.tos, -1);
	assert_int_equal(lab.reply.to.family, 0);
	assert_ptr_equal(lab.reply.options.data, options);
	assert_int_equal(lab.reply.options.length, 4);
	exlab_close(&lab);
}

/* --- damage -------------------------------------------------------------------------------- */

/* Each byte of the data, one at a time; what follows undamaged is the answer and no duplicate. */
static void a_wrong_byte_is_found_where_it_is(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 1, 7, 8, 11, 15, 16, 17, 56, 300 };
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		open_plain();
		for (uint32_t at = 0; at < sizes[s]; at++) {
			send_echo(4, 100 + at, sizes[s]);
			exlab_answer(&lab);
			uint8_t *byte = in_upper() + 8 + at;
			uint8_t good = *byte;
			*byte = (uint8_t)~good;
			exlab_mend(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
			assert_true(lab.reply.token == 100 + at);
			assert_int_equal(lab.reply.wrong_at, at);
			assert_int_equal(lab.reply.wrong_want, good);
			assert_int_equal(lab.reply.wrong_got, (uint8_t)~good);
			*byte = good;
			exlab_mend(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, 0);
			*byte = (uint8_t)~good;
			exlab_mend(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_CORRUPT | REPLY_DUPLICATE);
		}
		exlab_close(&lab);
	}
}

static void a_wrong_checksum_alone_is_corrupt(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		send_echo(family, 7, 56);
		exlab_answer(&lab);
		in_upper()[3] ^= 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
		assert_int_equal(lab.reply.wrong_at, -1);
		assert_true(lab.reply.token == 7);
		/* It was not the answer. */
		in_upper()[3] ^= 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		exlab_close(&lab);
	}
}

static void a_checksum_is_judged_only_where_it_can_and_must_be(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		send_echo(family, 7, 56);
		exlab_answer(&lab);
		in_upper()[3] ^= 1;
		struct packet packet;
		struct span datagram = { lab.in.bytes, lab.in.length };
		assert_true(packet_parse(datagram, lab.now, &packet));
		/* Without our address ICMP for IPv4 still can. */
		packet.dst.family = 0;
		assert_true(exchange_match(&lab.x, &packet, &lab.reply));
		assert_int_equal(lab.reply.flags, family == 4 ? REPLY_CORRUPT : 0);
		assert_true(packet_parse(datagram, lab.now, &packet));
		packet.checksum_ok = true;
		assert_true(exchange_match(&lab.x, &packet, &lab.reply));
		assert_int_equal(lab.reply.flags & REPLY_CORRUPT, 0);
		exlab_close(&lab);
	}
}

static void damage_that_nobody_answers_for_is_dropped(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 4);
	exlab_answer(&lab);
	/* A sequence never sent, under a checksum that is wrong: no one knows whose it was. */
	in_upper()[7] ^= 0x10;
	assert_false(exlab_receive(&lab));
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
	exlab_close(&lab);
}

static void a_changed_header_over_a_good_cookie_is_corrupt(void **state)
{
	(void)state;
	for (int at = 4; at < 8; at++) {
		open_plain();
		send_echo(4, 7, 56);
		exlab_answer(&lab);
		in_upper()[at] ^= 0x81;
		exlab_mend(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
		assert_true(lab.reply.token == 7);
		assert_int_equal(lab.reply.wrong_at, -1);
		exlab_close(&lab);
	}
}

static void a_reply_longer_than_the_probe_is_corrupt(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	exlab_answer(&lab);
	uint8_t longer[70];
	memset(longer, 0, sizeof longer);
	memcpy(longer, in_upper(), 64);
	struct addr target = exlab_target(4);
	exlab_wrap(&lab, &target, 1, longer, 65);
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
	assert_int_equal(lab.reply.bytes, 65);
	exlab_close(&lab);
}

static void a_shorter_reply_is_truncated(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t have = 0; have < 56; have++) {
			open_plain();
			send_echo(family, 7, 56);
			exlab_answer(&lab);
			cut_to(8 + have);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_TRUNCATED);
			assert_true(lab.reply.token == 7);
			assert_int_equal(lab.reply.bytes, 8 + have);
			/* With the whole head it was the target that answered. */
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags,
			                 have < 16 ? REPLY_TRUNCATED
			                           : REPLY_TRUNCATED | REPLY_DUPLICATE);
			exlab_close(&lab);
		}
}

static void a_truncated_reply_can_be_corrupt_as_well(void **state)
{
	(void)state;
	for (size_t have = 1; have < 56; have += 6) {
		open_plain();
		send_echo(4, 7, 56);
		exlab_answer(&lab);
		cut_to(8 + have);
		in_upper()[8 + have - 1] ^= 1;
		exlab_mend(&lab);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_TRUNCATED | REPLY_CORRUPT);
		assert_int_equal(lab.reply.wrong_at, have - 1);
		exlab_close(&lab);
	}
}

static void less_than_a_header_is_nothing(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	for (size_t have = 0; have < 8; have++) {
		exlab_answer(&lab);
		struct addr target = exlab_target(4);
		uint8_t copy[8];
		memcpy(copy, in_upper(), 8);
		exlab_wrap(&lab, &target, 1, copy, have);
		assert_false(exlab_receive(&lab));
	}
	exlab_close(&lab);
}

/* --- sources ------------------------------------------------------------------------------- */

static void a_reply_from_elsewhere_needs_a_cookie(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (uint32_t n = 0; n <= 40; n++) {
			open_plain();
			send_echo(family, 7, n);
			exlab_answer(&lab);
			from(exlab_other(family));
			assert_true(exlab_receive(&lab));
			if (n < 8) {
				assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
				assert_true(lab.reply.token == 0);
			} else {
				assert_int_equal(lab.reply.flags, REPLY_WRONG_SOURCE);
				assert_true(lab.reply.token == 7);
			}
			/* The right one still may come, and is no duplicate. */
			from(exlab_target(family));
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, 0);
			exlab_close(&lab);
		}
}

static void anyone_may_answer_for_a_group(void **state)
{
	(void)state;
	static const char *const groups[] = { "224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1",
		                              "::" };
	for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
		for (uint32_t n = 0; n <= 24; n += 4) {
			open_plain();
			struct probe probe = exlab_probe(PROBE_ECHO, 4, 7, 0);
			assert_true(addr_parse(groups[g], &probe.dst));
			probe.size = ip_of(probe.dst.family) + 8 + n;
			assert_int_equal(exlab_send(&lab, &probe), 0);
			exlab_answer(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, 0);
			assert_true(lab.reply.token == 7);
			from(exlab_other(probe.dst.family));
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
			exlab_close(&lab);
		}
}

static void anyone_may_answer_for_a_network(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.broadcast = true;
	for (uint32_t n = 0; n <= 24; n += 4) {
		exlab_open(&lab, &config);
		send_echo(4, 7, n);
		exlab_answer(&lab);
		from(exlab_other(4));
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		assert_true(lab.reply.token == 7);
		exlab_close(&lab);
	}
	/* There are no broadcasts in IPv6. */
	exlab_open(&lab, &config);
	send_echo(6, 7, 24);
	exlab_answer(&lab);
	from(exlab_other(6));
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_WRONG_SOURCE);
	exlab_close(&lab);
}

/* Which probe of which kind: only an echo is answered by an echo. */
static void a_group_asked_for_the_time_sends_no_echo(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_TIMESTAMP, 4, 7, 40);
	assert_true(addr_parse("224.0.0.1", &probe.dst));
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	*in_upper() = 0;
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
	exlab_close(&lab);
}

/* Short of a serial: from elsewhere the whole cookie must be there and right. */
static void a_wrong_cookie_from_elsewhere_is_nobodys(void **state)
{
	(void)state;
	for (size_t n = 8; n < 16; n++)
		for (size_t at = 0; at < 8; at++) {
			open_plain();
			send_echo(4, 7, (uint32_t)n);
			exlab_answer(&lab);
			from(exlab_other(4));
			in_upper()[8 + at] ^= 1;
			exlab_mend(&lab);
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
			/* Cut to less than it. */
			exlab_answer(&lab);
			cut_to(8 + at);
			from(exlab_other(4));
			assert_true(exlab_receive(&lab));
			assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
			exlab_close(&lab);
		}
}

static void a_scope_that_only_one_side_knows_is_no_other_source(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_ECHO, 6, 7, 48);
	assert_true(addr_parse("fe80::7%3", &probe.dst));
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	struct addr bare;
	assert_true(addr_parse("fe80::7", &bare));
	from(bare);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, 0);
	exlab_close(&lab);
}

/* --- what is not ours ---------------------------------------------------------------------- */

static void forgers_know_no_cookie(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	struct datagram request = lab.sent;
	exlab_answer(&lab);
	/* Right id, sequence and source, and bytes of its own choice: damage, not an answer. */
	memset(in_upper() + 8, 0, 12);
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.flags & REPLY_CORRUPT);
	/* The cookie of one probe under the serial of another. */
	send_echo(4, 8, 56);
	memcpy(exlab_upper(&lab) + 8, request.bytes + 28, 8);
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.token == 8);
	assert_int_equal(lab.reply.flags, REPLY_CORRUPT);
	assert_int_equal(lab.reply.wrong_at, 0);
	exlab_close(&lab);
}

static void other_ids_are_other_peoples(void **state)
{
	(void)state;
	open_plain();
	/* Before anything was sent no id is ours. */
	send_echo(4, 7, 4);
	exlab_answer(&lab);
	static struct datagram early;
	early = lab.in;
	exlab_close(&lab);
	open_plain();
	lab.in = early;
	assert_false(exlab_receive(&lab));
	/* Flows 0 to 2 are. */
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 7, 32);
	probe.flow = 2;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	for (int delta = -2; delta <= 4; delta++) {
		exlab_put16(in_upper() + 4, (uint16_t)(0x1200 + delta));
		exlab_put16(in_upper() + 6, 99);
		exlab_mend(&lab);
		assert_int_equal(exlab_receive(&lab), delta >= 0 && delta <= 2);
		if (delta >= 0 && delta <= 2) {
			assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
			assert_true(lab.reply.token == 0 && lab.reply.sent == 0);
			assert_int_equal(lab.reply.kind, REPLY_ECHO);
		}
	}
	exlab_close(&lab);
}

static void a_fixed_id_is_the_only_one(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.id_fixed = true;
	/* None at all before the first probe. */
	open_plain();
	send_echo(4, 99, 4);
	exlab_answer(&lab);
	static struct datagram early;
	early = lab.in;
	exlab_close(&lab);
	exlab_open(&lab, &config);
	lab.in = early;
	assert_false(exlab_receive(&lab));
	struct probe probe = exlab_probe(PROBE_ECHO, 4, 7, 32);
	probe.flow = 5;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	exlab_put16(in_upper() + 6, 99);
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	exlab_put16(in_upper() + 4, 0x1201);
	exlab_mend(&lab);
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
}

static void requests_and_strange_types_are_none_of_ours(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		send_echo(family, 7, 56);
		exlab_answer(&lab);
		uint8_t answer = *in_upper();
		for (unsigned type = 0; type < 256; type++) {
			*in_upper() = (uint8_t)type;
			exlab_mend(&lab);
			bool matched = exlab_receive(&lab);
			/* A timestamp reply with our id claims to be ours. */
			if (family == 4 && type == 14)
				assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
			else
				assert_int_equal(matched, type == answer);
		}
		/* ICMP of one family in IP of the other. */
		*in_upper() = answer;
		lab.in.bytes[family == 4 ? 9 : 6] = family == 4 ? 58 : 1;
		if (family == 4)
			exlab_put16(lab.in.bytes + 10, 0);
		if (family == 4)
			exlab_put16(lab.in.bytes + 10, exlab_sum(lab.in.bytes, 20, 0));
		assert_false(exlab_receive(&lab));
		exlab_close(&lab);
	}
}

static void a_protocol_nobody_probes_with_is_not_ours(void **state)
{
	(void)state;
	open_plain();
	send_echo(4, 7, 56);
	struct addr target = exlab_target(4);
	exlab_wrap(&lab, &target, 47, exlab_upper(&lab), exlab_upper_length(&lab));
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
}

/* --- age, and numbers that come again ------------------------------------------------------ */

static void what_is_past_keep_is_forgotten(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 56; n += 56) {
		open_plain();
		send_echo(4, 7, n);
		exlab_answer(&lab);
		lab.now += 10 * NSEC_S + 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
		assert_true(lab.reply.token == 0);
		lab.now -= 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		exlab_close(&lab);
	}
}

static void come_again(uint32_t data)
{
	struct exchange_config config = exlab_config();
	config.flight_limit = 200000;
	exlab_open(&lab, &config);
	/* Two and a half times around; one answer of each lap stays under way. */
	static struct datagram late[3];
	for (uint64_t i = 0; i < 160000; i++) {
		lab.now += 1000;
		send_echo(4, i, data);
		if (i % 0x10000 != 1000)
			continue;
		exlab_answer(&lab);
		late[i / 0x10000] = lab.in;
	}
	for (uint64_t lap = 0; lap < 3; lap++) {
		lab.in = late[lap];
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, 0);
		assert_true(lab.reply.token == lap * 0x10000 + 1000);
		assert_true(lab.reply.sent == 1000 * NSEC_S + (nsec)(lap * 0x10000 + 1001) * 1000);
	}
	exlab_close(&lab);
}

static void sequences_that_come_again_are_told_apart(void **state)
{
	(void)state;
	come_again(16);
	come_again(56);
}

static void without_a_serial_the_youngest_is_meant(void **state)
{
	(void)state;
	struct exchange_config config = exlab_config();
	config.flight_limit = 200000;
	exlab_open(&lab, &config);
	for (uint64_t i = 0; i < 70000; i++)
		send_echo(4, i, 4);
	send_echo(4, 0x10000 + 70000, 4); /* sequence 4464 a third time */
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.token == 0x10000 + 70000);
	exlab_close(&lab);
}

/* --- timestamp and node information -------------------------------------------------------- */

static void timestamp_replies(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_TIMESTAMP, 4, 0x10007, 40);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	memcpy(in_upper() + 12, "\0\1\2\3\4\5\6\7", 8);
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.kind, REPLY_TIMESTAMP);
	assert_int_equal(lab.reply.flags, 0);
	assert_true(lab.reply.token == 0x10007);
	assert_int_equal(lab.reply.icmp_type, 14);
	assert_int_equal(lab.reply.payload.length, 12);
	assert_ptr_equal(lab.reply.payload.data, in_upper() + 8);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);
	/* Our own originate time must come back. */
	in_upper()[11] ^= 1;
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_CORRUPT);
	in_upper()[11] ^= 1;
	for (size_t have = 0; have < 12; have++) {
		exlab_answer(&lab);
		cut_to(8 + have);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_TRUNCATED);
	}
	/* Another sequence, another source, another id. */
	exlab_answer(&lab);
	in_upper()[7] ^= 1;
	exlab_mend(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
	exlab_answer(&lab);
	from(exlab_other(4));
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_UNKNOWN);
	in_upper()[5] ^= 1;
	exlab_mend(&lab);
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
}

static void node_information_replies(void **state)
{
	(void)state;
	open_plain();
	struct probe probe = exlab_probe(PROBE_NODE_INFO, 6, 7, 72);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	exlab_answer(&lab);
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.kind, REPLY_NODE_INFO);
	assert_int_equal(lab.reply.flags, 0);
	assert_true(lab.reply.token == 7);
	/* Query type and flags belong to what is shown. */
	assert_ptr_equal(lab.reply.payload.data, in_upper() + 4);
	assert_int_equal(lab.reply.payload.length, 28);
	from(exlab_other(6));
	assert_true(exlab_receive(&lab));
	assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_WRONG_SOURCE);
	for (int at = 8; at < 16; at++) {
		exlab_answer(&lab);
		in_upper()[at] ^= 0x10;
		exlab_mend(&lab);
		assert_false(exlab_receive(&lab));
	}
	exlab_answer(&lab);
	cut_to(15);
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
	/* The nonce of another kind of probe proves nothing. */
	open_plain();
	send_echo(6, 7, 56);
	uint8_t message[24] = { 140 };
	memcpy(message + 8, exlab_upper(&lab) + 16, 4);
	memcpy(message + 12, exlab_upper(&lab) + 8, 8);
	struct addr target = exlab_target(6);
	exlab_wrap(&lab, &target, 58, message, sizeof message);
	exlab_mend(&lab);
	assert_false(exlab_receive(&lab));
	exlab_close(&lab);
}

/* --- UDP and TCP --------------------------------------------------------------------------- */

static void udp_in(uint8_t family, uint16_t sport, uint16_t dport, const void *data, size_t length)
{
	uint8_t udp[600];
	struct addr target = exlab_target(family);
	exlab_put16(udp, sport);
	exlab_put16(udp + 2, dport);
	exlab_put16(udp + 4, (uint16_t)(8 + length));
	memcpy(udp + 8, data, length);
	exlab_wrap(&lab, &target, 17, udp, 8 + length);
	exlab_mend(&lab);
}

static void udp_answers(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		for (uint64_t i = 0; i < 3; i++) {
			struct probe probe = exlab_probe(PROBE_UDP, family, i, ip_of(family) + 40);
			assert_int_equal(exlab_send(&lab, &probe), 0);
		}
		udp_in(family, 33434, 40000, "hello", 5);
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.kind, REPLY_UDP);
		assert_int_equal(lab.reply.flags, 0);
		assert_true(lab.reply.token == 2);
		assert_int_equal(lab.reply.payload.length, 5);
		assert_int_equal(lab.reply.bytes, 13);
		/* The youngest that has no answer; when all have one it is a duplicate. */
		assert_true(exlab_receive(&lab));
		assert_true(lab.reply.token == 1);
		assert_true(exlab_receive(&lab));
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_DUPLICATE);

		udp_in(family, 33435, 40000, "hello", 5);
		assert_false(exlab_receive(&lab));
		udp_in(family, 33434, 40001, "hello", 5);
		assert_false(exlab_receive(&lab));
		udp_in(family, 33434, 40000, "hello", 5);
		from(exlab_other(family));
		assert_false(exlab_receive(&lab));
		/* Damaged, but by ports and source still its. */
		udp_in(family, 33434, 40000, "hello", 5);
		in_upper()[9] ^= 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_CORRUPT);
		exlab_put16(in_upper() + 6, 0);
		/* No checksum is a right one in IPv4 only. */
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags & REPLY_CORRUPT, family == 4 ? 0 : REPLY_CORRUPT);
		exlab_close(&lab);
	}
}

static void an_echo_service_says_which_probe(void **state)
{
	(void)state;
	open_plain();
	struct datagram first;
	struct probe probe = exlab_probe(PROBE_UDP, 4, 1, 60);
	assert_int_equal(exlab_send(&lab, &probe), 0);
	first = lab.sent;
	probe.token = 2;
	assert_int_equal(exlab_send(&lab, &probe), 0);
	udp_in(4, 33434, 40000, first.bytes + 28, 32);
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.token == 1);
	from(exlab_other(4));
	assert_true(exlab_receive(&lab));
	assert_true(lab.reply.token == 1);
	assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_WRONG_SOURCE);
	exlab_close(&lab);
}

static void tcp_in(uint8_t family, uint32_t ack, uint8_t flags)
{
	uint8_t tcp[20] = { 0 };
	struct addr target = exlab_target(family);
	exlab_put16(tcp, 33434);
	exlab_put16(tcp + 2, 40000);
	exlab_put16(tcp + 8, (uint16_t)(ack >> 16));
	exlab_put16(tcp + 10, (uint16_t)ack);
	tcp[12] = 0x50;
	tcp[13] = flags;
	exlab_wrap(&lab, &target, 6, tcp, sizeof tcp);
	exlab_mend(&lab);
}

static void tcp_answers(void **state)
{
	(void)state;
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	for (uint8_t family = 4; family <= 6; family += 2) {
		open_plain();
		uint32_t seq[3];
		for (uint64_t i = 0; i < 3; i++) {
			struct probe probe =
			        exlab_probe(PROBE_TCP, family, 0xffff + i, ip_of(family) + 24);
			assert_int_equal(exlab_send(&lab, &probe), 0);
			seq[i] = exlab_u32(exlab_upper(&lab) + 4);
		}
		for (uint64_t i = 0; i < 3; i++) {
			tcp_in(family, seq[i] + 1, i == 1 ? RST | ACK : SYN | ACK);
			assert_true(exlab_receive(&lab));
			assert_true(lab.reply.token == 0xffff + i);
			assert_int_equal(lab.reply.kind, i == 1 ? REPLY_TCP_RST : REPLY_TCP_SYNACK);
			assert_int_equal(lab.reply.flags, 0);
			assert_int_equal(lab.reply.bytes, 20);
		}
		/* What acknowledges something else, or nothing, answers nothing. */
		tcp_in(family, seq[0], SYN | ACK);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 2, SYN | ACK);
		assert_false(exlab_receive(&lab));
		tcp_in(family, (seq[0] ^ 0x8000) + 1, RST | ACK);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, SYN);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, RST);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, ACK);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, FIN | ACK);
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, SYN | ACK);
		from(exlab_other(family));
		assert_false(exlab_receive(&lab));
		in_upper()[12] = 0x40; /* a header shorter than a header */
		assert_false(exlab_receive(&lab));
		tcp_in(family, seq[0] + 1, SYN | ACK);
		in_upper()[15] ^= 1;
		assert_true(exlab_receive(&lab));
		assert_int_equal(lab.reply.flags, REPLY_DUPLICATE | REPLY_CORRUPT);
		exlab_close(&lab);
	}
}

/* Some stacks acknowledge the data of a SYN, some do not; the sum carries into the number. */
static void tcp_answers_to_data(void **state)
{
	(void)state;
	open_plain();
	unsigned carried = 0;
	for (uint64_t i = 0; i < 60; i++) {
		struct probe probe = exlab_probe(PROBE_TCP, 4, i, 20 + 24 + 30000);
		assert_int_equal(exlab_send(&lab, &probe), 0);
		uint32_t seq = exlab_u32(exlab_upper(&lab) + 4);
		carried += (seq + 30001) >> 16 != seq >> 16;
		tcp_in(4, seq + 1 + 30000, 0x14);
		assert_true(exlab_receive(&lab));
		assert_true(lab.reply.token == i);
		tcp_in(4, seq + 1, 0x12);
		assert_true(exlab_receive(&lab));
		assert_true(lab.reply.token == i);
		tcp_in(4, seq + 2, 0x12);
		assert_false(exlab_receive(&lab));
		tcp_in(4, seq + 30000, 0x12);
		assert_false(exlab_receive(&lab));
	}
	assert_true(carried > 10 && carried < 50);
	exlab_close(&lab);
}

/* --- noise --------------------------------------------------------------------------------- */

/* Random upper layers under right checksums, with our id or ports more often than not. */
static void noise_is_never_an_answer(void **state)
{
	(void)state;
	static const uint8_t protocols[] = { 1, 6, 17, 58 };
	struct random r;
	random_init(&r, sample_seed(81));
	open_plain();
	for (uint64_t i = 0; i < 10; i++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			struct probe probe = exlab_probe(PROBE_ECHO, family, i, 100);
			assert_int_equal(exlab_send(&lab, &probe), 0);
			probe = exlab_probe(PROBE_TCP, family, i, 100);
			assert_int_equal(exlab_send(&lab, &probe), 0);
		}
	static const uint8_t types[] = { 0, 3, 11, 14, 129, 1, 2, 3, 140, 137 };
	for (int i = 0; i < 300000; i++) {
		uint8_t upper[80];
		uint8_t family = random_below(&r, 2) ? 4 : 6;
		for (size_t b = 0; b < sizeof upper; b += 8) {
			uint64_t bits = random_next(&r);
			memcpy(upper + b, &bits, 8);
		}
		uint8_t protocol = protocols[random_below(&r, 4)];
		if (protocol == 6 || protocol == 17) {
			exlab_put16(upper, 33434);
			exlab_put16(upper + 2, 40000);
			upper[12] = 0x50;
			upper[13] = 0x12;
		} else {
			upper[0] = types[random_below(&r, sizeof types)];
			upper[1] = (uint8_t)random_below(&r, 16);
			if (random_below(&r, 2))
				exlab_put16(upper + 4, 0x1200);
		}
		struct addr src = random_below(&r, 2) ? exlab_target(family) : exlab_router(family);
		exlab_wrap(&lab, &src, protocol, upper, 8 + (size_t)random_below(&r, 72));
		if (lab.in.length >= 60 || protocol == 1 || protocol == 58)
			exlab_mend(&lab);
		if (!exlab_receive(&lab))
			continue;
		/* An id of ours and a sequence by chance is all it can have; never a clean answer.
		 */
		assert_true(lab.reply.flags & (REPLY_UNKNOWN | REPLY_CORRUPT));
	}
	exlab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_says_all_that_is_known),
		cmocka_unit_test(every_size_is_recognised),
		cmocka_unit_test(patterns_of_the_user_are_checked_too),
		cmocka_unit_test(the_second_answer_is_a_duplicate),
		cmocka_unit_test(the_time_of_sending_is_the_last_that_was_stamped),
		cmocka_unit_test(of_a_burst_the_time_of_sending_is_rough),
		cmocka_unit_test(what_was_refused_is_no_probe),
		cmocka_unit_test(what_the_transport_knows_is_passed_on),
		cmocka_unit_test(a_wrong_byte_is_found_where_it_is),
		cmocka_unit_test(a_wrong_checksum_alone_is_corrupt),
		cmocka_unit_test(a_checksum_is_judged_only_where_it_can_and_must_be),
		cmocka_unit_test(damage_that_nobody_answers_for_is_dropped),
		cmocka_unit_test(a_changed_header_over_a_good_cookie_is_corrupt),
		cmocka_unit_test(a_reply_longer_than_the_probe_is_corrupt),
		cmocka_unit_test(a_shorter_reply_is_truncated),
		cmocka_unit_test(a_truncated_reply_can_be_corrupt_as_well),
		cmocka_unit_test(less_than_a_header_is_nothing),
		cmocka_unit_test(a_reply_from_elsewhere_needs_a_cookie),
		cmocka_unit_test(anyone_may_answer_for_a_group),
		cmocka_unit_test(anyone_may_answer_for_a_network),
		cmocka_unit_test(a_group_asked_for_the_time_sends_no_echo),
		cmocka_unit_test(a_wrong_cookie_from_elsewhere_is_nobodys),
		cmocka_unit_test(a_scope_that_only_one_side_knows_is_no_other_source),
		cmocka_unit_test(forgers_know_no_cookie),
		cmocka_unit_test(other_ids_are_other_peoples),
		cmocka_unit_test(a_fixed_id_is_the_only_one),
		cmocka_unit_test(requests_and_strange_types_are_none_of_ours),
		cmocka_unit_test(a_protocol_nobody_probes_with_is_not_ours),
		cmocka_unit_test(what_is_past_keep_is_forgotten),
		cmocka_unit_test(sequences_that_come_again_are_told_apart),
		cmocka_unit_test(without_a_serial_the_youngest_is_meant),
		cmocka_unit_test(timestamp_replies),
		cmocka_unit_test(node_information_replies),
		cmocka_unit_test(udp_answers),
		cmocka_unit_test(an_echo_service_says_which_probe),
		cmocka_unit_test(tcp_answers),
		cmocka_unit_test(tcp_answers_to_data),
		cmocka_unit_test(noise_is_never_an_answer),
	};
	return cmocka_run_group_tests_name("answer", tests, NULL, NULL) != 0;
}

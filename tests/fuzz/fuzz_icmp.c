/*
 * fuzz_icmp - any message of either family: parsed within its bytes, split into a quote and an
 * extension that make up the body, sealed it is right; and what is quoted is taken apart in turn.
 *
 * The first byte: bit 0 the family, bit 1 mends the checksum of an extension at 128 of the body.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/extension.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static void check_upper(struct cursor c)
{
	struct cursor other = c;
	struct tcp t;
	struct udp u;

	if (tcp_parse_quote(&c, &t)) {
		HOLDS(udp_parse(&other, &u) && u.sport == t.sport && u.dport == t.dport);
		fuzz_touch(t.options);
	}
	if (tcp_parse(&other, &t))
		fuzz_touch(t.options);
}

static void check_quote(const struct icmp *m, struct span quote)
{
	struct cursor c = cursor_over(quote);
	struct ip6_payload payload;
	struct ip4 ip4;
	struct ip6 ip6;

	if (m->family == 4 ? ip4_parse(&c, &ip4)
	                   : ip6_parse(&c, &ip6) && ip6_chain(&c, ip6.next_header, &payload))
		check_upper(c);
}

static void check_split(const struct icmp *m)
{
	struct span quote, extension;
	struct cursor objects;
	struct extension_object o;

	icmp_split(m, &quote, &extension);
	HOLDS(quote.data == m->body.data);
	HOLDS(quote.length + extension.length == m->body.length);
	check_quote(m, quote);
	if (extension.length == 0)
		return;
	HOLDS(icmp_is_error(m->family, m->type));
	HOLDS(extension.data == quote.data + quote.length);
	HOLDS(extension_open(extension, &objects));
	while (extension_next(&objects, &o)) {
		fuzz_touch(o.data);
		HOLDS(fuzz_within(o.data, extension.data, extension.length));
	}
}

static void check_message(const uint8_t *bytes, size_t size, uint8_t family)
{
	struct cursor c = cursor_of(bytes, size);
	struct icmp m;

	if (!icmp_parse(&c, family, &m)) {
		HOLDS(size < 40);
		return;
	}
	HOLDS(fuzz_within(m.body, bytes, size));
	HOLDS(cursor_left(&c) == 0 && m.body.length <= size - ICMP_HEADER);
	fuzz_touch(m.body);
	check_split(&m);
	const char *words = icmp_text(family, m.type, m.code);
	HOLDS(words == NULL || words[0] != 0);
}

static void check_seal(const uint8_t *bytes, size_t size)
{
	struct addr src = addr_v4(1), dst = addr_v4(2);
	uint8_t *copy = sample_copy(bytes, size);
	struct writer w = writer_of(copy, size);

	writer_bytes(&w, bytes, size);
	icmp4_seal(&w, 0);
	HOLDS(w.failed == (size < 4));
	if (size >= ICMP_HEADER)
		HOLDS(icmp4_checksum_ok((struct span){ copy, size }));
	w = writer_of(copy, size);
	writer_bytes(&w, bytes, size);
	icmp6_seal(&w, 0, &src, &dst);
	if (size >= ICMP_HEADER)
		HOLDS(icmp6_checksum_ok((struct span){ copy, size }, &src, &dst));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	uint8_t *exact = sample_copy(data + 1, size - 1);

	if (data[0] & 2 && size - 1 > ICMP_HEADER + 128)
		fuzz_mend(exact + ICMP_HEADER + 128, size - 1 - ICMP_HEADER - 128, 2);
	check_message(exact, size - 1, data[0] & 1 ? 6 : 4);
	check_seal(exact, size - 1);
	free(exact);
	return 0;
}

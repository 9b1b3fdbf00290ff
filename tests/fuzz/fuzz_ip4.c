/*
 * fuzz_ip4 - a header parsed, built and parsed again agrees; its options end and stay within it.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/ip4.h"

static void check_option(const struct ip4_option *o, const struct ip4 *ip)
{
	struct ip4_route route;
	struct ip4_timestamp ts;

	fuzz_touch(o->data);
	HOLDS(fuzz_within(o->data, ip->options.data, ip->options.length));
	if (ip4_route_parse(o, &route)) {
		HOLDS(route.count <= route.slots && route.slots <= 9);
		HOLDS(1 + route.slots * 4u == o->data.length);
		for (uint8_t i = 0; i < 9; i++)
			HOLDS(route.addr[i].family == (i < route.count ? 4 : 0));
	}
	if (ip4_timestamp_parse(o, &ts)) {
		HOLDS(ts.count <= 9 && ts.overflow <= 15);
		for (uint8_t i = 0; i < ts.count; i++)
			HOLDS(ts.entry[i].addr.family == (ts.flag == IP4_TIMESTAMP_ONLY ? 0 : 4));
	}
}

static void check_options(const struct ip4 *ip)
{
	struct cursor c = cursor_over(ip->options);
	struct ip4_option o;
	unsigned int count = 0;

	while (ip4_option_next(&c, &o)) {
		check_option(&o, ip);
		count++;
		HOLDS(count <= IP4_OPTIONS_MAX);
	}
	HOLDS(!ip4_option_next(&c, &o));
}

static void check_header(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_of(bytes, size);
	struct ip4 ip;

	if (!ip4_parse(&c, &ip)) {
		HOLDS(c.failed);
		return;
	}
	size_t header = IP4_HEADER_MIN + ip.options.length;
	HOLDS(cursor_left(&c) == size - header);
	check_options(&ip);

	uint8_t again[IP4_HEADER_MAX];
	struct writer w = writer_of(again, sizeof again);
	ip4_build(&w, &ip);
	HOLDS(!w.failed && writer_length(&w) == header);
	HOLDS(ip4_checksum_ok((struct span){ again, header }));
	/* The same but for the checksum, and that too where it was right in its usual form. */
	HOLDS(memcmp(again, bytes, 10) == 0);
	HOLDS(memcmp(again + 12, bytes + 12, header - 12) == 0);
	if (ip4_checksum_ok((struct span){ bytes, header }) && ip.checksum != 0xffff)
		HOLDS(memcmp(again, bytes, header) == 0);
}

/* Options in a block of their own, where a header would have padded or cut them. */
static void check_bare_option(const uint8_t *bytes, size_t size)
{
	struct ip4 ip = { .options = { bytes, size } };
	struct ip4_option o = { size ? bytes[0] : 0, ip.options };
	struct cursor c = cursor_of(bytes, size);

	check_option(&o, &ip);
	while (ip4_option_next(&c, &o))
		check_option(&o, &ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = sample_copy(data, size);

	check_header(exact, size);
	check_bare_option(exact, size);
	free(exact);
	return 0;
}

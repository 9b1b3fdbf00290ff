/*
 * fuzz_ip6 - a header parsed, built and parsed again agrees; the chain behind it ends within the
 * bytes; and packet_parse agrees with both, for IPv4 too.
 */
#include "probe/packet.h"
#include "tests/fuzz/fuzz.h"
#include "wire/ip6.h"

static void check_header(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_of(bytes, size);
	struct ip6_payload payload;
	struct ip6 ip;

	if (!ip6_parse(&c, &ip)) {
		HOLDS(c.failed);
		return;
	}
	uint8_t again[IP6_HEADER];
	struct writer w = writer_of(again, sizeof again);
	ip6_build(&w, &ip);
	HOLDS(!w.failed);
	HOLDS(memcmp(again, bytes, IP6_HEADER) == 0);

	size_t left = cursor_left(&c);
	bool good = ip6_chain(&c, ip.next_header, &payload);
	HOLDS(good == !c.failed);
	HOLDS(cursor_left(&c) <= left);
	if (good && !payload.fragment) {
		HOLDS(payload.fragment_offset == 0 && !payload.more_fragments);
		HOLDS(payload.fragment_id == 0);
	}
	if (good && payload.fragment)
		HOLDS(payload.fragment_offset % 8 == 0);
}

static void check_packet(const uint8_t *bytes, size_t size)
{
	struct packet p;

	if (!packet_parse((struct span){ bytes, size }, 1, &p))
		return;
	HOLDS(size >= 20 && (bytes[0] >> 4 == 4 || bytes[0] >> 4 == 6));
	HOLDS(p.src.family == bytes[0] >> 4 && p.dst.family == p.src.family);
	HOLDS(fuzz_within(p.payload, bytes, size));
	HOLDS(fuzz_within(p.options, bytes, size));
	HOLDS(p.ttl >= 0 && p.ttl <= 255 && p.tos >= 0 && p.tos <= 255);
	HOLDS(p.src.family == 4 || p.options.length == 0);
	fuzz_touch(p.payload);
	fuzz_touch(p.options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = sample_copy(data, size);

	check_header(exact, size);
	check_packet(exact, size);
	if (size && exact[0] >> 4 == 4) {
		size_t header = (size_t)(exact[0] & 15) * 4;
		fuzz_mend(exact, header < size ? header : size, 10);
		check_packet(exact, size);
	}
	free(exact);
	return 0;
}

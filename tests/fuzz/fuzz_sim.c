/*
 * fuzz_sim - bytes from strangers as datagrams, at increasing times, into an internet where
 * everything is wrong that a word can say. What comes out is good, and all is counted (crossing.h);
 * the same bytes make the same again.
 *
 * Nobody speaks with the address of another who speaks too: pieces of both would be put together.
 *
 * Each datagram: a byte of enum mend, one for the destination, two of time in units of 64 us, two
 * of length, the bytes. Mended ones get past the first look, which random bytes never would.
 */
#include <string.h>
#include "tests/sim/crossing.h"
#include "tests/fuzz/fuzz.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum mend {
	MEND_HEADER = 1 << 0,   /* lengths, source, checksum of the IP header */
	MEND_TARGET = 1 << 1,   /* the destination: the address of that number in the topology */
	MEND_CHECKSUM = 1 << 2, /* of the upper layer */
	MEND_LATER = 1 << 3,    /* what is on its way arrives first, not just what is due */
};

#define DATAGRAMS 48

static const char nasty[] =
        "source me 198.18.0.1 2001:db8::1\n"
        "router edge 198.18.1.1 2001:db8:1::1 nat limit-peer 50/s burst 6 mss 600\n"
        "router wide 198.18.2.1 198.18.2.2 2001:db8:2::1 2001:db8:2::2 balance flow tos 32 "
        "mpls 24001/1/1,16/0/2 interface extension length-zero quote 28\n"
        "router pack 198.18.3.1 2001:db8:3::1 balance packet nat redirect "
        "198.18.3.9,2001:db8:3::9 mpls 3 extension unpadded ptb clear\n"
        "router dest 198.18.4.1 2001:db8:4::1 balance flow-id hidden zero-ttl quote 8 redirect "
        "198.18.4.9,2001:db8:4::9 garble tos,ttl,checksum,id,src,dst interface extension "
        "checksum-wrong\n"
        "router tiny 198.18.5.1 2001:db8:5::1 limit 100/s burst 5 limit-ptb 50/s burst 3 mpls "
        "1,2,3,4,5,6,7,8 interface extension length-wrong from 198.18.5.7,2001:db8:5::7\n"
        "router lies 198.18.6.1 2001:db8:6::1 ptb 1300 zero-ttl balance destination "
        "interface extension checksum-zero back-hops 2 back-delay 5ms\n"
        "router zero 198.18.7.1 2001:db8:7::1 ptb zero nat\n"
        "router hole 198.18.8.1 2001:db8:8::1 ptb silent silent\n"
        "router spin 198.18.10.1 2001:db8:a::1 loop\n"
        "router deny 198.18.11.1 2001:db8:b::1 unreachable 13/1\n"
        "router para 198.18.12.1 2001:db8:c::1 parameter-problem\n"
        "router fake 198.18.13.1 2001:db8:d::1 fake ttl 3\n"
        "router bare limit-echo 10/s burst 2\n"
        "host all 198.18.9.9 2001:db8:9::9 serves 203.0.113.0/24 udp 7,9 tcp 80 tcp-silent "
        "tcp-closed 81 timestamp mask extended-echo dns mss 1200 limit-echo 200/s burst 20\n"
        "host harm 198.18.9.32 2001:db8:9::20 corrupt 50% forge 50% tcp 80,443 dns\n"
        "host none 198.18.9.7 2001:db8:9::7 echo-silent udp-silent tcp-silent\n"
        "host whole 198.18.9.6 2001:db8:9::6 drop-fragments serves 2001:db8:f::/64 from "
        "198.18.9.5\n"
        "host spun 198.18.9.4 2001:db8:9::4\n"
        "host denied 198.18.9.3 2001:db8:9::3\n"
        "host para-host 198.18.9.2 2001:db8:9::2\n"
        "host faked 198.18.9.1 2001:db8:9::1\n"
        "link me edge delay 1ms mtu 1500\n"
        "link edge wide delay 2ms jitter 3ms duplicate 10% back-mtu 600\n"
        "link wide pack delay 1ms reorder 20% 9ms weight 2\n"
        "link wide dest delay 1ms bursts 50% enter 10% leave 50%\n"
        "link wide bare\n"
        "link pack tiny delay 1ms mtu 1280 tunnel 24\n"
        "link dest tiny delay 2ms mtu 576\n"
        "link bare tiny loss 5%\n"
        "link tiny lies mtu 68 back-mtu 1400\n"
        "link tiny zero delay 1ms mtu 100 back-mtu 68 duplicate 20%\n"
        "link tiny hole mtu 296\n"
        "link lies all delay 1ms\n"
        "link zero all delay 1ms mtu 68 tunnel 40\n"
        "link hole all\n"
        "link zero harm delay 1ms\n"
        "link tiny harm delay 1ms\n"
        "link lies none\n"
        "link dest whole mtu 68 tunnel 255\n"
        "link pack whole mtu 1000\n"
        "link dest spin\n"
        "link pack spin\n"
        "link spin spun\n"
        "link bare deny\n"
        "link deny denied\n"
        "link bare para\n"
        "link para para-host\n"
        "link bare fake\n"
        "link fake faked\n"
        "at 500ms link wide pack down back-loss 50%\n"
        "at 1s link wide pack up weight 0\n"
        "at 1500ms node tiny hidden no-limit loop\n"
        "at 2s node tiny no-loop no-from\n"
        "at 2s link wide pack weight 1\n"
        "at 3s node tiny no-hidden\n";

struct addrs {
	struct addr list[64];
	size_t count;
};

/* Those of all nodes, one of each prefix, and one of nobody. */
static void collect(const struct topo *t, struct addrs *all)
{
	all->count = 0;
	for (uint32_t i = 0; i < t->node_count; i++) {
		for (uint8_t k = 0; k < t->nodes[i].addr_count; k++)
			all->list[all->count++] = t->nodes[i].addrs[k];
		if (t->nodes[i].serves.addr.family)
			all->list[all->count++] = t->nodes[i].serves.addr;
		HOLDS(all->count + 2 < sizeof all->list / sizeof *all->list);
	}
	HOLDS(addr_parse("203.0.114.1", &all->list[all->count++]));
}

/* --- mending ---------------------------------------------------------------------------------- */

static void put_addr(struct writer *w, size_t at, const struct addr *addr)
{
	for (size_t i = 0; i < addr_size(addr); i += 2)
		writer_patch_u16(w, at + i, (uint16_t)(addr->bytes[i] << 8 | addr->bytes[i + 1]));
}

static void mend_header(const struct topo *t, uint8_t *bytes, size_t size, struct writer *w)
{
	bool v4 = bytes[0] >> 4 != 6;
	size_t header = v4 ? (bytes[0] & 15u) * 4u : IP6_HEADER;
	if (header < IP4_HEADER_MIN || size < header)
		return;
	if (v4) {
		bytes[0] = (uint8_t)(0x40 | (bytes[0] & 15));
		writer_patch_u16(w, 2, (uint16_t)size);
	} else {
		writer_patch_u16(w, 4, (uint16_t)(size - header));
	}
	put_addr(w, v4 ? 12 : 8, &t->nodes[0].addrs[v4 ? 0 : 1]);
}

static void mend_target(const struct addrs *all, uint8_t number, const uint8_t *bytes, size_t size,
                        struct writer *w)
{
	const struct addr *dst = &all->list[number % all->count];
	bool v4 = bytes[0] >> 4 != 6;
	if ((dst->family == 4) == v4 && size >= (v4 ? 20u : 40u))
		put_addr(w, v4 ? 16 : 24, dst);
}

/* The upper layer's too, over what the header says, wherever there is a place for it. */
static void mend_checksum(uint8_t *bytes, size_t size)
{
	static const struct {
		uint8_t protocol, at;
	} places[] = { { IP_PROTOCOL_ICMP, 2 },
		       { IP_PROTOCOL_ICMP6, 2 },
		       { IP_PROTOCOL_UDP, 6 },
		       { IP_PROTOCOL_TCP, 16 } };
	struct datagram d;
	if (!datagram_parse((struct span){ bytes, size }, &d) || d.fragment)
		return;
	size_t begin = (size_t)(d.upper.data - bytes);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (places[i].protocol != d.protocol || d.upper.length < places[i].at + 2u)
			continue;
		struct writer w = writer_of(bytes, size);
		(void)writer_room(&w, begin + d.upper.length);
		writer_patch_u16(&w, begin + places[i].at, 0);
		datagram_seal(&w, begin, &d);
	}
}

static void mend(const struct topo *t, const struct addrs *all, uint8_t how, uint8_t number,
                 uint8_t *bytes, size_t size)
{
	struct writer w = writer_of(bytes, size);
	(void)writer_room(&w, size);
	if (size == 0)
		return;
	if (how & MEND_HEADER)
		mend_header(t, bytes, size, &w);
	if (how & MEND_TARGET)
		mend_target(all, number, bytes, size, &w);
	size_t header = (bytes[0] & 15u) * 4u;
	if (how & MEND_HEADER && bytes[0] >> 4 == 4 && header >= IP4_HEADER_MIN && size >= header)
		fuzz_mend(bytes, header, 10);
	if (how & MEND_CHECKSUM)
		mend_checksum(bytes, size);
}

/* --- running ---------------------------------------------------------------------------------- */

static uint64_t run(const struct topo *t, const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size);
	struct crossing crossing;
	struct addrs all;
	collect(t, &all);
	crossing_begin(&crossing, t, size);
	for (int i = 0; i < DATAGRAMS && cursor_left(&c) >= 6; i++) {
		uint8_t how = cursor_u8(&c);
		uint8_t number = cursor_u8(&c);
		nsec wait = cursor_u16(&c) * 64 * NSEC_US;
		size_t length = cursor_u16(&c);
		if (length > cursor_left(&c))
			length = cursor_left(&c);
		uint8_t *bytes = sample_copy(cursor_bytes(&c, length), length);
		mend(t, &all, how, number, bytes, length);
		crossing.now = nsec_after(crossing.now, wait);
		if (how & MEND_LATER && sim_next(crossing.sim) != NSEC_NEVER)
			crossing.now = nsec_max(crossing.now, sim_next(crossing.sim));
		crossing_inject(&crossing, (struct span){ bytes, length });
		free(bytes);
	}
	crossing_take(&crossing, NSEC_NEVER - 1);
	crossing_end(&crossing);
	return crossing.trace;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct topo t; /* read once: that takes longer than many a run */
	struct topo_error error;
	if (!t.nodes)
		HOLDS(topo_parse(&t, nasty, sizeof nasty - 1, &error));
	uint8_t *exact = sample_copy(data, size);
	uint64_t trace = run(&t, exact, size);
	HOLDS(run(&t, exact, size) == trace);
	free(exact);
	return 0;
}

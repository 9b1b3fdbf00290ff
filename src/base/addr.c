#include "base/addr.h"

#include <string.h>

struct addr addr_v4(uint32_t host_order)
{
	return (struct addr){
		.family = 4,
		.bytes = { (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
		           (uint8_t)(host_order >> 8), (uint8_t)host_order },
	};
}

struct addr addr_v6(const uint8_t bytes[static 16])
{
	struct addr a = { .family = 6 };
	memcpy(a.bytes, bytes, 16);
	return a;
}

uint32_t addr_to_v4(const struct addr *a)
{
	if (a->family != 4)
		return 0;
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
	       (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

/* Copies of a fixed size each: a memcpy of a size unknown would be a call. */
struct addr addr_read(struct cursor *c, uint8_t family)
{
	struct addr a = { .family = family };
	const uint8_t *bytes = cursor_bytes(c, addr_size(&a));
	if (bytes && family == 4)
		memcpy(a.bytes, bytes, 4);
	else if (bytes && family == 6)
		memcpy(a.bytes, bytes, 16);
	else
		a.family = 0;
	return a;
}

void addr_write(struct writer *w, const struct addr *a)
{
	if (a->family == 4)
		writer_bytes(w, a->bytes, 4);
	else if (a->family == 6)
		writer_bytes(w, a->bytes, 16);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0 &&
	       (a->scope == b->scope || a->scope == 0 || b->scope == 0);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	int order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
	if (order)
		return order;
	return a->scope < b->scope ? -1 : a->scope > b->scope;
}

uint64_t addr_hash(const struct addr *a)
{
	/* The scope stays out: addresses that are equal but for a missing scope hash alike. */
	struct cursor c = cursor_of(a->bytes, sizeof a->bytes);
	uint64_t high = cursor_u64(&c) ^ a->family;
	uint64_t low = cursor_u64(&c);
	uint64_t h = (high ^ high >> 32) * UINT64_C(0x9e3779b97f4a7c15) ^ low;
	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Whether the first length bits are those of the prefix. */
static bool bits_match(const uint8_t *bytes, const uint8_t *prefix, unsigned length)
{
	unsigned whole = length / 8;
	if (memcmp(bytes, prefix, whole) != 0)
		return false;
	unsigned rest = length % 8;
	return rest == 0 || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	return p->addr.family == a->family && a->family != 0 &&
	       bits_match(a->bytes, p->addr.bytes, p->length);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];
	return a->family != 0 && memcmp(a->bytes, zero, sizeof zero) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };
	return (a->family == 4 && a->bytes[0] == 127) ||
	       (a->family == 6 && memcmp(a->bytes, one, sizeof one) == 0);
}

bool addr_is_link_local(const struct addr *a)
{
	return (a->family == 4 && a->bytes[0] == 169 && a->bytes[1] == 254) ||
	       (a->family == 6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
}

bool addr_is_multicast(const struct addr *a)
{
	return (a->family == 4 && a->bytes[0] >> 4 == 14) ||
	       (a->family == 6 && a->bytes[0] == 0xff);
}

struct block {
	uint8_t length;
	bool reachable; /* globally: an island in the block that follows */
	uint8_t bytes[16];
};

/*
 * IANA's special-purpose registries (RFC 6890 and what was added since), and multicast; the first
 * match decides. Blocks marked there as globally reachable are listed only within others.
 */
static const struct block special4[] = {
	{ 8, false, { 0 } },             /* this network, RFC 791 */
	{ 8, false, { 10 } },            /* private use, RFC 1918 */
	{ 10, false, { 100, 64 } },      /* shared address space, RFC 6598 */
	{ 8, false, { 127 } },           /* loopback, RFC 1122 */
	{ 16, false, { 169, 254 } },     /* link local, RFC 3927 */
	{ 12, false, { 172, 16 } },      /* private use, RFC 1918 */
	{ 32, true, { 192, 0, 0, 9 } },  /* port control protocol anycast, RFC 7723 */
	{ 32, true, { 192, 0, 0, 10 } }, /* TURN anycast, RFC 8155 */
	{ 24, false, { 192, 0, 0 } },    /* IETF protocol assignments, RFC 6890 */
	{ 24, false, { 192, 0, 2 } },    /* TEST-NET-1, RFC 5737 */
	{ 24, false, { 192, 88, 99 } },  /* 6to4 relay anycast, withdrawn by RFC 7526 */
	{ 16, false, { 192, 168 } },     /* private use, RFC 1918 */
	{ 15, false, { 198, 18 } },      /* benchmarking, RFC 2544 */
	{ 24, false, { 198, 51, 100 } }, /* TEST-NET-2, RFC 5737 */
	{ 24, false, { 203, 0, 113 } },  /* TEST-NET-3, RFC 5737 */
	{ 3, false, { 224 } },           /* multicast, reserved (RFC 1112), broadcast */
};

static const struct block special6[] = {
	{ 127, false, { 0 } },                                 /* unspecified, loopback: RFC 4291 */
	{ 96, false, { [10] = 0xff, 0xff } },                  /* IPv4-mapped, RFC 4291 */
	{ 48, false, { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 } }, /* local translation, RFC 8215 */
	{ 64, false, { 0x01 } },                               /* discard only, RFC 6666 */
	{ 64, false, { 0x01, [7] = 0x01 } },                   /* dummy prefix, RFC 9780 */
	{ 128, true, { 0x20, 0x01, 0, 1, [15] = 1 } },         /* port control anycast, RFC 7723 */
	{ 128, true, { 0x20, 0x01, 0, 1, [15] = 2 } },         /* TURN anycast, RFC 8155 */
	{ 128, true, { 0x20, 0x01, 0, 1, [15] = 3 } },         /* DNS-SD anycast, RFC 9665 */
	{ 32, true, { 0x20, 0x01, 0, 3 } },                    /* AMT, RFC 7450 */
	{ 48, true, { 0x20, 0x01, 0, 4, 0x01, 0x12 } },        /* AS112, RFC 7535 */
	{ 28, true, { 0x20, 0x01, 0, 0x20 } },                 /* ORCHIDv2, RFC 7343 */
	{ 28, true, { 0x20, 0x01, 0, 0x30 } },                 /* drone identification, RFC 9374 */
	{ 23, false, { 0x20, 0x01 } },             /* IETF protocol assignments, RFC 2928 */
	{ 32, false, { 0x20, 0x01, 0x0d, 0xb8 } }, /* documentation, RFC 3849 */
	{ 16, false, { 0x20, 0x02 } },             /* 6to4, RFC 3056 */
	{ 20, false, { 0x3f, 0xff } },             /* documentation, RFC 9637 */
	{ 16, false, { 0x5f } },                   /* segment routing SIDs, RFC 9602 */
	{ 7, false, { 0xfc } },                    /* unique local, RFC 4193 */
	{ 10, false, { 0xfe, 0x80 } },             /* link local, RFC 4291 */
	{ 10, false, { 0xfe, 0xc0 } },             /* site local, withdrawn by RFC 3879 */
	{ 8, false, { 0xff } },                    /* multicast, RFC 4291 */
};

static bool in_blocks(const struct addr *a, const struct block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bits_match(a->bytes, blocks[i].bytes, blocks[i].length))
			return !blocks[i].reachable;
	return false;
}

bool addr_is_special(const struct addr *a)
{
	switch (a->family) {
	case 4: return in_blocks(a, special4, sizeof special4 / sizeof *special4);
	case 6: return in_blocks(a, special6, sizeof special6 / sizeof *special6);
	default: return false;
	}
}

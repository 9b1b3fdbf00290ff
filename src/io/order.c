#include "io/order.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* RFC 6724, 3.1: the scopes of IPv6 multicast, for unicast too. */
enum scope {
	SCOPE_LINK = 0x2,
	SCOPE_SITE = 0x5,
	SCOPE_GLOBAL = 0xe,
};

struct policy {
	uint8_t bytes[16];
	uint8_t length;
	uint8_t precedence;
	uint8_t label;
};

/* RFC 6724, 2.1; longest prefix first. */
static const struct policy policies[] = {
	{ { [15] = 1 }, 128, 50, 0 },  { { [10] = 0xff, [11] = 0xff }, 96, 35, 4 }, /* IPv4 */
	{ { 0 }, 96, 1, 3 },           /* IPv4-compatible */
	{ { 0x20, 0x01 }, 32, 5, 5 },  /* Teredo */
	{ { 0x20, 0x02 }, 16, 30, 2 }, /* 6to4 */
	{ { 0x3f, 0xfe }, 16, 1, 12 }, /* 6bone */
	{ { 0xfe, 0xc0 }, 10, 1, 11 }, /* site-local */
	{ { 0xfc }, 7, 3, 13 },        /* unique local */
	{ { 0 }, 0, 40, 1 },
};

/* A destination and all that the rules ask about it. */
struct candidate {
	struct addr addr;
	bool usable;
	bool scopes_match;
	bool labels_match;
	uint8_t precedence;
	uint8_t scope;
	uint8_t family;
	unsigned int common; /* bits shared with the source */
};

/* RFC 6724, 3.2: IPv4 addresses as IPv4-mapped ones. */
static void mapped(const struct addr *a, uint8_t bytes[static 16])
{
	if (a->family == 6) {
		memcpy(bytes, a->bytes, 16);
		return;
	}
	memset(bytes, 0, 10);
	bytes[10] = bytes[11] = 0xff;
	memcpy(bytes + 12, a->bytes, 4);
}

static unsigned int common_bits(const uint8_t *a, const uint8_t *b, unsigned int limit)
{
	unsigned int bits = 0;
	while (bits < limit && !((a[bits / 8] ^ b[bits / 8]) & (0x80u >> bits % 8)))
		bits++;
	return bits;
}

static const struct policy *policy_of(const struct addr *a)
{
	uint8_t bytes[16];
	mapped(a, bytes);
	const struct policy *policy = policies;
	while (common_bits(bytes, policy->bytes, policy->length) < policy->length)
		policy++; /* the last one has no bits to differ in */
	return policy;
}

static uint8_t scope_of(const struct addr *a)
{
	if (a->family == 6 && a->bytes[0] == 0xff)
		return a->bytes[1] & 0xf;
	if (addr_is_link_local(a) || addr_is_loopback(a))
		return SCOPE_LINK;
	if (a->family == 6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0xc0)
		return SCOPE_SITE;
	return SCOPE_GLOBAL;
}

static struct candidate candidate_of(const struct addr *addr, const struct addr *source)
{
	const struct policy *policy = policy_of(addr);
	struct candidate c = {
		.addr = *addr,
		.usable = source->family != 0,
		.precedence = policy->precedence,
		.scope = scope_of(addr),
		.family = addr->family,
	};
	if (!c.usable)
		return c;
	c.scopes_match = c.scope == scope_of(source);
	c.labels_match = policy->label == policy_of(source)->label;
	/* The interface identifier does not count: 64 bits. */
	if (addr->family == 6 && source->family == 6)
		c.common = common_bits(addr->bytes, source->bytes, 64);
	return c;
}

/* RFC 6724, 6: whether a goes before b for one of the rules. */
static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->usable != b->usable)
		return a->usable; /* rule 1 */
	if (a->scopes_match != b->scopes_match)
		return a->scopes_match; /* 2 */
	if (a->labels_match != b->labels_match)
		return a->labels_match; /* 5 */
	if (a->precedence != b->precedence)
		return a->precedence > b->precedence; /* 6 */
	if (a->scope != b->scope)
		return a->scope < b->scope;                     /* 8 */
	return a->family == b->family && a->common > b->common; /* 9 */
}

void order_addrs(struct addr *addrs, const struct addr *sources, size_t count)
{
	struct candidate sorted[ORDER_MAX];
	assert(count <= ORDER_MAX);
	for (size_t i = 0; i < count; i++) {
		struct candidate c = candidate_of(&addrs[i], &sources[i]);
		size_t at = i;
		for (; at > 0 && better(&c, &sorted[at - 1]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = c;
	}
	for (size_t i = 0; i < count; i++)
		addrs[i] = sorted[i].addr;
}

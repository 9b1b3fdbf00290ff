#include "render/icmp_words.h"

#include <inttypes.h>
#include "render/address.h"
#include "wire/icmp.h"

/* What stands for a code without words; %u is the code. */
static const struct unknown_code {
	uint8_t family, type;
	const char *words;
} unknown_codes[] = {
	{ 4, ICMP4_UNREACHABLE, "Dest Unreachable, Bad Code: " },
	{ 4, ICMP4_REDIRECT, "Redirect, Bad Code: " },
	{ 4, ICMP4_TIME_EXCEEDED, "Time exceeded, Bad Code: " },
	{ 6, ICMP6_UNREACHABLE, "Destination unreachable: Unknown code " },
	{ 6, ICMP6_TIME_EXCEEDED, "Time exceeded: code " },
	{ 6, ICMP6_PARAMETER_PROBLEM, "Parameter problem: code " },
};

static void unknown(struct buffer *out, uint8_t family, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof unknown_codes / sizeof unknown_codes[0]; i++) {
		if (unknown_codes[i].family == family && unknown_codes[i].type == type) {
			buffer_printf(out, "%s%u", unknown_codes[i].words, (unsigned)code);
			return;
		}
	}
	buffer_printf(out, "ICMP type %u, code %u", (unsigned)type, (unsigned)code);
}

static void next_hop(struct buffer *out, const struct render_world *world, const struct addr *hop)
{
	if (hop->family == 0)
		return;
	buffer_text(out, "(New nexthop: ");
	address_plain(out, world, hop);
	buffer_char(out, ')');
}

static void values4(struct buffer *out, const struct render_world *world, const struct reply *e)
{
	switch (e->icmp_type) {
	case ICMP4_UNREACHABLE:
		if (e->icmp_code == ICMP4_CODE_FRAG_NEEDED)
			buffer_printf(out, " (mtu = %" PRIu32 ")", e->mtu);
		break;
	case ICMP4_REDIRECT: next_hop(out, world, &e->gateway); break;
	case ICMP4_PARAMETER_PROBLEM: buffer_printf(out, ": pointer = %" PRIu32, e->pointer); break;
	default: break;
	}
}

static void values6(struct buffer *out, const struct render_world *world, const struct reply *e)
{
	switch (e->icmp_type) {
	case ICMP6_PACKET_TOO_BIG:
		buffer_printf(out, ": mtu=%" PRIu32, e->mtu);
		if (e->icmp_code)
			buffer_printf(out, ", code=%u", (unsigned)e->icmp_code);
		break;
	case ICMP6_PARAMETER_PROBLEM: buffer_printf(out, " at %" PRIu32, e->pointer); break;
	case ICMP6_REDIRECT: next_hop(out, world, &e->gateway); break;
	default: break;
	}
}

void icmp_words(struct buffer *out, const struct render_world *world, const struct reply *error)
{
	uint8_t family = error->from.family;
	const char *words = icmp_text(family, error->icmp_type, error->icmp_code);
	if (words)
		buffer_text(out, words);
	else
		unknown(out, family, error->icmp_type, error->icmp_code);
	if (family == 6)
		values6(out, world, error);
	else
		values4(out, world, error);
}

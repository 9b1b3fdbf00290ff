/* Answers, and the IP headers around them. */
#include "tests/netns/hostile.h"

#include <stdio.h>
#include <string.h>

void hostile_send(const struct play *p)
{
	draft_send(p->a, p->d);
}

/* --- answers --------------------------------------------------------------------------------- */

static void times(const struct play *p, size_t n)
{
	while (n-- > 0)
		hostile_send(p);
}

static void cut(const struct play *p, size_t n)
{
	p->d->length = n;
	hostile_send(p);
}

static void longer(const struct play *p, size_t n)
{
	memset(p->d->data + p->d->length, 0xa5, n);
	p->d->length += n;
	hostile_send(p);
}

/* Eight bytes of data as a time of another ping would stand there: seconds, or microseconds. */
static const uint64_t stamps[] = {
	UINT64_C(0x8000000000000000), /* INT64_MIN, big endian, */
	UINT64_C(0x0000000000000080), /* and little endian */
	UINT64_C(0xffffffffffffffff), UINT64_C(0x7fffffffffffffff), UINT64_C(0xffffffffffffff7f),
	UINT64_C(0x0000000000000000), UINT64_C(0xf0f1f2f3f4f5f6f7),
};

static void stamp(const struct play *p, size_t n)
{
	for (size_t i = 0; i < 16; i++)
		p->d->data[8 + i] = (uint8_t)(stamps[n] >> (56 - 8 * (i % 8)));
	hostile_send(p);
}

static void flip(const struct play *p, size_t n)
{
	p->d->data[n] ^= 1;
	hostile_send(p);
}

static void slip(const struct play *p, size_t n)
{
	p->d->sum_slip = (uint16_t)n;
	hostile_send(p);
}

static void from_stranger(const struct play *p, size_t n)
{
	attacker_address(p->d->family, STRANGER, p->d->source);
	if (n)
		p->d->data[n] ^= 1;
	hostile_send(p);
}

/* Sources that nobody can have; the kernel takes none of them. */
static void from_nowhere(const struct play *p, size_t n)
{
	static const uint8_t sources[2][4][16] = {
		{ { 127, 0, 0, 1 }, { 255, 255, 255, 255 }, { 224, 0, 0, 1 }, { 198, 51, 100, 1 } },
		{ { [15] = 1 }, { 0xff, 2, [15] = 1 }, { 0xff, 0x0e, [15] = 9 }, { 0 } },
	};
	memcpy(p->d->source, sources[p->d->family == 6][n], 16);
	p->d->data[12] ^= 1;
	hostile_send(p);
}

static void put_sequence(const struct play *p, size_t value)
{
	p->d->data[6] = (uint8_t)(value >> 8);
	p->d->data[7] = (uint8_t)value;
}

static size_t sequence(const struct play *p)
{
	return (size_t)p->d->data[6] << 8 | p->d->data[7];
}

/* Of a probe never sent: with the cookie of this one. */
static void other_sequence(const struct play *p, size_t n)
{
	put_sequence(p, sequence(p) + n);
	hostile_send(p);
}

/* And with none: what somebody who guesses can send, perhaps before the probe. */
static void guessed(const struct play *p, size_t n)
{
	put_sequence(p, sequence(p) + n);
	memset(p->d->data + 8, 0x5a, p->d->length - 8);
	hostile_send(p);
}

static uint8_t recorded[2][64]; /* an echo reply of an earlier run */

void hostile_record(const struct draft *answer)
{
	memcpy(recorded[answer->family == 6], answer->data, sizeof recorded[0]);
}

static void replayed(const struct play *p, size_t n)
{
	uint8_t id[4]; /* and sequence */
	memcpy(id, p->d->data + 4, 4);
	memcpy(p->d->data, recorded[p->d->family == 6], 64);
	if (n)
		memcpy(p->d->data + 4, id, 4);
	hostile_send(p);
}

static void type(const struct play *p, size_t n)
{
	p->d->data[0] = (uint8_t)(n >> 8);
	p->d->data[1] = (uint8_t)n;
	hostile_send(p);
}

/* --- IP -------------------------------------------------------------------------------------- */

void hostile_put_options(const struct play *p, const char *hex)
{
	size_t n = 0;
	unsigned byte;
	for (int step; sscanf(hex, "%2x%n", &byte, &step) == 1; hex += step)
		p->d->options[n++] = (uint8_t)byte;
	while (n % 4)
		p->d->options[n++] = 0;
	p->d->options_length = n;
}

const char *const hostile_options4[] = {
	"07", /* no length */
	"0700",
	"0701",
	"0702",
	"07ff04", /* lengths that cannot be */
	"070304",
	"070700c6336401",
	"070703c6336401", /* pointers into the head */
	"0707ffc6336401",
	"070705c6336401", /* beyond, and into an address */
	"070604c63364",
	"0728ff",
	"07270400000000", /* cut addresses, no room in the header */
	"4400",
	"4402",
	"440305",
	"44040500", /* no stamps at all */
	"440c0500000000000000000000",
	"440c0df1c6336402ffffffff",
	"440c0df2c6336402ffffffff",
	"4408ff0080000000",
	"440804007fffffff",
	"440809f000000000",
	"44070500000000",
	"830304",
	"8307ffc6336402",
	"890304",
	"89fe04",
	"830708c6336402890708c6336402",
	"9404000001",
	"94",
	"940200",
	"fe02",
	"fe",
	"feff",
	"0101010101010101",
	"0001020304050607",
	"8803",
	"820b0000000000000000",
	"8602ff",
	"dd0a0000000000000000ff",
};
const size_t hostile_options4_count = sizeof hostile_options4 / sizeof hostile_options4[0];

static void options_outside(const struct play *p, size_t n)
{
	hostile_put_options(p, hostile_options4[n]);
	hostile_send(p);
}

static void all_options_outside(const struct play *p, size_t n)
{
	(void)n;
	for (size_t i = 0; i < hostile_options4_count; i++)
		options_outside(p, i);
}

static const struct {
	uint8_t first;
	const char *hex;
} chains[] = {
	{ 0, "3a00010400000000" },  /* hop by hop, padding */
	{ 60, "3a00010400000000" }, /* destination options */
	{ 60, "3a003e0400000000" }, /* an unknown one that may be skipped */
	{ 60, "3a00fe0400000000" }, /* and one that may not */
	{ 60, "3aff010400000000" }, /* longer than the datagram */
	{ 60, "3c000104000000003c000104000000003a00010400000000" },
	{ 43, "3a02000100000000"
	      "20010db8000000000000000000000001" }, /* routing, type 0 */
	{ 44, "3a00000000000001" },                 /* fragment that is whole */
	{ 44, "3a00ffff00000002" },                 /* last but one of nothing */
	{ 51, "3a04000000000000" },                 /* authentication, cut */
	{ 59, "3a00000000000000" },
};
#define CHAINS (sizeof chains / sizeof chains[0])

static void all_chains(const struct play *p, size_t n)
{
	(void)n;
	for (size_t i = 0; i < CHAINS; i++) {
		hostile_put_options(p, chains[i].hex);
		p->d->next = chains[i].first;
		hostile_send(p);
	}
}

static void stretched(const struct play *p, size_t n)
{
	p->d->stretch = (int)n - 1000;
	hostile_send(p);
}

static void fragment(const struct play *p, size_t n)
{
	p->d->fragment = (uint16_t)n;
	hostile_send(p);
}
static void noise(const struct play *p, size_t n)
{
	uint32_t state = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		p->d->length = state % 200;
		for (size_t at = 0; at < p->d->length; at++) {
			state = state * 1103515245 + 12345;
			p->d->data[at] = (uint8_t)(state >> 16);
		}
		p->d->protocol = i % 4 ? p->d->protocol : (uint8_t)(state >> 8);
		hostile_send(p);
	}
}

/* --- the table ------------------------------------------------------------------------------- */

#define MANY "reply duplicate duplicate duplicate duplicate"
const struct row hostile_answers[] = {
	{ "silence", times, 0, ALL("lost"), true },
	{ "honest", times, 0, ALL("reply"), false },
	{ "twice", times, 1, ALL("reply duplicate"), false },
	{ "five times", times, 4, ALL(MANY), false },
	{ "no message", cut, 0, ALL("reply"), false },
	{ "half a header", cut, 4, ALL("reply"), false },
	{ "a byte short of a header", cut, 7, ALL("reply"), false },
	{ "no data", cut, 8, ALL("truncated reply"), false },
	{ "a byte of cookie", cut, 9, ALL("truncated reply"), false },
	{ "cookie without serial", cut, 16, ALL("truncated reply"), false },
	{ "a byte short of the head", cut, 23, ALL("truncated reply"), false },
	{ "head alone", cut, 24, ALL("truncated reply"), false },
	{ "a byte short", cut, 63, ALL("truncated reply"), false },
	{ "truncated and nothing else", cut, 24, ALL("truncated lost"), true },
	{ "a byte too long", longer, 1, ALL("corrupt reply"), false },
	{ "much too long", longer, 1400, ALL("corrupt reply"), false },
	{ "INT64_MIN", stamp, 0, ALL("corrupt reply"), false },
	{ "INT64_MIN, little endian", stamp, 1, ALL("corrupt reply"), false },
	{ "-1", stamp, 2, ALL("corrupt reply"), false },
	{ "INT64_MAX", stamp, 3, ALL("corrupt reply"), false },
	{ "years ahead", stamp, 4, ALL("corrupt reply"), false },
	{ "1970", stamp, 5, ALL("corrupt reply"), false },
	{ "no time at all", stamp, 6, ALL("corrupt reply"), false },
	{ "forged and nothing else", stamp, 0, ALL("corrupt lost"), true },
	{ "wrong cookie", flip, 8, ALL("corrupt reply"), false },
	{ "wrong serial", flip, 19, ALL("corrupt reply"), false },
	{ "last byte", flip, 63, ALL("corrupt reply"), false },
	{ "id of somebody else", flip, 4, ALL("reply"), false },
	/* The others' checksums the kernel judges. */
	{ "checksum", slip, 0x1234, { "corrupt reply", "reply", "reply", "reply" }, false },
	{ "another address", from_stranger, 0, ALL("foreign reply"), false },
	{ "another address alone", from_stranger, 0, ALL("foreign lost"), true },
	{ "another address, wrong cookie", from_stranger, 12, ALL("unknown reply"), false },
	{ "impossible address", from_nowhere, 0, ALL("unknown? reply"), false },
	{ "impossible address", from_nowhere, 1, ALL("unknown? reply"), false },
	{ "impossible address", from_nowhere, 2, ALL("unknown? reply"), false },
	{ "impossible address", from_nowhere, 3, ALL("unknown? reply"), false },
	{ "cookie under another number", other_sequence, 1, ALL("corrupt reply"), false },
	{ "cookie under a far number", other_sequence, 30000, ALL("corrupt reply"), false },
	{ "a later probe's answer", guessed, 1000, ALL("unknown reply"), false },
	{ "never sent", guessed, 40000, ALL("unknown reply"), false },
	{ "an earlier run", replayed, 0, ALL("reply"), false },
	{ "an earlier run under our id", replayed, 1, ALL("corrupt reply"), false },
	{ "our own request", type, 0x800, V4("reply"), false },
	{ "our own request", type, 0x8000, V6("reply"), false },
	{ "timestamp reply", type, 0xe00, V4("reply"), false },
	{ "mask reply", type, 0x1200, V4("reply"), false },
	{ "node information reply", type, 0x8c00, V6("reply"), false },
	{ "type 1", type, 0x100, V4("reply"), false },
	{ "type 255", type, 0xffff, ALL("reply"), false },
	{ "every option", all_options_outside, 0, V4("*"), false },
	{ "every chain of headers", all_chains, 0, V6("*"), false },
	{ "longer than it is", stretched, 1001, ALL("reply"), false },
	{ "shorter than it is",
	  stretched,
	  999,
	  { "corrupt reply", "reply", "reply", "reply" },
	  false },
	{ "shorter than its header", stretched, 930, ALL("truncated? reply"), false },
	{ "first fragment alone", fragment, 0x2000, V4("reply"), false },
	{ "last fragment alone", fragment, 0x0010, V4("reply"), false },
	{ "beyond 65,535", fragment, 0x1fff, V4("reply"), false },
	{ "noise", noise, 200, ALL("reply"), false },
};
const size_t hostile_answer_count = sizeof hostile_answers / sizeof hostile_answers[0];

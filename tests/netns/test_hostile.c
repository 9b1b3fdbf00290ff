/*
 * One probe for each nastiness of the path. The table says what comes back for a probe and what
 * must be told of it; all rows are played in one run, over both families, raw and ping sockets, as
 * JSON and as text. Unless a row says otherwise the honest answer follows the evil one, and must be
 * found behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/netns/attacker.h"
#include "tests/netns/netns.h"

enum way { RAW4, RAW6, DGRAM4, DGRAM6, WAYS };

struct play {
	struct attacker *a;
	const struct seen *seen;
	struct draft *d; /* the honest answer, to begin with */
};

struct row {
	const char *name;
	void (*play)(const struct play *p, size_t n); /* sends the evil */
	size_t n;
	/*
	 * For each way, in order: types of the objects about this probe, "notice" for an error that
	 * settles nothing; "unknown" for a foreign one of no known sequence; "?" behind what may
	 * be.
	 * "*" is whatever it may be. NULL: not played.
	 */
	const char *told[WAYS];
	bool alone; /* no honest answer follows */
};

#define ALL(t)             \
	{                  \
		t, t, t, t \
	}
#define V4(t)                    \
	{                        \
		t, NULL, t, NULL \
	}
#define V6(t)                    \
	{                        \
		NULL, t, NULL, t \
	}

static void send_it(const struct play *p)
{
	draft_send(p->a, p->d);
}

/* --- answers --------------------------------------------------------------------------------- */

static void times(const struct play *p, size_t n)
{
	while (n-- > 0)
		send_it(p);
}

static void cut(const struct play *p, size_t n)
{
	p->d->length = n;
	send_it(p);
}

static void longer(const struct play *p, size_t n)
{
	memset(p->d->data + p->d->length, 0xa5, n);
	p->d->length += n;
	send_it(p);
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
	send_it(p);
}

static void flip(const struct play *p, size_t n)
{
	p->d->data[n] ^= 1;
	send_it(p);
}

static void slip(const struct play *p, size_t n)
{
	p->d->sum_slip = (uint16_t)n;
	send_it(p);
}

static void from_stranger(const struct play *p, size_t n)
{
	attacker_address(p->d->family, STRANGER, p->d->source);
	if (n)
		p->d->data[n] ^= 1;
	send_it(p);
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
	send_it(p);
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
	send_it(p);
}

/* And with none: what somebody who guesses can send, perhaps before the probe. */
static void guessed(const struct play *p, size_t n)
{
	put_sequence(p, sequence(p) + n);
	memset(p->d->data + 8, 0x5a, p->d->length - 8);
	send_it(p);
}

static uint8_t recorded[2][64]; /* an echo reply of an earlier run */

static void replayed(const struct play *p, size_t n)
{
	uint8_t id[4]; /* and sequence */
	memcpy(id, p->d->data + 4, 4);
	memcpy(p->d->data, recorded[p->d->family == 6], 64);
	if (n)
		memcpy(p->d->data + 4, id, 4);
	send_it(p);
}

static void type(const struct play *p, size_t n)
{
	p->d->data[0] = (uint8_t)(n >> 8);
	p->d->data[1] = (uint8_t)n;
	send_it(p);
}

/* --- IP -------------------------------------------------------------------------------------- */

static void put_options(const struct play *p, const char *hex)
{
	size_t n = 0;
	unsigned byte;
	for (int step; sscanf(hex, "%2x%n", &byte, &step) == 1; hex += step)
		p->d->options[n++] = (uint8_t)byte;
	while (n % 4)
		p->d->options[n++] = 0;
	p->d->options_length = n;
}

static const char *const options4[] = {
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
#define OPTIONS4 (sizeof options4 / sizeof options4[0])

static void options_outside(const struct play *p, size_t n)
{
	put_options(p, options4[n]);
	send_it(p);
}

static void all_options_outside(const struct play *p, size_t n)
{
	(void)n;
	for (size_t i = 0; i < OPTIONS4; i++)
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
		put_options(p, chains[i].hex);
		p->d->next = chains[i].first;
		send_it(p);
	}
}

static void stretched(const struct play *p, size_t n)
{
	p->d->stretch = (int)n - 1000;
	send_it(p);
}

static void fragment(const struct play *p, size_t n)
{
	p->d->fragment = (uint16_t)n;
	send_it(p);
}

/* --- errors ---------------------------------------------------------------------------------- */

static void error_of(const struct play *p, size_t typecode, uint32_t rest, size_t quote)
{
	draft_error(p->d, p->seen, (uint8_t)(typecode >> 8), (uint8_t)typecode, rest, quote);
}

static void error(const struct play *p, size_t n)
{
	error_of(p, n, 0, SIZE_MAX);
	send_it(p);
}

static void error_twice(const struct play *p, size_t n)
{
	error(p, n);
	send_it(p);
}

static void error_late(const struct play *p, size_t n)
{
	send_it(p);
	error(p, n);
}

static uint8_t unreachable(const struct play *p)
{
	return p->d->family == 4 ? 3 : 1;
}

static void error_max(const struct play *p, size_t n)
{
	error_of(p, n, UINT32_MAX, SIZE_MAX);
	send_it(p);
}

static void too_big(const struct play *p, size_t mtu)
{
	error_of(p, p->d->family == 4 ? 0x304 : 0x200, (uint32_t)mtu, SIZE_MAX);
	send_it(p);
}

/* A quote of so many bytes of the ICMP message; of less than none, of the IP header. */
static void quoting(const struct play *p, size_t n)
{
	error_of(p, (size_t)unreachable(p) << 8 | 1, 0, p->seen->header + n - 40);
	send_it(p);
}

static void slipped_error(const struct play *p, size_t n)
{
	error_of(p, (size_t)unreachable(p) << 8 | 1, 0, SIZE_MAX);
	p->d->sum_slip = (uint16_t)n;
	send_it(p);
}

/*
 * In a quote of so many bytes of the message one byte of the IP header, or, from 100 on, of the
 * message, is another.
 */
static void misquote(const struct play *p, size_t n, size_t length)
{
	error_of(p, (size_t)unreachable(p) << 8 | 1, 0, p->seen->header + length);
	size_t at = n >> 8;
	p->d->data[8 + (at < 100 ? at : p->seen->header + at - 100)] ^= (uint8_t)n;
	send_it(p);
}

static void misquoting(const struct play *p, size_t n)
{
	misquote(p, n, p->seen->data_length);
}

static void misquoting_eight(const struct play *p, size_t n)
{
	misquote(p, n, 8);
}

/* Each list of options within the quoted header. */
static void options_quoted(const struct play *p, size_t n)
{
	put_options(p, options4[n]);
	uint8_t options[40];
	size_t length = p->d->options_length;
	memcpy(options, p->d->options, length);
	error_of(p, 0x301, 0, SIZE_MAX);
	uint8_t *quote = p->d->data + 8;
	memmove(quote + 20 + length, quote + 20, p->seen->length - 20);
	memcpy(quote + 20, options, length);
	quote[0] = (uint8_t)(0x45 + length / 4);
	p->d->length += length;
	send_it(p);
}

static void all_options_quoted(const struct play *p, size_t n)
{
	(void)n;
	for (size_t i = 0; i < OPTIONS4; i++)
		options_quoted(p, i);
}

/* RFC 4884: an extension structure behind 128 bytes, and what its lengths pretend. */
static const char *const extensions[] = {
	"20000000",
	"2000ffff0000",
	"2000ffff00000000",
	"2000ffff00030101",
	"2000ffffffff0101",
	"2000ffff0008010100000000",
	"2000ffff00080201e0000000",
	"f000ffff00080101",
	"",
	"2000ffff000402ff",
	"2000ffff001002ff0000000100010004c63364",
};
#define EXTENSIONS (sizeof extensions / sizeof extensions[0])

static void extended(const struct play *p, size_t words)
{
	for (size_t i = 0; i < EXTENSIONS; i++) {
		uint32_t rest = (uint32_t)(words << (p->d->family == 4 ? 16 : 24));
		error_of(p, (size_t)unreachable(p) << 8 | 1, rest, SIZE_MAX);
		put_options(p, extensions[i]);
		uint8_t *end = p->d->data + 8 + 128;
		memset(p->d->data + p->d->length, 0, 8 + 128 - p->d->length);
		memcpy(end, p->d->options, p->d->options_length);
		p->d->length = 8 + 128 + p->d->options_length;
		p->d->options_length = 0;
		send_it(p);
	}
}

/* Redirects of IPv6 have two addresses, options, and in one of these the quote. */
static void redirect6(const struct play *p, size_t n)
{
	error_of(p, 0x8900, 0, 0);
	p->d->ttl = 255;
	memcpy(p->d->data + 8, p->d->source, 16);
	memcpy(p->d->data + 24, p->d->destination, 16);
	uint8_t *option = p->d->data + 40;
	memset(option, 0, 8);
	option[0] = 4;
	option[1] = (uint8_t)n;
	memcpy(option + 8, p->seen->ip, p->seen->length);
	p->d->length = 40 + 8 + p->seen->length;
	send_it(p);
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
		send_it(p);
	}
}

/* --- the table ------------------------------------------------------------------------------- */

#define MANY "reply duplicate duplicate duplicate duplicate"
static const struct row rows[] = {
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

	{ "unreachable", error, 0x300, V4("error duplicate"), false },
	{ "unreachable", error, 0x100, V6("error duplicate"), false },
	{ "unreachable alone", error, 0x301, V4("error"), true },
	{ "unreachable alone", error, 0x103, V6("error"), true },
	{ "unknown code", error, 0x3ff, V4("error? lost?"), true },
	{ "unknown code", error, 0x1ff, V6("error"), true },
	{ "twice", error_twice, 0x30d, V4("error notice"), true },
	{ "twice", error_twice, 0x101, V6("error notice"), true },
	{ "behind the answer",
	  error_late,
	  0x301,
	  { "reply notice", NULL, "reply? error? notice? duplicate?", NULL },
	  true },
	/* Ping sockets have two queues, and what comes at once has no order. */
	{ "behind the answer",
	  error_late,
	  0x103,
	  { NULL, "reply notice", NULL, "reply? error? notice? duplicate?" },
	  true },
	{ "exceeded", error, 0xb00, V4("error"), true },
	{ "exceeded", error, 0x300, V6("error"), true },
	{ "exceeded, unknown code", error_max, 0xbff, V4("error"), true },
	{ "exceeded, unknown code", error_max, 0x3ff, V6("error"), true },
	{ "quench", error, 0x400, V4("notice reply"), false },
	{ "redirect to 0.0.0.0", error, 0x500, V4("notice reply"), false },
	{ "redirect to 255.255.255.255", error_max, 0x501, V4("notice reply"), false },
	{ "redirect", redirect6, 14, { NULL, "notice reply", NULL, "notice? reply" }, false },
	{ "redirect, no length", redirect6, 0, V6("reply"), false },
	{ "redirect, length beyond", redirect6, 255, V6("notice? reply"), false },
	{ "parameter problem at 0", error, 0xc00, V4("error"), true },
	{ "parameter problem at 255", error_max, 0xc00, V4("error"), true },
	{ "parameter problem, unknown code", error_max, 0xcff, V4("error"), true },
	{ "parameter problem at 0", error, 0x400, V6("error"), true },
	{ "parameter problem at 4294967295", error_max, 0x401, V6("error"), true },
	{ "unknown type of error", error, 0x7f00, V6("notice reply"), false },
	{ "too big, 0", too_big, 0, ALL("error"), true },
	{ "too big, 1", too_big, 1, ALL("error"), true },
	{ "too big, 68", too_big, 68, ALL("error"), true },
	{ "too big, 1280", too_big, 1280, ALL("error"), true },
	{ "too big, 70000", too_big, 70000, ALL("error"), true },
	{ "too big, 4294967295", too_big, UINT32_MAX, ALL("error"), true },
	{ "checksum of an error",
	  slipped_error,
	  1,
	  { "corrupt reply", "reply", "reply", "reply" },
	  false },
	{ "quotes nothing", quoting, 20, V4("reply"), false },
	{ "quotes half a header", quoting, 30, V4("reply"), false },
	{ "quotes no message", quoting, 40, ALL("reply"), false },
	{ "quotes 4 bytes", quoting, 44, ALL("reply"), false },
	{ "quotes 7 bytes", quoting, 47, ALL("reply"), false },
	{ "quotes 8 bytes", quoting, 48, ALL("error"), true },
	{ "quotes a byte of cookie", quoting, 49, ALL("error"), true },
	{ "quotes version 5", misquoting, 0x0010, { "reply", "reply", NULL, NULL }, false },
	{ "quotes a longer header", misquoting, 0x000a, V4("reply"), false },
	{ "quotes a shorter header", misquoting, 0x0001, V4("reply"), false },
	{ "quotes a tiny length", misquoting, 0x0354, V4("error"), true },
	{ "quotes a huge length", misquoting, 0x02ff, V4("error"), true },
	{ "quotes a later fragment", misquoting, 0x0701, { "reply", NULL, NULL, NULL }, false },
	{ "quotes UDP", misquoting, 0x0910, V4("reply"), false },
	/* As behind a NAT: the cookie proves it. */
	{ "quotes another target", misquoting, 0x1304, V4("error duplicate"), false },
	{ "quotes another target", misquoting, 0x2704, V6("error duplicate"), false },
	{ "quotes another target and no cookie", misquoting_eight, 0x1304, V4("reply"), false },
	{ "quotes another target and no cookie", misquoting_eight, 0x2704, V6("reply"), false },
	{ "quotes another id", misquoting, 104 << 8 | 1, ALL("reply"), false },
	{ "quotes another number", misquoting_eight, 106 << 8 | 1, ALL("reply"), false },
	/* That of ICMPv6 the kernel writes: whoever knows id and number may quote any. */
	{ "quotes another checksum",
	  misquoting_eight,
	  102 << 8 | 1,
	  { "reply", "error duplicate", NULL, NULL },
	  false },
	{ "quotes an echo reply", misquoting, 100 << 8 | 8, V4("reply"), false },
	{ "quotes another cookie",
	  misquoting,
	  110 << 8 | 1,
	  { "reply", "reply", NULL, NULL },
	  false },
	{ "quotes every option", all_options_quoted, 0, V4("*"), true },
	{ "lying extensions", extended, 0, ALL("*"), true },
	{ "lying extensions, 128", extended, 32, V4("*"), true },
	{ "lying extensions, 128", extended, 16, V6("*"), true },
	{ "lying extensions, 1020", extended, 255, ALL("*"), true },
	{ "honest to the end", times, 0, ALL("reply"), false },
};
#define ROWS (sizeof rows / sizeof rows[0])

/* --- a run of them --------------------------------------------------------------------------- */

struct session {
	enum way way;
	const struct row *played[ROWS]; /* by probe */
	size_t count;
};

static bool is_v6(enum way way)
{
	return way == RAW6 || way == DGRAM6;
}

static void on_echo(struct attacker *a, const struct seen *seen)
{
	static struct draft draft;
	const struct session *s = a->ctx;
	if (seen->nth >= s->count)
		return;
	const struct row *row = s->played[seen->nth];
	struct play play = { .a = a, .seen = seen, .d = &draft };
	draft_answer(&draft, seen);
	row->play(&play, row->n);
	if (row->alone)
		return;
	draft_answer(&draft, seen);
	draft_send(a, &draft);
}

static void record(struct attacker *a, const struct seen *seen)
{
	struct draft draft;
	draft_answer(&draft, seen);
	memcpy(recorded[seen->family == 6], draft.data, sizeof recorded[0]);
	draft_send(a, &draft);
}

/* Which of the words a JSON object stands for. */
static const char *word_of(json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	if (strcmp(type, "error") == 0 && json_is_false(json_object_get(line, "settled")))
		return "notice";
	return type;
}

/* The words told about a probe, one behind the other. */
static void told(json_t *lines, size_t seq, char *text, size_t size)
{
	size_t i;
	json_t *line;
	text[0] = '\0';
	json_array_foreach(lines, i, line)
	{
		json_t *number = json_object_get(line, "seq");
		if (!json_is_integer(number) || (size_t)json_integer_value(number) != seq)
			continue;
		size_t length = strlen(text);
		(void)snprintf(text + length, size - length, "%s%s", length ? " " : "",
		               word_of(line));
	}
}

/* Whether what was told is what is wanted; counts what has no sequence. */
static bool as_wanted(const char *want, const char *got, size_t *least, size_t *most)
{
	char word[32];
	if (strcmp(want, "*") == 0) {
		*most += 1000;
		return true;
	}
	for (int step = 0; sscanf(want, " %31s%n", word, &step) == 1; want += step) {
		size_t length = strlen(word);
		bool optional = word[length - 1] == '?';
		length -= optional;
		if (strncmp(word, "unknown", 7) == 0) {
			*least += !optional;
			*most += 1;
			continue;
		}
		if (strncmp(got, word, length) == 0 && (got[length] == ' ' || !got[length]))
			got += length + (got[length] == ' ');
		else if (!optional)
			return false;
	}
	return !*got;
}

static void choose(struct session *s, enum way way)
{
	*s = (struct session){ .way = way };
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].told[way])
			s->played[s->count++] = &rows[i];
}

static void play(struct attacker *a, struct session *s, const char *format)
{
	char count[24];
	(void)snprintf(count, sizeof count, "%zu", s->count);
	const char *const arguments[] = {
		"-n", "-v",  "-c", count, "-i",   "0.004",
		"-W", "0.5", "-t", "9",   format, attacker_name(is_v6(s->way) ? 6 : 4, TARGET),
		NULL
	};
	a->ctx = s;
	a->on_echo = on_echo;
	a->unprivileged = s->way >= DGRAM4;
	attacker_run(a, arguments);
}

/* How many rows were told otherwise. */
static size_t judge(const struct attacker *a, const struct session *s)
{
	static const char *const names[] = { "raw IPv4", "raw IPv6", "ping IPv4", "ping IPv6" };
	size_t least = 0, most = 0, unknown = 0, bad = 0, i;
	char got[512];
	json_t *line, *lines = attacker_lines(a);
	for (i = 0; i < s->count; i++) {
		const struct row *row = s->played[i];
		told(lines, i + 1, got, sizeof got);
		if (as_wanted(row->told[s->way], got, &least, &most))
			continue;
		print_error("%s: %s (%zu): \"%s\", not \"%s\"\n", names[s->way], row->name, i + 1,
		            got, row->told[s->way]);
		bad++;
	}
	json_array_foreach(lines, i, line) unknown += json_is_null(json_object_get(line, "seq"));
	json_t *summary = attacker_balance(a, lines, false);
	assert_int_equal(attacker_number(summary, "sent"), s->count);
	assert_int_equal(attacker_number(summary, "in_flight"), 0);
	assert_int_equal(attacker_number(summary, "local_drops"), 0);
	assert_int_equal(a->status, 0);
	json_decref(lines);
	assert_in_range(unknown, least, most);
	return bad;
}

static void every_row_is_told_for_what_it_is(void **state)
{
	struct attacker *a = *state;
	struct session session;
	size_t bad = 0;
	for (enum way way = 0; way < WAYS; way++) {
		choose(&session, way);
		play(a, &session, "-j");
		/* What -v says. */
		assert_non_null(strstr(a->err, way < DGRAM4 ? "raw sockets" : "ping sockets"));
		if (strchr(a->err, '\n') != a->err + a->err_length - 1)
			fail_msg("more than -v on standard error: %s", a->err);
		a->err[0] = '\0';
		bad += judge(a, &session);
	}
	assert_int_equal(bad, 0);
}

static void text_stays_text(void **state)
{
	struct attacker *a = *state;
	struct session session;
	for (enum way way = 0; way < WAYS; way++) {
		choose(&session, way);
		play(a, &session, "-D");
		a->err[0] = '\0';
		attacker_is_plain(a);
		char want[64];
		(void)snprintf(want, sizeof want, "\n%zu packets transmitted, ", session.count);
		assert_non_null(strstr(a->out, want));
		assert_int_equal(a->status, 0);
	}
}

static void record_a_run(struct attacker *a)
{
	for (int v6 = 0; v6 < 2; v6++) {
		const char *const arguments[] = { "-q", "-c", "1",
			                          attacker_name(v6 ? 6 : 4, TARGET), NULL };
		a->on_echo = record;
		attacker_run(a, arguments);
		assert_int_equal(a->status, 0);
	}
}

int main(void)
{
	static struct attacker attacker;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_row_is_told_for_what_it_is, &attacker),
		cmocka_unit_test_prestate(text_stays_text, &attacker),
	};
	netns_run("echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range");
	attacker_open(&attacker, "hostile");
	record_a_run(&attacker);
	int failed = cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
	attacker_close(&attacker);
	return failed != 0;
}

/* ICMP errors, and what they quote. */
#include "tests/netns/hostile.h"

#include <stdio.h>
#include <string.h>

/* --- errors ---------------------------------------------------------------------------------- */

static void error_of(const struct play *p, size_t typecode, uint32_t rest, size_t quote)
{
	draft_error(p->d, p->seen, (uint8_t)(typecode >> 8), (uint8_t)typecode, rest, quote);
}

static void error(const struct play *p, size_t n)
{
	error_of(p, n, 0, SIZE_MAX);
	hostile_send(p);
}

static void error_twice(const struct play *p, size_t n)
{
	error(p, n);
	hostile_send(p);
}

static void error_late(const struct play *p, size_t n)
{
	hostile_send(p);
	error(p, n);
}

static uint8_t unreachable(const struct play *p)
{
	return p->d->family == 4 ? 3 : 1;
}

static void error_max(const struct play *p, size_t n)
{
	error_of(p, n, UINT32_MAX, SIZE_MAX);
	hostile_send(p);
}

static void too_big(const struct play *p, size_t mtu)
{
	error_of(p, p->d->family == 4 ? 0x304 : 0x200, (uint32_t)mtu, SIZE_MAX);
	hostile_send(p);
}

/* A quote of so many bytes of the ICMP message; of less than none, of the IP header. */
static void quoting(const struct play *p, size_t n)
{
	error_of(p, (size_t)unreachable(p) << 8 | 1, 0, p->seen->header + n - 40);
	hostile_send(p);
}

static void slipped_error(const struct play *p, size_t n)
{
	error_of(p, (size_t)unreachable(p) << 8 | 1, 0, SIZE_MAX);
	p->d->sum_slip = (uint16_t)n;
	hostile_send(p);
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
	hostile_send(p);
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
	hostile_put_options(p, hostile_options4[n]);
	uint8_t options[40];
	size_t length = p->d->options_length;
	memcpy(options, p->d->options, length);
	error_of(p, 0x301, 0, SIZE_MAX);
	uint8_t *quote = p->d->data + 8;
	memmove(quote + 20 + length, quote + 20, p->seen->length - 20);
	memcpy(quote + 20, options, length);
	quote[0] = (uint8_t)(0x45 + length / 4);
	p->d->length += length;
	hostile_send(p);
}

static void all_options_quoted(const struct play *p, size_t n)
{
	(void)n;
	for (size_t i = 0; i < hostile_options4_count; i++)
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
		hostile_put_options(p, extensions[i]);
		uint8_t *end = p->d->data + 8 + 128;
		memset(p->d->data + p->d->length, 0, 8 + 128 - p->d->length);
		memcpy(end, p->d->options, p->d->options_length);
		p->d->length = 8 + 128 + p->d->options_length;
		p->d->options_length = 0;
		hostile_send(p);
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
	hostile_send(p);
}

/* --- the table ------------------------------------------------------------------------------- */

const struct row hostile_errors[] = {
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
};
const size_t hostile_error_count = sizeof hostile_errors / sizeof hostile_errors[0];

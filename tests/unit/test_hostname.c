#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "io/hostname.h"

#define NOT_KNOWN    "Name or service not known"
#define NOT_ENCODED  "Parameter string not correctly encoded"
#define OTHER_FAMILY "Address family for hostname not supported"

static void assert_literal(const char *text, const char *wanted)
{
	struct hostname host;
	char found[ADDR_TEXT_SIZE];
	assert_int_equal(hostname_parse(text, 0, &host), HOSTNAME_LITERAL);
	assert_string_equal(addr_format(&host.addr, found), wanted);
	uint8_t family = host.addr.family;
	assert_int_equal(hostname_parse(text, family, &host), HOSTNAME_LITERAL);
	assert_int_equal(hostname_parse(text, family == 4 ? 6 : 4, &host), HOSTNAME_BAD);
	assert_string_equal(host.error, OTHER_FAMILY);
}

static void assert_name(const char *text, const char *wanted)
{
	struct hostname host;
	assert_int_equal(hostname_parse(text, 0, &host), HOSTNAME_NAME);
	assert_string_equal(host.ascii, wanted);
	assert_int_equal(hostname_parse(text, 6, &host), HOSTNAME_NAME);
}

static void assert_bad(const char *text, const char *wanted)
{
	struct hostname host;
	assert_int_equal(hostname_parse(text, 0, &host), HOSTNAME_BAD);
	assert_string_equal(host.error, wanted);
}

static void test_literals(void **state)
{
	(void)state;
	assert_literal("192.0.2.1", "192.0.2.1");
	assert_literal("2001:DB8::1", "2001:db8::1");
	assert_literal("::ffff:192.0.2.1", "::ffff:192.0.2.1");
	/* What inet_aton takes (POSIX). */
	assert_literal("127.1", "127.0.0.1");
	assert_literal("1", "0.0.0.1");
	assert_literal("192.0.513", "192.0.2.1");
	assert_literal("0300.0.02.01", "192.0.2.1");
	assert_literal("0xC0.0x0.0x2.0x1", "192.0.2.1");
	assert_literal("3221225985", "192.0.2.1");
}

/* Loopback is interface 1 in every network namespace. */
static void test_zones(void **state)
{
	(void)state;
	assert_literal("fe80::1%lo", "fe80::1%1");
	assert_literal("fe80::1%1", "fe80::1%1");
	assert_literal("fe80::1%4000000000", "fe80::1%4000000000"); /* need not exist */
	assert_bad("fe80::1%nosuch0", "No such network interface");
	assert_bad("fe80::1%", "No such network interface");
	assert_bad("fe80::1%averyveryverylongname", "No such network interface");
	assert_name("192.0.2.1%lo", "192.0.2.1%lo"); /* RFC 4007 is about IPv6 */
	char text[ADDR_TEXT_SIZE + 8];
	memset(text, ':', sizeof text);
	text[sizeof text - 4] = '\0';
	strcat(text, "%lo");
	assert_bad(text, NOT_KNOWN);
}

static void test_names(void **state)
{
	(void)state;
	assert_name("host", "host");
	assert_name("Host.Example.TEST", "Host.Example.TEST");
	assert_name("host.example.", "host.example.");
	assert_name("_service._udp.-x.test", "_service._udp.-x.test");
	assert_name("1.2.3.4.5", "1.2.3.4.5");
	assert_name("256.0.0.1", "256.0.0.1");
	assert_name("abc", "abc"); /* digits of hexadecimal, and no number */
	assert_name("192.0.2.1x", "192.0.2.1x");
}

static void test_no_names(void **state)
{
	(void)state;
	assert_bad("", NOT_KNOWN);
	assert_bad(".", NOT_KNOWN);
	assert_bad(".host", NOT_KNOWN);
	assert_bad("a..b", NOT_KNOWN);
	assert_bad("a..", NOT_KNOWN);
	assert_bad("two words", NOT_KNOWN);
	assert_bad("127.0.0.1 x", NOT_KNOWN); /* inet_aton alone would take it */
	assert_bad("tab\there", NOT_KNOWN);
	assert_bad("esc\033[2J", NOT_KNOWN);
	assert_bad("del\177", NOT_KNOWN);
	assert_bad("back\\046slash", NOT_KNOWN);
}

/* RFC 1035, 2.3.4: labels of 63, names of 253 characters and a dot. */
static void test_lengths(void **state)
{
	(void)state;
	char text[400];
	memset(text, 'a', sizeof text);
	text[63] = '\0';
	assert_name(text, text);
	text[63] = 'a';
	text[64] = '\0';
	assert_bad(text, NOT_KNOWN);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[253] = '\0';
	assert_name(text, text);
	text[253] = '.';
	text[254] = '\0';
	assert_name(text, text); /* with the root's dot */
	text[254] = 'a';
	text[255] = '\0';
	assert_bad(text, NOT_KNOWN);
	text[255] = '.';
	text[399] = '\0';
	assert_bad(text, NOT_KNOWN);
}

/* Vectors of RFC 3492, 7.1 and the usual examples of UTS 46. */
static void test_international(void **state)
{
	(void)state;
	assert_name("b\xc3\xbc"
	            "cher.test",
	            "xn--bcher-kva.test");
	assert_name("B\xc3\x9c"
	            "CHER.test",
	            "xn--bcher-kva.test");
	assert_name("bu\xcc\x88"
	            "cher.test",
	            "xn--bcher-kva.test");                 /* decomposed */
	assert_name("fa\xc3\x9f.test", "xn--fa-hia.test"); /* not "fass" */
	assert_name("\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d"
	            "\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
	            "xn--ihqwcrb4cv8a8dqg056pqjye");
	assert_name("b\xc3\xbc"
	            "cher\xe3\x80\x82test",
	            "xn--bcher-kva.test"); /* ideographic stop */
	assert_bad("b\xff\xfe", NOT_ENCODED);
	assert_bad("\xc3", NOT_ENCODED);
	assert_bad("\xed\xa0\x80.test", NOT_ENCODED); /* a surrogate */
	char text[400];
	memset(text, 'a', sizeof text);
	memcpy(text, "\xc3\xbc", 2);
	text[300] = '\0';
	assert_bad(text, NOT_ENCODED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals), cmocka_unit_test(test_zones),
		cmocka_unit_test(test_names),    cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_lengths),  cmocka_unit_test(test_international),
	};
	return cmocka_run_group_tests_name("hostname", tests, NULL, NULL) != 0;
}
